//! The rows of the table of flags, and how one is found.

use super::{Options, accepted::ACCEPTED, refused::REFUSED};

/// Whether a flag takes a value, and how it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arity {
    /// None.
    No,
    /// `--name=value`, `--name value`, `-x value` or `-xvalue`.
    Value,
    /// Only `-x value`: attached, nmap could take the two for a long option behind one dash.
    Apart,
    /// As `Value`; the value may be an open port range, such as `-` or `-1024`.
    Ports,
    /// Only attached, or not at all: `-PS`, `-PS22`.
    Maybe,
    /// More of the same letter, or a number: `-vv`, `-v2`, `--debug=2`.
    Level,
}

/// What is done with a flag.
#[derive(Clone, Copy)]
pub(super) enum Rule {
    /// Its value goes into the options, or is wrong for this reason.
    Set(fn(&mut Options, &str) -> Result<(), String>),
    /// It changes nothing, and the user is told why.
    Ignore(&'static str),
    /// It is refused, and the user is told why.
    Refuse(&'static str),
}

/// A flag of nmap.
pub(super) struct Row {
    /// Its exact spelling.
    pub(super) name: &'static str,
    /// Whether it takes a value.
    pub(super) arity: Arity,
    /// What is done with it.
    pub(super) rule: Rule,
}

/// Returns every row.
pub(super) fn rows() -> impl Iterator<Item = &'static Row> {
    ACCEPTED.iter().chain(REFUSED)
}

/// Returns the row with exactly this name.
pub(super) fn find(name: &str) -> Option<&'static Row> {
    rows().find(|row| row.name == name)
}

/// Returns the row of a short flag with its value attached, and that value: `-p80`, `-oX/tmp/x`.
pub(super) fn find_attached(token: &str) -> Option<(&'static Row, &str)> {
    rows()
        .filter(|row| {
            let takes_none = matches!(row.arity, Arity::No | Arity::Apart);
            !row.name.starts_with("--") && !takes_none
        })
        .filter_map(|row| Some((row, token.strip_prefix(row.name)?)))
        .max_by_key(|(row, _)| row.name.len())
}

/// Returns what to say of a flag that is not in the table.
pub(super) fn no_such_flag(name: &str) -> String {
    let bare = name.trim_start_matches('-').replace('_', "-");
    let long = format!("--{bare}");
    let exact = find(&long);
    let longer = || {
        let mut found = rows().filter(|row| bare.len() > 2 && row.name.starts_with(&long));
        found.next().filter(|_| found.next().is_none())
    };
    let near = || {
        let distance = |row: &Row| edits(row.name, &long);
        rows()
            .filter(|row| row.name.len() > 4 && distance(row) <= 2)
            .min_by_key(|row| distance(row))
    };
    let apart = || rows().find(|row| row.arity == Arity::Apart && name.starts_with(row.name));
    match exact.or_else(longer).or_else(apart).or_else(near) {
        Some(row) if row.arity == Arity::Apart => {
            format!("no such flag; write the value of `{}` apart", row.name)
        }
        Some(row) => format!("no such flag; write `{}`", row.name),
        None if name.starts_with("--") => "no such flag".to_owned(),
        None => "no such flag; write flags one by one, and long ones with two dashes".to_owned(),
    }
}

/// Returns how many letters to add, drop or change to make one word of the other.
fn edits(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.bytes().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, b) in other.bytes().enumerate() {
            let change = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_to_change() {
        assert_eq!(edits("--top-ports", "--top-port"), 1);
        assert_eq!(edits("kitten", "sitting"), 3);
        assert_eq!(edits("", "abc"), 3);
    }
}
