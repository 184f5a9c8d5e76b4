//! System: the parts wired together, and what the edge may ask of them.

use crate::{
    control::CommandError,
    engine::{Engine, EngineArgs, EngineMsg},
    grants::Standing,
    hub::{Begin, Feed, Hub, OverallFeed, Selection},
    in_hand::{InHand, Taken},
    launches::Launches,
    preview,
    profiles::Profiles,
    scanner::Scanner,
    scope::Scopes,
    slots::{Limits, LimitsChange, LimitsNow, SlotsCount, SlotsMsg},
    start::{Config, StartError, end_leftovers},
    submit::{self, Kind, SubmitError},
    tree::{NODES_SHOWN, Node, Tree},
};
use netscan_schemas::{
    ProjectId, Role, ScanId, Seq,
    api::{Preview, Sandbox, ScanAccepted, ScanRequest, Supervision, SupervisionKind},
    audit::{AuditAction, AuditKind, Origin},
    scan::ScanStatus,
    stored::{AuditEntry, PlanRecord, ScanSpec},
};
use netscan_store::{Health, ReadError, Refusal, Store, Write, WriteError};
use ractor::{Actor, ActorRef, RpcReplyPort, rpc::CallResult};
use std::{path::PathBuf, sync::Arc, time::Duration};
use tokio::time::Instant;

/// The project of scans that name none.
const DEFAULT_PROJECT: &str = "Default";
/// How long an actor may take to answer.
pub(crate) const ANSWER_WAIT: Duration = Duration::from_secs(10);
/// nmap processes at once for each processor, unless told otherwise: `nmap.md` measured up to 32
/// a core to pay on a network with latency.
const SLOTS_PER_CORE: usize = 32;

/// The running system.
pub struct System {
    store: Arc<Store>,
    hub: Arc<Hub>,
    pub(crate) scanner: Arc<Scanner>,
    scopes: Arc<Scopes>,
    pub(crate) profiles: Profiles,
    engine: ActorRef<EngineMsg>,
    in_hand: Arc<InHand>,
    tree: Arc<Tree>,
    writer: Arc<Node>,
    _hub_node: Arc<Node>,
    launches: Launches,
    is_server: bool,
    sandbox: Sandbox,
    limits: Arc<LimitsNow>,
    started: Instant,
    data_dir: PathBuf,
}

impl System {
    /// Opens the store and starts the tree. Scans that have not ended wait for [`Self::go_on`].
    ///
    /// # Errors
    /// When the store does not open, or is in use by another process.
    pub async fn start(config: Config) -> Result<Arc<Self>, StartError> {
        let hub = Arc::new(Hub::default());
        let publisher: Arc<dyn netscan_store::Publisher> = Arc::clone(&hub) as _;
        let scanner = Scanner::new(config.nmap, config.privileges, &config.data_dir);
        let scanner = Arc::new(scanner);
        let data_dir = config.data_dir;
        let dir = data_dir.clone();
        let open = move || Store::open(&dir, netscan_store::Options::default(), publisher);
        let opened = tokio::task::spawn_blocking(open).await;
        let store = Arc::new(opened.map_err(|error| StartError::Tree(error.to_string()))??);
        end_leftovers(&store).await?;
        let profiles = Profiles::load(Arc::clone(&store), &data_dir, config.profiles)?;
        let scopes = Arc::new(Scopes::load(Arc::clone(&store), config.allow)?);
        // The store is ours, and no nmap of an earlier start uses them any more.
        scanner.sweep().await;
        let slots = config.slots.unwrap_or(crate::processors::count() * SLOTS_PER_CORE).max(1);
        let limits = Arc::new(LimitsNow::new(Limits::new(slots, config.packet_rate)));
        let in_hand = Arc::new(InHand::default());
        let tree = Arc::new(Tree::default());
        let node = tree.root("engine", SupervisionKind::Engine);
        let writer = tree.root("writer", SupervisionKind::Writer);
        let _hub_node = tree.root("hub", SupervisionKind::Hub);
        let sandbox = config.launcher.sandbox();
        let launches = Launches::default();
        let args = EngineArgs {
            store: Arc::clone(&store),
            hub: Arc::clone(&hub),
            in_hand: Arc::clone(&in_hand),
            scanner: Arc::clone(&scanner),
            scopes: Arc::clone(&scopes),
            launcher: launches.counting(config.launcher),
            limits: Arc::clone(&limits),
            node,
            network: Arc::default(),
        };
        let spawned = Actor::spawn(None, Engine, args).await;
        let (engine, _) = spawned.map_err(|error| StartError::Tree(error.to_string()))?;
        Ok(Arc::new(Self {
            store,
            hub,
            scanner,
            scopes,
            profiles,
            engine,
            in_hand,
            tree,
            writer,
            _hub_node,
            launches,
            is_server: config.is_server,
            sandbox,
            limits,
            started: Instant::now(),
            data_dir,
        }))
    }

