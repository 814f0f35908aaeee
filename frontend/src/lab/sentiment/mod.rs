//! The live sentiment of a text, and the mark of a message's sentiment.

use leptos::html;
use leptos::prelude::*;
use madang_client::{Action, ConnectionState, Slice};
use madang_shared::sentiment::MAX_CLASSIFIED_CHARS;
use madang_shared::sentiment::{Analysis, DecidingWord, Mood, Sentiment};

use crate::browser;
use crate::context::use_app;
use crate::i18n::{Lang, Words, use_lang};
use crate::lab::code::show_code;
use crate::route::Page;
use crate::ui::erased::events;
use crate::ui::erased::memo::{Memo, memo};
use crate::ui::erased::reactive::{Item, derived, each, effect, flag, part, text, when};

const INTRO: Words = Words::new(
    "쓰는 동안 서버가 글의 느낌을 판단해서 바로 알려 줍니다. 잠깐 멈출 때마다 한 번 묻고, 늦게 온 답은 버립니다. 서버에서 하는 까닭은 영어 사전이 앱 전체만큼 크기 때문입니다.",
    "While you type, the server classifies the sentiment of the text. The app asks at each pause and drops late answers. This runs on the server because the English lexicon is as large as the whole app.",
);
const WRITE: Words = Words::new("아무 말이나 써 보세요", "Write a text");
const EXAMPLES: Words = Words::new(
    "예: love · sad · 오늘 정말 좋았어 · 안 좋아",
    "Try: love · sad · what a day · 안 좋아",
);
const POSITIVE: Words = Words::new("긍정", "Positive");
const NEUTRAL: Words = Words::new("중립", "Neutral");
const NEGATIVE: Words = Words::new("부정", "Negative");
const DECIDED: Words = Words::new("판단한 말", "Deciding words");
const NOTHING: Words = Words::new("느낌을 알 만한 말이 없습니다.", "No deciding words.");
const EMPTY: Words = Words::new(
    "글을 쓰면 여기에 느낌과 그렇게 판단한 말이 나옵니다.",
    "Write something: its sentiment and the deciding words appear here.",
);
const ASKING: Words = Words::new("판단하는 중…", "Classifying…");
const AWAY: Words = Words::new(
    "서버에 연결되어 있지 않아, 지금 글은 연결된 뒤에 판단합니다.",
    "Not connected: the text is classified once the server is back.",
);
const FIELD_ID: &str = "sentiment-text";

fn words(mood: Mood) -> Words {
    match mood {
        Mood::Positive => POSITIVE,
        Mood::Neutral => NEUTRAL,
        Mood::Negative => NEGATIVE,
    }
}

fn face(mood: Mood) -> &'static str {
    match mood {
        Mood::Positive => "😊",
        Mood::Neutral => "😐",
        Mood::Negative => "😢",
    }
}

fn name(mood: Mood) -> &'static str {
    match mood {
        Mood::Positive => "positive",
        Mood::Neutral => "neutral",
        Mood::Negative => "negative",
    }
}

/// A mood with its face, such as `긍정 😊`.
fn sentence(mood: Mood, lang: Lang) -> String {
    format!("{} {}", words(mood).of(lang), face(mood))
}

/// A number in thousandths as text, with a sign and two decimals.
fn thousandths(number: i16) -> String {
    let (whole, part) = (number.unsigned_abs() / 1_000, number.unsigned_abs() % 1_000 / 10);
    let sign = if number < 0 { "−" } else { "+" };
    format!("{sign}{whole}.{part:02}")
}

/// The mark of a mood on a message. It is in the lazy part of the app.
pub(crate) fn mark(sentiment: Sentiment, lang: Lang) -> AnyView {
    let Sentiment { mood, score } = sentiment;
    let label = format!("{} {}", words(mood).of(lang), thousandths(score));
    view! {
        <span class="mood" role="img" data-testid="mood" data-mood=name(mood) aria-label=label.clone() title=label>{face(mood)}</span>
    }
    .into_any()
}

