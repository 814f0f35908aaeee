//! The bans of addresses and networks.

use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use madang_shared::administration::AdministrationAct;
use madang_shared::moderation::{ADDRESS_BANS_PATH, AddressBan};

use super::loading::{ActState, draw_loaded, load};
use crate::features::moderation::{REASON, USUAL_DURATION_MS, duration_choice, reason_input};
use crate::i18n::{Lang, Words, use_lang};
use crate::time::Times;
use crate::ui::erased::events;
use crate::ui::erased::reactive::{flag, text};
use crate::ui::erased::signal::state;

const NETWORK: Words = Words::new("주소나 네트워크", "Address or network");
const EXAMPLE: Words = Words::new(
    "예: 203.0.113.7, 203.0.113.0/24, 2001:db8::/48",
    "For example 203.0.113.7, 203.0.113.0/24 or 2001:db8::/48",
);
const BAN: Words = Words::new("차단", "Ban");
const END: Words = Words::new("차단 풀기", "End the ban");
const NONE: Words = Words::new("차단한 주소가 없습니다.", "No address is banned.");

/// The part of the page.
pub(super) fn addresses() -> AnyView {
    let bans = load::<Vec<AddressBan>>(|| ADDRESS_BANS_PATH.to_owned());
    let times = Times::new();
    view! {
        {form()}
        {draw_loaded(bans, move |bans| {
            if bans.is_empty() {
                return view! { <p class="hint">{NONE.now()}</p> }.into_any();
            }
            let rows = bans.into_iter().map(|ban| row(ban, times)).collect_view();
            view! { <ul class="admin-list" data-testid="address-bans">{rows}</ul> }.into_any()
        })}
    }
    .into_any()
}

fn form() -> AnyView {
    let act: ActState = expect_context();
    let network = NodeRef::<html::Input>::new();
    let (reason, lasts_ms) = (state(String::new()), state(USUAL_DURATION_MS));
    let is_ready = move || reason.with(|reason| !reason.trim().is_empty());
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let Some(network) = network.get_untracked().filter(|_| is_ready()) else { return };
        let lasts_ms = Some(lasts_ms.get_untracked()).filter(|it| *it > 0);
        let ban = AdministrationAct::BanAddress { network: network.value(), lasts_ms };
        act.send(ban, reason.get_untracked(), move |_| network.set_value(""));
    };
    view! {
        <form class="admin-bans" on:submit=events::submit(submit) novalidate>
            <label class="label" for="ban-network">{NETWORK.now()}</label>
            <input id="ban-network" class="field" dir="ltr" autocapitalize="none" spellcheck="false" aria-describedby="ban-network-hint" data-testid="ban-network" node_ref=network />
            <p id="ban-network-hint" class="hint">{EXAMPLE.now()}</p>
            {duration_choice("ban-lasts", lasts_ms, true)}
            {reason_input("ban-reason", REASON, reason)}
            <button type="submit" class="button button-danger" data-testid="ban-address" aria-disabled=flag(move || !is_ready())>{BAN.now()}</button>
        </form>
    }
    .into_any()
}

fn row(AddressBan { network, until, reason, .. }: AddressBan, times: Times) -> AnyView {
    let act: ActState = expect_context();
    let lang = use_lang();
    let line = text(move || {
        let lang = lang.get();
        match (until.map(|until| times.full(lang, until)), lang) {
            (None, Lang::Ko) => "끝 없이".to_owned(),
            (None, Lang::En) => "without an end".to_owned(),
            (Some(until), Lang::Ko) => format!("{until}까지"),
            (Some(until), Lang::En) => format!("until {until}"),
        }
    });
    let name = network.clone();
    let why = reason.clone();
    let end = move |_| {
        let ended = AdministrationAct::EndAddressBan { network: network.clone() };
        // The same reason: the entry says which act it was.
        act.send(ended, reason.clone(), |_| ());
    };
    view! {
        <li class="admin-row" data-testid="address-ban">
            <div class="admin-about">
                <span class="admin-name" dir="ltr">{name}</span>
                <span>{line}</span>
                <p class="hint user-text" dir="auto">{why}</p>
            </div>
            <button class="button" data-testid="end-address-ban" on:click=events::click_once(end)>{END.now()}</button>
        </li>
    }
    .into_any()
}
