//! The ids of nodes.

use serde::{Deserialize, Serialize};

/// One start of a node. It is drawn at random, so that two nodes never have the same one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NodeId(pub u64);

impl NodeId {
    /// The first connection id of the node. The ids of a node's connections follow it. Two nodes have the same ids with
    /// a probability of one in a million; all ids are exact in JavaScript.
    pub fn first_connection(self) -> u64 {
        (self.0 % (1 << 20)) * (1 << 32) + 1
    }
}
