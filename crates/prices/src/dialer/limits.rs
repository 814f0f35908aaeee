//! The size limit of answers.

/// The longest answer or message that is read, in bytes: 64 KiB. The longest that is expected comes from
/// Kraken, with less than 1 KiB.
pub const MAX_ANSWER_BYTES: usize = 64 * 1024;
