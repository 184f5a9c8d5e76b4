//! The command that runs in the namespace, and how it ends.

use crate::failure::Failure;
use crate::sys;
use rustix::io::Errno;
use rustix::process::{
    Pid, Signal, WaitOptions, WaitStatus, getpid, kill_process, kill_process_group,
    set_child_subreaper, setpriority_process, wait,
};
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::process::CommandExt;
use std::process::Command;

/// What is passed on. SIGKILL cannot be; the kernel ends the command then.
const PASSED_ON: [i32; 6] =
    [libc::SIGINT, libc::SIGTERM, libc::SIGHUP, libc::SIGQUIT, libc::SIGUSR1, libc::SIGUSR2];

/// How much this process gives way to the command, once that runs.
const NICE: i32 = -15;

/// The size of what the kernel says about a signal; its number is in the first four bytes.
const SIGNAL_RECORD: usize = size_of::<libc::signalfd_siginfo>();

/// A running command.
pub(crate) struct Running {
    pid: Pid,
    signals: File,
}

impl Running {
    /// Starts it, in a process group of its own.
    pub(crate) fn start(line: &[OsString]) -> Result<Self, Failure> {
        let (program, args) = line
            .split_first()
            .ok_or_else(|| Failure::Usage("`-- COMMAND` is missing".to_owned()))?;
        let name = program.to_string_lossy();
        let tried = || format!("cannot start `{name}`");
        // Whatever loses its parent becomes a child of this process, which ends it.
        set_child_subreaper(Some(getpid())).map_err(|error| Failure::of(tried(), error))?;
        let caught = [&[libc::SIGCHLD], PASSED_ON.as_slice()].concat();
        let signals = sys::catch(&caught).map_err(|error| Failure::of(tried(), error))?;
        let mut command = Command::new(program);
        command.args(args).process_group(0);
        sys::tie(&mut command);
        let child = command.spawn().map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => Failure::NoCommand(name.clone().into_owned()),
            _ => Failure::of(tried(), error),
        })?;
        // A network does not wait for those who use it. Where that is refused, it is just slower.
        let _ = setpriority_process(None, NICE);
        Ok(Self { pid: Pid::from_child(&child), signals: signals.into() })
    }

    /// Returns what becomes readable when [`Self::heed`] has something to do.
    pub(crate) fn signals(&self) -> BorrowedFd<'_> {
        self.signals.as_fd()
    }

    /// Passes on the signals that came. Returns an exit code if the command has ended.
    pub(crate) fn heed(&mut self) -> io::Result<Option<u8>> {
        let mut record = [0; SIGNAL_RECORD];
        loop {
            match self.signals.read(&mut record) {
                Ok(_) => self.pass_on(&record),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        let mut code = None;
        while let Some((pid, status)) = reap()? {
            if pid == self.pid {
                code = Some(exit_code(status));
            }
        }
        Ok(code)
    }

    fn pass_on(&self, record: &[u8; SIGNAL_RECORD]) {
        let [a, b, c, d, ..] = *record;
        let number = i32::from_ne_bytes([a, b, c, d]);
        if number != libc::SIGCHLD
            && let Some(signal) = Signal::from_named_raw(number)
        {
            // It may have ended just now, which its own SIGCHLD will tell.
            let _ = kill_process_group(self.pid, signal);
        }
    }
}

impl Drop for Running {
    /// Ends all that is left of it.
    fn drop(&mut self) {
        let own = "/proc/thread-self/children";
        // The children of a child that has ended turn up among these, since this is their reaper.
        while let Ok(children) = std::fs::read_to_string(own) {
            let pids: Vec<_> = children.split_whitespace().filter_map(parse_pid).collect();
            for pid in &pids {
                let _ = kill_process(*pid, Signal::KILL);
            }
            if pids.is_empty() || wait(WaitOptions::empty()).is_err() {
                break;
            }
        }
    }
}

fn parse_pid(text: &str) -> Option<Pid> {
    Pid::from_raw(text.parse().ok()?)
}

/// Returns a child that has ended.
fn reap() -> io::Result<Option<(Pid, WaitStatus)>> {
    match wait(WaitOptions::NOHANG) {
        Ok(ended) => Ok(ended),
        Err(Errno::CHILD) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Returns the code as a shell would have it.
fn exit_code(status: WaitStatus) -> u8 {
    let code = match status.terminating_signal() {
        Some(signal) => 128 + signal,
        None => status.exit_status().unwrap_or_default(),
    };
    u8::try_from(code).unwrap_or(u8::MAX)
}
