//! One WebSocket, from the wish to open it until it is closed or dropped.

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

use crate::visitor::Visitor;

/// What a browser reports of a connection that broke or was never made (RFC 6455 section 7.4.1).
const BROKEN: u16 = 1006;
/// What it reports of a close without a code.
const NO_CODE: u16 = 1005;
/// There may be thousands of sockets in this process; the default is 128 KiB each.
const READ_BUFFER_BYTES: usize = 8 * 1024;

/// What became of the socket.
#[derive(Debug)]
pub enum Happened {
    /// It is open.
    Recovery,
    /// A text frame arrived.
    Frame(String),
    /// The last word: nothing follows it.
    Closed(u16),
}

/// At most one WebSocket. Dropping it closes it.
#[derive(Default)]
pub struct Socket {
    state: State,
    trouble: Option<String>,
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

impl Socket {
    /// Starts to open a socket in the visitor's name; the one before it is dropped.
    pub fn open(&mut self, visitor: &Visitor) {
        let request = request(visitor);
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

    /// Sends a text frame. What cannot be sent is lost with the connection, whose end is reported.
    pub fn send(&mut self, text: String) {
        if let State::Open { outgoing, .. } = &mut self.state {
            outgoing.push_back(text);
        }
    }

    /// Drops the socket; nothing more of it is reported.
    pub fn close(&mut self) {
        self.state = State::None;
    }

    /// What went wrong last, for people.
    pub fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }

    /// Writes what is to be sent, and waits for the next thing to happen: for ever, while there is no
    /// socket. Safe to drop at any point.
    pub async fn happened(&mut self) -> Happened {
        // One poll both writes and reads: a server that waits for us to read before it reads on, and
        // a client that does likewise, would wait for each other.
        poll_fn(|context| self.poll(context)).await
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Happened> {
        match &mut self.state {
            State::None => Poll::Pending,
            State::Opening(opening) => match std::task::ready!(opening.as_mut().poll(context)) {
                Ok(connection) => {
                    self.state = State::Open { connection, outgoing: VecDeque::new() };
                    Poll::Ready(Happened::Recovery)
                }
                Err(trouble) => Poll::Ready(self.broken(trouble)),
            },
            State::Open { connection, outgoing } => {
                // A connection that cannot be written to may still hold frames, and the close code.
                let _ = write(connection, outgoing, context);
                let next = std::task::ready!(read(connection, context));
                Poll::Ready(match next {
                    Ok(Happened::Closed(code)) => {
                        self.state = State::None;
                        Happened::Closed(code)
                    }
                    Ok(happened) => happened,
                    Err(error) => self.broken(error.to_string()),
                })
            }
        }
    }

    fn broken(&mut self, trouble: String) -> Happened {
        self.state = State::None;
        self.trouble = Some(trouble);
        Happened::Closed(BROKEN)
    }
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Socket").field("trouble", &self.trouble).finish_non_exhaustive()
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
    // Pending means that the rest goes out when this is polled again, for which it has arranged.
    let _ = connection.poll_flush(context)?;
    Ok(())
}

fn read(
    connection: &mut Connection,
    context: &mut Context<'_>,
) -> Poll<Result<Happened, Box<Error>>> {
    let mut connection = Pin::new(connection);
    loop {
        let happened = match std::task::ready!(connection.as_mut().poll_next(context)) {
            Some(Ok(Message::Text(text))) => Happened::Frame(text.as_str().to_owned()),
            Some(Ok(Message::Binary(_))) => Happened::Closed(CloseCode::NotText.number()),
            Some(Ok(Message::Close(frame))) => {
                Happened::Closed(frame.map_or(NO_CODE, |frame| frame.code.into()))
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => continue,
            Some(Err(error)) => return Poll::Ready(Err(Box::new(error))),
            None => Happened::Closed(BROKEN),
        };
        return Poll::Ready(Ok(happened));
    }
}

fn request(visitor: &Visitor) -> Result<tungstenite::handshake::client::Request, String> {
    let bearer = HeaderValue::from_str(&format!("Bearer {}", visitor.token));
    let mut request = format!("ws://{}{SOCKET_PATH}", visitor.server)
        .into_client_request()
        .map_err(|error| error.to_string())?;
    let headers = request.headers_mut();
    headers.insert(AUTHORIZATION, bearer.map_err(|error| error.to_string())?);
    headers.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(SUBPROTOCOL));
    Ok(request)
}
