//! `stream`: nmap's lines to many WebSocket clients, from the pipe through the store to each.
//!
//! ```text
//! stand-in ── lines ──► server ── WebSocket ──► clients (one other process)
//! ```

use super::{
    Bench,
    clients::{Ready, Seen, Spec},
    fanout::{self, Listens},
    measure::monotonic_ns,
    part::Part,
    report::{Better, Row, Suite},
    server::{Around, Server},
    stand_in::{self, Plan},
};
use crate::exit::Failure;
use serde_json::json;
use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

/// How often a line is written where latency is measured.
const EVERY: Duration = Duration::from_millis(100);
/// How often a line is written where others do not read: a scan takes its time by itself then, and
/// not only what it takes to fill the buffers of sockets that nobody reads.
const STALLED_EVERY: Duration = Duration::from_micros(500);

/// Clients from which on the memory of each can be told from the server's own.
const MANY: usize = 50;
/// Clients that never read.
const STALLED: usize = 200;

/// So many clients, and lines as fast as they are taken.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// Clients of one scan.
    pub clients: usize,
    /// Lines that each is sent.
    pub lines: u64,
}

/// Measures each load, and latency with as many clients.
pub async fn run(bench: &Bench) -> Result<Suite, Failure> {
    let dir = bench.dir("stream")?;
    let runs = bench.limits.runs.min(3);
    let mut rows = Vec::new();
    for load in &bench.limits.loads {
        rows.extend(throughput(bench, &dir, *load, runs).await?);
    }
    let few = bench.limits.latency_lines;
    rows.extend(stalled(bench, &dir, runs).await?);
    for load in &bench.limits.loads {
        rows.extend(latency(bench, &dir, load.clients, few).await?);
    }
    let conditions = vec![
        format!(
            "one nmap writes lines as fast as they are taken ({}), {runs} runs; deliveries from \
             its first line to the last client's last; clients are another process on this machine",
            bench
                .limits
                .loads
                .iter()
                .map(|load| format!("{} to {}", load.lines, load.clients))
                .collect::<Vec<_>>()
                .join(", ")
        ),
        "floor: frames made once, 256 a write, to one socket after the other, by one thread and \
         without a store"
            .to_owned(),
        format!(
            "clients that never read: a scan that writes a line every {} us, with one client that \
             reads",
            STALLED_EVERY.as_micros()
        ),
        format!(
            "latency: {few} lines, one every {} ms, from the line's write by nmap to its reading \
             by the client; every client checks that no event is missing, doubled or out of order",
            EVERY.as_millis()
        ),
        stand_in::OUTSIDE.to_owned(),
    ];
    Ok(bench.suite("stream", conditions, rows))
}

async fn throughput(bench: &Bench, dir: &Path, load: Load, runs: u32) -> Result<Vec<Row>, Failure> {
    let Load { clients, lines } = load;
    let plan = Plan { lines, ..Plan::default() };
    let stage = Stage::set(&dir.join(format!("{clients}-fast")), plan).await?;
    let deliveries = lines * clients as u64;
    let mut took = Took::default();
    for run in 0..runs {
        bench.tell(&format!("stream: {clients} clients, run {} of {runs}", run + 1));
        took.floor.push(deliveries as f64 / floor(load).await?);
        let play = stage.play(clients, 0, false).await?;
        took.check(&play.seen, deliveries);
        took.rate.push(deliveries as f64 / play.wall_s);
        took.cpu_us.push(play.server_cpu_s * 1e6 / deliveries as f64);
        took.clients_cpu_us.push(play.seen.cpu_s * 1e6 / deliveries as f64);
        // Later the server has memory of the first run to give out again.
        if run == 0 && clients >= MANY {
            took.idle_kib.push(play.idle_kib_per_client);
        }
        took.peak_mib.push(play.peak_mib);
    }
    stage.server.stop().await?;
    Ok(took.rows(clients))
}

