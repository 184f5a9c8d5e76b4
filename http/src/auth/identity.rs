//! Who asks. In the extensions of every request that reaches a handler; it may go to logs.

use super::user::User;
use crate::problem::Failure;
use axum::{extract::FromRequestParts, http::request::Parts};
use netscan_schemas::{
    ProjectId, Role, TokenId,
    api::Caller,
    audit::{AuditActor, Origin},
    problem::{Code, FieldError, Problem},
    stored::TokenRecord,
};
use netscan_store::SessionKey;
use std::{fmt, net::IpAddr, sync::Arc};

/// How it is known who asks.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum By {
    /// Through this process, or a file that only its owner can open.
    Local,
    /// Access rights are off.
    Anyone,
    /// By a token.
    Token,
    /// By the cookie of a session.
    Session(SessionKey),
}

/// The key of a session is not shown.
impl fmt::Debug for By {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Local => "Local",
            Self::Anyone => "Anyone",
            Self::Token => "Token",
            Self::Session(_) => "Session",
        })
    }
}

/// A caller and its rights.
#[derive(Clone)]
pub struct Identity {
    inner: Arc<Inner>,
    /// The address that it came from, over TCP.
    from: Option<IpAddr>,
}

struct Inner {
    by: By,
    token: Option<TokenId>,
    name: String,
    role: Role,
    projects: Option<Vec<ProjectId>>,
    /// The user of this machine, if it is one.
    user: Option<User>,
}

impl Identity {
    fn unbounded(by: By, name: &str, user: Option<User>) -> Self {
        let (token, projects) = (None, None);
        Self::of(Inner { by, token, name: name.to_owned(), role: Role::Admin, projects, user })
    }

    fn of(inner: Inner) -> Self {
        Self { inner: Arc::new(inner), from: None }
    }

    /// Returns this user, who can open the socket file, or whose process this is.
    pub fn local(user: User) -> Self {
        Self::unbounded(By::Local, "local", Some(user))
    }

    /// Returns everybody, where access rights are off.
    pub fn anyone() -> Self {
        Self::unbounded(By::Anyone, "anyone", None)
    }

    /// Returns the holder of a token.
    pub fn of_token(by: By, token: TokenRecord) -> Self {
        let TokenRecord { id, name, role, projects, .. } = token;
        Self::of(Inner { by, token: Some(id), name, role, projects, user: None })
    }

    /// Says from where it came.
    #[must_use]
    pub fn at(self, from: Option<IpAddr>) -> Self {
        Self { from, ..self }
    }

    /// Returns it as the audit log names it.
    pub fn origin(&self) -> Origin {
        let Inner { by, token, name, user, .. } = &*self.inner;
        let actor = match (by, token, user) {
            (By::Session(_), Some(token), _) => {
                AuditActor::Session { token: token.clone(), name: name.clone() }
            }
            (_, Some(id), _) => AuditActor::Token { id: id.clone(), name: name.clone() },
            (_, None, Some(user)) => AuditActor::Local { uid: user.uid, user: user.name.clone() },
            (_, None, None) => AuditActor::Anyone,
        };
        Origin { actor, from: self.from }
    }

    /// Returns how it is known.
    pub fn by(&self) -> By {
        self.inner.by
    }

    /// Returns whether it has the rights of another: those of one token, or of none for one reason.
    pub fn is_like(&self, other: &Self) -> bool {
        match (self.token(), other.token()) {
            (None, None) => self.by() == other.by(),
            (one, another) => one == another,
        }
    }

    /// Returns its session, if it is one.
    pub fn session(&self) -> Option<SessionKey> {
        match self.by() {
            By::Session(key) => Some(key),
            By::Local | By::Anyone | By::Token => None,
        }
    }

    /// Returns its token, if it has one.
    pub fn token(&self) -> Option<&TokenId> {
        self.inner.token.as_ref()
    }

    /// Returns what it may do.
    pub fn role(&self) -> Role {
        self.inner.role
    }

    /// Returns the only projects that it sees; none for all.
    pub fn projects(&self) -> Option<&[ProjectId]> {
        self.inner.projects.as_deref()
    }

    /// Returns whether it sees a project.
    pub fn sees(&self, project: ProjectId) -> bool {
        self.projects().is_none_or(|projects| projects.contains(&project))
    }

    /// Returns the project that a new scan goes to: the one that was asked for, or none for the
    /// server's own choice. A caller that is limited to one project need not name it.
    pub fn project_for(&self, asked: Option<ProjectId>) -> Result<Option<ProjectId>, Failure> {
        match (asked, self.projects()) {
            (asked, None) => Ok(asked),
            (Some(asked), Some(_)) if self.sees(asked) => Ok(Some(asked)),
            (Some(asked), Some(_)) => Err(Failure::not_found(format!("project {asked}"))),
            (None, Some([only])) => Ok(Some(*only)),
            (None, Some(_)) => {
                let detail = "`project_id` is needed: this token is limited to some projects";
                let error = FieldError {
                    pointer: "/project_id".into(),
                    code: "missing".into(),
                    detail: detail.into(),
                };
                let problem = Problem::new(Code::InvalidValue, detail).with_errors(vec![error]);
                Err(Failure(Box::new(problem)))
            }
        }
    }

    /// Returns it as clients see it.
    pub fn shown(&self) -> Caller {
        let by = match self.by() {
            By::Local => "local",
            By::Anyone => "anyone",
            By::Token => "token",
            By::Session(_) => "session",
        };
        Caller {
            by: by.to_owned(),
            token_id: self.inner.token.clone(),
            name: self.inner.name.clone(),
            role: self.inner.role,
            projects: self.inner.projects.clone(),
        }
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// For logs: `token k3v9q0ab (nightly, operator)`.
impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.inner.name.escape_debug();
        match &self.inner.token {
            Some(id) => write!(f, "token {id} ({name}, {})", self.inner.role),
            None => write!(f, "{name} ({})", self.inner.role),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Identity {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        // Nothing but a route outside of `admit` lacks it.
        parts.extensions.get::<Self>().cloned().ok_or_else(|| {
            tracing::error!("a request reached its handler without a caller");
            Failure::new(Code::Internal, "netscan does not know who asks; its log says why")
        })
    }
}
