//! The invariants: what a server answers, compared with the model.

use crate::model::{Known, Will, split_array};
use crate::server::Server;
use crate::targets;
use crate::trial::{PATIENCE, Result, Trial};
use crate::world::{World, ended, has_ended};
use netscan_store::{NoPublisher, Options, Store};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Events in one page, the most that the server gives.
const PAGE: usize = 1000;
/// Batches of one scan whose output is downloaded in one comparison, chosen at random.
const BATCHES_COMPARED_MAX: usize = 64;

/// The events of a scan, read once.
#[derive(Default)]
struct History {
    /// Each address that is up, and the event that said so.
    up: BTreeMap<IpAddr, u64>,
    /// Batches that were said to be complete.
    complete: BTreeSet<u64>,
    /// Each epoch that took the scan over, and the event that said so.
    recovered: Vec<(u64, u64)>,
    /// Whether the last event says that the scan has ended.
    ended: bool,
}

/// Compares everything that the server answers with the model.
pub(crate) fn verify(
    trial: &mut Trial,
    world: &mut World,
    server: &Server,
    when: &str,
) -> Result<()> {
    adopt(world, server)?;
    let scans: Vec<u64> = {
        let model = world.model.lock();
        model.scans.iter().filter(|(_, known)| !known.closed).map(|(scan, _)| *scan).collect()
    };
    for scan in scans {
        verify_scan(trial, world, server, scan, when)?;
    }
    collect(trial, world);
    Ok(())
}

/// Takes what the clients' threads have found over into the trial.
pub(crate) fn collect(trial: &mut Trial, world: &World) {
    let mut model = world.model.lock();
    trial.found.lost.append(&mut model.lost);
    trial.found.broken.append(&mut model.broken);
}

/// Adds scans whose acknowledgement was cut off: they may exist, and if so they are scans.
fn adopt(world: &World, server: &Server) -> Result<()> {
    let listed = server.json("/api/scans?limit=1000")?;
    let mut model = world.model.lock();
    for scan in listed.as_array().into_iter().flatten() {
        let (id, total) = (scan["id"].as_u64(), scan["total_targets"].as_u64());
        if let (Some(id), Some(total)) = (id, total) {
            model.add(id, total, Will::Complete);
        }
    }
    Ok(())
}

fn verify_scan(
    trial: &mut Trial,
    world: &World,
    server: &Server,
    scan: u64,
    when: &str,
) -> Result<()> {
    let at = format!("{when}, scan {scan}");
    let Some(before) = world.model.lock().scans.get(&scan).cloned() else { return Ok(()) };
    let (status, body) = server.get(&format!("/api/scans/{scan}"))?;
    if status != 200 {
        trial.lost(format!("{at}: it was acknowledged and is answered with {status}"));
        if let Some(known) = world.model.lock().scans.get_mut(&scan) {
            known.closed = true;
        }
        return Ok(());
    }
    let view: Value = serde_json::from_slice(&body)?;
    conserved(trial, &view, &before, &at);
    let texts = events(server, scan)?;
    let history = read_events(trial, world, scan, &texts, &before, &at);
    results(trial, server, scan, &history, &at)?;
    batches(trial, world, server, scan, &history, &at)?;
    if has_ended(&view) {
        // A scan that ended after it was read would not have its last event in what was read before.
        trial.require(history.ended, || format!("{at}: it ended without `scan_complete`"));
        how_it_ended(trial, &view, &before, &history, &at);
        if let Some(known) = world.model.lock().scans.get_mut(&scan) {
            known.closed = true;
        }
    }
    Ok(())
}

/// planned = sum of verdicts.
fn conserved(trial: &mut Trial, view: &Value, known: &Known, at: &str) {
    let verdicts = view["verdicts"].as_object();
    let sum: u64 = verdicts.into_iter().flatten().filter_map(|(_, count)| count.as_u64()).sum();
    let total = view["total_targets"].as_u64();
    trial.require(total == Some(known.total) && sum == known.total, || {
        format!("{at}: {} targets, {total:?} answered, verdicts {}", known.total, view["verdicts"])
    });
}

/// Returns the texts of all stored events.
fn events(server: &Server, scan: u64) -> Result<Vec<String>> {
    let mut texts: Vec<String> = Vec::new();
    loop {
        let path = format!("/api/scans/{scan}/events?since={}&limit={PAGE}", texts.len());
        let (status, body) = server.get(&path)?;
        let body = String::from_utf8(body)?;
        let page = split_array(&body).filter(|_| status == 200);
        let page = page.ok_or_else(|| format!("GET {path}: {status} {body:.200}"))?;
        texts.extend(page.iter().map(|text| (*text).to_owned()));
        if page.is_empty() {
            return Ok(texts);
        }
    }
}

