//! The load of a number of users, and the machines that it needs.

use super::inputs::ScaleInputs;
use super::prediction::{Load, Prediction, following_nodes};

/// The fewest nodes: one may die.
const MIN_NODES: f64 = 2.0;
const DAY_SECONDS: f64 = 86_400.0;
/// More nodes than any load of the tables needs.
const MAX_STEPS: usize = 64;

/// The needs of a number of users, at the busiest time of the day.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Needs {
    /// The number of users.
    pub users: f64,
    /// Messages of users per second.
    pub messages: f64,
    /// The load.
    pub load: Load,
    /// Its costs.
    pub costs: Prediction,
    /// Memory of each node in GiB, the kernel's included.
    pub node_gib: f64,
    /// Databases of the largest machine.
    pub databases: f64,
    /// Growth of the databases in a day, in GiB.
    pub log_gib_per_day: f64,
}

impl ScaleInputs {
    /// The load of `users` users on `nodes` nodes. Also returns the messages per second.
    fn load_of(&self, users: f64, nodes: f64) -> (f64, Load) {
        let model = &self.users;
        let peak = model.peak_factor / DAY_SECONDS;
        let online = users * model.share_online;
        let messages = users * model.messages_per_day * peak;
        let readers = model.online_in_room * model.connections;
        let marks = messages * readers * model.marks_per_delivery;
        let load = Load {
            nodes,
            writing_nodes: nodes,
            connections: online * model.connections,
            connects: users * model.connects_per_day * peak,
            commands: messages + marks,
            // A read mark goes to the connections of its user.
            deliveries: messages * readers + marks * model.connections,
            follows: messages * following_nodes(readers, nodes)
                + marks * following_nodes((model.connections - 1.0).max(0.0), nodes),
            present: online,
        };
        (messages, load)
    }

    /// The needs of `users` users. The number of nodes follows from its own costs, so it is found in steps.
    pub fn needs(&self, users: f64) -> Needs {
        let mut assumed = self.clone();
        assumed.database.group_ms = self.machines.group_ms;
        assumed.database.group_message_ms = self.machines.group_message_ms;
        assumed.needs_with_assumed_times(users)
    }

    fn needs_with_assumed_times(&self, users: f64) -> Needs {
        let machines = &self.machines;
        let mut nodes = MIN_NODES;
        for _ in 0..MAX_STEPS {
            let (_, load) = self.load_of(users, nodes);
            let costs = self.predict(&load);
            let by_cores = costs.node_cores / (machines.node_cores * machines.busy_share);
            let by_connections = load.connections / machines.node_connections;
            // Each node has one writer.
            let writing = load.commands * machines.group_message_ms / 1e3;
            let by_writers = writing / machines.busy_share;
            let wanted = by_cores.max(by_connections).max(by_writers).ceil().max(MIN_NODES);
            if wanted <= nodes {
                break;
            }
            nodes = wanted;
        }
        let (messages, load) = self.load_of(users, nodes);
        let costs = self.predict(&load);
        let connection_kib = self.node.connection_kib + machines.kernel_connection_kib;
        let memory_kib = self.node.memory_mib * 1024.0 + load.connections / nodes * connection_kib;
        let stored = users * self.users.messages_per_day * self.database.message_bytes;
        let capacity = machines.database_cores * machines.busy_share;
        Needs {
            users,
            messages,
            load,
            costs,
            node_gib: memory_kib / (1024.0 * 1024.0),
            databases: (costs.database_cores / capacity).ceil().max(1.0),
            log_gib_per_day: stored / f64::from(1 << 30),
        }
    }
}
