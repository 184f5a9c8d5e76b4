//! Follows a scan: on a terminal as a live view of the whole screen, else as lines.
//!
//! ```text
//! events ──┐              ┌─► draw, ten times a second at most
//! keys ────┼─► core::View ┴─► wishes: pause, resume, stop, quit
//! signals ─┘
//! ```

mod core;
mod draw;
#[cfg(test)]
mod tests;

use self::core::{Key, Link, View, Wish};
use crate::{
    client::{Client, Follow},
    exit::{Exit, Failure},
    output::Output,
    signals::Signals,
};
use netscan_schemas::{ScanId, Seq, Time, api::Scan, event::EventFrame, scan::ScanStatus};
use ratatui::crossterm::{
    event::{self, Event as Input, KeyCode, KeyEventKind, KeyModifiers},
    terminal,
};
use serde_json::{Value, json};
use std::{
    io::{self, IsTerminal},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::mpsc,
    task::JoinHandle,
    time::{MissedTickBehavior, interval, sleep},
};

/// Wait between two drawings.
const DRAW_EVERY: Duration = Duration::from_millis(100);
/// How long the thread that reads keys waits before it looks whether it is still needed.
const KEYS_WAIT: Duration = Duration::from_millis(100);
/// Events that wait to be shown; the reader of more waits.
const EVENTS_MAX: usize = 4096;
/// Wait before events are asked for again that do not come any more.
const AGAIN: Duration = Duration::from_secs(2);

/// Follows a scan from the event after `since` on.
pub async fn run(
    client: &Client,
    scan: ScanId,
    since: Seq,
    plain: bool,
    out: &Output,
) -> Result<Exit, Failure> {
    let is_terminal = io::stdout().is_terminal() && io::stdin().is_terminal();
    // One that says that it has no size does not know it.
    let has_size = || terminal::size().is_ok_and(|(width, height)| width > 0 && height > 0);
    if plain || out.json || !is_terminal || !has_size() {
        return super::show::watch(client, scan, since, out).await;
    }
    let known: Scan = client.get(&format!("/api/scans/{scan}")).await?;
    let mut view = View::new(&known);
    let screen = Screen::enter()?;
    let done = live(client, &mut view, since, screen, out).await;
    // The screen is the user's again by now.
    done?;
    let (verdicts, ports) = (&view.verdicts, view.progress.open_ports);
    out.line(&format!(
        "scan {scan} {}: {} up, {} down, {} timed out, {} unfinished, {ports} open ports",
        view.status, verdicts.up, verdicts.down, verdicts.timed_out, verdicts.unfinished
    ))?;
    Ok(match view.status {
        status if !status.has_ended() || status == ScanStatus::Completed => Exit::Ok,
        _ => Exit::Incomplete,
    })
}

/// The whole screen, given back when it is dropped, and by a panic before that is told.
struct Screen(ratatui::DefaultTerminal);

impl Screen {
    fn enter() -> Result<Self, Failure> {
        ratatui::try_init().map(Self).map_err(|source| broken("taking the screen", source))
    }

    fn draw(&mut self, view: &View, colour: bool) -> Result<(), Failure> {
        let drawn = self.0.draw(|frame| draw::draw(frame, view, Time::now(), colour));
        drawn.map(drop).map_err(|source| broken("drawing", source))
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        ratatui::restore();
    }
}

fn broken(what: &str, source: io::Error) -> Failure {
    Failure::Io { what: what.to_owned(), source }
}

/// Reads keys until it is dropped.
struct Keys {
    inputs: mpsc::UnboundedReceiver<io::Result<Input>>,
    is_over: Arc<AtomicBool>,
}

impl Keys {
    fn read() -> Self {
        // Bounded by what a person types.
        let (found, inputs) = mpsc::unbounded_channel();
        let is_over = Arc::new(AtomicBool::new(false));
        let over = Arc::clone(&is_over);
        std::thread::spawn(move || {
            while !over.load(Ordering::Relaxed) {
                let input = match event::poll(KEYS_WAIT) {
                    Ok(false) => continue,
                    Ok(true) => event::read(),
                    Err(error) => Err(error),
                };
                let is_last = input.is_err();
                if found.send(input).is_err() || is_last {
                    return;
                }
            }
        });
        Self { inputs, is_over }
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
    }
}

/// Events of a scan, read in a task of its own.
struct Feed {
    events: mpsc::Receiver<Result<String, Failure>>,
    is_lost: Arc<AtomicBool>,
    task: JoinHandle<()>,
}

