//! The numbers of users at which a single part is full, however many nodes there are.

use super::inputs::ScaleInputs;
use super::users::Needs;

/// The most users of the search.
const MOST_USERS: f64 = 1e10;
/// Halvings of the search: exact to a thousandth.
const HALVINGS: usize = 40;
/// The bytes per second of a machine's network.
const NETWORK_BYTES: f64 = 1.25e9;

/// A part that cannot be shared by more nodes.
#[derive(Clone, Copy, Debug)]
pub struct Wall {
    /// The part.
    pub part: &'static str,
    /// The change that moves the wall.
    pub remedy: &'static str,
    /// The share of it that users need, as a function of the needs.
    used: fn(&ScaleInputs, &Needs) -> f64,
}

/// All walls.
pub const WALLS: [Wall; 6] = [
    Wall {
        part: "one primary of PostgreSQL: processor time",
        remedy: "topics over several databases, by the hash of the room or user",
        used: |inputs, needs| {
            needs.costs.database_cores
                / (inputs.machines.database_cores * inputs.machines.busy_share)
        },
    },
    Wall {
        part: "one core of each node: it receives the messages of all nodes",
        remedy: "a subject for each shard of the topics",
        used: |inputs, needs| {
            needs.costs.bus_messages * inputs.node.bus_message_us / 1e6 / inputs.machines.busy_share
        },
    },
    Wall {
        part: "eight cores of one NATS server",
        remedy: "a subject for each shard of the topics, a cluster of NATS",
        used: |inputs, needs| needs.costs.bus_cores / (8.0 * inputs.machines.busy_share),
    },
    Wall {
        part: "the network of NATS: each message goes to each node",
        remedy: "a subject for each shard of the topics, a cluster of NATS",
        used: |_, needs| needs.costs.bus_bytes * needs.load.nodes / NETWORK_BYTES,
    },
    Wall {
        part: "the network of each node: the present users of all others",
        remedy: "presence by shards of the rooms",
        used: |_, needs| needs.costs.bus_bytes / NETWORK_BYTES,
    },
    Wall {
        part: "the connections of nodes to one database (500, 6 for each node)",
        remedy: "a pooler (sessions), or databases by shards",
        used: |_, needs| needs.load.nodes * 6.0 / 500.0,
    },
];

impl Wall {
    /// The number of users at which the part is full.
    pub fn users(&self, inputs: &ScaleInputs) -> f64 {
        let (mut low, mut high) = (1_f64, MOST_USERS);
        for _ in 0..HALVINGS {
            let middle = (low * high).sqrt();
            if (self.used)(inputs, &inputs.needs(middle)) < 1.0 {
                low = middle;
            } else {
                high = middle;
            }
        }
        low
    }
}
