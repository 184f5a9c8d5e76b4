//! Profiles: named sets of options.

use crate::{
    auth::Identity,
    extract::{Body, Strict},
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
use netscan_schemas::{
    ProjectId,
    api::{NewProfile, Profile, ProfileChange},
};
use serde::Deserialize;
use std::sync::Arc;

impl Body for NewProfile {
    const FIELDS: &'static [&'static str] = &["name", "description", "flags", "plan"];
}

impl Body for ProfileChange {
    const FIELDS: &'static [&'static str] = &["description", "flags", "plan"];
}

/// For which project.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ProjectQuery {
    /// The project whose grants count for `error`; "Default" when left out.
    project_id: Option<ProjectId>,
}

/// Returns the project whose grants count: of a caller that is limited to some, the first of them.
fn project(caller: &Identity, query: &ProjectQuery) -> Result<Option<ProjectId>, Failure> {
    match query.project_id {
        Some(_) => caller.project_for(query.project_id),
        None => Ok(caller.projects().and_then(|seen| seen.first().copied())),
    }
}

/// Lists all profiles, those that are built in first.
#[utoipa::path(
    get,
    path = "/api/profiles",
    tag = "profiles",
    operation_id = "list_profiles",
    params(ProjectQuery),
    responses(
        (status = 200, description = "The profiles, each with nmap's command as a preview would give it", body = [Profile]),
    ),
    extensions(("x-problem-codes" = json!(["not-found"]))),
)]
pub async fn list(
    State(edge): State<Arc<Edge>>,
    caller: Identity,
    Query(query): Query<ProjectQuery>,
) -> Result<Json<Vec<Profile>>, Failure> {
    let project = project(&caller, &query)?;
    Ok(Json(edge.system.profiles(caller.role(), project).await?))
}

/// Answers one profile.
#[utoipa::path(
    get,
    path = "/api/profiles/{name}",
    tag = "profiles",
    operation_id = "get_profile",
    params(("name" = String, Path, description = "The name of the profile"), ProjectQuery),
    responses(
        (status = 200, description = "The profile", body = Profile),
    ),
)]
pub async fn get(
    State(edge): State<Arc<Edge>>,
    caller: Identity,
    Path(name): Path<String>,
    Query(query): Query<ProjectQuery>,
) -> Result<Json<Profile>, Failure> {
    let project = project(&caller, &query)?;
    Ok(Json(edge.system.profile(&name, caller.role(), project).await?))
}

/// Makes a profile.
#[utoipa::path(
    post,
    path = "/api/profiles",
    tag = "profiles",
    operation_id = "create_profile",
    request_body = NewProfile,
    responses(
        (status = 201, description = "The profile", body = Profile, headers(("Location" = String, description = "Where the profile is"))),
    ),
    extensions(("x-problem-codes" = json!(["flag-refused", "profile-name-taken", "too-many-profiles"]))),
)]
pub async fn create(
    State(edge): State<Arc<Edge>>,
    caller: Identity,
    _: Query<Nothing>,
    Strict(new): Strict<NewProfile>,
) -> Result<Response, Failure> {
    let name = new.name.clone();
    edge.system.create_profile(new, &caller.origin()).await?;
    made(&edge, &caller, &name, StatusCode::CREATED).await
}

/// Makes a profile, or puts it in the place of the one of its name.
#[utoipa::path(
    put,
    path = "/api/profiles/{name}",
    tag = "profiles",
    operation_id = "put_profile",
    params(("name" = String, Path, description = "The name of the profile")),
    request_body = ProfileChange,
    responses(
        (status = 200, description = "The profile as it is now", body = Profile),
        (status = 201, description = "The profile, which is new", body = Profile, headers(("Location" = String, description = "Where the profile is"))),
    ),
    extensions(("x-problem-codes" = json!(["flag-refused", "profile-fixed", "too-many-profiles"]))),
)]
pub async fn put(
    State(edge): State<Arc<Edge>>,
    caller: Identity,
    Path(name): Path<String>,
    _: Query<Nothing>,
    Strict(change): Strict<ProfileChange>,
) -> Result<Response, Failure> {
    let is_new = edge.system.put_profile(change.named(name.clone()), &caller.origin()).await?;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    made(&edge, &caller, &name, status).await
}

async fn made(
    edge: &Edge,
    caller: &Identity,
    name: &str,
    status: StatusCode,
) -> Result<Response, Failure> {
    let project = project(caller, &ProjectQuery { project_id: None })?;
    let profile = edge.system.profile(name, caller.role(), project).await?;
    let mut response = (status, Json(profile)).into_response();
    if status == StatusCode::CREATED
        && let Ok(place) = HeaderValue::from_str(&format!("/api/profiles/{name}"))
    {
        response.headers_mut().insert(header::LOCATION, place);
    }
    Ok(response)
}

/// Deletes a profile. Scans that were asked for with it keep its flags.
#[utoipa::path(
    delete,
    path = "/api/profiles/{name}",
    tag = "profiles",
    operation_id = "delete_profile",
    params(("name" = String, Path, description = "The name of the profile")),
    responses(
        (status = 204, description = "It is gone"),
    ),
    extensions(("x-problem-codes" = json!(["profile-fixed"]))),
)]
pub async fn delete(
    State(edge): State<Arc<Edge>>,
    caller: Identity,
    Path(name): Path<String>,
    _: Query<Nothing>,
) -> Result<StatusCode, Failure> {
    edge.system.delete_profile(&name, &caller.origin()).await?;
    Ok(StatusCode::NO_CONTENT)
}
