//! `/ws`: an echo for any WebSocket client, without a session.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Extension, Query, State};
use axum::response::Response;
use axum::routing::get;
use madang_hub::budgets::network::Network;
use madang_shared::lab::echo::{
    ECHO_PATH, ECHO_PLAIN, ECHO_PREFIX, ECHO_ROOM_BYTES, MAX_ECHO_CONNECTIONS,
    MAX_ECHO_MESSAGE_BYTES, MAX_PLAIN_ECHO_MESSAGE_BYTES,
};
use madang_websocket::{InboundMessage, Limits, MemoryBudget, Opcode};

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

/// The limits that all connections share.
#[derive(Clone)]
struct SharedLimits {
    slots: LabSlots,
    /// For large messages, each of which stays in memory until its echo is sent.
    memory: Arc<MemoryBudget>,
}

/// The query of the echo's address, as name and value pairs.
type Parameters = Vec<(String, String)>;

/// The echo's route.
pub fn routes() -> Router<AppState> {
    let slots = LabSlots::new(MAX_ECHO_CONNECTIONS);
    let limits = SharedLimits { slots, memory: MemoryBudget::new(ECHO_ROOM_BYTES) };
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
    state.check_guest_handshake(access, &client_info)?;
    let slot = shared.slots.take(holder)?;
    let (prefix, max_message_bytes) = if is_plain(&parameters) {
        ("", MAX_PLAIN_ECHO_MESSAGE_BYTES)
    } else {
        (ECHO_PREFIX, MAX_ECHO_MESSAGE_BYTES)
    };
    let limits = Limits { max_message_bytes, memory_budget: Some(shared.memory) };
    let (connection_state, network) = (state.clone(), client_info.client.map(Network::of));
    Ok(upgrade.accept(&state, limits, None, move |transport| async move {
        connection::run(connection_state, network, transport, Echo { prefix }).await;
        drop(slot);
    }))
}

fn is_plain(parameters: &Parameters) -> bool {
    parameters.iter().any(|(name, _)| name == ECHO_PLAIN)
}

struct Echo {
    prefix: &'static str,
}

impl Demo for Echo {
    const NAME: &'static str = "echo";

    fn on_message(&mut self, message: InboundMessage) -> Result<Option<Outgoing>, Disconnect> {
        Ok(match message {
            InboundMessage::Text(mut text) => {
                tracing::debug!(bytes = text.len(), text = for_log(&text), "echo received a text");
                text.insert_str(0, self.prefix);
                Some(Outgoing::Own(Opcode::Text, text.into_bytes()))
            }
            InboundMessage::Binary(bytes) => {
                tracing::debug!(bytes = bytes.len(), "echo received a binary message");
                Some(Outgoing::Own(Opcode::Binary, bytes))
            }
            InboundMessage::Ping(_) | InboundMessage::Pong(_) | InboundMessage::Close(_) => None,
        })
    }
}

/// The beginning of a text, escaped, so that it stays on one line of the log.
fn for_log(text: &str) -> String {
    let mut shown: String = text.chars().take(LOGGED_CHARS).flat_map(char::escape_debug).collect();
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
        assert_eq!(for_log("가\n나\u{1b}"), "가\\n나\\u{1b}");
        assert_eq!(for_log(&"x".repeat(500)).chars().count(), LOGGED_CHARS + 1);
    }
}
