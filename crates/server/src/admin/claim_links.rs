//! `madang admin claim-links`: a link for each name without a way back to its owner.

use std::io::{self, Write};

use anyhow::{Context, Result, anyhow, bail};
use clap::Args;
use madang_hub::accounts::{LinkMaker, NewLink};
use madang_hub::ports::{Clock, StoreError};
use madang_shared::account::{LINK_PAGE, LinkKind};
use madang_web::http::accounts::secrets;

use super::{AdminContext, with_database};
use crate::config::AdminFlags;

/// The days for which a link can be used.
const DEFAULT_DAYS: u64 = 30;
const MAX_DAYS: u64 = 365;
const DAY_MS: u64 = 24 * 3_600_000;

/// The settings of the act.
#[derive(Debug, Args)]
pub(crate) struct ClaimLinksFlags {
    /// The origin by which people reach the server; the links begin with it.
    #[arg(long, value_name = "ORIGIN", default_value = "http://127.0.0.1:5001")]
    origin: String,
    /// The days for which a link can be used, from 1 to 365.
    #[arg(long, value_name = "DAYS", default_value_t = DEFAULT_DAYS)]
    days: u64,
    #[command(flatten)]
    admin: AdminFlags,
}

/// Prints one line for each name: the name, a tab, and the link.
pub(super) async fn run(flags: ClaimLinksFlags) -> Result<()> {
    let ClaimLinksFlags { origin, days, admin } = flags;
    if !(1..=MAX_DAYS).contains(&days) {
        bail!("`--days` is {days}; it must be from 1 to {MAX_DAYS}");
    }
    let origin = origin.trim_end_matches('/').to_owned();
    if !["http://", "https://"].iter().any(|scheme| origin.starts_with(scheme)) {
        bail!("`--origin` is {origin:?}; write it as in https://chat.example");
    }
    with_database(admin, async move |context| print_links(context, &origin, days * DAY_MS).await)
        .await
}

async fn print_links(context: AdminContext, origin: &str, lifetime_ms: u64) -> Result<()> {
    let AdminContext { store, clock } = context;
    let at = clock.now();
    let users = store.unsecured_users().await.context("the users cannot be read")?;
    for user in users {
        let token = secrets::random_token().map_err(|problem| anyhow!("{}", problem.failure))?;
        let hash = secrets::token_hash(&token.0).context("a token has another form")?;
        let link = NewLink {
            token: hash,
            kind: LinkKind::Claim,
            user: user.id,
            by: LinkMaker::CommandLine,
            code: None,
            removes_factors: false,
            at,
            expires_at: at.plus(lifetime_ms),
        };
        match store.add_link(link).await {
            Ok(user) => {
                let written =
                    writeln!(io::stdout(), "{}\t{origin}{LINK_PAGE}#{}", user.name, token.0);
                written.context("the links cannot be written")?;
            }
            // Deactivated since the list was read.
            Err(StoreError::Refused(_)) => {}
            Err(error) => return Err(error).context("a link cannot be stored"),
        }
    }
    Ok(())
}
