//! The choice of a moment: the usual ones, and a field for every other.

use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use madang_shared::Timestamp;
use madang_shared::later::MAX_AHEAD_MS;

use crate::browser;
use crate::i18n::{Lang, Words, use_lang};
use crate::time::{Times, local_moment, moment_named, moment_value, weekday};
use crate::ui::erased::events;
use crate::ui::erased::reactive::{flag, text, when};
use crate::ui::erased::signal::state;
use crate::ui::icon::Icon;

const MINUTE_MS: u64 = 60 * 1_000;
/// The hour at which a morning begins.
const MORNING: u32 = 9;

const OTHER: Words = Words::new("날짜와 시각 고르기", "Another date and time");
const CHOOSE: Words = Words::new("이때로 정하기", "Use this time");
const PAST: Words = Words::new("이미 지난 때입니다.", "This time has passed.");
const TOO_FAR: Words = Words::new("1년 안의 때를 골라 주세요.", "Choose a time within a year.");

/// A moment that is offered by a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Usual {
    TwentyMinutes,
    Hour,
    Tomorrow,
    Monday,
}

impl Usual {
    const ALL: [Self; 4] = [Self::TwentyMinutes, Self::Hour, Self::Tomorrow, Self::Monday];

    fn id(self) -> &'static str {
        match self {
            Self::TwentyMinutes => "moment-20-minutes",
            Self::Hour => "moment-hour",
            Self::Tomorrow => "moment-tomorrow",
            Self::Monday => "moment-monday",
        }
    }

    fn name(self) -> Words {
        match self {
            Self::TwentyMinutes => Words::new("20분 뒤", "In 20 minutes"),
            Self::Hour => Words::new("1시간 뒤", "In an hour"),
            Self::Tomorrow => Words::new("내일 아침", "Tomorrow morning"),
            Self::Monday => Words::new("다음 주 월요일", "Next Monday"),
        }
    }

    /// The moment in the time zone of the browser; none if another one is the same.
    fn moment(self, now: Timestamp) -> Option<Timestamp> {
        match self {
            Self::TwentyMinutes => Some(now.plus(20 * MINUTE_MS)),
            Self::Hour => Some(now.plus(60 * MINUTE_MS)),
            Self::Tomorrow => Some(local_moment(now, 1, MORNING)),
            // On a Sunday, it is tomorrow.
            Self::Monday => match weekday(now) {
                0 => None,
                today => Some(local_moment(now, 8 - today, MORNING)),
            },
        }
    }
}

/// Offers moments; `choose` gets the chosen one. The field begins with `before`, or with the next hour.
pub(crate) fn moments(
    before: Option<Timestamp>,
    choose: impl Fn(Timestamp) + Clone + Send + Sync + 'static,
) -> AnyView {
    let lang = use_lang();
    let (times, now) = (Times::new(), browser::now());
    let offer = |(index, usual): (usize, Usual)| {
        let at = usual.moment(now)?;
        let choose = choose.clone();
        // A dialog that was open for a while means the time from the press on.
        let pick = move |_| choose(usual.moment(browser::now()).unwrap_or(at));
        let when = text(move || times.narrow_moment(lang.get(), at));
        let row = view! {
            <li>
                <button type="button" class="menu-item moment" autofocus=index == 0 data-testid=usual.id() on:click=events::click_once(pick)>
                    {Icon::Clock.draw()}<span>{usual.name().now()}</span><span class="moment-time">{when}</span>
                </button>
            </li>
        };
        Some(row.into_any())
    };
    let offers: Vec<AnyView> = Usual::ALL.into_iter().enumerate().filter_map(offer).collect();
    view! {
        <ul class="menu-items">{offers}</ul>
        {exact(before, choose)}
    }
    .into_any()
}

/// The field for a date and a time.
fn exact(
    before: Option<Timestamp>,
    choose: impl Fn(Timestamp) + Clone + Send + Sync + 'static,
) -> AnyView {
    let lang = use_lang();
    let field = NodeRef::<html::Input>::new();
    let problem = state(None::<Words>);
    let now = browser::now();
    let first = before.filter(|before| *before > now).unwrap_or(now.plus(60 * MINUTE_MS));
    let send = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let typed = field.get_untracked().map(|field| field.value()).unwrap_or_default();
        match checked(moment_named(&typed), browser::now()) {
            Ok(at) => choose(at),
            Err(words) => problem.set(Some(words)),
        }
    };
    let sentence = text(move || problem.get().map_or("", |words| words.of(lang.get())).to_owned());
    view! {
        <form class="moment-form" novalidate on:submit=events::submit(send)>
            <label class="label" for="moment-exact">{OTHER.now()}</label>
            <div class="moment-fields">
                <input
                    id="moment-exact"
                    type="datetime-local"
                    class="field"
                    data-testid="moment-exact"
                    value=moment_value(first)
                    min=moment_value(now)
                    aria-invalid=flag(move || problem.get().is_some())
                    aria-describedby="moment-problem"
                    node_ref=field
                />
                <button type="submit" class="button" data-testid="moment-choose">{CHOOSE.now()}</button>
            </div>
            <p id="moment-problem" class="error" role="alert">{when(move || problem.get().is_some(), move || view! { <span data-testid="moment-problem">{sentence}</span> }.into_any())}</p>
        </form>
    }
    .into_any()
}

/// The chosen moment, or what is wrong with it.
fn checked(at: Option<Timestamp>, now: Timestamp) -> Result<Timestamp, Words> {
    match at {
        Some(at) if at.since(now) > MAX_AHEAD_MS => Err(TOO_FAR),
        Some(at) if at > now => Ok(at),
        _ => Err(PAST),
    }
}

/// The moment in words.
pub(super) fn due_words(lang: Lang, when: &str, is_due: bool) -> String {
    match (lang, is_due) {
        (Lang::Ko, false) => format!("{when}에 알림"),
        (Lang::En, false) => format!("Reminder: {when}"),
        (Lang::Ko, true) => format!("알림: {when}"),
        (Lang::En, true) => format!("Reminded: {when}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_in_the_next_year() {
        let now = Timestamp(1_000);
        let check = |at| checked(at, now).map_err(|words| words.of(Lang::En));
        assert_eq!(check(Some(Timestamp(1_001))), Ok(Timestamp(1_001)));
        assert_eq!(check(Some(now)), Err(PAST.of(Lang::En)));
        assert_eq!(check(None), Err(PAST.of(Lang::En)));
        assert_eq!(check(Some(now.plus(MAX_AHEAD_MS + 1))), Err(TOO_FAR.of(Lang::En)));
    }
}
