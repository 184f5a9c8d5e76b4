//! Carries a scan's decisions out: slots, batches, the scan's own state, its end.

use super::{
    batches::OpenBatch,
    core::{BatchEnd, Effect, ScanCore},
    need::Need,
    pace::Pace,
    plan::Plan,
    reopen::reopen,
    stages::{self, Stages},
    tuning::{self, Taken, Tuner},
};
use crate::{
    batch::{BatchMsg, News, ScanContext},
    finish,
    hub::Hub,
    processors::{self, Processors},
    scanner::Fitted,
    scope::Effective,
    slots::{Demand, Permit, SlotsMsg},
    supervise::commit,
    tree::Node,
};
use netscan_nmap::locate::LocateError;
use netscan_schemas::{
    BatchId, Time,
    attempt::StopReason,
    batch::Phase,
    event::{EncodedEvent, Event},
    limits,
    scan::{Progress, ScanState, ScanStatus},
    stored::{AuditEntry, BatchRecord, ScanSpec},
};
use netscan_store::Write;
use ractor::{Actor, ActorId, ActorProcessingErr, ActorRef, RpcReplyPort, SupervisionEvent};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::time::Instant;

/// How often progress is told, at most.
const TICK: Duration = Duration::from_secs(1);
/// What a scan is told.
pub enum ScanMsg {
    /// A slot that was asked for.
    Slot(Permit),
    /// A batch's process is gone; its results are on their way into the store.
    ProcessGone(BatchId),
    /// A batch failed and rests.
    BatchResting(BatchId),
    /// A batch wants its next attempt.
    BatchReady(BatchId),
    /// A batch is out of hands, durably.
    BatchEnded(BatchId, BatchEnd),
    /// A batch's remainder went to these smaller ones, durably.
    BatchSplit(BatchId, Vec<BatchRecord>),
    /// What an attempt says about the scan as a whole, and its outcome in words.
    News(News, String),
    /// An attempt of a batch ended by itself, and took so much.
    Taken(Taken),
    /// nmap could not be started for want of a resource.
    Shortage,
    /// A batch was not started: the scope has changed.
    OutOfScope,
    /// Time to look how the processors are used, and to tune.
    Tune,
    /// nmap was looked for again.
    Looked(Box<Result<Fitted, LocateError>>),
    /// A batch's actor is gone.
    BatchGone(ActorId, Option<String>),
    /// What the user wants of the scan, and the entry of the audit log that says who that is.
    Order(Order, AuditEntry, RpcReplyPort<ScanStatus>),
    /// The server goes down: answer once nothing runs.
    Leave(RpcReplyPort<()>),
    /// A second has passed.
    Tick,
}

/// What a user may want of a scan.
#[derive(Clone, Copy, Debug)]
pub enum Order {
    /// It is to stop.
    Stop(StopReason),
    /// It is to pause.
    Pause,
    /// It is to go on.
    Resume,
}

/// What a scan is started with.
pub struct ScanArgs {
    /// What its batches share.
    pub context: Arc<ScanContext>,
    /// Who may run next.
    pub slots: ActorRef<SlotsMsg>,
    /// Live readers.
    pub hub: Arc<Hub>,
    /// How many slots there are.
    pub slots_max: usize,
    /// Its place in the tree.
    pub node: Arc<Node>,
}

/// The actor. It ends by itself when the scan has ended.
pub struct Scan;

/// The actor's state.
pub struct ScanActorState {
    pub(super) context: Arc<ScanContext>,
    pub(super) slots: ActorRef<SlotsMsg>,
    pub(super) hub: Arc<Hub>,
    pub(super) spec: ScanSpec,
    /// Whether all of its plan is loopback.
    is_loopback: bool,
    /// About how many packets it takes to probe a host: in all, and in each step of a staged plan.
    probes: (u64, BTreeMap<Phase, u64>),
    pub(super) core: ScanCore,
    pub(super) node: Arc<Node>,
    pub(super) saved: ScanState,
    pub(super) batches: BTreeMap<BatchId, OpenBatch>,
    /// The slot that the effect at hand may use.
    pub(super) permit: Option<Permit>,
    pub(super) pace: Pace,
    pub(super) shown: Option<(Progress, netscan_schemas::scan::VerdictCounts)>,
    pub(super) leaving: Option<RpcReplyPort<()>>,
    /// What is wrong with what the scan waits for, as it was said last.
    pub(super) missing: BTreeMap<Need, String>,
    /// When to look for nmap again.
    pub(super) look_at: Option<Instant>,
    /// The outcome of the last attempt that said nmap does not work.
    pub(super) last_failure: String,
    pub(super) processors: Processors,
    /// What might be scanned when it was looked last.
    pub(super) effective: Option<Arc<Effective>>,
    /// The entry of the audit log for the order that is being carried out, until it is written.
    pub(super) entry: Option<AuditEntry>,
}

