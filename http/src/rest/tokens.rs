//! Tokens: made, listed, taken away. Only for administrators.

use crate::{
    auth::{Identity, Secret, new_token_id},
    extract::{Body, Segment, Strict},
    problem::Failure,
    query::{Nothing, Query},
    router::Edge,
};
use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use netscan_schemas::{
    ProjectId, Role, Time, TokenId,
    api::{MadeToken, NewToken, Token},
    audit::{AuditAction, AuditKind},
    limits,
    problem::{Code, FieldError, Problem, is_name},
    stored::TokenRecord,
};
use netscan_store::Write;
use std::{sync::Arc, time::Duration};

/// Projects that one token may be limited to.
const PROJECTS_MAX: usize = 100;

impl Body for NewToken {
    const FIELDS: &'static [&'static str] = &["name", "role", "projects", "expires_in_ms"];
}

/// Lists all tokens, without their secrets, which nobody knows.
#[utoipa::path(
    get,
    path = "/api/tokens",
    tag = "access",
    operation_id = "list_tokens",
    responses(
        (status = 200, description = "The tokens", body = [Token]),
    ),
)]
pub async fn list(
    State(edge): State<Arc<Edge>>,
    _: Query<Nothing>,
) -> Result<Json<Vec<Token>>, Failure> {
    Ok(Json(edge.system.store().tokens()?.into_iter().map(Token::new).collect()))
}

/// Makes a token, and answers its secret this once.
#[utoipa::path(
    post,
    path = "/api/tokens",
    tag = "access",
    operation_id = "create_token",
    request_body = NewToken,
    responses(
        (status = 201, description = "The token", body = MadeToken, headers(("Location" = String, description = "Where the token is"))),
    ),
    extensions(("x-problem-codes" = json!(["too-many-tokens"]))),
)]
pub async fn create(
    State(edge): State<Arc<Edge>>,
    caller: Identity,
    _: Query<Nothing>,
    Strict(wanted): Strict<NewToken>,
) -> Result<Response, Failure> {
    check(&edge, &wanted)?;
    let NewToken { name, role, projects, expires_in_ms } = wanted;
    let random = |error: getrandom::Error| Failure::internal(&error);
    let (id, secret) = (new_token_id().map_err(random)?, Secret::random().map_err(random)?);
    let created_at = Time::now();
    let record = TokenRecord {
        id: id.clone(),
        secret_blake3: secret.digest(),
        name,
        role,
        projects,
        created_at,
        expires_at: expires_in_ms.map(|ms| created_at.later_by(Duration::from_millis(ms))),
        last_used_at: None,
    };
    let entry = caller.origin().did(AuditAction::TokenCreate).on(AuditKind::Token, &id);
    let mut write = Write::new();
    write.create_token(&record).audit(entry.saying(told(&record)));
    edge.system.store().submit(write).await?;
    tracing::info!(token.id = %id, by = %caller, "token {id} ({role}) was made by {caller}");
    let made = MadeToken { secret: secret.as_token(&id), token: Token::new(record) };
    let location = format!("/api/tokens/{id}");
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(made)).into_response())
}

/// Says what a token is, for the audit log.
fn told(record: &TokenRecord) -> String {
    let TokenRecord { name, role, projects, expires_at, .. } = record;
    let mut said = format!("{name}: {role}");
    if let Some(projects) = projects {
        let ids: Vec<String> = projects.iter().map(ToString::to_string).collect();
        said.push_str(&format!(", projects {}", ids.join(" ")));
    }
    if let Some(at) = expires_at {
        said.push_str(&format!(", until {at}"));
    }
    said
}

fn check(edge: &Edge, wanted: &NewToken) -> Result<(), Failure> {
    let wrong = |pointer: &str, detail: String| {
        let error =
            FieldError { pointer: pointer.into(), code: "invalid".into(), detail: detail.clone() };
        Failure(Box::new(Problem::new(Code::InvalidValue, detail).with_errors(vec![error])))
    };
    if !is_name(&wanted.name) {
        let most = limits::NAME_CHARS_MAX;
        let detail = format!(
            "a token's name has 1 to {most} printable characters, without blanks at either end"
        );
        return Err(wrong("/name", detail));
    }
    let longest = limits::TOKEN_DAYS_MAX * 24 * 3600 * 1000;
    if wanted.expires_in_ms.is_some_and(|ms| ms == 0 || ms > longest) {
        let days = limits::TOKEN_DAYS_MAX;
        let detail = format!("a token is good for 1 ms to {days} days; without a time, for ever");
        return Err(wrong("/expires_in_ms", detail));
    }
    let Some(projects) = &wanted.projects else { return Ok(()) };
    if wanted.role == Role::Admin {
        let detail = "an administrator makes tokens for every project, so that a limit of its own \
                      would mean nothing; give it the role operator";
        return Err(wrong("/projects", detail.into()));
    }
    if projects.is_empty() || projects.len() > PROJECTS_MAX {
        let detail = format!("name 1 to {PROJECTS_MAX} projects; leave them out for all of them");
        return Err(wrong("/projects", detail));
    }
    let store = edge.system.store();
    for (index, id) in projects.iter().enumerate() {
        if store.project(*id)?.is_none() {
            return Err(wrong(&format!("/projects/{index}"), no_project(*id)));
        }
    }
    Ok(())
}

fn no_project(id: ProjectId) -> String {
    format!("there is no project {id}")
}

/// Takes a token away, with all that it let in.
#[utoipa::path(
    delete,
    path = "/api/tokens/{id}",
    tag = "access",
    operation_id = "revoke_token",
    params(("id" = TokenId, Path, description = "The id of the token")),
    responses(
        (status = 204, description = "It is gone"),
    ),
)]
pub async fn revoke(
    State(edge): State<Arc<Edge>>,
    caller: Identity,
    Segment(id): Segment<TokenId>,
    _: Query<Nothing>,
) -> Result<StatusCode, Failure> {
    let store = edge.system.store();
    // One that is damaged can be taken away too.
    let held = store.token(&id).ok().flatten();
    let entry = caller.origin().did(AuditAction::TokenRevoke).on(AuditKind::Token, &id);
    let mut write = Write::new();
    write.delete_token(&id).audit(entry.saying(held.as_ref().map(told).unwrap_or_default()));
    store.submit(write).await?;
    edge.keeper.note_taken();
    tracing::info!(token.id = %id, by = %caller, "token {id} was revoked by {caller}");
    Ok(StatusCode::NO_CONTENT)
}
