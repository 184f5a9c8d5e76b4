//! Exports: a scan as a document for other programs and for people, written as it is read.
//!
//! ```text
//! store ──a page──► Export ──a piece──► the client's connection
//!        hosts in the order of addresses ─► Rows ─► json, jsonl, csv, md, html, gnmap
//!        batches, attempts, raw XML      ─► Xml  ─► the bytes that nmap wrote
//! ```
//!
//! Promise: an export holds one page of hosts, or one frame of raw output, at a time, however large
//! the scan is; it reads on only when the client has taken what was read; it ends with the client.
//! What breaks it off on the way breaks off its document too, so that nobody takes it for whole.

mod csv;
mod gnmap;
mod html;
mod json;
mod markdown;
mod presentable;
mod record;
mod rows;
mod subject;
mod walk;
mod xml;

pub use markdown::escape as escape_markdown;
pub use record::Element as XmlElement;
pub use subject::Subject;
pub use walk::Walk;

use netscan_store::ReadError;
use rows::Rows;
use serde::Deserialize;
use std::fmt;
use xml::Xml;

/// Bytes after which a piece is handed to the client; one host may be larger.
const PIECE_BYTES: usize = 64 * 1024;

/// What an export is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// One nmap document.
    Xml,
    /// One JSON object.
    Json,
    /// A JSON object a line, for each host.
    Jsonl,
    /// A row a port.
    Csv,
    /// A report in Markdown.
    Md,
    /// A report to look at in a browser.
    Html,
    /// As nmap's `-oG` writes it.
    Gnmap,
}

impl Format {
    /// Returns the media type.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Xml => "application/xml; charset=utf-8",
            Self::Json => "application/json",
            Self::Jsonl => "application/x-ndjson",
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Md => "text/markdown; charset=utf-8",
            Self::Html => "text/html; charset=utf-8",
            Self::Gnmap => "text/plain; charset=utf-8",
        }
    }

    /// Returns how a file's name ends.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Xml => "xml",
            Self::Json => "json",
            Self::Jsonl => "jsonl",
            Self::Csv => "csv",
            Self::Md => "md",
            Self::Html => "html",
            Self::Gnmap => "gnmap",
        }
    }
}

/// Why an export ends early.
#[derive(Debug)]
pub enum ExportError {
    /// The store cannot be read.
    Read(ReadError),
    /// What was read cannot be written as this format; not expected.
    Write(String),
}

impl fmt::Display for ExportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(error) => error.fmt(f),
            Self::Write(what) => write!(f, "it cannot be written: {what}"),
        }
    }
}

impl std::error::Error for ExportError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Read(error) => error.source(),
            Self::Write(_) => None,
        }
    }
}

impl From<ReadError> for ExportError {
    fn from(error: ReadError) -> Self {
        Self::Read(error)
    }
}

/// An export on its way.
pub enum Export {
    /// Host by host.
    Rows(Box<Rows>),
    /// Attempt by attempt.
    Xml(Box<Xml>),
}

impl Export {
    /// Returns the export of a scan, of which nothing is written.
    pub fn new(subject: Subject, format: Format) -> Self {
        let rows = |format| Self::Rows(Box::new(Rows::new(subject.clone(), format)));
        match format {
            Format::Xml => Self::Xml(Box::new(Xml::new(subject))),
            Format::Json => rows(Box::<json::Json>::default()),
            Format::Jsonl => rows(Box::new(json::Lines)),
            Format::Csv => rows(Box::new(csv::Csv)),
            Format::Md => rows(Box::<markdown::Markdown>::default()),
            Format::Gnmap => rows(Box::<gnmap::Gnmap>::default()),
            Format::Html => rows(Box::<html::Html>::default()),
        }
    }

    /// Returns the next piece, or `None` at the end. Blocks while the store is read.
    ///
    /// # Errors
    /// When the store cannot be read; the document then ends where it is.
    pub fn next_piece(&mut self) -> Result<Option<Vec<u8>>, ExportError> {
        let mut piece = Vec::new();
        while piece.len() < PIECE_BYTES {
            let goes_on = match self {
                Self::Rows(rows) => rows.step(&mut piece)?,
                Self::Xml(xml) => xml.step(&mut piece)?,
            };
            if !goes_on {
                break;
            }
        }
        Ok((!piece.is_empty()).then_some(piece))
    }
}
