//! Reads the root's tag and the smaller children of the root; hosts have their own module.

use super::{
    document::{Finished, Item},
    elements::{Elements, Malformed, Remarks, Tag},
    host,
};
use netscan_schemas::time::Time;
use std::net::IpAddr;

/// What a part of the document says.
pub(super) enum Read {
    Item(Item),
    Finished(Finished),
    /// nmap itself says that it left something out.
    Refused(String),
    /// Nothing that is shown.
    Nothing,
}

/// Reads the root's start tag.
pub(super) fn root(text: &str, remarks: Remarks) -> Result<(Read, Remarks), Malformed> {
    let (tag, mut elements) = Elements::open(text, remarks)?;
    let (mut scanner_version, mut args, mut start) = (String::new(), String::new(), None);
    elements.attributes(&tag, |name, value| match name {
        "version" => scanner_version = value.text(),
        "args" => args = value.text(),
        "start" => start = value.parse().map(Time::from_secs),
        _ => {}
    });
    Ok((Read::Item(Item::Started { scanner_version, args, start }), elements.remarks))
}

/// Reads a child of the root. Children that say nothing we show, and unknown ones, are passed over.
pub(super) fn child(text: &str, remarks: Remarks) -> Result<(Read, Remarks), Malformed> {
    let name = text[1..].split(|c: char| c.is_ascii_whitespace() || c == '/' || c == '>').next();
    if name == Some("host") {
        let (host, remarks) = host::read(text, remarks)?;
        return Ok((Read::Item(Item::Host(Box::new(host))), remarks));
    }
    let (tag, mut elements) = Elements::open(text, remarks)?;
    let read = match tag.name() {
        "taskprogress" => progress(&mut elements, &tag)?,
        "taskbegin" | "taskend" => Read::Item(Item::Task),
        "hosthint" => hint(&mut elements, &tag)?,
        "runstats" => run_stats(&mut elements, &tag)?,
        "target" => target(&mut elements, &tag),
        _ => Read::Nothing,
    };
    Ok((read, elements.remarks))
}

fn progress(elements: &mut Elements<'_>, tag: &Tag<'_>) -> Result<Read, Malformed> {
    let (mut task, mut percent, mut remaining_secs) = (String::new(), None, None);
    elements.attributes(tag, |name, value| match name {
        "task" => task = value.text(),
        "percent" => percent = value.parse().filter(|percent| (0.0..=100.0).contains(percent)),
        "remaining" => remaining_secs = value.parse(),
        _ => {}
    });
    let percent = percent.ok_or_else(|| Malformed("it has no percentage".into()))?;
    Ok(Read::Item(Item::Progress { task, percent, remaining_secs }))
}

/// A hint that names no address says nothing.
fn hint(elements: &mut Elements<'_>, tag: &Tag<'_>) -> Result<Read, Malformed> {
    let mut found: Option<IpAddr> = None;
    elements.each_child(tag, |elements, tag| {
        if tag.name() == "address" {
            elements.attributes(tag, |name, value| {
                // A hardware address stands in an element of the same name.
                if name == "addr" {
                    found = found.or_else(|| value.text().parse().ok());
                }
            });
        }
        Ok(())
    })?;
    Ok(found.map_or(Read::Nothing, |address| Read::Item(Item::Hint { address })))
}

fn run_stats(elements: &mut Elements<'_>, tag: &Tag<'_>) -> Result<Read, Malformed> {
    let mut finished = None;
    let mut counts = [None; 3];
    elements.each_child(tag, |elements, tag| {
        match tag.name() {
            "finished" => {
                let found = finished.get_or_insert_with(Finished::default);
                elements.attributes(tag, |name, value| match name {
                    "exit" => found.success = value.is("success"),
                    "errormsg" => found.error = value.some_text(),
                    "elapsed" => found.elapsed_secs = value.parse(),
                    _ => {}
                });
            }
            "hosts" => elements.attributes(tag, |name, value| match name {
                "up" => counts[0] = value.parse(),
                "down" => counts[1] = value.parse(),
                "total" => counts[2] = value.parse(),
                _ => {}
            }),
            _ => {}
        }
        Ok(())
    })?;
    let [hosts_up, hosts_down, hosts_total] = counts;
    Ok(match finished {
        Some(said) => Read::Finished(Finished { hosts_up, hosts_down, hosts_total, ..said }),
        None => Read::Nothing,
    })
}

fn target(elements: &mut Elements<'_>, tag: &Tag<'_>) -> Read {
    let (mut specification, mut is_skipped, mut reason) = (String::new(), false, String::new());
    elements.attributes(tag, |name, value| match name {
        "specification" => specification = value.text(),
        "status" => is_skipped = value.is("skipped"),
        "reason" => reason = value.text(),
        _ => {}
    });
    let what = format!("nmap skipped the target `{specification}`: {reason}");
    if is_skipped { Read::Refused(what) } else { Read::Nothing }
}

/// Returns how a part is called when it is left out: its name, and for a host its address.
pub(super) fn label(text: &str) -> String {
    const LOOKED_AT: usize = 1024;
    let head = &text[..text.floor_char_boundary(LOOKED_AT)];
    let name = head[1..].split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
    let address = head.split_once("addr=\"").and_then(|(_, rest)| rest.split_once('"'));
    match address {
        Some((address, _)) if name == "host" => format!("<host> {address}"),
        _ => format!("<{name}>"),
    }
}
