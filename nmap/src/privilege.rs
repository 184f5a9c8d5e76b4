//! Whether nmap may open raw sockets when we start it, and how to mend it when it may not.
//!
//! nmap never looks at capabilities: it believes `--privileged`. So the answer is found here. As
//! nmap is a new program, it holds what we hold only when we are root or the capability is ambient.

use rustix::{
    io::Errno,
    net::{AddressFamily, SocketType, ipproto, socket},
};
use std::fs;

const CAP_NET_RAW: u32 = 13;

const REMEDY: &str = "run netscan as root, or give its service \
    `AmbientCapabilities=CAP_NET_RAW` (systemd)";

/// What nmap may do when we start it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Privileges {
    /// Whether it may open raw sockets: SYN scans, UDP scans, OS detection.
    pub raw: bool,
    /// Whether we are root.
    pub root: bool,
    /// How that was found, and how to mend it when something is missing.
    pub explanation: String,
}

impl Privileges {
    /// Finds out what nmap may do. A raw socket is opened and closed; nothing is sent.
    pub fn detect() -> Self {
        let root = rustix::process::geteuid().is_root();
        let status = fs::read_to_string("/proc/self/status").ok();
        let held = status.as_deref().and_then(Held::read);
        Self::decide(root, held, open_raw_socket)
    }

    /// Returns privileges with or without raw sockets, as a test has need of.
    pub fn with_raw(raw: bool) -> Self {
        let explanation =
            if raw { "raw sockets are allowed".to_owned() } else { REMEDY.to_owned() };
        Self { raw, root: raw, explanation }
    }

    fn decide(root: bool, held: Option<Held>, open: impl FnOnce() -> Result<(), Errno>) -> Self {
        let answer = |raw, explanation| Self { raw, root, explanation };
        // Without /proc there is only the user to go by.
        let inherits = held.map_or(root, |held| held.ambient || (root && held.effective));
        if !inherits {
            let why = match held {
                Some(held) if held.effective => {
                    "netscan holds CAP_NET_RAW, but nmap would not inherit it: it is not ambient"
                }
                _ if root => "netscan runs as root, but CAP_NET_RAW was taken from it",
                _ => "netscan is not root and does not hold CAP_NET_RAW",
            };
            return answer(false, format!("{why}: {REMEDY}"));
        }
        let whence = if root { "netscan runs as root" } else { "CAP_NET_RAW is ambient" };
        match open() {
            Ok(()) => answer(true, format!("{whence}, and raw sockets open")),
            // Root in a user namespace holds the capability, but not for this network.
            Err(errno) => answer(
                false,
                format!("{whence}, but a raw socket does not open ({errno}): {REMEDY}"),
            ),
        }
    }
}

/// Whether CAP_NET_RAW is in our capability sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Held {
    effective: bool,
    ambient: bool,
}

impl Held {
    /// Reads `/proc/PID/status`.
    fn read(status: &str) -> Option<Self> {
        let set = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            let bits = u64::from_str_radix(line.trim(), 16).ok()?;
            Some(bits & (1 << CAP_NET_RAW) != 0)
        };
        Some(Self { effective: set("CapEff:")?, ambient: set("CapAmb:")? })
    }
}

fn open_raw_socket() -> Result<(), Errno> {
    socket(AddressFamily::INET, SocketType::RAW, Some(ipproto::ICMP)).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(effective: &str, ambient: &str) -> String {
        format!(
            "Name:\tx\nUid:\t0\t0\t0\t0\nCapEff:\t{effective}\nCapBnd:\t0\nCapAmb:\t{ambient}\n"
        )
    }

    #[test]
    fn capability_sets() {
        const NONE: &str = "0000000000000000";
        const RAW: &str = "0000000000002000";
        const ALL: &str = "000001ffffffffff";
        const ALL_BUT_RAW: &str = "000001ffffffdfff";
        for (root, effective, ambient, opens, raw, says) in [
            (true, ALL, NONE, true, true, "runs as root, and raw sockets open"),
            (true, ALL, NONE, false, false, "does not open"),
            (true, ALL_BUT_RAW, NONE, true, false, "was taken from it"),
            (false, RAW, RAW, true, true, "is ambient, and raw sockets open"),
            (false, RAW, NONE, true, false, "would not inherit it"),
            (false, NONE, NONE, true, false, "is not root"),
        ] {
            let held = Held::read(&status(effective, ambient));
            assert!(held.is_some());
            let open = || if opens { Ok(()) } else { Err(Errno::PERM) };
            let found = Privileges::decide(root, held, open);
            assert_eq!(found.raw, raw, "{found:?}");
            assert_eq!(found.root, root);
            assert!(found.explanation.contains(says), "{found:?}");
            assert_eq!(found.explanation.contains("AmbientCapabilities"), !raw, "{found:?}");
        }
    }

    #[test]
    fn a_status_without_capabilities_is_not_guessed_at() {
        assert_eq!(Held::read("Name:\tx\n"), None);
        assert_eq!(Held::read(&status("zz", "0")), None);
        assert!(Privileges::decide(true, None, || Ok(())).raw);
        assert!(!Privileges::decide(false, None, || Ok(())).raw);
    }

    #[test]
    fn what_is_found_here_agrees_with_itself() {
        let found = Privileges::detect();
        assert_eq!(found.raw, found.explanation.ends_with("raw sockets open"), "{found:?}");
    }
}
