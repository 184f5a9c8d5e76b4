//! Writes a scan as a document.

use crate::{
    cli::{ExportArgs, ExportFormat},
    client::Client,
    exit::{Exit, Failure},
    output::Output,
};
use clap::ValueEnum;
use http_body_util::BodyExt;
use std::{
    fs, io,
    io::Write,
    path::{Path, PathBuf},
};
use tempfile::{NamedTempFile, TempPath};

/// Where the document goes.
enum Target {
    Stdout,
    /// A file that gets its name when it is whole.
    File {
        file: fs::File,
        unnamed: TempPath,
        path: PathBuf,
        force: bool,
    },
}

/// Writes a scan, or as much as is known of it while it runs.
pub async fn run(client: &Client, args: &ExportArgs, out: &Output) -> Result<Exit, Failure> {
    let format = format(args)?;
    let mut target = open(args)?;
    let path = format!("/api/scans/{}/export?format={}", args.scan, format.as_str());
    let (headers, mut body) = client.stream(&path).await?;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| Failure::Protocol {
            what: format!("the export broke off, and is not whole: {error}"),
        })?;
        let Some(bytes) = frame.data_ref() else { continue };
        match &mut target {
            Target::Stdout => out.bytes(bytes)?,
            Target::File { file, path, .. } => {
                file.write_all(bytes).map_err(|source| failed("writing", path, source))?;
            }
        }
    }
    if let Target::File { file, unnamed, path, force } = target {
        file.sync_all().map_err(|source| failed("writing", &path, source))?;
        name(unnamed, &path, force)?;
    }
    let status = headers.get("netscan-scan-status").and_then(|status| status.to_str().ok());
    if let Some(status @ ("queued" | "running" | "paused" | "stopping")) = status {
        out.note(&format!("scan {} is {status}: this is what is known of it so far", args.scan));
    }
    Ok(Exit::Ok)
}

fn failed(what: &str, path: &Path, source: io::Error) -> Failure {
    Failure::Io { what: format!("{what} `{}`", path.display()), source }
}

/// Returns the format that is asked for, or that the name of the file means.
fn format(args: &ExportArgs) -> Result<ExportFormat, Failure> {
    if let Some(format) = args.format {
        return Ok(format);
    }
    let ending = args.output.as_deref().and_then(Path::extension);
    let ending = ending.map(|ending| ending.to_string_lossy().to_lowercase());
    let named = ending.as_deref().and_then(|ending| match ending {
        "htm" => Some(ExportFormat::Html),
        "markdown" => Some(ExportFormat::Md),
        "ndjson" => Some(ExportFormat::Jsonl),
        ending => ExportFormat::from_str(ending, false).ok(),
    });
    named.ok_or_else(|| {
        let names = ExportFormat::value_variants().iter().map(|format| format.as_str());
        let names = names.collect::<Vec<_>>().join(", ");
        Failure::Usage(format!("the file's name does not say its format; give -f: {names}"))
    })
}

fn open(args: &ExportArgs) -> Result<Target, Failure> {
    let Some(path) = args.output.as_deref().filter(|path| *path != Path::new("-")) else {
        return Ok(Target::Stdout);
    };
    if !args.force && path.symlink_metadata().is_ok() {
        return Err(exists(path));
    }
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let made = NamedTempFile::with_prefix_in(".netscan-export-", dir);
    let (file, unnamed) = made.map_err(|source| failed("writing", path, source))?.into_parts();
    Ok(Target::File { file, unnamed, path: path.to_owned(), force: args.force })
}

fn exists(path: &Path) -> Failure {
    Failure::Usage(format!("`{}` is there already; --force writes over it", path.display()))
}

/// Gives a whole document its name.
fn name(unnamed: TempPath, path: &Path, force: bool) -> Result<(), Failure> {
    if force {
        return unnamed.persist(path).map_err(|error| failed("writing", path, error.error));
    }
    unnamed.persist_noclobber(path).map_err(|error| match error.error.kind() {
        // Somebody else made it in between.
        io::ErrorKind::AlreadyExists => exists(path),
        _ => failed("writing", path, error.error),
    })
}
