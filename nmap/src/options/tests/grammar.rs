//! What nmap may ever be given, written down once more and apart from the code that makes it: each
//! argument must be in this list, whatever the flags were.

use super::{injection::any_flag, *};
use crate::{
    command::{self, XML_FD},
    locate::{Installation, Version},
};
use netscan_schemas::{AddressSet, grants::ScriptTier};
use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};

/// Flag vectors that are drawn.
const VECTORS: usize = 30_000;

const SWITCHES: &str = "-n -R --system-dns -sS -sT -sA -sW -sM -sN -sF -sX -sU -sY -sZ -sO -sn -F \
    -r -Pn -PE -PP -PM --disable-arp-ping --discovery-ignore-rst -sV --allports -O --osscan-limit \
    --osscan-guess --traceroute -T0 -T1 -T2 -T3 -T4 --defeat-rst-ratelimit \
    --defeat-icmp-ratelimit --nsock-engine=epoll --nsock-engine=poll --nsock-engine=select";

/// What only whoever may evade filters may have nmap do, apart from what has a value.
const EVASIVE_SWITCHES: &str = "-T5 -f --ff --badsum";

/// A list of scripts, at least one of each tier and one that never runs.
pub(super) const SCRIPTS: &str = r#"
Entry { filename = "banner.nse", categories = { "discovery", "safe", } }
Entry { filename = "http-title.nse", categories = { "default", "discovery", "safe", } }
Entry { filename = "ssl-cert.nse", categories = { "default", "discovery", "safe", } }
Entry { filename = "looks.nse", categories = { "auth", "default", "safe", } }
Entry { filename = "tries.nse", categories = { "discovery", "vuln", } }
Entry { filename = "guesses.nse", categories = { "brute", "intrusive", } }
Entry { filename = "asks-others.nse", categories = { "external", "safe", } }
Entry { filename = "kills.nse", categories = { "dos", "vuln", } }
Entry { filename = "http-fetch.nse", categories = { "safe", } }
"#;

/// What the server adds by itself.
const OWN: &str = "--datadir=/usr/share/nmap -v --stats-every=5s --privileged --unprivileged -6 \
    --no-stylesheet -oX -iL -";

fn is_number(text: &str, max: u64) -> bool {
    !text.is_empty()
        && text.bytes().all(|b| b.is_ascii_digit())
        && text.parse::<u64>().is_ok_and(|number| number <= max)
}

fn is_ports(text: &str) -> bool {
    let is_item = |item: &str| {
        let item =
            item.strip_prefix(['T', 'U', 'S']).and_then(|i| i.strip_prefix(':')).unwrap_or(item);
        let (first, last) = item.split_once('-').unwrap_or((item, item));
        is_number(first, 65_535) && is_number(last, 65_535)
    };
    text.split(',').all(is_item)
}

fn is_time(text: &str) -> bool {
    let number = text.strip_suffix("ms").or_else(|| text.strip_suffix('s'));
    number.is_some_and(|number| is_number(number, 86_400_000))
}

fn is_script_name(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with('-')
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// The expressions that are made for categories: what of each tier is asked for, and what else
/// brings in no script.
const TIERS: [(&str, &str, &str); 3] = [
    (
        "default discovery safe version",
        ") and (default or not (auth or vuln)) and not (",
        "intrusive or broadcast or brute or exploit or external or fuzzer or malware or dos or ",
    ),
    (
        "auth intrusive vuln",
        ") and not (",
        "broadcast or brute or exploit or external or fuzzer or malware or dos or ",
    ),
    ("broadcast brute exploit external fuzzer malware", ") and not (", "dos or "),
];

/// Takes the expression of one tier off.
fn without_tier<'t>(text: &'t str, tier: &(&str, &str, &str)) -> Option<&'t str> {
    let (wanted, rest) = text.strip_prefix('(')?.split_once(tier.1)?;
    let (scripts, rest) = rest.strip_prefix(tier.2)?.split_once(')')?;
    let known: Vec<_> = tier.0.split(' ').collect();
    let is_good = wanted.split(" or ").all(|category| known.contains(&category))
        && scripts.split(" or ").all(is_script_name);
    is_good.then_some(rest)
}

