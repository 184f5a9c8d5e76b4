//! Strays: processes that nmap started and left behind, which come to the warden as children.

use super::procfs::{self, timespec};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, PidfdFlags, Signal, WaitOptions, kill_process, pidfd_open, waitpid};
use std::time::{Duration, Instant};

/// How long one wait for the death of one killed process takes at most, before all are looked at
/// again.
const ONE_WAIT: Duration = Duration::from_millis(20);

/// Kills and reaps every child that is not `known`, and what those leave behind in turn. Returns
/// whether all were gone by the deadline; a process in an uninterruptible call may not be.
pub(super) fn end(known: impl Fn(Pid) -> bool, deadline: Instant) -> bool {
    loop {
        let mut living = None;
        let mut found = false;
        for pid in procfs::children().into_iter().filter(|pid| !known(*pid)) {
            found = true;
            // Nobody but us reaps it, so the number is still its own.
            let _ = kill_process(pid, Signal::KILL);
            if let Ok(None) = waitpid(Some(pid), WaitOptions::NOHANG) {
                living = Some(pid);
            }
        }
        match living {
            // The dead may have left children of their own to us: look again.
            None if found => {}
            None => return true,
            Some(_) if Instant::now() >= deadline => return false,
            Some(pid) => wait_for_death(pid, deadline),
        }
    }
}

fn wait_for_death(pid: Pid, deadline: Instant) {
    let Ok(pidfd) = pidfd_open(pid, PidfdFlags::empty()) else { return };
    let wait = deadline.saturating_duration_since(Instant::now()).min(ONE_WAIT);
    // A failed or early return only means that we look again.
    let _ = poll(&mut [PollFd::new(&pidfd, PollFlags::IN)], Some(&timespec(wait)));
}
