//! What `/proc` says: processes by what started them, their files, their memory.

use std::fs;
use std::path::Path;

/// A process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Process {
    pub(crate) pid: i32,
    pub(crate) parent: i32,
    pub(crate) state: char,
    /// Its first argument.
    pub(crate) program: String,
    /// The variable that netscan gives to each nmap, if it is there.
    pub(crate) run: Option<String>,
}

/// Returns all processes, as far as they can be looked at.
pub(crate) fn all() -> Vec<Process> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| look(entry.file_name().to_str()?.parse().ok()?)).collect()
}

fn look(pid: i32) -> Option<Process> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name stands in parentheses and may hold anything.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_ascii_whitespace();
    let state = fields.next()?.chars().next()?;
    let parent = fields.next()?.parse().ok()?;
    let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let program = line.split(|byte| *byte == 0).next().unwrap_or_default();
    let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    let run = environment.split(|byte| *byte == 0).find_map(|entry| {
        let value = entry.strip_prefix(b"NETSCAN_RUN=")?;
        Some(String::from_utf8_lossy(value).into_owned())
    });
    let program = String::from_utf8_lossy(program).into_owned();
    Some(Process { pid, parent, state, program, run })
}

/// Returns the living processes that a server of this instance, or for this program, started.
pub(crate) fn started_for(instance: Option<&str>, program: &Path) -> Vec<Process> {
    let program = program.display().to_string();
    let is_ours = |process: &Process| {
        let by_run = |run: &str| instance.is_some_and(|id| run.starts_with(&format!("{id}:")));
        process.program == program || process.run.as_deref().is_some_and(by_run)
    };
    all().into_iter().filter(|process| process.state != 'Z' && is_ours(process)).collect()
}

/// Returns the processes below this one.
pub(crate) fn below(pid: i32) -> Vec<Process> {
    let all = all();
    let mut found: Vec<Process> = Vec::new();
    let mut parents = vec![pid];
    while let Some(parent) = parents.pop() {
        for process in all.iter().filter(|process| process.parent == parent) {
            parents.push(process.pid);
            found.push(process.clone());
        }
    }
    found
}

/// Returns how many files a process has open.
pub(crate) fn open_files(pid: i32) -> usize {
    fs::read_dir(format!("/proc/{pid}/fd")).map_or(0, Iterator::count)
}

/// Returns the memory that a process holds, in KiB.
pub(crate) fn resident_kib(pid: i32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// Returns the most memory that a process ever held, in KiB.
pub(crate) fn peak_kib(pid: i32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
