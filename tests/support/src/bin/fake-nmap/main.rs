//! A stand-in for nmap that starts fast and misbehaves on demand.
//!
//! It reads targets from its standard input (single addresses, CIDR blocks, `a.b.c.d-e`,
//! `a.b.c.d-e.f.g.h`), writes
//! normal output to stdout and an XML document to the file behind `-oX`, and finds every target up
//! with port 80 open. `--version` is answered as by nmap 7.93.
//!
//! The environment of nmap is cleared and its arguments belong to netscan, so other behaviour is
//! found in a file: for an executable called as `DIR/nmap` it is `DIR/nmap.script`. A line is a
//! directive; empty lines and lines that begin with `#` mean nothing.
//!
//! Results. These hold for the whole run, wherever they stand, the last one first:
//!
//! | directive | meaning |
//! |---|---|
//! | `host STATE [ADDR]` | this target, or every other, is `up`, `down`, `timedout` or `skip`ped (absent) |
//! | `open 22,80` | the open ports of hosts that are up; an empty list is none |
//! | `host-group N` | N hosts are written at once, as nmap does (64) |
//! | `delay MS per-host` | each host takes so long |
//! | `exit N` | the exit code, with which nothing else changes |
//! | `cut BYTES` | of the XML only so many bytes are written; the exit code stays 0 |
//! | `raw-xml FILE` | the XML is this file (beside the script), whatever the targets are |
//! | `garbage` | both outputs are bytes that are neither XML nor UTF-8 |
//! | `nothing` | both outputs stay empty |
//! | `log targets FILE` | a line with the addresses is added to this file (beside the script) at the start |
//!
//! Actions. These are taken one after the other, after the start of both outputs; what is left of
//! the hosts is reported after the last one:
//!
//! | directive | meaning |
//! |---|---|
//! | `hosts N` | the next N hosts are reported |
//! | `line TEXT`, `lines N [TEXT]` | a line, or so many numbered ones, of normal output |
//! | `stderr TEXT` | a line on standard error |
//! | `flood BYTES` | so much normal output |
//! | `endless BYTES` | so much normal output in one line that does not end |
//! | `nuls BYTES` | so many NUL bytes of normal output |
//! | `progress PERCENT` | what `--stats-every` makes nmap write, to both outputs |
//! | `delay MS` | nothing for so long |
//! | `hang` | nothing, for good |
//! | `ignore-term` | from here on SIGTERM is ignored |
//! | `signal N` | it sends this signal to itself |
//! | `die N` | it ends at once with this exit code, both outputs cut where they are |
//! | `fail TEXT` | it ends as nmap does on a fatal error: TEXT on stderr and as `errormsg`, exit code 1 |
//! | `fork` | it leaves a process in its own group that holds all outputs |
//! | `fork-escape` | the same, but in a session of its own and without a parent |
//! | `show fds`, `show env`, `show session`, `show PATH` | lines about itself, or the lines of a file |
//!
//! Conditions stand before a directive and may be combined:
//!
//! | prefix | meaning |
//! |---|---|
//! | `on ADDR: ` | only when ADDR is among the targets |
//! | `attempt N: ` | only on the N-th start; after `on ADDR: ` only starts with ADDR are counted |
//!
//! Starts are counted in files beside the script, a byte each: `nmap.count`, `nmap.count.ADDR`.

mod actions;
mod report;
mod script;
mod targets;

use report::Report;
use script::Script;
use std::io::{self, Read};
use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<String> =
        std::env::args_os().map(|arg| arg.to_string_lossy().into_owned()).collect();
    match run(&args) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            report::complain(&format!("fake-nmap: {error}"));
            ExitCode::from(99)
        }
    }
}

fn run(args: &[String]) -> io::Result<u8> {
    let flag = args.get(1).map(String::as_str);
    if let Some(stage @ ("__leave" | "__stay")) = flag {
        return actions::stage(stage);
    }
    if let Some("--version" | "-V") = flag {
        report::print_version()?;
        return Ok(0);
    }
    // First of all, while no descriptor but the inherited ones is open.
    let inherited = actions::inherited_fds()?;

    let mut listed = String::new();
    if args.windows(2).any(|pair| pair[0] == "-iL" && pair[1] == "-") {
        io::stdin().read_to_string(&mut listed)?;
    }
    let (targets, unknown) = targets::expand(&listed);
    let program = PathBuf::from(args.first().map_or("nmap", String::as_str));
    let mut script = Script::load(&program, &targets)?;
    if args.iter().any(|arg| arg == "-sn") {
        script.open.clear(); // as nmap: it only finds out who is up
    }
    script.log_targets(&targets)?;

    let mut report = Report::open(args, &script)?;
    report.begin(&unknown)?;
    let mut rest = targets.iter();
    for action in &script.actions {
        if let Some(code) = actions::take(action, &mut report, &mut rest, &inherited)? {
            return Ok(code);
        }
    }
    report.hosts(rest.as_slice())?;
    report.end()?;
    Ok(script.exit)
}
