//! Walks the tags of one whole element, level by level.
//!
//! [`Elements::each_child`] hands over the children of a tag one by one; whatever a visitor leaves
//! unread is passed over. A value that cannot be read as it stands is remarked on, not fatal.
//!
//! This is all of XML that a child of the root needs once the splitter has found its end. A tag's
//! attributes are read on the way to its end, so that each byte is looked at once here, where a
//! general reader goes over them twice. A test holds what is read here against quick-xml.

use super::caps::{ATTRIBUTES_MAX, DEPTH_MAX, NAME_BYTES_MAX, REMARKS_MAX, TAG_BYTES_MAX};
use memchr::{memchr, memchr2};
use netscan_schemas::host::Word;
use quick_xml::escape::unescape;
use std::{borrow::Cow, str::FromStr};

/// Why an element cannot be read at all.
#[derive(Debug)]
pub(super) struct Malformed(pub(super) String);

/// What had to be changed or left out of an element that is otherwise fine.
#[derive(Clone, Debug, Default)]
pub(super) struct Remarks {
    texts: Vec<String>,
    more: usize,
}

impl Remarks {
    pub(super) fn add(&mut self, text: impl Into<String>) {
        if self.texts.len() < REMARKS_MAX {
            self.texts.push(text.into());
        } else {
            self.more += 1;
        }
    }

    /// Returns all remarks in one line, or `None` when there are none.
    pub(super) fn summary(&self) -> Option<String> {
        let all = self.texts.join("; ");
        match (self.texts.is_empty(), self.more) {
            (true, _) => None,
            (false, 0) => Some(all),
            (false, more) => Some(format!("{all}; and {more} more")),
        }
    }
}

/// A start tag.
#[derive(Debug)]
pub(super) struct Tag<'a> {
    name: &'a str,
    is_empty: bool,
    /// Where it ends in the text: tells which tag was opened last.
    end: usize,
}

impl<'a> Tag<'a> {
    pub(super) fn name(&self) -> &'a str {
        self.name
    }
}

enum Token<'a> {
    Open(Tag<'a>),
    Close,
    Text(&'a str),
    CData(&'a str),
    /// A comment or processing instruction.
    Nothing,
}

/// One attribute's value. Reading it may leave a remark.
pub(super) struct Value<'v> {
    name: &'v str,
    raw: &'v str,
    remarks: &'v mut Remarks,
}

impl Value<'_> {
    /// Returns the text, with entities replaced; as it stands when an entity is unknown.
    pub(super) fn text(&mut self) -> String {
        if is_plain(self.raw) {
            return self.raw.to_owned();
        }
        // A line break that is meant as one is written as `&#xa;`.
        let flat = self.raw.replace("\r\n", " ").replace(['\t', '\n', '\r'], " ");
        replace_entities(&flat, self.name, self.remarks).into_owned()
    }

    /// Returns the text, where it is likely to be one of nmap's own words.
    pub(super) fn word(&mut self) -> Word {
        match WORDS.iter().find(|word| **word == self.raw) {
            Some(word) => Cow::Borrowed(word),
            None => Cow::Owned(self.text()),
        }
    }

    /// Returns the text, or `None` when there is none.
    pub(super) fn some_text(&mut self) -> Option<String> {
        (!self.raw.is_empty()).then(|| self.text())
    }

    /// Returns whether the value is just this.
    pub(super) fn is(&self, text: &str) -> bool {
        self.raw == text
    }

    /// Returns the value as a number, or anything else written in one way only.
    pub(super) fn parse<T: FromStr>(&mut self) -> Option<T> {
        let parsed = self.raw.parse().ok();
        if parsed.is_none() {
            let shown: String = self.raw.chars().take(32).collect();
            self.remarks.add(format!("{}=\"{shown}\" is not of the right kind", self.name));
        }
        parsed
    }
}

/// What nmap says most often of a port's state, the reason for it, and how it knows a service.
const WORDS: [&str; 9] = [
    "open",
    "syn-ack",
    "table",
    "probed",
    "closed",
    "reset",
    "conn-refused",
    "filtered",
    "no-response",
];

/// Returns whether a text stands for itself: there is no entity in it, no line end, and no tab.
/// Looking at all of it, with no way out before the end, is what a compiler makes fast.
fn is_plain(text: &str) -> bool {
    text.bytes().fold(true, |plain, byte| plain & (byte >= b' ') & (byte != b'&'))
}

