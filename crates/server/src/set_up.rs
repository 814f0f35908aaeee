//! The set-up link of a server without an owner: an invitation by which one person becomes the owner.
//!
//! Each start prints the link. A file of the data folder keeps it, which the user of the server alone can read, so that a
//! restart repeats the same link.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use madang_hub::ports::Store;
use madang_shared::Timestamp;
use madang_shared::account::Secret;
use madang_shared::administration::INVITATION_PAGE;
use madang_web::Origins;
use madang_web::http::session_token::{Token, hash};

/// The name of the file in the data folder.
const FILE: &str = "setup-link";
/// The characters of a token in base64url.
const TOKEN_CHARS: usize = 43;

/// The set-up link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SetUpLink {
    pub(crate) link: String,
    /// The part of the link behind `#`.
    pub(crate) token: Secret,
}

/// Makes or finds the link; none for a server with an owner, whose file is removed.
pub(crate) async fn link(
    store: &dyn Store,
    folder: Option<&Path>,
    origin: &str,
    now: Timestamp,
) -> Result<Option<SetUpLink>> {
    let path = folder.map(|folder| folder.join(FILE));
    let has_owner = store.has_owner().await.context("cannot read the owners of the workspace")?;
    if has_owner {
        if let Some(path) = &path {
            remove(path);
        }
        return Ok(None);
    }
    let token = match path.as_deref().and_then(token_in) {
        Some(token) => token,
        None => Token::random()
            .map_err(|error| anyhow!("the system provides no random bytes: {error}"))?
            .into_text(),
    };
    let offered = store.offer_ownership(hash(&token), now).await;
    offered.context("cannot store the set-up link")?;
    let link = format!("{origin}{INVITATION_PAGE}#{token}");
    if let Some(path) = &path
        && let Err(error) = write(path, &link)
    {
        tracing::warn!(%error, path = %path.display(), "the set-up link cannot be written to its file");
    }
    Ok(Some(SetUpLink { link, token: Secret(token) }))
}

/// The origin by which people reach the server: the first configured one, or the address of the listener.
pub(crate) fn origin(origins: &Origins, address: SocketAddr, is_https: bool) -> String {
    let own = || format!("{}://{address}", if is_https { "https" } else { "http" });
    origins.first().unwrap_or_else(own)
}

/// The token of the link in the file.
fn token_in(path: &Path) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let (_, token) = text.trim().rsplit_once('#')?;
    let is_token = token.len() == TOKEN_CHARS
        && token.chars().all(|it| it.is_ascii_alphanumeric() || it == '-' || it == '_');
    is_token.then(|| token.to_owned())
}

fn remove(path: &Path) {
    match fs::remove_file(path) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => {
            tracing::warn!(%error, path = %path.display(), "the used set-up link cannot be removed");
        }
    }
}

/// Writes the link to a file that its user alone can read.
fn write(path: &Path, link: &str) -> std::io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(format!("{link}\n").as_bytes())
}

#[cfg(test)]
mod tests {
    use madang_hub::administration::{Administration, InvitedUser, Invitee};
    use madang_hub::ports::NewUser;
    use madang_shared::roles::Access;
    use madang_store::InlineSqlite;

    use super::*;

    const NOW: Timestamp = Timestamp(1_800_000_000_000);

    #[tokio::test]
    async fn a_restart_repeats_the_link_until_there_is_an_owner() {
        let folder = tempfile::tempdir().unwrap();
        let store = InlineSqlite::open_in_memory(NOW, 1).unwrap();
        let start = async || link(&store, Some(folder.path()), "http://a", NOW).await.unwrap();
        let first = start().await.unwrap();
        assert_eq!(start().await.as_ref(), Some(&first));
        let SetUpLink { link: first, token } = first;
        assert_eq!(first, format!("http://a/invite#{}", token.0));
        let path = folder.path().join(FILE);
        assert_eq!(fs::read_to_string(&path).unwrap().trim(), first);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        let new = NewUser { name: "O".into(), name_key: "o".into(), token: [1; 32], at: NOW };
        let request = InvitedUser {
            invitee: Invitee::New(new),
            invitation: hash(&token.0),
            access: Access::Closed,
            at: NOW,
            network: None,
        };
        store.accept_invitation(request).await.unwrap();
        assert_eq!(start().await, None);
        assert!(!path.exists());
    }

    #[test]
    fn another_text_in_the_file_is_no_token() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        for text in ["", "http://a/invite#short", "no link"] {
            fs::write(&path, text).unwrap();
            assert_eq!(token_in(&path), None);
        }
    }
}
