//! Carries a batch's decisions out: claims, runners, final writes, timers.

use super::{
    core::Next,
    step::{Step, open_ports},
};
use crate::{
    network::Network,
    runner::{Job, Pulse, Report, Runner, RunnerArgs, RunnerMsg},
    scan::ScanMsg,
    scanner::{Fitted, Scanner},
    scope::{ScopeWatch, Scopes},
    slots::Permit,
    tree::Node,
};
use netscan_nmap::{
    command, launch::Launcher, locate::Installation, options::Options, privilege::Privileges,
};
use netscan_schemas::{
    AddressSet, AttemptNo, ProjectId, ScanId, Time,
    attempt::{Outcome, RawInfos, StopReason},
    batch::{BatchStatus, BatchSummary, Lane, Phase as PlanPhase},
    event::{EncodedEvent, Event},
    limits,
    scan::Policy,
    stored::{AttemptRecord, BatchRecord, VerdictsRecord},
};
use netscan_store::{ReadError, Store, Write};
use ractor::{Actor, ActorId, ActorProcessingErr, ActorRef, SupervisionEvent};
use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, PoisonError, RwLock, atomic::AtomicU32},
    time::Duration,
};

/// What all batches of a scan share.
pub struct ScanContext {
    /// The scan.
    pub scan: ScanId,
    /// Its project.
    pub project: ProjectId,
    /// How hard to try.
    pub policy: Policy,
    /// What nmap is told.
    pub options: Options,
    /// The steps of a staged plan; none for a single one.
    pub phases: Vec<PlanPhase>,
    /// What it is told of hosts without a sign of life, and which flags that adds; none where the
    /// user's flags leave no room.
    pub silent: Option<(Options, Vec<String>)>,
    /// What nmap may do.
    pub privileges: Privileges,
    /// Which nmap; another one when it was looked for again.
    pub nmap: RwLock<Fitted>,
    /// Finds nmap again.
    pub scanner: Arc<Scanner>,
    /// Failed attempts of the scan in a row that finished no host, as the scan counts them.
    pub barren: AtomicU32,
    /// The names that users gave to addresses.
    pub names: Arc<HashMap<IpAddr, String>>,
    /// Starts processes.
    pub launcher: Arc<dyn Launcher>,
    /// Takes results.
    pub store: Arc<Store>,
    /// Tells when the machine's network changes.
    pub network: Arc<Network>,
    /// What may be scanned.
    pub scopes: Arc<Scopes>,
}

/// What a batch is told.
pub enum BatchMsg {
    /// A slot: make the next attempt.
    Start(Permit),
    /// End; a graver reason replaces a milder one.
    Stop(StopReason),
    /// The runner is done.
    Reported(Box<Report>),
    /// The runner failed without a report.
    RunnerGone(ActorId, String),
    /// The end of an attempt is durable; with the smaller batches that the remainder went to.
    Settled(Next, Vec<BatchRecord>),
    /// The rest before attempt `.0` is over.
    Rested(AttemptNo),
}

/// What a batch is started with.
pub struct BatchArgs {
    /// What all batches of the scan share.
    pub context: Arc<ScanContext>,
    /// The scan's actor.
    pub scan: ActorRef<ScanMsg>,
    /// The batch as the store has it, or is about to.
    pub record: BatchRecord,
    /// What is known of its addresses.
    pub verdicts: VerdictsRecord,
    /// A slot, to start at once.
    pub permit: Option<Permit>,
    /// Shows the scan how far the running attempt is.
    pub pulse: Arc<Pulse>,
    /// Its place in the tree.
    pub node: Arc<Node>,
}

/// The actor.
pub struct Batch;

/// The actor's state.
pub struct BatchState {
    pub(super) context: Arc<ScanContext>,
    pub(super) scan: ActorRef<ScanMsg>,
    pub(super) record: BatchRecord,
    pub(super) known: AddressSet,
    /// Addresses that any attempt has seen a sign of life of.
    pub(super) alive: AddressSet,
    pulse: Arc<Pulse>,
    pub(super) node: Arc<Node>,
    pub(super) phase: Phase,
    pub(super) stop: Option<StopReason>,
}

