//! Profiles that users have made.

use crate::{scan::PlanKind, time::Time};
use serde::{Deserialize, Serialize};

/// A named set of options.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfileRecord {
    /// Its name, unique in the store.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// nmap's flags as written.
    pub flags: Vec<String>,
    /// In how many steps its scans go over their addresses.
    pub plan: PlanKind,
    /// When it was made.
    pub created_at: Time,
    /// When it was changed last.
    pub changed_at: Time,
}
