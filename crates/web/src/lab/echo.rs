//! `/ws`: an echo for any WebSocket client, without a session.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Extension, Query, State};
use axum::response::Response;
use axum::routing::get;
use madang_hub::budgets::network::Network;
use madang_hub::budgets::rate::{Level, Rate};
use madang_hub::ports::Clock;
use madang_shared::lab::echo::{
    ECHO_PATH, ECHO_PLAIN, ECHO_PREFIX, ECHO_ROOM_BYTES, MAX_ECHO_CONNECTIONS,
    MAX_ECHO_MESSAGE_BYTES, MAX_PLAIN_ECHO_MESSAGE_BYTES,
};
use madang_websocket::{InboundMessage, Limits, MemoryBudget, Opcode};
use parking_lot::Mutex;

use super::connection::{self, Demo, Outgoing};
use super::slots::{LabSlots, SlotHolder};
use crate::http::client_info::ClientInfo;
use crate::http::origin::PageAccess;
use crate::http::problem::Problem;
use crate::state::AppState;
use crate::ws::transport::Disconnect;
use crate::ws::upgrade::Upgrade;

/// Characters of a received text that the log shows.
const LOGGED_CHARS: usize = 120;
/// Received messages that the log shows, of all connections together. A client without a session must not fill the
/// disk.
const LOGGED: Rate = Rate::per_second(50, 10);

/// The limits that all connections share.
#[derive(Clone)]
struct SharedLimits {
    slots: LabSlots,
    /// For large messages, each of which stays in memory until its echo is sent.
    memory: Arc<MemoryBudget>,
    log: Arc<MessageLog>,
}

/// The query of the echo's address, as name and value pairs.
type Parameters = Vec<(String, String)>;

/// The echo's route.
pub fn routes(clock: Arc<dyn Clock>) -> Router<AppState> {
    let slots = LabSlots::new(MAX_ECHO_CONNECTIONS);
    let (memory, log) = (MemoryBudget::new(ECHO_ROOM_BYTES), Arc::new(MessageLog::new(clock)));
    let limits = SharedLimits { slots, memory, log };
    Router::new().route(ECHO_PATH, get(handshake)).layer(Extension(limits))
}

/// Upgrades to the echo. The parameter `plain` omits the prefix.
async fn handshake(
    State(state): State<AppState>,
    Extension(shared): Extension<SharedLimits>,
    Query(parameters): Query<Parameters>,
    access: PageAccess,
    client_info: ClientInfo,
    holder: SlotHolder,
    upgrade: Upgrade,
) -> Result<Response, Problem> {
    state.check_sessionless_handshake(access, &client_info)?;
    let slot = shared.slots.take(holder)?;
    let (prefix, max_message_bytes) = if is_plain(&parameters) {
        ("", MAX_PLAIN_ECHO_MESSAGE_BYTES)
    } else {
        (ECHO_PREFIX, MAX_ECHO_MESSAGE_BYTES)
    };
    let limits = Limits { max_message_bytes, memory_budget: Some(shared.memory) };
    let (connection_state, network) = (state.clone(), client_info.client.map(Network::of));
    Ok(upgrade.accept(&state, limits, None, move |transport| async move {
        let echo = Echo { prefix, log: shared.log };
        connection::run(connection_state, network, transport, echo).await;
        drop(slot);
    }))
}

fn is_plain(parameters: &Parameters) -> bool {
    parameters.iter().any(|(name, _)| name == ECHO_PLAIN)
}

/// Logs the received messages, at a bounded rate.
struct MessageLog {
    clock: Arc<dyn Clock>,
    rate: Mutex<LogRate>,
}

struct LogRate {
    level: Level,
    /// Messages since the last line that the log does not show.
    omitted: u64,
}

