//! The people who complete a mention: the members of the room who match the text behind an `@`.

use leptos::task::spawn_local;
use madang_client::Client;
use madang_shared::details::{MembersPage, members_path};
use madang_shared::{RoomId, User};

use super::completion_option::{CompletionOption, Sign};
use crate::features::chat::mentions::known_users;
use crate::search::{Match, Search, Searchable};
use crate::session;
use crate::text::lower_case;
use crate::ui::erased::signal::State;

/// Pages of members that are loaded. In a larger room, the list lacks people who are not here and have not written lately.
const MAX_PAGES: usize = 20;

/// A person whom the user may mention.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Candidate {
    user: User,
    /// The display name, if there is one.
    name: Option<String>,
    is_here: bool,
}

impl Candidate {
    fn new(client: &Client, user: &User) -> Self {
        let shown = client.features().details().shown_name(user);
        let is_here = client.features().presence().present().any(|it| it.id == user.id);
        let name = (shown != user.name).then(|| shown.to_owned());
        Self { user: user.clone(), name, is_here }
    }

    /// How the person matches a text; a text of several words must be the beginning of a name.
    fn matches(&self, search: &Search, typed: &str) -> Option<Match> {
        let names = || [Some(&self.user.name), self.name.as_ref()].into_iter().flatten();
        if search.is_empty() {
            return Some(Match::Whole);
        }
        let begins = |name: &String| lower_case(name).starts_with(&lower_case(typed));
        if typed.contains(char::is_whitespace) && !names().any(begins) {
            return None;
        }
        names().filter_map(|name| search.matches(&Searchable::new(name))).min()
    }
}

/// The people who match, the best first; of equal ones those who are here.
fn ranked(candidates: Vec<Candidate>, typed: &str, max: usize) -> Vec<Candidate> {
    let search = Search::new(typed);
    let mut found: Vec<(Match, Candidate)> = candidates
        .into_iter()
        .filter_map(|one| Some((one.matches(&search, typed)?, one)))
        .collect();
    // The sort is stable: those who wrote last stay first.
    found.sort_by_key(|(how, one)| (*how, !one.is_here));
    found.into_iter().take(max).map(|(_, one)| one).collect()
}

/// The members of the room: those whom the client knows, and the loaded ones.
fn candidates(client: &Client, room: RoomId, members: &[User]) -> Vec<Candidate> {
    let mut people = known_users(client, room);
    people.reverse();
    for member in members {
        if !people.iter().any(|known| known.id == member.id) {
            people.push(member);
        }
    }
    let me = client.features().me().id;
    people.retain(|user| user.id != me);
    people.into_iter().map(|user| Candidate::new(client, user)).collect()
}

/// The people who match the text behind an `@`, the best first.
pub(super) fn options(
    client: &Client,
    room: RoomId,
    members: &[User],
    typed: &str,
    max: usize,
) -> Vec<CompletionOption> {
    let people = ranked(candidates(client, room, members), typed, max).into_iter();
    people.map(|one| option(one, typed)).collect()
}

fn option(Candidate { user, name, .. }: Candidate, typed: &str) -> CompletionOption {
    CompletionOption {
        id: format!("completion-{}", user.id),
        // The handle is beside the display name, which others may have too.
        note: name.is_some().then(|| format!("@{}", user.name)),
        inserted: format!("@{} ", user.name),
        is_typed_whole: lower_case(typed) == lower_case(&user.name),
        name: name.clone().unwrap_or_else(|| user.name.clone()),
        sign: Sign::Person(User { id: user.id, name: name.unwrap_or(user.name) }),
    }
}

/// Loads the members of the room. Without an answer, the list has those whom the client knows.
pub(super) fn load_members(room: RoomId, members: State<Option<Vec<User>>>) {
    spawn_local(async move {
        let mut after = None;
        for _ in 0..MAX_PAGES {
            let page = session::load::<MembersPage>(&members_path(room, after)).await;
            let Ok(MembersPage { members: loaded, more }) = page else { return };
            after = loaded.last().map(|member| member.user.id);
            let loaded = loaded.into_iter().map(|member| member.user);
            // None after the room was closed.
            let Some(known) = members.try_get_untracked() else { return };
            members.set(Some(known.into_iter().flatten().chain(loaded).collect()));
            if !more {
                return;
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use madang_shared::UserId;

    use super::*;

    fn candidate(id: u64, handle: &str, name: &str, is_here: bool) -> Candidate {
        let user = User { id: UserId(id), name: handle.to_owned() };
        let name = (!name.is_empty()).then(|| name.to_owned());
        Candidate { user, name, is_here }
    }

    #[test]
    fn handles_display_names_and_initial_consonants_find_people() {
        let people = [
            candidate(1, "minsu", "김민수", false),
            candidate(2, "Jane", "", true),
            candidate(3, "박민수", "", false),
            candidate(4, "janet", "", false),
            candidate(5, "J K Rowe", "", false),
        ];
        let found = |typed: &str| -> Vec<u64> {
            ranked(people.to_vec(), typed, 8).into_iter().map(|one| one.user.id.0).collect()
        };
        assert_eq!(found(""), [2, 1, 3, 4, 5]);
        assert_eq!(found("ja"), [2, 4]);
        assert_eq!(found("JANE"), [2, 4]);
        assert_eq!(found("ㄱㅁㅅ"), [1]);
        assert_eq!(found("민수"), [1, 3]);
        assert_eq!(found("rlaalstn"), [1]);
        assert_eq!(found("j k"), [5]);
        assert_eq!(found("Jane hello"), [0; 0]);
        assert_eq!(found("Jane "), [0; 0]);
    }
}
