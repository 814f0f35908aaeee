//! The queue of mails: bounded, in memory, with a few attempts for each. A stop or a crash loses what waits, and the person
//! asks again. Accounts are looked up here, after the answer to the request, so that its time says nothing about them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use madang_hub::accounts::{LinkMaker, MailRecipientRequest, NewLink, SecretHash};
use madang_hub::mail_limits::MailLimits;
use madang_hub::ports::{Clock, Store};
use madang_mail::{Mail, Mailer};
use madang_shared::account::{LINK_PAGE, LinkKind, Secret};
use madang_shared::health::MailCounts;
use madang_shared::{ErrorCode, Failure, Timestamp, UserId};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::texts::{MailLang, MailTexts, RequestedFrom};
use crate::http::accounts::secrets;
use crate::http::problem::Problem;

/// The requests that wait.
const MAX_QUEUE: usize = 256;
/// The mails under way, most of which wait for their next attempt.
const MAX_UNDER_WAY: usize = 64;
/// The time for which a mailed recovery link can be used, in milliseconds: an hour.
const RECOVERY_MS: u64 = 3_600_000;

/// The name or address of somebody who has forgotten the password.
#[derive(Clone, Debug)]
pub struct RecoveryRequest {
    /// The keys of the typed text, and the time.
    pub account: MailRecipientRequest,
    /// The name of the server.
    pub server: String,
    /// The language, unless the profile has one.
    pub lang: MailLang,
    /// The origin of the request.
    pub from: RequestedFrom,
}

#[derive(Debug)]
enum MailJob {
    Recovery(RecoveryRequest),
    Send(Mail),
}

/// The parts that requests and the task of the queue share.
struct Shared {
    mailer: Mailer,
    /// The origin in links. A request has no say in it.
    origin: String,
    limits: MailLimits,
    sent: AtomicU64,
    failed: AtomicU64,
}

impl Shared {
    fn new_link(&self) -> Result<(SecretHash, String), Problem> {
        let Secret(token) = secrets::random_token()?;
        let hash = secrets::token_hash(&token);
        let hash = hash.ok_or_else(|| Problem::defect("a token has another form"))?;
        Ok((hash, format!("{}{LINK_PAGE}#{token}", self.origin)))
    }
}

/// The queue. Clones are the same.
#[derive(Clone)]
pub struct MailQueue {
    jobs: mpsc::Sender<MailJob>,
    shared: Arc<Shared>,
}

/// The waiting end of the queue.
pub struct MailJobs {
    jobs: mpsc::Receiver<MailJob>,
    shared: Arc<Shared>,
}

impl MailQueue {
    /// A queue before a mail server. `origin` is that of the pages to which links lead.
    pub fn new(mailer: Mailer, origin: String) -> (Self, MailJobs) {
        let (sender, jobs) = mpsc::channel(MAX_QUEUE);
        let shared = Shared {
            mailer,
            origin,
            limits: MailLimits::default(),
            sent: AtomicU64::default(),
            failed: AtomicU64::default(),
        };
        let shared = Arc::new(shared);
        (Self { jobs: sender, shared: shared.clone() }, MailJobs { jobs, shared })
    }

    /// Lets the mail with a recovery link be sent, if there is such an account.
    ///
    /// # Errors
    /// `rate_limited` if too many requests wait. The account does not matter.
    pub fn recover(&self, request: RecoveryRequest) -> Result<(), Failure> {
        self.push(MailJob::Recovery(request))
    }

    /// Lets a mail be sent.
    ///
    /// # Errors
    /// `rate_limited` if too many requests wait.
    pub fn send(&self, mail: Mail) -> Result<(), Failure> {
        self.push(MailJob::Send(mail))
    }

    /// Counts a mail for a user to an address, by its key.
    ///
    /// # Errors
    /// `rate_limited` if either has got too many.
    pub fn count(&self, user: UserId, address_key: &str, now: Timestamp) -> Result<(), Failure> {
        self.shared.limits.count(user, address_key, now)
    }

    /// A new token: its hash, and the address of the page that takes it.
    ///
    /// # Errors
    /// `internal` if the system provides no random bytes.
    pub fn new_link(&self) -> Result<(SecretHash, String), Problem> {
        self.shared.new_link()
    }

