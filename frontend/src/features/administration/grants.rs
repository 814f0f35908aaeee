//! The grants of the apps: those of each person, and those of each role.

use leptos::prelude::*;
use madang_shared::UserId;
use madang_shared::administration::{AdministrationAct, ROLE_GRANTS_PATH, WorkspaceSettings};
use madang_shared::grants::{Grant, Grants, RoleGrants};
use madang_shared::roles::Role;

use super::loading::{ActState, draw_loaded, load};
use super::strings::role_name;
use crate::features::grants::grant_name;
use crate::i18n::{Lang, Words, use_lang};
use crate::ui::erased::events;
use crate::ui::erased::reactive::text;
use crate::ui::erased::signal::State;

const GRANTS: Words = Words::new("앱 권한", "Rights in the apps");
const AS_ROLE: Words = Words::new("역할대로", "As the role");
const OF_ROLES: Words =
    Words::new("역할마다 앱에서 할 수 있는 일", "What each role may do in the apps");
const OF_ROLES_HINT: Words = Words::new(
    "한 사람만 다르게 하려면 ‘사람’에서 정합니다. 소유자는 모두 할 수 있습니다.",
    "“People” has the choices for one person. Owners may do everything.",
);

/// A box to check, with its label.
pub(super) fn check(
    id: &str,
    words: Words,
    on: bool,
    toggle: impl FnMut(leptos::ev::Event) + 'static,
) -> AnyView {
    view! {
        <label class="admin-check">
            <input type="checkbox" prop:checked=on data-testid=format!("setting-{id}") on:change=events::change(toggle) />
            <span>{words.now()}</span>
        </label>
    }
    .into_any()
}

/// The grants of a person. A decision for the person stands above the role, and can be left to the role again.
pub(super) fn grant_choices(
    id: UserId,
    grants: Grants,
    decided: Grants,
    open: State<Option<UserId>>,
) -> AnyView {
    let act: ActState = expect_context();
    let decide = move |grant, is_given| {
        let decision = AdministrationAct::SetGrant { user: id, grant, is_given };
        act.send(decision, String::new(), |_| ());
    };
    let row = |grant: &Grant| {
        let grant = *grant;
        let has = grants.contains(grant);
        let as_role = decided.contains(grant).then(|| {
            view! {
                <button class="button" data-testid=format!("as-role-{id}-{}", grant.name()) on:click=events::click_once(move |_| decide(grant, None))>
                    {AS_ROLE.now()}
                </button>
            }
        });
        view! {
            <div class="admin-grant">
                {check(&format!("{id}-{}", grant.name()), grant_name(grant), has, move |_| decide(grant, Some(!has)))}
                {as_role}
            </div>
        }
    };
    // The list is drawn again after each decision.
    let toggle = move |_| {
        open.update(|open| *open = if *open == Some(id) { None } else { Some(id) });
    };
    view! {
        <details class="fold admin-grants" open=open.get_untracked() == Some(id)>
            <summary data-testid=format!("grants-{id}") on:click=events::click(toggle)>{GRANTS.now()}</summary>
            {Grant::ALL.iter().map(row).collect_view()}
        </details>
    }
    .into_any()
}

/// The grants of each role.
pub(super) fn role_grants() -> AnyView {
    let act: ActState = expect_context();
    let of_roles = load::<RoleGrants>(|| ROLE_GRANTS_PATH.to_owned());
    let lang = use_lang();
    draw_loaded(of_roles, move |of_roles| {
        let roles = [Role::Guest, Role::Member, Role::Administrator];
        let cell = move |grant: Grant, role: Role| {
            let has = of_roles.of(role).contains(grant);
            let toggle = move |_| {
                let mut changed = of_roles;
                if let Some(grants) = changed.of_mut(role) {
                    *grants = grants.with(grant, !has);
                }
                let settings =
                    WorkspaceSettings { grants: Some(changed), ..WorkspaceSettings::default() };
                act.send(AdministrationAct::ChangeSettings(settings), String::new(), |_| ());
            };
            let label = text(move || {
                let (grant, role) = (grant_name(grant), role_name(role));
                match lang.get() {
                    Lang::Ko => format!("{}: {}", role.of(Lang::Ko), grant.of(Lang::Ko)),
                    Lang::En => format!("{}: {}", role.of(Lang::En), grant.of(Lang::En)),
                }
            });
            let id = format!("{}-{}", role.name(), grant.name());
            view! {
                <td><input type="checkbox" aria-label=label prop:checked=has data-testid=id on:change=events::change(toggle) /></td>
            }
        };
        let row = move |grant: &Grant| {
            let grant = *grant;
            view! {
                <tr>
                    <th scope="row">{grant_name(grant).now()}</th>
                    {roles.map(|role| cell(grant, role)).into_iter().collect_view()}
                </tr>
            }
        };
        let heads = roles.map(|role| view! { <th scope="col">{role_name(role).now()}</th> });
        view! {
            <section class="admin-role-grants">
                <h2 class="label">{OF_ROLES.now()}</h2>
                <p class="hint">{OF_ROLES_HINT.now()}</p>
                <table data-testid="role-grants">
                    <thead><tr><td></td>{heads.into_iter().collect_view()}</tr></thead>
                    <tbody>{Grant::ALL.iter().map(row).collect_view()}</tbody>
                </table>
            </section>
        }
        .into_any()
    })
}
