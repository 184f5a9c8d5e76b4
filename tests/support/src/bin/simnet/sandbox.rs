//! The network namespace: what is in it, and what it takes to make one.

use crate::addresses::{BLOCKS, OWN};
use crate::failure::Failure;
use crate::sys;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::process::{Command, Stdio};

/// The device behind which everything is simulated.
pub(crate) const DEVICE: &str = "sim0";

/// How many packets the kernel holds for this program before it drops some.
const QUEUE: usize = 10_000;

/// Moves this process into a network namespace of its own and returns the device in it, which
/// never blocks.
pub(crate) fn enter(needs_ipv6: bool) -> Result<File, Failure> {
    sys::leave_the_network().map_err(|error| {
        lacking(error, "making a network namespace", "root, that is CAP_SYS_ADMIN")
    })?;
    let mut options = OpenOptions::new();
    options.read(true).write(true).custom_flags(libc::O_NONBLOCK | libc::O_CLOEXEC);
    let tun = options.open("/dev/net/tun").map_err(|error| {
        lacking(error, "opening /dev/net/tun", "a kernel with TUN devices and access to it")
    })?;
    sys::make_tun(&tun, DEVICE)
        .map_err(|error| lacking(error, "making a TUN device", "root, that is CAP_NET_ADMIN"))?;
    let [(own_v4, block_v4), (own_v6, block_v6)] = [0, 1].map(|index| (OWN[index], BLOCKS[index]));
    // No prefix, so that no address of the block is taken for a broadcast address.
    ip(&format!(
        "link set lo up\n\
         link set {DEVICE} txqueuelen {QUEUE} up\n\
         address add {own_v4}/32 dev {DEVICE}\n\
         route add {block_v4} dev {DEVICE} src {own_v4}\n"
    ))?;
    let with_ipv6 = ip(&format!(
        "address add {own_v6}/128 dev {DEVICE} nodad\n\
         route add {block_v6} dev {DEVICE}\n"
    ));
    match with_ipv6 {
        Err(_) if !needs_ipv6 => Ok(tun),
        Err(failure) => Err(failure),
        Ok(()) => Ok(tun),
    }
}

fn lacking(error: io::Error, tried: &str, needs: &str) -> Failure {
    match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::NotFound => {
            Failure::Missing(format!("{tried} needs {needs} ({error})"))
        }
        _ => Failure::of(tried, error),
    }
}

/// Runs commands of `ip`, a line each.
fn ip(lines: &str) -> Result<(), Failure> {
    let tried = "setting up the network namespace by `ip -batch -`";
    let mut command = Command::new("ip");
    command.args(["-batch", "-"]).stdin(Stdio::piped()).stdout(Stdio::null());
    let mut child = match command.stderr(Stdio::piped()).spawn() {
        Ok(child) => child,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(Failure::Missing("`ip`, of the package iproute2, is not there".to_owned()));
        }
        Err(error) => return Err(Failure::of(tried, error)),
    };
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(lines.as_bytes()).map_err(|error| Failure::of(tried, error))?;
    }
    let output = child.wait_with_output().map_err(|error| Failure::of(tried, error))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().replace('\n', "; ");
    Err(Failure::of(tried, io::Error::other(said)))
}

/// Returns how many packets the kernel dropped since nobody took them out of the device.
pub(crate) fn overrun() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/net/dev").unwrap_or_default();
    overrun_in(&text).unwrap_or_default()
}

fn overrun_in(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.trim().strip_prefix(DEVICE)?.strip_prefix(':'))?;
    // Eight columns of what was received; then bytes, packets, errors and drops of what was sent.
    line.split_whitespace().nth(11)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::overrun_in;

    #[test]
    fn the_column_of_drops() {
        let text = "Inter-|   Receive                    |  Transmit\n \
                    face |bytes packets errs drop fifo frame compressed multicast|bytes ...\n    \
                    lo:  1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n  \
                    sim0: 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36\n";
        assert_eq!(overrun_in(text), Some(32));
        assert_eq!(overrun_in(""), None);
    }
}
