//! The question before an act that cannot be undone.

use leptos::prelude::*;

use crate::ui::dialog::dialog;
use crate::ui::erased::events;
use crate::ui::erased::signal::State;

/// The texts of a question.
#[derive(Clone, Copy)]
pub(crate) struct Question {
    /// Names the dialog and its buttons.
    pub(crate) id: &'static str,
    pub(crate) title: Signal<String>,
    /// The consequence of the act.
    pub(crate) warning: Signal<&'static str>,
    /// The button that changes nothing. It has the focus first.
    pub(crate) keep: Signal<&'static str>,
    /// The button that acts, named as the act.
    pub(crate) act: Signal<&'static str>,
}

/// A dialog that asks while `open` is true, with `more` below the warning. `act` closes it when it is done.
pub(crate) fn question(
    open: State<bool>,
    texts: Question,
    more: fn() -> AnyView,
    act: impl Fn() + Copy + Send + Sync + 'static,
) -> AnyView {
    let Question { id, title, warning, keep, act: name } = texts;
    let title_id = format!("{id}-title");
    let labelled_by = title_id.clone();
    dialog(open, title_id, move || {
        view! {
            <h2 id=labelled_by.clone() class="dialog-title">{title}</h2>
            <p>{warning}</p>
            {more()}
            <div class="dialog-actions">
                <button class="button" autofocus=true data-testid=format!("{id}-cancel") on:click=events::click(move |_| open.set(false))>{keep}</button>
                <button class="button button-danger" data-testid=format!("{id}-confirm") on:click=events::click_once(move |_| act())>{name}</button>
            </div>
        }
        .into_any()
    })
}
