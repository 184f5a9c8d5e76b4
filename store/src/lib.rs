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
mod file;
mod instance;
mod migrate;
mod overlay;
pub mod raw;
mod reader;
mod rows;
mod scrub;
mod segment;
mod space;
mod store;
mod tables;
mod write;
mod writer;

pub use error::{OpenError, ReadError, Refusal, WriteError};
pub use reader::{ScanFilter, ScanView};
pub use scrub::Scrub;
pub use space::{BALLAST_BYTES, RESERVE_BYTES};
pub use store::{Health, NoPublisher, Options, Publisher, Store};
pub use write::{Ack, Receipt, Write};
