//! `store`: keeping hosts durably, finding them again, and opening the file.
//!
//! Through the same writer and the same calls that a scan and the API use. The store is filled in
//! a part, which is then killed: so opening it is measured after a crash, and after a clean end.

mod fill;

use super::{
    Bench, Limits,
    measure::{monotonic_ns, own_cpu_s},
    part::{Part, answer, next_line},
    report::{Better, Row, Suite, summarize},
    sample,
};
use crate::exit::Failure;
use fill::{BATCH, Filler, PRODUCERS};
use netscan_schemas::{AddressSet, host::Protocol, limits::SEARCH_READS_MAX};
use netscan_store::{
    NoPublisher, Options, Store,
    search::{Bounds, HostQuery},
};
use serde::{Deserialize, Serialize};
use std::{
    error::Error,
    fs::File,
    io::Write as _,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Look-ups of one run.
const LOOKUPS: u64 = 1000;
/// Pages of one run.
const PAGES: u64 = 100;
/// Rows of a page, as the API hands out.
const PAGE: usize = netscan_schemas::limits::PAGE_DEFAULT;
/// Hosts that have names, in a scan of their own.
const NAMED: u64 = 2000;
/// Syncs of one run.
const SYNCS: usize = 50;

/// What a part does: one of these in a process of its own, on one directory.
#[derive(Debug, Serialize, Deserialize)]
pub enum Spec {
    /// Opens the store, and says how long that took.
    Open {
        /// The data directory.
        dir: PathBuf,
    },
    /// Measures writing and reading with so many hosts in the end.
    Measure {
        /// The data directory.
        dir: PathBuf,
        /// Hosts in the end.
        hosts: u64,
        /// Open ports of each.
        ports: usize,
        /// In how many runs.
        runs: u32,
    },
    /// Writes hosts and output of nmap until the file is as large as this.
    Grow {
        /// The data directory.
        dir: PathBuf,
        /// Bytes on disk in the end.
        bytes: u64,
    },
}

/// What [`Spec::Measure`] took, run by run.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Took {
    single_hosts_per_s: Vec<f64>,
    whole_hosts_per_s: Vec<f64>,
    whole_cpu_us: Vec<f64>,
    sync_us: Vec<f64>,
    lookup_us: Vec<f64>,
    lookup_p99_us: Vec<f64>,
    page_us: Vec<f64>,
    page_p99_us: Vec<f64>,
    search_address_us: Vec<f64>,
    search_port_us: Vec<f64>,
    search_word_us: Vec<f64>,
    bytes: u64,
}

/// What the other parts say.
#[derive(Debug, Serialize, Deserialize)]
pub struct Opened {
    /// How long it took to open the store.
    pub ms: f64,
    /// How large it is in the end.
    pub bytes: u64,
    /// Hosts that were written.
    pub hosts: u64,
}

/// Measures in processes of their own.
pub async fn run(bench: &Bench) -> Result<Suite, Failure> {
    let dir = bench.dir("store")?.join("data");
    let Limits { hosts, host_ports: ports, runs, .. } = bench.limits;
    bench.tell(&format!("store: {hosts} hosts"));
    let spec = Spec::Measure { dir: dir.clone(), hosts, ports, runs };
    let mut part = Part::start("store", &spec)?;
    let took: Took = part.answer().await?;
    // As the kernel would kill it.
    drop(part);
    let (mut after_kill, mut after_end) = (Vec::new(), Vec::new());
    for run in 0..runs {
        bench.tell(&format!("store: opening, run {} of {runs}", run + 1));
        let spec = Spec::Open { dir: dir.clone() };
        let mut part = Part::start("store", &spec)?;
        let opened: Opened = part.answer().await?;
        after_kill.push(opened.ms);
        part.say("close")?;
        let _: Opened = part.answer().await?;
        drop(part);
        let mut part = Part::start("store", &spec)?;
        let opened: Opened = part.answer().await?;
        after_end.push(opened.ms);
    }
    let conditions = vec![format!(
        "{hosts} hosts with {ports} open ports each in one scan, {} on disk, written in {runs} \
         runs: an eighth one by one by {PRODUCERS} producers that wait until each is durable, the \
         rest {BATCH} at once; each host with its event; look-ups of random hosts, of the first \
         {PAGE} hosts of a port that all have open, and of a word that {NAMED} more hosts in \
         another scan have in their names",
        crate::output::human_bytes(took.bytes)
    )];
    Ok(bench.suite("store", conditions, rows(took, ports as f64, after_kill, after_end)))
}

