//! The bar that names the user's last act, and offers to undo it.

use std::sync::Arc;
use std::time::Duration;

use leptos::prelude::*;

use crate::browser;
use crate::i18n::tr;
use crate::ui::erased::events;
use crate::ui::erased::reactive::part;
use crate::ui::erased::signal::{State, state};

/// The time for which an offer is shown, in milliseconds. It stays while the pointer or the keyboard is on it.
const SHOWN_MS: u64 = 10_000;
/// The time until the next look at an offer that is in use, in milliseconds.
const AGAIN_MS: u64 = 2_000;
const BUTTON_ID: &str = "undo";

type Undo = Arc<dyn Fn() + Send + Sync>;

/// The bar, in the context of every view. Copies are the same bar.
#[derive(Clone, Copy)]
pub(crate) struct UndoBar {
    offer: State<Option<(String, Undo)>>,
}

/// The bar of the shell.
#[inline(never)]
pub(crate) fn use_undo_bar() -> UndoBar {
    expect_context()
}

impl UndoBar {
    pub(crate) fn new() -> Self {
        Self { offer: state(None) }
    }

    /// Names an act of the user, and offers to undo it. Replaces the previous offer.
    pub(crate) fn offer(self, sentence: String, undo: impl Fn() + Send + Sync + 'static) {
        self.show(sentence, Arc::new(undo));
    }

    #[inline(never)]
    fn show(self, sentence: String, undo: Undo) {
        // The button that was pressed may disappear. The focus of the keyboard moves to the offer then.
        let by_keyboard = browser::focused()
            .is_some_and(|focused| focused.matches("button:focus-visible").unwrap_or_default());
        self.offer.set(Some((sentence, undo.clone())));
        self.end_later(undo, SHOWN_MS);
        if by_keyboard {
            request_animation_frame(|| browser::focus(BUTTON_ID));
        }
    }

    /// Ends this offer later, unless it was taken or replaced, or the session is over by then.
    fn end_later(self, undo: Undo, wait: u64) {
        let end = move || {
            let offered = self.offer.try_get_untracked().flatten();
            if offered.is_none_or(|(_, offered)| !Arc::ptr_eq(&offered, &undo)) {
                return;
            }
            let in_use = document().query_selector(".undo-bar:is(:hover, :has(:focus-visible))");
            if matches!(in_use, Ok(Some(_))) {
                self.end_later(undo, AGAIN_MS);
            } else {
                self.offer.set(None);
            }
        };
        set_timeout(end, Duration::from_millis(wait));
    }

    /// Draws the bar.
    pub(crate) fn draw(self) -> AnyView {
        let undo = move || {
            let offer = self.offer.get_untracked();
            self.offer.set(None);
            if let Some((_, undo)) = offer {
                undo();
            }
        };
        let bar = part(move || {
            match self.offer.get() {
            None => ().into_any(),
            Some((sentence, _)) => view! {
                <div class="undo-bar" data-testid="undo-bar">
                    <span dir="auto">{sentence}</span>
                    <button id=BUTTON_ID class="text-button" data-testid="undo" on:click=events::click_once(move |_| undo())>{tr(|t| t.undo)}</button>
                </div>
            }
            .into_any(),
        }
        });
        view! { <div role="status">{bar}</div> }.into_any()
    }
}
