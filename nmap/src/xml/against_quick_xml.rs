//! Holds our reading of tags against quick-xml's, on hosts that nmap wrote and on damaged ones.

use super::elements::{Elements, Malformed, Remarks, Tag};
use proptest::prelude::*;
use quick_xml::{XmlVersion, events::Event, reader::Reader};
use std::{fs, path::Path};

type Attributes = Vec<(String, String)>;

/// Lists all tags front to back: name and attributes when one opens, `/` when it closes.
fn ours(text: &str) -> Result<Vec<(String, Attributes)>, Malformed> {
    let (tag, mut elements) = Elements::open(text, Remarks::default())?;
    let mut seen = Vec::new();
    walk(&mut elements, &tag, &mut seen)?;
    match elements.remarks.summary() {
        Some(remarks) => Err(Malformed(remarks)),
        None => Ok(seen),
    }
}

fn walk(
    elements: &mut Elements<'_>,
    tag: &Tag<'_>,
    seen: &mut Vec<(String, Attributes)>,
) -> Result<(), Malformed> {
    let mut attributes = Vec::new();
    elements.attributes(tag, |name, value| attributes.push((name.to_owned(), value.text())));
    seen.push((tag.name().to_owned(), attributes));
    if tag.name() == "elem" || tag.name() == "cpe" {
        let text = elements.text(tag)?;
        seen.push((text, Vec::new()));
    } else {
        elements.each_child(tag, |elements, child| walk(elements, child, seen))?;
    }
    seen.push(("/".into(), Vec::new()));
    Ok(())
}

fn theirs(text: &str) -> quick_xml::Result<Vec<(String, Attributes)>> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    // Text that nobody looks at may hold anything.
    reader.config_mut().allow_dangling_amp = true;
    let (mut seen, mut depth) = (Vec::new(), 0);
    // The text so far and the depth of the `elem` or `cpe` around it; tags in there are ours not
    // to see.
    let mut inner: Option<(String, usize)> = None;
    loop {
        let event = reader.read_event()?;
        match (&event, &mut inner) {
            (Event::Start(start), around) => {
                depth += 1;
                let attributes: quick_xml::Result<Attributes> = start
                    .attributes()
                    .map(|attribute| {
                        let attribute = attribute?;
                        let value = attribute.normalized_value(XmlVersion::Implicit1_0)?;
                        Ok((attribute.key.into_inner().to_owned(), value.into_owned()))
                    })
                    .collect();
                let name = start.name().into_inner();
                if around.is_none() {
                    seen.push((name.to_owned(), attributes?));
                    let has_text = name == "elem" || name == "cpe";
                    inner = has_text.then(|| (String::new(), depth));
                }
            }
            (Event::End(_), around) => {
                if let Some((text, _)) = around.take_if(|(_, at)| *at == depth) {
                    seen.push((text, Vec::new()));
                }
                if inner.is_none() {
                    seen.push(("/".into(), Vec::new()));
                }
                depth -= 1;
                if depth == 0 {
                    return Ok(seen);
                }
            }
            (Event::Text(part), Some((text, at))) if *at == depth => {
                text.push_str(&part.xml10_content());
            }
            (Event::CData(part), Some((text, at))) if *at == depth => {
                text.push_str(&part.xml10_content());
            }
            (Event::GeneralRef(part), Some((text, at))) if *at == depth => {
                text.push_str(&quick_xml::escape::unescape(&format!("&{};", &**part))?);
            }
            (Event::Eof, _) => return Ok(seen),
            _ => {}
        }
    }
}

fn hosts() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/nmap-xml");
    let names = ["A_os_traceroute.xml", "sV_sC_scripts.xml", "script_title_escaping.xml"];
    let host = |name: &&str| {
        let text = fs::read_to_string(folder.join(name)).unwrap();
        let start = text.find("<host ").unwrap();
        let end = text.find("</host>").unwrap() + "</host>".len();
        text[start..end].to_owned()
    };
    names.iter().map(host).collect()
}

#[test]
fn hosts_are_read_alike() {
    for host in hosts() {
        let seen = ours(&host).unwrap();
        assert!(seen.len() > 20);
        assert_eq!(seen, theirs(&host).unwrap());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2048))]
    /// We may refuse more than quick-xml does, but what we read is what it reads.
    #[test]
    fn damaged_hosts_are_not_read_otherwise(
        which in 0..hosts().len(),
        index in any::<prop::sample::Index>(),
        removed in 0usize..4,
        pasted in "(|[<>/=\"' &;!?a]{1,3}|<a>|</a>|<a b='c'/>|<!--|-->|<!\\[CDATA\\[|\\]\\]>|&lt;|&#65;|\r\n)",
    ) {
        let mut host = hosts().swap_remove(which);
        let start = host.floor_char_boundary(index.index(host.len()));
        let end = host.ceil_char_boundary((start + removed).min(host.len()));
        host.replace_range(start..end, &pasted);
        if let Ok(seen) = ours(&host) {
            prop_assert_eq!(seen, theirs(&host).unwrap_or_default());
        }
    }
}
