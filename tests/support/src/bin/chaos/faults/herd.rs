//! All clients come back at once.

use crate::check;
use crate::client::{connect, is_timeout, take_event};
use crate::model::seq_of;
use crate::procs;
use crate::trial::{PATIENCE, Result, Trial, within};
use crate::world::{World, ended};
use serde_json::Value;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use tungstenite::Message;

/// How long it may take until every client has what it missed.
const CATCH_UP_MAX: Duration = Duration::from_secs(30);
/// Bytes of a client's stack.
const STACK: usize = 256 * 1024;

/// What all clients look at.
#[derive(Default)]
struct Shared {
    /// Where the server is, while it is there.
    address: Mutex<Option<SocketAddr>>,
    /// Clients that have all events which were there when they came.
    caught_up: AtomicU64,
    leave: AtomicBool,
}

/// F31: a server is killed, and a thousand clients resume as soon as it is back.
pub(crate) fn herd(trial: &mut Trial) -> Result<()> {
    let count: u64 = trial.settings.scale(60, 1000);
    let mut world = World::new(&trial.settings, "lines 40 noise\ndelay 40 per-host\n")?;
    let mut server = world.start()?;
    let scan = world.scan(&server, trial.settings.scale(25, 24), 4)?;
    let shared = Arc::new(Shared::default());
    let clients: Vec<_> =
        (0..count).map(|_| client(&world, scan, &shared)).collect::<Result<_>>()?;
    let mut slowest = Duration::ZERO;
    for round in 0..trial.settings.scale(2, 5) {
        trial.found.runs += count;
        shared.caught_up.store(0, Ordering::SeqCst);
        *shared.address.lock().unwrap_or_else(PoisonError::into_inner) = Some(server.address);
        let all = within(CATCH_UP_MAX, || {
            (shared.caught_up.load(Ordering::SeqCst) == count).then_some(())
        });
        match all {
            Some(((), took)) => slowest = slowest.max(took),
            None => {
                let number = shared.caught_up.load(Ordering::SeqCst);
                trial.broken(format!("round {round}: only {number} of {count} clients caught up"));
            }
        }
        let mib = procs::resident_kib(server.pid()) / 1024;
        trial.note(format!("round {round}: {mib} MiB with {count} clients"));
        trial.require(mib < 256, || format!("{count} clients make the server hold {mib} MiB"));
        *shared.address.lock().unwrap_or_else(PoisonError::into_inner) = None;
        server.kill()?;
        world.no_orphans(trial, &format!("round {round}"));
        server = world.start()?;
    }
    trial.note(format!("all caught up after {} ms at most", slowest.as_millis()));
    ended(&server, scan, PATIENCE)?;
    shared.leave.store(true, Ordering::Relaxed);
    for client in clients {
        client.join().map_err(|_| "a client panicked")?;
    }
    check::close(trial, &mut world, server, "a herd")
}

/// A client that watches from its last event on whenever there is a server.
fn client(world: &World, scan: u64, shared: &Arc<Shared>) -> Result<JoinHandle<()>> {
    let (model, shared) = (world.model.clone(), Arc::clone(shared));
    let watch = move || {
        let mut last = 0;
        while !shared.leave.load(Ordering::Relaxed) {
            let address = *shared.address.lock().unwrap_or_else(PoisonError::into_inner);
            // The server may go while a client comes.
            let Some(Ok(mut socket)) = address.map(|at| connect(at, scan, Some(last))) else {
                std::thread::sleep(Duration::from_millis(5));
                continue;
            };
            let mut goal = None;
            while !shared.leave.load(Ordering::Relaxed) {
                let text = match socket.read() {
                    Ok(Message::Text(text)) => text,
                    Ok(_) => continue,
                    Err(tungstenite::Error::Io(error)) if is_timeout(error.kind()) => {
                        continue;
                    }
                    Err(_) => break,
                };
                if let Some(seq) = seq_of(&text) {
                    take_event(&model, scan, (seq, &text), &mut last);
                } else if text.contains("\"connected\"") {
                    let connected: Value = serde_json::from_str(&text).unwrap_or_default();
                    goal = connected["last_seq"].as_u64();
                }
                if goal.is_some_and(|goal| last >= goal) {
                    goal = None;
                    shared.caught_up.fetch_add(1, Ordering::SeqCst);
                }
            }
        }
    };
    Ok(std::thread::Builder::new().stack_size(STACK).spawn(watch)?)
}
