//! The supervision tree as it is now, for those who want to see it.
//!
//! Each actor's parent holds a [`Node`] for it, through all restarts; what runs says there where it
//! stands. A node that is dropped is gone from the tree. Restarts are counted where they are
//! handled, and the newest ones are kept with their causes.

use netscan_schemas::{
    AttemptNo, BatchId, ScanId, Time,
    api::{Supervision, SupervisionKind, SupervisionNode, SupervisionRestart},
};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

#[cfg(test)]
mod tests;

/// Nodes that are shown at most, those nearest to the root first.
pub const NODES_SHOWN: usize = 1000;
/// Restarts that are kept.
const RESTARTS_KEPT: usize = 100;
/// Characters of a cause that are kept.
const CAUSE_CHARS: usize = 500;

/// All nodes, and what was restarted since the start.
#[derive(Debug, Default)]
pub struct Tree(Mutex<Nodes>);

#[derive(Debug, Default)]
struct Nodes {
    /// By their keys, which ascend: a parent comes before its children.
    nodes: BTreeMap<u64, Held>,
    next: u64,
    restarts: VecDeque<SupervisionRestart>,
    restarts_total: u64,
}

#[derive(Debug)]
struct Held {
    parent: Option<u64>,
    depth: u32,
    name: String,
    kind: SupervisionKind,
    id: Option<u64>,
    state: String,
    since: Time,
    restarts: u64,
    last_cause: Option<String>,
    attempt: Option<AttemptNo>,
    pid: Option<u32>,
}

impl Held {
    fn show(&self) -> SupervisionNode {
        let Self { name, kind, id, state, since, restarts, last_cause, attempt, pid, .. } = self;
        SupervisionNode {
            name: name.clone(),
            kind: *kind,
            id: *id,
            state: state.clone(),
            since: *since,
            restarts: *restarts,
            last_cause: last_cause.clone(),
            attempt: *attempt,
            pid: *pid,
            children: Vec::new(),
        }
    }
}

/// A place in the tree, until it is dropped.
#[derive(Debug)]
pub struct Node {
    tree: Arc<Tree>,
    key: u64,
}

impl Tree {
    fn lock(&self) -> MutexGuard<'_, Nodes> {
        // Plain data behind the lock: a poisoned one is still good to use.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a node without a parent.
    pub fn root(self: &Arc<Self>, name: &str, kind: SupervisionKind) -> Arc<Node> {
        self.add(None, name.to_owned(), kind, None, None)
    }

    fn add(
        self: &Arc<Self>,
        parent: Option<u64>,
        name: String,
        kind: SupervisionKind,
        id: Option<u64>,
        attempt: Option<AttemptNo>,
    ) -> Arc<Node> {
        let mut nodes = self.lock();
        let key = nodes.next;
        nodes.next += 1;
        let depth = parent.and_then(|parent| nodes.nodes.get(&parent)).map_or(0, |of| of.depth + 1);
        let held = Held {
            parent,
            depth,
            name,
            kind,
            id,
            state: "running".into(),
            since: Time::now(),
            restarts: 0,
            last_cause: None,
            attempt,
            pid: None,
        };
        nodes.nodes.insert(key, held);
        drop(nodes);
        Arc::new(Node { tree: Arc::clone(self), key })
    }

    /// Returns the tree as it is now: so many nodes at most, those nearest to the root first, and of
    /// the batches those that run.
    pub fn show(&self, nodes_max: usize) -> Supervision {
        let nodes = self.lock();
        let mut order: Vec<(u32, bool, u64)> = nodes
            .nodes
            .iter()
            .map(|(key, node)| (node.depth, node.state != "running", *key))
            .collect();
        order.sort_unstable();
        let truncated = order.len() > nodes_max;
        order.truncate(nodes_max);
        let mut shown: BTreeMap<u64, (Option<u64>, SupervisionNode)> = order
            .iter()
            .filter_map(|(_, _, key)| Some((*key, nodes.nodes.get(key)?)))
            .map(|(key, node)| (key, (node.parent, node.show())))
            .collect();
        let restarts = nodes.restarts.iter().cloned().collect();
        let restarts_total = nodes.restarts_total;
        drop(nodes);
        // From the deepest on, each goes to its parent.
        let mut roots = Vec::new();
        while let Some((_, (parent, mut node))) = shown.pop_last() {
            // They came to it from the last one on.
            node.children.reverse();
            match parent {
                None => roots.push(node),
                // A parent that is gone, or is left out, takes its children along.
                Some(parent) => {
                    if let Some((_, parent)) = shown.get_mut(&parent) {
                        parent.children.push(node);
                    }
                }
            }
        }
        roots.reverse();
        Supervision { nodes: roots, truncated, restarts, restarts_total }
    }
}

impl Node {
    /// Adds a scan below it.
    pub fn scan(&self, scan: ScanId) -> Arc<Self> {
        self.below(format!("scan {scan}"), SupervisionKind::Scan, Some(scan.get()), None)
    }

    /// Adds a batch below it.
    pub fn batch(&self, batch: BatchId) -> Arc<Self> {
        self.below(format!("batch {batch}"), SupervisionKind::Batch, Some(batch.get()), None)
    }

    /// Adds the runner of an attempt below it.
    pub fn runner(&self, batch: BatchId, attempt: AttemptNo) -> Arc<Self> {
        let name = format!("attempt {attempt} of batch {batch}");
        self.below(name, SupervisionKind::Runner, None, Some(attempt))
    }

    /// Adds an actor of which there is one below it.
    pub fn only(&self, name: &str, kind: SupervisionKind) -> Arc<Self> {
        self.below(name.to_owned(), kind, None, None)
    }

    fn below(
        &self,
        name: String,
        kind: SupervisionKind,
        id: Option<u64>,
        attempt: Option<AttemptNo>,
    ) -> Arc<Self> {
        self.tree.add(Some(self.key), name, kind, id, attempt)
    }

    fn change(&self, change: impl FnOnce(&mut Held)) {
        if let Some(held) = self.tree.lock().nodes.get_mut(&self.key) {
            change(held);
        }
    }

    /// Says where it stands.
    pub fn set(&self, state: &str) {
        self.change(|held| {
            if held.state != state {
                state.clone_into(&mut held.state);
                held.since = Time::now();
            }
        });
    }

    /// Says which process it has.
    pub fn set_pid(&self, pid: Option<u32>) {
        self.change(|held| held.pid = pid);
    }

    /// Says which attempt it makes.
    pub fn set_attempt(&self, attempt: Option<AttemptNo>) {
        self.change(|held| held.attempt = attempt);
    }

    /// Says why it does not get on, without a restart.
    pub fn set_cause(&self, cause: &str) {
        self.change(|held| held.last_cause = Some(short(cause)));
    }

    /// Counts that it failed, and is begun again or what it did is.
    pub fn failed(&self, cause: &str) {
        let cause = short(cause);
        let mut nodes = self.tree.lock();
        let Some(held) = nodes.nodes.get_mut(&self.key) else { return };
        held.restarts += 1;
        held.last_cause = Some(cause.clone());
        let (name, kind, id) = (held.name.clone(), held.kind, held.id);
        nodes.restarts_total += 1;
        if nodes.restarts.len() == RESTARTS_KEPT {
            nodes.restarts.pop_front();
        }
        nodes.restarts.push_back(SupervisionRestart { at: Time::now(), name, kind, id, cause });
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.tree.lock().nodes.remove(&self.key);
    }
}

fn short(cause: &str) -> String {
    cause.chars().take(CAUSE_CHARS).collect()
}
