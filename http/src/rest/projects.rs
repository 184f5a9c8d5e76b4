//! Projects: names under which scans are kept.

use crate::{
    auth::Identity,
    extract::{Body, Lenient, Segment, Strict},
    page::{self, Page},
    problem::{Failure, bad_note},
    query::{Nothing, Query, SeedQuery},
    router::Edge,
    view,
};
use axum::{
    Json,
    extract::State,
    http::{StatusCode, Uri},
    response::{IntoResponse, Response},
};
use netscan_schemas::{
    ProjectId, Role, Time,
    api::{NewProject, Project, Scan},
    audit::{AuditAction, AuditKind},
    grants::{Grants, GrantsChange},
    limits::{NAME_CHARS_MAX, NOTE_CHARS_MAX},
    problem::{Code, FieldError, Problem, is_name, is_note},
    scan::ScanStatus,
    stored::ProjectRecord,
};
use netscan_store::{GrantsEdit, ProjectEdit, ScanFilter, Write};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

impl Body for NewProject {
    const FIELDS: &'static [&'static str] = &["name", "description"];
}

/// What to change of a project; what is left out stays.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub struct ProjectChange {
    /// Its new name.
    name: Option<String>,
    /// What it is for from now on; `null` for nothing.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    description: Option<Option<String>>,
    /// What its scans may do beyond what every operator may. Only for admins.
    grants: Option<GrantsChange>,
}

impl Body for ProjectChange {
    const FIELDS: &'static [&'static str] = &["name", "description", "grants"];
    const OBJECTS: &'static [&'static str] = &["grants"];
}

/// Tells `null` from a field that is left out.
fn present<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// A project that was made.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = CreatedProject)]
pub struct Created {
    #[serde(flatten)]
    project: Project,
    /// What of the request was ignored.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
}

fn check_name(name: &str) -> Result<(), Failure> {
    if is_name(name) {
        return Ok(());
    }
    let detail = format!(
        "a project's name has 1 to {NAME_CHARS_MAX} printable characters, without blanks at \
         either end"
    );
    let error =
        FieldError { pointer: "/name".into(), code: "invalid-name".into(), detail: detail.clone() };
    Err(Failure(Box::new(Problem::new(Code::InvalidValue, detail).with_errors(vec![error]))))
}

fn shown(edge: &Edge, record: ProjectRecord) -> Result<Project, Failure> {
    let scans = edge.system.store().scan_count(record.id)?;
    Ok(Project::new(record, scans))
}

/// Makes a project.
#[utoipa::path(
    post,
    path = "/api/projects",
    tag = "projects",
    operation_id = "create_project",
    request_body = NewProject,
    responses(
        (status = 201, description = "The project", body = Created),
    ),
    extensions(("x-problem-codes" = json!(["project-name-taken"]))),
)]
pub async fn create(
    State(edge): State<Arc<Edge>>,
    caller: Identity,
    _: SeedQuery<Nothing>,
    body: Lenient<NewProject>,
) -> Result<Response, Failure> {
    let NewProject { name, description } = body.body;
    check_name(&name)?;
    let entry = caller.origin().did(AuditAction::ProjectCreate).on_new(AuditKind::Project);
    let mut write = Write::new();
    write.create_project(&name, description.as_deref()).audit(entry.saying(&name));
    let receipt = edge.system.store().submit(write).await?;
    let record = receipt.project.ok_or_else(|| Failure::not_found("project"))?;
    let created = Created { project: Project::new(record, 0), warnings: body.warnings };
    Ok((StatusCode::CREATED, Json(created)).into_response())
}

/// Lists all projects.
#[utoipa::path(
    get,
    path = "/api/projects",
    tag = "projects",
    operation_id = "list_projects",
    params(Page),
    responses(
        (status = 200, description = "The projects that the caller sees", body = [Project], headers(("Link" = Option<String>, description = "The next page, with `rel=\"next\"`, while there is more"))),
    ),
)]
pub async fn list(
    State(edge): State<Arc<Edge>>,
    caller: Identity,
    SeedQuery(page): SeedQuery<Page>,
    uri: Uri,
) -> Result<Response, Failure> {
    let (limit, after) = (page.limit()?, page.after(ProjectId::new)?);
    // It counts the scans of each.
    let read = move || {
        let records = match caller.projects() {
            None => edge.system.store().projects(after, limit + 1)?,
            Some(seen) => seen_projects(&edge, seen, after)?,
        };
        records.into_iter().map(|record| shown(&edge, record)).collect::<Result<Vec<_>, Failure>>()
    };
    let projects = crate::off_thread(read).await??;
    Ok(page::answer(&uri, projects, limit, |project| project.id.get()))
}

