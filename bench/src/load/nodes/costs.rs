//! The measurement `scale`: the constants of the simulator, from small loads that differ in one thing each, and its
//! prediction for a load of three nodes.

use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use madang_bench::scale::ScaleInputs;
use madang_loadgen::ProcessMemory;
use madang_loadgen::output::{print_diagnostic, print_line};
use serde_json::Value;

use super::check;
use super::cluster::Cluster;
use super::rooms::{RoomLoad, Rooms};
use super::usage::{MeasuredLoad, Spent};
use crate::load::environment::Environment;
use crate::load::sample::float;

/// The nodes; the constants need two of them, and the load to check has three.
const NODES: usize = 3;
/// Messages per second of each room.
const PER_SECOND: u32 = 10;
/// Rooms of a load in which each message is a commit of its own.
const FEW_ROOMS: usize = 4;
/// Rooms of a load in which messages arrive during commits.
const MANY_ROOMS: usize = 40;

pub(super) fn run(
    environment: &mut Environment<'_>,
    path: &Path,
    writes: bool,
) -> Result<ExitCode> {
    let text = fs::read_to_string(path).context("cannot read the constants")?;
    let mut inputs = ScaleInputs::from_json(&text)?;
    let cluster = Cluster::start(environment, NODES)?;
    let checked = measure(environment, &cluster, &mut inputs)?;
    cluster.stop(environment)?;
    let text = serde_json::to_string_pretty(&rounded(serde_json::to_value(&inputs)?))?;
    print_line(&text);
    if writes {
        fs::write(path, text + "\n").context("cannot write the constants")?;
    }
    check::compare(environment, &inputs, &checked);
    print_line(format_args!("\n{}", environment.report.table()));
    let is_right = environment.quick || environment.report.are_all_goals_met();
    Ok(if is_right { environment.report.exit_code() } else { ExitCode::FAILURE })
}

/// Measures the constants. Returns the costs of the load to check, those of quiet nodes included.
fn measure(
    environment: &Environment<'_>,
    cluster: &Cluster,
    inputs: &mut ScaleInputs,
) -> Result<MeasuredLoad> {
    let idle = quiet(environment, cluster, environment.pick(2, 20))?;
    let nodes = float(NODES as u64);
    let ScaleInputs { node, database, bus, .. } = inputs;
    node.idle_ms_per_second = idle.all_nodes() / nodes / idle.seconds * 1e3;
    database.idle_ms_per_second = idle.postgres / nodes / idle.seconds * 1e3;
    bus.idle_per_second = idle.messages / nodes / idle.seconds;
    node.memory_mib = float(ProcessMemory::of(cluster.node(0)?.process_id)?.resident) / 1024.0;
    let ([alone, many, together, wide, across], checked) = loads(environment, cluster)?;
    let of_node = |load: &MeasuredLoad| load.us_per_message(load.spent.node(0));
    let of_database = |load: &MeasuredLoad| load.us_per_message(load.spent.postgres);
    // The nodes announce each group once.
    let groups = |load: &MeasuredLoad| load.spent.messages / load.messages;
    let sizes = [&alone, &together].map(groups);
    ensure!(
        sizes[1] < sizes[0],
        "messages of many rooms did not come together in groups: {sizes:?}"
    );
    (node.group_us, node.message_us) = split([&alone, &together].map(of_node), sizes);
    (database.group_us, database.message_us) = split([&alone, &together].map(of_database), sizes);
    let more = wide.deliveries / wide.messages - 1.0;
    node.delivery_us = (of_node(&wide) - node.group_us * groups(&wide) - node.message_us) / more;
    node.message_us = (node.message_us - node.delivery_us).max(0.0);
    (database.group_ms, database.group_message_ms) = group_times([&alone, &many].map(groups));
    // The observer receives each message, too.
    bus.delivery_us = alone.spent.nats * 1e6 / (alone.spent.messages * (nodes + 1.0));
    bus.message_bytes = alone.spent.bytes / alone.spent.messages.max(1.0);

    // Node B only hears of the messages that it has no readers for.
    node.bus_message_us = alone.spent.node(1).max(0.0) * 1e6 / alone.spent.messages;
    node.follow_us = across.us_per_message(across.spent.node(1))
        - node.delivery_us
        - node.bus_message_us * groups(&across);
    database.follow_us =
        of_database(&across) - database.group_us * groups(&across) - database.message_us;
    connections(environment, cluster, &idle, inputs)?;
    Ok(checked)
}

