//! Screens and languages of browsers.

/// The language of a browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lang {
    Ko,
    En,
}

impl Lang {
    /// The language tag.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Ko => "ko",
            Self::En => "en",
        }
    }

    /// The value of the browser's setting for accepted languages.
    pub(super) fn accepted(self) -> &'static str {
        match self {
            Self::Ko => "ko-KR,ko",
            Self::En => "en-US,en",
        }
    }
}

/// The screen and the settings of a browser.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Device {
    pub(super) lang: Lang,
    pub(super) phone: bool,
    pub(super) ignores_certificate_errors: bool,
    pub(super) blocks_cookies: bool,
}

impl Device {
    /// A window of 1280 by 800.
    pub(crate) fn desktop(lang: Lang) -> Self {
        Self { lang, phone: false, ignores_certificate_errors: false, blocks_cookies: false }
    }

    /// A touch screen of 390 by 844.
    pub(crate) fn phone(lang: Lang) -> Self {
        Self { lang, phone: true, ignores_certificate_errors: false, blocks_cookies: false }
    }

    /// Accepts the self-signed certificate of a test.
    pub(crate) fn ignoring_certificate_errors(self) -> Self {
        Self { ignores_certificate_errors: true, ..self }
    }

    /// Neither stores nor sends cookies.
    pub(crate) fn blocking_cookies(self) -> Self {
        Self { blocks_cookies: true, ..self }
    }
}
