//! REST, a file a resource.

pub mod audit;
pub mod batches;
pub mod diff;
pub mod events;
pub mod export;
pub mod hosts;
pub mod import;
pub mod map;
pub mod profiles;
pub mod projects;
pub mod quick;
pub mod scans;
pub mod scope;
pub mod session;
pub mod system;
pub mod targets;
pub mod tokens;
