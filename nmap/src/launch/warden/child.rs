//! Starts one process, cut off from everything that it is not meant to have.

use super::super::{Needs, TAG_VARIABLE};
use super::sandbox::Cell;
use rustix::process::{
    Pid, Resource, Rlimit, Signal, chdir, getppid, set_parent_process_death_signal, setrlimit,
    setsid,
};
use std::io;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Where a child finds programs. nmap itself looks for none.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The number under which a child finds its XML output.
pub(super) const XML_FD: RawFd = 3;

/// What every child is given alike.
#[derive(Clone, Copy, Debug)]
pub(super) struct Birthright {
    /// The warden, whose death is to be the child's.
    pub(super) warden: Pid,
    /// The limit on open files as it was before the warden raised its own.
    pub(super) open_files: Rlimit,
}

/// What to start.
pub(super) struct Start {
    pub(super) program: String,
    pub(super) args: Vec<String>,
    pub(super) tag: String,
    pub(super) needs: Needs,
    /// What it is put into.
    pub(super) cell: Cell,
    /// Its standard input, output, error, and the XML.
    pub(super) fds: [OwnedFd; 4],
}

/// Starts a program and returns once it runs. Its environment, directory, signals, session and
/// descriptors are new.
pub(super) fn spawn(start: Start, birthright: Birthright) -> io::Result<Pid> {
    let Start { program, args, tag, needs, cell, fds } = start;
    let [stdin, stdout, stderr, xml] = fds;
    cell.hand_over(&xml)?;
    let mut command = Command::new(program);
    command
        .args(args)
        .env_clear()
        .env("PATH", PATH)
        .env("LC_ALL", "C")
        .env(TAG_VARIABLE, tag)
        .stdin(Stdio::from(stdin))
        .stdout(Stdio::from(stdout))
        .stderr(Stdio::from(stderr));
    hold_back(&mut command, xml, needs.directory, cell, birthright);
    let child = command.spawn()?;
    // From here on the warden itself reaps it, by its number.
    i32::try_from(child.id()).ok().and_then(Pid::from_raw).ok_or(io::ErrorKind::InvalidData.into())
}

/// Lets [`harden`] and the sandbox work between fork and exec.
fn hold_back(
    command: &mut Command,
    xml: OwnedFd,
    directory: Option<PathBuf>,
    cell: Cell,
    birthright: Birthright,
) {
    #[expect(unsafe_code, reason = "only this lets code of ours run between fork and exec")]
    // SAFETY: this process has a single thread, so that fork leaves no lock held and no state half
    // changed in the child. The closure makes system calls on values that it owns.
    unsafe {
        command.pre_exec(move || {
            // Ignored and blocked signals would stay so across exec.
            for signal in IGNORED {
                libc::signal(signal, libc::SIG_DFL);
            }
            let mut none: libc::sigset_t = std::mem::zeroed();
            libc::sigemptyset(&raw mut none);
            libc::sigprocmask(libc::SIG_SETMASK, &raw const none, std::ptr::null_mut());
            setsid()?;
            if let Some(directory) = &directory {
                // A program whose directory is gone works in `/`, as others do.
                let _ = chdir(directory);
            }
            setrlimit(Resource::Nofile, birthright.open_files)?;
            cell.drop_privileges()?;
            harden(birthright)?;
            if libc::dup2(xml.as_raw_fd(), XML_FD) < 0
                || libc::close_range(
                    XML_FD.cast_unsigned() + 1,
                    libc::c_uint::MAX,
                    libc::CLOSE_RANGE_CLOEXEC.cast_signed(),
                ) < 0
            {
                return Err(io::Error::last_os_error());
            }
            cell.confine()
        });
    }
}

/// Binds the child, which is still this program, to the warden. Behind any change of ids, which
/// would clear the parent-death signal.
fn harden(birthright: Birthright) -> io::Result<()> {
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    set_parent_process_death_signal(Some(Signal::KILL))?;
    // The warden may have died before the line above.
    if getppid() == Some(birthright.warden) { Ok(()) } else { Err(rustix::io::Errno::SRCH.into()) }
}

/// What a terminal or a service manager sends to a whole group, and the word that nobody reads.
const IGNORED: [libc::c_int; 5] =
    [libc::SIGTERM, libc::SIGINT, libc::SIGHUP, libc::SIGQUIT, libc::SIGPIPE];

/// Ignores [`IGNORED`] and no other signal: the warden has to live until its children are gone.
/// A child gets the defaults back.
pub(super) fn ignore_signals() {
    // What was ignored before, by whoever started netscan, would be in every child. SIGKILL and
    // SIGSTOP refuse, as do the two that belong to the C library.
    for signal in 1..=libc::SIGRTMAX() {
        let action = if IGNORED.contains(&signal) { libc::SIG_IGN } else { libc::SIG_DFL };
        #[expect(unsafe_code, reason = "std and rustix have no call that ignores a signal")]
        // SAFETY: neither of the two installs a handler. What is undone is the handler by which
        // std tells of an overflow of the stack, which ends the process without it as well.
        unsafe {
            libc::signal(signal, action);
        }
    }
}
