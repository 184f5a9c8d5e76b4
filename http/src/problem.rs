//! Ties each failure to one public code.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use netscan_actors::{
    CommandError, EntryFault, Fault, ProfileError, RescanError, ScopeError, SubmitError,
};
use netscan_schemas::problem::{Code, FieldError, Problem};
use netscan_store::{Health, ReadError, Refusal, Store, WriteError};

/// The media type of a problem.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// A failure on its way to a client.
#[derive(Debug)]
pub struct Failure(pub Box<Problem>);

impl Failure {
    /// Returns a failure of this kind.
    pub fn new(code: Code, detail: impl std::fmt::Display) -> Self {
        Self(Box::new(Problem::new(code, detail)))
    }

    /// Returns that there is no such thing.
    pub fn not_found(what: impl std::fmt::Display) -> Self {
        Self::new(Code::NotFound, format!("there is no {what}"))
    }

    /// Returns a fault of ours. What it is goes to the log: it may hold paths.
    pub fn internal(error: &dyn std::error::Error) -> Self {
        tracing::error!(%error, "a request fails: {}", chain(error));
        Self::new(Code::Internal, "netscan failed to carry this out; its log says why")
    }
}

/// Returns an error and its causes in one line.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let problem = self.0;
        // Every code has a status of the standard range.
        let status =
            StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&problem).unwrap_or_default();
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        if problem.code == Code::Unauthenticated {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = problem.retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        // For the layer that writes the request's id into the body.
        response.extensions_mut().insert(ProblemBody(problem));
        response
    }
}

/// A problem that a response holds.
#[derive(Clone)]
pub struct ProblemBody(pub Box<Problem>);

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        match &error {
            ReadError::Damaged { kind, key, .. } => {
                tracing::error!(%error, "a stored record is damaged: {}", chain(&error));
                Self::new(
                    Code::StoreDamaged,
                    format!("the {kind} record {key} is damaged; it is not served"),
                )
            }
            ReadError::Unavailable => {
                let mut failure = Self::new(Code::StoreUnavailable, &error);
                failure.0 = Box::new(failure.0.retry_after(5));
                failure
            }
            ReadError::Storage(_) if error.is_damage() => {
                tracing::error!(%error, "the store is damaged: {}", chain(&error));
                Self::new(Code::StoreDamaged, "a page of the store is damaged; it is not served")
            }
            ReadError::Storage(_) => Self::internal(&error),
        }
    }
}

/// Returns why nothing new may be begun just now, if that is so.
pub fn refuse_new_work(store: &Store) -> Result<(), Failure> {
    refuse_while(store.health())
}

/// Returns why nothing new may be begun with a store like this, if that is so.
pub fn refuse_while(health: Health) -> Result<(), Failure> {
    match health {
        Health::Ok => Ok(()),
        health @ (Health::Low { .. } | Health::Full { .. }) => Err(no_room(health)),
        Health::Degraded { .. } => Err(unwritable()),
    }
}

/// Returns that there is no room on the disk.
pub fn no_room(why: impl std::fmt::Display) -> Failure {
    let detail = format!(
        "{why}; delete scans that are not needed any more, or make room, and netscan goes on by \
         itself"
    );
    Failure(Box::new(Problem::new(Code::InsufficientStorage, detail).retry_after(30)))
}

fn unwritable() -> Failure {
    let detail = "the store cannot be written just now; nothing of this was kept";
    Failure(Box::new(Problem::new(Code::StoreUnavailable, detail).retry_after(10)))
}

impl From<WriteError> for Failure {
    fn from(error: WriteError) -> Self {
        match &error {
            WriteError::Refused(refusal) => refused(refusal),
            WriteError::Encode(_) => Self::new(Code::TooLarge, &error),
            WriteError::Damaged { .. } => Self::internal(&error),
            WriteError::Io { .. } => {
                tracing::error!(%error, "a write fails: {error}");
                unwritable()
            }
            WriteError::Full => no_room(&error),
            WriteError::Closed => Self::new(Code::ShuttingDown, "the server is going down"),
        }
    }
}

/// Returns the error of a note that says why something is granted.
pub fn bad_note(code: &str, detail: impl std::fmt::Display) -> Failure {
    let detail = detail.to_string();
    let pointer = "/grants/note".into();
    let error = FieldError { pointer, code: code.into(), detail: detail.clone() };
    Failure(Box::new(Problem::new(Code::InvalidValue, detail).with_errors(vec![error])))
}

fn refused(refusal: &Refusal) -> Failure {
    let code = match refusal {
        Refusal::NameTaken { .. } => Code::ProjectNameTaken,
        Refusal::TooManyTokens => Code::TooManyTokens,
        Refusal::ProfileExists { .. } => Code::ProfileNameTaken,
        Refusal::TooManyProfiles => Code::TooManyProfiles,
        Refusal::NoToken(_)
        | Refusal::NoProject(_)
        | Refusal::NoScan(_)
        | Refusal::NoBatch(_)
        | Refusal::NoScope(_)
        | Refusal::NoProfile { .. }
        | Refusal::NoAttempt { .. } => Code::NotFound,
        Refusal::NotEnded(_) => Code::ScanNotEnded,
        Refusal::NoGrantNote(_) => return bad_note("note-needed", refusal),
        Refusal::ScanExists(_) | Refusal::TokenExists(_) => Code::Internal,
    };
    Failure::new(code, refusal)
}

