//! The audit log: who did what, from where, and what came of it. The words that stored entries, the
//! API and the engine share.

use crate::{
    access::TokenId,
    limits::AUDIT_DETAIL_CHARS_MAX,
    stored::{AuditEntry, AuditObject, AuditOutcome},
    time::Time,
};
use serde::{Deserialize, Serialize};
use std::{fmt, net::IpAddr};
use utoipa::ToSchema;

/// Defines what can be done, each once: its variant and its name.
macro_rules! actions {
    ($($(#[$doc:meta])* $action:ident = $name:literal,)+) => {
        /// What was done, or tried. The names are stable. New ones go to the end, with a new
        /// version of the record: that is how the store counts them.
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
            ToSchema,
        )]
        #[serde(rename_all = "kebab-case")]
        pub enum AuditAction {
            $($(#[$doc])* $action,)+
        }

        impl AuditAction {
            /// Every action, in the order of the store.
            pub const ALL: &[Self] = &[$(Self::$action),+];

            /// Returns the name used in JSON and on the command line.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$action => $name,)+
                }
            }
        }
    };
}

actions! {
    /// A session of a browser was begun, or not.
    Login = "login",
    /// A login URL was made.
    LoginUrl = "login-url",
    /// A session was ended.
    SessionEnd = "session-end",
    /// A token was made.
    TokenCreate = "token-create",
    /// A token was taken away, with its sessions.
    TokenRevoke = "token-revoke",
    /// Addresses were allowed.
    ScopeAllow = "scope-allow",
    /// Addresses were denied.
    ScopeDeny = "scope-deny",
    /// An entry of a scope was removed.
    ScopeRm = "scope-rm",
    /// A project was made.
    ProjectCreate = "project-create",
    /// A project was changed.
    ProjectChange = "project-change",
    /// A project was deleted with its scans.
    ProjectDelete = "project-delete",
    /// A scan was started.
    ScanCreate = "scan-create",
    /// A scan of one nmap that its client waits for was started.
    ScanRun = "scan-run",
    /// Targets of a scan were scanned again.
    ScanRescan = "scan-rescan",
    /// A scan was made of a file.
    ScanImport = "scan-import",
    /// A scan was stopped.
    ScanStop = "scan-stop",
    /// A scan was paused.
    ScanPause = "scan-pause",
    /// A scan was resumed.
    ScanResume = "scan-resume",
    /// A scan was deleted.
    ScanDelete = "scan-delete",
    /// A scan was handed out as a document.
    ScanExport = "scan-export",
    /// A scan ended by itself.
    ScanEnd = "scan-end",
    /// nmap reported a host that it was not given.
    OutOfScopeResult = "out-of-scope-result",
    /// What all nmaps may use was changed.
    LimitsChange = "limits-change",
    /// Any other request, where it was refused.
    Request = "request",
    /// The store was brought to a newer format.
    StoreMigrate = "store-migrate",
    /// Indexes and counts of the store were made anew.
    StoreRepair = "store-repair",
    /// The store was made of what was sound in a damaged one.
    StoreSalvage = "store-salvage",
    /// The server started.
    ServerStart = "server-start",
    /// The server ended.
    ServerStop = "server-stop",
    /// A profile was made.
    ProfileCreate = "profile-create",
    /// A profile was changed.
    ProfileChange = "profile-change",
    /// A profile was deleted.
    ProfileDelete = "profile-delete",
}

impl fmt::Display for AuditAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Who did something.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum AuditActor {
    /// netscan itself.
    Server,
    /// A user of this machine: through the socket file, or by a command without a server.
    Local {
        /// The user's number.
        uid: u32,
        /// The user's name, or the number again.
        user: String,
    },
    /// Who holds a token.
    Token {
        /// The token's id, which is no secret.
        id: TokenId,
        /// Its name at that time.
        name: String,
    },
    /// A browser that was let in with a token.
    Session {
        /// That token's id.
        token: TokenId,
        /// Its name at that time.
        name: String,
    },
    /// Whoever can reach the server: access rights are off.
    Anyone,
    /// Somebody without a valid token.
    Unknown,
    /// Callers whose refusals or exports were too many kinds to be told apart.
    Several,
}

impl AuditActor {
    /// Returns the kind of actor, as JSON and filters name it.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Local { .. } => "local",
            Self::Token { .. } => "token",
            Self::Session { .. } => "session",
            Self::Anyone => "anyone",
            Self::Unknown => "unknown",
            Self::Several => "several",
        }
    }

    /// Returns the token, if there is one.
    pub const fn token(&self) -> Option<&TokenId> {
        match self {
            Self::Token { id, .. } | Self::Session { token: id, .. } => Some(id),
            Self::Server | Self::Local { .. } | Self::Anyone | Self::Unknown | Self::Several => {
                None
            }
        }
    }

    /// Returns the name of the token or of the user, if there is one.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Token { name, .. } | Self::Session { name, .. } => Some(name),
            Self::Local { user, .. } => Some(user),
            Self::Server | Self::Anyone | Self::Unknown | Self::Several => None,
        }
    }

    /// Returns whether a word means this actor: its kind, its name, or its token's id.
    pub fn is_called(&self, word: &str) -> bool {
        self.kind() == word
            || self.name() == Some(word)
            || self.token().is_some_and(|id| id.as_str() == word)
    }
}

