//! A bound on connections that have shown nothing yet, which nobody can sit on.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;

/// Places for so many. Whoever comes when all are taken gets that of whoever has had one for longest:
/// honest peers are through within moments, so that it is the silent ones who lose theirs.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    most: usize,
    taken: Arc<Mutex<Taken>>,
}

#[derive(Debug, Default)]
struct Taken {
    next: u64,
    by_age: BTreeMap<u64, CancellationToken>,
}

/// A place; it is free again when this is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    number: u64,
    lost: CancellationToken,
    taken: Arc<Mutex<Taken>>,
}

impl Places {
    /// All of them free.
    pub(crate) fn new(most: usize) -> Self {
        Self { most, taken: Arc::default() }
    }

    /// Takes a place, if need be the oldest one.
    pub(crate) fn take(&self) -> Place {
        let lost = CancellationToken::new();
        let mut taken = self.taken.lock();
        let number = taken.next;
        taken.next += 1;
        if taken.by_age.len() >= self.most
            && let Some((_, oldest)) = taken.by_age.pop_first()
        {
            oldest.cancel();
        }
        taken.by_age.insert(number, lost.clone());
        Place { number, lost, taken: Arc::clone(&self.taken) }
    }
}

impl Place {
    /// Completes when somebody else has got this place.
    pub(crate) async fn lost(&self) {
        self.lost.cancelled().await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.taken.lock().by_age.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_comes_last_takes_the_place_of_who_has_been_there_longest() {
        let places = Places::new(2);
        let (first, second) = (places.take(), places.take());
        assert!(!first.lost.is_cancelled());
        let third = places.take();
        assert!(first.lost.is_cancelled() && !second.lost.is_cancelled());
        // Its number is gone already; the place that it lost is not freed a second time.
        drop(first);
        drop(third);
        let fourth = places.take();
        assert!(!second.lost.is_cancelled() && !fourth.lost.is_cancelled());
        let fifth = places.take();
        assert!(second.lost.is_cancelled() && !fourth.lost.is_cancelled());
        drop((second, fourth, fifth));
        assert!(places.taken.lock().by_age.is_empty());
    }
}
