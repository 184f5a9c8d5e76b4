//! The tree shows what there is.

use super::{CAUSE_CHARS, NODES_SHOWN, RESTARTS_KEPT, Tree};
use netscan_schemas::{
    AttemptNo, BatchId, ScanId,
    api::{Supervision, SupervisionKind, SupervisionNode},
};
use std::sync::Arc;

fn scan(number: u64) -> ScanId {
    ScanId::new(number).unwrap()
}

fn batch(number: u64) -> BatchId {
    BatchId::new(number).unwrap()
}

/// Returns the names, indented by how deep they are.
fn outline(shown: &Supervision) -> Vec<String> {
    fn walk(node: &SupervisionNode, depth: usize, lines: &mut Vec<String>) {
        lines.push(format!("{}{} {}", " ".repeat(depth), node.name, node.state));
        node.children.iter().for_each(|child| walk(child, depth + 1, lines));
    }
    let mut lines = Vec::new();
    shown.nodes.iter().for_each(|node| walk(node, 0, &mut lines));
    lines
}

#[test]
fn nodes_come_and_go_with_what_they_stand_for() {
    let tree = Arc::new(Tree::default());
    let engine = tree.root("engine", SupervisionKind::Engine);
    let hub = tree.root("hub", SupervisionKind::Hub);
    let (first, second) = (engine.scan(scan(1)), engine.scan(scan(2)));
    let one = first.batch(batch(7));
    let runner = one.runner(batch(7), AttemptNo(2));
    runner.set_pid(Some(4711));
    second.set("paused");
    let shown = tree.show(NODES_SHOWN);
    assert_eq!(
        outline(&shown),
        [
            "engine running",
            " scan 1 running",
            "  batch 7 running",
            "   attempt 2 of batch 7 running",
            " scan 2 paused",
            "hub running",
        ]
    );
    let runner_shown = &shown.nodes[0].children[0].children[0].children[0];
    assert_eq!((runner_shown.pid, runner_shown.attempt), (Some(4711), Some(AttemptNo(2))));
    assert_eq!((shown.truncated, shown.restarts_total), (false, 0));
    // A parent that failed is gone at once, whoever holds its children.
    drop(first);
    assert_eq!(
        outline(&tree.show(NODES_SHOWN)),
        ["engine running", " scan 2 paused", "hub running"]
    );
    drop((one, runner, second, engine, hub));
    assert!(tree.show(NODES_SHOWN).nodes.is_empty());
}

#[test]
fn restarts_are_counted_and_the_newest_causes_kept() {
    let tree = Arc::new(Tree::default());
    let engine = tree.root("engine", SupervisionKind::Engine);
    let node = engine.scan(scan(3));
    for number in 0..RESTARTS_KEPT + 5 {
        node.failed(&format!("boom {number}"));
    }
    node.failed(&"x".repeat(CAUSE_CHARS * 2));
    let shown = tree.show(NODES_SHOWN);
    let of_scan = &shown.nodes[0].children[0];
    let total = RESTARTS_KEPT as u64 + 6;
    assert_eq!((of_scan.restarts, shown.restarts_total), (total, total));
    assert_eq!(of_scan.last_cause.as_ref().map(String::len), Some(CAUSE_CHARS));
    assert_eq!(shown.restarts.len(), RESTARTS_KEPT);
    assert_eq!((shown.restarts[0].cause.as_str(), shown.restarts[0].id), ("boom 6", Some(3)));
    drop(node);
    // What is gone is still told of.
    assert_eq!(tree.show(NODES_SHOWN).restarts.len(), RESTARTS_KEPT);
}

#[test]
fn a_large_tree_shows_what_is_near_to_the_root_and_runs() {
    let tree = Arc::new(Tree::default());
    let engine = tree.root("engine", SupervisionKind::Engine);
    let scans: Vec<_> = (1..=3).map(|number| engine.scan(scan(number))).collect();
    let batches: Vec<_> = (1..=6)
        .map(|number| {
            let node = scans[(number % 3) as usize].batch(batch(number));
            node.set(if number > 4 { "running" } else { "waiting" });
            node
        })
        .collect();
    let shown = tree.show(6);
    assert!(shown.truncated);
    let outline = outline(&shown);
    assert_eq!(outline.len(), 6);
    for name in ["engine", " scan 1", " scan 2", " scan 3", "  batch 5", "  batch 6"] {
        assert!(outline.contains(&format!("{name} running")), "{name}: {outline:?}");
    }
    drop(batches);
}
