//! One nmap run that the client waits for, as the Python system offered it.

use crate::{
    auth::Identity,
    extract::{Body, Lenient},
    problem::{Failure, refuse_new_work},
    query::{Nothing, SeedQuery},
    router::Edge,
};
use axum::{Json, extract::State};
use netscan_schemas::{
    ProjectId, ScanId,
    api::{Host, RunAnswer, RunRequest, ScanRequest},
    attempt::{Ending, Stream},
    audit::Origin,
    batch::BatchStatus,
    limits,
    problem::{Code, FieldError, Problem},
    scan::{Policy, Resplit, ScanStatus},
    stored::{AttemptRecord, BatchRecord},
};
use netscan_store::{ReadError, Store};
use serde::Serialize;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// The project that quick scans are kept in.
const PROJECT: &str = "Quick scans";
/// Bytes of nmap's output in an answer.
const STDOUT_MAX: usize = 8 * 1024 * 1024;

/// Hosts that are read at a time.
const HOSTS_PAGE: usize = 64;
/// Bytes of hosts in an answer.
const HOSTS_BYTES_MAX: usize = 32 * 1024 * 1024;

impl Body for RunRequest {
    const FIELDS: &'static [&'static str] = &["nmap_flags", "flags", "targets", "confirm"];
}

/// Runs nmap once over the targets and answers what it found. Kept like any scan. A client that
/// goes away stops it.
#[utoipa::path(
    post,
    path = "/api/nmap/run",
    tag = "scans",
    operation_id = "run_nmap",
    request_body = RunRequest,
    responses(
        (status = 200, description = "What nmap wrote and found", body = RunAnswer),
    ),
    extensions(("x-problem-codes" = json!(["invalid-target", "too-many-targets", "flag-refused", "privilege-missing", "out-of-scope", "not-found", "nmap-unusable", "nmap-failed", "scan-state-conflict", "scan-already-ended"]))),
)]
pub async fn run(
    State(edge): State<Arc<Edge>>,
    caller: Identity,
    _: SeedQuery<Nothing>,
    request: Lenient<RunRequest>,
) -> Result<Json<RunAnswer>, Failure> {
    refuse_new_work(edge.system.store())?;
    let RunRequest { nmap_flags, flags, targets, confirm } = request.body;
    let (pointer, flags) = match (nmap_flags, flags) {
        (Some(_), Some(_)) => return Err(named_twice()),
        (None, Some(flags)) => ("/flags", flags),
        (flags, None) => ("/nmap_flags", flags.unwrap_or_default()),
    };
    let scan = ScanRequest {
        project_id: Some(project_of(&edge, &caller).await?),
        nmap_flags: flags,
        targets,
        chunk_size: Some(limits::CHUNK_SIZE_MAX),
        concurrency: Some(1),
        policy: Policy { attempts_max: 1, resplit: Resplit::Off, ..Policy::default() },
        confirm,
        ..ScanRequest::default()
    };
    // This future is dropped when the client goes away, and its guard with it. The task goes on,
    // and so knows of the scan even when that is accepted in the same moment.
    let gone = CancellationToken::new();
    let _guard = gone.clone().drop_guard();
    let ran = tokio::spawn(run_to_its_end(edge, caller, scan, gone)).await;
    let answer = ran.map_err(|error| Failure::internal(&error))?;
    let mut answer = answer.map_err(|failure| at_flags(failure, pointer))?;
    answer.warnings.extend(request.warnings);
    Ok(Json(answer))
}

/// A caller that is limited to some projects keeps its quick scans in the first that is there.
async fn project_of(edge: &Edge, caller: &Identity) -> Result<ProjectId, Failure> {
    let Some(projects) = caller.projects() else {
        return Ok(edge.system.project_named(PROJECT, &caller.origin()).await?);
    };
    for project in projects {
        if edge.system.store().project(*project)?.is_some() {
            return Ok(*project);
        }
    }
    Err(Failure::not_found("project left that this token is for"))
}

fn named_twice() -> Failure {
    let detail = "`flags` is another name of `nmap_flags`: give one of them";
    let error = |name: &str| FieldError {
        pointer: format!("/{name}"),
        code: "given-twice".into(),
        detail: detail.into(),
    };
    let errors = vec![error("nmap_flags"), error("flags")];
    Failure(Box::new(Problem::new(Code::InvalidValue, detail).with_errors(errors)))
}

/// Points at the flags under the name that the client gave them.
fn at_flags(mut failure: Failure, pointer: &str) -> Failure {
    for error in &mut failure.0.errors {
        if let Some(rest) = error.pointer.strip_prefix("/nmap_flags") {
            error.pointer = format!("{pointer}{rest}");
        }
    }
    failure
}

async fn run_to_its_end(
    edge: Arc<Edge>,
    caller: Identity,
    scan: ScanRequest,
    gone: CancellationToken,
) -> Result<RunAnswer, Failure> {
    let accepted = edge.system.submit_one_batch(caller.role(), scan, &caller.origin()).await?;
    let scan_id = accepted.scan_id;
    let status = tokio::select! {
        ended = edge.system.wait_ended(scan_id) => ended?,
        () = gone.cancelled() => {
            tracing::info!(scan.id = %scan_id, "scan {scan_id} is stopped: its client is gone");
            edge.system.stop_scan(scan_id, false, &Origin::server()).await?
        }
        () = edge.shutdown.cancelled() => {
            let detail = format!(
                "the server is going down; scan {scan_id} goes on with its next start"
            );
            return Err(Failure::new(Code::ShuttingDown, detail));
        }
    };
    let store = Arc::clone(edge.system.store());
    let answer = move || answer(&store, scan_id, status, accepted.warnings);
    crate::off_thread(answer).await?
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
    let (hosts, left) = hosts(store, scan_id)?;
    if left > 0 {
        warnings.push(format!(
            "{left} more hosts are not in this answer; `GET /api/scans/{scan_id}/hosts` has all"
        ));
    }
    let stdout = String::from_utf8_lossy(&stdout).into_owned();
    Ok(RunAnswer { stdout, exit_code, hosts, scan_id, warnings })
}

/// Returns the hosts that fit into an answer, and how many are left.
fn hosts(store: &Store, scan: ScanId) -> Result<(Vec<Host>, usize), Failure> {
    let (mut hosts, mut room, mut left) = (Vec::new(), Room(HOSTS_BYTES_MAX), 0);
    let mut after = None;
    loop {
        let page = store.hosts(scan, after, HOSTS_PAGE)?;
        let Some(last) = page.last() else { return Ok((hosts, left)) };
        after = Some(last.id);
        for host in page.into_iter().map(Host::new) {
            match left == 0 && room.takes(&host).map_err(|error| Failure::internal(&error))? {
                true => hosts.push(host),
                false => left += 1,
            }
        }
    }
}

/// Bytes of an answer that are not used yet.
struct Room(usize);

impl Room {
    /// Takes the room that a value needs as JSON, if there is so much.
    fn takes(&mut self, value: &impl Serialize) -> serde_json::Result<bool> {
        let left = self.0.checked_sub(serde_json::to_vec(value)?.len());
        self.0 = left.unwrap_or(self.0);
        Ok(left.is_some())
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_takes_what_fits() {
        let mut room = Room(7);
        let takes = ["abc", "abcd", "", ""].map(|text| room.takes(&text).unwrap());
        assert_eq!((takes, room.0), ([true, false, true, false], 0));
    }
}
