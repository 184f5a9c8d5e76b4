//! `netscan scope`: what may be scanned, and what may not.

use super::manage::project_of;
use crate::{
    cli::{ScopeCommand, ScopeEntryArgs},
    client::Client,
    exit::{Exit, Failure},
    output::Output,
};
use netscan_schemas::{
    ScopeId,
    api::{NewScopeEntry, Scope, ScopeEntry, ScopeSource, ScopeSummary},
    problem::{Code, Problem},
    scope::ScopeList,
};

/// Ranges that one line shows.
const SHOWN: usize = 8;

/// Lists, adds and removes entries.
pub async fn run(client: &Client, command: ScopeCommand, out: &Output) -> Result<Exit, Failure> {
    match command {
        ScopeCommand::Ls { project } => list(client, project.as_deref(), out).await,
        ScopeCommand::Allow(args) => add(client, ScopeList::Allow, args, out).await,
        ScopeCommand::Deny(args) => add(client, ScopeList::Deny, args, out).await,
        ScopeCommand::Rm { entries, project } => {
            remove(client, &entries, project.as_deref(), out).await
        }
    }
}

/// Returns where the scope of a project is, or the server's.
async fn path(client: &Client, project: Option<&str>) -> Result<String, Failure> {
    match project {
        None => Ok("/api/scope".to_owned()),
        Some(project) => {
            let id = project_of(client, project).await?;
            Ok(format!("/api/projects/{id}/scope"))
        }
    }
}

async fn list(client: &Client, project: Option<&str>, out: &Output) -> Result<Exit, Failure> {
    let scope: Scope = client.get(&path(client, project).await?).await?;
    if out.json {
        return out.json(&scope).map(|()| Exit::Ok);
    }
    let rows: Vec<_> = scope.allow.iter().chain(&scope.deny).map(row).collect();
    if rows.is_empty() {
        out.note("the project has no scope of its own: what the server may scan holds");
    } else {
        out.table(&["ENTRY", "LIST", "ADDRESSES", "EXPIRES", "BY", "WHY"], rows)?;
    }
    let more = if scope.effective_truncated { " and more" } else { "" };
    let effective = match scope.effective.is_empty() {
        true => "nothing".to_owned(),
        false => format!("{}{more}", scope.effective.join(", ")),
    };
    out.line(&format!("may be scanned: {effective}"))?;
    Ok(Exit::Ok)
}

fn row(entry: &ScopeEntry) -> Vec<String> {
    let id = match (entry.id, entry.source) {
        (Some(id), _) => id.to_string(),
        (None, ScopeSource::Session) => "session".to_owned(),
        (None, _) => "-".to_owned(),
    };
    let expires = match (entry.expires_at, entry.expired) {
        (None, _) => String::new(),
        (Some(_), true) => "expired".to_owned(),
        (Some(at), false) => at.to_string(),
    };
    let why = entry.note.clone().unwrap_or_default();
    vec![id, entry.list.to_string(), entry.target.clone(), expires, entry.by.clone(), why]
}

async fn add(
    client: &Client,
    list: ScopeList,
    args: ScopeEntryArgs,
    out: &Output,
) -> Result<Exit, Failure> {
    let path = path(client, args.project.as_deref()).await?;
    let mut added = Vec::new();
    for target in args.targets {
        let (note, expires_at) = (args.note.clone(), args.expires);
        let entry = NewScopeEntry { list, target, note, expires_at };
        let body = serde_json::to_value(&entry).map_err(|error| Failure::Protocol {
            what: format!("the entry cannot be written as JSON: {error}"),
        })?;
        let entry: ScopeEntry = client.post(&path, &body).await?;
        match out.json {
            true => added.push(entry),
            false => {
                let id = entry.id.map_or_else(String::new, |id| format!("entry {id}: "));
                out.line(&format!("{id}{list} {}", entry.target))?;
            }
        }
    }
    if out.json {
        out.json(&added)?;
    }
    Ok(Exit::Ok)
}

async fn remove(
    client: &Client,
    entries: &[String],
    project: Option<&str>,
    out: &Output,
) -> Result<Exit, Failure> {
    let path = path(client, project).await?;
    let scope: Scope = client.get(&path).await?;
    let mut ids = Vec::new();
    for entry in entries {
        ids.extend(find(&scope, entry)?);
    }
    ids.sort_unstable();
    ids.dedup();
    for id in ids {
        client.delete(&format!("{path}/{id}")).await?;
        out.note(&format!("entry {id} is taken away"));
    }
    Ok(Exit::Ok)
}

/// Returns the entries that a number or an address means: all, before any is taken away.
fn find(scope: &Scope, text: &str) -> Result<Vec<ScopeId>, Failure> {
    let all = || scope.allow.iter().chain(&scope.deny);
    let number: Option<ScopeId> = text.parse().ok();
    let is_it = |entry: &&ScopeEntry| match number {
        Some(_) => entry.id == number,
        None => entry.target == text,
    };
    let found: Vec<ScopeId> = all().filter(is_it).filter_map(|entry| entry.id).collect();
    if !found.is_empty() {
        return Ok(found);
    }
    let detail = match all().find(is_it).map(|entry| entry.source) {
        Some(ScopeSource::Session) => {
            format!("`{text}` is allowed by `netscan serve --allow`, and ends with that server")
        }
        Some(_) => format!(
            "`{text}` is one of netscan's own entries: `netscan scope deny {text}` takes what it \
             allows away"
        ),
        None => format!("there is no entry `{text}`; `netscan scope ls` lists them"),
    };
    Err(Failure::Problem(Box::new(Problem::new(Code::NotFound, detail))))
}

/// Returns the scope in a line.
pub fn summary(scope: &ScopeSummary) -> String {
    if let Some(problem) = &scope.problem {
        return problem.clone();
    }
    let shown: Vec<&str> = scope.effective.iter().take(SHOWN).map(String::as_str).collect();
    let more = match scope.effective_truncated || scope.effective.len() > SHOWN {
        true => ", and more (`netscan scope ls`)",
        false => "",
    };
    let public = if scope.public { "; public addresses among them" } else { "" };
    match shown.is_empty() {
        true => "nothing may be scanned".to_owned(),
        false => format!("{}{more}{public}", shown.join(", ")),
    }
}
