//! By which names we are called, and from which pages. A browser may be made to call us by other
//! names and from other pages than ours; both are seen before anything else is looked at.

use crate::{audit::Attempt, problem::Failure, router::Edge, serve::Arrival};
use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use netscan_schemas::{
    audit::{AuditActor, Origin},
    problem::Code,
};
use std::{net::IpAddr, sync::Arc};

/// Refuses requests that call us by a name that is not ours, and those that another site's page
/// makes. Who asks is not looked at before that, so the audit log names the address only.
pub async fn check_caller(State(edge): State<Arc<Edge>>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    // One that is no text is nobody's, and must not pass for none.
    let origin = headers.get(header::ORIGIN);
    let origin = origin.map(|origin| String::from_utf8_lossy(origin.as_bytes()).into_owned());
    let allowed = origin.clone().filter(|origin| edge.cors_origins.contains(origin));
    let arrival = request.extensions().get::<Arrival>().copied();
    let checked = check_host(&edge, headers, request.uri().authority(), arrival.as_ref())
        .and_then(|()| check_page(&edge, &request, origin.filter(|_| allowed.is_none())));
    if let Err(failure) = checked {
        let path = request.extensions().get::<MatchedPath>().cloned();
        let attempt = Attempt::of(request.method(), headers, path);
        let by = Origin { actor: AuditActor::Unknown, from: arrival.map(|arrival| arrival.peer) };
        edge.noted.refusal(&by, &attempt, &failure.0);
        return failure.into_response();
    }
    let preflight = request.method() == Method::OPTIONS
        && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = match (preflight, &allowed) {
        (true, Some(_)) => StatusCode::NO_CONTENT.into_response(),
        _ => next.run(request).await,
    };
    if let Some(origin) = allowed.and_then(|origin| HeaderValue::from_str(&origin).ok()) {
        allow_origin(response.headers_mut(), origin);
    }
    response
}

/// Checks the page that makes the request, if it is none that was let in.
fn check_page(edge: &Edge, request: &Request, origin: Option<String>) -> Result<(), Failure> {
    let headers = request.headers();
    match origin.filter(|origin| !is_own_origin(origin, headers, edge.keeper.secure)) {
        Some(origin) if changes_something(request.method(), headers) => Err(foreign_page(&origin)),
        Some(_) | None => Ok(()),
    }
}

/// Checks each name that the request gives us. There is exactly one `Host`.
fn check_host(
    edge: &Edge,
    headers: &HeaderMap,
    authority: Option<&axum::http::uri::Authority>,
    arrival: Option<&Arrival>,
) -> Result<(), Failure> {
    let mut given = headers.get_all(header::HOST).iter();
    let (Some(host), None) = (given.next(), given.next()) else {
        let detail = "a request has one `Host` header, which names the server";
        return Err(Failure::new(Code::BadRequest, detail));
    };
    let host = String::from_utf8_lossy(host.as_bytes());
    let named = authority.map(ToString::to_string);
    for name in [Some(host.as_ref()), named.as_deref()].into_iter().flatten() {
        if !is_our_name(&edge.hosts, name, arrival.map(|arrival| arrival.local)) {
            let detail = format!(
                "`{name}` is not a name of this server; `netscan serve --host NAME` makes it one"
            );
            return Err(Failure::new(Code::HostNotAllowed, detail));
        }
    }
    Ok(())
}

fn foreign_page(origin: &str) -> Failure {
    let let_in = match origin.split_once("://") {
        Some(("http" | "https", _)) => format!("`netscan serve --cors-origin {origin}` lets them"),
        _ => "they have no origin that could be let in: serve the page over http, and name that \
              with `netscan serve --cors-origin`"
            .to_owned(),
    };
    let detail = format!("pages of `{origin}` may not do this; {let_in}");
    Failure::new(Code::OriginNotAllowed, detail)
}

/// Returns whether an origin is the server's own: of the scheme that browsers reach us by, and of
/// the name that this request calls us by.
pub fn is_own_origin(origin: &str, headers: &HeaderMap, secure: bool) -> bool {
    let host = headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (ours, default_port) = if secure { ("https", ":443") } else { ("http", ":80") };
    let plain =
        |place: &str| place.strip_suffix(default_port).unwrap_or(place).to_ascii_lowercase();
    origin
        .split_once("://")
        .is_some_and(|(scheme, place)| scheme == ours && plain(place) == plain(host))
}

/// Returns whether a `Host` is loopback's, one that we were told, or the address that the
/// connection came in at: no other site's name can stand for that one.
pub fn is_our_name(hosts: &[String], host: &str, local: Option<IpAddr>) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let is = |ours: &str| ours.eq_ignore_ascii_case(name) || ours.eq_ignore_ascii_case(host);
    let bare = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().ok();
    ["localhost", "127.0.0.1", "[::1]"].into_iter().any(is)
        || hosts.iter().any(|ours| is(ours))
        || bare.is_some_and(|bare| local.is_some_and(|local| local.to_canonical() == bare))
}

/// Returns whether a request is more than a look: another site's page may look, since it is not
/// shown the answer.
pub fn changes_something(method: &Method, headers: &HeaderMap) -> bool {
    let looks = matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
    !looks || headers.contains_key(header::UPGRADE)
}

/// Lets a page of another origin read the answer. Never with credentials: such a page sends a
/// token.
fn allow_origin(headers: &mut HeaderMap, origin: HeaderValue) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.append(header::VARY, HeaderValue::from_static("origin"));
    let methods = HeaderValue::from_static("GET, POST, PATCH, DELETE");
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
    let names = HeaderValue::from_static("content-type, last-event-id, authorization");
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, names);
    let shown: HeaderName = header::ACCESS_CONTROL_EXPOSE_HEADERS;
    headers.insert(
        shown,
        HeaderValue::from_static("link, location, warning, x-request-id, retry-after"),
    );
}
