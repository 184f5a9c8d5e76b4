//! Tests of the whole program: the built binary against real nmap on loopback, and against a
//! stand-in that misbehaves on demand.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod access;
mod architecture;
mod audit;
mod bench;
mod cli;
mod crash;
mod docs;
mod export;
mod failpoints;
mod grants;
mod injection;
mod monitors;
mod profiles;
mod quick;
mod sandbox;
mod scope;
mod search;
mod server;
mod shapes;
mod shared;
mod staged;
mod store;
mod support;
mod words;
