//! What the live view shows and what keys do, as a function of events and keys.

use crate::{commands::show::describe, output::human_ms};
use netscan_schemas::{
    BatchId, ScanId, Time,
    api::Scan,
    event::{Event, EventFrame},
    scan::{Progress, ScanStatus, VerdictCounts},
};
use std::collections::{BTreeMap, VecDeque};

/// Lines of the log that are kept; older ones are in the store.
pub const LOG_MAX: usize = 5000;
/// Findings that are kept.
pub const FINDINGS_MAX: usize = 1000;
/// Characters of a filter.
const FILTER_MAX: usize = 200;
/// Lines that a page is.
const PAGE: usize = 10;

/// A key, as far as the view knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    Char(char),
    Enter,
    Escape,
    Backspace,
    Up,
    Down,
    PageUp,
    PageDown,
    Home,
    End,
    /// Ctrl-C.
    Interrupt,
}

/// What a key asks for beyond the view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    Nothing,
    Quit,
    Pause,
    Resume,
    Stop,
}

/// What keys mean at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Look,
    /// The filter is being typed.
    Filter,
    Help,
    /// A stop waits for a yes.
    ConfirmStop,
}

/// How the events come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Link {
    Live,
    /// The server does not answer and is tried again.
    Lost,
    /// They do not come any more, and why.
    Adrift(String),
}

/// A batch that runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Running {
    pub targets: String,
    pub attempt: u32,
    pub percent: f32,
    pub phase: String,
    pub eta_ms: Option<u64>,
}

/// What is shown.
#[derive(Debug)]
pub struct View {
    pub id: ScanId,
    pub title: String,
    pub status: ScanStatus,
    pub progress: Progress,
    pub verdicts: VerdictCounts,
    pub waits_for: Option<String>,
    pub running: BTreeMap<BatchId, Running>,
    pub findings: VecDeque<String>,
    log: VecDeque<String>,
    pub mode: Mode,
    pub filter: String,
    /// Whether the newest line of the log is shown.
    pub follows: bool,
    /// Lines below the ones that are shown.
    above_end: usize,
    pub link: Link,
    pub began: Option<Time>,
    pub ended: Option<Time>,
    saw_end: bool,
}

impl View {
    /// Returns the view of a scan before its events.
    pub fn new(scan: &Scan) -> Self {
        let name = scan.name.as_ref().map_or_else(String::new, |name| format!(" {name}"));
        Self {
            id: scan.id,
            title: format!("scan {}{name} ({})", scan.id, scan.project_name),
            status: scan.status,
            progress: scan.progress,
            verdicts: scan.verdicts,
            waits_for: scan.waits_for.clone(),
            running: BTreeMap::new(),
            findings: VecDeque::new(),
            log: VecDeque::new(),
            mode: Mode::Look,
            filter: String::new(),
            follows: true,
            above_end: 0,
            link: Link::Live,
            began: scan.started_at,
            ended: scan.finished_at,
            saw_end: false,
        }
    }

    /// Takes an event in.
    pub fn on_event(&mut self, frame: &EventFrame) {
        self.link = Link::Live;
        match &frame.event {
            Event::ScanStarted { .. } => {
                self.status = ScanStatus::Running;
                self.began = self.began.or(Some(frame.ts));
            }
            Event::ScanPaused {} => self.status = ScanStatus::Paused,
            Event::ScanResumed {} => self.status = ScanStatus::Running,
            Event::ScanStopping {} => self.status = ScanStatus::Stopping,
            // What ran when the server went down runs anew.
            Event::ScanRecovered { .. } => self.running.clear(),
            Event::ScanWaiting { waits_for, .. } => self.waits_for = Some(waits_for.clone()),
            Event::ScanReady {} => self.waits_for = None,
            Event::ScanProgress { progress, verdicts } => {
                (self.progress, self.verdicts) = (*progress, *verdicts);
                return;
            }
            Event::ScanComplete { status, verdicts, summary, .. } => {
                (self.status, self.verdicts) = (*status, *verdicts);
                self.running.clear();
                self.waits_for = None;
                let total = self.progress.targets_total;
                let done = total.saturating_sub(verdicts.unfinished);
                self.progress = Progress {
                    targets_done: done,
                    percent: if total == 0 { 100.0 } else { done as f32 * 100.0 / total as f32 },
                    hosts_up: summary.hosts_up,
                    open_ports: summary.open_ports,
                    running_batches: 0,
                    eta_ms: None,
                    eta_p90_ms: None,
                    ..self.progress
                };
                self.ended = Some(frame.ts);
                self.saw_end = true;
            }
            Event::BatchStart { batch_id, targets, attempt, .. } => {
                let running = Running {
                    targets: targets.join(" "),
                    attempt: attempt.0,
                    percent: 0.0,
                    phase: String::new(),
                    eta_ms: None,
                };
                self.running.insert(*batch_id, running);
            }
            Event::BatchProgress { batch_id, percent, phase, eta_ms } => {
                if let Some(running) = self.running.get_mut(batch_id) {
                    (running.percent, running.eta_ms) = (*percent, *eta_ms);
                    running.phase.clone_from(phase);
                }
                return;
            }
            Event::BatchComplete { batch_id, .. }
            | Event::BatchFailed { batch_id, .. }
            | Event::BatchSplit { batch_id, .. }
            | Event::BatchStopped { batch_id, .. } => {
                self.running.remove(batch_id);
            }
            Event::Host { address, hostname, ports, .. } if !ports.is_empty() => {
                let ports = ports.iter().map(|port| {
                    let service = port.service.as_deref().unwrap_or_default();
                    format!("{}/{} {service}", port.port, port.protocol).trim_end().to_owned()
                });
                let ports = ports.collect::<Vec<_>>().join(", ");
                let name = hostname.as_ref().map_or_else(String::new, |name| format!(" ({name})"));
                push(&mut self.findings, format!("{address}{name} {ports}"), FINDINGS_MAX);
            }
            _ => {}
        }
        self.say(describe(frame));
    }

