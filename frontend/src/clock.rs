//! The app's clock: the wall clock, but monotonic.

/// A clock that starts at the wall clock and runs with a monotonic counter. When the wall clock is ahead (the
/// device slept, during which the counter of most browsers stands still, or the clock was set), this clock
/// jumps to it. When the wall clock is behind, this clock continues.
#[derive(Debug)]
pub(crate) struct AppClock {
    /// Milliseconds since 1970 when the counter was at zero, raised when the wall clock is ahead.
    base: f64,
}

impl AppClock {
    pub(crate) const fn new() -> Self {
        Self { base: 0.0 }
    }

    /// The time in milliseconds since 1970, from the wall clock and the counter.
    pub(crate) fn at(&mut self, wall: f64, counter: f64) -> f64 {
        self.base = self.base.max(wall - counter);
        self.base + counter
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_follows_the_wall_clock_forward_and_never_back() {
        let mut clock = AppClock::new();
        let readings = [
            (1_010.0, 10.0, 1_010.0, "it starts at the wall clock"),
            (1_020.0, 20.0, 1_020.0, "both run"),
            (30_000.0, 25.0, 30_000.0, "the device slept: the counter stood still"),
            (7_000.0, 35.0, 30_010.0, "the wall clock was set back: it continues"),
            (30_010.0, 36.0, 30_011.0, "the wall clock is still behind"),
            (40_000.0, 40.0, 40_000.0, "the wall clock has overtaken it"),
        ];
        for (wall, counter, expected, why) in readings {
            assert!((clock.at(wall, counter) - expected).abs() < 1e-6, "{why}");
        }
    }
}
