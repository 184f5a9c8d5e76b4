//! The first look at a file: what it is, whose results it holds, what is wrong with it.

use netscan_nmap::xml::{Document, DocumentEnd, Finished, Item};
use netscan_schemas::{AddressSet, Interval, Time, address::to_number, attempt::Outcome, limits};
use std::io::{self, Read};

/// Bytes read at a time.
const READ_BYTES: usize = 256 * 1024;
/// Things that were left out which are told one by one; more are counted.
const TOLD_MAX: usize = 20;
/// Bytes of the command line that are kept to show.
const ARGS_BYTES_MAX: usize = 4096;

/// What a file holds.
#[derive(Debug)]
pub struct Survey {
    /// BLAKE3 of its bytes.
    pub digest: [u8; 32],
    /// Its size.
    pub bytes: u64,
    /// The addresses of its hosts.
    pub hosts: AddressSet,
    /// Addresses that answered and have no result.
    pub unfinished: AddressSet,
    /// The command line, to show.
    pub args: String,
    /// When nmap started.
    pub started_at: Option<Time>,
    /// When nmap ended, or was last heard of.
    pub finished_at: Option<Time>,
    /// What was lost, left out or not told.
    pub warnings: Vec<String>,
    /// What the document proves.
    pub outcome: Outcome,
    /// Why it does not prove success.
    pub problem: Option<String>,
}

