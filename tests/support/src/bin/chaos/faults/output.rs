//! nmap writes what it should not: garbage, half a document, the wrong hosts, far too much.

use crate::check;
use crate::model::Will;
use crate::procs;
use crate::server::Server;
use crate::trial::{Result, Trial};
use crate::world::{World, ended};
use serde_json::{Value, json};
use std::time::Duration;

/// Memory that a server may take at most, whatever nmap writes.
const MEMORY_MAX_KIB: u64 = 128 * 1024;
/// Addresses in one of these scans, all in one batch.
const HOSTS: u64 = 8;

/// One scan of eight addresses in one batch, waited for.
struct Ran {
    scan: Value,
    batch: Value,
    /// The raw XML of its first attempt.
    xml: String,
}

fn run(
    trial: &mut Trial,
    world: &mut World,
    server: &Server,
    attempts: u64,
    when: &str,
) -> Result<Ran> {
    trial.found.runs += 1;
    let (targets, total) = world.block(29);
    let mut request = world.request(&targets, HOSTS, 1);
    request["policy"] = json!({"attempts_max": attempts, "backoff_ms": 20, "resplit": "off"});
    let id = world.submit(server, &request, total, Will::Any)?;
    let scan = ended(server, id, Duration::from_secs(120))?;
    let batches = server.json(&format!("/api/scans/{id}/batches"))?;
    let batch = server.json(&format!("/api/batches/{}", batches[0]["id"]))?;
    let number = batch["id"].as_u64().unwrap_or_default();
    let mut xml = String::new();
    for attempt in batch["attempts"].as_array().into_iter().flatten() {
        let at = attempt["attempt"].as_u64().unwrap_or_default();
        for stream in ["xml", "stdout", "stderr"] {
            let info = &attempt["raw"][stream];
            let bytes = check::raw(trial, server, (number, at, stream), info, when)?;
            if at == 1 && stream == "xml" {
                xml = String::from_utf8_lossy(&bytes).into_owned();
            }
        }
    }
    Ok(Ran { scan, batch, xml })
}

impl Ran {
    fn status(&self) -> &str {
        self.scan["status"].as_str().unwrap_or_default()
    }

    fn up(&self) -> u64 {
        self.scan["verdicts"]["up"].as_u64().unwrap_or_default()
    }

    fn unfinished(&self) -> u64 {
        self.scan["verdicts"]["unfinished"].as_u64().unwrap_or_default()
    }

    fn attempt(&self, number: usize) -> &Value {
        &self.batch["attempts"][number - 1]
    }
}

fn memory(trial: &mut Trial, server: &Server, max_kib: u64, when: &str) {
    let peak = procs::peak_kib(server.pid());
    trial.note(format!("{when}: at most {} MiB of memory", peak / 1024));
    trial.require(peak <= max_kib, || format!("{when}: the server took {} MiB", peak / 1024));
}

/// F5: garbage, NULs, a line without end, nothing at all; each with exit code 0.
pub(crate) fn garbage(trial: &mut Trial) -> Result<()> {
    for (script, succeeds) in
        [("garbage", false), ("nothing", false), ("nuls 5000000", true), ("endless 20000000", true)]
    {
        let mut world = World::new(&trial.settings, script)?;
        let server = world.start()?;
        let ran = run(trial, &mut world, &server, 2, script)?;
        // What is beside the XML is kept and shown, and proves nothing.
        let as_expected = match succeeds {
            true => ran.status() == "completed" && ran.up() == HOSTS,
            false => ran.status() == "failed" && ran.unfinished() == HOSTS,
        };
        trial.require(as_expected, || format!("{script}: the scan is {}", ran.scan));
        let attempts = ran.batch["attempts"].as_array().map_or(0, Vec::len);
        let expected = if succeeds { 1 } else { 2 };
        trial.require(attempts == expected, || format!("{script}: {attempts} attempts"));
        memory(trial, &server, MEMORY_MAX_KIB, script);
        check::close(trial, &mut world, server, script)?;
    }
    Ok(())
}

