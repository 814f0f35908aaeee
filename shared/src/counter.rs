//! The shared counter. Topic [`Topic::Counter`](crate::Topic::Counter).

use serde::{Deserialize, Serialize};

use crate::ids::{CommandId, User};

/// The largest amount that one command adds or subtracts.
pub const MAX_COUNTER_STEP: i32 = 1_000;

/// Commands to the counter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CounterCommand {
    /// Adds an amount. A command never sets the value, so simultaneous additions do not overwrite each
    /// other.
    Add {
        /// From -[`crate::counter::MAX_COUNTER_STEP`] to [`crate::counter::MAX_COUNTER_STEP`], not 0.
        amount: i32,
    },
}

/// Events of the counter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CounterEvent {
    /// A user added an amount.
    Added {
        /// The user.
        by: User,
        /// The amount.
        amount: i32,
        /// The value after the addition.
        value: i64,
        /// The user's command; it lets the user's own screen count the addition once.
        command: CommandId,
    },
}

/// The counter at a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CounterSnapshot {
    /// The value; between -2^53 and 2^53, which every JSON parser reads exactly.
    pub value: i64,
}
