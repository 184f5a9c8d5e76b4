//! `netscan doctor`: what keeps scans from working, and how to mend it.

use crate::{
    client::{Client, Engine, Server, Session},
    config::data_dir,
    exit::{Exit, Failure},
    output::{Output, causes},
};
use netscan_nmap::{
    datadir::Datadirs,
    launch::leftovers_unseen,
    locate::{Installation, LocateError, locate, replaceable_by, rights_of_file},
    privilege::Privileges,
};
use netscan_schemas::api::{LayerState, Sandbox, SandboxMode, ScopeSummary, StoreHealth, System};
use serde::Serialize;
use std::{
    error::Error,
    path::{Path, PathBuf},
};

/// How something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Health {
    Ok,
    Warn,
    Fail,
}

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Finding {
    what: &'static str,
    health: Health,
    detail: String,
    /// How to mend it.
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<String>,
}

/// Looks at everything that a scan needs.
pub async fn run(
    nmap: Option<PathBuf>,
    engine: Engine,
    server: &Server,
    data: Option<&Path>,
    out: &Output,
) -> Result<Exit, Failure> {
    let mut findings = Vec::new();
    let mut exit = Exit::Ok;
    // It runs `nmap --version`.
    let looked = tokio::task::spawn_blocking(move || locate(nmap.as_deref())).await;
    match looked {
        Ok(Ok(found)) => {
            let path = found.program.display();
            add(&mut findings, "nmap", Health::Ok, format!("{} at {path}", found.version));
            findings.extend(rights(&found.program));
            findings.extend(replaceable(&found.program));
            match &found.datadir {
                Some(dir) => {
                    let (health, detail) = nmap_data(dir, &found, &data_dir(data)?);
                    add(&mut findings, "nmap data", health, detail);
                }
                None => add(
                    &mut findings,
                    "nmap data",
                    Health::Warn,
                    "no nmap-services beside nmap: scripts cannot be checked, and are refused"
                        .into(),
                ),
            }
        }
        Ok(Err(error)) => {
            exit = Exit::Nmap;
            let detail = format!("{error}{}", causes(&error));
            findings.push(failed("nmap", detail, nmap_remedy(&error)));
        }
        Err(error) => return Err(Failure::Nmap(error.to_string())),
    }
    let privileges = Privileges::detect();
    let health = if privileges.raw { Health::Ok } else { Health::Warn };
    add(&mut findings, "raw sockets", health, privileges.explanation);
    let described = describe(server, engine, data).await;
    if let Ok((system, _)) = &described {
        sandbox(&mut findings, &system.sandbox);
    }
    match described.map(|(system, owner)| store(system, &owner)) {
        Ok((health, detail, scope)) => {
            if health == Health::Fail && exit == Exit::Ok {
                exit = Exit::Store;
            }
            add(&mut findings, "store", health, detail);
            findings.push(of_scope(&scope));
        }
        Err(failure) => {
            exit = if exit == Exit::Ok { failure.exit() } else { exit };
            let detail = format!("{failure}{}", causes(&failure));
            findings.push(failed("store", detail, failure.remedy()));
        }
    }
    if out.json {
        out.json(&findings)?;
    } else {
        for finding in &findings {
            let mark = match finding.health {
                Health::Ok => "ok  ",
                Health::Warn => "warn",
                Health::Fail => "FAIL",
            };
            out.line(&format!("{mark}  {:<12} {}", finding.what, finding.detail))?;
            if let Some(remedy) = &finding.remedy {
                out.line(&format!("{:18} mend it: {remedy}", ""))?;
            }
        }
    }
    Ok(exit)
}

fn add(findings: &mut Vec<Finding>, what: &'static str, health: Health, detail: String) {
    findings.push(Finding { what, health, detail, remedy: None });
}

fn failed(what: &'static str, detail: String, remedy: Option<&str>) -> Finding {
    Finding { what, health: Health::Fail, detail, remedy: remedy.map(str::to_owned) }
}

/// Returns how to mend what is wrong with nmap, where its error does not say so.
fn nmap_remedy(error: &LocateError) -> Option<&'static str> {
    match error {
        LocateError::NotFound { .. }
        | LocateError::NotExecutable { .. }
        | LocateError::OthersMayChange { .. }
        | LocateError::OpenDirectory { .. }
        | LocateError::WorldWritable { .. } => None,
        LocateError::Missing { .. } | LocateError::NotAFile { .. } => {
            Some("name nmap's program with --nmap PATH, or leave --nmap out to look in PATH")
        }
        LocateError::Unstartable { .. }
        | LocateError::Silent { .. }
        | LocateError::NotNmap { .. } => {
            Some("install nmap (`apt-get install nmap` for one), or name another with --nmap PATH")
        }
        LocateError::TooOld { .. } => Some("install a newer nmap, or name one with --nmap PATH"),
    }
}

