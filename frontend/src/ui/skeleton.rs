//! Grey shapes where content will be.

use leptos::prelude::*;

use crate::i18n::tr;

/// The kind of content that a skeleton replaces while it is loading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Bubbles of a conversation.
    Messages,
    /// Cards below each other.
    Cards,
    /// A list of lines.
    Rows,
    /// One large number, and a drawing below it.
    Figure,
}

impl Shape {
    fn name(self) -> &'static str {
        match self {
            Self::Messages => "messages",
            Self::Cards => "cards",
            Self::Rows => "rows",
            Self::Figure => "figure",
        }
    }
}

/// Shown while content is loading.
pub(crate) fn skeleton(shape: Shape) -> AnyView {
    view! {
        <div class="skeleton" role="status" data-testid="skeleton" data-shape=shape.name()>
            <span class="visually-hidden">{tr(|t| t.loading)}</span>
            <span></span><span></span><span></span><span></span>
        </div>
    }
    .into_any()
}
