//! Small commands that change something.

use crate::words::meant;
use crate::{
    cli::{GrantArgs, LimitsArgs, ProjectsCommand, Switch, TargetsCommand},
    client::{Client, Session},
    exit::{Exit, Failure},
    output::Output,
};
use netscan_schemas::{
    ProjectId, ScanId,
    api::{
        DifficultTarget, ExpandAnswer, Governor, LimitsRequest, Project, ProjectGrants,
        ScanCommandAnswer, System,
    },
    grants::GrantsChange,
    problem::{Code, Problem},
};
use serde_json::json;

/// Stops a scan.
pub async fn stop(
    client: &Client,
    scan: ScanId,
    force: bool,
    out: &Output,
) -> Result<Exit, Failure> {
    command(client, scan, if force { "stop?force=true" } else { "stop" }, out).await
}

/// Stops, pauses or resumes a scan.
pub async fn command(
    client: &Client,
    scan: ScanId,
    what: &str,
    out: &Output,
) -> Result<Exit, Failure> {
    let path = format!("/api/scans/{scan}/{what}");
    let answer: ScanCommandAnswer = client.post(&path, &json!({})).await?;
    match out.json {
        true => out.json(&answer)?,
        false => out.line(&format!("scan {scan} is {}", answer.status))?,
    }
    Ok(Exit::Ok)
}

/// Shows what all nmaps may use, having changed it if that is asked for.
pub async fn limits(session: &Session, args: &LimitsArgs, out: &Output) -> Result<Exit, Failure> {
    let request = LimitsRequest {
        slots: args.slots.map(|slots| u32::try_from(slots).unwrap_or(u32::MAX)),
        packet_rate: args.packet_rate,
        memory_reserve_bytes: args.memory_reserve,
    };
    let governor = if request == LimitsRequest::default() {
        session.client.get::<System>("/api/system").await?.governor
    } else if session.system().is_some() {
        return Err(Failure::Usage(
            "no netscan runs whose limits could be changed: give --slots and --packet-rate to \
             `netscan serve` or `netscan scan`"
                .to_owned(),
        ));
    } else {
        session.client.patch("/api/system/limits", &json!(request)).await?
    };
    match out.json {
        true => out.json(&governor)?,
        false => show_governor(&governor, out)?,
    }
    Ok(Exit::Ok)
}

fn show_governor(governor: &Governor, out: &Output) -> Result<(), Failure> {
    let Governor { slots, slots_in_use, packet_rate, packet_rate_dealt, .. } = governor;
    out.line(&format!("slots    {slots_in_use} of {slots} in use"))?;
    out.line(&match packet_rate {
        None => "packets  no bound".to_owned(),
        Some(rate) => {
            let drains = if packet_rate_dealt > rate { ", until enough of them end" } else { "" };
            format!(
                "packets  {packet_rate_dealt} of {rate} a second dealt to nmaps that run{drains}"
            )
        }
    })?;
    out.line(&format!("memory   {} MiB are left to others", governor.memory_reserve_bytes >> 20))?;
    let waits_for = governor.waits_for.as_deref().unwrap_or("nothing").replace('_', " ");
    out.line(&format!("waiting  {} batches, for {waits_for}", governor.waiting))
}

/// Says what target expressions mean, and which targets are difficult.
pub async fn targets(
    client: &Client,
    command: TargetsCommand,
    out: &Output,
) -> Result<Exit, Failure> {
    match command {
        TargetsCommand::Expand { targets } => expand(client, targets, out).await,
        TargetsCommand::Difficult { scan } => difficult(client, scan, out).await,
    }
}

/// Lists hosts that scans could not finish.
async fn difficult(client: &Client, scan: Option<ScanId>, out: &Output) -> Result<Exit, Failure> {
    const PAGE: usize = 1000;
    let scan = scan.map_or_else(String::new, |scan| format!("&scan={scan}"));
    let mut found: Vec<DifficultTarget> = Vec::new();
    loop {
        let after =
            found.last().map_or_else(String::new, |last| format!("&after={}", last.address));
        let path = format!("/api/targets/difficult?limit={PAGE}{scan}{after}");
        let page: Vec<DifficultTarget> = client.get(&path).await?;
        let is_last = page.len() < PAGE;
        found.extend(page);
        if is_last {
            break;
        }
    }
    if out.json {
        return out.json(&found).map(|()| Exit::Ok);
    }
    if found.is_empty() {
        out.note("every host that was given up has been finished since");
        return Ok(Exit::Ok);
    }
    let rows = found.into_iter().map(|target| {
        let newest = target.history.into_iter().next();
        let (batch, detail) = newest.map_or_else(Default::default, |time| {
            (format!("scan {} batch {}", time.scan_id, time.batch_id), time.detail)
        });
        vec![target.address, target.times.to_string(), batch, detail]
    });
    out.table(&["HOST", "TIMES", "LAST", "WHY"], rows.collect())?;
    Ok(Exit::Ok)
}

