//! Senders without subscriptions: they measure receiving, storing and acknowledging alone.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use madang_bench::pool::{PoolError, Reply};
use madang_bench::protocol::handshake::UpgradeRequest;
use madang_bench::{ConnectionPool, Faults, HarnessError, PoolEvent};
use madang_loadgen::TestUser;
use madang_shared::chat::ChatCommand;
use madang_shared::{
    ClientFrame, Command, CommandFrame, CommandId, ErrorCode, Hello, RoomId, ServerFrame,
    Timestamp, codec,
};
use rand::Rng;
use rand::rngs::StdRng;

use crate::load::environment::RunningServer;

const POLL: Duration = Duration::from_millis(20);
/// Time limit for all connects, and for the last acknowledgements.
const TIME_LIMIT: Duration = Duration::from_secs(30);
/// The wait after a rate limit error without `retry_after`, in milliseconds.
const DEFAULT_RETRY_MS: u64 = 20;
/// A message of 64 bytes.
const TEXT: &str = "64 bytes of text, about as long as one short line of a real chat";

/// Connections that send messages.
pub(super) struct Senders {
    pool: ConnectionPool,
    state: SenderState,
}

struct SenderState {
    /// Number of connections that received their welcome.
    welcomed: usize,
    /// Number of messages without an acknowledgement.
    outstanding: usize,
    /// Whether senders send their next message after an acknowledgement.
    sending: bool,
    sent: u64,
    acknowledged: u64,
    /// The sequence numbers of acknowledged messages.
    seqs: BTreeSet<u64>,
    doubled: u64,
    /// The last frame of each sender.
    last_frames: BTreeMap<usize, String>,
    /// Senders that exceeded the rate limit, with the time at which they must send the same frame again.
    retries: Vec<(Instant, usize)>,
    rate_limited: u64,
    refusal: Option<String>,
    random: StdRng,
}

impl Senders {
    /// Connects one sender for each user and waits for their welcomes.
    pub(super) fn connect(
        server: &RunningServer,
        users: &[TestUser],
    ) -> Result<Self, HarnessError> {
        let mut senders = Self { pool: ConnectionPool::new()?, state: SenderState::new() };
        for user in users {
            let request = UpgradeRequest::madang(server.address, &user.token, false);
            senders.pool.open(server.address, &request, None)?;
        }
        let began = Instant::now();
        while senders.state.welcomed < users.len() {
            senders.poll()?;
            if began.elapsed() > TIME_LIMIT {
                let ready = senders.state.welcomed;
                return Err(HarnessError::NotReady { ready, wanted: users.len() });
            }
        }
        Ok(senders)
    }

    /// For `duration`, each sender sends its next message when the last is acknowledged. Returns the number of
    /// acknowledgements within that time.
    pub(super) fn send(&mut self, duration: Duration) -> Result<u64, HarnessError> {
        let (began, before) = (Instant::now(), self.state.acknowledged);
        self.state.sending = true;
        let retrying: BTreeSet<usize> =
            self.state.retries.iter().map(|(_, sender)| *sender).collect();
        for sender in (0..self.pool.len()).filter(|sender| !retrying.contains(sender)) {
            let frame = self.state.next_frame(sender);
            self.pool.send_text(sender, frame.as_bytes())?;
        }
        while began.elapsed() < duration {
            self.poll()?;
            self.send_retries()?;
        }
        let acknowledged = self.state.acknowledged - before;
        self.state.sending = false;
        let began = Instant::now();
        while self.state.outstanding > 0 && began.elapsed() < TIME_LIMIT {
            self.poll()?;
        }
        match &self.state.refusal {
            Some(reason) => Err(HarnessError::Refused(reason.clone())),
            None => Ok(acknowledged),
        }
    }

    /// Lost: messages without an acknowledgement, and gaps in the sequence numbers. Doubled: sequence numbers of
    /// two messages.
    pub(super) fn faults(&self) -> Faults {
        let seqs = &self.state.seqs;
        let span = seqs.last().zip(seqs.first()).map_or(0, |(last, first)| last - first + 1);
        Faults {
            lost: self.state.outstanding as u64 + (span - seqs.len() as u64),
            doubled: self.state.doubled,
            reordered: 0,
        }
    }

