//! Bans of accounts, and mutes in the whole workspace, in the list of people.

use leptos::ev;
use leptos::prelude::*;
use madang_shared::administration::{AdministrationAct, ListedPerson};
use madang_shared::{User, UserId};

use super::loading::ActState;
use crate::browser;
use crate::features::moderation::{
    REASON_FOR_PERSON, USUAL_DURATION_MS, duration_choice, reason_input,
};
use crate::i18n::{CANCEL, Lang, Words, isolated, use_lang};
use crate::time::Times;
use crate::ui::dialog::dialog;
use crate::ui::erased::events;
use crate::ui::erased::reactive::{flag, text};
use crate::ui::erased::signal::{State, state};

const BAN: Words = Words::new("차단", "Ban");
const END_BAN: Words = Words::new("차단 풀기", "End the ban");
const MUTE: Words = Words::new("글쓰기 막기", "Mute");
const END_MUTE: Words = Words::new("글쓰기 풀기", "End the mute");
const BANNED: Words = Words::new("차단됨", "Banned");
const TITLE_ID: &str = "restrict-title";

/// A restriction of a person, or its end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Act {
    Ban,
    EndBan,
    Mute,
    EndMute,
}

impl Act {
    fn name(self) -> Words {
        match self {
            Self::Ban => BAN,
            Self::EndBan => END_BAN,
            Self::Mute => MUTE,
            Self::EndMute => END_MUTE,
        }
    }

    fn id(self) -> &'static str {
        match self {
            Self::Ban => "ban",
            Self::EndBan => "unban",
            Self::Mute => "mute",
            Self::EndMute => "unmute",
        }
    }

    fn request(self, user: UserId, lasts_ms: u64) -> AdministrationAct {
        match self {
            Self::Ban => {
                AdministrationAct::Ban { user, lasts_ms: Some(lasts_ms).filter(|it| *it > 0) }
            }
            Self::EndBan => AdministrationAct::EndBan { user },
            Self::Mute => AdministrationAct::Silence { user, lasts_ms },
            Self::EndMute => AdministrationAct::Silence { user, lasts_ms: 0 },
        }
    }
}

/// The state of the dialog. Copies are the same.
#[derive(Clone, Copy)]
pub(super) struct Restrictions {
    open: State<bool>,
    of: State<Option<(Act, User)>>,
    reason: State<String>,
    lasts_ms: State<u64>,
}

impl Restrictions {
    pub(super) fn new() -> Self {
        Self {
            open: state(false),
            of: state(None),
            reason: state(String::new()),
            lasts_ms: state(USUAL_DURATION_MS),
        }
    }

    /// The buttons of a person.
    pub(super) fn buttons(self, person: &ListedPerson) -> AnyView {
        let ban = if is_banned(person) { Act::EndBan } else { Act::Ban };
        let mute = if is_muted(person) { Act::EndMute } else { Act::Mute };
        let button = |act: Act| {
            let user = person.user.clone();
            let id = format!("{}-{}", act.id(), user.id);
            let ask = move |_| {
                self.reason.set(String::new());
                self.lasts_ms.set(USUAL_DURATION_MS);
                self.of.set(Some((act, user.clone())));
                self.open.set(true);
            };
            view! { <button class="button" data-testid=id on:click=events::click(ask)>{act.name().now()}</button> }
                .into_any()
        };
        [mute, ban].map(button).into_iter().collect_view().into_any()
    }
}

fn is_banned(person: &ListedPerson) -> bool {
    let now = browser::now();
    person.ban.as_ref().is_some_and(|ban| ban.until.is_none_or(|until| until > now))
}

fn is_muted(person: &ListedPerson) -> bool {
    person.silenced_until.is_some_and(|until| until > browser::now())
}

/// The tags of a restricted person.
pub(super) fn restriction_tags(person: &ListedPerson, times: Times) -> AnyView {
    let lang = use_lang();
    let banned = is_banned(person).then(|| {
        let ban = person.ban.clone();
        let line = text(move || {
            let lang = lang.get();
            let until = ban.as_ref().and_then(|ban| ban.until);
            match (until.map(|until| times.narrow(lang, until)), lang) {
                (None, _) => BANNED.of(lang).to_owned(),
                (Some(until), Lang::Ko) => format!("{until}까지 차단됨"),
                (Some(until), Lang::En) => format!("Banned until {until}"),
            }
        });
        view! { <span class="tag">{line}</span> }
    });
    let until = person.silenced_until.filter(|_| is_muted(person));
    let muted = until.map(|until| {
        let line = text(move || {
            let lang = lang.get();
            let until = times.narrow(lang, until);
            match lang {
                Lang::Ko => format!("{until}까지 글쓰기 막힘"),
                Lang::En => format!("Muted until {until}"),
            }
        });
        view! { <span class="tag">{line}</span> }
    });
    view! {
        {banned}
        {muted}
    }
    .into_any()
}

/// The dialog that asks for the duration and the reason.
pub(super) fn restriction_dialog(restrictions: Restrictions) -> AnyView {
    dialog(restrictions.open, TITLE_ID, move || match restrictions.of.get_untracked() {
        None => ().into_any(),
        Some((act, user)) => form(restrictions, act, user),
    })
}

fn form(restrictions: Restrictions, act: Act, user: User) -> AnyView {
    let acts: ActState = expect_context();
    let lang = use_lang();
    let Restrictions { open, reason, lasts_ms, .. } = restrictions;
    let id = user.id;
    let title = text(move || format!("{}: {}", act.name().of(lang.get()), isolated(&user.name)));
    let is_ready = move || reason.with(|reason| !reason.trim().is_empty());
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        if is_ready() {
            open.set(false);
            let request = act.request(id, lasts_ms.get_untracked());
            acts.send(request, reason.get_untracked(), |_| ());
        }
    };
    let lasts = matches!(act, Act::Ban | Act::Mute)
        .then(|| duration_choice("restrict-lasts", lasts_ms, act == Act::Ban));
    view! {
        <form on:submit=events::submit(submit) novalidate>
            <h2 id=TITLE_ID class="dialog-title">{title}</h2>
            {lasts}
            {reason_input("restrict-reason", REASON_FOR_PERSON, reason)}
            <div class="dialog-actions">
                <button type="button" class="button" data-testid="restrict-cancel" on:click=events::click(move |_| open.set(false))>{CANCEL.now()}</button>
                <button type="submit" class="button button-danger" data-testid="restrict-confirm" aria-disabled=flag(move || !is_ready())>{act.name().now()}</button>
            </div>
        </form>
    }
    .into_any()
}
