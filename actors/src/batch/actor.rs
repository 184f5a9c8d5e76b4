//! Carries a batch's decisions out: claims, runners, final writes, timers.

use super::core::{Next, decide};
use crate::{
    runner::{Job, Report, Runner, RunnerArgs, RunnerMsg},
    scan::{BatchEnd, ScanMsg},
    slots::Permit,
    supervise::commit,
};
use netscan_nmap::{
    command, launch::Launcher, locate::Installation, options::Options, privilege::Privileges,
};
use netscan_schemas::{
    AddressSet, AttemptNo, ScanId, Time,
    attempt::{Ending, Outcome, RawInfos, StopReason},
    batch::{BatchStatus, BatchSummary},
    event::{EncodedEvent, Event},
    scan::Policy,
    stored::{AttemptRecord, BatchRecord, VerdictsRecord},
};
use netscan_store::{Store, Write};
use ractor::{Actor, ActorId, ActorProcessingErr, ActorRef, SupervisionEvent};
use std::{collections::HashMap, net::IpAddr, sync::Arc, time::Duration};

/// What all batches of a scan share.
pub struct ScanContext {
    /// The scan.
    pub scan: ScanId,
    /// How hard to try.
    pub policy: Policy,
    /// What nmap is told.
    pub options: Options,
    /// What nmap may do.
    pub privileges: Privileges,
    /// Which nmap.
    pub nmap: Installation,
    /// The names that users gave to addresses.
    pub names: Arc<HashMap<IpAddr, String>>,
    /// Starts processes.
    pub launcher: Arc<dyn Launcher>,
    /// Takes results.
    pub store: Arc<Store>,
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
    /// The end of an attempt is durable.
    Settled(Next),
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
}

/// The actor.
pub struct Batch;

/// The actor's state.
pub struct BatchState {
    context: Arc<ScanContext>,
    scan: ActorRef<ScanMsg>,
    record: BatchRecord,
    known: AddressSet,
    phase: Phase,
    stop: Option<StopReason>,
}

enum Phase {
    Waiting,
    Running { runner: ActorRef<RunnerMsg>, attempt: Box<AttemptRecord> },
    Settling,
    Resting,
    Ended,
}

type Handled = Result<(), ActorProcessingErr>;

impl Actor for Batch {
    type Msg = BatchMsg;
    type State = BatchState;
    type Arguments = BatchArgs;

