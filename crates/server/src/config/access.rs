//! The people who may make an account.

use anyhow::{Result, bail};
use madang_shared::roles::Access;

use super::surroundings::Reach;

/// The access of a setting; without one, `open` where no other machine is expected, and `invited` elsewhere. Returns it
/// with a sentence for the log.
///
/// # Errors
/// One sentence that names the invalid value.
pub(super) fn load(setting: Option<&str>, reach: Option<Reach>) -> Result<(Access, String)> {
    let Some(name) = setting else {
        return Ok(match reach {
            None => (Access::Open, "A name is enough to sign in.".to_owned()),
            Some(reach) => (
                Access::Invited,
                format!(
                    "New people need an invitation, because {}; `--access open` lets everybody in who reaches the server.",
                    reach.reason()
                ),
            ),
        });
    };
    match Access::parse(name.trim()) {
        Some(Access::Open) => Ok((Access::Open, "A name is enough to sign in.".to_owned())),
        Some(Access::Invited) => Ok((Access::Invited, "New people need an invitation.".to_owned())),
        Some(Access::Closed) => Ok((
            Access::Closed,
            "New people need an invitation for one person by an administrator.".to_owned(),
        )),
        None => bail!("{name:?} is not one of open, invited and closed"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_setting_a_server_that_others_reach_needs_invitations() {
        assert_eq!(load(None, None).unwrap().0, Access::Open);
        for reach in [Reach::Listen, Reach::Proxies, Reach::Origins] {
            let (access, sentence) = load(None, Some(reach)).unwrap();
            assert!(access == Access::Invited && sentence.contains(reach.reason()), "{sentence}");
            assert_eq!(load(Some("open"), Some(reach)).unwrap().0, Access::Open);
        }
        assert_eq!(load(Some(" closed"), None).unwrap().0, Access::Closed);
        assert!(load(Some("Open"), None).unwrap_err().to_string().contains("open, invited"));
    }
}
