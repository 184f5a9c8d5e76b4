//! One thread that waits for packets, for the next answer that is due, and for the command.

use crate::command::Running;
use crate::failure::Failure;
use crate::network::Network;
use crate::plan::Plan;
use crate::sandbox;
use crate::stats::Stats;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;
use std::time::{Duration, Instant};

/// How many packets are taken before those that are due by then are sent.
const BATCH: usize = 64;

/// More than the device carries.
const PACKET_MAX: usize = 2048;

/// Runs the command in a network that behaves as planned. Returns its exit code.
pub(crate) fn run(
    plan: Plan,
    seed: u64,
    stats: Option<&Path>,
    command: &[OsString],
) -> Result<u8, Failure> {
    let tun = sandbox::enter(plan.names_ipv6())?;
    let mut network = Network::new(plan, seed);
    let mut command = Running::start(command)?;
    let code = simulate(&tun, &mut network, &mut command)
        .map_err(|error| Failure::of("simulating the network", error))?;
    drop(command);
    if let Some(path) = stats {
        network.stats.overrun = sandbox::overrun();
        write_stats(path, &network.stats)
            .map_err(|error| Failure::of(format!("writing `{}`", path.display()), error))?;
    }
    Ok(code)
}

/// Returns the exit code of the command as soon as it ends.
fn simulate(mut tun: &File, network: &mut Network, command: &mut Running) -> io::Result<u8> {
    let start = Instant::now();
    let mut packet = [0; PACKET_MAX];
    loop {
        let [has_packets, has_signals] = {
            let wait = network.next_due().map(|due| due.saturating_sub(start.elapsed()));
            let signals = command.signals();
            let mut fds =
                [PollFd::new(tun, PollFlags::IN), PollFd::from_borrowed_fd(signals, PollFlags::IN)];
            match poll(&mut fds, wait.map(to_timespec).as_ref()) {
                Ok(_) => fds.map(|fd| !fd.revents().is_empty()),
                Err(Errno::INTR) => [false, false],
                Err(error) => return Err(error.into()),
            }
        };
        if has_signals && let Some(code) = command.heed()? {
            return Ok(code);
        }
        if has_packets {
            for _ in 0..BATCH {
                match tun.read(&mut packet) {
                    Ok(length) => {
                        network.receive(start.elapsed(), packet.get(..length).unwrap_or_default());
                    }
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                    Err(error) => return Err(error),
                }
            }
        }
        let now = start.elapsed();
        while let Some((due, answer)) = network.pop_due(now) {
            match tun.write_all(&answer) {
                Ok(()) => network.stats.sent(now.saturating_sub(due)),
                // A network loses what it cannot carry, and goes on.
                Err(_) => network.stats.refused += 1,
            }
        }
    }
}

fn to_timespec(duration: Duration) -> Timespec {
    Timespec {
        tv_sec: i64::try_from(duration.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: duration.subsec_nanos().into(),
    }
}

fn write_stats(path: &Path, stats: &Stats) -> io::Result<()> {
    let mut text = serde_json::to_vec_pretty(stats)?;
    text.push(b'\n');
    File::create(path)?.write_all(&text)
}
