//! Who may do what: roles, and the names of tokens.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use utoipa::ToSchema;

/// What the holder of a token may do. Each role may do all that the one before it may.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Look at what there is.
    Viewer,
    /// Scan, and change and delete scans and projects.
    Operator,
    /// Everything, access rights included.
    Admin,
}

impl Role {
    /// Returns the name used in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Characters of a token's id.
pub const TOKEN_ID_CHARS: usize = 8;

/// The public part of a token: eight lower-case letters and digits. It is no secret, and names the
/// token in lists and logs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, pattern = "^[a-z0-9]{8}$", example = "k3v9q0ab")]
pub struct TokenId(String);

impl TokenId {
    /// Returns the id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for TokenId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        match text.len() == TOKEN_ID_CHARS && text.bytes().all(plain) {
            true => Ok(Self(text.to_owned())),
            false => {
                Err(format!("the id of a token has {TOKEN_ID_CHARS} lower-case letters and digits"))
            }
        }
    }
}

impl TryFrom<String> for TokenId {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<TokenId> for String {
    fn from(id: TokenId) -> Self {
        id.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_may_do_what_the_one_before_it_may() {
        assert!(Role::Viewer < Role::Operator && Role::Operator < Role::Admin);
    }

    #[test]
    fn ids_are_what_they_should_be() {
        assert_eq!("k3v9q0ab".parse::<TokenId>().unwrap().as_str(), "k3v9q0ab");
        for bad in ["", "k3v9q0a", "k3v9q0abc", "K3v9q0ab", "k3v9q0a-", "k3v9q0ä", "k3v9 0ab"] {
            assert!(bad.parse::<TokenId>().is_err(), "{bad}");
        }
    }
}
