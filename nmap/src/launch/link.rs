//! The server's side of the socket to one warden.
//!
//! ```text
//!  launch ── Request (bounded queue) ──┐
//!                                      ├─► write ──► socket ──► warden
//!  Control ── Wishes (one a process) ──┘
//!  launch, exit ◄── Running (by token) ◄── read ◄── socket ◄── warden
//! ```
//!
//! Reading never waits for writing, so neither side can block the other for good.
//!
//! Invariant: every process in `running` has exactly one `exit` sender, which is used by `Exited`
//! or dropped when the warden is lost; the receiver takes both for an ending.

use super::warden::wire::{self, MESSAGE_BYTES_MAX, Order, PASSED_FDS, Received, Report, Token};
use super::warden::{ARGUMENT, kill_sessions, word};
use super::{Exit, Signal};
use netscan_schemas::api::{Sandbox, SandboxMode};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::io::Interest;
use tokio::net::UnixStream;
use tokio::sync::{Notify, mpsc, oneshot};

/// Launches that wait for their turn at the socket.
const REQUESTS_MAX: usize = 16;

/// How long a warden may take to say that it is one.
const READY_WAIT: Duration = Duration::from_secs(10);

/// Bytes in which a warden says what its sandbox is.
const READY_BYTES_MAX: usize = 16 * 1024;

/// A launch on its way to the warden.
pub(super) struct Request {
    pub(super) token: Token,
    /// The encoded order.
    pub(super) order: Vec<u8>,
    pub(super) fds: [OwnedFd; PASSED_FDS],
    pub(super) started: oneshot::Sender<io::Result<Started>>,
    pub(super) exit: oneshot::Sender<Exit>,
}

/// What the warden says of a process that runs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Started {
    pub(super) pid: u32,
    pub(super) start_time: Option<u64>,
}

/// A warden that runs, as a launch sees it.
#[derive(Clone)]
pub(super) struct Link {
    requests: mpsc::Sender<Request>,
    wishes: Arc<Wishes>,
    next: Arc<AtomicU64>,
    pid: u32,
}

impl Link {
    /// Starts a warden and waits until it listens. Returns which sandbox it has as well.
    pub(super) async fn start(program: &Path, mode: SandboxMode) -> io::Result<(Self, Sandbox)> {
        let (ours, theirs) = wire::pair()?;
        let ours = std::os::unix::net::UnixStream::from(ours);
        ours.set_nonblocking(true)?;
        let program = program.to_owned();
        // Starting a process takes a millisecond or more.
        let spawned =
            tokio::task::spawn_blocking(move || spawn_warden(&program, mode, theirs)).await;
        let mut warden = spawned.map_err(io::Error::other)??;
        let pid = warden.id();
        // Of this type we use no more than its readiness, so it may be a SEQPACKET one.
        let socket = UnixStream::from_std(ours)?;
        let ready = tokio::time::timeout(READY_WAIT, expect_ready(&socket)).await;
        let ready = ready.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
        if ready.is_err() {
            // It is our child and nobody has reaped it, so this hits no other process.
            let _ = warden.kill();
        }
        bury_when_dead(warden);
        let sandbox = ready?;

        let (requests, waiting) = mpsc::channel(REQUESTS_MAX);
        let wishes = Arc::new(Wishes::default());
        let desk = Desk { socket, wishes: Arc::clone(&wishes), running: Mutex::default() };
        tokio::spawn(desk.serve(pid, waiting));
        Ok((Self { requests, wishes, next: Arc::default(), pid }, sandbox))
    }

    /// Returns whether the warden is gone.
    pub(super) fn is_lost(&self) -> bool {
        self.requests.is_closed()
    }

    /// Returns the warden's process number.
    pub(super) fn pid(&self) -> u32 {
        self.pid
    }

    /// Returns a token that no other process of this warden has.
    pub(super) fn token(&self) -> Token {
        Token(self.next.fetch_add(1, Ordering::Relaxed))
    }

    /// Returns what carries signals to a process.
    pub(super) fn wishes(&self) -> Arc<Wishes> {
        Arc::clone(&self.wishes)
    }

