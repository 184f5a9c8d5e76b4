//! Says errors of a request in the words of the command line that it was made from.

pub use netscan_actors::meant;
use netscan_schemas::problem::FieldError;

/// Fields of a request, and what sets them on the command line.
const OPTIONS: [(&str, &str); 11] = [
    ("chunk_size", "--chunk-size"),
    ("concurrency", "--concurrency"),
    ("policy/attempts_max", "--attempts"),
    ("policy/batch_timeout_ms", "--batch-timeout"),
    ("policy/stall_timeout_ms", "--stall-timeout"),
    ("profile", "--profile"),
    ("plan", "--plan"),
    ("name", "--name"),
    ("targets", "targets"),
    ("exclude", "--exclude"),
    ("grants/note", "--note"),
];

/// Returns an error for people who typed a command. A JSON pointer means nothing to them.
pub fn spoken(error: &FieldError) -> String {
    let FieldError { pointer, code: _, detail } = error;
    let path = pointer.trim_start_matches('/');
    let (first, rest) = path.split_once('/').unwrap_or((path, ""));
    match first {
        // The detail opens with the flag or the target as it was written.
        "nmap_flags" | "flags" => format!("flag {detail}"),
        "targets" if !rest.is_empty() => format!("target {detail}"),
        "exclude" => format!("exclude {detail}"),
        _ => match OPTIONS.iter().find(|(name, _)| *name == path) {
            Some((name, option)) => {
                let field = name.replace('/', ".");
                let rest = detail.strip_prefix(&format!("{field} "));
                rest.map_or_else(|| detail.clone(), |rest| format!("{option} {rest}"))
            }
            None if path.is_empty() || detail.contains(path) => detail.clone(),
            None => format!("{}: {detail}", path.replace('/', ".")),
        },
    }
}

/// Where the targets of a request were written, so that an error can say so.
#[derive(Debug, Default)]
pub struct Places {
    files: Vec<Listed>,
}

/// The targets of one file.
#[derive(Debug)]
struct Listed {
    /// The place of the first of them in the request.
    first: usize,
    name: String,
    /// The line of each.
    lines: Vec<u32>,
}

impl Places {
    /// Notes that the targets from `first` on stand on these lines of a file.
    pub fn add(&mut self, first: usize, name: String, lines: Vec<u32>) {
        self.files.push(Listed { first, name, lines });
    }

    /// Says where the target with this number was written, if that was in a file.
    fn of(&self, index: usize) -> Option<String> {
        let found = self.files.iter().find_map(|file| {
            let line = file.lines.get(index.checked_sub(file.first)?)?;
            Some((&file.name, line))
        });
        found.map(|(name, line)| format!("{name} line {line}"))
    }

    /// Lets an error about a target of a file name the file and the line. `field` is the list that
    /// these places are of.
    pub fn name(&self, field: &str, error: &mut FieldError) {
        let index = error.pointer.strip_prefix(&format!("/{field}/"));
        if let Some(place) = index.and_then(|index| index.parse().ok()).and_then(|i| self.of(i)) {
            error.detail = format!("{place}: {}", error.detail);
            error.pointer.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_understood_and_a_stranger_is_not() {
        let names = ["Default", "Quick scans", "weekly"];
        for (typed, expected) in [
            ("weekyl", Some("weekly")),
            ("default", Some("Default")),
            ("quick", Some("Quick scans")),
            ("zebra", None),
            ("", None),
        ] {
            assert_eq!(meant(typed, names), expected, "{typed}");
        }
        assert_eq!(meant("x", []), None);
    }

    fn error(pointer: &str, detail: &str) -> FieldError {
        FieldError { pointer: pointer.into(), code: "x".into(), detail: detail.into() }
    }

    #[test]
    fn errors_speak_of_what_was_typed() {
        let table = [
            ("/nmap_flags/0", "`-oN`: netscan keeps it", "flag `-oN`: netscan keeps it"),
            ("/targets/0", "`bad/1`: no mask", "target `bad/1`: no mask"),
            ("/targets", "there are no targets", "there are no targets"),
            ("/exclude/3", "`x/9`: no mask", "exclude `x/9`: no mask"),
            ("/chunk_size", "chunk_size must be 1 to 9", "--chunk-size must be 1 to 9"),
            ("/policy/attempts_max", "policy.attempts_max must be 1", "--attempts must be 1"),
            ("/grants/note", "a note has 1 to 500", "a note has 1 to 500"),
            ("/name", "a project's name has 1 to 200", "a project's name has 1 to 200"),
            ("/policy/zz", "is odd", "policy.zz: is odd"),
            ("", "as it is", "as it is"),
        ];
        for (pointer, detail, said) in table {
            assert_eq!(spoken(&error(pointer, detail)), said, "{pointer}");
        }
    }

    #[test]
    fn a_target_of_a_file_is_named_by_its_line() {
        let mut places = Places::default();
        places.add(2, "list".into(), vec![1, 1, 4]);
        places.add(5, "more".into(), vec![2]);
        let at = |index: usize| {
            let mut error = error(&format!("/targets/{index}"), "`x`: bad");
            places.name("targets", &mut error);
            spoken(&error)
        };
        assert_eq!(at(1), "target `x`: bad", "of the command line");
        assert_eq!(at(3), "list line 1: `x`: bad");
        assert_eq!(at(4), "list line 4: `x`: bad");
        assert_eq!(at(5), "more line 2: `x`: bad");
        assert_eq!(at(6), "target `x`: bad");
    }
}