fn replace_entities<'t>(text: &'t str, what: &str, remarks: &mut Remarks) -> Cow<'t, str> {
    unescape(text).unwrap_or_else(|error| {
        remarks.add(format!("`{what}` is kept as written: {error}"));
        Cow::Borrowed(text)
    })
}

/// Returns the text with the line ends that XML gives it.
fn unix_lines(text: &str) -> Cow<'_, str> {
    if text.contains('\r') {
        Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n"))
    } else {
        Cow::Borrowed(text)
    }
}

/// The tags of one element, front to back.
pub(super) struct Elements<'a> {
    text: &'a str,
    at: usize,
    /// Names of the elements that were opened and not closed yet.
    open: Vec<&'a str>,
    /// Names and values of the tag that was opened last.
    attributes: Vec<(&'a str, &'a str)>,
    last_tag_end: usize,
    /// What had to be changed or left out so far.
    pub(super) remarks: Remarks,
}

impl<'a> Elements<'a> {
    /// Returns the element's own tag and the walk over what is in it.
    pub(super) fn open(text: &'a str, remarks: Remarks) -> Result<(Tag<'a>, Self), Malformed> {
        let mut elements = Self {
            text,
            at: 0,
            open: Vec::new(),
            attributes: Vec::new(),
            last_tag_end: 0,
            remarks,
        };
        match elements.next()? {
            Token::Open(tag) => Ok((tag, elements)),
            _ => Err(malformed("it does not begin with a tag")),
        }
    }

