//! The end of an attempt: what comes next, written down in one transaction with the rest of its
//! output, and told to the scan once that is durable.

use super::{
    actor::{BatchMsg, BatchState, Handled, Phase},
    children::make_children,
    core::{News, Next, Situation, decide, news},
    lanes::{self, Cause, Child, Remainder},
};
use crate::{
    runner::Report,
    scan::{BatchEnd, ScanMsg, Taken},
    supervise::commit,
};
use netscan_schemas::{
    AddressSet, AttemptNo, Time,
    attempt::{Ending, Outcome},
    batch::{BatchStatus, Lane, Phase as PlanPhase},
    event::{EncodedEvent, Event},
    host::PortId,
    scan::Resplit,
    stored::{AttemptRecord, BatchRecord, Difficulty},
};
use netscan_store::Write;
use ractor::{ActorId, ActorRef};
use std::{
    net::IpAddr,
    sync::{Arc, atomic::Ordering},
};

/// Ports that an event lists of one host; a longer list says how many more there are.
const EVENT_PORTS_MAX: usize = 256;

impl BatchState {
    pub(super) fn on_report(&mut self, myself: &ActorRef<BatchMsg>, report: Report) -> Handled {
        let Phase::Running { attempt, .. } = &self.phase else { return Ok(()) };
        let mut attempt = (**attempt).clone();
        attempt.pid = report.pid;
        attempt.finished_at = Some(Time::now());
        attempt.ending = Some(report.ending);
        attempt.outcome = Some(report.outcome.clone());
        attempt.finished_hosts = report.finished.count();
        attempt.raw = report.raw;
        attempt.cpu_ms = u64::try_from(report.cost.cpu.as_millis()).unwrap_or(u64::MAX);
        if let Some(Ending::Exited { .. }) = attempt.ending {
            let taken = Taken { wall: report.cost.wall, cpu: report.cost.cpu };
            self.scan.cast(ScanMsg::Taken(taken))?;
        }
        self.alive = self.alive.union(&report.alive);
        let mut write = report.tail;
        self.keep_announced(&attempt, report.announced, &mut write);
        self.conclude(myself, &attempt, &report.outcome, report.doubted, write)
    }

    pub(super) fn on_runner_gone(
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
        self.node.failed(&format!("its runner failed: {error}"));
        let mut attempt = *attempt;
        attempt.finished_at = Some(Time::now());
        attempt.ending = Some(Ending::Lost);
        attempt.outcome = Some(Outcome::Lost);
        self.scan.cast(ScanMsg::ProcessGone(id))?;
        self.conclude(myself, &attempt, &Outcome::Lost, 0, Write::new())
    }

    /// Adds to a write what nmap announced of hosts that it did not finish.
    fn keep_announced(
        &self,
        attempt: &AttemptRecord,
        announced: Vec<(IpAddr, Vec<PortId>)>,
        write: &mut Write,
    ) {
        let (scan, batch) = (self.context.scan, self.record.id);
        for (address, ports) in &announced {
            let more = ports.len().saturating_sub(EVENT_PORTS_MAX);
            let mut shown: Vec<String> =
                ports.iter().take(EVENT_PORTS_MAX).map(ToString::to_string).collect();
            if more > 0 {
                shown.push(format!("and {more} more"));
            }
            let event = Event::ProvisionalPorts {
                batch_id: batch,
                attempt: attempt.attempt,
                address: address.to_string(),
                ports: shown,
            };
            write.event(scan, EncodedEvent::now(&event));
        }
        if !announced.is_empty() {
            write.record_provisional(scan, batch, attempt.attempt, Time::now(), announced);
        }
    }

    /// Decides what comes next and writes the attempt's end down, in one transaction with the
    /// rest of its output and results.
    fn conclude(
        &mut self,
        myself: &ActorRef<BatchMsg>,
        attempt: &AttemptRecord,
        outcome: &Outcome,
        doubted: u64,
        mut write: Write,
    ) -> Handled {
        netscan_store::failpoint::hit("batch-conclude");
        // What counts is what the store holds, whatever the runner saw.
        let verdicts = self.context.store.verdicts(self.record.id)?;
        let before = self.known.count();
        self.known = verdicts.settled();
        let remaining = self.record.addresses.difference(&self.known);
        let salvaged = self.known.count().saturating_sub(before);
        let is_mute = attempt.raw.stdout.bytes + attempt.raw.xml.bytes == 0;
        let news = news(outcome, is_mute, salvaged + doubted);
        self.scan.cast(ScanMsg::News(news, outcome.to_string()))?;
        let (next, detail) = match outcome {
            Outcome::OutOfScope { .. } => {
                let (next, why) = self.leave_scope(&self.context.effective(), &remaining)?;
                (next, format!("{outcome}{why}"))
            }
            _ => (self.decide(outcome, is_mute, news, &remaining), outcome.to_string()),
        };
        self.record.outcome = Some(outcome.clone());
        self.record.status = status_after(&next);
        let is_charged = matches!(next, Next::Retry { charged: true, .. } | Next::GiveUp);
        if is_charged && !matches!(outcome, Outcome::OutOfScope { .. }) {
            self.record.charged_attempts += 1;
        }
        self.record.finished_at = self.record.status.has_ended().then_some(Time::now());
        self.summarise(&verdicts);
        write.put_attempt(attempt).put_batch(&self.record);
        let event = self.end_event(&next, attempt, (outcome, detail), &remaining);
        write.event(self.context.scan, EncodedEvent::now(&event));
        let children = match &next {
            Next::Split(children) => {
                make_children(&self.context, &self.record, children, outcome, &mut write)
            }
            _ => Vec::new(),
        };
        self.remember_difficulty(&next, outcome, &remaining, &mut write);
        self.settle(myself, write, next, children);
        Ok(())
    }

