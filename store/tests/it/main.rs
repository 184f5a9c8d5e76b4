//! The store through its public door: what is written, read, counted, deleted, and what survives.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "helpers of tests may, as the tests themselves"
)]

mod access;
mod corruption;
mod damage;
mod deletion;
mod durability;
mod events;
mod full;
mod groups;
mod history;
mod hosts;
mod index_damage;
mod lists;
mod open;
mod scopes;
mod search;
mod search_bounds;
mod search_lists;
mod support;
mod upkeep;
