//! Every fault of the matrix, and what this program does about it.

use crate::faults::{
    actors, commands, crash, directory, disk, exports, garbage, herd, monitors, output, process,
    requests, scanner, scope, signals,
};
use crate::trial::{Result, Trial};

/// What is done about a fault.
#[derive(Clone, Copy)]
pub(crate) enum How {
    /// It is made to happen, and everything is compared.
    Run(fn(&mut Trial) -> Result<()>),
    /// Other tests drive it, or none does yet.
    NotHere(&'static str),
}

/// A fault of the matrix.
#[derive(Clone, Copy)]
pub(crate) struct Fault {
    /// Its number; a fault in two parts has two rows.
    pub(crate) id: &'static str,
    /// What happens.
    pub(crate) what: &'static str,
    /// What is done about it.
    pub(crate) how: How,
}

const fn run(id: &'static str, what: &'static str, trial: fn(&mut Trial) -> Result<()>) -> Fault {
    Fault { id, what, how: How::Run(trial) }
}

const fn not_here(id: &'static str, what: &'static str, why: &'static str) -> Fault {
    Fault { id, what, how: How::NotHere(why) }
}

/// All of them, in order.
pub(crate) const FAULTS: [Fault; 39] = [
    run("F1", "kill -9 of the server at any instant", crash::at_any_instant),
    run("F1", "kill -9 of the server at each fail point", crash::at_each_point),
    run("F2", "SIGTERM, SIGINT, SIGHUP: in a scan, twice, at the start", signals::signals),
    run("F3", "nmaps without a server, a warden, or both", crash::orphans),
    run("F4", "nmap missing, not executable, half a program", scanner::unusable),
    run("F5", "garbage, NULs, an endless line, nothing; exit code 0", output::garbage),
    run("F6", "cut and failed documents, missing and foreign hosts", output::documents),
    run("F7", "nmap hangs or is stopped", process::hangs),
    run("F8", "nmap ignores SIGTERM", process::ignores_sigterm),
    run("F9", "children in other sessions hold the pipes", process::leaves_children),
    run("F10", "thousands of batches: zombies, descriptors, memory", process::leaks),
    run("F11", "a flood of output", output::flood),
    run("F12", "nmap dies of a signal", process::crashes),
    not_here(
        "F13",
        "no process can be started for a while",
        "needs system calls to fail; units test the waits",
    ),
    run("F14", "the disk is full", disk::full),
    not_here("F15", "the n-th write fails", "the store's own tests drive it"),
    not_here("F16", "a slow disk", "needs system calls to wait"),
    not_here("F17", "power loss", "needs a simulated disk"),
    not_here("F18", "a damaged database", "the store's own tests drive it"),
    not_here("F19", "upgrade and downgrade", "the store's own tests drive it"),
    run("F20", "a second server on the directory; a stale lock", directory::second_server),
    not_here("F21", "the clock jumps", "would change the machine's clock"),
    not_here("F22", "memory is short", "needs a control group"),
    run("F23", "too few descriptors", directory::few_descriptors),
    run("F24", "clients that come and go", monitors::flapping),
    run("F25", "clients that stop reading", monitors::stalled),
    not_here("F26", "half-open connections", "needs a network of its own"),
    run("F27", "hundreds of half-sent requests", requests::slow),
    not_here("F28", "malformed requests", "the edge's own tests drive it"),
    run("F29", "WebSocket garbage", garbage::garbage),
    run("F30", "kill -9 every second with thousands of batches", crash::restart_storm),
    run("F31", "all clients resume at once", herd::herd),
    not_here("F32", "a batch that kills the server", "a whole-program test ends five servers"),
    run("F33", "a panic at each fail point", actors::panics),
    not_here("F34", "slow or lying name servers", "needs a name server of its own"),
    run("F35", "the scope is cut in a scan", scope::cut),
    run("F36", "storms of stop, pause and resume", commands::storms),
    not_here("F37", "the network goes away", "needs a network of its own"),
    run("F38", "exports to slow readers", exports::slow_readers),
];