/// Returns the projects that a caller sees, if there are not that many, those after one.
fn seen_projects(
    edge: &Edge,
    seen: &[ProjectId],
    after: Option<ProjectId>,
) -> Result<Vec<ProjectRecord>, Failure> {
    let mut seen = seen.to_vec();
    seen.sort_unstable();
    seen.dedup();
    let later = seen.into_iter().filter(|id| after.is_none_or(|after| *id > after));
    let found = later.map(|id| edge.system.store().project(id));
    Ok(found.filter_map(Result::transpose).collect::<Result<_, _>>()?)
}

/// Answers one project.
#[utoipa::path(
    get,
    path = "/api/projects/{id}",
    tag = "projects",
    operation_id = "get_project",
    params(("id" = ProjectId, Path, description = "The number of the project")),
    responses(
        (status = 200, description = "The project", body = Project),
    ),
)]
pub async fn get(
    State(edge): State<Arc<Edge>>,
    Segment(id): Segment<ProjectId>,
    _: Query<Nothing>,
) -> Result<Json<Project>, Failure> {
    // It counts the project's scans.
    let read = move || {
        let record = edge.system.store().project(id)?;
        let record = record.ok_or_else(|| Failure::not_found(format!("project {id}")))?;
        shown(&edge, record)
    };
    Ok(Json(crate::off_thread(read).await??))
}

/// Changes a project's name, description or grants; the grants only for an admin, and to grant more
/// than there is takes a note.
#[utoipa::path(
    patch,
    path = "/api/projects/{id}",
    tag = "projects",
    operation_id = "change_project",
    params(("id" = ProjectId, Path, description = "The number of the project")),
    request_body = ProjectChange,
    responses(
        (status = 200, description = "The project as it is now", body = Project),
    ),
    extensions(("x-problem-codes" = json!(["project-name-taken"]))),
)]
pub async fn change(
    State(edge): State<Arc<Edge>>,
    caller: Identity,
    Segment(id): Segment<ProjectId>,
    _: Query<Nothing>,
    Strict(change): Strict<ProjectChange>,
) -> Result<Json<Project>, Failure> {
    let ProjectChange { name, description, grants } = change;
    if let Some(name) = &name {
        check_name(name)?;
    }
    let grants = grants.map(|change| grants_edit(&caller, change)).transpose()?;
    let is_grant = grants.is_some();
    let edit = ProjectEdit { name, description, grants };
    let entry = caller.origin().did(AuditAction::ProjectChange).on(AuditKind::Project, id);
    let mut write = Write::new();
    let told = told(&edit);
    write.update_project(id, edit).audit(entry.saying(told));
    let receipt = edge.system.store().submit(write).await?;
    let record = receipt.project.ok_or_else(|| Failure::not_found(format!("project {id}")))?;
    if is_grant {
        let Grants { scripts, evasion } = record.grants;
        tracing::info!(%caller, %scripts, evasion, "{caller} has changed the grants of project {id}");
    }
    Ok(Json(crate::off_thread(move || shown(&edge, record)).await??))
}

/// Says what a change is, for the audit log.
fn told(change: &ProjectEdit) -> String {
    let name = change.name.as_ref().map(|name| format!("name {name}"));
    let description = change.description.as_ref().map(|text| match text {
        Some(text) => format!("description {text}"),
        None => "no description".to_owned(),
    });
    let grants = change.grants.as_ref().map(|edit| {
        let GrantsChange { scripts, evasion, note } = &edit.change;
        let scripts = scripts.map(|scripts| format!("scripts {scripts}"));
        let evasion = evasion.map(|evasion| format!("evasion {evasion}"));
        let note = note.as_ref().map(|note| format!("note {note}"));
        [scripts, evasion, note].into_iter().flatten().collect::<Vec<_>>().join("; ")
    });
    [name, description, grants].into_iter().flatten().collect::<Vec<_>>().join("; ")
}

