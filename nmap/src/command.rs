//! The whole command line of one nmap, and the targets that it reads from its standard input.
//!
//! ```text
//! /usr/bin/nmap --datadir=D -v --stats-every=5s --privileged  what is ours
//!               -n -sS -p1-1024 -T4 ...                       the options
//!               [-6] --no-stylesheet -oX /dev/fd/3 -iL -      ours again; targets on stdin
//! ```
//!
//! Always `-v`, for without it nmap does not write down hosts that are down; never `--open`, which
//! leaves out hosts as well. XML goes to a descriptor that is inherited, so that the normal output
//! stays on stdout. No target is ever an argument.

use crate::{launch::Needs, locate::Installation, options::Options, privilege::Privileges};
use netscan_schemas::address::{AddressSet, Family, Interval, to_address};
use std::{
    fmt::Write,
    net::IpAddr,
    path::{Path, PathBuf},
};

/// The descriptor that nmap writes its XML to.
pub const XML_FD: i32 = 3;

/// One nmap, ready to be started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// The program.
    pub program: PathBuf,
    /// Its arguments, without the program.
    pub args: Vec<String>,
    /// What it reads from standard input: its targets.
    pub stdin: String,
    /// What the sandbox leaves it.
    pub needs: Needs,
}

/// Returns the command that scans these addresses, which must be of one family: nmap scans only
/// one at a time.
pub fn build(
    nmap: &Installation,
    options: &Options,
    privileges: &Privileges,
    addresses: &AddressSet,
) -> Command {
    let family = addresses.first_family().unwrap_or(Family::V4);
    let datadir = match &nmap.own_datadir {
        // Started in it, as it may lie where the user that nmap runs as cannot go.
        Some(_) => Some("."),
        None => nmap.datadir.as_deref().and_then(Path::to_str),
    };
    let mut args = arguments(datadir, options.clone().for_family(family), privileges);
    if family == Family::V6 {
        args.push("-6".to_owned());
    }
    args.extend(reporting());
    args.extend(["-iL".to_owned(), "-".to_owned()]);
    let needs = Needs {
        directory: nmap.own_datadir.clone(),
        reads: nmap.datadir.iter().cloned().collect(),
        raw: is_privileged(options, privileges),
    };
    Command { program: nmap.program.clone(), args, stdin: target_lines(addresses), needs }
}

/// Returns the command to show, its program first: without the address family and the targets,
/// which differ from batch to batch.
pub fn template(nmap: &Installation, options: &Options, privileges: &Privileges) -> Vec<String> {
    let mut args = vec![nmap.program.to_string_lossy().into_owned()];
    let datadir = nmap.datadir.as_deref().and_then(Path::to_str);
    args.extend(arguments(datadir, options.clone(), privileges));
    args.extend(reporting());
    args
}

/// Whether nmap is told that it may open raw sockets, and may. It is not where it would send none.
fn is_privileged(options: &Options, privileges: &Privileges) -> bool {
    privileges.raw && options.clone().with_technique(privileges).has_raw_packets()
}

fn arguments(datadir: Option<&str>, options: Options, privileges: &Privileges) -> Vec<String> {
    let mut args = Vec::new();
    if let Some(datadir) = datadir {
        args.push(format!("--datadir={datadir}"));
    }
    args.extend(["-v".to_owned(), "--stats-every=5s".to_owned()]);
    // nmap does not look at capabilities: it is told what we found out.
    let is_privileged = is_privileged(&options, privileges);
    let privilege = if is_privileged { "--privileged" } else { "--unprivileged" };
    args.push(privilege.to_owned());
    args.extend(options.with_technique(privileges).to_args());
    args
}

fn reporting() -> [String; 3] {
    ["--no-stylesheet".to_owned(), "-oX".to_owned(), format!("/dev/fd/{XML_FD}")]
}

/// Returns the targets in nmap's own grammar, one a line: single addresses, CIDR blocks, and
/// ranges within the last octet (`10.0.0.3-17`).
pub fn target_lines(addresses: &AddressSet) -> String {
    let mut lines = String::new();
    for run in addresses.intervals() {
        let mut first = run.first;
        loop {
            let last = line_end(Interval { first, last: run.last });
            write_line(&mut lines, Interval { first, last });
            if last == run.last {
                break;
            }
            first = last + 1;
        }
    }
    lines
}

/// Returns where the line ends that opens a run: at the end of the run or the octet, whichever
/// comes first; at the end of the largest block where whole octets follow, and always for IPv6.
fn line_end(run: Interval) -> u128 {
    let block = run.first.trailing_zeros().min(run.len().ilog2());
    if to_address(run.first).is_ipv4() && block < 8 {
        return run.last.min(run.first | 0xff);
    }
    run.first | ((1 << block) - 1)
}

fn write_line(lines: &mut String, part: Interval) {
    let first = to_address(part.first);
    let size = part.len();
    let is_block = size.is_power_of_two() && part.first.is_multiple_of(size);
    // Writing to a string does not fail.
    let _ = match (first, to_address(part.last)) {
        _ if size == 1 => writeln!(lines, "{first}"),
        (IpAddr::V4(_), IpAddr::V4(last)) if !is_block => {
            writeln!(lines, "{first}-{}", last.octets()[3])
        }
        (IpAddr::V4(_), _) => writeln!(lines, "{first}/{}", 32 - size.ilog2()),
        (IpAddr::V6(_), _) => writeln!(lines, "{first}/{}", 128 - size.ilog2()),
    };
}