pub(super) enum Phase {
    Waiting,
    Running { runner: ActorRef<RunnerMsg>, attempt: Box<AttemptRecord> },
    Settling,
    Resting,
    Ended,
}

pub(super) type Handled = Result<(), ActorProcessingErr>;

impl Actor for Batch {
    type Msg = BatchMsg;
    type State = BatchState;
    type Arguments = BatchArgs;

    async fn pre_start(
        &self,
        myself: ActorRef<BatchMsg>,
        args: BatchArgs,
    ) -> Result<BatchState, ActorProcessingErr> {
        let BatchArgs { context, scan, record, verdicts, permit, pulse, node } = args;
        node.set("waiting");
        node.set_attempt(record.attempt);
        if let Some(permit) = permit {
            myself.cast(BatchMsg::Start(permit))?;
        }
        let known = verdicts.settled();
        let phase = Phase::Waiting;
        let alive = AddressSet::new();
        Ok(BatchState { context, scan, record, known, alive, pulse, node, phase, stop: None })
    }

    async fn handle(
        &self,
        myself: ActorRef<BatchMsg>,
        message: BatchMsg,
        state: &mut BatchState,
    ) -> Handled {
        match message {
            BatchMsg::Start(permit) => state.start(&myself, permit).await,
            BatchMsg::Stop(reason) => state.stop(&myself, reason),
            BatchMsg::Reported(report) => state.on_report(&myself, *report),
            BatchMsg::RunnerGone(who, error) => state.on_runner_gone(&myself, who, &error),
            BatchMsg::Settled(next, children) => state.on_settled(&myself, &next, children),
            BatchMsg::Rested(attempt) => state.on_rested(attempt),
        }
    }

    async fn handle_supervisor_evt(
        &self,
        myself: ActorRef<BatchMsg>,
        event: SupervisionEvent,
        _: &mut BatchState,
    ) -> Handled {
        // A runner's report is in the mailbox before its end is told here, but this overtakes it:
        // so the news goes to the end of the mailbox.
        match event {
            SupervisionEvent::ActorFailed(who, error) => {
                myself.cast(BatchMsg::RunnerGone(who.get_id(), error.to_string()))?;
            }
            SupervisionEvent::ActorTerminated(who, _, reason) => {
                let reason = reason.unwrap_or_else(|| "ended without a report".into());
                myself.cast(BatchMsg::RunnerGone(who.get_id(), reason))?;
            }
            _ => {}
        }
        Ok(())
    }
}

impl BatchState {
    pub(super) fn next_attempt(&self) -> AttemptNo {
        self.record.attempt.map_or(AttemptNo::FIRST, AttemptNo::next)
    }

    fn remainder(&self) -> AddressSet {
        if self.context.policy.salvage || self.record.attempt.is_none() {
            self.record.addresses.difference(&self.known)
        } else {
            self.record.addresses.clone()
        }
    }

