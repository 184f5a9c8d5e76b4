//! All of nmap and just nmap: what it is told, its process, and what it says.
//!
//! ```text
//! targets ─► AddressSet ─┐
//! options ─► typed ──────┼─► command ─► launch ─► process ─► xml ─► hosts
//! locate, privilege ─────┤                            └────► lines
//! datadir ───────────────┘
//! ```
//!
//! Parsed once, here, at the boundary: whoever holds [`options::Options`] or a
//! [`targets::TargetList`] holds proof that nothing in it can be taken for another flag, a file or
//! an address outside of it.

pub mod command;
pub mod datadir;
pub mod launch;
pub mod lines;
pub mod locate;
pub mod options;
pub mod privilege;
pub mod resolve;
pub mod targets;
pub mod xml;