    /// Hands over a launch. The answer comes through its channels; if the warden is gone, they
    /// close.
    pub(super) async fn ask(&self, request: Request) {
        let _ = self.requests.send(request).await;
    }
}

fn spawn_warden(program: &Path, mode: SandboxMode, socket: OwnedFd) -> io::Result<Child> {
    let mut command = Command::new(program);
    command.arg0("netscan").args([ARGUMENT, word(mode)]).env_clear();
    command.stdin(Stdio::from(socket)).stdout(Stdio::null()).spawn()
}

async fn expect_ready(socket: &UnixStream) -> io::Result<Sandbox> {
    let mut buffer = vec![0; READY_BYTES_MAX];
    match receive(socket, &mut buffer).await? {
        Received::Message(Report::Ready { sandbox }, _) => Ok(sandbox),
        Received::Message(Report::Unready { errno }, _) => Err(io::Error::from_raw_os_error(errno)),
        Received::Message(..) => Err(io::ErrorKind::InvalidData.into()),
        // The executable does not call `run_if_warden`, or could not become a warden.
        Received::Closed => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

/// Reaps the warden whenever it ends. A thread of its own, because it waits for as long as we run.
fn bury_when_dead(mut warden: Child) {
    let thread = std::thread::Builder::new().name("warden-wait".to_owned());
    // Without a thread, a dead warden stays a zombie until we end.
    let _ = thread.spawn(move || warden.wait());
}

async fn receive(socket: &UnixStream, buffer: &mut [u8]) -> io::Result<Received<Report>> {
    socket.async_io(Interest::READABLE, || wire::receive(socket, buffer)).await
}

/// Signals that wait to be sent: at most one a process, and always the most urgent one.
#[derive(Default)]
pub(super) struct Wishes {
    pending: Mutex<BTreeMap<Token, Signal>>,
    news: Notify,
}

impl Wishes {
    pub(super) fn add(&self, token: Token, signal: Signal) {
        let mut pending = lock(&self.pending);
        let held = pending.entry(token).or_insert(signal);
        *held = signal.max(*held);
        drop(pending);
        self.news.notify_one();
    }

    async fn take(&self) -> BTreeMap<Token, Signal> {
        self.news.notified().await;
        std::mem::take(&mut *lock(&self.pending))
    }
}

struct Running {
    pid: Option<u32>,
    started: Option<oneshot::Sender<io::Result<Started>>>,
    exit: oneshot::Sender<Exit>,
}

/// What the reading and the writing half of the task share.
struct Desk {
    socket: UnixStream,
    wishes: Arc<Wishes>,
    running: Mutex<HashMap<Token, Running>>,
}

impl Desk {
    /// Serves until the warden is gone or nobody can launch any more. Either way the socket
    /// closes then, and every `exit` resolves.
    async fn serve(self, warden: u32, requests: mpsc::Receiver<Request>) {
        let lost = tokio::select! {
            error = self.read() => error,
            error = self.write(requests) => error,
        };
        let Some(error) = lost else { return };
        // A warden that is not dead after all sees the end of the socket, and ends too.
        let Self { socket, running, .. } = self;
        drop(socket);
        let left: Vec<Running> = lock(&running).drain().map(|(_, running)| running).collect();
        tracing::warn!(
            warden.pid = warden,
            processes = left.len(),
            %error,
            "the warden {warden} is lost, and {} processes with it",
            left.len()
        );
        // The kernel has ended its children. Not so what those had started themselves.
        let pids = left.iter().filter_map(|running| running.pid?.try_into().ok());
        let sessions: HashSet<i32> = pids.collect();
        let swept = tokio::task::spawn_blocking(move || kill_sessions(&sessions)).await;
        debug_assert!(swept.is_ok());
    }

    /// Passes on what the warden reports. Returns why that came to an end.
    async fn read(&self) -> Option<io::Error> {
        let mut buffer = vec![0; MESSAGE_BYTES_MAX];
        loop {
            match receive(&self.socket, &mut buffer).await {
                Ok(Received::Message(report, _)) => self.on_report(report),
                Ok(Received::Closed) => return Some(io::ErrorKind::UnexpectedEof.into()),
                Err(error) => return Some(error),
            }
        }
    }

    fn on_report(&self, report: Report) {
        match report {
            Report::Ready { .. } | Report::Unready { .. } => {}
            Report::Spawned { token, pid, start_time } => {
                if !self.answer(token, pid, Started { pid, start_time }) {
                    // Whoever asked for it has gone away since.
                    self.wishes.add(token, Signal::Kill);
                }
            }
            Report::Failed { token, errno } => {
                self.refuse(token, io::Error::from_raw_os_error(errno));
            }
            Report::Exited { token, ending, cpu_ms } => {
                if let Some(running) = lock(&self.running).remove(&token) {
                    let cpu = Duration::from_millis(cpu_ms);
                    let _ = running.exit.send(Exit { ending, cpu });
                }
            }
        }
    }

    /// Returns whether somebody still waited for this answer.
    fn answer(&self, token: Token, pid: u32, started: Started) -> bool {
        let mut all = lock(&self.running);
        let Some(running) = all.get_mut(&token) else { return false };
        running.pid = Some(pid);
        running.started.take().is_some_and(|asker| asker.send(Ok(started)).is_ok())
    }

    fn refuse(&self, token: Token, error: io::Error) {
        let running = lock(&self.running).remove(&token);
        if let Some(asker) = running.and_then(|running| running.started) {
            let _ = asker.send(Err(error));
        }
    }

    /// Sends requests and signals. Returns why that came to an end; none says that the launcher
    /// was dropped.
    async fn write(&self, mut requests: mpsc::Receiver<Request>) -> Option<io::Error> {
        loop {
            let sent = tokio::select! {
                biased; // ending a process is more urgent than starting one
                wishes = self.wishes.take() => self.send_signals(wishes).await,
                request = requests.recv() => self.send_request(request?).await,
            };
            if let Err(error) = sent {
                return Some(error);
            }
        }
    }

    async fn send_signals(&self, wishes: BTreeMap<Token, Signal>) -> io::Result<()> {
        for (token, signal) in wishes {
            if lock(&self.running).contains_key(&token) {
                let order = wire::encode(&Order::Signal { token, signal })?;
                self.send(&order, &[]).await?;
            }
        }
        Ok(())
    }

    async fn send_request(&self, request: Request) -> io::Result<()> {
        let Request { token, order, fds, started, exit } = request;
        if started.is_closed() {
            return Ok(()); // Whoever asked has gone away.
        }
        let running = Running { pid: None, started: Some(started), exit };
        lock(&self.running).insert(token, running);
        match self.send(&order, &fds.each_ref().map(AsFd::as_fd)).await {
            Err(error) if is_loss(&error) => Err(error),
            Err(error) => {
                self.refuse(token, error);
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    async fn send(&self, bytes: &[u8], fds: &[BorrowedFd<'_>]) -> io::Result<()> {
        let socket = self.socket.as_fd();
        self.socket.async_io(Interest::WRITABLE, || wire::send(socket, bytes, fds)).await
    }
}

fn is_loss(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset | io::ErrorKind::NotConnected
    )
}

/// Locks what no panic can leave half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_wish_only_grows_and_is_taken_once() {
        let wishes = Wishes::default();
        wishes.add(Token(1), Signal::Kill);
        wishes.add(Token(1), Signal::Terminate);
        wishes.add(Token(2), Signal::Terminate);
        let expected = [(Token(1), Signal::Kill), (Token(2), Signal::Terminate)];
        assert_eq!(wishes.take().await, BTreeMap::from(expected));
        wishes.add(Token(3), Signal::Kill);
        assert_eq!(wishes.take().await, BTreeMap::from([(Token(3), Signal::Kill)]));
    }

    #[tokio::test]
    async fn what_is_no_warden_is_an_error() {
        let error = Link::start(Path::new("/bin/true"), SandboxMode::Off).await.err().unwrap();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
        let error =
            Link::start(Path::new("/no/such/program"), SandboxMode::Off).await.err().unwrap();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }
}
