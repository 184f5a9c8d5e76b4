//! What clients send and get. Names and shapes are a contract: fields may be added, never renamed
//! or dropped.

mod diff;
mod host;
mod import;
mod request;
mod scan;
mod system;

pub use diff::*;
pub use host::*;
pub use import::*;
pub use request::*;
pub use scan::*;
pub use system::*;
