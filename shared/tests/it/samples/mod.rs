//! One sample of every variant. The matches have no wildcard: a new variant does not compile until
//! it has a sample.

mod notices;
mod orders;
mod posts;

use madang_shared::chat::{
    ChatAnswer, ChatCommand, ChatEvent, ChatPage, ChatQuery, ChatSnapshot, Guest,
};
use madang_shared::counter::{CounterCommand, CounterEvent, CounterSnapshot};
use madang_shared::frames::{CommandFrame, ErrorContext, LogPosition};
use madang_shared::membership::{
    Membership, MembershipCommand, MembershipEvent, MembershipSnapshot,
};
use madang_shared::notices::{InboxEvent, NoticesCommand, NoticesEvent};
use madang_shared::orders::{OrderStatus, OrdersCommand, OrdersEvent};
use madang_shared::posts::{PostsAnswer, PostsCommand, PostsEvent, PostsQuery};
use madang_shared::presence::{PresenceEvent, PresenceSignal, PresenceSnapshot};
use madang_shared::price::{
    Currency, PriceEvent, PriceFault, PriceHistory, PriceNow, PricePoint, PriceSnapshot,
    PriceSource, PriceState, PriceTrouble, Quote,
};
use madang_shared::rooms::{Room, RoomsCommand, RoomsEvent, RoomsSnapshot};
use madang_shared::sentiment::{
    Analysis, DecidingWord, Mood, Sentiment, SentimentAnswer, SentimentQuery,
};
use madang_shared::{
    Answer, ClientFrame, Command, CommandId, ConnectionId, Epoch, ErrorCode, Event, Failure, Hello,
    Message, OrderId, Position, PostId, Query, QueryFrame, QueryId, RoomId, Seq, ServerFrame,
    Signal, Snapshot, Subscription, Timestamp, Topic, TopicState, User, UserId, Welcome,
};

use self::notices::{inbox, inbox_events, notices, notices_commands, notices_events};
use self::orders::{order_line, orders, orders_events};
use self::posts::{posts_events, posts_page};

const ROOM: RoomId = RoomId(7);
const TIME: Timestamp = Timestamp(1_750_000_000_000);

fn user() -> User {
    User { id: UserId(3), name: "민수".into() }
}

fn command_id() -> CommandId {
    CommandId::new(TIME, 0x0123_4567_89ab_cdef_0123_4567_89ab_cdef)
}

fn membership() -> Membership {
    Membership { room: ROOM, read_up_to: Seq(40), unread: 2, head: Seq(42) }
}

fn message() -> Message {
    Message {
        seq: Seq(42),
        author: user(),
        at: TIME,
        text: "안녕 👋\n\"hello\"".into(),
        command: command_id(),
        sentiment: Some(sentiment()),
        guest: Some(Guest { name: "민수".into(), connection: "AAAAAAAAAAAAAAHs".into() }),
    }
}

fn sentiment() -> Sentiment {
    Sentiment { mood: Mood::Positive, score: 431 }
}

fn page() -> ChatPage {
    ChatPage { messages: vec![message()], older: true }
}

fn room() -> Room {
    Room { id: ROOM, name: "점심 Lunch".into(), made_by: Some(user()), made_at: TIME }
}

fn price_now() -> PriceNow {
    let quote = Quote {
        price: "70352.36000000".into(),
        currency: Currency::Usdt,
        change_24h: Some("-1.25".into()),
        source: PriceSource::BinanceRest,
        at: TIME,
    };
    let trouble = PriceTrouble { source: PriceSource::Binance, fault: PriceFault::Unreachable };
    PriceNow { quote: Some(quote), state: PriceState::Fallback, tried: vec![trouble] }
}

fn position() -> Position {
    Position::new(Epoch(9), Seq(42))
}

