//! Tokens and sessions, as clients see them. A secret is in an answer once: when it is made.

use crate::{
    ProjectId, Time,
    access::{Role, TokenId},
    stored::TokenRecord,
};
use serde::{Deserialize, Serialize};
use std::fmt;
use utoipa::ToSchema;

/// A token as lists show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Token {
    /// Its id, the part of it that is no secret.
    pub id: TokenId,
    /// What it is for.
    pub name: String,
    /// What its holder may do.
    pub role: Role,
    /// The only projects that its holder sees; none for all of them.
    pub projects: Option<Vec<ProjectId>>,
    /// When it was made.
    pub created_at: Time,
    /// When it ends; none for never.
    pub expires_at: Option<Time>,
    /// When it was last used, to about a minute; none for never.
    pub last_used_at: Option<Time>,
}

impl Token {
    /// Returns a stored token as clients see it: without its digest.
    pub fn new(record: TokenRecord) -> Self {
        Self {
            id: record.id,
            name: record.name,
            role: record.role,
            projects: record.projects,
            created_at: record.created_at,
            expires_at: record.expires_at,
            last_used_at: record.last_used_at,
        }
    }
}

/// A token to make.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct NewToken {
    /// What it is for.
    pub name: String,
    /// What its holder may do.
    pub role: Role,
    /// The only projects that its holder sees; all of them when left out.
    #[serde(default)]
    pub projects: Option<Vec<ProjectId>>,
    /// How long it is good for; for ever when left out.
    #[serde(default)]
    pub expires_in_ms: Option<u64>,
}

/// A token that was made, with its secret, which is not kept and cannot be asked for again.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct MadeToken {
    /// The token.
    #[serde(flatten)]
    pub token: Token,
    /// What its holder sends: `Authorization: Bearer nsk_...`.
    pub secret: String,
}

/// What a browser gives for a session: one of both.
#[derive(Clone, Default, Deserialize, ToSchema)]
pub struct LoginRequest {
    /// The code of a login URL.
    #[serde(default)]
    pub code: Option<String>,
    /// A token.
    #[serde(default)]
    pub token: Option<String>,
}

/// A code that a browser can give for a session, once and soon.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct LoginCode {
    /// The page that does so; none when the server has no address.
    pub url: Option<String>,
    /// The code, which is in the fragment of that URL.
    pub code: String,
    /// Until when it is good.
    pub expires_at: Time,
}

/// A ticket that opens one WebSocket, once and soon.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct WsTicket {
    /// The ticket. With `ticket.` before it, it is offered as a subprotocol beside `netscan.v1`:
    /// `new WebSocket(url, ["netscan.v1", "ticket." + ticket])`.
    pub ticket: String,
    /// For how long it is good.
    pub expires_in_ms: u64,
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Caller {
    /// How it is known who that is: `token`, `session`, `local` for this machine's own way in, or
    /// `anyone` where access rights are off.
    pub by: String,
    /// The token, if there is one.
    pub token_id: Option<TokenId>,
    /// Its name.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// The only projects that it sees; none for all of them.
    pub projects: Option<Vec<ProjectId>>,
}

/// Lets what has a secret be shown without it.
macro_rules! hide_secret {
    ($($name:ident),+) => {
        $(impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        })+
    };
}

hide_secret!(MadeToken, LoginRequest, LoginCode, WsTicket);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_a_secret_is_shown_without_it() {
        let request = LoginRequest { code: Some("hush".into()), token: Some("hush".into()) };
        assert!(!format!("{request:?}").contains("hush"));
        let code =
            LoginCode { url: Some("hush".into()), code: "hush".into(), expires_at: Time::now() };
        assert!(!format!("{code:?}").contains("hush"));
        let ticket = WsTicket { ticket: "hush".into(), expires_in_ms: 1 };
        assert!(!format!("{ticket:?}").contains("hush"));
    }
}
