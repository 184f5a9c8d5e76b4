//! Errors as clients see them: RFC 9457 problems with a stable code.

use crate::limits::{NAME_CHARS_MAX, NOTE_CHARS_MAX, PROFILE_NAME_CHARS_MAX};
use serde::{Deserialize, Serialize};
use std::fmt;
use utoipa::ToSchema;

/// What went wrong, as one of a closed list. The name is stable: programs match on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Code {
    /// The body is not JSON, or not the JSON that the call takes.
    BadRequest,
    /// The body has a field that the call does not know.
    UnknownField,
    /// A value of the body or the query is out of its range.
    InvalidValue,
    /// Targets or excludes that cannot be read.
    InvalidTarget,
    /// More addresses than one scan may have.
    TooManyTargets,
    /// A flag that is not passed on to nmap.
    FlagRefused,
    /// A scan type that needs a privilege that netscan does not have.
    PrivilegeMissing,
    /// Targets that may not be scanned.
    OutOfScope,
    /// There is no such thing.
    NotFound,
    /// The method is not one of the route's.
    MethodNotAllowed,
    /// Another project has that name.
    ProjectNameTaken,
    /// Another profile has that name.
    ProfileNameTaken,
    /// The profile is built in, or stands in a file, and cannot be changed here.
    ProfileFixed,
    /// More profiles than there may be.
    TooManyProfiles,
    /// The project has a scan that has not ended.
    ProjectBusy,
    /// The scan has ended.
    ScanAlreadyEnded,
    /// The scan has not ended.
    ScanNotEnded,
    /// The scan is not in a state that allows this.
    ScanStateConflict,
    /// nmap failed; the detail says how.
    NmapFailed,
    /// There is no nmap that can be run.
    NmapUnusable,
    /// The body is larger than allowed.
    TooLarge,
    /// No token or session, or none that is valid.
    Unauthenticated,
    /// The role of the caller does not allow this.
    Forbidden,
    /// More requests than are allowed in this time.
    RateLimited,
    /// The request came too slowly.
    RequestTimeout,
    /// More tokens than there may be.
    TooManyTokens,
    /// More clients than are allowed at once.
    TooManyClients,
    /// The request's Host is not one of ours.
    HostNotAllowed,
    /// A page of another site makes the request.
    OriginNotAllowed,
    /// The store cannot be written now; reading goes on.
    StoreUnavailable,
    /// There is too little room on the store's disk to begin with anything; reading goes on.
    InsufficientStorage,
    /// Stored bytes do not match their digest.
    StoreDamaged,
    /// The server is going down.
    ShuttingDown,
    /// A fault of netscan.
    Internal,
}

impl Code {
    /// Returns the HTTP status that goes with the code.
    pub const fn status(self) -> u16 {
        match self {
            Self::BadRequest => 400,
            Self::Unauthenticated => 401,
            Self::OriginNotAllowed | Self::Forbidden | Self::OutOfScope => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::RequestTimeout => 408,
            Self::ProjectNameTaken
            | Self::ProfileNameTaken
            | Self::ProfileFixed
            | Self::TooManyProfiles
            | Self::TooManyTokens
            | Self::ProjectBusy
            | Self::ScanAlreadyEnded
            | Self::ScanNotEnded
            | Self::ScanStateConflict => 409,
            Self::TooLarge => 413,
            Self::HostNotAllowed => 421,
            Self::UnknownField
            | Self::InvalidValue
            | Self::InvalidTarget
            | Self::TooManyTargets
            | Self::FlagRefused
            | Self::PrivilegeMissing => 422,
            Self::RateLimited => 429,
            Self::NmapFailed | Self::Internal | Self::StoreDamaged => 500,
            Self::NmapUnusable
            | Self::TooManyClients
            | Self::StoreUnavailable
            | Self::ShuttingDown => 503,
            Self::InsufficientStorage => 507,
        }
    }

