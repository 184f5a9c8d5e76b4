//! Keeps what decides who may come in: the way in, login codes, and when what was used.

use super::{
    core::{self, Secret},
    identity::{By, Identity},
    rates::Rates,
    tickets::Tickets,
};
use crate::problem::Failure;
use netscan_schemas::{
    Time, TokenId, limits,
    stored::{AuditEntry, SessionRecord, TokenRecord},
};
use netscan_store::{ReadError, Store, Write, WriteError};
use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tokio::sync::watch;

/// What is used, and when that was last written down.
type Used = HashMap<Thing, Instant>;

/// A token or a session.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Thing {
    Token(TokenId),
    Session([u8; 32]),
}

/// A login code that was given out.
struct Code {
    digest: [u8; 32],
    token: TokenId,
    until: Instant,
}

/// Decides who may come in.
pub struct Keeper {
    store: Arc<Store>,
    /// Whether everybody may, who can reach the server.
    is_open: bool,
    /// The token whose secret is kept in the data directory.
    own: Option<TokenId>,
    /// Whether browsers reach us over TLS, by ourselves or a proxy.
    pub(crate) secure: bool,
    /// Where browsers find us (`http://127.0.0.1:8000`).
    address: Mutex<Option<String>>,
    pub(crate) rates: Rates,
    codes: Mutex<VecDeque<Code>>,
    tickets: Tickets,
    used: Mutex<Used>,
    /// Counts what was taken away.
    taken: watch::Sender<u64>,
}

impl std::fmt::Debug for Keeper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keeper").field("is_open", &self.is_open).finish_non_exhaustive()
    }
}

