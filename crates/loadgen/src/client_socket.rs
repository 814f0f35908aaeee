//! One WebSocket connection: opening, frames in both directions, close code.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::future::BoxFuture;
use futures_util::{Sink, Stream};
use madang_shared::CloseCode;
use madang_shared::limits::{MAX_FRAME_BYTES, SOCKET_PATH, SUBPROTOCOL};
use tokio::net::TcpStream;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};
use tungstenite::client::IntoClientRequest;
use tungstenite::http::HeaderValue;
use tungstenite::http::header::{AUTHORIZATION, SEC_WEBSOCKET_PROTOCOL};
use tungstenite::protocol::WebSocketConfig;
use tungstenite::{Error, Message};

use crate::test_user::TestUser;

/// The close code of a connection that broke or was never made (RFC 6455, section 7.4.1).
const BROKEN: u16 = 1006;
/// The close code of a close frame without a code (RFC 6455, section 7.4.1).
const NO_CODE: u16 = 1005;
/// The default of 128 KiB is too much for thousands of sockets in one process.
const READ_BUFFER_BYTES: usize = 8 * 1024;

/// An event of the socket.
#[derive(Debug)]
pub enum SocketEvent {
    /// The handshake succeeded.
    Opened,
    /// A text frame arrived.
    Frame(String),
    /// The connection ended with this close code. No event follows.
    Closed(u16),
}

/// At most one WebSocket connection. Dropping it closes the connection.
#[derive(Default)]
pub struct ClientSocket {
    state: State,
    last_error: Option<String>,
}

type Connection = WebSocketStream<MaybeTlsStream<TcpStream>>;

#[derive(Default)]
enum State {
    #[default]
    None,
    Opening(BoxFuture<'static, Result<Box<Connection>, String>>),
    Open {
        connection: Box<Connection>,
        outgoing: VecDeque<String>,
    },
}

impl ClientSocket {
    /// Starts to connect with the user's session. An earlier connection is dropped.
    pub fn open(&mut self, user: &TestUser) {
        let request = request(user);
        self.state = State::Opening(Box::pin(async move {
            let config = WebSocketConfig::default()
                .read_buffer_size(READ_BUFFER_BYTES)
                .write_buffer_size(0)
                .max_message_size(Some(MAX_FRAME_BYTES))
                .max_frame_size(Some(MAX_FRAME_BYTES));
            // Small frames must not wait for each other (Nagle's algorithm).
            match connect_async_with_config(request?, Some(config), true).await {
                Ok((connection, _)) => Ok(Box::new(connection)),
                Err(error) => Err(error.to_string()),
            }
        }));
    }

    /// Queues a text frame. Frames that cannot be sent are lost with the connection, and
    /// [`SocketEvent::Closed`] follows.
    pub fn send(&mut self, text: String) {
        if let State::Open { outgoing, .. } = &mut self.state {
            outgoing.push_back(text);
        }
    }

    /// Drops the connection. No further event of it is reported.
    pub fn close(&mut self) {
        self.state = State::None;
    }

    /// The text of the last connection error.
    pub fn last_error(&self) -> Option<&str> {
        self.last_error.as_deref()
    }

    /// Writes queued frames and waits for the next event; without a connection it waits for ever.
    /// Cancel-safe.
    pub async fn next_event(&mut self) -> SocketEvent {
        // One poll both writes and reads. A server and a client that each wait for the other to read
        // would deadlock.
        poll_fn(|context| self.poll(context)).await
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<SocketEvent> {
        match &mut self.state {
            State::None => Poll::Pending,
            State::Opening(opening) => match std::task::ready!(opening.as_mut().poll(context)) {
                Ok(connection) => {
                    self.state = State::Open { connection, outgoing: VecDeque::new() };
                    Poll::Ready(SocketEvent::Opened)
                }
                Err(error) => Poll::Ready(self.broken(error)),
            },
            State::Open { connection, outgoing } => {
                // After a write error, received frames and the close code are still read; the read reports
                // the error.
                write(connection, outgoing, context).ok();
                let next = std::task::ready!(read(connection, context));
                Poll::Ready(match next {
                    Ok(SocketEvent::Closed(code)) => {
                        self.state = State::None;
                        SocketEvent::Closed(code)
                    }
                    Ok(event) => event,
                    Err(error) => self.broken(error.to_string()),
                })
            }
        }
    }

    fn broken(&mut self, error: String) -> SocketEvent {
        self.state = State::None;
        self.last_error = Some(error);
        SocketEvent::Closed(BROKEN)
    }
}

impl fmt::Debug for ClientSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientSocket").field("last_error", &self.last_error).finish_non_exhaustive()
    }
}

fn write(
    connection: &mut Connection,
    outgoing: &mut VecDeque<String>,
    context: &mut Context<'_>,
) -> Result<(), Box<Error>> {
    let mut connection = Pin::new(connection);
    while !outgoing.is_empty() {
        match connection.as_mut().poll_ready(context)? {
            Poll::Ready(()) => {
                let text = outgoing.pop_front().unwrap_or_default();
                connection.as_mut().start_send(Message::text(text))?;
            }
            Poll::Pending => return Ok(()),
        }
    }
    // If the flush is pending, the waker is registered and the next poll continues it.
    let _: Poll<()> = connection.poll_flush(context)?;
    Ok(())
}

fn read(
    connection: &mut Connection,
    context: &mut Context<'_>,
) -> Poll<Result<SocketEvent, Box<Error>>> {
    let mut connection = Pin::new(connection);
    loop {
        let event = match std::task::ready!(connection.as_mut().poll_next(context)) {
            Some(Ok(Message::Text(text))) => SocketEvent::Frame(text.as_str().to_owned()),
            Some(Ok(Message::Binary(_))) => SocketEvent::Closed(CloseCode::NotText.number()),
            Some(Ok(Message::Close(frame))) => {
                SocketEvent::Closed(frame.map_or(NO_CODE, |frame| frame.code.into()))
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => continue,
            Some(Err(error)) => return Poll::Ready(Err(Box::new(error))),
            None => SocketEvent::Closed(BROKEN),
        };
        return Poll::Ready(Ok(event));
    }
}

/// The request that opens a connection of a user.
///
/// # Errors
/// If the token is no value of a header.
pub fn request(user: &TestUser) -> Result<tungstenite::handshake::client::Request, String> {
    let bearer = HeaderValue::from_str(&format!("Bearer {}", user.token));
    let mut request = format!("ws://{}{SOCKET_PATH}", user.server)
        .into_client_request()
        .map_err(|error| error.to_string())?;
    let headers = request.headers_mut();
    headers.insert(AUTHORIZATION, bearer.map_err(|error| error.to_string())?);
    headers.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(SUBPROTOCOL));
    Ok(request)
}
