//! What hostile flags become: an error, or arguments that harm nothing.

use super::*;
use proptest::prelude::*;

/// Spellings that reached files, code or other hosts through the systems that came before.
#[test]
fn injections_are_refused() {
    for flags in [
        &["--script", "/tmp/evil.nse"][..],
        &["--script=/tmp/evil.nse"],
        &["--script", "../evil"],
        &["--script", "evil.nse"],
        &["--script", "/tmp/"],
        &["--script", "+banner"],
        &["--script", "http-*"],
        &["--script", "all"],
        &["--script", "not intrusive"],
        &["--script", "default or exploit"],
        &["--script", "(default)"],
        &["--script", "default,exploit"],
        &["--script", "banner,"],
        &["--script", "true"],
        &["--script", "http_title"],
        &["--script", "BANNER"],
        &["-script", "/tmp/evil.nse"],
        &["--scrip", "/tmp/evil.nse"],
        &["--script-help", "/tmp/evil.nse"],
        &["--script-updatedb"],
        &["--script-args-file", "/etc/passwd"],
        &["--script-args-f=/etc/passwd"],
        &["--script-args", "newtargets"],
        &["--script-args", "newtargets=1"],
        &["--script-args", "http.useragent=a,newtargets=1"],
        &["--script-args", "http.useragent={a}"],
        &["--script-args", "http.useragent=\"a\""],
        &["--script-args", "http.useragent=a\\,b"],
        &["--script-args", "http.useragent="],
        &["--script-args", "userdb=/etc/passwd"],
        &["--script-args", "http-fetch.destination=/tmp"],
        &["--datadir", "/tmp/x"],
        &["--datadir=/tmp/x"],
        &["--datad", "/tmp/x"],
        &["-datadir=/tmp/x"],
        &["--servicedb=/etc/passwd"],
        &["--versiondb", "/etc/passwd"],
        &["--resume", "/tmp/log"],
        &["-oN", "/tmp/x"],
        &["-oN/tmp/x"],
        &["-oA/tmp/x"],
        &["-oX", "-"],
        &["-o/tmp/x"],
        &["-m/tmp/x"],
        &["-no/tmp/x"],
        &["-ro/tmp/x"],
        &["-vo/tmp/x"],
        &["-d3oN/tmp/x"],
        &["-T4 -oN /tmp/x"],
        &["-T4\t-oN\t/tmp/x"],
        &["-p 80 -iL /etc/passwd"],
        &["--append-output"],
        &["--append"],
        &["-iL/etc/passwd"],
        &["-ri/etc/passwd"],
        &["-i", "/etc/passwd"],
        &["--excludefile", "/etc/passwd"],
        &["--excludef=/etc/passwd"],
        &["-iR", "100"],
        &["-iR100"],
        &["--stylesheet", "http://evil.example/x.xsl"],
        &["--data-string", "x\n* * * * * root id\n"],
        &["-sI", "zombie"],
        &["-sIzombie"],
        &["-b", "ftp.example"],
        &["--proxies", "http://10.0.0.1:80"],
        &["--proxy=http://10.0.0.1:80"],
        &["-D", "RND:10"],
        &["-S127.0.0.2"],
        &["--spoof-mac", "0"],
        &["--ip-options", "L 10.0.0.1"],
        &["--dns-servers", "10.0.0.1"],
        &["--route-dst", "10.0.0.1"],
        &["--resolve-all"],
        &["--privi"],
        &["-PS22 --script=/tmp/evil.nse"],
        &["-PS--script=/tmp/x"],
        &["-p", "80\u{0}"],
        &["-p", "80", "--", "-oN/tmp/x"],
        &["NMAP_ARGS=-oN/tmp/x"],
        &["10.0.0.0/8"],
        &["$(id)"],
    ] {
        let answer = Options::parse(&words(flags));
        assert!(answer.is_err(), "{flags:?} is taken: {answer:?}");
    }
}

proptest! {
    /// Whatever is thrown at it: what is taken comes out as arguments of known names, in printable
    /// bytes, and reads the same again.
    #[test]
    fn what_is_taken_is_harmless(flags in prop::collection::vec(any_flag(), 0..5)) {
        if let Ok(parsed) = Options::parse(&flags) {
            let args = parsed.options.to_args();
            for arg in &args {
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

fn any_flag() -> impl Strategy<Value = String> {
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
