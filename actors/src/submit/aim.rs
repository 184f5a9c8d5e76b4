//! Which addresses a request means: targets and excludes are read, and names resolved.

use super::{SubmitError, field};
use netscan_nmap::{
    resolve::resolve,
    targets::{self, HostName},
};
use netscan_schemas::{
    api::ScanRequest, limits, problem::FieldError, scan::UnresolvedTarget, stored::PlanRecord,
};

/// A target or an exclude that cannot be read.
#[derive(Clone)]
pub(crate) struct Invalid {
    /// As written.
    pub(crate) target: String,
    pub(crate) reason: String,
    pub(crate) error: FieldError,
}

/// Which addresses a request means.
pub(crate) struct Aim {
    pub(crate) plan: PlanRecord,
    pub(crate) total: u128,
    pub(crate) excluded: u128,
    pub(crate) unresolved: Vec<UnresolvedTarget>,
    pub(crate) invalid: Vec<Invalid>,
    pub(crate) notes: Vec<String>,
}

impl Aim {
    /// Reads targets and excludes, and resolves the names among them.
    pub(crate) async fn read(request: &ScanRequest) -> Self {
        let (listed, mut invalid) = read_targets("targets", &request.targets);
        let (excluded, bad_excludes) = read_targets("exclude", &request.exclude);
        invalid.extend(bad_excludes);
        let mut aim = Self {
            plan: PlanRecord::default(),
            total: 0,
            excluded: 0,
            unresolved: Vec::new(),
            invalid,
            notes: Vec::new(),
        };
        let mut targets = listed.addresses;
        let mut excludes = excluded.addresses;
        if request.policy.resolve {
            let (named, unnamed) = futures_util::future::join(
                resolve(&listed.names, limits::RESOLVE_TIMEOUT),
                resolve(&excluded.names, limits::RESOLVE_TIMEOUT),
            )
            .await;
            targets = targets.union(&named.names.iter().map(|name| name.address).collect());
            excludes = excludes.union(&unnamed.names.iter().map(|name| name.address).collect());
            aim.plan.names = named.names;
            aim.unresolved = named.unresolved;
            aim.notes = named.notes;
            aim.invalid.extend(unnamed.unresolved.iter().map(unresolved_exclude));
        } else {
            let reason = "it is a name, and `policy.resolve` is false".to_owned();
            let unresolved = |name: &HostName| UnresolvedTarget {
                target: name.to_string(),
                reason: reason.clone(),
            };
            aim.unresolved = listed.names.iter().map(unresolved).collect();
            let unexcluded = excluded.names.iter().map(unresolved);
            aim.invalid.extend(unexcluded.map(|name| unresolved_exclude(&name)));
        }
        aim.plan.addresses = targets.difference(&excludes);
        aim.excluded = targets.len() - aim.plan.addresses.len();
        aim.total = targets.len().saturating_add(aim.unresolved.len() as u128);
        aim
    }

    /// Returns what is wrong with it, if something is.
    pub(super) fn check(&self) -> Result<(), SubmitError> {
        if !self.invalid.is_empty() {
            let errors = self.invalid.iter().map(|invalid| invalid.error.clone());
            return Err(SubmitError::Targets(errors.collect()));
        }
        self.check_size()
    }

    pub(crate) fn check_size(&self) -> Result<(), SubmitError> {
        if self.total == 0 && self.invalid.is_empty() {
            let detail = "there are no targets: give at least one address, block, range or name";
            return Err(SubmitError::Targets(vec![field("/targets", "no-targets", detail)]));
        }
        if self.total > u128::from(limits::SCAN_ADDRESSES_MAX) {
            let max = limits::SCAN_ADDRESSES_MAX;
            return Err(SubmitError::TooMany { count: self.total, max });
        }
        Ok(())
    }
}

fn read_targets(name: &str, specs: &[String]) -> (targets::TargetList, Vec<Invalid>) {
    let (list, errors) = targets::parse(specs);
    let errors = errors.into_iter().map(|error| {
        let detail = format!("`{}`: {}", error.target, error.reason);
        let pointer = format!("/{name}/{}", error.line);
        Invalid {
            target: error.target,
            reason: error.reason,
            error: field(&pointer, "invalid-target", &detail),
        }
    });
    (list, errors.collect())
}

fn unresolved_exclude(name: &UnresolvedTarget) -> Invalid {
    let reason = format!("it cannot be excluded: {}", name.reason);
    let detail = format!("`{}` cannot be excluded: {}", name.target, name.reason);
    let error = field("/exclude", "unresolved", &detail);
    Invalid { target: name.target.clone(), reason, error }
}
