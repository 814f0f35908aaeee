//! Profiles and erased accounts, as the details and the timeline of the open room tell them.

use madang_client::{Action, Input};
use madang_shared::details::{DetailsEvent, DetailsSnapshot};
use madang_shared::erasure::ErasureEvent;
use madang_shared::profile::Profile;
use madang_shared::{Event, Seq, ServerFrame, Topic};

use crate::support::{ROOM, TestClient, me, other};

fn with_details(profiles: Vec<Profile>) -> TestClient {
    let mut driver = TestClient::in_room(3);
    driver.input(Input::Act(Action::OpenRoom(Some(ROOM))));
    let snapshot = DetailsSnapshot { description: String::new(), members: 2, profiles };
    driver.state(Topic::Details(ROOM), 7, snapshot.into());
    driver
}

fn event(driver: &mut TestClient, topic: Topic, seq: u64, event: impl Into<Event>) {
    driver.frame(&ServerFrame::Event { topic, seq: Seq(seq), event: event.into() });
}

fn named(name: &str) -> Profile {
    Profile { name: name.into(), ..Profile::blank(other().id) }
}

#[test]
fn the_shown_name_is_the_display_name_and_otherwise_the_handle() {
    let mut driver = with_details(vec![named("김민수")]);
    let shown = |driver: &TestClient| {
        let details = driver.client.features().details();
        (details.shown_name(&other()).to_owned(), details.shown_name(&me()).to_owned())
    };
    assert_eq!(shown(&driver), ("김민수".into(), "me".into()));
    event(&mut driver, Topic::Details(ROOM), 8, DetailsEvent::ProfileChanged(named("Kim")));
    assert_eq!(shown(&driver), ("Kim".into(), "me".into()));
    event(&mut driver, Topic::Details(ROOM), 9, DetailsEvent::ProfileChanged(named("")));
    assert_eq!(shown(&driver), ("other".into(), "me".into()));
}

#[test]
fn an_erased_user_leaves_the_loaded_messages_without_text() {
    let mut driver = with_details(vec![named("김민수")]);
    let texts = |driver: &TestClient| {
        let messages = driver.client.features().timeline(ROOM).unwrap().messages();
        let texts = messages.iter().map(|it| (it.author.name.clone(), it.text.clone()));
        texts.collect::<Vec<_>>()
    };
    assert!(texts(&driver).iter().all(|(name, text)| name == "other" && !text.is_empty()));
    let edition = driver.client.features().timeline(ROOM).unwrap().edition();
    event(&mut driver, Topic::Room(ROOM), 4, ErasureEvent::Erased { user: other().id });
    let erased = vec![("#2".to_owned(), String::new()); 3];
    assert_eq!(texts(&driver), erased);
    let features = driver.client.features();
    assert_ne!(features.timeline(ROOM).unwrap().edition(), edition, "the rows are drawn again");
    assert_eq!(features.details().profile(other().id), None);
    assert_eq!(driver.client.undecodable_frames(), 0);
}
