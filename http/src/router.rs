//! All routes, and what every request passes on its way to one.

use crate::{
    assets,
    audit::Noted,
    auth::{AskedBy, Keeper, OwnTokenError, Rates, Via, admit, check_caller, ensure_own_token},
    headers::security_headers,
    listen::connections_max,
    metrics::{self, Asked, Client, Connected, Metrics},
    openapi,
    problem::{Failure, ProblemBody},
    query::warn_of_ignored,
    rest::{
        audit, batches, diff, events, export, hosts, import, map, profiles, projects, quick, scans,
        scope, session, system, targets, tokens,
    },
    sse, ws,
};
use axum::{
    Router,
    body::Body,
    extract::{DefaultBodyLimit, Request, State},
    http::{HeaderName, HeaderValue, StatusCode, header},
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{any, delete, get, patch, post},
};
use netscan_actors::System;
use netscan_schemas::{
    audit::{AuditAction, AuditKind, Origin},
    limits,
    problem::{Code, Problem},
};
use netscan_store::Write;
use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower_http::catch_panic::CatchPanicLayer;
use tracing::Instrument;

/// Seconds after which a client that was turned away may come again, at most.
const TURNED_AWAY_MAX_S: u32 = 10;
/// How many clients there may be, and how often each may ask. Settings of a server.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// TCP connections at once; fewer where the system does not allow so many open files.
    pub connections: usize,
    /// Those from one address, or one /64; loopback has no such bound, and 0 is none.
    pub connections_per_ip: usize,
    /// Requests a second of one token; 0 for no bound.
    pub requests_per_s: u32,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            connections: limits::CONNECTIONS_MAX,
            connections_per_ip: limits::CONNECTIONS_PER_IP_MAX,
            requests_per_s: limits::REQUESTS_PER_S,
        }
    }
}

/// What the edge is made of.
pub struct Edge {
    pub(crate) system: Arc<System>,
    /// Who may come in over TCP.
    pub(crate) keeper: Keeper,
    /// What is refused and handed out, for the audit log.
    pub(crate) noted: Arc<Noted>,
    pub(crate) bounds: Bounds,
    /// Names that a request over TCP may call this server by, beside those of loopback.
    pub(crate) hosts: Vec<String>,
    /// Web pages of these origins may use the API (`http://localhost:5173`).
    pub(crate) cors_origins: Vec<String>,
    pub(crate) shutdown: CancellationToken,
    pub(crate) sockets: TaskTracker,
    pub(crate) clients: Arc<Semaphore>,
    pub(crate) clients_max: usize,
    pub(crate) metrics: Metrics,
    requests: AtomicU64,
    /// Places for imports.
    pub(crate) imports: Arc<Semaphore>,
}

