//! The actions of a message: a toolbar beside the message under the pointer, with the quick ones, and a menu with all,
//! which the toolbar, the keyboard or a long press opens. Both have the rows of [`actions`].

use leptos::html;
use leptos::prelude::*;
use leptos::task::{spawn_local, tick};
use madang_shared::Seq;
use web_sys::{Element, HtmlElement};

use super::moderation::{MessageAct, ModerationTools, message_dialogs};
use crate::browser::set_length;
use crate::clipboard::{COPIED, NOT_COPIED, copy};
use crate::context::{AppContext, use_app};
use crate::features::chat::mentions::known_users;
use crate::features::chat::message::{MessageContent, RowContext};
use crate::features::chat::rows::Row;
use crate::features::room_access::{AccessQuestion, WHO_CAN_SEE, access_dialog};
use crate::i18n::{MORE, Words, isolated, use_lang};
use crate::route::Route;
use crate::ui::dialog;
use crate::ui::erased::events;
use crate::ui::erased::reactive::{derived, effect, flag, part};
use crate::ui::erased::signal::{State, state};
use crate::ui::icon::Icon;

const COPY_TEXT: Words = Words::new("텍스트 복사", "Copy text");
const COPY_LINK: Words = Words::new("메시지 링크 복사", "Copy link to message");
const DELIVERY: Words = Words::new("받은 사람 보기", "Who received it");
const AUTHOR: Words = Words::new("쓴 사람 보기", "Show the author");
const TOOLBAR: Words = Words::new("메시지 도구", "Message tools");
const DELETE: Words = Words::new("삭제", "Delete");
const REPORT: Words = Words::new("신고", "Report");
const TITLE_ID: &str = "message-menu-title";

/// The distance of the toolbar from its message, in pixels.
const TOOLBAR_GAP: f64 = 8.0;
/// The height that the toolbar leaves free above the message's end, for the time.
const TIME_HEIGHT: f64 = 20.0;

/// The state of toolbar and menu. Copies are the same.
#[derive(Clone, Copy)]
pub(super) struct MessageTools {
    /// Behind a handle, because the tools are copied into every listener.
    app: StoredValue<AppContext>,
    pub(super) row_context: RowContext,
    /// The key of the row that has the toolbar.
    hovered: State<Option<u64>>,
    /// The key of the row whose menu was opened last.
    chosen: State<Option<u64>>,
    is_menu_open: State<bool>,
    /// The question who can see a message.
    access: AccessQuestion,
    /// The action whose text was copied, or refused to be.
    copied: State<Option<(&'static str, bool)>>,
    /// The parent of toolbar and menu.
    frame: NodeRef<html::Div>,
    moderation: ModerationTools,
}

/// The message of a row.
struct SelectedMessage {
    content: MessageContent,
    /// None until the message is stored.
    seq: Option<Seq>,
}

/// An action of a message.
struct MessageAction {
    id: &'static str,
    icon: Icon,
    name: Words,
    /// Whether the action is in the toolbar too.
    is_quick: bool,
    run: Box<dyn Fn()>,
}

/// The actions of a message, in their order in the toolbar and in the menu. A new action is a row here.
fn actions(message: &SelectedMessage, tools: MessageTools) -> Vec<MessageAction> {
    let text = message.content.text.clone();
    let mut rows = Vec::new();
    if message.content.deleted.is_none() {
        rows.push(MessageAction {
            id: "copy-text",
            icon: Icon::Copy,
            name: COPY_TEXT,
            is_quick: true,
            run: Box::new(move || tools.copy("copy-text", text.clone())),
        });
    }
    let RowContext { room, delivery_target, .. } = tools.row_context;
    if let Some(seq) = message.seq {
        let path = Route::Message(room, seq).path();
        let link = move || window().location().origin().unwrap_or_default() + &path;
        rows.push(MessageAction {
            id: "copy-message-link",
            icon: Icon::Link,
            name: COPY_LINK,
            is_quick: true,
            run: Box::new(move || tools.copy("copy-message-link", link())),
        });
        rows.push(MessageAction {
            id: "inspect",
            icon: Icon::Received,
            name: DELIVERY,
            is_quick: true,
            run: Box::new(move || {
                tools.is_menu_open.set(false);
                // The menu gives the focus back first, so that the next dialog returns it to the message.
                request_animation_frame(move || delivery_target.show(seq));
            }),
        });
    }
    if let Some(seq) = message.seq {
        rows.push(MessageAction {
            id: "message-access",
            icon: Icon::Lock,
            name: WHO_CAN_SEE,
            is_quick: false,
            run: Box::new(move || {
                tools.is_menu_open.set(false);
                request_animation_frame(move || tools.access.ask(seq));
            }),
        });
    }
    // A guest is no user.
    if message.content.guest.is_none() {
        let (app, author) = (tools.app.get_value(), message.content.author.clone());
        rows.push(MessageAction {
            id: "show-author",
            icon: Icon::People,
            name: AUTHOR,
            is_quick: false,
            run: Box::new(move || {
                tools.is_menu_open.set(false);
                let author = author.clone();
                request_animation_frame(move || app.show_card(author));
            }),
        });
    }
    rows.extend(moderation_rows(message, tools));
    rows
}

/// The actions that delete and report a message.
fn moderation_rows(message: &SelectedMessage, tools: MessageTools) -> Vec<MessageAction> {
    let Some(seq) = message.seq.filter(|_| message.content.deleted.is_none()) else {
        return Vec::new();
    };
    let me = tools.app.with_value(|app| app.driver.store().me().id);
    let is_own = message.content.author.id == me;
    let row = move |id, icon, name, act| MessageAction {
        id,
        icon,
        name,
        is_quick: false,
        run: Box::new(move || {
            tools.is_menu_open.set(false);
            // The menu gives the focus back first, so that the dialog returns it to the message.
            request_animation_frame(move || tools.moderation.ask(act));
        }),
    };
    let mut rows = Vec::new();
    if !is_own {
        rows.push(row("report-message", Icon::Flag, REPORT, MessageAct::Report(seq)));
    }
    if is_own || tools.moderation.moderates() {
        let act = MessageAct::Delete { message: seq, is_own };
        rows.push(row("delete-message", Icon::Trash, DELETE, act));
    }
    rows
}

impl MessageTools {
    pub(super) fn new(row_context: RowContext) -> Self {
        Self {
            app: StoredValue::new(use_app()),
            row_context,
            hovered: state(None),
            chosen: state(None),
            is_menu_open: state(false),
            access: AccessQuestion::new(),
            copied: state(None),
            frame: NodeRef::new(),
            moderation: ModerationTools::new(use_app(), row_context.room),
        }
    }

