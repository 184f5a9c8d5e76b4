//! System: the parts wired together, and what the edge may ask of them.

use crate::{
    engine::{Engine, EngineArgs, EngineMsg},
    hub::{Feed, Hub},
    scan::ScanMsg,
    scanner::Scanner,
    slots::{SlotsCount, SlotsMsg},
    submit::{self, SubmitError},
};
use netscan_nmap::{launch::Launcher, privilege::Privileges};
use netscan_schemas::{
    ProjectId, ScanId, Seq,
    api::{Preview, RescanOnly, ScanAccepted, ScanRequest},
    attempt::StopReason,
    limits,
    scan::ScanStatus,
};
use netscan_store::{OpenError, ReadError, Refusal, Store, Write, WriteError};
use ractor::{Actor, ActorRef, RpcReplyPort, rpc::CallResult};
use std::{path::PathBuf, sync::Arc, time::Duration};
use tokio::time::Instant;

/// The project of scans that name none.
const DEFAULT_PROJECT: &str = "Default";
/// How long an actor may take to answer.
const ANSWER_WAIT: Duration = Duration::from_secs(10);
/// nmap processes at once for each processor, unless told otherwise: `nmap.md` measured up to 32
/// a core to pay on a network with latency.
const SLOTS_PER_CORE: usize = 32;

