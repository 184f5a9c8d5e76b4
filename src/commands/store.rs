//! `netscan store`: looks after the store of a data directory that no process uses.

use crate::{
    cli::StoreCommand,
    config::data_dir,
    exit::{Exit, Failure},
    output::{Output, human_bytes},
};
use netscan_store::upkeep::{Checked, Closed, Salvaged, UpkeepError};
use serde_json::{Value, json};
use std::path::Path;

/// Carries out a command on the store.
pub async fn run(
    command: StoreCommand,
    server: Option<&str>,
    data: Option<&Path>,
    out: &Output,
) -> Result<Exit, Failure> {
    if let Some(server) = server {
        return Err(Failure::Usage(format!(
            "the store of {server} is looked after where its data directory is, with its server \
             stopped"
        )));
    }
    let dir = data_dir(data)?;
    let json = out.json;
    // It reads, and may write, all of the store.
    let work = tokio::task::spawn_blocking(move || carry_out(&command, &dir, json)).await;
    let done = work.map_err(|error| Failure::Io {
        what: "looking after the store".into(),
        source: std::io::Error::other(error),
    })??;
    match done.lines {
        Report::Json(value) => out.json(&value)?,
        Report::Lines(lines) => {
            for line in lines {
                out.line(&line)?;
            }
        }
        Report::Table(rows) => {
            out.table(&["TABLE", "ROWS", "DATA", "OVERHEAD"], rows)?;
        }
    }
    for note in done.notes {
        out.note(&note);
    }
    Ok(done.exit)
}

/// What is printed.
enum Report {
    Json(Value),
    Lines(Vec<String>),
    Table(Vec<Vec<String>>),
}

struct Done {
    exit: Exit,
    lines: Report,
    notes: Vec<String>,
}

fn carry_out(command: &StoreCommand, dir: &Path, json: bool) -> Result<Done, Failure> {
    let closed = Closed::take(dir).map_err(UpkeepError::Open)?.by(netscan_http::own_origin());
    match command {
        StoreCommand::Check { repair } => check(&closed, *repair, json),
        StoreCommand::Stats => stats(&closed, json),
        StoreCommand::Backup { file } => {
            let copied = closed.backup(file)?;
            let clean = copied.report.is_clean();
            let value = json!({
                "file": file,
                "rows": copied.rows,
                "bytes": copied.bytes,
                "problems": copied.report.problems,
            });
            let mut lines = vec![format!(
                "{} rows in {}, {}",
                copied.rows,
                file.display(),
                human_bytes(copied.bytes)
            )];
            lines.extend(copied.report.problems.iter().map(|problem| format!("wrong: {problem}")));
            Ok(done(if clean { Exit::Ok } else { Exit::Store }, json, value, lines))
        }
        StoreCommand::Compact => {
            let compacted = closed.compact()?;
            let (before, after) = (compacted.before_bytes, compacted.after_bytes);
            let value = json!({ "before_bytes": before, "after_bytes": after });
            let line = format!("{} before, {} now", human_bytes(before), human_bytes(after));
            Ok(done(Exit::Ok, json, value, vec![line]))
        }
        StoreCommand::Salvage { file } => {
            let saved = closed.salvage(file)?;
            let value = salvaged_json(file, &saved);
            Ok(done(Exit::Ok, json, value, salvaged_lines(file, &saved)))
        }
    }
}

fn done(exit: Exit, json: bool, value: Value, lines: Vec<String>) -> Done {
    let lines = if json { Report::Json(value) } else { Report::Lines(lines) };
    Done { exit, lines, notes: Vec::new() }
}

fn check(closed: &Closed, repair: bool, json: bool) -> Result<Done, Failure> {
    let mut checked = closed.check()?;
    let mut repaired = 0;
    if repair && checked.file_damage.is_none() && !checked.report.is_clean() {
        let before = checked.report.problems_total;
        checked = Checked { report: closed.repair()?, ..Checked::default() };
        repaired = before - checked.report.problems_total.min(before);
    }
    let report = &checked.report;
    let problems = report.problems.iter().map(|problem| {
        let mend = if checked.mendable.contains(problem) { "repair" } else { "salvage" };
        json!({ "problem": problem, "mend": mend })
    });
    let value = json!({
        "clean": checked.is_clean(),
        "file": closed.file(),
        "file_damage": checked.file_damage,
        "problems": problems.collect::<Vec<_>>(),
        "problems_total": report.problems_total,
        "repaired": repaired,
        "projects": report.projects,
        "scans": report.scans,
        "batches": report.batches,
        "attempts": report.attempts,
        "hosts": report.hosts,
        "open_ports": report.open_ports,
        "events": report.events,
        "raw_frames": report.raw_frames,
        "raw_bytes": report.raw_bytes,
        "audit_entries": report.audit_entries,
    });
    let exit = if checked.is_clean() { Exit::Ok } else { Exit::Store };
    Ok(done(exit, json, value, check_lines(&checked, repaired)))
}

