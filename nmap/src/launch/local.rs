//! Starts processes on this machine, through a warden.

use super::link::{Link, Request};
use super::warden::wire::{self, MESSAGE_BYTES_MAX, Order};
use super::{Control, Exit, LaunchError, LaunchSpec, Launcher, Process};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use netscan_schemas::{
    api::{LayerState, Sandbox, SandboxMode},
    attempt::Ending,
};
use rustix::fs::MemfdFlags;
use rustix::pipe::PipeFlags;
use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Seek, Write};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::{MutexGuard, PoisonError};
use tokio::net::unix::pipe::Receiver;
use tokio::sync::{Mutex, Semaphore, oneshot};

/// Launches between their first pipe and the warden's answer. It bounds the descriptors that wait
/// in the socket; how many processes run is for others to say.
const LAUNCHES_AT_ONCE: usize = 16;

/// The executable that becomes the warden: one whose `main` calls
/// [`run_if_warden`](super::run_if_warden) first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WardenProgram(PathBuf);

impl WardenProgram {
    /// Names another executable than this one.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }
}

impl Default for WardenProgram {
    /// Returns the executable of this process, which is found even after its file was replaced.
    fn default() -> Self {
        Self("/proc/self/exe".into())
    }
}

/// Starts nmap, or any program, on this machine.
///
/// It holds the socket to the warden; dropping it ends everything that it has started. A warden
/// that was lost is replaced by the next launch.
pub struct LocalNmap {
    program: WardenProgram,
    mode: SandboxMode,
    sandbox: Sandbox,
    link: Mutex<Link>,
    turns: Semaphore,
    /// Programs that have run in the sandbox.
    have_run: std::sync::Mutex<HashSet<PathBuf>>,
}

impl LocalNmap {
    /// Starts the warden. Call it inside the runtime that is going to serve it.
    ///
    /// # Errors
    /// When it does not start, or when the sandbox lacks a layer and all are required.
    pub async fn start(program: WardenProgram, mode: SandboxMode) -> Result<Self, LaunchError> {
        let (link, sandbox) = start_link(&program, mode).await?;
        if let Some(missing) = sandbox.missing().filter(|_| mode == SandboxMode::Required) {
            return Err(LaunchError::Sandbox { missing });
        }
        let (link, turns) = (Mutex::new(link), Semaphore::new(LAUNCHES_AT_ONCE));
        Ok(Self { program, mode, sandbox, link, turns, have_run: Default::default() })
    }

    /// Returns the process number of the present warden.
    pub async fn warden_pid(&self) -> u32 {
        self.link.lock().await.pid()
    }

    /// Returns the link to a warden, a new one if the last was lost.
    async fn link(&self) -> Result<Link, LaunchError> {
        let mut link = self.link.lock().await;
        if link.is_lost() {
            let (new, sandbox) = start_link(&self.program, self.mode).await?;
            if let Some(lost) = lost(&self.sandbox, &sandbox) {
                // The new warden ends with its link.
                return Err(LaunchError::Weaker { lost });
            }
            *link = new;
            tracing::warn!(warden.pid = link.pid(), "a new warden runs as {}", link.pid());
        }
        Ok(link.clone())
    }

    fn programs(&self) -> MutexGuard<'_, HashSet<PathBuf>> {
        self.have_run.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note_run(&self, program: &Path) {
        let mut programs = self.programs();
        if !programs.contains(program) {
            programs.insert(program.to_owned());
        }
    }

