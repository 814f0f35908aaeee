//! A mail server on loopback, for tests: a small part of SMTP, and the mails that it has got.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// Limit for the wait for a mail; a test that reaches it has hung.
const MAIL_TIMEOUT: Duration = Duration::from_secs(20);

/// The way in which the server answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Behaviour {
    /// Takes every mail.
    Accept,
    /// Refuses every recipient for good, and repeats the address in its words.
    Refuse,
    /// Answers a number of recipients with a temporary error, and then takes every mail.
    FailFirst(u32),
    /// Accepts connections and says nothing.
    Hang,
    /// Wants this user and password.
    SignIn(String, String),
}

/// A mail that the server has taken.
#[derive(Clone, Debug)]
pub(crate) struct ReceivedMail {
    pub(crate) from: String,
    pub(crate) to: String,
    /// The header as it was sent.
    pub(crate) header: String,
    /// The decoded subject.
    pub(crate) subject: String,
    /// The decoded text.
    pub(crate) text: String,
}

impl ReceivedMail {
    /// The first address of a page in the text.
    pub(crate) fn link(&self) -> &str {
        self.text.split_whitespace().find(|word| word.starts_with("http")).unwrap_or_default()
    }
}

#[derive(Debug)]
struct ServerState {
    behaviour: Behaviour,
    connections: u32,
    /// The recipients that were named, also in vain.
    recipients: u32,
}

/// The server. It ends with the runtime.
#[derive(Debug)]
pub(crate) struct SmtpServer {
    address: SocketAddr,
    state: Arc<Mutex<ServerState>>,
    mails: tokio::sync::Mutex<mpsc::UnboundedReceiver<ReceivedMail>>,
}

impl SmtpServer {
    pub(crate) async fn start(behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = ServerState { behaviour, connections: 0, recipients: 0 };
        let state = Arc::new(Mutex::new(state));
        let (sender, mails) = mpsc::unbounded_channel();
        tokio::spawn({
            let state = state.clone();
            async move {
                while let Ok((stream, _)) = listener.accept().await {
                    state.lock().unwrap().connections += 1;
                    tokio::spawn(serve(stream, state.clone(), sender.clone()));
                }
            }
        });
        Self { address, state, mails: tokio::sync::Mutex::new(mails) }
    }

    /// The URL of the server, with a user if it is not empty.
    pub(crate) fn url(&self, user: &str) -> String {
        let at = if user.is_empty() { "" } else { "@" };
        format!("smtp://{user}{at}{}", self.address)
    }

    pub(crate) fn behave(&self, behaviour: Behaviour) {
        self.state.lock().unwrap().behaviour = behaviour;
    }

    pub(crate) fn connections(&self) -> u32 {
        self.state.lock().unwrap().connections
    }

    pub(crate) fn recipients(&self) -> u32 {
        self.state.lock().unwrap().recipients
    }

    /// The next mail.
    pub(crate) async fn next_mail(&self) -> ReceivedMail {
        let mut mails = self.mails.lock().await;
        tokio::time::timeout(MAIL_TIMEOUT, mails.recv()).await.expect("a mail").expect("a server")
    }

    /// Whether there is no further mail now.
    pub(crate) async fn has_no_mail(&self) -> bool {
        self.mails.lock().await.try_recv().is_err()
    }
}

