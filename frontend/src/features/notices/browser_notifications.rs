//! Notices as notifications of the browser, while the tab is hidden. The permission is requested on a click, beside
//! a sentence that explains it, and never automatically: in the settings, or in a bar after the first mention.

use std::mem;

use js_sys::Reflect;
use leptos::prelude::*;
use leptos::task::spawn_local;
use madang_client::Slice;
use madang_client::views::notices::ShownNotice;
use madang_shared::Seq;
use madang_shared::notices::{NoticeBox, NoticeKind};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Notification, NotificationOptions, NotificationPermission};

use super::strings::sentence;
use super::{Shown, read, shown, source};
use crate::browser;
use crate::context::{AppContext, use_app};
use crate::features::profile::is_quiet;
use crate::i18n::{Words, use_lang};
use crate::newcomer::is_newcomer;
use crate::ui::erased::events;
use crate::ui::erased::memo::memo;
use crate::ui::erased::reactive::{effect, part, when};
use crate::ui::erased::signal::{State, state};
use crate::ui::switch::labelled_switch;

const DENIED: Words = Words::new(
    "브라우저가 이 사이트의 알림을 막고 있습니다. 브라우저의 사이트 설정에서 풀 수 있습니다.",
    "Your browser blocks notifications of this site. Its site settings can allow them.",
);
const UNSUPPORTED: Words = Words::new(
    "이 브라우저는 이 주소에서 알림을 띄울 수 없습니다.",
    "This browser cannot show notifications at this address.",
);
const OFFER: Words = Words::new(
    "누가 나를 부르면 브라우저 알림으로 알려 드릴까요?",
    "Shall your browser tell you when somebody mentions you?",
);
const ACCEPT: Words = Words::new("알림 켜기", "Switch on");
const LATER: Words = Words::new("괜찮아요", "No, thanks");
const KEY: &str = "madang.notices.browser";
/// The maximum number of notifications at once; of more notices, the newest are shown.
const MAX_AT_ONCE: usize = 3;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Permission {
    Unsupported,
    Denied,
    NotAsked,
    Granted,
}

fn permission() -> Permission {
    // Reading the permission throws where the browser has no notifications.
    if !Reflect::has(&window(), &JsValue::from_str("Notification")).unwrap_or(false) {
        return Permission::Unsupported;
    }
    match Notification::permission() {
        NotificationPermission::Granted => Permission::Granted,
        NotificationPermission::Denied => Permission::Denied,
        _ => Permission::NotAsked,
    }
}

fn is_wanted() -> bool {
    browser::remembered(KEY).as_deref() == Some("on")
}

/// Asks the browser for its permission, if it was not asked before, and remembers the user's choice.
fn choose(on: bool, then: impl FnOnce() + 'static) {
    browser::remember(KEY, if on { "on" } else { "off" });
    spawn_local(async move {
        if on
            && permission() == Permission::NotAsked
            && let Ok(request) = Notification::request_permission()
        {
            // The browser keeps the answer.
            JsFuture::from(request).await.ok();
        }
        then();
    });
}

/// Shows new notices while the tab is hidden, and offers that in a bar once the user was mentioned. The bar never appears
/// in an open room, because it would move the messages under the pointer. It is in the lazy part of the app.
pub(crate) fn notifications() -> AnyView {
    let app = use_app();
    notify_when_hidden(app);
    let store = app.driver.store();
    let answered =
        state(browser::remembered(KEY).is_some() || permission() != Permission::NotAsked);
    let is_mentioned = memo(move || {
        read(store, |client| {
            let is_mention = |notice: &ShownNotice| notice.what.kind() == NoticeKind::Mention;
            shown(client).notices.iter().any(is_mention)
        })
    });
    // Another room is drawn as a whole, so the bar may appear with it: it moves nothing under the pointer.
    let (was_mentioned, mut is_first) = (state(false), true);
    effect(move || {
        app.router.get();
        was_mentioned.set(!mem::take(&mut is_first) && is_mentioned.get_untracked());
    });
    let is_outside_rooms = move || app.router.get().room().is_none();
    when(
        move || {
            // The first steps of a newcomer ask the same.
            !answered.get()
                && is_mentioned.get()
                && (was_mentioned.get() || is_outside_rooms())
                && !is_newcomer()
        },
        move || offer(answered),
    )
}

