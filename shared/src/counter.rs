//! One number that everybody shares. Topic [`Topic::Counter`](crate::Topic::Counter).

use serde::{Deserialize, Serialize};

use crate::ids::{CommandId, User};

/// The most that one command adds to the shared number, or takes from it.
pub const MAX_COUNTER_STEP: i32 = 1_000;

/// What a client may ask of the number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CounterCommand {
    /// Adds to it. An amount, never a result: whoever adds at the same moment is not overwritten.
    Add {
        /// From -[`crate::counter::MAX_COUNTER_STEP`] to [`crate::counter::MAX_COUNTER_STEP`], not 0.
        amount: i32,
    },
}

/// What happens to the number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CounterEvent {
    /// Somebody added to it.
    Added {
        /// Who.
        by: User,
        /// How much.
        amount: i32,
        /// What it is since then.
        value: i64,
        /// The command that did it, so that its author's screen counts it once.
        command: CommandId,
    },
}

/// The number at a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CounterSnapshot {
    /// Between -2^53 and 2^53, so that every reader of JSON reads it exactly.
    pub value: i64,
}
