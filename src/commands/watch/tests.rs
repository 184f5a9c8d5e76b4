//! The live view without a terminal.

use super::{
    core::{FINDINGS_MAX, Key, LOG_MAX, Link, Mode, View, Wish},
    draw::draw,
};
use netscan_schemas::{
    AttemptNo, BatchId, ScanId, Time,
    api::Scan,
    event::{Event, EventFrame, LineStream, OpenPort, ScanSummary},
    host::Protocol,
    scan::{Progress, ScanStatus, Verdict, VerdictCounts},
};
use ratatui::{Terminal, backend::TestBackend};
use serde_json::json;

fn scan() -> Scan {
    serde_json::from_value(json!({
        "id": 3, "project_id": 1, "project_name": "Default", "name": "weekly",
        "status": "running", "created_at": "1970-01-01T00:00:00Z",
        "started_at": "1970-01-01T00:00:01Z", "finished_at": null, "nmap_flags": [], "argv": [],
        "targets": ["10.0.0.0/24"], "targets_truncated": false, "exclude": [],
        "exclude_truncated": false, "total_targets": 256, "chunk_size": 16, "concurrency": 4,
        "progress": {
            "targets_done": 0, "targets_total": 256, "percent": 0.0, "hosts_up": 0,
            "open_ports": 0, "running_batches": 0, "eta_ms": null, "eta_p90_ms": null
        },
        "verdicts": {
            "up": 0, "down": 0, "timed_out": 0, "unfinished": 256, "excluded": 0, "unresolved": 0
        },
        "fallback": [], "parent_scan_id": null, "error": null, "is_live": true,
        "tuning": {"chunk_size": true, "concurrency": true}, "batches_by_state": {},
        "warnings": [], "unresolved": [], "waits_for": null
    }))
    .unwrap()
}

fn view() -> View {
    View::new(&scan())
}

fn batch(number: u64) -> BatchId {
    BatchId::new(number).unwrap()
}

fn tell(view: &mut View, event: Event) {
    let scan_id = ScanId::new(3).unwrap();
    view.on_event(&EventFrame { event, seq: 1, ts: Time::from_secs(61), scan_id });
}

fn start(number: u64) -> Event {
    Event::BatchStart {
        batch_id: batch(number),
        targets: vec![format!("10.0.0.{number}")],
        attempt: AttemptNo(1),
        parent_batch_id: None,
        phase: None,
        argv: Vec::new(),
    }
}

fn line(text: &str) -> Event {
    Event::Line { batch_id: batch(1), line: text.into(), stream: LineStream::Stdout }
}

fn found(address: &str) -> Event {
    let port = OpenPort { port: 22, protocol: Protocol::Tcp, service: Some("ssh".into()) };
    Event::Host {
        batch_id: batch(1),
        address: address.into(),
        verdict: Verdict::Up,
        hostname: None,
        ports: vec![port],
    }
}

fn screen(view: &View, width: u16, height: u16) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| draw(frame, view, Time::from_secs(31), false)).unwrap();
    let buffer = terminal.backend().buffer().clone();
    let rows = (0..height).map(|y| {
        let row: String = (0..width).map(|x| buffer[(x, y)].symbol().to_owned()).collect();
        format!("{}\n", row.trim_end())
    });
    rows.collect()
}

#[test]
fn a_running_scan_is_seen_at_a_glance() {
    let mut view = view();
    tell(&mut view, start(7));
    tell(&mut view, start(8));
    let percent = Event::BatchProgress {
        batch_id: batch(7),
        percent: 41.6,
        eta_ms: Some(2_500),
        phase: "Connect Scan".into(),
    };
    tell(&mut view, percent);
    tell(&mut view, found("10.0.0.5"));
    let progress = Progress {
        targets_done: 128,
        targets_total: 256,
        percent: 50.0,
        hosts_up: 40,
        open_ports: 84,
        running_batches: 2,
        eta_ms: Some(30_000),
        eta_p90_ms: None,
    };
    let verdicts = VerdictCounts { up: 40, down: 88, unfinished: 128, ..VerdictCounts::default() };
    tell(&mut view, Event::ScanProgress { progress, verdicts });
    for (width, height) in [(80, 30), (140, 30)] {
        let shown = screen(&view, width, height);
        for wanted in [
            "scan 3 weekly (Default): running",
            "50.0 %  128/256  30.0 s so far, about 30.0 s left",
            "40 up, 88 down, 128 unfinished, 84 open ports",
            " 2 running ",
            "7  42 % Connect Scan, 2.5 s left  10.0.0.7",
            "10.0.0.5 22/tcp ssh",
            "batch 8 attempt 1 starts",
            "p pause",
        ] {
            assert!(shown.contains(wanted), "`{wanted}` at {width} columns:\n{shown}");
        }
    }
    let ended = Event::ScanComplete {
        status: ScanStatus::Completed,
        verdicts: VerdictCounts { up: 50, down: 206, ..VerdictCounts::default() },
        summary: ScanSummary { hosts_up: 50, open_ports: 90, duration_ms: 60_000 },
        error: None,
    };
    tell(&mut view, ended);
    let shown = screen(&view, 80, 30);
    for wanted in ["completed", "100.0 %", "50 up, 206 down", "took 1 min 0 s", " 0 running "] {
        assert!(shown.contains(wanted), "`{wanted}`:\n{shown}");
    }
    assert!(view.is_over());
}

