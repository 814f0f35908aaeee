//! The switches of the apps: a server refuses what belongs to an app that is off, and nothing else.

use madang_hub::policy::check_app;
use madang_shared::apps::{App, Apps};
use madang_shared::chat::{ChatCommand, ChatQuery};
use madang_shared::counter::CounterCommand;
use madang_shared::later::LaterCommand;
use madang_shared::membership::MembershipCommand;
use madang_shared::notices::{NoticeKind, NoticesCommand};
use madang_shared::orders::{OrderStatus, OrdersCommand};
use madang_shared::posts::{PostsCommand, PostsQuery};
use madang_shared::presence::PresenceSignal;
use madang_shared::read_count::ReadCountQuery;
use madang_shared::rooms::RoomsCommand;
use madang_shared::sentiment::SentimentQuery;
use madang_shared::workspace::Workspace;
use madang_shared::{
    ClientFrame, Command, ErrorCode, OrderId, PostId, Query, QueryFrame, QueryId, Seq, Signal,
    Subscription, Topic, UserId,
};

use crate::test_server::{ROOM, TestConnection, TestServer};

/// Every topic, with its app. A new topic does not compile until it is here.
fn topics(me: UserId) -> Vec<(Topic, Option<App>)> {
    let app = |topic: Topic| match topic {
        Topic::Counter => Some(App::Counter),
        Topic::Posts | Topic::PostNotices => Some(App::Feed),
        Topic::Price => Some(App::Price),
        Topic::Orders | Topic::Menu | Topic::OwnOrders(_) | Topic::OrderNotices => {
            Some(App::Orders)
        }
        Topic::Memberships(_)
        | Topic::Room(_)
        | Topic::Details(_)
        | Topic::Notices
        | Topic::Inbox(_)
        | Topic::Later(_)
        // For administrators alone.
        | Topic::Administration
        | Topic::Health
        | Topic::Presence(_) => None,
    };
    let topics = [
        Topic::Memberships(me),
        Topic::Room(ROOM),
        Topic::Details(ROOM),
        Topic::Counter,
        Topic::Posts,
        Topic::Price,
        Topic::Orders,
        Topic::Menu,
        Topic::OwnOrders(me),
        Topic::Notices,
        Topic::OrderNotices,
        Topic::PostNotices,
        Topic::Inbox(me),
        Topic::Later(me),
        Topic::Presence(ROOM),
    ];
    topics.into_iter().map(|topic| (topic, app(topic))).collect()
}

/// A command of every feature, with its app. A command of a new feature does not compile until it is here.
fn commands() -> Vec<(Command, Option<App>)> {
    let app = |command: &Command| match command {
        Command::Counter(_) => Some(App::Counter),
        Command::Posts(_) => Some(App::Feed),
        Command::Orders(_) => Some(App::Orders),
        Command::Rooms(_)
        | Command::Membership(_)
        | Command::Chat(_)
        | Command::Later(_)
        | Command::Notices(_) => None,
    };
    let commands: Vec<Command> = vec![
        RoomsCommand::public("방").into(),
        MembershipCommand::Join { room: ROOM }.into(),
        ChatCommand::post(ROOM, "안녕").into(),
        LaterCommand::Unsave { room: ROOM, message: Seq(1) }.into(),
        NoticesCommand::Mute { kind: NoticeKind::Post, muted: true }.into(),
        CounterCommand::Add { amount: 1 }.into(),
        PostsCommand::Create { text: "글".into() }.into(),
        PostsCommand::Delete { post: PostId(1) }.into(),
        OrdersCommand::Advance { order: OrderId(1), to: OrderStatus::Cooking }.into(),
        OrdersCommand::Reopen(OrderId(1)).into(),
    ];
    commands.into_iter().map(|command| (command.clone(), app(&command))).collect()
}

/// A query of every feature, with its app. A query of a new feature does not compile until it is here.
fn queries() -> Vec<(Query, Option<App>)> {
    let app = |query: &Query| match query {
        Query::Posts(_) => Some(App::Feed),
        Query::Chat(_) | Query::ReadCount(_) | Query::Sentiment(_) => None,
    };
    let queries: Vec<Query> = vec![
        ChatQuery::Before { room: ROOM, before: Seq(9), limit: 1 }.into(),
        ReadCountQuery::Watch { room: ROOM, message: Seq(1), known: None }.into(),
        SentimentQuery::Classify { text: "love".into() }.into(),
        PostsQuery::Before { before: PostId(9), limit: 1 }.into(),
    ];
    queries.into_iter().map(|query| (query.clone(), app(&query))).collect()
}

