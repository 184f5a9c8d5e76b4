//! CSV: a row for each port, for spreadsheets.
//!
//! A cell that a spreadsheet would take for a formula gets a `'` in front. All cells are quoted, and
//! control characters are escapes, so that each row is one line.

use super::{ExportError, Subject, rows::Document};
use ::csv::{QuoteStyle, Terminator, WriterBuilder};
use netscan_schemas::{
    host::{Port, Service},
    inert,
    scan::Verdict,
    stored::HostRecord,
};
use std::borrow::Cow;

const HEADER: [&str; 17] = [
    "scan_id",
    "address",
    "hostname",
    "verdict",
    "protocol",
    "port",
    "state",
    "reason",
    "service",
    "product",
    "version",
    "extra_info",
    "cpe",
    "mac",
    "vendor",
    "os",
    "finished_at",
];

/// Returns a cell that no spreadsheet takes for a formula.
pub fn cell(text: &str) -> Cow<'_, str> {
    let text = inert::text(text);
    // Some leave blanks in front of a formula out, and some read the wide forms of its signs.
    let opens_formula = |c: char| {
        matches!(c, '=' | '+' | '-' | '@' | '\u{ff1d}' | '\u{ff0b}' | '\u{ff0d}' | '\u{ff20}')
    };
    match text.starts_with('\t') || text.trim_start().starts_with(opens_formula) {
        true => Cow::Owned(format!("'{text}")),
        false => text,
    }
}

fn write(cells: &[&str], out: &mut Vec<u8>) -> Result<(), ExportError> {
    let mut writer = WriterBuilder::new()
        .quote_style(QuoteStyle::Always)
        .terminator(Terminator::CRLF)
        .from_writer(out);
    let cells = cells.iter().map(|text| cell(text).into_owned());
    let wrote = writer.write_record(cells).and_then(|()| Ok(writer.flush()?));
    wrote.map_err(|error| ExportError::Write(error.to_string()))
}

/// A row for each port that nmap lists, and one for a host without any.
pub struct Csv;

impl Document for Csv {
    fn head(&mut self, _: &Subject, out: &mut Vec<u8>) -> Result<(), ExportError> {
        write(&HEADER, out)
    }

    fn host(&mut self, host: HostRecord, out: &mut Vec<u8>) -> Result<(), ExportError> {
        let HostRecord { scan_id, finding, verdict, provisional, .. } = host;
        let named = finding.hostnames.iter().find(|name| name.kind == "user");
        let named = named.or(finding.hostnames.first()).map(|name| name.name.as_str());
        let mac = finding.mac.as_ref();
        let of_host = [
            scan_id.to_string(),
            finding.address.to_string(),
            named.unwrap_or_default().to_owned(),
            verdict_name(verdict).to_owned(),
        ];
        let end = [
            mac.map(|mac| mac.address.clone()).unwrap_or_default(),
            mac.and_then(|mac| mac.vendor.clone()).unwrap_or_default(),
            finding.os.first().map(|os| os.name.clone()).unwrap_or_default(),
            finding.finished_at.map(|at| at.to_string()).unwrap_or_default(),
        ];
        let mut row = |of_port: [&str; 9]| {
            let cells: Vec<&str> = of_host
                .iter()
                .map(String::as_str)
                .chain(of_port)
                .chain(end.iter().map(String::as_str))
                .collect();
            write(&cells, out)
        };
        for port in &finding.ports {
            let number = port.number.to_string();
            let none = Service::default();
            let service = port.service.as_ref().unwrap_or(&none);
            let cpe = service.cpe.join(" ");
            row(of_port(port, &number, service, &cpe))?;
        }
        for port in &provisional {
            let number = port.number.to_string();
            let state = "announced, not confirmed";
            row([port.protocol.as_str(), &number, state, "", "", "", "", "", ""])?;
        }
        if finding.ports.is_empty() && provisional.is_empty() {
            row([""; 9])?;
        }
        Ok(())
    }

    fn tail(&mut self, _: &Subject, _: &mut Vec<u8>) -> Result<(), ExportError> {
        Ok(())
    }
}

fn of_port<'p>(
    port: &'p Port,
    number: &'p str,
    service: &'p Service,
    cpe: &'p str,
) -> [&'p str; 9] {
    [
        port.protocol.as_str(),
        number,
        &port.state,
        &port.reason,
        &service.name,
        service.product.as_deref().unwrap_or_default(),
        service.version.as_deref().unwrap_or_default(),
        service.extra_info.as_deref().unwrap_or_default(),
        cpe,
    ]
}

/// Returns a verdict as the API writes it.
pub fn verdict_name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Up => "up",
        Verdict::Down => "down",
        Verdict::TimedOut => "timed_out",
        Verdict::Unfinished => "unfinished",
        Verdict::Excluded => "excluded",
        Verdict::Unresolved => "unresolved",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_texts() {
        let table = [
            ("plain", "plain"),
            ("=1+1", "'=1+1"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            (" =1", "' =1"),
            ("\r=1", "\\u{d}=1"),
            ("＝1", "'＝1"),
            ("a\"b", "a\"b"),
            ("", ""),
        ];
        for (text, shown) in table {
            assert_eq!(cell(text), shown);
        }
        let mut out = Vec::new();
        write(&["=cmd|' /C calc'!A0", "a\"\r\nb"], &mut out).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "\"'=cmd|' /C calc'!A0\",\"a\"\"\\u{d}\\u{a}b\"\r\n"
        );
    }
}
