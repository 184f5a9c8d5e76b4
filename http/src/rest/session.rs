//! Sessions of browsers: a login code or a token is exchanged for a cookie, once. And tickets for
//! WebSockets.

use crate::{
    auth::{By, Identity, Secret, not_too_often, rate_limited, unknown_caller},
    extract::{Body, Strict},
    problem::Failure,
    query::{Nothing, Query},
    router::Edge,
    serve::Arrival,
};
use axum::{
    Extension, Json,
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use netscan_schemas::{
    TokenId,
    api::{Caller, LoginCode, LoginRequest, WsTicket},
    audit::{AuditAction, AuditKind},
    limits,
    problem::Code,
};
use netscan_store::Write;
use std::{
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
};

impl Body for LoginRequest {
    const FIELDS: &'static [&'static str] = &["code", "token"];
}

/// Begins a session.
#[utoipa::path(
    post,
    path = "/api/session",
    tag = "access",
    operation_id = "begin_session",
    request_body = LoginRequest,
    responses(
        (status = 200, description = "Who logs in", body = Caller, headers(("Set-Cookie" = String, description = "The session"))),
    ),
    extensions(("x-problem-codes" = json!(["unauthenticated", "rate-limited", "not-found", "store-unavailable", "store-damaged"]))),
)]
pub async fn begin(
    State(edge): State<Arc<Edge>>,
    arrival: Option<Extension<Arrival>>,
    _: Query<Nothing>,
    Strict(given): Strict<LoginRequest>,
) -> Result<Response, Failure> {
    let from = arrival.map(|Extension(arrival)| arrival.peer);
    let place = from.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    let keeper = &edge.keeper;
    if keeper.is_open() {
        return Err(no_login());
    }
    let mut taken = None;
    let caller = match (given.code, given.token) {
        (Some(code), None) => keeper.take_code(&code)?.map(|(token, code)| {
            taken = Some(code);
            Identity::of_token(By::Token, token)
        }),
        (None, Some(token)) => keeper.by_token(&token)?,
        (None, None) | (Some(_), Some(_)) => {
            let detail = "give `code`, from a login URL, or `token`";
            return Err(Failure::new(Code::InvalidValue, detail));
        }
    };
    let Some(caller) = caller else {
        let mut refusal = unknown_caller(keeper, place);
        if refusal.0.code == Code::Unauthenticated {
            refusal.0.detail = "this code or token is not valid: a code is good once, for 10 \
                                minutes; `netscan token login-url` makes a new one"
                .to_owned();
        }
        return Err(refusal);
    };
    let token = caller.token().ok_or_else(no_login)?;
    let by = caller.clone().at(from).origin();
    let entry = by.did(AuditAction::Login).on(AuditKind::Token, token);
    let entry = entry.saying(if taken.is_some() { "by a login URL" } else { "by a token" });
    let (token, here) = (token.clone(), Arc::clone(&edge));
    let limited = not_too_often(keeper, &caller);
    // To its end, also when the client is gone by then: a code that was taken is either used or good
    // again.
    let begin = async move {
        let begun = match limited {
            Ok(()) => here.keeper.begin_session(&token, entry).await.map_err(Failure::from),
            Err(failure) => Err(failure),
        };
        if let (Err(_), Some(code)) = (&begun, taken) {
            here.keeper.give_back(code);
        }
        begun
    };
    let secret = tokio::spawn(begin).await.map_err(|error| Failure::internal(&error))??;
    tracing::info!(by = %caller, "a browser logs in with {caller}");
    let mut response = Json(caller.shown()).into_response();
    let cookie = keeper.cookie(Some(&secret));
    // It is made of letters and digits.
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// Says who asks.
#[utoipa::path(
    get,
    path = "/api/session",
    tag = "access",
    operation_id = "describe_caller",
    responses(
        (status = 200, description = "Who asks", body = Caller),
    ),
)]
pub async fn describe(caller: Identity, _: Query<Nothing>) -> Json<Caller> {
    Json(caller.shown())
}

/// Ends the session of the browser that asks.
#[utoipa::path(
    delete,
    path = "/api/session",
    tag = "access",
    operation_id = "end_session",
    responses(
        (status = 204, description = "The session has ended", headers(("Set-Cookie" = String, description = "No session"))),
    ),
    extensions(("x-problem-codes" = json!(["invalid-value"]))),
)]
pub async fn end(
    State(edge): State<Arc<Edge>>,
    caller: Identity,
    _: Query<Nothing>,
) -> Result<Response, Failure> {
    let Some(session) = caller.session() else {
        let detail =
            "this is no session of a browser; a token is revoked by `netscan token revoke`";
        return Err(Failure::new(Code::InvalidValue, detail));
    };
    let mut write = Write::new();
    write.delete_session(session).audit(caller.origin().did(AuditAction::SessionEnd));
    edge.system.store().submit(write).await?;
    edge.keeper.note_taken();
    let mut response = StatusCode::NO_CONTENT.into_response();
    if let Ok(cookie) = HeaderValue::from_str(&edge.keeper.cookie(None)) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// Makes a login code for the token of who asks; on this machine, for the administrator's.
#[utoipa::path(
    post,
    path = "/api/session/codes",
    tag = "access",
    operation_id = "create_login_code",
    responses(
        (status = 200, description = "The code", body = LoginCode),
    ),
    extensions(("x-problem-codes" = json!(["not-found"]))),
)]
pub async fn new_code(
    State(edge): State<Arc<Edge>>,
    caller: Identity,
    _: Query<Nothing>,
) -> Result<Json<LoginCode>, Failure> {
    let token: &TokenId = caller.token().or(edge.keeper.own()).ok_or_else(no_login)?;
    if edge.system.store().token(token)?.is_none() {
        let detail = "the server's own token was revoked, and a login code of it would let nobody \
                      in: the next start of the server makes another, or use a token at /login";
        return Err(Failure::new(Code::NotFound, detail));
    }
    let entry = caller.origin().did(AuditAction::LoginUrl).on(AuditKind::Token, token);
    edge.system.note(entry).await?;
    let (secret, expires_at) = login_code(&edge, token)?;
    let url = edge.keeper.login_url(&secret);
    Ok(Json(LoginCode { url, code: secret.as_code(), expires_at }))
}

/// Makes a ticket that opens one WebSocket, for a client that can set no header there.
#[utoipa::path(
    post,
    path = "/api/ws-tickets",
    tag = "access",
    operation_id = "create_ws_ticket",
    responses(
        (status = 200, description = "The ticket", body = WsTicket),
    ),
)]
pub async fn new_ticket(
    State(edge): State<Arc<Edge>>,
    caller: Identity,
    _: Query<Nothing>,
) -> Result<Json<WsTicket>, Failure> {
    let made = edge.keeper.new_ticket(&caller).map_err(|error| Failure::internal(&error))?;
    let secret = made.map_err(|wait| rate_limited("tickets that nobody has used", wait))?;
    let expires_in_ms = limits::WS_TICKET_LIFE.as_millis() as u64;
    Ok(Json(WsTicket { ticket: secret.as_ticket(), expires_in_ms }))
}

fn login_code(edge: &Edge, token: &TokenId) -> Result<(Secret, netscan_schemas::Time), Failure> {
    edge.keeper.new_code(token.clone()).map_err(|error| Failure::internal(&error))
}

fn no_login() -> Failure {
    let detail = "nobody logs in here: either access rights are off (`--auth none`), or this \
                  process serves no browser, as `netscan serve` does";
    Failure::new(Code::NotFound, detail)
}
