//! Reads requests: paths, queries and bodies, with our own problems for what does not fit.

use crate::problem::Failure;
use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Request, rejection::BytesRejection},
    http::{StatusCode, request::Parts},
};
use netscan_schemas::problem::{Code, FieldError, Problem};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::str::FromStr;

/// Unknown fields that an answer names: it must not outgrow the request.
const NAMED_MAX: usize = 100;

/// A body type and the fields that it knows.
pub trait Body: DeserializeOwned {
    /// The names of its fields.
    const FIELDS: &'static [&'static str];
}

/// A JSON body in which an unknown field is an error.
pub struct Strict<T>(pub T);

/// A JSON body in which an unknown field is left out and named, as clients of the Python system
/// expect.
pub struct Lenient<T> {
    /// What was read.
    pub body: T,
    /// What was left out.
    pub warnings: Vec<String>,
}

async fn read(request: Request) -> Result<Value, Failure> {
    let bytes = Bytes::from_request(request, &()).await.map_err(rejected)?;
    if bytes.is_empty() {
        return Ok(Value::Object(serde_json::Map::new()));
    }
    serde_json::from_slice(&bytes)
        .map_err(|error| Failure::new(Code::BadRequest, format!("the body is not JSON: {error}")))
}

// axum's extractors give their rejection by value.
#[expect(clippy::needless_pass_by_value, reason = "it is a function for map_err")]
fn rejected(rejection: BytesRejection) -> Failure {
    let code = match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Code::TooLarge,
        _ => Code::BadRequest,
    };
    Failure::new(code, rejection.body_text())
}

/// Takes the fields that the type does not know out of a body and returns their names.
fn take_unknown<T: Body>(value: &mut Value) -> Result<Vec<String>, Failure> {
    let Value::Object(fields) = value else {
        return Err(Failure::new(Code::BadRequest, "the body must be a JSON object"));
    };
    let known = |name: &String| T::FIELDS.contains(&name.as_str());
    let unknown: Vec<String> = fields.keys().filter(|name| !known(name)).cloned().collect();
    fields.retain(|name, _| known(name));
    Ok(unknown)
}

fn typed<T: Body>(value: Value) -> Result<T, Failure> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        let pointer = match path.as_str() {
            "." => String::new(),
            path => format!("/{}", path.replace(['.', '['], "/").replace(']', "")),
        };
        let detail = error.into_inner().to_string();
        let errors = vec![FieldError { pointer, code: "invalid".into(), detail: detail.clone() }];
        Failure(Box::new(Problem::new(Code::InvalidValue, detail).with_errors(errors)))
    })
}

impl<T: Body, S: Send + Sync> FromRequest<S> for Strict<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &S) -> Result<Self, Failure> {
        let mut value = read(request).await?;
        let unknown = take_unknown::<T>(&mut value)?;
        if unknown.is_empty() {
            return typed(value).map(Self);
        }
        let errors = unknown.iter().take(NAMED_MAX).map(|name| FieldError {
            pointer: format!("/{}", name.replace('~', "~0").replace('/', "~1")),
            code: "unknown-field".into(),
            detail: format!("`{name}` is not a field here; known are {}", T::FIELDS.join(", ")),
        });
        let detail = match unknown.as_slice() {
            [name] => format!("`{name}` is not a field here"),
            names => format!("{} fields are not known here", names.len()),
        };
        let problem = Problem::new(Code::UnknownField, detail).with_errors(errors.collect());
        Err(Failure(Box::new(problem)))
    }
}

impl<T: Body, S: Send + Sync> FromRequest<S> for Lenient<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &S) -> Result<Self, Failure> {
        let mut value = read(request).await?;
        let unknown = take_unknown::<T>(&mut value)?;
        let warn = |name| format!("the field `{name}` is not known here and is ignored");
        let mut warnings: Vec<String> = unknown.iter().take(NAMED_MAX).map(warn).collect();
        if let Some(more @ 1..) = unknown.len().checked_sub(NAMED_MAX) {
            warnings.push(format!("{more} more fields are not known here and are ignored"));
        }
        Ok(Self { body: typed(value)?, warnings })
    }
}

/// A path segment read as `T`; what cannot be read names nothing that exists.
pub struct Segment<T>(pub T);

impl<T: FromStr + Send, S: Send + Sync> FromRequestParts<S> for Segment<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let segment = axum::extract::Path::<String>::from_request_parts(parts, state).await;
        let text = segment.map_or_else(|_| String::new(), |path| path.0);
        text.parse().map(Self).map_err(|_| Failure::not_found(format!("`{text}`")))
    }
}

/// A query string; what cannot be read is an error that says what is wrong.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        axum::extract::Query::<T>::try_from_uri(&parts.uri)
            .map(|query| Self(query.0))
            .map_err(|error| Failure::new(Code::InvalidValue, error.body_text()))
    }
}