pub(super) type Handled = Result<(), ActorProcessingErr>;

impl Actor for Scan {
    type Msg = ScanMsg;
    type State = ScanActorState;
    type Arguments = ScanArgs;

    async fn pre_start(
        &self,
        myself: ActorRef<ScanMsg>,
        args: ScanArgs,
    ) -> Result<ScanActorState, ActorProcessingErr> {
        ScanActorState::load(&myself, args).await
    }

    async fn post_start(&self, myself: ActorRef<ScanMsg>, state: &mut ScanActorState) -> Handled {
        myself.send_interval(TICK, || ScanMsg::Tick);
        myself.send_interval(tuning::LOOK_EVERY, || ScanMsg::Tune);
        // The scope may have changed since the scan was accepted.
        let mut effects = state.look_at_scope();
        effects.extend(state.core.begin());
        state.carry_out(&myself, effects).await
    }

    async fn handle(
        &self,
        myself: ActorRef<ScanMsg>,
        message: ScanMsg,
        state: &mut ScanActorState,
    ) -> Handled {
        let mut answer = None;
        let effects = match message {
            ScanMsg::Slot(permit) => {
                state.core.set_slots(permit.limit());
                state.permit = Some(permit);
                state.core.on_slot()
            }
            ScanMsg::ProcessGone(batch) => state.core.on_process_gone(batch),
            ScanMsg::BatchResting(batch) => state.core.on_batch_resting(batch),
            ScanMsg::BatchReady(batch) => state.core.on_batch_ready(batch),
            ScanMsg::BatchEnded(batch, end) => state.on_batch_ended(batch, end)?,
            ScanMsg::BatchSplit(batch, children) => {
                state.on_batch_split(&myself, batch, children).await?
            }
            ScanMsg::News(news, outcome) => state.on_news(news, outcome),
            ScanMsg::Looked(found) => state.on_looked(*found),
            ScanMsg::BatchGone(actor, error) => {
                return state.on_batch_gone(&myself, actor, error).await;
            }
            ScanMsg::Order(order, entry, reply) => {
                answer = Some(reply);
                let effects = match order {
                    Order::Stop(reason) => state.core.stop(reason),
                    Order::Pause => state.core.pause(),
                    Order::Resume => state.core.resume(),
                };
                // What changes nothing is not written down.
                state.entry = (!effects.is_empty()).then_some(entry);
                effects
            }
            ScanMsg::Leave(reply) => {
                state.leaving = Some(reply);
                state.core.leave()
            }
            ScanMsg::Taken(taken) => {
                state.core.on_taken(taken);
                return Ok(());
            }
            ScanMsg::Shortage => {
                state.core.on_shortage();
                return Ok(());
            }
            ScanMsg::OutOfScope => state.look_at_scope(),
            ScanMsg::Tune => {
                let (busy, want) = (state.processors.busy(), state.want());
                let load = (state.core.running(), want.unwrap_or(0.0));
                let (scan, demand) = (state.context.scan, state.demand());
                state.slots.cast(SlotsMsg::Load(scan, demand, load.0, load.1))?;
                state.core.tune(busy, want)
            }
            ScanMsg::Tick => state.tick(&myself),
        };
        state.carry_out(&myself, effects).await?;
        if let Some(entry) = state.entry.take() {
            let mut write = Write::new();
            write.audit(entry);
            commit(&state.context.store, write).await;
        }
        if let Some(reply) = answer {
            let _ = reply.send(state.core.status()); // whoever asked may be gone
        }
        if state.core.is_quiet()
            && let Some(reply) = state.leaving.take()
        {
            let _ = reply.send(());
        }
        Ok(())
    }