/// Warns of a program that gives rights to whoever starts it.
fn rights(program: &Path) -> Option<Finding> {
    let rights = rights_of_file(program)?;
    let path = program.display();
    let detail = format!(
        "{path} has {rights}: every user of this machine may send raw packets with it, and it may \
         outlive a server that is killed"
    );
    let remedy = format!(
        "`chmod u-s,g-s {path}; setcap -r {path}`, and give netscan AmbientCapabilities=CAP_NET_RAW"
    );
    let (what, health) = ("nmap rights", Health::Warn);
    Some(Finding { what, health, detail, remedy: Some(remedy) })
}

/// Warns of others who could put another file in the program's place.
fn replaceable(program: &Path) -> Option<Finding> {
    let (detail, remedy) = replaceable_by(program)?;
    Some(Finding { what: "nmap place", health: Health::Warn, detail, remedy: Some(remedy) })
}

/// Looks whether scans can have a shorter copy of nmap's data.
fn nmap_data(dir: &Path, nmap: &Installation, data_dir: &Path) -> (Health, String) {
    let dir = dir.display();
    match Datadirs::new(data_dir).check(nmap) {
        Ok(()) => (Health::Ok, format!("{dir}, and each scan reads just what it needs of it")),
        Err(error) => {
            let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
            (Health::Warn, format!("{dir}; nmap starts slower than it could: {error}{cause}"))
        }
    }
}

/// Says which layers of the sandbox there are.
fn sandbox(findings: &mut Vec<Finding>, sandbox: &Sandbox) {
    if sandbox.mode == SandboxMode::Off {
        let detail = "OFF: nmap and its scripts may do everything that netscan may";
        let remedy = "leave out `--sandbox off` and NETSCAN_SANDBOX=off";
        findings.push(Finding {
            what: "sandbox",
            health: Health::Warn,
            detail: detail.to_owned(),
            remedy: Some(remedy.to_owned()),
        });
    }
    for layer in &sandbox.layers {
        let health = if layer.state == LayerState::Missing { Health::Warn } else { Health::Ok };
        add(findings, "sandbox", health, format!("{}: {}", layer.name, layer.detail));
    }
    if let Some(why) = leftovers_unseen().filter(|_| sandbox.has("user")) {
        let remedy = "add CAP_SYS_PTRACE to CapabilityBoundingSet= of the service, or `--cap-add \
                      SYS_PTRACE` to the container";
        findings.push(Finding {
            what: "leftovers",
            health: Health::Warn,
            detail: why.to_owned(),
            remedy: Some(remedy.to_owned()),
        });
    }
}

/// Opens the store, or asks its owner. Returns who that is as well.
async fn describe(
    server: &Server,
    engine: Engine,
    data: Option<&Path>,
) -> Result<(System, String), Failure> {
    let session = Session::open(server, data, engine, false).await?;
    let described = session.client.get::<System>("/api/system").await;
    let owner = match &session.client {
        Client::Here(_) => format!("{}, used by no server", data_dir(data)?.display()),
        Client::Socket(_) => format!("{}, used by a running netscan", data_dir(data)?.display()),
        Client::Tcp(remote) => format!("on the server {}", remote.place),
    };
    session.close().await;
    Ok((described?, owner))
}

/// Says how the store is, and what may be scanned.
fn store(system: System, owner: &str) -> (Health, String, ScopeSummary) {
    let health = match system.store_health {
        StoreHealth::Ok => Health::Ok,
        StoreHealth::Low => Health::Warn,
        StoreHealth::Damaged | StoreHealth::Full | StoreHealth::Degraded => Health::Fail,
    };
    let problem = system.store_problem.map_or_else(String::new, |problem| format!("; {problem}"));
    let (bytes, free, epoch) = (system.store_bytes, system.free_bytes, system.epoch);
    let detail = format!("{owner}; {bytes} bytes, {free} free, opened {epoch} times{problem}");
    (health, detail, system.scope)
}

/// Says what may be scanned.
fn of_scope(scope: &ScopeSummary) -> Finding {
    let health = match (&scope.problem, scope.effective.is_empty()) {
        (Some(_), _) => Health::Fail,
        (None, true) => Health::Warn,
        (None, false) => Health::Ok,
    };
    let remedy = match health {
        Health::Warn => Some("see `netscan scope ls`, and take a denial away with `scope rm`"),
        Health::Ok | Health::Fail => None,
    };
    let detail = super::scope::summary(scope);
    Finding { what: "scope", health, detail, remedy: remedy.map(str::to_owned) }
}
