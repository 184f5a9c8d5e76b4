//! What the user wrote as targets, read into a set of addresses and a list of names.
//!
//! ```text
//! "10.0.0.0-3.1,5  fd00::/120  web.example"
//!      │ ipv4          │ ipv6       │ name
//!      ▼               ▼            ▼
//!   runs ───────────► AddressSet    HostName ──► resolve
//! ```
//!
//! The grammar is nmap's without what nmap leaves to libc (`127.1`, `0x7f.1`), plus ranges with
//! both ends in full. Blocks are never expanded: `10.0.0.0/8` is one run.
//!
//! Invariant: whatever is read is a number or a plain host name. Nothing that nmap could take for
//! an option, a file or another address gets through, and nothing is dropped without an error.

mod ipv4;
mod ipv6;
mod name;
#[cfg(test)]
mod tests;

pub use name::HostName;

use ipv4::OctetRanges;
use netscan_schemas::{
    AddressSet, Interval,
    address::to_number,
    limits::{TARGET_BYTES_MAX, TARGET_LINES_MAX},
};
use std::{
    collections::HashSet,
    net::{IpAddr, Ipv4Addr},
};

/// Separate runs of addresses in one list of targets, before they are merged. `*.*.*.1` has 16
/// million of them, while `10.0.0.0/8` is one.
pub const RUNS_MAX: usize = 1_000_000;

/// Characters of a bad target that an error repeats.
const SHOWN_CHARS: usize = 80;

/// The targets that could be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TargetList {
    /// All addresses, blocks and ranges.
    pub addresses: AddressSet,
    /// The names still to resolve: each once, whatever its case, in the order written.
    pub names: Vec<HostName>,
}

/// A target that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{target}`: {reason}")]
pub struct TargetError {
    /// The target as written, cut when it is very long.
    pub target: String,
    /// Which entry of the input it stands in, from 0.
    pub line: usize,
    /// Why it could not be read, and how to mend it.
    pub reason: String,
}

/// Reads the targets of a request. An entry holds one target or several with whitespace between.
///
/// Every target is either in the list or has its error.
pub fn parse<S: AsRef<str>>(specs: &[S]) -> (TargetList, Vec<TargetError>) {
    let mut reader = Reader::default();
    let mut errors = Vec::new();
    for (line, entry) in specs.iter().enumerate() {
        let entry = entry.as_ref();
        let words = entry.split([' ', '\t', '\r', '\n']);
        // A comma beside a blank is a habit, not a target.
        let mut words = words.filter(|word| !word.is_empty() && *word != ",");
        let first = words.next().unwrap_or_default(); // an empty entry is an empty target
        for word in std::iter::once(first).chain(words) {
            if reader.targets_read >= TARGET_LINES_MAX {
                let reason = format!(
                    "more than {TARGET_LINES_MAX} targets: from here on they are not read; write \
                     neighbours as a block or a range"
                );
                errors.push(TargetError { target: shown(word), line, reason });
                return (reader.finish(), errors);
            }
            if let Err(reason) = reader.read(word) {
                errors.push(TargetError { target: shown(word), line, reason });
            }
        }
    }
    (reader.finish(), errors)
}

/// Splits the text of a target file as nmap's `-iL` does: at blanks, tabs, line ends and NULs; a
/// word that begins with `#` opens a comment up to the end of its line.
pub fn split_file(text: &str) -> Vec<String> {
    let is_separator = |c: char| matches!(c, ' ' | '\t' | '\r' | '\n' | '\0');
    let mut words = Vec::new();
    let mut rest = text.trim_start_matches(is_separator);
    while !rest.is_empty() {
        let end = match rest.strip_prefix('#') {
            Some(_) => rest.find('\n'),
            None => rest.find(is_separator),
        };
        let (word, after) = rest.split_at(end.unwrap_or(rest.len()));
        if !word.starts_with('#') {
            words.push(word.to_owned());
        }
        rest = after.trim_start_matches(is_separator);
    }
    words
}

/// One target, read.
#[derive(Debug, PartialEq, Eq)]
enum Target {
    /// An address, a block or a range.
    Run(Interval),
    /// IPv4 with lists or ranges in its octets.
    Octets(OctetRanges),
    /// A host name.
    Name(HostName),
}

/// Reads one target.
fn read_one(text: &str) -> Result<Target, String> {
    if let Ok(address) = text.parse::<Ipv4Addr>() {
        return Ok(Target::Run(single(address.into()))); // nearly all lines of a long file
    }
    check_text(text)?;
    if text.contains("://") {
        return Err("this is a URL: give the host alone; ports go in -p".into());
    }
    let (host, mask) = match text.split_once('/') {
        Some((host, mask)) => (host, Some(mask)),
        None => (text, None),
    };
    if host.is_empty() {
        return Err("there is no address before the mask".into());
    }
    if host.contains(':') {
        return ipv6::parse(host, mask).map(Target::Run);
    }
    if host.bytes().all(|byte| byte.is_ascii_digit() || b".,-*".contains(&byte)) {
        return ipv4::parse(host, mask);
    }
    if mask.is_some() {
        return Err("a name takes no mask or path: write the block as address/bits".into());
    }
    HostName::parse(host).map(Target::Name)
}

