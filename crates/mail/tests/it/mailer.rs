//! Mails to a server that takes, refuses, hangs, and recovers; settings that cannot be used.

use std::time::Duration;

use madang_mail::{InvalidMailSettings, Mail, MailServerSettings, MailTiming, Mailer};

use crate::smtp_server::{Behaviour, SmtpServer};

fn settings(url: String, password: Option<&str>) -> MailServerSettings {
    let timing =
        MailTiming { waits: vec![Duration::ZERO, Duration::ZERO], ..MailTiming::default() };
    let from = "마당 <hub@example.com>".to_owned();
    MailServerSettings { url, password: password.map(str::to_owned), from, timing }
}

async fn mailer(behaviour: Behaviour) -> (SmtpServer, Mailer) {
    let server = SmtpServer::start(behaviour).await;
    let mailer = Mailer::new(&settings(server.url(""), None)).unwrap();
    (server, mailer)
}

fn mail() -> Mail {
    Mail {
        to: "mina@example.com".to_owned(),
        subject: "마당: 비밀번호를 다시 정하세요".to_owned(),
        text: "민아 님, 안녕하세요.\n.\nhttps://hub.example/link#token=\n".to_owned(),
        at_ms: 1_700_000_000_000,
    }
}

#[tokio::test]
async fn a_mail_arrives_whole() {
    let (server, mailer) = mailer(Behaviour::Accept).await;
    assert_eq!(mailer.check().await, Ok(()));
    mailer.send(&mail()).await.unwrap();
    let received = server.next_mail().await;
    assert_eq!((&*received.from, &*received.to), ("hub@example.com", "mina@example.com"));
    assert_eq!((&received.subject, &received.text), (&mail().subject, &mail().text));
    assert_eq!(received.link(), "https://hub.example/link#token=");
    for line in [
        "Auto-Submitted: auto-generated",
        "Date: Tue, 14 Nov 2023 22:13:20 +0000",
        "Content-Type: text/plain; charset=utf-8",
    ] {
        assert!(received.header.contains(line), "{}", received.header);
    }
    assert!(received.header.contains("@example.com>"), "{}", received.header);
    assert!(!format!("{:?}", mail()).contains("mina@"), "no log shows a recipient");
}

#[tokio::test]
async fn a_refused_mail_is_not_sent_again_and_its_error_names_nobody() {
    let (server, mailer) = mailer(Behaviour::Refuse).await;
    let error = mailer.send(&mail()).await.unwrap_err();
    assert!(error.is_permanent);
    assert_eq!(error.to_string(), "the mail server refuses with 550");
    assert_eq!(server.recipients(), 1);
}

#[tokio::test]
async fn a_temporary_error_is_followed_by_another_attempt() {
    let (server, mailer) = mailer(Behaviour::FailFirst(2)).await;
    mailer.send(&mail()).await.unwrap();
    assert_eq!((server.recipients(), server.next_mail().await.to), (3, mail().to));
    server.behave(Behaviour::FailFirst(9));
    let error = mailer.send(&mail()).await.unwrap_err();
    assert_eq!(error.to_string(), "the mail server answers 451");
    assert_eq!(server.recipients(), 6, "three attempts each");
}

#[tokio::test]
async fn a_server_that_says_nothing_costs_a_bounded_time() {
    let server = SmtpServer::start(Behaviour::Hang).await;
    let mut settings = settings(server.url(""), None);
    settings.timing.attempt = Duration::from_millis(300);
    let mailer = Mailer::new(&settings).unwrap();
    let error = mailer.send(&mail()).await.unwrap_err();
    assert!(!error.is_permanent && server.connections() == 3, "{error}");
    assert!(mailer.check().await.is_err());
}

#[tokio::test]
async fn the_password_signs_in() {
    let server = SmtpServer::start(Behaviour::SignIn("hub@x".into(), "geheim".into())).await;
    let with = |password| Mailer::new(&settings(server.url("hub%40x"), Some(password))).unwrap();
    assert_eq!(with("geheim").check().await, Ok(()));
    with("geheim").send(&mail()).await.unwrap();
    let error = with("wrong").check().await.unwrap_err();
    assert!(error.contains("535"), "{error}");
    assert!(with("wrong").send(&mail()).await.unwrap_err().is_permanent);
    assert!(!format!("{:?}", settings(server.url("hub"), Some("geheim"))).contains("geheim"));
}

#[tokio::test]
async fn settings_that_cannot_be_used_are_refused() {
    let refused =
        |url: &str, password: Option<&str>| Mailer::new(&settings(url.to_owned(), password)).err();
    for wrong in ["mail.example.com", "https://mail.example.com", "smtp://", "smtps://a/b"] {
        assert_eq!(refused(wrong, None), Some(InvalidMailSettings::Url), "{wrong}");
    }
    let with_password = "smtps://hub:geheim@mail.example.com";
    assert_eq!(refused(with_password, None), Some(InvalidMailSettings::PasswordInUrl));
    let with_user = "smtps://hub@mail.example.com";
    assert_eq!(refused(with_user, None), Some(InvalidMailSettings::MissingPassword));
    let without = "smtps://mail.example.com";
    assert_eq!(refused(without, Some("x")), Some(InvalidMailSettings::MissingUser));
    for good in [without, "smtp://mail.example.com:2525", "smtp://localhost", "smtp://[::1]:25"] {
        assert_eq!(refused(good, None), None, "{good}");
    }
    let from = "no address".to_owned();
    let no_sender = MailServerSettings { from, ..settings(without.to_owned(), None) };
    assert!(matches!(Mailer::new(&no_sender).err(), Some(InvalidMailSettings::Sender(_))));
}

/// The name leads to this machine, but the settings do not say so: the password never leaves in plain text.
#[tokio::test]
async fn a_server_elsewhere_without_encryption_gets_no_mail() {
    let server = SmtpServer::start(Behaviour::Accept).await;
    let port = server.url("").rsplit(':').next().unwrap().to_owned();
    // Other systems than Linux may not answer here.
    let mailer = Mailer::new(&settings(format!("smtp://0.0.0.0:{port}"), None)).unwrap();
    let error = mailer.send(&mail()).await.unwrap_err();
    assert_eq!(error.to_string(), "the mail server lacks what the settings need");
    assert_eq!((server.connections(), server.recipients()), (1, 0));
    assert!(server.has_no_mail().await);
}
