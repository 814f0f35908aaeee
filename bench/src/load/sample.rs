//! One measured round: its count, its processor times and its duration.

use std::time::Duration;

/// The cost of a number of operations.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sample {
    /// Number of deliveries, echoes or connects.
    pub(super) count: u64,
    /// Processor time of the server.
    pub(super) server: Duration,
    /// Processor time of the generator.
    pub(super) generator: Duration,
    /// Duration of the round.
    pub(super) elapsed: Duration,
}

impl Sample {
    /// Processor seconds of the server per million operations.
    pub(super) fn server_per_million(&self) -> f64 {
        per_million(self.server, self.count)
    }

    /// Processor seconds of the generator per million operations.
    pub(super) fn generator_per_million(&self) -> f64 {
        per_million(self.generator, self.count)
    }

    /// Operations per second.
    pub(super) fn per_second(&self) -> f64 {
        float(self.count) / self.elapsed.as_secs_f64()
    }
}

/// The median of the rounds' ratios of `second` to `first`, in processor time of the server.
pub(super) fn median_cpu_ratio(first: &[Sample], second: &[Sample]) -> f64 {
    let ratios = first.iter().zip(second);
    let ratios =
        ratios.map(|(first, second)| second.server_per_million() / first.server_per_million());
    median(ratios.collect())
}

/// The median of the samples' processor seconds of the server per million operations.
pub(super) fn median_server_cpu(samples: &[Sample]) -> f64 {
    median(samples.iter().map(Sample::server_per_million).collect())
}

fn per_million(spent: Duration, count: u64) -> f64 {
    spent.as_secs_f64() * 1e6 / float(count)
}

/// The upper median; NaN without values.
pub(super) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

#[expect(clippy::cast_precision_loss, reason = "counts of operations: below 2^52")]
pub(super) fn float(count: u64) -> f64 {
    count as f64
}