/// An expression for each tier, and names.
fn is_scripts(text: &str) -> bool {
    let mut rest = text;
    for tier in &TIERS {
        match without_tier(rest, tier) {
            Some("") => return true,
            Some(more) if more.starts_with(',') => rest = &more[1..],
            Some(_) => return false,
            None => {}
        }
    }
    rest.split(',').all(is_script_name)
}

/// Returns the tier of scripts that are asked for, which has no typo in it.
fn tier_of(scripts: &str, db: &ScriptDb) -> ScriptTier {
    let tiers = [ScriptTier::Safe, ScriptTier::Intrusive, ScriptTier::All];
    let (mut rest, mut highest) = (scripts, ScriptTier::Safe);
    for (tier, known) in tiers.into_iter().zip(&TIERS) {
        if let Some(more) = without_tier(rest, known) {
            highest = tier;
            rest = more.trim_start_matches(',');
        }
    }
    let names = rest.split(',').filter(|name| !name.is_empty());
    names.map(|name| db.tier(name).unwrap()).max().unwrap_or_default().max(highest)
}

/// A value that only whoever may evade filters may give nmap.
fn is_evasive_value(name: &str, value: &str) -> bool {
    match name {
        "--source-port" => is_number(value, 65_535) && value != "0",
        "--mtu" => is_number(value, 1480) && value.parse::<u32>().unwrap() % 8 == 0 && value != "0",
        "--ttl" => is_number(value, 255) && value != "0",
        "--data-length" => is_number(value, 1400),
        "--scanflags" => value == "0" || is_scan_flags(value),
        _ => false,
    }
}

fn is_scan_flags(text: &str) -> bool {
    let names = ["URG", "ACK", "PSH", "RST", "SYN", "FIN", "ECE", "CWR"];
    let mut rest = text;
    for name in names {
        rest = rest.strip_prefix(name).unwrap_or(rest);
    }
    rest.is_empty() && !text.is_empty()
}

fn is_evasive(arg: &str) -> bool {
    let is_valued =
        || arg.split_once('=').is_some_and(|(name, value)| is_evasive_value(name, value));
    EVASIVE_SWITCHES.split(' ').any(|known| known == arg) || is_valued()
}

fn is_interface(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
    (1..16).contains(&name.len()) && name.bytes().all(plain) && !name.starts_with(['-', '.'])
}

fn is_script_args(text: &str) -> bool {
    let is_arg = |arg: &str| {
        let (name, value) = arg.split_once('=').unwrap_or((arg, ""));
        ["http.host", "http.useragent", "tls.servername"].contains(&name)
            && (1..=128).contains(&value.len())
            && value.bytes().all(|b| b.is_ascii_alphanumeric() || b"._:/-".contains(&b))
    };
    text.split(',').all(is_arg)
}

fn is_in_grammar(arg: &str) -> bool {
    if SWITCHES.split_whitespace().any(|known| known == arg) {
        return true;
    }
    if let Some((name, value)) = arg.split_once('=') {
        return match name {
            "--top-ports" => is_number(value, 8000),
            "--port-ratio" => value.strip_prefix("0.").is_some_and(|part| is_number(part, 999_999)),
            "--exclude-ports" => is_ports(value),
            "--version-intensity" => is_number(value, 9),
            "--max-os-tries" => is_number(value, 5),
            "--min-hostgroup" | "--max-hostgroup" => is_number(value, 256),
            "--min-parallelism" | "--max-parallelism" => is_number(value, 100),
            "--max-retries" => is_number(value, 10),
            "--min-rate" | "--max-rate" => is_number(value, 1_000_000),
            "--min-rtt-timeout" | "--max-rtt-timeout" | "--initial-rtt-timeout" => is_time(value),
            "--host-timeout" | "--script-timeout" => is_time(value),
            "--scan-delay" | "--max-scan-delay" => is_time(value),
            "--script" => is_scripts(value),
            "--script-args" => is_script_args(value),
            _ => false,
        };
    }
    ["-p", "-PS", "-PA", "-PU", "-PY", "-PO"].into_iter().any(|name| {
        arg.strip_prefix(name)
            .is_some_and(|ports| (ports.is_empty() && name != "-p") || is_ports(ports))
    })
}