    /// Opens the card of a message's author.
    pub(super) fn show_author(self, key: u64) {
        let author = self.find(key).filter(|message| message.content.guest.is_none());
        if let Some(message) = author {
            self.app.get_value().show_card(message.content.author);
        }
    }

    /// Opens the card of a mentioned person.
    pub(super) fn show_mentioned(self, id: Option<&str>) {
        let (app, room) = (self.app.get_value(), self.row_context.room);
        let user = app.driver.store().peek(|client| {
            let mut known = known_users(client, room).into_iter();
            known.find(|user| id == Some(&user.id.to_string())).cloned()
        });
        if let Some(user) = user {
            app.show_card(user);
        }
    }

    fn find(self, key: u64) -> Option<SelectedMessage> {
        let (Row::Message(row), _) = self.row_context.list.row_of(key)? else { return None };
        let room = self.row_context.room;
        let store = self.app.with_value(|app| app.driver.store());
        let content = store.peek(|client| MessageContent::find(client, room, &row))?;
        Some(SelectedMessage { content, seq: row.seq })
    }

    /// The mouse is over this row, or over none.
    pub(super) fn hover(self, row: Option<u64>) {
        if self.hovered.get_untracked() != row {
            self.copied.set(None);
            self.hovered.set(row);
        }
    }

    fn copy(self, id: &'static str, text: String) {
        spawn_local(async move {
            let done = copy(&text).await;
            // The room may be closed by now.
            self.copied.try_set(Some((id, done)));
        });
    }

