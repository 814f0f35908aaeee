//! The counter: one number for all users. Topic [`Topic::Counter`](madang_shared::Topic::Counter).

use madang_shared::counter::CounterCommand;
use madang_shared::counter::MAX_COUNTER_STEP;
use madang_shared::grants::{Grant, Grants};
use madang_shared::{ErrorCode, Failure};

use crate::policy::rights::Need;

/// The limit of the number's absolute value. Beyond it, some JSON parsers lose precision.
pub const MAX_VALUE: i64 = 1 << 53;

/// The need of every change.
pub fn needs(_change: &CounterCommand) -> Need {
    Need::AnyGrant(Grants::of(&[Grant::Count]))
}

/// Checks the amount.
///
/// # Errors
/// `invalid`.
pub fn decide(command: CounterCommand) -> Result<CounterCommand, Failure> {
    let CounterCommand::Add { amount } = command;
    if amount == 0 || amount.unsigned_abs() > MAX_COUNTER_STEP.unsigned_abs() {
        let message = format!(
            "The amount must be from -{MAX_COUNTER_STEP} to {MAX_COUNTER_STEP}, and not 0."
        );
        return Err(Failure::new(ErrorCode::Invalid, message));
    }
    Ok(command)
}

/// Adds an amount to the number.
///
/// # Errors
/// `invalid` if the sum is beyond [`MAX_VALUE`].
pub fn sum(value: i64, amount: i32) -> Result<i64, Failure> {
    value
        .checked_add(i64::from(amount))
        .filter(|sum| sum.unsigned_abs() <= MAX_VALUE.unsigned_abs())
        .ok_or_else(|| Failure::new(ErrorCode::Invalid, "The counter has reached its limit."))
}
