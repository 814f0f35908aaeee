//! The task of one client, from its connect to its disconnect.

use std::sync::Arc;

use axum::extract::Query;
use madang_hub::access_watch::AccessWatch;
use madang_hub::budgets::account::{Account, Cost};
use madang_hub::budgets::network::Network;
use madang_hub::budgets::resource::Resource;
use madang_hub::chat::ChatChange;
use madang_hub::features::{self, Change};
use madang_hub::policy::access::RequestKind;
use madang_hub::ports::{Identity, StoreError, Write};
use madang_hub::storage;
use madang_shared::roles::Access;
use madang_shared::workspace::Workspace;
use madang_shared::{CommandId, ErrorCode, Failure, Topic, User};
use serde::Deserialize;
use serde_json::{Value, json};
use socketioxide::extract::SocketRef;
use tokio::sync::mpsc::Receiver;
use tokio::sync::watch;

use super::client::{GatewayClient, InboundEvent};
use super::client_topics::ClientTopics;
use super::gateway::Gateway;
use super::inbound::{InboundAction, action_of, refusal, stopping};
use super::packets::InboundContent;
use super::replay::{self, Positions};
use super::settings::{PresenceEvents, Vocabulary};
use super::subscribers::ClientHandle;
use super::token::TokenClient;
use crate::http::client_info::ClientInfo;
use crate::http::problem::Problem;

/// Starts the task of a new client.
pub(super) fn spawn(gateway: &Arc<Gateway>, socket: SocketRef, auth: Option<Value>) {
    let client = socket.extensions.get::<Arc<GatewayClient>>();
    let Some((client, events)) =
        client.and_then(|client| client.take_events().map(|events| (client, events)))
    else {
        tracing::error!("Socket.IO: a client has no handlers; this is a defect");
        return;
    };
    let gateway = Arc::clone(gateway);
    let tasks = gateway.client_tasks.clone();
    tasks.spawn(async move {
        gateway.subscribers.client_count.send_modify(|count| *count += 1);
        let id = socket.id;
        let disconnected = client.disconnected.clone();
        tokio::select! {
            () = serve(&gateway, socket, client, events, auth) => {}
            () = disconnected.cancelled() => {}
        }
        gateway.subscribers.leave(id);
        announce(&gateway, PresenceChange::Disconnected, &id.to_string());
        gateway.subscribers.client_count.send_modify(|count| *count -= 1);
    });
}

/// Serves a client until it disconnects. Cancel-safe: a change that the store has accepted takes effect all the same.
async fn serve(
    gateway: &Gateway,
    socket: SocketRef,
    client: Arc<GatewayClient>,
    mut events: Receiver<InboundEvent>,
    auth: Option<Value>,
) {
    let id = socket.id.to_string();
    let positions = positions_of(&socket, auth.as_ref()).unwrap_or_else(|failure| {
        client.send_refusal(&socket, &("refused", refusal("auth", &failure)));
        None
    });
    let wants_positions = positions.is_some();
    let handle =
        ClientHandle { socket: socket.clone(), client: Arc::clone(&client), wants_positions };
    let token = client.token.clone();
    // Before the access is checked.
    let watch = token
        .as_ref()
        .map(|token| token.watch(&gateway.state, gateway.subscribers.topics().collect()));
    let mut workspace = gateway.state.hub.watch_workspace();
    let mut topics = ClientTopics::new(gateway, &handle);
    let refusals = match topics.join(positions.unwrap_or_default()).await {
        Ok(refusals) => refusals,
        Err(error) => {
            tracing::warn!(%id, %error, "Socket.IO: the replay to a client failed; it is disconnected");
            client.disconnect(socket);
            return;
        }
    };
    tracing::debug!(%id, wants_positions, "Socket.IO: a client has connected");
    announce(gateway, PresenceChange::Connected, &id);
    for refusal in &refusals {
        client.send_refusal(&socket, refusal);
    }
    let account = account_of(gateway, &handle);
    loop {
        let event = tokio::select! {
            event = events.recv() => event,
            () = changes(watch.as_ref(), &mut workspace) => {
                if let Err(failure) = topics.check().await {
                    client.send_refusal(&socket, &("refused", refusal("token", &failure)));
                    return client.disconnect(socket);
                }
                continue;
            }
            () = access_end(gateway, token.as_deref()) => {
                tracing::info!(%id, "Socket.IO: a client has lost its access; it is disconnected");
                return client.disconnect(socket);
            }
            () = banned(gateway, &socket) => {
                tracing::info!(%id, "Socket.IO: the network of a client is banned; it is disconnected");
                return client.disconnect(socket);
            }
            () = gateway.state.stopping.cancelled() => {
                return refuse_queued(&client, &socket, events);
            }
        };
        let Some(InboundEvent { content, ack, _held }) = event else {
            return;
        };
        let name = content.name();
        let now = gateway.state.clock.now();
        let charged =
            account.as_ref().map_or(Ok(()), |account| account.charge_one(Resource::Commands, now));
        let result = match charged {
            Ok(()) => execute(gateway, account.as_ref(), &handle, &content).await,
            Err(failure) => Err(failure),
        };
        match result {
            Ok(at) => {
                if let Err(error) = ack.send(&json!({ "ok": true, "at": at })) {
                    tracing::debug!(%id, %error, "Socket.IO: an acknowledgement could not be sent");
                }
            }
            Err(failure) => client.refuse(&socket, ack, &name, &failure),
        }
        if account.as_ref().is_some_and(|account| account.is_abusive(now)) {
            tracing::info!(%id, "Socket.IO: a client had too many refusals; it is disconnected");
            return client.disconnect(socket);
        }
    }
}

