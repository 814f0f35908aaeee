//! The acts of an administrator on the server's own machine, also while the server runs. The server finds the commits in
//! its database and applies them.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result};
use clap::Subcommand;
use madang_hub::administration::AuditFilter;
use madang_hub::moderation::parse_network;
use madang_hub::ports::Clock;
use madang_shared::administration::{AdministrationAct, NewInvitation, WorkspaceSettings};
use madang_shared::apps::{App, Apps};
use madang_shared::roles::{Access, Role};
use madang_shared::{RoomId, codec};
use madang_store::Postgres;
use madang_store::sqlite::VisitedSqlite;

use super::command_line::{CommandLine, print};
use crate::clock::SteadyClock;
use crate::config::{AdminFlags, AdminSettings};
use crate::database::DATABASE;

const HOUR_MS: u64 = 60 * 60 * 1_000;
const DAY_MS: u64 = 24 * HOUR_MS;

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
    /// Erase an account with everything that its user wrote, and print the receipt. It cannot be undone.
    Erase {
        /// The name.
        name: String,
        /// The name once more, as the question of the app asks for it.
        #[arg(long, value_name = "NAME")]
        confirm: String,
        /// The reason, for the audit log.
        #[arg(long, default_value = "")]
        reason: String,
        #[command(flatten)]
        place: Box<AdminFlags>,
    },
    /// Ban an account or a network: connections end at once, and nobody comes in until the end of the ban.
    Ban {
        /// The name of a person, or an address or network such as 203.0.113.0/24.
        subject: String,
        /// The hours for which it lasts; without an end by default.
        #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
        hours: Option<u64>,
        /// The reason, for the person and the audit log.
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        place: Box<AdminFlags>,
    },
    /// Keep the list of erased accounts of PostgreSQL in a file, and apply it to a restored copy.
    Erasures {
        /// `export` writes the list, `apply` erases its accounts in this database.
        #[arg(value_parser = ["export", "apply"])]
        task: String,
        /// The file of the list, one account per line.
        file: PathBuf,
        #[command(flatten)]
        place: Box<AdminFlags>,
    },
    /// End the ban of an account or a network.
    Unban {
        /// The name of a person, or an address or network.
        subject: String,
        /// The reason, for the audit log.
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        place: Box<AdminFlags>,
    },
    /// Mute a person: until the end, the person writes nothing in the workspace.
    Mute {
        /// The name.
        name: String,
        /// The hours for which it lasts; 0 ends it.
        #[arg(long, default_value_t = 24)]
        hours: u64,
        /// The reason, for the person and the audit log.
        #[arg(long)]
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
        /// The use of the link also removes the one-time passwords and the passkeys of the person, who has lost them.
        #[arg(long)]
        remove_factors: bool,
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
        /// The minutes in which authors may change their messages; 0 for no limit.
        #[arg(long)]
        edit_minutes: Option<u64>,
        /// The days after which an unused session ends.
        #[arg(long)]
        idle_days: Option<u64>,
        /// The days after which every session ends.
        #[arg(long)]
        max_days: Option<u64>,
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
        | Self::Erase { place, .. }
        | Self::Erasures { place, .. }
        | Self::Ban { place, .. }
        | Self::Unban { place, .. }
        | Self::Mute { place, .. }
        | Self::Invite { place, .. }
        | Self::Reset { place, .. }
        | Self::Settings { place, .. }
        | Self::Audit { place }) = self;
        std::mem::take(&mut **place)
    }
}

impl CommandLine {
    async fn execute(&self, task: ActTask) -> Result<()> {
        match task {
            ActTask::ListUsers { search, .. } => self.list(&search).await,
            ActTask::Promote { name, role, reason, .. } => {
                self.set_role(&name, parse_role(&role)?, &reason, Role::gt).await
            }
            ActTask::Demote { name, role, reason, .. } => {
                self.set_role(&name, parse_role(&role)?, &reason, Role::lt).await
            }
            ActTask::Deactivate { name, reason, .. } => {
                let user = self.user(&name).await?;
                self.act(AdministrationAct::Deactivate { user }, &reason, None).await
            }
            ActTask::Reactivate { name, reason, .. } => {
                let user = self.user(&name).await?;
                self.act(AdministrationAct::Reactivate { user }, &reason, None).await
            }
            ActTask::Erase { name, confirm, reason, .. } => {
                self.erase(&name, confirm, &reason).await
            }
            ActTask::Erasures { task, file, .. } if task == "export" => self.export(&file).await,
            ActTask::Erasures { file, .. } => self.apply(&file).await,
            ActTask::Ban { subject, hours, reason, .. } => {
                let lasts_ms = hours.map(|hours| hours.saturating_mul(HOUR_MS));
                let act = if is_network(&subject) {
                    AdministrationAct::BanAddress { network: subject, lasts_ms }
                } else {
                    AdministrationAct::Ban { user: self.user(&subject).await?, lasts_ms }
                };
                self.act(act, &reason, None).await
            }
            ActTask::Unban { subject, reason, .. } => {
                let act = if is_network(&subject) {
                    AdministrationAct::EndAddressBan { network: subject }
                } else {
                    AdministrationAct::EndBan { user: self.user(&subject).await? }
                };
                self.act(act, &reason, None).await
            }
            ActTask::Mute { name, hours, reason, .. } => {
                let user = self.user(&name).await?;
                let lasts_ms = hours.saturating_mul(HOUR_MS);
                self.act(AdministrationAct::Silence { user, lasts_ms }, &reason, None).await
            }
            ActTask::Invite { role, uses, days, rooms, note, origin, .. } => {
                let role = parse_role(&role)?;
                let lasts_ms = Some(days.saturating_mul(DAY_MS));
                let rooms = rooms.into_iter().map(RoomId).collect();
                self.invite(NewInvitation { role, uses, lasts_ms, rooms, note }, &origin).await
            }
            ActTask::Reset { name, days, origin, remove_factors, .. } => {
                self.reset(&name, days, &origin, remove_factors).await
            }
            ActTask::Settings {
                name,
                access,
                apps,
                moods,
                edit_minutes,
                idle_days,
                max_days,
                ..
            } => {
                let access = access.as_deref().map(parse_access).transpose()?;
                let apps = apps.as_deref().map(parse_apps).transpose()?;
                let (session_idle_days, session_max_days) = (idle_days, max_days);
                let numbers = WorkspaceSettings {
                    edit_minutes,
                    session_idle_days,
                    session_max_days,
                    ..WorkspaceSettings::default()
                };
                self.settings(WorkspaceSettings { name, access, apps, moods, ..numbers }).await
            }
            ActTask::Audit { .. } => {
                for entry in self.store.audit(None, AuditFilter::default()).await?.entries {
                    print(&codec::encode_part(&entry));
                }
                Ok(())
            }
        }
    }
}

/// Whether a text is an address or a network, which no name of a person is.
fn is_network(text: &str) -> bool {
    parse_network(text).is_some()
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