    async fn launch_one(&self, spec: LaunchSpec) -> Result<Process, LaunchError> {
        // The semaphore is never closed, and without a turn the launch is merely less orderly.
        let _turn = self.turns.acquire().await.ok();
        let link = self.link().await?;
        let token = link.token();
        let LaunchSpec { program: path, args, stdin, tag, needs } = spec;
        let pipes_error = |source| LaunchError::Pipes { program: path.clone(), source };
        let spawn_error = |source| LaunchError::Spawn { program: path.clone(), source };

        let program =
            path.to_str().ok_or_else(|| spawn_error(io::ErrorKind::InvalidInput.into()))?;
        let order = Order::Spawn { token, program: program.to_owned(), args, tag, needs };
        let order = wire::encode(&order).map_err(spawn_error)?;
        if order.len() > MESSAGE_BYTES_MAX {
            return Err(LaunchError::TooLong { bytes: order.len(), max: MESSAGE_BYTES_MAX });
        }
        let (ours, theirs) = Streams::open(&stdin).map_err(pipes_error)?;

        // From here on the process has an owner, whatever becomes of this future.
        let wishes = link.wishes();
        let control = Control::new(move |signal| wishes.add(token, signal));
        let (started, answer) = oneshot::channel();
        let (exit, ended) = oneshot::channel();
        link.ask(Request { token, order, fds: theirs, started, exit }).await;
        // One that has run is an nmap that is being replaced: that passes.
        let has_run = || self.programs().contains(&path);
        let is_confined = self.mode != SandboxMode::Off;
        let started = answer.await.map_err(|_| LaunchError::WardenLost)?.map_err(|source| {
            let program = path.clone();
            match source.kind() {
                io::ErrorKind::PermissionDenied if is_confined && !has_run() => {
                    LaunchError::Confined { program, source }
                }
                _ => LaunchError::Spawn { program, source },
            }
        })?;
        self.note_run(&path);
        Ok(Process {
            pid: Some(started.pid),
            start_time: started.start_time,
            stdout: Box::new(ours.stdout),
            stderr: Box::new(ours.stderr),
            xml: Box::new(ours.xml),
            exit: ended.map(|exit| exit.unwrap_or(Exit::of(Ending::Lost))).boxed(),
            control,
        })
    }
}

impl Launcher for LocalNmap {
    fn launch(&self, spec: LaunchSpec) -> BoxFuture<'_, Result<Process, LaunchError>> {
        self.launch_one(spec).boxed()
    }

    fn sandbox(&self) -> Sandbox {
        self.sandbox.clone()
    }
}

async fn start_link(
    program: &WardenProgram,
    mode: SandboxMode,
) -> Result<(Link, Sandbox), LaunchError> {
    let started = Link::start(&program.0, mode).await;
    started.map_err(|source| LaunchError::Warden { program: program.0.clone(), source })
}

/// Returns which layers were on before and are not any more, and why.
fn lost(before: &Sandbox, now: &Sandbox) -> Option<String> {
    let on = before.layers.iter().filter(|layer| layer.state == LayerState::On);
    let lost = on.filter(|layer| !now.has(&layer.name)).map(|layer| {
        let found = now.layers.iter().find(|found| found.name == layer.name);
        let why = found.map_or("it does not say why", |found| &found.detail);
        format!("{} ({why})", layer.name)
    });
    let lost: Vec<String> = lost.collect();
    (!lost.is_empty()).then(|| lost.join(", "))
}

/// Our ends of a process's outputs.
struct Streams {
    stdout: Receiver,
    stderr: Receiver,
    xml: Receiver,
}

impl Streams {
    /// Returns our ends, and the process's: its input, output, error, and the XML.
    ///
    /// The pipes keep the kernel's size: a user may have 64 MiB in pipes, and beyond that each
    /// new one shrinks to a page or two.
    fn open(stdin: &str) -> io::Result<(Self, [OwnedFd; 4])> {
        let stdin = memory_file(stdin)?;
        let (stdout, stdout_end) = pipe()?;
        let (stderr, stderr_end) = pipe()?;
        let (xml, xml_end) = pipe()?;
        Ok((Self { stdout, stderr, xml }, [stdin, stdout_end, stderr_end, xml_end]))
    }
}

fn pipe() -> io::Result<(Receiver, OwnedFd)> {
    let (reader, writer) = rustix::pipe::pipe_with(PipeFlags::CLOEXEC)?;
    Ok((Receiver::from_owned_fd(reader)?, writer))
}

/// Returns a file without a name that holds the text: unlike a pipe it takes any amount at once.
fn memory_file(text: &str) -> io::Result<OwnedFd> {
    let mut file = File::from(rustix::fs::memfd_create("targets", MemfdFlags::CLOEXEC)?);
    file.write_all(text.as_bytes())?;
    file.rewind()?;
    Ok(file.into())
}
