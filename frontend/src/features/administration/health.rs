//! The state of the server, read again at each pulse while the page is open, and the use of its storage.

use leptos::prelude::*;
use madang_shared::administration::HEALTH_PATH;
use madang_shared::health::{
    HealthReport, PersonStorage, RoomStorage, STORAGE_PATH, StorageReport,
};

use super::loading::{Pulse, draw_loaded, load_on};
use super::strings::{bytes, lasting};
use crate::i18n::{Words, use_lang};
use crate::ui::erased::memo::memo;
use crate::ui::erased::reactive::{effect, text};
use crate::ui::erased::signal::{State, state};

const VERSION: Words = Words::new("버전", "Version");
const RUNNING: Words = Words::new("실행 시간", "Running for");
const CONNECTIONS: Words = Words::new("열린 연결", "Open connections");
const SESSIONS: Words = Words::new("연결된 로그인", "Connected sign-ins");
const DELIVERIES: Words = Words::new("초당 전달", "Deliveries a second");
const QUEUE: Words = Words::new("전달을 기다리는 토픽", "Topics waiting for delivery");
const TOPICS: Words = Words::new("구독 중인 토픽", "Followed topics");
const EVENTS: Words = Words::new("로그의 이벤트", "Events in the log");
const DATABASE: Words = Words::new("데이터베이스", "Database");
const FREE: Words = Words::new("남은 디스크", "Free disk space");
const MAILS: Words = Words::new("보낸 메일 / 실패", "Mails sent / failed");
const NODES: Words = Words::new("노드", "Nodes");
const ROOMS: Words = Words::new("방별 사용량", "By room");
const PEOPLE: Words = Words::new("사람별 사용량", "By person");
const PRIVATE: Words = Words::new("비공개 방", "Private room");
const ABOUT_STORAGE: Words = Words::new(
    "방은 메시지와 그 로그, 사람은 쓴 메시지와 소식의 크기입니다. 큰 것부터 50개까지 보입니다.",
    "Of a room, the messages and their log; of a person, the messages and posts. The 50 largest are listed.",
);

/// The number of deliveries in two reports, for the rate between them.
#[derive(Clone, Copy, Default, PartialEq)]
struct Deliveries {
    at: u64,
    count: u64,
    /// A second; none before the second report.
    rate: Option<u64>,
}

/// The part of the page with the state.
pub(super) fn health() -> AnyView {
    let Pulse(pulse) = expect_context();
    let report = load_on::<HealthReport, _>(pulse, || HEALTH_PATH.to_owned());
    let deliveries = state(Deliveries::default());
    effect(move || {
        if let Some(Ok(report)) = report.get() {
            deliveries.update(|known| *known = known.next(&report));
        }
    });
    draw_loaded(report, move |report| facts(&report, deliveries))
}

impl Deliveries {
    fn next(self, report: &HealthReport) -> Self {
        let (at, count) = (report.at.0, report.deliveries);
        let passed = at.saturating_sub(self.at);
        if passed == 0 {
            return self;
        }
        // Another start of the server, or another node, counts from 0.
        let is_continued = self.at > 0 && count >= self.count;
        let rate = is_continued.then(|| ((count - self.count) * 1_000).div_ceil(passed));
        Self { at, count, rate }
    }
}