    /// Number of messages that exceeded the rate limit.
    pub(super) fn rate_limited(&self) -> u64 {
        self.state.rate_limited
    }

    fn send_retries(&mut self) -> Result<(), HarnessError> {
        let now = Instant::now();
        let (due, later): (Vec<_>, Vec<_>) =
            self.state.retries.drain(..).partition(|(at, _)| *at <= now);
        self.state.retries = later;
        for (_, sender) in due {
            let frame = self.state.last_frame(sender);
            self.pool.send_text(sender, frame.as_bytes())?;
        }
        Ok(())
    }

    fn poll(&mut self) -> Result<(), HarnessError> {
        let Self { pool, state } = self;
        pool.poll(POLL, &mut |reply, sender, event| state.handle(&reply, sender, event))?;
        Ok(())
    }
}

impl SenderState {
    fn new() -> Self {
        Self {
            welcomed: 0,
            outstanding: 0,
            sending: false,
            sent: 0,
            acknowledged: 0,
            seqs: BTreeSet::new(),
            doubled: 0,
            last_frames: BTreeMap::new(),
            retries: Vec::new(),
            rate_limited: 0,
            refusal: None,
            random: rand::SeedableRng::seed_from_u64(1),
        }
    }

    fn next_frame(&mut self, sender: usize) -> String {
        self.sent += 1;
        self.outstanding += 1;
        let id = CommandId::new(Timestamp(self.sent), self.random.random());
        let command = Command::Chat(ChatCommand::post(RoomId(1), TEXT.to_owned()));
        let frame = codec::encode_client(&ClientFrame::Command(CommandFrame { id, command }));
        self.last_frames.insert(sender, frame.clone());
        frame
    }

    /// The same frame again: after a refusal, the server accepts no other command from this sender.
    fn last_frame(&mut self, sender: usize) -> String {
        self.outstanding += 1;
        self.last_frames.get(&sender).cloned().unwrap_or_default()
    }

    fn handle(
        &mut self,
        reply: &Reply<'_>,
        sender: usize,
        event: PoolEvent<'_>,
    ) -> Result<(), PoolError> {
        let frame = match event {
            PoolEvent::Opened => {
                let hello = Hello { client: "loadgen".to_owned(), ..Hello::default() };
                return reply.text(codec::encode_client(&ClientFrame::Hello(hello)).as_bytes());
            }
            PoolEvent::Message(frame) => frame,
            PoolEvent::Closed(code) => {
                self.refusal = Some(format!("a connection ended with the close code {code:?}"));
                return Ok(());
            }
        };
        match codec::decode_server(&String::from_utf8_lossy(frame)) {
            Ok(ServerFrame::Welcome(_)) => self.welcomed += 1,
            Ok(ServerFrame::Ack { at, .. }) => {
                self.outstanding -= 1;
                self.acknowledged += 1;
                let is_new = at.is_some_and(|position| self.seqs.insert(position.seq.0));
                self.doubled += u64::from(!is_new);
                if self.sending {
                    let next = self.next_frame(sender);
                    reply.text(next.as_bytes())?;
                }
            }
            Ok(ServerFrame::Ping { nonce }) => {
                let pong = codec::encode_client(&ClientFrame::Pong { nonce });
                reply.text(pong.as_bytes())?;
            }
            Ok(ServerFrame::Error { failure, .. }) if failure.code == ErrorCode::RateLimited => {
                self.outstanding -= 1;
                self.rate_limited += 1;
                let wait = failure.retry_after.unwrap_or(DEFAULT_RETRY_MS);
                self.retries.push((Instant::now() + Duration::from_millis(wait), sender));
            }
            Ok(ServerFrame::Error { failure, .. }) => self.refusal = Some(failure.to_string()),
            Ok(_) => {}
            Err(error) => self.refusal = Some(error.to_string()),
        }
        Ok(())
    }
}