impl MessageLog {
    fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, rate: Mutex::new(LogRate { level: Level::full(LOGGED), omitted: 0 }) }
    }

    fn write(&self, message: &InboundMessage) {
        let now = self.clock.now();
        let mut rate = self.rate.lock();
        if rate.level.check(LOGGED, now).is_err() {
            rate.omitted += 1;
            return;
        }
        rate.level.spend(LOGGED, 1, now);
        let omitted = std::mem::take(&mut rate.omitted);
        drop(rate);
        if omitted > 0 {
            tracing::info!(omitted, "echo received more messages than the log shows");
        }
        match message {
            InboundMessage::Text(text) => {
                tracing::info!(bytes = text.len(), "echo received: {}", for_log(text));
            }
            InboundMessage::Binary(bytes) => {
                tracing::info!(bytes = bytes.len(), "echo received a binary message");
            }
            InboundMessage::Ping(_) | InboundMessage::Pong(_) | InboundMessage::Close(_) => {}
        }
    }
}

struct Echo {
    prefix: &'static str,
    log: Arc<MessageLog>,
}

impl Demo for Echo {
    const NAME: &'static str = "echo";

    fn on_message(&mut self, message: InboundMessage) -> Result<Option<Outgoing>, Disconnect> {
        if matches!(message, InboundMessage::Text(_) | InboundMessage::Binary(_)) {
            self.log.write(&message);
        }
        Ok(match message {
            InboundMessage::Text(mut text) => {
                text.insert_str(0, self.prefix);
                Some(Outgoing::Own(Opcode::Text, text.into_bytes()))
            }
            InboundMessage::Binary(bytes) => Some(Outgoing::Own(Opcode::Binary, bytes)),
            InboundMessage::Ping(_) | InboundMessage::Pong(_) | InboundMessage::Close(_) => None,
        })
    }
}

/// The beginning of a text on one line of the log. Characters that a terminal obeys, or that hide or reorder others,
/// are escaped; a backslash is, so that an escape is not mistaken for text.
fn for_log(text: &str) -> String {
    let mut shown = String::new();
    for c in text.chars().take(LOGGED_CHARS) {
        match c {
            '\\' => shown.push_str("\\\\"),
            // Parts of emoji, accents and quotes are printed as they are; `escape_debug` would escape them.
            '\u{200d}' | '\u{fe0f}' | '\u{300}'..='\u{36f}' | '"' | '\'' => shown.push(c),
            c if c.is_alphanumeric() => shown.push(c),
            c => shown.extend(c.escape_debug()),
        }
    }
    if text.chars().nth(LOGGED_CHARS).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_is_one_of_the_parameters() {
        for (query, plain) in [
            ("", false),
            ("plain", true),
            ("a=b&plain=1", true),
            ("plain=1&plain=2", true),
            ("plainer", false),
            ("a=plain", false),
        ] {
            let uri = format!("/ws?{query}").parse().unwrap();
            let Query(parameters) = Query::<Parameters>::try_from_uri(&uri).unwrap();
            assert_eq!(is_plain(&parameters), plain, "{query:?}");
        }
        let Query(none) = Query::<Parameters>::try_from_uri(&"/ws".parse().unwrap()).unwrap();
        assert!(!is_plain(&none));
    }

    #[test]
    fn logged_text_is_short_and_on_one_line() {
        for (text, shown) in [
            ("가\n나\u{1b}[31m", "가\\n나\\u{1b}[31m"),
            ("a\r\tb\0\u{7f}\u{85}\u{9b}", "a\\r\\tb\\0\\u{7f}\\u{85}\\u{9b}"),
            (
                "\u{202e}a\u{2066}b\u{200b}\u{2028}\u{feff}",
                "\\u{202e}a\\u{2066}b\\u{200b}\\u{2028}\\u{feff}",
            ),
            ("C:\\n \"it's\"", "C:\\\\n \"it's\""),
            ("👨\u{200d}👩 안녕", "👨\u{200d}👩 안녕"),
            ("", ""),
        ] {
            assert_eq!(for_log(text), shown);
        }
        assert_eq!(for_log(&"x".repeat(500)).chars().count(), LOGGED_CHARS + 1);
    }
}
