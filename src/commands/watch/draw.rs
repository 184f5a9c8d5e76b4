//! Draws the live view.
//!
//! ```text
//! scan 3 weekly (Default): running
//! ██████ 62.1 %  159/256  1 min 2 s so far, about 40.0 s left ░░░░░░░░░░░░░
//! 40 up, 118 down, 98 unfinished, 84 open ports
//! ┌ running ──────────────┐┌ findings ────┐
//! ┌ log ──────────────────────────────────┐
//! q quit  p pause  s stop ...
//! ```

use super::core::{Link, Mode, Running, View};
use crate::output::{clean, human_ms};
use netscan_schemas::{BatchId, Time, scan::ScanStatus};
use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    style::{Color, Modifier, Style},
    text::{Line, Span},
    widgets::{Block, Clear, Gauge, Paragraph},
};

/// Narrowest screen on which two panes stand side by side.
const WIDE: u16 = 100;

const HELP: [&str; 10] = [
    "q, Ctrl-C   leave; the scan goes on",
    "p           pause the scan, and go on with it",
    "s           stop the scan and keep what it found",
    "f           follow the newest line, or stay",
    "↑ ↓ PgUp PgDn Home End   move in the log",
    "/           show lines of the log with these words; Enter keeps, Esc clears",
    "?           this help",
    "",
    "The log begins with the scan's first event, or after --since.",
    "Any key goes back.",
];

/// Draws everything.
pub fn draw(frame: &mut Frame<'_>, view: &View, now: Time, colour: bool) {
    let area = frame.area();
    let batches = (view.running.len() as u16 + 2).clamp(3, 10);
    let rows = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Length(if area.width >= WIDE { batches.max(6) } else { batches }),
        Constraint::Length(if area.width >= WIDE { 0 } else { 6 }),
        Constraint::Min(3),
        Constraint::Length(1),
    ]);
    let [head, gauge, counts, first, second, log, foot] = rows.areas(area);
    let paint = |color: Color| match colour {
        true => Style::default().fg(color),
        false => Style::default(),
    };
    frame.render_widget(Paragraph::new(head_line(view, &paint)), head);
    draw_gauge(frame, view, now, gauge, paint(Color::Green));
    frame.render_widget(Paragraph::new(counts_line(view)), counts);
    let (running, findings) = if area.width >= WIDE {
        let halves = Layout::horizontal([Constraint::Percentage(50), Constraint::Percentage(50)]);
        let [left, right] = halves.areas(first);
        (left, right)
    } else {
        (first, second)
    };
    draw_running(frame, view, running);
    draw_findings(frame, view, findings, paint(Color::Green));
    draw_log(frame, view, log);
    frame.render_widget(Paragraph::new(foot_line(view)), foot);
    if view.mode == Mode::Help {
        draw_help(frame, area);
    }
}

fn head_line(view: &View, paint: &impl Fn(Color) -> Style) -> Line<'static> {
    let color = match view.status {
        ScanStatus::Completed | ScanStatus::Running => Color::Green,
        ScanStatus::Failed => Color::Red,
        _ => Color::Yellow,
    };
    let bold = Style::default().add_modifier(Modifier::BOLD);
    let mut spans = vec![
        Span::styled(clean(&view.title), bold),
        Span::raw(": "),
        Span::styled(view.status.as_str(), paint(color).add_modifier(Modifier::BOLD)),
    ];
    if let Some(waits_for) = &view.waits_for {
        let text = format!("  waits for {}", clean(waits_for));
        spans.push(Span::styled(text, paint(Color::Yellow)));
    }
    let link = match &view.link {
        Link::Live => String::new(),
        Link::Lost => "  the server does not answer; it is tried again".to_owned(),
        Link::Adrift(why) => format!("  {}", clean(why)),
    };
    spans.push(Span::styled(link, paint(Color::Red).add_modifier(Modifier::REVERSED)));
    Line::from(spans)
}

fn draw_gauge(frame: &mut Frame<'_>, view: &View, now: Time, area: Rect, style: Style) {
    let progress = &view.progress;
    let label = format!(
        "{:.1} %  {}/{}  {}",
        progress.percent,
        progress.targets_done,
        progress.targets_total,
        view.time(now)
    );
    let ratio = (f64::from(progress.percent) / 100.0).clamp(0.0, 1.0);
    let gauge = Gauge::default().gauge_style(style).ratio(ratio).label(label).use_unicode(true);
    frame.render_widget(gauge, area);
}