/// Flags that are mostly fine, so that many vectors are taken.
fn likely_flag() -> impl Strategy<Value = String> {
    let switches = SWITCHES.split_whitespace().chain(EVASIVE_SWITCHES.split(' '));
    let switches: Vec<String> = switches.map(str::to_owned).collect();
    let valued = vec![
        ("-p", "[1-9][0-9]{0,3}(-|,[1-9][0-9]{0,3})?"),
        ("--exclude-ports=", "[1-9][0-9]{0,3}"),
        ("--top-ports=", "[1-9][0-9]{0,2}"),
        ("-PS", "[1-9][0-9]{0,3}"),
        ("-PU", "[1-9][0-9]{0,3}"),
        ("--max-retries=", "[0-9]"),
        ("--min-rate=", "[1-9][0-9]{0,2}"),
        ("--max-rate=", "[1-9][0-9]{3}"),
        ("--host-timeout=", "[1-9][0-9]{0,2}(s|m)"),
        ("--scan-delay=", "[0-9]{1,3}(ms)?"),
        ("--script=", "(default|safe|discovery|version|banner|http-title)(,(ssl-cert|default))?"),
        ("--script=", "(vuln|auth|brute|external|tries|guesses|looks|kills)(,(safe|malware|dos))?"),
        ("--source-port=", "[0-9]{1,5}"),
        ("-g", "[0-9]{1,3}"),
        ("--mtu=", "[0-9]{1,4}"),
        ("--mtu=", "(8|16|800)"),
        ("--ttl=", "[0-9]{1,3}"),
        ("--data-length=", "[0-9]{1,4}"),
        ("--scanflags=", "(SYN|FIN|ack|[0-9]){1,3}"),
        ("-e ", "[a-z0-9._-]{1,4}"),
        ("--script-args=", "(http.host|http.useragent|tls.servername)=[a-zA-Z0-9._:/-]{1,20}"),
        ("--version-intensity=", "[0-9]"),
    ];
    let valued = prop::sample::select(valued)
        .prop_flat_map(|(name, value)| value.prop_map(move |value| format!("{name}{value}")));
    prop_oneof![3 => prop::sample::select(switches), 3 => valued, 1 => any_flag()]
}

