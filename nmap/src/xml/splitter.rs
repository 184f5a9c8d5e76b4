//! Finds the whole children of the root in bytes that come in pieces.
//!
//! ```text
//! bytes ─► | <nmaprun ..> | <child> .. </child> | <child/> | .. | </nmaprun> |
//!              Root            Child               Child            End
//! ```
//!
//! A child ends at the first end tag of its own name: nmap puts none of them into another. So a
//! `<host>` inside of anything but the root means that what is around it was cut short. XML allows
//! no `<` inside a tag, so that every `<` out of comments and the like begins markup, and the tags
//! in a child need no look here. However the pieces are cut, each byte is looked at once, and at
//! most one child is held.

use super::{
    caps::{DOCTYPE_BYTES_MAX, ELEMENT_BYTES_MAX, NAME_BYTES_MAX, TAG_BYTES_MAX},
    markup::{Inside, NotYet, declaration, is_host, may_end, tag_name},
};
use memchr::{memchr, memchr_iter, memchr2};
use std::ops::Range;

/// A part of the document that is complete. Ranges are read with [`Splitter::bytes`], before the
/// next part is asked for.
#[derive(Debug)]
pub(super) enum Part {
    /// The root's start tag.
    Root(Range<usize>),
    /// A whole child of the root.
    Child(Range<usize>),
    /// Something that cannot be used, and why.
    Skipped(String),
}

/// The child of the root that is being read.
#[derive(Clone, Debug)]
struct Child {
    start: usize,
    name: String,
    /// Why it cannot be used; its bytes are no longer held.
    spoiled: Option<&'static str>,
}

/// Where in the document the scan is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Prolog,
    Root,
    Epilog,
}

/// Splits a document into the children of its root.
#[derive(Clone, Debug)]
pub(super) struct Splitter {
    buffer: Vec<u8>,
    /// Bytes before `buffer` that were let go of.
    offset: u64,
    /// Bytes of `buffer` that nobody needs any more.
    done: usize,
    /// Where the scan goes on, at or after `done`.
    at: usize,
    inside: Inside,
    /// Where the tag or other markup at `at` began.
    markup: usize,
    /// How many bytes of that markup were let go of, since it is too large.
    markup_cut: usize,
    place: Place,
    child: Option<Child>,
    /// Whether the text between two children is more than blanks.
    stray_text: bool,
    consumed: u64,
    fatal: Option<&'static str>,
}

impl Splitter {
    pub(super) fn new() -> Self {
        Self {
            buffer: Vec::new(),
            offset: 0,
            done: 0,
            at: 0,
            inside: Inside::Text,
            markup: 0,
            markup_cut: 0,
            place: Place::Prolog,
            child: None,
            stray_text: false,
            consumed: 0,
            fatal: None,
        }
    }

    /// Takes the next bytes of the document.
    pub(super) fn feed(&mut self, bytes: &[u8]) {
        if self.fatal.is_some() {
            return;
        }
        // Moving what is left costs less than what was read since the last move.
        if self.done > self.buffer.len() / 2 {
            self.let_go();
        }
        self.buffer.extend_from_slice(bytes);
    }

    fn let_go(&mut self) {
        let gone = self.done;
        self.buffer.drain(..gone);
        self.offset += gone as u64;
        self.done = 0;
        self.at -= gone;
        self.markup = self.markup.saturating_sub(gone);
        if let Some(child) = &mut self.child {
            child.start = child.start.saturating_sub(gone);
        }
    }

    /// Returns the bytes of a part, as long as nothing more was fed or asked for.
    pub(super) fn bytes(&self, range: Range<usize>) -> &[u8] {
        &self.buffer[range]
    }

