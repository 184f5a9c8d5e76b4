//! All routes, and what every request passes on its way to one.

use crate::{
    problem::{Failure, ProblemBody},
    query::warn_of_ignored,
    rest::{batches, hosts, projects, quick, scans, system, targets},
    sse, ws,
};
use axum::{
    Router,
    body::Body,
    extract::{DefaultBodyLimit, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::{Next, from_fn, from_fn_with_state},
    response::{Html, IntoResponse, Response},
    routing::{any, get, patch, post},
};
use netscan_actors::System;
use netscan_schemas::{limits, problem::Code};
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower_http::catch_panic::CatchPanicLayer;

/// What the edge is made of.
pub struct Edge {
    pub(crate) system: Arc<System>,
    /// Names that a request over TCP may call this server by, beside those of loopback.
    hosts: Vec<String>,
    /// Web pages of these origins may use the API (`http://localhost:5173`).
    cors_origins: Vec<String>,
    pub(crate) shutdown: CancellationToken,
    pub(crate) sockets: TaskTracker,
    pub(crate) clients: Arc<Semaphore>,
    requests: AtomicU64,
}

impl Edge {
    /// Returns an edge of this system.
    pub fn new(system: Arc<System>) -> Self {
        Self {
            system,
            hosts: Vec::new(),
            cors_origins: Vec::new(),
            shutdown: CancellationToken::new(),
            sockets: TaskTracker::new(),
            clients: Arc::new(Semaphore::new(limits::WS_CLIENTS_MAX)),
            requests: AtomicU64::new(0),
        }
    }

    /// Lets web pages of these origins use the API.
    #[must_use]
    pub fn with_cors_origins(mut self, origins: Vec<String>) -> Self {
        self.cors_origins = origins;
        self
    }

    /// Lets requests call this server by these names too.
    #[must_use]
    pub fn with_hosts(mut self, hosts: Vec<String>) -> Self {
        self.hosts = hosts;
        self
    }

    /// Takes one of the places for clients that stay connected, until it is dropped.
    pub(crate) fn place(&self) -> Result<OwnedSemaphorePermit, Failure> {
        Arc::clone(&self.clients).try_acquire_owned().map_err(|_| {
            let detail =
                format!("{} clients are connected, and no more may be", limits::WS_CLIENTS_MAX);
            Failure::new(Code::TooManyClients, detail)
        })
    }

    /// Returns what ends open streams when it is cancelled.
    pub fn shutdown(&self) -> &CancellationToken {
        &self.shutdown
    }
}

fn routes(edge: Arc<Edge>) -> Router {
    let api = Router::new()
        .route("/api/projects", get(projects::list).post(projects::create))
        .route(
            "/api/projects/{id}",
            get(projects::get).patch(projects::change).delete(projects::delete),
        )
        .route("/api/projects/{id}/scans", get(projects::scans))
        .route("/api/scans", get(scans::list).post(scans::create))
        .route("/api/scans/start", post(scans::start))
        .route("/api/scans/preview", post(scans::preview))
        .route("/api/scans/{id}", get(scans::get).delete(scans::delete))
        .route("/api/scans/{id}/stop", post(scans::stop))
        .route("/api/scans/{id}/pause", post(scans::pause))
        .route("/api/scans/{id}/resume", post(scans::resume))
        .route("/api/scans/{id}/rescan", post(scans::rescan))
        .route("/api/scans/{id}/batches", get(batches::list))
        .route("/api/scans/{id}/hosts", get(hosts::list))
        .route("/api/scans/{id}/targets", get(scans::targets))
        .route("/api/scans/{id}/events", get(scans::events))
        .route("/api/scans/{id}/stream", get(sse::scan_stream))
        .route("/api/batches/{id}", get(batches::get))
        .route("/api/batches/{id}/raw/{stream}", get(batches::raw))
        .route("/api/hosts/{id}", get(hosts::get))
        .route("/api/targets/expand", post(targets::expand))
        .route("/api/targets/difficult", get(targets::difficult))
        .route("/api/targets/{address}/history", get(targets::history))
        .route("/api/nmap/run", post(quick::run))
        .route("/api/system", get(system::describe))
        .route("/api/system/limits", patch(system::change_limits))
        .route("/healthz", get(system::healthz))
        .route("/readyz", get(system::readyz))
        // `any`, so that an upgrade over HTTP/2, which is a CONNECT, arrives too.
        .route("/ws/scans/{id}", any(ws::scan_events))
        .route("/", get(welcome))
        .fallback(unknown_route)
        .method_not_allowed_fallback(wrong_method);
    api.layer(from_fn(warn_of_ignored))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(DefaultBodyLimit::max(limits::BODY_BYTES_MAX))
        .with_state(edge)
}

/// Returns all routes, for a caller that is known to be local: a socket file, or this process.
pub fn local_router(edge: Arc<Edge>) -> Router {
    with_common_headers(routes(Arc::clone(&edge)), edge)
}

/// Returns all routes, for callers that come over TCP: a browser may be made to call us by other
/// names and from other pages.
pub fn tcp_router(edge: Arc<Edge>) -> Router {
    let guard = from_fn_with_state(Arc::clone(&edge), check_caller);
    with_common_headers(routes(Arc::clone(&edge)).layer(guard), edge)
}

/// Adds what every answer has, those of the guard included.
fn with_common_headers(router: Router, edge: Arc<Edge>) -> Router {
    router.layer(from_fn(security_headers)).layer(from_fn_with_state(edge, number_requests))
}

async fn welcome() -> Html<&'static str> {
    Html(include_str!("welcome.html"))
}

