//! Clients that watch scans and tell the model what they were shown.

use crate::model::{Shared, seq_of};
use crate::server::Server;
use crate::trial::Result;
use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;
use tungstenite::{Message, WebSocket};

/// How often a client that waits looks whether it is to leave.
const LOOK_UP: Duration = Duration::from_millis(100);

/// A client on a thread of its own.
pub(crate) struct Watcher {
    leave: Arc<AtomicBool>,
    thread: JoinHandle<u64>,
}

impl Watcher {
    /// Watches a scan's events after `since` on the WebSocket.
    pub(crate) fn web_socket(server: &Server, model: &Shared, scan: u64, since: u64) -> Self {
        let (address, model) = (server.address, model.clone());
        Self::on_thread(move |leave| {
            let mut last = since;
            // A server that dies at this instant is what all this is about.
            let Ok(mut socket) = connect(address, scan, Some(since)) else { return last };
            while !leave.load(Ordering::Relaxed) {
                match socket.read() {
                    Ok(Message::Text(text)) => take(&model, scan, text.as_str(), &mut last),
                    Ok(_) => {}
                    Err(tungstenite::Error::Io(error)) if is_timeout(error.kind()) => {}
                    Err(_) => break,
                }
            }
            last
        })
    }

    /// Watches a scan's events after `since` as Server-Sent Events.
    pub(crate) fn sse(server: &Server, model: &Shared, scan: u64, since: u64) -> Self {
        let (address, model) = (server.address, model.clone());
        Self::on_thread(move |leave| {
            let mut last = since;
            let Ok(mut lines) = open_stream(address, scan, since) else { return last };
            let mut line = String::new();
            while !leave.load(Ordering::Relaxed) {
                match lines.read_line(&mut line) {
                    Ok(0) => break,
                    // What a timeout has cut is gone on with.
                    Err(error) if is_timeout(error.kind()) => continue,
                    Err(_) => break,
                    Ok(_) if !line.ends_with('\n') => continue,
                    Ok(_) => {}
                }
                if let Some(data) = line.trim_end().strip_prefix("data:") {
                    take(&model, scan, data.trim_start(), &mut last);
                }
                line.clear();
            }
            last
        })
    }

    fn on_thread(work: impl FnOnce(&AtomicBool) -> u64 + Send + 'static) -> Self {
        let leave = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&leave);
        Self { leave, thread: std::thread::spawn(move || work(&told)) }
    }

    /// Lets the client leave and returns the number of the last event it was shown.
    pub(crate) fn leave(self) -> u64 {
        self.leave.store(true, Ordering::Relaxed);
        self.thread.join().unwrap_or(0)
    }
}

/// Returns whether a read only waited too long.
pub(crate) fn is_timeout(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

/// Notes what a client was shown; events have to come one after the other.
fn take(model: &Shared, scan: u64, text: &str, last: &mut u64) {
    if let Some(seq) = seq_of(text) {
        take_event(model, scan, (seq, text), last);
    }
}

/// The same of an event whose number is known.
pub(crate) fn take_event(model: &Shared, scan: u64, (seq, text): (u64, &str), last: &mut u64) {
    let mut model = model.lock();
    if seq != *last + 1 {
        let what = format!("scan {scan}: a client was shown event {seq} after event {last}");
        model.broken.push(what);
    }
    *last = seq;
    model.see(scan, seq, text);
}

/// Opens a WebSocket that gives up waiting every now and then.
pub(crate) fn connect(
    address: SocketAddr,
    scan: u64,
    since: Option<u64>,
) -> Result<WebSocket<TcpStream>> {
    let stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let query = since.map_or_else(String::new, |since| format!("?since={since}"));
    let url = format!("ws://{address}/ws/scans/{scan}{query}");
    let (socket, _) = tungstenite::client(url, stream).map_err(|error| error.to_string())?;
    socket.get_ref().set_read_timeout(Some(LOOK_UP))?;
    Ok(socket)
}

fn open_stream(address: SocketAddr, scan: u64, since: u64) -> Result<BufReader<TcpStream>> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(LOOK_UP))?;
    // HTTP/1.0, so that the body is not cut into chunks.
    write!(
        stream,
        "GET /api/scans/{scan}/stream HTTP/1.0\r\nHost: {address}\r\nLast-Event-ID: {since}\r\n\
         Accept: text/event-stream\r\n\r\n"
    )?;
    Ok(BufReader::new(stream))
}