/// Refuses what no target may be, of whatever kind.
fn check_text(text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Err("the target is empty".into());
    }
    if text.len() > TARGET_BYTES_MAX {
        let bytes = text.len();
        return Err(format!(
            "a target has at most {TARGET_BYTES_MAX} bytes, this has {bytes}: put blanks or line \
             ends between targets"
        ));
    }
    if text.starts_with('-') {
        return Err("a target may not begin with `-`".into());
    }
    match text.chars().find(|c| !c.is_ascii_graphic()) {
        None => Ok(()),
        Some(c) if c.is_control() => {
            Err(format!("a control character (U+{:04X}) is in it: remove it", u32::from(c)))
        }
        Some(c) => Err(format!(
            "a character outside ASCII (U+{:04X}) is in it: write a name in its ASCII form, \
             `xn--...`",
            u32::from(c)
        )),
    }
}

/// Returns the run of one address.
fn single(address: IpAddr) -> Interval {
    let number = to_number(address);
    Interval { first: number, last: number }
}

/// Returns the bits of a mask, from 0 to `bits_max`.
fn parse_mask(mask: &str, bits_max: u32) -> Result<u32, String> {
    let range = format!("a number from 0 to {bits_max}");
    if mask.is_empty() || !mask.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!("the mask `/{mask}` is not {range}"));
    }
    if mask.len() > 1 && mask.starts_with('0') {
        return Err(format!("the mask `/{mask}` begins with a zero: write it plainly"));
    }
    match mask.parse() {
        Ok(bits) if bits <= bits_max => Ok(bits),
        _ => Err(format!("the mask `/{mask}` is too long: it must be {range}")),
    }
}

/// Returns the run from one end to the other, both as written.
fn range_between(first: IpAddr, last: IpAddr) -> Result<Interval, String> {
    if let Some(run) = Interval::between(first, last) {
        return Ok(run);
    }
    Err(match Interval::between(last, first) {
        Some(_) => format!("the range `{first}-{last}` runs backwards: write `{last}-{first}`"),
        None => "a range has both its ends in one address family".into(),
    })
}

/// Returns as much of a bad target as an error repeats.
fn shown(word: &str) -> String {
    match word.char_indices().nth(SHOWN_CHARS) {
        Some((end, _)) if word.len() > TARGET_BYTES_MAX => format!("{}...", &word[..end]),
        _ => word.to_owned(),
    }
}

/// What has been read so far. The runs are merged once, at the end.
#[derive(Debug, Default)]
struct Reader {
    runs: Vec<Interval>,
    names: Vec<HostName>,
    /// The names in lower case.
    known: HashSet<String>,
    targets_read: usize,
}

impl Reader {
    /// Reads one word: a target, or several with commas between. All of it counts, or nothing.
    fn read(&mut self, word: &str) -> Result<(), String> {
        self.targets_read += 1;
        let word = word.strip_suffix(',').unwrap_or(word);
        let targets = match read_one(word) {
            Ok(target) => vec![target],
            Err(reason) if word.contains(',') && word.len() <= TARGET_BYTES_MAX => {
                read_joined(word, reason)?
            }
            Err(reason) => return Err(reason),
        };
        self.targets_read += targets.len() - 1;
        let more: usize = targets.iter().map(Target::runs).sum();
        if self.runs.len() + more > RUNS_MAX {
            return Err(format!(
                "it has {more} separate runs of addresses, and with those before it the list \
                 would have more than {RUNS_MAX} (RUNS_MAX): write blocks or fewer ranges"
            ));
        }
        for target in targets {
            self.add(target);
        }
        Ok(())
    }

    fn add(&mut self, target: Target) {
        match target {
            Target::Run(run) => self.runs.push(run),
            Target::Octets(octets) => octets.push_runs(&mut self.runs),
            Target::Name(name) => {
                if self.known.insert(name.as_str().to_ascii_lowercase()) {
                    self.names.push(name);
                }
            }
        }
    }

    fn finish(self) -> TargetList {
        TargetList { addresses: AddressSet::from_intervals(self.runs), names: self.names }
    }
}

impl Target {
    /// Returns how many runs of addresses it adds.
    fn runs(&self) -> usize {
        match self {
            Self::Run(_) => 1,
            Self::Octets(octets) => octets.count_runs(),
            Self::Name(_) => 0,
        }
    }
}

/// Reads targets with commas between, after the word as a whole was refused for this reason.
fn read_joined(word: &str, whole: String) -> Result<Vec<Target>, String> {
    let read: Result<Vec<_>, _> =
        word.split(',').map(|piece| read_one(piece).map_err(|why| (piece, why))).collect();
    read.map_err(|(piece, why)| {
        // `10.0.0.1,300` is one target with a bad octet, `10.0.0.1,10.0.0.300` are two targets.
        let are_targets = word.split(',').all(|piece| piece.contains(['.', ':']));
        if are_targets { format!("`{piece}` in it: {why}") } else { whole }
    })
}
