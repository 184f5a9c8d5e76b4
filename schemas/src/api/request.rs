//! What clients ask for: projects, scans, previews, single runs.

use crate::{
    api::host::{Host, InvalidTarget},
    api::{PhaseCommand, ScopeVerdict},
    grants::{Confirmation, ScriptTier},
    id::{ProjectId, ScanId},
    problem::FieldError,
    scan::{PlanKind, Policy, ScanStatus, UnresolvedTarget},
    stored::ProjectRecord,
    time::Time,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A new project.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct NewProject {
    /// Its name, 1 to 200 characters, unique.
    pub name: String,
    /// What it is for.
    #[serde(default)]
    pub description: Option<String>,
}

/// A project.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Project {
    /// Its number.
    pub id: ProjectId,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// When it was made.
    pub created_at: Time,
    /// How many scans it has.
    pub scan_count: u64,
    /// What its scans may do beyond what every operator may.
    pub grants: ProjectGrants,
}

impl Project {
    /// Returns what clients see of a project.
    pub fn new(record: ProjectRecord, scan_count: u64) -> Self {
        let ProjectRecord { id, name, description, created_at, grants, widened } = record;
        let (note, by, at) = match widened {
            Some(last) => (Some(last.note), Some(last.by), Some(last.at)),
            None => (None, None, None),
        };
        let grants =
            ProjectGrants { scripts: grants.scripts, evasion: grants.evasion, note, by, at };
        Self { id, name, description, created_at, scan_count, grants }
    }
}

/// What an administrator has granted a project. `note`, `by` and `at` are of the last time that
/// something was granted, and null while nothing is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProjectGrants {
    /// Which scripts its scans may run.
    pub scripts: ScriptTier,
    /// Whether administrators may slip its scans past filters, or hurry them (`-T5`).
    pub evasion: bool,
    /// Why.
    pub note: Option<String>,
    /// By whom.
    pub by: Option<String>,
    /// When.
    pub at: Option<Time>,
}

/// What to scan and how. Unknown fields are refused on our own routes, and named in `warnings` on
/// the routes of the Python system's clients.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ScanRequest {
    /// The project; the project "Default" when left out.
    pub project_id: Option<ProjectId>,
    /// nmap's flags, as one would type them; parsed, never passed on.
    pub nmap_flags: Vec<String>,
    /// Addresses, CIDR blocks, ranges, host names.
    pub targets: Vec<String>,
    /// Addresses in a batch. Left out, the engine chooses and tunes it; given, it is kept, or a
    /// starting point with `adaptive: true`.
    pub chunk_size: Option<u32>,
    /// Batches at once; left out or given as `chunk_size`.
    pub concurrency: Option<u32>,
    /// Taken and ignored, with a warning.
    pub runner: Option<serde_json::Value>,
    /// What not to scan, written like targets.
    pub exclude: Vec<String>,
    /// The name of a profile. Its flags come first; one of `nmap_flags` takes the place of those of
    /// the profile that say the same thing (ports, kind of TCP scan, `-T`, `-n` or `-R` ...), and
    /// scripts add up.
    pub profile: Option<String>,
    /// In how many steps the addresses are gone over; left out, as the profile says, else `single`.
    pub plan: Option<PlanKind>,
    /// A name for people.
    pub name: Option<String>,
    /// How hard to try.
    pub policy: Policy,
    /// Whether the engine tunes `chunk_size` and `concurrency`: what is left out unless this says
    /// otherwise, both with `true`, none with `false`.
    pub adaptive: Option<bool>,
    /// What is dangerous and wanted all the same.
    pub confirm: Vec<Confirmation>,
}

/// The answer to an accepted scan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ScanAccepted {
    /// Its number.
    pub scan_id: ScanId,
    /// Always `started`.
    pub status: String,
    /// What was understood otherwise than it was written.
    pub warnings: Vec<String>,
}

/// The answer to a stop, pause or resume.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ScanCommandAnswer {
    /// The scan.
    pub scan_id: ScanId,
    /// Where it stands now.
    pub status: ScanStatus,
}

/// What a rescan scans again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RescanOnly {
    /// Addresses without a verdict.
    #[default]
    Unfinished,
    /// Addresses that nmap gave up on.
    TimedOut,
    /// Everything.
    All,
}

/// A rescan.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct RescanRequest {
    /// What to scan again.
    pub only: RescanOnly,
    /// What is dangerous and wanted all the same.
    pub confirm: Vec<Confirmation>,
}

/// One nmap run that is waited for.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct RunRequest {
    /// nmap's flags.
    #[serde(default)]
    pub nmap_flags: Option<Vec<String>>,
    /// The same under another name.
    #[serde(default)]
    pub flags: Option<Vec<String>>,
    /// Targets.
    pub targets: Vec<String>,
    /// What is dangerous and wanted all the same.
    #[serde(default)]
    pub confirm: Vec<Confirmation>,
}

/// What one nmap run gave.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RunAnswer {
    /// nmap's normal output.
    pub stdout: String,
    /// Its exit code.
    pub exit_code: i32,
    /// What it found.
    pub hosts: Vec<Host>,
    /// The scan it is kept as, in the project "Quick scans".
    pub scan_id: ScanId,
    /// What was understood otherwise than it was written, or left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// A flag that is not passed on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RefusedFlag {
    /// The flag as written.
    pub flag: String,
    /// Its place in `nmap_flags`.
    pub index: usize,
    /// Why, and what to do instead.
    pub reason: String,
}

/// What a scan would be, without running anything.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Preview {
    /// Targets in all, at most `u64::MAX`: `problems` names the number when there are more.
    pub total_targets: u64,
    /// Addresses that would be scanned.
    pub addresses: u64,
    /// Addresses that an exclude takes out.
    pub excluded: u64,
    /// Batches.
    pub batches: u64,
    /// nmap's command, its program first.
    pub argv: Vec<String>,
    /// In how many steps the addresses would be gone over.
    #[serde(default)]
    pub plan: PlanKind,
    /// The commands of the steps of a staged plan; empty for any other.
    #[serde(default)]
    pub phases: Vec<PhaseCommand>,
    /// What differs from what was asked for, for want of privilege.
    pub fallback: Vec<String>,
    /// What was understood otherwise than it was written.
    pub warnings: Vec<String>,
    /// Flags that are not passed on.
    pub refused: Vec<RefusedFlag>,
    /// Targets and excludes that cannot be read.
    pub invalid: Vec<InvalidTarget>,
    /// Names without an address.
    pub unresolved: Vec<UnresolvedTarget>,
    /// Whether the addresses may be scanned.
    pub scope: ScopeVerdict,
    /// What else `POST /api/scans` would refuse.
    pub problems: Vec<FieldError>,
}
