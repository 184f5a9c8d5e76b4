//! The nmap in use: found once, looked for again while there is none.

use crate::{batch::ScanContext, network::Network};
use netscan_nmap::{
    launch::Launcher,
    locate::{Installation, LocateError, OLDEST, locate},
    options::{Options, ScriptDb},
    privilege::Privileges,
};
use netscan_schemas::{
    scan::{PinnedName, ScanStatus},
    stored::ScanSpec,
};
use netscan_store::{ScanView, Store};
use ractor::ActorProcessingErr;
use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError, RwLock, atomic::AtomicU32},
};

/// Which nmap is used, and what it may do.
pub struct Scanner {
    explicit: Option<PathBuf>,
    privileges: Privileges,
    found: Mutex<Option<Installation>>,
}

impl Scanner {
    /// Takes the path that the user gave, if one was given.
    pub fn new(explicit: Option<PathBuf>, privileges: Privileges) -> Self {
        Self { explicit, privileges, found: Mutex::new(None) }
    }

    /// Returns what nmap may do.
    pub fn privileges(&self) -> &Privileges {
        &self.privileges
    }

    /// Returns the nmap in use.
    ///
    /// # Errors
    /// When there is none that can be used; it is looked for again by the next call.
    pub async fn installation(&self) -> Result<Installation, LocateError> {
        // Plain data behind the lock: a poisoned one is still good to use.
        let held = self.found.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(held) = held.filter(|held| held.program.exists()) {
            return Ok(held);
        }
        let explicit = self.explicit.clone();
        // It runs `nmap --version`.
        let looked = tokio::task::spawn_blocking(move || locate(explicit.as_deref())).await;
        let found = looked.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))?;
        *self.found.lock().unwrap_or_else(PoisonError::into_inner) = Some(found.clone());
        Ok(found)
    }

    /// Looks for nmap again, whatever was found before.
    ///
    /// # Errors
    /// When there is none that can be used.
    pub(crate) async fn look_again(&self) -> Result<Installation, LocateError> {
        *self.found.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.installation().await
    }

    /// Returns the scripts that come with an nmap; none when they cannot be read.
    pub fn scripts(nmap: &Installation) -> Option<ScriptDb> {
        nmap.datadir.as_deref().and_then(|datadir| ScriptDb::read(datadir).ok())
    }

    /// Returns what the batches of a scan share.
    pub(crate) async fn context(
        self: &Arc<Self>,
        view: &ScanView,
        names: Vec<PinnedName>,
        launcher: Arc<dyn Launcher>,
        store: Arc<Store>,
        network: Arc<Network>,
    ) -> Result<ScanContext, ActorProcessingErr> {
        let spec = &view.spec;
        // A scan that is only brought to its end starts no process: it needs neither an nmap nor
        // the privileges of old.
        let runs = view.state.status != ScanStatus::Stopping;
        let nmap = match self.installation().await {
            Err(_) if !runs => self.unknown(),
            found => found?,
        };
        let options = match self.options(spec) {
            Err(_) if !runs => Options::default(),
            options => options?,
        };
        let silent = options.for_silent_hosts();
        Ok(ScanContext {
            scan: spec.id,
            policy: spec.policy.clone(),
            silent: Some(silent).filter(|(_, added)| !added.is_empty()),
            options,
            privileges: self.privileges.clone(),
            nmap: RwLock::new(nmap),
            scanner: Arc::clone(self),
            barren: AtomicU32::new(0),
            names: Arc::new(names.into_iter().map(|name| (name.address, name.name)).collect()),
            launcher,
            store,
            network,
        })
    }

    /// Returns what stands for an nmap where none is started.
    fn unknown(&self) -> Installation {
        let program = self.explicit.clone().unwrap_or_else(|| PathBuf::from("nmap"));
        Installation { program, version: OLDEST, datadir: None }
    }

    /// Reads a scan's flags. They were fine when the scan was accepted; a restart may have less
    /// privilege.
    fn options(&self, spec: &ScanSpec) -> Result<Options, ActorProcessingErr> {
        let refused = |errors: Vec<netscan_nmap::options::FlagError>| {
            let errors = errors.iter().map(|error| format!("{}: {}", error.flag, error.reason));
            errors.collect::<Vec<_>>().join("; ")
        };
        let parsed = Options::parse(&spec.nmap_flags).map_err(refused)?;
        let (options, _) = parsed.options.adapt(&self.privileges).map_err(refused)?;
        Ok(options)
    }
}
