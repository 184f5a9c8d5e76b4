//! `netscan scan`: starts a scan, shows it live, and prints what it found.

use super::{
    follow,
    show::{unfinished, way_on},
};
use crate::{
    cli::{ScanArgs, confirmed},
    client::{Client, Engine, Server, Session},
    config::check_nmap,
    exit::{Exit, Failure},
    output::Output,
    words::Places,
};
use netscan_nmap::targets::split_file;
use netscan_schemas::{
    ScanId,
    api::{Project, RescanRequest, ScanAccepted, ScanRequest},
};
use serde_json::{Value, json};
use std::{
    io::Read,
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::time::{Instant, sleep};

/// How long a process that takes no more scans may take to end.
const LEAVING_WAIT: Duration = Duration::from_secs(15);
/// Wait between two looks at it.
const LEAVING_AGAIN: Duration = Duration::from_millis(200);

/// Runs the command.
pub async fn run(
    args: ScanArgs,
    engine: Engine,
    server: &Server,
    data: Option<&Path>,
    out: &Output,
) -> Result<Exit, Failure> {
    let written = request(&args)?;
    check_nmap(args.nmap.as_deref())?;
    let engine = Engine {
        nmap: args.nmap.clone(),
        slots: args.slots,
        packet_rate: args.packet_rate,
        allow: Vec::new(),
        is_server: false,
        ..engine
    };
    let submitted = accepted(server, data, &engine, async |session: &Session| {
        submit(session, &args, written.request.clone(), out).await
    });
    let (session, accepted) = submitted.await.map_err(|failure| written.name_places(failure))?;
    let done = shown(&session, &accepted, args.detach, out).await;
    session.close().await;
    done
}

/// Scans targets of an ended scan again: on a server that goes on with it, or here.
pub async fn again(
    scan: ScanId,
    request: &RescanRequest,
    engine: Engine,
    server: &Server,
    data: Option<&Path>,
    out: &Output,
) -> Result<Exit, Failure> {
    let path = format!("/api/scans/{scan}/rescan");
    let (session, accepted) = accepted(server, data, &engine, async |session: &Session| {
        session.client.post::<ScanAccepted>(&path, &json!(request)).await
    })
    .await?;
    let id = accepted.scan_id;
    let detach = match session.owner().await {
        Ok(owner) => owner.is_some_and(|owner| owner.is_server),
        Err(failure) => {
            session.close().await;
            return Err(failure);
        }
    };
    if session.system().is_some() {
        out.note(&format!(
            "note: no server owns the data directory, so that scan {id} runs in this process"
        ));
    }
    let done = shown(&session, &accepted, detach, out).await;
    session.close().await;
    done
}

/// Finds or starts an engine, and hands it a scan. Another one, when the process that owned the
/// directory was about to end and took nothing.
async fn accepted(
    server: &Server,
    data: Option<&Path>,
    engine: &Engine,
    submit: impl AsyncFn(&Session) -> Result<ScanAccepted, Failure>,
) -> Result<(Session, ScanAccepted), Failure> {
    let deadline = Instant::now() + LEAVING_WAIT;
    loop {
        let session = Session::open(server, data, engine.clone(), true).await?;
        match submit(&session).await {
            Ok(accepted) => return Ok((session, accepted)),
            Err(failure) => {
                session.close().await;
                if !failure.is_leaving() || Instant::now() > deadline {
                    return Err(failure);
                }
                sleep(LEAVING_AGAIN).await;
            }
        }
    }
}

/// A request, and where its targets were written.
struct Written {
    request: ScanRequest,
    targets: Places,
    exclude: Places,
}

impl Written {
    /// Lets errors about targets say in which file and line those stand.
    fn name_places(&self, failure: Failure) -> Failure {
        let Failure::Problem(mut problem) = failure else { return failure };
        for error in &mut problem.errors {
            self.targets.name("targets", error);
            self.exclude.name("exclude", error);
        }
        Failure::Problem(problem)
    }
}

/// Reads the command line into a request.
fn request(args: &ScanArgs) -> Result<Written, Failure> {
    let mut request = ScanRequest::default();
    let (targets, target_places) = with_files(&args.targets, &args.target_files)?;
    let (exclude, exclude_places) = with_files(&args.exclude, &args.exclude_file)?;
    if targets.is_empty() {
        let hint = "give targets: netscan scan 127.0.0.1, or -iL FILE";
        return Err(Failure::Usage(hint.into()));
    }
    let mut flags = Vec::new();
    if let Some(ports) = &args.ports {
        flags.extend(["-p".to_owned(), ports.clone()]);
    }
    flags.extend(args.flags.iter().cloned());
    request.targets = targets;
    request.exclude = exclude;
    request.nmap_flags = flags;
    request.profile.clone_from(&args.profile);
    request.plan = args.plan.map(Into::into);
    request.name.clone_from(&args.name);
    request.chunk_size = args.chunk_size;
    request.concurrency = args.concurrency;
    request.confirm = confirmed(args.confirm_dangerous_scripts);
    let policy = &mut request.policy;
    let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    policy.attempts_max = args.attempts.unwrap_or(policy.attempts_max);
    policy.batch_timeout_ms = args.batch_timeout.map(millis);
    policy.stall_timeout_ms = args.stall_timeout.map_or(policy.stall_timeout_ms, millis);
    Ok(Written { request, targets: target_places, exclude: exclude_places })
}

/// Returns what was given and what files list, and where the latter stands.
fn with_files(given: &[String], files: &[PathBuf]) -> Result<(Vec<String>, Places), Failure> {
    let (mut listed, mut places) = (given.to_vec(), Places::default());
    for file in files {
        let (first, mut lines) = (listed.len(), Vec::new());
        for (line, number) in read_file(file)?.split('\n').zip(1..) {
            // A comment ends with its line: so it is the same line by line.
            listed.extend(split_file(line));
            lines.resize(listed.len() - first, number);
        }
        places.add(first, file.display().to_string(), lines);
    }
    Ok((listed, places))
}

fn read_file(file: &Path) -> Result<String, Failure> {
    let text = if file.as_os_str() == "-" {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        std::fs::read_to_string(file)
    };
    let what = || format!("reading targets from `{}`", file.display());
    text.map_err(|source| Failure::Io { what: what(), source })
}

/// Hands the request in.
async fn submit(
    session: &Session,
    args: &ScanArgs,
    mut request: ScanRequest,
    out: &Output,
) -> Result<ScanAccepted, Failure> {
    let client = &session.client;
    if args.detach {
        needs_a_server(session).await?;
    }
    note_unfinished(session, out).await?;
    note_ignored(session, args, out).await?;
    if let Some(name) = &args.project {
        request.project_id = Some(project(client, name).await?);
    }
    client.post("/api/scans", &body(&request)?).await
}

/// Shows an accepted scan: to its end, unless that is not waited for.
async fn shown(
    session: &Session,
    accepted: &ScanAccepted,
    detach: bool,
    out: &Output,
) -> Result<Exit, Failure> {
    for warning in &accepted.warnings {
        out.note(&format!("note: {warning}"));
    }
    let id = accepted.scan_id;
    if !detach {
        return follow::to_its_end(session, id, out).await;
    }
    match out.json {
        true => out.json(accepted)?,
        false => out.line(&format!("scan {id} started; `netscan watch {id}` follows it"))?,
    }
    Ok(Exit::Ok)
}

/// Refuses to leave a scan to a process that may end before it.
async fn needs_a_server(session: &Session) -> Result<(), Failure> {
    let needs = "--detach needs a server that goes on with the scan";
    if session.system().is_some() {
        let text = format!("{needs}; start one with `netscan serve`");
        return Err(Failure::Usage(text));
    }
    match session.owner().await? {
        Some(owner) if !owner.is_server => Err(Failure::Usage(format!(
            "{needs}, and process {}, which owns the data directory, ends with its own scan; \
             start one with `netscan serve` then, or leave --detach out",
            owner.pid
        ))),
        Some(_) | None => Ok(()),
    }
}

/// A scan that an earlier run left is worth a word: this process does not go on with it.
async fn note_unfinished(session: &Session, out: &Output) -> Result<(), Failure> {
    if session.system().is_none() {
        return Ok(());
    }
    // Before a scan is submitted, none runs in this process.
    for scan in unfinished(&session.client).await? {
        out.note(&format!("note: scan {} is interrupted; {}", scan.id, way_on(&scan)));
    }
    Ok(())
}

/// Whoever runs the scan has its nmap and its slots already.
async fn note_ignored(session: &Session, args: &ScanArgs, out: &Output) -> Result<(), Failure> {
    let given = match (&args.nmap, args.slots) {
        (None, None) => return Ok(()),
        (Some(_), None) => "--nmap is",
        (None, Some(_)) => "--slots is",
        (Some(_), Some(_)) => "--nmap and --slots are",
    };
    if let Some(owner) = session.owner().await? {
        let nmap = owner.nmap.map_or_else(|| "none".to_owned(), |nmap| nmap.path);
        out.note(&format!(
            "note: {given} ignored: process {} runs the scans, with its own nmap ({nmap}) and {} \
             slots",
            owner.pid, owner.slots
        ));
    }
    Ok(())
}

pub async fn project(client: &Client, name: &str) -> Result<netscan_schemas::ProjectId, Failure> {
    let projects: Vec<Project> = client.list("/api/projects").await?;
    if let Some(project) = projects.into_iter().find(|project| project.name == name) {
        return Ok(project.id);
    }
    let made: Project = client.post("/api/projects", &json!({ "name": name })).await?;
    Ok(made.id)
}

fn body(request: &ScanRequest) -> Result<Value, Failure> {
    serde_json::to_value(request)
        .map_err(|error| Failure::Io { what: "writing the request".into(), source: error.into() })
}
