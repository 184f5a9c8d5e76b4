//! Takes damaged tags out of an element, so that the rest of it can still be read.
//!
//! XML allows no `<` inside a tag: where one turns up, the tag before it has lost its end, as when
//! `--resume` writes on after a cut. If what is left fits together without that tag, only the tag
//! is lost.

use memchr::memchr;

/// Returns the element without the tags that are cut short by another one, and how many those are.
pub(super) fn without_damaged_tags(text: &str) -> (String, usize) {
    let (mut kept, mut damaged) = (String::with_capacity(text.len()), 0);
    let mut rest = text;
    while let Some(start) = memchr(b'<', rest.as_bytes()) {
        let (before, markup) = rest.split_at(start);
        kept.push_str(before);
        let whole = whole_markup(markup);
        let next = memchr(b'<', &markup.as_bytes()[1..]).map_or(markup.len(), |next| next + 1);
        match whole {
            Some(length) => kept.push_str(&markup[..length]),
            None => damaged += 1,
        }
        rest = &markup[whole.unwrap_or(next)..];
    }
    kept.push_str(rest);
    (kept, damaged)
}

/// Returns the length of the markup that a text begins with, or `None` if it is damaged.
fn whole_markup(text: &str) -> Option<usize> {
    for (start, end) in [("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>")] {
        if let Some(inner) = text.strip_prefix(start) {
            return inner.find(end).map(|length| start.len() + length + end.len());
        }
    }
    let is_end_tag = text.starts_with("</");
    let mut quote = None;
    for (index, byte) in text.bytes().enumerate().skip(1) {
        match (byte, quote) {
            (b'<', _) => return None,
            (b'>', None) => return Some(index + 1),
            (b'"' | b'\'', None) if !is_end_tag => quote = Some(byte),
            (byte, Some(open)) if byte == open => quote = None,
            _ => {}
        }
    }
    None
}