impl From<SubmitError> for Failure {
    fn from(error: SubmitError) -> Self {
        let detail = match &error {
            SubmitError::Nmap(error) => chain(error),
            error => error.to_string(),
        };
        let listed = |code, errors| Self(Box::new(Problem::new(code, detail).with_errors(errors)));
        match error {
            SubmitError::Values(errors) => listed(Code::InvalidValue, errors),
            SubmitError::Targets(errors) => listed(Code::InvalidTarget, errors),
            SubmitError::Flags(errors) => listed(Code::FlagRefused, errors),
            SubmitError::Privilege(errors) => listed(Code::PrivilegeMissing, errors),
            SubmitError::TooMany { .. } | SubmitError::TooManyForRun { .. } => {
                listed(Code::TooManyTargets, Vec::new())
            }
            SubmitError::OutOfScope(out) => {
                let error = |(fault, detail): (&Fault, String)| FieldError {
                    pointer: "/targets".into(),
                    code: fault.rule.as_str().into(),
                    detail,
                };
                let errors = out.details().map(error).collect();
                listed(Code::OutOfScope, errors)
            }
            SubmitError::NoProject(_) => listed(Code::NotFound, Vec::new()),
            SubmitError::Nmap(_) => listed(Code::NmapUnusable, Vec::new()),
            SubmitError::Leaving => listed(Code::ShuttingDown, Vec::new()),
            SubmitError::Read(error) => error.into(),
            SubmitError::Write(error) => error.into(),
        }
    }
}

impl From<ProfileError> for Failure {
    fn from(error: ProfileError) -> Self {
        let detail = error.to_string();
        let listed = |code, errors| Self(Box::new(Problem::new(code, detail).with_errors(errors)));
        match error {
            ProfileError::Values(errors) => listed(Code::InvalidValue, errors),
            ProfileError::Flags(errors) => listed(Code::FlagRefused, errors),
            ProfileError::Taken(_) => Self::new(Code::ProfileNameTaken, error),
            ProfileError::Unknown(_) => Self::new(Code::NotFound, error),
            ProfileError::BuiltIn(_) | ProfileError::InFile { .. } => {
                Self::new(Code::ProfileFixed, error)
            }
            ProfileError::Read(error) => error.into(),
            ProfileError::Write(error) => error.into(),
        }
    }
}

impl From<ScopeError> for Failure {
    fn from(error: ScopeError) -> Self {
        match error {
            ScopeError::Entry(fault) => {
                let detail = fault.to_string();
                let pointer = match fault {
                    EntryFault::NoNote | EntryFault::BadNote => "/note",
                    EntryFault::Expired => "/expires_at",
                    EntryFault::NotOneRun
                    | EntryFault::Everything
                    | EntryFault::Wrapped
                    | EntryFault::BuiltIn => "/target",
                };
                let code = fault.as_str().to_owned();
                let error = FieldError { pointer: pointer.into(), code, detail: detail.clone() };
                let problem = Problem::new(Code::InvalidValue, detail);
                Self(Box::new(problem.with_errors(vec![error])))
            }
            ScopeError::Full => Self::new(Code::InvalidValue, error),
            ScopeError::NoProject(_) => Self::new(Code::NotFound, error),
            ScopeError::Read(error) => error.into(),
            ScopeError::Write(error) => error.into(),
        }
    }
}

impl From<CommandError> for Failure {
    fn from(error: CommandError) -> Self {
        let code = match &error {
            CommandError::NoScan(_) => Code::NotFound,
            CommandError::Ended(..) => Code::ScanAlreadyEnded,
            CommandError::Conflict { .. } => Code::ScanStateConflict,
            CommandError::Busy(_) | CommandError::Interrupted(_) => Code::ScanStateConflict,
            CommandError::Read(_) | CommandError::Write(_) => Code::Internal,
        };
        match error {
            CommandError::Read(error) => error.into(),
            CommandError::Write(error) => error.into(),
            CommandError::Busy(_) => Self(Box::new(Problem::new(code, error).retry_after(5))),
            error => Self::new(code, error),
        }
    }
}

impl From<RescanError> for Failure {
    fn from(error: RescanError) -> Self {
        match error {
            RescanError::Submit(error) => error.into(),
            RescanError::Read(error) => error.into(),
            RescanError::NoScan(_) => Self::new(Code::NotFound, error),
            RescanError::NotEnded(_) => Self::new(Code::ScanNotEnded, error),
            RescanError::NothingLeft(_) => Self::new(Code::ScanStateConflict, error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_work_is_refused_while_the_store_is_not_well() {
        let (free, needed) = (5, 72);
        let refusal = |health: Health| refuse_while(health).err().map(|failure| failure.0);
        assert!(refusal(Health::Ok).is_none());
        for health in [Health::Low { free, needed }, Health::Full { free, needed }] {
            let problem = refusal(health).unwrap();
            assert_eq!((problem.status, problem.code), (507, Code::InsufficientStorage));
            assert!(problem.detail.contains("5 bytes are free, 72 are needed"), "{problem}");
            assert!(problem.retry_after_s.is_some());
        }
        let problem = refusal(Health::Degraded { reason: "/secret/path".into() }).unwrap();
        assert_eq!((problem.status, problem.code), (503, Code::StoreUnavailable));
        assert!(problem.retry_after_s.is_some() && !problem.detail.contains("secret"));
    }
}
