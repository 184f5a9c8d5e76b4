//! The warden's loop.

use super::super::{Needs, Signal};
use super::child::{self, Birthright, Start, XML_FD};
use super::procfs::timespec;
use super::sandbox::Sandbox;
use super::strays;
use super::wire::{self, MESSAGE_BYTES_MAX, Order, PASSED_FDS, Received, Report, Token};
use super::{GRACE, procfs};
use netscan_schemas::{api::SandboxMode, attempt::Ending};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::process::{
    self, Pid, PidfdFlags, Resource, Rlimit, WaitId, WaitIdOptions, getrlimit, kill_process_group,
    pidfd_open, setrlimit, waitid,
};
use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

/// How long an ended process waits for its killed strays before its end is told all the same.
const STRAYS_WAIT: Duration = Duration::from_millis(200);

/// How long the last processes have to die after SIGKILL before the warden leaves them to init.
const DEATH_WAIT: Duration = Duration::from_millis(300);

/// Nothing outlives the server by more than a second.
const _: () = assert!(GRACE.as_millis() + DEATH_WAIT.as_millis() + STRAYS_WAIT.as_millis() <= 1000);

/// How soon strays that would not die are looked at again.
const STRAYS_AGAIN: Duration = Duration::from_millis(250);

/// Runs until the server is gone, and everything with it.
pub(super) fn run(mode: SandboxMode) -> io::Result<()> {
    let mut warden = Warden::start(mode)?;
    let ready = Report::Ready { sandbox: warden.sandbox.view() };
    wire::send(warden.socket.as_fd(), &wire::encode(&ready)?, &[])?;
    let served = warden.serve();
    warden.end_everything();
    served
}

struct Warden {
    socket: OwnedFd,
    children: BTreeMap<Token, Child>,
    birthright: Birthright,
    sandbox: Sandbox,
    buffer: Vec<u8>,
    has_strays: bool,
    /// Keeps the low descriptor numbers taken, see [`take_low_numbers`].
    _low_numbers: Vec<File>,
}

/// A process that has not been reaped, so that its number and its group's are its own.
struct Child {
    pid: Pid,
    pidfd: OwnedFd,
}

impl Warden {
    fn start(mode: SandboxMode) -> io::Result<Self> {
        child::ignore_signals();
        // Fails only for the leader of a group, who would be rid of the terminal already.
        let _ = process::setsid();
        let low_numbers = take_low_numbers()?;
        let socket = rustix::io::fcntl_dupfd_cloexec(io::stdin(), XML_FD + 1)?;
        rustix::stdio::dup2_stdin(File::open("/dev/null")?)?;
        let warden = process::getpid();
        process::set_child_subreaper(Some(warden))?;
        process::umask(rustix::fs::Mode::from_raw_mode(0o077));
        process::chdir("/")?;
        // Only a name in lists of processes.
        let _ = rustix::thread::set_name(c"netscan-warden");
        let birthright = Birthright { warden, open_files: raise_open_files() };
        let sandbox = Sandbox::prepare(mode).inspect_err(|error| {
            let errno = Errno::from_io_error(error).unwrap_or(Errno::AGAIN).raw_os_error();
            let report = wire::encode(&Report::Unready { errno });
            // Without it the server sees that there is no warden, but not why.
            let _ = report.and_then(|report| wire::send(socket.as_fd(), &report, &[]));
        })?;
        Ok(Self {
            socket,
            children: BTreeMap::new(),
            birthright,
            sandbox,
            buffer: vec![0; MESSAGE_BYTES_MAX],
            has_strays: false,
            _low_numbers: low_numbers,
        })
    }

    /// Returns when the server is gone.
    fn serve(&mut self) -> io::Result<()> {
        loop {
            let timeout = self.has_strays.then_some(STRAYS_AGAIN);
            let ready = self.wait(true, timeout)?;
            for token in ready.ended {
                self.collect(token)?;
            }
            if self.has_strays {
                self.has_strays = !self.end_strays(Instant::now());
            }
            if ready.socket && !self.obey()? {
                return Ok(());
            }
        }
    }