fn check_lines(checked: &Checked, repaired: u64) -> Vec<String> {
    let report = &checked.report;
    let mut lines = Vec::new();
    if let Some(why) = &checked.file_damage {
        lines.push(format!("damaged: the file itself: {why}"));
    }
    for problem in &report.problems {
        let kind = if checked.mendable.contains(problem) { "wrong" } else { "damaged" };
        lines.push(format!("{kind}: {problem}"));
    }
    let told = report.problems.len() as u64;
    if report.problems_total > told {
        lines.push(format!("and {} more", report.problems_total - told));
    }
    if repaired > 0 {
        lines.push(format!("{repaired} problems were mended"));
    }
    lines.push(format!(
        "{} projects, {} scans, {} batches, {} attempts, {} hosts, {} open ports, {} events, {} of \
         raw output, {} audit entries",
        report.projects,
        report.scans,
        report.batches,
        report.attempts,
        report.hosts,
        report.open_ports,
        report.events,
        human_bytes(report.raw_bytes),
        report.audit_entries
    ));
    let damaged = report.problems.iter().any(|problem| !checked.mendable.contains(problem));
    if checked.is_clean() {
        lines.push("the store is sound".into());
    }
    if !checked.mendable.is_empty() {
        lines.push(
            "What is wrong is mended by `netscan store check --repair`, from the records.".into(),
        );
    }
    if checked.file_damage.is_some() || damaged {
        lines.push(
            "What is damaged is lost here: restore a backup, or save what is sound with `netscan \
             store salvage FILE`."
                .into(),
        );
    }
    lines
}

fn stats(closed: &Closed, json: bool) -> Result<Done, Failure> {
    let tables = closed.stats()?;
    let file_bytes = closed.bytes_on_disk().map_err(UpkeepError::Open)?;
    let free_bytes = closed.free_bytes().map_err(UpkeepError::Open)?;
    if json {
        let tables = tables.iter().map(|table| {
            json!({
                "table": table.table,
                "rows": table.rows,
                "stored_bytes": table.stored_bytes,
                "overhead_bytes": table.overhead_bytes,
            })
        });
        let value = json!({
            "file": closed.file(),
            "file_bytes": file_bytes,
            "free_bytes": free_bytes,
            "tables": tables.collect::<Vec<_>>(),
        });
        return Ok(done(Exit::Ok, true, value, Vec::new()));
    }
    let rows = tables.iter().map(|table| {
        vec![
            table.table.clone(),
            table.rows.to_string(),
            human_bytes(table.stored_bytes),
            human_bytes(table.overhead_bytes),
        ]
    });
    let note = format!(
        "{}: {} on disk, {} free",
        closed.file().display(),
        human_bytes(file_bytes),
        human_bytes(free_bytes)
    );
    Ok(Done { exit: Exit::Ok, lines: Report::Table(rows.collect()), notes: vec![note] })
}

fn salvaged_json(file: &Path, saved: &Salvaged) -> Value {
    let tables = saved.tables.iter().map(|table| {
        json!({
            "table": table.table,
            "saved": table.saved,
            "held": table.held,
            "damaged": table.damaged,
            "unreachable": table.unreachable,
        })
    });
    json!({
        "file": file,
        "rows": saved.copied.rows,
        "bytes": saved.copied.bytes,
        "tables": tables.collect::<Vec<_>>(),
        "settled": saved.settled,
        "remaining_problems": saved.copied.report.problems,
    })
}

fn salvaged_lines(file: &Path, saved: &Salvaged) -> Vec<String> {
    let mut lines = Vec::new();
    for table in saved.tables.iter().filter(|table| !table.is_whole()) {
        let held = table.held.map_or_else(|| "an unknown number".into(), |held| held.to_string());
        lines.push(format!("{}: {} rows saved of {held}", table.table, table.saved));
        lines.extend(table.damaged.iter().map(|row| format!("  lost: {row}")));
        if table.unreachable {
            lines.push("  lost: rows behind pages that cannot be read".into());
        }
    }
    lines.extend(saved.settled.iter().cloned());
    let problems = &saved.copied.report.problems;
    lines.extend(problems.iter().map(|problem| format!("remains: {problem}")));
    if saved.tables.iter().all(netscan_store::upkeep::SavedTable::is_whole) {
        lines.push("nothing is lost".into());
    }
    lines.push(format!("{} rows are in {}", saved.copied.rows, file.display()));
    lines.push("To use it, put it in the place of the damaged netscan.redb, and keep that.".into());
    lines
}
