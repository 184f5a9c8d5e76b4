//! Judges an element that nmap, or whoever made an imported file, wrote: may it stand in a document
//! of ours as it is?

use netscan_schemas::inert;
use quick_xml::{Reader, events::Event};
use std::borrow::Cow;

/// Returns whether XML may hold a character.
pub fn is_legal(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

/// Returns text for an attribute in double quotes, or between tags. What XML cannot hold becomes
/// U+FFFD.
pub fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            // A number is the same text, and can take over no terminal.
            c if is_legal(c) && (c == '\t' || inert::is_harmful(c)) => {
                safe.push_str("&#");
                safe.push_str(&u32::from(c).to_string());
                safe.push(';');
            }
            c if is_legal(c) => safe.push(c),
            _ => safe.push('\u{fffd}'),
        }
    }
    safe
}

/// Returns a whole element as it may stand in a document: the same bytes where nothing is wrong
/// with them, else with U+FFFD for characters that XML does not allow. `None` when it is not well
/// formed, or reaches into other namespaces, by which it could become more than data.
pub fn element(bytes: &[u8]) -> Option<Cow<'_, str>> {
    let mut text = String::from_utf8_lossy(bytes);
    if !text.chars().all(is_legal) {
        let legal = |c| if is_legal(c) { c } else { '\u{fffd}' };
        text = Cow::Owned(text.chars().map(legal).collect());
    }
    if text.contains("&#") {
        let mended = mend_references(&text);
        if mended != *text {
            text = Cow::Owned(mended);
        }
    }
    is_sound(&text).then_some(text)
}

/// Replaces references by number to characters that XML does not allow.
fn mend_references(text: &str) -> String {
    let mut mended = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("&#") {
        let (before, reference) = rest.split_at(start);
        mended.push_str(before);
        let end = reference.find([';', '<', '"']);
        let Some(end) = end.filter(|end| reference[*end..].starts_with(';')) else {
            mended.push_str("&amp;#");
            rest = &reference[2..];
            continue;
        };
        let number = &reference[2..end];
        let code = match number.strip_prefix('x') {
            Some(hex) => u32::from_str_radix(hex, 16),
            None => number.parse(),
        };
        let is_plain = !number.starts_with('+') && !number.starts_with("x+");
        let c = code.ok().filter(|_| is_plain).and_then(char::from_u32);
        match c.filter(|c| is_legal(*c)) {
            Some(_) => mended.push_str(&reference[..=end]),
            None => mended.push('\u{fffd}'),
        }
        rest = &reference[end + 1..];
    }
    mended.push_str(rest);
    mended
}

fn is_sound(text: &str) -> bool {
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_comments = true;
    let mut depth = 0usize;
    loop {
        match reader.read_event() {
            Ok(Event::Start(tag)) => {
                if !is_plain_tag(&tag) {
                    return false;
                }
                depth += 1;
            }
            Ok(Event::Empty(tag)) => {
                if !is_plain_tag(&tag) {
                    return false;
                }
            }
            Ok(Event::End(_)) => depth = depth.saturating_sub(1),
            Ok(Event::Text(text)) if text.contains("]]>") => return false,
            Ok(Event::GeneralRef(name)) => {
                let known = matches!(&*name, "lt" | "gt" | "amp" | "quot" | "apos");
                if !known && !name.starts_with('#') {
                    return false;
                }
            }
            Ok(Event::Text(_) | Event::CData(_) | Event::Comment(_)) => {}
            Ok(Event::Eof) => return depth == 0,
            // Nothing of nmap's.
            Ok(Event::PI(_) | Event::Decl(_) | Event::DocType(_)) | Err(_) => return false,
        }
    }
}

fn is_plain_tag(tag: &quick_xml::events::BytesStart<'_>) -> bool {
    let is_plain = |name: &str| {
        let first = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        let rest = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        first && name.chars().all(rest) && name != "xmlns"
    };
    // `with_checks` finds an attribute that is there twice.
    is_plain(tag.name().as_ref())
        && tag.attributes().with_checks(true).all(|attribute| {
            attribute.is_ok_and(|attribute| {
                is_plain(attribute.key.as_ref())
                    && !attribute.value.contains('<')
                    && quick_xml::escape::unescape(&attribute.value).is_ok()
            })
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sound_elements_stay_as_they_are() {
        for text in [
            "<host><a b=\"1 &gt; 2 &#xa; &quot;\"/>text &amp; more</host>",
            "<host starttime=\"1\" endtime='2'/>",
            "<host><!-- a comment --><![CDATA[<x>]]></host>",
        ] {
            assert_eq!(element(text.as_bytes()).unwrap(), text);
        }
    }

    #[test]
    fn characters_that_xml_lacks_are_replaced() {
        let table: [(&[u8], &str); 5] = [
            (b"<a b=\"\x01\"/>", "<a b=\"\u{fffd}\"/>"),
            (b"<a b=\"&#x1;&#0;&#xD800;&#10;\"/>", "<a b=\"\u{fffd}\u{fffd}\u{fffd}&#10;\"/>"),
            (b"<a>\xff\x00</a>", "<a>\u{fffd}\u{fffd}</a>"),
            (b"<a>&#;&#xzz;</a>", "<a>\u{fffd}\u{fffd}</a>"),
            (b"<a>&# 1</a>", "<a>&amp;# 1</a>"),
        ];
        for (bytes, shown) in table {
            assert_eq!(element(bytes).unwrap(), shown);
        }
    }

    #[test]
    fn what_could_be_more_than_data_is_turned_away() {
        for text in [
            "<host><x:script xmlns:x=\"http://www.w3.org/1999/xhtml\">alert(1)</x:script></host>",
            "<host xmlns=\"http://www.w3.org/1999/xhtml\"/>",
            "<host><?xml-stylesheet href=\"x.xsl\"?></host>",
            "<host>&unknown;</host>",
            "<host a=\"&unknown;\"/>",
            "<host a=\"1\" a=\"2\"/>",
            "<host a=1/>",
            "<host><a></host></a>",
            "<host>",
            "<host>]]></host>",
            "<host><!DOCTYPE x></host>",
            "<host a=\"<\"/>",
        ] {
            assert!(element(text.as_bytes()).is_none(), "{text}");
        }
    }
}
