//! The read mark moves only over messages that were on the screen, without a gap; and the line above the first new
//! message.

use madang_client::{Action, Input};
use madang_shared::chat::{ChatAnswer, ChatPage, ChatQuery, ChatSnapshot};
use madang_shared::membership::{Membership, MembershipCommand, MembershipEvent};
use madang_shared::{
    ClientFrame, Command, Epoch, Message, Position, Query, QueryFrame, Seq, ServerFrame, Timestamp,
    Topic,
};

use crate::support::{ROOM, START, TestClient, by_other, me, room, shown};

/// A client in a room with this many unread messages, which has just been opened.
fn opened(unread: u64) -> TestClient {
    let mut driver = TestClient::in_room(unread);
    driver.input(Input::Act(Action::OpenRoom(Some(ROOM))));
    driver
}

fn mark(driver: &TestClient) -> u64 {
    driver.client.features().memberships().read_up_to(ROOM).unwrap().0
}

fn line(driver: &TestClient) -> Option<u64> {
    driver.client.features().timeline(ROOM)?.new_after().map(|mark| mark.0)
}

fn is_opening(driver: &TestClient) -> bool {
    driver.client.features().timeline(ROOM).unwrap().is_opening()
}

/// Requests a page of older messages, and answers the query.
fn load_older(driver: &mut TestClient) {
    driver.sent.clear();
    driver.input(Input::Act(Action::LoadOlder(ROOM)));
    let mut queries = driver.sent.iter().filter_map(|frame| match frame {
        ClientFrame::Query(QueryFrame {
            id,
            query: Query::Chat(ChatQuery::Before { before, limit, .. }),
        }) => Some((*id, *before, *limit)),
        _ => None,
    });
    let (id, before, limit) = queries.next().unwrap();
    let before = before.0;
    let first = before.saturating_sub(u64::from(limit)).max(1);
    let page = ChatPage {
        messages: (first..before).map(by_other).collect(),
        older: first > 1,
        ..ChatPage::default()
    };
    driver.frame(&ServerFrame::Answer { id, answer: ChatAnswer::Before(page).into() });
}

/// The read marks that the client has sent.
fn sent_marks(driver: &mut TestClient) -> Vec<u64> {
    let commands = driver.take_commands().into_iter();
    commands
        .filter_map(|(_, command)| match command {
            Command::Membership(MembershipCommand::Read { up_to, .. }) => Some(up_to.0),
            _ => None,
        })
        .collect()
}

#[test]
fn a_room_with_more_unread_messages_than_a_page_loads_back_to_the_first_new_one() {
    for (unread, pages) in [(0, 0), (30, 0), (49, 0), (50, 0), (51, 1), (60, 1), (150, 2), (151, 3)]
    {
        let mut driver = opened(unread);
        let mut loaded = 0;
        while is_opening(&driver) {
            load_older(&mut driver);
            loaded += 1;
        }
        assert_eq!((loaded, line(&driver)), (pages, (unread > 0).then_some(0)), "{unread} unread");
        let timeline = driver.client.features().timeline(ROOM).unwrap();
        assert!(timeline.reaches_back_to(Seq(0)));
    }
}

#[test]
fn a_room_with_very_many_unread_messages_opens_at_its_end() {
    let mut driver = opened(10_000);
    while is_opening(&driver) {
        load_older(&mut driver);
    }
    let timeline = driver.client.features().timeline(ROOM).unwrap();
    assert_eq!(timeline.messages().len(), 550);
    driver.input(shown(9_980, 10_000));
    assert_eq!((mark(&driver), driver.unread(), line(&driver)), (0, 10_000, Some(0)));
}

#[test]
fn the_end_of_a_room_on_the_screen_reads_nothing_before_it() {
    let mut driver = opened(150);
    driver.input(shown(140, 150));
    assert_eq!((mark(&driver), driver.unread()), (0, 150));
    while is_opening(&driver) {
        load_older(&mut driver);
    }
    driver.input(shown(1, 12));
    assert_eq!((mark(&driver), driver.unread()), (12, 138), "one screen is read");
    assert_eq!(sent_marks(&mut driver), [12]);
    // A link leads elsewhere.
    driver.input(shown(70, 80));
    assert_eq!(mark(&driver), 12);
    // The reader scrolls on, screen by screen, and meets the screens that were shown before.
    for first in (10..70).step_by(10) {
        driver.input(shown(first, first + 11));
    }
    assert_eq!(mark(&driver), 80);
    driver.input(shown(81, 139));
    assert_eq!((mark(&driver), driver.unread()), (150, 0));
}

