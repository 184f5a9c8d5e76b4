//! Runs scans as a tree of actors and reports what happens as one ordered stream per scan.
//!
//! ```text
//! System ── Engine ─┬─ Slots            who may run next
//!                   └─ Scan ── Batch ── Runner ── nmap
//! every actor ── results, events ──► store ── durable ──► Hub ──► clients
//! ```
//!
//! Each of `scan`, `batch`, `runner` decides in its `core` (plain values in, plain values out) and
//! acts in its actor. Invariants: an event is on disk before any client sees it; a batch is called
//! complete in the transaction that makes it so; whatever ends an actor ends its process.

mod batch;
mod control;
mod engine;
mod finish;
mod grants;
mod hub;
mod import;
mod in_hand;
mod launches;
mod network;
mod preview;
mod processors;
mod profiles;
mod rescan;
mod runner;
mod scan;
mod scanner;
mod scope;
mod slots;
mod start;
mod submit;
mod supervise;
mod system;
mod tree;

pub use control::CommandError;
pub use finish::progress;
pub use hub::{Begin, Feed, Frames, Hub, OverallFeed, Page, Selection, whole_frames};
pub use import::{ImportError, ImportRequest, SurveyError};
pub use in_hand::{InHand, Taken};
pub use launches::Launches;
pub use profiles::{ProfileError, ProfilesFileError, meant, read_profiles};
pub use rescan::RescanError;
pub use scanner::Scanner;
pub use scope::{EntryFault, Fault, NewEntry, OutOfScope, ScopeError, Scopes};
pub use slots::{Hold, Limits, LimitsChange, SlotsCount};
pub use start::{Config, StartError};
pub use submit::SubmitError;
pub use system::System;
