//! The beginning of a document: what nmap said of itself, and what it was told.

use super::{Subject, comment, push_line};
use crate::export::{
    markdown::shortened,
    presentable::{self, escape},
};
use netscan_nmap::xml::{Document, Item, Pieces};
use netscan_schemas::{Time, attempt::Stream, batch::Phase, limits};
use netscan_store::{ReadError, Store};
use std::fmt::Write;

/// Batches whose output is looked at for the beginning of a document.
const HEADER_BATCHES_MAX: usize = 64;
/// Bytes of targets in `args`.
const ARGS_TARGETS_MAX: usize = 16 * 1024;
/// The version of nmap's XML that is written.
const XML_VERSION: &str = "1.05";

/// What is taken over from the beginning of a document that nmap wrote.
#[derive(Default)]
struct Header {
    version: Option<String>,
    children: String,
    has_verbose: bool,
    has_debugging: bool,
}

pub(super) fn head(subject: &Subject, out: &mut Vec<u8>) -> Result<(), ReadError> {
    let header = find_header(&subject.store, subject)?;
    let (scan, spec) = (&subject.scan, &subject.spec);
    let begun: Time = scan.started_at.unwrap_or(scan.created_at);
    let args = args(subject);
    let text = begun.to_nmap_text();
    let version = header.version.clone().unwrap_or_else(|| "unknown".into());
    out.extend_from_slice(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE nmaprun>\n");
    comment(out, &format!("Nmap {version} scan initiated {text} as: {args}"));
    let netscan = env!("CARGO_PKG_VERSION");
    comment(out, &format!("scan {} of netscan {netscan}, exported at {}", spec.id, subject.at));
    if let Some(caveat) = subject.caveat() {
        comment(out, &format!("partial: {caveat}"));
    }
    let root = format!(
        "<nmaprun scanner=\"nmap\" args=\"{}\" start=\"{}\" startstr=\"{text}\" version=\"{}\" \
         xmloutputversion=\"{XML_VERSION}\">",
        escape(&args),
        begun.as_secs(),
        escape(&version),
    );
    push_line(out, &root);
    out.extend_from_slice(header.children.as_bytes());
    if !header.has_verbose {
        push_line(out, "<verbose level=\"0\"/>");
    }
    if !header.has_debugging {
        push_line(out, "<debugging level=\"0\"/>");
    }
    for name in &spec.unresolved {
        let name = escape(&name.target);
        push_line(out, &format!("<target specification=\"{name}\" status=\"skipped\"/>"));
    }
    if scan.verdicts.excluded > 0 {
        let excluded = scan.verdicts.excluded;
        let listed = shortened(&scan.exclude);
        comment(out, &format!("netscan: {excluded} addresses excluded: {listed}"));
    }
    Ok(())
}

/// Returns the version of the nmap that scanned.
pub fn nmap_version(subject: &Subject) -> Result<String, ReadError> {
    let header = find_header(&subject.store, subject)?;
    Ok(header.version.unwrap_or_else(|| "unknown".into()))
}

/// Returns the command line: what nmap was told, and the targets as they were written. An import
/// has its own, targets with it.
pub fn args(subject: &Subject) -> String {
    let spec = &subject.spec;
    let mut args = spec.argv.join(" ");
    if spec.is_import() {
        return args;
    }
    let mut room = ARGS_TARGETS_MAX;
    for (index, target) in spec.targets.iter().enumerate() {
        match room.checked_sub(target.len() + 1) {
            Some(left) => room = left,
            None => {
                // Writing to a string does not fail.
                let _ = write!(args, " (and {} more targets)", spec.targets.len() - index);
                break;
            }
        }
        args.push(' ');
        args.push_str(target);
    }
    args
}

fn find_header(store: &Store, subject: &Subject) -> Result<Header, ReadError> {
    let mut batches = store.batches(subject.id(), None, limits::PAGE_MAX)?;
    // What is scanned is not said where it is only found out who is up.
    batches.sort_by_key(|batch| batch.phase == Some(Phase::Discovery));
    for batch in batches.into_iter().take(HEADER_BATCHES_MAX) {
        for attempt in store.attempts(batch.id)? {
            let frame = store.raw_frame(batch.id, attempt.attempt, Stream::Xml, 0)?;
            if let Some(header) = frame.and_then(|bytes| header_of(&bytes)) {
                return Ok(header);
            }
        }
    }
    Ok(Header::default())
}

fn header_of(bytes: &[u8]) -> Option<Header> {
    let mut document = Document::new();
    document.feed(bytes);
    let mut header = Header::default();
    match document.next_item()? {
        Item::Started { scanner_version, .. } => header.version = Some(scanner_version),
        _ => return None,
    }
    let mut pieces = Pieces::new();
    pieces.feed(bytes);
    while let Some(piece) = pieces.next_piece() {
        let seen = match piece.name() {
            b"scaninfo" if !header.has_verbose => None,
            b"verbose" if !header.has_verbose => Some(&mut header.has_verbose),
            b"debugging" if header.has_verbose && !header.has_debugging => {
                Some(&mut header.has_debugging)
            }
            _ if header.has_debugging => break,
            _ => continue,
        };
        if let Some(text) = presentable::element(piece.bytes()) {
            if let Some(seen) = seen {
                *seen = true;
            }
            header.children.push_str(&text);
            header.children.push('\n');
        }
    }
    Some(header)
}
