//! Tokens and sessions, and what a caller may see.

use crate::{
    Store,
    codec::Record,
    error::ReadError,
    rows,
    tables::{SCANS_BY_PROJECT, SESSIONS, TOKENS},
    write::SessionKey,
};
use netscan_schemas::{
    ProjectId, ScanId, TokenId,
    stored::{SessionRecord, TokenRecord},
};
use redb::ReadableTable;

/// Decodes a token and names it when it is damaged, or not the one of its key.
pub(crate) fn decode_token(key: &str, bytes: &[u8]) -> Result<TokenRecord, ReadError> {
    rows::token(key, bytes).map_err(|source| {
        let key = key.to_owned();
        ReadError::Damaged { kind: TokenRecord::KIND, key, source }
    })
}

/// Decodes a session. Its key says nothing to anybody, so it is not named.
pub(crate) fn decode_session(bytes: &[u8]) -> Result<SessionRecord, ReadError> {
    SessionRecord::from_bytes(bytes).map_err(|source| {
        let key = "of a browser".to_owned();
        ReadError::Damaged { kind: SessionRecord::KIND, key, source }
    })
}

impl Store {
    /// Returns a token.
    pub fn token(&self, id: &TokenId) -> Result<Option<TokenRecord>, ReadError> {
        self.read(|txn| {
            let row = txn.open_table(TOKENS)?.get(id.as_str())?;
            row.map(|bytes| decode_token(id.as_str(), bytes.value())).transpose()
        })
    }

    /// Returns all tokens, by their ids; there are at most
    /// [`TOKENS_MAX`](netscan_schemas::limits::TOKENS_MAX).
    pub fn tokens(&self) -> Result<Vec<TokenRecord>, ReadError> {
        self.read(|txn| {
            let rows = txn.open_table(TOKENS)?;
            rows.iter()?
                .map(|row| {
                    let (key, bytes) = row?;
                    decode_token(key.value(), bytes.value())
                })
                .collect()
        })
    }

    /// Returns whether a scan is of one of these projects.
    pub fn is_of_any(&self, scan: ScanId, projects: &[ProjectId]) -> Result<bool, ReadError> {
        Ok(!self.of_any(&[scan], projects)?.is_empty())
    }

    /// Returns those of the scans that are of one of these projects.
    pub fn of_any(
        &self,
        scans: &[ScanId],
        projects: &[ProjectId],
    ) -> Result<Vec<ScanId>, ReadError> {
        self.read(|txn| {
            let rows = txn.open_table(SCANS_BY_PROJECT)?;
            let mut found = Vec::new();
            for scan in scans {
                for project in projects {
                    if rows.get((project.get(), scan.get()))?.is_some() {
                        found.push(*scan);
                        break;
                    }
                }
            }
            Ok(found)
        })
    }

    /// Returns a session and its token.
    pub fn session(
        &self,
        key: &SessionKey,
    ) -> Result<Option<(SessionRecord, TokenRecord)>, ReadError> {
        self.read(|txn| {
            let Some(bytes) = txn.open_table(SESSIONS)?.get(*key)? else { return Ok(None) };
            let session = decode_session(bytes.value())?;
            let id = session.token.as_str();
            let Some(bytes) = txn.open_table(TOKENS)?.get(id)? else { return Ok(None) };
            let token = decode_token(id, bytes.value())?;
            Ok(Some((session, token)))
        })
    }
}
