//! The skeletons of names: which names look alike. See [`madang_hub::names::skeletons`].

use std::collections::{BTreeMap, BTreeSet};

use madang_hub::names;

/// The skeletons of all users' names, or of all rooms' names.
#[derive(Debug)]
pub(super) struct Skeletons<Id>(BTreeMap<String, BTreeSet<Id>>);

impl<Id> Default for Skeletons<Id> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<Id: Copy + Ord> Skeletons<Id> {
    /// Whether a name looks like another name. `own` is the owner of the name itself.
    pub(super) fn has_look_alike(&self, name: &str, own: Option<Id>) -> bool {
        let owners = names::skeletons(name).into_iter().filter_map(|it| self.0.get(&it));
        owners.flatten().any(|id| Some(*id) != own)
    }

    /// Adds the skeletons of a name.
    pub(super) fn add(&mut self, name: &str, id: Id) {
        for skeleton in names::skeletons(name) {
            self.0.entry(skeleton).or_default().insert(id);
        }
    }

    /// Removes the skeletons of a name.
    pub(super) fn remove(&mut self, name: &str, id: Id) {
        for skeleton in names::skeletons(name) {
            if let Some(owners) = self.0.get_mut(&skeleton) {
                owners.remove(&id);
            }
        }
    }
}