    async fn start(&mut self, myself: &ActorRef<BatchMsg>, permit: Permit) -> Handled {
        if !matches!(self.phase, Phase::Waiting) {
            return Ok(()); // stopped in between: the permit drops and is free again
        }
        let number = self.next_attempt();
        let addresses = self.remainder();
        if addresses.is_empty() {
            return self.end_with_nothing_left(myself);
        }
        let effective = self.context.effective();
        if !effective.outside(&addresses).is_empty() {
            return self.end_out_of_scope(myself, &addresses, &effective);
        }
        let context = Arc::clone(&self.context);
        let command = self.command(&addresses, number, permit.rate())?;
        let attempt = self.claim(number, &addresses, &command);
        netscan_store::failpoint::hit("batch-claim");
        let claim = context.store.submit(self.claim_write(&attempt));
        let (to_batch, to_scan, id) = (myself.clone(), self.scan.clone(), self.record.id);
        let of_shortage = self.scan.clone();
        let scopes = Arc::clone(&context.scopes);
        let scope = ScopeWatch::new(scopes, context.project, addresses.clone());
        let job = Job {
            scan: context.scan,
            batch: id,
            attempt: number,
            command,
            addresses,
            names: Arc::clone(&context.names),
            step: self
                .record
                .phase
                .map(|phase| Step::of(&context.phases, phase, self.asks(number))),
            deadline: context.policy.batch_timeout_ms.map(Duration::from_millis),
            stall: Duration::from_millis(context.policy.stall_timeout_ms),
            pulse: Arc::clone(&self.pulse),
            node: self.node.runner(id, number),
            launcher: Arc::clone(&context.launcher),
            store: Arc::clone(&context.store),
            losses: context.network.losses(),
            unstored_max: limits::UNSTORED_BYTES_MAX,
            claim,
            permit: Some(permit),
            scope,
            on_shortage: Box::new(move || drop(of_shortage.cast(ScanMsg::Shortage))),
            on_gone: Some(Box::new(move || drop(to_scan.cast(ScanMsg::ProcessGone(id))))),
        };
        let args = RunnerArgs {
            job,
            stop: self.stop,
            deliver: Box::new(move |report| drop(to_batch.cast(BatchMsg::Reported(report)))),
        };
        let (runner, _) = Actor::spawn_linked(None, Runner, args, myself.get_cell()).await?;
        self.phase = Phase::Running { runner, attempt: Box::new(attempt) };
        self.node.set_attempt(Some(number));
        self.node.set("running");
        Ok(())
    }

    fn command(
        &self,
        addresses: &AddressSet,
        attempt: AttemptNo,
        rate: Option<u32>,
    ) -> Result<command::Command, ReadError> {
        let context = &self.context;
        let mut options = self.options(addresses, attempt)?;
        if let Some(rate) = rate.filter(|_| !addresses.is_loopback()) {
            options = options.with_rate_at_most(rate, &context.privileges);
        }
        // Plain data behind the lock: a poisoned one is still good to use.
        let nmap = context.nmap.read().unwrap_or_else(PoisonError::into_inner);
        // A data directory of the scan's own has no scripts.
        let installed = Installation { own_datadir: None, ..(**nmap).clone() };
        let nmap = match self.record.phase {
            Some(_) if !options.scripts.is_empty() => &installed,
            Some(_) | None => &nmap,
        };
        Ok(command::build(nmap, &options, &context.privileges, addresses))
    }

    /// Returns whether hosts that an earlier step has found are asked again whether they are up: nmap
    /// learns their delay by it. Those that do not answer then count as up in the next attempt, and
    /// where this is the only one.
    fn asks(&self, attempt: AttemptNo) -> bool {
        let is_first = attempt == AttemptNo::FIRST && self.record.parent.is_none();
        is_first && self.context.policy.attempts_max > 1
    }

    /// Returns what nmap is told in this batch.
    fn options(&self, addresses: &AddressSet, attempt: AttemptNo) -> Result<Options, ReadError> {
        let context = &self.context;
        let mut options = match self.record.phase {
            None => context.options.clone(),
            Some(phase @ (PlanPhase::Discovery | PlanPhase::Ports)) => {
                context.options.in_phase(phase, None)
            }
            Some(PlanPhase::Services) => {
                let hosts = context.store.hosts_at(context.scan, addresses)?;
                let open = open_ports(&hosts, context.options.detection.os);
                context.options.in_phase(PlanPhase::Services, open)
            }
        };
        let is_later =
            self.record.phase.is_some_and(|phase| context.phases.first() != Some(&phase));
        if is_later && !self.asks(attempt) {
            options = options.without_discovery();
        }
        Ok(match (&context.silent, self.record.lane) {
            (Some(_), Lane::Silent) => options.for_silent_hosts().0,
            (_, Lane::Main | Lane::Alive | Lane::Silent | Lane::Difficult) => options,
        })
    }

    /// Ends a batch that an earlier server brought to its end but not to its record.
    fn end_with_nothing_left(&mut self, myself: &ActorRef<BatchMsg>) -> Handled {
        self.summarise(&self.context.store.verdicts(self.record.id)?);
        self.record.status = BatchStatus::Completed;
        self.record.finished_at = Some(Time::now());
        let event = Event::BatchComplete { batch_id: self.record.id, summary: self.record.summary };
        let mut write = Write::new();
        write.put_batch(&self.record);
        write.event(self.context.scan, EncodedEvent::now(&event));
        self.settle(myself, write, Next::Complete, Vec::new());
        Ok(())
    }

