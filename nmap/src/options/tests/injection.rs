//! What hostile flags become: an error, or arguments that harm nothing.

use super::*;
use proptest::prelude::*;

/// The corpus of hostile flags, which the routes and the command line are tried with as well.
pub(super) fn corpus() -> Vec<Vec<String>> {
    let text = include_str!("../../../../tests/fixtures/injection/flags.json");
    serde_json::from_str(text).unwrap()
}

/// Returns what hostile flags need to be taken, if they can be.
fn taken(flags: &[String], db: Option<&ScriptDb>) -> Option<Vec<Need>> {
    Options::parse(flags).ok().and_then(|parsed| parsed.needs(db).ok())
}

/// Spellings that reached files, code or other hosts through the systems that came before, and
/// relatives of theirs.
#[test]
fn injections_are_refused() {
    let corpus = corpus();
    assert!(corpus.len() > 400, "{} entries", corpus.len());
    // As where the installed scripts are known, and where they are not.
    let installed = crate::locate::locate(None).ok().and_then(|nmap| nmap.datadir);
    let installed = installed.and_then(|datadir| ScriptDb::read(&datadir).ok());
    let small = ScriptDb::parse(grammar::SCRIPTS).unwrap();
    for db in [None, Some(&small), installed.as_ref()] {
        let free: Vec<_> = corpus
            .iter()
            .filter(|flags| taken(flags, db).is_some_and(|needs| needs.is_empty()))
            .collect();
        assert!(free.is_empty(), "{free:#?} are taken");
    }
}

/// Whoever has every right has just the typed forms besides.
#[test]
fn every_right_opens_exact_forms_and_nothing_else() {
    let forms = "-e lo|-f|--mtu 8|--mtu=16|-g53|-g 53|--source-port=53|--ttl 1|--data-length 1400|\
                 --badsum|--scanflags URGACK|--scanflags=0|-sS -f|--script default,exploit|\
                 --script=auth|--script=broadcast|--script=brute|--script=exploit|\
                 --script=external|--script=fuzzer|--script=intrusive|--script=malware|\
                 --script=vuln|--script=default,vuln";
    let forms: BTreeSet<_> = forms.split('|').map(str::to_owned).collect();
    let db = ScriptDb::parse(grammar::SCRIPTS).unwrap();
    let corpus = corpus();
    let opened = corpus.iter().filter(|flags| taken(flags, Some(&db)).is_some());
    assert_eq!(opened.map(|flags| flags.join(" ")).collect::<BTreeSet<_>>(), forms);
}

proptest! {
    /// Whatever is thrown at it: what is taken comes out as arguments of known names, in printable
    /// bytes, and reads the same again.
    #[test]
    fn what_is_taken_is_harmless(flags in prop::collection::vec(any_flag(), 0..5)) {
        if let Ok(parsed) = Options::parse(&flags) {
            let args = parsed.options.to_args();
            for (index, arg) in args.iter().enumerate() {
                if index > 0 && args[index - 1] == "-e" {
                    let plain = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
                    prop_assert!(arg.bytes().all(plain) && !arg.starts_with(['-', '.']), "{arg}");
                    continue;
                }
                prop_assert!(arg.starts_with('-') && arg.bytes().all(|b| b == b' ' || b.is_ascii_graphic()));
                let name = arg.split('=').next().unwrap_or(arg);
                let row = table::find(name).or_else(|| table::find_attached(arg).map(|found| found.0));
                let sets = row.is_some_and(|row| matches!(row.rule, Rule::Set(_)));
                prop_assert!(sets, "{flags:?} becomes {arg}");
            }
            if parsed.options.scripts.categories.is_empty() {
                let dns = Some(parsed.options.reverse_dns == Some(true));
                let spelled_out = Options { reverse_dns: dns, ..parsed.options };
                prop_assert_eq!(Options::parse(&args).unwrap().options, spelled_out);
            }
        }
    }
}

pub(super) fn any_flag() -> impl Strategy<Value = String> {
    let names: Vec<_> = table::rows().map(|row| row.name.to_owned()).collect();
    let name = prop::sample::select(names);
    let value = prop_oneof![
        "[0-9]{1,4}",
        "[0-9]{1,3}(ms|s|m|h)",
        "[TUS]:[0-9]{1,5}-?",
        "-?[0-9]{0,3}-[0-9]{0,5}",
        "(default|safe|banner|http-title)(,banner)?",
        "http.host=[a-z0-9.]{1,9}",
        "[ -~]{0,8}",
        ".{0,4}",
    ];
    let glue = prop::sample::select(vec!["", "=", " "]);
    prop_oneof![
        4 => name.clone(),
        4 => (name.clone(), glue.clone(), value.clone()).prop_map(|(n, g, v)| format!("{n}{g}{v}")),
        1 => value,
        1 => (name.clone(), name).prop_map(|(a, b)| format!("{a}{b}")),
        1 => "-[ -~]{1,5}",
    ]
}