fn rows(took: Took, ports: f64, after_kill: Vec<f64>, after_end: Vec<f64>) -> Vec<Row> {
    let (higher, lower) = (Better::Higher, Better::Lower);
    let port_rows: Vec<f64> = took.whole_hosts_per_s.iter().map(|rate| rate * ports).collect();
    let (single, whole) = (took.single_hosts_per_s, took.whole_hosts_per_s);
    let row = |name: &str, what: &str, unit, better, samples| {
        Row::new(format!("store/{name}"), what, unit, better, samples)
    };
    vec![
        row("sync", "4 KiB written and synced", "us", lower, took.sync_us),
        row("ingest/single", "ingest, host by host", "hosts/s", higher, single),
        row("ingest/batch", "ingest, batch by batch", "hosts/s", higher, whole),
        row("ingest/ports", "ingest, batch by batch", "port rows/s", higher, port_rows),
        row("ingest/cpu", "ingest, batch by batch: cpu", "us/host", lower, took.whole_cpu_us),
        row("address", "host by address", "us", lower, took.lookup_us),
        row("address/p99", "host by address, p99", "us", lower, took.lookup_p99_us),
        row("port", "first page of hosts by port", "us", lower, took.page_us),
        row("port/p99", "first page of hosts by port, p99", "us", lower, took.page_p99_us),
        row(
            "search/address",
            "search of all scans by address",
            "us",
            lower,
            took.search_address_us,
        ),
        row(
            "search/port",
            "search of all scans by port, first page",
            "us",
            lower,
            took.search_port_us,
        ),
        row(
            "search/word",
            "search of all scans by word, first page",
            "us",
            lower,
            took.search_word_us,
        ),
        row("open/killed", "opening after a kill", "ms", lower, after_kill),
        row("open/closed", "opening after a clean end", "ms", lower, after_end),
    ]
}

/// Is a part.
pub fn part(spec: &Spec) -> Result<(), Box<dyn Error>> {
    let (Spec::Open { dir } | Spec::Measure { dir, .. } | Spec::Grow { dir, .. }) = spec;
    let begun = monotonic_ns();
    let store = Store::open(dir, Options::default(), Arc::new(NoPublisher))?;
    let ms = (monotonic_ns() - begun) as f64 / 1e6;
    match spec {
        Spec::Open { .. } => answer(&Opened { ms, bytes: store.store_bytes()?, hosts: 0 })?,
        Spec::Measure { hosts, ports, runs, dir } => {
            answer(&measure(&store, dir, *hosts, *ports, *runs)?)?;
        }
        Spec::Grow { bytes, .. } => {
            let mut filler = Filler::new(&store, u64::MAX, 10)?;
            let mut random = fastrand::Rng::with_seed(1);
            while store.store_bytes()? < *bytes {
                let to = filler.next + BATCH;
                filler.with_output(to, &mut random)?;
            }
            let hosts = filler.next;
            filler.end()?;
            answer(&Opened { ms, bytes: store.store_bytes()?, hosts })?;
        }
    }
    // Killed here, unless the bench says otherwise.
    if next_line()? == "close" {
        let bytes = store.store_bytes()?;
        drop(store);
        answer(&Opened { ms, bytes, hosts: 0 })?;
    }
    Ok(())
}

