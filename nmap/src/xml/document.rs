//! What nmap's XML says, item by item.

use super::{
    elements::{Malformed, Remarks},
    part::{self, Read},
    repair::without_damaged_tags,
    splitter::{Part, Splitter},
};
use netscan_schemas::{host::HostFinding, time::Time};
use std::{borrow::Cow, net::IpAddr, ops::Range};

/// One thing that the document says.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// The document has begun. nmap leaves all of this out when it fails very early.
    Started {
        /// nmap's version.
        scanner_version: String,
        /// The command line as nmap saw it.
        args: String,
        /// When nmap started.
        start: Option<Time>,
    },
    /// nmap is done with a host.
    Host(Box<HostFinding>),
    /// A host answered during discovery. nmap is not done with it: this is a sign of life, and no
    /// result.
    Hint {
        /// Its address.
        address: IpAddr,
    },
    /// nmap began or ended a task (`SYN Stealth Scan`).
    Task,
    /// How far nmap is with its current task on its current group of hosts.
    Progress {
        /// The task (`SYN Stealth Scan`).
        task: String,
        /// How far it is, 0 to 100.
        percent: f32,
        /// Seconds that nmap thinks it still takes.
        remaining_secs: Option<u64>,
    },
    /// A part of the document was left out, or kept with changes.
    Skipped {
        /// Which part, and why.
        what: String,
    },
}

/// What nmap says of its own end.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Finished {
    /// Whether nmap says that it succeeded.
    pub success: bool,
    /// Why nmap failed, in its own words.
    pub error: Option<String>,
    /// How long it ran.
    pub elapsed_secs: Option<f64>,
    /// Hosts that nmap counts as up.
    pub hosts_up: Option<i64>,
    /// Hosts that nmap counts as down; nonsense when it failed early.
    pub hosts_down: Option<i64>,
    /// Hosts that nmap counts in all.
    pub hosts_total: Option<i64>,
}

/// What is known once there are no more bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct DocumentEnd {
    /// Whether `</nmaprun>` was seen where it belongs.
    pub closed: bool,
    /// What nmap says of its own end.
    pub finished: Option<Finished>,
    /// Hosts that were read.
    pub hosts: u64,
    /// Parts that were left out or changed.
    pub skipped: u64,
    /// Bytes up to and with the last whole child of the root.
    pub consumed: u64,
    /// Why this is not a whole nmap document; none for a whole one.
    pub problem: Option<String>,
}

type Reader = fn(&str, Remarks) -> Result<(Read, Remarks), Malformed>;

/// Reads a part once more without its damaged tags, if that is what is wrong with it.
fn read_repaired(
    text: &str,
    mut remarks: Remarks,
    by: Reader,
    error: Malformed,
) -> Result<(Read, Remarks), Malformed> {
    let (repaired, damaged) = without_damaged_tags(text);
    if damaged == 0 {
        return Err(error);
    }
    remarks.add(format!("damaged tags left out: {damaged}"));
    by(&repaired, remarks)
}

/// A document that is being read.
///
/// After each [`feed`](Self::feed), take items until there is none: that is what keeps the memory
/// it needs to one host.
#[derive(Clone, Debug)]
pub struct Document {
    pub(super) splitter: Splitter,
    /// What had to be changed in the part handed out last, not told yet.
    remark: Option<String>,
    finished: Option<Finished>,
    hosts: u64,
    skipped: u64,
}

impl Default for Document {
    fn default() -> Self {
        Self::new()
    }
}

impl Document {
    /// Returns a document of which no byte is known.
    pub fn new() -> Self {
        Self { splitter: Splitter::new(), remark: None, finished: None, hosts: 0, skipped: 0 }
    }

    /// Takes the next bytes. After a fatal problem they are ignored.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.splitter.feed(bytes);
    }

    /// Returns the next item that is complete, or `None` until more bytes are fed.
    pub fn next_item(&mut self) -> Option<Item> {
        loop {
            if let Some(what) = self.remark.take() {
                return Some(self.skip(what));
            }
            let read = match self.splitter.next_part()? {
                Part::Skipped(what) => return Some(self.skip(what)),
                Part::Root(range) => self.read(range, part::root),
                Part::Child(range) => self.read(range, part::child),
            };
            let (read, remarks) = match read {
                Ok(read) => read,
                Err(what) => return Some(self.skip(what)),
            };
            self.remark = remarks;
            match read {
                Read::Item(item) => {
                    self.hosts += u64::from(matches!(item, Item::Host(_)));
                    return Some(item);
                }
                Read::Finished(finished) => self.finished = Some(finished),
                Read::Refused(what) => return Some(self.skip(what)),
                Read::Nothing => {}
            }
        }
    }

    fn skip(&mut self, what: String) -> Item {
        self.skipped += 1;
        Item::Skipped { what }
    }

    /// Returns what a part says and what had to be changed in it, or why it cannot be used.
    fn read(&self, range: Range<usize>, by: Reader) -> Result<(Read, Option<String>), String> {
        let bytes = self.splitter.bytes(range);
        let mut remarks = Remarks::default();
        // The strict check is several times faster than the lossy one.
        let text = str::from_utf8(bytes).map_or_else(
            |_| {
                remarks.add("bytes that are not UTF-8 are replaced");
                String::from_utf8_lossy(bytes)
            },
            Cow::Borrowed,
        );
        match by(&text, remarks.clone()).or_else(|error| read_repaired(&text, remarks, by, error)) {
            Ok((read, remarks)) => {
                let told = remarks.summary().map(|all| format!("{}: {all}", part::label(&text)));
                Ok((read, told))
            }
            Err(Malformed(why)) => Err(format!("{} cannot be read: {why}", part::label(&text))),
        }
    }

    /// Returns what is known at the end of the bytes. Items not taken before are dropped.
    pub fn finish(mut self) -> DocumentEnd {
        while self.next_item().is_some() {}
        DocumentEnd {
            closed: self.splitter.is_closed(),
            finished: self.finished,
            hosts: self.hosts,
            skipped: self.skipped,
            consumed: self.splitter.consumed(),
            problem: self.splitter.problem(),
        }
    }
}
