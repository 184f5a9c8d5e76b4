//! JSON: one object for the scan, or a line for each host. The objects are those of the API.

use super::{ExportError, Subject, rows::Document};
use netscan_schemas::{api::Host, inert, scan::Verdict, stored::HostRecord};
use serde::Serialize;

fn write(value: &impl Serialize, out: &mut Vec<u8>) -> Result<(), ExportError> {
    let text = serde_json::to_string(value).map_err(|e| ExportError::Write(e.to_string()))?;
    out.extend_from_slice(inert::json(&text).as_bytes());
    Ok(())
}

/// `{"scan": {..}, "is_partial": false, "hosts": [..], "targets": {"down": [..], ..}}`.
#[derive(Default)]
pub struct Json {
    hosts: u64,
    /// The verdict that is written of targets without a row.
    verdict: Option<Verdict>,
}

impl Json {
    /// Closes the list that is open and opens that of a verdict.
    fn open(&mut self, verdict: Verdict, out: &mut Vec<u8>) -> Result<bool, ExportError> {
        if self.verdict == Some(verdict) {
            return Ok(false);
        }
        out.extend_from_slice(match self.verdict {
            None => b"\n],\n\"targets\": {",
            Some(_) => b"],",
        });
        write(&verdict, out)?;
        out.extend_from_slice(b": [");
        self.verdict = Some(verdict);
        Ok(true)
    }
}

impl Document for Json {
    fn head(&mut self, subject: &Subject, out: &mut Vec<u8>) -> Result<(), ExportError> {
        out.extend_from_slice(b"{\"scan\": ");
        write(&*subject.scan, out)?;
        out.extend_from_slice(b",\n\"exported_at\": ");
        write(&subject.at, out)?;
        out.extend_from_slice(b",\n\"is_partial\": ");
        write(&subject.caveat().is_some(), out)?;
        out.extend_from_slice(b",\n\"hosts\": [");
        Ok(())
    }

    fn host(&mut self, host: HostRecord, out: &mut Vec<u8>) -> Result<(), ExportError> {
        out.extend_from_slice(if self.hosts == 0 { b"\n" } else { b",\n" });
        self.hosts += 1;
        write(&Host::new(host), out)
    }

    fn wants_ranges(&self) -> bool {
        true
    }

    fn ranges(
        &mut self,
        verdict: Verdict,
        ranges: &[String],
        out: &mut Vec<u8>,
    ) -> Result<(), ExportError> {
        let mut is_first = self.open(verdict, out)?;
        for range in ranges {
            if !std::mem::take(&mut is_first) {
                out.push(b',');
            }
            write(range, out)?;
        }
        Ok(())
    }

    fn tail(&mut self, _: &Subject, out: &mut Vec<u8>) -> Result<(), ExportError> {
        out.extend_from_slice(match self.verdict {
            None => b"\n],\n\"targets\": {}}\n",
            Some(_) => b"]}}\n",
        });
        Ok(())
    }
}

/// A host a line.
pub struct Lines;

impl Document for Lines {
    fn head(&mut self, _: &Subject, _: &mut Vec<u8>) -> Result<(), ExportError> {
        Ok(())
    }

    fn host(&mut self, host: HostRecord, out: &mut Vec<u8>) -> Result<(), ExportError> {
        write(&Host::new(host), out)?;
        out.push(b'\n');
        Ok(())
    }

    fn tail(&mut self, _: &Subject, _: &mut Vec<u8>) -> Result<(), ExportError> {
        Ok(())
    }
}
