//! Decisions about secrets, as functions of values.
//!
//! ```text
//! token         nsk_<8 id>_<43 secret>     Authorization: Bearer
//! login code    nsl_<43 secret>            in the fragment of the login URL
//! session       nss_<43 secret>            in a cookie
//! ticket        nsw_<43 secret>            in a subprotocol that a WebSocket offers
//! ```
//!
//! Secrets are 256 random bits, so a plain hash of them is as good as a slow one.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use netscan_schemas::{
    Time, TokenId,
    access::TOKEN_ID_CHARS,
    limits,
    stored::{SessionRecord, TokenRecord},
};

const TOKEN: &str = "nsk_";
const CODE: &str = "nsl_";
const SESSION: &str = "nss_";
const TICKET: &str = "nsw_";
/// Characters of 256 bits in base64url.
const SECRET_CHARS: usize = 43;
/// Bytes of a header with cookies that are looked at.
const COOKIES_MAX: usize = 16 * 1024;

/// The random part of a token, a code or a session. It is shown on purpose or not at all.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

impl Secret {
    /// Returns 256 bits from the system.
    pub fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)?;
        Ok(Self(URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// Returns what is kept of it.
    pub fn digest(&self) -> [u8; 32] {
        *blake3::hash(self.0.as_bytes()).as_bytes()
    }

    /// Returns it as part of a token.
    pub fn as_token(&self, id: &TokenId) -> String {
        format!("{TOKEN}{id}_{}", self.0)
    }

    /// Returns it as a login code.
    pub fn as_code(&self) -> String {
        format!("{CODE}{}", self.0)
    }

    /// Returns it as the value of a cookie.
    pub fn as_session(&self) -> String {
        format!("{SESSION}{}", self.0)
    }

    /// Returns it as a ticket for a WebSocket.
    pub fn as_ticket(&self) -> String {
        format!("{TICKET}{}", self.0)
    }

    fn parse(text: &str) -> Option<Self> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        (text.len() == SECRET_CHARS && text.bytes().all(plain)).then(|| Self(text.to_owned()))
    }

    /// Reads a login code.
    pub fn of_code(text: &str) -> Option<Self> {
        Self::parse(text.trim().strip_prefix(CODE)?)
    }

    /// Reads the value of a cookie.
    pub fn of_session(text: &str) -> Option<Self> {
        Self::parse(text.strip_prefix(SESSION)?)
    }

    /// Reads a ticket for a WebSocket.
    pub fn of_ticket(text: &str) -> Option<Self> {
        Self::parse(text.strip_prefix(TICKET)?)
    }
}

/// Returns a random id for a token.
pub fn new_token_id() -> Result<TokenId, getrandom::Error> {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnopqrstuvwxyz2345678";
    let mut bytes = [0; TOKEN_ID_CHARS];
    getrandom::fill(&mut bytes)?;
    let text: String =
        bytes.iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect();
    // These letters are those of an id.
    text.parse().map_err(|_| getrandom::Error::UNEXPECTED)
}

/// Reads a token: its id and its secret.
pub fn parse_token(text: &str) -> Option<(TokenId, Secret)> {
    let rest = text.trim().strip_prefix(TOKEN)?;
    let (id, secret) = rest.split_at_checked(TOKEN_ID_CHARS)?;
    Some((id.parse().ok()?, Secret::parse(secret.strip_prefix('_')?)?))
}

/// Returns what follows `Bearer` in an Authorization header.
pub fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Returns the value of a cookie.
pub fn cookie<'h>(header: &'h str, name: &str) -> Option<&'h str> {
    let mut pairs = header.get(..header.len().min(COOKIES_MAX))?.split(';');
    pairs.find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
}

/// Returns whether a token has not ended.
pub fn is_current(token: &TokenRecord, now: Time) -> bool {
    token.expires_at.is_none_or(|end| now < end)
}

/// Returns whether this is the token's secret, in a time that does not depend on either.
pub fn opens(token: &TokenRecord, secret: &Secret) -> bool {
    blake3::Hash::from(token.secret_blake3) == blake3::Hash::from(secret.digest())
}

/// Returns whether a session has not ended, by itself or with its token.
pub fn is_open(session: &SessionRecord, token: &TokenRecord, now: Time) -> bool {
    is_current(token, now)
        && now < session.created_at.later_by(limits::SESSION_LIFE)
        && now < session.last_seen_at.later_by(limits::SESSION_IDLE)
}

/// Returns the name of the session's cookie. Servers on one host have each a name of their own:
/// browsers do not tell ports apart.
pub fn cookie_name(instance_id: &str, secure: bool) -> String {
    let instance: String = instance_id.chars().take(8).collect();
    match secure {
        true => format!("__Host-netscan-{instance}"),
        false => format!("netscan-{instance}"),
    }
}

/// Returns the header that gives a browser its session, or, without a value, takes it away.
pub fn set_cookie(name: &str, value: Option<&str>, secure: bool) -> String {
    let secure = if secure { "; Secure" } else { "" };
    let age = value.map_or(0, |_| limits::SESSION_LIFE.as_secs());
    let value = value.unwrap_or_default();
    format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={age}{secure}")
}
