//! The contract as documents: OpenAPI of the routes, AsyncAPI of the WebSocket, JSON Schema of the
//! events. All three are made from the code, committed under `schemas/documents/`, and compared by
//! a test.
//!
//! ```text
//! #[utoipa::path] of each handler ─► Api ─┐
//! the table of rights ────────────────────┼─► answers ─► openapi.json ─► docs (a page)
//! problem codes ──────────────────────────┘
//! types of the events ─► events ─► asyncapi.json, events.schema.json
//! ```
//!
//! A new route needs three lines beside its handler: one in the router, one in
//! `auth/policy.rs`, and its handler's name in `Api`. The handler's `#[utoipa::path]` names what it
//! takes, what it answers when all goes well, and the problem codes of its own
//! (`x-problem-codes`); roles, security and all other problems are added from the table. Then
//! `make contracts` writes the documents anew.

mod answers;
mod docs;
mod events;
#[cfg(test)]
mod tests;

pub use docs::{page, style};
#[cfg(test)]
pub use {answers::LENIENT, tests::operations};

use crate::{
    assets, metrics,
    query::{Nothing, Query},
    rest::{
        audit, batches, diff, events as stored_events, export, hosts, import, map, profiles,
        projects, quick, scans, scope, session, system, targets, tokens,
    },
    sse, ws,
};
use axum::{
    http::{HeaderName, header},
    response::IntoResponse,
};
use netscan_schemas::{
    attempt::Stream,
    event::{ConnectionEvent, EventFrame},
    host::{HostState, ScriptItem, ScriptValue},
    problem::{Code, Problem},
};
use serde_json::Value;
use std::sync::LazyLock;
use utoipa::OpenApi;

/// Every route, by its handler.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "netscan",
        description = "Runs many nmap processes under supervision, and tells in order what each of \
                       them found. Errors are `application/problem+json` (RFC 9457) with a stable \
                       `code`. Lists answer a bare array, and a `Link` to the next page while there \
                       is more."
    ),
    paths(
        projects::list,
        projects::create,
        projects::get,
        projects::change,
        projects::delete,
        projects::scans,
        profiles::list,
        profiles::create,
        profiles::get,
        profiles::put,
        profiles::delete,
        scope::get,
        scope::add,
        scope::remove,
        scope::of_project,
        scope::add_to_project,
        scope::remove_from_project,
        scans::list,
        scans::create,
        scans::start,
        scans::preview,
        scans::get,
        scans::delete,
        scans::stop,
        scans::pause,
        scans::resume,
        scans::rescan,
        scans::targets,
        map::map,
        stored_events::events,
        export::export,
        diff::diff,
        import::import,
        sse::scan_stream,
        batches::list,
        batches::get,
        batches::raw,
        hosts::list,
        hosts::facets,
        hosts::search,
        hosts::get,
        targets::expand,
        targets::difficult,
        targets::history,
        quick::run,
        system::describe,
        system::supervision,
        system::change_limits,
        system::healthz,
        system::readyz,
        metrics::scrape,
        tokens::list,
        tokens::create,
        tokens::revoke,
        audit::list,
        audit::verify,
        session::describe,
        session::begin,
        session::end,
        session::new_code,
        session::new_ticket,
        ws::scan_events,
        ws::all_events,
        assets::index,
        assets::login,
        assets::asset,
        openapi_json,
        asyncapi_json,
        docs::page,
        docs::style,
    ),
    // What nothing but a parameter, or itself, refers to is not found by itself.
    components(schemas(
        EventFrame,
        ConnectionEvent,
        Problem,
        Code,
        HostState,
        Stream,
        ScriptItem,
        ScriptValue
    )),
    tags(
        (name = "scans", description = "Start scans, look at them, stop them"),
        (name = "results", description = "Batches, hosts and what nmap wrote"),
        (name = "events", description = "What happens, as it happens and afterwards"),
        (name = "targets", description = "What targets mean, and what is known of an address"),
        (name = "projects", description = "Names under which scans are kept"),
        (name = "profiles", description = "Named sets of options"),
        (name = "scope", description = "What may be scanned"),
        (name = "access", description = "Tokens and sessions"),
        (name = "audit", description = "Who did what"),
        (name = "system", description = "The server itself, and these documents"),
        (name = "pages", description = "Pages for browsers"),
    )
)]
struct Api;

/// Returns the OpenAPI document of all routes.
pub fn openapi() -> &'static Value {
    static DOCUMENT: LazyLock<Value> = LazyLock::new(|| answers::complete(&plain()));
    &DOCUMENT
}

/// Returns what the handlers say of themselves.
fn plain() -> Value {
    let mut api = Api::openapi();
    env!("CARGO_PKG_VERSION").clone_into(&mut api.info.version);
    // The licence of the package is not that of a server's answers.
    api.info.license = None;
    // Plain data with text for keys: it serializes.
    serde_json::to_value(&api).unwrap_or_default()
}

/// Returns the AsyncAPI document of the WebSockets.
pub fn asyncapi() -> &'static Value {
    static DOCUMENT: LazyLock<Value> = LazyLock::new(|| events::asyncapi(openapi()));
    &DOCUMENT
}

/// Returns the JSON Schema of what a WebSocket sends.
pub fn events_schema() -> &'static Value {
    static DOCUMENT: LazyLock<Value> = LazyLock::new(|| events::schema(openapi()));
    &DOCUMENT
}

/// Returns a document as it is committed and served: indented, with a line's end at the end.
pub fn text(document: &Value) -> String {
    format!("{document:#}\n")
}

fn json(document: &Value) -> impl IntoResponse + use<> {
    let kind: [(HeaderName, &str); 1] = [(header::CONTENT_TYPE, "application/json")];
    (kind, text(document))
}

/// Answers the OpenAPI document of all routes.
#[utoipa::path(
    get,
    path = "/api/openapi.json",
    tag = "system",
    operation_id = "get_openapi",
    responses((status = 200, description = "The document", body = Value)),
)]
pub async fn openapi_json(_: Query<Nothing>) -> impl IntoResponse {
    json(openapi())
}

/// Answers the AsyncAPI document of the WebSockets.
#[utoipa::path(
    get,
    path = "/api/asyncapi.json",
    tag = "system",
    operation_id = "get_asyncapi",
    responses((status = 200, description = "The document", body = Value)),
)]
pub async fn asyncapi_json(_: Query<Nothing>) -> impl IntoResponse {
    json(asyncapi())
}