impl Edge {
    /// Returns an edge of this system. Over TCP it lets in who has a token.
    pub fn new(system: Arc<System>) -> Self {
        Self {
            keeper: Keeper::new(Arc::clone(system.store())),
            noted: Noted::new(Arc::clone(system.store())),
            bounds: Bounds::default(),
            system,
            hosts: Vec::new(),
            cors_origins: Vec::new(),
            shutdown: CancellationToken::new(),
            sockets: TaskTracker::new(),
            clients: Arc::new(Semaphore::new(limits::WS_CLIENTS_MAX)),
            clients_max: limits::WS_CLIENTS_MAX,
            metrics: Metrics::default(),
            requests: AtomicU64::new(0),
            imports: Arc::new(Semaphore::new(limits::IMPORTS_MAX)),
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

    /// Lets in everybody who can reach the server. Only for one that listens on loopback.
    #[must_use]
    pub fn open_to_all(mut self) -> Self {
        self.keeper.open();
        self
    }

    /// Says that browsers reach this server over TLS, by itself or through a proxy.
    #[must_use]
    pub fn behind_tls(mut self) -> Self {
        self.keeper.secure = true;
        self
    }

    /// Sets how many clients there may be, and how often each may ask.
    #[must_use]
    pub fn with_bounds(mut self, bounds: Bounds) -> Self {
        self.keeper.rates = Rates::new(bounds.requests_per_s);
        self.bounds = bounds;
        self
    }

    /// Makes sure that there is an administrator's token, whose secret is in the data directory.
    ///
    /// # Errors
    /// When it cannot be made.
    pub async fn with_own_token(mut self, dir: &Path) -> Result<Self, OwnTokenError> {
        let id = ensure_own_token(self.system.store(), dir).await?;
        self.keeper.set_own(id);
        Ok(self)
    }

    /// Says where browsers find the server (`http://127.0.0.1:8000`), and returns the URL that
    /// lets one in as the administrator: once, and for ten minutes.
    ///
    /// # Errors
    /// When the system gives no random bytes.
    pub fn announce(&self, address: String) -> Result<Option<String>, OwnTokenError> {
        self.keeper.set_address(address);
        let Some(own) = self.keeper.own() else { return Ok(None) };
        let (code, _) = self.keeper.new_code(own.clone())?;
        let entry = Origin::server().did(AuditAction::LoginUrl).on(AuditKind::Token, own);
        let mut write = Write::new();
        write.audit(entry.saying("printed at the start"));
        // It is written before the store closes; one that cannot be written lets nobody in either.
        drop(self.system.store().submit(write));
        Ok(self.keeper.login_url(&code))
    }

    /// Returns how many TCP connections there may be at once.
    pub(crate) fn connections_max(&self) -> usize {
        connections_max(crate::open_files_max(), self.bounds.connections)
    }

    /// Lets so many clients stay connected at once.
    #[must_use]
    pub fn with_clients_max(mut self, clients_max: usize) -> Self {
        self.clients = Arc::new(Semaphore::new(clients_max));
        self.clients_max = clients_max;
        self
    }

    /// Takes one of the places for clients that stay connected, until it is dropped.
    pub(crate) fn place(&self, client: Client) -> Result<Place, Failure> {
        let place = Arc::clone(&self.clients).try_acquire_owned();
        let counted = |place| Place { _place: place, _counted: self.metrics.connected(client) };
        place.map(counted).map_err(|_| {
            let detail = format!(
                "{} clients are connected, and no more may be; `netscan serve --clients-max N` \
                 lets in more",
                self.clients_max
            );
            // They do not all come back at once.
            let spread = self.requests.load(Ordering::Relaxed) % u64::from(TURNED_AWAY_MAX_S);
            let wait = 1 + spread as u32;
            let problem = Problem::new(Code::TooManyClients, detail);
            Failure(Box::new(problem.retry_after(wait)))
        })
    }

    /// Writes to the audit log what is still only counted. Before the store is closed.
    pub fn settle_audit(&self) {
        self.noted.settle();
    }

    /// Returns what ends open streams when it is cancelled.
    pub fn shutdown(&self) -> &CancellationToken {
        &self.shutdown
    }
}

/// A place for a client that stays connected.
pub struct Place {
    _place: OwnedSemaphorePermit,
    _counted: Connected,
}

fn routes(edge: Arc<Edge>, via: Via) -> Router {
    // Bodies with lists of targets are large.
    let large = || DefaultBodyLimit::max(limits::BODY_BYTES_MAX);
    let api = Router::new()
        .route("/api/projects", get(projects::list).post(projects::create))
        .route(
            "/api/projects/{id}",
            get(projects::get).patch(projects::change).delete(projects::delete),
        )
        .route("/api/projects/{id}/scans", get(projects::scans))
        .route("/api/profiles", get(profiles::list).post(profiles::create))
        .route(
            "/api/profiles/{name}",
            get(profiles::get).put(profiles::put).delete(profiles::delete),
        )
        .route("/api/scope", get(scope::get).post(scope::add))
        .route("/api/scope/{entry}", delete(scope::remove))
        .route("/api/projects/{id}/scope", get(scope::of_project).post(scope::add_to_project))
        .route("/api/projects/{id}/scope/{entry}", delete(scope::remove_from_project))
        .route("/api/scans", get(scans::list).post(scans::create).layer(large()))
        .route("/api/scans/start", post(scans::start).layer(large()))
        .route("/api/scans/preview", post(scans::preview).layer(large()))
        .route("/api/scans/{id}", get(scans::get).delete(scans::delete))
        .route("/api/scans/{id}/stop", post(scans::stop))
        .route("/api/scans/{id}/pause", post(scans::pause))
        .route("/api/scans/{id}/resume", post(scans::resume))
        .route("/api/scans/{id}/rescan", post(scans::rescan))
        .route("/api/scans/{id}/batches", get(batches::list))
        .route("/api/scans/{id}/hosts", get(hosts::list))
        .route("/api/scans/{id}/facets", get(hosts::facets))
        .route("/api/scans/{id}/map", get(map::map))
        .route("/api/scans/{id}/targets", get(scans::targets))
        .route("/api/scans/{id}/events", get(events::events))
        .route("/api/scans/{id}/stream", get(sse::scan_stream))
        .route("/api/scans/{id}/export", get(export::export))
        .route("/api/scans/{id}/diff/{other}", get(diff::diff))
        .route("/api/scans/import", post(import::import).layer(DefaultBodyLimit::disable()))
        .route("/api/batches/{id}", get(batches::get))
        .route("/api/batches/{id}/raw/{stream}", get(batches::raw))
        .route("/api/hosts", get(hosts::search))
        .route("/api/hosts/{id}", get(hosts::get))
        .route("/api/targets/expand", post(targets::expand).layer(large()))
        .route("/api/targets/difficult", get(targets::difficult))
        .route("/api/targets/{address}/history", get(targets::history))
        .route("/api/nmap/run", post(quick::run).layer(large()))
        .route("/api/system", get(system::describe))
        .route("/api/system/supervision", get(system::supervision))
        .route("/api/system/limits", patch(system::change_limits))
        .route("/api/audit", get(audit::list))
        .route("/api/audit/verify", get(audit::verify))
        .route("/api/tokens", get(tokens::list).post(tokens::create))
        .route("/api/tokens/{id}", delete(tokens::revoke))
        .route("/api/session", get(session::describe).post(session::begin).delete(session::end))
        .route("/api/session/codes", post(session::new_code))
        .route("/api/ws-tickets", post(session::new_ticket))
        .route("/api/openapi.json", get(openapi::openapi_json))
        .route("/api/asyncapi.json", get(openapi::asyncapi_json))
        .route("/api/docs", get(openapi::page))
        .route("/api/docs/style.css", get(openapi::style))
        .route("/healthz", get(system::healthz))
        .route("/readyz", get(system::readyz))
        .route("/metrics", get(metrics::scrape))
        // `any`, so that whatever is no upgrade is told what is wrong with it.
        .route("/ws/scans/{id}", any(ws::scan_events))
        .route("/ws/events", any(ws::all_events))
        .route("/", get(assets::index))
        .route("/assets/{file}", get(assets::asset))
        .route("/login", get(assets::login))
        .fallback(assets::page_or_nothing)
        .method_not_allowed_fallback(wrong_method);
    api.layer(from_fn(warn_of_ignored))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state((Arc::clone(&edge), via), admit))
        .layer(DefaultBodyLimit::max(limits::SMALL_BODY_BYTES_MAX))
        .with_state(edge)
}

/// Returns all routes, for a caller that is known to be local: a socket file, or this process.
pub fn local_router(edge: Arc<Edge>) -> Router {
    with_common_headers(routes(Arc::clone(&edge), Via::Local), edge)
}

/// Returns all routes, for callers that come over TCP: a browser may be made to call us by other
/// names and from other pages.
pub fn tcp_router(edge: Arc<Edge>) -> Router {
    let guard = from_fn_with_state(Arc::clone(&edge), check_caller);
    with_common_headers(routes(Arc::clone(&edge), Via::Tcp).layer(guard), edge)
}

/// Adds what every answer has, those of the guard included.
fn with_common_headers(router: Router, edge: Arc<Edge>) -> Router {
    let headers = from_fn_with_state(Arc::clone(&edge), security_headers);
    router.layer(headers).layer(from_fn_with_state(edge, number_requests))
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
    let asked = Asked::of(&request);
    let span = tracing::info_span!("request", request.id = %id);
    let mut response = in_our_words(next.run(request).instrument(span.clone()).await);
    edge.metrics.answered(&asked, response.status());
    span.in_scope(|| log_access(&asked, &response));
    if let Some(ProblemBody(mut problem)) = response.extensions_mut().remove::<ProblemBody>() {
        // What the answer tells in full, and is no fault, is nothing for those who read errors.
        if response.status() == StatusCode::SERVICE_UNAVAILABLE {
            tracing::warn!(request.id = %id, "request {id} failed: {problem}");
        } else if response.status().is_server_error() {
            tracing::error!(request.id = %id, "request {id} failed: {problem}");
        }
        edge.metrics.problem(problem.code);
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

/// Logs an answer: the route, never the path or the query, which are the client's words.
fn log_access(asked: &Asked, response: &Response) {
    let Asked { route, method, since } = *asked;
    let status = response.status().as_u16();
    let duration_ms = since.elapsed().as_secs_f64() * 1e3;
    let token = response.extensions().get::<AskedBy>().and_then(|by| by.0.as_ref());
    let token = token.map(tracing::field::display);
    tracing::debug!(
        route,
        method,
        status,
        duration_ms,
        token.id = token,
        "{method} {route} {status}"
    );
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
        StatusCode::REQUEST_TIMEOUT => Code::RequestTimeout,
        StatusCode::METHOD_NOT_ALLOWED => Code::MethodNotAllowed,
        StatusCode::NOT_FOUND => Code::NotFound,
        status if status.is_server_error() => Code::Internal,
        _ => Code::BadRequest,
    }
}
