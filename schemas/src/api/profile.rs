//! Profiles: named sets of options.

use crate::{batch::Phase, limits::PROFILE_NAME_CHARS_MAX, scan::PlanKind};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A new profile.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NewProfile {
    /// Its name: 1 to 64 of `a-z`, `0-9`, `-` and `_`, unique.
    pub name: String,
    /// What it is for.
    #[serde(default)]
    pub description: String,
    /// nmap's flags, as in a scan's request.
    #[serde(default)]
    pub flags: Vec<String>,
    /// In how many steps its scans go over their addresses.
    #[serde(default)]
    pub plan: PlanKind,
}

/// What a profile is from now on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ProfileChange {
    /// What it is for.
    pub description: String,
    /// nmap's flags, as in a scan's request.
    pub flags: Vec<String>,
    /// In how many steps its scans go over their addresses.
    pub plan: PlanKind,
}

impl ProfileChange {
    /// Returns it as a profile of this name.
    pub fn named(self, name: String) -> NewProfile {
        let Self { description, flags, plan } = self;
        NewProfile { name, description, flags, plan }
    }
}

/// Where a profile comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProfileSource {
    /// It comes with netscan.
    Builtin,
    /// It stands in a file that the server has read when it started.
    File,
    /// A user has made it.
    Store,
}

impl ProfileSource {
    /// Returns the name used in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Builtin => "builtin",
            Self::File => "file",
            Self::Store => "store",
        }
    }
}

/// A profile, and what a scan with it would be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Profile {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Whether it comes with netscan, and so cannot be changed.
    pub builtin: bool,
    /// Where it comes from.
    pub source: ProfileSource,
    /// nmap's flags as written.
    pub flags: Vec<String>,
    /// In how many steps its scans go over their addresses.
    pub plan: PlanKind,
    /// nmap's command, its program first, targets and address family apart; empty when `error`
    /// says why.
    pub argv: Vec<String>,
    /// The commands of the steps of a staged plan; empty for any other.
    pub phases: Vec<PhaseCommand>,
    /// What it needs that not every scan has: `raw-sockets`, `scripts:intrusive`, `scripts:all`,
    /// `evasion`.
    pub needs: Vec<String>,
    /// What differs from its flags here, for want of privilege.
    pub fallback: Vec<String>,
    /// Why the caller cannot scan with it now.
    pub error: Option<String>,
}

/// The command of one step of a staged plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PhaseCommand {
    /// The step.
    pub phase: Phase,
    /// nmap's command, its program first. `OPEN` stands for the ports that were found open.
    pub argv: Vec<String>,
}

/// What a profile's name may be, in words.
pub fn profile_name_rule() -> String {
    format!(
        "a profile's name has 1 to {PROFILE_NAME_CHARS_MAX} of a-z, 0-9, - and _, and begins with \
         a letter or digit"
    )
}
