//! What nmap may ever be given, written down once more and apart from the code that makes it: each
//! argument must be in this list, whatever the flags were.

use super::{injection::any_flag, *};
use crate::{
    command::{self, XML_FD},
    locate::{Installation, Version},
};
use netscan_schemas::AddressSet;
use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};

/// Flag vectors that are drawn.
const VECTORS: usize = 30_000;

const SWITCHES: &str = "-n -R --system-dns -sS -sT -sA -sW -sM -sN -sF -sX -sU -sY -sZ -sO -sn -F \
    -r -Pn -PE -PP -PM --disable-arp-ping --discovery-ignore-rst -sV --allports -O --osscan-limit \
    --osscan-guess --traceroute -T0 -T1 -T2 -T3 -T4 -T5 --defeat-rst-ratelimit \
    --defeat-icmp-ratelimit --nsock-engine=epoll --nsock-engine=poll --nsock-engine=select";

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

/// The one expression that is made for categories, and names.
fn is_scripts(text: &str) -> bool {
    let names = |text: &str| text.split(',').all(is_script_name);
    let Some(rest) = text.strip_prefix('(') else { return names(text) };
    let Some((wanted, rest)) = rest.split_once(") and (default or not (auth or vuln)) and not (")
    else {
        return false;
    };
    let known = ["default", "discovery", "safe", "version"];
    let Some((barred, rest)) = rest.split_once(')') else { return false };
    wanted.split(" or ").all(|category| known.contains(&category))
        && barred.split(" or ").all(is_script_name)
        && (rest.is_empty() || rest.strip_prefix(',').is_some_and(names))
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
    let switches: Vec<String> = SWITCHES.split_whitespace().map(str::to_owned).collect();
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
    let mut taken = 0;
    for _ in 0..VECTORS {
        let flags = vectors.new_tree(&mut runner).unwrap().current();
        let Ok(parsed) = Options::parse(&flags) else { continue };
        for raw in [true, false] {
            let privileges = Privileges::with_raw(raw);
            let Ok((options, _)) = parsed.options.clone().adapt(&privileges) else { continue };
            taken += 1;
            for addresses in &addresses {
                let built = command::build(&nmap, &options, &privileges, addresses);
                let is_own = |arg: &str| OWN.split_whitespace().any(|own| own == arg) || arg == fd;
                for arg in &built.args {
                    assert!(is_own(arg) || is_in_grammar(arg), "{flags:?} becomes `{arg}`");
                }
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
    let whole = "--script=(default or safe) and (default or not (auth or vuln)) and not (dos or \
                 http-fetch),banner";
    for arg in [whole, "-p1-1024,T:8080", "-PS", "--min-rtt-timeout=5ms", "--port-ratio=0.250000"] {
        assert!(is_in_grammar(arg), "`{arg}` is not in the grammar");
    }
}