pub(crate) fn commands() -> Vec<Command> {
    let mut commands = vec![
        RoomsCommand::Create { name: "점심 Lunch".into() }.into(),
        MembershipCommand::Join { room: ROOM }.into(),
        MembershipCommand::Leave { room: ROOM }.into(),
        MembershipCommand::Read { room: ROOM, up_to: Seq(42) }.into(),
        ChatCommand::Post { room: ROOM, text: "안녕".into() }.into(),
        CounterCommand::Add { amount: -2 }.into(),
        PostsCommand::Create { text: "안녕".into() }.into(),
        PostsCommand::Edit { post: PostId(5), text: "안녕!".into() }.into(),
        PostsCommand::Delete { post: PostId(5) }.into(),
        PostsCommand::Greet { others_only: true }.into(),
        OrdersCommand::Place { lines: vec![order_line()], note: "덜 맵게".into() }.into(),
        OrdersCommand::Advance { order: OrderId(12), to: OrderStatus::Accepted }.into(),
        OrdersCommand::Take { order: OrderId(12) }.into(),
    ];
    commands.extend(notices_commands().map(Command::from));
    commands
}

fn command_name(command: &Command) -> &'static str {
    match command {
        Command::Rooms(RoomsCommand::Create { .. }) => "rooms.create",
        Command::Membership(MembershipCommand::Join { .. }) => "membership.join",
        Command::Membership(MembershipCommand::Leave { .. }) => "membership.leave",
        Command::Membership(MembershipCommand::Read { .. }) => "membership.read",
        Command::Chat(ChatCommand::Post { .. }) => "chat.post",
        Command::Counter(CounterCommand::Add { .. }) => "counter.add",
        Command::Posts(PostsCommand::Create { .. }) => "posts.create",
        Command::Posts(PostsCommand::Edit { .. }) => "posts.edit",
        Command::Posts(PostsCommand::Delete { .. }) => "posts.delete",
        Command::Posts(PostsCommand::Greet { .. }) => "posts.greet",
        Command::Orders(OrdersCommand::Place { .. }) => "orders.place",
        Command::Orders(OrdersCommand::Advance { .. }) => "orders.advance",
        Command::Orders(OrdersCommand::Take { .. }) => "orders.take",
        Command::Notices(NoticesCommand::Read { .. }) => "notices.read",
        Command::Notices(NoticesCommand::ReadAll { .. }) => "notices.read_all",
        Command::Notices(NoticesCommand::Mute { .. }) => "notices.mute",
        Command::Notices(NoticesCommand::Demo { .. }) => "notices.demo",
    }
}

pub(crate) fn events() -> Vec<(Topic, Event)> {
    let mut events = vec![
        (Topic::Rooms, RoomsEvent::Created(room()).into()),
        (Topic::Memberships(UserId(3)), MembershipEvent::Joined(membership()).into()),
        (Topic::Memberships(UserId(3)), MembershipEvent::Left { room: ROOM }.into()),
        (Topic::Memberships(UserId(3)), MembershipEvent::Read(membership()).into()),
        (Topic::Room(ROOM), ChatEvent::Posted(message()).into()),
        (
            Topic::Presence(ROOM),
            PresenceEvent::Changed { joined: vec![user()], left: vec![UserId(4)] }.into(),
        ),
        (Topic::Presence(ROOM), PresenceEvent::Typing { user: user(), typing: true }.into()),
        (
            Topic::Counter,
            CounterEvent::Added { by: user(), amount: -2, value: 40, command: command_id() }.into(),
        ),
        (Topic::Price, PriceEvent::Changed(price_now()).into()),
        (
            Topic::Price,
            PriceEvent::Changed(PriceNow { state: PriceState::Connecting, ..PriceNow::default() })
                .into(),
        ),
        (
            Topic::Price,
            PriceEvent::Changed(PriceNow {
                state: PriceState::Stale { since: TIME },
                tried: Vec::new(),
                ..price_now()
            })
            .into(),
        ),
    ];
    events.extend(posts_events().map(|event| (Topic::Posts, event.into())));
    events.extend(orders_events().map(|event| (Topic::Orders, event.into())));
    events.extend(notices_events().into_iter().map(|event| (Topic::Notices, event.into())));
    let own = Topic::Inbox(UserId(3));
    events.extend(inbox_events().into_iter().map(|event| (own, event.into())));
    events
}

