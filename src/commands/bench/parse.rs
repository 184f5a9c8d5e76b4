//! `parse`: our reading of nmap's XML into hosts, beside loops that only take quick-xml's events:
//! one borrows them from the whole document, as no reader of a pipe can; one gets the same pieces
//! as we do.

use super::{
    Bench,
    measure::{memory, monotonic_ns, reset_peak},
    part::Part,
    report::{Better, Row, Suite},
    sample,
};
use crate::exit::Failure;
use netscan_nmap::xml::{Document, Item};
use quick_xml::{Reader, events::Event};
use serde::{Deserialize, Serialize};
use std::{hint::black_box, io::BufReader};

/// Bytes in which the document is handed over where it comes in pieces, as from a pipe.
const PIECE: usize = 64 * 1024;

/// What a part does.
#[derive(Debug, Serialize, Deserialize)]
pub struct Spec {
    /// Hosts in the document.
    hosts: u64,
    /// How often it is read.
    runs: u32,
}

/// What it took.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Took {
    bytes: u64,
    /// Nanoseconds of each run.
    bare: Vec<u64>,
    bare_pieces: Vec<u64>,
    ours: Vec<u64>,
    /// The most memory that reading took beyond the document.
    peak_bytes: u64,
}

/// Measures in a process of its own.
pub async fn run(bench: &Bench) -> Result<Suite, Failure> {
    let spec = Spec { hosts: bench.limits.parse_hosts, runs: bench.limits.runs };
    bench.tell("parse");
    let took: Took = Part::result("parse", &spec).await?;
    let rate = |times: &[u64]| -> Vec<f64> {
        times.iter().map(|time| took.bytes as f64 * 1000.0 / *time as f64).collect()
    };
    let bare = rate(&took.bare);
    let bare = Row::new("parse/quick-xml", "quick-xml, events only", "MB/s", Better::Higher, bare);
    let pieces = rate(&took.bare_pieces);
    let pieces = Row::new(
        "parse/quick-xml-pieces",
        "quick-xml, from pieces",
        "MB/s",
        Better::Higher,
        pieces,
    )
    .against(&bare, "quick-xml");
    let ours = rate(&took.ours);
    let ours = Row::new("parse/netscan", "netscan, into hosts", "MB/s", Better::Higher, ours)
        .against(&bare, "quick-xml");
    let peak = vec![took.peak_bytes as f64 / 1024.0];
    let peak = Row::new("parse/memory", "memory beyond the document", "KiB", Better::Lower, peak);
    let conditions = vec![format!(
        "a document of {} hosts with 20 open ports each, {:.1} MB, in memory; netscan and the \
         second loop are fed pieces of 64 KiB; all one after the other in each of {} runs",
        spec.hosts,
        took.bytes as f64 / 1e6,
        spec.runs
    )];
    Ok(bench.suite("parse", conditions, vec![bare, pieces, ours, peak]))
}

/// Reads a document by all ways.
pub fn part(spec: &Spec) -> Result<Took, Box<dyn std::error::Error>> {
    let text = sample::document(spec.hosts);
    let me = std::process::id();
    let mut took = Took { bytes: text.len() as u64, ..Took::default() };
    for _ in 0..spec.runs {
        let begun = monotonic_ns();
        let hosts = by_quick_xml(&text)?;
        took.bare.push(monotonic_ns() - begun);
        all_hosts(hosts, spec.hosts)?;

        let begun = monotonic_ns();
        let hosts = by_quick_xml_pieces(text.as_bytes())?;
        took.bare_pieces.push(monotonic_ns() - begun);
        all_hosts(hosts, spec.hosts)?;

        reset_peak(me)?;
        let before = memory(me)?.now;
        let begun = monotonic_ns();
        let hosts = by_netscan(text.as_bytes());
        took.ours.push(monotonic_ns() - begun);
        took.peak_bytes = took.peak_bytes.max(memory(me)?.peak.saturating_sub(before));
        all_hosts(hosts, spec.hosts)?;
    }
    Ok(took)
}

fn all_hosts(found: u64, expected: u64) -> Result<(), String> {
    if found == expected { Ok(()) } else { Err(format!("{found} of {expected} hosts were read")) }
}

fn by_quick_xml(text: &str) -> quick_xml::Result<u64> {
    let mut reader = Reader::from_str(text);
    let mut hosts = 0;
    loop {
        match reader.read_event()? {
            Event::Eof => return Ok(hosts),
            Event::Start(start) if start.name().into_inner() == "host" => hosts += 1,
            event => drop(black_box(event)),
        }
    }
}

fn by_quick_xml_pieces(bytes: &[u8]) -> quick_xml::Result<u64> {
    let pieces = BufReader::with_capacity(PIECE, bytes);
    let mut reader = Reader::from_reader(pieces);
    let (mut buffer, mut hosts) = (Vec::new(), 0);
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer)? {
            Event::Eof => return Ok(hosts),
            Event::Start(start) if start.name().into_inner() == "host" => hosts += 1,
            event => drop(black_box(event)),
        }
    }
}

fn by_netscan(bytes: &[u8]) -> u64 {
    let mut document = Document::new();
    let mut hosts = 0;
    for piece in bytes.chunks(PIECE) {
        document.feed(piece);
        while let Some(item) = document.next_item() {
            hosts += u64::from(matches!(black_box(item), Item::Host(_)));
        }
    }
    hosts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_ways_read_all_hosts() {
        let took = part(&Spec { hosts: 30, runs: 2 }).unwrap();
        let runs = [took.bare.len(), took.bare_pieces.len(), took.ours.len()];
        assert_eq!(runs, [2, 2, 2]);
        assert!(took.bytes > 30 * 1000);
    }
}