    fn push(&self, job: MailJob) -> Result<(), Failure> {
        self.jobs.try_send(job).map_err(|_| {
            let message = "Too many mails wait to be sent; try again in a minute.";
            Failure::new(ErrorCode::RateLimited, message).after(60_000)
        })
    }

    /// The mails of this node since its start.
    pub fn counts(&self) -> MailCounts {
        let count = |of: &AtomicU64| of.load(Ordering::Relaxed);
        MailCounts { sent: count(&self.shared.sent), failed: count(&self.shared.failed) }
    }
}

impl MailJobs {
    /// Asks whether the mail server answers, and sends mails until the server stops.
    pub async fn run(
        mut self,
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        stopping: CancellationToken,
    ) {
        // Both end with this task.
        let (mut checking, mut under_way) = (JoinSet::new(), JoinSet::new());
        checking.spawn(check(self.shared.clone()));
        loop {
            tokio::select! {
                () = stopping.cancelled() => break,
                job = self.jobs.recv(), if under_way.len() < MAX_UNDER_WAY => {
                    let Some(job) = job else { break };
                    let sender = MailSender {
                        shared: self.shared.clone(),
                        store: store.clone(),
                        clock: clock.clone(),
                    };
                    under_way.spawn(async move { sender.work(job).await });
                }
                Some(_) = under_way.join_next() => {}
            }
        }
        let lost = self.jobs.len() + under_way.len();
        if lost > 0 {
            tracing::warn!(lost, "mails were not sent before the stop");
        }
    }
}

async fn check(shared: Arc<Shared>) {
    let server = shared.mailer.server();
    match shared.mailer.check().await {
        Ok(()) => tracing::info!(server, "the mail server answers"),
        Err(error) => tracing::error!(
            server,
            error,
            "the mail server does not take mails from here; check `mail_server`, its user and `mail_password_file`"
        ),
    }
}

/// Works on one job.
struct MailSender {
    shared: Arc<Shared>,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
}

impl MailSender {
    async fn work(&self, job: MailJob) {
        let mail = match job {
            MailJob::Recovery(request) => self.recovery(request).await,
            MailJob::Send(mail) => Ok(Some(mail)),
        };
        match mail {
            Ok(Some(mail)) => self.send(mail).await,
            Ok(None) => {}
            Err(problem) => {
                self.shared.failed.fetch_add(1, Ordering::Relaxed);
                tracing::error!(reason = %problem.failure, "a mail was not written");
            }
        }
    }

    async fn send(&self, mail: Mail) {
        match self.shared.mailer.send(&mail).await {
            Ok(()) => {
                self.shared.sent.fetch_add(1, Ordering::Relaxed);
            }
            Err(error) => {
                self.shared.failed.fetch_add(1, Ordering::Relaxed);
                tracing::error!(%error, "a mail was given up");
            }
        }
    }

    /// The mail with a recovery link; none without such an account, or after too many mails.
    async fn recovery(&self, request: RecoveryRequest) -> Result<Option<Mail>, Problem> {
        let RecoveryRequest { account, server, lang, from } = request;
        let Some(found) = self.store.mail_recipient(account).await? else { return Ok(None) };
        let at = self.clock.now();
        if self.shared.limits.count(found.user.id, &found.address.to_ascii_lowercase(), at).is_err()
        {
            tracing::info!(user = found.user.id.0, "an account gets no further mail for now");
            return Ok(None);
        }
        let (token, link) = self.shared.new_link()?;
        let new = NewLink {
            token,
            kind: LinkKind::Recovery,
            user: found.user.id,
            by: LinkMaker::Mail,
            code: None,
            removes_factors: false,
            at,
            expires_at: at.plus(RECOVERY_MS),
        };
        self.store.add_link(new).await?;
        tracing::info!(user = found.user.id.0, network = from.network, "a recovery link is mailed");
        let texts = MailTexts {
            lang: MailLang::of_tag(&found.language).unwrap_or(lang),
            server: &server,
            name: &found.user.name,
            from: &from,
            link: &link,
        };
        let (subject, text) = texts.recovery();
        Ok(Some(Mail { to: found.address, subject, text, at_ms: at.0 }))
    }
}
