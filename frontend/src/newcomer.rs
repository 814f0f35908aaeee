//! The first steps of a newcomer, as this browser remembers them: nothing about a user who has never signed up here.

use crate::browser;

const KEY: &str = "madang.first-steps";
/// The steps are done or dismissed.
const OVER: &str = "over";

/// A first step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Hello,
    Room,
    Invite,
    Notify,
}

impl Step {
    pub(crate) const ALL: [Self; 4] = [Self::Hello, Self::Room, Self::Invite, Self::Notify];

    /// The id of the step, for tests and for the storage.
    pub(crate) fn id(self) -> &'static str {
        match self {
            Self::Hello => "step-hello",
            Self::Room => "step-room",
            Self::Invite => "step-invite",
            Self::Notify => "step-notify",
        }
    }
}

/// A user has signed up. The steps begin, unless an earlier user of this browser has seen them.
pub(crate) fn welcome() {
    if browser::remembered(KEY).is_none() {
        browser::remember(KEY, "");
    }
}

/// The ids of the steps that are done, if the card is to be shown.
fn steps() -> Option<String> {
    browser::remembered(KEY).filter(|steps| steps != OVER)
}

/// Whether the card is to be shown.
pub(crate) fn is_newcomer() -> bool {
    steps().is_some()
}

/// Whether the step is done, or the card over.
pub(crate) fn has_done(step: Step) -> bool {
    steps().is_none_or(|done| done.contains(step.id()))
}

/// The user has done the step.
pub(crate) fn mark_done(step: Step) {
    if !has_done(step) {
        let done = steps().unwrap_or_default() + step.id();
        browser::remember(KEY, &done);
    }
}

/// All steps are done, or the user dismissed them.
pub(crate) fn end() {
    browser::remember(KEY, OVER);
}
