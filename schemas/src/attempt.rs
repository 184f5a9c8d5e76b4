//! Attempts: one nmap process each, how it ended, and what that proves.

use serde::{Deserialize, Serialize};
use std::{cmp::Ordering, fmt};
use utoipa::ToSchema;

/// Which of nmap's outputs.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Stream {
    /// The XML document.
    Xml,
    /// Normal output: the lines that monitors see.
    Stdout,
    /// Warnings and errors.
    Stderr,
}

impl Stream {
    /// All of them, in the order of their numbers in the store.
    pub const ALL: [Self; 3] = [Self::Xml, Self::Stdout, Self::Stderr];

    /// Returns the name used in JSON and URLs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Xml => "xml",
            Self::Stdout => "stdout",
            Self::Stderr => "stderr",
        }
    }
}

impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for Stream {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|stream| stream.as_str() == text);
        found.ok_or_else(|| format!("there is no stream `{text}`; use xml, stdout or stderr"))
    }
}

/// How a process ended, as the kernel tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// It returned this exit code.
    Exited {
        /// 0 says nothing by itself: nmap exits 0 on a full disk too.
        code: i32,
    },
    /// A signal ended it.
    Signalled {
        /// The signal's number.
        signal: i32,
    },
    /// It never ran.
    Unstartable {
        /// What the system said.
        message: String,
    },
    /// Its end was not seen: the process that held it, or the server, went away.
    Lost,
}

impl Ending {
    /// Returns the exit code of a process that returned one.
    pub fn exit_code(&self) -> Option<i32> {
        match self {
            Self::Exited { code } => Some(*code),
            Self::Signalled { .. } | Self::Unstartable { .. } | Self::Lost => None,
        }
    }

    /// Returns the signal that ended the process.
    pub fn signal(&self) -> Option<i32> {
        match self {
            Self::Signalled { signal } => Some(*signal),
            Self::Exited { .. } | Self::Unstartable { .. } | Self::Lost => None,
        }
    }
}

/// Why netscan itself ended an attempt. A reason only ever grows: its order is that of how grave it
/// is, and the order of the variants that of their numbers in the store, where each keeps its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// Everything else of the scan is done, and in smaller batches its rest ends sooner.
    Straggler,
    /// It ran longer than `batch_timeout_ms`.
    Deadline,
    /// It showed no progress for `stall_timeout_ms`.
    Stalled,
    /// It wrote more than a stream may hold.
    OutputCap,
    /// The store could not keep up with what it wrote.
    StoreSlow,
    /// The machine's own network changed under it: what nmap says from then on means nothing.
    NetworkChanged,
    /// The scan was paused.
    Paused,
    /// The server is going down; the scan resumes with the next start.
    Shutdown,
    /// The scan as a whole gave up: attempt after attempt failed without a single host.
    GaveUp,
    /// The user stopped the scan.
    Stopped,
    /// The user stopped the scan a second time: no grace.
    Killed,
    /// Some of its addresses may not be scanned any more. The outcome is [`Outcome::OutOfScope`].
    OutOfScope,
}

impl Ord for StopReason {
    fn cmp(&self, other: &Self) -> Ordering {
        self.gravity().cmp(&other.gravity())
    }
}

impl PartialOrd for StopReason {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl StopReason {
    /// Returns how grave it is, mildest first.
    const fn gravity(self) -> u8 {
        match self {
            Self::Straggler => 0,
            Self::Deadline => 1,
            Self::Stalled => 2,
            Self::OutputCap => 3,
            Self::StoreSlow => 4,
            Self::NetworkChanged => 5,
            Self::OutOfScope => 6,
            Self::Paused => 7,
            Self::Shutdown => 8,
            Self::GaveUp => 9,
            Self::Stopped => 10,
            Self::Killed => 11,
        }
    }

    /// Returns whether it concerns the scan as a whole, and says nothing of the attempt.
    pub const fn is_of_scan(self) -> bool {
        match self {
            Self::StoreSlow
            | Self::NetworkChanged
            | Self::OutOfScope
            | Self::Paused
            | Self::Shutdown
            | Self::GaveUp
            | Self::Stopped
            | Self::Killed => true,
            Self::Straggler | Self::Deadline | Self::Stalled | Self::OutputCap => false,
        }
    }

