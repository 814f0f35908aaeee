//! The measurements of several nodes, in their quick form. Their figures are not checked.

use super::{bench, run};

#[test]
fn the_way_from_one_node_to_another_is_measured_without_faults() {
    let (output, errors, passed) = run(bench().args(["nodes", "latency", "--quick"]));
    assert!(passed, "{output}{errors}");
    assert!(output.contains("| lost, doubled, reordered, in total | 0 | 0, 0, 0 | yes |"));
    for what in
        ["CPU per delivery on node B", "A to B, 10 readers: from the acknowledgement to the socket"]
    {
        assert!(output.contains(what), "{what}: {output}");
    }
}

#[test]
fn the_simulator_is_compared_with_three_nodes() {
    let constants = concat!(env!("CARGO_MANIFEST_DIR"), "/scale.json");
    let arguments = ["nodes", "scale", "--quick", "--constants", constants];
    let (output, errors, passed) = run(bench().args(arguments));
    assert!(passed, "{output}{errors}");
    assert!(output.contains("| messages between the nodes | within 20 % |"), "{output}");
}
