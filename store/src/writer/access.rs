//! Tokens and sessions.

use super::group::{Fault, Group};
use crate::{
    codec::Record,
    error::Refusal,
    reader::{decode_session, decode_token},
    write::{KeepSessions, Receipt, SessionKey},
};
use netscan_schemas::{
    Time, TokenId,
    audit::{AuditAction, AuditKind, Origin},
    limits,
    stored::{SessionRecord, TokenRecord},
};
use redb::{ReadableTable, ReadableTableMetadata};

impl Group<'_> {
    /// Adds a token. Those that have ended make room where there is none.
    pub(super) fn create_token(&mut self, id: &TokenId, bytes: &[u8]) -> Result<(), Fault> {
        if self.tables.tokens.get(id.as_str())?.is_some() {
            return Err(Refusal::TokenExists(id.clone()).into());
        }
        if self.tables.tokens.len()? >= limits::TOKENS_MAX as u64 {
            let ended = self.ended_tokens(decode_token(id.as_str(), bytes)?.created_at)?;
            if ended.is_empty() {
                return Err(Refusal::TooManyTokens.into());
            }
            for (id, end) in &ended {
                self.delete_token(id)?;
                let entry = Origin::server().did(AuditAction::TokenRevoke);
                let entry = entry.on(AuditKind::Token, id);
                let told = format!("it ended at {end}, and makes room for another");
                self.audit(&entry.saying(told), &Receipt::default())?;
            }
        }
        self.touch();
        self.tables.tokens.insert(id.as_str(), bytes)?;
        Ok(())
    }

    /// Returns the tokens that have ended by a time, with their ends. One that cannot be read stays,
    /// for a check to name it.
    fn ended_tokens(&self, now: Time) -> Result<Vec<(TokenId, Time)>, Fault> {
        let mut ended = Vec::new();
        for row in self.tables.tokens.iter()? {
            let (key, bytes) = row?;
            if let Ok(token) = decode_token(key.value(), bytes.value())
                && let Some(end) = token.expires_at.filter(|end| *end <= now)
            {
                ended.push((token.id, end));
            }
        }
        Ok(ended)
    }

    /// Removes a token with its sessions. One that is damaged goes too.
    pub(super) fn delete_token(&mut self, id: &TokenId) -> Result<(), Fault> {
        if self.tables.tokens.get(id.as_str())?.is_none() {
            return Err(Refusal::NoToken(id.clone()).into());
        }
        self.touch();
        self.tables.tokens.remove(id.as_str())?;
        // A session that cannot be read lets nobody in, and goes with the first token.
        self.tables
            .sessions
            .retain(|_, bytes| decode_session(bytes).is_ok_and(|session| session.token != *id))?;
        Ok(())
    }

    pub(super) fn touch_token(&mut self, id: &TokenId, at: Time) -> Result<(), Fault> {
        let record = match self.tables.tokens.get(id.as_str())? {
            Some(bytes) => decode_token(id.as_str(), bytes.value())?,
            None => return Err(Refusal::NoToken(id.clone()).into()),
        };
        let bytes = TokenRecord { last_used_at: Some(at), ..record }.to_bytes()?;
        self.touch();
        self.tables.tokens.insert(id.as_str(), bytes.as_slice())?;
        Ok(())
    }

    /// Adds a session, and removes those that have ended.
    pub(super) fn create_session(
        &mut self,
        key: SessionKey,
        session: &SessionRecord,
        keep: KeepSessions,
    ) -> Result<(), Fault> {
        if self.tables.tokens.get(session.token.as_str())?.is_none() {
            return Err(Refusal::NoToken(session.token.clone()).into());
        }
        let bytes = session.to_bytes()?;
        self.touch();
        self.tables.sessions.retain(|_, bytes| {
            decode_session(bytes).is_ok_and(|held| {
                held.created_at > keep.created_after && held.last_seen_at > keep.seen_after
            })
        })?;
        let (mut of_token, mut oldest) = (0, None);
        for row in self.tables.sessions.iter()? {
            let (key, bytes) = row?;
            let held = decode_session(bytes.value())?;
            if held.token == session.token {
                of_token += 1;
                let found = (held.last_seen_at, key.value());
                oldest = Some(oldest.map_or(found, |oldest| found.min(oldest)));
            }
        }
        if let Some((_, key)) = oldest.filter(|_| of_token >= limits::SESSIONS_MAX) {
            self.tables.sessions.remove(key)?;
        }
        self.tables.sessions.insert(key, bytes.as_slice())?;
        Ok(())
    }

    /// Removes a session; one that is gone already is no error.
    pub(super) fn delete_session(&mut self, key: SessionKey) -> Result<(), Fault> {
        self.touch();
        self.tables.sessions.remove(key)?;
        Ok(())
    }

    /// Notes that a session was used; one that is gone stays gone.
    pub(super) fn touch_session(&mut self, key: SessionKey, at: Time) -> Result<(), Fault> {
        let held = self.tables.sessions.get(key)?.map(|bytes| decode_session(bytes.value()));
        let Some(record) = held.transpose()? else { return Ok(()) };
        let bytes = SessionRecord { last_seen_at: at, ..record }.to_bytes()?;
        self.touch();
        self.tables.sessions.insert(key, bytes.as_slice())?;
        Ok(())
    }
}
