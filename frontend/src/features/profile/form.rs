//! The section of the account's page: the display name, the status, the time zone, the language, and the quiet hours.

use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use madang_shared::profile::{
    MAX_DISPLAY_NAME_CHARS, MAX_STATUS_CHARS, MAX_TIME_ZONE_CHARS, NewQuietHours, NewStatus,
    OwnProfile, PROFILE_PATH, ProfileChange,
};
use madang_shared::{ErrorCode, Failure};

use super::status_end::StatusEnd;
use super::zone;
use crate::account_requests::{answer_of, post_to};
use crate::context::use_app;
use crate::i18n::{Lang, Words, use_lang};
use crate::ui::erased::events;
use crate::ui::erased::reactive::{flag, part, text};
use crate::ui::erased::signal::{State, state};
use crate::ui::secret_field::typed;

const HANDLE: Words = Words::new("아이디", "Handle");
const HANDLE_HINT: Words = Words::new(
    "다른 사람이 @로 부르는 이름입니다. 바뀌지 않고, 카드에 늘 보입니다.",
    "Others mention you by it. It does not change, and your card always shows it.",
);
const NAME: Words = Words::new("표시 이름", "Display name");
const STATUS: Words = Words::new("상태", "Status");
const EMOJI: Words = Words::new("이모지 하나", "One emoji");
const STATUS_TEXT: Words = Words::new("상태 한 줄", "Status in one line");
const ENDS: Words = Words::new("상태 지우기", "Clear the status");
const ZONE: Words = Words::new("시간대", "Time zone");
const LANGUAGE: Words = Words::new("쓰는 말", "Language");
const UNKNOWN: Words = Words::new("밝히지 않음", "Not said");
const QUIET: Words = Words::new("방해 금지 시간", "Do-not-disturb hours");
const QUIET_HINT: Words = Words::new(
    "이 시간에는 모든 기기에서 브라우저 알림도 소리도 없습니다. 받은 알림은 그대로 쌓입니다.",
    "In these hours none of your devices shows a browser notification or makes a sound. The inbox still counts.",
);
const FROM: Words = Words::new("시작", "From");
const TO: Words = Words::new("끝", "To");
const CLEAR: Words = Words::new("지우기", "Clear");
const SAVE: Words = Words::new("프로필 저장", "Save the profile");
const SAVED: Words = Words::new("프로필을 저장했습니다.", "The profile is saved.");
const UNKNOWN_ZONE: Words = Words::new(
    "이 브라우저가 모르는 시간대입니다. 예: Asia/Seoul",
    "This browser does not know this time zone. Example: Asia/Seoul",
);
const ERROR_ID: &str = "profile-error";

/// The tags of the languages that the form offers, each in its own words.
const LANGUAGES: [(&str, &str); 5] =
    [("ko", "한국어"), ("en", "English"), ("ja", "日本語"), ("zh", "中文"), ("vi", "Tiếng Việt")];

/// The form, as soon as the profile has arrived.
pub(crate) fn profile_form() -> AnyView {
    let loaded = state(None::<Result<OwnProfile, Failure>>);
    let lang = use_lang();
    spawn_local(async move {
        // The page may be gone.
        loaded.try_set(Some(answer_of(PROFILE_PATH).await));
    });
    part(move || {
        match loaded.get() {
        None => view! { <p class="hint" role="status">{text(move || lang.get().texts().loading.to_owned())}</p> }.into_any(),
        Some(Err(failure)) => {
            view! { <p class="error" role="alert">{text(move || lang.get().refusal(&failure))}</p> }
                .into_any()
        }
        Some(Ok(own)) => form(own),
    }
    })
}

/// The fields of the form.
#[derive(Clone, Copy)]
struct Fields {
    name: NodeRef<html::Input>,
    emoji: NodeRef<html::Input>,
    status: NodeRef<html::Input>,
    end: State<StatusEnd>,
    zone: NodeRef<html::Input>,
    language: State<String>,
    from: NodeRef<html::Input>,
    to: NodeRef<html::Input>,
}