fn offer(answered: State<bool>) -> AnyView {
    let answer = move |on| {
        move |_| {
            choose(on, move || {
                answered.try_set(true);
            });
        }
    };
    view! {
        <div class="banner banner-offer" role="status" data-testid="offer">
            <span>{OFFER.now()}</span>
            <button class="button button-strong" data-testid="offer-accept" on:click=events::click(answer(true))>{ACCEPT.now()}</button>
            <button class="button" data-testid="offer-later" on:click=events::click(answer(false))>{LATER.now()}</button>
        </div>
    }
    .into_any()
}

/// Whether the browser can show notifications here, and has not refused.
pub(crate) fn is_possible() -> bool {
    !matches!(permission(), Permission::Unsupported | Permission::Denied)
}

/// Whether the browser shows notifications.
pub(crate) fn is_allowed() -> bool {
    is_wanted() && permission() == Permission::Granted
}

/// Asks the browser for its permission, and calls `then` with the answer.
pub(crate) fn request(then: impl FnOnce() + 'static) {
    choose(true, then);
}

/// The switch, named by the element with the id; or the reason why there is none.
pub(crate) fn browser_switch(labelled_by: &'static str) -> AnyView {
    let state = state((permission(), is_wanted()));
    let refresh = move || {
        state.try_set((permission(), is_wanted()));
    };
    let toggle = move || {
        let (permission, wanted) = state.get_untracked();
        let on = !(wanted && permission == Permission::Granted);
        choose(on, refresh);
        refresh();
    };
    let on = move || state.get() == (Permission::Granted, true);
    part(move || match state.get().0 {
        Permission::Unsupported => view! { <p class="hint">{UNSUPPORTED.now()}</p> }.into_any(),
        Permission::Denied => {
            view! { <p class="hint" data-testid="outside-denied">{DENIED.now()}</p> }.into_any()
        }
        Permission::NotAsked | Permission::Granted => {
            labelled_switch("outside", labelled_by, on, toggle)
        }
    })
}

/// Shows new notices as notifications while the tab is hidden.
fn notify_when_hidden(app: AppContext) {
    let store = app.driver.store();
    let lang = use_lang();
    let mut known = Vec::<(NoticeBox, Seq)>::new();
    effect(move || {
        let Some((Shown { notices, muted }, arrived)) = store.read(Slice::Notices, |client| {
            let view = client.features().notices();
            let arrived = NoticeBox::ALL.into_iter().filter(|of| view.has_arrived(*of));
            view.is_known().then(|| (shown(client), arrived.collect::<Vec<_>>()))
        }) else {
            return;
        };
        let last = |of| {
            let seqs = notices.iter().filter(|it| it.of == of).map(|it| it.seq);
            (of, seqs.max().unwrap_or_default())
        };
        // The first notices of a topic are not news.
        let before = mem::replace(&mut known, arrived.into_iter().map(last).collect());
        if !browser::is_hidden()
            || !is_wanted()
            || permission() != Permission::Granted
            || is_quiet(app)
        {
            return;
        }
        let is_news = |notice: &&ShownNotice| {
            before.iter().any(|(of, seq)| *of == notice.of && notice.seq > *seq)
                && !notice.read
                && !muted.contains(&notice.what.kind())
        };
        for notice in notices.iter().filter(is_news).take(MAX_AT_ONCE) {
            let body = sentence(&notice.what, lang.get_untracked());
            // Some phones let only service workers show notifications; there the bell alone shows the notice.
            show(app, notice, lang.get_untracked().texts().app, &body).ok();
        }
    });
}

fn show(app: AppContext, notice: &ShownNotice, title: &str, body: &str) -> Result<(), JsValue> {
    let options = NotificationOptions::new();
    options.set_body(body);
    // Several tabs show the same notice once, because its tag is the same.
    options.set_tag(&format!("{:?}-{}", notice.of, notice.seq.0));
    let shown = Notification::new_with_options(title, &options)?;
    let route = source(&notice.what);
    let opened = Closure::once_into_js(move || {
        // The browser may forbid it; the notice is open all the same.
        window().focus().ok();
        if let Some(route) = route {
            app.go(route);
        }
    });
    shown.set_onclick(Some(opened.unchecked_ref()));
    Ok(())
}
