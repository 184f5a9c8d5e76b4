//! What may be scanned: the words that stored entries, the API and the engine share.

use serde::{Deserialize, Serialize};
use std::fmt;
use utoipa::ToSchema;

/// Which of the two lists of a scope an entry is in.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ScopeList {
    /// May be scanned.
    Allow,
    /// May not be scanned, whatever allows it.
    Deny,
}

impl ScopeList {
    /// Returns the name used in JSON and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
        }
    }
}

impl fmt::Display for ScopeList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why an address may not be scanned, gravest first: each address has the first one that holds.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum ScopeRule {
    /// Never scanned: metadata services, multicast, what is reserved.
    BuiltIn,
    /// An entry of the server denies it.
    Denied,
    /// An entry of the project denies it.
    ProjectDenied,
    /// Nothing of the server allows it.
    NotAllowed,
    /// The project has a list of what it may scan, and it is not in that.
    ProjectNotAllowed,
}

impl ScopeRule {
    /// Returns the name used in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BuiltIn => "built-in",
            Self::Denied => "denied",
            Self::ProjectDenied => "project-denied",
            Self::NotAllowed => "not-allowed",
            Self::ProjectNotAllowed => "project-not-allowed",
        }
    }
}
