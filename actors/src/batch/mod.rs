//! Batch: the actor that brings one set of addresses to an end, attempt by attempt.
//!
//! ```text
//! Waiting ─ slot ─► Running ─ report ─► Settling ─ durable ─► Ended ──► smaller batches, if split
//!    ▲                                      └─ failed ─► Resting ─┐
//!    └───────────────────────── time is up ──────────────────────┘
//! ```
//!
//! Invariant: whatever a batch tells its scan is durable before it is told.

mod actor;
mod children;
mod core;
mod end;
mod lanes;
mod scope;
mod step;

pub use self::actor::{Batch, BatchArgs, BatchMsg, ScanContext};
pub use self::children::make_children;
pub use self::core::{NMAP_USAGE, News};
pub use self::lanes::{Cause, Remainder, split};
pub use self::step::{Fate, Step};