fn read_events(
    trial: &mut Trial,
    world: &World,
    scan: u64,
    texts: &[String],
    before: &Known,
    at: &str,
) -> History {
    if let Some((last, text)) = before.seen.last_key_value()
        && *last > texts.len() as u64
    {
        let count = texts.len();
        trial.lost(format!("{at}: {count} events are stored, and event {last} was shown: {text}"));
    }
    let mut history = History::default();
    for (seq, text) in (1..).zip(texts) {
        world.model.lock().see(scan, seq, text);
        let Ok(event) = serde_json::from_str::<Value>(text) else {
            trial.broken(format!("{at}: event {seq} is no JSON: {text}"));
            continue;
        };
        let numbered =
            event["seq"].as_u64() == Some(seq) && event["scan_id"].as_u64() == Some(scan);
        trial.require(numbered, || format!("{at}: event {seq} of the store is {text}"));
        trial.require(!history.ended, || format!("{at}: after `scan_complete` comes {text}"));
        if let Some(what) = take_event(&mut history, seq, &event) {
            trial.broken(format!("{at}: event {seq}: {what}"));
        }
    }
    history
}

/// Adds an event to the history; returns what is wrong with it.
fn take_event(history: &mut History, seq: u64, event: &Value) -> Option<String> {
    match event["event"].as_str()? {
        "host" => {
            let address: IpAddr = event["address"].as_str()?.parse().ok()?;
            let told = match event["verdict"].as_str() {
                Some("up") => history.up.insert(address, seq),
                _ => None,
            };
            told.map(|earlier| format!("{address} is told again, first in event {earlier}"))
        }
        "batch_start" => {
            let done = |address: &&IpAddr| history.up.contains_key(address);
            let targets = expand(&event["targets"]);
            let again: Vec<_> = targets.iter().filter(done).collect();
            (!again.is_empty()).then(|| format!("{again:?} have a verdict and are scanned again"))
        }
        "batch_complete" => {
            let batch = event["batch_id"].as_u64()?;
            let is_news = history.complete.insert(batch);
            (!is_news).then(|| format!("batch {batch} is complete once more"))
        }
        "scan_recovered" => {
            history.recovered.push((event["epoch"].as_u64()?, seq));
            None
        }
        "scan_complete" => {
            history.ended = true;
            None
        }
        _ => None,
    }
}

/// Returns the addresses of compact ranges.
pub(crate) fn expand(targets: &Value) -> Vec<IpAddr> {
    let words = targets.as_array().into_iter().flatten().filter_map(Value::as_str);
    targets::expand(&words.collect::<Vec<_>>().join("\n")).0
}

/// Each address has one verdict, and those that were told are among them.
fn results(
    trial: &mut Trial,
    server: &Server,
    scan: u64,
    history: &History,
    at: &str,
) -> Result<()> {
    let rows = server.json(&format!("/api/scans/{scan}/targets"))?;
    let mut verdicts: BTreeMap<IpAddr, String> = BTreeMap::new();
    for row in rows.as_array().into_iter().flatten() {
        let verdict = row["verdict"].as_str().unwrap_or_default();
        if matches!(verdict, "excluded" | "unresolved") {
            continue;
        }
        for address in expand(&row["targets"]) {
            if let Some(other) = verdicts.insert(address, verdict.to_owned()) {
                trial.broken(format!("{at}: {address} is {other} and {verdict}"));
            }
        }
    }
    for (address, seq) in &history.up {
        let verdict = verdicts.get(address).map(String::as_str);
        if verdict != Some("up") {
            trial.lost(format!("{at}: event {seq} told {address} up, and it is {verdict:?}"));
        }
    }
    Ok(())
}

/// Batches that were said to be complete are, and their output is what its digest says.
fn batches(
    trial: &mut Trial,
    world: &World,
    server: &Server,
    scan: u64,
    history: &History,
    at: &str,
) -> Result<()> {
    let compared = world.model.lock().scans.get(&scan).map(|known| known.compared.clone());
    let compared = compared.unwrap_or_default();
    let mut fresh: Vec<_> = history.complete.difference(&compared).collect();
    trial.rng.shuffle(&mut fresh);
    for batch in fresh.into_iter().take(BATCHES_COMPARED_MAX) {
        let view = server.json(&format!("/api/batches/{batch}"))?;
        let status = view["status"].as_str();
        if status != Some("completed") {
            trial.lost(format!("{at}: batch {batch} was said to be complete and is {status:?}"));
        }
        for address in expand(&view["targets"]) {
            trial.require(history.up.contains_key(&address), || {
                format!("{at}: batch {batch} is complete, and nobody was told of {address}")
            });
        }
        for attempt in view["attempts"].as_array().into_iter().flatten() {
            let number = attempt["attempt"].as_u64().unwrap_or_default();
            for stream in ["xml", "stdout", "stderr"] {
                raw(trial, server, (*batch, number, stream), &attempt["raw"][stream], at)?;
            }
        }
        if let Some(known) = world.model.lock().scans.get_mut(&scan) {
            known.compared.insert(*batch);
        }
    }
    Ok(())
}

