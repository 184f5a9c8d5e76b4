//! From a request to a scan in the store: everything is checked here, once, at the boundary.
//!
//! ```text
//! ScanRequest ─► targets, names ─► addresses ─┐
//!                                             │ in scope?
//!             ─► flags ─► typed options ──────┼─► Checked ─► ScanSpec + plan ─► store
//!             ─► numbers, policy ─────────────┘
//! ```

mod aim;
mod flags;

pub(crate) use self::{
    aim::{Aim, Invalid},
    flags::{Wish, read_flags},
};

use self::flags::flag_errors;
use crate::{
    grants::Standing,
    processors,
    scan::{plan, tuning},
    scanner::Scanner,
    scope::{OutOfScope, Scopes},
};
use netscan_nmap::locate::LocateError;
use netscan_schemas::{
    ProjectId, ScanId, Time,
    api::ScanRequest,
    audit::{AuditAction, AuditKind, Origin},
    limits,
    problem::{FieldError, is_name},
    scan::{PlanKind, Resplit, Tuning},
    scope::ScopeRule,
    stored::{AuditEntry, PlanRecord, ScanSpec},
};
use netscan_store::{ReadError, Store, WriteError};

/// Why a request does not become a scan. Every fault of one kind is named at once.
#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    /// Values out of their range.
    #[error("{}", first(.0))]
    Values(Vec<FieldError>),
    /// Targets or excludes that cannot be read.
    #[error("{}", first(.0))]
    Targets(Vec<FieldError>),
    /// Flags that are not passed on.
    #[error("{}", first(.0))]
    Flags(Vec<FieldError>),
    /// Flags that need a privilege that netscan does not have.
    #[error("{}", first(.0))]
    Privilege(Vec<FieldError>),
    /// More addresses than one scan may have.
    #[error(
        "the targets are {} addresses, and one scan may have {max}; split them, or exclude some",
        exactly(*count)
    )]
    TooMany {
        /// How many.
        count: u128,
        /// How many are allowed.
        max: u64,
    },
    /// More addresses than one run that is waited for may have.
    #[error(
        "the targets are {} addresses, and one run that is waited for may have {max} \
         (run_addresses_max); `POST /api/scans` takes more", exactly(*count)
    )]
    TooManyForRun {
        /// How many.
        count: u128,
        /// How many are allowed.
        max: u64,
    },
    /// Targets that may not be scanned.
    #[error(transparent)]
    OutOfScope(#[from] OutOfScope),
    /// There is no such project.
    #[error("there is no project {0}")]
    NoProject(ProjectId),
    /// There is no usable nmap.
    #[error(transparent)]
    Nmap(#[from] LocateError),
    /// The store cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The store cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The server is going down.
    #[error("the server is going down")]
    Leaving,
}

/// Returns a count of addresses. Only the whole of IPv6 is more than the number holds, by one.
fn exactly(count: u128) -> String {
    if count == u128::MAX { "2^128".to_owned() } else { count.to_string() }
}

fn first(errors: &[FieldError]) -> String {
    let Some(error) = errors.first() else { return "the request is not valid".into() };
    match errors.len() {
        1 => error.detail.clone(),
        count => format!("{} (and {} more, see `errors`)", error.detail, count - 1),
    }
}

/// Returns the error of targets that one rule keeps from being scanned.
pub(crate) fn out_of_scope(rule: ScopeRule, detail: &str) -> FieldError {
    field("/targets", rule.as_str(), detail)
}

pub(crate) fn field(pointer: &str, code: &str, detail: &str) -> FieldError {
    FieldError { pointer: pointer.into(), code: code.into(), detail: detail.into() }
}

fn check_values(request: &ScanRequest) -> Result<(), SubmitError> {
    let errors = wrong_values(request);
    if errors.is_empty() { Ok(()) } else { Err(SubmitError::Values(errors)) }
}

pub(crate) fn wrong_values(request: &ScanRequest) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let mut range = |name: &str, value: u32, max: u32| {
        if !(1..=max).contains(&value) {
            let detail = format!("{name} must be 1 to {max}, not {value}");
            errors.push(field(&format!("/{name}"), "out-of-range", &detail));
        }
    };
    // What is left out is in range.
    range("chunk_size", request.chunk_size.unwrap_or(1), limits::CHUNK_SIZE_MAX);
    range("concurrency", request.concurrency.unwrap_or(1), limits::CONCURRENCY_MAX);
    if let Err((name, why)) = request.policy.check() {
        let detail = format!("policy.{name} {why}");
        errors.push(field(&format!("/policy/{name}"), "out-of-range", &detail));
    }
    let lines = request.targets.len() + request.exclude.len();
    if lines > limits::TARGET_LINES_MAX {
        let detail = format!(
            "{lines} lines of targets and excludes, and {} are allowed",
            limits::TARGET_LINES_MAX
        );
        errors.push(field("/targets", "too-many", &detail));
    }
    if request.name.as_deref().is_some_and(|name| !is_name(name)) {
        let detail = format!(
            "a scan's name has 1 to {} printable characters, without blanks at either end; null \
             is none",
            limits::NAME_CHARS_MAX
        );
        errors.push(field("/name", "invalid-name", &detail));
    }
    errors
}