/// Measures what clients that never read cost the scan.
async fn stalled(bench: &Bench, dir: &Path, runs: u32) -> Result<Vec<Row>, Failure> {
    let lines = bench.limits.stalled_lines;
    let every_us = STALLED_EVERY.as_micros() as u64;
    let plan = Plan { lines, every_us, ..Plan::default() };
    let stage = Stage::set(&dir.join("stalled"), plan).await?;
    let (mut alone, mut beside) = (Vec::new(), Vec::new());
    let mut took = Took::default();
    // The first scan of a server takes longer than all others.
    stage.play(1, 0, false).await?;
    for run in 0..runs {
        bench.tell(&format!("stream: stalled clients, run {} of {runs}", run + 1));
        for (stalled, walls) in [(0, &mut alone), (STALLED, &mut beside)] {
            let play = stage.play(1, stalled, false).await?;
            took.check(&play.seen, lines);
            walls.push(play.scan_s);
        }
    }
    stage.server.stop().await?;
    let row = |name: &str, what: String, walls| {
        Row::new(format!("stream/stalled/{name}"), what, "s", Better::Lower, walls)
    };
    let alone = row("none", format!("scan of {lines} lines, 1 client"), alone);
    let beside = row("many", format!("the same beside {STALLED} that never read"), beside);
    Ok(vec![alone.clone(), beside.against(&alone, "without them").failing(took.wrong)])
}

async fn latency(
    bench: &Bench,
    dir: &Path,
    clients: usize,
    lines: u64,
) -> Result<Vec<Row>, Failure> {
    bench.tell(&format!("stream: latency with {clients} clients"));
    let plan = Plan { lines, every_us: EVERY.as_micros() as u64, ..Plan::default() };
    let stage = Stage::set(&dir.join(format!("{clients}-slow")), plan).await?;
    let play = stage.play(clients, 0, true).await?;
    stage.server.stop().await?;
    let mut took = Took::default();
    took.check(&play.seen, lines * clients as u64);
    let rows = ["p50", "p99", "max"].iter().enumerate().map(|(index, name)| {
        let samples = play.seen.latency_ms.map(|latency| latency[index]);
        Row::new(
            format!("stream/{clients}/latency/{name}"),
            format!("{}: latency, {name}", count(clients)),
            "ms",
            Better::Lower,
            samples.into_iter().collect(),
        )
        .failing(took.wrong.clone())
    });
    Ok(rows.collect())
}

/// What was measured of one load, run by run.
#[derive(Default)]
struct Took {
    floor: Vec<f64>,
    rate: Vec<f64>,
    cpu_us: Vec<f64>,
    clients_cpu_us: Vec<f64>,
    idle_kib: Vec<f64>,
    peak_mib: Vec<f64>,
    /// What the clients missed, the first time.
    wrong: Option<String>,
}

impl Took {
    fn check(&mut self, seen: &Seen, deliveries: u64) {
        if seen.wrong > 0 || seen.lines != deliveries {
            let what = format!(
                "{} of {deliveries} lines came, {} events out of order",
                seen.lines, seen.wrong
            );
            self.wrong.get_or_insert(what);
        }
    }

    fn rows(self, clients: usize) -> Vec<Row> {
        let (higher, lower) = (Better::Higher, Better::Lower);
        let row = |name: &str, what: &str, unit, better, samples| {
            let (name, what) =
                (format!("stream/{clients}/{name}"), format!("{}: {what}", count(clients)));
            Row::new(name, what, unit, better, samples)
        };
        let floor = row("floor", "floor", "lines/s", higher, self.floor);
        let mut rows = vec![
            row("rate", "netscan", "lines/s", higher, self.rate)
                .against(&floor, "floor")
                .failing(self.wrong),
            floor,
            row("cpu", "cpu of server and warden", "us/line", lower, self.cpu_us),
            row("clients-cpu", "cpu of the clients", "us/line", lower, self.clients_cpu_us),
            row("peak", "server's memory at most", "MiB", lower, self.peak_mib),
        ];
        if !self.idle_kib.is_empty() {
            rows.push(row("idle", "server's memory for each", "KiB", lower, self.idle_kib));
        }
        rows
    }
}

