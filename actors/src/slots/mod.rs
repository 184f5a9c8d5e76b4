//! Slots: one actor that says which batch may run next, for all scans of the engine.
//!
//! Waiting costs a queue entry, not a task. A [`Permit`] travels to where the process is owned and
//! comes back by being dropped, so a slot is held exactly as long as its process lives.

mod core;

use self::core::{Grant, SlotsCore};
use netscan_schemas::ScanId;
use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort};

/// What a waiter does with its permit: hand it to whoever starts the process.
pub type Deliver = Box<dyn FnOnce(Permit) + Send>;

/// What the actor is told.
pub enum SlotsMsg {
    /// A scan waits for a slot; it may have so many nmaps at once.
    Ask(ScanId, usize, Deliver),
    /// A permit was dropped, with its share of the packet budget.
    Release(Option<u32>),
    /// A scan ended or paused: what it waits for is void.
    Forget(ScanId),
    /// How many slots there are and how many are taken.
    Count(RpcReplyPort<SlotsCount>),
}

/// The state of the slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotsCount {
    /// nmap processes that may run at once.
    pub limit: usize,
    /// nmap processes that run now.
    pub in_use: usize,
}

/// The right to run one nmap process. Dropping it gives the slot back.
#[derive(Debug)]
pub struct Permit {
    slots: ActorRef<SlotsMsg>,
    rate: Option<u32>,
}

impl Permit {
    /// Returns how many packets a second the process may send; none for no bound.
    pub fn rate(&self) -> Option<u32> {
        self.rate
    }
}

/// How many slots there are, and what their processes may send together.
#[derive(Clone, Copy, Debug)]
pub struct Supply {
    /// nmap processes that may run at once.
    pub slots: usize,
    /// Packets a second over all of them; none for no bound.
    pub packets: Option<u32>,
}

impl Drop for Permit {
    fn drop(&mut self) {
        // Slots outlives every permit but in a shutdown, when nobody waits any more.
        let _ = self.slots.cast(SlotsMsg::Release(self.rate));
    }
}

/// The actor.
pub struct Slots;

impl Actor for Slots {
    type Msg = SlotsMsg;
    type State = SlotsCore<Deliver>;
    type Arguments = Supply;

    async fn pre_start(
        &self,
        _: ActorRef<SlotsMsg>,
        supply: Supply,
    ) -> Result<Self::State, ActorProcessingErr> {
        Ok(SlotsCore::new(supply.slots, supply.packets))
    }

    async fn handle(
        &self,
        myself: ActorRef<SlotsMsg>,
        message: SlotsMsg,
        state: &mut Self::State,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            SlotsMsg::Ask(scan, expected, deliver) => state.ask(scan, expected, deliver),
            SlotsMsg::Release(rate) => state.release(rate),
            SlotsMsg::Forget(scan) => state.forget(scan),
            SlotsMsg::Count(reply) => {
                let count = SlotsCount { limit: state.limit(), in_use: state.in_use() };
                let _ = reply.send(count); // whoever asked may be gone
            }
        }
        while let Some(Grant { request: deliver, rate }) = state.grant() {
            netscan_store::failpoint::hit("slots-grant");
            deliver(Permit { slots: myself.clone(), rate });
        }
        Ok(())
    }
}
