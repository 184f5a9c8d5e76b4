//! The data directory's own token: an administrator's, whose secret is kept in a file that only
//! its owner can read.

use super::core::{self, Secret};
use netscan_schemas::{
    Role, Time, TokenId,
    audit::{AuditAction, AuditKind, Origin},
    stored::TokenRecord,
};
use netscan_store::{ReadError, Store, WriteError};
use std::{
    fs::{self, OpenOptions, Permissions},
    io::{self, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

/// The file's name in the data directory.
pub const ADMIN_TOKEN: &str = "admin.token";

/// Why there is no such token.
#[derive(Debug, thiserror::Error)]
pub enum OwnTokenError {
    /// The file cannot be used.
    #[error("cannot keep the administrator's token: {action} `{}` failed", path.display())]
    File {
        /// What was tried.
        action: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The system gives no random bytes.
    #[error("the system gives no random bytes for a token")]
    Random(#[from] getrandom::Error),
    /// The store cannot be read.
    #[error("the administrator's token cannot be looked up")]
    Read(#[from] ReadError),
    /// The store cannot be written.
    #[error("the administrator's token cannot be stored")]
    Write(#[from] WriteError),
}

/// Returns the token of the file, if it is one of the store. Else makes one, and writes the file:
/// so does the first start, and one after the token was revoked or its file was deleted.
pub async fn ensure(store: &Store, dir: &Path) -> Result<TokenId, OwnTokenError> {
    let path = dir.join(ADMIN_TOKEN);
    let failed = |action| {
        let path = path.clone();
        move |source| OwnTokenError::File { action, path, source }
    };
    match fs::read_to_string(&path) {
        Ok(text) => {
            if let Some(id) = still_good(store, &text)? {
                only_ours(&path).map_err(failed("closing"))?;
                return Ok(id);
            }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {}
        Err(error) => return Err(failed("reading")(error)),
    }
    let (id, secret) = (core::new_token_id()?, Secret::random()?);
    // The file first: a token whose secret nobody has could not be used.
    write(&path, &secret.as_token(&id)).map_err(failed("writing"))?;
    let record = TokenRecord {
        id: id.clone(),
        secret_blake3: secret.digest(),
        name: "admin".into(),
        role: Role::Admin,
        projects: None,
        created_at: Time::now(),
        expires_at: None,
        last_used_at: None,
    };
    let entry = Origin::server().did(AuditAction::TokenCreate).on(AuditKind::Token, &id);
    let entry = entry.saying(format_args!("admin: admin, kept in {ADMIN_TOKEN}"));
    let mut made = netscan_store::Write::new();
    made.create_token(&record).audit(entry);
    store.submit(made).await?;
    tracing::info!(token.id = %id, "made the administrator's token {id}; it is in {ADMIN_TOKEN}");
    Ok(id)
}

/// Whoever let others read the file did so by mistake.
fn only_ours(path: &Path) -> io::Result<()> {
    match fs::metadata(path)?.permissions().mode() & 0o077 {
        0 => Ok(()),
        _ => fs::set_permissions(path, Permissions::from_mode(0o600)),
    }
}

fn still_good(store: &Store, text: &str) -> Result<Option<TokenId>, ReadError> {
    let Some((id, secret)) = core::parse_token(text) else { return Ok(None) };
    let token = store.token(&id)?;
    let good = |token: &TokenRecord| {
        core::opens(token, &secret)
            && core::is_current(token, Time::now())
            && token.role == Role::Admin
    };
    Ok(token.filter(good).map(|token| token.id))
}

/// Writes the file whole or not at all, and never where others can read it.
fn write(path: &Path, text: &str) -> io::Result<()> {
    let unfinished = path.with_extension("unfinished");
    match fs::remove_file(&unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished)?;
    writeln!(file, "{text}")?;
    file.sync_all()?;
    fs::rename(&unfinished, path)?;
    // Without it a power cut may leave the token in the store, and its secret nowhere.
    path.parent().map_or(Ok(()), |dir| fs::File::open(dir)?.sync_all())
}
