//! `netscan doctor`: what keeps scans from working, and how to mend it.

use crate::{
    client::{Client, Engine, Session},
    config::data_dir,
    exit::{Exit, Failure},
    output::Output,
};
use netscan_nmap::{locate::locate, privilege::Privileges};
use netscan_schemas::api::{StoreHealth, System};
use serde::Serialize;
use std::path::{Path, PathBuf};

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
}

/// Looks at everything that a scan needs.
pub async fn run(
    nmap: Option<PathBuf>,
    server: Option<&str>,
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
            match found.datadir {
                Some(dir) => {
                    add(&mut findings, "nmap data", Health::Ok, dir.display().to_string());
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
            add(&mut findings, "nmap", Health::Fail, error.to_string());
        }
        Err(error) => return Err(Failure::Nmap(error.to_string())),
    }
    let privileges = Privileges::detect();
    let health = if privileges.raw { Health::Ok } else { Health::Warn };
    add(&mut findings, "raw sockets", health, privileges.explanation);
    match store(server, data).await {
        Ok((health, detail)) => {
            if health == Health::Fail && exit == Exit::Ok {
                exit = Exit::Store;
            }
            add(&mut findings, "store", health, detail);
        }
        Err(failure) => {
            exit = if exit == Exit::Ok { failure.exit() } else { exit };
            add(&mut findings, "store", Health::Fail, failure.to_string());
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
        }
    }
    Ok(exit)
}

fn add(findings: &mut Vec<Finding>, what: &'static str, health: Health, detail: String) {
    findings.push(Finding { what, health, detail });
}

/// Opens the store, or talks to its owner.
async fn store(server: Option<&str>, data: Option<&Path>) -> Result<(Health, String), Failure> {
    let session = Session::open(server, data, Engine::default(), false).await?;
    let described = session.client.get::<System>("/api/system").await;
    let owner = match &session.client {
        Client::Here(_) => format!("{}, used by no server", data_dir(data)?.display()),
        Client::Socket(_) => format!("{}, used by a running netscan", data_dir(data)?.display()),
        Client::Tcp(place) => format!("on the server {place}"),
    };
    session.close().await;
    let system = described?;
    let health = match system.store_health {
        StoreHealth::Ok => Health::Ok,
        StoreHealth::Low => Health::Warn,
        StoreHealth::Damaged | StoreHealth::Full | StoreHealth::Degraded => Health::Fail,
    };
    let problem = system.store_problem.map_or_else(String::new, |problem| format!("; {problem}"));
    let (bytes, free, epoch) = (system.store_bytes, system.free_bytes, system.epoch);
    let detail = format!("{owner}; {bytes} bytes, {free} free, opened {epoch} times{problem}");
    Ok((health, detail))
}
