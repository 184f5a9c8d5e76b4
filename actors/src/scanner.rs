//! The nmap in use: found once, looked for again while there is none.

use crate::{batch::ScanContext, network::Network, scope::Scopes};
use netscan_nmap::{
    datadir::{Datadir, DatadirError, Datadirs},
    launch::Launcher,
    locate::{Installation, LocateError, OLDEST, locate, replaceable_by},
    options::{Options, ScriptDb},
    privilege::Privileges,
};
use netscan_schemas::{
    batch::Phase,
    scan::{PinnedName, ScanStatus},
    stored::ScanSpec,
};
use netscan_store::{ScanView, Store};
use ractor::ActorProcessingErr;
use std::{
    error::Error,
    ops::Deref,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, RwLock, atomic::AtomicU32},
    time::SystemTime,
};

/// Which nmap is used, and what it may do.
pub struct Scanner {
    explicit: Option<PathBuf>,
    privileges: Privileges,
    datadirs: Arc<Datadirs>,
    found: Mutex<Option<Installation>>,
    /// What was said last of who may replace the program.
    warned: Mutex<Option<String>>,
    /// The scripts that were read last, with the file that tells of them and its time.
    scripts: Mutex<Option<(PathBuf, SystemTime, Arc<ScriptDb>)>>,
}

/// The nmap that a scan's batches run: with a data directory of the scan's own, where that starts
/// faster.
pub struct Fitted {
    nmap: Installation,
    /// Held, as nobody else keeps it from being removed.
    _datadir: Option<Arc<Datadir>>,
}

impl Deref for Fitted {
    type Target = Installation;

    fn deref(&self) -> &Installation {
        &self.nmap
    }
}

impl Scanner {
    /// Takes the path that the user gave, if one was given, and where scans may keep files.
    pub fn new(explicit: Option<PathBuf>, privileges: Privileges, data_dir: &Path) -> Self {
        let datadirs = Arc::new(Datadirs::new(data_dir));
        Self {
            explicit,
            privileges,
            datadirs,
            found: Mutex::default(),
            warned: Mutex::default(),
            scripts: Mutex::default(),
        }
    }

    /// Removes files that scans of an earlier start have left, before anything is started.
    pub(crate) async fn sweep(&self) {
        let datadirs = Arc::clone(&self.datadirs);
        if let Err(error) = blocking(move || datadirs.sweep()).await {
            let error = with_cause(&error);
            tracing::warn!(error, "files of an earlier start stay where they are: {error}");
        }
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
        let look = move || {
            locate(explicit.as_deref()).map(|found| {
                let replaceable = replaceable_by(&found.program);
                (found, replaceable)
            })
        };
        let (found, replaceable) = blocking(look).await?;
        if let Some((how, mend)) = replaceable {
            self.warn(format!("{how}; mend it: {mend}"));
        }
        *self.found.lock().unwrap_or_else(PoisonError::into_inner) = Some(found.clone());
        Ok(found)
    }

    /// Logs a warning, unless it is the same as before.
    fn warn(&self, warning: String) {
        let mut warned = self.warned.lock().unwrap_or_else(PoisonError::into_inner);
        if warned.as_ref() != Some(&warning) {
            tracing::warn!("{warning}");
            *warned = Some(warning);
        }
    }

    /// Looks for nmap again, whatever was found before.
    ///
    /// # Errors
    /// When there is none that can be used.
    pub(crate) async fn look_again(&self, options: &Options) -> Result<Fitted, LocateError> {
        *self.found.lock().unwrap_or_else(PoisonError::into_inner) = None;
        Ok(self.fit(self.installation().await?, options).await)
    }

    /// Gives an nmap the data directory that these options start fastest from.
    async fn fit(&self, mut nmap: Installation, options: &Options) -> Fitted {
        let (datadirs, privileges) = (Arc::clone(&self.datadirs), self.privileges.clone());
        let (installed, options) = (nmap.clone(), options.clone());
        let fitted = blocking(move || datadirs.fit(&installed, &options, &privileges)).await;
        let datadir = fitted.unwrap_or_else(|error| {
            let error = with_cause(&error);
            tracing::warn!(error, "nmap starts slower than it could: {error}");
            None
        });
        if let Some(datadir) = &datadir {
            nmap.own_datadir = Some(datadir.path().to_owned());
        }
        Fitted { nmap, _datadir: datadir }
    }

    /// Returns the scripts that come with an nmap; none when they cannot be read. The file is read
    /// anew when it has changed.
    pub(crate) fn scripts(&self, nmap: &Installation) -> Option<Arc<ScriptDb>> {
        let datadir = nmap.datadir.as_deref()?;
        let path = ScriptDb::path(datadir);
        let changed = path.metadata().and_then(|found| found.modified()).ok()?;
        // Plain data behind the lock: a poisoned one is still good to use.
        let mut held = self.scripts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, at, scripts)) = &*held
            && (of, at) == (&path, &changed)
        {
            return Some(Arc::clone(scripts));
        }
        let scripts = Arc::new(ScriptDb::read(datadir).ok()?);
        *held = Some((path, changed, Arc::clone(&scripts)));
        Some(scripts)
    }

    /// Returns what the batches of a scan share.
    pub(crate) async fn context(
        self: &Arc<Self>,
        view: &ScanView,
        names: Vec<PinnedName>,
        launcher: Arc<dyn Launcher>,
        store: Arc<Store>,
        network: Arc<Network>,
        scopes: Arc<Scopes>,
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
        let phases = spec.phases.clone();
        let nmap = self.fit(nmap, &fitted(&options, &phases)).await;
        Ok(ScanContext {
            scan: spec.id,
            project: spec.project_id,
            policy: spec.policy.clone(),
            silent: Some(silent).filter(|(_, added)| !added.is_empty()),
            options,
            phases,
            privileges: self.privileges.clone(),
            nmap: RwLock::new(nmap),
            scanner: Arc::clone(self),
            barren: AtomicU32::new(0),
            names: Arc::new(names.into_iter().map(|name| (name.address, name.name)).collect()),
            launcher,
            store,
            network,
            scopes,
        })
    }

    /// Returns what stands for an nmap where none is started.
    fn unknown(&self) -> Installation {
        let program = self.explicit.clone().unwrap_or_else(|| PathBuf::from("nmap"));
        Installation { program, version: OLDEST, datadir: None, own_datadir: None }
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

/// Returns the options that a data directory is made for: of a plan with steps those of its ports,
/// which most batches start with.
pub(crate) fn fitted(options: &Options, phases: &[Phase]) -> Options {
    match phases.is_empty() {
        true => options.clone(),
        false => options.in_phase(Phase::Ports, None),
    }
}

/// Does on a thread of its own what blocks.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
}

/// Returns an error with its cause.
fn with_cause(error: &DatadirError) -> String {
    let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
    format!("{error}{cause}")
}