/// F6: the document is cut at every 512 bytes, says that it failed, lacks hosts, has others.
pub(crate) fn documents(trial: &mut Trial) -> Result<()> {
    let mut world = World::new(&trial.settings, "")?;
    let server = world.start()?;
    let whole = run(trial, &mut world, &server, 1, "a whole document")?;
    trial.require(whole.status() == "completed", || format!("a good scan is {}", whole.scan));
    let step = trial.settings.scale(2048, 512);
    let mut all_up = 0;
    for bytes in (0..whole.xml.len()).step_by(step) {
        let when = format!("cut at {bytes} of {} bytes", whole.xml.len());
        world.follow(&format!("cut {bytes}\n"))?;
        let ran = run(trial, &mut world, &server, 1, &when)?;
        kept_as_written(trial, &ran, &when);
        all_up += u64::from(ran.status() == "completed");
    }
    trial.note(format!("{all_up} cuts came after the last host, and cost nothing"));
    failed_documents(trial, &mut world, &server, &whole.xml)?;
    missing_and_foreign(trial, &mut world, &server, &whole.xml)?;
    check::close(trial, &mut world, server, "documents")
}

/// What the raw document holds whole is kept, the rest is unfinished, and nothing is a success.
fn kept_as_written(trial: &mut Trial, ran: &Ran, when: &str) {
    let written = ran.xml.matches("</host>").count() as u64;
    let (up, unfinished) = (ran.up(), ran.unfinished());
    trial.require(up == written && unfinished == HOSTS - written, || {
        format!("{when}: {written} hosts are whole, {up} up, {unfinished} unfinished")
    });
    let ending = ran.attempt(1)["ending"].as_str();
    trial.require(ending != Some("complete"), || format!("{when}: the attempt is {ending:?}"));
    let expected = if written == HOSTS { "completed" } else { "failed" };
    trial.require(ran.status() == expected, || format!("{when}: the scan is {}", ran.status()));
}

fn failed_documents(
    trial: &mut Trial,
    world: &mut World,
    server: &Server,
    whole: &str,
) -> Result<()> {
    for (when, script) in [
        ("fails after 3 hosts", "hosts 3\nfail the disk is full\n"),
        ("dies with code 1 after 3 hosts", "hosts 3\ndie 1\n"),
        ("ends quietly after 3 hosts", "hosts 3\ndie 0\n"),
    ] {
        world.follow(script)?;
        let ran = run(trial, world, server, 1, when)?;
        kept_as_written(trial, &ran, when);
        trial.require(ran.up() == 3, || format!("{when}: {} are up", ran.up()));
    }
    let when = "says that it failed, with exit code 0";
    let failed = whole.replace("exit=\"success\"", "errormsg=\"no\" exit=\"error\"");
    trial.require(failed != whole, || "the document says nothing of its success".into());
    replay(world, whole, &failed)?;
    let ran = run(trial, world, server, 1, when)?;
    kept_as_written(trial, &ran, when);
    Ok(())
}

/// Has the next scan's nmap write this document, made for another scan, with its addresses.
fn replay(world: &mut World, whole: &str, document: &str) -> Result<()> {
    let first = whole.split("<address addr=\"").nth(1).and_then(|rest| rest.split('"').next());
    let old = first.and_then(|address| address.rsplit_once('.')).ok_or("no address")?.0;
    let new = world.next_prefix();
    let text = document.replace(&format!("\"{old}."), &format!("\"{new}."));
    std::fs::write(world.nmap.dir().join("replayed.xml"), text)?;
    world.follow("raw-xml replayed.xml\n")
}

