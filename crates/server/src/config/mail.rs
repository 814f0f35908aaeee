//! The mail server.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::Args;
use madang_mail::{MailServerSettings, MailTiming, Mailer};
use serde::Deserialize;

/// The settings of mail on the command line and in the environment.
#[derive(Debug, Default, Args)]
#[expect(clippy::struct_field_names, reason = "the fields have the names of the flags")]
pub(super) struct MailFlags {
    /// The mail server that sends links to people who have forgotten their password: `smtps://USER@HOST`, or
    /// `smtp://USER@HOST` for a server with STARTTLS. Only a server on this machine gets plain text. Needs `--mail-from`
    /// and `--public-origin`; the links lead to the first origin [default: no mail]. In the file: `server` under
    /// `[mail]`.
    #[arg(long, env = "MADANG_MAIL_SERVER", value_name = "URL")]
    mail_server: Option<String>,
    /// The file that holds the password of the mail server's user. In the file: `password_file` under `[mail]`.
    #[arg(long, env = "MADANG_MAIL_PASSWORD_FILE", value_name = "FILE")]
    mail_password_file: Option<PathBuf>,
    /// The sender of mails: `hub@example.com`, or `Our hub <hub@example.com>`. In the file: `from` under `[mail]`.
    #[arg(long, env = "MADANG_MAIL_FROM", value_name = "ADDRESS")]
    mail_from: Option<String>,
}

/// The table `[mail]` of the file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MailTable {
    server: Option<String>,
    password_file: Option<PathBuf>,
    from: Option<String>,
}

/// The mail server, and the origin of links in mails.
#[derive(Clone, Debug)]
pub(crate) struct MailSettings {
    pub(crate) mailer: Mailer,
    pub(crate) origin: String,
}

/// The mail server of the settings; `None` without one. `origin` is the first public origin.
pub(super) fn load(
    flags: MailFlags,
    table: MailTable,
    origin: Option<String>,
) -> Result<Option<MailSettings>> {
    let password_file = flags.mail_password_file.or(table.password_file);
    let from = flags.mail_from.or(table.from).filter(|from| !from.is_empty());
    let url = flags.mail_server.or(table.server).filter(|url| !url.is_empty());
    let Some(url) = url else {
        if password_file.is_some() || from.is_some() {
            bail!("`mail_server` is missing, which the other settings of mail need");
        }
        return Ok(None);
    };
    let from = from.context("`mail_from` is missing; name the sender of mails")?;
    let origin = origin.context(
        "`public_origins` is missing, which links in mails need; name the address of this server with `--public-origin`",
    )?;
    let password = password_file
        .map(|path| {
            let read = std::fs::read_to_string(&path);
            let place = || format!("`mail_password_file`: cannot read {}", path.display());
            read.map(|password| password.trim_end().to_owned()).with_context(place)
        })
        .transpose()?;
    let timing = MailTiming::default();
    let settings = MailServerSettings { url, password, from, timing };
    let mailer = Mailer::new(&settings).context("`mail_server`")?;
    Ok(Some(MailSettings { mailer, origin }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flags(server: Option<&str>, from: Option<&str>, password: Option<&str>) -> MailFlags {
        MailFlags {
            mail_server: server.map(str::to_owned),
            mail_password_file: password.map(PathBuf::from),
            mail_from: from.map(str::to_owned),
        }
    }

    fn refusal(flags: MailFlags, origin: Option<&str>) -> String {
        let refused = load(flags, MailTable::default(), origin.map(str::to_owned)).unwrap_err();
        format!("{refused:#}")
    }

    const SERVER: Option<&str> = Some("smtps://hub@mail.example.com");
    const FROM: Option<&str> = Some("hub@example.com");
    const ORIGIN: Option<&str> = Some("https://chat.example");

    #[test]
    fn the_password_comes_from_a_file_and_is_not_shown() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "geheim\n").unwrap();
        let flags = flags(SERVER, FROM, file.path().to_str());
        let origin = ORIGIN.map(str::to_owned);
        let settings = load(flags, MailTable::default(), origin).unwrap().unwrap();
        let shown = format!("{settings:?}");
        assert!(shown.contains("smtps://mail.example.com:465"), "{shown}");
        assert!(!shown.contains("geheim") && !shown.contains("hub@mail"), "{shown}");
    }

    #[test]
    fn mail_that_cannot_work_is_an_error() {
        let none = load(flags(None, None, None), MailTable::default(), None).unwrap();
        assert!(none.is_none());
        for (flags, origin, message) in [
            (flags(None, FROM, None), ORIGIN, "`mail_server` is missing"),
            (flags(None, None, Some("/x")), ORIGIN, "`mail_server` is missing"),
            (flags(SERVER, None, None), ORIGIN, "`mail_from` is missing"),
            (flags(SERVER, FROM, None), None, "`public_origins` is missing"),
            (flags(SERVER, FROM, None), ORIGIN, "`mail_server`: it names a user"),
            (flags(SERVER, FROM, Some("/nowhere/x")), ORIGIN, "cannot read /nowhere/x"),
            (flags(Some("smtps://h.example"), Some("x"), None), ORIGIN, "no mail address"),
            (flags(Some("mail.example.com"), FROM, None), ORIGIN, "it must be `smtps://"),
        ] {
            let refused = refusal(flags, origin);
            assert!(refused.contains(message), "{refused}");
        }
    }
}