impl Fields {
    fn change(self, own: &OwnProfile) -> ProfileChange {
        let (emoji, text) = (typed(self.emoji), typed(self.status));
        let until = self.end.get_untracked().moment(own.profile.until);
        let minutes = |input| minute_of(&typed(input));
        let quiet = match (minutes(self.from), minutes(self.to)) {
            (Some(from), Some(to)) => NewQuietHours { from, to },
            // A day without both times has no such hours.
            _ => NewQuietHours { from: 0, to: 0 },
        };
        ProfileChange {
            name: Some(typed(self.name)),
            status: Some(NewStatus { emoji, text, until }),
            time_zone: Some(typed(self.zone).trim().to_owned()),
            language: Some(self.language.get_untracked()),
            quiet: Some(quiet),
        }
    }
}

fn form(own: OwnProfile) -> AnyView {
    let lang = use_lang();
    let me = use_app().driver.store().me();
    let OwnProfile { profile, language, quiet } = own.clone();
    let is_ending = profile.until.is_some();
    let fields = Fields {
        name: NodeRef::new(),
        emoji: NodeRef::new(),
        status: NodeRef::new(),
        end: state(if is_ending { StatusEnd::Kept } else { StatusEnd::Never }),
        zone: NodeRef::new(),
        language: state(language.clone()),
        from: NodeRef::new(),
        to: NodeRef::new(),
    };
    let (busy, failure, saved) = (state(false), state(None::<Failure>), state(false));
    let stored = StoredValue::new(own);
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        saved.set(false);
        let change = stored.with_value(|own| fields.change(own));
        if change.time_zone.as_deref().is_some_and(|zone| !zone::is_known(zone)) {
            let message = UNKNOWN_ZONE.of(lang.get_untracked());
            failure.set(Some(Failure::new(ErrorCode::Invalid, message)));
            return;
        }
        busy.set(true);
        failure.set(None);
        spawn_local(async move {
            match post_to::<_, OwnProfile>(PROFILE_PATH, &change).await {
                Ok(own) => {
                    stored.try_set_value(own);
                    saved.try_set(true);
                }
                Err(refused) => {
                    failure.try_set(Some(refused));
                }
            }
            busy.try_set(false);
        });
    };
    let error = text(move || {
        let lang = lang.get();
        failure.with(|failure| failure.as_ref().map(|it| sentence(lang, it)).unwrap_or_default())
    });
    let saved = text(move || if saved.get() { SAVED.of(lang.get()) } else { "" }.to_owned());
    let time_of = |minute: Option<u16>| {
        minute.map(|minute| format!("{:02}:{:02}", minute / 60, minute % 60)).unwrap_or_default()
    };
    let from = time_of(quiet.as_ref().map(|hours| hours.from));
    let to = time_of(quiet.as_ref().map(|hours| hours.to));
    view! {
        <form class="profile-form" on:submit=events::submit(submit) novalidate>
            <p class="label">{HANDLE.now()}</p>
            <p class="profile-handle"><span class="isolated" translate="no">{format!("@{}", me.name)}</span></p>
            <p class="hint">{HANDLE_HINT.now()}</p>
            <label class="label" for="profile-name">{NAME.now()}</label>
            <input id="profile-name" class="field" dir="auto" autocomplete="nickname" maxlength=MAX_DISPLAY_NAME_CHARS.to_string() aria-describedby=ERROR_ID data-testid="profile-name" value=profile.name node_ref=fields.name />
            <p class="label" id="profile-status-label">{STATUS.now()}</p>
            <div class="profile-status" role="group" aria-labelledby="profile-status-label">
                <input class="field profile-emoji" aria-label=EMOJI.now() aria-describedby=ERROR_ID placeholder="🌴" autocomplete="off" data-testid="profile-emoji" value=profile.emoji node_ref=fields.emoji />
                <input class="field" dir="auto" aria-label=STATUS_TEXT.now() aria-describedby=ERROR_ID autocomplete="off" maxlength=MAX_STATUS_CHARS.to_string() data-testid="profile-status" value=profile.status node_ref=fields.status />
            </div>
            <label class="label" for="profile-end">{ENDS.now()}</label>
            {end_choice(fields.end, is_ending)}
            <label class="label" for="profile-zone">{ZONE.now()}</label>
            <input id="profile-zone" class="field" list="profile-zones" autocomplete="off" autocapitalize="none" spellcheck="false" maxlength=MAX_TIME_ZONE_CHARS.to_string() aria-describedby=ERROR_ID data-testid="profile-zone" value=profile.time_zone node_ref=fields.zone />
            <datalist id="profile-zones">{zone::all().into_iter().map(|zone| view! { <option value=zone></option> }).collect_view()}</datalist>
            <label class="label" for="profile-language">{LANGUAGE.now()}</label>
            {language_choice(fields.language, &language)}
            <p class="label" id="profile-quiet-label">{QUIET.now()}</p>
            <div class="profile-quiet" role="group" aria-labelledby="profile-quiet-label" aria-describedby="profile-quiet-hint">
                <label><span class="hint">{FROM.now()}</span><input class="field" type="time" data-testid="quiet-from" value=from node_ref=fields.from /></label>
                <label><span class="hint">{TO.now()}</span><input class="field" type="time" data-testid="quiet-to" value=to node_ref=fields.to /></label>
                {clear_hours(fields)}
            </div>
            <p class="hint" id="profile-quiet-hint">{QUIET_HINT.now()}</p>
            <p id=ERROR_ID class="error" role="alert" data-testid="profile-error">{error}</p>
            <button class="button button-strong" type="submit" data-testid="profile-save" aria-disabled=flag(move || busy.get())>{SAVE.now()}</button>
            <p class="hint" role="status" data-testid="profile-saved">{saved}</p>
        </form>
    }
    .into_any()
}