    /// Returns how many bytes are held.
    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        self.buffer.len()
    }

    /// Returns how many bytes lead up to the end of the last whole child (or tag of the root).
    pub(super) fn consumed(&self) -> u64 {
        self.consumed
    }

    /// Returns whether the root was closed.
    pub(super) fn is_closed(&self) -> bool {
        self.place == Place::Epilog
    }

    /// Returns why the bytes so far are not a whole document.
    pub(super) fn problem(&self) -> Option<String> {
        if let Some(why) = self.fatal {
            return Some(why.into());
        }
        match (self.place, &self.child) {
            (Place::Prolog, _) if self.offset == 0 && self.buffer.is_empty() => {
                Some("is empty".into())
            }
            (Place::Prolog, _) => Some("ends before <nmaprun>".into()),
            (Place::Root, Some(child)) => Some(format!("cut inside <{}>", child.name)),
            (Place::Root, None) if self.inside != Inside::Text => Some("cut inside a tag".into()),
            (Place::Root, None) => Some("ends without </nmaprun>".into()),
            (Place::Epilog, _) if self.inside != Inside::Text => Some(AFTER_END.into()),
            (Place::Epilog, _) => None,
        }
    }

    /// Returns the next part that is complete, or `None` until more is fed.
    pub(super) fn next_part(&mut self) -> Option<Part> {
        while self.fatal.is_none() && self.at < self.buffer.len() {
            let part = match self.inside {
                Inside::Text => self.scan_text(),
                Inside::Opening => {
                    if !self.classify() {
                        return None;
                    }
                    None
                }
                Inside::StartTag { quote } => self.scan_start_tag(quote),
                Inside::EndTag => self.scan_end_tag(),
                Inside::Comment => self.scan_until(b"-->", 7),
                Inside::CData => self.scan_until(b"]]>", 12),
                Inside::Instruction => self.scan_until(b"?>", 4),
                Inside::Doctype => self.scan_doctype(),
            };
            if part.is_some() {
                return part;
            }
        }
        if self.fatal.is_none() {
            self.enforce_sizes();
        } else {
            self.buffer = Vec::new();
            (self.done, self.at) = (0, 0);
        }
        None
    }

    fn fail(&mut self, why: &'static str) {
        self.fatal.get_or_insert(why);
    }

    fn scan_text(&mut self) -> Option<Part> {
        let rest = &self.buffer[self.at..];
        let found = match &self.child {
            None => memchr(b'<', rest),
            Some(child) => {
                memchr_iter(b'<', rest).find(|at| may_end(child.name.as_bytes(), &rest[at + 1..]))
            }
        };
        let end = self.at + found.unwrap_or(rest.len());
        if self.child.is_none() && !self.buffer[self.at..end].trim_ascii().is_empty() {
            self.on_loose_text();
        }
        self.at = end;
        if self.child.as_ref().is_none_or(|child| child.spoiled.is_some()) {
            self.done = self.at;
        }
        found?;
        self.markup = self.at;
        self.markup_cut = 0;
        self.inside = Inside::Opening;
        self.at += 1;
        let stray = std::mem::take(&mut self.stray_text);
        stray.then(|| Part::Skipped("text between two elements".into()))
    }

    fn on_loose_text(&mut self) {
        match self.place {
            Place::Prolog => self.fail(NOT_NMAP),
            Place::Root => self.stray_text = true,
            Place::Epilog => self.fail(AFTER_END),
        }
    }

    /// Finds out what a `<` opens; returns false when too few bytes are here to tell.
    fn classify(&mut self) -> bool {
        let ahead = &self.buffer[self.markup + 1..];
        let kind = match ahead {
            [] => return false,
            [b'/', ..] => Inside::EndTag,
            [b'?', ..] => Inside::Instruction,
            [b'!', rest @ ..] => match declaration(rest) {
                Ok(Inside::Doctype) if self.place != Place::Prolog => return self.on_odd_markup(),
                Ok(kind) => kind,
                Err(NotYet { may_still_be: true }) => return false,
                Err(NotYet { may_still_be: false }) => return self.on_odd_markup(),
            },
            _ if self.child.is_none() => Inside::StartTag { quote: None },
            _ => match is_host(ahead) {
                Some(true) => Inside::StartTag { quote: None },
                Some(false) => Inside::Text,
                None => return false,
            },
        };
        self.inside = kind;
        true
    }

    /// Turns away a `<!` that is neither comment nor CDATA. In a child that is left to its reader.
    fn on_odd_markup(&mut self) -> bool {
        self.inside = Inside::Text;
        if self.child.is_none() {
            self.on_loose_text();
        }
        true
    }

    fn scan_start_tag(&mut self, mut quote: Option<u8>) -> Option<Part> {
        loop {
            let rest = &self.buffer[self.at..];
            let found = match quote {
                None => rest.iter().position(|byte| matches!(byte, b'>' | b'<' | b'"' | b'\'')),
                Some(open) => rest.iter().position(|byte| *byte == open || *byte == b'<'),
            };
            let Some(found) = found else {
                self.at = self.buffer.len();
                self.inside = Inside::StartTag { quote };
                return None;
            };
            let byte = rest[found];
            self.at += found;
            if byte == b'<' {
                return self.on_damaged_tag();
            }
            self.at += 1;
            quote = match quote {
                None if byte == b'>' => return self.on_start_tag(),
                None => Some(byte),
                Some(_) => None,
            };
        }
    }

    fn scan_end_tag(&mut self) -> Option<Part> {
        let rest = &self.buffer[self.at..];
        let Some(found) = memchr2(b'>', b'<', rest) else {
            self.at = self.buffer.len();
            return None;
        };
        let byte = rest[found];
        self.at += found;
        if byte == b'<' {
            return self.on_damaged_tag();
        }
        self.at += 1;
        self.on_end_tag()
    }

    /// Looks for the end of a comment or the like, which has at least `least` bytes in all.
    fn scan_until(&mut self, end: &[u8], least: usize) -> Option<Part> {
        while let Some(found) = memchr(b'>', &self.buffer[self.at..]) {
            self.at += found + 1;
            let markup = &self.buffer[self.markup..self.at];
            if markup.len() + self.markup_cut >= least && markup.ends_with(end) {
                self.spoil_large_markup();
                if self.inside == Inside::CData && self.child.is_none() {
                    self.on_loose_text();
                }
                self.inside = Inside::Text;
                return None;
            }
        }
        self.at = self.buffer.len();
        None
    }

    /// Accepts nmap's own `<!DOCTYPE nmaprun>` and nothing that declares or includes anything.
    fn scan_doctype(&mut self) -> Option<Part> {
        let rest = &self.buffer[self.at..];
        let found = rest.iter().position(|byte| matches!(byte, b'>' | b'['));
        let length = self.at - self.markup + found.unwrap_or(rest.len());
        if length > DOCTYPE_BYTES_MAX {
            self.fail(FOREIGN_DOCTYPE);
            return None;
        }
        let Some(found) = found else {
            self.at = self.buffer.len();
            return None;
        };
        let inner = &self.buffer[self.markup + "<!DOCTYPE".len()..self.at + found];
        if rest[found] == b'[' {
            self.fail("has an internal DTD subset");
        } else if inner.trim_ascii() != b"nmaprun" || !inner[0].is_ascii_whitespace() {
            self.fail(FOREIGN_DOCTYPE);
        }
        self.at += found + 1;
        self.inside = Inside::Text;
        None
    }

    fn on_start_tag(&mut self) -> Option<Part> {
        self.inside = Inside::Text;
        let tag = &self.buffer[self.markup..self.at];
        let is_empty = tag.ends_with(b"/>");
        match self.place {
            Place::Prolog => return self.on_root(is_empty),
            Place::Epilog => {
                self.fail(AFTER_END);
                return None;
            }
            Place::Root => {}
        }
        let name = String::from_utf8_lossy(tag_name(&tag[1..])).into_owned();
        self.done = self.markup;
        let around = self.child.replace(Child { start: self.markup, name, spoiled: None });
        self.spoil_large_markup();
        let child = if is_empty { self.end_child() } else { None };
        match around {
            // A whole `<host/>` has no address, so there is nothing to add of it.
            Some(around) => {
                Some(Part::Skipped(format!("<{}> is cut short by a <host>", around.name)))
            }
            None => child,
        }
    }

    fn on_root(&mut self, is_empty: bool) -> Option<Part> {
        let tag = &self.buffer[self.markup..self.at];
        if tag_name(&tag[1..]) != b"nmaprun" || tag.len() + self.markup_cut > TAG_BYTES_MAX {
            self.fail(NOT_NMAP);
            return None;
        }
        self.done = self.at;
        self.consumed = self.offset + self.at as u64;
        self.place = if is_empty { Place::Epilog } else { Place::Root };
        Some(Part::Root(self.markup..self.at))
    }

    fn on_end_tag(&mut self) -> Option<Part> {
        self.inside = Inside::Text;
        let name = tag_name(&self.buffer[self.markup + 2..self.at]);
        if self.place != Place::Root {
            self.fail(if self.is_closed() { AFTER_END } else { NOT_NMAP });
            return None;
        }
        if let Some(child) = &self.child {
            return if name == child.name.as_bytes() { self.end_child() } else { None };
        }
        self.done = self.at;
        if name != b"nmaprun" {
            return Some(Part::Skipped("an end tag without a start tag".into()));
        }
        self.consumed = self.offset + self.at as u64;
        self.place = Place::Epilog;
        None
    }

    fn end_child(&mut self) -> Option<Part> {
        if self.at - self.child.as_ref()?.start > ELEMENT_BYTES_MAX {
            self.spoil("is too large");
        }
        let child = self.child.take()?;
        self.done = self.at;
        self.consumed = self.offset + self.at as u64;
        Some(match child.spoiled {
            Some(why) => Part::Skipped(format!("<{}> {why}", child.name)),
            None => Part::Child(child.start..self.at),
        })
    }

    /// Gives up on a tag of the root or of a child, where another one begins inside of it.
    fn on_damaged_tag(&mut self) -> Option<Part> {
        self.inside = Inside::Text;
        match self.place {
            Place::Prolog => self.fail(NOT_NMAP),
            Place::Epilog => self.fail(AFTER_END),
            // In a child it is for the child's reader to say.
            Place::Root if self.child.is_some() => {}
            Place::Root => {
                return Some(Part::Skipped("a tag that is cut short by another".into()));
            }
        }
        None
    }

    fn spoil(&mut self, why: &'static str) {
        if let Some(child) = &mut self.child {
            child.spoiled.get_or_insert(why);
        }
    }

    fn spoil_large_markup(&mut self) {
        if self.at - self.markup + self.markup_cut > TAG_BYTES_MAX {
            self.spoil("has a tag that is too large");
        }
    }

    /// Applies the size limits to what is not complete yet, and lets go of what exceeds them.
    fn enforce_sizes(&mut self) {
        let child_bytes = self.child.as_ref().map_or(0, |child| self.at - child.start);
        if child_bytes > ELEMENT_BYTES_MAX {
            self.spoil("is too large");
        }
        if self.inside != Inside::Text {
            self.spoil_large_markup();
        }
        if self.child.as_ref().is_none_or(|child| child.spoiled.is_some()) {
            self.done = if self.inside == Inside::Text { self.at } else { self.markup };
            self.shorten_markup();
        }
    }

    /// Keeps only the beginning and end of a large tag or comment that will not be used: its name
    /// and what tells its end.
    fn shorten_markup(&mut self) {
        const HEAD: usize = 2 * NAME_BYTES_MAX;
        const TAIL: usize = 2;
        let is_large = self.at - self.markup > TAG_BYTES_MAX;
        if self.inside != Inside::Text && is_large {
            let cut = self.markup + HEAD..self.at - TAIL;
            self.at -= cut.len();
            self.markup_cut += cut.len();
            self.offset += cut.len() as u64;
            self.buffer.drain(cut);
        }
    }
}

const NOT_NMAP: &str = "not an nmap document";
const AFTER_END: &str = "goes on after </nmaprun>";
const FOREIGN_DOCTYPE: &str = "has a DOCTYPE that is not nmap's";
