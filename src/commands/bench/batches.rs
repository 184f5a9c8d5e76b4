//! `batches`: how fast netscan runs tiny batches, beside what else runs the same commands.
//!
//! In each run the contenders follow one another, so that a machine that is busy for a while slows
//! all of them. netscan keeps everything durable meanwhile; the others write nmap's XML to files.

use super::{
    Bench, Limits, floor,
    measure::cpu_s,
    part::{Owned, Part},
    report::{Better, Row, State, Suite},
    server::{Around, Server},
    stand_in,
};
use crate::exit::Failure;
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
use serde_json::json;
use std::{
    fs, io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

/// Commands at once.
const AT_ONCE: usize = 16;
/// What each nmap does beside its target.
const FLAGS: [&str; 4] = ["-sT", "-n", "-Pn", "-p80"];

/// Measures with the stand-in, and with nmap where there is one.
pub async fn run(bench: &Bench) -> Result<Suite, Failure> {
    let dir = bench.dir("batches")?;
    let Limits { runs, tiny_batches, nmap_batches, .. } = bench.limits;
    let stand_in = stand_in::install(&dir.join("stand-in"), None)?;
    let (mut rows, around) = round(bench, "stand-in", &stand_in, &dir, tiny_batches).await?;
    let mut arounds = vec![around];
    match &bench.nmap {
        Ok(nmap) => {
            let (of_nmap, around) = round(bench, "nmap", &nmap.program, &dir, nmap_batches).await?;
            rows.extend(of_nmap);
            arounds.push(around);
        }
        Err(error) => {
            let why = error.to_string();
            rows.push(Row::without("batches/nmap", "nmap", "s", State::Skipped, why));
        }
    }
    let mut conditions = vec![
        format!(
            "one address a batch, {AT_ONCE} at once, flags {}; netscan with chunk_size 1, \
             concurrency {AT_ONCE}, adaptive false",
            FLAGS.join(" ")
        ),
        format!(
            "{runs} runs, in each of which floor, xargs and netscan follow one another: \
             {tiny_batches} batches of a stand-in that lives 1 ms, {nmap_batches} of nmap"
        ),
        "netscan keeps events, results and raw output durable, and starts nmap with a data \
         directory of its own; floor (posix_spawn and wait) and xargs keep a file of XML each"
            .to_owned(),
        "cpu is of server and warden, of the loop, or of xargs: without what they start".to_owned(),
    ];
    conditions.extend(arounds);
    Ok(bench.suite("batches", conditions, rows))
}

/// What one contender took, run by run.
#[derive(Default)]
struct Took {
    wall_s: Vec<f64>,
    cpu_ms: Vec<f64>,
}

impl Took {
    fn add(&mut self, wall_s: f64, cpu_s: f64, batches: u32) {
        self.wall_s.push(wall_s);
        self.cpu_ms.push(cpu_s * 1000.0 / f64::from(batches));
    }
}

async fn round(
    bench: &Bench,
    kind: &str,
    program: &Path,
    dir: &Path,
    batches: u32,
) -> Result<(Vec<Row>, String), Failure> {
    let xargs = find_xargs();
    let work = Work::new(program, &dir.join(format!("{kind}-xml")), batches);
    let (server, around) = warm(kind, program, dir).await?;
    let [mut by_floor, mut by_xargs, mut by_netscan] =
        [const { None }; 3].map(|_: Option<()>| Took::default());
    for run in 0..bench.limits.runs {
        bench.tell(&format!("batches: {kind}, run {} of {}", run + 1, bench.limits.runs));
        work.clear()?;
        let took: floor::Took = Part::result("floor", &work.spec()).await?;
        by_floor.add(took.wall_s, took.cpu_s, batches);
        if let Some(xargs) = &xargs {
            work.clear()?;
            let (wall_s, cpu_s) = work.by_xargs(xargs).await?;
            by_xargs.add(wall_s, cpu_s, batches);
        }
        let (wall_s, cpu_s) = netscan(&server, batches).await?;
        by_netscan.add(wall_s, cpu_s, batches);
    }
    server.stop().await?;
    Ok((rows(kind, batches, xargs.is_some(), by_floor, by_xargs, by_netscan), around))
}

/// Starts a server and lets it do what is only done once: nmap's data directory, the first pages of
/// the store. In the sandbox where the program runs in one. Returns which it is as well.
async fn warm(kind: &str, program: &Path, dir: &Path) -> Result<(Server, String), Failure> {
    let server = Server::start(&dir.join(format!("{kind}-data")), program, Around::Sandbox).await?;
    let Err(failure) = netscan(&server, 1).await else {
        let on = server.layers().await?;
        return Ok((server, format!("{kind}: netscan runs it in its sandbox ({on})")));
    };
    server.stop().await?;
    let data = dir.join(format!("{kind}-data-outside"));
    let server = Server::start(&data, program, Around::Nothing).await?;
    netscan(&server, 1).await?;
    Ok((server, format!("{kind}: the sandbox is off, as it does not run in it: {failure}")))
}

fn rows(
    kind: &str,
    batches: u32,
    has_xargs: bool,
    by_floor: Took,
    by_xargs: Took,
    by_netscan: Took,
) -> Vec<Row> {
    let name = |who: &str, what: &str| format!("batches/{kind}/{who}/{what}");
    let wall = |who: &str, took: &Took| {
        let what = format!("{kind}: {batches} batches by {who}");
        Row::new(name(who, "wall"), what, "s", Better::Lower, took.wall_s.clone())
    };
    let cpu = |who: &str, took: Took| {
        let what = format!("{kind}: cpu of {who}");
        Row::new(name(who, "cpu"), what, "ms/batch", Better::Lower, took.cpu_ms)
    };
    let rate = |who: &str, took: &Took| {
        let rates = took.wall_s.iter().map(|wall| f64::from(batches) / wall).collect();
        Row::new(name(who, "rate"), format!("{kind}: {who}"), "batches/s", Better::Higher, rates)
    };
    let floor = wall("floor", &by_floor);
    let mut netscan = wall("netscan", &by_netscan);
    let mut rows = vec![rate("floor", &by_floor)];
    let (mut walls, mut cpus) = (Vec::new(), vec![cpu("floor", by_floor)]);
    if has_xargs {
        let xargs = wall("xargs", &by_xargs);
        netscan = netscan.against(&xargs, "xargs");
        rows.push(rate("xargs", &by_xargs));
        cpus.push(cpu("xargs", by_xargs));
        walls.push(xargs.against(&floor, "floor"));
    } else {
        let (name, what) = (name("xargs", "rate"), format!("{kind}: xargs"));
        rows.push(Row::without(name, what, "batches/s", State::Skipped, "there is no xargs"));
    }
    rows.push(rate("netscan", &by_netscan));
    rows.push(floor.clone());
    rows.append(&mut walls);
    rows.push(netscan.against(&floor, "floor"));
    cpus.push(cpu("netscan", by_netscan));
    rows.append(&mut cpus);
    rows
}

/// Runs a scan to its end. Returns seconds, and seconds of processor time.
async fn netscan(server: &Server, batches: u32) -> Result<(f64, f64), Failure> {
    let addresses = addresses(batches);
    let (Some(first), Some(last)) = (addresses.first(), addresses.last()) else {
        return Ok((0.0, 0.0));
    };
    let request = json!({
        "targets": [format!("{first}-{last}")],
        "nmap_flags": FLAGS,
        "chunk_size": 1,
        "concurrency": AT_ONCE,
        "adaptive": false,
    });
    let (begun, cpu) = (Instant::now(), server.cpu_s()?);
    let scan = server.scan(&request).await?;
    server.completed(scan).await?;
    Ok((begun.elapsed().as_secs_f64(), server.cpu_s()? - cpu))
}

/// Returns so many addresses of loopback, one after the other.
fn addresses(count: u32) -> Vec<String> {
    let address = |number: u32| std::net::Ipv4Addr::from(0x7f01_0000 + number).to_string();
    (0..count).map(address).collect()
}

fn find_xargs() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|dir| dir.join("xargs")).find(|file| file.is_file())
}

