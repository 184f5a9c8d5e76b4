//! Describes the machine, and what is measured on it.

use netscan_nmap::locate;
use rustix::system::uname;
use serde::Serialize;
use std::{fs, path::Path};

/// What figures depend on.
#[derive(Debug, Serialize)]
pub struct Machine {
    /// Its processor, as it calls itself.
    pub cpu: String,
    /// Cores that this process may use.
    pub cores: usize,
    /// Its memory.
    pub memory_bytes: u64,
    /// Its kernel.
    pub kernel: String,
    /// nmap's version and path; none where there is none.
    pub nmap: Option<String>,
    /// This netscan's version.
    pub netscan: &'static str,
    /// How it was built: `release` is as it is shipped, `debug` is many times slower.
    pub build: &'static str,
    /// Processes that wanted to run in the last minute, before the bench began.
    pub load: f64,
    /// The file system that the data was on.
    pub file_system: String,
}

impl Machine {
    /// Looks at this machine.
    pub fn look(nmap: &Result<locate::Installation, locate::LocateError>, dir: &Path) -> Self {
        let nmap = nmap.as_ref().ok();
        Self {
            cpu: field("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown".to_owned()),
            cores: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            memory_bytes: field("/proc/meminfo", "MemTotal")
                .and_then(|text| text.split_ascii_whitespace().next()?.parse::<u64>().ok())
                .map_or(0, |kib| kib * 1024),
            kernel: uname().release().to_string_lossy().into_owned(),
            nmap: nmap.map(|nmap| format!("{} ({})", nmap.version, nmap.program.display())),
            netscan: env!("CARGO_PKG_VERSION"),
            build: if cfg!(debug_assertions) { "debug" } else { "release" },
            load: fs::read_to_string("/proc/loadavg")
                .ok()
                .and_then(|text| text.split_ascii_whitespace().next()?.parse().ok())
                .unwrap_or(0.0),
            file_system: file_system(dir),
        }
    }

    /// Returns what makes the figures worth less than they look.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.build == "debug" {
            warnings.push(
                "this is a debug build, many times slower than a release: `make bench` builds one"
                    .to_owned(),
            );
        }
        if self.load > self.cores as f64 * 0.5 {
            warnings.push(format!(
                "the machine was busy before the bench began (load {:.1} on {} cores): trust the \
                 ratios, not the times",
                self.load, self.cores
            ));
        }
        if self.file_system == "tmpfs" {
            warnings.push(
                "the data was in memory (tmpfs): name a directory on a disk with --dir to measure \
                 what durability costs"
                    .to_owned(),
            );
        }
        warnings
    }

    /// Returns the description for people.
    pub fn lines(&self) -> Vec<String> {
        vec![
            format!(
                "{}, {} cores, {}, Linux {}, data on {}, load {:.1}",
                self.cpu,
                self.cores,
                crate::output::human_bytes(self.memory_bytes),
                self.kernel,
                self.file_system,
                self.load
            ),
            format!(
                "netscan {} ({} build), nmap {}",
                self.netscan,
                self.build,
                self.nmap.as_deref().unwrap_or("not found")
            ),
        ]
    }
}

/// Returns the first value of this name in a file of `name: value` lines.
fn field(file: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// Returns the type of the file system that a directory is on: that of the mount point that is the
/// longest beginning of its path.
fn file_system(dir: &Path) -> String {
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let real = fs::canonicalize(dir).unwrap_or_else(|_| dir.to_owned());
    let mounts = mounts.lines().filter_map(|line| {
        let mut fields = line.split(' ').skip(1);
        let (place, kind) = (fields.next()?, fields.next()?);
        real.starts_with(place).then_some((place.len(), kind))
    });
    // Of two mounts at one place, the later one covers the other.
    mounts.max_by_key(|(length, _)| *length).map_or("unknown", |(_, kind)| kind).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_is_described() {
        let nmap = locate::locate(Some(Path::new("/nowhere/nmap")));
        let machine = Machine::look(&nmap, Path::new("/proc"));
        assert!(machine.cores > 0 && machine.memory_bytes > 1 << 20, "{machine:?}");
        assert_eq!((machine.file_system.as_str(), &machine.nmap), ("proc", &None));
        assert!(!machine.kernel.is_empty());
        assert_eq!(
            machine.warnings().iter().any(|line| line.contains("debug")),
            cfg!(debug_assertions)
        );
    }
}
