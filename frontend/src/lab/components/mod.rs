//! The components of the kit, in all their states: the page to look at before and after a change of the design. Its
//! pictures are compared in the browser tests.

use leptos::prelude::*;
use madang_shared::{User, UserId};

use crate::i18n::{CANCEL, Lang, Words, tr, use_lang};
use crate::ui::avatar::avatar;
use crate::ui::empty::empty;
use crate::ui::erased::events;
use crate::ui::erased::reactive::text;
use crate::ui::erased::signal::state;
use crate::ui::icon::Icon;
use crate::ui::question::{Question, question};
use crate::ui::skeleton::{Shape, skeleton};

/// The components that are style sheets alone. A text is written `{Korean|English}`.
const SAMPLES: &str = include_str!("samples.html");

const ICONS: Words = Words::new("아이콘과 사람", "Icons and people");
const LARGE: Words = Words::new("화면을 채우는 것", "What fills a page");
const LEAVE: Words = Words::new("이 방에서 나갈까요?", "Leave this room?");
const LEAVE_ROOM: Words = Words::new("방 나가기", "Leave room");
const WARNING: Words =
    Words::new("언제든 다시 들어올 수 있어요.", "You can join again at any time.");

/// The samples in one language.
fn samples(lang: Lang) -> String {
    let mut parts = SAMPLES.split(['{', '}']);
    let mut html = parts.next().unwrap_or_default().to_owned();
    while let (Some(words), Some(rest)) = (parts.next(), parts.next()) {
        let (ko, en) = words.split_once('|').unwrap_or((words, words));
        html.push_str(Words::new(ko, en).of(lang));
        html.push_str(rest);
    }
    html
}

/// The page.
#[component]
pub(crate) fn ComponentsPage() -> impl IntoView {
    let lang = use_lang();
    let open = state(false);
    let texts = Question {
        id: "components-question",
        title: text(move || LEAVE.of(lang.get()).to_owned()),
        warning: WARNING.now(),
        keep: CANCEL.now(),
        act: LEAVE_ROOM.now(),
    };
    let icons: Vec<AnyView> = Icon::ALL.iter().map(icon).collect();
    // As many as there are tints.
    let names = ["민수", "Jane", "하늘", "지우", "Bo", "나래", "Ken", "7", "도윤", "Åse"];
    let person = |(id, name): (u64, &str)| avatar(&User { id: UserId(id), name: name.to_owned() });
    let people: Vec<AnyView> = (0..).zip(names).map(person).collect();
    let shapes = [Shape::Messages, Shape::Cards, Shape::Rows, Shape::Figure];
    let skeletons = shapes.into_iter().map(skeleton);
    let empty = empty("empty", "components-empty", tr(|t| t.no_message), tr(|t| t.no_message_hint));
    let large: Vec<AnyView> = [empty].into_iter().chain(skeletons).map(boxed).collect();
    view! {
        <div class="page">
            <div class="page-body" data-testid="components">
                <div class="components" inner_html=text(move || samples(lang.get()))></div>
                <div class="components">
                    <section>
                        <h2>{ICONS.now()}</h2>
                        <div class="components-row">{people}</div>
                        <ul class="components-icons">{icons}</ul>
                    </section>
                    <section>
                        <h2>{LARGE.now()}</h2>
                        <p class="components-row">
                            <button class="button" data-testid="components-open" on:click=events::click(move |_| open.set(true))>{LEAVE.now()}</button>
                        </p>
                        <div class="components-columns">{large}</div>
                    </section>
                </div>
                {question(open, texts, || ().into_any(), move || open.set(false))}
            </div>
        </div>
    }
}

fn icon((icon, name): &(Icon, &'static str)) -> AnyView {
    view! { <li>{icon.draw()}<code>{*name}</code></li> }.into_any()
}

fn boxed(content: AnyView) -> AnyView {
    view! { <div class="components-box">{content}</div> }.into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_of_the_samples_exists_in_both_languages() {
        let [korean, english] = [Lang::Ko, Lang::En].map(samples);
        let is_hangul = |it: char| ('가'..='힣').contains(&it);
        assert!(korean.contains("보내기") && english.contains("Send"));
        assert!(!english.contains(is_hangul), "Korean in the English samples");
        assert!(!korean.contains(['{', '|', '}']) && !english.contains(['{', '|', '}']));
        assert_eq!(korean.matches('<').count(), SAMPLES.matches('<').count());
    }
}