/// Why a file is not imported.
#[derive(Debug, thiserror::Error)]
pub enum SurveyError {
    /// It is no document of nmap.
    #[error("this is not what `nmap -oX FILE` writes: {0}")]
    NotNmap(String),
    /// It cannot be read.
    #[error("the file cannot be read again")]
    Io(#[from] io::Error),
}

#[derive(Default)]
struct Seen {
    started: Option<(String, Option<Time>)>,
    version: String,
    hosts: Vec<u128>,
    hints: Vec<u128>,
    timed_out: u64,
    last_end: Option<Time>,
    told: Vec<String>,
}

impl Seen {
    fn take(&mut self, item: Item) {
        match item {
            Item::Started { scanner_version, args, start } => {
                self.version = scanner_version;
                self.started = Some((args, start));
            }
            Item::Host(host) => {
                self.hosts.push(to_number(host.address));
                self.timed_out += u64::from(host.timed_out);
                self.last_end = self.last_end.max(host.finished_at);
            }
            Item::Hint { address } => self.hints.push(to_number(address)),
            Item::Skipped { what } if self.told.len() < TOLD_MAX => {
                self.told.push(format!("left out or changed: {what}"));
            }
            Item::Skipped { .. } | Item::Task | Item::Progress { .. } => {}
        }
    }
}

fn set(numbers: Vec<u128>) -> AddressSet {
    let run = |number| Interval { first: number, last: number };
    AddressSet::from_intervals(numbers.into_iter().map(run).collect())
}

/// Reads a file to its end. Holds one host of it at a time, and its addresses.
///
/// # Errors
/// When it is no document of nmap, whole or cut.
pub fn survey(file: &mut impl Read) -> Result<Survey, SurveyError> {
    let (mut document, mut seen) = (Document::new(), Seen::default());
    let (mut hasher, mut bytes) = (blake3::Hasher::new(), 0u64);
    let mut buffer = vec![0; READ_BYTES];
    loop {
        let count = file.read(&mut buffer)?;
        if count == 0 {
            break;
        }
        hasher.update(&buffer[..count]);
        bytes += count as u64;
        document.feed(&buffer[..count]);
        while let Some(item) = document.next_item() {
            seen.take(item);
        }
    }
    let end = document.finish();
    let Some((args, start)) = seen.started.take() else {
        let why = end.problem.unwrap_or_else(|| "has no <nmaprun>".into());
        let it = if why.starts_with("not ") { "it is" } else { "it" };
        return Err(SurveyError::NotNmap(format!("{it} {why}")));
    };
    Ok(conclude(seen, &end, (args, start), (*hasher.finalize().as_bytes(), bytes)))
}

fn conclude(
    mut seen: Seen,
    end: &DocumentEnd,
    (args, start): (String, Option<Time>),
    (digest, bytes): ([u8; 32], u64),
) -> Survey {
    let elements = seen.hosts.len() as u64;
    let hosts = set(std::mem::take(&mut seen.hosts));
    let unfinished = set(std::mem::take(&mut seen.hints)).difference(&hosts);
    let finished = end.finished.clone();
    let mut warnings = std::mem::take(&mut seen.told);
    if let Some(more @ 1..) = end.skipped.checked_sub(warnings.len() as u64) {
        warnings.push(format!("{more} more parts were left out or changed"));
    }
    let repeated = elements - hosts.count();
    if repeated > 0 {
        warnings.push(format!("{repeated} hosts are there more than once: the last result counts"));
    }
    warnings.extend(unnamed(finished.as_ref(), elements));
    if !unfinished.is_empty() {
        let count = unfinished.count();
        warnings.push(format!("{count} hosts answered and have no result; they are unfinished"));
    }
    let problem = problem(end, finished.as_ref());
    if let (Some(problem), None) = (&end.problem, &finished) {
        warnings.push(format!(
            "the file {problem}: what nmap had to scan after its {elements} whole hosts is not in it"
        ));
    }
    let outcome = match (&problem, &finished) {
        (Some(message), Some(finished)) if !finished.success => {
            // nmap exits with 1 when it writes that it failed.
            Outcome::NmapFailed { code: 1, message: message.clone() }
        }
        (Some(_), _) => Outcome::DocumentCut,
        (None, _) if !unfinished.is_empty() => Outcome::HostsMissing { hosts: unfinished.count() },
        (None, _) if seen.timed_out > 0 => Outcome::HostsTimedOut { hosts: seen.timed_out },
        (None, _) => Outcome::Complete,
    };
    let elapsed = finished.and_then(|finished| finished.elapsed_secs);
    let run = start.zip(elapsed).map(|(start, secs)| {
        // A cast from a float saturates: nonsense becomes zero or the largest number.
        Time::from_micros(start.as_micros().saturating_add((secs * 1e6) as i64))
    });
    let finished_at = run.or(seen.last_end).or(start);
    let args = shortened(args);
    let started_at = start;
    Survey {
        digest,
        bytes,
        hosts,
        unfinished,
        args,
        started_at,
        finished_at,
        warnings,
        outcome,
        problem,
    }
}

/// Returns what nmap counts and does not name: without `-v` it leaves out hosts that are down.
fn unnamed(finished: Option<&Finished>, elements: u64) -> Option<String> {
    let finished = finished.filter(|finished| finished.success)?;
    let total = u64::try_from(finished.hosts_total?).ok()?;
    let more = total.checked_sub(elements).filter(|more| *more > 0)?;
    // Numbers of an nmap that failed can be anything.
    (total <= limits::SCAN_ADDRESSES_MAX).then(|| {
        format!(
            "nmap counts {total} hosts and names {elements}: the other {more} are not in the file, \
             and not in the scan"
        )
    })
}

fn problem(end: &DocumentEnd, finished: Option<&Finished>) -> Option<String> {
    match (finished, &end.problem) {
        (Some(finished), _) if !finished.success => {
            let why = finished.error.as_deref().unwrap_or("it does not say why");
            Some(format!("nmap failed: {why}"))
        }
        (_, Some(problem)) => Some(format!("the document {problem}")),
        (None, None) => Some("the document does not say how nmap ended".into()),
        (Some(_), None) => None,
    }
}

fn shortened(mut args: String) -> String {
    if args.len() > ARGS_BYTES_MAX {
        args.truncate(args.floor_char_boundary(ARGS_BYTES_MAX));
        args.push_str(" ...");
    }
    args
}
