//! One data directory, one nmap, and the model of what was promised about them.

use crate::client::Watcher;
use crate::model::{Shared, Will};
use crate::procs::{self, Process};
use crate::server::{self, Server, Start, Started};
use crate::trial::{PATIENCE, Result, Settings, Trial, within};
use netscan_test_support::FakeNmap;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

/// How long an nmap may outlive its server.
const ORPHAN_MAX: Duration = Duration::from_secs(1);
/// The file in which the stand-in notes its starts.
const LOG: &str = "starts";

/// A data directory with what belongs to it.
pub(crate) struct World {
    dir: TempDir,
    netscan: PathBuf,
    real: Option<PathBuf>,
    pub(crate) nmap: FakeNmap,
    pub(crate) model: Shared,
    /// Each start that served: its epoch, and how many nmaps had been started before it.
    pub(crate) starts: Vec<(u64, usize)>,
    blocks: u32,
}

impl World {
    /// Makes a world whose nmap is the stand-in with this script.
    pub(crate) fn new(settings: &Settings, script: &str) -> Result<Self> {
        let world = Self {
            dir: tempfile::Builder::new().prefix("netscan-chaos-").tempdir()?,
            netscan: settings.netscan.clone(),
            real: None,
            nmap: FakeNmap::new("")?,
            model: Shared::default(),
            starts: Vec::new(),
            blocks: 0,
        };
        world.follow(script)?;
        Ok(world)
    }

    /// Makes a world with a real nmap.
    pub(crate) fn real(settings: &Settings, nmap: &Path) -> Result<Self> {
        Ok(Self { real: Some(nmap.to_owned()), ..Self::new(settings, "")? })
    }

    /// Gives later starts of the stand-in another script.
    pub(crate) fn follow(&self, script: &str) -> Result<()> {
        Ok(self.nmap.follow(&format!("log targets {LOG}\n{script}"))?)
    }

    /// Returns whether nmap is a real one.
    pub(crate) fn is_real(&self) -> bool {
        self.real.is_some()
    }

    /// Returns the data directory.
    pub(crate) fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// Returns where the server's log is.
    pub(crate) fn log(&self) -> PathBuf {
        self.dir.path().join("server.log")
    }

    /// Returns the program that the server is told to run.
    pub(crate) fn program(&self) -> PathBuf {
        self.real.clone().unwrap_or_else(|| self.nmap.program())
    }

    /// Returns the command that serves this world.
    pub(crate) fn command(&self, start: &Start) -> Result<std::process::Command> {
        let (data, log) = (self.data(), self.log());
        let mut command = server::command(&self.netscan, &data, &self.program(), &log, start)?;
        if !self.is_real() {
            // It writes files and starts processes.
            command.env("NETSCAN_SANDBOX", "off");
        }
        Ok(command)
    }

    /// Starts the server as usual.
    pub(crate) fn start(&mut self) -> Result<Server> {
        match self.start_as(&Start::default())? {
            Started::Up(server) => Ok(server),
            Started::Died(status) => {
                let said = server::tail(&self.log(), 5);
                Err(format!("the server does not start ({status}): {said}").into())
            }
        }
    }

    /// Starts the server; it may end before it serves.
    pub(crate) fn start_as(&mut self, start: &Start) -> Result<Started> {
        let before = self.logged().len();
        let started = Server::start(self.command(start)?)?;
        if let Started::Up(server) = &started
            // With a fail point it may be gone already.
            && let Ok(system) = server.json("/api/system")
        {
            let epoch = system["epoch"].as_u64().unwrap_or(0);
            self.model.lock().epoch = epoch;
            self.starts.push((epoch, before));
        }
        Ok(started)
    }

    /// Returns the targets of every nmap that was started, in that order.
    pub(crate) fn logged(&self) -> Vec<Vec<String>> {
        let text = std::fs::read_to_string(self.nmap.dir().join(LOG)).unwrap_or_default();
        let split = |line: &str| line.split_whitespace().map(str::to_owned).collect();
        text.lines().map(split).collect()
    }

    /// Returns a block of addresses that no other scan of this world has.
    pub(crate) fn block(&mut self, bits: u32) -> (String, u64) {
        let prefix = self.next_prefix();
        self.blocks += 1;
        let block = match bits {
            24.. => format!("{prefix}.0/{bits}"),
            _ => format!("127.{}.0.0/{bits}", 100 + self.blocks % 100),
        };
        (block, 1 << (32 - bits))
    }

