//! The table of all routes: who may call each, and whose object it is about.
//!
//! A route that is missing here is refused to everybody, and a test holds the table to the router.

use axum::http::Method;
use netscan_schemas::Role;

/// Who may call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Everybody.
    Nothing,
    /// Who has this role, or more.
    Role(Role),
}

/// What the `{id}` of the path is, or what else decides whether the caller sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Object {
    /// Nothing of a project, or a list that the handler filters.
    None,
    /// Not for callers that are limited to some projects.
    Whole,
    /// A project.
    Project,
    /// A scan.
    Scan,
    /// A batch.
    Batch,
    /// A host's row.
    Host,
}

/// How an answer comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// As one.
    Http,
    /// As a WebSocket, which is refused by a close code.
    Socket,
}

/// One row.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// `*` for every method.
    pub method: &'static str,
    /// As it is registered.
    pub path: &'static str,
    /// Who may call.
    pub need: Need,
    /// What it is about.
    pub object: Object,
}

const fn rule(method: &'static str, path: &'static str, need: Need, object: Object) -> Rule {
    Rule { method, path, need, object }
}

const ANYBODY: Need = Need::Nothing;
const VIEWER: Need = Need::Role(Role::Viewer);
const OPERATOR: Need = Need::Role(Role::Operator);
const ADMIN: Need = Need::Role(Role::Admin);

/// Every route.
pub const RULES: &[Rule] = &[
    rule("GET", "/api/projects", VIEWER, Object::None),
    rule("POST", "/api/projects", OPERATOR, Object::Whole),
    rule("GET", "/api/projects/{id}", VIEWER, Object::Project),
    rule("PATCH", "/api/projects/{id}", OPERATOR, Object::Project),
    rule("DELETE", "/api/projects/{id}", OPERATOR, Object::Project),
    rule("GET", "/api/projects/{id}/scans", VIEWER, Object::Project),
    rule("GET", "/api/profiles", VIEWER, Object::None),
    rule("POST", "/api/profiles", OPERATOR, Object::Whole),
    rule("GET", "/api/profiles/{name}", VIEWER, Object::None),
    rule("PUT", "/api/profiles/{name}", OPERATOR, Object::Whole),
    rule("DELETE", "/api/profiles/{name}", OPERATOR, Object::Whole),
    rule("GET", "/api/scope", VIEWER, Object::None),
    rule("POST", "/api/scope", ADMIN, Object::Whole),
    rule("DELETE", "/api/scope/{entry}", ADMIN, Object::Whole),
    rule("GET", "/api/projects/{id}/scope", VIEWER, Object::Project),
    rule("POST", "/api/projects/{id}/scope", ADMIN, Object::Project),
    rule("DELETE", "/api/projects/{id}/scope/{entry}", ADMIN, Object::Project),
    rule("GET", "/api/scans", VIEWER, Object::None),
    rule("POST", "/api/scans", OPERATOR, Object::None),
    rule("POST", "/api/scans/start", OPERATOR, Object::None),
    rule("POST", "/api/scans/preview", OPERATOR, Object::None),
    rule("GET", "/api/scans/{id}", VIEWER, Object::Scan),
    rule("DELETE", "/api/scans/{id}", OPERATOR, Object::Scan),
    rule("POST", "/api/scans/{id}/stop", OPERATOR, Object::Scan),
    rule("POST", "/api/scans/{id}/pause", OPERATOR, Object::Scan),
    rule("POST", "/api/scans/{id}/resume", OPERATOR, Object::Scan),
    rule("POST", "/api/scans/{id}/rescan", OPERATOR, Object::Scan),
    rule("GET", "/api/scans/{id}/batches", VIEWER, Object::Scan),
    rule("GET", "/api/scans/{id}/hosts", VIEWER, Object::Scan),
    rule("GET", "/api/scans/{id}/facets", VIEWER, Object::Scan),
    rule("GET", "/api/scans/{id}/map", VIEWER, Object::Scan),
    rule("GET", "/api/scans/{id}/targets", VIEWER, Object::Scan),
    rule("GET", "/api/scans/{id}/events", VIEWER, Object::Scan),
    rule("GET", "/api/scans/{id}/stream", VIEWER, Object::Scan),
    rule("GET", "/api/scans/{id}/export", VIEWER, Object::Scan),
    // The other one is looked at by the handler.
    rule("GET", "/api/scans/{id}/diff/{other}", VIEWER, Object::Scan),
    rule("POST", "/api/scans/import", OPERATOR, Object::None),
    rule("GET", "/api/batches/{id}", VIEWER, Object::Batch),
    rule("GET", "/api/batches/{id}/raw/{stream}", VIEWER, Object::Batch),
    rule("GET", "/api/hosts", VIEWER, Object::None),
    rule("GET", "/api/hosts/{id}", VIEWER, Object::Host),
    // It resolves names.
    rule("POST", "/api/targets/expand", OPERATOR, Object::None),
    rule("GET", "/api/targets/difficult", VIEWER, Object::None),
    rule("GET", "/api/targets/{address}/history", VIEWER, Object::None),
    rule("POST", "/api/nmap/run", OPERATOR, Object::None),
    rule("GET", "/api/system", VIEWER, Object::None),
    // It tells of all projects.
    rule("GET", "/api/system/supervision", VIEWER, Object::Whole),
    rule("PATCH", "/api/system/limits", ADMIN, Object::Whole),
    rule("GET", "/api/audit", ADMIN, Object::Whole),
    rule("GET", "/api/audit/verify", ADMIN, Object::Whole),
    rule("GET", "/api/tokens", ADMIN, Object::Whole),
    rule("POST", "/api/tokens", ADMIN, Object::Whole),
    rule("DELETE", "/api/tokens/{id}", ADMIN, Object::Whole),
    rule("POST", "/api/session", ANYBODY, Object::None),
    rule("GET", "/api/session", VIEWER, Object::None),
    rule("DELETE", "/api/session", VIEWER, Object::None),
    rule("POST", "/api/session/codes", VIEWER, Object::None),
    rule("POST", "/api/ws-tickets", VIEWER, Object::None),
    rule("GET", "/api/openapi.json", ANYBODY, Object::None),
    rule("GET", "/api/asyncapi.json", ANYBODY, Object::None),
    rule("GET", "/api/docs", ANYBODY, Object::None),
    rule("GET", "/api/docs/style.css", ANYBODY, Object::None),
    rule("GET", "/healthz", ANYBODY, Object::None),
    rule("GET", "/readyz", ANYBODY, Object::None),
    // It tells of all projects.
    rule("GET", "/metrics", VIEWER, Object::Whole),
    rule("*", "/ws/scans/{id}", VIEWER, Object::Scan),
    rule("*", "/ws/events", VIEWER, Object::None),
    // The web UI: files without data.
    rule("GET", "/", ANYBODY, Object::None),
    rule("GET", "/assets/{file}", ANYBODY, Object::None),
    rule("GET", "/login", ANYBODY, Object::None),
];