    /// Returns the name used in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Straggler => "straggler",
            Self::Deadline => "deadline",
            Self::Stalled => "stalled",
            Self::OutputCap => "output_cap",
            Self::StoreSlow => "store_slow",
            Self::NetworkChanged => "network_changed",
            Self::Paused => "paused",
            Self::Shutdown => "shutdown",
            Self::GaveUp => "gave_up",
            Self::Stopped => "stopped",
            Self::Killed => "killed",
            Self::OutOfScope => "out_of_scope",
        }
    }
}

/// What an attempt proved. Success is proved, never inferred.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Exit code 0, a closed document that says success, and a finished host for each address.
    Complete,
    /// As `complete`, but nmap gave up on some hosts at the user's host timeout.
    HostsTimedOut {
        /// How many.
        hosts: u64,
    },
    /// nmap says success and yet addresses have no host element.
    HostsMissing {
        /// How many.
        hosts: u64,
    },
    /// nmap exits 0, but its document is cut off or is not nmap's.
    DocumentCut,
    /// nmap refused or failed, by its own account.
    NmapFailed {
        /// The exit code.
        code: i32,
        /// `errormsg` of the document, or the end of stderr.
        message: String,
    },
    /// A signal that is not ours ended nmap.
    Crashed {
        /// The signal's number.
        signal: i32,
    },
    /// netscan ended it.
    Ended {
        /// Why.
        reason: StopReason,
    },
    /// It never ran.
    Unstartable {
        /// What the system said.
        message: String,
    },
    /// Its end was not seen.
    Lost,
    /// Some of the addresses may not be scanned any more: nmap was not started on them, or ended.
    OutOfScope {
        /// How many.
        addresses: u64,
    },
}

impl Outcome {
    /// Returns the stable name used as `outcome` of a batch and `reason` in events.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::HostsTimedOut { .. } => "hosts_timed_out",
            Self::HostsMissing { .. } => "hosts_missing",
            Self::DocumentCut => "document_cut",
            Self::NmapFailed { .. } => "nmap_failed",
            Self::Crashed { .. } => "crashed",
            Self::Ended { reason } => reason.as_str(),
            Self::Unstartable { .. } => "unstartable",
            Self::Lost => "lost",
            Self::OutOfScope { .. } => "out_of_scope",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Complete => write!(f, "complete"),
            Self::HostsTimedOut { hosts } => write!(f, "{hosts} hosts hit the host timeout"),
            Self::HostsMissing { hosts } => {
                write!(f, "nmap says success, but {hosts} addresses have no result")
            }
            Self::DocumentCut => write!(f, "nmap exited 0, but its XML is cut off"),
            Self::NmapFailed { code, message } => {
                write!(f, "nmap failed with code {code}: {message}")
            }
            Self::Crashed { signal } => write!(f, "nmap was ended by signal {signal}"),
            Self::Ended { reason } => write!(f, "ended by netscan: {}", reason.as_str()),
            Self::Unstartable { message } => write!(f, "nmap could not be started: {message}"),
            Self::Lost => write!(f, "the end of nmap was not seen"),
            Self::OutOfScope { addresses } => {
                write!(f, "{addresses} of its addresses are out of scope by now")
            }
        }
    }
}

/// What is kept of one output stream.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RawInfo {
    /// Bytes kept, before compression.
    pub bytes: u64,
    /// Bytes they take in the store.
    pub stored_bytes: u64,
    /// Number of stored frames.
    pub frames: u32,
    /// BLAKE3 of the kept bytes; none while the attempt runs.
    pub blake3: Option<[u8; 32]>,
    /// Bytes that nmap wrote beyond the limit and that were not kept.
    pub dropped_bytes: u64,
}

/// What is kept of all three streams.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RawInfos {
    /// The XML document.
    pub xml: RawInfo,
    /// Normal output.
    pub stdout: RawInfo,
    /// Warnings and errors.
    pub stderr: RawInfo,
}

impl RawInfos {
    /// Returns the record of one stream.
    pub fn get(&self, stream: Stream) -> &RawInfo {
        match stream {
            Stream::Xml => &self.xml,
            Stream::Stdout => &self.stdout,
            Stream::Stderr => &self.stderr,
        }
    }

    /// Returns the record of one stream, to change it.
    pub fn get_mut(&mut self, stream: Stream) -> &mut RawInfo {
        match stream {
            Stream::Xml => &mut self.xml,
            Stream::Stdout => &mut self.stdout,
            Stream::Stderr => &mut self.stderr,
        }
    }
}