    async fn pre_start(
        &self,
        myself: ActorRef<BatchMsg>,
        args: BatchArgs,
    ) -> Result<BatchState, ActorProcessingErr> {
        let BatchArgs { context, scan, record, verdicts, permit } = args;
        if let Some(permit) = permit {
            myself.cast(BatchMsg::Start(permit))?;
        }
        let known = verdicts.known();
        let phase = Phase::Waiting;
        Ok(BatchState { context, scan, record, known, phase, stop: None })
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
            BatchMsg::Settled(next) => state.on_settled(&myself, next),
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
    fn next_attempt(&self) -> AttemptNo {
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
        let context = Arc::clone(&self.context);
        let command =
            command::build(&context.nmap, &context.options, &context.privileges, &addresses);
        let attempt = self.claim(number, &addresses, &command);
        netscan_store::failpoint::hit("batch-claim");
        let claim = context.store.submit(self.claim_write(&attempt));
        let (to_batch, to_scan, id) = (myself.clone(), self.scan.clone(), self.record.id);
        let job = Job {
            scan: context.scan,
            batch: id,
            attempt: number,
            command,
            addresses,
            names: Arc::clone(&context.names),
            deadline: context.policy.batch_timeout_ms.map(Duration::from_millis),
            stall: Duration::from_millis(context.policy.stall_timeout_ms),
            launcher: Arc::clone(&context.launcher),
            store: Arc::clone(&context.store),
            claim,
            permit: Some(permit),
            on_gone: Some(Box::new(move || drop(to_scan.cast(ScanMsg::ProcessGone(id))))),
        };
        let args = RunnerArgs {
            job,
            stop: self.stop,
            deliver: Box::new(move |report| drop(to_batch.cast(BatchMsg::Reported(report)))),
        };
        let (runner, _) = Actor::spawn_linked(None, Runner, args, myself.get_cell()).await?;
        self.phase = Phase::Running { runner, attempt: Box::new(attempt) };
        Ok(())
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
        self.settle(myself, write, Next::Complete);
        Ok(())
    }

    fn summarise(&mut self, verdicts: &VerdictsRecord) {
        let started = self.record.started_at;
        self.record.summary = BatchSummary {
            hosts_up: verdicts.up.count(),
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
        };
        let mut write = Write::new();
        write.put_batch(&self.record).put_attempt(attempt);
        write.event(self.context.scan, EncodedEvent::now(&event));
        write
    }

    fn stop(&mut self, myself: &ActorRef<BatchMsg>, reason: StopReason) -> Handled {
        self.stop = self.stop.max(Some(reason));
        match &self.phase {
            // A runner that is gone has reported already.
            Phase::Running { runner, .. } => drop(runner.cast(RunnerMsg::Stop(reason))),
            // Its end is being written; `on_settled` looks at the reason again.
            Phase::Settling | Phase::Ended => {}
            Phase::Waiting | Phase::Resting => match reason {
                StopReason::Stopped | StopReason::Killed => self.end_without_attempt(myself),
                // Nothing runs, so there is nothing to end.
                _ => self.stop = None,
            },
        }
        Ok(())
    }

    /// Ends a batch that has no process as stopped.
    fn end_without_attempt(&mut self, myself: &ActorRef<BatchMsg>) {
        let event = Event::BatchStopped {
            batch_id: self.record.id,
            salvaged_hosts: 0,
            remaining_targets: self.record.addresses.difference(&self.known).to_ranges(),
        };
        self.record.status = BatchStatus::Stopped;
        self.record.finished_at = Some(Time::now());
        let mut write = Write::new();
        write.put_batch(&self.record);
        write.event(self.context.scan, EncodedEvent::now(&event));
        self.settle(myself, write, Next::Stop);
    }

    fn on_report(&mut self, myself: &ActorRef<BatchMsg>, report: Report) -> Handled {
        let Phase::Running { attempt, .. } = &self.phase else { return Ok(()) };
        let mut attempt = (**attempt).clone();
        let finished_hosts = report.finished.count();
        attempt.pid = report.pid;
        attempt.finished_at = Some(Time::now());
        attempt.ending = Some(report.ending);
        attempt.outcome = Some(report.outcome.clone());
        attempt.finished_hosts = finished_hosts;
        attempt.raw = report.raw;
        let write = report.tail;
        self.conclude(myself, &attempt, &report.outcome, write)
    }

    fn on_runner_gone(
        &mut self,
        myself: &ActorRef<BatchMsg>,
        who: ActorId,
        error: &str,
    ) -> Handled {
        let attempt = match &self.phase {
            Phase::Running { runner, attempt } if runner.get_id() == who => attempt.clone(),
            _ => return Ok(()), // it had reported: the usual end
        };
        let id = self.record.id;
        tracing::error!(batch.id = %id, %error, "batch {id}: the runner failed: {error}");
        let mut attempt = *attempt;
        attempt.finished_at = Some(Time::now());
        attempt.ending = Some(Ending::Lost);
        attempt.outcome = Some(Outcome::Lost);
        self.scan.cast(ScanMsg::ProcessGone(id))?;
        self.conclude(myself, &attempt, &Outcome::Lost, Write::new())
    }

    /// Decides what comes next and writes the attempt's end down, in one transaction with the
    /// rest of its output and results.
    fn conclude(
        &mut self,
        myself: &ActorRef<BatchMsg>,
        attempt: &AttemptRecord,
        outcome: &Outcome,
        mut write: Write,
    ) -> Handled {
        netscan_store::failpoint::hit("batch-conclude");
        // What counts is what the store holds, whatever the runner saw.
        let verdicts = self.context.store.verdicts(self.record.id)?;
        self.known = verdicts.known();
        let remaining = self.record.addresses.difference(&self.known);
        let (charged, policy) = (self.record.charged_attempts, &self.context.policy);
        let next = decide(outcome, remaining.count(), charged, policy, fastrand::f64());
        let now = Time::now();
        self.record.outcome = Some(outcome.clone());
        self.record.status = match next {
            Next::Complete => BatchStatus::Completed,
            Next::Retry { .. } => BatchStatus::Retrying,
            Next::GiveUp => BatchStatus::Failed,
            Next::Stop => BatchStatus::Stopped,
            Next::SetAside => BatchStatus::Queued,
        };
        if let Next::Retry { charged: true, .. } | Next::GiveUp = next {
            self.record.charged_attempts += 1;
        }
        self.record.finished_at = self.record.status.has_ended().then_some(now);
        self.summarise(&verdicts);
        let event = self.end_event(next, attempt, outcome, &remaining);
        write.put_attempt(attempt).put_batch(&self.record);
        write.event(self.context.scan, EncodedEvent::now(&event));
        self.settle(myself, write, next);
        Ok(())
    }

    fn end_event(
        &self,
        next: Next,
        attempt: &AttemptRecord,
        outcome: &Outcome,
        remaining: &AddressSet,
    ) -> Event {
        let batch_id = self.record.id;
        let salvaged_hosts = attempt.finished_hosts;
        match next {
            Next::Complete => Event::BatchComplete { batch_id, summary: self.record.summary },
            Next::Stop | Next::SetAside => Event::BatchStopped {
                batch_id,
                salvaged_hosts,
                remaining_targets: remaining.to_ranges(),
            },
            Next::Retry { .. } | Next::GiveUp => {
                let after = match next {
                    Next::Retry { after, .. } => Some(after),
                    _ => None,
                };
                Event::BatchFailed {
                    batch_id,
                    reason: outcome.as_str().to_owned(),
                    detail: outcome.to_string(),
                    attempt: attempt.attempt,
                    will_retry: after.is_some(),
                    retry_in_ms: after.map(|after| after.as_millis() as u64),
                    salvaged_hosts,
                    remaining_targets: remaining.to_ranges(),
                }
            }
        }
    }

    /// Makes a write durable, however long the store is away, and then goes on with `next`.
    fn settle(&mut self, myself: &ActorRef<BatchMsg>, write: Write, next: Next) {
        self.phase = Phase::Settling;
        let (store, myself) = (Arc::clone(&self.context.store), myself.clone());
        tokio::spawn(async move {
            commit(&store, write).await;
            let _ = myself.cast(BatchMsg::Settled(next)); // the actor may be gone
        });
    }

    fn on_settled(&mut self, myself: &ActorRef<BatchMsg>, next: Next) -> Handled {
        let id = self.record.id;
        let end = match next {
            Next::Retry { after, .. } => {
                self.phase = Phase::Resting;
                self.scan.cast(ScanMsg::BatchResting(id))?;
                let attempt = self.next_attempt();
                myself.send_after(after, move || BatchMsg::Rested(attempt));
                // A stop may have come while the end was being written.
                return self.stop.take().map_or(Ok(()), |reason| self.stop(myself, reason));
            }
            Next::SetAside => {
                self.phase = Phase::Waiting;
                BatchEnd::SetAside
            }
            Next::Complete | Next::GiveUp | Next::Stop => BatchEnd::Ended,
        };
        self.scan.cast(ScanMsg::BatchEnded(id, end))?;
        if end == BatchEnd::SetAside {
            return self.stop.take().map_or(Ok(()), |reason| self.stop(myself, reason));
        }
        self.phase = Phase::Ended;
        myself.stop(None);
        Ok(())
    }

    fn on_rested(&mut self, attempt: AttemptNo) -> Handled {
        // A timer of an earlier rest has nothing to say.
        if matches!(self.phase, Phase::Resting) && attempt == self.next_attempt() {
            self.phase = Phase::Waiting;
            self.scan.cast(ScanMsg::BatchReady(self.record.id))?;
        }
        Ok(())
    }
}
