//! The acts of an administrator on the server's own machine, also while the server runs. The server finds the commits in
//! its database and applies them.

use std::io::Write;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail};
use clap::Subcommand;
use madang_hub::accounts::NewLink;
use madang_hub::administration::{ActRequest, Actor, AuditFilter, PeopleFilter};
use madang_hub::policy::name_key;
use madang_hub::ports::{Clock, Store};
use madang_shared::account::{LINK_PAGE, LinkKind};
use madang_shared::administration::{
    AdministrationAct, INVITATION_PAGE, NewInvitation, WorkspaceSettings,
};
use madang_shared::apps::{App, Apps};
use madang_shared::roles::{Access, Role};
use madang_shared::{RoomId, Timestamp, UserId, codec};
use madang_store::Postgres;
use madang_store::sqlite::VisitedSqlite;
use madang_web::http::accounts::secrets;
use madang_web::http::session_token::Token;

use crate::clock::SteadyClock;
use crate::config::{AdminFlags, AdminSettings};
use crate::database::DATABASE;

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// An act of the command line. The audit log calls its source `command_line`.
#[derive(Debug, Subcommand)]
pub(crate) enum ActTask {
    /// List the people: id, role, name, sessions.
    ListUsers {
        /// Only names that contain this text.
        #[arg(long, default_value = "")]
        search: String,
        #[command(flatten)]
        place: Box<AdminFlags>,
    },
    /// Give a person a higher role.
    Promote {
        /// The name.
        name: String,
        /// The new role: `member`, `administrator` or `owner`.
        #[arg(long, default_value = "administrator")]
        role: String,
        /// The reason, for the audit log.
        #[arg(long, default_value = "")]
        reason: String,
        #[command(flatten)]
        place: Box<AdminFlags>,
    },
    /// Give a person a lesser role.
    Demote {
        /// The name.
        name: String,
        /// The new role: `guest`, `member` or `administrator`.
        #[arg(long, default_value = "member")]
        role: String,
        /// The reason, for the audit log.
        #[arg(long, default_value = "")]
        reason: String,
        #[command(flatten)]
        place: Box<AdminFlags>,
    },
    /// Deactivate an account: all its devices are signed out at once.
    Deactivate {
        /// The name.
        name: String,
        /// The reason, for the audit log.
        #[arg(long, default_value = "")]
        reason: String,
        #[command(flatten)]
        place: Box<AdminFlags>,
    },
    /// Activate a deactivated account again.
    Reactivate {
        /// The name.
        name: String,
        /// The reason, for the audit log.
        #[arg(long, default_value = "")]
        reason: String,
        #[command(flatten)]
        place: Box<AdminFlags>,
    },
    /// Make an invitation, and print its link.
    Invite {
        /// The role: `guest`, `member`, `administrator` or `owner`.
        #[arg(long, default_value = "member")]
        role: String,
        /// The number of people who can come by it.
        #[arg(long, default_value_t = 1)]
        uses: u32,
        /// Its life in days.
        #[arg(long, default_value_t = 7)]
        days: u64,
        /// A room that the people join; repeat for several.
        #[arg(long = "room", value_name = "ID")]
        rooms: Vec<u64>,
        /// The address by which people reach the server, for the link.
        #[arg(long, default_value = "http://127.0.0.1:5001", value_name = "ORIGIN")]
        origin: String,
        /// A note for administrators.
        #[arg(long, default_value = "")]
        note: String,
        #[command(flatten)]
        place: Box<AdminFlags>,
    },
    /// Print a link by which a person who has lost the password signs in once. It replaces an earlier one.
    Reset {
        /// The name.
        name: String,
        /// The days for which it can be used.
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=30))]
        days: u64,
        /// The origin by which people reach the server; the link begins with it.
        #[arg(long, default_value = "http://127.0.0.1:5001", value_name = "ORIGIN")]
        origin: String,
        #[command(flatten)]
        place: Box<AdminFlags>,
    },
    /// Print the settings that were changed while a server ran, after changing those that are named.
    Settings {
        /// The name of the workspace; an empty one for none.
        #[arg(long)]
        name: Option<String>,
        /// The people who may make an account: `open`, `invited` or `closed`.
        #[arg(long)]
        access: Option<String>,
        /// The apps that are on, with commas; `off` for none.
        #[arg(long)]
        apps: Option<String>,
        /// Whether new messages are stored with their sentiment.
        #[arg(long)]
        moods: Option<bool>,
        #[command(flatten)]
        place: Box<AdminFlags>,
    },
    /// Print the newest entries of the audit log as JSON lines.
    Audit {
        #[command(flatten)]
        place: Box<AdminFlags>,
    },
}

