//! What can go wrong, one type an operation.

use crate::codec::CodecError;
use netscan_schemas::{
    TokenId,
    id::{AttemptNo, BatchId, ProjectId, ScanId, ScopeId},
    limits::{PROFILES_MAX, TOKENS_MAX},
};
use std::{io, path::PathBuf};

/// Why a store does not open. Nothing was changed, unless a variant says otherwise.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The data directory cannot be made or used.
    #[error("cannot use the data directory: {action} `{}` failed", path.display())]
    Directory {
        /// What was tried.
        action: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another process owns the data directory.
    #[error("the data directory `{}` is in use{}", dir.display(), owner(*pid))]
    Locked {
        /// The directory.
        dir: PathBuf,
        /// The process that owns it, if it says so.
        pid: Option<u32>,
    },
    /// The database does not open.
    #[error("cannot open the database at `{}`", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        source: Box<redb::Error>,
    },
    /// The file is not a sound database. It is left as it is.
    #[error("the database at `{}` is damaged: {why}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// How that shows.
        why: String,
    },
    /// A newer netscan wrote it.
    #[error("database format {found} is newer than {newest}, the newest this netscan reads")]
    TooNew {
        /// The format of the database.
        found: u64,
        /// The newest known here.
        newest: u64,
    },
    /// The database is not the one that the directory is known to hold.
    #[error(
        "`{}` belongs to the database {known}, but {}",
        path.display(),
        found.as_ref().map_or("that is gone".into(), |id| format!("the one beside it is {id}"))
    )]
    OtherInstance {
        /// The file that says which database belongs here.
        path: PathBuf,
        /// The database that belongs here.
        known: String,
        /// The one that is here; none when there is no database.
        found: Option<String>,
    },
}

fn owner(pid: Option<u32>) -> String {
    pid.map_or(String::new(), |pid| format!(" by process {pid}"))
}

/// Why something cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The record is there, but not as it was written.
    #[error("the {kind} record {key} cannot be read")]
    Damaged {
        /// The kind of record.
        kind: &'static str,
        /// Its key.
        key: String,
        /// How that shows.
        source: CodecError,
    },
    /// The database fails.
    #[error("the database cannot be read")]
    Storage(#[source] Box<redb::Error>),
    /// The database is being opened again after a fault.
    #[error("the database is not available at present")]
    Unavailable,
}

/// Lets `?` take each of redb's errors.
macro_rules! storage_errors {
    ($target:ident: $($source:ident),+) => {
        $(impl From<redb::$source> for $target {
            fn from(error: redb::$source) -> Self {
                Self::Storage(Box::new(error.into()))
            }
        })+
    };
}
pub(crate) use storage_errors;

storage_errors!(ReadError: StorageError, TableError, TransactionError);

impl ReadError {
    /// Returns whether what is stored is not what was written.
    pub fn is_damage(&self) -> bool {
        match self {
            Self::Damaged { .. } => true,
            Self::Storage(error) => matches!(**error, redb::Error::Corrupted(_)),
            Self::Unavailable => false,
        }
    }
}

/// Returns whether an error says that there is no room on the disk.
pub(crate) fn is_full(error: &redb::Error) -> bool {
    matches!(error, redb::Error::Io(error) if is_full_io(error))
}

/// Returns whether an error says that there is no room on the disk, or none of our share of it.
pub(crate) fn is_full_io(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

impl OpenError {
    /// Returns whether it does not open because the disk is full.
    pub fn is_full(&self) -> bool {
        match self {
            Self::Directory { source, .. } => is_full_io(source),
            Self::Open { source, .. } => is_full(source),
            Self::Locked { .. }
            | Self::Damaged { .. }
            | Self::TooNew { .. }
            | Self::OtherInstance { .. } => false,
        }
    }
}

/// What a request asks for that the store cannot do. Nothing of the request was done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Another project has the name.
    #[error("there is already a project named `{name}`")]
    NameTaken {
        /// The name.
        name: String,
    },
    /// More is granted to a project, and nobody says why.
    #[error(
        "this grants more than project {0} has, and such a change says why: add a note \
         (`--note WHY`)"
    )]
    NoGrantNote(ProjectId),
    /// There is no such project.
    #[error("there is no project {0}")]
    NoProject(ProjectId),
    /// There is no such scan.
    #[error("there is no scan {0}")]
    NoScan(ScanId),
    /// There is no such batch in the scan it is said to be of.
    #[error("there is no batch {0} in this scan")]
    NoBatch(BatchId),
    /// There is no such attempt at the batch.
    #[error("there is no attempt {attempt} at batch {batch}")]
    NoAttempt {
        /// The batch.
        batch: BatchId,
        /// Which try.
        attempt: AttemptNo,
    },
    /// There is no such entry in the scope.
    #[error("there is no entry {0} in this scope")]
    NoScope(ScopeId),
    /// The scan exists.
    #[error("there is already a scan {0}")]
    ScanExists(ScanId),
    /// The scan has not ended, so that it or its project cannot be deleted.
    #[error("scan {0} has not ended")]
    NotEnded(ScanId),
    /// There is no such token.
    #[error("there is no token {0}")]
    NoToken(TokenId),
    /// The token exists.
    #[error("there is already a token {0}")]
    TokenExists(TokenId),
    /// There is a profile of this name.
    #[error("there is already a profile `{name}`")]
    ProfileExists {
        /// The name.
        name: String,
    },
    /// There is no profile of this name.
    #[error("there is no profile `{name}`")]
    NoProfile {
        /// The name.
        name: String,
    },
    /// There are as many profiles as there may be.
    #[error("there are {PROFILES_MAX} profiles, and no more may be; delete some first")]
    TooManyProfiles,
    /// There are as many tokens as there may be.
    #[error("there are {TOKENS_MAX} tokens, and no more may be; revoke some first")]
    TooManyTokens,
}

/// Why a write was not done.
#[derive(Clone, Debug, thiserror::Error)]
pub enum WriteError {
    /// It asks for what cannot be.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// One of its records is too large to be stored.
    #[error(transparent)]
    Encode(#[from] CodecError),
    /// A record that it changes is damaged.
    #[error("the {kind} record {key} cannot be read")]
    Damaged {
        /// The kind of record.
        kind: &'static str,
        /// Its key.
        key: String,
        /// How that shows.
        source: CodecError,
    },
    /// The database failed. In rare cases the write is found to be done once it works again:
    /// when all bytes were on disk and only the last confirmation failed.
    #[error("the database could not be written: {reason}")]
    Io {
        /// Why.
        reason: String,
    },
    /// The disk is full, the ballast is used up, and nothing of it was done.
    #[error("the disk is full: the database could not be written")]
    Full,
    /// The store was shut down.
    #[error("the store is shut down")]
    Closed,
}

impl WriteError {
    /// Returns whether the same write may go well later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Io { .. } | Self::Full => true,
            Self::Refused(_) | Self::Encode(_) | Self::Damaged { .. } | Self::Closed => false,
        }
    }
}

/// Returns an error with its causes in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
