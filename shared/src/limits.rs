//! Every limit, in one place, enforced on both sides. Numbers without another source are decisions
//! of this project; `docs/limits.md` would repeat them, so it does not exist.

/// The protocol, its version, its encoding. A client names it in the address of the socket, as the query
/// parameter [`PROTOCOL_PARAMETER`], or offers it in `Sec-WebSocket-Protocol`.
pub const SUBPROTOCOL: &str = "madang.v1.json";
/// What every version's subprotocol starts with; tells a stale client from a foreign one.
pub const SUBPROTOCOL_FAMILY: &str = "madang.v";
/// Where the socket is.
pub const SOCKET_PATH: &str = "/api/socket";
/// The query parameter of [`SOCKET_PATH`] that names [`SUBPROTOCOL`]. Some proxies drop the header.
pub const PROTOCOL_PARAMETER: &str = "protocol";

/// Bytes in one WebSocket message from the server. The largest is a page of the longest messages.
pub const MAX_FRAME_BYTES: usize = 1024 * 1024;
/// Bytes in one message from a client: the longest text, every byte of it escaped, with room for
/// its envelope.
pub const MAX_CLIENT_FRAME_BYTES: usize = 64 * 1024;
/// Unicode scalar values in one message text.
pub const MAX_MESSAGE_CHARS: usize = 4_000;
/// So many Unicode scalar values of a text are read to judge how it feels.
pub const MAX_JUDGED_CHARS: usize = 1_000;
/// Unicode scalar values in a user's name.
pub const MAX_USER_NAME_CHARS: usize = 32;
/// Unicode scalar values in the name of a guest's connection.
pub const MAX_GUEST_CONNECTION_CHARS: usize = 64;
/// Unicode scalar values in a room's name.
pub const MAX_ROOM_NAME_CHARS: usize = 48;
/// Rooms that one user may have joined: one connection can follow them all, and a hello that resumes
/// them all stays far below [`MAX_CLIENT_FRAME_BYTES`].
pub const MAX_JOINED_ROOMS: u64 = 200;
/// Rooms on one server: the directory of as many stays below [`MAX_FRAME_BYTES`].
pub const MAX_ROOMS: u64 = 2_000;
/// Topics that one connection may hold at once.
pub const MAX_TOPICS: usize = 512;
/// Commands of one connection that wait for the store; beyond it they are refused as `rate_limited`.
pub const MAX_QUEUED_COMMANDS: usize = 64;
/// Commands and signals that one connection may send in a burst.
pub const COMMAND_BURST: u32 = 100;
/// Commands and signals that one connection may send per second, in the long run.
pub const COMMANDS_PER_SECOND: u32 = 50;
/// Commands over HTTP that come from one address in a burst, whoever gives them: many people can share
/// one. A user's own are limited as those of a connection are.
pub const ADDRESS_COMMAND_BURST: u32 = 500;
/// Commands over HTTP that come from one address per second, in the long run.
pub const ADDRESS_COMMANDS_PER_SECOND: u32 = 200;
/// People who sign up from one address within an hour, all at once if they like, where the operator
/// says nothing else: a whole class does, behind one router.
pub const SIGN_UPS_PER_HOUR: u32 = 200;
/// Addresses and users whose use of an allowance is remembered; beyond it they share one.
pub const MAX_REMEMBERED_ALLOWANCES: usize = 10_000;
/// Frames that could not be understood before a connection is closed with `Abuse`; each minute
/// forgives one.
pub const MAX_BAD_FRAMES: u32 = 20;

/// Where the echo is: raw messages, no session, no protocol of ours.
pub const ECHO_PATH: &str = "/ws";
/// What the echo puts before a text that it says back.
pub const ECHO_PREFIX: &str = "Echo: ";
/// The query parameter of [`ECHO_PATH`] that leaves [`ECHO_PREFIX`] out.
pub const ECHO_PLAIN: &str = "plain";
/// Bytes in one message to the echo; a longer one ends the connection with code 1009.
pub const MAX_ECHO_MESSAGE_BYTES: usize = 64 * 1024;
/// The same without the prefix, where programs try out what a WebSocket can do: the largest message of the
/// Autobahn test suite.
pub const MAX_PLAIN_ECHO_MESSAGE_BYTES: usize = 16 * 1024 * 1024;
/// Bytes of all large messages together (above 64 KiB) that the echo holds at a time; whoever sends one
/// more than there is room for is told to come back later, with code 1013.
pub const ECHO_ROOM_BYTES: usize = 8 * MAX_PLAIN_ECHO_MESSAGE_BYTES;
/// Echo connections at once, whoever makes them; the next is refused with status 503.
pub const MAX_ECHO_CONNECTIONS: usize = 256;

/// Connections at once to the socket that stands beside plain HTTP, whoever makes them; the next is
/// refused with status 503.
pub const MAX_SIDE_CONNECTIONS: usize = 256;

/// Events per second that a comparison of transports can be asked for.
pub const TRANSPORT_RATES: [u32; 4] = [1, 5, 20, 50];
/// Events that each stream of [`TRANSPORT_RATES`] keeps for those who ask seldom.
pub const TRANSPORT_RING_EVENTS: usize = 512;
/// How long a long poll waits for an event before it answers with none, in milliseconds.
pub const LONG_POLL_WAIT_MS: u64 = 20_000;
/// How long a stream of events goes on for somebody who polls and has not come back, in milliseconds.
pub const POLL_LEASE_MS: u64 = 10_000;
/// Long polls, event streams and sockets of the comparison at once, whoever opens them; the next is
/// refused with status 503.
pub const MAX_TRANSPORT_LISTENERS: usize = 256;