/// Refuses what one nmap cannot scan.
fn check_one_batch(plan: &PlanRecord, chunk_size: u32) -> Result<(), SubmitError> {
    let max = limits::RUN_ADDRESSES_MAX;
    if plan.addresses.count() > max {
        return Err(SubmitError::TooManyForRun { count: plan.addresses.len(), max });
    }
    if plan::batch_count(&plan.addresses, chunk_size) > 1 {
        let detail = "one nmap scans either IPv4 or IPv6: ask for the two apart, or start a scan \
                      with `POST /api/scans`";
        return Err(SubmitError::Targets(vec![field("/targets", "two-families", detail)]));
    }
    Ok(())
}

/// Puts hosts that earlier scans could not finish at the end of a plan.
fn plan_difficult(
    store: &Store,
    plan: &mut PlanRecord,
    warnings: &mut Vec<String>,
) -> Result<(), ReadError> {
    let max = limits::DIFFICULT_HOSTS_MAX;
    let (last, has_more) = store.difficult_among(&plan.addresses, max)?;
    if !last.is_empty() {
        let count = last.count();
        let which = if has_more { format!("more than {max}") } else { count.to_string() };
        warnings.push(format!(
            "{which} of the targets could not be finished by earlier scans: {count} are scanned at \
             the end, one by one"
        ));
    }
    plan.last = last;
    Ok(())
}

/// How large batches are and how many run, and which of the two is tuned.
pub(crate) struct Numbers {
    pub(crate) chunk_size: u32,
    concurrency: u32,
    tuning: Tuning,
}

/// Chooses what the user left out. A number that was given is kept, unless `adaptive: true` calls
/// it a starting point.
pub(crate) fn numbers(request: &ScanRequest, is_heavy: bool, slots: usize) -> Numbers {
    let chunk = if is_heavy { tuning::CHUNK_FIRST_HEAVY } else { tuning::CHUNK_FIRST };
    let cores = u32::try_from(processors::count()).unwrap_or(u32::MAX);
    let slots = u32::try_from(slots).unwrap_or(u32::MAX);
    let places = cores.saturating_mul(tuning::PLACES_FIRST).min(slots);
    let is_tuned = |given: Option<u32>| request.adaptive.unwrap_or(given.is_none());
    Numbers {
        chunk_size: request.chunk_size.unwrap_or(chunk),
        concurrency: request.concurrency.unwrap_or(places).min(limits::CONCURRENCY_MAX),
        tuning: Tuning {
            chunk_size: is_tuned(request.chunk_size),
            concurrency: is_tuned(request.concurrency),
        },
    }
}

/// What a request is checked against.
#[derive(Clone, Copy)]
pub(crate) struct May<'s> {
    pub(crate) scanner: &'s Scanner,
    pub(crate) store: &'s Store,
    pub(crate) scopes: &'s Scopes,
    pub(crate) slots: usize,
}

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A scan.
    Scan,
    /// A scan of another's targets.
    Rescan(ScanId),
    /// One nmap that is waited for.
    Run,
}

impl Kind {
    fn parent(self) -> Option<ScanId> {
        match self {
            Self::Rescan(parent) => Some(parent),
            Self::Scan | Self::Run => None,
        }
    }
}

