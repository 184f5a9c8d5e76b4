//! Tests of the whole program: the built binary against real nmap on loopback, and against a
//! stand-in that misbehaves on demand.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod architecture;
mod cli;
mod crash;
mod export;
mod failpoints;
mod quick;
mod server;
mod shared;
mod store;
mod support;
mod words;
