//! A launcher without processes: tests say what nmap writes, when, and how it ends.
//!
//! It waits by tokio's clock only, so that a test which pauses the clock owns the time.

use super::{ByteStream, Control, Exit, LaunchError, LaunchSpec, Launcher, Process, Signal};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use netscan_schemas::attempt::Ending;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncWriteExt, DuplexStream};
use tokio::sync::{oneshot, watch};

/// Bytes that a stream takes before its writer waits, as for a pipe.
const PIPE_BYTES: usize = 64 * 1024;

/// One thing that a scripted process does.
#[derive(Debug)]
pub enum Step {
    /// It writes normal output.
    Stdout(Vec<u8>),
    /// It writes XML.
    Xml(Vec<u8>),
    /// It writes to standard error.
    Stderr(Vec<u8>),
    /// It does nothing for so long.
    Silence(Duration),
    /// It does nothing, for good.
    Hang,
    /// From here on only a kill ends it.
    IgnoreTerminate,
    /// It ends, and its streams with it. A script without this step ends with exit code 0.
    End(Ending),
}

/// What one process does.
#[derive(Debug)]
pub enum Script {
    /// It runs and takes these steps.
    Run(Vec<Step>),
    /// It is not started.
    Refuse(LaunchError),
}

impl<const N: usize> From<[Step; N]> for Script {
    fn from(steps: [Step; N]) -> Self {
        Self::Run(steps.into())
    }
}

type Writer = Box<dyn FnMut(&LaunchSpec) -> Script + Send>;

/// A launcher whose processes follow scripts.
pub struct Scripted {
    next: Mutex<Writer>,
    launched: Mutex<Vec<LaunchSpec>>,
}

impl Scripted {
    /// Gives each launch the next script; a launch without one fails as if nmap were missing.
    pub fn new(scripts: impl IntoIterator<Item = Script>) -> Self {
        let mut scripts: Vec<Script> = scripts.into_iter().collect();
        scripts.reverse();
        Self::with(move |spec| scripts.pop().unwrap_or_else(|| missing(spec)))
    }

    /// Asks for the script of each launch.
    pub fn with(next: impl FnMut(&LaunchSpec) -> Script + Send + 'static) -> Self {
        Self { next: Mutex::new(Box::new(next)), launched: Mutex::default() }
    }

    /// Returns what was launched so far, refused launches included.
    pub fn launched(&self) -> Vec<LaunchSpec> {
        self.launched.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn missing(spec: &LaunchSpec) -> Script {
    let program = spec.program.clone();
    Script::Refuse(LaunchError::Spawn { program, source: io::ErrorKind::NotFound.into() })
}

impl Launcher for Scripted {
    fn launch(&self, spec: LaunchSpec) -> BoxFuture<'_, Result<Process, LaunchError>> {
        let script = (self.next.lock().unwrap_or_else(PoisonError::into_inner))(&spec);
        self.launched.lock().unwrap_or_else(PoisonError::into_inner).push(spec);
        let launched = match script {
            Script::Run(steps) => Ok(play(steps)),
            Script::Refuse(error) => Err(error),
        };
        std::future::ready(launched).boxed()
    }
}

/// Starts a task that takes the steps.
fn play(steps: Vec<Step>) -> Process {
    let (stdout, stdout_end) = stream();
    let (stderr, stderr_end) = stream();
    let (xml, xml_end) = stream();
    let (urge, urged) = watch::channel(None);
    let urge = Arc::new(urge);
    let (exit, ended) = oneshot::channel();
    tokio::spawn(async move {
        let mut actor = Player { stdout: stdout_end, stderr: stderr_end, xml: xml_end, urged };
        let ending = actor.play(steps).await;
        // As with a process: the streams end first, then the ending is known.
        drop(actor);
        let _ = exit.send(ending);
    });
    Process {
        pid: None,
        start_time: None,
        stdout,
        stderr,
        xml,
        exit: ended.map(|ending| Exit::of(ending.unwrap_or(Ending::Lost))).boxed(),
        control: Control::new(move |signal| {
            urge.send_if_modified(|held| {
                let is_news = Some(signal) > *held;
                *held = Some(signal).max(*held);
                is_news
            });
        }),
    }
}

fn stream() -> (ByteStream, DuplexStream) {
    let (reader, writer) = tokio::io::duplex(PIPE_BYTES);
    (Box::new(reader), writer)
}

struct Player {
    stdout: DuplexStream,
    stderr: DuplexStream,
    xml: DuplexStream,
    urged: watch::Receiver<Option<Signal>>,
}

impl Player {
    async fn play(&mut self, steps: Vec<Step>) -> Ending {
        let mut least = Signal::Terminate;
        for step in steps {
            match step {
                Step::End(ending) => return ending,
                Step::IgnoreTerminate => least = Signal::Kill,
                step => {
                    let mut urged = self.urged.clone();
                    tokio::select! {
                        biased;
                        signal = at_least(&mut urged, least) => return ended_by(signal),
                        () = self.take(step) => {}
                    }
                }
            }
        }
        Ending::Exited { code: 0 }
    }