/// Checks a request and returns the scan that it makes.
pub(crate) async fn check(
    may: May<'_>,
    wish: Wish,
    id: impl FnOnce() -> ScanId,
    (project_id, standing): (ProjectId, &Standing),
    kind: Kind,
) -> Result<(ScanSpec, PlanRecord), SubmitError> {
    let May { scanner, store, scopes, slots } = may;
    check_values(&wish.request)?;
    let flags = read_flags(scanner, &wish, standing).await?.map_err(flag_errors)?;
    let request = wish.request;
    let mut aim = Aim::read(&request).await;
    aim.check()?;
    flags.check_family(&aim.plan.addresses).map_err(|error| flag_errors(vec![error]))?;
    scopes.effective(Some(project_id)).check(&aim.plan.addresses)?;
    if kind == Kind::Run {
        check_one_batch(&aim.plan, limits::CHUNK_SIZE_MAX)?;
    }
    aim.plan.order = plan::order(&aim.plan.addresses);
    let mut warnings = flags.warnings;
    warnings.append(&mut aim.notes);
    if flags.probes_ports && request.policy.resplit == Resplit::Bisect {
        plan_difficult(store, &mut aim.plan, &mut warnings)?;
    }
    let numbers = numbers(&request, flags.is_heavy, slots);
    warnings.extend(request_warnings(&request, numbers.concurrency, slots));
    let spec = ScanSpec {
        id: id(),
        project_id,
        name: request.name,
        created_at: Time::now(),
        profile: request.profile,
        phases: flags.phases.iter().map(|step| step.phase).collect(),
        nmap_flags: request.nmap_flags,
        targets: request.targets,
        exclude: request.exclude,
        chunk_size: numbers.chunk_size,
        concurrency: numbers.concurrency,
        tuning: numbers.tuning,
        policy: request.policy,
        argv: flags.argv,
        fallback: flags.fallback,
        warnings,
        parent_scan_id: kind.parent(),
        // Both are at most `SCAN_ADDRESSES_MAX`: `aim.check` has seen to that.
        total_targets: u64::try_from(aim.total).unwrap_or(u64::MAX),
        excluded: u64::try_from(aim.excluded).unwrap_or(u64::MAX),
        unresolved: aim.unresolved,
    };
    Ok((spec, aim.plan))
}

/// Returns the entry of the audit log for a scan that is accepted.
pub(crate) fn entry(spec: &ScanSpec, kind: Kind, by: &Origin) -> AuditEntry {
    let action = match kind {
        Kind::Scan => AuditAction::ScanCreate,
        Kind::Rescan(_) => AuditAction::ScanRescan,
        Kind::Run => AuditAction::ScanRun,
    };
    let lists = (&spec.targets, &spec.exclude, &spec.nmap_flags);
    // Lists of text always serialize.
    let params = serde_json::to_vec(&lists).unwrap_or_default();
    by.did(action)
        .on(AuditKind::Scan, spec.id)
        .saying(told(spec))
        .digesting(*blake3::hash(&params).as_bytes())
}

/// Says what a scan is of.
fn told(spec: &ScanSpec) -> String {
    /// Of a list, so many are named.
    const NAMED: usize = 4;
    let list = |texts: &[String]| {
        let named: Vec<&str> = texts.iter().take(NAMED).map(String::as_str).collect();
        let more = texts.len() - named.len();
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!("{}{more}", named.join(" "))
    };
    let mut said = match spec.parent_scan_id {
        Some(parent) => format!("of scan {parent}: "),
        None => String::new(),
    };
    let count = spec.total_targets;
    said.push_str(&format!(
        "project {}, {count} targets: {}",
        spec.project_id,
        list(&spec.targets)
    ));
    if !spec.exclude.is_empty() {
        said.push_str(&format!("; without {}", list(&spec.exclude)));
    }
    if let Some(profile) = &spec.profile {
        said.push_str(&format!("; profile {profile}"));
    }
    if spec.plan() == PlanKind::Staged {
        said.push_str("; staged");
    }
    if !spec.nmap_flags.is_empty() {
        said.push_str(&format!("; flags {}", spec.nmap_flags.join(" ")));
    }
    said
}

fn request_warnings(request: &ScanRequest, concurrency: u32, slots: usize) -> Vec<String> {
    let mut warnings = Vec::new();
    if request.runner.is_some() {
        warnings.push("`runner` is ignored: netscan runs nmap itself".to_owned());
    }
    if concurrency as usize > slots {
        warnings.push(format!(
            "concurrency {concurrency} is above the {slots} slots of the server: at most {slots} \
             run at once"
        ));
    }
    warnings
}
