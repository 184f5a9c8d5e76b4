//! A network of its own for one command: simulated hosts that answer nmap as a plan says.
//!
//! ```text
//! COMMAND ── nmap ── packets ─► sim0 (TUN) ─► Network ── plan: what does this host answer?
//!    in a network namespace         ▲            │
//!    with nothing else in it        └─ Pending ◄─┘ answers, each at its time
//! ```
//!
//! `simnet [--seed N] [--stats FILE] --plan FILE -- COMMAND ARGS..` runs the command in a new
//! network namespace whose only ways out are its loopback and the device `sim0`, behind which this
//! program plays all hosts of 10.99.0.0/16 and fd00:99::/112. Nothing of the real network is seen
//! or touched. It ends as the command ends, with its exit code (128 + N after signal N), and
//! whatever the command left running ends with it. Signals that it is sent go to the command.
//! `simnet truth --plan FILE` prints as JSON what a perfect scan would find.
//!
//! A plan has a line for each range of addresses: `ADDRESSES KIND [KEY=VALUE]..`. The first line
//! that names an address speaks for it. Empty lines and lines that begin with `#` mean nothing.
//!
//! | addresses | |
//! |---|---|
//! | `10.99.0.7`, `fd00:99::7` | one |
//! | `10.99.1.0/24`, `10.99.1.10-20`, `10.99.1.10-10.99.2.5` | all of these, both ends too |
//! | `default` | every address that no line names, wherever this one stands; else these are `dead` |
//!
//! | kind | behaves like |
//! |---|---|
//! | `live` | a host without a firewall: RST from closed ports, echo and timestamp replies, ICMP port unreachable for UDP |
//! | `filtered` | a firewall that drops all but what goes to an open port, pings included |
//! | `dead` | an address that nobody has |
//! | `tarpit` | something that accepts on every TCP port and says nothing |
//! | `limited` | `live`, but with at most so many RSTs and ICMP errors a second |
//! | `slow` | `live`, but half a second away |
//!
//! | key | of | meaning |
//! |---|---|---|
//! | `open=22,80-90` | all but `dead`, `tarpit` | open TCP ports (none) |
//! | `udp=53` | all but `dead` | open UDP ports, which echo what they get (none) |
//! | `ping=yes` | all but `dead` | whether ICMP is answered (`filtered`: `no`) |
//! | `then=silence` | `tarpit` | whether a connection is kept up (`accept`) or ignored (`silence`) |
//! | `rate=20`, `burst=10` | `limited` | packets a second (20), and how many may come at once (10) |
//! | `rtt=40ms` | all | there and back, also `500us` and `1s` (0; `slow`: 500 ms) |
//! | `jitter=2ms` | all | by how much a packet is late at most, half of it each way (0) |
//! | `loss=10` | all | per mille of round trips that get lost, half of them each way (0) |
//!
//! A line `set KEY=VALUE..` gives `rtt`, `jitter` and `loss` to the lines below it that say nothing
//! themselves. Exit codes of its own: 2 for a wrong command line or plan, 77 where a privilege or a
//! tool is missing (tests take this as `skipped`), 125 for any other failure, 127 if there is no
//! such command.
//!
//! Not simulated: several hops (no traceroute), fragments, bandwidth, the finer points of a TCP
//! stack (no OS detection), services that speak, hosts that talk to each other.

mod addresses;
mod answer;
mod behaviour;
mod command;
mod failure;
mod limit;
mod network;
mod options;
mod packet;
mod pending;
mod plan;
mod reply;
mod run;
mod sandbox;
mod stats;
mod sys;
mod truth;

use failure::Failure;
use options::Options;
use plan::Plan;
use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    match start() {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            // With standard error gone, the exit code has to do.
            let _ = writeln!(std::io::stderr(), "simnet: {failure}");
            ExitCode::from(failure.exit_code())
        }
    }
}

fn start() -> Result<u8, Failure> {
    let options = options::parse(std::env::args_os().skip(1))?;
    let (Options::Truth { plan } | Options::Run { plan, .. }) = &options;
    let text = std::fs::read_to_string(plan).map_err(|source| {
        Failure::of(format!("cannot read the plan `{}`", plan.display()), source)
    })?;
    let plan = Plan::parse(&text)?;
    match options {
        Options::Truth { .. } => {
            truth::print(&plan)?;
            Ok(0)
        }
        Options::Run { seed, stats, command, .. } => {
            run::run(plan, seed, stats.as_deref(), &command)
        }
    }
}
