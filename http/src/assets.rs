//! The web UI: its files, as `http/ui/` builds them, in this program.
//!
//! ```text
//! /assets/NAME-HASH.js   kept for good by browsers: another content has another name
//! /favicon.svg ...       other files, asked for anew each time, and not sent again unchanged
//! /, /scans/12/hosts     index.html: what the path means is the UI's matter
//! ```
//!
//! They are the same for everybody and hold no data, so they need no login; what they show comes
//! from the API, which does.

use crate::{
    auth::{PAGES, Rule},
    headers::is_in,
    problem::Failure,
    query::{Nothing, Query},
};
use axum::{
    body::Body,
    extract::{Path, Request},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use netscan_schemas::problem::Code;
use std::sync::LazyLock;

/// One file of the built UI.
struct File {
    /// Below `http/ui/dist/`.
    path: &'static str,
    plain: &'static [u8],
    /// Where that is smaller.
    gzip: Option<&'static [u8]>,
}

static FILES: &[File] = include!(concat!(env!("OUT_DIR"), "/web.rs"));

/// The tags of the files' contents, in the order of the files.
static TAGS: LazyLock<Vec<String>> = LazyLock::new(|| {
    FILES.iter().map(|file| blake3::hash(file.plain).to_hex()[..32].to_owned()).collect()
});

/// The first page of the UI, and every other one.
const INDEX: &str = "index.html";
/// Where its files with a hash in their names are.
const HASHED: &str = "assets/";
/// What is not the UI's: there, what is unknown is a problem, not a page.
const NOT_PAGES: [&str; 3] = ["/api", "/ws", "/assets"];

/// Returns the rule of a request without a route, if a file or a page of the UI answers it.
pub fn rule_of(request: &Request) -> Option<&'static Rule> {
    answering(request.method(), request.uri().path(), request.headers()).map(|_| &PAGES)
}

/// Returns the file that answers a request without a route.
fn answering(method: &Method, path: &str, headers: &HeaderMap) -> Option<usize> {
    if !matches!(*method, Method::GET | Method::HEAD) || NOT_PAGES.iter().any(|of| is_in(path, of))
    {
        return None;
    }
    let named = path.strip_prefix('/').and_then(find);
    named.or_else(|| find(INDEX).filter(|_| takes_pages(headers)))
}

fn find(path: &str) -> Option<usize> {
    FILES.iter().position(|file| file.path == path)
}

/// Returns whether a page is asked for by that name; `*/*` is what scripts and programs send, to
/// whom a page would only hide that there is nothing.
fn takes_pages(headers: &HeaderMap) -> bool {
    listed(headers, header::ACCEPT).any(|(kind, is_wanted)| {
        is_wanted && ["text/html", "application/xhtml+xml"].iter().any(|page| kind == *page)
    })
}

/// Returns what a header of an `Accept` kind lists, in small letters, and whether it is wanted.
fn listed(
    headers: &HeaderMap,
    name: header::HeaderName,
) -> impl Iterator<Item = (String, bool)> + '_ {
    let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(|item| {
        let mut parts = item.split(';').map(str::trim);
        let named = parts.next().unwrap_or_default().to_ascii_lowercase();
        let refused = parts
            .filter_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")))
            .any(|weight| weight.trim().parse::<f32>().is_ok_and(|weight| weight <= 0.0));
        (named, !refused)
    })
}

/// Answers the first page of the web UI. Every path that is no route is answered with it too, to
/// those who accept `text/html`.
#[utoipa::path(
    get,
    path = "/",
    tag = "pages",
    operation_id = "web_ui",
    responses(
        (status = 200, description = "The page", body = String, content_type = "text/html"),
        (status = 304, description = "It is as the `If-None-Match` says"),
    ),
)]
pub async fn index(headers: HeaderMap) -> Result<Response, Failure> {
    let at = find(INDEX).ok_or_else(|| Failure::not_found("web UI in this program"))?;
    Ok(answer(at, &headers))
}

/// Answers the page that a login URL opens. The code is in the fragment, which is sent to nobody:
/// the page posts it.
#[utoipa::path(
    get,
    path = "/login",
    tag = "pages",
    operation_id = "login_page",
    responses(
        (status = 200, description = "The page", body = String, content_type = "text/html"),
        (status = 304, description = "It is as the `If-None-Match` says"),
    ),
)]
pub async fn login(headers: HeaderMap) -> Result<Response, Failure> {
    index(headers).await
}

/// Answers a file of the web UI that has a hash of its content in its name.
#[utoipa::path(
    get,
    path = "/assets/{file}",
    tag = "pages",
    operation_id = "web_ui_asset",
    params(("file" = String, Path, description = "The name of the file")),
    responses(
        (status = 200, description = "The file", body = String, content_type = "*/*"),
        (status = 304, description = "It is as the `If-None-Match` says"),
    ),
)]
pub async fn asset(
    Path(file): Path<String>,
    _: Query<Nothing>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let at = find(&format!("{HASHED}{file}"));
    let at =
        at.ok_or_else(|| Failure::new(Code::NotFound, "there is no such file of the web UI"))?;
    Ok(answer(at, &headers))
}

/// Answers what has no route: a file or a page of the web UI, or that there is no such thing.
pub async fn page_or_nothing(request: Request) -> Response {
    let path = request.uri().path();
    match answering(request.method(), path, request.headers()) {
        Some(at) => {
            let mut response = answer(at, request.headers());
            // Routes do that by themselves.
            if request.method() == Method::HEAD {
                *response.body_mut() = Body::empty();
            }
            response
        }
        None => Failure::not_found(format!("`{path}`")).into_response(),
    }
}

fn answer(at: usize, headers: &HeaderMap) -> Response {
    let file = &FILES[at];
    let takes_gzip = listed(headers, header::ACCEPT_ENCODING)
        .any(|(coding, is_wanted)| is_wanted && ["gzip", "x-gzip", "*"].contains(&coding.as_str()));
    let gzip = file.gzip.filter(|_| takes_gzip);
    // Other bytes have another tag.
    let tag = format!("\"{}{}\"", TAGS[at], if gzip.is_some() { "-gz" } else { "" });
    let is_known = listed(headers, header::IF_NONE_MATCH)
        .any(|(known, _)| known == "*" || known.strip_prefix("w/").unwrap_or(&known) == tag);
    let mut response = match is_known {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => Body::from(gzip.unwrap_or(file.plain)).into_response(),
    };
    let out = response.headers_mut();
    let mut set = |name, value: &'static str| out.insert(name, HeaderValue::from_static(value));
    set(header::VARY, "accept-encoding");
    set(
        header::CACHE_CONTROL,
        match file.path.starts_with(HASHED) {
            true => "public, max-age=31536000, immutable",
            false => "no-cache",
        },
    );
    if !is_known {
        set(header::CONTENT_TYPE, kind_of(file.path));
        if gzip.is_some() {
            set(header::CONTENT_ENCODING, "gzip");
        }
        let bytes = gzip.unwrap_or(file.plain).len();
        out.insert(header::CONTENT_LENGTH, HeaderValue::from(bytes));
    }
    // It is made of letters and digits.
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        out.insert(header::ETAG, tag);
    }
    response
}

/// Returns the media type of a file by the end of its name; browsers are told not to guess.
fn kind_of(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, end)| end) {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "wasm" => "application/wasm",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests;
