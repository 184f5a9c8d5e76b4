//! `netscan bench`: measures netscan on this machine, beside the least that the same work costs.
//!
//! ```text
//! bench ─┬─ server     netscan serve, in a data directory that is thrown away
//!        ├─ stand_in   nmap for a millisecond: this binary under another name
//!        ├─ part       floors, clients, parse, plan, store: this binary again
//!        └─ report ─► table, JSON, chart
//! ```
//!
//! Contenders take turns within each run, and ratios are taken run by run. Only loopback is
//! scanned. Whatever a bench has started ends with it, and its directory is removed.

mod batches;
mod chart;
mod clients;
mod fanout;
mod floor;
mod machine;
mod measure;
mod parse;
mod part;
mod plan;
mod recover;
mod report;
mod sample;
mod server;
mod stand_in;
mod store;
mod stream;

use crate::{
    cli::{BenchArgs, BenchSuite},
    config::check_nmap,
    exit::{Exit, Failure},
    output::{Output, causes},
    signals::Signals,
};
use machine::Machine;
use netscan_nmap::locate::{Installation, LocateError, locate};
use report::{Report, Row, State, Suite};
use std::{
    ffi::OsString,
    fs::File,
    io::Write,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Instant,
};
use stream::Load;
use tempfile::TempDir;

/// Is nmap or a part of a bench, if this process was started as one.
pub fn run_if_part(args: &[OsString]) -> Option<ExitCode> {
    if stand_in::is_wanted(args.first()) {
        return Some(stand_in::run(args));
    }
    part::is_wanted(args).then(|| part::run(args))
}

/// How much of each is measured.
#[derive(Clone, Debug)]
struct Limits {
    /// Runs of each, of which the figure in the middle counts.
    runs: u32,
    /// Batches of the stand-in in a run.
    tiny_batches: u32,
    /// Batches of nmap in a run.
    nmap_batches: u32,
    /// Clients and lines.
    loads: Vec<Load>,
    /// Lines of a scan that clients do not read.
    stalled_lines: u64,
    /// Lines whose latency is measured.
    latency_lines: u64,
    /// Hosts in the document.
    parse_hosts: u64,
    /// Hosts in the store.
    hosts: u64,
    /// Open ports of each.
    host_ports: usize,
    /// Sizes of the stores of a server that is killed.
    store_mib: Vec<u64>,
}

impl Limits {
    fn new(args: &BenchArgs) -> Self {
        let load = |(clients, lines)| Load { clients, lines };
        let mut limits = match args.quick {
            false => Self {
                runs: 5,
                tiny_batches: 2048,
                nmap_batches: 128,
                loads: [(1, 200_000), (50, 40_000), (1000, 4000)].map(load).to_vec(),
                stalled_lines: 4000,
                latency_lines: 30,
                parse_hosts: 8000,
                hosts: 50_000,
                host_ports: 10,
                store_mib: vec![240, 1024],
            },
            true => Self {
                runs: 3,
                tiny_batches: 384,
                nmap_batches: 32,
                loads: [(1, 50_000), (50, 8000)].map(load).to_vec(),
                stalled_lines: 1000,
                latency_lines: 10,
                parse_hosts: 2000,
                hosts: 10_000,
                host_ports: 10,
                store_mib: vec![32],
            },
        };
        limits.runs = args.runs.unwrap_or(limits.runs);
        limits.hosts = args.hosts.unwrap_or(limits.hosts);
        if !args.store_mib.is_empty() {
            limits.store_mib.clone_from(&args.store_mib);
        }
        limits
    }
}

/// What all suites share.
struct Bench {
    limits: Limits,
    nmap: Result<Installation, LocateError>,
    root: TempDir,
    out: Output,
}

impl Bench {
    /// Makes a directory for a suite.
    fn dir(&self, suite: &str) -> Result<PathBuf, Failure> {
        let dir = self.root.path().join(suite);
        std::fs::create_dir(&dir).map_err(|source| made_no(&dir, source))?;
        Ok(dir)
    }

    /// Says what is measured now, to those who wait.
    fn tell(&self, text: &str) {
        if self.out.live {
            self.out.note(&format!("  {text}"));
        }
    }

    fn suite(&self, suite: &'static str, conditions: Vec<String>, rows: Vec<Row>) -> Suite {
        Suite { suite, conditions, took_ms: 0, rows }
    }