fn event_name(event: &Event) -> &'static str {
    match event {
        Event::Rooms(RoomsEvent::Created(_)) => "rooms.created",
        Event::Membership(MembershipEvent::Joined(_)) => "membership.joined",
        Event::Membership(MembershipEvent::Left { .. }) => "membership.left",
        Event::Membership(MembershipEvent::Read(_)) => "membership.read",
        Event::Chat(ChatEvent::Posted(_)) => "chat.posted",
        Event::Presence(PresenceEvent::Changed { .. }) => "presence.moved",
        Event::Presence(PresenceEvent::Typing { .. }) => "presence.typing",
        Event::Counter(CounterEvent::Added { .. }) => "counter.added",
        Event::Posts(PostsEvent::Created { .. }) => "posts.created",
        Event::Posts(PostsEvent::Edited { .. }) => "posts.edited",
        Event::Posts(PostsEvent::Deleted { .. }) => "posts.deleted",
        Event::Posts(PostsEvent::Greeted { .. }) => "posts.greeted",
        Event::Posts(PostsEvent::Redacted { .. }) => "posts.redacted",
        Event::Price(PriceEvent::Changed(now)) => match now.state {
            PriceState::Off => "price.moved off",
            PriceState::Connecting => "price.moved connecting",
            PriceState::Live => "price.moved live",
            PriceState::Fallback => "price.moved fallback",
            PriceState::Stale { .. } => "price.moved stale",
        },
        Event::Orders(OrdersEvent::Changed { was: Some(_), .. }) => "orders.changed",
        Event::Orders(OrdersEvent::Changed { was: None, .. }) => "orders.changed that is new",
        Event::Orders(OrdersEvent::Removed { .. }) => "orders.removed",
        Event::Orders(OrdersEvent::Offered(_)) => "orders.offered",
        Event::Orders(OrdersEvent::Withdrawn { .. }) => "orders.withdrawn",
        Event::Notices(NoticesEvent::Told(notice)) | Event::Inbox(InboxEvent::Told(notice)) => {
            notices::told_name(notice)
        }
        Event::Notices(NoticesEvent::DemoStarted(_)) => "notices.demo_started",
        Event::Notices(NoticesEvent::DemoEnded { .. }) => "notices.demo_ended",
        Event::Inbox(InboxEvent::Read(_)) => "inbox.read",
        Event::Inbox(InboxEvent::Muted { .. }) => "inbox.muted",
    }
}

fn snapshots() -> Vec<(Topic, Snapshot)> {
    let point = PricePoint { at: TIME, price: "70352.36000000".into(), currency: Currency::Usdt };
    let history = PriceHistory { minutes: vec![point.clone()], hours: vec![point] };
    let presence = PresenceSnapshot { present: vec![user()], typing: vec![UserId(3)] };
    vec![
        (
            Topic::Rooms,
            RoomsSnapshot { rooms: vec![room(), Room { made_by: None, ..room() }] }.into(),
        ),
        (
            Topic::Memberships(UserId(3)),
            MembershipSnapshot { memberships: vec![membership()] }.into(),
        ),
        (Topic::Room(ROOM), ChatSnapshot { page: page(), membership: membership() }.into()),
        (Topic::Presence(ROOM), presence.into()),
        (Topic::Counter, CounterSnapshot { value: 42 }.into()),
        (Topic::Posts, posts_page().into()),
        (Topic::Price, PriceSnapshot { now: price_now(), history }.into()),
        (Topic::Orders, orders().into()),
        (Topic::Notices, notices().into()),
        (Topic::Inbox(UserId(3)), inbox().into()),
    ]
}

