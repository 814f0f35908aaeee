//! The dialogs that delete and report a message.

use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use madang_shared::chat::ChatCommand;
use madang_shared::moderation::{
    MAX_REPORT_CHARS, MadeReport, NewReport, REPORTS_PATH, ReportCategory,
};
use madang_shared::roles::{Role, RoomKind, RoomRole};
use madang_shared::{Failure, RoomId, Seq, compact};

use crate::context::{AppContext, use_app};
use crate::features::moderation::{REASON, category_name, reason_input};
use crate::features::rooms::own_role;
use crate::i18n::{CANCEL, Words, tr, use_lang};
use crate::ui::dialog::dialog;
use crate::ui::erased::events;
use crate::ui::erased::reactive::{flag, part, text};
use crate::ui::erased::signal::{State, state};
use crate::{http, session};

const DELETE_TITLE: Words = Words::new("메시지를 삭제할까요?", "Delete this message?");
const DELETE_WARNING: Words = Words::new(
    "글은 모두의 화면과 기록에서 사라지고 자리만 남습니다. 되돌릴 수 없습니다.",
    "The text disappears from all screens and from the log; its place stays. This cannot be undone.",
);
const DELETE: Words = Words::new("삭제", "Delete");
const REPORT_TITLE: Words = Words::new("메시지 신고", "Report this message");
const REPORT_HINT: Words = Words::new(
    "관리자에게 메시지의 내용과 함께 전해집니다. 결과는 알림으로 알려 드립니다.",
    "The moderators get the message with your report. A notice will tell you the outcome.",
);
const CATEGORY: Words = Words::new("무엇이 문제인가요?", "What is wrong with it?");
const WORDS: Words = Words::new("덧붙일 말 (선택)", "More about it (optional)");
const SEND: Words = Words::new("신고하기", "Report");
const SENT: Words = Words::new(
    "신고했습니다. 살펴보고 알려 드리겠습니다.",
    "Reported. A notice will tell you the outcome.",
);

/// An act on a message that asks first.
#[derive(Clone, Copy)]
pub(super) enum MessageAct {
    Delete { message: Seq, is_own: bool },
    Report(Seq),
}

/// The state of the dialogs. Copies are the same.
#[derive(Clone, Copy)]
pub(super) struct ModerationTools {
    app: StoredValue<AppContext>,
    room: RoomId,
    /// Whether the user moderates the room; none before the first request.
    moderates: State<Option<bool>>,
    act: State<Option<MessageAct>>,
    deletes: State<bool>,
    reports: State<bool>,
    reason: State<String>,
    is_sent: State<bool>,
    failure: State<Option<Failure>>,
}

impl ModerationTools {
    pub(super) fn new(app: AppContext, room: RoomId) -> Self {
        Self {
            app: StoredValue::new(app),
            room,
            moderates: state(None),
            act: state(None),
            deletes: state(false),
            reports: state(false),
            reason: state(String::new()),
            is_sent: state(false),
            failure: state(None),
        }
    }

    /// Whether the user may delete messages of others. The first call asks the server, and the answer draws again.
    pub(super) fn moderates(self) -> bool {
        if self.moderates.get_untracked().is_none() {
            self.moderates.set(Some(false));
            let (me, kind) = self.app.with_value(|app| {
                app.driver.store().peek(|client| {
                    let room = client.features().memberships().room(self.room);
                    (client.features().me().id, room.map_or(RoomKind::Direct, |room| room.kind))
                })
            });
            if kind != RoomKind::Direct {
                own_role(self.room, me, move |role| {
                    if role == RoomRole::Manager {
                        self.moderates.try_set(Some(true));
                    }
                });
            }
            if kind == RoomKind::Public {
                spawn_local(async move {
                    if session::role().await.is_some_and(|role| role >= Role::Administrator) {
                        self.moderates.try_set(Some(true));
                    }
                });
            }
        }
        self.moderates.get() == Some(true)
    }

    pub(super) fn ask(self, act: MessageAct) {
        self.act.set(Some(act));
        self.reason.set(String::new());
        self.failure.set(None);
        self.is_sent.set(false);
        match act {
            MessageAct::Delete { .. } => self.deletes.set(true),
            MessageAct::Report(_) => self.reports.set(true),
        }
    }
}

/// The dialogs.
pub(super) fn message_dialogs(tools: ModerationTools) -> AnyView {
    view! {
        {dialog(tools.deletes, "message-delete-title", move || deletion(tools))}
        {dialog(tools.reports, "message-report-title", move || report(tools))}
    }
    .into_any()
}