/// The most that one command adds to the shared number, or takes from it.
pub const MAX_COUNTER_STEP: i32 = 1_000;

/// Unicode scalar values in one post of the feed.
pub const MAX_POST_CHARS: usize = 2_000;
/// Bytes in the body of a request that brings a post: the longest text, every character of it escaped
/// as JSON can, with room for its envelope.
pub const MAX_POST_BODY_BYTES: usize = 32 * 1024;
/// Posts in one page of the feed, and in its snapshot.
pub const PAGE_POSTS: u32 = 30;
/// How long a greeting stays on a screen, in milliseconds.
pub const GREETING_SHOWN_MS: u64 = 6_000;
/// Greetings that a screen shows at once; of more, the newest.
pub const MAX_GREETINGS_SHOWN: usize = 4;
/// The shortest time between two events of the price, in milliseconds: a number that changes more often
/// than twice a second cannot be read.
pub const PRICE_EVERY_MS: u64 = 500;
/// One point of the price's last minutes every so many milliseconds.
pub const PRICE_MINUTES_STEP_MS: u64 = 2_000;
/// How far back the price's last minutes go, in milliseconds.
pub const PRICE_MINUTES_MS: u64 = 10 * 60_000;
/// One point of the price's last hours every so many milliseconds.
pub const PRICE_HOURS_STEP_MS: u64 = 60_000;
/// How far back the price's last hours go, in milliseconds.
pub const PRICE_HOURS_MS: u64 = 4 * 3_600_000;
/// Different things in one order.
pub const MAX_ORDER_LINES: usize = 20;
/// Pieces of one thing in one order.
pub const MAX_QUANTITY: u32 = 99;
/// The most that one thing on the menu costs, in won.
pub const MAX_PRICE_WON: u32 = 10_000_000;
/// Unicode scalar values in what a customer writes to an order.
pub const MAX_ORDER_NOTE_CHARS: usize = 200;
/// Things on the menu.
pub const MAX_MENU_ITEMS: usize = 100;
/// Unicode scalar values in the name of one of them.
pub const MAX_MENU_NAME_CHARS: usize = 60;
/// Orders that are neither delivered nor cancelled. The database refuses more, so that a list of all
/// of them is always complete, and stays below [`MAX_FRAME_BYTES`].
pub const MAX_OPEN_ORDERS: usize = 300;
/// Closed orders that the list of orders still shows.
pub const RECENT_CLOSED_ORDERS: usize = 50;
/// Changes of status that the list of orders still shows.
pub const RECENT_STATUS_CHANGES: usize = 50;

/// Notices that are kept for everybody, and for each user; older ones are gone. So an unread count
/// is always of what is there, and a snapshot is a few kilobytes.
pub const KEPT_NOTICES: usize = 50;
/// Unicode scalar values that a notice quotes of a message.
pub const MAX_EXCERPT_CHARS: usize = 120;
/// People whom one message can mention; of more, the first.
pub const MAX_MENTIONS: usize = 10;
/// The demonstration of scheduled notices tells one every so many milliseconds.
pub const DEMO_EVERY_MS: u64 = 10_000;
/// Notices of one demonstration: after two minutes it is over.
pub const DEMO_NOTICES: u32 = 12;

/// Messages in one history page, and in the snapshot of a room.
pub const PAGE_MESSAGES: u32 = 50;
/// People whom the delivery of one message is told of, each by name; of more, how many they are.
pub const MAX_DELIVERY_PEOPLE: usize = 200;
/// People whose going from a room is remembered, of each room, to say since when they are away.
pub const REMEMBERED_GOINGS: usize = 500;
/// A client further behind than this many events gets a snapshot instead of the events: it is
/// smaller, and older messages load as one scrolls.
pub const MAX_RECOVERED_EVENTS: u64 = 1_000;

/// How often the server pings, in milliseconds.
pub const PING_INTERVAL_MS: u64 = 25_000;
/// How long it waits for the pong, in milliseconds.
pub const PONG_TIMEOUT_MS: u64 = 8_000;
/// A client that heard nothing for this long declares the connection dead, in milliseconds.
pub const SILENCE_TIMEOUT_MS: u64 = PING_INTERVAL_MS + 10_000;
/// How long a connection may take to say hello, in milliseconds.
pub const HELLO_TIMEOUT_MS: u64 = 10_000;

/// The shortest wait before a reconnect, in milliseconds.
pub const BACKOFF_MIN_MS: u64 = 500;
/// The longest wait before a reconnect, in milliseconds.
pub const BACKOFF_MAX_MS: u64 = 20_000;

/// Silence after the last keystroke that ends typing, in milliseconds.
pub const TYPING_IDLE_MS: u64 = 1_000;
/// While typing goes on, how often the client says so again, in milliseconds.
pub const TYPING_RENEW_MS: u64 = 3_000;
/// After this long without a sign of life nobody shows a user as typing, in milliseconds.
pub const TYPING_EXPIRY_MS: u64 = 6_000;
/// In rooms with more people present than this, typing is not sent on.
pub const TYPING_MAX_PRESENT: usize = 100;
/// Comings and goings are collected for this long before they are told, in milliseconds.
pub const PRESENCE_WINDOW_MS: u64 = 100;
/// A presence entry that its connection does not renew expires after this long, in milliseconds:
/// two heartbeats and the wait for the second's pong.
pub const PRESENCE_EXPIRY_MS: u64 = 2 * PING_INTERVAL_MS + PONG_TIMEOUT_MS;