fn missing_and_foreign(
    trial: &mut Trial,
    world: &mut World,
    server: &Server,
    whole: &str,
) -> Result<()> {
    let prefix = world.next_prefix();
    world.follow(&format!("host skip {prefix}.2\nhost skip {prefix}.5\n"))?;
    let when = "two hosts are missing";
    let ran = run(trial, world, server, 1, when)?;
    trial.require(
        ran.status() == "failed" && (ran.up(), ran.unfinished()) == (HOSTS - 2, 2),
        || format!("{when}: {}", ran.scan),
    );
    let ending = ran.attempt(1)["ending"].as_str();
    trial.require(ending == Some("hosts_missing"), || format!("{when}: {ending:?}"));

    let when = "a host that nobody asked for";
    let at = whole.find("<host ").ok_or("no host")?;
    let end = whole.find("</host>").ok_or("no host")? + "</host>".len();
    let host = whole.get(at..end).ok_or("no host")?;
    let first = host.split("<address addr=\"").nth(1).and_then(|rest| rest.split('"').next());
    let foreign = host.replace(first.ok_or("no address")?, "127.250.0.1");
    let document = whole.replacen("<host ", &format!("{foreign}\n<host "), 1);
    replay(world, whole, &document)?;
    let ran = run(trial, world, server, 1, when)?;
    trial.require(ran.status() == "completed" && ran.up() == HOSTS, || {
        format!("{when}: {}", ran.scan)
    });
    let id = &ran.scan["id"];
    let hosts = server.json(&format!("/api/scans/{id}/hosts?limit=100"))?;
    let merged = hosts.to_string().contains("127.250.0.1");
    trial.require(!merged, || format!("{when}: it is among the results"));
    let events = server.json(&format!("/api/scans/{id}/events?limit=1000"))?;
    let told = events.to_string().contains("out_of_scope_result");
    trial.require(told, || format!("{when}: no event says so"));
    Ok(())
}

/// F11: nmap floods its normal output.
pub(crate) fn flood(trial: &mut Trial) -> Result<()> {
    let bytes: u64 = trial.settings.scale(8_000_000, 2_000_000_000);
    let when = format!("a flood of {} MB", bytes / 1_000_000);
    let mut world = World::new(&trial.settings, &format!("flood {bytes}\n"))?;
    let server = world.start()?;
    let before = store_bytes(&server)?;
    let ran = match run(trial, &mut world, &server, 2, &when) {
        Ok(ran) => ran,
        Err(error) => {
            let batch = server.json("/api/batches/1")?;
            let attempts = batch["attempts"].as_array().map_or(0, Vec::len);
            let grown = store_bytes(&server)?.saturating_sub(before) / (1024 * 1024);
            trial.broken(format!(
                "{when}: of 2 attempts {attempts} were made, {grown} MiB are stored, and no end: {error:.80}"
            ));
            memory(trial, &server, 2 * MEMORY_MAX_KIB, &when);
            return Ok(());
        }
    };
    let endings: Vec<String> = ran.batch["attempts"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|attempt| format!("{} {}", attempt["ending"], attempt["raw"]["stdout"]))
        .collect();
    trial.note(format!("{when}: {}", endings.join("; ")));
    if bytes > 256 * 1024 * 1024 {
        // A store that cannot keep up ends it before the cap does.
        let is_cut =
            |ending: &String| ending.contains("output_cap") || ending.contains("store_slow");
        let cut = endings.len() <= 2 && endings.iter().all(is_cut);
        trial.require(cut, || format!("{when}: not ended by netscan, twice: {endings:?}"));
    } else {
        trial.require(ran.up() == HOSTS, || format!("{when}: {}", ran.scan));
    }
    let grown = store_bytes(&server)?.saturating_sub(before) / (1024 * 1024);
    trial.note(format!("{when}: the store grew by {grown} MiB"));
    memory(trial, &server, 2 * MEMORY_MAX_KIB, &when);
    trial.require(grown <= 64 * endings.len() as u64, || format!("{when}: {grown} MiB stored"));
    if trial.settings.quick {
        check::finish(trial, &mut world, &server, &when)?;
    }
    Ok(())
}

fn store_bytes(server: &Server) -> Result<u64> {
    Ok(server.json("/api/system")?["store_bytes"].as_u64().unwrap_or_default())
}
