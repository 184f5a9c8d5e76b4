//! The calls for which neither std nor rustix has a safe function.

use rustix::process::{Pid, Signal, getppid, set_parent_process_death_signal};
use rustix::thread::UnshareFlags;
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::Command;

/// Moves this process, which has one thread, into a network namespace of its own.
pub(crate) fn leave_the_network() -> io::Result<()> {
    #[expect(unsafe_code, reason = "rustix calls all kinds of unsharing unsafe")]
    // SAFETY: the table of descriptors stays shared, which is all that its safety is about.
    unsafe {
        rustix::thread::unshare_unsafe(UnshareFlags::NEWNET)?;
    }
    Ok(())
}

/// Makes a TUN device of this name, behind this file; it goes as the file is closed.
pub(crate) fn make_tun(file: &File, name: &str) -> io::Result<()> {
    #[expect(unsafe_code, reason = "std and rustix know nothing of TUN devices")]
    // SAFETY: all zeros is a value of this structure, and of its union only the flags are
    // touched. The kernel reads and writes no more than the structure, which outlives the call.
    let result = unsafe {
        let mut request: libc::ifreq = std::mem::zeroed();
        // The last byte stays zero.
        let places = request.ifr_name.iter_mut().take(libc::IFNAMSIZ - 1);
        for (place, byte) in places.zip(name.bytes()) {
            *place = byte.cast_signed();
        }
        request.ifr_ifru.ifru_flags = (libc::IFF_TUN | libc::IFF_NO_PI) as libc::c_short;
        libc::ioctl(file.as_raw_fd(), libc::TUNSETIFF, &raw mut request)
    };
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Holds these signals back from this process and returns where they can be read instead.
pub(crate) fn catch(signals: &[i32]) -> io::Result<OwnedFd> {
    #[expect(unsafe_code, reason = "std and rustix have no call for signal descriptors")]
    // SAFETY: the set lives on this stack, and the descriptor is new and nobody else's.
    unsafe {
        let mut set: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut set);
        for signal in signals {
            libc::sigaddset(&raw mut set, *signal);
        }
        if libc::sigprocmask(libc::SIG_BLOCK, &raw const set, std::ptr::null_mut()) < 0 {
            return Err(io::Error::last_os_error());
        }
        let fd = libc::signalfd(-1, &raw const set, libc::SFD_CLOEXEC | libc::SFD_NONBLOCK);
        if fd < 0 { Err(io::Error::last_os_error()) } else { Ok(OwnedFd::from_raw_fd(fd)) }
    }
}

/// Gives a command the signals that [`catch`] holds back, and lets it die with this process.
pub(crate) fn tie(command: &mut Command) {
    let own = Pid::from_raw(std::process::id().cast_signed());
    #[expect(unsafe_code, reason = "only this runs between fork and exec; it allocates nothing")]
    // SAFETY: the closure makes system calls on values that it owns. It neither allocates nor
    // locks, so the state that fork has copied from this single-threaded process does not matter.
    unsafe {
        command.pre_exec(move || {
            let mut none: libc::sigset_t = std::mem::zeroed();
            libc::sigemptyset(&raw mut none);
            libc::sigprocmask(libc::SIG_SETMASK, &raw const none, std::ptr::null_mut());
            set_parent_process_death_signal(Some(Signal::KILL))?;
            // This process may have died before the line above.
            if getppid() == own { Ok(()) } else { Err(rustix::io::Errno::SRCH.into()) }
        });
    }
}
