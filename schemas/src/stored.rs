//! What is kept in the store, each record in its newest version.
//!
//! A record's bytes name its version. When a record here changes, its old shape stays beside it
//! under its own name with a `From` into the next, the version in `store` goes up, and the golden
//! file of the old one is still read. The shapes are apart from those of the API on purpose: the
//! API may grow without rewriting a store.

mod audit;
mod profile;
mod scope;
pub mod v1;
pub mod v2;
pub mod v3;

pub use audit::{AuditEntry, AuditObject, AuditOutcome, AuditRecord};
pub use profile::ProfileRecord;
pub use scope::ScopeRecord;

use crate::{
    access::{Role, TokenId},
    address::AddressSet,
    attempt::{Ending, Outcome, RawInfos},
    batch::{BatchStatus, BatchSummary, Lane, Phase},
    grants::Grants,
    host::{HostFinding, PortId},
    id::{AttemptNo, BatchId, Epoch, HostId, ProjectId, ScanId},
    scan::{PinnedName, PlanKind, Policy, Tuning, UnresolvedTarget, Verdict, VerdictCounts},
    time::Time,
};
use serde::{Deserialize, Serialize};

/// A project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectRecord {
    /// Its number.
    pub id: ProjectId,
    /// Its name, unique in the store.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// When it was made.
    pub created_at: Time,
    /// What its scans may do beyond what every operator may.
    pub grants: Grants,
    /// How they came to be more than that; none while they are not.
    pub widened: Option<Widening>,
}

impl ProjectRecord {
    /// Returns a project without a grant.
    pub fn new(id: ProjectId, name: String, description: Option<String>, created_at: Time) -> Self {
        Self { id, name, description, created_at, grants: Grants::default(), widened: None }
    }
}

/// The last time that something was granted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Widening {
    /// Why.
    pub note: String,
    /// By whom.
    pub by: String,
    /// When.
    pub at: Time,
}

/// What a scan was asked to do. Written once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScanSpec {
    /// Its number.
    pub id: ScanId,
    /// Its project.
    pub project_id: ProjectId,
    /// Its name, if it was given one.
    pub name: Option<String>,
    /// When it was accepted.
    pub created_at: Time,
    /// The profile that it was asked for with; its flags are among `nmap_flags`.
    pub profile: Option<String>,
    /// The steps in which it goes over its addresses; none where it does so at once. They are those
    /// of its beginning, whatever a later server may do: addresses wait for each of them.
    pub phases: Vec<Phase>,
    /// The flags as written, those of the profile first.
    pub nmap_flags: Vec<String>,
    /// The targets as written.
    pub targets: Vec<String>,
    /// The excludes as written.
    pub exclude: Vec<String>,
    /// Addresses in a batch; to begin with, where it is tuned.
    pub chunk_size: u32,
    /// Batches that run at once; to begin with, where it is tuned.
    pub concurrency: u32,
    /// Which of the two the engine tunes.
    pub tuning: Tuning,
    /// How hard it tries.
    pub policy: Policy,
    /// nmap's arguments, targets and address family apart.
    pub argv: Vec<String>,
    /// What differs from what was asked for, for want of privilege.
    pub fallback: Vec<String>,
    /// What was said to the client when it was accepted.
    pub warnings: Vec<String>,
    /// The scan whose targets it scans again.
    pub parent_scan_id: Option<ScanId>,
    /// Targets in all: addresses with the excluded ones, and names without an address.
    pub total_targets: u64,
    /// Addresses that an exclude took out.
    pub excluded: u64,
    /// Names without an address.
    pub unresolved: Vec<UnresolvedTarget>,
}

impl ScanSpec {
    /// Returns a scan of nothing, one address and one batch at a time.
    pub fn new(id: ScanId, project_id: ProjectId, created_at: Time) -> Self {
        Self {
            id,
            project_id,
            name: None,
            created_at,
            profile: None,
            phases: Vec::new(),
            nmap_flags: Vec::new(),
            targets: Vec::new(),
            exclude: Vec::new(),
            chunk_size: 1,
            concurrency: 1,
            tuning: Tuning::default(),
            policy: Policy::default(),
            argv: Vec::new(),
            fallback: Vec::new(),
            warnings: Vec::new(),
            parent_scan_id: None,
            total_targets: 0,
            excluded: 0,
            unresolved: Vec::new(),
        }
    }

