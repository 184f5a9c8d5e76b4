//! Many WebSocket clients on one thread, light enough to leave the machine to the server.
//!
//! `ws-load ADDRESS SCAN [--clients N] [--since SEQ] ...` connects so many clients to a scan's
//! events, reads until all have seen the scan's last event (or for so long), and prints as JSON
//! what arrived how fast. Every client checks that its events come one after the other, each once.
//!
//! ```text
//! epoll ─► Client (a socket, the number of its last event) ─► frames ─► Tally
//! ```
//!
//! All clients read into one buffer and look at nothing but frame headers, an event's number and
//! its time, so that what is measured is the server and the kernel. Some can be told to stall
//! (connect and read nothing) or to flap (leave at random, and come back for the rest).
//! The exit code is 1 when an event is missing, doubled or out of order, or a client was cut off.

mod client;
mod event;
mod frames;
mod run;
mod tally;

use clap::Parser;
use std::io::Write;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

/// What to do.
#[derive(Clone, Debug, Parser)]
struct Args {
    /// The server (127.0.0.1:8000).
    address: SocketAddr,
    /// The scan; 0 for the feed of all scans.
    scan: u64,
    /// How many clients.
    #[arg(long, default_value_t = 1)]
    clients: usize,
    /// Events after this one; without it those from now on.
    #[arg(long)]
    since: Option<u64>,
    /// How many of the clients read nothing after their handshake.
    #[arg(long, default_value_t = 0)]
    stalled: usize,
    /// How many of the clients leave and come back, after up to 2,000 events each time.
    #[arg(long, default_value_t = 0)]
    flapping: usize,
    /// How long at most; reached before the scan's last event it is a failure, unless --idle.
    #[arg(long, default_value_t = 60.0, value_name = "SECONDS")]
    seconds: f64,
    /// The time is the end, not the scan's last event.
    #[arg(long)]
    idle: bool,
    /// A process to read the resident memory of, before and after.
    #[arg(long, value_name = "PID")]
    server: Option<u32>,
    /// Where the choices of flapping clients begin.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Sent to the server as it is, in each request (`Authorization: Bearer ..`).
    #[arg(long)]
    header: Option<String>,
}

impl Args {
    fn time(&self) -> Duration {
        Duration::from_secs_f64(self.seconds)
    }
}

fn main() -> ExitCode {
    let args = Args::parse();
    let mut stdout = std::io::stdout();
    match run::run(&args) {
        Ok(outcome) => {
            // Without a reader the exit code has to do.
            let _ = writeln!(stdout, "{}", outcome.report);
            if outcome.is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "ws-load: {error}");
            ExitCode::from(2)
        }
    }
}
