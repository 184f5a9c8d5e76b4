//! Makes scans of files that nmap wrote.

use crate::{
    cli::ImportArgs,
    client::Client,
    commands::find::encode,
    exit::{Exit, Failure},
    output::Output,
};
use axum::body::{Body, Bytes};
use futures_util::stream;
use netscan_schemas::{ProjectId, api::ImportAnswer, limits, problem::is_name, scan::ScanStatus};
use serde_json::json;
use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

/// Bytes read at a time.
const READ_BYTES: usize = 256 * 1024;

/// Imports files one after the other. A file that cannot be imported does not keep the others from
/// it; the first failure is the command's.
pub async fn run(client: &Client, args: &ImportArgs, out: &Output) -> Result<Exit, Failure> {
    let project = match &args.project {
        Some(name) => Some(super::scan::project(client, name).await?),
        None => None,
    };
    let (mut answers, mut first) = (Vec::new(), None);
    for path in &args.files {
        match import(client, args, project, path).await {
            Ok(answer) => {
                if !out.json {
                    show(path, &answer, out)?;
                }
                answers.push(json!({ "file": path.to_string_lossy(), "import": answer }));
            }
            Err(failure) if args.files.len() == 1 => return Err(failure),
            Err(failure) => {
                out.note(&format!("{}:", path.display()));
                out.error(&failure);
                first.get_or_insert(failure.exit());
            }
        }
    }
    if out.json {
        out.json(&answers)?;
    }
    Ok(first.unwrap_or(Exit::Ok))
}

async fn import(
    client: &Client,
    args: &ImportArgs,
    project: Option<ProjectId>,
    path: &Path,
) -> Result<ImportAnswer, Failure> {
    let failed = |source| Failure::Io { what: format!("reading `{}`", path.display()), source };
    let is_stdin = path == Path::new("-");
    let source: Box<dyn Read + Send> = match is_stdin {
        true => Box::new(io::stdin()),
        false => {
            let file = File::open(path).map_err(failed)?;
            let about = file.metadata().map_err(failed)?;
            if about.is_dir() {
                return Err(failed(io::ErrorKind::IsADirectory.into()));
            }
            if about.len() > limits::IMPORT_BYTES_MAX {
                let max = limits::IMPORT_BYTES_MAX >> 20;
                return Err(Failure::Usage(format!(
                    "`{}` has more than {max} MiB (import_bytes_max); split it",
                    path.display()
                )));
            }
            Box::new(file)
        }
    };
    let of_file = path.file_name().map(|name| name.to_string_lossy().into_owned());
    let name = args.name.clone().or(of_file.filter(|name| !is_stdin && is_name(name)));
    let mut query = vec![format!("again={}", args.again)];
    query.extend(project.map(|id| format!("project_id={id}")));
    query.extend(name.map(|name| format!("name={}", encode(&name))));
    let pieces = stream::try_unfold(source, |mut source| async move {
        let read = tokio::task::spawn_blocking(move || {
            let mut buffer = vec![0; READ_BYTES];
            let count = source.read(&mut buffer)?;
            buffer.truncate(count);
            Ok::<_, io::Error>((buffer, source))
        });
        let (buffer, source) = read.await.map_err(io::Error::other)??;
        Ok::<_, io::Error>((!buffer.is_empty()).then_some((Bytes::from(buffer), source)))
    });
    let path = format!("/api/scans/import?{}", query.join("&"));
    client.upload(&path, Body::from_stream(pieces)).await
}

fn show(path: &Path, answer: &ImportAnswer, out: &Output) -> Result<(), Failure> {
    let verdicts = &answer.verdicts;
    let file = path.display();
    if answer.is_known {
        return out.line(&format!("{file}: already imported as scan {}", answer.scan_id));
    }
    let named = [
        (verdicts.up, "up"),
        (verdicts.down, "down"),
        (verdicts.timed_out, "timed out"),
        (verdicts.unfinished, "unfinished"),
    ];
    let counts = named.iter().filter(|(count, name)| *count > 0 || *name == "up");
    let counts: Vec<String> = counts.map(|(count, name)| format!("{count} {name}")).collect();
    out.line(&format!(
        "{file}: scan {}, {}, {} open ports",
        answer.scan_id,
        counts.join(", "),
        answer.open_ports
    ))?;
    for warning in &answer.warnings {
        out.note(&format!("  {warning}"));
    }
    if let (ScanStatus::Failed, Some(error)) = (answer.status, &answer.error) {
        out.note(&format!("  not complete: {error}"));
    }
    Ok(())
}
