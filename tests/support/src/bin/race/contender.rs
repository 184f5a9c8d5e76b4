//! Who scans: so many bare nmaps at a time, or netscan.

use crate::{Result, rows::Row};
use netscan_nmap::xml::{Document, Item};
use netscan_test_support::SimulatedNet;
use serde::Serialize;
use std::fmt;
use std::fs;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Who scans.
#[derive(Clone, Debug)]
pub(crate) enum Contender {
    /// So many batches of one size, so many at a time; `is_strided` takes each batch's addresses
    /// from all over the targets.
    Split { batches: usize, places: usize, is_strided: bool },
    /// The binary, with nothing tuned.
    Netscan(PathBuf),
}

/// How a scan went.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Outcome {
    /// From the command to its end.
    pub(crate) wall_s: f64,
    /// Open ports that were found.
    pub(crate) open: usize,
    /// Whether every process said so.
    pub(crate) succeeded: bool,
}

impl fmt::Display for Contender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Split { batches, places, is_strided } => {
                write!(f, "{batches}x{places}{}", if *is_strided { "s" } else { "" })
            }
            Self::Netscan(path) => {
                write!(f, "{}", path.file_name().unwrap_or_default().to_string_lossy())
            }
        }
    }
}

impl Contender {
    /// Reads `64x16`, or `64x16s` for strided batches.
    pub(crate) fn split(text: &str) -> Result<Self> {
        let (plain, is_strided) = match text.strip_suffix('s') {
            Some(plain) => (plain, true),
            None => (text, false),
        };
        let numbers = plain
            .split_once('x')
            .and_then(|(batches, places)| Some((batches.parse().ok()?, places.parse().ok()?)));
        match numbers {
            Some((batches @ 1.., places @ 1..)) => Ok(Self::Split { batches, places, is_strided }),
            _ => Err(format!("`{text}` is no split: write BATCHESxPLACES, such as 64x16").into()),
        }
    }

    /// Scans a row's targets in its network.
    pub(crate) fn scan(&self, net: &SimulatedNet, row: &Row) -> Result<Outcome> {
        let dir = tempfile::tempdir()?;
        match self {
            Self::Split { batches, places, is_strided } => {
                let chunks = chunks(&row.addresses(), *batches, *is_strided);
                scan_split(net, row, &chunks, *places, dir.path())
            }
            Self::Netscan(binary) => scan_netscan(net, row, binary, dir.path()),
        }
    }
}

fn chunks(addresses: &[Ipv4Addr], batches: usize, is_strided: bool) -> Vec<Vec<Ipv4Addr>> {
    match is_strided {
        true => {
            let chunk = |at| addresses.iter().copied().skip(at).step_by(batches).collect();
            (0..batches.min(addresses.len())).map(chunk).collect()
        }
        false => {
            let size = addresses.len().div_ceil(batches).max(1);
            addresses.chunks(size).map(<[_]>::to_vec).collect()
        }
    }
}

fn scan_split(
    net: &SimulatedNet,
    row: &Row,
    chunks: &[Vec<Ipv4Addr>],
    places: usize,
    dir: &Path,
) -> Result<Outcome> {
    let mut names = String::new();
    for (number, chunk) in chunks.iter().enumerate() {
        let lines: Vec<String> = chunk.iter().map(ToString::to_string).collect();
        fs::write(dir.join(number.to_string()), lines.join("\n"))?;
        names.push_str(&format!("{number}\n"));
    }
    fs::write(dir.join("names"), names)?;
    let mut command = net.command("xargs");
    command.current_dir(dir).args(["-a", "names", "-P"]).arg(places.to_string());
    command.args(["-I{}", "nmap", "-n", "-v", "-oX", "{}.xml", "-iL", "{}"]).args(row.flags());
    let began = Instant::now();
    let output = command.output()?;
    let wall_s = began.elapsed().as_secs_f64();
    let mut open = 0;
    for number in 0..chunks.len() {
        open += open_ports(&fs::read(dir.join(format!("{number}.xml")))?);
    }
    Ok(Outcome { wall_s, open, succeeded: output.status.success() })
}

fn open_ports(xml: &[u8]) -> usize {
    let mut document = Document::new();
    document.feed(xml);
    let mut open = 0;
    while let Some(item) = document.next_item() {
        if let Item::Host(host) = item {
            open += host.open_ports().count();
        }
    }
    open
}

fn scan_netscan(net: &SimulatedNet, row: &Row, binary: &Path, dir: &Path) -> Result<Outcome> {
    let mut command = net.command(binary);
    command.arg("--json").arg("--data").arg(dir).arg("scan").args(row.targets);
    command.arg("--").args(row.flags());
    let began = Instant::now();
    let output = command.output()?;
    let wall_s = began.elapsed().as_secs_f64();
    let mut listed = std::process::Command::new(binary);
    listed.arg("--json").arg("--data").arg(dir).args(["hosts", "1", "--open"]);
    let listed: serde_json::Value = serde_json::from_slice(&listed.output()?.stdout)?;
    let of_host = |host: &serde_json::Value| {
        let ports = host["ports"].as_array().map_or(&[] as &[_], Vec::as_slice);
        ports.iter().filter(|port| port["state"] == "open").count()
    };
    let hosts = listed.as_array().map_or(&[] as &[_], Vec::as_slice);
    let open = hosts.iter().map(of_host).sum();
    Ok(Outcome { wall_s, open, succeeded: output.status.success() })
}

/// Returns how many open ports a perfect scan of a row's targets finds: all that its plan gives
/// them are among those that its flags probe.
pub(crate) fn open_in(net: &SimulatedNet, row: &Row) -> Result<usize> {
    let targets = row.addresses();
    let truth = net.truth()?;
    let is_target = |address: &IpAddr| match address {
        IpAddr::V4(address) => targets.binary_search(address).is_ok(),
        IpAddr::V6(_) => false,
    };
    let found = truth.iter().filter(|(address, _)| is_target(address));
    Ok(found.map(|(_, host)| host.open.len()).sum())
}
