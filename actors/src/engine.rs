//! Engine: the root of the tree. It starts scans, and starts those again whose actor failed.

use crate::{
    hub::Hub,
    in_hand::InHand,
    network::Network,
    scan::{Scan, ScanArgs, ScanMsg},
    scanner::Scanner,
    scope::Scopes,
    slots::{LimitsNow, Slots, SlotsMsg},
    supervise::Intensity,
    tree::Node,
};
use netscan_nmap::launch::Launcher;
use netscan_schemas::{ScanId, api::SupervisionKind};
use netscan_store::{ReadError, ScanView, Store};
use ractor::{Actor, ActorId, ActorProcessingErr, ActorRef, RpcReplyPort, SupervisionEvent};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;

/// How often a scan's actor may fail before the scan rests until the next server start.
const SCAN_FAILURES: (usize, Duration) = (3, Duration::from_secs(3600));
/// Wait before a scan that cannot start (no usable nmap, no store) is tried again.
const START_AGAIN: Duration = Duration::from_secs(10);
/// How long scans may take to come to rest when the server goes down.
const LEAVE_WAIT: Duration = Duration::from_secs(10);

/// What the engine is told.
pub enum EngineMsg {
    /// Start or go on with a scan of the store.
    Start(ScanId),
    /// Tell the actor of a scan that has not ended.
    Find(ScanId, RpcReplyPort<Option<ActorRef<ScanMsg>>>),
    /// A child is gone.
    Gone(ActorId, Option<String>),
    /// Tell the slots' actor.
    Slots(RpcReplyPort<ActorRef<SlotsMsg>>),
    /// The server goes down: answer once nothing runs.
    Leave(RpcReplyPort<()>),
}

/// What the engine is started with.
pub struct EngineArgs {
    /// Takes results.
    pub store: Arc<Store>,
    /// Shows events.
    pub hub: Arc<Hub>,
    /// Shows which scans have an actor, or are about to.
    pub in_hand: Arc<InHand>,
    /// Which nmap, and what it may do.
    pub scanner: Arc<Scanner>,
    /// What may be scanned.
    pub scopes: Arc<Scopes>,
    /// Starts processes.
    pub launcher: Arc<dyn Launcher>,
    /// What all nmap processes together may use.
    pub limits: Arc<LimitsNow>,
    /// Its place in the tree.
    pub node: Arc<Node>,
    /// Watched while the engine runs.
    pub network: Arc<Network>,
}

/// The actor.
pub struct Engine;

/// The actor's state.
pub struct EngineState {
    args: EngineArgs,
    slots: ActorRef<SlotsMsg>,
    scans: BTreeMap<ScanId, ActorRef<ScanMsg>>,
    /// Of scans in hand, and of those that rest after too many failures.
    nodes: BTreeMap<ScanId, Arc<Node>>,
    _slots_node: Arc<Node>,
    failures: HashMap<ScanId, Intensity>,
    leaving: bool,
    _network_watch: AbortOnDropHandle<()>,
}

type Handled = Result<(), ActorProcessingErr>;

impl Actor for Engine {
    type Msg = EngineMsg;
    type State = EngineState;
    type Arguments = EngineArgs;

    async fn pre_start(
        &self,
        myself: ActorRef<EngineMsg>,
        args: EngineArgs,
    ) -> Result<EngineState, ActorProcessingErr> {
        let limits = Arc::clone(&args.limits);
        let (slots, _) = Actor::spawn_linked(None, Slots, limits, myself.get_cell()).await?;
        let network = Arc::clone(&args.network);
        let watching = tokio::spawn(async move { network.watch().await });
        Ok(EngineState {
            _network_watch: AbortOnDropHandle::new(watching),
            _slots_node: args.node.only("slots", SupervisionKind::Slots),
            nodes: BTreeMap::new(),
            args,
            slots,
            scans: BTreeMap::new(),
            failures: HashMap::new(),
            leaving: false,
        })
    }

    async fn handle(
        &self,
        myself: ActorRef<EngineMsg>,
        message: EngineMsg,
        state: &mut EngineState,
    ) -> Handled {
        match message {
            EngineMsg::Start(scan) => state.start(&myself, scan).await,
            EngineMsg::Find(scan, reply) => {
                let _ = reply.send(state.scans.get(&scan).cloned()); // the asker may be gone
            }
            EngineMsg::Gone(actor, error) => state.on_gone(&myself, actor, error)?,
            EngineMsg::Slots(reply) => drop(reply.send(state.slots.clone())),
            EngineMsg::Leave(reply) => state.leave(reply),
        }
        Ok(())
    }

    async fn handle_supervisor_evt(
        &self,
        myself: ActorRef<EngineMsg>,
        event: SupervisionEvent,
        _: &mut EngineState,
    ) -> Handled {
        match event {
            SupervisionEvent::ActorFailed(who, error) => {
                myself.cast(EngineMsg::Gone(who.get_id(), Some(error.to_string())))?;
            }
            SupervisionEvent::ActorTerminated(who, ..) => {
                myself.cast(EngineMsg::Gone(who.get_id(), None))?;
            }
            _ => {}
        }
        Ok(())
    }
}