    /// Runs one suite. What goes wrong there is told in its place and stops no other.
    async fn run(&self, which: BenchSuite) -> Result<Suite, Failure> {
        let begun = Instant::now();
        let (name, done) = match which {
            BenchSuite::Batches => ("batches", batches::run(self).await),
            BenchSuite::Stream => ("stream", stream::run(self).await),
            BenchSuite::Parse => ("parse", parse::run(self).await),
            BenchSuite::Store => ("store", store::run(self).await),
            BenchSuite::Plan => ("plan", plan::run(self).await),
            BenchSuite::Recover => ("recover", recover::run(self).await),
        };
        let dir = self.root.path().join(name);
        if dir.exists() {
            // Room for the next one; at the end all of it is removed once more.
            std::fs::remove_dir_all(&dir).map_err(|source| Failure::Io {
                what: format!("removing `{}`", dir.display()),
                source,
            })?;
        }
        let mut suite = done.unwrap_or_else(|failure| {
            let why = format!("{failure}{}", causes(&failure));
            let row = Row::without(name, name, "", State::Failed, why);
            self.suite(name, Vec::new(), vec![row])
        });
        suite.took_ms = begun.elapsed().as_millis() as u64;
        Ok(suite)
    }
}

fn made_no(dir: &Path, source: std::io::Error) -> Failure {
    Failure::Io {
        what: format!("making the directory `{}` (another place: --dir DIR)", dir.display()),
        source,
    }
}

/// Measures, and shows what was measured.
pub async fn run(args: BenchArgs, server: Option<&str>, out: &Output) -> Result<Exit, Failure> {
    if let Some(server) = server {
        return Err(Failure::Usage(format!(
            "bench measures this machine and starts servers of its own; leave out the server \
             {server} (--server, NETSCAN_SERVER)"
        )));
    }
    check_nmap(args.nmap.as_deref())?;
    // Before the minutes that follow: a place that cannot be written to.
    let html = args.html.as_deref().map(|path| (path, File::create(path)));
    let html = match html {
        Some((path, Ok(file))) => Some((path, file)),
        Some((path, Err(source))) => return Err(wrote_no(path, source)),
        None => None,
    };
    let mut signals = Signals::of_command()?;
    let place = args.dir.clone().unwrap_or_else(std::env::temp_dir);
    let root = tempfile::Builder::new().prefix("netscan-bench-").tempdir_in(&place);
    let root = root.map_err(|source| made_no(&place, source))?;
    let nmap = locate(args.nmap.as_deref());
    if let (Some(_), Err(error)) = (&args.nmap, &nmap) {
        return Err(Failure::Nmap(format!("{error}{}", causes(error))));
    }
    let bench = Bench { limits: Limits::new(&args), nmap, root, out: *out };
    let report = tokio::select! {
        report = measure_all(&args, &bench) => report?,
        () = signals.end() => return Err(Failure::Interrupted),
    };
    if let Some((path, mut file)) = html {
        let written = file.write_all(chart::page(&report).as_bytes());
        written.map_err(|source| wrote_no(path, source))?;
    }
    show(&report, out)?;
    Ok(if report.has_failures() { Exit::Failed } else { Exit::Ok })
}

fn wrote_no(path: &Path, source: std::io::Error) -> Failure {
    Failure::Io { what: format!("writing `{}`", path.display()), source }
}

async fn measure_all(args: &BenchArgs, bench: &Bench) -> Result<Report, Failure> {
    let begun = Instant::now();
    let machine = Machine::look(&bench.nmap, bench.root.path());
    let mut suites = Vec::new();
    for which in BenchSuite::ALL {
        if args.suites.is_empty() || args.suites.contains(&which) {
            suites.push(bench.run(which).await?);
        }
    }
    let took_ms = begun.elapsed().as_millis() as u64;
    Ok(Report { machine, quick: args.quick, took_ms, suites })
}

fn show(report: &Report, out: &Output) -> Result<(), Failure> {
    if out.json {
        return out.json(report);
    }
    for line in report.machine.lines() {
        out.line(&line)?;
    }
    for warning in report.machine.warnings() {
        out.line(&format!("warning: {warning}"))?;
    }
    for suite in &report.suites {
        out.line("")?;
        out.line(&format!("{} ({})", suite.suite, crate::output::human_ms(suite.took_ms)))?;
        for condition in &suite.conditions {
            out.line(&format!("  {condition}"))?;
        }
        out.table(&report::HEADER, suite.rows.iter().map(Row::cells).collect())?;
    }
    out.line("")?;
    out.line(&format!("all of it took {}", crate::output::human_ms(report.took_ms)))
}
