//! One nmap run that the client waits for, as the Python system offered it.

use crate::{
    extract::{Body, Lenient},
    problem::{Failure, refuse_new_work},
    router::Edge,
};
use axum::{Json, extract::State};
use netscan_schemas::{
    ScanId,
    api::{Host, RunAnswer, RunRequest, ScanRequest},
    attempt::{Ending, Stream},
    batch::BatchStatus,
    limits,
    problem::Code,
    scan::{Policy, ScanStatus},
    stored::{AttemptRecord, BatchRecord},
};
use netscan_store::{ReadError, Store};
use std::sync::Arc;

/// The project that quick scans are kept in.
const PROJECT: &str = "Quick scans";
/// Bytes of nmap's output in an answer.
const STDOUT_MAX: usize = 8 * 1024 * 1024;

impl Body for RunRequest {
    const FIELDS: &'static [&'static str] = &["nmap_flags", "flags", "targets"];
}

/// Runs nmap once over the targets and answers what it found. Kept like any scan.
pub async fn run(
    State(edge): State<Arc<Edge>>,
    request: Lenient<RunRequest>,
) -> Result<Json<RunAnswer>, Failure> {
    refuse_new_work(edge.system.store())?;
    let scan = ScanRequest {
        project_id: Some(edge.system.project_named(PROJECT).await?),
        nmap_flags: request.body.nmap_flags,
        targets: request.body.targets,
        chunk_size: Some(limits::CHUNK_SIZE_MAX),
        concurrency: Some(1),
        policy: Policy { attempts_max: 1, ..Policy::default() },
        ..ScanRequest::default()
    };
    let accepted = edge.system.submit(scan).await?;
    let scan_id = accepted.scan_id;
    let status = edge.system.wait_ended(scan_id).await?;
    let store = Arc::clone(edge.system.store());
    let mut warnings = accepted.warnings;
    warnings.extend(request.warnings);
    let answer = move || answer(&store, scan_id, status, warnings);
    Ok(Json(crate::off_thread(answer).await??))
}

fn answer(
    store: &Store,
    scan_id: ScanId,
    status: ScanStatus,
    mut warnings: Vec<String>,
) -> Result<RunAnswer, Failure> {
    let mut stdout = Vec::new();
    let mut exit_code = 0;
    for batch in store.batches(scan_id, None, limits::PAGE_MAX)? {
        let Some(attempt) = store.attempts(batch.id)?.pop() else { continue };
        if batch.status != BatchStatus::Completed {
            return Err(failed(store, &batch, &attempt)?);
        }
        // One frame more than fits says that there is more.
        if stdout.len() <= STDOUT_MAX {
            stdout.extend(read(store, &attempt, Stream::Stdout)?);
        }
        let code = attempt.ending.as_ref().and_then(Ending::exit_code);
        exit_code = code.unwrap_or(exit_code);
    }
    // Somebody stopped it before its first batch, or it could not run at all.
    if status != ScanStatus::Completed {
        return Err(Failure::new(Code::NmapFailed, format!("scan {scan_id} ended as {status}")));
    }
    if stdout.len() > STDOUT_MAX {
        stdout.truncate(STDOUT_MAX);
        warnings.push(format!("stdout is cut after {STDOUT_MAX} bytes; the raw output has all"));
    }
    let mut hosts = Vec::new();
    let mut after = None;
    loop {
        let page = store.hosts(scan_id, after, limits::PAGE_MAX)?;
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        hosts.extend(page.into_iter().map(Host::new));
    }
    let stdout = String::from_utf8_lossy(&stdout).into_owned();
    Ok(RunAnswer { stdout, exit_code, hosts, scan_id, warnings })
}

fn failed(
    store: &Store,
    batch: &BatchRecord,
    attempt: &AttemptRecord,
) -> Result<Failure, ReadError> {
    let stderr = read(store, attempt, Stream::Stderr)?;
    let stderr = String::from_utf8_lossy(&stderr).trim().to_owned();
    let outcome = batch.outcome.as_ref().map(ToString::to_string).unwrap_or_default();
    let said = if stderr.is_empty() { String::new() } else { format!("; stderr: {stderr}") };
    let detail = format!("scan {}: {outcome}{said}", batch.scan_id);
    Ok(Failure::new(Code::NmapFailed, detail))
}

fn read(store: &Store, attempt: &AttemptRecord, stream: Stream) -> Result<Vec<u8>, ReadError> {
    store.verify_raw(attempt, stream)?;
    let mut bytes = Vec::new();
    let mut frame = 0;
    while bytes.len() <= STDOUT_MAX
        && let Some(next) = store.raw_frame(attempt.batch_id, attempt.attempt, stream, frame)?
    {
        bytes.extend(next);
        frame += 1;
    }
    Ok(bytes)
}
