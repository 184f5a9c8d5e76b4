//! Reads query strings. A parameter that a route does not know is an error that names it; on the
//! routes that clients of the Python system call, it is left out and named in a `Warning` header.

use crate::problem::Failure;
use axum::{
    extract::{FromRequestParts, Request},
    http::{HeaderValue, header, request::Parts},
    middleware::Next,
    response::Response,
};
use netscan_schemas::problem::{Code, FieldError, Problem};
use serde::{Deserialize, de::DeserializeOwned};
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

/// Parameters that an answer names: it must not outgrow the request.
const NAMED_MAX: usize = 20;
/// Characters of a parameter's name that an answer repeats.
const SHOWN_CHARS: usize = 80;

/// The parameters of one of our own routes.
pub struct Query<T>(pub T);

/// The parameters of a route that clients of the Python system call.
pub struct SeedQuery<T>(pub T);

/// The same, of a list that takes a page's parameters and its own.
pub struct SeedList<P, T>(pub P, pub T);

/// The same, of a list of our own.
pub struct List<P, T>(pub P, pub T);

/// The parameters of a route that has none.
#[derive(Deserialize)]
pub struct Nothing {}

/// Returns the parameters, and the names of those that the type does not know.
fn read<T: DeserializeOwned>(parts: &Parts) -> Result<(T, BTreeSet<String>), Failure> {
    let text = parts.uri.query().unwrap_or_default();
    let mut unknown = BTreeSet::new();
    let mut note = |path: serde_ignored::Path<'_>| {
        unknown.insert(path.to_string());
    };
    let pairs = serde_urlencoded::Deserializer::new(form_urlencoded::parse(text.as_bytes()));
    let noting = serde_ignored::Deserializer::new(pairs, &mut note);
    let read = serde_path_to_error::deserialize(noting).map_err(|error| {
        let name = error.path().to_string();
        let detail = format!("the query parameter `{name}`: {}", error.into_inner());
        Failure::new(Code::InvalidValue, detail)
    })?;
    Ok((read, unknown))
}

fn refuse(unknown: &BTreeSet<String>) -> Result<(), Failure> {
    let Some(first) = unknown.first() else { return Ok(()) };
    let error = |name: &String| FieldError {
        pointer: String::new(),
        code: "unknown-field".into(),
        detail: format!("`{}` is not a query parameter here", shown(name)),
    };
    let errors: Vec<FieldError> = unknown.iter().take(NAMED_MAX).map(error).collect();
    let detail = format!("`{}` is not a query parameter here", shown(first));
    Err(Failure(Box::new(Problem::new(Code::UnknownField, detail).with_errors(errors))))
}

fn shown(name: &str) -> String {
    name.chars().take(SHOWN_CHARS).collect()
}

/// The parameters of one request that were left out.
#[derive(Clone, Debug, Default)]
struct LeftOut(Arc<Mutex<BTreeSet<String>>>);

impl LeftOut {
    fn note(parts: &Parts, unknown: BTreeSet<String>) {
        if let Some(left_out) = parts.extensions.get::<Self>() {
            // Plain data behind the lock: a poisoned one is still good to use.
            left_out.0.lock().unwrap_or_else(PoisonError::into_inner).extend(unknown);
        }
    }

    fn warning(&self) -> Option<HeaderValue> {
        let names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let plain =
            |c: char| if c.is_ascii_graphic() && !matches!(c, '"' | '\\') { c } else { '?' };
        let listed = names.iter().take(NAMED_MAX);
        let listed: Vec<String> =
            listed.map(|name| shown(name).chars().map(plain).collect()).collect();
        let text = format!("299 netscan \"not known here and ignored: {}\"", listed.join(", "));
        (!names.is_empty()).then(|| HeaderValue::from_str(&text).ok()).flatten()
    }
}

/// Names in the answer what was left out of the query.
pub async fn warn_of_ignored(mut request: Request, next: Next) -> Response {
    if request.uri().query().is_none() {
        return next.run(request).await;
    }
    let left_out = LeftOut::default();
    request.extensions_mut().insert(left_out.clone());
    let mut response = next.run(request).await;
    if let Some(warning) = left_out.warning() {
        response.headers_mut().insert(header::WARNING, warning);
    }
    response
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let (read, unknown) = read(parts)?;
        refuse(&unknown)?;
        Ok(Self(read))
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for SeedQuery<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let (read, unknown) = read(parts)?;
        LeftOut::note(parts, unknown);
        Ok(Self(read))
    }
}

impl<P: DeserializeOwned, T: DeserializeOwned, S: Send + Sync> FromRequestParts<S>
    for SeedList<P, T>
{
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let (page, not_of_page) = read(parts)?;
        let (filter, not_of_filter) = read(parts)?;
        LeftOut::note(parts, &not_of_page & &not_of_filter);
        Ok(Self(page, filter))
    }
}

impl<P: DeserializeOwned, T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for List<P, T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let (page, not_of_page) = read(parts)?;
        let (filter, not_of_filter) = read(parts)?;
        refuse(&(&not_of_page & &not_of_filter))?;
        Ok(Self(page, filter))
    }
}