/// Executes an act.
pub(super) async fn run(mut task: ActTask) -> Result<()> {
    let AdminSettings { folder, postgres } = AdminSettings::load(task.take_place())?;
    let now = SteadyClock::start().now();
    if let Some(options) = postgres {
        let (store, _events) = Postgres::connect(now, &options)?;
        let command = CommandLine { store: Arc::new(store.clone()), now };
        let outcome = command.execute(task).await;
        store.close().await;
        return outcome;
    }
    let store = VisitedSqlite::visit(&folder.join(DATABASE))?;
    CommandLine { store: Arc::new(store), now }.execute(task).await
}

impl ActTask {
    /// The settings of the database; they are read once.
    fn take_place(&mut self) -> AdminFlags {
        let (Self::ListUsers { place, .. }
        | Self::Promote { place, .. }
        | Self::Demote { place, .. }
        | Self::Deactivate { place, .. }
        | Self::Reactivate { place, .. }
        | Self::Invite { place, .. }
        | Self::Reset { place, .. }
        | Self::Settings { place, .. }
        | Self::Audit { place }) = self;
        std::mem::take(&mut **place)
    }
}

/// The command line as an actor.
struct CommandLine {
    store: Arc<dyn Store>,
    now: Timestamp,
}

impl CommandLine {
    async fn execute(&self, task: ActTask) -> Result<()> {
        match task {
            ActTask::ListUsers { search, .. } => self.list(&search).await,
            ActTask::Promote { name, role, reason, .. } => {
                self.set_role(&name, &role, &reason, Role::gt).await
            }
            ActTask::Demote { name, role, reason, .. } => {
                self.set_role(&name, &role, &reason, Role::lt).await
            }
            ActTask::Deactivate { name, reason, .. } => {
                let user = self.user(&name).await?;
                self.act(AdministrationAct::Deactivate { user }, &reason, None).await
            }
            ActTask::Reactivate { name, reason, .. } => {
                let user = self.user(&name).await?;
                self.act(AdministrationAct::Reactivate { user }, &reason, None).await
            }
            ActTask::Invite { role, uses, days, rooms, note, origin, .. } => {
                let role = parse_role(&role)?;
                let lasts_ms = Some(days.saturating_mul(DAY_MS));
                let rooms = rooms.into_iter().map(RoomId).collect();
                self.invite(NewInvitation { role, uses, lasts_ms, rooms, note }, &origin).await
            }
            ActTask::Reset { name, days, origin, .. } => self.reset(&name, days, &origin).await,
            ActTask::Settings { name, access, apps, moods, .. } => {
                let access = access.as_deref().map(parse_access).transpose()?;
                let apps = apps.as_deref().map(parse_apps).transpose()?;
                self.settings(WorkspaceSettings { name, access, apps, moods }).await
            }
            ActTask::Audit { .. } => {
                for entry in self.store.audit(None, AuditFilter::default()).await?.entries {
                    print(&codec::encode_part(&entry));
                }
                Ok(())
            }
        }
    }

