//! Tells kinds of markup apart by their first bytes.

use super::caps::NAME_BYTES_MAX;

/// What the bytes at the scan position belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Inside {
    /// Text, and inside of a child anything that cannot end it.
    Text,
    /// A `<` whose kind is not known yet.
    Opening,
    /// The start tag of the root or of a child of it.
    StartTag {
        quote: Option<u8>,
    },
    EndTag,
    Comment,
    CData,
    Instruction,
    Doctype,
}

/// Too few bytes, or the wrong ones.
pub(super) struct NotYet {
    pub(super) may_still_be: bool,
}

/// Returns what `<!` and these bytes begin.
pub(super) fn declaration(rest: &[u8]) -> Result<Inside, NotYet> {
    let known: [(&[u8], Inside); 3] =
        [(b"--", Inside::Comment), (b"[CDATA[", Inside::CData), (b"DOCTYPE", Inside::Doctype)];
    let found = known.iter().find(|(opens, _)| rest.starts_with(opens));
    let may_still_be = known.iter().any(|(opens, _)| opens.starts_with(rest));
    found.map(|(_, kind)| *kind).ok_or(NotYet { may_still_be })
}

/// Returns whether a tag with this inner text is a `<host>`, or `None` when that cannot be told yet.
pub(super) fn is_host(inner: &[u8]) -> Option<bool> {
    match inner.strip_prefix(b"host") {
        Some([]) => None,
        Some([next, ..]) => Some(ends_name(*next)),
        None if b"host".starts_with(inner) => None,
        None => Some(false),
    }
}

/// Returns whether the bytes after a `<` may have to do with where a child of that name ends. Tags
/// inside of it do not, and are passed over.
pub(super) fn may_end(child: &[u8], ahead: &[u8]) -> bool {
    match ahead {
        [] | [b'!' | b'?', ..] => true,
        [b'/', name @ ..] => name.iter().zip(child).all(|(found, sought)| found == sought),
        _ => is_host(ahead) != Some(false),
    }
}

fn ends_name(byte: u8) -> bool {
    byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>')
}

/// Returns the name at the beginning of a tag's inner text, as much of it as a name may have.
pub(super) fn tag_name(inner: &[u8]) -> &[u8] {
    let inner = &inner[..inner.len().min(NAME_BYTES_MAX)];
    &inner[..inner.iter().position(|byte| ends_name(*byte)).unwrap_or(inner.len())]
}
