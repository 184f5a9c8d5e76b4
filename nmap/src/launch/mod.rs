//! Starts nmap, hands over its streams, and makes sure that it never outlives its owner.
//!
//! ```text
//!  Runner ── LaunchSpec ──► Launcher ──► Process { stdout, stderr, xml, exit, control }
//!                              │
//!            LocalNmap ── socket ──► warden ──► nmap, nmap, nmap ...
//!            Scripted  (tests: no process at all)
//! ```
//!
//! Ownership of a process is a descriptor, not a destructor: every nmap is a child of the
//! [`warden`], whose far end of a socket is held by this process alone. However this process ends,
//! the socket closes with it, and the warden ends every nmap.
//!
//! Invariants: a process whose [`Control`] is gone is killed; `exit` resolves only once the whole
//! process tree is gone, so that the streams end too; `exit` always resolves.

mod leftovers;
mod link;
mod local;
mod scripted;
pub mod warden;

pub use leftovers::{end_leftovers, leftovers_unseen};
pub use local::{LocalNmap, WardenProgram};
pub use scripted::{Script, Scripted, Step};
pub use warden::run_if_warden;

use futures_util::future::BoxFuture;
use netscan_schemas::{api::Sandbox, attempt::Ending};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::Duration;
use tokio::io::AsyncRead;

/// The environment variable that carries [`LaunchSpec::tag`]: the mark by which a later start
/// knows a process of ours.
pub const TAG_VARIABLE: &str = "NETSCAN_RUN";

/// What to start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaunchSpec {
    /// The program, as an absolute path.
    pub program: PathBuf,
    /// Its arguments, each of which stays one argument whatever it says.
    pub args: Vec<String>,
    /// What it reads on its standard input: the targets, a line each.
    pub stdin: String,
    /// The value of [`TAG_VARIABLE`] in its environment.
    pub tag: String,
    /// What the sandbox leaves it.
    pub needs: Needs,
}

/// What a process has to have in its sandbox, beyond what every nmap has there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Needs {
    /// Where it works, and may read; it need not be able to come there by itself. When left out,
    /// or gone, that is `/`, of which it may not read.
    pub directory: Option<PathBuf>,
    /// Other files and directories that it may read, with what the links in them lead to.
    pub reads: Vec<PathBuf>,
    /// Whether it opens raw sockets.
    pub raw: bool,
}

/// One output of a process.
pub type ByteStream = Box<dyn AsyncRead + Send + Unpin>;

/// A process that was started.
pub struct Process {
    /// Its number, where it is a process of this machine.
    pub pid: Option<u32>,
    /// When it started, in the kernel's clock ticks since boot: with the pid, one process for good.
    pub start_time: Option<u64>,
    /// Normal output.
    pub stdout: ByteStream,
    /// Warnings and errors.
    pub stderr: ByteStream,
    /// What it writes to descriptor 3: the XML document.
    pub xml: ByteStream,
    /// How it ended, once it and everything that it started are gone.
    pub exit: BoxFuture<'static, Exit>,
    /// The way to end it.
    pub control: Control,
}

/// The end of a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exit {
    /// How it ended.
    pub ending: Ending,
    /// Processor time that it took; zero where that is not known.
    pub cpu: Duration,
}

impl Exit {
    /// Returns an end of which no more is known.
    pub fn of(ending: Ending) -> Self {
        Self { ending, cpu: Duration::ZERO }
    }
}

impl fmt::Debug for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Process").field("pid", &self.pid).finish_non_exhaustive()
    }
}

/// What can be sent to a process and its group, mildest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signal {
    /// SIGTERM.
    Terminate,
    /// SIGKILL.
    Kill,
}

/// Ends a process, with everything in its group. Dropping it kills.
pub struct Control {
    send: Box<dyn Fn(Signal) + Send + Sync>,
}

impl Control {
    /// Makes a control out of what carries a signal to the process. `send` must not block.
    pub fn new(send: impl Fn(Signal) + Send + Sync + 'static) -> Self {
        Self { send: Box::new(send) }
    }

    /// Asks the process to end.
    pub fn terminate(&self) {
        (self.send)(Signal::Terminate);
    }

    /// Ends the process, whether it wants to or not.
    pub fn kill(&self) {
        (self.send)(Signal::Kill);
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        self.kill();
    }
}

impl fmt::Debug for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Control")
    }
}