    /// Asks the core.
    fn decide(&self, outcome: &Outcome, is_mute: bool, news: News, remaining: &AddressSet) -> Next {
        let policy = &self.context.policy;
        let earlier = self.context.barren.load(Ordering::Relaxed);
        let situation = Situation {
            outcome,
            is_mute,
            remaining: remaining.count(),
            charged: self.record.charged_attempts,
            barren: if news == News::Barren { earlier.saturating_add(1) } else { earlier },
            policy,
            jitter: fastrand::f64(),
        };
        decide(situation, |cause| self.children(remaining, cause))
    }

    fn children(&self, remaining: &AddressSet, cause: Cause) -> Vec<Child> {
        lanes::split(Remainder {
            addresses: remaining,
            alive: &self.alive,
            lane: self.record.lane,
            cause,
            min: u64::from(self.context.policy.resplit_min),
            has_silent_flags: self.context.silent.is_some(),
        })
    }

    /// Remembers hosts that fail alone and to the end, and forgets those that are finished now.
    fn remember_difficulty(
        &self,
        next: &Next,
        outcome: &Outcome,
        remaining: &AddressSet,
        write: &mut Write,
    ) {
        // Finding out whether a host is up says little about how hard its ports are.
        let is_discovery = self.record.phase == Some(PlanPhase::Discovery);
        if self.context.options.technique.no_ports || is_discovery {
            return;
        }
        let policy = &self.context.policy;
        let alone = u64::from(policy.resplit_min.max(1));
        let is_alone = policy.resplit == Resplit::Bisect && remaining.count() <= alone;
        // What brings everything to its end is no host's fault.
        let is_its_own = match outcome {
            Outcome::Ended { reason } => !reason.is_of_scan(),
            outcome => !matches!(outcome, Outcome::OutOfScope { .. }),
        };
        if *next == Next::GiveUp && is_alone && is_its_own {
            let difficulty = Difficulty {
                scan_id: self.context.scan,
                batch_id: self.record.id,
                outcome: outcome.clone(),
                at: Time::now(),
            };
            write.add_difficult(remaining, difficulty);
        }
        if self.record.lane == Lane::Difficult && !self.known.is_empty() {
            write.remove_difficult(&self.known);
        }
    }

    fn end_event(
        &self,
        next: &Next,
        attempt: &AttemptRecord,
        (outcome, detail): (&Outcome, String),
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
            Next::Retry { .. } | Next::GiveUp | Next::Split(_) => {
                let after = match next {
                    Next::Retry { after, .. } => Some(after),
                    _ => None,
                };
                Event::BatchFailed {
                    batch_id,
                    reason: outcome.as_str().to_owned(),
                    detail,
                    attempt: attempt.attempt,
                    will_retry: after.is_some(),
                    will_split: matches!(next, Next::Split(_)),
                    retry_in_ms: after.map(|after| after.as_millis() as u64),
                    salvaged_hosts,
                    remaining_targets: remaining.to_ranges(),
                }
            }
        }
    }

    /// Makes a write durable, however long the store is away, and then goes on with `next`.
    pub(super) fn settle(
        &mut self,
        myself: &ActorRef<BatchMsg>,
        write: Write,
        next: Next,
        children: Vec<BatchRecord>,
    ) {
        self.phase = Phase::Settling;
        self.node.set("settling");
        let (store, myself) = (Arc::clone(&self.context.store), myself.clone());
        tokio::spawn(async move {
            commit(&store, write).await;
            let _ = myself.cast(BatchMsg::Settled(next, children)); // the actor may be gone
        });
    }

    pub(super) fn on_settled(
        &mut self,
        myself: &ActorRef<BatchMsg>,
        next: &Next,
        children: Vec<BatchRecord>,
    ) -> Handled {
        let id = self.record.id;
        netscan_store::failpoint::hit("batch-settled");
        match *next {
            Next::Retry { after, .. } => {
                self.phase = Phase::Resting;
                self.node.set("resting");
                self.scan.cast(ScanMsg::BatchResting(id))?;
                let attempt = self.next_attempt();
                myself.send_after(after, move || BatchMsg::Rested(attempt));
                // A stop may have come while the end was being written.
                return self.stop.take().map_or(Ok(()), |reason| self.stop(myself, reason));
            }
            Next::SetAside => {
                self.phase = Phase::Waiting;
                self.node.set("waiting");
                self.scan.cast(ScanMsg::BatchEnded(id, BatchEnd::SetAside))?;
                return self.stop.take().map_or(Ok(()), |reason| self.stop(myself, reason));
            }
            Next::Split(_) => self.scan.cast(ScanMsg::BatchSplit(id, children))?,
            Next::Complete | Next::GiveUp | Next::Stop => {
                self.scan.cast(ScanMsg::BatchEnded(id, BatchEnd::Ended))?;
            }
        }
        self.phase = Phase::Ended;
        myself.stop(None);
        Ok(())
    }

    pub(super) fn on_rested(&mut self, attempt: AttemptNo) -> Handled {
        // A timer of an earlier rest has nothing to say.
        if matches!(self.phase, Phase::Resting) && attempt == self.next_attempt() {
            self.phase = Phase::Waiting;
            self.node.set("waiting");
            self.scan.cast(ScanMsg::BatchReady(self.record.id))?;
        }
        Ok(())
    }
}

pub(super) fn status_after(next: &Next) -> BatchStatus {
    match next {
        Next::Complete => BatchStatus::Completed,
        Next::Retry { .. } => BatchStatus::Retrying,
        Next::Split(_) => BatchStatus::Split,
        Next::GiveUp => BatchStatus::Failed,
        Next::Stop => BatchStatus::Stopped,
        Next::SetAside => BatchStatus::Queued,
    }
}