    /// Returns in how many steps it goes over its addresses.
    pub fn plan(&self) -> PlanKind {
        if self.phases.is_empty() { PlanKind::Single } else { PlanKind::Staged }
    }

    /// Returns whether nothing was run for it: it was made from a file that nmap had written
    /// elsewhere. Such a scan has no concurrency; its arguments are those in the file, to show.
    pub fn is_import(&self) -> bool {
        self.concurrency == 0
    }
}

/// In which order a plan is cut into batches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum PlanOrder {
    /// From the lowest address to the highest.
    #[default]
    InOrder,
    /// Each batch has addresses from all over the plan. What `actors` makes of this may not change:
    /// a scan goes on by it after a restart.
    Strided,
}

/// Which addresses a scan scans. Written once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanRecord {
    /// Targets minus excludes.
    pub addresses: AddressSet,
    /// The names among the targets and the addresses they had.
    pub names: Vec<PinnedName>,
    /// Those of the addresses that are scanned last and one by one: earlier scans could not finish
    /// them.
    pub last: AddressSet,
    /// In which order they are cut into batches: the cursor counts along it.
    pub order: PlanOrder,
}

/// Counts that the store's writer keeps beside a scan, in the transactions that change them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TallyRecord {
    /// Addresses with the verdict up.
    pub up: u64,
    /// Addresses with the verdict down.
    pub down: u64,
    /// Addresses that nmap gave up on at the user's host timeout.
    pub timed_out: u64,
    /// Open ports on hosts of the scan.
    pub open_ports: u64,
    /// Batches in each state, in the order of [`BatchStatus::ALL`].
    pub batches: [u64; 7],
}

impl TallyRecord {
    /// Returns how many batches are in a state.
    pub fn in_state(&self, status: BatchStatus) -> u64 {
        let by_state = BatchStatus::ALL.into_iter().zip(self.batches);
        by_state.filter(|(state, _)| *state == status).map(|(_, count)| count).sum()
    }

    /// Returns the verdicts of a scan's targets.
    pub fn verdicts(&self, spec: &ScanSpec) -> VerdictCounts {
        let unresolved = spec.unresolved.len() as u64;
        let known = self.up + self.down + self.timed_out + spec.excluded + unresolved;
        VerdictCounts {
            up: self.up,
            down: self.down,
            timed_out: self.timed_out,
            unfinished: spec.total_targets.saturating_sub(known),
            excluded: spec.excluded,
            unresolved,
        }
    }
}

/// A batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchRecord {
    /// Its number.
    pub id: BatchId,
    /// Its scan.
    pub scan_id: ScanId,
    /// The batch it was split from.
    pub parent: Option<BatchId>,
    /// Its addresses, all of one family.
    pub addresses: AddressSet,
    /// Where it stands.
    pub status: BatchStatus,
    /// Its newest attempt; none before the first.
    pub attempt: Option<AttemptNo>,
    /// Attempts that count against the budget.
    pub charged_attempts: u32,
    /// When its first attempt started.
    pub started_at: Option<Time>,
    /// When it ended.
    pub finished_at: Option<Time>,
    /// What it found.
    pub summary: BatchSummary,
    /// What its newest attempt proved.
    pub outcome: Option<Outcome>,
    /// The server start that holds it.
    pub epoch: Epoch,
    /// How it is treated.
    pub lane: Lane,
    /// Server starts that ended while it ran and had finished nothing, one after the other.
    pub servers_lost: u32,
    /// The step of a staged plan that it is of; none in any other plan.
    pub phase: Option<Phase>,
}

impl BatchRecord {
    /// Returns a batch that waits for its first attempt.
    pub fn new(id: BatchId, scan_id: ScanId, addresses: AddressSet, epoch: Epoch) -> Self {
        Self {
            id,
            scan_id,
            parent: None,
            addresses,
            status: BatchStatus::Queued,
            attempt: None,
            charged_attempts: 0,
            started_at: None,
            finished_at: None,
            summary: BatchSummary::default(),
            outcome: None,
            epoch,
            lane: Lane::Main,
            servers_lost: 0,
            phase: None,
        }
    }
}

