//! Speaking: as fast as is heard, or at a rate.

use std::time::{Duration, Instant};

use madang_shared::Position;

use super::{PATIENCE, Stage, StageError};
use crate::histogram::Histogram;

/// Below this nothing sleeps: the system wakes nobody up more exactly than to a millisecond.
const SPIN: Duration = Duration::from_millis(2);
/// How long a turn waits when nothing is due.
const WAIT: Duration = Duration::from_millis(100);

impl Stage {
    /// Says things for this long, always keeping `window` of them under way, and waits until everybody
    /// has them all. Answers how many deliveries it made.
    ///
    /// # Errors
    /// [`StageError`]. What does not arrive is no error here: it counts as lost.
    pub fn keep_under_way(&mut self, window: u64, long: Duration) -> Result<u64, StageError> {
        let (began, before) = (Instant::now(), self.book.deliveries());
        loop {
            let mut now = Instant::now();
            if now - began >= long {
                break;
            }
            let mut held_back = false;
            while self.book.outstanding() < window && now - began < long {
                if !self.speech.may(now) {
                    held_back = true;
                    break;
                }
                self.say(now)?;
                now = Instant::now();
            }
            self.turn(if held_back { SPIN } else { WAIT })?;
            // Whatever does not come would keep the window full for ever.
            if self.book.outstanding() >= window && self.is_stuck()? {
                break;
            }
        }
        self.finish()?;
        Ok(self.book.deliveries() - before)
    }

    /// Says things at a steady rate for this long, whatever the server does, and waits until
    /// everybody has them all. Answers how long each delivery took, from the moment at which the thing
    /// should have been said: a server that is late with one is late with all that wait behind it.
    ///
    /// # Errors
    /// [`StageError`].
    pub fn keep_pace(&mut self, per_second: u32, long: Duration) -> Result<Histogram, StageError> {
        self.book.latency = Some(Histogram::default());
        let began = Instant::now();
        let every = Duration::from_secs(1) / per_second.max(1);
        let mut due = began;
        while due - began < long {
            let now = Instant::now();
            if now >= due {
                self.say(due)?;
                due += every;
                continue;
            }
            self.turn((due - now).saturating_sub(SPIN))?;
        }
        self.finish()?;
        Ok(self.book.latency.take().unwrap_or_default())
    }

    /// Says one thing.
    pub(super) fn say(&mut self, intended: Instant) -> Result<(), StageError> {
        let number = self.book.say(intended);
        let (speaker, opcode, frame) = self.speech.of(number);
        Ok(self.crowd.say(speaker, opcode, frame.as_bytes())?)
    }

    /// Says this many things as fast as the server allows, and waits until everybody has them all.
    ///
    /// # Errors
    /// [`StageError`].
    pub fn say_all(&mut self, count: u64, window: u64) -> Result<(), StageError> {
        let end = self.book.said() + count;
        while self.book.said() < end {
            let now = Instant::now();
            if self.book.outstanding() < window && self.speech.may(now) {
                self.say(now)?;
            } else {
                self.turn(SPIN)?;
                if self.book.outstanding() >= window && self.is_stuck()? {
                    break;
                }
            }
        }
        self.finish()
    }

    /// Waits until everybody has everything, as long as anything comes.
    fn finish(&mut self) -> Result<(), StageError> {
        if self.speech.goes_on(self.book.said()) {
            self.say(Instant::now())?;
        }
        while self.book.outstanding() > 0 {
            if self.is_stuck()? {
                // What was refused is missing for a reason.
                return self.nothing_refused();
            }
        }
        Ok(())
    }

    /// Whether nothing has come for too long.
    fn is_stuck(&mut self) -> Result<bool, StageError> {
        let (before, since) = (self.book.deliveries(), Instant::now());
        while self.book.deliveries() == before && self.book.outstanding() > 0 {
            if since.elapsed() > self.patience {
                return Ok(true);
            }
            self.turn(WAIT)?;
        }
        Ok(false)
    }

    /// Waits until each thing said was acknowledged. Whether that was so in time.
    ///
    /// # Errors
    /// [`StageError`].
    pub fn acknowledged(&mut self) -> Result<bool, StageError> {
        let since = Instant::now();
        while self.book.acknowledged() < self.book.said() {
            if since.elapsed() > PATIENCE {
                return Ok(false);
            }
            self.turn(WAIT)?;
        }
        Ok(true)
    }

    /// This member does not read its socket any more, and nobody waits for it.
    ///
    /// # Errors
    /// [`StageError`].
    pub fn stall(&mut self, member: usize) -> Result<(), StageError> {
        self.book.excuse(Some(member));
        Ok(self.crowd.listen(member, false)?)
    }

    /// The stalled member reads again. Answers after how long it had everything that was said; none if
    /// it does not get it on this connection.
    ///
    /// # Errors
    /// [`StageError`].
    pub fn recover(&mut self, member: usize) -> Result<Option<Duration>, StageError> {
        self.crowd.listen(member, true)?;
        let since = Instant::now();
        while self.book.progress(member) < self.book.said() {
            if self.book.has_absent_ended() || since.elapsed() > PATIENCE {
                return Ok(None);
            }
            self.turn(WAIT)?;
        }
        Ok(Some(since.elapsed()))
    }

    /// Does not hold against the server any more what the stalled member has not got, because it will
    /// come back for it on another connection. Answers where it has to go on; none if its connection has
    /// not ended, so that it has nothing to come back for.
    pub fn give_up(&mut self, member: usize) -> Option<Position> {
        self.book.has_absent_ended().then(|| self.book.give_up(member))?
    }
}
