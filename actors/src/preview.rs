//! What a request would be, and what it would be refused for, without a scan.

use crate::{
    grants::Standing,
    scan::plan,
    submit::{
        Aim, Invalid, May, SubmitError, Wish, field, numbers, out_of_scope, read_flags,
        wrong_values,
    },
};
use netscan_schemas::{
    api::{InvalidTarget, Preview, RefusedFlag, ScanRequest},
    problem::FieldError,
    scan::PlanKind,
};
use netscan_store::{ReadError, Store};

/// Returns what a request would be, without running anything. Nothing in it is an error: what is
/// wrong is listed, and no number is passed off as another.
pub(crate) async fn preview(
    may: May<'_>,
    wish: Result<Wish, (Box<ScanRequest>, Vec<FieldError>)>,
    standing: &Standing,
) -> Result<Preview, SubmitError> {
    let May { scanner, store, scopes, slots } = may;
    let (wish, no_profile) = match wish {
        Ok(wish) => (wish, Vec::new()),
        Err((request, errors)) => (Wish::plain(*request), errors),
    };
    let request = &wish.request;
    let aim = Aim::read(request).await;
    let mut problems = problems(store, request, &aim)?;
    problems.extend(no_profile);
    let scope = scopes.verdict(standing.project, &aim.plan.addresses);
    problems
        .extend(scope.problems.iter().map(|problem| out_of_scope(problem.rule, &problem.detail)));
    let read = read_flags(scanner, &wish, standing).await?;
    let fitting = read.and_then(|flags| {
        let checked = flags.check_family(&aim.plan.addresses);
        checked.map(|()| flags).map_err(|error| vec![error])
    });
    let (flags, refused) = match fitting {
        Ok(flags) => (Some(flags), Vec::new()),
        Err(errors) => (None, errors),
    };
    let is_heavy = flags.as_ref().is_some_and(|flags| flags.is_heavy);
    let chunk_size = numbers(request, is_heavy, slots).chunk_size;
    let batches = plan::batch_count(&aim.plan.addresses, chunk_size);
    let mut warnings = aim.notes;
    let (mut argv, mut phases, mut fallback) = (Vec::new(), Vec::new(), Vec::new());
    if let Some(flags) = flags {
        warnings.extend(flags.warnings);
        (argv, phases, fallback) = (flags.argv, flags.phases, flags.fallback);
    }
    let refused = refused.into_iter().map(|error| RefusedFlag {
        index: error.index.unwrap_or_default(),
        flag: error.flag,
        reason: error.reason,
    });
    Ok(Preview {
        total_targets: u64::try_from(aim.total).unwrap_or(u64::MAX),
        addresses: aim.plan.addresses.count(),
        excluded: u64::try_from(aim.excluded).unwrap_or(u64::MAX),
        batches,
        argv,
        plan: if phases.is_empty() { PlanKind::Single } else { PlanKind::Staged },
        phases,
        fallback,
        warnings,
        refused: refused.collect(),
        invalid: aim.invalid.into_iter().map(invalid_target).collect(),
        unresolved: aim.unresolved,
        scope,
        problems,
    })
}

/// Returns what a scan would be refused for, beside its flags and single targets.
fn problems(store: &Store, request: &ScanRequest, aim: &Aim) -> Result<Vec<FieldError>, ReadError> {
    let mut problems = wrong_values(request);
    if let Some(project) = request.project_id
        && store.project(project)?.is_none()
    {
        let detail = SubmitError::NoProject(project).to_string();
        problems.push(field("/project_id", "not-found", &detail));
    }
    match aim.check_size() {
        Err(SubmitError::Targets(errors)) => problems.extend(errors),
        Err(error) => problems.push(field("/targets", "too-many-targets", &error.to_string())),
        Ok(()) => {}
    }
    Ok(problems)
}

fn invalid_target(invalid: Invalid) -> InvalidTarget {
    InvalidTarget { target: invalid.target, reason: invalid.reason }
}
