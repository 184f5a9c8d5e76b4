//! A server under test: the real binary, its signals, its HTTP.

use crate::trial::{Error, PATIENCE, Result, within};
use netscan_store::failpoint;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::fs::OpenOptions;
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// How long one answer may take.
const ANSWER_MAX: Duration = Duration::from_secs(30);

/// How to start a server other than usual.
#[derive(Clone, Debug, Default)]
pub(crate) struct Start {
    /// A fail point to arm.
    pub(crate) fail_at: Option<String>,
    /// The limit on its open files.
    pub(crate) open_files: Option<u64>,
}

/// What became of a start.
pub(crate) enum Started {
    /// It serves.
    Up(Server),
    /// It ended before it served.
    Died(ExitStatus),
}

/// A running server. Dropping it kills it.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    agent: ureq::Agent,
}

/// Returns the command that serves from a data directory.
pub(crate) fn command(
    netscan: &Path,
    data: &Path,
    nmap: &Path,
    log: &Path,
    start: &Start,
) -> Result<Command> {
    let mut command = match start.open_files {
        None => Command::new(netscan),
        Some(limit) => {
            let mut shell = Command::new("/bin/sh");
            shell.args(["-c", &format!("ulimit -n {limit} && exec \"$0\" \"$@\"")]).arg(netscan);
            shell
        }
    };
    command.arg("--data").arg(data);
    command.args(["serve", "--listen", "127.0.0.1:0", "--auth", "none", "--nmap"]).arg(nmap);
    let log = OpenOptions::new().append(true).create(true).open(log)?;
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::from(log));
    command.env_remove("NETSCAN_SERVER").env_remove("NETSCAN_DATA").env("NO_COLOR", "1");
    command.env_remove("NETSCAN_SANDBOX");
    match &start.fail_at {
        Some(point) => command.env(failpoint::VARIABLE, point),
        None => command.env_remove(failpoint::VARIABLE),
    };
    Ok(command)
}

impl Server {
    /// Starts a server and waits until it serves or has ended.
    pub(crate) fn start(mut command: Command) -> Result<Started> {
        let mut child = command.spawn()?;
        let stdout = child.stdout.take().ok_or("no standard output")?;
        let (say, said) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(std::io::Result::ok) {
                // Nobody may want to know.
                let _ = say.send(line);
            }
        });
        let Ok(line) = said.recv_timeout(PATIENCE) else {
            return match child.try_wait()? {
                Some(status) => Ok(Started::Died(status)),
                None => match within(Duration::from_secs(2), || child.try_wait().ok().flatten()) {
                    Some((status, _)) => Ok(Started::Died(status)),
                    None => {
                        child.kill()?;
                        child.wait()?;
                        Err("the server does not say where it serves".into())
                    }
                },
            };
        };
        let address = line.split_whitespace().find_map(|word| word.strip_prefix("http://"));
        let address = address.ok_or_else(|| format!("no address in `{line}`"))?.parse()?;
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(ANSWER_MAX));
        Ok(Started::Up(Self { child, address, agent: config.build().into() }))
    }

    /// Returns its number.
    pub(crate) fn pid(&self) -> i32 {
        self.child.id().cast_signed()
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: Signal) -> Result<()> {
        Ok(kill_process(Pid::from_child(&self.child), signal)?)
    }

    /// Kills it as the kernel would for want of memory.
    pub(crate) fn kill(mut self) -> Result<()> {
        // It may have ended by itself, which its wait tells as well.
        let _ = self.signal(Signal::KILL);
        self.child.wait()?;
        Ok(())
    }

    /// Waits for its end.
    pub(crate) fn ended(&mut self, patience: Duration) -> Option<(ExitStatus, Duration)> {
        within(patience, || self.child.try_wait().ok().flatten())
    }

    /// Answers the status and the body of a GET.
    pub(crate) fn get(&self, path: &str) -> Result<(u16, Vec<u8>)> {
        let call = self.agent.get(format!("http://{}{path}", self.address));
        // The end of a streamed body waits for an acknowledgement of its beginning on a connection
        // that stays open, forty milliseconds each time.
        let call = if path.contains("/raw/") { call.header("connection", "close") } else { call };
        let mut response = call.call()?;
        let mut body = Vec::new();
        response.body_mut().as_reader().read_to_end(&mut body)?;
        Ok((response.status().as_u16(), body))
    }

    /// Answers the JSON of a GET that succeeds.
    pub(crate) fn json(&self, path: &str) -> Result<Value> {
        match self.get(path)? {
            (200, body) => Ok(serde_json::from_slice(&body)?),
            (status, body) => Err(unexpected(path, status, &body)),
        }
    }

    /// Answers the status and the JSON of a POST.
    pub(crate) fn post(&self, path: &str, body: &Value) -> Result<(u16, Value)> {
        let url = format!("http://{}{path}", self.address);
        let mut response = self.agent.post(url).send_json(body)?;
        let text = response.body_mut().read_to_string()?;
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Ok((response.status().as_u16(), body))
    }

    /// Has something removed.
    pub(crate) fn delete(&self, path: &str) -> Result<()> {
        let mut response = self.agent.delete(format!("http://{}{path}", self.address)).call()?;
        match response.status().as_u16() {
            204 => Ok(()),
            status => {
                Err(unexpected(path, status, response.body_mut().read_to_string()?.as_bytes()))
            }
        }
    }

    /// Answers what another thread needs to talk to it.
    pub(crate) fn line(&self) -> Line {
        Line { address: self.address, agent: self.agent.clone() }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Already waited for, or of no further interest.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A way to a server that does not own it.
#[derive(Clone)]
pub(crate) struct Line {
    pub(crate) address: SocketAddr,
    agent: ureq::Agent,
}

impl Line {
    /// Answers the status and the JSON of a POST.
    pub(crate) fn post(&self, path: &str, body: &Value) -> Result<(u16, Value)> {
        let url = format!("http://{}{path}", self.address);
        let mut response = self.agent.post(url).send_json(body)?;
        let text = response.body_mut().read_to_string()?;
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Ok((response.status().as_u16(), body))
    }
}

fn unexpected(path: &str, status: u16, body: &[u8]) -> Error {
    let body: String = String::from_utf8_lossy(body).chars().take(300).collect();
    format!("{path}: {status} {body}").into()
}

/// Returns the last lines of a log.
pub(crate) fn tail(log: &Path, lines: usize) -> String {
    let text = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text).into_owned();
    let all: Vec<&str> = text.lines().collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}

/// Returns the netscan beside this program.
pub(crate) fn beside() -> Result<PathBuf> {
    let me = std::env::current_exe()?;
    let path = me.with_file_name("netscan");
    match path.is_file() {
        true => Ok(path),
        false => {
            Err(format!("there is no `{}`: build it, or name it with --netscan", path.display())
                .into())
        }
    }
}