    async fn handle_supervisor_evt(
        &self,
        myself: ActorRef<ScanMsg>,
        event: SupervisionEvent,
        _: &mut ScanActorState,
    ) -> Handled {
        // To the end of the mailbox: what the child said before it ended comes first.
        match event {
            SupervisionEvent::ActorFailed(who, error) => {
                myself.cast(ScanMsg::BatchGone(who.get_id(), Some(error.to_string())))?;
            }
            SupervisionEvent::ActorTerminated(who, ..) => {
                myself.cast(ScanMsg::BatchGone(who.get_id(), None))?;
            }
            _ => {}
        }
        Ok(())
    }
}

impl ScanActorState {
    /// Makes the scan's actor from the store.
    async fn load(myself: &ActorRef<ScanMsg>, args: ScanArgs) -> Result<Self, ActorProcessingErr> {
        let ScanArgs { context, slots, hub, slots_max, node } = args;
        let (store, scan) = (Arc::clone(&context.store), context.scan);
        let view = store.scan(scan)?.ok_or_else(|| format!("scan {scan} is not in the store"))?;
        let plan = store.plan(scan)?.ok_or_else(|| format!("scan {scan} has no plan"))?;
        let mut reopened = Write::new();
        let mut records = Vec::new();
        for record in store.batches_open(scan)? {
            records.extend(reopen(&context, record, &mut reopened)?);
        }
        if view.state.status != ScanStatus::Queued {
            let known = view.tally.up + view.tally.down + view.tally.timed_out;
            let event = Event::ScanRecovered {
                epoch: store.epoch(),
                resumed_batches: records.len() as u64,
                kept_hosts: known,
            };
            reopened.event(scan, EncodedEvent::now(&event));
            store.submit(reopened).await?;
            netscan_store::failpoint::hit("after-reopened");
        }
        let spec = &view.spec;
        let tuner = Tuner::new(
            spec.tuning,
            (spec.chunk_size, spec.concurrency),
            processors::count(),
            slots_max,
            context.options.is_heavy(),
        );
        let steps = match context.phases.is_empty() {
            true => BTreeMap::new(),
            false => store.steps(scan)?,
        };
        let phase = |record: &BatchRecord| Some((record.id, record.phase?));
        let stages = Stages::new(
            Plan::new(&plan.addresses, &plan.last, plan.order),
            view.state.cursor,
            context.phases.clone(),
            stages::waiting(&context.phases, steps),
            records.iter().filter_map(phase),
        );
        let core = ScanCore::new(
            view.state.status,
            stages,
            tuner,
            records.iter().map(|record| (record.id, record.parent.is_some())),
        );
        let done = view.spec.total_targets - view.tally.verdicts(&view.spec).unfinished;
        let in_step = |phase: &Phase| (*phase, context.options.in_phase(*phase, None).probes());
        let probes = (
            context.options.probes(),
            context.phases.iter().map(in_step).collect::<BTreeMap<_, _>>(),
        );
        let mut state = Self {
            context,
            slots,
            hub,
            spec: view.spec,
            is_loopback: plan.addresses.is_loopback(),
            probes,
            core,
            node,
            saved: view.state,
            batches: BTreeMap::new(),
            permit: None,
            pace: Pace::new(Instant::now(), done),
            shown: None,
            leaving: None,
            missing: BTreeMap::new(),
            look_at: None,
            last_failure: String::new(),
            processors: Processors::default(),
            effective: None,
            entry: None,
        };
        for record in records {
            let verdicts = store.verdicts(record.id)?;
            let node = state.node.batch(record.id);
            state.open(myself, record, verdicts, None, node).await?;
        }
        state.node.set(state.saved.status.as_str());
        Ok(state)
    }

