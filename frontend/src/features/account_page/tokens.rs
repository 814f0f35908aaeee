//! The access tokens of programs, and the bots.

use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use madang_shared::access_tokens::{
    ACCESS_TOKENS_PATH, AccessToken, AccessTokens, BOTS_PATH, Bot, Bots, IssuedAccessToken,
    NewAccessToken, NewBot, TokenScope,
};
use madang_shared::{Failure, UserId};

use super::section;
use crate::account_requests::{answer_of, delete_at, post_to, refusal};
use crate::clipboard::{COPIED, NOT_COPIED, copy};
use crate::features::factors::Confirm;
use crate::i18n::{Lang, Words, use_lang};
use crate::time::Times;
use crate::ui::erased::events;
use crate::ui::erased::reactive::{flag, part, text, when};
use crate::ui::erased::signal::{State, state};
use crate::ui::error_line::error_line;
use crate::ui::secret_field::{labelled_field, typed};

const TOKENS: Words = Words::new("프로그램용 접근 토큰", "Access tokens for programs");
const ABOUT_TOKENS: Words = Words::new(
    "프로그램은 토큰으로 내 이름을 씁니다. 계정 설정은 토큰으로 바꿀 수 없고, 언제든 끝낼 수 있습니다.",
    "A program acts under your name with a token. It cannot change your account, and you can end it at any time.",
);
const BOTS: Words = Words::new("봇", "Bots");
const ABOUT_BOTS: Words = Words::new(
    "봇은 자기 이름으로 글을 쓰는 프로그램입니다. 봇의 토큰은 만든 사람만 관리합니다.",
    "A bot is a program with a name of its own. Only you manage the tokens of your bots.",
);
const TOKEN_NAME: Words = Words::new("토큰 이름", "Name of the token");
const BOT_NAME: Words = Words::new("봇 이름", "Name of the bot");
const MAY_WRITE: Words = Words::new("글을 쓰고 바꿀 수 있음", "May write and change");
const MAKE_TOKEN: Words = Words::new("토큰 만들기", "Make a token");
const MAKE_BOT: Words = Words::new("봇 만들기", "Make a bot");
const END: Words = Words::new("끝내기", "End");
const COPY: Words = Words::new("복사", "Copy");
const SECRET: Words = Words::new(
    "지금만 볼 수 있습니다. 프로그램에 옮겨 적으세요.",
    "This is shown once. Copy it to your program.",
);
/// The days that a token of this page lasts.
const DAYS: u32 = 365;

/// The tokens of one account.
#[derive(Clone, Copy)]
struct TokenList {
    /// The path of the tokens.
    path: StoredValue<String>,
    tokens: State<Vec<AccessToken>>,
    /// The secret of the token that was made just now; empty without one.
    secret: State<String>,
    failure: State<Option<Failure>>,
}

impl TokenList {
    fn new(path: String) -> Self {
        let list = Self {
            path: StoredValue::new(path),
            tokens: state(Vec::new()),
            secret: state(String::new()),
            failure: state(None),
        };
        list.load();
        list
    }

    /// Requests the tokens again.
    fn load(self) {
        spawn_local(async move {
            // The page may be gone.
            match answer_of::<AccessTokens>(&self.path.get_value()).await {
                Ok(found) => self.tokens.try_set(found.tokens),
                Err(failure) => self.failure.try_set(Some(failure)),
            };
        });
    }

    fn issue(self, name: String, writes: bool) {
        let scope = if writes { TokenScope::Write } else { TokenScope::Read };
        let new = NewAccessToken { name, scope, rooms: Vec::new(), days: Some(DAYS) };
        self.failure.set(None);
        spawn_local(async move {
            match post_to::<_, IssuedAccessToken>(&self.path.get_value(), &new).await {
                Ok(issued) => {
                    self.secret.try_set(issued.secret);
                    self.load();
                }
                Err(failure) => {
                    self.failure.try_set(Some(failure));
                }
            }
        });
    }

    fn end(self, token: u64) {
        self.failure.set(None);
        self.secret.set(String::new());
        spawn_local(async move {
            if let Err(failure) = delete_at(&format!("{}/{token}", self.path.get_value())).await {
                self.failure.try_set(Some(failure));
            }
            self.load();
        });
    }
}

/// The section of the person's own tokens.
pub(super) fn tokens() -> AnyView {
    let list = token_list(ACCESS_TOKENS_PATH.to_owned(), "token-name");
    let content = view! { <p class="hint">{ABOUT_TOKENS.now()}</p> {list} };
    section("account-tokens", TOKENS, content.into_any())
}

