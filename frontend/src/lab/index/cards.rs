//! The tutorials with their terms, and the file and name for each. A test checks that they exist.

use crate::i18n::Words;
use crate::route::{Page, Route};
use crate::ui::picture::{self, Picture};

/// The address of the source files.
pub(crate) const SOURCE: &str = "https://github.com/madang-hub/madang/blob/main/";

/// A tutorial.
pub(super) struct Card {
    pub(super) id: &'static str,
    pub(super) title: Words,
    /// The act that the tutorial teaches.
    pub(super) verb: Words,
    pub(super) about: Words,
    pub(super) picture: Picture,
    /// The pages to open and try.
    pub(super) routes: &'static [Route],
    pub(super) terms: &'static [Term],
}

/// A term of a tutorial.
pub(super) struct Term {
    /// The term as the tutorial writes it.
    pub(super) wording: &'static str,
    /// The file in this project.
    pub(super) path: &'static str,
    /// The text to find in the file.
    pub(super) name: &'static str,
}

const fn term(term: &'static str, path: &'static str, name: &'static str) -> Term {
    Term { wording: term, path, name }
}

pub(super) const CARDS: &[Card] = &[
    Card {
        id: "T0",
        title: Words::new(
            "Flask, React, Socket.io를 활용하여 간단한 실시간 애플리케이션을 만드는 방법",
            "How to build a simple real-time application using Flask, React and Socket.io",
        ),
        verb: Words::new("이야기하기", "Chat"),
        picture: picture::TALK,
        about: Words::new(
            "한 주소에서 HTTP로 한 문장을 받고, 다른 상자에서는 웹소켓으로 이야기합니다. 튜토리얼의 React 클라이언트도 고치지 않고 붙습니다.",
            "One box gets a sentence over HTTP, the other chats over a WebSocket. The tutorial's own React client connects unchanged.",
        ),
        routes: &[Route::Page(Page::LabChat), Route::Home],
        terms: &[
            term("@app.route(\"/http-call\")", "crates/web/src/lab/http_call.rs", "fn http_call"),
            term("@socketio.on(\"connect\")", "crates/web/src/socketio/client_task.rs", "fn spawn"),
            term(
                "io(\"http://localhost:5001\")",
                "crates/web/src/socketio/admission.rs",
                "fn admit",
            ),
            term("@socketio.on(\"data\")", "crates/web/src/socketio/inbound.rs", "fn action_of"),
            term(
                "{\"data\": data, \"id\": request.sid}",
                "crates/web/src/socketio/outbound.rs",
                "\"id\": id(message)",
            ),
            term(
                "@socketio.on(\"disconnect\")",
                "crates/web/src/socketio/client_task.rs",
                "fn announce",
            ),
            term("emit(..., broadcast=True)", "crates/hub/src/hub.rs", "fn publish"),
            term("CORS(app, origins=...)", "crates/web/src/http/origin/mod.rs", "fn allow"),
            term("useEffect(() => socket.on())", "frontend/src/client_store.rs", "fn read"),
            term("return () => socket.disconnect()", "frontend/src/driver.rs", "fn close_on_leave"),
        ],
    },
    Card {
        id: "T1",
        title: Words::new(
            "flask-socketio 를 사용한 실시간 통신",
            "Real-time communication with flask-socketio",
        ),
        verb: Words::new("인사하기", "Say hello"),
        picture: picture::ECHO,
        about: Words::new(
            "이름과 글을 보내면 굵은 이름과 함께 줄이 늘어나고, 서버가 받았다고 답합니다. 그 페이지의 jQuery와 socket.io 1.7.3도 그대로 붙습니다.",
            "A name and a text become a line with the name in bold, and the server confirms them. The page's own jQuery and socket.io 1.7.3 connect unchanged.",
        ),
        routes: &[Route::Home],
        terms: &[
            term("app.config['SECRET_KEY']", "crates/server/src/config/mod.rs", "struct Flags"),
            term(
                "socket.emit('my event', {...})",
                "crates/web/src/socketio/inbound.rs",
                "\"my event\"",
            ),
            term(
                "socket.on('my response')",
                "crates/web/src/socketio/outbound.rs",
                "\"my response\"",
            ),
            term("send(msg), send(json)", "crates/web/src/socketio/inbound.rs", "fn message"),
            term("callback=messageReceived", "crates/web/src/socketio/receipts.rs", "fn collect"),
            term("socketio.run(app, port=5001)", "crates/server/src/http.rs", "fn serve"),
            term(
                "$('div.message_holder').append",
                "frontend/src/features/chat/message.rs",
                "fn message",
            ),
        ],
    },
    Card {
        id: "T2",
        title: Words::new(
            "Flask 특강 4일차: 실시간 기능 (WebSocket)",
            "Flask course, day 4: real time (WebSocket)",
        ),
        verb: Words::new("지켜보기", "Watch"),
        picture: picture::WAVES,
        about: Words::new(
            "웹소켓 에코, 예약 알림, 입력 중, 감정 분석, 비트코인 시세, 함께 세는 수, 그리고 왜 웹소켓인가.",
            "WebSocket echo, scheduled notices, typing, sentiment analysis, Bitcoin price, shared counter, and why WebSocket.",
        ),
        routes: &[
            Route::Page(Page::Echo),
            Route::Page(Page::LabNotices),
            Route::Page(Page::Typing),
            Route::Page(Page::Sentiment),
            Route::Page(Page::Price),
            Route::Page(Page::Counter),
            Route::Page(Page::Transports),
        ],
        terms: &[
            term("@sock.route('/ws')", "crates/web/src/lab/echo.rs", "fn routes"),
            term("ws.receive(), ws.send()", "crates/web/src/ws/transport.rs", "fn receive"),
            term("wss://", "crates/server/src/tls/mod.rs", "fn handshake"),
            term(
                "socketio.start_background_task",
                "crates/server/src/notices/mod.rs",
                "async fn run",
            ),
            term("typing...", "crates/hub/src/presence/mod.rs", "fn typing"),
            term("if \"love\" in data:", "crates/sentiment/src/lib.rs", "fn classify"),
            term("requests.get(binance)", "crates/prices/src/exchanges/binance.rs", "miniTicker"),
            term("counter += 1", "crates/store/src/rules/counter.rs", "UPDATE counter"),
            term("db.session.commit()", "crates/store/src/sqlite/group.rs", "transaction.commit()"),
            term(
                "UNIQUE, NOT NULL, FOREIGN KEY",
                "crates/store/migrations/sqlite/V1__first.sql",
                "REFERENCES users",
            ),
        ],
    },
    Card {
        id: "T3",
        title: Words::new(
            "웹 소켓 만들기: 프로그래머의 실시간 경험",
            "Crafting Web Sockets: The Real-Time Experiences of A Programmer",
        ),
        verb: Words::new("주문받기", "Take orders"),
        picture: picture::BOWL,
        about: Words::new(
            "주문 테이블을 누가 바꾸든, 데이터베이스 셸에서 바꾸더라도 매장 화면이 바로 압니다.",
            "The restaurant's page shows every change of the orders table at once, even one made in the database shell.",
        ),
        routes: &[
            Route::Page(Page::Orders),
            Route::Page(Page::OrdersBoard),
            Route::Page(Page::OrdersRider),
        ],
        terms: &[
            term(
                "Orders.watch()",
                "crates/store/migrations/sqlite/V5__orders.sql",
                "CREATE TRIGGER",
            ),
            term(
                "io.emit(\"statusChanged\")",
                "crates/web/src/socketio/outbound.rs",
                "\"statusChanged\"",
            ),
            term("process.env.BASE_URL", "crates/server/src/config/mod.rs", "allowed_origins"),
        ],
    },
    Card {
        id: "T4",
        title: Words::new("[Node] WebSocket의 이해", "[Node] Understanding WebSocket"),
        verb: Words::new("글 올리기", "Post"),
        picture: picture::PAPER,
        about: Words::new(
            "글을 올리고 고치고 지우면 열려 있는 모든 화면이 새로고침 없이 바뀝니다. `posts`를 듣던 socket.io 클라이언트도 그대로 듣습니다.",
            "Posts are created, edited and deleted, and every open screen changes without a reload. A socket.io client that listened to `posts` receives them unchanged.",
        ),
        routes: &[Route::Page(Page::Posts)],
        terms: &[
            term("app.post('/posts')", "crates/web/src/http/posts_api.rs", "fn create"),
            term("mongoose.Schema", "crates/store/migrations/sqlite/V4__posts.sql", "CREATE TABLE"),
            term("io.getIO().emit('posts')", "crates/web/src/http/commands.rs", "fn commit"),
            term("socket.on('posts')", "crates/web/src/socketio/outbound.rs", "fn posts"),
            term(
                "action: 'create'",
                "crates/web/src/socketio/outbound.rs",
                "\"action\": \"create\"",
            ),
            term("socket.broadcast.emit()", "shared/src/posts.rs", "others_only"),
            term("cors: { origin: '*' }", "crates/web/src/state.rs", "foreign_origin"),
        ],
    },
];

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::i18n::Lang;
    use crate::route::PAGES;

    #[test]
    fn every_tutorial_has_something_to_open_and_one_verb() {
        for card in CARDS {
            assert!(!card.routes.is_empty(), "{} leads nowhere", card.id);
            assert!(!card.verb.of(Lang::En).contains(". "), "{}", card.id);
        }
        let pages = PAGES.iter().filter(|page| page.path().starts_with("/lab/"));
        for page in pages.filter(|page| **page != Page::Components) {
            let is_listed = CARDS.iter().any(|card| card.routes.contains(&Route::Page(*page)));
            assert!(is_listed, "no tutorial leads to {page:?}");
        }
    }

    /// A list of pages names them as their buttons do.
    #[test]
    fn a_card_with_many_pages_names_each_by_its_title() {
        let many = CARDS.iter().filter(|card| card.routes.len() > 3);
        for (card, lang) in many.flat_map(|card| [(card, Lang::Ko), (card, Lang::En)]) {
            let about = card.about.of(lang).to_lowercase();
            for route in card.routes {
                let title = route.page().map_or("", |page| page.title().of(lang)).to_lowercase();
                assert!(about.contains(&title), "{}: {title:?} is not in {about:?}", card.id);
            }
        }
    }

    #[test]
    fn every_file_and_name_exists() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        for term in CARDS.iter().flat_map(|card| card.terms) {
            let text = std::fs::read_to_string(root.join(term.path));
            let text = text.unwrap_or_else(|error| panic!("{}: {error}", term.path));
            assert!(text.contains(term.name), "{} has no {:?}", term.path, term.name);
        }
    }
}