    /// Takes a step that takes time. A reader who has gone away is no matter, as to nmap.
    async fn take(&mut self, step: Step) {
        let _ = match step {
            Step::Stdout(bytes) => self.stdout.write_all(&bytes).await,
            Step::Stderr(bytes) => self.stderr.write_all(&bytes).await,
            Step::Xml(bytes) => self.xml.write_all(&bytes).await,
            Step::Silence(duration) => {
                tokio::time::sleep(duration).await;
                Ok(())
            }
            Step::Hang => std::future::pending().await,
            Step::IgnoreTerminate | Step::End(_) => Ok(()),
        };
    }
}

/// Waits for a signal that is urgent enough.
async fn at_least(urged: &mut watch::Receiver<Option<Signal>>, least: Signal) -> Signal {
    match urged.wait_for(|signal| *signal >= Some(least)).await {
        Ok(signal) => signal.unwrap_or(Signal::Kill),
        // The control kills when it is dropped, so this is no more than what has been said.
        Err(_) => Signal::Kill,
    }
}

fn ended_by(signal: Signal) -> Ending {
    let signal = match signal {
        Signal::Terminate => libc::SIGTERM,
        Signal::Kill => libc::SIGKILL,
    };
    Ending::Signalled { signal }
}

#[cfg(test)]
mod tests {
    use super::super::Needs;
    use super::*;
    use tokio::io::AsyncReadExt;

    fn spec() -> LaunchSpec {
        LaunchSpec {
            program: "/usr/bin/nmap".into(),
            args: vec!["-n".to_owned()],
            stdin: "127.0.0.1\n".to_owned(),
            tag: "t".to_owned(),
            needs: Needs::default(),
        }
    }

    async fn text(mut stream: ByteStream) -> String {
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap();
        text
    }

    #[tokio::test(start_paused = true)]
    async fn the_steps_are_taken_in_time_and_order() {
        let hour = Duration::from_hours(1);
        let nmap = Scripted::new([Script::from([
            Step::Stdout(b"one\n".to_vec()),
            Step::Silence(hour),
            Step::Stdout(b"two\n".to_vec()),
            Step::Xml(b"<nmaprun/>".to_vec()),
            Step::Stderr(b"careful\n".to_vec()),
            Step::End(Ending::Exited { code: 3 }),
        ])]);
        let begun = tokio::time::Instant::now();
        let Process { stdout, stderr, xml, exit, control: _control, .. } =
            nmap.launch(spec()).await.unwrap();
        let (stdout, stderr, xml) = tokio::join!(text(stdout), text(stderr), text(xml));
        assert_eq!((stdout.as_str(), stderr.as_str()), ("one\ntwo\n", "careful\n"));
        assert_eq!(xml, "<nmaprun/>");
        assert_eq!(exit.await.ending, Ending::Exited { code: 3 });
        assert_eq!(begun.elapsed(), hour);
        assert_eq!(nmap.launched(), [spec()]);
        assert!(!nmap.launch(spec()).await.unwrap_err().is_transient(), "no script is left");
    }

    #[tokio::test(start_paused = true)]
    async fn terminate_and_kill_end_it_unless_it_ignores_them() {
        let table = [
            (vec![Step::Hang], Signal::Terminate, libc::SIGTERM),
            (vec![Step::Hang], Signal::Kill, libc::SIGKILL),
            (vec![Step::IgnoreTerminate, Step::Hang], Signal::Kill, libc::SIGKILL),
            // More than the pipe takes: it waits for its reader, and is ended there.
            (vec![Step::Xml(vec![b'x'; 2 * PIPE_BYTES])], Signal::Terminate, libc::SIGTERM),
        ];
        for (steps, signal, expected) in table {
            let nmap = Scripted::new([Script::Run(steps)]);
            let process = nmap.launch(spec()).await.unwrap();
            match signal {
                Signal::Terminate => process.control.terminate(),
                Signal::Kill => process.control.kill(),
            }
            assert_eq!(process.exit.await.ending, Ending::Signalled { signal: expected });
        }
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_ignores_terminate_is_killed_by_the_drop_of_its_control() {
        let nmap = Scripted::with(|_| [Step::IgnoreTerminate, Step::Hang].into());
        let Process { mut exit, control, .. } = nmap.launch(spec()).await.unwrap();
        control.terminate();
        let patience = Duration::from_hours(1);
        assert!(tokio::time::timeout(patience, &mut exit).await.is_err());
        drop(control);
        assert_eq!(exit.await.ending, Ending::Signalled { signal: libc::SIGKILL });
    }

    #[tokio::test]
    async fn a_refused_launch_fails_as_it_was_told_to() {
        let nmap = Scripted::new([Script::Refuse(LaunchError::WardenLost)]);
        assert!(matches!(nmap.launch(spec()).await, Err(LaunchError::WardenLost)));
    }
}