    fn next(&mut self) -> Result<Token<'a>, Malformed> {
        let rest = &self.text[self.at..];
        match rest.as_bytes() {
            [] => Err(malformed("it ends before it is closed")),
            [b'<', b'/', ..] => self.end_tag(),
            [b'<', b'?', ..] => self.between("<?", "?>").map(|_| Token::Nothing),
            [b'<', b'!', b'-', ..] => self.between("<!--", "-->").map(|_| Token::Nothing),
            [b'<', b'!', ..] => self.between("<![CDATA[", "]]>").map(Token::CData),
            [b'<', ..] => self.start_tag(),
            _ => {
                let text = &rest[..memchr(b'<', rest.as_bytes()).unwrap_or(rest.len())];
                self.at += text.len();
                Ok(Token::Text(text))
            }
        }
    }

    /// Passes over markup and returns what is between its start and end.
    fn between(&mut self, start: &str, end: &str) -> Result<&'a str, Malformed> {
        let inner = self.text[self.at..].strip_prefix(start).and_then(|rest| rest.split_once(end));
        let (inner, _) = inner.ok_or_else(|| malformed("markup has no end"))?;
        self.at += start.len() + inner.len() + end.len();
        Ok(inner)
    }

    fn end_tag(&mut self) -> Result<Token<'a>, Malformed> {
        let rest = &self.text.as_bytes()[self.at + 2..];
        let length = memchr(b'>', rest).ok_or_else(|| malformed("markup has no end"))?;
        self.at += length + 3;
        match self.open.pop() {
            Some(open) if open.as_bytes() == rest[..length].trim_ascii_end() => Ok(Token::Close),
            _ => Err(malformed("an end tag does not fit its start tag")),
        }
    }

    fn start_tag(&mut self) -> Result<Token<'a>, Malformed> {
        let start = self.at;
        self.at += 1;
        let name = self.take_name();
        if name.is_empty() {
            return Err(malformed("a tag has no name"));
        }
        if name.len() > NAME_BYTES_MAX {
            return Err(malformed("an element's name is too long"));
        }
        self.attributes.clear();
        let is_empty = loop {
            let is_apart = self.skip_blanks();
            match self.text.as_bytes()[self.at..] {
                [b'>', ..] => {
                    self.at += 1;
                    break false;
                }
                [b'/', b'>', ..] => {
                    self.at += 2;
                    break true;
                }
                _ if !is_apart => return Err(malformed("a tag's attributes are not apart")),
                _ => self.take_attribute()?,
            }
        };
        if self.at - start > TAG_BYTES_MAX {
            return Err(malformed("a tag is too large"));
        }
        if !is_empty {
            self.open.push(name);
        }
        // The root is open as well.
        if self.open.len() >= DEPTH_MAX {
            return Err(malformed("it is nested too deeply"));
        }
        self.last_tag_end = self.at;
        Ok(Token::Open(Tag { name, is_empty, end: self.at }))
    }

    fn take_attribute(&mut self) -> Result<(), Malformed> {
        let name = self.take_name();
        if self.attributes.len() >= ATTRIBUTES_MAX || name.len() > NAME_BYTES_MAX {
            return Err(malformed("a tag has too many or too long attributes"));
        }
        self.skip_blanks();
        if name.is_empty() || self.text.as_bytes().get(self.at) != Some(&b'=') {
            return Err(malformed("an attribute has no name or value"));
        }
        self.at += 1;
        self.skip_blanks();
        let (quote, rest) = match &self.text.as_bytes()[self.at..] {
            [quote @ (b'"' | b'\''), rest @ ..] => (*quote, rest),
            _ => return Err(malformed("an attribute's value is not quoted")),
        };
        let length = match memchr2(quote, b'<', rest) {
            Some(length) if rest[length] == quote => length,
            _ => return Err(malformed("an attribute's value has no end")),
        };
        let value = &self.text[self.at + 1..self.at + 1 + length];
        self.at += length + 2;
        self.attributes.push((name, value));
        Ok(())
    }

    fn take_name(&mut self) -> &'a str {
        let start = self.at;
        let bytes = self.text.as_bytes();
        let mut end = start;
        while end < bytes.len() && !ENDS_NAME[usize::from(bytes[end])] {
            end += 1;
        }
        self.at = end;
        &self.text[start..end]
    }

    /// Passes over blanks and returns whether there are any.
    fn skip_blanks(&mut self) -> bool {
        let start = self.at;
        let bytes = self.text.as_bytes();
        while bytes.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        self.at > start
    }

    /// Hands each attribute of the tag that was opened last to `take`.
    pub(super) fn attributes(&mut self, tag: &Tag<'_>, mut take: impl FnMut(&str, &mut Value<'_>)) {
        debug_assert_eq!(tag.end, self.last_tag_end, "<{}> is not the last tag", tag.name);
        for (name, raw) in &self.attributes {
            take(name, &mut Value { name, raw, remarks: &mut self.remarks });
        }
    }

    /// Hands each child of `parent` to `visit`, which may walk it in turn. `parent` must be the
    /// tag that was opened last.
    pub(super) fn each_child(
        &mut self,
        parent: &Tag<'_>,
        mut visit: impl FnMut(&mut Self, &Tag<'a>) -> Result<(), Malformed>,
    ) -> Result<(), Malformed> {
        if parent.is_empty {
            return Ok(());
        }
        let inside = self.open.len();
        loop {
            match self.next()? {
                Token::Open(child) => {
                    visit(self, &child)?;
                    while self.open.len() > inside {
                        self.next()?;
                    }
                }
                Token::Close => return Ok(()),
                Token::Text(_) | Token::CData(_) | Token::Nothing => {}
            }
        }
    }

    /// Returns the text directly in a tag that was just opened.
    pub(super) fn text(&mut self, tag: &Tag<'_>) -> Result<String, Malformed> {
        let mut whole = String::new();
        if tag.is_empty {
            return Ok(whole);
        }
        let inside = self.open.len();
        while self.open.len() >= inside {
            match self.next()? {
                Token::Text(part) if self.open.len() == inside && is_plain(part) => {
                    whole.push_str(part);
                }
                Token::Text(part) if self.open.len() == inside => {
                    let part = unix_lines(part);
                    whole.push_str(&replace_entities(&part, tag.name, &mut self.remarks));
                }
                Token::CData(part) if self.open.len() == inside => {
                    whole.push_str(&unix_lines(part));
                }
                _ => {}
            }
        }
        Ok(whole)
    }
}

/// Which bytes cannot be in a name.
const ENDS_NAME: [bool; 256] = {
    let mut table = [false; 256];
    let ends = b" \t\r\n\x0c=/><\"'";
    let mut index = 0;
    while index < ends.len() {
        table[ends[index] as usize] = true;
        index += 1;
    }
    table
};

fn malformed(why: &str) -> Malformed {
    Malformed(why.into())
}