/// The budgets of a client: those of the user of its token, or those of a stranger. None without an address, as in a
/// connection within the process.
fn account_of(gateway: &Gateway, handle: &ClientHandle) -> Option<Account> {
    let client_info = ClientInfo::of(&handle.socket.req_parts().extensions);
    let Some(token) = &handle.client.token else { return gateway.state.stranger(&client_info) };
    let (user, network) = (token.identity.user.id, client_info.client.map(Network::of));
    Some(gateway.state.hub.budgets().account(user, network, gateway.state.clock.now()))
}

/// Waits until the access of a client, the apps or the grants of roles may have changed.
async fn changes(watch: Option<&AccessWatch>, workspace: &mut watch::Receiver<Arc<Workspace>>) {
    let access = async {
        match watch {
            Some(watch) => watch.changed().await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        _topics = access => {}
        // Without a hub, which sends it, the server stops.
        Ok(()) = workspace.changed() => {}
        else => std::future::pending().await,
    }
}

/// Completes when the token of a client has ended, or when guests may come no more.
async fn access_end(gateway: &Gateway, token: Option<&TokenClient>) {
    if let Some(token) = token {
        return token.open.ended().await;
    }
    let mut workspace = gateway.state.hub.watch_workspace();
    if workspace.wait_for(|workspace| workspace.access != Access::Open).await.is_err() {
        // The hub has ended, and the server stops.
        std::future::pending::<()>().await;
    }
}

/// Completes when the network of a client is banned.
async fn banned(gateway: &Gateway, socket: &SocketRef) {
    let network = ClientInfo::of(&socket.req_parts().extensions).client.map(Network::of);
    gateway.state.bans.until_banned(network, gateway.state.clock.as_ref()).await;
}

/// The positions that a client sends: in `auth`, or, from versions without `auth`, in the query, as JSON.
fn positions_of(socket: &SocketRef, auth: Option<&Value>) -> Result<Option<Positions>, Failure> {
    #[derive(Deserialize)]
    struct PositionsQuery {
        positions: Option<String>,
    }
    if let Some(positions) = replay::positions_in(auth)? {
        return Ok(Some(positions));
    }
    let query = Query::<PositionsQuery>::try_from_uri(&socket.req_parts().uri).ok();
    let Some(text) = query.and_then(|Query(query)| query.positions) else {
        return Ok(None);
    };
    let positions: Value = serde_json::from_str(&text).unwrap_or_default();
    replay::positions_in(Some(&json!({ "positions": positions })))
}

/// A client's arrival or its end.
#[derive(Clone, Copy)]
enum PresenceChange {
    Connected,
    Disconnected,
}

/// Tells all clients of the vocabulary `data`, on all nodes, that a client has connected or disconnected.
fn announce(gateway: &Gateway, presence: PresenceChange, id: &str) {
    if let Some(topic) = gateway.settings.topic(Vocabulary::Data) {
        let state = match presence {
            PresenceChange::Connected => "connected",
            PresenceChange::Disconnected => "disconnected",
        };
        let event = match (gateway.settings.presence_events, presence) {
            (PresenceEvents::Connected, _) => state,
            (PresenceEvents::Connect, PresenceChange::Connected) => "connect",
            (PresenceEvents::Connect, PresenceChange::Disconnected) => "disconnect",
        };
        let value = json!({ "data": format!("id: {id} is {state}"), "id": id });
        gateway.broadcast(topic, &(event, value));
    }
}

/// Executes an event of a client. Returns the position of its message; none if it is not stored.
async fn execute(
    gateway: &Gateway,
    account: Option<&Account>,
    handle: &ClientHandle,
    content: &InboundContent,
) -> Result<Option<Value>, Failure> {
    let (id, token) = (handle.socket.id.to_string(), handle.client.token.as_deref());
    let (mut change, original) = match action_of(&gateway.settings, &id, content)? {
        InboundAction::Store { change, original } => (change, original),
        InboundAction::Broadcast { room, event } => {
            if let Some(token) = token {
                token.check_writing(&gateway.state, room).await?;
            }
            gateway.broadcast(Topic::Room(room), &event);
            return Ok(None);
        }
    };
    let author = match token {
        Some(TokenClient { identity: Identity { user, access }, .. }) => {
            access.check(RequestKind::Change, features::change_needs(&change))?;
            // The author is known, and needs no name of its own choice.
            if let Change::Chat(ChatChange::Post { message, .. }) = &mut change {
                message.guest = None;
            }
            user.clone()
        }
        None => author(gateway)?,
    };
    let at = gateway.state.clock.now();
    if let Some(account) = account {
        if let Change::Chat(ChatChange::Post { message, .. }) = &change {
            let units = message.mentions.len() as u64;
            account.charge(Cost { resource: Resource::Mentions, units }, at)?;
        }
        storage::charge(account, &change, content.bytes() as u64, at)?;
    }
    gateway.state.hub.complete(&mut change);
    let command = gateway.random_command_id()?;
    let original = original.map(|original| PendingOriginal::new(gateway, command, original));
    // The id is new, so the write needs no fingerprint.
    let write = Write {
        author,
        command,
        at,
        fingerprint: None,
        network: account.and_then(Account::network),
        change,
    };
    let mut results = gateway.state.store.commit(vec![write]).await;
    let committed = results.pop().unwrap_or_else(|| {
        Err(StoreError::Unavailable("the store returned no result for a write".to_owned()))
    });
    match committed {
        Ok(committed) => {
            if let Some(original) = original {
                original.leave_to_follower();
            }
            Ok(committed.at.map(|position| json!(position)))
        }
        Err(error) => Err(Problem::from(error).failure),
    }
}

/// The client's object, stored until its message comes back from the log. It is removed when this guard is dropped,
/// unless the message was committed.
struct PendingOriginal<'a> {
    gateway: &'a Gateway,
    command: CommandId,
    committed: bool,
}

impl<'a> PendingOriginal<'a> {
    fn new(gateway: &'a Gateway, command: CommandId, original: (&'static str, Value)) -> Self {
        gateway.keep_original(command, original);
        Self { gateway, command, committed: false }
    }

    fn leave_to_follower(mut self) {
        self.committed = true;
    }
}

impl Drop for PendingOriginal<'_> {
    fn drop(&mut self) {
        if !self.committed {
            self.gateway.originals.lock().remove(self.command);
        }
    }
}

fn author(gateway: &Gateway) -> Result<User, Failure> {
    gateway.user.lock().clone().ok_or_else(|| {
        Failure::new(
            ErrorCode::Unavailable,
            "The gateway's service account is not available yet; try again in a moment.",
        )
    })
}

/// Refuses the queued events when the server stops.
fn refuse_queued(client: &GatewayClient, socket: &SocketRef, mut events: Receiver<InboundEvent>) {
    events.close();
    while let Ok(InboundEvent { content, ack, .. }) = events.try_recv() {
        client.refuse(socket, ack, &content.name(), &stopping());
    }
}
