//! The load of three nodes for which the simulator's prediction is checked.

use madang_bench::scale::{Load, ScaleInputs};

use super::rooms::RoomLoad;
use super::usage::MeasuredLoad;
use crate::load::environment::Environment;
use crate::load::sample::float;

/// The largest difference between prediction and measurement, as a share of the measurement.
const GOAL: f64 = 0.2;

/// Rooms on one, two and three nodes, small and large, quiet and busy; each node is written to. `scale` divides the
/// readers.
pub(super) fn loads(scale: usize) -> Vec<RoomLoad> {
    let room = |posts_on, readers_on: &[usize], readers: usize, per_second| RoomLoad {
        posts_on,
        readers_on: readers_on.to_vec(),
        readers: readers / scale,
        per_second,
        in_step: false,
    };
    vec![
        room(0, &[0, 1, 2], 300, 8),
        room(1, &[0, 1, 2], 60, 8),
        room(2, &[0, 1, 2], 30, 8),
        room(0, &[1], 100, 6),
        room(1, &[1], 200, 6),
        room(2, &[0], 40, 6),
        room(2, &[2], 20, 12),
        room(1, &[2, 0], 20, 12),
        room(0, &[0, 2], 10, 12),
    ]
}

/// The events of a room that other nodes than that of the posts read, per second.
fn follows_per_second(load: &RoomLoad) -> f64 {
    let others = load.readers_on.iter().filter(|node| **node != load.posts_on).count();
    float(others as u64) * f64::from(load.per_second)
}

/// Adds the comparison to the report.
pub(super) fn compare(
    environment: &mut Environment<'_>,
    inputs: &ScaleInputs,
    MeasuredLoad { spent, messages, deliveries }: &MeasuredLoad,
) {
    let loads = loads(environment.pick(10, 1));
    let connections: usize = loads.iter().map(|load| load.readers + 1).sum();
    let follows: f64 = loads.iter().map(follows_per_second).sum();
    let per_second: f64 = loads.iter().map(|load| f64::from(load.per_second)).sum();
    let commands = messages / spent.seconds;
    let predicted = inputs.predict(&Load {
        nodes: float(spent.nodes.len() as u64),
        writing_nodes: float(spent.nodes.len() as u64),
        connections: float(connections as u64),
        commands,
        deliveries: deliveries / spent.seconds,
        follows: follows * commands / per_second,
        ..Load::default()
    });
    let report = &mut environment.report;
    report.add_figure(
        "the load of three nodes",
        format!(
            "{} rooms, {connections} connections, {messages} messages, {deliveries} deliveries, {:.0} s",
            loads.len(),
            spent.seconds
        ),
    );
    for (what, predicted, measured) in [
        ("processor seconds of the nodes", predicted.node_cores, spent.all_nodes()),
        ("processor seconds of PostgreSQL", predicted.database_cores, spent.postgres),
        ("messages between the nodes", predicted.bus_messages, spent.messages),
    ] {
        let predicted = predicted * spent.seconds;
        let difference = predicted / measured - 1.0;
        let percent = difference * 100.0;
        let figure = format!("{predicted:.1} predicted, {measured:.1} measured: {percent:+.0} %");
        report.add_goal(what, "within 20 %", figure, difference.abs() <= GOAL);
    }
}
