//! What an author takes back is given to nobody any more, and whoever was away ends where everybody is:
//! the real client on the log that is kept.

use madang_client::{Action, Client, Input, InputContext, Output};
use madang_shared::posts::{PostsAnswer, PostsCommand, PostsQuery};
use madang_shared::{Answer, Command, PostId, Topic, User, codec};
use proptest::prelude::*;

use crate::test_client::{House, START, TestClient};

/// A reader's tab, whose connection comes and goes.
struct Tab {
    user: User,
    client: Client,
    connection: Option<TestClient>,
    /// Every frame since the connection began.
    heard: String,
    random: u128,
}

impl Tab {
    fn new(house: &House) -> Self {
        let user = house.user("reader");
        let client = Client::new(user.clone(), "test", Vec::new());
        let mut tab = Self { user, client, connection: None, heard: String::new(), random: 0 };
        tab.input(house, Input::Act(Action::Watch(&[Topic::Posts])));
        tab.connect(house);
        tab
    }

    fn connect(&mut self, house: &House) {
        self.heard.clear();
        self.input(house, Input::Connect);
        self.input(house, Input::SocketOpened);
        self.settle(house);
    }

    fn hang_up(&mut self, house: &House) {
        self.connection = None;
        self.input(house, Input::SocketClosed { code: 1006 });
    }

    fn input(&mut self, house: &House, input: Input) {
        self.random += 1 << 64;
        let moment = InputContext { now: START, random: self.random };
        for output in self.client.handle(moment, input) {
            let Output::Send(text) = output else { continue };
            match &mut self.connection {
                Some(connection) => connection.say_text(&text),
                None => self.connection = Some(house.client_after(&self.user, None, &text)),
            }
        }
    }

    /// Hears everything that there is to hear.
    fn settle(&mut self, house: &House) {
        while let Some(connection) = &mut self.connection {
            connection.settle(house);
            let frames = connection.take();
            if frames.is_empty() {
                return;
            }
            for frame in frames {
                let text = codec::encode_server(&frame);
                self.heard += &text;
                self.input(house, Input::Frame(text));
            }
        }
    }

    fn shown(&self) -> Vec<(PostId, String)> {
        let shown = self.client.features().posts().shown(self.client.outbox(), &self.user);
        shown.into_iter().map(|post| (post.id.unwrap(), post.text)).collect()
    }
}

fn stored(house: &House, reader: &User) -> Vec<(PostId, String)> {
    let all = PostsQuery::Before { before: PostId(u64::MAX), limit: u32::MAX };
    match house.store.query_now(reader.id, &all.into()) {
        Ok(Answer::Posts(PostsAnswer::Before(page))) => {
            page.posts.into_iter().map(|post| (post.id, post.text)).collect()
        }
        other => unreachable!("{other:?}"),
    }
}

fn command(kind: u8, post: u64, number: usize) -> Command {
    let (post, text) = (PostId(post), format!("<text {number}>"));
    match kind {
        0 | 1 => PostsCommand::Create { text },
        2 | 3 => PostsCommand::Edit { post, text },
        _ => PostsCommand::Delete { post },
    }
    .into()
}

proptest! {
    #[test]
    fn whoever_was_away_ends_where_everybody_is_and_hears_nothing_that_was_taken_back(
        acts in prop::collection::vec((0..5_u8, 1..9_u64, any::<bool>()), 1..28),
        away in 0..28_usize,
        ring in 1..9_usize,
    ) {
        let house = House::with_ring(ring);
        let mut writer = house.client(&house.user("writer"));
        let mut tab = Tab::new(&house);
        for (number, (kind, post, listens)) in acts.iter().enumerate() {
            if number == away {
                tab.hang_up(&house);
            }
            writer.now = writer.now.plus(1_000);
            writer.command(command(*kind, *post, number));
            writer.settle(&house);
            if *listens {
                tab.settle(&house);
            }
        }
        if away < acts.len() {
            tab.connect(&house);
        } else {
            tab.heard.clear();
            tab.settle(&house);
        }
        let stored = stored(&house, &tab.user);
        prop_assert_eq!(tab.shown(), stored.clone());
        for number in 0..acts.len() {
            let text = format!("<text {number}>");
            let stays = stored.iter().any(|(_, stored)| *stored == text);
            prop_assert!(stays || !tab.heard.contains(&text), "{} in {}", text, tab.heard);
        }
    }
}