    /// Returns the one line that goes with the code.
    pub const fn title(self) -> &'static str {
        match self {
            Self::BadRequest => "The request cannot be read",
            Self::UnknownField => "The body has an unknown field",
            Self::InvalidValue => "A value is out of its range",
            Self::InvalidTarget => "Some targets cannot be read",
            Self::TooManyTargets => "More addresses than one scan may have",
            Self::FlagRefused => "A flag is not passed on to nmap",
            Self::PrivilegeMissing => "The scan needs a privilege that netscan does not have",
            Self::OutOfScope => "Some targets may not be scanned",
            Self::NotFound => "There is no such thing",
            Self::MethodNotAllowed => "The method is not allowed here",
            Self::ProjectNameTaken => "Another project has that name",
            Self::ProfileNameTaken => "Another profile has that name",
            Self::ProfileFixed => "The profile cannot be changed here",
            Self::TooManyProfiles => "Too many profiles",
            Self::ProjectBusy => "The project has a running scan",
            Self::ScanAlreadyEnded => "The scan has already ended",
            Self::ScanNotEnded => "The scan has not ended",
            Self::ScanStateConflict => "The scan is in another state",
            Self::NmapFailed => "nmap failed",
            Self::NmapUnusable => "nmap cannot be run",
            Self::TooLarge => "The body is too large",
            Self::Unauthenticated => "A valid token is needed",
            Self::Forbidden => "The role does not allow this",
            Self::RateLimited => "Too many requests",
            Self::RequestTimeout => "The request came too slowly",
            Self::TooManyTokens => "Too many tokens",
            Self::TooManyClients => "Too many clients",
            Self::HostNotAllowed => "The Host of the request is not this server",
            Self::OriginNotAllowed => "Pages of another site may not do this",
            Self::StoreUnavailable => "The store cannot be written now",
            Self::InsufficientStorage => "There is too little room on the disk",
            Self::StoreDamaged => "Stored data is damaged",
            Self::ShuttingDown => "The server is going down",
            Self::Internal => "A fault of netscan",
        }
    }

    /// Returns the name used in JSON.
    pub fn as_str(self) -> String {
        // A unit variant serializes as its plain name.
        serde_json::to_value(self)
            .ok()
            .and_then(|value| value.as_str().map(str::to_owned))
            .unwrap_or_default()
    }
}

/// Returns whether this is a name for a scan or a project: 1 to [`NAME_CHARS_MAX`] printable
/// characters, without blanks at either end.
pub fn is_name(text: &str) -> bool {
    let length = text.chars().count();
    let printable = !text.chars().any(char::is_control);
    text.trim() == text && (1..=NAME_CHARS_MAX).contains(&length) && printable
}

/// Returns whether this is a name for a profile: 1 to [`PROFILE_NAME_CHARS_MAX`] of `a-z`, `0-9`,
/// `-` and `_`, beginning with a letter or digit. It is the same in a URL and in a shell.
pub fn is_profile_name(text: &str) -> bool {
    let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_".contains(&b);
    (1..=PROFILE_NAME_CHARS_MAX).contains(&text.len())
        && text.bytes().all(is_plain)
        && !text.starts_with(['-', '_'])
}

/// Returns whether this is good as a note that says why.
pub fn is_note(text: &str) -> bool {
    let length = text.chars().count();
    let printable = !text.chars().any(char::is_control);
    !text.trim().is_empty() && length <= NOTE_CHARS_MAX && printable
}

/// One error of a request's body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldError {
    /// Where, as a JSON pointer (`/nmap_flags/2`).
    pub pointer: String,
    /// What, as a stable name.
    pub code: String,
    /// What, why, and how to mend it.
    pub detail: String,
}

/// An `application/problem+json` document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// A URI for the kind of problem: `urn:netscan:problem:` and the code.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// This one in words: what, where, and how to mend it.
    pub detail: String,
    /// The kind's stable name.
    pub code: Code,
    /// The errors of the body, one by one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// The number that the server's log has for this request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// When to try again, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_s: Option<u32>,
}

impl Problem {
    /// Returns the problem of this kind with this detail.
    pub fn new(code: Code, detail: impl fmt::Display) -> Self {
        Self {
            kind: format!("urn:netscan:problem:{}", code.as_str()),
            title: code.title().to_owned(),
            status: code.status(),
            detail: detail.to_string(),
            code,
            errors: Vec::new(),
            request_id: None,
            retry_after_s: None,
        }
    }

    /// Returns it with the errors of the body.
    #[must_use]
    pub fn with_errors(mut self, errors: Vec<FieldError>) -> Self {
        self.errors = errors;
        self
    }

    /// Returns it with the time after which a new try may go well.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.title, self.detail)
    }
}

impl std::error::Error for Problem {}