    /// Opens the menu of a row beside the message.
    pub(super) fn open_menu(self, key: u64) {
        let list = self.row_context.list;
        let Some((Row::Message(_), row)) = list.row_of(key) else { return };
        if let (Some(frame), Some(bubble)) = (self.frame.get_untracked(), bubble(&row)) {
            let at = bubble.get_bounding_client_rect();
            set_length(&frame, "--menu-top", at.bottom());
            set_length(&frame, "--menu-left", at.left());
        }
        self.copied.set(None);
        self.chosen.set(Some(key));
        self.is_menu_open.set(true);
    }
}

/// Puts the toolbar beside the message, above the line of its time.
fn place_toolbar(toolbar: &HtmlElement, row: &Element) -> Option<()> {
    let frame = toolbar.offset_parent()?.get_bounding_client_rect();
    let (at, bubble) = (row.get_bounding_client_rect(), bubble(row)?.get_bounding_client_rect());
    let meta = row.query_selector(".chat-meta").ok()??.get_bounding_client_rect();
    let (width, height) = (f64::from(toolbar.offset_width()), f64::from(toolbar.offset_height()));
    let left = if meta.left() >= bubble.left() {
        (bubble.right() + TOOLBAR_GAP).min(at.right() - width)
    } else {
        (bubble.left() - TOOLBAR_GAP - width).max(at.left())
    };
    let top = (bubble.bottom() - TIME_HEIGHT - height).max(frame.top());
    set_length(toolbar, "left", left - frame.left());
    set_length(toolbar, "top", top - frame.top());
    Some(())
}

fn bubble(row: &Element) -> Option<Element> {
    row.query_selector(".chat-bubble").ok()?
}

/// The toolbar and the menu.
pub(super) fn toolbar_and_menu(tools: MessageTools) -> AnyView {
    let list = tools.row_context.list;
    effect(move || {
        if let Some(key) = list.chosen.get() {
            list.chosen.set(None);
            tools.open_menu(key);
        }
    });
    let toolbar = NodeRef::<html::Div>::new();
    effect(move || {
        list.moved.track();
        let key = tools.hovered.get();
        spawn_local(async move {
            // The toolbar has its width once its buttons are drawn.
            tick().await;
            if let Some(toolbar) = toolbar.try_get_untracked().flatten()
                && let Some((_, row)) = key.and_then(|key| list.row_of(key))
            {
                place_toolbar(&toolbar, &row);
            }
        });
    });
    let buttons = move || {
        let message = tools.hovered.get().and_then(|key| tools.find(key));
        let Some(message) = message else { return ().into_any() };
        let quick = actions(&message, tools).into_iter().filter(|action| action.is_quick);
        let more = MessageAction {
            id: "message-more",
            icon: Icon::More,
            name: MORE,
            is_quick: true,
            run: Box::new(move || {
                if let Some(key) = tools.hovered.get_untracked() {
                    tools.open_menu(key);
                }
            }),
        };
        let buttons = quick.chain([more]).map(|action| button(action, tools));
        buttons.collect::<Vec<_>>().into_any()
    };
    let menu = move || match tools.chosen.get().and_then(|key| tools.find(key)) {
        None => ().into_any(),
        Some(message) => menu(&message, tools),
    };
    view! {
        <div node_ref=tools.frame>
            <div class="message-toolbar" role="toolbar" aria-label=TOOLBAR.now() data-testid="message-toolbar" data-shown=flag(move || tools.hovered.get().is_some()) node_ref=toolbar>
                {part(buttons)}
            </div>
            {dialog::menu("dialog menu message-menu", tools.is_menu_open, TITLE_ID, menu)}
            {access_dialog(tools.row_context.room, tools.access)}
            {message_dialogs(tools.moderation)}
        </div>
    }
    .into_any()
}

/// The name of an action, or the result of copying.
fn words(id: &'static str, name: Words, tools: MessageTools) -> Signal<&'static str> {
    let lang = use_lang();
    derived(move || {
        let words = match tools.copied.get().filter(|(copied, _)| *copied == id) {
            None => name,
            Some((_, true)) => COPIED,
            Some((_, false)) => NOT_COPIED,
        };
        words.of(lang.get())
    })
}

/// A button of the toolbar. It is for the pointer: the menu is the keyboard's way.
fn button(
    MessageAction { id, icon, name, run, .. }: MessageAction,
    tools: MessageTools,
) -> AnyView {
    let label = words(id, name, tools);
    let icon = part(move || match tools.copied.get() {
        Some((copied, true)) if copied == id => Icon::Check.draw(),
        _ => icon.draw(),
    });
    view! {
        <button class="icon-button" tabindex="-1" data-testid=id aria-label=label title=label on:click=events::click_once(move |_| run())>
            {icon}
        </button>
    }
    .into_any()
}

/// The menu: author and exact time of the message, and its actions.
fn menu(message: &SelectedMessage, tools: MessageTools) -> AnyView {
    let MessageContent { author, at, .. } = &message.content;
    let at = tools.row_context.formats.with_value(|formats| formats.full(*at));
    let items = actions(message, tools).into_iter().map(|action| {
        let MessageAction { id, icon, name, run, .. } = action;
        view! {
            <li>
                <button class="menu-item" data-testid=id on:click=events::click_once(move |_| run())>
                    {icon.draw()}<span>{words(id, name, tools)}</span>
                </button>
            </li>
        }
        .into_any()
    });
    let items: Vec<AnyView> = items.collect();
    view! {
        <h2 id=TITLE_ID class="menu-title" data-testid="message-menu">{format!("{} · {at}", isolated(&author.name))}</h2>
        <ul class="menu-items">{items}</ul>
    }
    .into_any()
}
