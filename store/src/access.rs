//! Writes of tokens and sessions. Only that they were used is a unit of its own: every other change
//! goes with its entry in the audit log.

use crate::{
    Store,
    codec::Record,
    write::{Ack, KeepSessions, Op, SessionKey, Write},
};
use netscan_schemas::{
    Time, TokenId,
    stored::{SessionRecord, TokenRecord},
};
use std::time::Duration;

impl Write {
    /// Keeps a new token.
    pub fn create_token(&mut self, record: &TokenRecord) -> &mut Self {
        let bytes = record.to_bytes();
        let size = bytes.as_ref().map_or(0, Vec::len);
        self.push(size, bytes.map(|bytes| Op::CreateToken { id: record.id.clone(), bytes }))
    }

    /// Deletes a token with its sessions.
    pub fn delete_token(&mut self, id: &TokenId) -> &mut Self {
        self.push(0, Ok(Op::DeleteToken(id.clone())))
    }

    /// Keeps a new session, and forgets those that are older than `life` or were unused for `idle`.
    pub fn create_session(
        &mut self,
        key: SessionKey,
        session: &SessionRecord,
        life: Duration,
        idle: Duration,
    ) -> &mut Self {
        let now = session.created_at;
        let keep =
            KeepSessions { created_after: now.earlier_by(life), seen_after: now.earlier_by(idle) };
        self.push(0, Ok(Op::CreateSession { key, session: session.clone(), keep }))
    }

    /// Deletes a session; one that is gone already is no error.
    pub fn delete_session(&mut self, key: SessionKey) -> &mut Self {
        self.push(0, Ok(Op::DeleteSession(key)))
    }
}

impl Store {
    /// Notes that a token was used.
    pub fn touch_token(&self, id: &TokenId, at: Time) -> Ack {
        self.submit(Write::of(Op::TouchToken { id: id.clone(), at }))
    }

    /// Notes that a session was used.
    pub fn touch_session(&self, key: SessionKey, at: Time) -> Ack {
        self.submit(Write::of(Op::TouchSession { key, at }))
    }
}
