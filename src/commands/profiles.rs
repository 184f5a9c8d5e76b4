//! Profiles: list them, show one, make, delete and import them.

use crate::{
    cli::{ProfilesArgs, ProfilesCommand},
    client::Client,
    exit::{Exit, Failure},
    output::Output,
};
use axum::http::Method;
use netscan_actors::read_profiles;
use netscan_schemas::{
    api::{NewProfile, Profile},
    scan::PlanKind,
};
use serde_json::json;
use std::path::Path;

/// Carries the command out.
pub async fn run(client: &Client, args: ProfilesArgs, out: &Output) -> Result<Exit, Failure> {
    match args.command.unwrap_or(ProfilesCommand::Ls) {
        ProfilesCommand::Ls => list(client, out).await,
        ProfilesCommand::Show { name } => {
            let profile: Profile = client.get(&path(&name)).await?;
            match out.json {
                true => out.json(&profile)?,
                false => show(&profile, out)?,
            }
            Ok(Exit::Ok)
        }
        ProfilesCommand::Add { name, description, plan, flags } => {
            let plan = plan.map(Into::into).unwrap_or_default();
            let new =
                NewProfile { name, description: description.unwrap_or_default(), flags, plan };
            let profile: Profile = client.post("/api/profiles", &json!(new)).await?;
            match out.json {
                true => out.json(&profile)?,
                false => out.line(&format!("profile {} made", profile.name))?,
            }
            Ok(Exit::Ok)
        }
        ProfilesCommand::Rm { name } => {
            client.delete(&path(&name)).await?;
            out.note(&format!("profile {name} deleted"));
            Ok(Exit::Ok)
        }
        ProfilesCommand::Import { file } => import(client, &file, out).await,
    }
}

/// Returns the path of a profile. A name that is none is sent so that it stays one segment.
fn path(name: &str) -> String {
    let encoded: String = form_urlencoded::byte_serialize(name.as_bytes()).collect();
    format!("/api/profiles/{}", encoded.replace('+', "%20"))
}

async fn list(client: &Client, out: &Output) -> Result<Exit, Failure> {
    let profiles: Vec<Profile> = client.get("/api/profiles").await?;
    if out.json {
        return out.json(&profiles).map(|()| Exit::Ok);
    }
    let rows = profiles.into_iter().map(|profile| {
        let about = match profile.error {
            Some(error) => format!("not now: {error}"),
            None => profile.description,
        };
        let flags = profile.flags.join(" ");
        vec![profile.name, profile.source.as_str().into(), profile.plan.to_string(), flags, about]
    });
    out.table(&["NAME", "FROM", "PLAN", "FLAGS", "ABOUT"], rows.collect())?;
    Ok(Exit::Ok)
}

fn show(profile: &Profile, out: &Output) -> Result<(), Failure> {
    let Profile { name, description, source, flags, plan, .. } = profile;
    out.line(&format!("profile   {name} ({})", source.as_str()))?;
    if !description.is_empty() {
        out.line(&format!("about     {description}"))?;
    }
    out.line(&format!("flags     {}", flags.join(" ")))?;
    out.line(&format!("plan      {plan}"))?;
    if !profile.needs.is_empty() {
        out.line(&format!("needs     {}", profile.needs.join(", ")))?;
    }
    for fallback in &profile.fallback {
        out.line(&format!("differs   {fallback}"))?;
    }
    if let Some(error) = &profile.error {
        out.line(&format!("not now   {error}"))?;
    }
    if profile.phases.is_empty() && !profile.argv.is_empty() {
        out.line(&format!("command   {}", profile.argv.join(" ")))?;
    }
    for step in &profile.phases {
        out.line(&format!("{:<9} {}", step.phase.as_str(), step.argv.join(" ")))?;
    }
    Ok(())
}

/// Makes the profiles that a file has, or puts them in the place of those of their names.
async fn import(client: &Client, file: &Path, out: &Output) -> Result<Exit, Failure> {
    let wrong = |error: netscan_actors::ProfilesFileError| {
        let causes = crate::output::causes(&error);
        Failure::Usage(format!("{error}{causes}"))
    };
    let profiles = read_profiles(file).map_err(wrong)?;
    if profiles.is_empty() {
        return Err(Failure::Usage(format!(
            "`{}` has no profiles; one is written as `[profiles.NAME]` and `flags = [...]`",
            file.display()
        )));
    }
    let mut imported: Vec<Profile> = Vec::new();
    for new in profiles {
        let NewProfile { name, description, flags, plan } = new;
        let body = json!({ "description": description, "flags": flags, "plan": plan });
        imported.push(client.ask(Method::PUT, &path(&name), &body).await?);
    }
    match out.json {
        true => out.json(&imported)?,
        false => {
            for Profile { name, .. } in &imported {
                out.line(&format!("profile {name} imported"))?;
            }
        }
    }
    Ok(Exit::Ok)
}

impl From<crate::cli::Plan> for PlanKind {
    fn from(plan: crate::cli::Plan) -> Self {
        match plan {
            crate::cli::Plan::Single => Self::Single,
            crate::cli::Plan::Staged => Self::Staged,
        }
    }
}