/// The addresses of a batch that have a verdict, kept by the writer with each host.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerdictsRecord {
    /// Up.
    pub up: AddressSet,
    /// Down.
    pub down: AddressSet,
    /// Given up by nmap at the user's host timeout.
    pub timed_out: AddressSet,
    /// Open ports on them, and on those that are passed on.
    pub open_ports: u64,
    /// Finished here, and passed on to the next step of a staged plan: no verdict yet. It stays so
    /// when that step has given one.
    pub passed: AddressSet,
}

impl VerdictsRecord {
    /// Returns the addresses that have a verdict.
    pub fn known(&self) -> AddressSet {
        self.up.union(&self.down).union(&self.timed_out)
    }

    /// Returns the addresses that the batch is done with: those that have a verdict, and those that
    /// it has passed on.
    pub fn settled(&self) -> AddressSet {
        self.known().union(&self.passed)
    }
}

/// One attempt at a batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptRecord {
    /// The batch.
    pub batch_id: BatchId,
    /// Which try.
    pub attempt: AttemptNo,
    /// The server start that made it.
    pub epoch: Epoch,
    /// nmap's arguments, its program first.
    pub argv: Vec<String>,
    /// What it scans.
    pub addresses: AddressSet,
    /// The process, once it runs.
    pub pid: Option<u32>,
    /// When it was claimed.
    pub started_at: Time,
    /// When it ended.
    pub finished_at: Option<Time>,
    /// How the process ended; none while it runs.
    pub ending: Option<Ending>,
    /// What it proved; none while it runs.
    pub outcome: Option<Outcome>,
    /// Processor time that nmap took.
    pub cpu_ms: u64,
    /// Hosts that it finished.
    pub finished_hosts: u64,
    /// What is kept of its outputs.
    pub raw: RawInfos,
}

/// A host of a scan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostRecord {
    /// Its number.
    pub id: HostId,
    /// Its scan.
    pub scan_id: ScanId,
    /// The batch that it was found by.
    pub batch_id: BatchId,
    /// The attempt that it was found by.
    pub attempt: AttemptNo,
    /// When the finding was made durable.
    pub seen_at: Time,
    /// What nmap said, over all steps of a staged plan. While the verdict is `unfinished`: what the
    /// steps so far have found out, and nothing but the address where there is none.
    pub finding: HostFinding,
    /// Up, timed out, or unfinished.
    pub verdict: Verdict,
    /// Open ports that nmap announced for a host that it did not finish, in order. A verdict of up
    /// or down replaces them.
    pub provisional: Vec<PortId>,
}

/// A host that a scan could not finish, alone and to the end of its budget. Remembered over all
/// scans, until one finishes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DifficultRecord {
    /// How often.
    pub times: u32,
    /// The newest times, oldest first; at most [`DIFFICULT_HISTORY_MAX`](crate::limits).
    pub history: Vec<Difficulty>,
}

/// One time that a host could not be finished.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difficulty {
    /// The scan; it may have been deleted since.
    pub scan_id: ScanId,
    /// The last batch that tried.
    pub batch_id: BatchId,
    /// What its last attempt proved.
    pub outcome: Outcome,
    /// When it was given up.
    pub at: Time,
}

/// A token: who holds its secret may do what its role allows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenRecord {
    /// The part of it that is no secret.
    pub id: TokenId,
    /// BLAKE3 of the secret, which has 256 random bits and so needs no slow hash.
    pub secret_blake3: [u8; 32],
    /// What it is for.
    pub name: String,
    /// What its holder may do.
    pub role: Role,
    /// The only projects that its holder sees; none for all. A project that is gone stays listed:
    /// its number is never given out again.
    pub projects: Option<Vec<ProjectId>>,
    /// When it was made.
    pub created_at: Time,
    /// When it ends.
    pub expires_at: Option<Time>,
    /// When it was last used, to about a minute.
    pub last_used_at: Option<Time>,
}

/// A browser that was let in. Filed under BLAKE3 of its cookie's secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionRecord {
    /// The token that it was let in with; it ends with that.
    pub token: TokenId,
    /// When it began.
    pub created_at: Time,
    /// When it was last used, to about a minute.
    pub last_seen_at: Time,
}