/// The pages and other files of the web UI, which answer paths without a route. They hold no data.
pub const PAGES: Rule = rule("GET", "/{page}", ANYBODY, Object::None);

/// What the table says of a request.
#[derive(Clone, Copy, Debug)]
pub enum Known {
    /// This.
    Rule(&'static Rule),
    /// The path takes other methods.
    OtherMethods,
    /// Nothing.
    Nothing,
}

/// Looks up a request by the path as it is registered.
pub fn find(method: &Method, path: &str) -> Known {
    // A route for GET answers HEAD too.
    let method = if *method == Method::HEAD { &Method::GET } else { method };
    let mut of_path = RULES.iter().filter(|rule| rule.path == path).peekable();
    if of_path.peek().is_none() {
        return Known::Nothing;
    }
    match of_path.find(|rule| rule.method == "*" || rule.method == method.as_str()) {
        Some(rule) => Known::Rule(rule),
        None => Known::OtherMethods,
    }
}

/// Returns a path as it is in the table, if it is there.
pub fn find_route(path: &str) -> Option<&'static str> {
    RULES.iter().find(|rule| rule.path == path).map(|rule| rule.path)
}

/// Returns the methods that a path takes, for an `Allow` header.
pub fn allowed(path: &str) -> String {
    let of_path = RULES.iter().filter(|rule| rule.path == path);
    let methods: Vec<&str> = of_path
        .flat_map(|rule| match rule.method {
            "GET" => vec!["GET", "HEAD"],
            method => vec![method],
        })
        .collect();
    methods.join(",")
}

impl Rule {
    /// Returns how its answer comes.
    pub fn way(&self) -> Way {
        if self.path.starts_with("/ws/") { Way::Socket } else { Way::Http }
    }
}