/// The page.
#[component]
pub(crate) fn SentimentPage() -> impl IntoView {
    let driver = use_app().driver;
    let area = NodeRef::<html::Textarea>::new();
    let on_input = move |_| {
        if let Some(area) = area.get_untracked() {
            let text: String = area.value().chars().take(MAX_CLASSIFIED_CHARS).collect();
            driver.act(Action::Classify(text));
        }
    };
    effect(move || {
        if let Some(area) = area.get() {
            browser::focus_on(&area);
        }
    });
    on_cleanup(move || driver.act(Action::Classify(String::new())));
    view! {
        <div class="page">
            <div class="page-body page-reading">
                <p class="page-intro">{INTRO.now()}</p>
                <label class="label" for=FIELD_ID>{WRITE.now()}</label>
                <textarea id=FIELD_ID class="field" dir="auto" rows="4" data-testid="sentiment-text" node_ref=area on:input=events::change(on_input)></textarea>
                <p class="hint">{EXAMPLES.now()}</p>
                <AnalysisResult />
                {show_code(Page::Sentiment)}
            </div>
        </div>
    }
}

#[component]
fn AnalysisResult() -> impl IntoView {
    let store = use_app().driver.store();
    let lang = use_lang();
    let analysis = memo(move || {
        store.read(Slice::Sentiment, |client| client.features().sentiment().analysis().cloned())
    });
    let is_current = memo(move || {
        store.read(Slice::Sentiment, |client| client.features().sentiment().is_current())
    });
    let of = move |pick: fn(&Analysis) -> String| {
        text(move || analysis.with(|analysis| analysis.as_ref().map(pick).unwrap_or_default()))
    };
    let mood = memo(move || analysis.with(|it| it.as_ref().map(|it| it.sentiment.mood)));
    let conclusion =
        text(move || mood.get().map(|it| sentence(it, lang.get())).unwrap_or_default());
    let score = of(|analysis| thousandths(analysis.sentiment.score));
    let place = of(|analysis| format!("{}%", (i32::from(analysis.sentiment.score) + 1_000) / 20));
    let result = move || {
        view! {
            <div class="sentiment-result" data-testid="sentiment-result" data-current=flag(move || is_current.get()) data-mood=derived(move || mood.get().map(name))>
                <p class="sentiment-conclusion" role="status" data-testid="sentiment-conclusion">{conclusion}</p>
                <p class="sentiment-score" data-testid="sentiment-score">{score}</p>
                <div class="sentiment-scale" aria-hidden="true"><span style:inset-inline-start=place></span></div>
                <h2 class="panel-label">{DECIDED.now()}</h2>
                {decided(analysis)}
            </div>
        }
        .into_any()
    };
    // The sentence in place of a result, or beside an old one.
    let connected = memo(move || {
        store.read(Slice::Connection, |client| *client.connection() == ConnectionState::Live)
    });
    let note = text(move || {
        let words = match (is_current.get(), connected.get()) {
            (true, _) if mood.get().is_some() => return String::new(),
            (true, _) => EMPTY,
            (false, true) => ASKING,
            (false, false) => AWAY,
        };
        words.of(lang.get()).to_owned()
    });
    view! {
        <p class="hint sentiment-note" role="status" data-testid="sentiment-note">{note}</p>
        {when(move || mood.get().is_some(), result)}
    }
    .into_any()
}

fn decided(analysis: Memo<Option<Analysis>>) -> AnyView {
    let list =
        move || analysis.with(|it| it.as_ref().map(|it| it.words.clone()).unwrap_or_default());
    let item = |(at, word): (u64, DecidingWord)| {
        // The key contains the weight, so that a word is drawn again when it changes.
        let key = at << 16 | u64::from(word.weight.cast_unsigned());
        Item::new(key, move || chip(&word))
    };
    part(move || {
        let words = list();
        if words.is_empty() {
            return view! { <p class="hint">{NOTHING.now()}</p> }.into_any();
        }
        let items = derived(move || (0..).zip(list()).map(item).collect());
        view! { <ul class="chips" data-testid="sentiment-words">{each(items)}</ul> }.into_any()
    })
}

fn chip(word: &DecidingWord) -> AnyView {
    let good = (word.weight > 0).to_string();
    view! {
        <li class="chip" data-good=good><span class="isolated">{word.text.clone()}</span>" "<span class="chip-weight">{thousandths(word.weight)}</span></li>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_written_with_their_sign_to_two_places() {
        assert_eq!([431, -1_000, 0, 3_209].map(thousandths), ["+0.43", "−1.00", "+0.00", "+3.20"]);
    }
}