/// A terminal may be of any size, and what hosts say must not take it over.
#[test]
fn every_size_is_drawn_and_nothing_takes_over() {
    let mut view = view();
    for (_, text) in crate::output::tests::payloads() {
        tell(&mut view, line(&text));
        tell(&mut view, found(&text));
        view.waits_for = Some(text);
    }
    for number in 1..40 {
        tell(&mut view, start(number));
    }
    for mode in [Mode::Look, Mode::Filter, Mode::Help, Mode::ConfirmStop] {
        view.mode = mode;
        for (width, height) in [(1, 1), (2, 3), (10, 5), (80, 8), (99, 24), (100, 24), (300, 80)] {
            let shown = screen(&view, width, height);
            let harmful = |c| c != '\n' && netscan_schemas::inert::is_harmful(c);
            assert!(!shown.contains(harmful), "{width} x {height}: {shown:?}");
        }
    }
    view.mode = Mode::Look;
    let shown = screen(&view, 100, 24);
    assert!(shown.contains("39 running") && shown.contains("and 32 more"), "{shown}");
}

#[test]
fn keys_ask_for_what_the_scan_can_do() {
    let mut view = view();
    assert_eq!(view.on_key(Key::Char('p')), Wish::Pause);
    tell(&mut view, Event::ScanPaused {});
    assert_eq!(view.on_key(Key::Char('p')), Wish::Resume);
    // A stop takes a yes.
    assert_eq!(view.on_key(Key::Char('s')), Wish::Nothing);
    assert_eq!(view.mode, Mode::ConfirmStop);
    assert!(screen(&view, 80, 20).contains("stop scan 3 and keep what it found? y"));
    assert_eq!(view.on_key(Key::Char('n')), Wish::Nothing);
    assert_eq!(view.on_key(Key::Char('y')), Wish::Nothing, "the question was answered");
    view.on_key(Key::Char('s'));
    assert_eq!(view.on_key(Key::Char('y')), Wish::Stop);
    tell(&mut view, Event::ScanStopping {});
    assert_eq!(view.on_key(Key::Char('p')), Wish::Nothing, "it is being stopped");
    view.on_key(Key::Char('?'));
    assert!(screen(&view, 80, 24).contains("q, Ctrl-C   leave"));
    assert_eq!(view.on_key(Key::Char('q')), Wish::Nothing, "any key leaves the help");
    assert_eq!(view.on_key(Key::Char('q')), Wish::Quit);
    for mode in [Mode::Look, Mode::Filter, Mode::Help, Mode::ConfirmStop] {
        view.mode = mode;
        assert_eq!(view.on_key(Key::Interrupt), Wish::Quit, "{mode:?}");
    }
    let ended = ScanStatus::Stopped;
    view.status = ended;
    view.mode = Mode::Look;
    assert_eq!((view.on_key(Key::Char('s')), view.mode), (Wish::Nothing, Mode::Look));
}

#[test]
fn the_log_is_filtered_and_stays_where_it_is_looked_at() {
    let mut view = view();
    for number in 0..100 {
        tell(
            &mut view,
            line(&format!("line {number} {}", if number % 2 == 0 { "even" } else { "odd" })),
        );
    }
    assert!(view.log(3)[2].ends_with("line 99 odd"));
    for c in "/EVEN".chars() {
        view.on_key(Key::Char(c));
    }
    assert!(screen(&view, 80, 24).contains("/EVEN"));
    view.on_key(Key::Enter);
    assert_eq!(view.log(200).len(), 50);
    assert!(view.log(3)[2].ends_with("line 98 even"));
    view.on_key(Key::Up);
    assert!(!view.follows && view.log(1)[0].ends_with("line 96 even"));
    tell(&mut view, line("line 100 even"));
    tell(&mut view, line("line 101 odd"));
    assert!(view.log(1)[0].ends_with("line 96 even"), "it moves away under nobody");
    view.on_key(Key::Home);
    assert!(view.log(1)[0].ends_with("line 0 even"));
    view.on_key(Key::Char('f'));
    assert!(view.follows && view.log(1)[0].ends_with("line 100 even"));
    view.on_key(Key::Escape);
    assert!(view.log(1)[0].ends_with("line 101 odd"));
    for number in 0..2 * LOG_MAX {
        tell(&mut view, line(&format!("more {number}")));
        tell(&mut view, found("10.0.0.1"));
    }
    assert_eq!((view.log(usize::MAX).len(), view.findings.len()), (LOG_MAX, FINDINGS_MAX));
}

#[test]
fn a_lost_server_is_told_until_events_come_again() {
    let mut view = view();
    tell(&mut view, start(1));
    view.link = Link::Lost;
    assert!(screen(&view, 120, 20).contains("the server does not answer"));
    // What ran is not running any more, and what goes on is told anew.
    let recovered = Event::ScanRecovered {
        epoch: serde_json::from_value(json!(2)).unwrap(),
        resumed_batches: 1,
        kept_hosts: 0,
    };
    tell(&mut view, recovered);
    let shown = screen(&view, 120, 20);
    assert!(!shown.contains("does not answer") && shown.contains(" 0 running "), "{shown}");
}
