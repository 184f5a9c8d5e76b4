//! Splits nmap's normal output into lines as it comes, and reads what `-v` announces in it.

use netscan_schemas::{host::Protocol, limits::LINE_BYTES_MAX};
use std::net::IpAddr;

/// Cuts bytes that come in pieces of any size into lines.
///
/// Lines come without their `\n` or `\r\n`, bytes that are not UTF-8 are replaced, and a line of
/// more than [`LINE_BYTES_MAX`] bytes comes in several. No more than one such piece is held.
#[derive(Debug, Default)]
pub struct LineSplitter {
    held: Vec<u8>,
    /// Whether the line in `held` had pieces that were handed out before.
    is_continued: bool,
}

impl LineSplitter {
    /// Returns a splitter at the beginning of a line.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next bytes and returns the lines that they complete.
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<String> {
        let mut lines = Vec::new();
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            let (text, ends) = match part.strip_suffix(b"\n") {
                Some(text) => (text, true),
                None => (part, false),
            };
            self.hold(text, &mut lines);
            if ends {
                lines.extend(self.end_line());
            }
        }
        lines
    }

    /// Returns the last line, if the output does not end with a newline.
    pub fn finish(mut self) -> Option<String> {
        if self.held.is_empty() { None } else { self.end_line() }
    }

    fn hold(&mut self, mut text: &[u8], lines: &mut Vec<String>) {
        while self.held.len() + text.len() > LINE_BYTES_MAX {
            // One byte more than fits tells whether the cut would be inside of a character.
            let (now, later) = text.split_at(LINE_BYTES_MAX + 1 - self.held.len());
            self.held.extend_from_slice(now);
            text = later;
            let rest = self.held.split_off(character_start(&self.held, LINE_BYTES_MAX));
            lines.push(String::from_utf8_lossy(&self.held).into_owned());
            self.held = rest;
            self.is_continued = true;
        }
        self.held.extend_from_slice(text);
    }

    fn end_line(&mut self) -> Option<String> {
        let line = std::mem::take(&mut self.held);
        let was_continued = std::mem::take(&mut self.is_continued);
        let text = line.strip_suffix(b"\r").unwrap_or(&line);
        // A line that ends just where a piece did has nothing more to say.
        let is_spent = was_continued && text.is_empty();
        (!is_spent).then(|| String::from_utf8_lossy(text).into_owned())
    }
}

/// Returns the index of the first byte of the UTF-8 character that `index` is in.
fn character_start(bytes: &[u8], index: usize) -> usize {
    let is_continuation = |byte: u8| byte & 0b1100_0000 == 0b1000_0000;
    let starts = (index.saturating_sub(3)..=index).rev();
    starts.into_iter().find(|start| !is_continuation(bytes[*start])).unwrap_or(index)
}

/// Returns the open port that a line of `nmap -v` announces
/// (`Discovered open port 22/tcp on 127.0.0.1`), long before its host is finished.
pub fn discovered_port(line: &str) -> Option<(IpAddr, u16, Protocol)> {
    let rest = line.strip_prefix("Discovered open port ")?;
    let (port, place) = rest.split_once(" on ")?;
    let (number, protocol) = port.split_once('/')?;
    let address = place.split_ascii_whitespace().next()?;
    Some((address.parse().ok()?, number.parse().ok()?, protocol.parse().ok()?))
}

