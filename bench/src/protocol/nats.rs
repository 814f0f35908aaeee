//! The NATS protocol from a subscriber's side, read from a stream that may be split anywhere.
//!
//! Protocol: <https://docs.nats.io/reference/reference-protocols/nats-protocol>. Over WebSocket, a
//! frame is a chunk of that stream: it holds several messages, or a part of one.

use thiserror::Error;

use super::frame::MAX_PAYLOAD;

/// The maximum length of a line in bytes. The server's `INFO` has some hundred.
const MAX_LINE: usize = 64 * 1024;

/// A message of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NatsMessage<'a> {
    /// `MSG`: a published payload, without its subject.
    Payload(&'a [u8]),
    /// `PING`.
    Ping,
    /// `PONG`.
    Pong,
    /// `-ERR`: the server refuses a request or the whole connection.
    Error(&'a [u8]),
    /// `INFO` and `+OK`.
    Other,
}

/// The server violates the NATS protocol.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NatsError {
    /// An unknown or malformed line.
    #[error("the server sends a line that is not NATS: {0:?}")]
    Unknown(String),
    /// A line longer than the maximum, or a payload above [`MAX_PAYLOAD`].
    #[error("the server sends a line or payload above the maximum length")]
    TooLong,
}

/// The stream of one connection.
#[derive(Debug, Default)]
pub struct NatsStream {
    /// An incomplete message.
    rest: Vec<u8>,
}

impl NatsStream {
    /// Reads the next chunk and calls `on_message` for each complete message. Nothing is copied while chunks
    /// end at the ends of messages.
    ///
    /// # Errors
    /// [`NatsError`], and errors of `on_message`.
    pub fn read<E: From<NatsError>>(
        &mut self,
        chunk: &[u8],
        on_message: &mut impl FnMut(NatsMessage<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        if self.rest.is_empty() {
            let used = read_all(chunk, on_message)?;
            self.rest.extend_from_slice(chunk.get(used..).unwrap_or_default());
            return Ok(());
        }
        self.rest.extend_from_slice(chunk);
        let used = read_all(&self.rest, on_message)?;
        self.rest.drain(..used);
        Ok(())
    }
}

/// Returns the number of bytes in complete messages.
fn read_all<E: From<NatsError>>(
    bytes: &[u8],
    on_message: &mut impl FnMut(NatsMessage<'_>) -> Result<(), E>,
) -> Result<usize, E> {
    let mut used = 0;
    while let Some((message, length)) = read_one(bytes.get(used..).unwrap_or_default())? {
        on_message(message)?;
        used += length;
    }
    Ok(used)
}

fn read_one(bytes: &[u8]) -> Result<Option<(NatsMessage<'_>, usize)>, NatsError> {
    let Some(end) = bytes.iter().position(|byte| *byte == b'\n') else {
        return if bytes.len() > MAX_LINE { Err(NatsError::TooLong) } else { Ok(None) };
    };
    let (line, after) = (bytes.get(..end).unwrap_or_default(), end + 1);
    let unknown = || NatsError::Unknown(String::from_utf8_lossy(line).into_owned());
    let line = line.strip_suffix(b"\r").ok_or_else(unknown)?;
    if line.starts_with(b"MSG ") {
        let length = line.rsplit(|byte| *byte == b' ').next().and_then(number);
        let length = length.ok_or_else(unknown)?;
        if length > MAX_PAYLOAD {
            return Err(NatsError::TooLong);
        }
        let Some(body) = bytes.get(after..after + length + 2) else { return Ok(None) };
        let payload = body.strip_suffix(b"\r\n").ok_or_else(unknown)?;
        return Ok(Some((NatsMessage::Payload(payload), after + length + 2)));
    }
    let message = match line {
        b"PING" => NatsMessage::Ping,
        b"PONG" => NatsMessage::Pong,
        b"+OK" => NatsMessage::Other,
        _ if line.starts_with(b"INFO ") => NatsMessage::Other,
        _ => NatsMessage::Error(line.strip_prefix(b"-ERR ").ok_or_else(unknown)?),
    };
    Ok(Some((message, after)))
}

fn number(digits: &[u8]) -> Option<usize> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Output of nats-server 2.9.10.
    const REAL: &[u8] =
        b"INFO {\"server_id\":\"NAYA\",\"version\":\"2.9.10\",\"proto\":1,\"client_id\":4} \r\n\
        PONG\r\nPING\r\nMSG madang 1 11\r\n00000007 hi\r\nMSG madang 1 2\r\n\r\n\r\n+OK\r\n\
        MSG madang 1 _INBOX.7 4\r\n0008\r\n-ERR 'Unknown Protocol Operation'\r\n";

    fn read(chunks: &[&[u8]]) -> Result<Vec<String>, NatsError> {
        let (mut stream, mut messages) = (NatsStream::default(), Vec::new());
        for chunk in chunks {
            stream.read(chunk, &mut |message| {
                messages.push(match message {
                    NatsMessage::Payload(text) => {
                        format!("message {:?}", String::from_utf8_lossy(text))
                    }
                    NatsMessage::Error(why) => format!("error {}", String::from_utf8_lossy(why)),
                    other => format!("{other:?}"),
                });
                Ok::<(), NatsError>(())
            })?;
        }
        assert!(stream.rest.is_empty(), "{:?}", stream.rest);
        Ok(messages)
    }

    #[test]
    fn the_output_of_a_real_server_is_parsed() {
        let expected = [
            "Other",
            "Pong",
            "Ping",
            r#"message "00000007 hi""#,
            r#"message "\r\n""#,
            "Other",
            r#"message "0008""#,
            "error 'Unknown Protocol Operation'",
        ];
        assert_eq!(read(&[REAL]).unwrap(), expected);
    }

    #[test]
    fn malformed_input_is_an_error() {
        for wrong in ["HELLO\r\n", "PING\n", "MSG madang 1 x\r\n", "MSG madang 1 2\r\n0007\r\n"] {
            let found = read(&[wrong.as_bytes()]);
            assert!(matches!(found, Err(NatsError::Unknown(_))), "{wrong:?}: {found:?}");
        }
        let long = format!("MSG madang 1 {}\r\n", MAX_PAYLOAD + 1);
        assert_eq!(read(&[long.as_bytes()]), Err(NatsError::TooLong));
        assert_eq!(read(&[&vec![b'x'; MAX_LINE + 1]]), Err(NatsError::TooLong));
    }

    proptest! {
        #[test]
        fn a_stream_split_anywhere_gives_the_same_messages(cuts in prop::collection::vec(0..REAL.len(), 0..30)) {
            let mut cuts = cuts;
            cuts.extend([0, REAL.len()]);
            cuts.sort_unstable();
            let chunks: Vec<&[u8]> = cuts.windows(2).map(|cut| &REAL[cut[0]..cut[1]]).collect();
            prop_assert_eq!(read(&chunks), read(&[REAL]));
        }
    }
}
