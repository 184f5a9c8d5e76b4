//! What may be scanned: the server's scope, and that of each project.

use crate::{
    auth::Identity,
    extract::{Body, Segment, Strict},
    problem::Failure,
    query::{Nothing, Query},
    router::Edge,
};
use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use netscan_actors::{NewEntry, ScopeError};
use netscan_schemas::{
    ProjectId, ScopeId, Time,
    api::{NewScopeEntry, Scope, ScopeEntry},
    problem::{Code, FieldError, Problem},
};
use std::sync::Arc;

impl Body for NewScopeEntry {
    const FIELDS: &'static [&'static str] = &["list", "target", "note", "expires_at"];
}

/// Answers the server's scope.
#[utoipa::path(
    get,
    path = "/api/scope",
    tag = "scope",
    operation_id = "get_scope",
    responses(
        (status = 200, description = "The scope", body = Scope),
    ),
)]
pub async fn get(State(edge): State<Arc<Edge>>, _: Query<Nothing>) -> Json<Scope> {
    Json(edge.system.scopes().show(None))
}

/// Adds an entry to the server's scope.
#[utoipa::path(
    post,
    path = "/api/scope",
    tag = "scope",
    operation_id = "add_to_scope",
    request_body = NewScopeEntry,
    responses(
        (status = 201, description = "The entry", body = ScopeEntry, headers(("Location" = String, description = "Where the entry is"))),
    ),
    extensions(("x-problem-codes" = json!(["invalid-target"]))),
)]
pub async fn add(
    State(edge): State<Arc<Edge>>,
    caller: Identity,
    _: Query<Nothing>,
    Strict(entry): Strict<NewScopeEntry>,
) -> Result<Response, Failure> {
    add_to(&edge, &caller, None, entry).await
}

/// Removes an entry of the server's scope.
#[utoipa::path(
    delete,
    path = "/api/scope/{entry}",
    tag = "scope",
    operation_id = "remove_from_scope",
    params(("entry" = ScopeId, Path, description = "The number of the entry")),
    responses(
        (status = 204, description = "It is gone"),
    ),
)]
pub async fn remove(
    State(edge): State<Arc<Edge>>,
    caller: Identity,
    Segment(entry): Segment<ScopeId>,
    _: Query<Nothing>,
) -> Result<StatusCode, Failure> {
    edge.system.scopes().remove(None, entry, &caller.origin()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Answers the scope of a project.
#[utoipa::path(
    get,
    path = "/api/projects/{id}/scope",
    tag = "scope",
    operation_id = "get_project_scope",
    params(("id" = ProjectId, Path, description = "The number of the project")),
    responses(
        (status = 200, description = "The scope", body = Scope),
    ),
)]
pub async fn of_project(
    State(edge): State<Arc<Edge>>,
    Segment(project): Segment<ProjectId>,
    _: Query<Nothing>,
) -> Result<Json<Scope>, Failure> {
    if edge.system.store().project(project)?.is_none() {
        return Err(ScopeError::NoProject(project).into());
    }
    Ok(Json(edge.system.scopes().show(Some(project))))
}

/// Adds an entry to the scope of a project.
#[utoipa::path(
    post,
    path = "/api/projects/{id}/scope",
    tag = "scope",
    operation_id = "add_to_project_scope",
    params(("id" = ProjectId, Path, description = "The number of the project")),
    request_body = NewScopeEntry,
    responses(
        (status = 201, description = "The entry", body = ScopeEntry, headers(("Location" = String, description = "Where the entry is"))),
    ),
    extensions(("x-problem-codes" = json!(["invalid-target"]))),
)]
pub async fn add_to_project(
    State(edge): State<Arc<Edge>>,
    caller: Identity,
    Segment(project): Segment<ProjectId>,
    _: Query<Nothing>,
    Strict(entry): Strict<NewScopeEntry>,
) -> Result<Response, Failure> {
    add_to(&edge, &caller, Some(project), entry).await
}

/// Removes an entry of the scope of a project.
#[utoipa::path(
    delete,
    path = "/api/projects/{id}/scope/{entry}",
    tag = "scope",
    operation_id = "remove_from_project_scope",
    params(("id" = ProjectId, Path, description = "The number of the project"), ("entry" = ScopeId, Path, description = "The number of the entry")),
    responses(
        (status = 204, description = "It is gone"),
    ),
)]
pub async fn remove_from_project(
    State(edge): State<Arc<Edge>>,
    caller: Identity,
    Path((project, entry)): Path<(String, String)>,
    _: Query<Nothing>,
) -> Result<StatusCode, Failure> {
    let not_found = |text: &str| Failure::not_found(format!("`{text}`"));
    let project: ProjectId = project.parse().map_err(|_| not_found(&project))?;
    let entry: ScopeId = entry.parse().map_err(|_| not_found(&entry))?;
    edge.system.scopes().remove(Some(project), entry, &caller.origin()).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn add_to(
    edge: &Edge,
    caller: &Identity,
    project: Option<ProjectId>,
    entry: NewScopeEntry,
) -> Result<Response, Failure> {
    let NewScopeEntry { list, target, note, expires_at } = entry;
    let (read, errors) = netscan_nmap::targets::parse(&[&target]);
    let wrong = errors.into_iter().next().map(|error| error.reason);
    let wrong = wrong.or_else(|| {
        read.names.first().map(|name| {
            format!("`{name}` is a name, and what a name means changes: write its addresses")
        })
    });
    if let Some(reason) = wrong {
        let detail = format!("`{target}`: {reason}");
        let (pointer, code) = ("/target".into(), "invalid-target".into());
        let error = FieldError { pointer, code, detail: detail.clone() };
        let problem = Problem::new(Code::InvalidTarget, detail).with_errors(vec![error]);
        return Err(Failure(Box::new(problem)));
    }
    let addresses = read.addresses;
    let entry = NewEntry { list, addresses, note, by: caller.to_string(), expires_at };
    let record = edge.system.scopes().add(project, entry, &caller.origin()).await?;
    let place = match project {
        Some(project) => format!("/api/projects/{project}/scope/{}", record.id),
        None => format!("/api/scope/{}", record.id),
    };
    let entry = Json(ScopeEntry::new(record, Time::now()));
    let mut response = (StatusCode::CREATED, entry).into_response();
    if let Ok(place) = HeaderValue::from_str(&place) {
        response.headers_mut().insert(header::LOCATION, place);
    }
    Ok(response)
}
