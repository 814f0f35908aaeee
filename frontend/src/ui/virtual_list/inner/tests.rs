#![expect(clippy::float_cmp, reason = "the positions are whole pixels, which floats hold exactly")]

use proptest::prelude::*;

use super::*;

/// A row of 40 pixels by estimate.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct TestRow(u32);

impl ListRow for TestRow {
    type Key = u32;

    fn key(&self) -> u32 {
        self.0
    }

    fn estimate(&self) -> f64 {
        40.0
    }

    /// Row 0 stands for the line above new messages.
    fn steady(&self) -> bool {
        self.0 != 0
    }
}

/// A list with the browser's part: the scroll position is clamped.
struct Screen {
    inner: Inner<TestRow>,
    scroll: f64,
    height: f64,
}

impl Screen {
    fn new(rows: impl IntoIterator<Item = u32>) -> Self {
        let mut screen = Self { inner: Inner::default(), scroll: 0.0, height: 400.0 };
        screen.splice(0, rows, None);
        screen
    }

    fn view(&mut self) -> Viewport {
        let limit = (self.inner.geometry.total() - self.height).max(0.0);
        self.scroll = self.scroll.min(limit);
        Viewport { scroll: self.scroll, height: self.height, limit }
    }

    fn settle(&mut self) {
        if let Some(place) = self.inner.place(self.height) {
            self.scroll = place;
        }
        self.inner.scroll = self.view().scroll;
        let (top, bottom) = (self.scroll, self.scroll + self.height);
        self.inner.drawn = self.inner.geometry.rows_between(top - 600.0, bottom + 600.0);
    }

    fn splice(&mut self, at: usize, rows: impl IntoIterator<Item = u32>, held: Option<u32>) {
        let view = self.view();
        self.inner.look(view);
        self.inner.follow_shown_end(view);
        self.inner.held = held;
        self.inner.splice(Splice { range: at..at, rows: rows.into_iter().map(TestRow).collect() });
        self.settle();
    }

    /// The drawn rows turn out to have another height than estimated.
    fn measure(&mut self, height: f64) {
        let view = self.view();
        self.inner.look(view);
        for index in self.inner.drawn.clone() {
            self.inner.geometry.measure(index, height);
        }
        self.settle();
    }

    fn resize(&mut self, height: f64) {
        self.height = height;
        let view = self.view();
        self.inner.look(view);
        self.settle();
    }

    /// The list is higher for a moment, as beside a field that is measured.
    fn resize_through(&mut self, moment: f64, height: f64) {
        self.height = moment;
        self.view();
        self.resize(height);
    }

    fn scroll(&mut self, to: f64) {
        self.scroll = to;
        let view = self.view();
        self.inner.look(view);
    }

    /// The pixels below the visible part.
    fn below(&mut self) -> f64 {
        let view = self.view();
        view.limit - view.scroll
    }

    fn first_shown(&mut self) -> u32 {
        let view = self.view();
        self.inner.rows[self.inner.shown(view).start].0
    }
}

#[test]
fn a_list_opens_at_its_end_despite_wrong_estimates() {
    for height in [3.0, 39.0, 41.0, 90.0, 600.0] {
        let mut screen = Screen::new(1..=50);
        screen.measure(height);
        screen.measure(height);
        assert!(screen.inner.follows && screen.below() < 1.0, "rows of {height} pixels");
    }
}

#[test]
fn a_resize_keeps_the_end_and_any_other_place() {
    let mut screen = Screen::new(1..=50);
    for height in [200.0, 390.0, 844.0, 3_000.0, 10.0] {
        screen.resize(height);
        assert!(screen.inner.follows && screen.below() < 1.0, "a height of {height} pixels");
    }
    for height in [350.0, 300.0, 250.0] {
        screen.resize_through(400.0, height);
        assert!(screen.inner.follows && screen.below() < 1.0, "a growing composer");
    }
    screen.resize(400.0);
    screen.scroll(1_520.0);
    assert_eq!(screen.first_shown(), 39);
    // The browser moves a list that has become too short for its place; the place comes back.
    for height in [200.0, 844.0, 400.0] {
        screen.resize(height);
        assert!(!screen.inner.follows, "a height of {height} pixels");
    }
    assert_eq!(screen.first_shown(), 39);
}

#[test]
fn only_the_readers_scrolling_leaves_the_end_and_returns_to_it() {
    let mut screen = Screen::new(1..=50);
    screen.scroll(1_600.0 - AT_END + 1.0);
    assert!(screen.inner.follows);
    screen.scroll(1_500.0);
    assert!(!screen.inner.follows);
    screen.splice(50, 51..=60, None);
    assert_eq!(screen.scroll, 1_500.0, "new rows are not followed");
    screen.scroll(2_000.0);
    assert!(screen.inner.follows);
    screen.splice(60, 61..=70, None);
    assert!(screen.below() < 1.0);
}

#[test]
fn the_first_new_row_does_not_leave_the_screen_of_a_reader_who_has_not_scrolled() {
    let mut screen = Screen::new(1..=20);
    let view = screen.view();
    // Five new rows fit on the screen.
    screen.splice(20, [0].into_iter().chain(21..=25), Some(0));
    assert!(screen.inner.follows && screen.below() < 1.0);
    // More do not.
    screen.splice(26, 26..=80, Some(0));
    assert!(!screen.inner.follows);
    assert_eq!(screen.scroll, 20.0 * 40.0 - view.height / 4.0);
    // A jump to the end is obeyed, and stays.
    screen.inner.follow_end();
    screen.settle();
    screen.splice(81, 81..=90, Some(0));
    assert!(screen.inner.follows && screen.below() < 1.0);
}