fn deletion(tools: ModerationTools) -> AnyView {
    let driver = use_app().driver;
    let Some(MessageAct::Delete { message, is_own }) = tools.act.get_untracked() else {
        return ().into_any();
    };
    let is_ready = move || is_own || tools.reason.with(|reason| !reason.trim().is_empty());
    let delete = move |event: ev::SubmitEvent| {
        event.prevent_default();
        if is_ready() {
            tools.deletes.set(false);
            let (room, reason) = (tools.room, tools.reason.get_untracked());
            driver.command(ChatCommand::Delete { room, message, reason });
        }
    };
    view! {
        <form on:submit=events::submit(delete) novalidate>
            <h2 id="message-delete-title" class="dialog-title">{DELETE_TITLE.now()}</h2>
            <p>{DELETE_WARNING.now()}</p>
            {(!is_own).then(|| reason_input("message-delete-reason", REASON, tools.reason))}
            <div class="dialog-actions">
                <button type="button" class="button" autofocus=is_own data-testid="message-delete-cancel" on:click=events::click(move |_| tools.deletes.set(false))>{CANCEL.now()}</button>
                <button type="submit" class="button button-danger" data-testid="message-delete-confirm" aria-disabled=flag(move || !is_ready())>{DELETE.now()}</button>
            </div>
        </form>
    }
    .into_any()
}

fn report(tools: ModerationTools) -> AnyView {
    part(move || if tools.is_sent.get() { sent(tools) } else { report_form(tools) })
}

fn sent(tools: ModerationTools) -> AnyView {
    view! {
        <h2 id="message-report-title" class="dialog-title">{REPORT_TITLE.now()}</h2>
        <p role="status" data-testid="message-reported">{SENT.now()}</p>
        <div class="dialog-actions">
            <button class="button button-strong" autofocus=true data-testid="message-report-close" on:click=events::click(move |_| tools.reports.set(false))>{tr(|t| t.close)}</button>
        </div>
    }
    .into_any()
}

fn report_form(tools: ModerationTools) -> AnyView {
    let lang = use_lang();
    let (category, words) = (state(ReportCategory::Spam), NodeRef::<html::Textarea>::new());
    let send = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let Some(MessageAct::Report(message)) = tools.act.get_untracked() else { return };
        let report = NewReport {
            room: tools.room,
            message,
            category: category.get_untracked(),
            words: words.get_untracked().map(|words| words.value()).unwrap_or_default(),
        };
        spawn_local(async move {
            match post(&report).await {
                Ok(_) => tools.is_sent.try_set(true),
                Err(failure) => tools.failure.try_set(Some(failure)),
            };
        });
    };
    let options = ReportCategory::ALL.iter().map(|of| {
        view! { <option value=of.name() selected=*of == ReportCategory::Spam>{category_name(*of).now()}</option> }
    });
    let choose = move |event| {
        if let Some(chosen) = ReportCategory::parse(&event_target_value(&event)) {
            category.set(chosen);
        }
    };
    let error = text(move || {
        let failure = tools.failure.get();
        failure.map(|failure| lang.get().refusal(&failure)).unwrap_or_default()
    });
    view! {
        <form on:submit=events::submit(send) novalidate>
            <h2 id="message-report-title" class="dialog-title">{REPORT_TITLE.now()}</h2>
            <p>{REPORT_HINT.now()}</p>
            <label class="label" for="report-category">{CATEGORY.now()}</label>
            <select id="report-category" class="field" autofocus=true data-testid="report-category" on:change=events::change(choose)>{options.collect_view()}</select>
            <label class="label" for="report-words">{WORDS.now()}</label>
            <textarea id="report-words" class="field" dir="auto" rows="3" maxlength=MAX_REPORT_CHARS.to_string() data-testid="report-words" node_ref=words></textarea>
            <p class="error" role="alert" data-testid="report-error">{error}</p>
            <div class="dialog-actions">
                <button type="button" class="button" data-testid="message-report-cancel" on:click=events::click(move |_| tools.reports.set(false))>{CANCEL.now()}</button>
                <button type="submit" class="button button-strong" data-testid="message-report-send">{SEND.now()}</button>
            </div>
        </form>
    }
    .into_any()
}

async fn post(report: &NewReport) -> Result<MadeReport, Failure> {
    let answer = http::post(REPORTS_PATH, &compact::to_text(report)).await;
    let answer = answer.map_err(session::unreachable_server)?;
    if !answer.ok() {
        return Err(session::failure(&answer));
    }
    compact::from_text(&answer.text).map_err(|_| session::unexpected_answer())
}