fn snapshot_name(snapshot: &Snapshot) -> &'static str {
    match snapshot {
        Snapshot::Rooms(_) => "rooms",
        Snapshot::Membership(_) => "membership",
        Snapshot::Chat(_) => "chat",
        Snapshot::Presence(_) => "presence",
        Snapshot::Counter(_) => "counter",
        Snapshot::Posts(_) => "posts",
        Snapshot::Price(_) => "price",
        Snapshot::Orders(_) => "orders",
        Snapshot::Notices(_) => "notices",
        Snapshot::Inbox(_) => "inbox",
    }
}

pub(crate) fn client_frames() -> Vec<ClientFrame> {
    let subscription = Subscription { topic: Topic::Room(ROOM), from: Some(position()) };
    let hello = Hello {
        token: Some("opaque".into()),
        client: "app/0.1.0".into(),
        topics: vec![Subscription { topic: Topic::Rooms, from: None }, subscription.clone()],
    };
    let query = ChatQuery::Before { room: ROOM, before: Seq(42), limit: 50 };
    let older_posts = PostsQuery::Before { before: PostId(5), limit: 30 };
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
        ClientFrame::Query(QueryFrame { id: QueryId(6), query: older_posts.into() }),
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
            query: Query::Sentiment(SentimentQuery::Classify { .. }),
            ..
        }) => "query sentiment.judge".into(),
        ClientFrame::Query(QueryFrame {
            query: Query::Posts(PostsQuery::Before { .. }), ..
        }) => "query posts.before".into(),
        ClientFrame::Signal(Signal::Presence(PresenceSignal::Typing { .. })) => {
            "signal presence.typing".into()
        }
        ClientFrame::Pong { .. } => "pong".into(),
    }
}

pub(crate) fn server_frames() -> Vec<ServerFrame> {
    let topic = Topic::Room(ROOM);
    let placed = LogPosition { topic, seq: Seq(42) };
    let answer = ChatAnswer::Before(page());
    let judgement = Analysis {
        sentiment: sentiment(),
        words: vec![DecidingWord { text: "love".into(), weight: 3_200 }],
    };
    let welcome =
        Welcome { user: user(), connection: ConnectionId(11), version: "0.1.0".into(), now: TIME };
    let error = |about, failure| ServerFrame::Error { about, failure };
    let mut frames = vec![
        ServerFrame::Welcome(welcome),
        ServerFrame::Recovered { topic, from: position(), to: Position::new(Epoch(9), Seq(44)) },
        ServerFrame::Ack { id: command_id(), at: Some(placed) },
        ServerFrame::Ack { id: command_id(), at: None },
        ServerFrame::Answer { id: QueryId(5), answer: answer.into() },
        ServerFrame::Answer {
            id: QueryId(6),
            answer: SentimentAnswer::Classified(judgement).into(),
        },
        ServerFrame::Answer { id: QueryId(6), answer: PostsAnswer::Before(posts_page()).into() },
        error(ErrorContext::Frame, Failure::new(ErrorCode::Malformed, "Not a frame.")),
        error(
            ErrorContext::Command(command_id()),
            Failure::new(ErrorCode::RateLimited, "Wait.").after(250),
        ),
        error(ErrorContext::Query(QueryId(5)), Failure::new(ErrorCode::NotMember, "Join first.")),
        error(ErrorContext::Topic(topic), Failure::new(ErrorCode::NotFound, "No such room.")),
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
        ServerFrame::Answer {
            answer: Answer::Sentiment(SentimentAnswer::Classified(_)), ..
        } => "answer sentiment.judged".into(),
        ServerFrame::Answer { answer: Answer::Posts(PostsAnswer::Before(_)), .. } => {
            "answer posts.before".into()
        }
        ServerFrame::Error { about, .. } => match about {
            ErrorContext::Frame => "error about a frame".into(),
            ErrorContext::Command(_) => "error about a command".into(),
            ErrorContext::Query(_) => "error about a query".into(),
            ErrorContext::Topic(_) => "error about a topic".into(),
        },
        ServerFrame::Ping { .. } => "ping".into(),
    }
}
