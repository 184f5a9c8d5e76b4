//! Batches, their attempts, and what nmap wrote in them.

use crate::{
    extract::Segment,
    page::{self, Page},
    problem::Failure,
    query::{Nothing, Query, SeedQuery},
    router::Edge,
    streamed::{self, Pieces},
    view,
};
use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderValue, Uri, header},
    response::{IntoResponse, Response},
};
use netscan_schemas::{
    AttemptNo, BatchId, ScanId,
    api::{Attempt, Batch},
    attempt::Stream,
    problem::Code,
    stored::{AttemptRecord, BatchRecord},
};
use netscan_store::{ReadError, Store};
use serde::Deserialize;
use std::sync::Arc;

/// Lists the batches of a scan, oldest first.
#[utoipa::path(
    get,
    path = "/api/scans/{id}/batches",
    tag = "results",
    operation_id = "list_batches",
    params(("id" = ScanId, Path, description = "The number of the scan"), Page),
    responses(
        (status = 200, description = "The batches", body = [Batch], headers(("Link" = Option<String>, description = "The next page, with `rel=\"next\"`, while there is more"))),
    ),
)]
pub async fn list(
    State(edge): State<Arc<Edge>>,
    Segment(scan): Segment<ScanId>,
    SeedQuery(page): SeedQuery<Page>,
    uri: Uri,
) -> Result<Response, Failure> {
    view::stored(&edge, scan)?;
    let (limit, after) = (page.limit()?, page.after(BatchId::new)?);
    let store = Arc::clone(edge.system.store());
    let read = move || store.batches(scan, after, limit + 1);
    let records = crate::off_thread(read).await??;
    let batches = records.iter().map(|record| Batch::new(record, None)).collect();
    Ok(page::answer(&uri, batches, limit, |batch: &Batch| batch.id.get()))
}

fn stored(edge: &Edge, id: BatchId) -> Result<BatchRecord, Failure> {
    let record = edge.system.store().batch(id)?;
    record.ok_or_else(|| Failure::not_found(format!("batch {id}")))
}

/// Answers one batch with its attempts.
#[utoipa::path(
    get,
    path = "/api/batches/{id}",
    tag = "results",
    operation_id = "get_batch",
    params(("id" = BatchId, Path, description = "The number of the batch")),
    responses(
        (status = 200, description = "The batch", body = Batch),
    ),
)]
pub async fn get(
    State(edge): State<Arc<Edge>>,
    Segment(id): Segment<BatchId>,
    _: Query<Nothing>,
) -> Result<Json<Batch>, Failure> {
    let record = stored(&edge, id)?;
    let attempts = edge.system.store().attempts(id)?;
    Ok(Json(Batch::new(&record, Some(attempts.iter().map(Attempt::new).collect()))))
}

/// Which attempt's output.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RawQuery {
    /// Which try; the newest when left out.
    attempt: Option<AttemptNo>,
}

/// Answers the bytes of a stream exactly as nmap wrote them; of the newest attempt, if none is
/// named. All of it is compared with its digest before the first byte is sent, frame by frame, and
/// again on the way.
#[utoipa::path(
    get,
    path = "/api/batches/{id}/raw/{stream}",
    tag = "results",
    operation_id = "get_raw",
    params(("id" = BatchId, Path, description = "The number of the batch"), ("stream" = Stream, Path, description = "Which output"), RawQuery),
    responses(
        (status = 200, description = "The bytes, as an attachment", body = String, content_type = "text/plain", headers(("Content-Disposition" = String, description = "A name for the file"))),
    ),
    extensions(("x-problem-codes" = json!(["too-many-clients"]))),
)]
pub async fn raw(
    State(edge): State<Arc<Edge>>,
    Path((batch, stream)): Path<(String, String)>,
    Query(query): Query<RawQuery>,
) -> Result<Response, Failure> {
    let batch: BatchId =
        batch.parse().map_err(|_| Failure::not_found(format!("batch `{batch}`")))?;
    let stream: Stream = stream.parse().map_err(|_| {
        Failure::not_found(format!("stream `{stream}`: xml, stdout and stderr are"))
    })?;
    let record = stored(&edge, batch)?;
    let attempts = edge.system.store().attempts(batch)?;
    let wanted =
        |attempt: &&AttemptRecord| query.attempt.is_none_or(|number| number == attempt.attempt);
    let Some(attempt) = attempts.iter().rev().find(wanted) else {
        let which = query.attempt.map_or_else(String::new, |number| format!(" {number}"));
        return Err(Failure::not_found(format!("attempt{which} of batch {batch}")));
    };
    let reader = RawReader {
        store: Arc::clone(edge.system.store()),
        attempt: attempt.clone(),
        stream,
        frame: 0,
        hasher: blake3::Hasher::new(),
    };
    let ending = match stream {
        Stream::Xml => ".xml",
        Stream::Stdout => "-stdout.txt",
        Stream::Stderr => "-stderr.txt",
    };
    let attempt = attempt.attempt;
    let name = format!("scan-{}-batch-{batch}-attempt-{attempt}{ending}", record.scan_id);
    let mut response = streamed::body(&edge, reader).await?.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox"));
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    Ok(response)
}

/// Reads a stream frame by frame; no read of the store lasts beyond one.
struct RawReader {
    store: Arc<Store>,
    attempt: AttemptRecord,
    stream: Stream,
    frame: u32,
    hasher: blake3::Hasher,
}

/// Why stored bytes are not sent, or not all of them.
#[derive(Debug, thiserror::Error)]
enum RawError {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error("stored bytes do not match their digest")]
    Digest,
}

impl From<RawError> for Failure {
    fn from(error: RawError) -> Self {
        match error {
            RawError::Read(error) => error.into(),
            error @ RawError::Digest => Self::new(Code::StoreDamaged, error),
        }
    }
}

impl Pieces for RawReader {
    type Error = RawError;

    fn next_piece(&mut self) -> Result<Option<Vec<u8>>, RawError> {
        let AttemptRecord { batch_id, attempt, raw, .. } = &self.attempt;
        if self.frame == 0 {
            self.store.verify_raw(&self.attempt, self.stream)?;
        }
        if let Some(bytes) = self.store.raw_frame(*batch_id, *attempt, self.stream, self.frame)? {
            self.hasher.update(&bytes);
            self.frame += 1;
            return Ok(Some(bytes));
        }
        // While the attempt runs there is no digest yet.
        let digest = *self.hasher.finalize().as_bytes();
        match raw.get(self.stream).blake3 {
            Some(expected) if expected != digest => Err(RawError::Digest),
            Some(_) | None => Ok(None),
        }
    }
}
