//! This process, as the kernel tells it.

use prometheus_client::{
    metrics::{counter::ConstCounter, gauge::ConstGauge},
    registry::Registry,
};
use std::fs;

/// The kernel's clock ticks as it shows them to programs: the same on all that we are built for.
const TICKS_PER_S: f64 = 100.0;

/// Adds what is known of this process, under the names that all programs use. What the system
/// does not tell is left out.
pub fn register(registry: &mut Registry) {
    if let Some(bytes) = resident_bytes() {
        let help = "Memory of the server that is resident, without its nmaps.";
        registry.register("process_resident_memory_bytes", help, ConstGauge::new(bytes));
    }
    if let Ok(open) = fs::read_dir("/proc/self/fd") {
        // The directory that is read is one of them.
        let count = (open.count() as u64).saturating_sub(1);
        registry.register("process_open_fds", "Descriptors that are open.", ConstGauge::new(count));
    }
    let most = crate::open_files_max();
    registry.register("process_max_fds", "Descriptors that may be open.", ConstGauge::new(most));
    if let Some(started) = start_time() {
        let help = "When the process started, in seconds since 1970.";
        registry.register("process_start_time_seconds", help, ConstGauge::new(started));
    }
    let cpu = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    let cpu = cpu.tv_sec as f64 + cpu.tv_nsec as f64 / 1e9;
    let help = "Processor time of the server, without its nmaps.";
    registry.register("process_cpu_seconds", help, ConstCounter::new(cpu));
}

fn resident_bytes() -> Option<u64> {
    let text = fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kib * 1024)
}

fn start_time() -> Option<f64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The program's name, in brackets, may hold anything; the 20th field after it is its start.
    let (_, fields) = stat.rsplit_once(')')?;
    let ticks: f64 = fields.split_whitespace().nth(19)?.parse().ok()?;
    let since_boot = ticks / TICKS_PER_S;
    let stat = fs::read_to_string("/proc/stat").ok()?;
    let boot: f64 = stat.lines().find_map(|line| line.strip_prefix("btime "))?.parse().ok()?;
    Some(boot + since_boot)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_process_is_told_as_it_is() {
        let now = std::time::SystemTime::now();
        let now = now.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs_f64();
        let started = start_time().unwrap();
        // The kernel gives the time of its own start in whole seconds.
        assert!((0.0..=600.0).contains(&(now + 1.5 - started)), "{started} of {now}");
        let bytes = resident_bytes().unwrap();
        assert!((1 << 20..1 << 34).contains(&bytes), "{bytes}");
    }
}
