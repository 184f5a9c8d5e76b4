//! The whole tree against scripted processes and a real store.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod engine;
mod faults;
mod feeds;
mod scope;
mod support;
