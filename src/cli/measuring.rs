//! Arguments of `netscan bench`.

use crate::values;
use clap::{Args as ClapArgs, ValueEnum};
use std::path::PathBuf;

/// What to measure.
#[derive(Debug, ClapArgs)]
pub struct BenchArgs {
    /// Which suites; all when left out.
    #[arg(value_name = "SUITE", value_enum)]
    pub suites: Vec<BenchSuite>,
    /// Runs of each figure, of which the one in the middle counts.
    #[arg(long, value_name = "N", value_parser = values::runs)]
    pub runs: Option<u32>,
    /// Measure little, in half a minute: rough figures.
    #[arg(long)]
    pub quick: bool,
    /// Write a page with charts.
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// The nmap to measure with, beside the stand-in.
    #[arg(long, value_name = "PATH")]
    pub nmap: Option<PathBuf>,
    /// Where to make the temporary directory.
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// Hosts in the store of the suite `store`.
    #[arg(long, value_name = "N", value_parser = values::bench_hosts)]
    pub hosts: Option<u64>,
    /// MiB in the stores of the suite `recover`, with commas between several.
    #[arg(long, value_name = "MIB", value_delimiter = ',', value_parser = values::bench_mib)]
    pub store_mib: Vec<u64>,
}

/// What can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum BenchSuite {
    /// Tiny batches, beside xargs and a bare loop.
    Batches,
    /// Lines to many WebSocket clients.
    Stream,
    /// Reading nmap's XML, beside quick-xml.
    Parse,
    /// Writing, finding and opening.
    Store,
    /// Cutting targets into batches.
    Plan,
    /// From a kill to going on.
    Recover,
}

impl BenchSuite {
    /// All of them, in the order in which they run.
    pub const ALL: [Self; 6] =
        [Self::Batches, Self::Stream, Self::Parse, Self::Store, Self::Plan, Self::Recover];
}
