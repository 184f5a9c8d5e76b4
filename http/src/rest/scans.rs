//! Scans: start, look, stop, pause, resume, scan again, delete.

use crate::{
    auth::Identity,
    extract::{Body, Lenient, Segment, Strict},
    page::Page,
    problem::{Failure, refuse_new_work},
    query::{Nothing, Query, SeedList, SeedQuery},
    rest::projects::list_scans,
    router::Edge,
    view,
};
use axum::{
    Json,
    extract::State,
    http::{StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use netscan_schemas::{
    ScanId,
    address::AddressSet,
    api::{
        Preview, RescanRequest, Scan, ScanAccepted, ScanCommandAnswer, ScanRequest,
        TargetsByVerdict,
    },
    audit::{AuditAction, AuditKind},
    limits,
    scan::{ScanStatus, UnresolvedTarget, Verdict},
};
use netscan_store::{Store, Write};
use serde::Deserialize;
use std::sync::Arc;

impl Body for ScanRequest {
    const FIELDS: &'static [&'static str] = &[
        "project_id",
        "nmap_flags",
        "targets",
        "chunk_size",
        "concurrency",
        "runner",
        "exclude",
        "profile",
        "plan",
        "name",
        "policy",
        "adaptive",
        "confirm",
    ];
    const OBJECTS: &'static [&'static str] = &["policy"];
}

impl Body for RescanRequest {
    const FIELDS: &'static [&'static str] = &["only", "confirm"];
}

/// Accepts a scan and answers at once.
#[utoipa::path(
    post,
    path = "/api/scans",
    tag = "scans",
    operation_id = "create_scan",
    request_body = ScanRequest,
    responses(
        (status = 202, description = "It is accepted and goes on by itself", body = ScanAccepted, headers(("Location" = String, description = "Where the scan is"))),
    ),
    extensions(("x-problem-codes" = json!(["invalid-target", "too-many-targets", "flag-refused", "privilege-missing", "out-of-scope", "not-found", "nmap-unusable"]))),
)]
pub async fn create(
    State(edge): State<Arc<Edge>>,
    caller: Identity,
    _: Query<Nothing>,
    Strict(mut request): Strict<ScanRequest>,
) -> Result<Response, Failure> {
    refuse_new_work(edge.system.store())?;
    request.project_id = caller.project_for(request.project_id)?;
    Ok(accepted(edge.system.submit(caller.role(), request, &caller.origin()).await?))
}

fn accepted(answer: ScanAccepted) -> Response {
    let location = format!("/api/scans/{}", answer.scan_id);
    (StatusCode::ACCEPTED, [(header::LOCATION, location)], Json(answer)).into_response()
}

/// Accepts a scan as the Python system did: status 200, unknown fields named and ignored.
#[utoipa::path(
    post,
    path = "/api/scans/start",
    tag = "scans",
    operation_id = "start_scan",
    request_body = ScanRequest,
    responses(
        (status = 200, description = "It is accepted and goes on by itself", body = ScanAccepted),
    ),
    extensions(("x-problem-codes" = json!(["invalid-target", "too-many-targets", "flag-refused", "privilege-missing", "out-of-scope", "not-found", "nmap-unusable"]))),
)]
pub async fn start(
    State(edge): State<Arc<Edge>>,
    caller: Identity,
    _: SeedQuery<Nothing>,
    mut request: Lenient<ScanRequest>,
) -> Result<Json<ScanAccepted>, Failure> {
    refuse_new_work(edge.system.store())?;
    request.body.project_id = caller.project_for(request.body.project_id)?;
    let mut answer = edge.system.submit(caller.role(), request.body, &caller.origin()).await?;
    answer.warnings.extend(request.warnings);
    Ok(Json(answer))
}

/// Says what a request would be; runs nothing.
#[utoipa::path(
    post,
    path = "/api/scans/preview",
    tag = "scans",
    operation_id = "preview_scan",
    request_body = ScanRequest,
    responses(
        (status = 200, description = "What it would be", body = Preview),
    ),
    extensions(("x-problem-codes" = json!(["not-found", "nmap-unusable"]))),
)]
pub async fn preview(
    State(edge): State<Arc<Edge>>,
    caller: Identity,
    _: Query<Nothing>,
    Strict(mut request): Strict<ScanRequest>,
) -> Result<Json<Preview>, Failure> {
    request.project_id = caller.project_for(request.project_id)?;
    Ok(Json(edge.system.preview(caller.role(), request).await?))
}

