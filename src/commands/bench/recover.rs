//! `recover`: a server is killed while a scan runs; how long until a new one serves, and until the
//! scan goes on. And what a new server takes that has nothing to do.

use super::{
    Bench,
    part::Part,
    report::{Better, Row, Suite},
    server::{Around, Server},
    stand_in::{self, Plan},
    store::{Opened, Spec},
};
use crate::{exit::Failure, output::human_bytes};
use serde_json::{Value, json};
use std::{
    path::Path,
    time::{Duration, Instant},
};
use tokio::time::sleep;

/// How long a batch of the scan takes.
const BATCH: Duration = Duration::from_millis(20);
/// Targets that are done before the server is killed.
const DONE: u64 = 20;
/// How long a new server is left alone.
const IDLE: Duration = Duration::from_millis(200);
/// How long one step may take.
const STEP_MAX: Duration = Duration::from_secs(60);
/// Wait between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// Measures with a store of each size.
pub async fn run(bench: &Bench) -> Result<Suite, Failure> {
    let dir = bench.dir("recover")?;
    let plan = Plan { live_us: BATCH.as_micros() as u64, ..Plan::default() };
    let nmap = stand_in::install(&dir.join("stand-in"), Some(&plan))?;
    let runs = bench.limits.runs.min(3);
    bench.tell("recover: new servers");
    let mut rows = fresh(&dir, &nmap, bench.limits.runs).await?;
    for mib in &bench.limits.store_mib {
        bench.tell(&format!("recover: writing a store of {mib} MiB"));
        let data = dir.join(format!("data-{mib}"));
        let size = grow(&data, mib * 1024 * 1024).await?;
        let (mut serves, mut goes_on) = (Vec::new(), Vec::new());
        let mut server = Server::start(&data, &nmap, Around::Nothing).await?;
        let request = json!({
            "targets": ["127.1.0.0/16"], "nmap_flags": ["-sT", "-n", "-Pn", "-p80"],
            "chunk_size": 1, "concurrency": 4, "adaptive": false,
        });
        let scan = server.scan(&request).await?;
        for run in 0..runs {
            bench.tell(&format!("recover: {mib} MiB, run {} of {runs}", run + 1));
            let seen = wait_until_busy(&server, scan, u64::from(run + 1) * DONE).await?;
            server.kill();
            let begun = Instant::now();
            server = Server::start(&data, &nmap, Around::Nothing).await?;
            let _: Value = server.client.get("/api/system").await?;
            serves.push(begun.elapsed().as_secs_f64() * 1000.0);
            wait_until_on(&server, scan, seen).await?;
            goes_on.push(begun.elapsed().as_secs_f64() * 1000.0);
        }
        server.kill();
        std::fs::remove_dir_all(&data).map_err(|source| Failure::Io {
            what: format!("removing `{}`", data.display()),
            source,
        })?;
        let row = |name: &str, what: &str, samples| {
            let what = format!("{what}, store of {}", human_bytes(size));
            Row::new(format!("recover/{mib}MiB/{name}"), what, "ms", Better::Lower, samples)
        };
        rows.push(row("serves", "kill to serving", serves));
        rows.push(row("goes-on", "kill to the next batch", goes_on));
    }
    let conditions = vec![
        format!(
            "kill -9 of a server with 4 batches under way, {runs} times; from the kill until a new \
             server has answered a request, and until it has started a batch of the scan"
        ),
        stand_in::OUTSIDE.to_owned(),
    ];
    Ok(bench.suite("recover", conditions, rows))
}

/// Starts servers without a store, and gives each a /8 to scan.
async fn fresh(dir: &Path, nmap: &Path, runs: u32) -> Result<Vec<Row>, Failure> {
    let (mut serves, mut memory, mut accepts) = (Vec::new(), Vec::new(), Vec::new());
    for run in 0..runs {
        let begun = Instant::now();
        let data = dir.join(format!("fresh-{run}"));
        let server = Server::start(&data, nmap, Around::Nothing).await?;
        let _: Value = server.client.get("/api/system").await?;
        serves.push(begun.elapsed().as_secs_f64() * 1000.0);
        sleep(IDLE).await;
        memory.push(server.memory()?.now as f64 / 1048576.0);
        let request = json!({ "targets": ["127.0.0.0/8"], "nmap_flags": ["-sT", "-n", "-Pn"] });
        let begun = Instant::now();
        let scan = server.scan(&request).await?;
        accepts.push(begun.elapsed().as_secs_f64() * 1000.0);
        let _: Value = server.client.post(&format!("/api/scans/{scan}/stop"), &json!({})).await?;
        server.kill();
    }
    let row = |name: &str, what: &str, unit, samples| {
        Row::new(format!("recover/new/{name}"), what, unit, Better::Lower, samples)
    };
    Ok(vec![
        row("serves", "new server: start to serving", "ms", serves),
        row("memory", "new server: memory when idle", "MiB", memory),
        row("accepts", "new server: a /8 accepted", "ms", accepts),
    ])
}

/// Writes hosts until the store is that large; returns its size.
async fn grow(data: &Path, bytes: u64) -> Result<u64, Failure> {
    let mut part = Part::start("store", &Spec::Grow { dir: data.to_owned(), bytes })?;
    let _: Opened = part.answer().await?;
    part.say("close")?;
    let closed: Opened = part.answer().await?;
    Ok(closed.bytes)
}

/// Waits until so many targets are done; returns the number of the scan's newest event.
async fn wait_until_busy(server: &Server, scan: u64, done: u64) -> Result<u64, Failure> {
    let begun = Instant::now();
    loop {
        let view: Value = server.client.get(&format!("/api/scans/{scan}")).await?;
        if view["progress"]["targets_done"].as_u64().is_some_and(|count| count >= done) {
            return newest(server, scan).await;
        }
        if begun.elapsed() > STEP_MAX {
            return Err(Failure::Protocol { what: format!("the scan does not get on: {view}") });
        }
        sleep(BATCH).await;
    }
}

async fn newest(server: &Server, scan: u64) -> Result<u64, Failure> {
    let mut last = 0;
    loop {
        let page = page(server, scan, last).await?;
        match page.last().and_then(|event| event["seq"].as_u64()) {
            Some(seq) => last = seq,
            None => return Ok(last),
        }
        if page.len() < 1000 {
            return Ok(last);
        }
    }
}

async fn page(server: &Server, scan: u64, since: u64) -> Result<Vec<Value>, Failure> {
    server.client.get(&format!("/api/scans/{scan}/events?since={since}&limit=1000")).await
}

/// Waits until a batch is started after the scan was taken over.
async fn wait_until_on(server: &Server, scan: u64, since: u64) -> Result<(), Failure> {
    let begun = Instant::now();
    loop {
        let events = page(server, scan, since).await?;
        let mut later = events.iter().skip_while(|event| event["event"] != "scan_recovered");
        if later.any(|event| event["event"] == "batch_start") {
            return Ok(());
        }
        if begun.elapsed() > STEP_MAX {
            return Err(Failure::Protocol { what: "the scan does not go on".to_owned() });
        }
        sleep(LOOK_EVERY).await;
    }
}
