//! The inputs of the simulator.

use serde::{Deserialize, Serialize};

/// All inputs. Processor times are those of one core of the machine that measured them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScaleInputs {
    /// The measured costs of one node.
    pub node: NodeCosts,
    /// The measured costs of the database.
    pub database: DatabaseCosts,
    /// The measured traffic between nodes.
    pub bus: BusCosts,
    /// The assumed users.
    pub users: UserModel,
    /// The assumed machines.
    pub machines: MachineModel,
}

/// The measured costs of one node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NodeCosts {
    /// Processor time of a node without users, in milliseconds per second.
    pub idle_ms_per_second: f64,
    /// Processor time for each group of messages that is committed, in microseconds.
    pub group_us: f64,
    /// Processor time for each message: reading, storing, publishing, acknowledging.
    pub message_us: f64,
    /// Processor time for each delivery of an event to a connection.
    pub delivery_us: f64,
    /// Processor time for each event of another node: reading it from the log and publishing it.
    pub follow_us: f64,
    /// Processor time for each message of another node.
    pub bus_message_us: f64,
    /// Processor time for each connect: handshake, hello, a room.
    pub connect_us: f64,
    /// Processor time for each idle connection, in microseconds per second.
    pub connection_us_per_second: f64,
    /// Resident memory of a node without users, in MiB.
    pub memory_mib: f64,
    /// Memory of the server for each connection, in KiB.
    pub connection_kib: f64,
    /// Bytes of an event on a socket, with the heads of its packets.
    pub delivery_bytes: f64,
}

/// The measured costs of PostgreSQL.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseCosts {
    /// Processor time for each node without users, in milliseconds per second.
    pub idle_ms_per_second: f64,
    /// Processor time for each group of messages, in microseconds: locks, commit.
    pub group_us: f64,
    /// Processor time for each message in a group.
    pub message_us: f64,
    /// Processor time for each event that another node reads from the log.
    pub follow_us: f64,
    /// Processor time for each connect.
    pub connect_us: f64,
    /// The time of a group from its begin to its commit, without that of its messages, in milliseconds. All processes
    /// of the measurement share one core.
    pub group_ms: f64,
    /// The time that each message adds to its group, in milliseconds.
    pub group_message_ms: f64,
    /// Bytes on the disk for each message: its row, its event, its command id, their indexes.
    pub message_bytes: f64,
}

/// The measured traffic between nodes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BusCosts {
    /// Messages of each node per second, without users.
    pub idle_per_second: f64,
    /// Processor time of the NATS server for each message to each node, in microseconds.
    pub delivery_us: f64,
    /// Bytes of a message that says that a topic has advanced.
    pub message_bytes: f64,
    /// Bytes of a present user in a node's whole state.
    pub presence_bytes: f64,
    /// Seconds between two whole states.
    pub presence_seconds: f64,
}

/// The assumed users.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserModel {
    /// The numbers of users to compute.
    pub counts: Vec<u64>,
    /// The share of users who are online at the busiest time.
    pub share_online: f64,
    /// Connections of each user who is online.
    pub connections: f64,
    /// Messages of each user in a day.
    pub messages_per_day: f64,
    /// Connects of each user in a day.
    pub connects_per_day: f64,
    /// The busiest second, as a multiple of the day's average.
    pub peak_factor: f64,
    /// Online users in the room of a message, its author included.
    pub online_in_room: f64,
    /// Read marks for each delivered message: most deliveries are to rooms that nobody looks at.
    pub marks_per_delivery: f64,
}

/// The assumed machines.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MachineModel {
    /// Cores of a node.
    pub node_cores: f64,
    /// Memory of a node, in GiB.
    pub node_gib: f64,
    /// Connections of a node, so that the clients of a node that dies find room on the others.
    pub node_connections: f64,
    /// Kernel memory for each connection, in KiB.
    pub kernel_connection_kib: f64,
    /// Cores of the largest machine for a database.
    pub database_cores: f64,
    /// The time of a group with a database on a machine of its own, without that of its messages, in milliseconds.
    pub group_ms: f64,
    /// The time that each message adds to it, in milliseconds.
    pub group_message_ms: f64,
    /// The share of the cores that may be busy at the busiest time.
    pub busy_share: f64,
}

impl ScaleInputs {
    /// Reads the inputs from JSON.
    ///
    /// # Errors
    /// If the text has another form.
    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }
}
