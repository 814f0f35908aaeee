//! The people of the workspace whom a user may know, in pages.

use serde::{Deserialize, Serialize};

use crate::ids::{User, UserId};
use crate::profile::Profile;

/// The path of the pages, for `GET` by signed-in users. The parameters are `search`, a text that the handle or the display name contains, and
/// `after`, the id of the last person of the page before.
pub const PEOPLE_PATH: &str = "/api/people";

/// The path of a person, for `GET` by users who may know the person.
pub fn person_path(user: UserId) -> String {
    format!("{PEOPLE_PATH}/{user}")
}

/// People in one page.
pub const PAGE_PEOPLE: usize = 20;

/// A page of people. This is the body of the answer at [`PEOPLE_PATH`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PeoplePage {
    /// The people by name, without the reader; at most [`PAGE_PEOPLE`].
    pub people: Vec<User>,
    /// The profiles of those who have set one, in any order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub profiles: Vec<Profile>,
    /// Whether there are people after these.
    pub more: bool,
}
