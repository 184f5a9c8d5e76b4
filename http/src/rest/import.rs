//! Files that nmap wrote somewhere else.

use crate::{
    auth::Identity,
    off_thread,
    problem::{Failure, no_room, refuse_new_work, refuse_while},
    query::Query,
    router::Edge,
    slow::TooSlow,
};
use axum::{
    Json,
    body::{Body, HttpBody},
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use futures_util::StreamExt;
use netscan_actors::{ImportError, ImportRequest, SurveyError};
use netscan_schemas::{
    ProjectId,
    api::ImportAnswer,
    limits,
    problem::{Code, is_name},
};
use serde::Deserialize;
use std::{
    fs::File,
    io::{self, Write},
    sync::Arc,
};

/// What to import as.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ImportQuery {
    /// The project of the scan; `Imports` without one.
    project_id: Option<ProjectId>,
    /// The scan's name.
    name: Option<String>,
    /// Whether to make another scan of bytes that are known.
    #[serde(default)]
    #[param(required = false)]
    again: bool,
}

/// Makes a scan of the nmap XML in the body: 201 with the scan, or 200 with the one that holds the
/// same bytes already.
#[utoipa::path(
    post,
    path = "/api/scans/import",
    tag = "scans",
    operation_id = "import_scan",
    params(ImportQuery),
    request_body(content = String, content_type = "text/xml", description = "What nmap wrote with `-oX`, whole or cut off"),
    responses(
        (status = 201, description = "It is a scan now", body = ImportAnswer, headers(("Location" = String, description = "Where the scan is"))),
        (status = 200, description = "It was one already", body = ImportAnswer, headers(("Location" = String, description = "Where the scan is"))),
    ),
    extensions(("x-problem-codes" = json!(["bad-request", "not-found", "invalid-value", "too-large", "too-many-clients", "request-timeout", "insufficient-storage"]))),
)]
pub async fn import(
    State(edge): State<Arc<Edge>>,
    Query(query): Query<ImportQuery>,
    caller: Identity,
    body: Body,
) -> Result<Response, Failure> {
    refuse_new_work(edge.system.store())?;
    if query.name.as_deref().is_some_and(|name| !is_name(name)) {
        let detail = format!(
            "a scan's name has 1 to {} printable characters, without blanks at either end",
            limits::NAME_CHARS_MAX
        );
        return Err(Failure::new(Code::InvalidValue, detail));
    }
    let project_id = caller.project_for(query.project_id)?;
    let place = Arc::clone(&edge.imports).try_acquire_owned().map_err(|_| {
        let detail = format!("{} imports are under way, and no more may be", limits::IMPORTS_MAX);
        let mut failure = Failure::new(Code::TooManyClients, detail);
        failure.0 = Box::new(failure.0.retry_after(5));
        failure
    })?;
    let file = keep(&edge, body).await?;
    let request = ImportRequest { project_id, name: query.name, again: query.again };
    let answer = edge.system.import(file, request, place, &caller.origin()).await?;
    let location = format!("/api/scans/{}", answer.scan_id);
    let status = if answer.is_known { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, [(header::LOCATION, location)], Json(answer)).into_response())
}

fn failed(error: &io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => no_room("the disk is full"),
        _ => Failure::internal(error),
    }
}

fn too_large() -> Failure {
    let detail = format!(
        "the body is more than {} MiB (import_bytes_max); split the file, or scan in smaller parts",
        limits::IMPORT_BYTES_MAX >> 20
    );
    Failure::new(Code::TooLarge, detail)
}

/// Writes the body into a file without a name on the store's own disk: whatever ends us, nothing
/// is left of it. What running attempts may still write is left free.
async fn keep(edge: &Edge, body: Body) -> Result<File, Failure> {
    if body.size_hint().lower() > limits::IMPORT_BYTES_MAX {
        return Err(too_large());
    }
    let dir = edge.system.data_dir().to_owned();
    let store = Arc::clone(edge.system.store());
    let announced = body.size_hint().lower();
    let begun = off_thread(move || {
        refuse_while(store.health_beside(announced).map_err(|error| failed(&error))?)?;
        tempfile::tempfile_in(dir).map_err(|error| failed(&error))
    });
    let mut file = begun.await??;
    let mut body = body.into_data_stream();
    let mut count = 0u64;
    while let Some(bytes) = body.next().await {
        let bytes = bytes.map_err(|error| match TooSlow::cause_of(&error) {
            Some(slow) => Failure::new(Code::RequestTimeout, slow),
            None => Failure::new(Code::BadRequest, format!("the body broke off: {error}")),
        })?;
        count += bytes.len() as u64;
        if count > limits::IMPORT_BYTES_MAX {
            return Err(too_large());
        }
        let store = Arc::clone(edge.system.store());
        let written = off_thread(move || {
            refuse_while(store.health_beside(bytes.len() as u64).map_err(|error| failed(&error))?)?;
            file.write_all(&bytes).map_err(|error| failed(&error))?;
            Ok::<_, Failure>(file)
        });
        file = written.await??;
    }
    Ok(file)
}

impl From<ImportError> for Failure {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::Survey(error @ SurveyError::NotNmap(_)) => {
                Self::new(Code::BadRequest, error)
            }
            ImportError::Survey(error @ SurveyError::Io(_)) => Self::internal(&error),
            ImportError::NoRoom(health) => no_room(health),
            ImportError::NoProject(_) => Self::new(Code::NotFound, error),
            ImportError::Read(error) => error.into(),
            ImportError::Write(error) => error.into(),
            ImportError::Leaving => Self::new(Code::ShuttingDown, error),
        }
    }
}
