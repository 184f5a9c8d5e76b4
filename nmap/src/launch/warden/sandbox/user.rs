//! Who nmap is: a user without rights, and the one capability that a scan may need.

use super::{super::super::is_shortage, attempt};
use rustix::{
    fs::{Gid, Uid, fchown},
    io::{Errno, retry_on_intr},
    pipe::{PipeFlags, pipe_with},
    process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid},
    thread::{
        CapabilitySet, CapabilitySets, capabilities, configure_capability_in_ambient_set,
        remove_capability_from_bounding_set, set_capabilities, set_keep_capabilities,
        set_thread_groups, set_thread_res_gid, set_thread_res_uid,
    },
};
use std::{fmt, fs, io, os::fd::AsFd};

/// The user that nmap runs as when netscan is root, where there is one.
const NAME: &str = "netscan-scan";
/// `nobody`, and its group: these numbers are the kernel's own for what has no owner.
const NOBODY: u32 = 65534;

/// What nmap's file may have been given. The kernel does not execute a file whose capabilities are
/// beyond the bound, though without new privileges it gives none of them.
const BOUND: CapabilitySet =
    CapabilitySet::NET_RAW.union(CapabilitySet::NET_ADMIN).union(CapabilitySet::NET_BIND_SERVICE);

/// A user without rights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct User {
    uid: Uid,
    gid: Gid,
}

impl fmt::Display for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "user {}, group {}", self.uid.as_raw(), self.gid.as_raw())
    }
}

impl User {
    /// Returns the user for nmap.
    pub(super) fn find() -> Self {
        let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
        let (uid, gid) = find_in(&users, NAME).unwrap_or((NOBODY, NOBODY));
        Self { uid: Uid::from_raw(uid), gid: Gid::from_raw(gid) }
    }

    /// Tries whether a child can become this user, and be ended then.
    pub(super) fn try_out(self) -> io::Result<()> {
        let (_reader, writer) = pipe_with(PipeFlags::CLOEXEC)?;
        let became = self.own(writer).and_then(|()| attempt(move || self.become_it()));
        let became = became.map_err(|error| {
            if is_shortage(&error) {
                return error;
            }
            let why = match Errno::from_io_error(&error) {
                Some(Errno::PERM) => "netscan is root without CAP_SETUID, CAP_SETGID or CAP_CHOWN",
                Some(Errno::INVAL) => "this user namespace has no such user",
                _ => "it does not work",
            };
            io::Error::new(error.kind(), format!("nmap cannot run as {self}: {why} ({error})"))
        });
        became?;
        self.try_to_end()
    }

    /// Tries whether what has become this user can be ended: without that nmap would outlive a
    /// stop, and the server.
    fn try_to_end(self) -> io::Result<()> {
        let child = self.fork()?;
        let id = WaitId::Pid(child);
        let look = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        retry_on_intr(|| waitid(id.clone(), look))?;
        // It is dead and not buried, so that it is still this user's, and signals do nothing to it.
        let signalled = kill_process(child, Signal::KILL);
        let status = retry_on_intr(|| waitid(id.clone(), WaitIdOptions::EXITED))?;
        if status.is_none_or(|status| status.exit_status() != Some(0)) {
            // Another child could become the user just now.
            return Err(Errno::AGAIN.into());
        }
        signalled.map_err(|errno| match errno {
            Errno::PERM => io::Error::other(format!(
                "nmap could not be ended as {self}: netscan is root without CAP_KILL, see \
                 CapabilityBoundingSet= of its service or --cap-add of its container"
            )),
            errno => errno.into(),
        })
    }

    /// Starts a child that becomes this user and ends. Its exit code is 0 if it could.
    fn fork(self) -> io::Result<Pid> {
        #[expect(unsafe_code, reason = "only a child that was not waited for can be tried")]
        // SAFETY: this process has a single thread, so that what fork has copied is whole. The
        // child makes system calls, and ends without running anything else of its parent's.
        let pid = unsafe {
            let pid = libc::fork();
            if pid == 0 {
                libc::_exit(i32::from(self.become_it().is_err()));
            }
            pid
        };
        if pid > 0 { Pid::from_raw(pid) } else { None }.ok_or_else(io::Error::last_os_error)
    }

    /// Gives a pipe to this user.
    pub(super) fn own(self, pipe: impl AsFd) -> io::Result<()> {
        Ok(fchown(pipe, Some(self.uid), Some(self.gid))?)
    }

    /// Makes this process, which has one thread, this user's. Its capabilities are kept but not in
    /// force.
    pub(super) fn become_it(self) -> io::Result<()> {
        set_keep_capabilities(true)?;
        set_thread_groups(&[])?;
        set_thread_res_gid(self.gid, self.gid, self.gid)?;
        set_thread_res_uid(self.uid, self.uid, self.uid)?;
        Ok(set_keep_capabilities(false)?)
    }
}

/// Returns the numbers of a user, unless it is root.
fn find_in(users: &str, name: &str) -> Option<(u32, u32)> {
    let fields = users.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let user = fields.into_iter().find(|fields| fields.first() == Some(&name))?;
    let numbers = (user.get(2)?.parse().ok()?, user.get(3)?.parse().ok()?);
    (numbers.0 != 0).then_some(numbers)
}

/// Returns whether this process may open raw sockets.
pub(super) fn holds_raw() -> bool {
    capabilities(None).is_ok_and(|held| held.permitted.contains(CapabilitySet::NET_RAW))
}

/// Lets nothing that this process ever starts get capabilities beyond the bound. Returns whether it may do that.
pub(super) fn bound_capabilities() -> bool {
    (0..u64::BITS)
        .map(|number| CapabilitySet::from_bits_retain(1 << number))
        .filter(|capability| !BOUND.contains(*capability))
        .all(|capability| match remove_capability_from_bounding_set(capability) {
            // Beyond the last one that this kernel knows.
            Ok(()) | Err(Errno::INVAL) => true,
            Err(_) => false,
        })
}

/// Gives up all capabilities, but for raw sockets where they are needed. The one is handed on to
/// what is executed next.
pub(super) fn keep_capabilities(raw: bool) -> io::Result<()> {
    let kept = if raw { CapabilitySet::NET_RAW } else { CapabilitySet::empty() };
    set_capabilities(None, CapabilitySets { effective: kept, permitted: kept, inheritable: kept })?;
    if raw {
        configure_capability_in_ambient_set(CapabilitySet::NET_RAW, true)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users() {
        let users = "root:x:0:0::/root:/bin/sh\nnetscan:x:7:7::/:/bin/sh\n\
            netscan-scan:x:998:997::/:/usr/sbin/nologin\nbad:x:one:2\nshort:x\n";
        assert_eq!(find_in(users, "netscan-scan"), Some((998, 997)));
        for none in ["root", "bad", "short", "nobody", ""] {
            assert_eq!(find_in(users, none), None, "{none}");
        }
    }
}
