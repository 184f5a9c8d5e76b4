//! Flags as written, cut into the table's rows and their values. Stricter than nmap's `getopt`:
//! no prefixes, no long option behind a single dash, no bundles but the letters after `-s`.

use super::{
    FLAG_BYTES_MAX, FlagError,
    table::{self, Arity, Row, Rule},
};
use std::{collections::VecDeque, iter};

/// A flag that nmap has, with its value.
pub(super) struct Given {
    /// Its place among the flags as written.
    pub(super) index: usize,
    /// As written.
    pub(super) written: String,
    /// Its row of the table.
    pub(super) row: &'static Row,
    /// Its value; empty for none.
    pub(super) value: String,
}

type Word<'a> = (usize, &'a str);

/// Returns the flags one by one, each known or wrong.
pub(super) fn read(flags: &[String]) -> impl Iterator<Item = Result<Given, FlagError>> + '_ {
    let mut words: VecDeque<Word<'_>> = flags.iter().enumerate().flat_map(split).collect();
    let mut ready = VecDeque::new();
    iter::from_fn(move || {
        while ready.is_empty() {
            let word = words.pop_front()?;
            ready.extend(read_word(word, &mut words));
        }
        ready.pop_front()
    })
}

/// Clients send `-p 22,80` as one string. Only what opens with a dash is cut, so that a value never
/// turns into flags.
fn split((index, flag): (usize, &String)) -> Vec<Word<'_>> {
    let flag = flag.trim_matches([' ', '\t']);
    let is_flag = flag.starts_with('-') && flag.len() <= FLAG_BYTES_MAX;
    if !is_flag {
        return vec![(index, flag)];
    }
    flag.split([' ', '\t']).filter(|word| !word.is_empty()).map(|word| (index, word)).collect()
}

fn read_word(
    (index, word): Word<'_>,
    rest: &mut VecDeque<Word<'_>>,
) -> Vec<Result<Given, FlagError>> {
    let wrong = |reason: &str| vec![Err(FlagError::new(Some(index), word, reason))];
    if word.len() > FLAG_BYTES_MAX {
        return wrong(&format!("longer than the {FLAG_BYTES_MAX} bytes allowed"));
    }
    if let Err(reason) = check_bytes(word) {
        return wrong(&reason);
    }
    if word == "--" {
        return wrong("targets go into the `targets` field, not behind `--` among the flags");
    }
    if word.len() < 2 || !word.starts_with('-') {
        return wrong("not a flag; targets go into the `targets` field");
    }
    let (name, inline) = match word.split_once('=') {
        Some((name, value)) if word.starts_with("--") => (name, Some(value)),
        _ => (word, None),
    };
    if let Some(row) = table::find(name) {
        return vec![with_value(index, word, row, inline, rest)];
    }
    if let Some(letters) = word.strip_prefix("-s").filter(|letters| is_bundle(letters)) {
        let names = letters.chars().filter_map(|letter| table::find(&format!("-s{letter}")));
        return names.map(|row| with_value(index, word, row, None, rest)).collect();
    }
    let is_long_behind_one_dash = word.strip_prefix('-').is_some_and(|bare| {
        let bare = bare.split('=').next().unwrap_or(bare);
        bare.len() > 2 && table::find(&format!("--{bare}")).is_some()
    });
    if !is_long_behind_one_dash && let Some((row, value)) = table::find_attached(word) {
        return vec![with_value(index, word, row, Some(value), rest)];
    }
    wrong(&table::no_such_flag(word.split('=').next().unwrap_or(word)))
}

/// Returns whether each letter after `-s` is a flag of its own.
fn is_bundle(letters: &str) -> bool {
    letters.len() > 1 && letters.chars().all(|c| table::find(&format!("-s{c}")).is_some())
}

/// Returns the flag with its value, which is taken from the words behind it when not attached.
fn with_value(
    index: usize,
    word: &str,
    row: &'static Row,
    attached: Option<&str>,
    rest: &mut VecDeque<Word<'_>>,
) -> Result<Given, FlagError> {
    let wrong = |reason: &str| FlagError::new(Some(index), word, reason);
    let given =
        |value: &str| Ok(Given { index, written: word.to_owned(), row, value: value.to_owned() });
    if matches!(row.rule, Rule::Refuse(_)) {
        // Its value, whatever it is, must not be taken for a flag of its own.
        let value = |word: &Word<'_>| word.1 == "-" || !word.1.starts_with('-');
        let has_value = row.arity == Arity::Value && attached.is_none();
        rest.drain(..usize::from(has_value && rest.front().is_some_and(value)));
        return given("");
    }
    let value = match (row.arity, attached) {
        (Arity::No, None) => "",
        (Arity::No, Some(_)) => return Err(wrong("takes no value")),
        (Arity::Maybe | Arity::Level, value) => value.unwrap_or(""),
        (Arity::Value | Arity::Ports, Some(value)) => value,
        (Arity::Apart, Some(_)) => return Err(wrong("write its value apart")),
        (Arity::Value | Arity::Ports | Arity::Apart, None) => {
            let next = rest.front().filter(|(_, next)| is_value(row.arity, next)).copied();
            rest.drain(..usize::from(next.is_some()));
            next.ok_or_else(|| wrong("needs a value"))?.1
        }
    };
    if row.arity == Arity::Level && !is_level(row.name, value) {
        return Err(wrong("takes a level, such as `-v2`; write other flags apart"));
    }
    let needs_one = matches!(row.arity, Arity::Value | Arity::Ports | Arity::Apart);
    if needs_one && value.is_empty() {
        return Err(wrong("needs a value"));
    }
    if matches!(row.arity, Arity::Value | Arity::Apart) && value.starts_with('-') {
        return Err(wrong("its value opens with `-`, as a flag does"));
    }
    check_bytes(value).map_err(|reason| wrong(&reason))?;
    given(value)
}

/// Returns whether the next word may be a value. A leading dash makes it a flag, but for port
/// ranges that are open below: `-p -`, `-p -1024`.
fn is_value(arity: Arity, word: &str) -> bool {
    let is_range = || word.bytes().all(|b| b.is_ascii_digit() || b == b'-' || b == b',');
    !word.starts_with('-') || (arity == Arity::Ports && is_range())
}

fn is_level(name: &str, value: &str) -> bool {
    let same_letter = |b| !name.starts_with("--") && name.as_bytes().get(1) == Some(&b);
    value.bytes().all(same_letter) || (value.len() == 1 && value.as_bytes()[0].is_ascii_digit())
}

fn check_bytes(text: &str) -> Result<(), String> {
    match text.chars().find(|c| !c.is_ascii_graphic()) {
        None => Ok(()),
        Some(c) => Err(format!("has the character {c:?}; only printable ASCII without spaces")),
    }
}
