//! Makes text of strangers inert: banners, names and scripts' output are written by the hosts that
//! are scanned, and must only ever be read.
//!
//! One rule of what is harmful, for every place where such text is shown: terminal, log, CSV,
//! Markdown, HTML. What each of these takes for markup beyond that, its writer escapes itself.

use std::{borrow::Cow, fmt::Write};

/// Returns whether a character may move a cursor, end a line or turn the direction of what is read:
/// control characters of C0 and C1 with DEL, and those that steer bidirectional text. A tab is not.
pub fn is_harmful(c: char) -> bool {
    let breaks_line = matches!(c, '\u{2028}' | '\u{2029}');
    let turns = matches!(
        c,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    );
    // Tag characters and noncharacters are drawn as nothing and smuggle text.
    let hides = matches!(c, '\u{e0000}'..='\u{e007f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}');
    (c.is_control() && c != '\t') || breaks_line || turns || hides
}

/// Returns the text with its harmful characters shown as escapes (`\u{1b}`).
pub fn text(text: &str) -> Cow<'_, str> {
    escaped(text, |clean, c| clean.extend(c.escape_unicode()))
}

/// Returns bytes as text: as [`text`], with bytes that are not UTF-8 shown as `\x{ff}`.
pub fn bytes(bytes: &[u8]) -> String {
    let mut clean = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        clean.push_str(&text(chunk.valid()));
        for byte in chunk.invalid() {
            // Writing to a string does not fail.
            let _ = write!(clean, "\\x{{{byte:02x}}}");
        }
    }
    clean
}

/// Returns a JSON document that means the same without a harmful character in it. Only in strings
/// can it hold one, apart from the line ends between its parts, which stay.
pub fn json(document: &str) -> Cow<'_, str> {
    escaped(document, |clean, c| match c {
        '\n' => clean.push('\n'),
        c => {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(clean, "\\u{unit:04x}");
            }
        }
    })
}

fn escaped(text: &str, mut escape: impl FnMut(&mut String, char)) -> Cow<'_, str> {
    let Some(first) = text.find(is_harmful) else { return Cow::Borrowed(text) };
    let mut clean = String::with_capacity(text.len() + 16);
    clean.push_str(&text[..first]);
    for c in text[first..].chars() {
        match is_harmful(c) {
            true => escape(&mut clean, c),
            false => clean.push(c),
        }
    }
    Cow::Owned(clean)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn harmful_characters_are_shown() {
        let table = [
            ("plain text, ünïcödé\tand a tab", "plain text, ünïcödé\tand a tab"),
            ("\u{1b}]0;title\u{7}", "\\u{1b}]0;title\\u{7}"),
            ("a\r\nb", "a\\u{d}\\u{a}b"),
            ("\u{9b}31m", "\\u{9b}31m"),
            ("\u{202e}exe.txt\u{2066}", "\\u{202e}exe.txt\\u{2066}"),
            ("\u{7f}\0", "\\u{7f}\\u{0}"),
            ("a\u{2028}b", "a\\u{2028}b"),
        ];
        for (hostile, shown) in table {
            assert_eq!(text(hostile), shown);
            assert_eq!(bytes(hostile.as_bytes()), shown);
        }
        assert_eq!(bytes(b"a\xff\xc0\xafb\x1b"), "a\\x{ff}\\x{c0}\\x{af}b\\u{1b}");
    }

    #[test]
    fn json_keeps_its_meaning() {
        let value = serde_json::json!({ "a\u{202e}": ["\u{9b}31m\u{7f}", "\u{e0041}", "é\n"] });
        let plain = serde_json::to_string_pretty(&value).unwrap();
        let clean = json(&plain);
        assert!(!clean.chars().any(|c| is_harmful(c) && c != '\n'), "{clean}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&clean).unwrap(), value);
    }
}
