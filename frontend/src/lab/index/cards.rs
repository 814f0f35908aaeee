//! What people knew, and where it lives here. A test looks each of them up.

use crate::i18n::Words;
use crate::route::Page;

/// Where the files can be read.
pub(crate) const SOURCE: &str = "https://github.com/madang-hub/madang/blob/main/";

/// A tutorial.
pub(super) struct Card {
    pub(super) id: &'static str,
    pub(super) title: Words,
    pub(super) about: Words,
    pub(super) pages: &'static [Page],
    pub(super) known: &'static [Known],
}

/// One thing that people knew.
pub(super) struct Known {
    /// As it is written there.
    pub(super) term: &'static str,
    /// The file here.
    pub(super) path: &'static str,
    /// What to look for in it.
    pub(super) name: &'static str,
}

const fn known(term: &'static str, path: &'static str, name: &'static str) -> Known {
    Known { term, path, name }
}

pub(super) const CARDS: &[Card] = &[
    Card {
        id: "T0",
        title: Words::new("React + Flask + Socket.IO 채팅", "React + Flask + Socket.IO chat"),
        about: Words::new(
            "한 주소에서 HTTP로 한 문장을 받고, 다른 상자에서는 웹소켓으로 이야기합니다. 튜토리얼의 React 클라이언트도 고치지 않고 붙습니다.",
            "One box asks over HTTP and gets a sentence, the other talks over a WebSocket. The tutorial's own React client connects as it is.",
        ),
        pages: &[Page::LabChat],
        known: &[
            known("@app.route(\"/http-call\")", "crates/web/src/lab/http_call.rs", "fn http_call"),
            known(
                "@socketio.on(\"connect\")",
                "crates/web/src/socketio/client_task.rs",
                "fn spawn",
            ),
            known(
                "io(\"http://localhost:5001\")",
                "crates/web/src/socketio/admission.rs",
                "fn admit",
            ),
            known("@socketio.on(\"data\")", "crates/web/src/socketio/inbound.rs", "fn action_of"),
            known(
                "{\"data\": data, \"id\": request.sid}",
                "crates/web/src/socketio/outbound.rs",
                "\"id\": id(message)",
            ),
            known(
                "@socketio.on(\"disconnect\")",
                "crates/web/src/socketio/client_task.rs",
                "fn announce",
            ),
            known("emit(..., broadcast=True)", "crates/hub/src/hub.rs", "fn publish"),
            known("CORS(app, origins=...)", "crates/web/src/http/origin.rs", "fn allow"),
            known("useEffect(() => socket.on())", "frontend/src/store.rs", "fn read"),
            known(
                "return () => socket.disconnect()",
                "frontend/src/driver.rs",
                "fn close_on_leave",
            ),
        ],
    },
    Card {
        id: "T1",
        title: Words::new("flask-socketio 채팅 페이지", "flask-socketio chat page"),
        about: Words::new(
            "이름과 글을 보내면 굵은 이름과 함께 줄이 늘어나고, 서버가 받았다고 답합니다. 그 페이지의 jQuery와 socket.io 1.7.3도 그대로 붙습니다.",
            "A name and a text become a line with the name in bold, and the server says that it got them. The page's own jQuery and socket.io 1.7.3 connect as they are.",
        ),
        pages: &[],
        known: &[
            known("app.config['SECRET_KEY']", "crates/server/src/config.rs", "struct Flags"),
            known(
                "socket.emit('my event', {...})",
                "crates/web/src/socketio/inbound.rs",
                "\"my event\"",
            ),
            known(
                "socket.on('my response')",
                "crates/web/src/socketio/outbound.rs",
                "\"my response\"",
            ),
            known("send(msg), send(json)", "crates/web/src/socketio/inbound.rs", "fn message"),
            known("callback=messageReceived", "crates/web/src/socketio/receipts.rs", "fn collect"),
            known("socketio.run(app, port=5001)", "crates/server/src/http.rs", "fn serve"),
            known(
                "$('div.message_holder').append",
                "frontend/src/features/chat/message.rs",
                "fn message",
            ),
        ],
    },
    Card {
        id: "T2",
        title: Words::new("Flask 특강: 실시간 기능", "A Flask course: real time"),
        about: Words::new(
            "메아리, 알림, 타자기 효과, 감정 분석, 비트코인 시세, 숫자 카운터.",
            "Echo, notices, typing, sentiment, the price of Bitcoin, a shared counter.",
        ),
        pages: &[
            Page::Echo,
            Page::Notices,
            Page::Typing,
            Page::Sentiment,
            Page::Price,
            Page::Counter,
            Page::Transports,
        ],
        known: &[
            known("@sock.route('/ws')", "crates/web/src/lab/echo.rs", "fn routes"),
            known("ws.receive(), ws.send()", "crates/web/src/ws/transport.rs", "fn receive"),
            known("wss://", "crates/server/src/tls.rs", "fn shake_hands"),
            known("socketio.start_background_task", "crates/server/src/notices.rs", "async fn run"),
            known("typing...", "crates/hub/src/presence.rs", "fn typing"),
            known("if \"love\" in data:", "crates/sentiment/src/lib.rs", "fn classify"),
            known("requests.get(binance)", "crates/prices/src/exchanges/binance.rs", "miniTicker"),
            known("counter += 1", "crates/store/src/sqlite/counter.rs", "UPDATE counter"),
            known(
                "db.session.commit()",
                "crates/store/src/sqlite/writer.rs",
                "transaction.commit()",
            ),
            known(
                "UNIQUE, NOT NULL, FOREIGN KEY",
                "crates/store/migrations/sqlite/V1__first.sql",
                "REFERENCES users",
            ),
        ],
    },
    Card {
        id: "T3",
        title: Words::new("식당 관리: 주문 변경 감지", "Restaurant back office"),
        about: Words::new(
            "주문 테이블을 누가 바꾸든, 데이터베이스 셸에서 바꾸더라도 관리 화면이 바로 압니다.",
            "Whoever changes the orders table, a person at the database's shell included, the board knows at once.",
        ),
        pages: &[Page::Orders, Page::OrdersBoard, Page::OrdersRider],
        known: &[
            known(
                "Orders.watch()",
                "crates/store/migrations/sqlite/V5__orders.sql",
                "CREATE TRIGGER",
            ),
            known(
                "io.emit(\"statusChanged\")",
                "crates/web/src/socketio/outbound.rs",
                "\"statusChanged\"",
            ),
            known("process.env.BASE_URL", "crates/server/src/config.rs", "allowed_origins"),
        ],
    },
    Card {
        id: "T4",
        title: Words::new("Node.js 소셜 피드", "Node social feed"),
        about: Words::new(
            "글을 올리고 고치고 지우면 열려 있는 모든 화면이 새로고침 없이 바뀝니다. `posts`를 듣던 socket.io 클라이언트도 그대로 듣습니다.",
            "Posts are made, edited and deleted, and every open feed changes without a reload. A socket.io client that listened for `posts` hears them as before.",
        ),
        pages: &[Page::Posts],
        known: &[
            known("app.post('/posts')", "crates/web/src/http/posts_api.rs", "fn create"),
            known(
                "mongoose.Schema",
                "crates/store/migrations/sqlite/V4__posts.sql",
                "CREATE TABLE",
            ),
            known("io.getIO().emit('posts')", "crates/web/src/http/commands.rs", "fn commit"),
            known("socket.on('posts')", "crates/web/src/socketio/outbound.rs", "fn posts"),
            known(
                "action: 'create'",
                "crates/web/src/socketio/outbound.rs",
                "\"action\": \"create\"",
            ),
            known("socket.broadcast.emit()", "shared/src/posts.rs", "others_only"),
            known("cors: { origin: '*' }", "crates/web/src/state.rs", "foreign_origin"),
        ],
    },
];

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn what_a_card_points_at_is_there() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        for known in CARDS.iter().flat_map(|card| card.known) {
            let text = std::fs::read_to_string(root.join(known.path));
            let text = text.unwrap_or_else(|error| panic!("{}: {error}", known.path));
            assert!(text.contains(known.name), "{} has no {:?}", known.path, known.name);
        }
    }
}