impl EngineState {
    async fn start(&mut self, myself: &ActorRef<EngineMsg>, scan: ScanId) {
        if self.leaving || self.scans.contains_key(&scan) {
            return;
        }
        let node = self.nodes.entry(scan).or_insert_with(|| self.args.node.scan(scan));
        node.set("starting");
        let node = Arc::clone(node);
        if let Err(error) = self.try_start(myself, scan, &node).await {
            node.set("waiting");
            node.set_cause(&error.to_string());
            let secs = START_AGAIN.as_secs();
            tracing::error!(scan.id = %scan, %error, "scan {scan} cannot start, and is tried again in {secs} s: {error}");
            myself.send_after(START_AGAIN, move || EngineMsg::Start(scan));
        }
    }

    async fn try_start(
        &mut self,
        myself: &ActorRef<EngineMsg>,
        scan: ScanId,
        node: &Arc<Node>,
    ) -> Handled {
        let store = &self.args.store;
        // It may be deleted in between.
        let view = store.scan(scan)?.filter(|view| !view.state.status.has_ended());
        let Some(view) = view else {
            self.let_go(scan);
            return Ok(());
        };
        let names = store.plan(scan)?.map(|plan| plan.names).unwrap_or_default();
        let scanner = Arc::clone(&self.args.scanner);
        let launcher = Arc::clone(&self.args.launcher);
        let store = Arc::clone(store);
        netscan_store::failpoint::hit("engine-start-scan");
        self.args.hub.open(&store, scan)?;
        let network = Arc::clone(&self.args.network);
        let scopes = Arc::clone(&self.args.scopes);
        let context = scanner.context(&view, names, launcher, store, network, scopes).await?;
        let args = ScanArgs {
            context: Arc::new(context),
            slots: self.slots.clone(),
            hub: Arc::clone(&self.args.hub),
            slots_max: self.args.limits.get().slots,
            node: Arc::clone(node),
        };
        let (actor, _) = Actor::spawn_linked(None, Scan, args, myself.get_cell()).await?;
        self.scans.insert(scan, actor);
        Ok(())
    }

    fn on_gone(
        &mut self,
        myself: &ActorRef<EngineMsg>,
        actor: ActorId,
        error: Option<String>,
    ) -> Handled {
        if actor == self.slots.get_id() {
            // Permits that are out point at an actor that is no more: start over as a whole.
            return Err("the slots' actor failed".into());
        }
        let gone = self.scans.iter().find(|(_, held)| held.get_id() == actor);
        let Some((&scan, _)) = gone else { return Ok(()) };
        self.scans.remove(&scan);
        self.slots.cast(SlotsMsg::Forget(scan))?;
        if has_ended(scan, self.args.store.scan(scan)) {
            self.let_go(scan);
            return Ok(());
        }
        let error = error.unwrap_or_else(|| "it was killed".into());
        let node = self.nodes.get(&scan);
        let tell = |state: &str| {
            if let Some(node) = node {
                node.set(state);
            }
        };
        if let Some(node) = node {
            node.failed(&error);
        }
        let fresh = || Intensity::new(SCAN_FAILURES.0, SCAN_FAILURES.1);
        if self.failures.entry(scan).or_insert_with(fresh).exceeded(Instant::now()) {
            self.args.in_hand.release(scan);
            tell("given_up");
            tracing::error!(scan.id = %scan, %error, "scan {scan} failed too often and rests until the next start: {error}");
            return Ok(());
        }
        tracing::error!(scan.id = %scan, %error, "scan {scan}: its actor failed and is started again: {error}");
        tell("restarting");
        myself.cast(EngineMsg::Start(scan))?;
        Ok(())
    }

    /// Forgets a scan that has ended or is deleted.
    fn let_go(&mut self, scan: ScanId) {
        self.args.hub.retire(scan);
        self.args.in_hand.release(scan);
        self.failures.remove(&scan);
        self.nodes.remove(&scan);
    }

    /// Lets every scan come to rest; the answer does not wait in this handler.
    fn leave(&mut self, reply: RpcReplyPort<()>) {
        self.leaving = true;
        let scans: Vec<_> = self.scans.values().cloned().collect();
        tokio::spawn(async move {
            let quiet = scans.iter().map(|scan| scan.call(ScanMsg::Leave, Some(LEAVE_WAIT)));
            for (scan, rested) in scans.iter().zip(futures_util::future::join_all(quiet).await) {
                if !matches!(rested, Ok(ractor::rpc::CallResult::Success(()))) {
                    let id = scan.get_id();
                    tracing::warn!("scan actor {id} did not come to rest in time");
                }
            }
            let _ = reply.send(());
        });
    }
}

/// Returns whether a scan has ended, as far as the store tells. One that cannot be read is no reason
/// to end all others: it counts as one that goes on, and its start looks again.
fn has_ended(scan: ScanId, view: Result<Option<ScanView>, ReadError>) -> bool {
    match view {
        Ok(view) => view.is_none_or(|view| view.state.status.has_ended()),
        Err(error) => {
            tracing::warn!(scan.id = %scan, %error, "scan {scan} cannot be read: {error}");
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scan_that_cannot_be_read_is_started_again() {
        let scan = ScanId::new(1).expect("not zero");
        assert!(!has_ended(scan, Err(ReadError::Unavailable)));
        assert!(has_ended(scan, Ok(None)), "it was deleted");
    }
}