/// Lists all scans, newest first.
#[utoipa::path(
    get,
    path = "/api/scans",
    tag = "scans",
    operation_id = "list_scans",
    params(Page, StatusFilter),
    responses(
        (status = 200, description = "The scans that the caller sees", body = [Scan], headers(("Link" = Option<String>, description = "The next page, with `rel=\"next\"`, while there is more"))),
    ),
)]
pub async fn list(
    State(edge): State<Arc<Edge>>,
    caller: Identity,
    SeedList(page, filter): SeedList<Page, StatusFilter>,
    uri: Uri,
) -> Result<Response, Failure> {
    let seen = caller.projects().map(<[_]>::to_vec);
    list_scans(edge, &page, seen, filter.status, &uri).await
}

/// Which scans to list.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct StatusFilter {
    /// Only scans that stand so.
    status: Option<ScanStatus>,
}

/// Answers one scan.
#[utoipa::path(
    get,
    path = "/api/scans/{id}",
    tag = "scans",
    operation_id = "get_scan",
    params(("id" = ScanId, Path, description = "The number of the scan")),
    responses(
        (status = 200, description = "The scan", body = Scan),
    ),
)]
pub async fn get(
    State(edge): State<Arc<Edge>>,
    Segment(scan): Segment<ScanId>,
    _: Query<Nothing>,
) -> Result<Json<Scan>, Failure> {
    let stored = view::stored(&edge, scan)?;
    Ok(Json(view::scan(&edge, stored)?))
}

/// How to stop.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct StopQuery {
    /// Whether its nmap processes get no time to end.
    #[serde(default)]
    force: bool,
}

/// Stops a scan; `force=true` gives its nmap processes no grace.
#[utoipa::path(
    post,
    path = "/api/scans/{id}/stop",
    tag = "scans",
    operation_id = "stop_scan",
    params(("id" = ScanId, Path, description = "The number of the scan"), StopQuery),
    responses(
        (status = 200, description = "Where it stands now", body = ScanCommandAnswer),
    ),
    extensions(("x-problem-codes" = json!(["scan-already-ended", "scan-state-conflict"]))),
)]
pub async fn stop(
    State(edge): State<Arc<Edge>>,
    caller: Identity,
    Segment(scan_id): Segment<ScanId>,
    SeedQuery(query): SeedQuery<StopQuery>,
) -> Result<Json<ScanCommandAnswer>, Failure> {
    let status = edge.system.stop_scan(scan_id, query.force, &caller.origin()).await?;
    Ok(Json(ScanCommandAnswer { scan_id, status }))
}

/// Pauses a scan.
#[utoipa::path(
    post,
    path = "/api/scans/{id}/pause",
    tag = "scans",
    operation_id = "pause_scan",
    params(("id" = ScanId, Path, description = "The number of the scan")),
    responses(
        (status = 200, description = "Where it stands now", body = ScanCommandAnswer),
    ),
    extensions(("x-problem-codes" = json!(["scan-already-ended", "scan-state-conflict"]))),
)]
pub async fn pause(
    State(edge): State<Arc<Edge>>,
    caller: Identity,
    Segment(scan_id): Segment<ScanId>,
    _: Query<Nothing>,
) -> Result<Json<ScanCommandAnswer>, Failure> {
    let status = edge.system.pause_scan(scan_id, &caller.origin()).await?;
    Ok(Json(ScanCommandAnswer { scan_id, status }))
}

/// Resumes a scan.
#[utoipa::path(
    post,
    path = "/api/scans/{id}/resume",
    tag = "scans",
    operation_id = "resume_scan",
    params(("id" = ScanId, Path, description = "The number of the scan")),
    responses(
        (status = 200, description = "Where it stands now", body = ScanCommandAnswer),
    ),
    extensions(("x-problem-codes" = json!(["scan-already-ended", "scan-state-conflict"]))),
)]
pub async fn resume(
    State(edge): State<Arc<Edge>>,
    caller: Identity,
    Segment(scan_id): Segment<ScanId>,
    _: Query<Nothing>,
) -> Result<Json<ScanCommandAnswer>, Failure> {
    let status = edge.system.resume_scan(scan_id, &caller.origin()).await?;
    Ok(Json(ScanCommandAnswer { scan_id, status }))
}