/// The commands that floor and xargs run.
struct Work {
    program: PathBuf,
    args: Vec<String>,
    targets: Vec<String>,
    /// Where their XML goes.
    dir: PathBuf,
}

impl Work {
    fn new(program: &Path, dir: &Path, batches: u32) -> Self {
        let mut args: Vec<String> = FLAGS.map(str::to_owned).to_vec();
        args.extend(["-v".into(), "-oX".into(), format!("{}/{{}}.xml", dir.display())]);
        args.push("{}".to_owned());
        Self { program: program.to_owned(), args, targets: addresses(batches), dir: dir.to_owned() }
    }

    fn spec(&self) -> floor::Spec {
        floor::Spec {
            program: self.program.clone(),
            args: self.args.clone(),
            targets: self.targets.clone(),
            at_once: AT_ONCE,
        }
    }

    /// Takes the files of the last run away.
    fn clear(&self) -> Result<(), Failure> {
        let cleared = match fs::remove_dir_all(&self.dir) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => fs::create_dir_all(&self.dir),
        };
        cleared.map_err(|source| self.failed(source))
    }

    /// Returns seconds, and seconds of xargs' own processor time.
    async fn by_xargs(&self, xargs: &Path) -> Result<(f64, f64), Failure> {
        let lines = self.dir.join("targets");
        let listed = fs::write(&lines, self.targets.join("\n") + "\n");
        let input = listed.and_then(|()| fs::File::open(&lines));
        let input = input.map_err(|source| self.failed(source))?;
        let begun = Instant::now();
        let mut child = Command::new(xargs)
            .arg(format!("-P{AT_ONCE}"))
            .arg("-I{}")
            .arg(&self.program)
            .args(&self.args)
            .stdin(input)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map(Owned)
            .map_err(|source| self.failed(source))?;
        let pid = Pid::from_child(&child.0);
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
        while waitid(WaitId::Pid(pid), options)
            .map_err(|errno| self.failed(errno.into()))?
            .is_none()
        {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let wall_s = begun.elapsed().as_secs_f64();
        // It was not waited for, so that its times are still there.
        let cpu = cpu_s(child.0.id()).map_err(|source| self.failed(source))?;
        let status = child.0.wait().map_err(|source| self.failed(source))?;
        match status.success() {
            true => Ok((wall_s, cpu)),
            false => Err(self.failed(io::Error::other(status.to_string()))),
        }
    }

    fn failed(&self, source: io::Error) -> Failure {
        Failure::Io { what: format!("running `{}` by xargs", self.program.display()), source }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_is_on_loopback() {
        let addresses = addresses(70_000);
        assert_eq!(addresses[0], "127.1.0.0");
        assert_eq!(addresses[256], "127.1.1.0");
        assert!(addresses.iter().all(|address| address.starts_with("127.")));
    }

    #[test]
    fn the_one_who_runs_faster_has_the_ratio_below_one() {
        let took = |wall: f64| Took { wall_s: vec![wall, wall], cpu_ms: vec![1.0, 1.0] };
        let rows = rows("nmap", 10, true, took(1.0), took(2.0), took(1.5));
        let row = rows.iter().find(|row| row.name == "batches/nmap/netscan/wall").unwrap();
        let ratios: Vec<_> = row.ratios.iter().map(|r| (r.label, r.summary.median)).collect();
        assert_eq!(ratios, [("xargs", 0.75), ("floor", 1.5)]);
        let rate = rows.iter().find(|row| row.name == "batches/nmap/netscan/rate").unwrap();
        assert!((rate.summary.unwrap().median - 10.0 / 1.5).abs() < 1e-9);
    }
}
