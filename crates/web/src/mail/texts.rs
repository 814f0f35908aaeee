//! The texts of mails, in Korean and English. They are plain text, and say who has asked, from where, and that nothing
//! changes if nobody opens the link.

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_LANGUAGE;

/// A language of mails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailLang {
    /// Korean.
    Ko,
    /// English.
    En,
}

impl MailLang {
    /// The language that the browser of a request prefers; English without another one.
    pub fn of_request(headers: &HeaderMap) -> Self {
        let accepted = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        // Browsers list languages in the order of preference.
        let mut tags = accepted.unwrap_or_default().split(',');
        tags.find_map(Self::of_tag).unwrap_or(Self::En)
    }

    /// The language of a tag (BCP 47), if mails have it.
    pub fn of_tag(tag: &str) -> Option<Self> {
        match tag.trim().split(['-', ';']).next().map(str::to_ascii_lowercase).as_deref() {
            Some("ko") => Some(Self::Ko),
            Some("en") => Some(Self::En),
            _ => None,
        }
    }
}

/// The origin of a request, as the recipient of a mail is told it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestedFrom {
    /// The program and the system, such as "Firefox on Windows"; empty if they are unknown.
    pub device: String,
    /// The network.
    pub network: String,
}

impl RequestedFrom {
    fn in_words(&self, lang: MailLang) -> String {
        let device = match (lang, self.device.split_once(" on ")) {
            _ if self.device.is_empty() => return self.network.clone(),
            (MailLang::Ko, Some((program, system))) => format!("{system}의 {program}"),
            _ => self.device.clone(),
        };
        format!("{device}, {}", self.network)
    }
}

/// The facts that the texts name.
#[derive(Clone, Copy, Debug)]
pub struct MailTexts<'m> {
    /// The language.
    pub lang: MailLang,
    /// The name of the server.
    pub server: &'m str,
    /// The name of the account.
    pub name: &'m str,
    /// The origin of the request.
    pub from: &'m RequestedFrom,
    /// The address of the page with the token.
    pub link: &'m str,
}

impl MailTexts<'_> {
    /// Subject and text of the mail with a recovery link.
    pub fn recovery(self) -> (String, String) {
        let Self { lang, server, name, link, .. } = self;
        let from = self.from.in_words(lang);
        match lang {
            MailLang::Ko => (
                format!("{server}: 비밀번호 다시 정하기"),
                format!(
                    "{name} 님, 안녕하세요.\n\n\
                    {server}에서 이 계정의 비밀번호를 잊었다는 요청을 받았습니다.\n\
                    요청한 곳: {from}\n\n\
                    아래 주소를 열면 새 비밀번호를 정할 수 있습니다. 한 시간 안에 한 번만 쓸 수 있습니다.\n\n\
                    {link}\n\n\
                    직접 요청하지 않았다면 이 메일을 무시하세요. 아무것도 바뀌지 않습니다.\n"
                ),
            ),
            MailLang::En => (
                format!("{server}: choose a new password"),
                format!(
                    "Hello {name},\n\n\
                    somebody told {server} that the password of this account is forgotten.\n\
                    The request came from: {from}\n\n\
                    Open this address to choose a new password. It works once, within an hour.\n\n\
                    {link}\n\n\
                    If it was not you, ignore this mail. Nothing changes.\n"
                ),
            ),
        }
    }

    /// Subject and text of the mail that verifies an address.
    pub fn verification(self) -> (String, String) {
        let Self { lang, server, name, link, .. } = self;
        let from = self.from.in_words(lang);
        match lang {
            MailLang::Ko => (
                format!("{server}: 메일 주소 확인"),
                format!(
                    "안녕하세요.\n\n\
                    {server}의 {name} 계정에 이 메일 주소를 연결해 달라는 요청을 받았습니다.\n\
                    요청한 곳: {from}\n\n\
                    아래 주소를 열어 확인하면 비밀번호를 잊었을 때 이 주소로 링크를 받을 수 있습니다. 하루 안에 한 번만 쓸 수 있습니다.\n\n\
                    {link}\n\n\
                    직접 요청하지 않았다면 이 메일을 무시하세요. 아무것도 바뀌지 않습니다.\n"
                ),
            ),
            MailLang::En => (
                format!("{server}: confirm your mail address"),
                format!(
                    "Hello,\n\n\
                    somebody asked to connect this mail address with the account {name} on {server}.\n\
                    The request came from: {from}\n\n\
                    Open this address and confirm; then you get a link here when you forget your password. It works once, within a day.\n\n\
                    {link}\n\n\
                    If it was not you, ignore this mail. Nothing changes.\n"
                ),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn the_language_is_the_first_that_mails_have() {
        for (accepted, lang) in [
            ("ko-KR,ko;q=0.9,en;q=0.8", MailLang::Ko),
            ("en-US,en;q=0.9,ko;q=0.8", MailLang::En),
            ("de, KO;q=0.5", MailLang::Ko),
            ("de", MailLang::En),
            ("", MailLang::En),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_LANGUAGE, HeaderValue::from_static(accepted));
            assert_eq!(MailLang::of_request(&headers), lang, "{accepted}");
        }
        assert_eq!(MailLang::of_tag("kok"), None);
    }

    #[test]
    fn mails_say_from_where_the_request_came() {
        let from = RequestedFrom { device: "Firefox on Windows".into(), network: "::1/64".into() };
        assert_eq!(from.in_words(MailLang::Ko), "Windows의 Firefox, ::1/64");
        assert_eq!(from.in_words(MailLang::En), "Firefox on Windows, ::1/64");
        let unknown = RequestedFrom { device: String::new(), ..from };
        assert_eq!(unknown.in_words(MailLang::Ko), "::1/64");
    }
}
