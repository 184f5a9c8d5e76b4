//! Drives one nmap process: starts it, reads all three streams at once, and yields what it finds
//! as nmap writes it.
//!
//! Reading never waits for clients, and not for storage either until the store is far behind: a
//! full pipe stalls nmap. What the store has not taken yet is held in memory up to a limit. At the
//! limit nmap has to wait as long as the store gets on, so that one that writes faster than a disk
//! only becomes slower; when the store takes nothing for [`STORE_PATIENCE`], the attempt ends,
//! visibly.

use super::{
    gather::{Gathered, SEND_AGAIN},
    pulse::Pulse,
};
use crate::{
    batch::{NMAP_USAGE, Step},
    scope::ScopeWatch,
    slots::Permit,
    tree::Node,
};
use netscan_nmap::{
    command::Command,
    launch::{ByteStream, Control, Exit, LaunchError, LaunchSpec, Launcher, Process},
};
use netscan_schemas::{
    AddressSet, AttemptNo, BatchId, ScanId,
    attempt::{Ending, Outcome, RawInfos, StopReason},
    event::LineStream,
    host::PortId,
    limits,
};
use netscan_store::{Ack, Store, Write};
use std::{collections::HashMap, net::IpAddr, sync::Arc, time::Duration};
use tokio::{
    io::AsyncReadExt,
    sync::watch,
    time::{Instant, sleep_until},
};

/// Bytes read from a pipe at a time, a pipe's usual size.
const READ_BYTES: usize = 64 * 1024;
/// How long the pipes may stay open after the process is gone. The warden ends whatever of the
/// process's descendants could hold them, so this is only reached without it.
const DRAIN_GRACE: Duration = Duration::from_millis(500);
/// Wait before a start is tried again that failed for want of a resource; doubled each time.
const LAUNCH_WAIT: Duration = Duration::from_millis(100);
/// How long such starts are tried.
const LAUNCH_PATIENCE: Duration = Duration::from_secs(60);
/// How long the store may take nothing before an attempt that waits for it ends.
const STORE_PATIENCE: Duration = Duration::from_secs(10);
/// How often it is looked whether all addresses are still in scope.
const SCOPE_EVERY: Duration = Duration::from_secs(1);
/// Pending raw bytes reach the store at least this often.
const FLUSH_EVERY: Duration = Duration::from_secs(2);

/// An attempt to make.
pub struct Job {
    /// The scan.
    pub scan: ScanId,
    /// The batch.
    pub batch: BatchId,
    /// Which try.
    pub attempt: AttemptNo,
    /// What nmap is told.
    pub command: Command,
    /// What it is to scan.
    pub addresses: AddressSet,
    /// The names that users gave to addresses.
    pub names: Arc<HashMap<IpAddr, String>>,
    /// The step of a staged plan that it is of.
    pub step: Option<Step>,
    /// Longest run.
    pub deadline: Option<Duration>,
    /// Longest time without progress.
    pub stall: Duration,
    /// Where nmap's own estimate goes.
    pub pulse: Arc<Pulse>,
    /// Its place in the tree.
    pub node: Arc<Node>,
    /// Starts processes.
    pub launcher: Arc<dyn Launcher>,
    /// Takes results.
    pub store: Arc<Store>,
    /// Wakes when the machine's network loses something.
    pub losses: watch::Receiver<u64>,
    /// Bytes that may be held in memory until the store has taken them.
    pub unstored_max: usize,
    /// The claim on the batch; nmap starts when it is durable.
    pub claim: Ack,
    /// The slot; given back when the process is gone.
    pub permit: Option<Permit>,
    /// Tells whether the addresses may be scanned.
    pub scope: ScopeWatch,
    /// Called when nmap cannot be started for want of a resource.
    pub on_shortage: Box<dyn Fn() + Send + Sync>,
    /// Called when the process is gone, before its results have settled.
    pub on_gone: Option<Box<dyn FnOnce() + Send>>,
}

/// What a process took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// From its start to its end.
    pub wall: Duration,
    /// Processor time.
    pub cpu: Duration,
}

/// How an attempt went.
pub struct Report {
    /// The process, if it ran.
    pub pid: Option<u32>,
    /// How the process ended.
    pub ending: Ending,
    /// What the process took.
    pub cost: Cost,
    /// What the attempt proved.
    pub outcome: Outcome,
    /// Addresses finished: up, down or given up at the user's host timeout.
    pub finished: AddressSet,
    /// Hosts that it finished and that are asked again all the same: nmap works.
    pub doubted: u64,
    /// Addresses without a finished host that showed life.
    pub alive: AddressSet,
    /// Open ports that were announced of hosts which are not finished, or timed out.
    pub announced: Vec<(IpAddr, Vec<PortId>)>,
    /// What is kept of the streams.
    pub raw: RawInfos,
    /// Raw frames that are not written yet: they belong into the transaction that ends the
    /// attempt. Results and lines are in the store, as far as it took them.
    pub tail: Write,
}

