//! Scan: the actor that brings all targets of one request to a verdict.
//!
//! ```text
//! Slots ── permit ─► Scan ── cuts the next addresses of the plan ─► Batch
//!                      ▲◄─────────── gone, resting, ready, ended ────┘
//! ```
//!
//! It is always made from the store, so a new scan, one that a restart interrupted and one whose
//! actor failed begin the same way. Only batches that run or wait next exist; the rest of the
//! plan is a cursor.

mod actor;
mod batches;
mod core;
mod need;
mod open;
mod pace;
pub(crate) mod plan;
mod reopen;
mod stages;
mod straggler;
pub(crate) mod tuning;
mod walk;
mod watch;

pub use self::{
    actor::{Order, Scan, ScanArgs, ScanMsg},
    core::BatchEnd,
    tuning::Taken,
};