fn facts(report: &HealthReport, deliveries: State<Deliveries>) -> AnyView {
    let lang = use_lang();
    let rate = memo(move || deliveries.with(|it| it.rate));
    let number = |value: u64| text(move || value.to_string());
    let size = move |value: u64| text(move || bytes(lang.get(), value));
    let running = report.at.since(report.started_at);
    let free = report.free_bytes.map(|free| fact("free", FREE, size(free)));
    let mails = report.mails.map(|mails| {
        fact("mails", MAILS, text(move || format!("{} / {}", mails.sent, mails.failed)))
    });
    let version = report.version.clone();
    view! {
        <dl class="admin-facts" data-testid="health">
            {fact("connections", CONNECTIONS, number(report.connections))}
            {fact("sessions", SESSIONS, number(report.sessions))}
            {fact("deliveries", DELIVERIES, text(move || rate.get().map_or_else(|| "…".to_owned(), |it| it.to_string())))}
            {fact("queue", QUEUE, number(report.waiting_topics))}
            {fact("topics", TOPICS, number(report.topics))}
            {fact("events", EVENTS, number(report.events))}
            {fact("database", DATABASE, size(report.database_bytes))}
            {free}
            {mails}
            {fact("nodes", NODES, number(report.nodes))}
            {fact("running", RUNNING, text(move || lasting(lang.get(), running)))}
            {fact("version", VERSION, text(move || version.clone()))}
        </dl>
    }
    .into_any()
}

fn fact(id: &'static str, name: Words, value: Signal<String>) -> AnyView {
    view! {
        <div class="admin-fact">
            <dt class="hint">{name.now()}</dt>
            <dd class="admin-value" data-testid=format!("health-{id}")>{value}</dd>
        </div>
    }
    .into_any()
}

/// The part of the page with the storage. It is read once: the server reads all texts for it.
pub(super) fn storage() -> AnyView {
    let once = memo(|| None);
    let report = load_on::<StorageReport, _>(once, || STORAGE_PATH.to_owned());
    let lang = use_lang();
    draw_loaded(report, move |report| {
        let total = report.database_bytes;
        let sum =
            text(move || format!("{}: {}", DATABASE.of(lang.get()), bytes(lang.get(), total)));
        let rooms: Vec<AnyView> = report.rooms.into_iter().map(room).collect();
        let people: Vec<AnyView> = report.people.into_iter().map(person).collect();
        view! {
            <p class="page-intro">{ABOUT_STORAGE.now()}</p>
            <p class="admin-name" data-testid="storage-total">{sum}</p>
            <section class="settings" aria-labelledby="storage-rooms-title">
                <h2 id="storage-rooms-title" class="settings-title">{ROOMS.now()}</h2>
                <ul class="admin-list" data-testid="storage-rooms">{rooms}</ul>
            </section>
            <section class="settings" aria-labelledby="storage-people-title">
                <h2 id="storage-people-title" class="settings-title">{PEOPLE.now()}</h2>
                <ul class="admin-list" data-testid="storage-people">{people}</ul>
            </section>
        }
        .into_any()
    })
}

fn room(RoomStorage { name, bytes, .. }: RoomStorage) -> AnyView {
    let name = match name {
        Some(name) => {
            view! { <span class="isolated admin-name" translate="no">{name}</span> }.into_any()
        }
        None => view! { <span class="admin-name">{PRIVATE.now()}</span> }.into_any(),
    };
    row(name, bytes)
}

fn person(PersonStorage { user, bytes, .. }: PersonStorage) -> AnyView {
    row(
        view! { <span class="isolated admin-name" translate="no">{user.name}</span> }.into_any(),
        bytes,
    )
}

fn row(name: AnyView, size: u64) -> AnyView {
    let lang = use_lang();
    view! {
        <li class="admin-row">
            <div class="admin-about">{name}</div>
            <span class="admin-value">{text(move || bytes(lang.get(), size))}</span>
        </li>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use madang_shared::Timestamp;

    use super::*;

    #[test]
    fn two_reports_give_the_rate_of_deliveries() {
        let report = |at, deliveries| HealthReport {
            at: Timestamp(at),
            deliveries,
            ..HealthReport::default()
        };
        let first = Deliveries::default().next(&report(10_000, 500));
        assert_eq!(first.rate, None);
        let second = first.next(&report(12_000, 700));
        assert_eq!(second.rate, Some(100));
        assert_eq!(second.next(&report(12_000, 700)).rate, Some(100), "the same report again");
        assert_eq!(second.next(&report(14_000, 3)).rate, None, "another start of the server");
    }
}
