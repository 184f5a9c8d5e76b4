//! Why nothing was simulated, and the exit code that says so.

use crate::plan::PlanError;
use std::io;

#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("{0}; see the top of its source for the usage")]
    Usage(String),
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// This machine cannot do it, which is no fault of a test.
    #[error("skipped: {0}")]
    Missing(String),
    #[error("there is no command `{0}`")]
    NoCommand(String),
    #[error("{tried}: {source}")]
    Io { tried: String, source: io::Error },
}

impl Failure {
    pub(crate) fn of(tried: impl Into<String>, source: impl Into<io::Error>) -> Self {
        Self::Io { tried: tried.into(), source: source.into() }
    }

    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) | Self::Plan(_) => 2,
            Self::Missing(_) => 77,
            Self::Io { .. } => 125,
            Self::NoCommand(_) => 127,
        }
    }
}