impl fmt::Display for AuditActor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.token(), self.name()) {
            (Some(id), Some(name)) => write!(f, "{} {id} ({name})", self.kind()),
            (_, Some(name)) => write!(f, "{} {name}", self.kind()),
            (_, None) => f.write_str(self.kind()),
        }
    }
}

/// What kind of thing something was done to.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum AuditKind {
    /// A project, by its number.
    Project,
    /// A scan, by its number.
    Scan,
    /// A batch, by its number.
    Batch,
    /// An entry of a scope, by its number.
    Scope,
    /// A token, by its id.
    Token,
    /// A route, as the OpenAPI document names it.
    Route,
    /// A profile, by its name.
    Profile,
}

impl AuditKind {
    /// Returns the name used in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Project => "project",
            Self::Scan => "scan",
            Self::Batch => "batch",
            Self::Scope => "scope",
            Self::Token => "token",
            Self::Route => "route",
            Self::Profile => "profile",
        }
    }
}

/// Who asks, and from where: what every change is told, so that its entry can say it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    /// Who.
    pub actor: AuditActor,
    /// The address that it came from, over TCP: a proxy's where there is one.
    pub from: Option<IpAddr>,
}

impl Origin {
    /// Returns netscan itself.
    pub const fn server() -> Self {
        Self { actor: AuditActor::Server, from: None }
    }

    /// Returns the entry that says that this was done now.
    pub fn did(&self, action: AuditAction) -> AuditEntry {
        AuditEntry {
            at: Time::now(),
            actor: self.actor.clone(),
            from: self.from,
            action,
            object: None,
            detail: String::new(),
            params_blake3: None,
            outcome: AuditOutcome::Ok,
            count: 1,
        }
    }
}

impl AuditEntry {
    /// Names what it was done to.
    #[must_use]
    pub fn on(self, kind: AuditKind, id: impl fmt::Display) -> Self {
        Self { object: Some(AuditObject { kind, id: id.to_string() }), ..self }
    }

    /// Names the project or entry of a scope that the same unit of writing makes: the writer, which
    /// numbers it, fills its number in.
    #[must_use]
    pub fn on_new(self, kind: AuditKind) -> Self {
        self.on(kind, "")
    }

    /// Says more; a long text is cut.
    #[must_use]
    pub fn saying(self, detail: impl fmt::Display) -> Self {
        let mut detail = detail.to_string();
        if let Some((end, _)) = detail.char_indices().nth(AUDIT_DETAIL_CHARS_MAX) {
            detail.truncate(end);
            detail.push('…');
        }
        Self { detail, ..self }
    }

    /// Adds the digest of parameters that are too long to be told.
    #[must_use]
    pub fn digesting(self, params: [u8; 32]) -> Self {
        Self { params_blake3: Some(params), ..self }
    }

    /// Says that it was refused, with the code of the problem.
    #[must_use]
    pub fn refused(self, code: impl Into<String>) -> Self {
        Self { outcome: AuditOutcome::Refused { code: code.into() }, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_have_one_name_each() {
        for action in AuditAction::ALL {
            let json = serde_json::to_value(action).unwrap();
            assert_eq!(json, action.as_str());
        }
    }

    #[test]
    fn actors_are_found_by_what_they_are_called() {
        let id: TokenId = "k3v9q0ab".parse().unwrap();
        let token = AuditActor::Token { id: id.clone(), name: "night".into() };
        let session = AuditActor::Session { token: id, name: "night".into() };
        let local = AuditActor::Local { uid: 0, user: "root".into() };
        let called = |actor: &AuditActor| {
            ["token", "session", "local", "night", "k3v9q0ab", "root", "0"]
                .map(|word| actor.is_called(word))
        };
        assert_eq!(called(&token), [true, false, false, true, true, false, false]);
        assert_eq!(called(&session), [false, true, false, true, true, false, false]);
        assert_eq!(called(&local), [false, false, true, false, false, true, false]);
        let shown = [token, session, local, AuditActor::Server].map(|actor| actor.to_string());
        assert_eq!(
            shown,
            ["token k3v9q0ab (night)", "session k3v9q0ab (night)", "local root", "server"]
        );
    }

    #[test]
    fn a_long_text_is_cut() {
        let entry = Origin::server().did(AuditAction::ScanCreate);
        let text = "ü".repeat(AUDIT_DETAIL_CHARS_MAX);
        assert_eq!(entry.clone().saying(&text).detail, text);
        let cut = entry.saying(format!("{text}x")).detail;
        assert_eq!(cut, format!("{text}…"));
    }
}