/// Plain data behind the locks: a poisoned one is still good to use.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Keeper {
    /// Returns a keeper that lets in who has a token of this store.
    pub fn new(store: Arc<Store>) -> Self {
        Self {
            store,
            is_open: false,
            own: None,
            secure: false,
            address: Mutex::default(),
            rates: Rates::new(limits::REQUESTS_PER_S),
            codes: Mutex::default(),
            tickets: Tickets::default(),
            used: Mutex::default(),
            taken: watch::Sender::new(0),
        }
    }

    /// Lets everybody in.
    pub fn open(&mut self) {
        self.is_open = true;
    }

    /// Returns whether everybody is let in.
    pub fn is_open(&self) -> bool {
        self.is_open
    }

    /// Says which token is the data directory's.
    pub fn set_own(&mut self, token: TokenId) {
        self.own = Some(token);
    }

    /// Returns the data directory's token.
    pub fn own(&self) -> Option<&TokenId> {
        self.own.as_ref()
    }

    /// Says where browsers find the server.
    pub fn set_address(&self, address: String) {
        *lock(&self.address) = Some(address);
    }

    /// Returns the page that makes a session of a login code.
    pub fn login_url(&self, code: &Secret) -> Option<String> {
        let address = lock(&self.address).clone();
        address.map(|address| format!("{address}/login#{}", code.as_code()))
    }

    /// Returns the name of the session's cookie.
    fn cookie_name(&self) -> String {
        core::cookie_name(self.store.instance_id(), self.secure)
    }

    /// Returns the header that gives a browser its session, or takes it away.
    pub fn cookie(&self, secret: Option<&Secret>) -> String {
        let value = secret.map(Secret::as_session);
        core::set_cookie(&self.cookie_name(), value.as_deref(), self.secure)
    }

    /// Returns the holder of a token, if it is one.
    pub fn by_token(&self, text: &str) -> Result<Option<Identity>, ReadError> {
        let Some((id, secret)) = core::parse_token(text) else { return Ok(None) };
        let Some(token) = self.store.token(&id)? else { return Ok(None) };
        let now = Time::now();
        if !core::opens(&token, &secret) || !core::is_current(&token, now) {
            return Ok(None);
        }
        self.note_used(&Thing::Token(id));
        Ok(Some(Identity::of_token(By::Token, token)))
    }

    /// Returns whom a cookie stands for, if it is one of ours.
    pub fn by_cookie(&self, header: &str) -> Result<Option<Identity>, ReadError> {
        let value = core::cookie(header, &self.cookie_name());
        let Some(secret) = value.and_then(Secret::of_session) else { return Ok(None) };
        let key = secret.digest();
        let Some((session, token)) = self.store.session(&key)? else { return Ok(None) };
        if !core::is_open(&session, &token, Time::now()) {
            return Ok(None);
        }
        self.note_used(&Thing::Session(key));
        self.note_used(&Thing::Token(token.id.clone()));
        Ok(Some(Identity::of_token(By::Session(key), token)))
    }

    /// Writes down, now and then, that something was used. Nobody waits for it.
    fn note_used(&self, what: &Thing) {
        {
            let mut used = lock(&self.used);
            let is_fresh = |at: &Instant| at.elapsed() < limits::LAST_USED_EVERY;
            if used.get(what).is_some_and(is_fresh) {
                return;
            }
            // What was not used for a while says nothing any more.
            if used.len() > limits::CALLERS_KEPT {
                used.retain(|_, at| is_fresh(at));
            }
            used.insert(what.clone(), Instant::now());
        }
        if !self.store.health().is_writable() {
            return;
        }
        let ack = match what {
            Thing::Token(id) => self.store.touch_token(id, Time::now()),
            Thing::Session(key) => self.store.touch_session(*key, Time::now()),
        };
        // It may be revoked in this moment, or the disk be full: then it is not noted.
        drop(ack);
    }

    /// Gives out a login code for a token.
    pub fn new_code(&self, token: TokenId) -> Result<(Secret, Time), getrandom::Error> {
        let secret = Secret::random()?;
        let code = Code {
            digest: secret.digest(),
            token,
            until: Instant::now() + limits::LOGIN_CODE_LIFE,
        };
        let mut codes = lock(&self.codes);
        codes.retain(|code| code.until > Instant::now());
        let of_token = |held: &Code| held.token == code.token;
        if codes.iter().filter(|held| of_token(held)).count() >= limits::LOGIN_CODES_MAX
            && let Some(oldest) = codes.iter().position(of_token)
        {
            codes.remove(oldest);
        }
        codes.push_back(code);
        Ok((secret, Time::now().later_by(limits::LOGIN_CODE_LIFE)))
    }

    /// Takes a login code, which is good once, and returns its token and what gives the code back.
    pub fn take_code(&self, text: &str) -> Result<Option<(TokenRecord, Taken)>, ReadError> {
        let Some(secret) = Secret::of_code(text) else { return Ok(None) };
        let digest = blake3::Hash::from(secret.digest());
        let code = {
            let mut codes = lock(&self.codes);
            let place = codes.iter().position(|code| blake3::Hash::from(code.digest) == digest);
            place.and_then(|place| codes.remove(place))
        };
        let Some(code) = code.filter(|code| code.until > Instant::now()) else { return Ok(None) };
        let token = self.store.token(&code.token)?;
        let token = token.filter(|token| core::is_current(token, Time::now()));
        Ok(token.map(|token| (token, Taken(code))))
    }

    /// Makes a code good again whose session did not begin, through no fault of its holder.
    pub fn give_back(&self, taken: Taken) {
        lock(&self.codes).push_back(taken.0);
    }

    /// Gives out a ticket for a WebSocket; when the caller holds too many, returns how long to wait.
    pub fn new_ticket(
        &self,
        identity: &Identity,
    ) -> Result<Result<Secret, Duration>, getrandom::Error> {
        let secret = Secret::random()?;
        let kept = self.tickets.keep(secret.digest(), identity.clone(), Instant::now());
        Ok(kept.map(|()| secret))
    }

    /// Takes a ticket, which is good once, and returns whose it is, if that caller still may come in.
    pub fn by_ticket(&self, text: &str) -> Result<Option<Identity>, ReadError> {
        let Some(secret) = Secret::of_ticket(text) else { return Ok(None) };
        match self.tickets.take(secret.digest(), Instant::now()) {
            Some(identity) => Ok(self.still_holds(&identity)?.then_some(identity)),
            None => Ok(None),
        }
    }

    /// Begins a session, and returns what its cookie holds.
    pub async fn begin_session(
        &self,
        token: &TokenId,
        entry: AuditEntry,
    ) -> Result<Secret, BeginError> {
        let secret = Secret::random()?;
        let now = Time::now();
        let session = SessionRecord { token: token.clone(), created_at: now, last_seen_at: now };
        let (life, idle) = (limits::SESSION_LIFE, limits::SESSION_IDLE);
        let mut write = Write::new();
        write.create_session(secret.digest(), &session, life, idle).audit(entry);
        self.store.submit(write).await?;
        Ok(secret)
    }

    /// Says that a token or a session was taken away: streams of its holder end at once.
    pub fn note_taken(&self) {
        self.taken.send_modify(|count| *count += 1);
    }

    /// Resolves when a caller loses its rights. Safe to cancel.
    pub async fn lost(&self, identity: &Identity) {
        let mut taken = self.taken.subscribe();
        loop {
            // First of all: it may have been taken while the request was on its way here.
            match self.still_holds(identity) {
                Ok(true) => {}
                Ok(false) => return,
                // While the store is opened again, nothing can be said.
                Err(error) => {
                    tracing::warn!(%error, "the rights of {identity} cannot be looked at: {error}");
                }
            }
            // It ends with a change or with the time; either way it is looked again.
            let _ = tokio::time::timeout(limits::RECHECK_EVERY, taken.changed()).await;
        }
    }

    fn still_holds(&self, identity: &Identity) -> Result<bool, ReadError> {
        let now = Time::now();
        match (identity.by(), identity.token()) {
            (By::Session(key), _) => {
                let held = self.store.session(&key)?;
                let holds =
                    held.is_some_and(|(session, token)| core::is_open(&session, &token, now));
                // A page that only watches is in use.
                if holds {
                    self.note_used(&Thing::Session(key));
                }
                Ok(holds)
            }
            (By::Token, Some(id)) => {
                Ok(self.store.token(id)?.is_some_and(|token| core::is_current(&token, now)))
            }
            (By::Local | By::Anyone | By::Token, _) => Ok(true),
        }
    }
}

/// A login code that was taken.
pub struct Taken(Code);

/// Why a session does not begin.
#[derive(Debug, thiserror::Error)]
pub enum BeginError {
    /// The system gives no random bytes.
    #[error("the system gives no random bytes")]
    Random(#[from] getrandom::Error),
    /// It cannot be kept.
    #[error(transparent)]
    Write(#[from] WriteError),
}

impl From<BeginError> for Failure {
    fn from(error: BeginError) -> Self {
        match error {
            error @ BeginError::Random(_) => Self::internal(&error),
            BeginError::Write(error) => error.into(),
        }
    }
}

/// Returns how many whole seconds to wait, at least one.
pub fn whole_seconds(wait: Duration) -> u32 {
    u32::try_from(wait.as_millis().div_ceil(1000)).unwrap_or(u32::MAX).max(1)
}