/// How to start.
pub struct Config {
    /// Where the store is.
    pub data_dir: PathBuf,
    /// Which nmap; looked for on the path when left out.
    pub nmap: Option<PathBuf>,
    /// nmap processes at once; 32 for each processor when left out.
    pub slots: Option<usize>,
    /// Whether scans that have not ended go on.
    pub resume: bool,
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
    /// Processes of an earlier start are still there.
    #[error("an nmap of an earlier start is still there, and nothing may start beside it")]
    Leftovers(#[source] std::io::Error),
    /// The tree does not start.
    #[error("the supervision tree does not start: {0}")]
    Tree(String),
}

/// Why a stop, pause or resume is not carried out.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// There is no such scan.
    #[error("there is no scan {0}")]
    NoScan(ScanId),
    /// The scan has ended.
    #[error("scan {0} has already ended as {1}")]
    Ended(ScanId, ScanStatus),
    /// The scan is in a state that does not allow it.
    #[error("scan {scan} is {status}, and only a scan that is {wanted} can be {what}")]
    Conflict {
        /// The scan.
        scan: ScanId,
        /// Where it stands.
        status: ScanStatus,
        /// Where it would have to stand.
        wanted: &'static str,
        /// What was asked for.
        what: &'static str,
    },
    /// The scan's actor does not answer: it is being started again.
    #[error("scan {0} does not answer just now; try again in a few seconds")]
    Busy(ScanId),
    /// The store cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// Ends what an earlier start has left behind, before anything is started.
async fn end_leftovers(store: &Store) -> Result<(), StartError> {
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

/// The running system.
pub struct System {
    store: Arc<Store>,
    hub: Arc<Hub>,
    scanner: Arc<Scanner>,
    engine: ActorRef<EngineMsg>,
    slots: usize,
    started: Instant,
}

impl System {
    /// Opens the store and starts the tree; scans that have not ended go on if asked to.
    ///
    /// # Errors
    /// When the store does not open, or is in use by another process.
    pub async fn start(config: Config) -> Result<Arc<Self>, StartError> {
        let hub = Arc::new(Hub::default());
        let publisher: Arc<dyn netscan_store::Publisher> = Arc::clone(&hub) as _;
        let scanner = Scanner::new(config.nmap, config.privileges, &config.data_dir);
        let scanner = Arc::new(scanner);
        let data_dir = config.data_dir;
        let open = move || Store::open(&data_dir, netscan_store::Options::default(), publisher);
        let opened = tokio::task::spawn_blocking(open).await;
        let store = Arc::new(opened.map_err(|error| StartError::Tree(error.to_string()))??);
        end_leftovers(&store).await?;
        // The store is ours, and no nmap of an earlier start uses them any more.
        scanner.sweep().await;
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let slots = config.slots.unwrap_or(cores * SLOTS_PER_CORE).max(1);
        let args = EngineArgs {
            store: Arc::clone(&store),
            hub: Arc::clone(&hub),
            scanner: Arc::clone(&scanner),
            launcher: config.launcher,
            slots,
            network: Arc::default(),
        };
        let spawned = Actor::spawn(None, Engine, args).await;
        let (engine, _) = spawned.map_err(|error| StartError::Tree(error.to_string()))?;
        let system = Arc::new(Self { store, hub, scanner, engine, slots, started: Instant::now() });
        if config.resume {
            for scan in system.store.unfinished_scans()? {
                system.tell(EngineMsg::Start(scan.spec.id));
            }
        }
        Ok(system)
    }

    /// Returns the store, to read from.
    pub fn store(&self) -> &Arc<Store> {
        &self.store
    }

    /// Returns the hub of live events.
    pub fn hub(&self) -> &Hub {
        &self.hub
    }

    /// Returns the nmap in use.
    pub fn scanner(&self) -> &Scanner {
        &self.scanner
    }

    /// Returns how long the system has run.
    pub fn uptime(&self) -> Duration {
        self.started.elapsed()
    }

    /// Resolves when the tree is gone, which outside of a shutdown is fatal.
    pub async fn tree_gone(&self) {
        // Without a timeout it only returns at the end.
        let _ = self.engine.wait(None).await;
    }

    fn tell(&self, message: EngineMsg) {
        if self.engine.cast(message).is_err() {
            tracing::error!("the engine is gone");
        }
    }

    async fn ask<T: Send + 'static>(
        &self,
        message: impl FnOnce(RpcReplyPort<T>) -> EngineMsg,
        wait: Duration,
    ) -> Option<T> {
        match self.engine.call(message, Some(wait)).await {
            Ok(CallResult::Success(answer)) => Some(answer),
            Ok(CallResult::Timeout | CallResult::SenderError) | Err(_) => None,
        }
    }

    /// Returns how many nmap processes may run, and how many do.
    pub async fn slots(&self) -> SlotsCount {
        let unknown = SlotsCount { limit: self.slots, in_use: 0 };
        let Some(slots) = self.ask(EngineMsg::Slots, ANSWER_WAIT).await else { return unknown };
        match slots.call(SlotsMsg::Count, Some(ANSWER_WAIT)).await {
            Ok(CallResult::Success(count)) => count,
            Ok(CallResult::Timeout | CallResult::SenderError) | Err(_) => unknown,
        }
    }

    /// Returns how many scans have not ended.
    pub async fn active_scans(&self) -> usize {
        self.ask(EngineMsg::Count, ANSWER_WAIT).await.unwrap_or_default()
    }

    /// Checks a request, stores the scan and starts it. Returns as soon as the scan is durable.
    ///
    /// # Errors
    /// Says everything that is wrong with the request; nothing is kept of it then.
    pub async fn submit(&self, request: ScanRequest) -> Result<ScanAccepted, SubmitError> {
        self.submit_as(request, None).await
    }

    async fn submit_as(
        &self,
        request: ScanRequest,
        parent: Option<ScanId>,
    ) -> Result<ScanAccepted, SubmitError> {
        let project = match request.project_id {
            Some(id) if self.store.project(id)?.is_none() => {
                return Err(SubmitError::NoProject(id));
            }
            Some(id) => id,
            None => self.project_named(DEFAULT_PROJECT).await?,
        };
        let id = || self.store.next_scan_id();
        let (spec, plan) =
            submit::check(&self.scanner, &self.store, request, id, project, parent, self.slots)
                .await?;
        let mut write = Write::new();
        write.create_scan(&spec, &plan);
        self.store.submit(write).await?;
        self.tell(EngineMsg::Start(spec.id));
        Ok(ScanAccepted {
            scan_id: spec.id,
            status: "started".into(),
            warnings: spec.warnings.into_iter().chain(spec.fallback).collect(),
        })
    }

    /// Returns the project of this name, making it if there is none.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn project_named(&self, name: &str) -> Result<ProjectId, SubmitError> {
        if let Some(project) = self.store.project_by_name(name)? {
            return Ok(project.id);
        }
        match self.store.create_project(name, None).await {
            Ok(receipt) => Ok(receipt.project.ok_or(WriteError::Closed)?.id),
            // Somebody else made it in between.
            Err(WriteError::Refused(Refusal::NameTaken { .. })) => {
                let project = self.store.project_by_name(name)?;
                Ok(project.ok_or(ReadError::Unavailable)?.id)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Returns what a request would be, without running anything.
    ///
    /// # Errors
    /// When numbers are out of range, or there is no nmap.
    pub async fn preview(&self, request: &ScanRequest) -> Result<Preview, SubmitError> {
        submit::preview(&self.scanner, request).await
    }

    /// Makes a new scan of an ended scan's targets.
    ///
    /// # Errors
    /// As [`submit`](Self::submit); also when nothing is left to scan.
    pub async fn rescan(
        &self,
        scan: ScanId,
        only: RescanOnly,
    ) -> Result<ScanAccepted, RescanError> {
        let view = self.store.scan(scan)?.ok_or(RescanError::NoScan(scan))?;
        if !view.state.status.has_ended() {
            return Err(RescanError::NotEnded(scan));
        }
        let spec = view.spec;
        let targets = match only {
            RescanOnly::All => spec.targets,
            RescanOnly::TimedOut => self.store.scan_verdicts(scan)?.timed_out.to_ranges(),
            RescanOnly::Unfinished => {
                let plan = self.store.plan(scan)?.unwrap_or_default();
                let known = self.store.scan_verdicts(scan)?.known();
                plan.addresses.difference(&known).to_ranges()
            }
        };
        if targets.is_empty() {
            return Err(RescanError::NothingLeft(scan));
        }
        let request = ScanRequest {
            project_id: Some(spec.project_id),
            nmap_flags: spec.nmap_flags,
            targets,
            exclude: spec.exclude,
            chunk_size: spec.chunk_size,
            concurrency: spec.concurrency,
            adaptive: spec.adaptive,
            policy: spec.policy,
            name: spec.name,
            ..ScanRequest::default()
        };
        Ok(self.submit_as(request, Some(scan)).await?)
    }

    /// Opens a feed of a scan's events; see [`Hub::feed`].
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn feed(&self, scan: ScanId, since: Option<Seq>) -> Result<Feed, ReadError> {
        self.hub.feed(&self.store, scan, since)
    }

    /// Waits until a scan has ended and returns how.
    ///
    /// # Errors
    /// When the scan is not there, or the store cannot be read.
    pub async fn wait_ended(&self, scan: ScanId) -> Result<ScanStatus, CommandError> {
        let mut feed = self.feed(scan, None)?;
        loop {
            let view = self.store.scan(scan)?.ok_or(CommandError::NoScan(scan))?;
            if view.state.status.has_ended() {
                return Ok(view.state.status);
            }
            feed.next_page(limits::EVENTS_PAGE_MAX).await?;
        }
    }

    /// Stops a scan: its nmap processes end, what they found is kept.
    ///
    /// # Errors
    /// When there is no such scan, or it has ended.
    pub async fn stop_scan(&self, scan: ScanId, at_once: bool) -> Result<ScanStatus, CommandError> {
        let reason = if at_once { StopReason::Killed } else { StopReason::Stopped };
        let status = self.command(scan, |reply| ScanMsg::Stop(reason, reply)).await?;
        Ok(if status.has_ended() { status } else { ScanStatus::Stopping })
    }

    /// Pauses a scan: nothing starts, what runs ends and is kept.
    ///
    /// # Errors
    /// When there is no such scan, it has ended, or it is being stopped.
    pub async fn pause_scan(&self, scan: ScanId) -> Result<ScanStatus, CommandError> {
        match self.command(scan, ScanMsg::Pause).await? {
            ScanStatus::Paused => Ok(ScanStatus::Paused),
            status => {
                Err(CommandError::Conflict { scan, status, wanted: "running", what: "paused" })
            }
        }
    }

    /// Resumes a paused scan.
    ///
    /// # Errors
    /// When there is no such scan, it has ended, or it is being stopped.
    pub async fn resume_scan(&self, scan: ScanId) -> Result<ScanStatus, CommandError> {
        match self.command(scan, ScanMsg::Resume).await? {
            ScanStatus::Running => Ok(ScanStatus::Running),
            status => {
                Err(CommandError::Conflict { scan, status, wanted: "paused", what: "resumed" })
            }
        }
    }

    async fn command(
        &self,
        scan: ScanId,
        message: impl FnOnce(RpcReplyPort<ScanStatus>) -> ScanMsg,
    ) -> Result<ScanStatus, CommandError> {
        let found = self.ask(|reply| EngineMsg::Find(scan, reply), ANSWER_WAIT).await.flatten();
        if let Some(actor) = found
            && let Ok(CallResult::Success(status)) = actor.call(message, Some(ANSWER_WAIT)).await
        {
            return Ok(status);
        }
        // No actor, or one that ended just now: the store knows.
        let view = self.store.scan(scan)?.ok_or(CommandError::NoScan(scan))?;
        match view.state.status {
            ended if ended.has_ended() => Err(CommandError::Ended(scan, ended)),
            _ => Err(CommandError::Busy(scan)),
        }
    }

    /// Ends every nmap process, keeps what they found, and closes the store. Scans that have not
    /// ended go on with the next start.
    pub async fn shutdown(&self) {
        if self.ask(EngineMsg::Leave, Duration::from_secs(12)).await.is_none() {
            tracing::warn!("the engine did not come to rest in time");
        }
        self.engine.stop(None);
        // It only fails when the time is up; the process ends either way.
        let _ = self.engine.wait(Some(Duration::from_secs(2))).await;
        let store = Arc::clone(&self.store);
        // It writes what was submitted, which blocks.
        if tokio::task::spawn_blocking(move || store.shutdown()).await.is_err() {
            tracing::error!("the store did not close");
        }
    }
}

/// Why a rescan is not started.
#[derive(Debug, thiserror::Error)]
pub enum RescanError {
    /// There is no such scan.
    #[error("there is no scan {0}")]
    NoScan(ScanId),
    /// The scan has not ended.
    #[error("scan {0} has not ended; stop it first, or wait")]
    NotEnded(ScanId),
    /// No target of the scan is asked for.
    #[error("scan {0} has no such targets left; rescan `all` scans everything again")]
    NothingLeft(ScanId),
    /// The new scan is refused.
    #[error(transparent)]
    Submit(#[from] SubmitError),
    /// The store cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}