#[test]
fn reading_upwards_from_the_end_reads_everything_once_the_mark_is_reached() {
    let mut driver = opened(40);
    for first in (2..=31).rev() {
        driver.input(shown(first, first + 9));
        assert_eq!(mark(&driver), 0);
    }
    driver.input(shown(1, 10));
    assert_eq!(mark(&driver), 40);
}

#[test]
fn the_users_own_messages_leave_no_gap() {
    let mut driver = opened(3);
    driver.input(shown(1, 3));
    for seq in 4..=6 {
        driver.event(Message { author: me(), ..by_other(seq) });
    }
    driver.event(by_other(7));
    driver.input(shown(7, 7));
    assert_eq!(mark(&driver), 7, "messages 4 to 6 are the user's own");
}

#[test]
fn an_unknown_message_before_the_loaded_ones_is_a_gap() {
    let mut driver = opened(60);
    driver.input(shown(11, 60));
    assert_eq!(mark(&driver), 0, "messages 1 to 10 are not loaded");
    load_older(&mut driver);
    driver.input(shown(1, 10));
    assert_eq!(mark(&driver), 60);
}

#[test]
fn a_message_that_arrives_below_the_screen_stays_unread() {
    let mut driver = opened(3);
    driver.input(shown(1, 3));
    driver.event(by_other(4));
    driver.input(shown(1, 3));
    assert_eq!((mark(&driver), driver.unread()), (3, 1));
}

#[test]
fn everything_can_be_marked_read_at_once() {
    let mut driver = opened(150);
    driver.input(shown(140, 150));
    driver.event(by_other(151));
    driver.sent.clear();
    driver.input(Input::Act(Action::MarkRead(ROOM)));
    assert_eq!((mark(&driver), driver.unread(), line(&driver)), (151, 0, None));
    assert_eq!(sent_marks(&mut driver), [151]);
}

#[test]
fn a_post_reads_nothing_that_was_not_shown() {
    let mut driver = opened(150);
    driver.input(shown(140, 150));
    driver.post("an answer");
    assert_eq!((mark(&driver), line(&driver)), (0, Some(0)));
    driver.event(Message { author: me(), ..by_other(151) });
    driver.input(shown(141, 151));
    assert_eq!((mark(&driver), driver.unread()), (0, 150));
}

#[test]
fn the_first_unread_message_has_a_time() {
    let mut driver = opened(3);
    let since = |driver: &TestClient| driver.client.features().unread_since(ROOM);
    driver.input(shown(1, 3));
    assert_eq!(since(&driver), None);
    let late = Timestamp(START.0 + 60_000);
    driver.event(Message { author: me(), ..by_other(4) });
    driver.event(Message { at: late, ..by_other(5) });
    driver.event(by_other(6));
    assert_eq!(since(&driver), Some(late));
    assert_eq!(since(&opened(60)), None, "it is not loaded");
}

#[test]
fn messages_that_were_missed_are_new() {
    let mut driver = opened(3);
    driver.input(shown(1, 3));
    driver.post("an answer");
    assert_eq!(line(&driver), None);
    driver.input(Input::SocketClosed { code: 1_006 });
    driver.wake();
    driver.input(Input::SocketOpened);
    driver.welcome();
    let (from, to) = (Position::new(Epoch(1), Seq(3)), Position::new(Epoch(1), Seq(63)));
    driver.frame(&ServerFrame::Recovered { topic: Topic::Room(ROOM), from, to });
    for seq in 4..=63 {
        driver.event(by_other(seq));
    }
    assert_eq!((line(&driver), driver.unread()), (Some(3), 60));
    driver.input(shown(50, 63));
    assert_eq!(mark(&driver), 3);
}

#[test]
fn a_mark_from_another_screen_closes_a_gap() {
    let mut driver = opened(40);
    driver.input(shown(21, 30));
    let read = Membership::new(ROOM, Seq(20), 20, Seq(40));
    driver.frame(&ServerFrame::Event {
        topic: Topic::Memberships(me().id),
        seq: Seq(2),
        event: MembershipEvent::Read(read).into(),
    });
    driver.input(shown(22, 31));
    assert_eq!(mark(&driver), 31);
}

#[test]
fn another_epoch_forgets_what_was_shown() {
    let mut driver = opened(60);
    driver.input(shown(50, 60));
    let membership = Membership::new(ROOM, Seq(0), 58, Seq(58));
    let page =
        ChatPage { messages: (9..=58).map(by_other).collect(), older: true, ..ChatPage::default() };
    let state = madang_shared::TopicState {
        topic: Topic::Room(ROOM),
        position: Position::new(Epoch(2), Seq(58)),
        snapshot: ChatSnapshot { room: room(), page, pins: Vec::new(), membership }.into(),
    };
    driver.frame(&ServerFrame::Reset(state));
    load_older(&mut driver);
    driver.input(shown(1, 49));
    assert_eq!(mark(&driver), 49);
}