/// The tokens at a path, with a form for a new one. `field` is the id of its field for the name.
fn token_list(path: String, field: &'static str) -> AnyView {
    let list = TokenList::new(path);
    let rows = part(move || {
        let rows: Vec<AnyView> =
            list.tokens.get().into_iter().map(|token| row(list, token)).collect();
        view! { <ul class="settings-list" data-testid="tokens">{rows}</ul> }.into_any()
    });
    let confirm: Confirm = expect_context();
    let (name, writes) = (NodeRef::<html::Input>::new(), state(false));
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let (named, writes) = (typed(name), writes.get_untracked());
        confirm.then(move || {
            list.issue(named.clone(), writes);
            if let Some(Some(name)) = name.try_get_untracked() {
                name.set_value("");
            }
        });
    };
    let choose = move |event: ev::Event| writes.set(event_target_checked(&event));
    view! {
        {rows}
        {part(move || secret(list))}
        <form class="account-form" on:submit=events::submit(submit) novalidate>
            {labelled_field(field, TOKEN_NAME, ("text", "off"), "", name)}
            <label class="token-scope">
                <input type="checkbox" data-testid="token-writes" on:change=events::change(choose) />
                <span>{MAY_WRITE.now()}</span>
            </label>
            <button class="button" type="submit" data-testid="make-token">{MAKE_TOKEN.now()}</button>
        </form>
        {error_line(list.failure, refusal)}
    }
    .into_any()
}

/// The secret of a new token.
fn secret(list: TokenList) -> AnyView {
    let secret = list.secret.get();
    if secret.is_empty() {
        return ().into_any();
    }
    let (lang, outcome) = (use_lang(), state(None::<Words>));
    let copied = secret.clone();
    let copy_secret = move |_| {
        let copied = copied.clone();
        spawn_local(async move {
            outcome.try_set(Some(if copy(&copied).await { COPIED } else { NOT_COPIED }));
        });
    };
    let outcome =
        text(move || outcome.get().map_or(String::new(), |it| it.of(lang.get()).to_owned()));
    view! {
        <div class="token-secret" role="alert">
            <p>{SECRET.now()}</p>
            <code class="user-text" translate="no" data-testid="token-secret">{secret}</code>
            <button class="button" on:click=events::click(copy_secret)>{COPY.now()}</button>
            <span class="hint" role="status">{outcome}</span>
        </div>
    }
    .into_any()
}

fn row(list: TokenList, token: AccessToken) -> AnyView {
    let (lang, times) = (use_lang(), Times::new());
    let AccessToken { id, name, scope, made_at, expires_at, last_used_at, .. } = token;
    let line = text(move || {
        let lang = lang.get();
        let scope = match scope {
            TokenScope::Read => Words::new("읽기만", "reads"),
            TokenScope::Write => Words::new("읽고 쓰기", "reads and writes"),
        };
        let used = last_used_at.unwrap_or(made_at);
        let (used, until) = (times.short(lang, used), expires_at.map(|at| times.full(lang, at)));
        let until = until.unwrap_or_default();
        match lang {
            Lang::Ko => format!("{} · 마지막 사용 {used} · {until}까지", scope.of(lang)),
            Lang::En => format!("{} · last used {used} · until {until}", scope.of(lang)),
        }
    });
    let end = move |_| list.end(id);
    view! {
        <li class="setting" data-testid="token">
            <div class="setting-about">
                <p class="setting-name user-text">{name}</p>
                <p class="hint">{line}</p>
            </div>
            <button class="button" data-testid="end-token" on:click=events::click_once(end)>{END.now()}</button>
        </li>
    }
    .into_any()
}

/// The section of the bots.
pub(super) fn bots() -> AnyView {
    let (bots, failure) = (state(Vec::new()), state(None::<Failure>));
    let load = move || {
        spawn_local(async move {
            // The page may be gone.
            match answer_of::<Bots>(BOTS_PATH).await {
                Ok(found) => bots.try_set(found.bots),
                Err(refused) => failure.try_set(Some(refused)),
            };
        });
    };
    load();
    // One at a time, because the field for a name has one id.
    let opened = state(None::<UserId>);
    let rows = part(move || {
        let rows = bots.get().into_iter().map(|bot| bot_row(bot, opened));
        rows.collect::<Vec<_>>().into_any()
    });
    let name = NodeRef::<html::Input>::new();
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        failure.set(None);
        let new = NewBot { name: typed(name) };
        spawn_local(async move {
            match post_to::<_, Bot>(BOTS_PATH, &new).await {
                Ok(_) => {
                    if let Some(Some(name)) = name.try_get_untracked() {
                        name.set_value("");
                    }
                    load();
                }
                Err(refused) => {
                    failure.try_set(Some(refused));
                }
            }
        });
    };
    let content = view! {
        <p class="hint">{ABOUT_BOTS.now()}</p>
        {rows}
        <form class="account-form" on:submit=events::submit(submit) novalidate>
            {labelled_field("bot-name", BOT_NAME, ("text", "off"), "", name)}
            <button class="button" type="submit" data-testid="make-bot">{MAKE_BOT.now()}</button>
        </form>
        {error_line(failure, refusal)}
    };
    section("account-bots", BOTS, content.into_any())
}

fn bot_row(bot: Bot, opened: State<Option<UserId>>) -> AnyView {
    let id = bot.user.id;
    let is_open = move || opened.get() == Some(id);
    let toggle = move |_| {
        opened.update(|opened| *opened = if *opened == Some(id) { None } else { Some(id) });
    };
    let tokens = move || token_list(format!("{BOTS_PATH}/{id}/tokens"), "bot-token-name");
    view! {
        <div class="bot" data-testid="bot">
            <button class="button isolated" translate="no" aria-expanded=flag(is_open) on:click=events::click(toggle)>
                {bot.user.name}
            </button>
            {when(is_open, tokens)}
        </div>
    }
    .into_any()
}
