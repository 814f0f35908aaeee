//! The grants of the user in the apps: pages show what the user may do, and whom to ask for the rest. The server decides
//! again. It is in the lazy part of the app, as all pages are.

use leptos::prelude::*;
use leptos::task::spawn_local;
use madang_client::{Client, Slice};
use madang_shared::User;
use madang_shared::grants::{GRANTS_PATH, Grant, Grants, OwnGrants};

use crate::context::use_app;
use crate::i18n::{Lang, Words, isolated, use_lang};
use crate::session;
use crate::ui::erased::memo::memo;
use crate::ui::erased::reactive::{effect, part, text};
use crate::ui::erased::signal::{State, state};

const FORBIDDEN: Words = Words::new("여기를 쓸 권한이 없습니다", "You may not use this");

/// The grants of the user; none before the answer.
#[derive(Clone, Copy)]
pub(crate) struct MyGrants(State<Option<OwnGrants>>);

impl MyGrants {
    /// Reads the grants, and again when they may have changed.
    pub(crate) fn load() -> Self {
        let store = use_app().driver.store();
        let known = state(None);
        let checks = memo(move || store.read(Slice::Connection, Client::rights_checks));
        effect(move || {
            checks.get();
            spawn_local(async move {
                // Without an answer the page stays as it is.
                if let Ok(own) = session::load::<OwnGrants>(GRANTS_PATH).await {
                    known.try_set(Some(own));
                }
            });
        });
        Self(known)
    }

    /// Whether the user has one of the grants; true before the answer, because most users have.
    pub(crate) fn has(self, any: &'static [Grant]) -> bool {
        self.0.with(|own| own.as_ref().is_none_or(|own| own.grants.has_any(Grants::of(any))))
    }

    /// Draws what needs one of the grants, or tells the user whom to ask.
    pub(crate) fn guard(
        self,
        any: &'static [Grant],
        draw: impl Fn() -> AnyView + Send + Sync + 'static,
    ) -> AnyView {
        // The content is drawn again only when the answer changes.
        let may = memo(move || self.has(any));
        part(move || if may.get() { draw() } else { self.forbidden(any) })
    }

    /// The card in place of what the user may not do.
    fn forbidden(self, any: &'static [Grant]) -> AnyView {
        let lang = use_lang();
        let sentence = text(move || {
            let asked = self.0.with(|own| own.as_ref().map(|own| own.administrators.clone()));
            whom_to_ask(lang.get(), any, &asked.unwrap_or_default())
        });
        view! {
            <section class="card app-off" role="status" data-testid="forbidden">
                <h2 class="card-title">{FORBIDDEN.now()}</h2>
                <p>{sentence}</p>
            </section>
        }
        .into_any()
    }
}

/// Reads the grants of the user, and draws a page that needs one of them.
pub(crate) fn guarded_page(
    any: &'static [Grant],
    draw: impl Fn(MyGrants) -> AnyView + Send + Sync + 'static,
) -> AnyView {
    let mine = MyGrants::load();
    let may = memo(move || mine.has(any));
    part(move || {
        if may.get() {
            return draw(mine);
        }
        view! { <div class="page"><div class="page-body page-reading">{mine.forbidden(any)}</div></div> }
            .into_any()
    })
}

fn whom_to_ask(lang: Lang, any: &[Grant], administrators: &[User]) -> String {
    let grants: Vec<&str> = any.iter().map(|grant| grant_name(*grant).of(lang)).collect();
    let names: Vec<_> = administrators.iter().map(|user| isolated(&user.name)).collect();
    match (lang, names.is_empty()) {
        (Lang::Ko, true) => {
            format!("필요한 권한: {}. 서버 관리자에게 부탁하세요.", grants.join(" 또는 "))
        }
        (Lang::Ko, false) => format!(
            "필요한 권한: {}. 관리자에게 부탁하세요: {}",
            grants.join(" 또는 "),
            names.join(", ")
        ),
        (Lang::En, true) => {
            format!("It needs the right “{}”. Ask an administrator.", grants.join("” or “"))
        }
        (Lang::En, false) => format!(
            "It needs the right “{}”. Ask an administrator: {}.",
            grants.join("” or “"),
            names.join(", ")
        ),
    }
}

/// The name of a grant.
pub(crate) fn grant_name(grant: Grant) -> Words {
    match grant {
        Grant::Customer => Words::new("주문하기", "Place orders"),
        Grant::Kitchen => Words::new("매장에서 주문 처리", "Handle orders in the restaurant"),
        Grant::Rider => Words::new("주문 배달", "Deliver orders"),
        Grant::ReadFeed => Words::new("소식 읽기", "Read the feed"),
        Grant::WriteFeed => Words::new("소식 쓰기", "Write in the feed"),
        Grant::Count => Words::new("함께 세는 수 바꾸기", "Change the shared counter"),
        Grant::Demonstrate => {
            Words::new("알림 시범 켜고 끄기", "Switch the demonstration of notices")
        }
    }
}

#[cfg(test)]
mod tests {
    use madang_shared::UserId;

    use super::*;

    #[test]
    fn the_page_says_what_is_needed_and_whom_to_ask() {
        let asked = [(1, "미나"), (2, "דנה")]
            .map(|(id, name)| User { id: UserId(id), name: name.to_owned() });
        assert_eq!(
            whom_to_ask(Lang::Ko, &[Grant::Kitchen], &asked),
            "필요한 권한: 매장에서 주문 처리. 관리자에게 부탁하세요: 미나, \u{2068}דנה\u{2069}"
        );
        assert_eq!(
            whom_to_ask(Lang::En, &[Grant::Kitchen, Grant::Rider], &[]),
            "It needs the right “Handle orders in the restaurant” or “Deliver orders”. Ask an administrator."
        );
    }
}