    /// Waits for the socket and for the end of any child.
    fn wait(&self, with_socket: bool, timeout: Option<Duration>) -> io::Result<Ready> {
        let (tokens, pidfds): (Vec<Token>, Vec<_>) = self
            .children
            .iter()
            .map(|(token, child)| (*token, PollFd::new(&child.pidfd, PollFlags::IN)))
            .unzip();
        let mut fds = pidfds;
        if with_socket {
            fds.push(PollFd::new(&self.socket, PollFlags::IN));
        }
        match poll(&mut fds, timeout.map(timespec).as_ref()) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(errno) => return Err(errno.into()),
        }
        let is_ready = |fd: &PollFd<'_>| !fd.revents().is_empty();
        Ok(Ready {
            ended: tokens
                .iter()
                .zip(&fds)
                .filter(|(_, fd)| is_ready(fd))
                .map(|(t, _)| *t)
                .collect(),
            socket: with_socket && fds.last().is_some_and(is_ready),
        })
    }

    /// Carries out all orders that have arrived. Returns whether the server is still there.
    fn obey(&mut self) -> io::Result<bool> {
        loop {
            match wire::receive(&self.socket, &mut self.buffer) {
                Ok(Received::Message(Order::Spawn { token, program, args, tag, needs }, fds)) => {
                    let started = self.spawn((program, args, tag, needs), fds);
                    let report = self.enter(token, started);
                    self.report(&report)?;
                }
                Ok(Received::Message(Order::Signal { token, signal }, _)) => {
                    // A process that has just ended is unknown here, and needs no signal.
                    if let Some(child) = self.children.get(&token) {
                        send_signal(child.pid, signal);
                    }
                }
                Ok(Received::Closed) => return Ok(false),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(true),
                Err(error) => return Err(error),
            }
        }
    }

    fn spawn(
        &mut self,
        (program, args, tag, needs): (String, Vec<String>, String, Needs),
        fds: Vec<OwnedFd>,
    ) -> io::Result<Child> {
        // The kernel drops what would not fit into our table.
        let fds = <[OwnedFd; PASSED_FDS]>::try_from(fds).map_err(|_| Errno::MFILE)?;
        let cell = self.sandbox.cell(&program, &needs)?;
        hold(child::spawn(Start { program, args, tag, needs, cell, fds }, self.birthright)?)
    }

    /// Notes a process that was started, or returns why it was not.
    fn enter(&mut self, token: Token, started: io::Result<Child>) -> Report {
        match started {
            Ok(child) => {
                let pid = child.pid;
                self.children.insert(token, child);
                let start_time = procfs::stat(pid).map(|stat| stat.start_time);
                Report::Spawned { token, pid: pid.as_raw_pid().cast_unsigned(), start_time }
            }
            Err(error) => {
                // An argument with a NUL in it has no number of its own.
                let errno = Errno::from_io_error(&error).unwrap_or(Errno::INVAL);
                Report::Failed { token, errno: errno.raw_os_error() }
            }
        }
    }

    /// Ends the stragglers of a process that ended, reaps it and tells.
    fn collect(&mut self, token: Token) -> io::Result<()> {
        let Some(child) = self.children.remove(&token) else { return Ok(()) };
        let (ending, cpu) = reap(&child);
        drop(child); // nothing of it is left when its end is told
        if !self.end_strays(Instant::now() + STRAYS_WAIT) {
            self.has_strays = true;
        }
        let cpu_ms = u64::try_from(cpu.as_millis()).unwrap_or(u64::MAX);
        self.report(&Report::Exited { token, ending, cpu_ms })
    }

    fn end_strays(&self, deadline: Instant) -> bool {
        strays::end(|pid| self.children.values().any(|child| child.pid == pid), deadline)
    }

    fn report(&self, report: &Report) -> io::Result<()> {
        match wire::send(self.socket.as_fd(), &wire::encode(report)?, &[]) {
            // The server is gone, which the next reading says as well.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            sent => sent,
        }
    }

    /// Asks every process to end, waits a little, and insists.
    fn end_everything(&mut self) {
        for (signal, patience) in [(Signal::Terminate, GRACE), (Signal::Kill, DEATH_WAIT)] {
            for child in self.children.values() {
                send_signal(child.pid, signal);
            }
            self.reap_until(Instant::now() + patience);
        }
        self.end_strays(Instant::now() + STRAYS_WAIT);
    }

    fn reap_until(&mut self, deadline: Instant) {
        while !self.children.is_empty() {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(ready) = self.wait(false, Some(left)) else { return };
            for token in ready.ended {
                if let Some(child) = self.children.remove(&token) {
                    reap(&child);
                }
            }
            if left.is_zero() {
                return;
            }
        }
    }
}