    /// Goes on with the scans that have not ended. Called once all else is ready: a start that
    /// fails must not set nmaps going for a moment, which would count against their batches.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn go_on(&self) -> Result<(), ReadError> {
        for scan in self.store.unfinished_scans()? {
            self.in_hand.take(scan.spec.id);
            self.tell(EngineMsg::Start(scan.spec.id));
        }
        Ok(())
    }

    /// Returns the store, to read from.
    pub fn store(&self) -> &Arc<Store> {
        &self.store
    }

    /// Returns where the store is. Files beside it share its disk.
    pub fn data_dir(&self) -> &std::path::Path {
        &self.data_dir
    }

    /// Returns the hub of live events.
    pub fn hub(&self) -> &Hub {
        &self.hub
    }

    /// Returns the nmap in use.
    pub fn scanner(&self) -> &Scanner {
        &self.scanner
    }

    /// Returns what may be scanned.
    pub fn scopes(&self) -> &Arc<Scopes> {
        &self.scopes
    }

    /// Returns how long the system has run.
    pub fn uptime(&self) -> Duration {
        self.started.elapsed()
    }

    /// Resolves when the tree or the store's writer is gone, which outside of a shutdown is fatal.
    pub async fn tree_gone(&self) {
        tokio::select! {
            // Without a timeout it only returns at the end.
            _ = self.engine.wait(None) => {}
            () = self.store.writer_gone() => tracing::error!("the store's writer is gone"),
        }
    }

    pub(crate) fn tell(&self, message: EngineMsg) {
        if self.engine.cast(message).is_err() {
            tracing::error!("the engine is gone");
        }
    }

    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        message: impl FnOnce(RpcReplyPort<T>) -> EngineMsg,
        wait: Duration,
    ) -> Option<T> {
        match self.engine.call(message, Some(wait)).await {
            Ok(CallResult::Success(answer)) => Some(answer),
            Ok(CallResult::Timeout | CallResult::SenderError) | Err(_) => None,
        }
    }

    /// Returns what all nmap processes together may use, and what they do.
    pub async fn slots(&self) -> SlotsCount {
        self.ask_slots(SlotsMsg::Count).await.unwrap_or(SlotsCount {
            limits: self.limits.get(),
            in_use: 0,
            dealt: 0,
            unbounded: 0,
            waiting: None,
        })
    }

    /// Changes what all nmap processes together may use. It holds for what starts next: nmap's rate
    /// cannot be changed while it runs, and nothing is ended for a lower limit. None when the
    /// engine is gone.
    ///
    /// # Errors
    /// When the change cannot be written to the audit log; nothing is changed then.
    pub async fn set_limits(
        &self,
        change: LimitsChange,
        by: &Origin,
    ) -> Result<Option<SlotsCount>, WriteError> {
        // They are in no store of their own, so the entry comes first.
        self.note(by.did(AuditAction::LimitsChange).saying(change)).await?;
        Ok(self.change_limits(change).await)
    }

    async fn change_limits(&self, change: LimitsChange) -> Option<SlotsCount> {
        let count = self.ask_slots(|reply| SlotsMsg::Change(change, reply)).await?;
        tracing::info!(limits = ?count.limits, "the limits are changed");
        Some(count)
    }

    /// Adds an entry to the audit log, of what is in no other record.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn note(&self, entry: AuditEntry) -> Result<(), WriteError> {
        let mut write = Write::new();
        write.audit(entry);
        self.store.submit(write).await.map(drop)
    }

    async fn ask_slots(
        &self,
        message: impl FnOnce(RpcReplyPort<SlotsCount>) -> SlotsMsg,
    ) -> Option<SlotsCount> {
        let slots = self.ask(EngineMsg::Slots, ANSWER_WAIT).await?;
        match slots.call(message, Some(ANSWER_WAIT)).await {
            Ok(CallResult::Success(count)) => Some(count),
            Ok(CallResult::Timeout | CallResult::SenderError) | Err(_) => None,
        }
    }

    /// Returns which scans run, or are about to.
    pub fn in_hand(&self) -> &InHand {
        &self.in_hand
    }

    /// Returns the supervision tree as it is now, and what was restarted since the start.
    pub fn supervision(&self) -> Supervision {
        let health = self.store.health();
        self.writer.set(match health {
            Health::Ok => "running",
            Health::Low { .. } => "low",
            Health::Full { .. } => "full",
            Health::Degraded { .. } => "degraded",
        });
        if health != Health::Ok {
            self.writer.set_cause(&health.to_string());
        }
        self.tree.show(NODES_SHOWN)
    }

    /// Returns what is counted of the nmaps that were started.
    pub fn launches(&self) -> &Launches {
        &self.launches
    }

    /// Returns what nmap is kept from doing.
    pub fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    /// Returns whether this process goes on with scans that have not ended: a passing one only
    /// runs those that are submitted to it.
    pub fn is_server(&self) -> bool {
        self.is_server
    }

    /// Checks a request of somebody with this role, stores the scan and starts it. Returns as soon
    /// as the scan is durable.
    ///
    /// # Errors
    /// Says everything that is wrong with the request; nothing is kept of it then.
    pub async fn submit(
        &self,
        role: Role,
        request: ScanRequest,
        by: &Origin,
    ) -> Result<ScanAccepted, SubmitError> {
        self.submit_as(role, request, Kind::Scan, by).await
    }

    /// As [`submit`](Self::submit), for a scan that one nmap carries out.
    ///
    /// # Errors
    /// Also when it is more than one batch of [`netscan_schemas::limits::RUN_ADDRESSES_MAX`] addresses.
    pub async fn submit_one_batch(
        &self,
        role: Role,
        request: ScanRequest,
        by: &Origin,
    ) -> Result<ScanAccepted, SubmitError> {
        self.submit_as(role, request, Kind::Run, by).await
    }

    pub(crate) async fn submit_as(
        &self,
        role: Role,
        request: ScanRequest,
        kind: Kind,
        by: &Origin,
    ) -> Result<ScanAccepted, SubmitError> {
        let project = match request.project_id {
            Some(id) => id,
            None => self.project_named(DEFAULT_PROJECT, by).await?,
        };
        let record = self.store.project(project)?.ok_or(SubmitError::NoProject(project))?;
        let standing = Standing { role, project: Some(project), grants: record.grants };
        let id = || self.store.next_scan_id();
        let may = submit::May {
            scanner: &self.scanner,
            store: &self.store,
            scopes: &self.scopes,
            slots: self.limits.get().slots,
        };
        let wish = self.profiles.wish(request).map_err(|(_, error)| error)?;
        let (spec, plan) = submit::check(may, wish, id, (project, &standing), kind).await?;
        self.keep_and_start(&spec, &plan, submit::entry(&spec, kind, by)).await?;
        Ok(ScanAccepted {
            scan_id: spec.id,
            status: "started".into(),
            warnings: spec.warnings.into_iter().chain(spec.fallback).collect(),
        })
    }

    /// Stores a scan and starts it; both, even when the asker goes away in between.
    async fn keep_and_start(
        &self,
        spec: &ScanSpec,
        plan: &PlanRecord,
        entry: AuditEntry,
    ) -> Result<(), SubmitError> {
        let scan = spec.id;
        let mut write = Write::new();
        write.create_scan(spec, plan).audit(entry);
        if self.in_hand.take(scan) == Taken::Closed {
            return Err(SubmitError::Leaving);
        }
        let stored = self.store.submit(write);
        let (in_hand, engine) = (Arc::clone(&self.in_hand), self.engine.clone());
        let kept = tokio::spawn(async move {
            let stored = stored.await;
            match stored {
                // An engine that is gone ends the process.
                Ok(_) => drop(engine.cast(EngineMsg::Start(scan))),
                Err(_) => in_hand.release(scan),
            }
            stored
        });
        // It does not panic; the runtime may go down.
        kept.await.map_err(|_| SubmitError::Leaving)??;
        Ok(())
    }

    /// Returns the project of this name, making it if there is none.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn project_named(&self, name: &str, by: &Origin) -> Result<ProjectId, SubmitError> {
        if let Some(project) = self.store.project_by_name(name)? {
            return Ok(project.id);
        }
        let mut write = Write::new();
        let entry = by.did(AuditAction::ProjectCreate).on_new(AuditKind::Project).saying(name);
        write.create_project(name, None).audit(entry);
        match self.store.submit(write).await {
            Ok(receipt) => Ok(receipt.project.ok_or(WriteError::Closed)?.id),
            // Somebody else made it in between.
            Err(WriteError::Refused(Refusal::NameTaken { .. })) => {
                let project = self.store.project_by_name(name)?;
                Ok(project.ok_or(ReadError::Unavailable)?.id)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Returns how somebody stands in a project; in "Default" where none is named.
    pub(crate) fn standing(
        &self,
        role: Role,
        project: Option<ProjectId>,
    ) -> Result<Standing, ReadError> {
        // Of one that is not there, the server's scope is all that holds.
        let project = match project {
            Some(id) => self.store.project(id)?,
            None => self.store.project_by_name(DEFAULT_PROJECT)?,
        };
        Ok(Standing {
            role,
            project: project.as_ref().map(|project| project.id),
            grants: project.map(|project| project.grants).unwrap_or_default(),
        })
    }

    /// Returns what a request of somebody with this role would be, without running anything.
    ///
    /// # Errors
    /// When there is no nmap, or the store fails.
    pub async fn preview(&self, role: Role, request: ScanRequest) -> Result<Preview, SubmitError> {
        let standing = self.standing(role, request.project_id)?;
        let may = submit::May {
            scanner: &self.scanner,
            store: &self.store,
            scopes: &self.scopes,
            slots: self.limits.get().slots,
        };
        let wish = match self.profiles.wish(request) {
            Ok(wish) => Ok(wish),
            Err((request, SubmitError::Values(errors))) => Err((request, errors)),
            Err((_, error)) => return Err(error),
        };
        preview::preview(may, wish, &standing).await
    }

    /// Opens a feed of a scan's events; see [`Hub::feed`].
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn feed(&self, scan: ScanId, since: Option<Seq>) -> Result<Feed, ReadError> {
        self.hub.feed(&self.store, scan, since)
    }

    /// Opens a feed of all scans; see [`Hub::overall_feed`].
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn overall_feed(
        &self,
        begin: &Begin,
        selection: Selection,
    ) -> Result<OverallFeed, ReadError> {
        self.hub.overall_feed(&self.store, begin, selection)
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
            feed.next_page().await?;
        }
    }

    /// Ends every nmap process, keeps what they found, and closes the store. Scans that have not
    /// ended go on with the next start.
    pub async fn shutdown(&self) {
        self.shutdown_beside(async {}).await;
    }

    /// Does the same, and keeps the store open until `drained` is: until then requests may write.
    pub async fn shutdown_beside(&self, drained: impl Future<Output = ()>) {
        tokio::join!(self.come_to_rest(), drained);
        if self.is_server
            && let Err(error) = self.note(Origin::server().did(AuditAction::ServerStop)).await
        {
            tracing::warn!(%error, "the server's end is not in the audit log: {error}");
        }
        let store = Arc::clone(&self.store);
        // It writes what was submitted, which blocks.
        if tokio::task::spawn_blocking(move || store.shutdown()).await.is_err() {
            tracing::error!("the store did not close");
        }
    }

    async fn come_to_rest(&self) {
        self.in_hand.close();
        if self.ask(EngineMsg::Leave, Duration::from_secs(12)).await.is_none() {
            tracing::warn!("the engine did not come to rest in time");
        }
        self.engine.stop(None);
        // It only fails when the time is up; the process ends either way.
        let _ = self.engine.wait(Some(Duration::from_secs(2))).await;
    }
}