/// Compares what can be downloaded with its digest.
pub(crate) fn raw(
    trial: &mut Trial,
    server: &Server,
    (batch, attempt, stream): (u64, u64, &str),
    info: &Value,
    at: &str,
) -> Result<Vec<u8>> {
    let path = format!("/api/batches/{batch}/raw/{stream}?attempt={attempt}");
    let (status, body) = match server.get(&path) {
        Ok(answer) => answer,
        // It breaks off when what is stored does not match its digest. Is the server there?
        Err(error) => {
            server.json("/api/system")?;
            trial.lost(format!("{at}: {path} breaks off ({error}); recorded {info}"));
            return Ok(Vec::new());
        }
    };
    let digest = blake3::hash(&body).to_hex();
    let expected = info["blake3"].as_str();
    let bytes = body.len() as u64;
    // A process that nobody saw writing may have no digest.
    let is_right = expected == Some(digest.as_str()) || (expected.is_none() && bytes == 0);
    if status != 200 || info["bytes"].as_u64() != Some(bytes) || !is_right {
        trial.lost(format!("{at}: {path} is {status}, {bytes} bytes, {digest}; recorded {info}"));
    }
    Ok(body)
}

fn how_it_ended(trial: &mut Trial, view: &Value, known: &Known, history: &History, at: &str) {
    let (status, up) = (view["status"].as_str(), view["verdicts"]["up"].as_u64());
    match known.will {
        Will::Complete => {
            let all = status == Some("completed")
                && up == Some(known.total)
                && history.up.len() as u64 == known.total;
            trial.require(all, || {
                let told = history.up.len();
                let total = known.total;
                format!(
                    "{at}: it ended as {status:?} with {up:?} of {total} up, {told} told: {}",
                    view["error"]
                )
            });
        }
        Will::Stop => trial.require(status == Some("stopped"), || {
            format!("{at}: its stop was acknowledged, and it ended as {status:?}")
        }),
        Will::Any => {}
    }
}

/// Waits until every scan has ended by itself, and compares everything.
pub(crate) fn finish(
    trial: &mut Trial,
    world: &mut World,
    server: &Server,
    when: &str,
) -> Result<()> {
    adopt(world, server)?;
    let scans: Vec<u64> = world.model.lock().scans.keys().copied().collect();
    let give_up = Instant::now() + PATIENCE;
    for scan in scans {
        let left = give_up.saturating_duration_since(Instant::now());
        if let Err(error) = ended(server, scan, left.max(Duration::from_secs(1))) {
            trial.broken(format!("{when}: {error}"));
        }
    }
    verify(trial, world, server, when)?;
    not_started_again(trial, world, server, when)
}

/// As [`finish`]; then ends the server, and has the store's own checker read all of it.
pub(crate) fn close(
    trial: &mut Trial,
    world: &mut World,
    server: Server,
    when: &str,
) -> Result<()> {
    finish(trial, world, &server, when)?;
    server.kill()?;
    world.no_orphans(trial, when);
    store(trial, world, when)
}

/// Compares the store's indexes and counts with its rows. No server may own it.
pub(crate) fn store(trial: &mut Trial, world: &World, when: &str) -> Result<()> {
    let store = Store::open(&world.data(), Options::default(), Arc::new(NoPublisher))?;
    let report = netscan_store::check::check(&store)?;
    for problem in &report.problems {
        trial.broken(format!("{when}: the store's checker says: {problem}"));
    }
    Ok(())
}

/// Compares the starts that the stand-in noted with what was durable before each of them.
fn not_started_again(trial: &mut Trial, world: &World, server: &Server, when: &str) -> Result<()> {
    let scans: Vec<u64> = world.model.lock().scans.keys().copied().collect();
    // From which epoch on an address is not to be scanned.
    let mut durable: BTreeMap<String, u64> = BTreeMap::new();
    for scan in scans {
        let mut history = History::default();
        for (seq, text) in (1..).zip(events(server, scan)?) {
            // What is wrong was noted before.
            let _ = take_event(&mut history, seq, &serde_json::from_str(&text)?);
        }
        // A scan's actor may be started again within an epoch: that is no start of the server.
        let mut last = world.model.lock().scans.get(&scan).map_or(0, |known| known.born);
        history.recovered.retain(|(epoch, _)| {
            let is_news = *epoch > last;
            last = last.max(*epoch);
            is_news
        });
        for (address, told) in &history.up {
            let epoch = history.recovered.iter().find(|(_, seq)| seq > told);
            if let Some((epoch, _)) = epoch {
                durable.insert(address.to_string(), *epoch);
            }
        }
    }
    let mut seen = BTreeSet::new();
    let mut repeated = 0;
    for (at, targets) in world.logged().into_iter().enumerate() {
        let epoch = world.starts.iter().rev().find(|(_, before)| *before <= at);
        for target in targets {
            let from = durable.get(&target);
            if let (Some(from), Some((epoch, _))) = (from, epoch)
                && epoch >= from
            {
                trial.broken(format!(
                    "{when}: {target} was durable before epoch {from} and is scanned again in epoch {epoch}"
                ));
            }
            repeated += u64::from(!seen.insert(target));
        }
    }
    trial.found.repeated += repeated;
    trial.found.addresses += seen.len() as u64;
    Ok(())
}
