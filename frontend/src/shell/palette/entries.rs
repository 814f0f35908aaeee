//! The entries that the palette finds: a feature of the app adds rows to the tables that are read here.

use madang_client::Slice;
use madang_shared::roles::{Role, RoomKind};
use madang_shared::rooms::Room;
use madang_shared::{User, UserId};

use crate::auth::Auth;
use crate::context::AppContext;
use crate::features::account::SHORTCUTS;
use crate::features::account::choices::{COLOUR_CHOICES, COLOURS};
use crate::features::rooms::{is_joined, listed_rooms};
use crate::features::settings::found_settings;
use crate::i18n::{Lang, Words};
use crate::route::{PAGES, Page};
use crate::search::{Match, Search, Searchable};
use crate::theme::Theme;

/// The number of shown entries.
const MAX_SHOWN: usize = 12;
/// The number of rooms that are offered before anything is typed.
const MAX_OFFERED_ROOMS: usize = 6;
/// The pages that are offered before anything is typed.
const OFFERED_PAGES: &[Page] =
    &[Page::Notices, Page::Later, Page::BrowseRooms, Page::Apps, Page::Learn, Page::Settings];

/// The target of an entry. Equal matches are listed in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Room(Room),
    Person(User),
    Page(Page),
    /// The row of the settings with this id, on this page.
    Setting(&'static str, Page),
    Act(Act),
}

/// An act that needs no page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    CreateRoom,
    ShowShortcuts,
    Colours(Theme),
    Language(Lang),
}

impl Target {
    /// The kind, as the list shows it.
    pub(super) fn kind(&self) -> Words {
        match self {
            Self::Room(Room { kind: RoomKind::Direct, .. }) => Words::new("대화", "Direct"),
            Self::Room(_) => Words::new("방", "Room"),
            Self::Person(_) => Words::new("사람", "Person"),
            Self::Page(_) => Words::new("화면", "Page"),
            Self::Setting(..) => Words::new("설정", "Setting"),
            Self::Act(_) => Words::new("하기", "Action"),
        }
    }

    fn order(&self) -> u8 {
        match self {
            Self::Room(_) => 0,
            Self::Person(_) => 1,
            Self::Page(_) => 2,
            Self::Setting(..) => 3,
            Self::Act(_) => 4,
        }
    }
}

/// A line of the palette.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) target: Target,
    pub(super) name: String,
    /// The texts by which it is found: the name, in both languages if it has two.
    texts: Vec<Searchable>,
}

impl Entry {
    fn named(target: Target, name: String) -> Self {
        let texts = vec![Searchable::new(&name)];
        Self { target, name, texts }
    }

    fn worded(target: Target, words: Words, lang: Lang) -> Self {
        let texts = [Lang::Ko, Lang::En].map(|of| Searchable::new(words.of(of)));
        Self { target, name: words.of(lang).to_owned(), texts: texts.into() }
    }

    fn matches(&self, search: &Search) -> Option<Match> {
        self.texts.iter().filter_map(|text| search.matches(text)).min()
    }
}

/// The entries that the app itself knows: the joined rooms, the people of direct conversations, pages, settings and acts.
pub(super) fn own_entries(
    app: AppContext,
    auth: Auth,
    role: Option<Role>,
    lang: Lang,
) -> Vec<Entry> {
    let store = app.driver.store();
    let rooms = store.read(Slice::Unread, |client| listed_rooms(app, client));
    let mut entries: Vec<Entry> = rooms.into_iter().map(room_entry).collect();
    let is_open = |page: &&Page| match **page {
        // Both are for people without a session.
        Page::PasswordSignIn | Page::Link => false,
        Page::Administration => role.is_some_and(|role| role >= Role::Administrator),
        page => auth.offers(page),
    };
    let pages = PAGES.iter().filter(is_open);
    entries.extend(pages.map(|page| Entry::worded(Target::Page(*page), page.title(), lang)));
    let settings = found_settings(auth).into_iter();
    entries.extend(
        settings.map(|(id, page, words)| Entry::worded(Target::Setting(id, page), words, lang)),
    );
    let acts = [
        (Act::CreateRoom, lang_pair(|lang| lang.texts().new_room)),
        (Act::ShowShortcuts, SHORTCUTS),
        (Act::Language(Lang::Ko), Words::new("한국어로 보기", "한국어")),
        (Act::Language(Lang::En), Words::new("English", "Show in English")),
    ];
    entries.extend(acts.map(|(act, words)| Entry::worded(Target::Act(act), words, lang)));
    entries.extend(COLOUR_CHOICES.map(|(theme, _, words)| {
        let target = Target::Act(Act::Colours(theme));
        let texts = [Lang::Ko, Lang::En].map(|of| Searchable::new(&colours_name(words, of)));
        Entry { target, name: colours_name(words, lang), texts: texts.into() }
    }));
    entries
}