fn measure(
    store: &Store,
    dir: &Path,
    hosts: u64,
    ports: usize,
    runs: u32,
) -> Result<Took, Box<dyn Error>> {
    let mut took = Took::default();
    let mut filler = Filler::new(store, hosts, ports)?;
    for run in 1..=u64::from(runs) {
        let (from, to) = (filler.next, hosts * run / u64::from(runs));
        let between = from + (to - from) / 8;
        let begun = monotonic_ns();
        filler.single(between)?;
        took.single_hosts_per_s.push((between - from) as f64 / secs(begun));
        let (begun, cpu) = (monotonic_ns(), own_cpu_s());
        filler.whole(to)?;
        took.whole_hosts_per_s.push((to - between) as f64 / secs(begun));
        took.whole_cpu_us.push((own_cpu_s() - cpu) * 1e6 / (to - between) as f64);
        took.sync_us.push(sync(dir)?);
    }
    let scan = filler.scan;
    filler.end()?;
    let mut named = Filler::new(store, NAMED, ports)?;
    (named.next, named.host) = (hosts, sample::named_host);
    named.whole(hosts + NAMED)?;
    named.end()?;
    let mut random = fastrand::Rng::with_seed(1);
    for _ in 0..runs {
        let look = || {
            let number = random.u64(0..hosts);
            let found = store.hosts_by_address(sample::address(number))?;
            if found.is_empty() { Err(format!("host {number} is lost").into()) } else { Ok(()) }
        };
        let (median, p99) = times(LOOKUPS, look)?;
        took.lookup_us.push(median);
        took.lookup_p99_us.push(p99);
        let bounds = Bounds { hosts: PAGE, reads: SEARCH_READS_MAX };
        let by_port = HostQuery {
            port: Some(sample::COMMON_PORT),
            protocol: Some(Protocol::Tcp),
            state: Some("open".into()),
            ..HostQuery::default()
        };
        let expected = PAGE.min(usize::try_from(hosts)?);
        let page =
            || full(store.hosts_matching(scan, &by_port, None, bounds)?.hosts.len(), expected);
        let (median, p99) = times(PAGES, page)?;
        took.page_us.push(median);
        took.page_p99_us.push(p99);
        let address = || {
            let address = sample::address(random.u64(0..hosts));
            let addresses = Some(AddressSet::from_addresses([address]));
            let query = HostQuery { addresses, ..HostQuery::default() };
            full(store.search(&query, None, bounds)?.hosts.len(), 1)
        };
        took.search_address_us.push(times(LOOKUPS, address)?.0);
        let search = |query: &HostQuery| full(store.search(query, None, bounds)?.hosts.len(), PAGE);
        took.search_port_us.push(times(PAGES, || search(&by_port))?.0);
        let words = vec![sample::COMMON_WORD.to_owned()];
        let by_word = HostQuery { words, ..HostQuery::default() };
        took.search_word_us.push(times(PAGES, || search(&by_word))?.0);
    }
    took.bytes = store.store_bytes()?;
    Ok(took)
}

/// Returns an error unless so many hosts were found as there must be.
fn full(found: usize, expected: usize) -> Result<(), Box<dyn Error>> {
    match found == expected {
        true => Ok(()),
        false => Err(format!("a page of {found} hosts instead of {expected}").into()),
    }
}

/// Returns the median and the 99th percentile of the time that something takes, in microseconds.
fn times(
    count: u64,
    mut work: impl FnMut() -> Result<(), Box<dyn Error>>,
) -> Result<(f64, f64), Box<dyn Error>> {
    let mut times = Vec::new();
    for _ in 0..count {
        let begun = monotonic_ns();
        work()?;
        times.push((monotonic_ns() - begun) as f64 / 1000.0);
    }
    times.sort_by(f64::total_cmp);
    let median = summarize(&times).map_or(0.0, |summary| summary.median);
    let p99 = times.get(times.len() * 99 / 100).copied().unwrap_or(median);
    Ok((median, p99))
}

/// Returns how long the disk takes to keep a page, in microseconds: the median.
fn sync(dir: &Path) -> Result<f64, Box<dyn Error>> {
    let path = dir.join("sync");
    let mut file = File::create(&path)?;
    let work = || {
        file.write_all(&[7; 4096])?;
        Ok(file.sync_data()?)
    };
    let (median, _) = times(SYNCS as u64, work)?;
    std::fs::remove_file(path)?;
    Ok(median)
}

fn secs(begun: u64) -> f64 {
    (monotonic_ns() - begun).max(1) as f64 / 1e9
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_filled_in_is_a_sound_store() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path(), Options::default(), Arc::new(NoPublisher)).unwrap();
        let took = measure(&store, dir.path(), 300, 3, 2).unwrap();
        assert_eq!((took.single_hosts_per_s.len(), took.page_us.len()), (2, 2));
        let mut filler = Filler::new(&store, 128, 3).unwrap();
        filler.with_output(64, &mut fastrand::Rng::with_seed(7)).unwrap();
        filler.whole(128).unwrap();
        filler.end().unwrap();
        let report = netscan_store::check::check(&store).unwrap();
        assert!(report.is_clean(), "{:?}", report.problems);
        assert_eq!(report.raw_frames, fill::OUTPUT_FRAMES as u64);
    }
}
