//! Arguments of the commands that show what was found.

use crate::values;
use clap::{Args as ClapArgs, ValueEnum};
use netscan_schemas::ScanId;
use std::path::PathBuf;

/// Which hosts.
#[derive(Debug, ClapArgs)]
pub struct HostsArgs {
    /// The scan's number; all scans are searched when it is left out.
    #[arg(value_parser = values::scan)]
    pub scan: Option<ScanId>,
    /// Only hosts with an open port.
    #[arg(long)]
    pub open: bool,
    /// Only hosts at this address, in this block or range, or with this beginning (`10.0.`).
    #[arg(long)]
    pub address: Option<String>,
    /// Only hosts that list this port.
    #[arg(long)]
    pub port: Option<u16>,
    /// Only hosts that list a port of this service.
    #[arg(long)]
    pub service: Option<String>,
    /// Only hosts that list a port with this text in its product.
    #[arg(long)]
    pub product: Option<String>,
    /// Only hosts that nmap calls this: up or down.
    #[arg(long)]
    pub status: Option<String>,
    /// Only hosts with this verdict: up, timed_out or unfinished.
    #[arg(long)]
    pub verdict: Option<String>,
    /// Only hosts of this project's scans, by its number.
    #[arg(long, value_name = "ID", conflicts_with = "scan")]
    pub project: Option<u64>,
    /// Only hosts that mention all of these words.
    #[arg(short, long, value_name = "TEXT")]
    pub q: Option<String>,
}

/// What to export, and where to.
#[derive(Debug, ClapArgs)]
pub struct ExportArgs {
    /// The scan's number.
    #[arg(value_parser = values::scan)]
    pub scan: ScanId,
    /// As what; the ending of the output file's name says it too.
    #[arg(short, long, value_enum, value_name = "FORMAT", required_unless_present = "output")]
    pub format: Option<ExportFormat>,
    /// The file to write; standard output when left out, or `-`.
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Write over a file that is there.
    #[arg(long, requires = "output")]
    pub force: bool,
}

/// What a scan is exported as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// One nmap document for the whole scan.
    Xml,
    /// One object with all that is known.
    Json,
    /// A host a line.
    Jsonl,
    /// A row a port, for spreadsheets.
    Csv,
    /// A report in Markdown.
    Md,
    /// A report in one file for a browser.
    Html,
    /// As nmap's `-oG` writes it.
    Gnmap,
}

impl ExportFormat {
    /// Returns the name that the API has for it.
    pub const fn as_str(self) -> &'static str {
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

/// Which scans to compare.
#[derive(Debug, ClapArgs)]
pub struct DiffArgs {
    /// The earlier scan's number.
    #[arg(value_parser = values::scan)]
    pub before: ScanId,
    /// The later scan's number.
    #[arg(value_parser = values::scan)]
    pub after: ScanId,
    /// As what; `--json` is `-f json`.
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value_t = DiffFormat::Text)]
    pub format: DiffFormat,
    /// End with 1 when something differs that both scans know.
    #[arg(long)]
    pub exit_code: bool,
}

/// What a comparison is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DiffFormat {
    /// Lines for people.
    Text,
    /// One object.
    Json,
    /// An object a line.
    Jsonl,
    /// A report in Markdown.
    Md,
    /// In the form that ndiff writes.
    Xml,
}

/// What to import, and as what.
#[derive(Debug, ClapArgs)]
pub struct ImportArgs {
    /// Files of nmap's XML; `-` for standard input.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Keep the scans under this project; made if there is none. `Imports` when left out.
    #[arg(long, value_name = "NAME")]
    pub project: Option<String>,
    /// A name for the scan; the file's name when left out.
    #[arg(long)]
    pub name: Option<String>,
    /// Import a file again that the project has already.
    #[arg(long)]
    pub again: bool,
}
