//! A `netscan serve` in a process of its own, on loopback, with a data directory that is thrown
//! away.

use super::{
    measure::{self, Memory},
    part::{self, Owned},
};
use crate::{
    client::{Client, Remote},
    exit::Failure,
};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::{
    fs::{self, File},
    io,
    os::fd::OwnedFd,
    path::Path,
    process::Stdio,
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    net::unix::pipe::Receiver,
    time::{Instant, sleep, timeout},
};

/// How long it may take to start, or to end.
const START_MAX: Duration = Duration::from_secs(60);
/// How long one scan may take.
const SCAN_MAX: Duration = Duration::from_secs(120);
/// Wait between two looks at a scan.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// What is around each nmap of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Around {
    /// The sandbox, as far as this system has it: what users get.
    Sandbox,
    /// Nothing.
    Nothing,
}

impl Around {
    const fn word(self) -> &'static str {
        match self {
            Self::Sandbox => "best-effort",
            Self::Nothing => "off",
        }
    }
}

/// A running server. Dropping it kills it.
pub struct Server {
    child: Owned,
    warden: Option<u32>,
    /// Where it listens: `127.0.0.1:port`.
    pub place: String,
    /// The way to its API.
    pub client: Client,
    // Kept open: a server that cannot print ends.
    _stdout: BufReader<Receiver>,
}

impl Server {
    /// Starts a server and waits until it says that it serves. A stand-in that has a plan, which
    /// is a file, runs with the sandbox off only.
    pub async fn start(data: &Path, nmap: &Path, sandbox: Around) -> Result<Self, Failure> {
        let log = data.with_extension("log");
        match timeout(START_MAX, Self::try_start(data, nmap, sandbox, &log)).await {
            Ok(Ok(server)) => Ok(server),
            Ok(Err(source)) => Err(failed("starting a server", &log, source)),
            Err(_) => Err(failed("starting a server", &log, io::ErrorKind::TimedOut.into())),
        }
    }

    async fn try_start(data: &Path, nmap: &Path, sandbox: Around, log: &Path) -> io::Result<Self> {
        let mut command = part::server(["--color", "never", "--data"]);
        let mut child = command
            .arg(data)
            .args(["--sandbox", sandbox.word()])
            .args(["serve", "--listen", "127.0.0.1:0", "--auth", "none", "--nmap"])
            .arg(nmap)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(log)?)
            .spawn()
            .map(Owned)?;
        let stdout = child.0.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let mut stdout = BufReader::new(Receiver::from_owned_fd(OwnedFd::from(stdout))?);
        let mut line = String::new();
        stdout.read_line(&mut line).await?;
        let url = line.split_whitespace().find(|word| word.starts_with("http://"));
        let url = url.ok_or_else(|| io::Error::other("it does not say where it serves"))?;
        let place = url.trim_start_matches("http://").trim_end_matches('/').to_owned();
        let client = Client::Tcp(Remote { place: place.clone(), bearer: None, tls: None });
        let warden = measure::children(child.0.id())?.first().copied();
        Ok(Self { child, warden, place, client, _stdout: stdout })
    }

    /// Returns its process number.
    pub fn pid(&self) -> u32 {
        self.child.0.id()
    }

    /// Returns the processor time of the server and of its warden, nmaps excluded, in seconds.
    pub fn cpu_s(&self) -> Result<f64, Failure> {
        let warden = self.warden.map_or(Ok(0.0), measure::cpu_s);
        let sum = measure::cpu_s(self.pid()).and_then(|server| Ok(server + warden?));
        sum.map_err(|source| Failure::Io { what: "reading the server's times".into(), source })
    }

    /// Returns the server's memory.
    pub fn memory(&self) -> Result<Memory, Failure> {
        measure::memory(self.pid())
            .map_err(|source| Failure::Io { what: "reading the server's memory".into(), source })
    }

    /// Returns the layers of the sandbox that are on.
    pub async fn layers(&self) -> Result<String, Failure> {
        let system: Value = self.client.get("/api/system").await?;
        let layers = system["sandbox"]["layers"].as_array().into_iter().flatten();
        let on = layers.filter(|layer| layer["state"] == "on");
        let names: Vec<&str> = on.filter_map(|layer| layer["name"].as_str()).collect();
        Ok(if names.is_empty() { "no layer is on".to_owned() } else { names.join(", ") })
    }

    /// Starts a scan and returns its number.
    pub async fn scan(&self, request: &Value) -> Result<u64, Failure> {
        let answer: Value = self.client.post("/api/scans", request).await?;
        answer["scan_id"].as_u64().ok_or_else(|| Failure::Protocol {
            what: format!("the server starts no scan: {answer}"),
        })
    }

    /// Waits until a scan is completed.
    pub async fn completed(&self, scan: u64) -> Result<(), Failure> {
        let deadline = Instant::now() + SCAN_MAX;
        loop {
            let view: Value = self.client.get(&format!("/api/scans/{scan}")).await?;
            match view["status"].as_str() {
                Some("completed") => return Ok(()),
                Some("queued" | "running") if Instant::now() < deadline => {
                    sleep(LOOK_EVERY).await;
                }
                status => {
                    return Err(Failure::Protocol {
                        what: format!(
                            "scan {scan} is not completed, but {}: {}",
                            status.unwrap_or("nothing"),
                            view["error"]
                        ),
                    });
                }
            }
        }
    }

    /// Kills it as the kernel would, and waits until it is gone.
    pub fn kill(self) {}

    /// Ends it as a service manager would.
    pub async fn stop(mut self) -> Result<(), Failure> {
        let ended = |source| Failure::Io { what: "ending a server".into(), source };
        kill_process(Pid::from_child(&self.child.0), Signal::TERM)
            .map_err(|errno| ended(errno.into()))?;
        let deadline = Instant::now() + START_MAX;
        while self.child.0.try_wait().map_err(ended)?.is_none() {
            if Instant::now() > deadline {
                return Err(ended(io::ErrorKind::TimedOut.into()));
            }
            sleep(LOOK_EVERY).await;
        }
        Ok(())
    }
}

/// Returns a failure with the last that the server said.
fn failed(what: &str, log: &Path, source: io::Error) -> Failure {
    let said = fs::read_to_string(log).unwrap_or_default();
    let said = said.lines().last().unwrap_or_default().to_owned();
    let what = if said.is_empty() { what.to_owned() } else { format!("{what} ({said})") };
    Failure::Io { what, source }
}