/// Why a process was not started.
#[derive(Debug, thiserror::Error)]
pub enum LaunchError {
    /// The system did not start the program.
    #[error("cannot start `{}`", program.display())]
    Spawn {
        /// What was to be started.
        program: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The pipes between us and the process could not be made or passed on.
    #[error("cannot make the pipes of `{}`", program.display())]
    Pipes {
        /// What was to be started.
        program: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The arguments do not fit into one message to the warden.
    #[error("the arguments take {bytes} bytes, more than {max}")]
    TooLong {
        /// What they take.
        bytes: usize,
        /// What a message may take.
        max: usize,
    },
    /// The warden could not be started.
    #[error("cannot start the warden by `{}`", program.display())]
    Warden {
        /// The executable that was to become the warden.
        program: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The program is not allowed to run in the sandbox, and has never run in it. One that has is
    /// being replaced, perhaps, which is a [`Self::Spawn`].
    #[error(
        "cannot start `{}` in its sandbox: it has to be a program itself, not a script that starts \
         another, and one that every user may execute, with no file capabilities but the network's; \
         `--sandbox off` runs it all the same, with all that netscan may do", program.display()
    )]
    Confined {
        /// What was to be started.
        program: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A layer of the sandbox is missing, and nothing may run without it.
    #[error(
        "nmap is not run: its sandbox lacks {missing}; mend that, or give up what is missing with \
         `--sandbox best-effort`"
    )]
    Sandbox {
        /// What is missing, and why.
        missing: String,
    },
    /// A new warden has less of a sandbox than the first one, and is not used. The next launch
    /// starts another.
    #[error("nmap is not run: the sandbox of a new warden lacks {lost}, which there was before")]
    Weaker {
        /// What is missing, and why.
        lost: String,
    },
    /// The warden ended while it was asked. The next launch starts a new one.
    #[error("the warden ended before it answered")]
    WardenLost,
}

impl LaunchError {
    /// Returns whether the same launch cannot work before someone changes what is asked for.
    pub fn is_final(&self) -> bool {
        match self {
            Self::TooLong { .. } | Self::Confined { .. } | Self::Sandbox { .. } => true,
            Self::Spawn { .. }
            | Self::Pipes { .. }
            | Self::Warden { .. }
            | Self::Weaker { .. }
            | Self::WardenLost => false,
        }
    }

    /// Returns whether the same launch may well work a little later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Spawn { source, .. }
            | Self::Pipes { source, .. }
            | Self::Warden { source, .. } => is_shortage(source),
            Self::Weaker { .. } | Self::WardenLost => true,
            Self::TooLong { .. } | Self::Confined { .. } | Self::Sandbox { .. } => false,
        }
    }
}

/// Returns whether the system lacked something that other processes may give back.
fn is_shortage(error: &io::Error) -> bool {
    use rustix::io::Errno;
    // ETXTBSY: the program's file is being written, as by an upgrade of nmap.
    let shortages = [
        Errno::AGAIN,
        Errno::NOMEM,
        Errno::MFILE,
        Errno::NFILE,
        Errno::NOBUFS,
        Errno::TOOMANYREFS,
        Errno::TXTBSY,
    ];
    Errno::from_io_error(error).is_some_and(|errno| shortages.contains(&errno))
}

/// What starts processes: the seam under a runner.
pub trait Launcher: Send + Sync + 'static {
    /// Starts one process. Dropping the future before it is ready leaves no process behind.
    fn launch(&self, spec: LaunchSpec) -> BoxFuture<'_, Result<Process, LaunchError>>;

    /// Returns the sandbox that processes are put into; none where there are no processes.
    fn sandbox(&self) -> Sandbox {
        Sandbox::none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::io::Errno;

    #[test]
    fn shortages_pass_and_mistakes_stay() {
        let spawn = |errno: Errno| LaunchError::Spawn {
            program: "/usr/bin/nmap".into(),
            source: errno.into(),
        };
        for errno in [Errno::AGAIN, Errno::NOMEM, Errno::MFILE, Errno::NFILE, Errno::TXTBSY] {
            assert!(spawn(errno).is_transient(), "{errno:?}");
        }
        for errno in [Errno::NOENT, Errno::ACCESS, Errno::NOEXEC, Errno::TOOBIG, Errno::PERM] {
            assert!(!spawn(errno).is_transient(), "{errno:?}");
        }
        assert!(LaunchError::WardenLost.is_transient());
        assert!(LaunchError::Weaker { lost: "user".to_owned() }.is_transient());
        assert!(!LaunchError::TooLong { bytes: 2, max: 1 }.is_transient());
    }

    #[test]
    fn the_milder_signal_is_the_smaller_one() {
        assert!(Signal::Terminate < Signal::Kill);
    }
}