async fn serve(
    stream: TcpStream,
    state: Arc<Mutex<ServerState>>,
    mails: mpsc::UnboundedSender<ReceivedMail>,
) -> Option<()> {
    let (reader, mut writer) = stream.into_split();
    let mut lines = BufReader::new(reader).lines();
    let behaviour = || state.lock().unwrap().behaviour.clone();
    if behaviour() == Behaviour::Hang {
        // Until the client gives up.
        lines.next_line().await.ok()?;
        return None;
    }
    writer.write_all(b"220 test\r\n").await.ok()?;
    let (mut from, mut to) = (String::new(), String::new());
    let mut is_signed_in = false;
    while let Some(line) = lines.next_line().await.ok()? {
        let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        let behaviour = behaviour();
        let answer = match (verb.as_str(), behaviour) {
            ("EHLO", _) => "250-test\r\n250-8BITMIME\r\n250 AUTH PLAIN".to_owned(),
            ("AUTH", Behaviour::SignIn(user, password)) => {
                let wanted = BASE64_STANDARD.encode(format!("\0{user}\0{password}"));
                is_signed_in = line.split(' ').nth(2) == Some(&wanted);
                let answer = if is_signed_in { "235 welcome" } else { "535 wrong password" };
                answer.to_owned()
            }
            ("MAIL", Behaviour::SignIn(..)) if !is_signed_in => "530 sign in first".to_owned(),
            ("MAIL", _) => {
                from = in_brackets(&line);
                "250 ok".to_owned()
            }
            ("RCPT", behaviour) => {
                to = in_brackets(&line);
                let mut state = state.lock().unwrap();
                state.recipients += 1;
                match behaviour {
                    Behaviour::Refuse => format!("550 5.1.1 <{to}>: unknown recipient"),
                    Behaviour::FailFirst(count) if count > 0 => {
                        state.behaviour = Behaviour::FailFirst(count - 1);
                        format!("451 4.7.1 <{to}>: try again later")
                    }
                    _ => "250 ok".to_owned(),
                }
            }
            ("DATA", _) => {
                writer.write_all(b"354 go on\r\n").await.ok()?;
                let mut data = String::new();
                while let Some(line) = lines.next_line().await.ok()? {
                    if line == "." {
                        break;
                    }
                    data.push_str(line.strip_prefix('.').unwrap_or(&line));
                    data.push('\n');
                }
                mails.send(received(&from, &to, &data)).ok()?;
                "250 taken".to_owned()
            }
            ("QUIT", _) => "221 bye".to_owned(),
            ("NOOP" | "RSET", _) => "250 ok".to_owned(),
            _ => "502 not here".to_owned(),
        };
        writer.write_all(format!("{answer}\r\n").as_bytes()).await.ok()?;
    }
    Some(())
}

fn in_brackets(line: &str) -> String {
    let after = line.split_once('<').map_or("", |(_, after)| after);
    after.split('>').next().unwrap_or_default().to_owned()
}

fn received(from: &str, to: &str, data: &str) -> ReceivedMail {
    let (header, body) = data.split_once("\n\n").unwrap_or((data, ""));
    let unfolded = header.replace("\n ", " ").replace("\n\t", " ");
    let value = |name: &str| {
        let lines = unfolded.lines().filter_map(|line| line.split_once(": "));
        let mut found = lines.filter(|(key, _)| key.eq_ignore_ascii_case(name));
        found.next().map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
    };
    let text = match value("Content-Transfer-Encoding").as_str() {
        "base64" => from_base64(&body.split_whitespace().collect::<String>()),
        "quoted-printable" => from_quoted_printable(body),
        _ => body.to_owned(),
    };
    ReceivedMail {
        from: from.to_owned(),
        to: to.to_owned(),
        subject: decoded_words(&value("Subject")),
        header: header.to_owned(),
        text: text.replace("\r\n", "\n"),
    }
}

fn from_base64(text: &str) -> String {
    String::from_utf8(BASE64_STANDARD.decode(text).unwrap()).unwrap()
}

/// RFC 2045, section 6.7.
fn from_quoted_printable(text: &str) -> String {
    let text = text.replace("=\n", "");
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        if *first == b'=' {
            let (code, after) = after.split_at(2);
            bytes.push(u8::from_str_radix(std::str::from_utf8(code).unwrap(), 16).unwrap());
            rest = after;
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8(bytes).unwrap()
}

/// RFC 2047, in the encoding that the mailer uses.
fn decoded_words(text: &str) -> String {
    const BEGIN: &str = "=?utf-8?b?";
    // A space between two encoded words belongs to neither.
    let text = text.replace(&format!("?= {BEGIN}"), &format!("?={BEGIN}"));
    let mut decoded = String::new();
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once(BEGIN) {
        let (encoded, after) = after.split_once("?=").unwrap();
        decoded.push_str(before);
        decoded.push_str(&from_base64(encoded));
        rest = after;
    }
    decoded + rest
}
