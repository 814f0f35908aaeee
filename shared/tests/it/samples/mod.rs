//! One sample of every variant. The matches have no wildcard: a new variant does not compile until
//! it has a sample.

mod administration;
mod chat;
mod counter;
mod details;
mod erasure;
mod health;
mod inbox;
mod later;
mod membership;
mod menu;
mod notices;
mod order_notices;
mod orders;
mod own_orders;
mod post_notices;
mod posts;
mod presence;
mod price;
mod rooms;
mod sentiment;

use madang_shared::apps::App;
use madang_shared::chat::{ChatAnswer, ChatQuery};
use madang_shared::frames::{CommandFrame, ErrorContext, LogPosition};
use madang_shared::posts::{PostsAnswer, PostsQuery};
use madang_shared::presence::PresenceSignal;
use madang_shared::read_count::{ReadCount, ReadCountAnswer, ReadCountQuery};
use madang_shared::roles::Access;
use madang_shared::sentiment::{SentimentAnswer, SentimentQuery};
use madang_shared::workspace::Workspace;
use madang_shared::{
    Answer, ClientFrame, Command, CommandId, ConnectionId, Epoch, ErrorCode, Event, Failure, Hello,
    Position, PostId, Query, QueryFrame, QueryId, RoomId, Seq, ServerFrame, Signal, Snapshot,
    Subscription, Timestamp, Topic, TopicState, User, UserId, Welcome,
};

const ROOM: RoomId = RoomId(7);
const TIME: Timestamp = Timestamp(1_750_000_000_000);

fn user() -> User {
    User { id: UserId(3), name: "민수".into() }
}

fn command_id() -> CommandId {
    CommandId::new(TIME, 0x0123_4567_89ab_cdef_0123_4567_89ab_cdef)
}

fn position() -> Position {
    Position::new(Epoch(9), Seq(42))
}

/// The table of samples: one row for each feature with a topic or commands, with its module here and its variants. The
/// module has `commands` and `command_name`, `events` and `event_name`, and `snapshot`, as far as the
/// row names them.
macro_rules! samples {
    ($($module:ident: $(Command::$command:ident $(,)?)? $(Event::$event:ident $(, Snapshot::$snapshot:ident)?)?;)+) => {
        fn commands() -> Vec<Command> {
            let mut commands = Vec::new();
            $($(commands.extend($module::commands().into_iter().map(Command::$command));)?)+
            commands
        }

        fn command_name(command: &Command) -> &'static str {
            match command {
                $($(Command::$command(command) => $module::command_name(command),)?)+
            }
        }

        pub(crate) fn events() -> Vec<(Topic, Event)> {
            let mut events = Vec::new();
            $($(
                let of_feature = $module::events().into_iter();
                events.extend(of_feature.map(|(topic, event)| (topic, Event::$event(event))));
            )?)+
            events
        }

        fn event_name(event: &Event) -> &'static str {
            match event {
                $($(Event::$event(event) => $module::event_name(event),)?)+
            }
        }

        fn snapshots() -> Vec<(Topic, Snapshot)> {
            let mut snapshots = Vec::new();
            $($($(
                let (topic, snapshot) = $module::snapshot();
                snapshots.push((topic, Snapshot::$snapshot(snapshot)));
            )?)?)+
            snapshots
        }

        fn snapshot_name(snapshot: &Snapshot) -> &'static str {
            match snapshot {
                $($($(Snapshot::$snapshot(_) => stringify!($module),)?)?)+
            }
        }
    };
}

samples! {
    rooms: Command::Rooms;
    membership: Command::Membership, Event::Membership, Snapshot::Membership;
    chat: Command::Chat, Event::Chat, Snapshot::Chat;
    details: Event::Details, Snapshot::Details;
    presence: Event::Presence, Snapshot::Presence;
    counter: Command::Counter, Event::Counter, Snapshot::Counter;
    posts: Command::Posts, Event::Posts, Snapshot::Posts;
    price: Event::Price, Snapshot::Price;
    orders: Command::Orders, Event::Orders, Snapshot::Orders;
    menu: Event::Menu, Snapshot::Menu;
    own_orders: Event::OwnOrders, Snapshot::OwnOrders;
    notices: Command::Notices, Event::Notices, Snapshot::Notices;
    order_notices: Event::OrderNotices, Snapshot::OrderNotices;
    post_notices: Event::PostNotices, Snapshot::PostNotices;
    inbox: Event::Inbox, Snapshot::Inbox;
    later: Command::Later, Event::Later, Snapshot::Later;
    erasure: Event::Erasure;
    administration: Event::Administration, Snapshot::Administration;
    health: Event::Health, Snapshot::Health;
}

