//! What a script makes the stand-in do.

use crate::report::{self, Report};
use crate::script::Action;
use rustix::process::{self, Pid, Signal};
use std::io;
use std::net::IpAddr;
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

/// Takes one action. Returns an exit code if that was the last one.
pub(crate) fn take(
    action: &Action,
    report: &mut Report<'_>,
    rest: &mut std::slice::Iter<'_, IpAddr>,
    inherited: &[String],
) -> io::Result<Option<u8>> {
    match action {
        Action::Hosts(count) => {
            let (now, later) = rest.as_slice().split_at((*count).min(rest.len()));
            report.hosts(now)?;
            *rest = later.iter();
        }
        Action::Line(text) => report.line(text)?,
        Action::Lines { count, text } => {
            for number in 1..=*count {
                report.line(&format!("{text} {number}"))?;
            }
        }
        Action::Stderr(text) => report::complain(text),
        Action::Flood(bytes) => flood(*bytes, report)?,
        Action::Repeat { byte, count } => report.repeat(*byte, *count)?,
        Action::Progress(percent) => report.progress(percent)?,
        Action::Delay(duration) => sleep_visibly(*duration, report)?,
        Action::Hang => loop {
            sleep_visibly(Duration::from_secs(3600), report)?;
        },
        Action::IgnoreTerm => dispose(libc::SIGTERM, libc::SIG_IGN),
        Action::Signal(number) => {
            report.flush()?;
            raise(*number)?;
        }
        Action::Die(code) => {
            report.flush()?;
            return Ok(Some(*code));
        }
        Action::Fail(message) => {
            report.fail(message)?;
            return Ok(Some(1));
        }
        Action::Fork => leave_behind("__stay", report)?,
        Action::ForkEscape => leave_behind("__leave", report)?,
        Action::Show(what) => show(what, report, inherited)?,
    }
    Ok(None)
}

/// Sleeps, with everything written before that is to be seen before.
fn sleep_visibly(duration: Duration, report: &mut Report<'_>) -> io::Result<()> {
    report.flush()?;
    sleep(duration);
    Ok(())
}

fn flood(bytes: u64, report: &mut Report<'_>) -> io::Result<()> {
    let line = "x".repeat(63);
    let mut left = bytes;
    while left > 0 {
        let length = left.min(64);
        report.line(line.get(..usize::try_from(length - 1).unwrap_or(0)).unwrap_or_default())?;
        left -= length;
    }
    Ok(())
}

fn raise(number: i32) -> io::Result<()> {
    // The runtime of Rust takes SIGSEGV and SIGPIPE for itself.
    dispose(number, libc::SIG_DFL);
    let signal = Signal::from_named_raw(number).ok_or(io::ErrorKind::InvalidInput)?;
    process::kill_process(process::getpid(), signal)?;
    Ok(())
}

fn dispose(signal: i32, disposition: libc::sighandler_t) {
    #[expect(unsafe_code, reason = "std and rustix have no call for it")]
    // SAFETY: callers ignore a signal or take its default, and so install no handler.
    unsafe {
        libc::signal(signal, disposition);
    }
}

/// Starts this program again, to stay when this process is gone, and says its number.
fn leave_behind(stage: &str, report: &mut Report<'_>) -> io::Result<()> {
    report.flush()?;
    let mut child = Command::new("/proc/self/exe").arg(stage).spawn()?;
    if stage == "__stay" {
        report.line(&format!("left {}", child.id()))?;
    } else {
        // It has left once its own child is on its way.
        child.wait()?;
    }
    report.flush()
}

/// Is what [`leave_behind`] starts.
pub(crate) fn stage(stage: &str) -> io::Result<u8> {
    if stage == "__leave" {
        process::setsid()?;
        let child = Command::new("/proc/self/exe").arg("__stay").spawn()?;
        report::print(&format!("left {}\n", child.id()))?;
        return Ok(0);
    }
    sleep(Duration::from_secs(3600));
    Ok(0)
}

/// Returns the open descriptors and what is behind them.
pub(crate) fn inherited_fds() -> io::Result<Vec<String>> {
    let mut fds = Vec::new();
    for entry in std::fs::read_dir("/proc/self/fd")? {
        let entry = entry?;
        let behind = std::fs::read_link(entry.path())?;
        // The listing itself is open as well.
        if !(behind.starts_with("/proc/") && behind.ends_with("fd")) {
            fds.push(format!("fd {} {}", entry.file_name().display(), behind.display()));
        }
    }
    fds.sort();
    Ok(fds)
}

fn show(what: &str, report: &mut Report<'_>, inherited: &[String]) -> io::Result<()> {
    let lines = match what {
        "fds" => inherited.to_vec(),
        "env" => std::env::vars().map(|(name, value)| format!("env {name}={value}")).collect(),
        "session" => {
            let [parent, group, session] = [
                process::getppid().map_or(0, Pid::as_raw_pid),
                process::getpgrp().as_raw_pid(),
                process::getsid(None)?.as_raw_pid(),
            ];
            let cwd = std::env::current_dir()?;
            vec![
                format!("pid {}", std::process::id()),
                format!("parent {parent}"),
                format!("group {group}"),
                format!("session {session}"),
                format!("directory {}", cwd.display()),
            ]
        }
        path => std::fs::read_to_string(path)?.lines().map(str::to_owned).collect(),
    };
    for line in lines {
        report.line(&line)?;
    }
    report.flush()
}