    pub(super) fn summarise(&mut self, verdicts: &VerdictsRecord) {
        let started = self.record.started_at;
        self.record.summary = BatchSummary {
            hosts_up: verdicts.up.count() + verdicts.passed.count(),
            open_ports: verdicts.open_ports,
            hosts_down: verdicts.down.count(),
            hosts_timed_out: verdicts.timed_out.count(),
            duration_ms: started.map_or(0, |started| Time::now().millis_since(started)),
        };
    }

    /// Notes the attempt in the batch's record and returns the attempt's own.
    fn claim(
        &mut self,
        number: AttemptNo,
        addresses: &AddressSet,
        command: &command::Command,
    ) -> AttemptRecord {
        let now = Time::now();
        self.record.status = BatchStatus::Running;
        self.record.attempt = Some(number);
        self.record.started_at.get_or_insert(now);
        self.record.epoch = self.context.store.epoch();
        let mut argv = vec![command.program.display().to_string()];
        argv.extend(command.args.iter().cloned());
        AttemptRecord {
            batch_id: self.record.id,
            attempt: number,
            epoch: self.record.epoch,
            argv,
            addresses: addresses.clone(),
            pid: None,
            started_at: now,
            finished_at: None,
            ending: None,
            outcome: None,
            cpu_ms: 0,
            finished_hosts: 0,
            raw: RawInfos::default(),
        }
    }

    fn claim_write(&self, attempt: &AttemptRecord) -> Write {
        let event = Event::BatchStart {
            batch_id: self.record.id,
            targets: attempt.addresses.to_ranges(),
            attempt: attempt.attempt,
            parent_batch_id: self.record.parent,
            argv: attempt.argv.clone(),
            phase: self.record.phase,
        };
        let mut write = Write::new();
        write.put_batch(&self.record).put_attempt(attempt);
        write.event(self.context.scan, EncodedEvent::now(&event));
        write
    }

    pub(super) fn stop(&mut self, myself: &ActorRef<BatchMsg>, reason: StopReason) -> Handled {
        self.stop = self.stop.max(Some(reason));
        match &self.phase {
            // A runner that is gone has reported already.
            Phase::Running { runner, .. } => drop(runner.cast(RunnerMsg::Stop(reason))),
            // Its end is being written; `on_settled` looks at the reason again.
            Phase::Settling | Phase::Ended => {}
            Phase::Waiting | Phase::Resting => match reason {
                StopReason::Stopped | StopReason::Killed => {
                    self.end_without_attempt(myself, BatchStatus::Stopped, Next::Stop);
                }
                StopReason::GaveUp => {
                    let outcome = Outcome::Ended { reason };
                    self.record.outcome.get_or_insert(outcome);
                    self.end_without_attempt(myself, BatchStatus::Failed, Next::GiveUp);
                }
                // Nothing runs, so there is nothing to end.
                StopReason::Straggler
                | StopReason::Deadline
                | StopReason::Stalled
                | StopReason::OutputCap
                | StopReason::StoreSlow
                | StopReason::NetworkChanged
                | StopReason::OutOfScope
                | StopReason::Paused
                | StopReason::Shutdown => self.stop = None,
            },
        }
        Ok(())
    }

    /// Ends a batch that has no process.
    fn end_without_attempt(
        &mut self,
        myself: &ActorRef<BatchMsg>,
        status: BatchStatus,
        next: Next,
    ) {
        let event = Event::BatchStopped {
            batch_id: self.record.id,
            salvaged_hosts: 0,
            remaining_targets: self.record.addresses.difference(&self.known).to_ranges(),
        };
        self.record.status = status;
        self.record.finished_at = Some(Time::now());
        let mut write = Write::new();
        write.put_batch(&self.record);
        write.event(self.context.scan, EncodedEvent::now(&event));
        self.settle(myself, write, next, Vec::new());
    }
}
