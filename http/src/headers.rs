//! Headers that every answer has.

use crate::router::Edge;
use axum::{
    extract::{Request, State},
    http::{HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};
use std::sync::Arc;

/// What a page of ours may load and do: what this server serves, and nothing inline.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
                           img-src 'self' data:; font-src 'self'; connect-src 'self'; \
                           base-uri 'none'; form-action 'self'; frame-ancestors 'none'; \
                           require-trusted-types-for 'script'";
/// An answer of the API is no page.
const API_POLICY: &str = "default-src 'none'; frame-ancestors 'none'";
/// Browsers that reached us over TLS come back over TLS, for a year.
const HSTS: &str = "max-age=31536000";

/// Returns whether a path is this one, or below it.
pub fn is_in(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Adds what is not there yet.
pub async fn security_headers(
    State(edge): State<Arc<Edge>>,
    request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path();
    let is_api = ["/api", "/ws"].iter().any(|part| is_in(path, part));
    let is_docs = is_in(path, "/api/docs");
    let mut response = next.run(request).await;
    let is_page = (!is_api || is_docs) && !response.status().is_client_error();
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "no-referrer");
    set(header::X_FRAME_OPTIONS, "DENY");
    set(header::CONTENT_SECURITY_POLICY, if is_page { PAGE_POLICY } else { API_POLICY });
    set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    set(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    if edge.keeper.secure {
        set(header::STRICT_TRANSPORT_SECURITY, HSTS);
    }
    if is_api {
        set(header::CACHE_CONTROL, "no-store");
    }
    response
}
