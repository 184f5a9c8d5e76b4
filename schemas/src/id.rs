//! Ids: dense positive integers, each kind a type of its own.
//!
//! Clients of the Python system expect plain integers, so that is how they look in JSON and in a
//! URL. Two kinds of id never mix: no function takes a bare integer for one.

use serde::{Deserialize, Serialize};
use std::{fmt, num::NonZeroU64, str::FromStr};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
            utoipa::ToSchema,
        )]
        #[serde(transparent)]
        #[schema(value_type = u64, minimum = 1)]
        pub struct $name(NonZeroU64);

        impl $name {
            /// Returns the id with this number, or `None` for zero.
            pub const fn new(number: u64) -> Option<Self> {
                match NonZeroU64::new(number) {
                    Some(number) => Some(Self(number)),
                    None => None,
                }
            }

            /// Returns the plain number.
            pub const fn get(self) -> u64 {
                self.0.get()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.0)
            }
        }

        impl FromStr for $name {
            type Err = std::num::ParseIntError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    };
}

id! {
    /// A project's number, unique in the store.
    ProjectId
}
id! {
    /// A scan's number, unique in the store and dense: `/api/scans/7` in a URL, `scan 7` in a log.
    ScanId
}
id! {
    /// A batch's number, unique over all scans of the store and never used again.
    BatchId
}
id! {
    /// The number of one host's row in one scan, unique over all scans of the store.
    HostId
}
id! {
    /// The number of an entry of a scope, unique in the store and never used again.
    ScopeId
}

/// Which try at a batch this is, from 1. `batch 12 attempt 2` is one nmap process.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
#[serde(transparent)]
#[schema(value_type = u32)]
pub struct AttemptNo(pub u32);

impl AttemptNo {
    /// The first try.
    pub const FIRST: Self = Self(1);

    /// Returns the number of the try after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for AttemptNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// The place of an event within its scan: 1, 2, 3 ... without a gap.
pub type Seq = u64;

/// The count of engine starts on a store: the fencing token of every claim on a batch.
pub type Epoch = u64;