fn lang_pair(text: fn(Lang) -> &'static str) -> Words {
    Words::new(text(Lang::Ko), text(Lang::En))
}

fn colours_name(words: Words, lang: Lang) -> String {
    format!("{}: {}", COLOURS.of(lang), words.of(lang))
}

fn room_entry(room: Room) -> Entry {
    let name = room.name.clone();
    Entry::named(Target::Room(room), name)
}

/// The entries that the server found: public rooms that the user has not joined, and people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) rooms: Vec<Room>,
    pub(super) people: Vec<User>,
}

impl Found {
    /// Adds what another search found, once each.
    pub(super) fn add(&mut self, other: Self) {
        for room in other.rooms {
            if !self.rooms.iter().any(|known| known.id == room.id) {
                self.rooms.push(room);
            }
        }
        for user in other.people {
            if !self.people.iter().any(|known| known.id == user.id) {
                self.people.push(user);
            }
        }
    }

    pub(super) fn entries(self, app: AppContext) -> Vec<Entry> {
        let rooms = app.driver.store().read(Slice::Unread, |client| {
            let foreign = self.rooms.into_iter().filter(|room| !is_joined(client, room.id));
            foreign.map(room_entry).collect::<Vec<_>>()
        });
        let people = self.people.into_iter().map(|user| {
            let name = user.name.clone();
            Entry::named(Target::Person(user), name)
        });
        rooms.into_iter().chain(people).collect()
    }
}

/// The direct conversation with a person alone, if there is one.
pub(super) fn conversation_with(app: AppContext, person: UserId) -> Option<Room> {
    let rooms = app.driver.store().peek(|client| listed_rooms(app, client));
    rooms.into_iter().find(|room| {
        room.kind == RoomKind::Direct
            && room.people.len() == 2
            && room.people.iter().any(|user| user.id == person)
    })
}

/// The entries that are offered before anything is typed: the first rooms of the list, and some pages.
pub(super) fn offered(own: &[Entry]) -> Vec<Entry> {
    let rooms = own.iter().filter(|entry| matches!(entry.target, Target::Room(_)));
    let find = |page: &Page| own.iter().find(|entry| entry.target == Target::Page(*page));
    let pages = OFFERED_PAGES.iter().filter_map(find);
    rooms.take(MAX_OFFERED_ROOMS).chain(pages).cloned().collect()
}

/// The entries that match, the best first.
pub(super) fn ranked(own: &[Entry], others: &[Entry], search: &Search) -> Vec<Entry> {
    let entries = own.iter().chain(others);
    let mut found: Vec<(Match, &Entry)> =
        entries.filter_map(|entry| Some((entry.matches(search)?, entry))).collect();
    // The sort is stable: rooms with more recent messages stay before others.
    found.sort_by_key(|(how, entry)| (*how, entry.target.order(), entry.name.chars().count()));
    found.into_iter().take(MAX_SHOWN).map(|(_, entry)| entry.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(page: Page) -> Entry {
        Entry::worded(Target::Page(page), page.title(), Lang::En)
    }

    #[test]
    fn better_matches_come_first_and_both_languages_find_a_page() {
        let setting = Words::new("알림 끄기", "Mute the inbox");
        let entries = [
            Entry::worded(Target::Setting("mute", Page::Settings), setting, Lang::En),
            page(Page::Notices),
            page(Page::NoticeSettings),
        ];
        let names = |typed: &str| -> Vec<String> {
            ranked(&entries[..1], &entries[1..], &Search::new(typed))
                .into_iter()
                .map(|entry| entry.name)
                .collect()
        };
        assert_eq!(names("inbox"), ["Inbox", "Mute the inbox"]);
        assert_eq!(names("알림"), ["Inbox", "Notification settings", "Mute the inbox"]);
        assert_eq!(names("ㅇㄹ ㅅㅈ"), ["Notification settings"]);
        let pages: Vec<Target> = offered(&entries).into_iter().map(|entry| entry.target).collect();
        assert_eq!(pages, [Target::Page(Page::Notices)]);
        assert!(names("nothing like this").is_empty());
    }
}