fn clear_hours(fields: Fields) -> AnyView {
    let clear = move |_| {
        for input in [fields.from, fields.to] {
            if let Some(input) = input.get_untracked() {
                input.set_value("");
            }
        }
    };
    view! { <button type="button" class="button" data-testid="quiet-clear" on:click=events::click(clear)>{CLEAR.now()}</button> }.into_any()
}

/// The end of the status. That of a stored status can be kept.
fn end_choice(end: State<StatusEnd>, is_ending: bool) -> AnyView {
    let offered = StatusEnd::ALL.into_iter().filter(|it| is_ending || *it != StatusEnd::Kept);
    let options = offered.map(|it| view! { <option value=it.id()>{it.words().now()}</option> });
    let choose = move |event| {
        let id = event_target_value(&event);
        if let Some(chosen) = StatusEnd::ALL.into_iter().find(|it| it.id() == id) {
            end.set(chosen);
        }
    };
    view! {
        <select id="profile-end" class="field" data-testid="profile-end" on:change=events::change(choose)>
            {options.collect_view()}
        </select>
    }
    .into_any()
}

fn language_choice(language: State<String>, stored: &str) -> AnyView {
    let option = |tag: &str, name: &str| {
        view! { <option value=tag.to_owned() lang=tag.to_owned() selected=tag == stored>{name.to_owned()}</option> }
    };
    // A language that the form does not offer stays as it is.
    let other = (!stored.is_empty() && LANGUAGES.iter().all(|(tag, _)| *tag != stored))
        .then(|| option(stored, stored));
    let choose = move |event| language.set(event_target_value(&event));
    view! {
        <select id="profile-language" class="field" data-testid="profile-language" on:change=events::change(choose)>
            <option value="" selected=stored.is_empty()>{UNKNOWN.now()}</option>
            {LANGUAGES.map(|(tag, name)| option(tag, name)).collect_view()}
            {other}
        </select>
    }
    .into_any()
}

/// The minute of a time such as `22:30`.
fn minute_of(time: &str) -> Option<u16> {
    let (hour, minute) = time.split_once(':')?;
    let (hour, minute) = (hour.parse::<u16>().ok()?, minute.get(..2)?.parse::<u16>().ok()?);
    Some(hour * 60 + minute)
}

/// The sentence for a refusal. That of the server says what is wrong with a text, in English.
fn sentence(lang: Lang, failure: &Failure) -> String {
    match (lang, failure.code) {
        (Lang::Ko, ErrorCode::NameTaken) => {
            "서버가 쓰는 이름이라 표시 이름으로 쓸 수 없습니다.".to_owned()
        }
        (Lang::Ko, ErrorCode::Invalid) if failure.message.is_ascii() => {
            "쓸 수 없는 글자가 있습니다. 이모지는 하나만, 이름은 한 종류의 글자로 써 주세요."
                .to_owned()
        }
        (_, ErrorCode::Invalid | ErrorCode::NameTaken) => failure.message.clone(),
        _ => lang.refusal(failure),
    }
}
