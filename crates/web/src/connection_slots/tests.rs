//! The rules of the slots, with a clock that the test moves.

use std::cell::Cell;
use std::future::Future;
use std::ops::Range;
use std::task::{Context, Waker};

use super::*;

fn is_evicted(slot: &ConnectionSlot) -> bool {
    let mut context = Context::from_waker(Waker::noop());
    std::pin::pin!(slot.evicted()).poll(&mut context).is_ready()
}

/// Slots with a clock.
struct TestSlots {
    slots: ConnectionSlots,
    now: Cell<Instant>,
}

impl TestSlots {
    fn new(capacity: usize) -> Self {
        let proxies = TrustedProxies::new(["10.0.0.1"]).unwrap();
        let slots = ConnectionSlots::new(capacity, proxies);
        Self { slots, now: Cell::new(Instant::now()) }
    }

    fn advance(&self, duration: Duration) {
        self.now.set(self.now.get() + duration);
    }

    fn take(&self, address: &str) -> Option<ConnectionSlot> {
        self.slots.take_at(address.parse().unwrap(), self.now.get())
    }

    fn begin_request(&self, slot: &ConnectionSlot) {
        slot.begin_request_at(self.now.get());
    }

    /// Takes a slot as soon as there is one.
    fn take_after_wait(&self, address: &str) -> ConnectionSlot {
        self.advance(self.wait());
        self.take(address).unwrap()
    }

    /// How long a new connection waits.
    fn wait(&self) -> Duration {
        match self.slots.0.table.lock().vacancy(self.now.get()) {
            Vacancy::Now => Duration::ZERO,
            Vacancy::At(end) => end - self.now.get(),
        }
    }

    /// A flood from many networks for some time; its connections come as fast as the server accepts
    /// them.
    fn flood_for(&self, time: Duration, networks: Range<u8>) -> Vec<ConnectionSlot> {
        let end = self.now.get() + time;
        let mut flood = Vec::new();
        for number in networks {
            if self.now.get() + self.wait() > end {
                break;
            }
            flood.push(self.take_after_wait(&format!("198.51.100.{number}")));
        }
        self.now.set(end);
        flood
    }
}

/// Takes slots, each when the grace of the previous one has ended.
fn slots(capacity: usize) -> impl Fn(&str) -> Option<ConnectionSlot> {
    let slots = TestSlots::new(capacity);
    move |address| {
        slots.advance(GRACE);
        slots.take(address)
    }
}

#[test]
fn the_oldest_connection_of_the_largest_network_is_evicted() {
    let take = slots(5);
    let honest = take("192.0.2.1").unwrap();
    let flood: Vec<_> = (0..4).map(|_| take("192.0.2.2").unwrap()).collect();
    let second = take("192.0.2.3").unwrap();
    assert!(!is_evicted(&honest) && !is_evicted(&second));
    assert_eq!(flood.iter().map(is_evicted).collect::<Vec<_>>(), [true, false, false, false]);
    // With networks of one size, the oldest connection of all.
    let (third, fourth) = (take("192.0.2.4").unwrap(), take("192.0.2.5").unwrap());
    assert!(is_evicted(&flood[2]) && !is_evicted(&flood[3]) && !is_evicted(&honest));
    let fifth = take("192.0.2.6").unwrap();
    assert!(
        is_evicted(&honest) && [&second, &third, &fourth, &fifth].map(is_evicted) == [false; 4]
    );
}

#[test]
fn addresses_of_one_ipv6_network_are_one_network() {
    let take = slots(3);
    let other = take("2001:db8:0:1::1").unwrap();
    let (first, second) = (take("2001:db8::1").unwrap(), take("2001:db8::2").unwrap());
    let third = take("2001:db8::3").unwrap();
    assert_eq!([&other, &first, &second, &third].map(is_evicted), [false, true, false, false]);
}

#[test]
fn protected_connections_are_not_evicted_until_their_protection_ends() {
    let take = slots(3);
    let user = take("192.0.2.1").unwrap();
    assert!(user.protect(UserId(1)) && user.protect(UserId(1)));
    let strangers: Vec<_> = (0..9).map(|_| take("192.0.2.1").unwrap()).collect();
    assert!(!is_evicted(&user));
    assert_eq!(strangers.iter().filter(|slot| is_evicted(slot)).count(), 7);
    user.begin_request();
    assert!(!is_evicted(&take("192.0.2.1").unwrap()) && !is_evicted(&user), "still protected");
    user.end_request();
    let last = [(); 2].map(|()| take("192.0.2.1").unwrap());
    assert!(!is_evicted(&user), "its request made it the youngest");
    let more = take("192.0.2.1").unwrap();
    assert!(is_evicted(&user) && !is_evicted(&more) && !is_evicted(&last[1]));
    drop(strangers);
    drop((user, last, more));
    assert!(["192.0.2.7"; 3].iter().map(|it| take(it)).all(|it| it.is_some()));
}

#[test]
fn an_evicted_connection_cannot_be_protected() {
    let take = slots(1);
    let first = take("192.0.2.1").unwrap();
    let second = take("192.0.2.2").unwrap();
    assert!(is_evicted(&first) && !first.protect(UserId(1)));
    first.begin_request();
    assert!(!is_evicted(&second));
}