async fn unknown_route(request: Request) -> Failure {
    Failure::not_found(format!("`{}`", request.uri().path()))
}

async fn wrong_method(request: Request) -> Failure {
    let detail = format!("`{}` does not take {}", request.uri().path(), request.method());
    Failure::new(Code::MethodNotAllowed, detail)
}

// The signature is the layer's.
#[expect(clippy::needless_pass_by_value, reason = "the layer gives the panic by value")]
fn panicked(panic: Box<dyn std::any::Any + Send>) -> Response {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without words");
    tracing::error!("a request panicked: {text}");
    Failure::new(Code::Internal, "netscan failed to carry this out; its log says why")
        .into_response()
}

/// Numbers each request, and writes the number into its problem.
async fn number_requests(State(edge): State<Arc<Edge>>, request: Request, next: Next) -> Response {
    let number = edge.requests.fetch_add(1, Ordering::Relaxed) + 1;
    let id = format!("{}-{number}", edge.system.store().epoch());
    let mut response = in_our_words(next.run(request).await);
    if let Some(ProblemBody(mut problem)) = response.extensions_mut().remove::<ProblemBody>() {
        // What the answer tells in full, and is no fault, is nothing for those who read errors.
        if response.status() == StatusCode::SERVICE_UNAVAILABLE {
            tracing::warn!(request.id = %id, "request {id} failed: {problem}");
        } else if response.status().is_server_error() {
            tracing::error!(request.id = %id, "request {id} failed: {problem}");
        }
        problem.request_id = Some(id.clone());
        let body = serde_json::to_vec(&problem).unwrap_or_default();
        response.headers_mut().remove(header::CONTENT_LENGTH);
        *response.body_mut() = Body::from(body);
    }
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(HeaderName::from_static("x-request-id"), id);
    }
    response
}

/// Makes a problem of what axum itself refuses.
fn in_our_words(response: Response) -> Response {
    let status = response.status();
    let is_problem = response.extensions().get::<ProblemBody>().is_some();
    if is_problem || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let detail = status.canonical_reason().unwrap_or("the request cannot be served");
    let mut problem = Failure::new(code_of(status), detail).into_response();
    let (parts, _) = response.into_parts();
    for (name, value) in &parts.headers {
        if !matches!(*name, header::CONTENT_TYPE | header::CONTENT_LENGTH) {
            problem.headers_mut().insert(name, value.clone());
        }
    }
    problem
}

fn code_of(status: StatusCode) -> Code {
    match status {
        StatusCode::PAYLOAD_TOO_LARGE => Code::TooLarge,
        StatusCode::METHOD_NOT_ALLOWED => Code::MethodNotAllowed,
        StatusCode::NOT_FOUND => Code::NotFound,
        status if status.is_server_error() => Code::Internal,
        _ => Code::BadRequest,
    }
}

async fn security_headers(request: Request, next: Next) -> Response {
    let is_api = request.uri().path().starts_with("/api");
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "no-referrer");
    set(header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'");
    if is_api {
        set(header::CACHE_CONTROL, "no-store");
    }
    response
}

/// Refuses requests that call us by a name that is not ours, and those that another site's page
/// makes.
async fn check_caller(State(edge): State<Arc<Edge>>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    let authority = request.uri().authority().map(ToString::to_string);
    let host = authority.or_else(|| text(headers, &header::HOST)).unwrap_or_default();
    if !is_our_name(&edge, &host) {
        let detail = format!("`{host}` is not a name of this server");
        return Failure::new(Code::HostNotAllowed, detail).into_response();
    }
    // One that is no text is nobody's, and must not pass for none.
    let origin = headers.get(header::ORIGIN);
    let origin = origin.map(|origin| String::from_utf8_lossy(origin.as_bytes()).into_owned());
    let allowed = origin.clone().filter(|origin| edge.cors_origins.contains(origin));
    if let (Some(origin), true) = (&origin, changes_something(&request)) {
        let own =
            origin.split_once("://").is_some_and(|(_, place)| place.eq_ignore_ascii_case(&host));
        if !own && allowed.is_none() {
            let let_in = match origin.split_once("://") {
                Some(("http" | "https", _)) => {
                    format!("`netscan serve --cors-origin {origin}` lets them")
                }
                _ => {
                    "they have no origin that could be let in: serve the page over http, and name \
                      that with `netscan serve --cors-origin`"
                        .to_owned()
                }
            };
            let detail = format!("pages of `{origin}` may not do this; {let_in}");
            return Failure::new(Code::OriginNotAllowed, detail).into_response();
        }
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

fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

fn is_our_name(edge: &Edge, host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let is = |ours: &str| ours.eq_ignore_ascii_case(name) || ours.eq_ignore_ascii_case(host);
    ["localhost", "127.0.0.1", "[::1]"].into_iter().any(is)
        || edge.hosts.iter().any(|ours| is(ours))
}

/// Returns whether a request is more than a look: another site's page may look, since it is not
/// shown the answer.
fn changes_something(request: &Request) -> bool {
    let looks = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    !looks || request.headers().contains_key(header::UPGRADE)
}

fn allow_origin(headers: &mut HeaderMap, origin: HeaderValue) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.append(header::VARY, HeaderValue::from_static("origin"));
    let methods = HeaderValue::from_static("GET, POST, PATCH, DELETE");
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
    let names = HeaderValue::from_static("content-type, last-event-id, authorization");
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, names);
    let shown = HeaderValue::from_static("link, location, warning, x-request-id");
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, shown);
}