/// Returns the change of grants that a caller may make.
fn grants_edit(caller: &Identity, change: GrantsChange) -> Result<GrantsEdit, Failure> {
    if caller.role() < Role::Admin {
        let detail = format!(
            "the grants of a project are an admin's to change, and you are {}",
            caller.role()
        );
        return Err(Failure::new(Code::Forbidden, detail));
    }
    if change.note.as_deref().is_some_and(|note| !is_note(note)) {
        let detail = format!("a note has 1 to {NOTE_CHARS_MAX} printable characters");
        return Err(bad_note("invalid-note", detail));
    }
    Ok(GrantsEdit { change, by: caller.to_string(), at: Time::now() })
}

/// Deletes a project with all its scans, unless one of them has not ended.
#[utoipa::path(
    delete,
    path = "/api/projects/{id}",
    tag = "projects",
    operation_id = "delete_project",
    params(("id" = ProjectId, Path, description = "The number of the project")),
    responses(
        (status = 204, description = "It is gone"),
    ),
    extensions(("x-problem-codes" = json!(["project-busy"]))),
)]
pub async fn delete(
    State(edge): State<Arc<Edge>>,
    caller: Identity,
    Segment(id): Segment<ProjectId>,
    _: Query<Nothing>,
) -> Result<StatusCode, Failure> {
    use netscan_store::{Refusal, WriteError};
    let entry = caller.origin().did(AuditAction::ProjectDelete).on(AuditKind::Project, id);
    let store = edge.system.store();
    let name = store.project(id)?.map(|project| project.name).unwrap_or_default();
    let mut write = Write::new();
    write.delete_project(id).audit(entry.saying(name));
    match store.submit(write).await {
        Err(WriteError::Refused(Refusal::NotEnded(scan))) => {
            let detail = format!("scan {scan} of the project has not ended; stop it first");
            Err(Failure::new(Code::ProjectBusy, detail))
        }
        deleted => deleted.map(|_| StatusCode::NO_CONTENT).map_err(Failure::from),
    }
}

/// Lists the scans of a project, newest first.
#[utoipa::path(
    get,
    path = "/api/projects/{id}/scans",
    tag = "projects",
    operation_id = "list_project_scans",
    params(("id" = ProjectId, Path, description = "The number of the project"), Page),
    responses(
        (status = 200, description = "Its scans", body = [Scan], headers(("Link" = Option<String>, description = "The next page, with `rel=\"next\"`, while there is more"))),
    ),
)]
pub async fn scans(
    State(edge): State<Arc<Edge>>,
    Segment(id): Segment<ProjectId>,
    SeedQuery(page): SeedQuery<Page>,
    uri: Uri,
) -> Result<Response, Failure> {
    if edge.system.store().project(id)?.is_none() {
        return Err(Failure::not_found(format!("project {id}")));
    }
    list_scans(edge, &page, Some(vec![id]), None, &uri).await
}

/// Answers a page of scans, newest first: those of some projects, or of all.
pub async fn list_scans(
    edge: Arc<Edge>,
    page: &Page,
    projects: Option<Vec<ProjectId>>,
    status: Option<ScanStatus>,
    uri: &Uri,
) -> Result<Response, Failure> {
    let limit = page.limit()?;
    let after = page.after(netscan_schemas::ScanId::new)?;
    let filter =
        ScanFilter { after, status, descending: true, limit: limit + 1, ..ScanFilter::default() };
    let read = move || -> Result<_, Failure> {
        let store = edge.system.store();
        let Some(projects) = projects else { return view::scans(&edge, store.scans(&filter)?) };
        let mut found = Vec::new();
        for project in projects {
            found.extend(store.scans(&ScanFilter { project: Some(project), ..filter.clone() })?);
        }
        found.sort_by_key(|view| std::cmp::Reverse(view.spec.id));
        found.dedup_by_key(|view| view.spec.id);
        found.truncate(limit + 1);
        view::scans(&edge, found)
    };
    let scans = crate::off_thread(read).await??;
    Ok(page::answer(uri, scans, limit, |scan| scan.id.get()))
}