#[test]
fn a_list_opens_at_the_first_new_row_and_stays_there_when_it_is_measured() {
    let mut screen = Screen::new([]);
    screen.splice(0, (1..=20).chain([0]).chain(21..=100), Some(0));
    assert!(!screen.inner.follows);
    for height in [70.0, 25.0, 40.0] {
        screen.measure(height);
        let below = screen.inner.geometry.top(20) - screen.scroll;
        assert!((below - 100.0).abs() < 1.0, "the line stands at {below}");
    }
}

#[test]
fn a_row_near_the_start_stays_in_place_when_older_rows_arrive() {
    let mut screen = Screen::new([]);
    screen.splice(0, [1, 0].into_iter().chain(2..=60), Some(0));
    assert_eq!((screen.scroll, screen.inner.follows), (0.0, false));
    screen.splice(0, 100..=150, Some(0));
    assert_eq!(screen.scroll, 51.0 * 40.0);
}

#[test]
fn a_list_that_shows_its_end_follows_it() {
    let mut screen = Screen::new(1..=50);
    screen.measure(40.0);
    screen.inner.show(48, 400.0);
    screen.settle();
    assert!(!screen.inner.follows && screen.below() < 1.0);
    screen.splice(50, 51..=60, None);
    assert!(screen.inner.follows && screen.below() < 1.0);
}

#[test]
fn rows_are_shown_when_their_end_is_in_the_visible_part() {
    let mut screen = Screen::new(1..=50);
    screen.scroll(100.0);
    let view = screen.view();
    // Row 3 ends at 120, row 12 at 480, row 13 at 520.
    assert_eq!(screen.inner.shown(view), 2..12);
    let mut short = Screen::new(1..=3);
    let view = short.view();
    assert_eq!(short.inner.shown(view), 0..3, "a short list stands at the bottom");
    let mut empty = Screen::new([]);
    let view = empty.view();
    assert_eq!(empty.inner.shown(view), 0..0);
}

#[test]
fn the_focus_moves_between_steady_rows() {
    let mut screen = Screen::new([1, 2, 0, 3]);
    let view = screen.view();
    let mut step = |active: Option<u32>, step| {
        screen.inner.active = active;
        Some(screen.inner.rows[screen.inner.step(step, view)?].0)
    };
    assert_eq!(step(None, Step::Enter), Some(3), "the newest on the screen");
    assert_eq!(step(Some(2), Step::Enter), Some(2), "the one that had it last");
    assert_eq!(step(Some(99), Step::Enter), Some(3), "that one is gone");
    assert_eq!(step(Some(3), Step::Previous), Some(2), "the line is passed over");
    assert_eq!(step(Some(2), Step::Next), Some(3));
    assert_eq!(step(Some(1), Step::Previous), None);
    assert_eq!(step(Some(3), Step::Next), None);
    assert_eq!(step(Some(3), Step::First), Some(1));
    assert_eq!(step(None, Step::Last), Some(3));
}

#[test]
fn a_focused_row_is_moved_into_the_visible_part_by_no_more_than_needed() {
    let mut screen = Screen::new(1..=50);
    let reveal = |screen: &mut Screen, index| {
        let view = screen.view();
        screen.inner.reveal(index, view);
        screen.settle();
        screen.scroll
    };
    assert_eq!(reveal(&mut screen, 49), 1_600.0);
    assert_eq!(reveal(&mut screen, 45), 1_600.0, "visible already");
    assert!(screen.inner.follows);
    assert_eq!(reveal(&mut screen, 40), 1_600.0 - REVEAL_MARGIN);
    assert_eq!(reveal(&mut screen, 0), 0.0);
    assert!(!screen.inner.follows);
    assert_eq!(reveal(&mut screen, 20), 21.0 * 40.0 + REVEAL_MARGIN - 400.0);
    assert_eq!(reveal(&mut screen, 49), 1_600.0);
    assert!(screen.inner.follows, "the newest row is followed again");
}

proptest! {
    /// Rows grow and shrink, the list is resized, rows arrive at both ends: without the reader's scrolling it stays
    /// at its end.
    #[test]
    fn a_list_that_nobody_scrolls_stays_at_its_end(
        steps in proptest::collection::vec((0..4_u8, 1..200_u16), 1..60),
    ) {
        let mut screen = Screen::new(1_000..1_030);
        let (mut oldest, mut newest) = (1_000, 1_030);
        for (step, size) in steps {
            match step {
                0 => screen.measure(f64::from(size)),
                1 => screen.resize(f64::from(size) * 5.0),
                2 => {
                    let rows = u32::from(size % 7);
                    let count = screen.inner.rows.len();
                    screen.splice(count, newest..newest + rows, None);
                    newest += rows;
                }
                _ => {
                    let rows = u32::from(size % 5);
                    screen.splice(0, oldest - rows..oldest, None);
                    oldest -= rows;
                }
            }
            prop_assert!(screen.inner.follows && screen.below() < 1.0);
        }
    }
}
