//! The words that the parts of netscan share: ids, records, events, the types of the API.
//!
//! ```text
//! schemas ◄── nmap, store ◄── actors ◄── http ◄── src
//! ```
//!
//! Plain data without I/O. A type that is stored stands in [`stored`]; a type that a client sees
//! in [`api`], [`event`] or [`problem`]; what both are made of in the other modules.

pub mod access;
pub mod address;
pub mod api;
pub mod attempt;
pub mod audit;
pub mod batch;
pub mod event;
pub mod grants;
pub mod host;
pub mod id;
pub mod inert;
pub mod limits;
pub mod problem;
pub mod scan;
pub mod scope;
pub mod stored;
pub mod time;

pub use access::{Role, TokenId};
pub use address::{AddressSet, Family, Interval};
pub use id::{AttemptNo, BatchId, Epoch, HostId, ProjectId, ScanId, ScopeId, Seq};
pub use time::Time;
