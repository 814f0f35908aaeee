//! The command line as an actor: what its acts ask of the store, and what they print.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail};
use madang_hub::accounts::{LinkMaker, NewLink};
use madang_hub::administration::{ActRequest, Actor, PeopleFilter};
use madang_hub::erasure::ErasureRecord;
use madang_hub::policy::name_key;
use madang_hub::ports::Store;
use madang_shared::account::{LINK_PAGE, LinkKind};
use madang_shared::administration::{
    AdministrationAct, INVITATION_PAGE, NewInvitation, WorkspaceSettings,
};
use madang_shared::erasure::ErasureReceipt;
use madang_shared::roles::Role;
use madang_shared::{Timestamp, UserId, codec};
use madang_web::http::accounts::secrets;
use madang_web::http::session_token::Token;

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// The command line as an actor.
pub(super) struct CommandLine {
    pub(super) store: Arc<dyn Store>,
    pub(super) now: Timestamp,
}

impl CommandLine {
    /// Prints a recovery link.
    pub(super) async fn reset(
        &self,
        name: &str,
        days: u64,
        origin: &str,
        removes_factors: bool,
    ) -> Result<()> {
        let token = secrets::random_token().map_err(|problem| anyhow!("{}", problem.failure))?;
        let link = NewLink {
            token: secrets::token_hash(&token.0).context("a token has another form")?,
            kind: LinkKind::Recovery,
            user: self.user(name).await?,
            by: LinkMaker::CommandLine,
            code: None,
            removes_factors,
            at: self.now,
            expires_at: self.now.plus(days * DAY_MS),
        };
        self.store.add_link(link).await.context("the link cannot be made")?;
        print(&format!("{}{LINK_PAGE}#{}", origin.trim_end_matches('/'), token.0));
        Ok(())
    }

    pub(super) async fn erase(&self, name: &str, confirm: String, reason: &str) -> Result<()> {
        let user = self.user(name).await?;
        let act = AdministrationAct::Erase { user, name: confirm };
        let request = ActRequest::new((Actor::CommandLine, None), act, reason, self.now)?;
        let recorded = self.store.administer(request).await?;
        let record = recorded.erasure.context("the erasure has no receipt")?;
        let receipt: ErasureReceipt =
            codec::decode_part(&record.receipt).context("the receipt cannot be read")?;
        print(receipt.to_text().trim_end());
        Ok(())
    }

    pub(super) async fn export(&self, file: &Path) -> Result<()> {
        let records = self.store.erasures(None).await?;
        let lines = records.iter().map(|record| codec::encode_part(record) + "\n");
        std::fs::write(file, lines.collect::<String>())
            .with_context(|| format!("cannot write {}", file.display()))?;
        print(&format!("{} erased accounts", records.len()));
        Ok(())
    }

    pub(super) async fn apply(&self, file: &Path) -> Result<()> {
        let text = std::fs::read_to_string(file)
            .with_context(|| format!("cannot read {}", file.display()))?;
        let mut records = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let record = codec::decode_part::<ErasureRecord>(line);
            let place = || format!("line {} of {} is damaged", index + 1, file.display());
            records.push(record.with_context(place)?);
        }
        let erased = self.store.apply_erasures(records, self.now).await?;
        print(&format!("{} accounts were erased again", erased.len()));
        Ok(())
    }

    pub(super) async fn user(&self, name: &str) -> Result<UserId> {
        let found = self.store.user_named(name_key(name)).await;
        Ok(found.with_context(|| format!("there is no user {name:?}"))?.id)
    }

    pub(super) async fn list(&self, search: &str) -> Result<()> {
        let mut filter =
            PeopleFilter { search_key: name_key(search.trim()), ..PeopleFilter::default() };
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
    pub(super) async fn set_role(
        &self,
        name: &str,
        role: Role,
        reason: &str,
        is_meant: fn(&Role, &Role) -> bool,
    ) -> Result<()> {
        let user = self.user(name).await?;
        let before = self.store.role(user).await?;
        if role != before && !is_meant(&role, &before) {
            bail!("{name} is {} now; use the other one of promote and demote", before.name());
        }
        self.act(AdministrationAct::SetRole { user, role }, reason, None).await
    }

    pub(super) async fn invite(&self, invitation: NewInvitation, origin: &str) -> Result<()> {
        let token = Token::random()
            .map_err(|error| anyhow!("the system provides no random bytes: {error}"))?;
        self.act(AdministrationAct::Invite(invitation), "", Some(token.hash())).await?;
        let origin = origin.trim_end_matches('/');
        print(&format!("{origin}{INVITATION_PAGE}#{}", token.into_text()));
        Ok(())
    }

    pub(super) async fn settings(&self, change: WorkspaceSettings) -> Result<()> {
        if change != WorkspaceSettings::default() {
            self.act(AdministrationAct::ChangeSettings(change), "", None).await?;
        }
        print(&codec::encode_part(&self.store.settings().await?));
        Ok(())
    }

    pub(super) async fn act(
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

/// Prints a line. A closed standard output has no reader for it.
pub(super) fn print(line: &str) {
    writeln!(std::io::stdout(), "{line}").ok();
}