fn count(clients: usize) -> String {
    match clients {
        1 => "1 client".to_owned(),
        clients => format!("{clients} clients"),
    }
}

/// Returns the seconds from the word to send to the last line.
async fn floor(load: Load) -> Result<f64, Failure> {
    let Load { clients, lines } = load;
    let mut server = Part::start("fanout", &fanout::Spec { clients, lines })?;
    let Listens { place } = server.answer().await?;
    let mut readers =
        Part::start("clients", &Spec { place, scan: 1, clients, stalled: 0, stamps: false })?;
    let _: Ready = readers.answer().await?;
    let begun = monotonic_ns();
    server.say("go")?;
    let seen: Seen = readers.answer().await?;
    server.say("done")?;
    Ok(seen.last_ns.saturating_sub(begun).max(1) as f64 / 1e9)
}

/// A server whose nmap waits for a word.
struct Stage {
    server: Server,
    go: PathBuf,
}

/// What one scan took.
struct Play {
    seen: Seen,
    wall_s: f64,
    /// Until the scan has ended.
    scan_s: f64,
    server_cpu_s: f64,
    idle_kib_per_client: f64,
    peak_mib: f64,
}

impl Stage {
    async fn set(dir: &Path, plan: Plan) -> Result<Self, Failure> {
        let go = dir.join("go");
        let nmap = stand_in::install(dir, Some(&Plan { after: Some(go.clone()), ..plan }))?;
        let server = Server::start(&dir.join("data"), &nmap, Around::Nothing).await?;
        Ok(Self { server, go })
    }

    async fn play(&self, clients: usize, stalled: usize, stamps: bool) -> Result<Play, Failure> {
        let failed =
            |source| Failure::Io { what: format!("writing `{}`", self.go.display()), source };
        match fs::remove_file(&self.go) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
        let request = json!({
            "targets": ["127.0.0.1"], "nmap_flags": ["-sT", "-n", "-Pn", "-p80"],
            "chunk_size": 1, "concurrency": 1, "adaptive": false,
        });
        let scan = self.server.scan(&request).await?;
        let before = self.server.memory()?.now;
        let place = self.server.place.clone();
        let mut readers = Part::start("clients", &Spec { place, scan, clients, stalled, stamps })?;
        let _: Ready = readers.answer().await?;
        let idle = self.server.memory()?.now.saturating_sub(before) as f64 / 1024.0;
        let (begun, cpu) = (monotonic_ns(), self.server.cpu_s()?);
        fs::write(&self.go, "").map_err(failed)?;
        let seen: Seen = readers.answer().await?;
        let server_cpu_s = self.server.cpu_s()? - cpu;
        self.server.completed(scan).await?;
        let scan_s = monotonic_ns().saturating_sub(begun) as f64 / 1e9;
        Ok(Play {
            scan_s,
            wall_s: seen.last_ns.saturating_sub(begun).max(1) as f64 / 1e9,
            seen,
            server_cpu_s,
            idle_kib_per_client: idle / clients as f64,
            peak_mib: self.server.memory()?.peak as f64 / 1048576.0,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loss_is_a_failure() {
        let seen = |lines, wrong| Seen { lines, wrong, ..Seen::default() };
        for (lines, wrong, is_wrong) in [(10, 0, false), (9, 0, true), (10, 1, true), (11, 0, true)]
        {
            let mut took = Took { rate: vec![1.0], ..Took::default() };
            took.check(&seen(lines, wrong), 10);
            let rows = took.rows(3);
            assert_eq!(rows[0].reason.is_some(), is_wrong, "{lines} {wrong}");
        }
    }
}