    pub(super) async fn carry_out(
        &mut self,
        myself: &ActorRef<ScanMsg>,
        effects: Vec<Effect>,
    ) -> Handled {
        let mut effects = std::collections::VecDeque::from(effects);
        while let Some(effect) = effects.pop_front() {
            match effect {
                Effect::AskSlots(count) => self.ask_slots(myself, count)?,
                Effect::ForgetSlots => self.slots.cast(SlotsMsg::Forget(self.context.scan))?,
                Effect::ReturnSlot => self.permit = None,
                Effect::Cut(piece) => effects.extend(self.cut(myself, piece).await?),
                Effect::Start(batch) => {
                    if let (Some(open), Some(permit)) =
                        (self.batches.get(&batch), self.permit.take())
                    {
                        // A batch that fails just now is told by `BatchGone`.
                        let _ = open.actor.cast(BatchMsg::Start(permit));
                    }
                }
                Effect::StopBatches(reason) => {
                    for open in self.batches.values() {
                        let _ = open.actor.cast(BatchMsg::Stop(reason));
                    }
                }
                Effect::SaveStatus => self.save_status().await,
                Effect::SaveNeeds => self.tell_needs(),
                Effect::Finish => return self.finish(myself).await,
            }
        }
        Ok(())
    }

    fn ask_slots(&self, myself: &ActorRef<ScanMsg>, count: usize) -> Handled {
        let demand = self.demand();
        for _ in 0..count {
            let to = myself.clone();
            // A scan that is gone drops the message, and with it the permit.
            let deliver = Box::new(move |permit| drop(to.cast(ScanMsg::Slot(permit))));
            self.slots.cast(SlotsMsg::Ask(self.context.scan, demand, deliver))?;
        }
        Ok(())
    }

    fn demand(&self) -> Demand {
        let total = self.spec.total_targets;
        let (in_all, in_steps) = &self.probes;
        let (phase, chunk) = self.core.next_chunk();
        let probes = phase.and_then(|phase| in_steps.get(&phase)).unwrap_or(in_all);
        Demand {
            expected: self.core.expected(),
            is_loopback: self.is_loopback,
            packets: total.saturating_mul(*in_all),
            batch_packets: chunk.saturating_mul(*probes),
        }
    }

    /// Writes the status down, with the event that tells it.
    async fn save_status(&mut self) {
        let event = match (self.saved.status, self.core.status()) {
            (ScanStatus::Queued, ScanStatus::Running) => {
                self.saved.started_at = Some(Time::now());
                Event::ScanStarted {
                    total_targets: self.spec.total_targets,
                    fallback: self.spec.fallback.clone(),
                }
            }
            (_, ScanStatus::Running) => Event::ScanResumed {},
            (_, ScanStatus::Paused) => Event::ScanPaused {},
            (_, _) => Event::ScanStopping {},
        };
        self.saved.status = self.core.status();
        self.node.set(self.saved.status.as_str());
        let mut write = Write::new();
        write.put_scan_state(self.context.scan, &self.saved);
        write.event(self.context.scan, EncodedEvent::now(&event));
        if let Some(entry) = self.entry.take() {
            write.audit(entry);
        }
        commit(&self.context.store, write).await;
    }

    /// Writes the end down, and ends the actor.
    async fn finish(&mut self, myself: &ActorRef<ScanMsg>) -> Handled {
        netscan_store::failpoint::hit("scan-finish");
        let mut end = finish::judge(&self.context.store, self.context.scan, self.core.status())?;
        if self.core.gave_up()
            && let Some(error) = &mut end.error
        {
            let (barren, last) = (limits::BARREN_MAX, &self.last_failure);
            *error = format!(
                "{barren} attempts in a row failed without a host, the last so: {last}; {error}"
            );
        }
        if let Some(error) = &mut end.error
            && let Some(out) = self.out_of_scope()?
        {
            *error = format!("{error}; {out}");
        }
        self.core.ended(end.status);
        self.saved.status = end.status;
        self.saved.finished_at = Some(Time::now());
        self.saved.error.clone_from(&end.error);
        let mut write = Write::new();
        write.put_scan_state(self.context.scan, &self.saved);
        write.event(self.context.scan, EncodedEvent::now(&end.event()));
        // A second stop, which is more urgent and changes no status.
        if let Some(entry) = self.entry.take() {
            write.audit(entry);
        }
        write.audit(end.entry(self.context.scan));
        commit(&self.context.store, write).await;
        let (scan, status) = (self.context.scan, end.status);
        tracing::info!(scan.id = %scan, %status, "scan {scan} ended: {status}");
        myself.stop(None);
        Ok(())
    }
}
