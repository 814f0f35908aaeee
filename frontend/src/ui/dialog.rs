//! The browser's own modal dialog, which traps the focus, closes on Esc, and makes the page behind it inert.

use std::sync::Arc;

use leptos::ev;
use leptos::html;
use leptos::prelude::*;

use crate::ui::erased::events;
use crate::ui::erased::reactive::{effect, when};
use crate::ui::erased::signal::State;

/// A dialog that is open while `open` is true. `labelled_by` is the id of its heading.
pub(crate) fn dialog(
    open: State<bool>,
    labelled_by: impl Into<String>,
    draw: impl Fn() -> AnyView + Send + Sync + 'static,
) -> AnyView {
    dialog_at("dialog", open, labelled_by.into(), Arc::new(draw))
}

/// A dialog that its style sheet puts beside the button that opens it; a sheet at the bottom on phones.
pub(crate) fn menu(
    class: &'static str,
    open: State<bool>,
    labelled_by: &'static str,
    draw: impl Fn() -> AnyView + Send + Sync + 'static,
) -> AnyView {
    dialog_at(class, open, labelled_by.to_owned(), Arc::new(draw))
}

fn dialog_at(
    class: &'static str,
    open: State<bool>,
    labelled_by: String,
    draw: Arc<dyn Fn() -> AnyView + Send + Sync>,
) -> AnyView {
    let dialog = NodeRef::<html::Dialog>::new();
    effect(move || {
        let open = open.get();
        let Some(dialog) = dialog.get() else { return };
        if open && !dialog.open() {
            // Fails only for a dialog that is open already.
            dialog.show_modal().ok();
        } else if !open && dialog.open() {
            dialog.close();
        }
    });
    let on_click = move |event: ev::MouseEvent| {
        // A click on the dialog itself, and on no element in it, hits the backdrop.
        if event.target() == event.current_target() {
            open.set(false);
        }
    };
    // The second press of the double click that opened the dialog may hit the backdrop. It must not take the focus
    // out of the dialog.
    let on_press = move |event: ev::MouseEvent| {
        if event.target() == event.current_target() {
            event.prevent_default();
        }
    };
    view! {
        <dialog class=class aria-labelledby=labelled_by node_ref=dialog on:close=move |_| open.set(false) on:mousedown=events::click(on_press) on:click=events::click_once(on_click)>
            <div class="dialog-body">{when(move || open.get(), move || draw())}</div>
        </dialog>
    }
    .into_any()
}
