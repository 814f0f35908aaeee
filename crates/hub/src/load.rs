//! The work of this node, for administrators.

use crate::hub::Hub;
use crate::nodes::SharedLog;

/// The work of a node at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerLoad {
    /// The topics that are followed.
    pub topics: u64,
    /// The deliveries of events to sockets since the start.
    pub deliveries: u64,
    /// The topics that wait for the fan-out.
    pub waiting_topics: u64,
    /// The nodes that are alive, this one included. Without a bus, a node knows itself alone.
    pub nodes: u64,
}

impl Hub {
    /// The work of this node.
    pub fn load(&self) -> ServerLoad {
        let others = self.shared_log().map_or(0, SharedLog::other_nodes);
        ServerLoad {
            topics: self.channels().len() as u64,
            deliveries: self.fan_out().deliveries(),
            waiting_topics: self.fan_out().waiting(),
            nodes: 1 + others,
        }
    }
}
