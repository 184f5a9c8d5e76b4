//! Runs the fault matrix against the real binary, and says what was lost.
//!
//! ```text
//! a fault ─► World (data directory, stand-in or real nmap, Model) ─► Server (the binary, killed,
//!              ▲                                                       signalled, started again)
//!              └── check: API, events, output, processes ◄── clients (WebSocket, SSE) ──┘
//! ```
//!
//! What was acknowledged to a caller or shown to a client goes into the model; whatever happens to
//! the server, its later answers have to agree. All choices depend on the seed, which is printed.
//! Only 127.0.0.0/8 is scanned. The exit code is 1 when a promise is broken.

#[path = "../fake-nmap/targets.rs"]
mod targets;

mod catalog;
mod check;
mod client;
mod faults;
mod model;
mod procs;
mod server;
mod table;
mod trial;
mod world;

use catalog::{FAULTS, Fault, How};
use clap::Parser;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;
use table::{Report, Row, Verdict};
use trial::{Result, Settings, Trial};

/// Runs the fault matrix against netscan, and says what was lost.
#[derive(Debug, Parser)]
struct Args {
    /// The binary under test; the one beside this program when left out.
    #[arg(long, value_name = "PATH")]
    netscan: Option<PathBuf>,
    /// A real nmap for some of the scans, `none` for none.
    #[arg(long, value_name = "PATH", default_value = "nmap")]
    nmap: PathBuf,
    /// Where every random choice begins; random when left out.
    #[arg(long)]
    seed: Option<u64>,
    /// Only these faults (F1,F7).
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// All faults but these; they are listed as excepted.
    #[arg(long, value_delimiter = ',')]
    except: Vec<String>,
    /// How often to kill the server at a random instant.
    #[arg(long)]
    cycles: Option<u64>,
    /// The part of it that takes at most two minutes.
    #[arg(long)]
    quick: bool,
    /// Faults at one time.
    #[arg(long, default_value_t = 1)]
    jobs: usize,
    /// Write the verdicts to this file as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

fn main() -> ExitCode {
    hear_signals();
    match run(Args::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            say(&format!("chaos: {error}"));
            ExitCode::from(2)
        }
    }
}

/// Takes the defaults of signals that a shell in the background or `nohup` has ignored: servers
/// would inherit that, and be deaf to them while they start.
fn hear_signals() {
    for signal in [libc::SIGINT, libc::SIGHUP, libc::SIGQUIT, libc::SIGTERM] {
        #[expect(unsafe_code, reason = "std and rustix have no call for it")]
        // SAFETY: the default is taken, so no handler is installed, and no thread runs yet.
        unsafe {
            libc::signal(signal, libc::SIG_DFL);
        }
    }
}

/// Returns whether every promise held.
fn run(args: Args) -> Result<bool> {
    let netscan =
        args.netscan.map_or_else(server::beside, |path| Ok(std::path::absolute(path)?))?;
    let settings = Settings {
        netscan,
        nmap: find_nmap(&args.nmap),
        seed: args.seed.unwrap_or_else(|| fastrand::u64(1..1_000_000)),
        quick: args.quick,
        cycles: args.cycles.unwrap_or(if args.quick { 40 } else { 300 }),
    };
    let wanted = |fault: &&Fault| args.only.is_empty() || args.only.iter().any(|id| id == fault.id);
    let faults: Vec<&Fault> = FAULTS.iter().filter(wanted).collect();
    if faults.is_empty() {
        return Err(format!("no fault is called {}", args.only.join(" or ")).into());
    }
    let version = version(&settings)?;
    say(&format!("chaos: {version} at {}, seed {}", settings.netscan.display(), settings.seed));
    let rows = run_all(&settings, &faults, &args.except, args.jobs.max(1));
    say(&table::text(&rows, settings.seed, !args.quick));
    let violated = rows.iter().any(|row| row.verdict == Verdict::Violated);
    if let Some(path) = args.json {
        let (seed, quick) = (settings.seed, settings.quick);
        let report = Report { seed, quick, version: &version, violated, rows: &rows };
        std::fs::write(path, serde_json::to_vec_pretty(&report)?)?;
    }
    Ok(!violated)
}

/// Runs the faults, some at a time; returns their rows in the order of the catalog.
fn run_all(settings: &Settings, faults: &[&Fault], except: &[String], jobs: usize) -> Vec<Row> {
    let next = AtomicUsize::new(0);
    let rows = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(fault) = faults.get(at) else { return };
                    let row = run_one(settings, fault, except.iter().any(|id| id == fault.id));
                    if let Ok(mut rows) = rows.lock() {
                        rows.push((at, row));
                    }
                }
            });
        }
    });
    let mut rows = rows.into_inner().unwrap_or_default();
    rows.sort_by_key(|(at, _)| *at);
    rows.into_iter().map(|(_, row)| row).collect()
}

fn run_one(settings: &Settings, fault: &Fault, excepted: bool) -> Row {
    let began = Instant::now();
    let mut trial = Trial::new(settings, &format!("{} {}", fault.id, fault.what));
    let (verdict, why) = match fault.how {
        How::NotHere(why) => (Verdict::NotDrivenHere, Some(why.to_owned())),
        How::Run(_) if excepted => (Verdict::Excepted, None),
        How::Run(run) => {
            if let Err(error) = run(&mut trial) {
                // A fault that could not be run to its end proves nothing.
                trial.broken(format!("not run to its end: {error}"));
            }
            match (trial.is_sound(), trial.found.skipped.take()) {
                (false, _) => (Verdict::Violated, None),
                (true, Some(why)) => (Verdict::Skipped, Some(why)),
                (true, None) => (Verdict::Held, None),
            }
        }
    };
    let seconds = began.elapsed().as_secs_f64();
    if matches!(fault.how, How::Run(_)) {
        say(&format!("chaos: {seconds:6.1} s  {} {}: {verdict:?}", fault.id, fault.what));
    }
    // At once, as the whole run is long.
    for what in trial.found.lost.iter().chain(&trial.found.broken).take(3) {
        say(&format!("chaos: {} {what}", fault.id));
    }
    Row { fault: fault.id, what: fault.what, verdict, why, seconds, found: trial.found }
}

/// Returns the nmap to use; none when there is none.
fn find_nmap(name: &std::path::Path) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    // A path with a slash stays itself when it is joined to a directory, if it is absolute.
    std::env::split_paths(&path).map(|dir| dir.join(name)).find(|path| path.is_file())
}

fn version(settings: &Settings) -> Result<String> {
    let output = Command::new(&settings.netscan).arg("--version").stdin(Stdio::null()).output()?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Writes a line to standard output. Nobody may be left to read it.
fn say(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}