    /// Returns what the addresses of the next small block begin with.
    pub(crate) fn next_prefix(&self) -> String {
        format!("127.{}.{}", 1 + self.blocks / 250, self.blocks % 250)
    }

    /// Returns the request of a scan.
    pub(crate) fn request(&self, targets: &str, chunk: u64, concurrency: u64) -> Value {
        let flags: &[&str] = match self.is_real() {
            true => &["-sT", "-n", "-Pn", "-p", "1,9,22"],
            false => &[],
        };
        json!({
            "targets": [targets], "chunk_size": chunk, "concurrency": concurrency,
            "nmap_flags": flags, "adaptive": false,
            "policy": {"attempts_max": 5, "backoff_ms": 50}
        })
    }

    /// Submits a scan of a block of its own; the model learns of it when it is acknowledged.
    pub(crate) fn scan(&mut self, server: &Server, bits: u32, chunk: u64) -> Result<u64> {
        let (targets, total) = self.block(bits);
        let request = self.request(&targets, chunk, 3);
        self.submit(server, &request, total, Will::Complete)
    }

    /// Submits a scan that has to be accepted.
    pub(crate) fn submit(
        &self,
        server: &Server,
        request: &Value,
        total: u64,
        will: Will,
    ) -> Result<u64> {
        let (status, answer) = server.post("/api/scans", request)?;
        let scan = answer["scan_id"].as_u64();
        let Some(scan) = scan.filter(|_| status == 202) else {
            return Err(format!("the scan is not accepted: {status} {answer}").into());
        };
        self.model.lock().add(scan, total, will);
        Ok(scan)
    }

    /// Lets clients watch scans from the last event that the model knows.
    pub(crate) fn watch(&self, server: &Server, scans: &[u64]) -> Vec<Watcher> {
        let last = |scan: &u64| {
            let model = self.model.lock();
            let seen = model.scans.get(scan).map(|known| &known.seen);
            // From the last one without a gap: clients may have seen more than was read back.
            let seen = seen.into_iter().flatten().zip(1..);
            seen.take_while(|((seq, _), at)| **seq == *at).last().map_or(0, |(_, at)| at)
        };
        let pairs = scans.iter().map(|scan| (*scan, last(scan)));
        pairs
            .map(|(scan, last)| match scan % 3 {
                0 => Watcher::sse(server, &self.model, scan, last),
                _ => Watcher::web_socket(server, &self.model, scan, last),
            })
            .collect()
    }

    /// Returns the nmaps of this world that are alive.
    pub(crate) fn nmaps(&self) -> Vec<Process> {
        let known = std::fs::read(self.data().join("instance.json")).unwrap_or_default();
        let known: Value = serde_json::from_slice(&known).unwrap_or_default();
        // A real nmap is everybody's: it is known by its environment alone.
        let program = if self.is_real() { PathBuf::from("/none") } else { self.program() };
        procs::started_for(known["instance_id"].as_str(), &program)
    }

    /// Requires that no nmap outlives its server, which has ended just now.
    pub(crate) fn no_orphans(&self, trial: &mut Trial, when: &str) {
        let gone = within(ORPHAN_MAX, || self.nmaps().is_empty().then_some(()));
        if gone.is_none() {
            let left = self.nmaps();
            trial.broken(format!(
                "{when}: {} nmaps outlive the server by more than 1 s: {left:?}",
                left.len()
            ));
            // So that the next check finds its own.
            within(PATIENCE, || self.nmaps().is_empty().then_some(()));
        }
    }

    /// Keeps the directory for whoever looks into a violation.
    pub(crate) fn keep(mut self, trial: &mut Trial) {
        self.dir.disable_cleanup(true);
        trial.note(format!("kept {}", self.dir.path().display()));
    }
}

/// Returns whether a scan has ended.
pub(crate) fn has_ended(view: &Value) -> bool {
    matches!(view["status"].as_str(), Some("completed" | "stopped" | "failed"))
}

/// Waits until a scan has ended and returns it.
pub(crate) fn ended(server: &Server, scan: u64, patience: Duration) -> Result<Value> {
    let path = format!("/api/scans/{scan}");
    let mut last = Value::Null;
    let found = within(patience, || {
        last = server.json(&path).ok()?;
        has_ended(&last).then(|| last.clone())
    });
    Ok(found.ok_or_else(|| format!("scan {scan} does not end: {last}"))?.0)
}
