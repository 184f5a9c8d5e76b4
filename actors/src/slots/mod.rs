//! Slots: one actor that says which batch may run next, for all scans of the engine.
//!
//! Waiting costs a queue entry, not a task. A [`Permit`] travels to where the process is owned and
//! comes back by being dropped, so a slot is held exactly as long as its process lives.

mod core;
mod limits;

pub use self::limits::{Hold, Limits, LimitsChange, LimitsNow};

pub use self::core::Demand;

use self::core::{Grant, Share, SlotsCore};
use crate::processors;
use netscan_schemas::ScanId;
use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort};
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;

/// How often free memory is looked at while something starts or waits.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// What a waiter does with its permit: hand it to whoever starts the process.
pub type Deliver = Box<dyn FnOnce(Permit) + Send>;

/// What the actor is told.
pub enum SlotsMsg {
    /// A scan waits for a slot.
    Ask(ScanId, Demand, Deliver),
    /// A permit of a scan was dropped, with its share of the packet budget.
    Release(ScanId, Share),
    /// A scan ended or paused: what it waits for is void.
    Forget(ScanId),
    /// What a scan wants by now; so many of its nmaps run, and one of them wants a processor for
    /// such a share of its time.
    Load(ScanId, Demand, usize, f64),
    /// Other limits, for what starts next.
    Change(LimitsChange, RpcReplyPort<SlotsCount>),
    /// What there is, and what is taken.
    Count(RpcReplyPort<SlotsCount>),
    /// It may be time to look at the memory again.
    Look,
}

/// The state of the slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotsCount {
    /// What all nmaps together may use.
    pub limits: Limits,
    /// nmap processes that run now.
    pub in_use: usize,
    /// Packets a second that these may send together. More than the limit only after that was
    /// lowered, until enough of them have ended.
    pub dealt: u32,
    /// nmap processes that run without a bound of packets, from when there was none; loopback apart.
    pub unbounded: usize,
    /// How many wait to be started, and for what; none for nothing.
    pub waiting: Option<(usize, Hold)>,
}

/// The right to run one nmap process. Dropping it gives the slot back.
#[derive(Debug)]
pub struct Permit {
    slots: ActorRef<SlotsMsg>,
    scan: ScanId,
    share: Share,
    limit: usize,
}

impl Permit {
    /// Returns how many packets a second the process may send; none for no bound.
    pub fn rate(&self) -> Option<u32> {
        self.share.rate()
    }

    /// Returns how many nmaps may run at once, as things stood when this was granted.
    pub fn limit(&self) -> usize {
        self.limit
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        // Slots outlives every permit but in a shutdown, when nobody waits any more.
        let _ = self.slots.cast(SlotsMsg::Release(self.scan, self.share));
    }
}

/// The actor.
pub struct Slots;

/// The actor's state.
pub struct SlotsState {
    core: SlotsCore<Deliver>,
    /// Where others read the limits.
    limits: Arc<LimitsNow>,
    looked: Instant,
    /// Whether a `Look` is on its way.
    will_look: bool,
}

impl Actor for Slots {
    type Msg = SlotsMsg;
    type State = SlotsState;
    type Arguments = Arc<LimitsNow>;

    async fn pre_start(
        &self,
        _: ActorRef<SlotsMsg>,
        limits: Arc<LimitsNow>,
    ) -> Result<Self::State, ActorProcessingErr> {
        let mut core = SlotsCore::new(limits.get(), processors::count());
        core.set_free_memory(limits::free_memory());
        Ok(SlotsState { core, limits, looked: Instant::now(), will_look: false })
    }

    async fn handle(
        &self,
        myself: ActorRef<SlotsMsg>,
        message: SlotsMsg,
        state: &mut Self::State,
    ) -> Result<(), ActorProcessingErr> {
        let mut answer = None;
        let core = &mut state.core;
        match message {
            SlotsMsg::Ask(scan, demand, deliver) => core.ask(scan, demand, deliver),
            SlotsMsg::Release(scan, share) => core.release(scan, share),
            SlotsMsg::Forget(scan) => core.forget(scan),
            SlotsMsg::Load(scan, demand, running, want) => {
                core.set_load(scan, demand, running, want);
            }
            SlotsMsg::Change(change, reply) => {
                core.set_limits(core.limits().with(change));
                state.limits.set(core.limits());
                answer = Some(reply);
            }
            SlotsMsg::Count(reply) => answer = Some(reply),
            SlotsMsg::Look => state.will_look = false,
        }
        state.grant(&myself);
        if let Some(reply) = answer {
            let _ = reply.send(state.count()); // whoever asked may be gone
        }
        Ok(())
    }
}

impl SlotsState {
    /// Grants what may start.
    fn grant(&mut self, myself: &ActorRef<SlotsMsg>) {
        if self.looked.elapsed() >= LOOK_EVERY {
            self.looked = Instant::now();
            self.core.set_free_memory(limits::free_memory());
        }
        let limit = self.core.limits().slots;
        while let Some(Grant { request: deliver, scan, share }) = self.core.grant() {
            netscan_store::failpoint::hit("slots-grant");
            deliver(Permit { slots: myself.clone(), scan, share, limit });
        }
        // Slots and shares tell when they come back; memory and processors do not.
        let is_held = matches!(self.core.waiting(), Some((_, Hold::Memory | Hold::Processors)));
        if is_held && !self.will_look {
            self.will_look = true;
            myself.send_after(LOOK_EVERY, || SlotsMsg::Look);
        }
    }

    fn count(&self) -> SlotsCount {
        SlotsCount {
            limits: self.core.limits(),
            in_use: self.core.in_use(),
            dealt: self.core.dealt(),
            unbounded: self.core.unbounded(),
            waiting: self.core.waiting(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ractor::rpc::CallResult;

    #[tokio::test]
    async fn whoever_reads_the_limits_reads_those_that_hold() {
        let limits = Arc::new(LimitsNow::new(Limits::new(8, Some(20_000))));
        let (slots, _) = Actor::spawn(None, Slots, Arc::clone(&limits)).await.expect("starts");
        let change = LimitsChange { slots: Some(3), ..LimitsChange::default() };
        let changed = slots.call(|reply| SlotsMsg::Change(change, reply), None).await;
        let Ok(CallResult::Success(count)) = changed else { panic!("no answer") };
        assert_eq!((limits.get().slots, limits.get()), (3, count.limits));
        slots.stop(None);
    }
}
