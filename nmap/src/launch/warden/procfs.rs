//! What `/proc` says about processes.

use rustix::event::Timespec;
use rustix::process::{Pid, Signal, kill_process};
use std::collections::HashSet;
use std::fs::{self, File};
use std::io::Read;
use std::time::Duration;

/// Bytes of `/proc/PID/stat`, whose fifty numbers have at most twenty digits.
const STAT_BYTES_MAX: usize = 1536;

/// The few fields of `/proc/PID/stat` that we use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stat {
    pub(super) parent: i32,
    pub(super) session: i32,
    /// In clock ticks since boot.
    pub(super) start_time: u64,
}

/// Returns the parent, session and start of a process.
pub(super) fn stat(pid: Pid) -> Option<Stat> {
    let mut text = [0; STAT_BYTES_MAX];
    // The kernel gives all of it at once.
    let bytes = File::open(format!("/proc/{pid}/stat")).ok()?.read(&mut text).ok()?;
    parse_stat(&String::from_utf8_lossy(text.get(..bytes)?))
}

fn parse_stat(text: &str) -> Option<Stat> {
    // The name stands in parentheses and may hold parentheses and spaces itself.
    let (_, fields) = text.rsplit_once(')')?;
    let field = |number: usize| fields.split_ascii_whitespace().nth(number - 3);
    Some(Stat {
        parent: field(4)?.parse().ok()?,
        session: field(6)?.parse().ok()?,
        start_time: field(22)?.parse().ok()?,
    })
}

/// Returns the children of this process, which must have one thread only.
pub(super) fn children() -> Vec<Pid> {
    match fs::read_to_string("/proc/thread-self/children") {
        Ok(list) => list.split_ascii_whitespace().filter_map(to_pid).collect(),
        // A kernel without CONFIG_PROC_CHILDREN: ask everyone for his parent.
        Err(_) => {
            let me = rustix::process::getpid().as_raw_pid();
            let is_mine = |pid: &Pid| stat(*pid).is_some_and(|stat| stat.parent == me);
            all().filter(is_mine).collect()
        }
    }
}

/// Returns a duration as the kernel takes it.
pub(in crate::launch) fn timespec(duration: Duration) -> Timespec {
    Timespec {
        tv_sec: i64::try_from(duration.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: duration.subsec_nanos().into(),
    }
}

/// Kills every process of these sessions: what a warden that was killed itself has left behind.
pub(in crate::launch) fn kill_sessions(sessions: &HashSet<i32>) {
    for pid in all() {
        if stat(pid).is_some_and(|stat| sessions.contains(&stat.session)) {
            // It may have ended by itself in the meantime.
            let _ = kill_process(pid, Signal::KILL);
        }
    }
}

/// Returns every process there is.
pub(in crate::launch) fn all() -> impl Iterator<Item = Pid> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| to_pid(entry.file_name().to_str()?))
}

fn to_pid(text: &str) -> Option<Pid> {
    Pid::from_raw(text.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_name_does_not_move_the_fields() {
        let plain = "12 (nmap) S 7 12 12 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 987654 1 2";
        let expected = Stat { parent: 7, session: 12, start_time: 987_654 };
        assert_eq!(parse_stat(plain), Some(expected));
        assert_eq!(parse_stat(&plain.replace("nmap", "a) R 1 1 (b")), Some(expected));
        for cut in ["", "12", "12 (nmap", "12 (nmap)", "12 (nmap) S 7 12 12 0 -1"] {
            assert_eq!(parse_stat(cut), None, "{cut:?}");
        }
    }

    #[test]
    fn this_process_is_found() {
        let me = rustix::process::getpid();
        let stat = stat(me).unwrap();
        assert_eq!(Some(stat.parent), rustix::process::getppid().map(Pid::as_raw_pid));
        assert!(stat.start_time > 0);
        assert!(all().any(|pid| pid == me));
    }

    /// Asked of a session that the test made: the session of the test itself may be led from
    /// outside the process namespace, as in many containers, and then has no number here.
    #[test]
    fn a_session_is_found_by_its_leader() {
        let mut leader =
            std::process::Command::new("setsid").args(["sleep", "60"]).spawn().unwrap();
        let pid = Pid::from_child(&leader);
        let began = std::time::Instant::now();
        while stat(pid).is_some_and(|stat| stat.session != pid.as_raw_pid()) {
            assert!(began.elapsed().as_secs() < 10, "`setsid` has not made a session");
            std::thread::yield_now();
        }
        kill_sessions(&HashSet::from([pid.as_raw_pid()]));
        let status = leader.wait().unwrap();
        assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(9));
    }
}
