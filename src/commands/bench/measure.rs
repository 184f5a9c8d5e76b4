//! What the kernel tells of a process: processor time and memory.

use rustix::time::{ClockId, clock_gettime};
use std::{fs, io};

/// Ticks of `/proc` in a second: `USER_HZ` is 100 wherever Linux runs.
const TICKS: f64 = 100.0;

/// Returns the monotonic clock in nanoseconds.
pub fn monotonic_ns() -> u64 {
    nanos(ClockId::Monotonic)
}

/// Returns the processor time that this process has taken, its children excluded, in seconds.
pub fn own_cpu_s() -> f64 {
    nanos(ClockId::ProcessCPUTime) as f64 / 1e9
}

fn nanos(clock: ClockId) -> u64 {
    let time = clock_gettime(clock);
    u64::try_from(time.tv_sec * 1_000_000_000 + time.tv_nsec).unwrap_or(0)
}

/// Returns the processor time that a process has taken, its children excluded, in seconds. It is
/// exact to 20 ms. A process that has ended and was not waited for yet still has it.
pub fn cpu_s(pid: u32) -> io::Result<f64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let numbers = numbers_of_stat(&stat).ok_or(io::ErrorKind::InvalidData)?;
    Ok((numbers.user + numbers.system) as f64 / TICKS)
}

/// Returns the processes whose parent is this one.
pub fn children(pid: u32) -> io::Result<Vec<u32>> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let Some(child) = name.to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        // A process may end while it is looked at.
        let Ok(stat) = fs::read_to_string(format!("/proc/{child}/stat")) else { continue };
        if numbers_of_stat(&stat).is_some_and(|numbers| numbers.parent == pid) {
            found.push(child);
        }
    }
    Ok(found)
}

struct Numbers {
    parent: u32,
    user: u64,
    system: u64,
}

fn numbers_of_stat(stat: &str) -> Option<Numbers> {
    // The name stands in parentheses and may hold anything.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_ascii_whitespace().collect();
    Some(Numbers {
        parent: fields.get(1)?.parse().ok()?,
        user: fields.get(11)?.parse().ok()?,
        system: fields.get(12)?.parse().ok()?,
    })
}

/// Returns the memory that a process holds, and the most that it ever held, in bytes.
pub fn memory(pid: u32) -> io::Result<Memory> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let of = |name: &str| {
        let rest = status.lines().find_map(|line| line.strip_prefix(name))?;
        rest.split_ascii_whitespace().next()?.parse::<u64>().ok()
    };
    match (of("VmRSS:"), of("VmHWM:")) {
        (Some(now), Some(peak)) => Ok(Memory { now: now * 1024, peak: peak * 1024 }),
        _ => Err(io::ErrorKind::InvalidData.into()),
    }
}

/// Lets the peak of a process's memory begin anew from what it holds now.
pub fn reset_peak(pid: u32) -> io::Result<()> {
    fs::write(format!("/proc/{pid}/clear_refs"), "5")
}

/// Memory of a process, in bytes.
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    /// What it holds.
    pub now: u64,
    /// The most that it held.
    pub peak: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_measured() {
        let me = std::process::id();
        let before = own_cpu_s();
        let work: u64 = (0..2_000_000u64).map(std::hint::black_box).sum();
        assert!(own_cpu_s() > before, "{work}");
        assert!(cpu_s(me).unwrap() < own_cpu_s() + 1.0);
        let memory = memory(me).unwrap();
        assert!(memory.now > 0 && memory.peak >= memory.now / 2, "{memory:?}");
    }

    #[test]
    fn a_name_with_parentheses_does_not_shift_the_fields() {
        let stat = "7 (a) b (c) S 3 7 7 0 -1 4194304 1 0 0 0 12 34 0 0 20 0 1 0 5 6 7";
        let numbers = numbers_of_stat(stat).unwrap();
        assert_eq!((numbers.parent, numbers.user, numbers.system), (3, 12, 34));
        assert!(numbers_of_stat("7 (a").is_none());
    }
}
