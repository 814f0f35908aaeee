//! The lines of the configuration that switch an app. There are no owners yet, so the configuration is the switch.

use leptos::prelude::*;
use madang_shared::apps::{App, Apps};

use crate::auth::Auth;
use crate::i18n::Words;
use crate::route::Page;

const SWITCH_ON: Words = Words::new(
    "서버를 운영한다면, 둘 가운데 한 줄을 적고 서버를 다시 시작하세요. 그러면 켜집니다.",
    "If you run the server, write one of these lines and start the server again to switch it on.",
);
const SWITCH_OFF: Words = Words::new(
    "서버를 운영한다면, 둘 가운데 한 줄을 적고 서버를 다시 시작하세요. 그러면 꺼집니다.",
    "If you run the server, write one of these lines and start the server again to switch it off.",
);
const FLAG: Words = Words::new("플래그", "Flag");
const FILE: Words = Words::new("설정 파일", "Configuration file");

/// The lines that switch the app of a page.
pub(super) fn switch_lines(auth: Auth, page: Page) -> AnyView {
    let Some(app) = page.app() else { return ().into_any() };
    let apps = auth.workspace.with(|workspace| workspace.apps.switched(app));
    let hint = if apps.contains(app) { SWITCH_ON } else { SWITCH_OFF };
    let (flag, in_file) = lines(apps);
    view! {
        <p class="hint">{hint.now()}</p>
        <dl class="app-lines">
            <dt>{FLAG.now()}</dt>
            <dd><code dir="ltr" translate="no">{flag}</code></dd>
            <dt>{FILE.now()}</dt>
            <dd><code dir="ltr" translate="no">{in_file}</code></dd>
        </dl>
    }
    .into_any()
}

/// The flag, and the line of the file, with which a server has exactly these apps.
fn lines(apps: Apps) -> (String, String) {
    let names: Vec<&str> = apps.iter().map(App::name).collect();
    if names.is_empty() {
        return ("--apps off".to_owned(), "apps = []".to_owned());
    }
    (["--apps ", &names.join(",")].concat(), ["apps = [\"", &names.join("\", \""), "\"]"].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_are_those_of_the_configuration() {
        let (flag, in_file) = lines(Apps::all().switched(App::Price));
        assert_eq!(flag, "--apps feed,orders,counter");
        assert_eq!(in_file, r#"apps = ["feed", "orders", "counter"]"#);
        let (flag, in_file) = lines(Apps::default());
        assert_eq!((flag.as_str(), in_file.as_str()), ("--apps off", "apps = []"));
    }
}
