//! `netscan token`: who may use a server.

use super::manage::project_of;
use crate::{
    cli::{TokenCommand, TokenRole},
    client::Client,
    exit::{Exit, Failure},
    output::Output,
};
use netscan_schemas::{
    Role, Time,
    api::{LoginCode, MadeToken, NewToken, Token},
};
use serde_json::json;
use std::time::Duration;

/// Carries the command out.
pub async fn run(client: &Client, command: TokenCommand, out: &Output) -> Result<Exit, Failure> {
    match command {
        TokenCommand::Create { name, role, project, expires } => {
            create(client, name, role, &project, expires, out).await?;
        }
        TokenCommand::Ls => list(client, out).await?,
        TokenCommand::Revoke { id } => {
            client.delete(&format!("/api/tokens/{id}")).await?;
            out.note(&format!("token {id} is revoked, with what it let in"));
        }
        TokenCommand::LoginUrl => login_url(client, out).await?,
    }
    Ok(Exit::Ok)
}

async fn create(
    client: &Client,
    name: String,
    role: TokenRole,
    projects: &[String],
    expires: Option<Duration>,
    out: &Output,
) -> Result<(), Failure> {
    let mut ids = Vec::with_capacity(projects.len());
    for project in projects {
        ids.push(project_of(client, project).await?);
    }
    let wanted = NewToken {
        name,
        role: match role {
            TokenRole::Viewer => Role::Viewer,
            TokenRole::Operator => Role::Operator,
            TokenRole::Admin => Role::Admin,
        },
        projects: Some(ids).filter(|ids| !ids.is_empty()),
        expires_in_ms: expires.map(|time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX)),
    };
    let body = serde_json::to_value(&wanted).map_err(|error| Failure::Io {
        what: "writing the request".into(),
        source: error.into(),
    })?;
    let made: MadeToken = client.post("/api/tokens", &body).await?;
    if out.json {
        return out.json(&made);
    }
    out.line(&made.secret)?;
    out.note(&format!(
        "this is the only time that it is shown; `netscan token revoke {}` takes it away",
        made.token.id
    ));
    Ok(())
}

async fn list(client: &Client, out: &Output) -> Result<(), Failure> {
    let tokens: Vec<Token> = client.get("/api/tokens").await?;
    if out.json {
        return out.json(&tokens);
    }
    if tokens.is_empty() {
        out.note("there is no token; `netscan serve` makes the first one");
        return Ok(());
    }
    let day = |time: Option<Time>| time.map_or_else(|| "never".to_owned(), |time| time.to_string());
    let rows = tokens.into_iter().map(|token| {
        let projects = token.projects.map_or_else(
            || "all".to_owned(),
            |ids| ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(","),
        );
        vec![
            token.id.to_string(),
            token.name,
            token.role.to_string(),
            projects,
            day(token.expires_at),
            day(token.last_used_at),
        ]
    });
    out.table(&["ID", "NAME", "ROLE", "PROJECTS", "EXPIRES", "LAST USED"], rows.collect())
}

async fn login_url(client: &Client, out: &Output) -> Result<(), Failure> {
    let code: LoginCode = client.post("/api/session/codes", &json!({})).await?;
    if out.json {
        return out.json(&code);
    }
    match code.url {
        Some(url) => out.line(&url),
        None => Err(Failure::Usage(
            "no server serves browsers from this data directory; `netscan serve` starts one".into(),
        )),
    }
}