/// Makes an attempt. It ends early when `stop` gets a reason.
pub async fn drive(mut job: Job, mut stop: watch::Receiver<Option<StopReason>>) -> Report {
    let permit = job.permit.take();
    job.node.set("starting");
    let never_ran = |ending: Ending, outcome: Outcome| Report {
        pid: None,
        ending,
        cost: Cost::default(),
        outcome,
        finished: AddressSet::new(),
        doubted: 0,
        alive: AddressSet::new(),
        announced: Vec::new(),
        raw: RawInfos::default(),
        tail: Write::new(),
    };
    if let Err(error) = (&mut job.claim).await {
        tracing::warn!(batch.id = %job.batch, %error, "batch {}: the claim is not durable", job.batch);
        return never_ran(Ending::Lost, Outcome::Ended { reason: StopReason::StoreSlow });
    }
    // A stop may have come while the claim was on its way.
    let early = *stop.borrow_and_update();
    if let Some(reason) = early {
        return never_ran(Ending::Lost, Outcome::Ended { reason });
    }
    let spec = LaunchSpec {
        program: job.command.program.clone(),
        args: job.command.args.clone(),
        stdin: job.command.stdin.clone(),
        needs: job.command.needs.clone(),
        tag: format!("{}:{}:{}", job.store.instance_id(), job.batch, job.attempt),
    };
    netscan_store::failpoint::hit("before-spawn");
    let process = match launch(&mut job, spec, &mut stop).await {
        Ok(process) => process,
        Err(ended) => return never_ran(ended.0, ended.1),
    };
    netscan_store::failpoint::hit("after-spawn");
    let on_gone = job.on_gone.take();
    let mut gathered = Gathered::new(job, process.pid);
    gathered.job.pulse.begin(process.pid);
    gathered.job.node.set_pid(process.pid);
    gathered.job.node.set("running");
    let began = Instant::now();
    let Exit { ending, cpu } = follow(&mut gathered, process, stop).await;
    let cost = Cost { wall: began.elapsed(), cpu };
    gathered.job.pulse.end();
    gathered.job.node.set_pid(None);
    gathered.job.node.set("settling");
    drop(permit);
    if let Some(on_gone) = on_gone {
        on_gone();
    }
    gathered.settle().await;
    gathered.into_report(ending, cost)
}

/// Starts the process. A system that is short of something for a moment is asked again: that is
/// no fault of the batch, and does not count as an attempt. Each time the scope is asked first.
async fn launch(
    job: &mut Job,
    spec: LaunchSpec,
    stop: &mut watch::Receiver<Option<StopReason>>,
) -> Result<Process, (Ending, Outcome)> {
    let batch = job.batch;
    let mut wait = LAUNCH_WAIT;
    let give_up_at = Instant::now() + LAUNCH_PATIENCE;
    loop {
        let addresses = job.scope.outside();
        if addresses > 0 {
            return Err((Ending::Lost, Outcome::OutOfScope { addresses }));
        }
        let error = match job.launcher.launch(spec.clone()).await {
            Ok(process) => return Ok(process),
            Err(error) => error,
        };
        let message = with_causes(&error);
        if error.is_final() {
            // The same will never start: that is for the user to mend.
            let outcome = Outcome::NmapFailed { code: NMAP_USAGE, message: message.clone() };
            return Err((Ending::Unstartable { message }, outcome));
        }
        if !error.is_transient() || Instant::now() + wait > give_up_at {
            let ending = Ending::Unstartable { message: message.clone() };
            return Err((ending, Outcome::Unstartable { message }));
        }
        tracing::warn!(batch.id = %batch, "batch {batch}: nmap cannot be started just now: {message}");
        (job.on_shortage)();
        tokio::select! {
            () = tokio::time::sleep(wait) => wait *= 2,
            Ok(()) = stop.changed() => {}
        }
        if let Some(reason) = *stop.borrow_and_update() {
            return Err((Ending::Lost, Outcome::Ended { reason }));
        }
    }
}

fn with_causes(error: &LaunchError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

/// How far the ending of a process has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Signalled {
    No,
    Asked { insist_at: Instant },
    Insisted,
}

impl Signalled {
    /// Signals the process if there is a reason to that it has not been told yet.
    fn carry_out(self, reason: Option<StopReason>, control: &Control) -> Self {
        match (self, reason) {
            (Self::No | Self::Asked { .. }, Some(StopReason::Killed)) => {
                control.kill();
                Self::Insisted
            }
            (Self::No, Some(_)) => {
                control.terminate();
                Self::Asked { insist_at: Instant::now() + limits::STOP_GRACE }
            }
            (held, _) => held,
        }
    }

    fn insist_at(self) -> Option<Instant> {
        match self {
            Self::Asked { insist_at } => Some(insist_at),
            Self::No | Self::Insisted => None,
        }
    }
}

/// One output pipe and the buffer it is read into; `None` once it has ended.
struct Pipe(Option<(ByteStream, Vec<u8>)>);