pub(crate) fn client_frames() -> Vec<ClientFrame> {
    let subscription = Subscription { topic: Topic::Room(ROOM), from: Some(position()) };
    let hello = Hello {
        token: Some("opaque".into()),
        client: "app/0.1.0".into(),
        topics: vec![Subscription { topic: Topic::Counter, from: None }, subscription.clone()],
    };
    let query = ChatQuery::Before { room: ROOM, before: Seq(42), limit: 50 };
    let earlier = ChatQuery::Earlier { room: ROOM, message: Seq(42) };
    let messages = ChatQuery::Messages { room: ROOM, messages: vec![Seq(42), Seq(7)] };
    let reactions = ChatQuery::Reactions { room: ROOM, message: Seq(42) };
    let older_posts = PostsQuery::Before { before: PostId(5), limit: 30 };
    let watch = |known| {
        let query = ReadCountQuery::Watch { room: ROOM, message: Seq(42), known }.into();
        ClientFrame::Query(QueryFrame { id: QueryId(6), query })
    };
    let mut frames = vec![
        ClientFrame::Hello(hello),
        ClientFrame::Hello(Hello { token: None, client: "app/0.1.0".into(), topics: Vec::new() }),
        ClientFrame::Subscribe(subscription),
        ClientFrame::Unsubscribe { topic: Topic::Presence(ROOM) },
        ClientFrame::Query(QueryFrame { id: QueryId(5), query: query.into() }),
        ClientFrame::Query(QueryFrame {
            id: QueryId(6),
            query: SentimentQuery::Classify { text: "love".into() }.into(),
        }),
        ClientFrame::Query(QueryFrame { id: QueryId(6), query: earlier.into() }),
        ClientFrame::Query(QueryFrame { id: QueryId(6), query: messages.into() }),
        ClientFrame::Query(QueryFrame { id: QueryId(6), query: reactions.into() }),
        ClientFrame::Query(QueryFrame { id: QueryId(6), query: older_posts.into() }),
        watch(None),
        watch(Some(ReadCount { read: 2, recipients: 11 })),
        ClientFrame::Signal(PresenceSignal::Typing { room: ROOM, typing: true }.into()),
        ClientFrame::Pong { nonce: 8 },
    ];
    frames.extend(
        commands()
            .into_iter()
            .map(|command| ClientFrame::Command(CommandFrame { id: command_id(), command })),
    );
    frames
}

pub(crate) fn client_frame_name(frame: &ClientFrame) -> String {
    match frame {
        ClientFrame::Hello(Hello { token: Some(_), .. }) => "hello with token and topics".into(),
        ClientFrame::Hello(_) => "hello".into(),
        ClientFrame::Subscribe(_) => "subscribe".into(),
        ClientFrame::Unsubscribe { .. } => "unsubscribe".into(),
        ClientFrame::Command(frame) => format!("command {}", command_name(&frame.command)),
        ClientFrame::Query(QueryFrame { query: Query::Chat(ChatQuery::Before { .. }), .. }) => {
            "query chat.before".into()
        }
        ClientFrame::Query(QueryFrame {
            query: Query::Chat(ChatQuery::Messages { .. }), ..
        }) => "query chat.messages".into(),
        ClientFrame::Query(QueryFrame {
            query: Query::Chat(ChatQuery::Reactions { .. }), ..
        }) => "query chat.reactions".into(),
        ClientFrame::Query(QueryFrame {
            query: Query::Chat(ChatQuery::Earlier { .. }), ..
        }) => "query chat.earlier".into(),
        ClientFrame::Query(QueryFrame {
            query: Query::Sentiment(SentimentQuery::Classify { .. }),
            ..
        }) => "query sentiment.classify".into(),
        ClientFrame::Query(QueryFrame {
            query: Query::Posts(PostsQuery::Before { .. }), ..
        }) => "query posts.before".into(),
        ClientFrame::Query(QueryFrame {
            query: Query::ReadCount(ReadCountQuery::Watch { known, .. }),
            ..
        }) => match known {
            None => "query read_count.watch".into(),
            Some(_) => "query read_count.watch of a known count".into(),
        },
        ClientFrame::Signal(Signal::Presence(PresenceSignal::Typing { .. })) => {
            "signal presence.typing".into()
        }
        ClientFrame::Pong { .. } => "pong".into(),
    }
}

