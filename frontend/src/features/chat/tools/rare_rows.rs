//! Rows, and parts of rows, that most rooms do not show.

use leptos::prelude::*;
use madang_client::views::chat::PresenceSummary;
use madang_shared::moderation::DeletedBy;
use madang_shared::{CommandId, Failure, RoomId, Seq, User};

use crate::context::{discard, use_app};
use crate::i18n::{Words, use_lang};
use crate::ui::erased::events;
use crate::ui::undo_bar::use_undo_bar;

const DELETED: Words = Words::new("삭제된 메시지입니다", "This message was deleted");
const DELETED_BY_MODERATOR: Words =
    Words::new("관리자가 삭제한 메시지입니다", "A moderator deleted this message");

/// The place of a deleted message.
pub(crate) fn deleted_message(by: DeletedBy) -> AnyView {
    let words = match by {
        DeletedBy::Author => DELETED,
        DeletedBy::Moderator => DELETED_BY_MODERATOR,
    };
    view! { <span class="chat-deleted" data-testid="deleted">{words.now()}</span> }.into_any()
}

/// The users who joined and left after a message.
pub(crate) fn presence_line(room: RoomId, after: Seq) -> AnyView {
    let lang = use_lang().get_untracked();
    let presence_summary = use_app().driver.store().peek(|client| {
        let timeline = client.features().timeline(room)?;
        timeline
            .presence_summaries()
            .iter()
            .find(|presence_summary| presence_summary.after == after)
            .cloned()
    });
    let Some(PresenceSummary { joined, left, .. }) = presence_summary else {
        return ().into_any();
    };
    let joined = (!joined.is_empty()).then(|| lang.joined(&names(&joined)));
    let left = (!left.is_empty()).then(|| lang.left(&names(&left)));
    let line = joined.into_iter().chain(left).collect::<Vec<_>>().join(" · ");
    view! { <p class="chat-divider chat-divider-presence" data-testid="crowd">{line}</p> }
        .into_any()
}

fn names(users: &[User]) -> Vec<&str> {
    users.iter().map(|user| user.name.as_str()).collect()
}

/// The reason why a message was refused, and the choice to send it again.
pub(crate) fn message_refusal(id: CommandId, failure: &Failure) -> AnyView {
    let (driver, undo) = (use_app().driver, use_undo_bar());
    let lang = use_lang().get_untracked();
    let texts = lang.texts();
    view! {
        <div class="refusal">
            <span>{lang.refusal(failure)}</span>
            <button class="text-button" data-testid="retry" on:click=events::click_once(move |_| driver.retry(id))>{texts.try_again}</button>
            <button class="text-button" data-testid="discard" on:click=events::click_once(move |_| discard(driver, undo, id, lang))>{texts.discard}</button>
        </div>
    }
    .into_any()
}