/// The sets to walk: no app, each app alone, all apps.
fn sets() -> Vec<Apps> {
    let alone = App::ALL.iter().map(|app| Apps::default().switched(*app));
    [Apps::default(), Apps::all()].into_iter().chain(alone).collect()
}

#[test]
fn the_policy_refuses_exactly_the_apps_that_are_off() {
    for apps in sets() {
        let workspace = Workspace { apps, ..Workspace::default() };
        let offers = |app: Option<App>| app.is_none_or(|app| apps.contains(app));
        let check = |what: String, named: Option<App>, expected: Option<App>| {
            let checked = check_app(&workspace, named);
            assert_eq!(checked.is_ok(), offers(expected), "{what}: {apps:?}");
            if let Err(failure) = checked {
                assert_eq!((failure.code, failure.retry), (ErrorCode::Unsupported, false));
                let name = format!("the app `{}`", expected.unwrap().name());
                assert!(failure.message.contains(&name), "{}", failure.message);
            }
        };
        for (topic, app) in topics(UserId(1)) {
            check(topic.to_string(), topic.app(), app);
        }
        for (command, app) in commands() {
            check(format!("{command:?}"), command.app(), app);
        }
        for (query, app) in queries() {
            check(format!("{query:?}"), query.app(), app);
        }
        let typing = Signal::from(PresenceSignal::Typing { room: ROOM, typing: true });
        check("typing".into(), typing.app(), None);
    }
}

/// Sends a frame, and returns whether the server refused it because of the switch of an app.
fn is_refused(connection: &mut TestConnection, server: &TestServer, frame: &ClientFrame) -> bool {
    connection.send(frame);
    connection.settle(server);
    connection.take_errors().contains(&ErrorCode::Unsupported)
}

#[test]
fn a_session_refuses_topics_commands_and_queries_of_apps_that_are_off() {
    for apps in sets() {
        let server = TestServer::with_apps(apps);
        let me = server.user("a");
        let mut connection = server.connect(&me);
        let is_off = |app: Option<App>| app.is_some_and(|app| !apps.contains(app));
        for (topic, app) in topics(me.id) {
            let frame = ClientFrame::Subscribe(Subscription { topic, from: None });
            assert_eq!(
                is_refused(&mut connection, &server, &frame),
                is_off(app),
                "{topic} {apps:?}"
            );
        }
        for (query, app) in queries() {
            let frame = ClientFrame::Query(QueryFrame { id: QueryId(1), query: query.clone() });
            assert_eq!(
                is_refused(&mut connection, &server, &frame),
                is_off(app),
                "{query:?} {apps:?}"
            );
        }
        for (command, app) in commands() {
            connection.command(command.clone());
            connection.settle(&server);
            let refused = connection.take_errors().contains(&ErrorCode::Unsupported);
            assert_eq!(refused, is_off(app), "{command:?} {apps:?}");
        }
        let typing =
            ClientFrame::Signal(PresenceSignal::Typing { room: ROOM, typing: true }.into());
        assert!(!is_refused(&mut connection, &server, &typing));
    }
}

#[test]
fn the_welcome_names_the_apps_and_a_hello_for_an_app_that_is_off_is_refused() {
    let server = TestServer::with_apps([App::Orders].into_iter().collect());
    let user = server.user("a");
    let hello = r#"{"hello":{"client":"test","topics":[{"topic":"posts"},{"topic":"orders"}]}}"#;
    let mut connection = server.connect_with_hello(&user, None, hello);
    connection.settle(&server);
    let frames = format!("{:?}", connection.take());
    assert!(frames.contains("apps: {Orders}"), "{frames}");
    assert!(frames.contains("about: Topic(Posts)") && frames.contains("Unsupported"), "{frames}");
    assert!(frames.contains("topic: Orders, position:"), "{frames}");
}

#[test]
fn refusals_of_an_app_that_is_off_count_as_abuse() {
    let server = TestServer::with_apps(Apps::default());
    let mut connection = server.connect(&server.user("a"));
    for _ in 0..10_000 {
        connection.command(CounterCommand::Add { amount: 1 }.into());
        if connection.closed.is_some() {
            return;
        }
    }
    panic!("the connection is still open");
}
