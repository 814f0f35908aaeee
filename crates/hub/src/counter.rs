//! One number that everybody shares.

use madang_shared::counter::CounterCommand;
use madang_shared::counter::MAX_COUNTER_STEP;
use madang_shared::{ErrorCode, Failure};

/// The number stays between this and its negative: beyond it not every reader of JSON is exact.
pub const MAX_VALUE: i64 = 1 << 53;

/// A decided change of the number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Add this to it.
    Add(i32),
}

/// Checks the amount.
///
/// # Errors
/// `invalid`.
pub fn decide(command: &CounterCommand) -> Result<Change, Failure> {
    let CounterCommand::Add { amount } = *command;
    if amount == 0 || amount.unsigned_abs() > MAX_COUNTER_STEP.unsigned_abs() {
        let message = format!("Add something from 1 to {MAX_COUNTER_STEP}, or take it away.");
        return Err(Failure::new(ErrorCode::Invalid, message));
    }
    Ok(Change::Add(amount))
}

/// What the number is after an amount was added.
///
/// # Errors
/// `invalid`, at the end of the range.
pub fn sum(value: i64, amount: i32) -> Result<i64, Failure> {
    value
        .checked_add(i64::from(amount))
        .filter(|sum| sum.unsigned_abs() <= MAX_VALUE.unsigned_abs())
        .ok_or_else(|| Failure::new(ErrorCode::Invalid, "The number cannot go any further."))
}
