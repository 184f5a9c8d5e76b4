//! Ties each failure to its exit code.

use netscan_actors::StartError;
use netscan_schemas::problem::{Code, Problem};
use netscan_store::{OpenError, upkeep::UpkeepError};
use std::{io, process::ExitCode};

/// Exit codes, as the contract names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Everything was done.
    Ok = 0,
    /// It failed.
    Failed = 1,
    /// The command line, or a request, is not valid.
    Usage = 2,
    /// A scan ended without a verdict for each target.
    Incomplete = 3,
    /// Refused by policy.
    Refused = 4,
    /// There is no such thing.
    NotFound = 5,
    /// The store is in use or damaged.
    Store = 6,
    /// nmap cannot be run.
    Nmap = 7,
    /// A fault from which only a new start helps.
    Restart = 70,
    /// The user ended it.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command fails.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The command line is not valid.
    #[error("{0}")]
    Usage(String),
    /// The server, or the engine, answers with a problem.
    #[error("{0}")]
    Problem(Box<Problem>),
    /// The engine does not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The helper that owns nmap's processes does not start.
    #[error("the helper process that owns nmap does not start")]
    Warden(#[from] netscan_nmap::launch::LaunchError),
    /// Looking after the store fails.
    #[error(transparent)]
    Store(#[from] UpkeepError),
    /// A file, a socket, a terminal.
    #[error("{what} failed")]
    Io {
        /// What was tried, and on what.
        what: String,
        /// What the system said.
        source: io::Error,
    },
    /// The server does not speak as it should.
    #[error("{what}")]
    Protocol {
        /// What was expected.
        what: String,
    },
    /// nmap cannot be run.
    #[error("{0}")]
    Nmap(String),
    /// The supervision tree is gone.
    #[error("the engine failed; start netscan again, and scans go on")]
    EngineGone,
    /// The user ended it.
    #[error("interrupted")]
    Interrupted,
}

impl Failure {
    /// Returns the exit code.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Usage(_) => Exit::Usage,
            Self::Problem(problem) => of_code(problem.code),
            Self::Start(StartError::Store(error)) | Self::Store(UpkeepError::Open(error)) => {
                of_open(error)
            }
            Self::Store(UpkeepError::Exists { .. }) => Exit::Usage,
            Self::Store(
                UpkeepError::Read(_) | UpkeepError::Differs { .. } | UpkeepError::Unmendable(_),
            ) => Exit::Store,
            Self::Store(UpkeepError::Target { .. }) => Exit::Failed,
            Self::Start(StartError::Read(_)) => Exit::Store,
            Self::Start(StartError::Tree(_) | StartError::Leftovers(_)) | Self::Warden(_) => {
                Exit::Failed
            }
            Self::Io { .. } | Self::Protocol { .. } => Exit::Failed,
            Self::Nmap(_) => Exit::Nmap,
            Self::EngineGone => Exit::Restart,
            Self::Interrupted => Exit::Interrupted,
        }
    }

    /// Returns what to do about it, where that is more than the failure says.
    pub fn advice(&self) -> Option<&'static str> {
        let (Self::Start(StartError::Store(error)) | Self::Store(UpkeepError::Open(error))) = self
        else {
            return match self {
                Self::Store(UpkeepError::Unmendable(_)) => Some(SALVAGE),
                _ => None,
            };
        };
        match error {
            OpenError::Damaged { .. } => Some(SALVAGE),
            OpenError::Locked { .. } => Some(
                "Stop the process that uses it, or name the server to talk to with --server URL.",
            ),
            OpenError::TooNew { .. } => {
                Some("Nothing was changed. Use the netscan that wrote it, or a newer one.")
            }
            OpenError::OtherInstance { .. } => Some(
                "Nothing was changed. Put the database that belongs there back, or restore a \
                 backup; to use the one that is there, move instance.json away.",
            ),
            error if error.is_full() => Some("The disk is full: make room, and try again."),
            OpenError::Directory { .. } | OpenError::Open { .. } => None,
        }
    }

    /// Returns whether there is nobody to tell: the reader of our output is gone.
    pub fn is_quiet(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == io::ErrorKind::BrokenPipe)
    }
}

/// What to do about damage.
const SALVAGE: &str = "Nothing was changed. Restore a backup, or save what is sound: `netscan store \
                       salvage FILE` copies it into a new file and says what is lost.";

fn of_open(error: &OpenError) -> Exit {
    match error {
        OpenError::Locked { .. }
        | OpenError::Damaged { .. }
        | OpenError::TooNew { .. }
        | OpenError::OtherInstance { .. }
        | OpenError::Open { .. } => Exit::Store,
        OpenError::Directory { .. } => Exit::Failed,
    }
}

fn of_code(code: Code) -> Exit {
    match code {
        Code::BadRequest
        | Code::UnknownField
        | Code::InvalidValue
        | Code::InvalidTarget
        | Code::TooManyTargets
        | Code::FlagRefused
        | Code::PrivilegeMissing
        | Code::TooLarge => Exit::Usage,
        Code::NotFound => Exit::NotFound,
        Code::HostNotAllowed | Code::OriginNotAllowed => Exit::Refused,
        Code::NmapUnusable => Exit::Nmap,
        Code::StoreUnavailable | Code::InsufficientStorage | Code::StoreDamaged => Exit::Store,
        Code::MethodNotAllowed
        | Code::ProjectNameTaken
        | Code::ProjectBusy
        | Code::ScanAlreadyEnded
        | Code::ScanNotEnded
        | Code::ScanStateConflict
        | Code::NmapFailed
        | Code::TooManyClients
        | Code::ShuttingDown
        | Code::Internal => Exit::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes() {
        let problem = |code| Failure::Problem(Box::new(Problem::new(code, "x"))).exit() as u8;
        assert_eq!(problem(Code::FlagRefused), 2);
        assert_eq!(problem(Code::NotFound), 5);
        assert_eq!(problem(Code::NmapUnusable), 7);
        assert_eq!(problem(Code::StoreDamaged), 6);
        assert_eq!(problem(Code::ScanAlreadyEnded), 1);
        let locked = OpenError::Locked { dir: "/x".into(), pid: Some(1) };
        assert_eq!(Failure::Start(StartError::Store(locked)).exit() as u8, 6);
    }
}
