//! Shows what differs between two scans.

use crate::{
    cli::{self, DiffArgs},
    client::Client,
    exit::{Exit, Failure},
    output::Output,
};
use http_body_util::BodyExt;
use netscan_http::{DiffFormat, DiffWriter};
use netscan_schemas::api::DiffLine;

/// Shows what differs, as it comes.
pub async fn run(client: &Client, args: &DiffArgs, out: &Output) -> Result<Exit, Failure> {
    // Its last line says whether something differs, whatever it is shown as.
    let path = format!("/api/scans/{}/diff/{}?format=jsonl", args.before, args.after);
    let (_, mut body) = client.stream(&path).await?;
    let mut writer = DiffWriter::new(format(args, out));
    let (mut held, mut summary) = (Vec::new(), None);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| broken(&error.to_string()))?;
        held.extend_from_slice(frame.data_ref().map_or(&[][..], |bytes| bytes));
        let whole = held.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        for line in held[..whole].split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let part = serde_json::from_slice(line).map_err(|error| broken(&error.to_string()))?;
            let shown = writer.part(&part).map_err(|error| broken(&error.to_string()))?;
            out.bytes(shown.as_bytes())?;
            if let DiffLine::Summary(found) = part {
                summary = Some(found);
            }
        }
        held.drain(..whole);
    }
    let summary = summary.ok_or_else(|| broken("its end is missing"))?;
    Ok(if args.exit_code && summary.differs() { Exit::Failed } else { Exit::Ok })
}

fn format(args: &DiffArgs, out: &Output) -> DiffFormat {
    match args.format {
        cli::DiffFormat::Text if out.json => DiffFormat::Json,
        cli::DiffFormat::Text => DiffFormat::Text,
        cli::DiffFormat::Json => DiffFormat::Json,
        cli::DiffFormat::Jsonl => DiffFormat::Jsonl,
        cli::DiffFormat::Md => DiffFormat::Md,
        cli::DiffFormat::Xml => DiffFormat::Xml,
    }
}

fn broken(why: &str) -> Failure {
    Failure::Protocol { what: format!("the comparison broke off: {why}") }
}
