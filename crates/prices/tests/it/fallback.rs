//! Which source serves, in paused time, with sources that do as they are told.

use std::sync::Arc;
use std::time::Duration;

use madang_prices::{Pace, SourceError, SourceName, State};
use tokio::time::{Instant, sleep};

use crate::support::puppet::{Act, Puppet};
use crate::support::{Running, within};

const SECOND: Duration = Duration::from_secs(1);

struct Stage {
    first: Arc<Puppet>,
    second: Arc<Puppet>,
    third: Arc<Puppet>,
    running: Running,
}

/// Three sources that say nothing yet, watched by somebody.
fn stage() -> Stage {
    let first = Puppet::new(SourceName::Binance);
    let second = Puppet::new(SourceName::Kraken);
    let third = Puppet::new(SourceName::Upbit);
    let running =
        Running::start(vec![first.clone(), second.clone(), third.clone()], Pace::default());
    running.watched.send_replace(true);
    Stage { first, second, third, running }
}

async fn until_opened(puppet: &Puppet, times: usize) {
    within(puppet.opened.subscribe().wait_for(|opened| *opened >= times)).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_first_that_answers_serves() {
    let mut stage = stage();
    stage.first.whenever_opened(Act::Fail(SourceError::Status(500)));
    stage.second.whenever_opened(Act::Fail(SourceError::Malformed("no ticker")));
    stage.third.whenever_opened(Act::Say("148601000.0"));
    let feed = stage.running.until(|feed| feed.state == State::Fallback).await;
    assert_eq!(feed.latest.unwrap().source, SourceName::Upbit);
    let tried: Vec<_> = feed.tried.iter().map(|one| (one.source, one.error.clone())).collect();
    assert_eq!(
        tried,
        [
            (SourceName::Binance, SourceError::Status(500)),
            (SourceName::Kraken, SourceError::Malformed("no ticker")),
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_source_that_does_not_answer_in_time_is_given_up() {
    let mut stage = stage();
    stage.second.whenever_opened(Act::Say("70300.1"));
    let started = Instant::now();
    let feed = stage.running.until(|feed| feed.state == State::Fallback).await;
    assert_eq!(started.elapsed().as_secs(), 8);
    assert_eq!(feed.tried[0].error.to_string(), "it did not answer in time");
}

#[tokio::test(start_paused = true)]
async fn silence_turns_into_stale_and_then_into_a_fallback() {
    let mut stage = stage();
    stage.first.whenever_opened(Act::Say("70352.36"));
    let live = stage.running.until(|feed| feed.state == State::Live).await.latest.unwrap();
    let spoke = Instant::now();
    stage.first.whenever_opened(None);

    let feed = stage.running.until(|feed| feed.state != State::Live).await;
    assert_eq!(spoke.elapsed().as_secs(), 10);
    assert_eq!(feed.state, State::Stale { since: live.at });
    assert_eq!(feed.latest, Some(live), "what is stale is still told, with its age");
    assert_eq!(feed.tried[0].error.to_string(), "it went silent");

    until_opened(&stage.second, 1).await;
    stage.second.now(Act::Say("70300.1"));
    let feed = stage.running.until(|feed| feed.state == State::Fallback).await;
    assert_eq!(feed.latest.unwrap().source, SourceName::Kraken);
}

#[tokio::test(start_paused = true)]
async fn the_preferred_source_takes_over_again_when_it_answers_and_not_before() {
    let mut stage = stage();
    stage.first.whenever_opened(Act::Fail(SourceError::Closed));
    stage.second.whenever_opened(Act::Say("70300.1"));
    stage.running.until(|feed| feed.state == State::Fallback).await;

    // Its trial hangs: the fallback goes on serving all the while.
    stage.first.whenever_opened(None);
    until_opened(&stage.first, 2).await;
    stage.second.now(Act::Say("70300.2"));
    let says = |price: &'static str| {
        move |feed: &madang_prices::Feed| feed.latest.as_ref().unwrap().price.as_str() == price
    };
    assert_eq!(stage.running.until(says("70300.2")).await.state, State::Fallback);
    assert!(stage.first.is_open() && stage.second.is_open());

    stage.first.now(Act::Say("70352.36"));
    let feed = stage.running.until(|feed| feed.state == State::Live).await;
    assert_eq!(feed.latest.unwrap().source, SourceName::Binance);
    assert_eq!(feed.tried, [], "who answers is in no trouble any more");
    assert!(!stage.second.is_open(), "the fallback is closed");
    assert_eq!(stage.third.times_opened(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_preferred_source_that_keeps_failing_is_tried_about_once_a_minute() {
    let mut stage = stage();
    stage.first.whenever_opened(Act::Fail(SourceError::Closed));
    stage.second.whenever_opened(Act::Say("70300.1"));
    stage.running.until(|feed| feed.state == State::Fallback).await;
    for _ in 0..3_600 {
        stage.second.now(Act::Say("70300.1"));
        sleep(SECOND).await;
    }
    // The wait grows to a minute at most, and with full jitter it is half of that on average.
    assert!((60..180).contains(&stage.first.times_opened()), "{}", stage.first.times_opened());
    assert_eq!(stage.second.times_opened(), 1, "the fallback was never disturbed");
}

#[tokio::test(start_paused = true)]
async fn of_two_better_sources_the_second_is_tried_too() {
    let mut stage = stage();
    stage.first.whenever_opened(Act::Fail(SourceError::Closed));
    stage.second.whenever_opened(Act::Fail(SourceError::Closed));
    stage.third.whenever_opened(Act::Say("148601000.0"));
    stage.running.until(|feed| feed.state == State::Fallback).await;
    stage.second.whenever_opened(Act::Say("70300.1"));
    let feed = stage
        .running
        .until(|feed| feed.latest.as_ref().unwrap().source == SourceName::Kraken)
        .await;
    assert_eq!(feed.state, State::Fallback);
    assert!(!stage.third.is_open());
}

#[tokio::test(start_paused = true)]
async fn when_all_fail_they_are_asked_ever_again_and_never_in_a_spin() {
    let mut stage = stage();
    for puppet in [&stage.first, &stage.second, &stage.third] {
        puppet.whenever_opened(Act::Fail(SourceError::TimedOut));
    }
    let feed = stage.running.until(|feed| feed.tried.len() == 3).await;
    assert_eq!(feed.state, State::Connecting);
    sleep(60 * SECOND).await;
    assert!((3..=30).contains(&stage.first.times_opened()), "{}", stage.first.times_opened());
    stage.third.whenever_opened(Act::Say("148601000.0"));
    stage.running.until(|feed| feed.state == State::Fallback).await;
}
