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

mod access;
pub mod audit;
pub mod check;
pub mod codec;
mod db;
mod error;
pub mod failpoint;
mod file;
mod instance;
mod metrics;
mod migrate;
mod overlay;
mod pack;
mod postings;
pub mod raw;
mod reader;
mod rows;
mod scrub;
pub mod search;
mod segment;
mod space;
mod store;
mod tables;
mod terms;
pub mod upkeep;
mod write;
mod writer;

pub use error::{OpenError, ReadError, Refusal, WriteError};
pub use metrics::Metrics;
pub use reader::{
    AuditPage, AuditQuery, HistoryPage, HistoryPlace, HostPage, Known, ScanFilter, ScanView, Step,
};
pub use scrub::Scrub;
pub use segment::Texts;
pub use space::{BALLAST_BYTES, RESERVE_BYTES};
pub use store::{Health, NoPublisher, Options, Publisher, Store};
pub use write::{Ack, GrantsEdit, ProjectEdit, Receipt, SessionKey, Write};

/// Keeps panics of the database from being printed. They come from damaged pages, are caught, and
/// are told as errors.
pub fn quiet_database_panics() {
    let other = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let of_database = panic.location().is_some_and(|at| at.file().contains("/redb-"));
        match of_database {
            true => tracing::debug!("the database panics: {panic}"),
            false => other(panic),
        }
    }));
}