async fn expand(client: &Client, targets: Vec<String>, out: &Output) -> Result<Exit, Failure> {
    let body = json!({ "targets": targets });
    let answer: ExpandAnswer = client.post("/api/targets/expand", &body).await?;
    if out.json {
        out.json(&answer)?;
    } else {
        for target in &answer.targets {
            out.line(target)?;
        }
        if answer.truncated {
            out.note(&format!("the first {} of {}", answer.targets.len(), answer.total));
        }
        for bad in &answer.invalid {
            out.note(&format!("`{}`: {}", bad.target, bad.reason));
        }
    }
    Ok(if answer.invalid.is_empty() { Exit::Ok } else { Exit::Usage })
}

/// Returns the project that a number or a name means. A number that there is comes first.
pub async fn project_of(client: &Client, text: &str) -> Result<ProjectId, Failure> {
    let projects: Vec<Project> = client.list("/api/projects").await?;
    let number = text.parse().ok();
    let numbered = projects.iter().find(|project| Some(project.id) == number);
    let named = || projects.iter().find(|project| project.name == text);
    numbered.or_else(named).map(|project| project.id).ok_or_else(|| {
        let close = meant(text, projects.iter().map(|project| project.name.as_str()));
        let close = close.map_or_else(String::new, |name| format!("did you mean `{name}`? "));
        let detail = format!(
            "there is no project `{text}`; {close}`netscan projects ls` lists numbers and names"
        );
        Failure::Problem(Box::new(Problem::new(Code::NotFound, detail)))
    })
}

/// Changes what is granted to a project.
async fn grant(client: &Client, args: GrantArgs, out: &Output) -> Result<Exit, Failure> {
    let id = project_of(client, &args.project).await?;
    let change = GrantsChange {
        scripts: args.scripts.map(Into::into),
        evasion: args.evasion.map(|switch| switch == Switch::On),
        note: args.note,
    };
    let body = json!({ "grants": change });
    let project: Project = client.patch(&format!("/api/projects/{id}"), &body).await?;
    match out.json {
        true => out.json(&project)?,
        false => out.line(&format!("project {id} may: {}", granted(&project.grants)))?,
    }
    Ok(Exit::Ok)
}

/// Returns what is granted to a project, in the words of the command line.
fn granted(grants: &ProjectGrants) -> String {
    let evasion = if grants.evasion { ", evasion" } else { "" };
    format!("{} scripts{evasion}", grants.scripts)
}

/// Lists, makes, changes and deletes projects.
pub async fn projects(
    client: &Client,
    command: ProjectsCommand,
    out: &Output,
) -> Result<Exit, Failure> {
    match command {
        ProjectsCommand::Ls => {
            let projects: Vec<Project> = client.list("/api/projects").await?;
            if out.json {
                out.json(&projects)?;
            } else {
                let rows = projects.into_iter().map(|project| {
                    let description = project.description.unwrap_or_default();
                    vec![
                        project.id.to_string(),
                        project.name,
                        project.scan_count.to_string(),
                        granted(&project.grants),
                        description,
                    ]
                });
                out.table(&["ID", "NAME", "SCANS", "MAY", "DESCRIPTION"], rows.collect())?;
            }
        }
        ProjectsCommand::Add { name, description } => {
            let body = json!({ "name": name, "description": description });
            let project: Project = client.post("/api/projects", &body).await?;
            match out.json {
                true => out.json(&project)?,
                false => out.line(&format!("project {} made", project.id))?,
            }
        }
        ProjectsCommand::Rm { project } => {
            let id = project_of(client, &project).await?;
            client.delete(&format!("/api/projects/{id}")).await?;
            out.note(&format!("project {id} deleted"));
        }
        ProjectsCommand::Grant(args) => return grant(client, args, out).await,
    }
    Ok(Exit::Ok)
}