impl Feed {
    /// Reads a scan's events for as long as the view is there.
    fn start(client: Client, scan: ScanId, since: Seq, out: Output) -> Self {
        let (told, events) = mpsc::channel(EVENTS_MAX);
        let mut follow = Follow::new(client.clone(), scan, since, out);
        let is_lost = follow.lost();
        let shared = Arc::clone(&is_lost);
        let task = tokio::spawn(async move {
            loop {
                let next = follow.next().await;
                // They may come again: the server was restarted, or another goes on with the scan.
                let again =
                    matches!(next, Err(Failure::Adrift { .. } | Failure::ServerGone { .. }));
                let is_over = next.is_err() && !again;
                if told.send(next).await.is_err() || is_over {
                    return;
                }
                if again {
                    sleep(AGAIN).await;
                    follow = Follow::new(client.clone(), scan, follow.seen(), out);
                    shared.store(true, Ordering::Relaxed);
                    follow.share_lost(Arc::clone(&shared));
                }
            }
        });
        Self { events, is_lost, task }
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn live(
    client: &Client,
    view: &mut View,
    since: Seq,
    mut screen: Screen,
    out: &Output,
) -> Result<(), Failure> {
    let mut signals = Signals::of_command()?;
    let mut keys = Keys::read();
    let (told, mut answers) = mpsc::unbounded_channel::<String>();
    // Remarks would be written over the screen.
    let quiet = Output { quiet: true, ..*out };
    let mut feed = Feed::start(client.clone(), view.id, since, quiet);
    let mut ticks = interval(DRAW_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut is_stale, mut has_ended) = (true, false);
    loop {
        tokio::select! {
            event = feed.events.recv(), if !has_ended => {
                is_stale = true;
                let mut next = event;
                // As many as are there: they are drawn at once.
                loop {
                    match next {
                        Some(event) => take(view, event)?,
                        None => return Err(broken("reading events", io::ErrorKind::BrokenPipe.into())),
                    }
                    has_ended = view.is_over();
                    match feed.events.try_recv() {
                        Ok(event) if !has_ended => next = Some(event),
                        Ok(_) | Err(_) => break,
                    }
                }
            }
            input = keys.inputs.recv() => {
                is_stale = true;
                let wish = match input {
                    Some(Ok(input)) => key(&input).map_or(Wish::Nothing, |key| view.on_key(key)),
                    Some(Err(source)) => return Err(broken("reading keys", source)),
                    None => Wish::Quit,
                };
                match wish {
                    Wish::Nothing => {}
                    Wish::Quit => return Ok(()),
                    Wish::Pause => order(client, view.id, "pause", &told),
                    Wish::Resume => order(client, view.id, "resume", &told),
                    Wish::Stop => order(client, view.id, "stop", &told),
                }
            }
            Some(line) = answers.recv() => {
                is_stale = true;
                view.say(format!("{:>6} {line}", ""));
            }
            () = signals.end() => return Ok(()),
            _ = ticks.tick() => {
                if feed.is_lost.load(Ordering::Relaxed) && view.link == Link::Live {
                    view.link = Link::Lost;
                    is_stale = true;
                }
                // Its clock goes on while the scan does.
                if is_stale || !has_ended {
                    screen.draw(view, out.colour)?;
                    is_stale = false;
                }
            }
        }
    }
}

/// Takes in what the feed tells.
fn take(view: &mut View, event: Result<String, Failure>) -> Result<(), Failure> {
    match event {
        Ok(text) => match serde_json::from_str::<EventFrame>(&text) {
            Ok(frame) => view.on_event(&frame),
            // `connected` is no event of the scan.
            Err(_) => view.link = Link::Live,
        },
        Err(failure @ (Failure::Adrift { .. } | Failure::ServerGone { .. })) => {
            view.link = Link::Adrift(failure.to_string());
        }
        Err(failure) => return Err(failure),
    }
    Ok(())
}

/// Asks for something; the answer is told.
fn order(client: &Client, scan: ScanId, what: &'static str, told: &mpsc::UnboundedSender<String>) {
    let (client, told) = (client.clone(), told.clone());
    tokio::spawn(async move {
        let path = format!("/api/scans/{scan}/{what}");
        let done = client.post::<Value>(&path, &json!({})).await;
        // Nobody reads it when the view is gone.
        let _ = told.send(match done {
            Ok(_) => format!("{what} is asked for"),
            Err(failure) => format!("{what} is refused: {failure}"),
        });
    });
}

/// Returns the key of an input; a resize is none, and is drawn all the same.
fn key(input: &Input) -> Option<Key> {
    let Input::Key(pressed) = input else { return None };
    if pressed.kind == KeyEventKind::Release {
        return None;
    }
    let is_control = pressed.modifiers.contains(KeyModifiers::CONTROL);
    Some(match pressed.code {
        KeyCode::Char('c') if is_control => Key::Interrupt,
        KeyCode::Char(_) if is_control => return None,
        KeyCode::Char(c) => Key::Char(c),
        KeyCode::Enter => Key::Enter,
        KeyCode::Esc => Key::Escape,
        KeyCode::Backspace => Key::Backspace,
        KeyCode::Up => Key::Up,
        KeyCode::Down => Key::Down,
        KeyCode::PageUp => Key::PageUp,
        KeyCode::PageDown => Key::PageDown,
        KeyCode::Home => Key::Home,
        KeyCode::End => Key::End,
        _ => return None,
    })
}
