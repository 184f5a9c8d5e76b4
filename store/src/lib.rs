//! The embedded store: one write door, many readers.
//!
//! ```text
//! Write ──submit──► writer thread ──one transaction for many units──► redb
//!                        │ committed: publish the events, then answer
//! Publisher ◄────────────┘
//! Store::scan, hosts, events ..  ──own short read transactions──► redb
//! ```
//!
//! Promise: what was acknowledged stays, through any crash; an event is durable before anyone
//! sees it; a damaged record is an error, never a wrong answer.

pub mod check;
pub mod codec;
mod db;
mod error;
pub mod failpoint;
mod instance;
mod migrate;
pub mod raw;
mod reader;
mod segment;
mod store;
mod tables;
mod write;
mod writer;

pub use error::{OpenError, ReadError, Refusal, WriteError};
pub use reader::{ScanFilter, ScanView};
pub use store::{Health, NoPublisher, Options, Publisher, Store};
pub use write::{Ack, Receipt, Write};