    /// Returns whether the scan's last event was shown.
    pub fn is_over(&self) -> bool {
        self.saw_end
    }

    /// Adds a line to the log.
    pub fn say(&mut self, line: String) {
        let is_shown = self.passes(&line);
        push(&mut self.log, line, LOG_MAX);
        // What is looked at stays where it is.
        if !self.follows && is_shown {
            self.above_end += 1;
        }
    }

    /// Returns the lines of the log that fit, the oldest first.
    pub fn log(&self, height: usize) -> Vec<&str> {
        let newest = self.log.iter().rev().filter(|line| self.passes(line));
        let skipped = if self.follows { 0 } else { self.above_end };
        let mut lines: Vec<&str> = newest.skip(skipped).take(height).map(String::as_str).collect();
        lines.reverse();
        lines
    }

    fn passes(&self, line: &str) -> bool {
        self.filter.is_empty() || line.to_lowercase().contains(&self.filter.to_lowercase())
    }

    /// Takes a key in, and returns what it asks for.
    pub fn on_key(&mut self, key: Key) -> Wish {
        if key == Key::Interrupt {
            return Wish::Quit;
        }
        match self.mode {
            Mode::Help => {
                self.mode = Mode::Look;
                Wish::Nothing
            }
            Mode::ConfirmStop => {
                self.mode = Mode::Look;
                match key {
                    Key::Char('y' | 'Y') if !self.status.has_ended() => Wish::Stop,
                    _ => Wish::Nothing,
                }
            }
            Mode::Filter => {
                self.on_filter_key(key);
                Wish::Nothing
            }
            Mode::Look => self.on_look_key(key),
        }
    }

    fn on_filter_key(&mut self, key: Key) {
        match key {
            Key::Enter => self.mode = Mode::Look,
            Key::Escape => {
                self.filter.clear();
                self.mode = Mode::Look;
            }
            Key::Backspace => drop(self.filter.pop()),
            Key::Char(c) if self.filter.chars().count() < FILTER_MAX => self.filter.push(c),
            _ => {}
        }
        self.follow_newest();
    }

    fn on_look_key(&mut self, key: Key) -> Wish {
        match key {
            Key::Char('q') => return Wish::Quit,
            Key::Char('p') => match self.status {
                ScanStatus::Paused => return Wish::Resume,
                ScanStatus::Queued | ScanStatus::Running => return Wish::Pause,
                _ => {}
            },
            Key::Char('s') if !self.status.has_ended() => self.mode = Mode::ConfirmStop,
            Key::Char('f') if self.follows => self.follows = false,
            Key::Char('f') | Key::End => self.follow_newest(),
            Key::Char('/') => self.mode = Mode::Filter,
            Key::Char('?') => self.mode = Mode::Help,
            Key::Escape => {
                self.filter.clear();
                self.follow_newest();
            }
            Key::Up => self.scroll(1, true),
            Key::PageUp => self.scroll(PAGE, true),
            Key::Home => self.scroll(LOG_MAX, true),
            Key::Down => self.scroll(1, false),
            Key::PageDown => self.scroll(PAGE, false),
            _ => {}
        }
        Wish::Nothing
    }

    fn follow_newest(&mut self) {
        (self.follows, self.above_end) = (true, 0);
    }

    fn scroll(&mut self, lines: usize, up: bool) {
        if up {
            let shown = self.log.iter().filter(|line| self.passes(line)).count();
            let held = if self.follows { 0 } else { self.above_end };
            self.above_end = (held + lines).min(shown.saturating_sub(1));
            self.follows = false;
        } else if self.above_end <= lines {
            self.follow_newest();
        } else {
            self.above_end -= lines;
        }
    }

    /// Says how much time there is left, or how long it took.
    pub fn time(&self, now: Time) -> String {
        let took = |until: Time| self.began.map(|began| human_ms(until.millis_since(began)));
        if let Some(ended) = self.ended {
            return took(ended).map_or_else(String::new, |took| format!("took {took}"));
        }
        let so_far = took(now).map_or_else(String::new, |took| format!("{took} so far"));
        match (self.progress.eta_ms, self.status) {
            (Some(eta), ScanStatus::Running) => format!("{so_far}, about {} left", human_ms(eta)),
            _ => so_far,
        }
    }
}

fn push(lines: &mut VecDeque<String>, line: String, most: usize) {
    if lines.len() >= most {
        lines.pop_front();
    }
    lines.push_back(line);
}
