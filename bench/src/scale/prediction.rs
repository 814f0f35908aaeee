//! The costs of a load.

use super::inputs::ScaleInputs;

/// The share of the time in which the writer of a node stores messages, at most.
const MOST_BUSY: f64 = 0.95;

/// A load of some nodes, per second and of all nodes together.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Load {
    /// The number of nodes.
    pub nodes: f64,
    /// The nodes on which commands arrive.
    pub writing_nodes: f64,
    /// Open connections.
    pub connections: f64,
    /// Connects per second.
    pub connects: f64,
    /// Messages and other commands that are stored, per second.
    pub commands: f64,
    /// Deliveries to connections, per second.
    pub deliveries: f64,
    /// Events that nodes read because other nodes have committed them, per second.
    pub follows: f64,
    /// Present users.
    pub present: f64,
}

/// The costs of a load.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Prediction {
    /// Busy cores of all nodes together.
    pub node_cores: f64,
    /// Busy cores of PostgreSQL.
    pub database_cores: f64,
    /// Commits per second.
    pub commits: f64,
    /// Messages that the nodes send over the bus, per second. Each node receives all of them.
    pub bus_messages: f64,
    /// Busy cores of NATS.
    pub bus_cores: f64,
    /// Bytes that the nodes send over the bus, per second.
    pub bus_bytes: f64,
    /// Bytes to the clients, per second.
    pub client_bytes: f64,
}

/// The mean number of further nodes with at least one of `readers` connections, which are spread over `nodes` nodes at
/// random. Each of them reads the event.
pub fn following_nodes(readers: f64, nodes: f64) -> f64 {
    (nodes - 1.0) * (1.0 - (1.0 - 1.0 / nodes).powf(readers))
}

/// The messages in a group of a node that stores `commands` per second: those that arrive during a group are the next one.
/// A group takes `seconds`, and `seconds_per_message` for each message.
fn group_size(commands: f64, seconds: f64, seconds_per_message: f64) -> f64 {
    let busy = (commands * seconds_per_message).min(MOST_BUSY);
    (1.0 + commands * seconds) / (1.0 - busy)
}

impl ScaleInputs {
    /// Computes the costs of a load.
    pub fn predict(&self, load: &Load) -> Prediction {
        let Self { node, database, bus, .. } = self;
        let writing = load.writing_nodes.max(1.0);
        let size = group_size(
            load.commands / writing,
            database.group_ms / 1e3,
            database.group_message_ms / 1e3,
        );
        let commits = load.commands / size;
        // Nodes send their present users again and again, 500 in a message.
        let presence = load.present / bus.presence_seconds;
        let bus_messages = load.nodes * bus.idle_per_second + commits + presence / 500.0;
        let node_us = load.nodes * node.idle_ms_per_second * 1e3
            + commits * node.group_us
            + load.commands * node.message_us
            + load.deliveries * node.delivery_us
            + load.follows * node.follow_us
            // The messages of a node without users are part of its idle time.
            + (load.nodes - 1.0) * (commits + presence / 500.0) * node.bus_message_us
            + load.connects * node.connect_us
            + load.connections * node.connection_us_per_second;
        let database_us = load.nodes * database.idle_ms_per_second * 1e3
            + commits * database.group_us
            + load.commands * database.message_us
            + load.follows * database.follow_us
            + load.connects * database.connect_us;
        Prediction {
            node_cores: node_us / 1e6,
            database_cores: database_us / 1e6,
            commits,
            bus_messages,
            bus_cores: bus_messages * load.nodes * bus.delivery_us / 1e6,
            bus_bytes: bus_messages * bus.message_bytes + presence * bus.presence_bytes,
            client_bytes: load.deliveries * node.delivery_bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_follows_a_room_if_one_of_its_readers_is_there() {
        let close = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-9, "{found}");
        close(following_nodes(0.0, 4.0), 0.0);
        close(following_nodes(1.0, 4.0), 0.75);
        close(following_nodes(2.0, 2.0), 0.75);
        close(following_nodes(25.0, 1.0), 0.0);
        assert!((following_nodes(1e6, 5.0) - 4.0).abs() < 1e-6);
    }

    #[test]
    fn groups_grow_when_commands_arrive_faster_than_they_are_stored() {
        assert!((group_size(1.0, 0.003, 0.0) - 1.003).abs() < 1e-9);
        assert!((group_size(1_000.0, 0.003, 0.0005) - 8.0).abs() < 1e-9);
        assert!(group_size(1e6, 0.003, 0.0005) > 1_000.0, "more than a node can store");
    }
}
