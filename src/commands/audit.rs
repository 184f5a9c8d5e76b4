//! `netscan audit`: who did what, and whether the log of it is whole.

use crate::{
    cli::{AuditArgs, AuditCommand},
    client::Client,
    exit::{Exit, Failure},
    output::Output,
};
use netscan_schemas::{
    api::{AuditEntry, AuditHead, AuditResult, AuditVerdict},
    limits,
};
use std::time::Duration;

/// Entries that are shown when nothing is said.
const SHOWN: usize = 50;
/// How often it is looked for new ones.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Shows the log, or verifies it.
pub async fn run(client: &Client, args: AuditArgs, out: &Output) -> Result<Exit, Failure> {
    match args.command {
        Some(AuditCommand::Verify { head }) => verify(client, head.as_ref(), out).await,
        None => show(client, &args, out).await,
    }
}

async fn show(client: &Client, args: &AuditArgs, out: &Output) -> Result<Exit, Failure> {
    let filter = filter(args);
    let entries: Vec<AuditEntry> = match args.since {
        Some(since) => client.list(&format!("/api/audit?since={since}&limit=1000{filter}")).await?,
        None => newest(client, args.last.unwrap_or(SHOWN), &filter).await?,
    };
    let mut last = entries.last().map_or(args.since.unwrap_or(0), |entry| entry.seq);
    if !args.follow {
        print_all(&entries, out)?;
        return Ok(Exit::Ok);
    }
    print_lines(&entries, out)?;
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let path = format!("/api/audit?since={last}&limit=1000{filter}");
        let entries: Vec<AuditEntry> = client.list(&path).await?;
        print_lines(&entries, out)?;
        last = entries.last().map_or(last, |entry| entry.seq);
    }
}

fn filter(args: &AuditArgs) -> String {
    let mut filter = String::new();
    if let Some(action) = args.action {
        filter.push_str(&format!("&action={action}"));
    }
    if let Some(actor) = &args.actor {
        let escaped: String = actor.bytes().map(|byte| format!("%{byte:02X}")).collect();
        filter.push_str(&format!("&actor={escaped}"));
    }
    filter
}

/// Returns so many of the newest entries, the newest last.
async fn newest(client: &Client, count: usize, filter: &str) -> Result<Vec<AuditEntry>, Failure> {
    let limit = count.clamp(1, limits::PAGE_MAX);
    let path = format!("/api/audit?limit={limit}{filter}");
    let mut entries: Vec<AuditEntry> = client.list_up_to(&path, count).await?;
    entries.truncate(count);
    entries.reverse();
    Ok(entries)
}

fn print_all(entries: &[AuditEntry], out: &Output) -> Result<(), Failure> {
    if out.json {
        return out.json(&entries);
    }
    if entries.is_empty() {
        out.note("there is no such entry");
        return Ok(());
    }
    let header = ["ENTRY", "TIME", "WHO", "FROM", "ACTION", "OBJECT", "OUTCOME", "MORE"];
    out.table(&header, entries.iter().map(row).collect())
}

/// Prints an entry a line, for what goes on.
fn print_lines(entries: &[AuditEntry], out: &Output) -> Result<(), Failure> {
    for entry in entries {
        if out.json {
            let text = serde_json::to_string(entry).map_err(|error| Failure::Io {
                what: "writing JSON".into(),
                source: error.into(),
            })?;
            out.json_text(&text)?;
        } else {
            let cells = row(entry).into_iter().filter(|cell| !cell.is_empty());
            out.line(&cells.collect::<Vec<_>>().join("  "))?;
        }
    }
    Ok(())
}

fn row(entry: &AuditEntry) -> Vec<String> {
    let actor = &entry.actor;
    let who = match (&actor.token_id, &actor.name) {
        (Some(id), Some(name)) => format!("{} {id} ({name})", actor.kind),
        (_, Some(name)) => format!("{} {name}", actor.kind),
        (_, None) => actor.kind.clone(),
    };
    let object = entry.object.as_ref();
    let object = object.map(|on| format!("{} {}", on.kind.as_str(), on.id)).unwrap_or_default();
    let times = if entry.count > 1 { format!(" {} times", entry.count) } else { String::new() };
    let outcome = match (entry.outcome, &entry.code) {
        (AuditResult::Ok, _) => format!("ok{times}"),
        (AuditResult::Refused, code) => {
            format!("refused{times}: {}", code.as_deref().unwrap_or("?"))
        }
    };
    vec![
        entry.seq.to_string(),
        entry.at.to_string(),
        who,
        entry.from.clone().unwrap_or_default(),
        entry.action.to_string(),
        object,
        outcome,
        entry.detail.clone(),
    ]
}

async fn verify(client: &Client, head: Option<&AuditHead>, out: &Output) -> Result<Exit, Failure> {
    let query = head.map(|head| format!("?head={head}")).unwrap_or_default();
    let verdict: AuditVerdict = client.get(&format!("/api/audit/verify{query}")).await?;
    if out.json {
        out.json(&verdict)?;
    } else {
        for line in verdict_lines(&verdict, head) {
            out.line(&line)?;
        }
    }
    Ok(if verdict.intact {
        Exit::Ok
    } else if verdict.breaks.iter().any(|found| found.damaged) {
        Exit::Store
    } else {
        Exit::Failed
    })
}

fn verdict_lines(verdict: &AuditVerdict, head: Option<&AuditHead>) -> Vec<String> {
    let broken = verdict.breaks.iter().map(|found| {
        let told = found.told_by;
        let told =
            told.map(|by| format!(" (lost before the salvage of entry {by}, which says so)"));
        let told = told.unwrap_or_default();
        format!("the chain breaks at entry {}: {}{told}", found.seq, found.what)
    });
    let mut lines: Vec<String> = broken.collect();
    let more = verdict.breaks_total - verdict.breaks.len() as u64;
    if more > 0 {
        lines.push(format!("and at {more} more places"));
    }
    match (verdict.known_head, head) {
        (Some(false), Some(head)) => lines.push(format!(
            "entry {} is not the one that had this hash: the log was written anew or cut back \
             since, or that head is of another store",
            head.seq
        )),
        (Some(true), Some(head)) => {
            lines.push(format!("entry {} is the one that had this hash", head.seq));
        }
        _ => {}
    }
    let entries = verdict.entries;
    lines.push(match verdict.breaks_total {
        0 => format!("{entries} entries, each as it was written, as far as their chain can tell"),
        _ => format!("{entries} entries"),
    });
    lines.push(format!("head {}", verdict.head));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::tests::payloads;
    use netscan_schemas::{
        audit::{AuditAction, AuditActor, AuditKind, Origin},
        inert,
        stored::AuditRecord,
    };

    #[test]
    fn what_strangers_say_is_shown_inert() {
        for (name, text) in payloads() {
            let actor = AuditActor::Token { id: "k3v9q0ab".parse().unwrap(), name: text.clone() };
            let entry = Origin { actor, from: None }.did(AuditAction::ScanCreate);
            let entry = entry.on(AuditKind::Route, &text).saying(&text).refused(text.clone());
            let record = AuditRecord { seq: 1, entry, prev: [0; 32], hash: [0; 32] };
            let cells = row(&AuditEntry::new(record));
            assert!(cells.iter().any(|cell| cell.contains(&text)), "{name}: {cells:?}");
            let line = crate::output::clean(&cells.join("  "));
            assert!(!line.chars().any(inert::is_harmful), "{name}: {line:?}");
        }
    }
}
