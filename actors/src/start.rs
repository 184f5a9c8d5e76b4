//! What a start needs, what it cleans up first, and why it may fail.

use crate::{profiles::ProfilesFileError, scope::NewEntry};
use netscan_nmap::{launch::Launcher, privilege::Privileges};
use netscan_store::{OpenError, ReadError, Store};
use std::{path::PathBuf, sync::Arc};

/// How to start.
pub struct Config {
    /// Where the store is.
    pub data_dir: PathBuf,
    /// Which nmap; looked for on the path when left out.
    pub nmap: Option<PathBuf>,
    /// nmap processes at once; 32 for each processor when left out.
    pub slots: Option<usize>,
    /// Packets a second that all of them may send together, loopback apart; none for no bound.
    pub packet_rate: Option<u32>,
    /// What may be scanned besides, for as long as this process lives. Checked by the caller.
    pub allow: Vec<NewEntry>,
    /// A file of profiles; `profiles.toml` in the data directory when left out, if there is one.
    pub profiles: Option<PathBuf>,
    /// Whether this is a server.
    pub is_server: bool,
    /// Starts processes.
    pub launcher: Arc<dyn Launcher>,
    /// What nmap may do.
    pub privileges: Privileges,
}

/// Why the system does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The store does not open.
    #[error(transparent)]
    Store(#[from] OpenError),
    /// The store opens and cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The file of profiles is not sound.
    #[error(transparent)]
    Profiles(#[from] ProfilesFileError),
    /// Processes of an earlier start are still there.
    #[error("an nmap of an earlier start is still there, and nothing may start beside it")]
    Leftovers(#[source] std::io::Error),
    /// The tree does not start.
    #[error("the supervision tree does not start: {0}")]
    Tree(String),
}

/// Ends what an earlier start has left behind, before anything is started.
pub(crate) async fn end_leftovers(store: &Store) -> Result<(), StartError> {
    let prefix = format!("{}:", store.instance_id());
    let end = move || netscan_nmap::launch::end_leftovers(&prefix);
    let ended = tokio::task::spawn_blocking(end).await;
    let ended = ended.map_err(|error| StartError::Tree(error.to_string()))?;
    match ended.map_err(StartError::Leftovers)? {
        0 => {}
        count => tracing::warn!(count, "{count} processes of an earlier start were ended"),
    }
    Ok(())
}
