//! Reads requests: paths and bodies, with our own problems for what does not fit.

use crate::{problem::Failure, slow::TooSlow};
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
    /// Those of them that are objects. Without this an array of their values would pass for one.
    const OBJECTS: &'static [&'static str] = &[];
}

/// A JSON body in which an unknown field is an error, at any depth.
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
    if let Some(slow) = TooSlow::cause_of(&rejection) {
        return Failure::new(Code::RequestTimeout, slow);
    }
    let code = match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Code::TooLarge,
        _ => Code::BadRequest,
    };
    Failure::new(code, rejection.body_text())
}

/// A field that a type does not know, as the steps to it.
struct Unknown(Vec<String>);

impl Unknown {
    fn at(path: &serde_ignored::Path<'_>) -> Self {
        use serde_ignored::Path;
        let mut steps = Vec::new();
        let mut path = path;
        loop {
            path = match path {
                Path::Root => break,
                Path::Seq { parent, index } => {
                    steps.push(index.to_string());
                    parent
                }
                Path::Map { parent, key } => {
                    steps.push(key.clone());
                    parent
                }
                Path::Some { parent }
                | Path::NewtypeStruct { parent }
                | Path::NewtypeVariant { parent } => parent,
            };
        }
        steps.reverse();
        Self(steps)
    }

    /// Returns it as people write it: `policy.zz`.
    fn name(&self) -> String {
        self.0.join(".")
    }

    fn pointer(&self) -> String {
        self.0.iter().fold(String::new(), |pointer, step| {
            format!("{pointer}/{}", step.replace('~', "~0").replace('/', "~1"))
        })
    }
}

/// Reads a body, and returns beside it which of its fields the type does not know, however deep.
fn typed<T: Body>(value: Value) -> Result<(Result<T, FieldError>, Vec<Unknown>), Failure> {
    if !value.is_object() {
        return Err(Failure::new(Code::BadRequest, "the body must be a JSON object"));
    }
    let is_array = |field: &&&str| value.get(**field).is_some_and(Value::is_array);
    if let Some(field) = T::OBJECTS.iter().find(is_array) {
        let detail = format!("`{field}` must be an object");
        let error = FieldError { pointer: format!("/{field}"), code: "invalid".into(), detail };
        return Ok((Err(error), Vec::new()));
    }
    let mut unknown = Vec::new();
    let mut note = |path: serde_ignored::Path<'_>| unknown.push(Unknown::at(&path));
    let noting = serde_ignored::Deserializer::new(value, &mut note);
    let read = serde_path_to_error::deserialize(noting).map_err(|error| {
        let path = error.path().to_string();
        let mut pointer = match path.as_str() {
            "." => String::new(),
            path => format!("/{}", path.replace(['.', '['], "/").replace(']', "")),
        };
        let detail = error.into_inner().to_string();
        // serde points at what the field is missing from.
        let missing = detail.strip_prefix("missing field `");
        if let Some(name) = missing.and_then(|rest| rest.strip_suffix('`')) {
            pointer = format!("{pointer}/{name}");
        }
        FieldError { pointer, code: "invalid".into(), detail }
    });
    Ok((read, unknown))
}

fn invalid(error: FieldError) -> Failure {
    let problem = Problem::new(Code::InvalidValue, &error.detail).with_errors(vec![error]);
    Failure(Box::new(problem))
}

impl<T: Body, S: Send + Sync> FromRequest<S> for Strict<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &S) -> Result<Self, Failure> {
        let (body, unknown) = typed::<T>(read(request).await?)?;
        if unknown.is_empty() {
            return body.map(Self).map_err(invalid);
        }
        let error = |field: &Unknown| {
            let known = match field.0.len() {
                1 => format!("; known are {}", T::FIELDS.join(", ")),
                _ => String::new(),
            };
            FieldError {
                pointer: field.pointer(),
                code: "unknown-field".into(),
                detail: format!("`{}` is not a field here{known}", field.name()),
            }
        };
        let mut errors: Vec<FieldError> = unknown.iter().take(NAMED_MAX).map(error).collect();
        errors.extend(body.err());
        let detail = match unknown.as_slice() {
            [field] => format!("`{}` is not a field here", field.name()),
            fields => format!("{} fields are not known here", fields.len()),
        };
        let problem = Problem::new(Code::UnknownField, detail).with_errors(errors);
        Err(Failure(Box::new(problem)))
    }
}

impl<T: Body, S: Send + Sync> FromRequest<S> for Lenient<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &S) -> Result<Self, Failure> {
        let (body, unknown) = typed::<T>(read(request).await?)?;
        let warn = |field: &Unknown| {
            format!("the field `{}` is not known here and is ignored", field.name())
        };
        let mut warnings: Vec<String> = unknown.iter().take(NAMED_MAX).map(warn).collect();
        if let Some(more @ 1..) = unknown.len().checked_sub(NAMED_MAX) {
            warnings.push(format!("{more} more fields are not known here and are ignored"));
        }
        Ok(Self { body: body.map_err(invalid)?, warnings })
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
