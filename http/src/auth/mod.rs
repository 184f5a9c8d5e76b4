//! Who asks, and whether they may.
//!
//! ```text
//! guard: Host, Origin ─► admit: token, session, ticket ─► rate ─► role ─► project ─► handler
//!                                   │                        │
//!                                   └ core (pure)            └ policy: the table of all routes
//! ```
//!
//! Promise: a route that is not in the table cannot be reached; what a caller may not see looks
//! like what is not there. Secrets are kept as digests and shown once.

mod admit;
mod core;
mod guard;
mod identity;
mod keeper;
mod own;
mod policy;
mod rates;
#[cfg(test)]
mod tests;
mod tickets;
mod user;

pub use admit::{AskedBy, Via, admit, not_too_often, rate_limited, unknown_caller};
pub use guard::check_caller;
pub use identity::{By, Identity};
pub use keeper::Keeper;
pub(crate) use own::ensure as ensure_own_token;
pub use own::{ADMIN_TOKEN, OwnTokenError};
pub use policy::{Need, PAGES, RULES, Rule, Way, find_route};
pub use rates::{Rates, neighbourhood};
pub use user::{User, own_origin};

pub(crate) use self::core::{Secret, new_token_id};
