//! What a NATS server says to a subscriber, read from a stream that may be cut anywhere.
//!
//! The protocol: <https://docs.nats.io/reference/reference-protocols/nats-protocol>. Over WebSocket, a
//! frame is a piece of that stream: it holds several messages, or a part of one.

use thiserror::Error;

use super::frame::MAX_PAYLOAD;

/// The longest line that is waited for: what a server says of itself has some hundred bytes.
const MAX_LINE: usize = 64 * 1024;

/// What is said between the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said<'a> {
    /// Something that was published, without its subject.
    Message(&'a [u8]),
    /// A question whether somebody is there.
    Ping,
    /// The answer to it.
    Pong,
    /// The server refuses something, or the whole connection.
    Error(&'a [u8]),
    /// What the server says of itself, and that all is well.
    Other,
}

/// This is not how NATS is spoken.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NatsError {
    /// A line that means nothing here.
    #[error("the server says what NATS does not: {0:?}")]
    Unknown(String),
    /// More than any line, or any message under test, has.
    #[error("the server says something that does not end")]
    Endless,
}

/// One connection's stream.
#[derive(Debug, Default)]
pub struct Stream {
    /// The beginning of what has not come whole.
    rest: Vec<u8>,
}

impl Stream {
    /// Takes the next piece, and tells of everything that is whole with it. Nothing is copied as long
    /// as pieces end where messages do.
    ///
    /// # Errors
    /// [`NatsError`], and whatever `hear` finds wrong.
    pub fn read<E: From<NatsError>>(
        &mut self,
        piece: &[u8],
        hear: &mut impl FnMut(Said<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        if self.rest.is_empty() {
            let used = read_all(piece, hear)?;
            self.rest.extend_from_slice(piece.get(used..).unwrap_or_default());
            return Ok(());
        }
        self.rest.extend_from_slice(piece);
        let used = read_all(&self.rest, hear)?;
        self.rest.drain(..used);
        Ok(())
    }
}

/// Answers how much of it was whole.
fn read_all<E: From<NatsError>>(
    bytes: &[u8],
    hear: &mut impl FnMut(Said<'_>) -> Result<(), E>,
) -> Result<usize, E> {
    let mut used = 0;
    while let Some((said, length)) = read_one(bytes.get(used..).unwrap_or_default())? {
        hear(said)?;
        used += length;
    }
    Ok(used)
}

fn read_one(bytes: &[u8]) -> Result<Option<(Said<'_>, usize)>, NatsError> {
    let Some(end) = bytes.iter().position(|byte| *byte == b'\n') else {
        return if bytes.len() > MAX_LINE { Err(NatsError::Endless) } else { Ok(None) };
    };
    let (line, after) = (bytes.get(..end).unwrap_or_default(), end + 1);
    let unknown = || NatsError::Unknown(String::from_utf8_lossy(line).into_owned());
    let line = line.strip_suffix(b"\r").ok_or_else(unknown)?;
    if line.starts_with(b"MSG ") {
        let length = line.rsplit(|byte| *byte == b' ').next().and_then(number);
        let length = length.ok_or_else(unknown)?;
        if length > MAX_PAYLOAD {
            return Err(NatsError::Endless);
        }
        let Some(whole) = bytes.get(after..after + length + 2) else { return Ok(None) };
        let payload = whole.strip_suffix(b"\r\n").ok_or_else(unknown)?;
        return Ok(Some((Said::Message(payload), after + length + 2)));
    }
    let said = match line {
        b"PING" => Said::Ping,
        b"PONG" => Said::Pong,
        b"+OK" => Said::Other,
        _ if line.starts_with(b"INFO ") => Said::Other,
        _ => Said::Error(line.strip_prefix(b"-ERR ").ok_or_else(unknown)?),
    };
    Ok(Some((said, after)))
}

fn number(digits: &[u8]) -> Option<usize> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// As nats-server 2.9.10 writes it, in this order.
    const REAL: &[u8] =
        b"INFO {\"server_id\":\"NAYA\",\"version\":\"2.9.10\",\"proto\":1,\"client_id\":4} \r\n\
        PONG\r\nPING\r\nMSG madang 1 11\r\n00000007 hi\r\nMSG madang 1 2\r\n\r\n\r\n+OK\r\n\
        MSG madang 1 _INBOX.7 4\r\n0008\r\n-ERR 'Unknown Protocol Operation'\r\n";

    fn read(pieces: &[&[u8]]) -> Result<Vec<String>, NatsError> {
        let (mut stream, mut heard) = (Stream::default(), Vec::new());
        for piece in pieces {
            stream.read(piece, &mut |said| {
                heard.push(match said {
                    Said::Message(text) => format!("message {:?}", String::from_utf8_lossy(text)),
                    Said::Error(why) => format!("error {}", String::from_utf8_lossy(why)),
                    other => format!("{other:?}"),
                });
                Ok::<(), NatsError>(())
            })?;
        }
        assert!(stream.rest.is_empty(), "{:?}", stream.rest);
        Ok(heard)
    }

    #[test]
    fn what_a_server_writes_is_understood() {
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
    fn what_nobody_means_is_an_error() {
        for wrong in ["HELLO\r\n", "PING\n", "MSG madang 1 x\r\n", "MSG madang 1 2\r\n0007\r\n"] {
            let found = read(&[wrong.as_bytes()]);
            assert!(matches!(found, Err(NatsError::Unknown(_))), "{wrong:?}: {found:?}");
        }
        let long = format!("MSG madang 1 {}\r\n", MAX_PAYLOAD + 1);
        assert_eq!(read(&[long.as_bytes()]), Err(NatsError::Endless));
        assert_eq!(read(&[&vec![b'x'; MAX_LINE + 1]]), Err(NatsError::Endless));
    }

    proptest! {
        #[test]
        fn a_stream_says_the_same_however_it_is_cut(cuts in prop::collection::vec(0..REAL.len(), 0..30)) {
            let mut cuts = cuts;
            cuts.extend([0, REAL.len()]);
            cuts.sort_unstable();
            let pieces: Vec<&[u8]> = cuts.windows(2).map(|cut| &REAL[cut[0]..cut[1]]).collect();
            prop_assert_eq!(read(&pieces), read(&[REAL]));
        }
    }
}