#[test]
fn whatever_the_flags_every_argument_is_one_that_nmap_may_be_given() {
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let vectors = prop::collection::vec(likely_flag(), 0..5);
    let nmap = Installation {
        program: "/usr/bin/nmap".into(),
        version: Version { major: 7, minor: 93 },
        datadir: Some("/usr/share/nmap".into()),
        own_datadir: None,
    };
    let addresses: [AddressSet; 2] =
        ["127.0.0.1", "::1"].map(|one| AddressSet::from_addresses([one.parse().unwrap()]));
    let fd = format!("/dev/fd/{XML_FD}");
    let db = ScriptDb::parse(SCRIPTS).unwrap();
    let (mut taken, mut free, mut scripted) = (0, 0, BTreeSet::new());
    for _ in 0..VECTORS {
        let flags = vectors.new_tree(&mut runner).unwrap().current();
        let Ok(parsed) = Options::parse(&flags) else { continue };
        let Ok(needs) = parsed.needs(Some(&db)) else { continue };
        let evades = needs.iter().any(|need| need.right == Right::Evasion);
        let tier = needs.iter().filter_map(|need| match need.right {
            Right::Scripts(tier) => Some(tier),
            Right::Evasion => None,
        });
        let tier = tier.max().unwrap_or_default();
        free += usize::from(needs.is_empty());
        scripted.insert(tier.as_str());
        for raw in [true, false] {
            let privileges = Privileges::with_raw(raw);
            let Ok((options, _)) = parsed.options.clone().adapt(&privileges) else { continue };
            taken += 1;
            for addresses in &addresses {
                let built = command::build(&nmap, &options, &privileges, addresses);
                let is_own = |arg: &str| OWN.split_whitespace().any(|own| own == arg) || arg == fd;
                let (mut evasive, mut asked) = (false, ScriptTier::Safe);
                let mut args = built.args.iter();
                while let Some(arg) = args.next() {
                    if let Some(scripts) = arg.strip_prefix("--script=") {
                        asked = tier_of(scripts, &db);
                    }
                    let leaves = arg == "-e" && args.next().is_some_and(|name| is_interface(name));
                    let evades = leaves || is_evasive(arg);
                    evasive |= evades;
                    let fits = is_own(arg) || is_in_grammar(arg) || evades;
                    assert!(fits, "{flags:?} becomes `{arg}`");
                }
                // No argument of another tier without its right, and no right asked for nothing.
                assert_eq!((evasive, asked), (evades, tier), "{flags:?}: {:?}", built.args);
                // What writes, and what reads, is there once and where we put it.
                let ends = ["--no-stylesheet", "-oX", &fd, "-iL", "-"];
                assert!(built.args.ends_with(&ends.map(str::to_owned)), "{:?}", built.args);
                for own in ["-oX", "-iL", "-", "--no-stylesheet"] {
                    assert_eq!(built.args.iter().filter(|arg| *arg == own).count(), 1);
                }
            }
        }
    }
    assert!(taken > 10_000, "only {taken} vectors were taken");
    assert!(free > 3000 && taken > 2 * free, "{free} of {taken} needed no right");
    assert_eq!(scripted.into_iter().collect::<Vec<_>>(), ["all", "intrusive", "safe"]);
}

#[test]
fn the_grammar_is_strict() {
    for arg in [
        "",
        "-",
        "--",
        "-oN/tmp/x",
        "-oX",
        "-iL",
        "--datadir=/tmp",
        "--script=/tmp/x",
        "--script=banner,",
        "--script=banner,-oN",
        "--script=(default) and (default or not (auth or vuln)) and not (dos) or x",
        "--script=(default) and (default or not (auth or vuln)) and not (dos or x)",
        "--script=(vuln) and not (dos or http-fetch)",
        "--script=(brute or dos) and not (dos or http-fetch)",
        "-T5",
        "-f",
        "-e",
        "--ttl=5",
        "--mtu=8",
        "-elo",
        "--script=(exploit) and (default or not (auth or vuln)) and not (dos)",
        "--script-args=newtargets=1",
        "--script-args=http.host=a,newtargets=1",
        "-p80;id",
        "-p",
        "-p80-",
        "-p[80]",
        "-phttp",
        "-PSx",
        "--top-ports=8001",
        "--host-timeout=1",
        "--host-timeout=-1s",
        "-T6",
        "-sL",
        "-sI",
        "127.0.0.1",
    ] {
        assert!(!is_in_grammar(arg), "`{arg}` is in the grammar");
    }
    let whole = "--script=(default or safe) and (default or not (auth or vuln)) and not (intrusive \
                 or broadcast or brute or exploit or external or fuzzer or malware or dos or \
                 http-fetch),banner";
    for arg in ["--mtu=8", "--ttl=255", "--scanflags=SYNFIN", "--source-port=53", "--badsum"] {
        assert!(is_evasive(arg), "{arg}");
    }
    for arg in
        ["--mtu=12", "--ttl=0", "--scanflags=x", "--scanflags=", "-g53", "--data-length=1401"]
    {
        assert!(!is_evasive(arg), "{arg}");
    }
    for arg in [whole, "-p1-1024,T:8080", "-PS", "--min-rtt-timeout=5ms", "--port-ratio=0.250000"] {
        assert!(is_in_grammar(arg), "`{arg}` is not in the grammar");
    }
}
