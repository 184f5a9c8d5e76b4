//! What whole-program tests share: the binary, a server to talk to, listeners to find.

use netscan_test_support::FakeNmap;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::{
    io::{BufRead, BufReader, Read},
    net::{IpAddr, TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, ExitStatus, Output, Stdio},
    time::{Duration, Instant},
};
use tempfile::TempDir;
use tungstenite::{Message, WebSocket, stream::MaybeTlsStream};

/// Longest wait for anything; reaching it is a failure, so it only costs time when one is there.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// What comes before the path of the stand-in: it writes files and starts processes, so that it has
/// to be outside of the sandbox. Tests with real nmap are inside.
pub const WITH_STAND_IN: [&str; 3] = ["--sandbox", "off", "--nmap"];

/// The binary under test with a data directory of its own.
pub fn netscan(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_netscan"));
    command.arg("--data").arg(data).stdin(Stdio::null()).env_remove("NETSCAN_SERVER");
    command.env_remove("NETSCAN_SANDBOX");
    command
}

pub fn run(command: &mut Command) -> Output {
    command.output().expect("the binary runs")
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

/// Returns stdout as JSON, showing everything when it is not.
pub fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!("no JSON ({error}): {}\n{}", text(&output.stdout), text(&output.stderr))
    })
}

/// A listener that accepts nothing but has its port open.
pub fn listen(address: &str) -> (TcpListener, u16) {
    let address: IpAddr = address.parse().expect("an address");
    let listener = TcpListener::bind((address, 0)).expect("a free port");
    let port = listener.local_addr().expect("bound").port();
    (listener, port)
}

/// Waits until something is there.
pub fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The processes that netscan started for a program, by the path in their command line.
pub fn processes_of(program: &Path) -> Vec<u32> {
    let needle = program.display().to_string();
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").expect("/proc").flatten() {
        let Ok(pid) = entry.file_name().to_string_lossy().parse::<u32>() else { continue };
        let Ok(line) = std::fs::read(entry.path().join("cmdline")) else { continue };
        // The first argument is the program; netscan itself only has it further behind.
        if line.split(|byte| *byte == 0).next() == Some(needle.as_bytes()) {
            found.push(pid);
        }
    }
    found
}

/// A running `netscan serve`.
pub struct Server {
    child: Child,
    pub base: String,
}

impl Server {
    pub fn start(data: &Path, nmap: Option<&FakeNmap>) -> Self {
        Self::start_with(data, nmap, &[])
    }

    /// Starts one with more arguments.
    pub fn start_with(data: &Path, nmap: Option<&FakeNmap>, more: &[&str]) -> Self {
        Self::run(netscan(data), nmap, more)
    }

    /// Starts one that fails at a point of its own.
    pub fn start_failing(data: &Path, nmap: &FakeNmap, at: &str) -> Self {
        let mut command = netscan(data);
        command.env("NETSCAN_FAIL_AT", at);
        Self::run(command, Some(nmap), &[])
    }

    fn run(mut command: Command, nmap: Option<&FakeNmap>, more: &[&str]) -> Self {
        command.args(["serve", "--listen", "127.0.0.1:0", "--auth", "none"]).args(more);
        if let Some(nmap) = nmap {
            command.args(WITH_STAND_IN).arg(nmap.program());
        }
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it starts");
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let line = lines.next().expect("a line with the URL").expect("text");
        let base = line.split_whitespace().find(|word| word.starts_with("http://"));
        let base = base.unwrap_or_else(|| panic!("no URL in `{line}`")).trim_end_matches('/');
        Self { child, base: base.to_owned() }
    }

    /// Starts a server that dies at a fail point, and returns it with its URL.
    pub fn start_dying(data: &Path, nmap: &FakeNmap, point: &str) -> (Child, String) {
        let mut child = netscan(data)
            .args(["serve", "--listen", "127.0.0.1:0", "--auth", "none"])
            .args(WITH_STAND_IN)
            .arg(nmap.program())
            .env(netscan_store::failpoint::VARIABLE, point)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let line = lines.next().expect("a line with the URL").expect("text");
        let base = line.split_whitespace().find(|word| word.starts_with("http://"));
        let base = base.unwrap_or_else(|| panic!("no URL in `{line}`"));
        (child, base.trim_end_matches('/').to_owned())
    }

