//! A warden for tests, and an owner of processes that can be killed.
//!
//! `netscan-warden hold PROGRAM COUNT TAG` starts the program so many times through a warden of
//! its own, passes on what they write, a line `warden PID` and a line `pid PID` for each of them,
//! and at last `ready`. Then it waits to be killed.
//!
//! `netscan-warden locked ARGS` is the same with these arguments, on a system where capabilities
//! cannot be handed on to another user.

use netscan_nmap::launch::{LaunchSpec, Launcher, LocalNmap, Needs, WardenProgram, run_if_warden};
use netscan_schemas::api::SandboxMode;
use std::error::Error;
use std::io::Write;
use std::os::unix::process::CommandExt;
use tokio::io::{AsyncBufReadExt, BufReader};

fn main() -> Result<(), Box<dyn Error>> {
    run_if_warden();
    let args: Vec<String> = std::env::args().skip(1).collect();
    if args.first().is_some_and(|mode| mode == "locked") {
        return Err(locked(&args[1..]).into());
    }
    let [mode, program, count, tag] = args.as_slice() else { return Err("see the source".into()) };
    if mode != "hold" {
        return Err("see the source".into());
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(hold(program, count.parse()?, tag))
}

/// Returns only if it fails.
fn locked(args: &[String]) -> std::io::Error {
    use rustix::thread::{CapabilitiesSecureBits, set_capabilities_secure_bits};
    let bits = CapabilitiesSecureBits::NO_CAP_AMBIENT_RAISE
        | CapabilitiesSecureBits::NO_CAP_AMBIENT_RAISE_LOCKED;
    match set_capabilities_secure_bits(bits) {
        Ok(()) => std::process::Command::new("/proc/self/exe").args(args).exec(),
        Err(errno) => errno.into(),
    }
}

async fn hold(program: &str, count: usize, tag: &str) -> Result<(), Box<dyn Error>> {
    let launcher = LocalNmap::start(WardenProgram::default(), SandboxMode::Off).await?;
    say(&format!("warden {}", launcher.warden_pid().await))?;
    let mut held = Vec::new();
    for _ in 0..count {
        let mut process = launcher
            .launch(LaunchSpec {
                program: program.into(),
                args: Vec::new(),
                stdin: String::new(),
                tag: tag.to_owned(),
                needs: Needs::default(),
            })
            .await?;
        say(&format!("pid {}", process.pid.unwrap_or_default()))?;
        // The stand-in says `holding` when it has done whatever it is to do first.
        let mut lines = BufReader::new(&mut process.stdout).lines();
        while let Some(line) = lines.next_line().await? {
            if line == "holding" {
                break;
            }
            say(&line)?;
        }
        held.push(process);
    }
    say("ready")?;
    std::future::pending().await
}

fn say(line: &str) -> std::io::Result<()> {
    let mut stdout = std::io::stdout();
    writeln!(stdout, "{line}")?;
    stdout.flush()
}
