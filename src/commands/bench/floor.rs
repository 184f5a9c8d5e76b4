//! The least that running commands can cost: started by `posix_spawn` and waited for, so many at
//! once, by one thread that does nothing else.

use super::measure::{monotonic_ns, own_cpu_s};
use rustix::process::{WaitOptions, wait};
use serde::{Deserialize, Serialize};
use std::{
    collections::HashSet,
    io,
    path::PathBuf,
    process::{Command, Stdio},
};

/// Which commands, and how many at once.
#[derive(Debug, Serialize, Deserialize)]
pub struct Spec {
    /// The program.
    pub program: PathBuf,
    /// Its arguments; `{}` is the target.
    pub args: Vec<String>,
    /// The targets, one a command.
    pub targets: Vec<String>,
    /// How many run at once.
    pub at_once: usize,
}

/// What it took.
#[derive(Debug, Serialize, Deserialize)]
pub struct Took {
    /// From the first start to the last end, in seconds.
    pub wall_s: f64,
    /// Processor time of the loop, its children excluded, in seconds.
    pub cpu_s: f64,
}

/// Runs all commands.
pub fn run(spec: &Spec) -> io::Result<Took> {
    let (begun, cpu) = (monotonic_ns(), own_cpu_s());
    let mut waiting = spec.targets.iter();
    let mut running = HashSet::new();
    loop {
        while running.len() < spec.at_once
            && let Some(target) = waiting.next()
        {
            // Without a directory, ids or code of its own, this is a `posix_spawn`.
            let mut command = Command::new(&spec.program);
            command.args(spec.args.iter().map(|arg| arg.replace("{}", target)));
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            running.insert(command.spawn()?.id());
        }
        if running.is_empty() {
            break;
        }
        let Some((pid, status)) = wait(WaitOptions::empty())? else { continue };
        running.remove(&pid.as_raw_nonzero().get().unsigned_abs());
        if status.exit_status() != Some(0) {
            return Err(io::Error::other(format!(
                "`{}` failed: {status:?}",
                spec.program.display()
            )));
        }
    }
    let wall_s = (monotonic_ns() - begun) as f64 / 1e9;
    Ok(Took { wall_s, cpu_s: own_cpu_s() - cpu })
}
