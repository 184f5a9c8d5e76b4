//! Ties each failure to its exit code.

use netscan_actors::StartError;
use netscan_schemas::{
    ScanId,
    problem::{Code, Problem},
};
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
    /// The administrator's token cannot be made.
    #[error(transparent)]
    Token(#[from] netscan_http::OwnTokenError),
    /// There is no TLS as it was asked for.
    #[error(transparent)]
    Tls(#[from] netscan_http::TlsError),
    /// The certificate of a server is not trusted, or it speaks no TLS.
    #[error("no TLS with {place}: {reason}; --ca-file FILE names certificates to trust")]
    Untrusted {
        /// Which server.
        place: String,
        /// What is wrong.
        reason: io::Error,
    },
    /// Nobody answers where a server was said to be.
    #[error("no netscan answers at {place} ({reason}); `netscan serve` starts one")]
    Unreachable {
        /// Where it was looked for.
        place: String,
        /// What the system said.
        reason: io::Error,
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
    /// No process runs the scan that is followed.
    #[error(
        "{}; what was found is kept: `netscan serve` takes the scan up again, `netscan stop \
         {scan}` ends it", adrift(*scan, *was_followed)
    )]
    Adrift {
        /// The scan.
        scan: ScanId,
        /// Whether it ran when it was followed first.
        was_followed: bool,
    },
    /// The server that runs the scan does not answer any more.
    #[error(
        "the server at {place} does not answer any more; once it runs again it goes on with scan \
         {scan}, and `netscan watch {scan}` follows it"
    )]
    ServerGone {
        /// Where it was.
        place: String,
        /// The scan.
        scan: ScanId,
    },
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
            Self::Start(StartError::Profiles(_)) => Exit::Usage,
            Self::Start(StartError::Tree(_) | StartError::Leftovers(_)) | Self::Warden(_) => {
                Exit::Failed
            }
            Self::Tls(_) => Exit::Usage,
            Self::Untrusted { .. } => Exit::Refused,
            Self::Token(_) | Self::Io { .. } | Self::Unreachable { .. } | Self::Protocol { .. } => {
                Exit::Failed
            }
            Self::Adrift { .. } | Self::ServerGone { .. } => Exit::Incomplete,
            Self::Nmap(_) => Exit::Nmap,
            Self::EngineGone => Exit::Restart,
            Self::Interrupted => Exit::Interrupted,
        }
    }

    /// Returns whether another process owns the data directory.
    pub fn is_locked(&self) -> bool {
        matches!(self, Self::Start(StartError::Store(OpenError::Locked { .. })))
    }

    /// Returns whether the process that was asked is about to end.
    pub fn is_leaving(&self) -> bool {
        matches!(self, Self::Problem(problem) if problem.code == Code::ShuttingDown)
    }

    /// Returns how to mend it, where the text of the failure does not say so.
    pub fn remedy(&self) -> Option<&'static str> {
        match self {
            Self::Start(StartError::Store(error)) | Self::Store(UpkeepError::Open(error)) => {
                Some(remedy(error))
            }
            Self::Store(UpkeepError::Unmendable(_)) => Some(SALVAGE),
            Self::Problem(problem) if problem.code == Code::Unauthenticated => Some(
                "put a token into the variable NETSCAN_TOKEN, or into a file for --token-file; on \
                 the server's own machine the file is admin.token in its data directory",
            ),
            _ => None,
        }
    }

    /// Returns whether there is nobody to tell: the reader of our output is gone.
    pub fn is_quiet(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == io::ErrorKind::BrokenPipe)
    }
}

/// What to do about damage.
const SALVAGE: &str = "nothing was changed; restore a backup, or save what is sound: `netscan store \
                       salvage FILE` copies it into a new file and says what is lost";

fn adrift(scan: ScanId, was_followed: bool) -> String {
    match was_followed {
        true => format!("the process that ran scan {scan} is gone"),
        false => format!("scan {scan} is interrupted: no process runs it"),
    }
}

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

fn remedy(error: &OpenError) -> &'static str {
    match error {
        OpenError::Directory { .. } => "give another place with --data DIR, or mend this one",
        OpenError::Locked { .. } => {
            "stop the process that uses it, name the server to talk to with --server URL, or give \
             another place with --data DIR"
        }
        error if error.is_full() => "the disk is full: make room, and try again",
        OpenError::Damaged { .. } => SALVAGE,
        OpenError::OtherInstance { .. } => {
            "put the database that belongs there back, or restore a backup; to use the one that is \
             there, move instance.json away"
        }
        OpenError::Open { .. } => {
            "keep the directory as it is; restore a backup, or begin anew with --data DIR"
        }
        OpenError::TooNew { .. } => {
            "use the newest netscan that opened it, or give another place with --data DIR"
        }
    }
}

fn of_code(code: Code) -> Exit {
    match code {
        Code::BadRequest
        | Code::UnknownField
        | Code::InvalidValue
        | Code::InvalidTarget
        | Code::TooManyTargets
        | Code::TooLarge => Exit::Usage,
        Code::NotFound => Exit::NotFound,
        Code::FlagRefused
        | Code::OutOfScope
        | Code::PrivilegeMissing
        | Code::Unauthenticated
        | Code::Forbidden
        | Code::RateLimited
        | Code::HostNotAllowed
        | Code::OriginNotAllowed => Exit::Refused,
        Code::NmapUnusable => Exit::Nmap,
        Code::StoreUnavailable | Code::InsufficientStorage | Code::StoreDamaged => Exit::Store,
        Code::MethodNotAllowed
        | Code::ProjectNameTaken
        | Code::ProfileNameTaken
        | Code::ProfileFixed
        | Code::TooManyProfiles
        | Code::ProjectBusy
        | Code::ScanAlreadyEnded
        | Code::ScanNotEnded
        | Code::ScanStateConflict
        | Code::NmapFailed
        | Code::TooManyClients
        | Code::TooManyTokens
        | Code::RequestTimeout
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
        assert_eq!((problem(Code::FlagRefused), problem(Code::PrivilegeMissing)), (4, 4));
        assert_eq!(problem(Code::InvalidTarget), 2);
        assert_eq!(problem(Code::NotFound), 5);
        assert_eq!(problem(Code::NmapUnusable), 7);
        assert_eq!(problem(Code::StoreDamaged), 6);
        assert_eq!(problem(Code::ScanAlreadyEnded), 1);
        let locked = OpenError::Locked { dir: "/x".into(), pid: Some(1) };
        assert_eq!(Failure::Start(StartError::Store(locked)).exit() as u8, 6);
    }
}
