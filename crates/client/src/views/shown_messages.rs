//! The messages of one room that this screen has shown. The read mark moves over them without gaps: it
//! never passes a message that was not on the screen.

use madang_shared::Seq;

/// Runs that are kept. The messages of further runs stay unread until they are shown again.
const MAX_RUNS: usize = 64;

/// Messages that were shown without a gap between them: those after `after`, up to `up_to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ShownRun {
    pub(crate) after: Seq,
    pub(crate) up_to: Seq,
}

/// The shown messages beyond the read mark.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ShownMessages {
    /// Ascending, with unshown messages between any two.
    runs: Vec<ShownRun>,
}

impl ShownMessages {
    /// Adds a run. Returns the read mark: `mark`, moved over the runs that continue it.
    pub(crate) fn add(&mut self, mark: Seq, run: ShownRun) -> Seq {
        self.runs.push(run);
        self.runs.sort_unstable_by_key(|run| run.after);
        let mut mark = mark;
        self.runs.retain(|run| {
            let is_beyond = run.after > mark;
            if !is_beyond {
                mark = mark.max(run.up_to);
            }
            is_beyond
        });
        self.runs.dedup_by(|later, earlier| {
            let joins = later.after <= earlier.up_to;
            if joins {
                earlier.up_to = earlier.up_to.max(later.up_to);
            }
            joins
        });
        self.runs.truncate(MAX_RUNS);
        mark
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(shown: &mut ShownMessages, mark: u64, after: u64, up_to: u64) -> u64 {
        shown.add(Seq(mark), ShownRun { after: Seq(after), up_to: Seq(up_to) }).0
    }

    #[test]
    fn the_mark_moves_over_runs_that_continue_it() {
        let mut shown = ShownMessages::default();
        assert_eq!(add(&mut shown, 10, 10, 20), 20);
        assert_eq!(add(&mut shown, 20, 15, 25), 25, "screens overlap");
        assert_eq!(add(&mut shown, 25, 3, 9), 25, "older messages move nothing");
        assert_eq!(shown, ShownMessages::default());
    }

    #[test]
    fn the_mark_stays_before_a_gap_until_the_gap_was_shown() {
        let mut shown = ShownMessages::default();
        assert_eq!(add(&mut shown, 10, 90, 100), 10);
        // Scrolling up from the end to the mark.
        assert_eq!(add(&mut shown, 10, 80, 91), 10);
        assert_eq!(add(&mut shown, 10, 40, 50), 10, "another place");
        assert_eq!(add(&mut shown, 10, 9, 41), 50);
        assert_eq!(add(&mut shown, 50, 50, 79), 79, "message 80 was not shown");
        assert_eq!(add(&mut shown, 79, 79, 80), 100);
        assert_eq!(shown, ShownMessages::default());
    }

    #[test]
    fn another_screen_can_close_the_gap() {
        let mut shown = ShownMessages::default();
        assert_eq!(add(&mut shown, 10, 90, 100), 10);
        assert_eq!(add(&mut shown, 95, 99, 101), 101);
    }

    #[test]
    fn the_number_of_runs_is_bounded() {
        let mut shown = ShownMessages::default();
        for n in 1..=1_000 {
            add(&mut shown, 0, n * 10, n * 10 + 1);
        }
        assert_eq!(shown.runs.len(), MAX_RUNS);
    }

    proptest::proptest! {
        /// Against a set of single messages.
        #[test]
        fn every_message_up_to_the_mark_was_shown(
            runs in proptest::collection::vec((0..60_u64, 1..12_u64), 0..40),
        ) {
            let (mut shown, mut mark) = (ShownMessages::default(), 0);
            let mut seen = std::collections::BTreeSet::new();
            for (after, length) in runs {
                mark = add(&mut shown, mark, after, after + length);
                seen.extend(after + 1..=after + length);
                let expected = (1..=100).find(|seq| !seen.contains(seq)).unwrap() - 1;
                proptest::prop_assert_eq!(mark, expected);
            }
        }
    }
}
