//! Writes a comparison, part by part, in one of its formats.

use super::{markdown, text, xml};
use crate::problem::chain;
use netscan_schemas::{api::DiffLine, inert};
use serde::Deserialize;

/// What a comparison is written as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DiffFormat {
    /// One object.
    #[default]
    Json,
    /// An object a line.
    Jsonl,
    /// Lines for people.
    Text,
    /// A report in Markdown.
    Md,
    /// In the form that ndiff writes.
    Xml,
}

impl DiffFormat {
    /// Returns the media type.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Jsonl => "application/x-ndjson",
            Self::Text => "text/plain; charset=utf-8",
            Self::Md => "text/markdown; charset=utf-8",
            Self::Xml => "application/xml; charset=utf-8",
        }
    }
}

/// Not expected: what was found does not serialize.
#[derive(Debug, thiserror::Error)]
#[error("the comparison cannot be written")]
pub struct WriteDiffError(#[from] serde_json::Error);

impl From<WriteDiffError> for crate::problem::Failure {
    fn from(error: WriteDiffError) -> Self {
        tracing::error!(%error, "a comparison fails: {}", chain(&error));
        Self::internal(&error)
    }
}

/// A comparison that is written part by part: first the scans, then the hosts, then the summary.
#[derive(Debug)]
pub struct DiffWriter {
    format: DiffFormat,
    hosts: u64,
}

impl DiffWriter {
    /// Returns one that has written nothing.
    pub fn new(format: DiffFormat) -> Self {
        Self { format, hosts: 0 }
    }

    /// Returns the next part as it is written. What strangers say in it is inert.
    ///
    /// # Errors
    /// When it does not serialize, which is not expected.
    pub fn part(&mut self, part: &DiffLine) -> Result<String, WriteDiffError> {
        let is_first = self.hosts == 0;
        self.hosts += u64::from(matches!(part, DiffLine::Host(_)));
        Ok(match self.format {
            DiffFormat::Json => inert::json(&json(part, is_first)?).into_owned(),
            DiffFormat::Jsonl => {
                format!("{}\n", inert::json(&serde_json::to_string(part)?))
            }
            DiffFormat::Text => text::part(part),
            DiffFormat::Md => markdown::part(part, is_first),
            DiffFormat::Xml => xml::part(part),
        })
    }
}

fn json(part: &DiffLine, is_first: bool) -> Result<String, serde_json::Error> {
    Ok(match part {
        DiffLine::Scans { before, after } => {
            let (before, after) = (serde_json::to_string(before)?, serde_json::to_string(after)?);
            format!("{{\"before\":{before},\"after\":{after},\"hosts\":[")
        }
        DiffLine::Host(host) => {
            let between = if is_first { "\n" } else { ",\n" };
            format!("{between}{}", serde_json::to_string(host)?)
        }
        DiffLine::Summary(summary) => {
            format!("\n],\"summary\":{}}}\n", serde_json::to_string(summary)?)
        }
    })
}
