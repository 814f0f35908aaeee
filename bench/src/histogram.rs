//! A histogram of durations with buckets of at most 1.6 % relative width.

use std::time::Duration;

/// Buckets for each doubling.
const STEPS: u32 = 64;
const STEPS_BITS: u32 = STEPS.trailing_zeros();

/// A histogram of durations in nanoseconds.
#[derive(Clone, Debug, Default)]
pub struct Histogram {
    buckets: Vec<u64>,
    count: u64,
}

impl Histogram {
    /// Records a duration.
    pub fn record(&mut self, duration: Duration) {
        let bucket = bucket_of(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX));
        if self.buckets.len() <= bucket {
            self.buckets.resize(bucket + 1, 0);
        }
        if let Some(count) = self.buckets.get_mut(bucket) {
            *count += 1;
        }
        self.count += 1;
    }

    /// Adds the durations of another histogram.
    pub fn add(&mut self, other: &Self) {
        let length = self.buckets.len().max(other.buckets.len());
        self.buckets.resize(length, 0);
        for (count, more) in self.buckets.iter_mut().zip(&other.buckets) {
            *count += more;
        }
        self.count += other.count;
    }

    /// Number of recorded durations.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The quantile `share` in per mille: this share of the durations is not longer. `None` if there are no
    /// durations.
    pub fn per_mille(&self, share: u64) -> Option<Duration> {
        let rank = (self.count * share).div_ceil(1_000).max(1);
        let mut seen = 0;
        let bucket = self.buckets.iter().position(|count| {
            seen += count;
            seen >= rank
        })?;
        Some(Duration::from_nanos(top_of(bucket)))
    }
}

fn bucket_of(nanos: u64) -> usize {
    let doublings = nanos.checked_ilog2().unwrap_or_default().saturating_sub(STEPS_BITS);
    let step = nanos >> doublings;
    usize::try_from(u64::from(doublings * STEPS) + step).unwrap_or(usize::MAX)
}

/// The longest duration of the bucket in nanoseconds.
fn top_of(bucket: usize) -> u64 {
    let (bucket, steps) = (bucket as u64, u64::from(STEPS));
    let doublings = (bucket / steps).saturating_sub(1);
    let step = bucket - doublings * steps;
    ((step + 1) << doublings) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_exact_to_the_width_of_a_bucket() {
        for nanos in [0, 1, 63, 64, 65, 127, 128, 1_000, 123_456_789, u64::MAX >> 8] {
            let top = top_of(bucket_of(nanos));
            assert!(top >= nanos && top - nanos <= nanos / u64::from(STEPS), "{nanos}: {top}");
        }
        let mut histogram = Histogram::default();
        assert_eq!(histogram.per_mille(500), None);
        (1..=1_000).for_each(|micros| histogram.record(Duration::from_micros(micros)));
        for (share, expected) in [(500, 500), (990, 990), (1_000, 1_000), (1, 1)] {
            let found = histogram.per_mille(share).unwrap().as_nanos();
            let expected = u128::from(expected * 1_000_u64);
            assert!(found >= expected && found <= expected * 102 / 100, "{share}: {found}");
        }
        let mut longer = Histogram::default();
        longer.record(Duration::from_secs(1));
        longer.add(&histogram);
        assert_eq!((longer.count(), longer.per_mille(500)), (1_001, histogram.per_mille(500)));
        assert!(longer.per_mille(1_000) >= Some(Duration::from_secs(1)));
    }
}