impl Pipe {
    fn new(stream: ByteStream) -> Self {
        Self(Some((stream, vec![0; READ_BYTES])))
    }

    fn is_open(&self) -> bool {
        self.0.is_some()
    }

    /// Returns the next bytes; none at the end. Safe to cancel.
    async fn read(&mut self) -> &[u8] {
        let Some((stream, buffer)) = &mut self.0 else { return &[] };
        // A pipe that cannot be read has ended for us: what is missing then shows as a cut document.
        let count = stream.read(buffer).await.unwrap_or(0);
        if count == 0 {
            self.0 = None;
            return &[];
        }
        self.0.as_ref().map_or(&[], |(_, buffer)| &buffer[..count])
    }
}

/// Follows a process until it is gone and its pipes are read to the end.
async fn follow(
    gathered: &mut Gathered,
    process: Process,
    mut stops: watch::Receiver<Option<StopReason>>,
) -> Exit {
    let Process { stdout, stderr, xml, mut exit, control, .. } = process;
    let (mut stdout, mut stderr, mut xml) = (Pipe::new(stdout), Pipe::new(stderr), Pipe::new(xml));
    let began = Instant::now();
    let deadline = gathered.job.deadline.map(|deadline| began + deadline);
    let stall = gathered.job.stall;
    let mut last_progress = began;
    let mut last_stored = began;
    let mut send_again_at: Option<Instant> = None;
    let mut signalled = Signalled::No;
    let mut ending: Option<Exit> = None;
    let mut drain_until: Option<Instant> = None;
    let mut flush_at = began + FLUSH_EVERY;
    let mut look_at_scope = began + SCOPE_EVERY;
    let mut may_be_stopped = true;
    let mut losses = gathered.job.losses.clone();
    losses.mark_unchanged();
    let mut may_lose = true;

    while ending.is_none() || stdout.is_open() || stderr.is_open() || xml.is_open() {
        let watched = ending.is_none() && gathered.stop.is_none();
        // What a process that is gone has left in its pipes is little, and the last of it.
        let may_read = gathered.has_room() || ending.is_some();
        if gathered.has_refused() {
            send_again_at.get_or_insert_with(|| Instant::now() + SEND_AGAIN);
        }
        if !may_read {
            last_progress = Instant::now(); // it waits for us
        }
        tokio::select! {
            bytes = stdout.read(), if may_read && stdout.is_open() => {
                gathered.on_text(LineStream::Stdout, bytes);
            }
            bytes = xml.read(), if may_read && xml.is_open() => {
                gathered.on_xml(bytes);
            }
            bytes = stderr.read(), if may_read && stderr.is_open() => {
                gathered.on_text(LineStream::Stderr, bytes);
            }
            ended = &mut exit, if ending.is_none() => {
                ending = Some(ended);
                drain_until = Some(Instant::now() + DRAIN_GRACE);
            }
            is_stored = gathered.stored(), if gathered.waits_for_store() => {
                if is_stored {
                    last_stored = Instant::now();
                }
            }
            () = until(send_again_at), if send_again_at.is_some() => {
                send_again_at = None;
                gathered.send_again();
            }
            () = sleep_until(last_stored + STORE_PATIENCE), if !may_read && watched => {
                gathered.escalate(Some(StopReason::StoreSlow));
            }
            changed = stops.changed(), if may_be_stopped => {
                may_be_stopped = changed.is_ok();
                let asked = *stops.borrow_and_update();
                gathered.escalate(asked);
            }
            lost = losses.changed(), if may_lose && watched => {
                may_lose = false;
                if lost.is_ok() {
                    gathered.distrust();
                    gathered.escalate(Some(StopReason::NetworkChanged));
                }
            }
            () = sleep_until(look_at_scope), if watched => {
                look_at_scope = Instant::now() + SCOPE_EVERY;
                gathered.look_at_scope();
            }
            () = sleep_until(last_progress + stall), if watched => {
                gathered.escalate(Some(StopReason::Stalled));
            }
            () = until(deadline), if watched => gathered.escalate(Some(StopReason::Deadline)),
            () = until(signalled.insist_at()), if signalled.insist_at().is_some() => {
                control.kill();
                signalled = Signalled::Insisted;
            }
            () = until(drain_until), if drain_until.is_some() => {
                let batch = gathered.job.batch;
                tracing::warn!(batch.id = %batch, "batch {batch}: a descendant of nmap holds its pipes");
                break;
            }
            () = sleep_until(flush_at) => {
                flush_at = Instant::now() + FLUSH_EVERY;
                gathered.flush();
            }
        }
        if gathered.made_progress() {
            last_progress = Instant::now();
        }
        if ending.is_none() {
            signalled = signalled.carry_out(gathered.stop, &control);
        }
    }
    ending.unwrap_or(Exit::of(Ending::Lost))
}

/// Waits until a moment; for ever without one.
async fn until(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => std::future::pending().await,
    }
}
