//! What a run of a process through the warden costs: `spawn_cost PROGRAM RUNS AT_ONCE [off]`.
//! With `off`, outside of the sandbox.
//!
//! Prints wall time, and the CPU time of this process, of the warden and of all children.
//! `xargs -P AT_ONCE` over the same program is what to compare it with.

use netscan_nmap::launch::{
    LaunchSpec, Launcher, LocalNmap, Needs, Process, WardenProgram, run_if_warden,
};
use netscan_schemas::api::SandboxMode;
use std::error::Error;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;
use tokio::io::AsyncReadExt;

fn main() -> Result<(), Box<dyn Error>> {
    run_if_warden();
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [program, runs, at_once, rest @ ..] = args.as_slice() else {
        return Err("see the source".into());
    };
    let mode = match rest {
        [] => SandboxMode::BestEffort,
        [off] if off == "off" => SandboxMode::Off,
        _ => return Err("see the source".into()),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(measure(program, runs.parse()?, at_once.parse()?, mode))
}

async fn measure(
    program: &str,
    runs: u64,
    at_once: u64,
    mode: SandboxMode,
) -> Result<(), Box<dyn Error>> {
    let launcher = Arc::new(LocalNmap::start(WardenProgram::default(), mode).await?);
    let warden = launcher.warden_pid().await;
    let started = Arc::new(AtomicU64::new(0));
    let before = [ticks("self")?, ticks(&warden.to_string())?];
    let begun = Instant::now();
    let workers: Vec<_> = (0..at_once)
        .map(|_| {
            let (launcher, started) = (Arc::clone(&launcher), Arc::clone(&started));
            let spec = LaunchSpec {
                program: program.into(),
                args: ["-oX", "/dev/fd/3", "-iL", "-"].map(str::to_owned).to_vec(),
                stdin: "127.0.0.1\n".to_owned(),
                tag: "cost".to_owned(),
                needs: Needs { raw: true, ..Needs::default() },
            };
            tokio::spawn(async move {
                while started.fetch_add(1, Ordering::Relaxed) < runs {
                    if let Ok(process) = launcher.launch(spec.clone()).await {
                        drain(process).await;
                    }
                }
            })
        })
        .collect();
    for worker in workers {
        worker.await?;
    }
    let wall = begun.elapsed();
    let after = [ticks("self")?, ticks(&warden.to_string())?];
    // A tick is 10 ms on every Linux that matters; a run of thousands makes that fine enough.
    let per_run = |ticks: u64| ticks as f64 * 10_000.0 / runs as f64;
    writeln!(
        std::io::stdout(),
        "{runs} runs, {at_once} at once: {wall:.2?}, {:.0} a second; CPU a run: server {:.0} us, \
         warden {:.0} us, the processes {:.0} us",
        runs as f64 / wall.as_secs_f64(),
        per_run(after[0].own - before[0].own),
        per_run(after[1].own - before[1].own),
        per_run(after[1].children - before[1].children),
    )?;
    Ok(())
}

async fn drain(process: Process) {
    let Process { mut stdout, mut stderr, mut xml, exit, control: _control, .. } = process;
    let [mut a, mut b, mut c] = [Vec::new(), Vec::new(), Vec::new()];
    let _ = tokio::join!(
        stdout.read_to_end(&mut a),
        stderr.read_to_end(&mut b),
        xml.read_to_end(&mut c)
    );
    exit.await;
}

struct Ticks {
    own: u64,
    children: u64,
}

/// Returns the CPU time that a process and its reaped children took.
fn ticks(pid: &str) -> Result<Ticks, Box<dyn Error>> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let fields = stat.rsplit_once(") ").map_or("", |(_, fields)| fields);
    let mut times = fields.split(' ').skip(11).map(str::parse::<u64>);
    let mut next = || times.next().unwrap_or(Ok(0));
    let (user, system, user_below, system_below) = (next()?, next()?, next()?, next()?);
    Ok(Ticks { own: user + system, children: user_below + system_below })
}
