//! Parts of a bench that run in a process of their own: this binary, started again.
//!
//! ```text
//! bench ── __bench ROLE PID, a line of JSON ──► part ── one JSON value ──► bench
//! ```
//!
//! So that processor time, memory and children can be told apart, and so that whatever a part
//! does ends with it. Dropping a [`Part`] kills it.

use super::{clients, fanout, floor, parse, plan, store};
use crate::exit::Failure;
use rustix::process::{Pid, Signal, getpid, getppid, set_parent_process_death_signal};
use serde::{Serialize, de::DeserializeOwned};
use std::{
    ffi::{OsStr, OsString},
    io::{self, BufRead, Write},
    os::fd::OwnedFd,
    process::{Child, ChildStdin, Command, ExitCode, Stdio},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader},
    net::unix::pipe::Receiver,
};

/// The argument that turns this binary into a part.
const ARGUMENT: &str = "__bench";
/// The role of a server; its command line follows.
const SERVER: &str = "netscan";

/// What a part says that fails.
type Outcome = Result<(), Box<dyn std::error::Error>>;

/// Returns whether this process was started as a part.
pub fn is_wanted(args: &[OsString]) -> bool {
    args.get(1).is_some_and(|arg| arg == ARGUMENT)
}

/// Is a part, and returns the exit code.
pub fn run(args: &[OsString]) -> ExitCode {
    let role = args.get(2).and_then(|role| role.to_str()).unwrap_or_default();
    // A server may end cleanly. The thread that starts parts lives as long as the bench.
    let signal = if role == SERVER { Signal::TERM } else { Signal::KILL };
    let parent = args.get(3).and_then(|parent| parent.to_str()?.parse().ok());
    let done = match (end_with(parent, signal), role) {
        (Err(error), _) => Err(error.into()),
        (Ok(()), SERVER) => return crate::run_command([&args[..1], &args[4..]].concat()),
        (Ok(()), role) => act(role),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Its parent reads the last line of this.
            let _ = writeln!(io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

/// Binds this process to its parent, which said its number.
fn end_with(parent: Option<i32>, signal: Signal) -> io::Result<()> {
    set_parent_process_death_signal(Some(signal))?;
    // It may have ended before the line above.
    match parent.is_some() && getppid().map(Pid::as_raw_pid) == parent {
        true => Ok(()),
        false => Err(io::Error::other("the bench that started this has ended")),
    }
}

/// Returns the command that becomes this part.
fn command(role: &str) -> Command {
    let mut command = Command::new("/proc/self/exe");
    command.args([ARGUMENT, role, &getpid().to_string()]);
    command
}

/// Returns the command that becomes `netscan` with these arguments, and ends with this process.
pub fn server(args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
    let mut command = command(SERVER);
    command.args(args);
    command.env_remove("NETSCAN_SERVER").env_remove("NETSCAN_DATA");
    command
}

fn act(role: &str) -> Outcome {
    match role {
        "floor" => answer(&floor::run(&spec()?)?),
        "clients" => clients::run(&spec()?),
        "fanout" => fanout::run(&spec()?),
        "parse" => answer(&parse::part(&spec()?)?),
        "plan" => answer(&plan::part(&spec()?)?),
        "store" => store::part(&spec()?),
        role => Err(format!("there is no part `{role}`").into()),
    }
}

/// Returns what this part is to do: the first line of its standard input.
fn spec<T: DeserializeOwned>() -> Result<T, Box<dyn std::error::Error>> {
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    Ok(serde_json::from_str(&line)?)
}

/// Says one thing to the bench.
pub fn answer(value: &impl Serialize) -> Outcome {
    let mut out = io::stdout().lock();
    serde_json::to_writer(&mut out, value)?;
    out.write_all(b"\n")?;
    Ok(out.flush()?)
}

/// Waits for the bench to say another line, and returns it without its end.
pub fn next_line() -> io::Result<String> {
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    Ok(line.trim_end().to_owned())
}

/// A part that runs.
pub struct Part {
    role: &'static str,
    // Dropped first, which ends it.
    _child: Owned,
    input: ChildStdin,
    output: BufReader<Receiver>,
    errors: Receiver,
}

impl Part {
    /// Starts a part and tells it what to do. Call it on the thread that ends last.
    pub fn start(role: &'static str, spec: &impl Serialize) -> Result<Self, Failure> {
        let failed = |source| Failure::Io { what: format!("starting the part `{role}`"), source };
        let start = || {
            let mut child = command(role)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .map(Owned)?;
            let pipes = (child.0.stdin.take(), child.0.stdout.take(), child.0.stderr.take());
            let (Some(input), Some(output), Some(errors)) = pipes else {
                return Err(io::ErrorKind::BrokenPipe.into());
            };
            let output = Receiver::from_owned_fd(OwnedFd::from(output))?;
            let errors = Receiver::from_owned_fd(OwnedFd::from(errors))?;
            Ok(Self { role, _child: child, input, output: BufReader::new(output), errors })
        };
        let mut part = start().map_err(failed)?;
        let line = serde_json::to_string(spec).map_err(|error| failed(error.into()))?;
        part.say(&line)?;
        Ok(part)
    }

    /// Runs a part to its end and returns its one answer.
    pub async fn result<T: DeserializeOwned>(
        role: &'static str,
        spec: &impl Serialize,
    ) -> Result<T, Failure> {
        Self::start(role, spec)?.answer().await
    }

    /// Tells it another line.
    pub fn say(&mut self, line: &str) -> Result<(), Failure> {
        let said = writeln!(self.input, "{line}").and_then(|()| self.input.flush());
        said.map_err(|source| self.failed(source))
    }

    /// Waits for its next answer.
    pub async fn answer<T: DeserializeOwned>(&mut self) -> Result<T, Failure> {
        let mut line = String::new();
        let read = self.output.read_line(&mut line).await;
        read.map_err(|source| self.failed(source))?;
        if line.is_empty() {
            let mut said = String::new();
            // What cannot be read is not there.
            let _ = self.errors.read_to_string(&mut said).await;
            let said = said.lines().last().unwrap_or("it ended without an answer").to_owned();
            return Err(self.failed(io::Error::other(said)));
        }
        serde_json::from_str(&line).map_err(|error| self.failed(error.into()))
    }

    fn failed(&self, source: io::Error) -> Failure {
        Failure::Io { what: format!("the part `{}` of the bench", self.role), source }
    }
}

/// A child that is killed and collected when it is dropped.
pub struct Owned(pub Child);

impl Drop for Owned {
    fn drop(&mut self) {
        // It may have ended, which both say.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
