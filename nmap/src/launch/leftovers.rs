//! Processes that an earlier server on the same data has left behind.
//!
//! There are none as long as a warden could do its duty: this is for a warden that was killed with
//! its server, or stopped. A process is known by the tag in its environment, which it and whatever
//! it starts have had from the first moment, and held by a pidfd before it is looked at, so that
//! its number cannot come to mean another process in between.

use super::{TAG_VARIABLE, warden::procfs};
use rustix::{
    event::{PollFd, PollFlags, poll},
    process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal},
    thread::CapabilitySet,
};
use std::{
    fs, io,
    os::fd::OwnedFd,
    time::{Duration, Instant},
};

/// How long killed processes may take to be gone.
const DEATH_WAIT: Duration = Duration::from_secs(2);
/// How long one wait for a death takes at most, before all are looked at again.
const ONE_WAIT: Duration = Duration::from_millis(20);

/// Ends every process whose tag begins with `prefix`, and returns how many there were once all are
/// gone. Blocks, for 2 s at most.
///
/// # Errors
/// When some are not gone by then: they are in a call that cannot be interrupted.
pub fn end_leftovers(prefix: &str) -> io::Result<usize> {
    let deadline = Instant::now() + DEATH_WAIT;
    let mut ended = std::collections::HashSet::new();
    loop {
        let found: Vec<(Pid, OwnedFd)> = tagged(prefix).collect();
        let Some((first, pidfd)) = found.first() else { return Ok(ended.len()) };
        if Instant::now() >= deadline {
            let what = format!("process {first} of an earlier start cannot be ended");
            return Err(io::Error::new(io::ErrorKind::TimedOut, what));
        }
        for (pid, pidfd) in &found {
            ended.insert(*pid);
            // It may have ended by itself in the meantime.
            let _ = pidfd_send_signal(pidfd, Signal::KILL);
        }
        let wait = deadline.saturating_duration_since(Instant::now()).min(ONE_WAIT);
        // A failed or early return only means that we look again.
        let _ = poll(&mut [PollFd::new(pidfd, PollFlags::IN)], Some(&procfs::timespec(wait)));
    }
}

/// Returns why [`end_leftovers`] would not find what another user's nmap has left, if it would not:
/// started by root, nmap is another user, and only CAP_SYS_PTRACE lets root read its environment.
pub fn leftovers_unseen() -> Option<&'static str> {
    let held = rustix::thread::capabilities(None).map(|held| held.effective);
    unseen(rustix::process::geteuid().is_root(), held.unwrap_or(CapabilitySet::empty()))
}

fn unseen(is_root: bool, held: CapabilitySet) -> Option<&'static str> {
    (is_root && !held.contains(CapabilitySet::SYS_PTRACE)).then_some(
        "netscan is root without CAP_SYS_PTRACE: should the server and its warden be killed at \
         once, a start cannot find an nmap of before that runs as another user",
    )
}

/// Returns the living processes whose tag begins so. Of processes of other users nothing is known:
/// as root nmap runs as another one, so that root needs CAP_SYS_PTRACE to find it, which it has
/// outside of containers.
fn tagged(prefix: &str) -> impl Iterator<Item = (Pid, OwnedFd)> {
    let wanted = format!("{TAG_VARIABLE}={prefix}");
    procfs::all().filter_map(move |pid| {
        let pidfd = pidfd_open(pid, PidfdFlags::empty()).ok()?;
        // A zombie has no environment any more.
        let environ = fs::read(format!("/proc/{pid}/environ")).ok()?;
        let is_ours =
            environ.split(|byte| *byte == 0).any(|entry| entry.starts_with(wanted.as_bytes()));
        is_ours.then_some((pid, pidfd))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        os::unix::process::ExitStatusExt,
        process::{Child, Command},
    };

    #[test]
    fn root_without_the_right_to_look_is_told() {
        let (all, none) = (CapabilitySet::SYS_PTRACE, CapabilitySet::KILL);
        assert!(unseen(true, none).is_some_and(|why| why.contains("CAP_SYS_PTRACE")));
        assert_eq!(unseen(true, all), None);
        // An ordinary user's nmap is that user's.
        assert_eq!(unseen(false, CapabilitySet::empty()), None);
    }

    fn sleeper(tag: &str) -> Child {
        Command::new("sleep").arg("60").env(TAG_VARIABLE, tag).spawn().unwrap()
    }

    #[test]
    fn only_processes_with_the_tag_are_ended() {
        let own = format!("leftovers-test-{}", std::process::id());
        let (mut ours, mut others) =
            (sleeper(&format!("{own}:1:1")), sleeper("leftovers-other:1:1"));
        // A process has its environment once it is what it was started to be.
        while fs::read(format!("/proc/{}/cmdline", ours.id())).unwrap() != b"sleep\x0060\x00" {
            std::thread::yield_now();
        }
        // The dead are only gone once their parent, this test, has seen them.
        let ending = std::thread::spawn(move || ours.wait().unwrap());
        assert_eq!(end_leftovers(&format!("{own}:")).unwrap(), 1);
        assert_eq!(ending.join().unwrap().signal(), Some(9));
        assert_eq!(end_leftovers(&format!("{own}:")).unwrap(), 0);
        assert_eq!(others.try_wait().unwrap(), None);
        others.kill().unwrap();
        others.wait().unwrap();
    }
}
