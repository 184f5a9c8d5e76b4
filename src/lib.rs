//! The program: reads the command line, and carries one command out.
//!
//! ```text
//! cli ─► commands ─► client ─┬─ in process: the same routes over an engine of our own
//!                            ├─ socket file: the process that owns the data directory
//!                            └─ TCP: --server URL
//! ```
//!
//! Every command speaks the HTTP API, whichever way it goes, so what it prints is the same.

mod cli;
mod client;
mod commands;
mod config;
mod exit;
mod exposure;
mod output;
mod signals;
mod telemetry;
mod values;
mod words;

use exit::Failure;
use std::{ffi::OsString, process::ExitCode};

/// Runs the program and returns its exit code.
pub fn run() -> ExitCode {
    // What `netscan bench` starts is this binary again.
    let args: Vec<OsString> = std::env::args_os().collect();
    match commands::bench::run_if_part(&args) {
        Some(code) => code,
        None => run_command(args),
    }
}

/// Carries out the command of this command line.
fn run_command(args: Vec<OsString>) -> ExitCode {
    let args = cli::parse(args);
    telemetry::start(&args);
    netscan_store::quiet_database_panics();
    let out = output::Output::new(&args);
    let code = match runtime() {
        Ok(runtime) => {
            let done = runtime.block_on(commands::run(args, &out));
            // Name look-ups that nobody waits for any more must not hold up the end.
            runtime.shutdown_background();
            done
        }
        Err(source) => Err(Failure::Io { what: "starting the runtime".into(), source }),
    };
    match code {
        Ok(code) => code.into(),
        Err(failure) => {
            if !failure.is_quiet() {
                out.error(&failure);
            }
            failure.exit().into()
        }
    }
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .thread_name("netscan")
        .max_blocking_threads(64)
        .enable_all()
        .build()
}