pub(crate) fn server_frames() -> Vec<ServerFrame> {
    let topic = Topic::Room(ROOM);
    let placed = LogPosition { topic, seq: Seq(42) };
    let answer = ChatAnswer::Before(chat::page());
    let apps = [App::Feed, App::Orders].into_iter().collect();
    let (connection, version) = (ConnectionId(11), "0.1.0".into());
    let welcome = Welcome { user: user(), connection, version, now: TIME, apps };
    let workspace = Workspace {
        name: Some("새봄식당".into()),
        apps,
        access: Access::Invited,
        ..Workspace::default()
    };
    let error = |about, failure| ServerFrame::Error { about, failure };
    let mut frames = vec![
        ServerFrame::Welcome(welcome),
        ServerFrame::Recovered { topic, from: position(), to: Position::new(Epoch(9), Seq(44)) },
        ServerFrame::Ack { id: command_id(), at: Some(placed) },
        ServerFrame::Ack { id: command_id(), at: None },
        ServerFrame::Answer { id: QueryId(5), answer: answer.into() },
        ServerFrame::Answer {
            id: QueryId(6),
            answer: ChatAnswer::Reactions(chat::people()).into(),
        },
        ServerFrame::Answer { id: QueryId(6), answer: ChatAnswer::Messages(chat::asked()).into() },
        ServerFrame::Answer { id: QueryId(6), answer: ChatAnswer::Earlier(chat::earlier()).into() },
        ServerFrame::Answer {
            id: QueryId(6),
            answer: SentimentAnswer::Classified(sentiment::analysis()).into(),
        },
        ServerFrame::Answer { id: QueryId(6), answer: PostsAnswer::Before(posts::page()).into() },
        ServerFrame::Answer {
            id: QueryId(6),
            answer: ReadCountAnswer::Counted(ReadCount { read: 3, recipients: 11 }).into(),
        },
        error(ErrorContext::Frame, Failure::new(ErrorCode::Malformed, "Not a frame.")),
        error(
            ErrorContext::Command(command_id()),
            Failure::new(ErrorCode::RateLimited, "Wait.").after(250),
        ),
        error(ErrorContext::Query(QueryId(5)), Failure::new(ErrorCode::NotMember, "Join first.")),
        error(ErrorContext::Topic(topic), Failure::new(ErrorCode::NotFound, "No such room.")),
        ServerFrame::Workspace(workspace),
        ServerFrame::Ping { nonce: 8 },
    ];
    let states = snapshots().into_iter().map(|(topic, snapshot)| TopicState {
        topic,
        position: position(),
        snapshot,
    });
    frames.extend(states.map(ServerFrame::Snapshot));
    let (topic, snapshot) = snapshots().remove(0);
    frames.push(ServerFrame::Reset(TopicState { topic, position: position(), snapshot }));
    frames.extend(events().into_iter().map(|(topic, event)| ServerFrame::Event {
        topic,
        seq: Seq(42),
        event,
    }));
    frames
}

pub(crate) fn server_frame_name(frame: &ServerFrame) -> String {
    match frame {
        ServerFrame::Welcome(_) => "welcome".into(),
        ServerFrame::Snapshot(state) => format!("snapshot {}", snapshot_name(&state.snapshot)),
        ServerFrame::Recovered { .. } => "recovered".into(),
        ServerFrame::Reset(state) => format!("reset {}", snapshot_name(&state.snapshot)),
        ServerFrame::Event { event, .. } => format!("event {}", event_name(event)),
        ServerFrame::Ack { at: Some(_), .. } => "ack".into(),
        ServerFrame::Ack { at: None, .. } => "ack that changed nothing".into(),
        ServerFrame::Answer { answer: Answer::Chat(ChatAnswer::Before(_)), .. } => {
            "answer chat.before".into()
        }
        ServerFrame::Answer { answer: Answer::Chat(ChatAnswer::Messages(_)), .. } => {
            "answer chat.messages".into()
        }
        ServerFrame::Answer { answer: Answer::Chat(ChatAnswer::Reactions(_)), .. } => {
            "answer chat.reactions".into()
        }
        ServerFrame::Answer { answer: Answer::Chat(ChatAnswer::Earlier(_)), .. } => {
            "answer chat.earlier".into()
        }
        ServerFrame::Answer {
            answer: Answer::Sentiment(SentimentAnswer::Classified(_)), ..
        } => "answer sentiment.classified".into(),
        ServerFrame::Answer { answer: Answer::Posts(PostsAnswer::Before(_)), .. } => {
            "answer posts.before".into()
        }
        ServerFrame::Answer { answer: Answer::ReadCount(ReadCountAnswer::Counted(_)), .. } => {
            "answer read_count.counted".into()
        }
        ServerFrame::Error { about, .. } => match about {
            ErrorContext::Frame => "error about a frame".into(),
            ErrorContext::Command(_) => "error about a command".into(),
            ErrorContext::Query(_) => "error about a query".into(),
            ErrorContext::Topic(_) => "error about a topic".into(),
        },
        ServerFrame::Workspace(_) => "workspace".into(),
        ServerFrame::Ping { .. } => "ping".into(),
    }
}