fn counts_line(view: &View) -> String {
    let v = &view.verdicts;
    let named = [
        (v.up, "up", true),
        (v.down, "down", true),
        (v.timed_out, "timed out", false),
        (v.unfinished, "unfinished", true),
        (v.excluded, "excluded", false),
        (v.unresolved, "unresolved", false),
        (view.progress.open_ports, "open ports", true),
    ];
    let named = named.iter().filter(|(count, _, always)| *always || *count > 0);
    named.map(|(count, name, _)| format!("{count} {name}")).collect::<Vec<_>>().join(", ")
}

fn draw_running(frame: &mut Frame<'_>, view: &View, area: Rect) {
    let title = format!(" {} running ", view.running.len());
    let fits = usize::from(area.height.saturating_sub(2));
    let mut lines: Vec<Line<'_>> = view
        .running
        .iter()
        .take(fits)
        .map(|(id, batch)| Line::from(batch_line(*id, batch)))
        .collect();
    if let Some(more @ 1..) = view.running.len().checked_sub(fits)
        && let Some(last) = lines.last_mut()
    {
        *last = Line::from(format!("and {} more", more + 1));
    }
    frame.render_widget(Paragraph::new(lines).block(Block::bordered().title(title)), area);
}

fn batch_line(id: BatchId, batch: &Running) -> String {
    let again = match batch.attempt {
        1 => String::new(),
        attempt => format!(" (attempt {attempt})"),
    };
    let left = batch.eta_ms.map_or_else(String::new, |ms| format!(", {} left", human_ms(ms)));
    clean(&format!("{id}{again} {:>3.0} % {}{left}  {}", batch.percent, batch.phase, batch.targets))
}

fn draw_findings(frame: &mut Frame<'_>, view: &View, area: Rect, style: Style) {
    let title = format!(" findings ({} hosts up) ", view.progress.hosts_up);
    let fits = usize::from(area.height.saturating_sub(2));
    let newest = view.findings.iter().rev().take(fits);
    let lines: Vec<Line<'_>> = newest.map(|line| Line::styled(clean(line), style)).collect();
    frame.render_widget(Paragraph::new(lines).block(Block::bordered().title(title)), area);
}

fn draw_log(frame: &mut Frame<'_>, view: &View, area: Rect) {
    let mut title = " log".to_owned();
    if !view.filter.is_empty() {
        title.push_str(&format!(" with `{}`", clean(&view.filter)));
    }
    title.push_str(if view.follows { " " } else { ", held; f follows " });
    let fits = usize::from(area.height.saturating_sub(2));
    let lines: Vec<Line<'_>> =
        view.log(fits).into_iter().map(|line| Line::from(clean(line))).collect();
    frame.render_widget(Paragraph::new(lines).block(Block::bordered().title(title)), area);
}

fn foot_line(view: &View) -> String {
    match view.mode {
        Mode::Filter => format!("/{}▏  Enter keeps it, Esc clears it", clean(&view.filter)),
        Mode::ConfirmStop => {
            format!("stop scan {} and keep what it found? y stops it, other keys do not", view.id)
        }
        Mode::Look | Mode::Help if view.status.has_ended() => {
            "q leave  f follow  / filter  ? help    the scan has ended".to_owned()
        }
        Mode::Look | Mode::Help => {
            let pause = if view.status == ScanStatus::Paused { "go on" } else { "pause" };
            format!("q leave  p {pause}  s stop  f follow  / filter  ? help")
        }
    }
}

fn draw_help(frame: &mut Frame<'_>, area: Rect) {
    let width = area.width.min(80);
    let height = area.height.min(HELP.len() as u16 + 2);
    let place = Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 2,
        width,
        height,
    };
    frame.render_widget(Clear, place);
    let lines: Vec<Line<'_>> = HELP.iter().map(|line| Line::from(*line)).collect();
    frame.render_widget(Paragraph::new(lines).block(Block::bordered().title(" keys ")), place);
}