/// Scans targets of an ended scan again, as a new scan.
#[utoipa::path(
    post,
    path = "/api/scans/{id}/rescan",
    tag = "scans",
    operation_id = "rescan",
    params(("id" = ScanId, Path, description = "The number of the scan")),
    request_body = RescanRequest,
    responses(
        (status = 202, description = "The new scan is accepted", body = ScanAccepted, headers(("Location" = String, description = "Where the new scan is"))),
    ),
    extensions(("x-problem-codes" = json!(["invalid-target", "too-many-targets", "flag-refused", "privilege-missing", "out-of-scope", "not-found", "nmap-unusable", "scan-not-ended", "scan-state-conflict"]))),
)]
pub async fn rescan(
    State(edge): State<Arc<Edge>>,
    caller: Identity,
    Segment(scan): Segment<ScanId>,
    _: Query<Nothing>,
    Strict(request): Strict<RescanRequest>,
) -> Result<Response, Failure> {
    refuse_new_work(edge.system.store())?;
    Ok(accepted(edge.system.rescan(caller.role(), scan, request, &caller.origin()).await?))
}

/// Deletes an ended scan with all that it found.
#[utoipa::path(
    delete,
    path = "/api/scans/{id}",
    tag = "scans",
    operation_id = "delete_scan",
    params(("id" = ScanId, Path, description = "The number of the scan")),
    responses(
        (status = 204, description = "It is gone"),
    ),
    extensions(("x-problem-codes" = json!(["scan-not-ended"]))),
)]
pub async fn delete(
    State(edge): State<Arc<Edge>>,
    caller: Identity,
    Segment(scan): Segment<ScanId>,
    _: Query<Nothing>,
) -> Result<StatusCode, Failure> {
    let entry = caller.origin().did(AuditAction::ScanDelete).on(AuditKind::Scan, scan);
    let mut write = Write::new();
    write.delete_scan(scan).audit(entry);
    edge.system.store().submit(write).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Which targets to list.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct VerdictQuery {
    /// Only targets with this verdict.
    verdict: Option<Verdict>,
}

/// Lists a scan's targets by verdict, in compact ranges.
#[utoipa::path(
    get,
    path = "/api/scans/{id}/targets",
    tag = "results",
    operation_id = "list_scan_targets",
    params(("id" = ScanId, Path, description = "The number of the scan"), VerdictQuery),
    responses(
        (status = 200, description = "A row for each verdict", body = [TargetsByVerdict]),
    ),
)]
pub async fn targets(
    State(edge): State<Arc<Edge>>,
    Segment(scan): Segment<ScanId>,
    Query(query): Query<VerdictQuery>,
) -> Result<Json<Vec<TargetsByVerdict>>, Failure> {
    view::stored(&edge, scan)?;
    let store = Arc::clone(edge.system.store());
    // It reads the verdicts of every batch.
    let listed = crate::off_thread(move || by_verdict(&store, scan)).await??;
    let wanted = |row: &TargetsByVerdict| query.verdict.is_none_or(|wanted| wanted == row.verdict);
    Ok(Json(listed.into_iter().filter(wanted).collect()))
}

fn by_verdict(store: &Store, scan: ScanId) -> Result<Vec<TargetsByVerdict>, Failure> {
    let view = store.scan(scan)?.ok_or_else(|| Failure::not_found(format!("scan {scan}")))?;
    let plan = store.plan(scan)?.unwrap_or_default();
    let found = store.scan_verdicts(scan)?;
    let unfinished = plan.addresses.difference(&found.known());
    let row = |verdict, set: &AddressSet, reasons| TargetsByVerdict {
        verdict,
        count: set.count(),
        targets: set.to_ranges(),
        reasons,
    };
    let mut reasons = Vec::new();
    let mut after = None;
    loop {
        let batches = store.batches(scan, after, limits::PAGE_MAX)?;
        let Some(last) = batches.last() else { break };
        after = Some(last.id);
        for batch in batches {
            let left = batch.addresses.intersection(&unfinished);
            if let (false, Some(outcome)) = (left.is_empty(), &batch.outcome) {
                let reason = format!("batch {} ({}): {outcome}", batch.id, batch.status);
                reasons.extend(
                    left.to_ranges()
                        .into_iter()
                        .map(|target| UnresolvedTarget { target, reason: reason.clone() }),
                );
            }
        }
    }
    let unresolved = view.spec.unresolved;
    Ok(vec![
        row(Verdict::Up, &found.up, Vec::new()),
        row(Verdict::Down, &found.down, Vec::new()),
        row(Verdict::TimedOut, &found.timed_out, Vec::new()),
        row(Verdict::Unfinished, &unfinished, reasons),
        TargetsByVerdict {
            verdict: Verdict::Excluded,
            count: view.spec.excluded,
            targets: view.spec.exclude,
            reasons: Vec::new(),
        },
        TargetsByVerdict {
            verdict: Verdict::Unresolved,
            count: unresolved.len() as u64,
            targets: unresolved.iter().map(|name| name.target.clone()).collect(),
            reasons: unresolved,
        },
    ])
}