    pub fn signal(&self, signal: Signal) {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, signal).expect("it is alive");
    }

    pub fn wait(&mut self) -> ExitStatus {
        let mut status = None;
        eventually("the server's end", || {
            status = self.child.try_wait().expect("a child");
            status
        })
    }

    /// Kills it without a chance to clean up.
    pub fn kill(mut self) {
        self.signal(Signal::KILL);
        self.wait();
    }

    pub fn stop(mut self) -> ExitStatus {
        self.signal(Signal::TERM);
        self.wait()
    }

    fn agent() -> ureq::Agent {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(PATIENCE));
        config.build().into()
    }

    pub fn get_raw(&self, path: &str) -> (u16, String, Vec<u8>) {
        let url = format!("{}{path}", self.base);
        let mut response = Self::agent().get(&url).call().expect("an answer");
        let kind = response.headers().get("content-type").map(|kind| kind.to_str().expect("text"));
        let kind = kind.unwrap_or_default().to_owned();
        let mut body = Vec::new();
        response.body_mut().as_reader().read_to_end(&mut body).expect("a body");
        (response.status().as_u16(), kind, body)
    }

    pub fn get(&self, path: &str) -> Value {
        let (status, _, body) = self.get_raw(path);
        assert_eq!(status, 200, "GET {path}: {}", text(&body));
        serde_json::from_slice(&body).expect("JSON")
    }

    pub fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let url = format!("{}{path}", self.base);
        let mut response = Self::agent().post(&url).send_json(body).expect("an answer");
        let status = response.status().as_u16();
        let body = response.body_mut().read_to_string().expect("a body");
        (status, serde_json::from_str(&body).unwrap_or(Value::String(body)))
    }

    pub fn post_text(&self, path: &str, body: &str) -> (u16, Value) {
        let url = format!("{}{path}", self.base);
        let mut response = Self::agent()
            .post(&url)
            .content_type("application/json")
            .send(body)
            .expect("an answer");
        let status = response.status().as_u16();
        let body = response.body_mut().read_to_string().expect("a body");
        (status, serde_json::from_str(&body).unwrap_or(Value::String(body)))
    }

    /// Starts a scan and returns its number.
    pub fn scan(&self, request: &Value) -> u64 {
        let (status, answer) = self.post("/api/scans", request);
        assert_eq!(status, 202, "{answer}");
        answer["scan_id"].as_u64().expect("a number")
    }

    /// Waits until a scan has ended and returns it.
    pub fn ended(&self, scan: u64) -> Value {
        eventually("the scan's end", || {
            let view = self.get(&format!("/api/scans/{scan}"));
            matches!(view["status"].as_str(), Some("completed" | "stopped" | "failed"))
                .then_some(view)
        })
    }

    /// All stored events of a scan, their numbers checked.
    pub fn events(&self, scan: u64) -> Vec<Value> {
        let mut events: Vec<Value> = Vec::new();
        loop {
            let since = events.len();
            let page = self.get(&format!("/api/scans/{scan}/events?since={since}&limit=1000"));
            let page = page.as_array().expect("an array").clone();
            if page.is_empty() {
                break;
            }
            events.extend(page);
        }
        check_order(&events);
        events
    }

    pub fn watch(&self, scan: u64, since: Option<u64>) -> Watcher {
        let query = since.map_or_else(String::new, |since| format!("?since={since}"));
        let base = self.base.replace("http://", "ws://");
        let (mut socket, _) =
            tungstenite::connect(format!("{base}/ws/scans/{scan}{query}")).expect("a WebSocket");
        if let MaybeTlsStream::Plain(stream) = socket.get_mut() {
            stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        }
        Watcher { socket }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Already waited for, or of no further interest.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A client on the WebSocket.
pub struct Watcher {
    socket: WebSocket<MaybeTlsStream<TcpStream>>,
}

impl Watcher {
    pub fn next(&mut self) -> Value {
        loop {
            match self.socket.read().expect("a message") {
                Message::Text(text) => return serde_json::from_str(&text).expect("JSON"),
                Message::Close(frame) => panic!("closed: {frame:?}"),
                _ => {}
            }
        }
    }

    /// Returns the code that the server closes with.
    pub fn close_code(&mut self) -> u16 {
        loop {
            match self.socket.read() {
                Ok(Message::Close(Some(frame))) => return frame.code.into(),
                Ok(_) => {}
                Err(error) => panic!("no close frame: {error}"),
            }
        }
    }

    /// Reads up to and with the event of this name; `connected` is checked and left out.
    pub fn until(&mut self, name: &str) -> Vec<Value> {
        let mut events = Vec::new();
        loop {
            let event = self.next();
            if event["event"] == "connected" {
                continue;
            }
            let done = event["event"] == name;
            events.push(event);
            if done {
                return events;
            }
        }
    }
}

/// Fails when the events' numbers are not 1, 2, 3 ...
pub fn check_order(events: &[Value]) {
    for (index, event) in events.iter().enumerate() {
        assert_eq!(event["seq"], index as u64 + 1, "{event}");
    }
}

pub fn named<'a>(events: &'a [Value], name: &str) -> Vec<&'a Value> {
    events.iter().filter(|event| event["event"] == name).collect()
}

pub fn temp() -> TempDir {
    tempfile::tempdir().expect("a directory")
}

/// A command that runs beside the test.
pub struct Running(Option<Child>);

impl Running {
    pub fn start(command: &mut Command) -> Self {
        let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        Self(Some(command.spawn().expect("it starts")))
    }

    fn child(&mut self) -> &mut Child {
        self.0.as_mut().expect("not waited for")
    }

    pub fn signal(&mut self, signal: Signal) {
        kill_process(Pid::from_child(self.child()), signal).expect("it is alive");
    }

    pub fn pid(&mut self) -> u32 {
        self.child().id()
    }

    /// Waits for its end and returns what it said.
    pub fn output(mut self) -> Output {
        eventually("the command's end", || self.child().try_wait().expect("a child"));
        self.0.take().expect("not waited for").wait_with_output().expect("its output")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            // It may have ended; then it is of no further interest.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
