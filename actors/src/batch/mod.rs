//! Batch: the actor that brings one set of addresses to an end, attempt by attempt.
//!
//! ```text
//! Waiting ─ slot ─► Running ─ report ─► Settling ─ durable ─► Ended
//!    ▲                                      └─ failed ─► Resting ─┐
//!    └───────────────────────── time is up ──────────────────────┘
//! ```
//!
//! Invariant: whatever a batch tells its scan is durable before it is told.

mod actor;
mod core;

pub use self::actor::{Batch, BatchArgs, BatchMsg, ScanContext};