#[test]
fn a_user_a_network_and_all_users_have_shares_of_the_protection() {
    let capacity = 4 * MAX_PROTECTED_PER_USER;
    let take = slots(capacity);
    let mut all = Vec::new();
    let mut protected = |address: &str, users: Range<u64>| {
        let before = all.len();
        all.extend(users.filter_map(|user| take(address).filter(|it| it.protect(UserId(user)))));
        all.len() - before
    };
    assert_eq!(protected("192.0.2.1", 0..1_000), capacity / 2, "a network has a half");
    // Connections of a proxy are those of many networks.
    assert_eq!(protected("10.0.0.1", 1_000..2_000), capacity / 2 - capacity / 8);
    assert_eq!(protected("192.0.2.2", 2_000..2_010), 0, "an eighth is left for new connections");
    drop(all);
    let one: Vec<_> = (0..capacity).map(|_| take("10.0.0.1").unwrap()).collect();
    let protected = one.iter().filter(|it| it.protect(UserId(7))).count();
    assert_eq!(protected, MAX_PROTECTED_PER_USER);
}

#[test]
fn a_connection_in_its_grace_is_not_evicted_while_there_are_older_ones() {
    let slots = TestSlots::new(3);
    let first = slots.take("192.0.2.1").unwrap();
    slots.advance(GRACE / 2);
    let younger = ["192.0.2.2", "192.0.2.3"].map(|address| slots.take(address).unwrap());
    assert_eq!(slots.wait(), GRACE / 2, "all are in their grace: a new connection waits");
    slots.advance(GRACE / 2);
    assert_eq!(slots.wait(), Duration::ZERO);
    let next = slots.take("192.0.2.4").unwrap();
    assert!(is_evicted(&first) && !younger.iter().any(is_evicted));
    assert_eq!(slots.wait(), GRACE / 2);
    // A slot that is freed, or protected, ends the wait.
    drop(next);
    assert_eq!(slots.wait(), Duration::ZERO);
}

#[test]
fn a_fast_flood_from_many_networks_evicts_no_connection_during_its_handshake() {
    let slots = TestSlots::new(16);
    let before = slots.flood_for(GRACE, 0..60);
    let honest = slots.take_after_wait("192.0.2.1");
    // The client needs nearly all of the time for its TLS handshake, and again for its hello.
    let nearly = GRACE.mul_f64(0.99);
    let handshake = slots.flood_for(nearly, 60..120);
    assert!(!is_evicted(&honest), "the flood waits");
    slots.begin_request(&honest);
    honest.end_request();
    let upgrade = slots.flood_for(nearly, 120..180);
    assert!(!is_evicted(&honest) && honest.protect(UserId(1)));
    let more = slots.flood_for(GRACE * 9, 180..240);
    assert!(!is_evicted(&honest), "a user's connection");
    assert!(more.len() > 50, "the flood goes on");
    drop((before, handshake, upgrade));
}

#[test]
fn small_requests_do_not_extend_the_grace_for_ever() {
    let slots = TestSlots::new(2);
    let held = ["192.0.2.1", "192.0.2.2"].map(|address| slots.take(address).unwrap());
    let begin_requests = || {
        for slot in &held {
            slots.begin_request(slot);
        }
    };
    for _ in 0..4 {
        begin_requests();
        slots.advance(GRACE / 2);
    }
    assert_eq!(slots.wait(), Duration::ZERO);
    begin_requests();
    assert_eq!(slots.wait(), Duration::ZERO);
    slots.advance(GRACE_INTERVAL);
    begin_requests();
    assert_eq!(slots.wait(), GRACE, "an idle connection is used again");
}

#[test]
fn a_flood_from_one_network_delays_nobody() {
    let slots = TestSlots::new(16);
    let honest = slots.take("192.0.2.1").unwrap();
    let flood: Vec<_> = (0..100)
        .map(|_| {
            assert_eq!(slots.wait(), Duration::ZERO);
            slots.take("192.0.2.2").unwrap()
        })
        .collect();
    assert!(!is_evicted(&honest));
    assert_eq!(flood.iter().filter(|slot| is_evicted(slot)).count(), 100 - 15);
}

#[test]
fn all_connections_of_a_proxy_have_a_grace() {
    let slots = TestSlots::new(16);
    let clients: Vec<_> = (0..16).map(|_| slots.take("10.0.0.1").unwrap()).collect();
    assert_eq!(slots.wait(), GRACE);
    assert!(!clients.iter().any(is_evicted));
}

#[tokio::test(start_paused = true)]
async fn the_wait_for_a_slot_ends_with_a_grace_or_with_a_free_slot() {
    let slots = ConnectionSlots::new(8, TrustedProxies::default());
    let take = |number: u8| slots.take([192, 0, 2, number].into()).unwrap();
    let mut held: Vec<_> = (0..8).map(take).collect();
    let began = Instant::now();
    slots.vacancy().await;
    assert_eq!(began.elapsed(), GRACE);
    // Each evicts one of the others, and is in its grace.
    let next: Vec<_> = (8..16).map(take).collect();
    assert!(held.iter().all(is_evicted));
    let began = Instant::now();
    let (waiting, ()) = tokio::join!(slots.vacancy(), async {
        tokio::time::sleep(GRACE / 4).await;
        held = Vec::new();
        tokio::time::sleep(GRACE / 4).await;
        drop(next);
    });
    let () = waiting;
    assert_eq!(began.elapsed(), GRACE / 2);
}