    /// Prints a recovery link.
    async fn reset(&self, name: &str, days: u64, origin: &str) -> Result<()> {
        let token = secrets::random_token().map_err(|problem| anyhow!("{}", problem.failure))?;
        let link = NewLink {
            token: secrets::token_hash(&token.0).context("a token has another form")?,
            kind: LinkKind::Recovery,
            user: self.user(name).await?,
            by: None,
            code: None,
            at: self.now,
            expires_at: self.now.plus(days * DAY_MS),
        };
        self.store.add_link(link).await.context("the link cannot be made")?;
        print(&format!("{}{LINK_PAGE}#{}", origin.trim_end_matches('/'), token.0));
        Ok(())
    }

    async fn user(&self, name: &str) -> Result<UserId> {
        let found = self.store.user_named(name_key(name)).await;
        Ok(found.with_context(|| format!("there is no user {name:?}"))?.id)
    }

    async fn list(&self, search: &str) -> Result<()> {
        let mut filter = PeopleFilter { search_key: name_key(search.trim()), after: None };
        loop {
            let page = self.store.accounts(None, filter.clone()).await?;
            for person in &page.people {
                let state = if person.deactivated_at.is_some() { " (deactivated)" } else { "" };
                let (id, name) = (person.user.id, &person.user.name);
                let (role, sessions) = (person.role.name(), person.sessions);
                print(&format!("{id}\t{role}\t{name}\t{sessions} sessions{state}"));
            }
            match page.people.last() {
                Some(last) if page.more => filter.after = Some(last.user.id),
                _ => return Ok(()),
            }
        }
    }

    /// Gives a user another role, in the direction of the command.
    async fn set_role(
        &self,
        name: &str,
        role: &str,
        reason: &str,
        is_meant: fn(&Role, &Role) -> bool,
    ) -> Result<()> {
        let (user, role) = (self.user(name).await?, parse_role(role)?);
        let before = self.store.role(user).await?;
        if role != before && !is_meant(&role, &before) {
            bail!("{name} is {} now; use the other one of promote and demote", before.name());
        }
        self.act(AdministrationAct::SetRole { user, role }, reason, None).await
    }

    async fn invite(&self, invitation: NewInvitation, origin: &str) -> Result<()> {
        let token = Token::random()
            .map_err(|error| anyhow!("the system provides no random bytes: {error}"))?;
        self.act(AdministrationAct::Invite(invitation), "", Some(token.hash())).await?;
        let origin = origin.trim_end_matches('/');
        print(&format!("{origin}{INVITATION_PAGE}#{}", token.into_text()));
        Ok(())
    }

    async fn settings(&self, change: WorkspaceSettings) -> Result<()> {
        if change != WorkspaceSettings::default() {
            self.act(AdministrationAct::ChangeSettings(change), "", None).await?;
        }
        print(&codec::encode_part(&self.store.settings().await?));
        Ok(())
    }

    async fn act(
        &self,
        act: AdministrationAct,
        reason: &str,
        token: Option<[u8; 32]>,
    ) -> Result<()> {
        let request = ActRequest::new((Actor::CommandLine, None), act, reason, self.now)?;
        let recorded = self.store.administer(ActRequest { token, ..request }).await?;
        if recorded.entry.is_none() {
            print("Nothing was to be changed.");
        }
        Ok(())
    }
}

fn parse_role(name: &str) -> Result<Role> {
    let known = || Role::ALL.iter().map(|it| it.name()).collect::<Vec<_>>().join(", ");
    Role::parse(name)
        .with_context(|| format!("there is no role {name:?}; the roles are {}", known()))
}

fn parse_access(name: &str) -> Result<Access> {
    Access::parse(name).with_context(|| format!("{name:?} is not one of open, invited and closed"))
}

fn parse_apps(names: &str) -> Result<Apps> {
    if names == "off" {
        return Ok(Apps::default());
    }
    let app = |name: &str| App::named(name).with_context(|| format!("there is no app {name:?}"));
    names.split(',').map(str::trim).map(app).collect()
}

/// Prints a line. A closed standard output has no reader for it.
fn print(line: &str) {
    writeln!(std::io::stdout(), "{line}").ok();
}
