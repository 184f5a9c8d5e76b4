//! What clients send and get. Names and shapes are a contract: fields may be added, never renamed
//! or dropped.

mod access;
mod audit;
mod diff;
mod facets;
mod host;
mod import;
mod map;
mod profile;
mod request;
mod scan;
mod scope;
mod supervision;
mod system;

pub use access::*;
pub use audit::*;
pub use diff::*;
pub use facets::*;
pub use host::*;
pub use import::*;
pub use map::*;
pub use profile::*;
pub use request::*;
pub use scan::*;
pub use scope::*;
pub use supervision::*;
pub use system::*;
