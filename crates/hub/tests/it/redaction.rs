//! A redacted text reaches no client any more, and a client that was away reaches the same state as the
//! others: the real client over the redacted log.

use madang_client::{Action, Client, Input, InputContext, Output};
use madang_shared::posts::{PostsAnswer, PostsCommand, PostsQuery};
use madang_shared::{
    Answer, Command, PostId, ServerFrame, Snapshot, Topic, TopicState, User, codec,
};
use proptest::prelude::*;

use crate::test_server::{START, TestConnection, TestServer};

/// A browser tab with the real client, whose connection opens and closes.
struct Tab {
    user: User,
    client: Client,
    connection: Option<TestConnection>,
    /// The text of every frame since the connection opened.
    received: String,
    random: u128,
}

impl Tab {
    fn new(server: &TestServer) -> Self {
        let user = server.user("reader");
        let client = Client::new(user.clone(), "test", Vec::new()).with_all_views();
        let mut tab = Self { user, client, connection: None, received: String::new(), random: 0 };
        tab.input(server, Input::Act(Action::FollowTopics(&[Topic::Posts])));
        tab.connect(server);
        tab
    }

    fn connect(&mut self, server: &TestServer) {
        self.received.clear();
        self.input(server, Input::Connect);
        self.input(server, Input::SocketOpened);
        self.settle(server);
    }

    fn disconnect(&mut self, server: &TestServer) {
        self.connection = None;
        self.input(server, Input::SocketClosed { code: 1006 });
    }

    fn input(&mut self, server: &TestServer, input: Input) {
        self.random += 1 << 64;
        let context = InputContext { now: START, random: self.random };
        for output in self.client.handle(context, input) {
            let Output::Send(text) = output else { continue };
            match &mut self.connection {
                Some(connection) => connection.send_text(&text),
                None => self.connection = Some(server.connect_with_hello(&self.user, None, &text)),
            }
        }
    }

    /// Receives frames until there are no more.
    fn settle(&mut self, server: &TestServer) {
        while let Some(connection) = &mut self.connection {
            connection.settle(server);
            let frames = connection.take();
            if frames.is_empty() {
                return;
            }
            for frame in frames {
                let text = codec::encode_server(&frame);
                self.received += &text;
                self.input(server, Input::Frame(text));
            }
        }
    }

    fn shown(&self) -> Vec<(PostId, String)> {
        let shown = self.client.features().posts().shown(self.client.outbox(), &self.user);
        shown.into_iter().map(|post| (post.id.unwrap(), post.text)).collect()
    }
}

fn stored(server: &TestServer, reader: &User) -> Vec<(PostId, String)> {
    let all = PostsQuery::Before { before: PostId(u64::MAX), limit: u32::MAX };
    match server.store.query_now(reader.id, all.into()) {
        Ok(Answer::Posts(PostsAnswer::Before(page))) => {
            page.posts.into_iter().map(|post| (post.id, post.text)).collect()
        }
        other => unreachable!("{other:?}"),
    }
}

fn posts_of(received: &[ServerFrame]) -> Vec<(PostId, String)> {
    match received {
        [ServerFrame::Snapshot(TopicState { snapshot: Snapshot::Posts(page), .. })] => {
            page.posts.iter().map(|post| (post.id, post.text.clone())).collect()
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
    fn a_client_that_was_away_reaches_the_stored_state_and_receives_no_redacted_text(
        steps in prop::collection::vec((0..5_u8, 1..9_u64, any::<bool>()), 1..28),
        away in 0..28_usize,
        ring in 1..9_usize,
    ) {
        let server = TestServer::with_ring(ring);
        let mut author = server.connect(&server.user("author"));
        let mut tab = Tab::new(&server);
        let visitor = server.user("visitor");
        for (number, (kind, post, receives)) in steps.iter().enumerate() {
            if number == away {
                tab.disconnect(&server);
            }
            author.now = author.now.plus(1_000);
            author.command(command(*kind, *post, number));
            author.settle(&server);
            if *receives {
                tab.settle(&server);
                // The state of a new client comes from the cache, if no event followed the last one.
                let mut visit = server.connect(&visitor);
                visit.subscribe(&server, Topic::Posts, None);
                prop_assert_eq!(posts_of(&visit.take()), stored(&server, &visitor));
            }
        }
        if away < steps.len() {
            tab.connect(&server);
        } else {
            tab.received.clear();
            tab.settle(&server);
        }
        let stored = stored(&server, &tab.user);
        prop_assert_eq!(tab.shown(), stored.clone());
        for number in 0..steps.len() {
            let text = format!("<text {number}>");
            let stays = stored.iter().any(|(_, stored)| *stored == text);
            prop_assert!(stays || !tab.received.contains(&text), "{} in {}", text, tab.received);
        }
    }
}