/// Measures all loads in turns, so that a disturbance of the machine affects all of them: rooms with one connection on
/// node A; many of these, and many whose messages come together; rooms with many connections; rooms with a connection on node B; and the load to check.
fn loads(
    environment: &Environment<'_>,
    cluster: &Cluster,
) -> Result<([MeasuredLoad; 5], MeasuredLoad)> {
    let (rounds, seconds) = environment.pick((1, 2), (3, 8));
    let rooms = |count, readers_on: &[usize], readers| {
        let (posts_on, readers_on, per_second) = (0, readers_on.to_vec(), PER_SECOND);
        vec![RoomLoad { posts_on, readers_on, readers, per_second, in_step: false }; count]
    };
    let room_in_step = RoomLoad {
        posts_on: 0,
        readers_on: Vec::new(),
        readers: 0,
        per_second: PER_SECOND,
        in_step: true,
    };
    let wide = environment.pick(25, 250);
    let connect = |name, loads: &[RoomLoad]| Rooms::connect(environment, cluster, (name, loads));
    let mut rooms = [
        connect("alone", &rooms(FEW_ROOMS, &[], 0))?,
        connect("many", &rooms(MANY_ROOMS, &[], 0))?,
        connect("together", &vec![room_in_step; MANY_ROOMS])?,
        connect("wide", &rooms(FEW_ROOMS, &[], wide))?,
        connect("across", &rooms(FEW_ROOMS, &[1], 1))?,
        connect("checked", &check::loads(environment.pick(10, 1)))?,
    ];
    let (mut loads, mut idle) = ([const { MeasuredLoad::NONE }; 6], Spent::NONE);
    for round in 1..=rounds {
        print_diagnostic("scale", format_args!("round {round}/{rounds}"));
        idle.add(&quiet(environment, cluster, seconds)?);
        for (rooms, load) in rooms.iter_mut().zip(&mut loads) {
            let before = cluster.usage()?;
            let (messages, deliveries) = rooms.post(Duration::from_secs(seconds))?;
            load.spent.add(&cluster.usage()?.since(&before));
            load.messages += float(messages);
            load.deliveries += float(deliveries);
        }
    }
    let [alone, many, together, wide, across, checked] = loads;
    let loads = [alone, many, together, wide, across].map(|load| load.without(&idle));
    let names = ["alone", "many", "together", "wide", "across"];
    for (name, load) in names.into_iter().zip(&loads) {
        let [a, b, postgres] = [load.spent.node(0), load.spent.node(1), load.spent.postgres]
            .map(|seconds| load.us_per_message(seconds));
        let groups = load.spent.messages / load.messages;
        let figures =
            format!("{groups:.2} groups, {a:.0} µs of A, {b:.0} of B, {postgres:.0} of PostgreSQL");
        print_diagnostic("scale", format_args!("{name}: for each message {figures}"));
    }
    Ok((loads, checked))
}

/// Divides the costs of a message into those of its group and its own, from two loads with different numbers of groups
/// for each message.
fn split(costs: [f64; 2], groups: [f64; 2]) -> (f64, f64) {
    let group = ((costs[0] - costs[1]) / (groups[0] - groups[1])).clamp(0.0, costs[0] / groups[0]);
    (group, (costs[0] - group * groups[0]).max(0.0))
}

/// The time of a group, and that of each message in it, in milliseconds, from the groups for each message in few and in
/// many rooms. A group and the messages that arrive during it: `size - 1 = rate * (group + size * message)`.
fn group_times(groups: [f64; 2]) -> (f64, f64) {
    let [few, many] = [(FEW_ROOMS, groups[0]), (MANY_ROOMS, groups[1])].map(|(rooms, groups)| {
        let rate = float(rooms as u64) * f64::from(PER_SECOND);
        let size = 1.0 / groups;
        (size, (size - 1.0).max(0.0) / rate * 1e3)
    });
    let message = ((many.1 - few.1) / (many.0 - few.0)).max(0.0);
    ((few.1 - message * few.0).max(0.0), message)
}

/// Three digits that count, in each number.
fn rounded(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            members.into_iter().map(|(name, value)| (name, rounded(value))).collect()
        }
        Value::Number(number) if number.is_f64() => {
            let number = number.as_f64().unwrap_or_default();
            format!("{number:.2e}").parse::<f64>().map_or(Value::Null, Value::from)
        }
        value => value,
    }
}

/// The costs of an interval in which nothing happens.
fn quiet(environment: &Environment<'_>, cluster: &Cluster, seconds: u64) -> Result<Spent> {
    let before = cluster.usage()?;
    environment.wait(Duration::from_secs(seconds));
    Ok(cluster.usage()?.since(&before))
}

/// The costs of connects and of idle connections.
fn connections(
    environment: &Environment<'_>,
    cluster: &Cluster,
    idle: &Spent,
    inputs: &mut ScaleInputs,
) -> Result<()> {
    print_diagnostic("scale", "connections");
    let readers = environment.pick(100, 1_000);
    let load =
        RoomLoad { posts_on: 0, readers_on: Vec::new(), readers, per_second: 1, in_step: false };
    let before = cluster.usage()?;
    let rooms = Rooms::connect(environment, cluster, ("connections", &[load]))?;
    let spent = cluster.usage()?.since(&before).without(idle);
    let connections = float(readers as u64 + 1);
    inputs.node.connect_us = spent.node(0) * 1e6 / connections;
    inputs.database.connect_us = spent.postgres * 1e6 / connections;
    let before = cluster.usage()?;
    // Two pings of each connection.
    environment.wait(environment.pick(Duration::from_secs(2), Duration::from_secs(50)));
    let spent = cluster.usage()?.since(&before).without(idle);
    inputs.node.connection_us_per_second =
        (spent.node(0) * 1e6 / connections / spent.seconds).max(0.0);
    drop(rooms);
    Ok(())
}
