//! The children of the root as the bytes that nmap wrote, for those who pass them on.

use super::{
    document::Item,
    elements::Remarks,
    part::{self, Read},
    splitter::{Part, Splitter},
};
use netscan_schemas::host::HostFinding;

/// A part of the document, byte for byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'p> {
    /// The root's start tag.
    Root(&'p [u8]),
    /// A whole child of the root.
    Child(&'p [u8]),
}

impl<'p> Piece<'p> {
    /// Returns the bytes.
    pub fn bytes(self) -> &'p [u8] {
        match self {
            Self::Root(bytes) | Self::Child(bytes) => bytes,
        }
    }

    /// Returns the name of the element.
    pub fn name(self) -> &'p [u8] {
        let inner = self.bytes().get(1..).unwrap_or_default();
        let ends = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>');
        &inner[..inner.iter().position(ends).unwrap_or(inner.len())]
    }
}

/// A document that is cut into the children of its root. Parts that are spoiled are left out: a
/// [`Document`](super::Document) over the same bytes says which.
#[derive(Clone, Debug)]
pub struct Pieces(Splitter);

impl Default for Pieces {
    fn default() -> Self {
        Self::new()
    }
}

impl Pieces {
    /// Returns a document of which no byte is known.
    pub fn new() -> Self {
        Self(Splitter::new())
    }

    /// Takes the next bytes; take pieces until there is none before the next call.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.0.feed(bytes);
    }

    /// Returns the next piece that is complete, or `None` until more bytes are fed.
    pub fn next_piece(&mut self) -> Option<Piece<'_>> {
        loop {
            // The borrow of a returned piece must not hold up the next round.
            let (range, is_root) = match self.0.next_part()? {
                Part::Skipped(_) => continue,
                Part::Root(range) => (range, true),
                Part::Child(range) => (range, false),
            };
            let bytes = self.0.bytes(range);
            return Some(if is_root { Piece::Root(bytes) } else { Piece::Child(bytes) });
        }
    }
}

/// Returns what a `<host>` element says, or `None` when it cannot be read as it stands.
pub fn host(text: &str) -> Option<HostFinding> {
    match part::child(text, Remarks::default()) {
        Ok((Read::Item(Item::Host(host)), _)) => Some(*host),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_the_bytes_of_the_document() {
        let text = "<?xml version=\"1.0\"?><nmaprun args=\"a &gt; b\">\n<scaninfo type=\"syn\"/>\n\
                    <host>\n<address addr=\"127.0.0.1\" addrtype=\"ipv4\"/></host>\n</nmaprun>";
        for size in [1, 7, text.len()] {
            let (mut pieces, mut found) = (Pieces::new(), Vec::new());
            for chunk in text.as_bytes().chunks(size) {
                pieces.feed(chunk);
                while let Some(piece) = pieces.next_piece() {
                    let name = String::from_utf8_lossy(piece.name()).into_owned();
                    found.push((name, String::from_utf8_lossy(piece.bytes()).into_owned()));
                }
            }
            let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
            assert_eq!(names, ["nmaprun", "scaninfo", "host"], "pieces of {size}");
            assert_eq!(found[0].1, "<nmaprun args=\"a &gt; b\">");
            let host = host(&found[2].1).unwrap();
            assert_eq!(host.address.to_string(), "127.0.0.1");
        }
    }
}