/// Returns whether a line only repeats how far nmap is, as `--stats-every` makes it do however
/// little has happened since. XML says the same in `<taskprogress>`.
pub fn is_tick(line: &str) -> bool {
    line.starts_with("Stats: ") || line.contains(" Timing: About ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lines_of(bytes: &[u8], chunk: usize) -> Vec<String> {
        let mut splitter = LineSplitter::new();
        let mut lines: Vec<String> =
            bytes.chunks(chunk).flat_map(|chunk| splitter.feed(chunk)).collect();
        lines.extend(splitter.finish());
        lines
    }

    #[test]
    fn lines_lose_their_ends_and_nothing_else() {
        let table: [(&[u8], &[&str]); 8] = [
            (b"", &[]),
            (b"\n", &[""]),
            (b"one\ntwo", &["one", "two"]),
            (b"one\r\n\r\ntwo\n", &["one", "", "two"]),
            (b"a\rb\n", &["a\rb"]),
            (b"a\0b\n", &["a\0b"]),
            (b"caf\xc3\xa9 \xff\n", &["caf\u{e9} \u{fffd}"]),
            (b"last\r", &["last"]),
        ];
        for (bytes, expected) in table {
            for chunk in [1, 2, 3, 7, 4096] {
                assert_eq!(lines_of(bytes, chunk), expected, "{bytes:?} by {chunk}");
            }
        }
    }

    #[test]
    fn a_long_line_comes_in_pieces() {
        let full = "x".repeat(LINE_BYTES_MAX);
        let table = [
            (format!("{full}\nnext\n"), vec![LINE_BYTES_MAX, 4]),
            (format!("{full}\r\nnext\n"), vec![LINE_BYTES_MAX, 4]),
            (format!("{full}y\nnext\n"), vec![LINE_BYTES_MAX, 1, 4]),
            (format!("{full}{full}\n"), vec![LINE_BYTES_MAX, LINE_BYTES_MAX]),
            (format!("{}\u{e9}z\n", &full[1..]), vec![LINE_BYTES_MAX - 1, 3]),
            (full.clone(), vec![LINE_BYTES_MAX]),
        ];
        for (text, expected) in table {
            for chunk in [1, 4096, LINE_BYTES_MAX, 3 * LINE_BYTES_MAX] {
                let lines = lines_of(text.as_bytes(), chunk);
                let lengths: Vec<usize> = lines.iter().map(String::len).collect();
                assert_eq!(lengths, expected, "by {chunk}");
                assert!(!lines.concat().contains('\u{fffd}'));
            }
        }
    }

    #[test]
    fn endless_bytes_without_a_newline_are_not_held() {
        let mut splitter = LineSplitter::new();
        let mut bytes = 0;
        for _ in 0..64 {
            bytes += splitter.feed(&[0x80; 100_000]).len();
            assert!(splitter.held.len() <= LINE_BYTES_MAX);
        }
        assert_eq!(bytes, 64 * 100_000 / LINE_BYTES_MAX);
    }

    proptest! {
        #[test]
        fn pieces_do_not_change_the_lines(text in "[a\r\n\u{e9}]{0,64}", chunk in 1usize..9) {
            prop_assert_eq!(lines_of(text.as_bytes(), chunk), lines_of(text.as_bytes(), 4096));
        }
    }

    #[test]
    fn discovered_ports() {
        let v4: IpAddr = [127, 0, 0, 1].into();
        let table = [
            ("Discovered open port 22/tcp on 127.0.0.1", Some((v4, 22, Protocol::Tcp))),
            (
                "Discovered open port 53/udp on ::1",
                Some(("::1".parse().unwrap(), 53, Protocol::Udp)),
            ),
            ("Discovered open port 9/sctp on 127.0.0.1 ", Some((v4, 9, Protocol::Sctp))),
            ("Discovered closed port 22/tcp on 127.0.0.1", None),
            ("Discovered open port 70000/tcp on 127.0.0.1", None),
            ("Discovered open port 22/tcp on somewhere", None),
            ("Discovered open port 22 on 127.0.0.1", None),
            ("Discovered open port 22/tcp on ", None),
            ("| Discovered open port 22/tcp on 127.0.0.1", None),
            ("", None),
        ];
        for (line, expected) in table {
            assert_eq!(discovered_port(line), expected, "{line}");
        }
    }

    #[test]
    fn ticks() {
        let table = [
            (
                "Stats: 0:00:01 elapsed; 0 hosts completed (24 up), 24 undergoing SYN Stealth Scan",
                true,
            ),
            ("SYN Stealth Scan Timing: About 34.33% done; ETC: 21:46 (0:00:02 remaining)", true),
            ("Service scan Timing: About 0.00% done", true),
            ("Initiating SYN Stealth Scan at 21:46", false),
            ("Discovered open port 22/tcp on 127.0.0.1", false),
            ("", false),
        ];
        for (line, expected) in table {
            assert_eq!(is_tick(line), expected, "{line}");
        }
    }
}