struct Ready {
    ended: Vec<Token>,
    socket: bool,
}

/// Takes a process that has just been started into custody.
fn hold(pid: Pid) -> io::Result<Child> {
    match pidfd_open(pid, PidfdFlags::empty()) {
        Ok(pidfd) => Ok(Child { pid, pidfd }),
        Err(errno) => {
            // It cannot be watched, so it may not run.
            send_signal(pid, Signal::Kill);
            let _ = waitid(WaitId::Pid(pid), WaitIdOptions::EXITED);
            Err(errno.into())
        }
    }
}

/// Kills the group of a process that has ended, while its body still holds the group's number,
/// and buries it. Returns the processor time that it took as well.
fn reap(child: &Child) -> (Ending, Duration) {
    send_signal(child.pid, Signal::Kill);
    let buried = rustix::io::retry_on_intr(|| bury(child.pid));
    let Ok((status, cpu)) = buried else { return (Ending::Lost, Duration::ZERO) };
    let ending = match (status.code(), status.signal()) {
        (Some(code), _) => Ending::Exited { code },
        (None, Some(signal)) => Ending::Signalled { signal },
        (None, None) => Ending::Lost,
    };
    (ending, cpu)
}

/// Waits for a child. It tells the processor time of the child, and of what that has waited for
/// itself, without a look into `/proc`.
fn bury(pid: Pid) -> Result<(ExitStatus, Duration), Errno> {
    let mut status = 0;
    #[expect(unsafe_code, reason = "std and rustix have no wait that tells the processor time")]
    // SAFETY: both are ours to be written; the second holds plain numbers.
    let (waited, usage) = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        (libc::wait4(pid.as_raw_pid(), &raw mut status, 0, &raw mut usage), usage)
    };
    if waited < 0 {
        let error = io::Error::last_os_error();
        return Err(Errno::from_io_error(&error).unwrap_or(Errno::CHILD));
    }
    let time = |spent: libc::timeval| {
        let (seconds, micros) = (u64::try_from(spent.tv_sec), u64::try_from(spent.tv_usec));
        Duration::from_secs(seconds.unwrap_or(0)) + Duration::from_micros(micros.unwrap_or(0))
    };
    Ok((ExitStatus::from_raw(status), time(usage.ru_utime) + time(usage.ru_stime)))
}

fn send_signal(group: Pid, signal: Signal) {
    let signal = match signal {
        Signal::Terminate => process::Signal::TERM,
        Signal::Kill => process::Signal::KILL,
    };
    // It fails when the whole group is gone, which is as good.
    let _ = kill_process_group(group, signal);
}

/// Takes every free descriptor number up to the child's XML, so that no other descriptor of ours
/// gets a number that a child's dup2 would overwrite, least of all the pipe by which `Command`
/// learns that exec failed.
fn take_low_numbers() -> io::Result<Vec<File>> {
    let mut taken = Vec::new();
    loop {
        let file = File::open("/dev/null")?;
        if file.as_raw_fd() > XML_FD {
            return Ok(taken);
        }
        taken.push(file);
    }
}

/// Allows the warden as many files as it may have, since each child takes one here. Returns the
/// limit as it was.
fn raise_open_files() -> Rlimit {
    let before = getrlimit(Resource::Nofile);
    // If it fails, launches beyond the limit fail with EMFILE, which says it all.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: before.maximum, ..before });
    before
}
