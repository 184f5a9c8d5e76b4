use super::*;
use crate::privilege::Privileges;
use netscan_schemas::grants::ScriptTier;
use std::collections::BTreeMap;

mod grammar;
mod injection;

const NAMES: &str = include_str!("../../tests/fixtures/nmap-options.tsv");

fn words(flags: &[&str]) -> Vec<String> {
    flags.iter().map(|flag| (*flag).to_owned()).collect()
}

/// Flags written with spaces between them, as a shell would cut them.
fn parse(line: &str) -> Result<Parsed, Vec<FlagError>> {
    Options::parse(&words(&line.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>()))
}

fn args(line: &str) -> String {
    match parse(line) {
        Ok(parsed) => parsed.options.to_args().join(" "),
        Err(errors) => panic!("{line}: {errors:?}"),
    }
}

/// Returns the one reason for which flags are refused.
fn reason(flags: &[&str]) -> String {
    match Options::parse(&words(flags)) {
        Ok(parsed) => panic!("{flags:?} are taken as {:?}", parsed.options.to_args()),
        Err(errors) => errors.into_iter().map(|error| error.reason).collect::<Vec<_>>().join("; "),
    }
}

#[test]
fn flags_and_what_nmap_gets() {
    for (line, expected) in [
        ("", "-n"),
        ("-T4 -Pn -sS", "-n -sS -Pn -T4"),
        ("-p 22,80", "-n -p22,80"),
        ("-p22,80", "-n -p22,80"),
        ("-p-", "-n -p1-65535"),
        ("-p -", "-n -p1-65535"),
        ("-p -1024", "-n -p1-1024"),
        ("-p-1024,2000-", "-n -p1-1024,2000-65535"),
        ("-sSU -p T:22,U:53", "-n -sS -sU -pT:22,U:53"),
        ("-sSV", "-n -sS -sV"),
        ("-sS -sS", "-n -sS"),
        ("-sO -p 0-255", "-n -sO -p0-255"),
        ("-sY -sZ -p S:80", "-n -sY -sZ -pS:80"),
        ("-F", "-n -F"),
        ("--top-ports 10", "-n --top-ports=10"),
        ("--top-ports=10", "-n --top-ports=10"),
        ("--port-ratio 0.25", "-n --port-ratio=0.250000"),
        ("--exclude-ports 9100-9107", "-n --exclude-ports=9100-9107"),
        ("-r -R --system-dns", "-R --system-dns -r"),
        ("-PS22,80 -PA -PU53 -PE -PP -PM -PO1,2", "-n -PE -PP -PM -PS22,80 -PA -PU53 -PO1-2"),
        ("-PB80", "-n -PE -PA80"),
        ("-sn --disable-arp-ping", "-n -sn --disable-arp-ping"),
        ("-sP -PI", "-n -sn -PE"),
        ("-T aggressive", "-n -T4"),
        ("-TPolite", "-n -T2"),
        ("--timing=3", "-n -T3"),
        ("-sV --version-light", "-n -sV --version-intensity=2"),
        ("-sV --version-intensity 0 --allports", "-n -sV --version-intensity=0 --allports"),
        (
            "-O --fuzzy --osscan-limit --max-os-tries 1",
            "-n -O --osscan-limit --osscan-guess --max-os-tries=1",
        ),
        ("--script http-title,banner", "-n --script=banner,http-title"),
        (
            "--script banner --script-args http.useragent=Foo/1.0,tls.servername=a.b",
            "-n --script=banner --script-args=http.useragent=Foo/1.0,tls.servername=a.b",
        ),
        ("--host-timeout 30m --script-timeout 90", "-n --host-timeout=1800s --script-timeout=90s"),
        (
            "--max-rtt-timeout 0.25 --initial-rtt-timeout 100ms --min-rtt-timeout 5ms",
            "-n --min-rtt-timeout=5ms --max-rtt-timeout=250ms --initial-rtt-timeout=100ms",
        ),
        (
            "--scan-delay 0 --max-scan-delay 10ms --max-retries 0",
            "-n --scan-delay=0s --max-scan-delay=10ms --max-retries=0",
        ),
        (
            "--min-rate 10 --max-rate 10 --min-hostgroup 16 --max-hostgroup 256 -M 5",
            "-n --min-hostgroup=16 --max-hostgroup=256 --max-parallelism=5 --min-rate=10 --max-rate=10",
        ),
        ("-sS --defeat-rst-ratelimit", "-n -sS --defeat-rst-ratelimit"),
        ("-sU --defeat-icmp-ratelimit", "-n -sU --defeat-icmp-ratelimit"),
        ("--nsock-engine poll", "-n --nsock-engine=poll"),
        ("-g 53", "-n --source-port=53"),
        ("-g53", "-n --source-port=53"),
        ("-sU --source-port 53", "-n -sU --source-port=53"),
        ("-f", "-n -f"),
        ("-f -f", "-n --ff"),
        ("--ff", "-n --ff"),
        ("--mtu 24", "-n --mtu=24"),
        ("-sn --ttl 5", "-n -sn --ttl=5"),
        ("--data-length=0 --badsum", "-n --data-length=0 --badsum"),
        ("-sA --scanflags finsyn", "-n -sA --scanflags=SYNFIN"),
        ("-sT -e lo", "-n -sT -e lo"),
        ("-T5", "-n -T5"),
        (
            "-sC --script vuln,brute,http-enum,safe",
            "-n --script=(default or safe) and (default or not (auth or vuln)) and not (intrusive \
             or broadcast or brute or exploit or external or fuzzer or malware or dos or \
             ajp-request or bittorrent-discovery or dns-client-subnet-scan or dns-srv-enum or \
             http-fetch or ip-geolocation-map-kml or resolveall or snmp-interfaces or \
             targets-ipv6-map4to6 or targets-ipv6-wordlist or targets-xml or unittest or \
             url-snarf),(vuln) and not (broadcast or brute or exploit or external or fuzzer or \
             malware or dos or ajp-request or bittorrent-discovery or dns-client-subnet-scan or \
             dns-srv-enum or http-fetch or ip-geolocation-map-kml or resolveall or \
             snmp-interfaces or targets-ipv6-map4to6 or targets-ipv6-wordlist or targets-xml or \
             unittest or url-snarf),(brute) and not (dos or ajp-request or bittorrent-discovery \
             or dns-client-subnet-scan or dns-srv-enum or http-fetch or ip-geolocation-map-kml \
             or resolveall or snmp-interfaces or targets-ipv6-map4to6 or targets-ipv6-wordlist \
             or targets-xml or unittest or url-snarf),http-enum",
        ),
    ] {
        assert_eq!(args(line), expected, "{line}");
    }
}

#[test]
fn aggressive_is_its_parts() {
    let aggressive = parse("-A").unwrap().options;
    assert_eq!(aggressive, parse("-sV -sC -O --traceroute").unwrap().options);
    let args = aggressive.to_args();
    assert!(!args.contains(&"-A".to_owned()) && args.contains(&"--traceroute".to_owned()));
}

#[test]
fn one_string_may_hold_several_flags_and_errors_keep_its_place() {
    let flags = words(&["-sS -T4", " -p 22,80 ", "-oX /tmp/x", "-sn"]);
    let errors = Options::parse(&flags).unwrap_err();
    let places: Vec<_> = errors.iter().map(|error| (error.index, error.flag.as_str())).collect();
    assert_eq!(places, [(Some(2), "-oX"), (None, "-sn"), (None, "-sn")]);
    let taken = Options::parse(&flags[..2]).unwrap().options;
    assert_eq!(taken.to_args().join(" "), "-n -sS -p22,80 -T4");
}

#[test]
fn what_is_wrong_and_why() {
    for (flags, why) in [
        (&["-p=80"][..], "without `=`"),
        (&["-p"], "needs a value"),
        (&["-p", "-sS"], "needs a value"),
        (&["--top-ports", "-5"], "needs a value"),
        (&["--top-ports="], "needs a value"),
        (&["--top-ports=-5"], "opens with `-`"),
        (&["--top-ports", "8001"], "from 1 to 8000"),
        (&["--top-ports", "1e3"], "from 1 to 8000"),
        (&["-p", "http"], "names are not taken"),
        (&["-p", "80-79"], "backwards"),
        (&["-p", "1", "-p", "2"], "chosen once"),
        (&["-p", "1", "-F"], "chosen once"),
        (&["-p", "1 2"], "printable"),
        (&["-p", "1\n2"], "printable"),
        (&["-sS", "-sT"], "`-sS` is one"),
        (&["-sST"], "`-sS` is one"),
        (&["-sn", "-sU"], "cannot go with a kind of port scan"),
        (&["-sn", "-p22"], "cannot go with a choice of ports"),
        (&["-sn", "-A"], "which -sV, -O and -A need"),
        (&["-sO", "-sS"], "another kind of scan"),
        (&["-sO", "-sV"], "which -sV, -O and -A need"),
        (&["-sO", "-p-"], "end at 255"),
        (&["-sT", "-pU:53"], "need `-sU`"),
        (&["-sU", "-pT:53"], "need a TCP scan"),
        (&["-PS1", "-PS2"], "twice"),
        (&["-PS1-65"], "at most 64"),
        (&["-PO1-17"], "at most 16"),
        (&["-PO256"], "up to 255"),
        (&["-PST:1"], "without a protocol"),
        (&["-PE1"], "no such flag"),
        (&["-O2"], "no such flag"),
        (&["-nF"], "one by one"),
        (&["-n", "-R"], "contradict"),
        (&["-T6"], "from 0 to 5"),
        (&["-T", "warp"], "aggressive"),
        (&["-vsS"], "write other flags apart"),
        (&["-v10"], "write other flags apart"),
        (&["--max-retries", "11"], "from 0 to 10"),
        (&["--max-rtt-timeout", "4ms"], "from 5ms to 60s"),
        (&["--host-timeout", "0"], "from 1s to 86400s"),
        (&["--min-rate", "20", "--max-rate", "10"], "above `--max-rate`"),
        (
            &["--min-rtt-timeout", "2s", "--initial-rtt-timeout", "1s"],
            "above `--initial-rtt-timeout`",
        ),
        (&["-sT", "--defeat-rst-ratelimit"], "write `-sS`"),
        (&["--defeat-icmp-ratelimit"], "add `-sU`"),
        (&["--script", "dos"], "make hosts fail, and no request runs them"),
        (&["-f", "-f", "-f"], "given twice at most"),
        (&["-f", "--mtu", "8"], "given twice"),
        (&["--mtu", "16", "-f"], "neither with"),
        (&["--mtu", "0"], "from 8 to 1480"),
        (&["--mtu", "12"], "multiple of 8"),
        (&["--mtu", "1488"], "from 8 to 1480"),
        (&["-g", "0"], "from 1 to 65535"),
        (&["-g", "53", "--source-port", "53"], "twice"),
        (&["--ttl", "0"], "from 1 to 255"),
        (&["--ttl", "256"], "from 1 to 255"),
        (&["--data-length", "1401"], "from 0 to 1400"),
        (&["--scanflags", "SYN,ACK"], "in one word"),
        (&["--scanflags", "0x02"], "in one word"),
        (&["--badsum=1"], "takes no value"),
        (&["-e", "../lo"], "name of an interface"),
        (&["-e", "a-name-of-16-byt"], "name of an interface"),
        (&["-e", "-n"], "needs a value"),
        (&["-elo"], "value of `-e` apart"),
        (&["-e=lo"], "value of `-e` apart"),
        (&["-exclud"], "no such flag"),
        (&["-ff"], "write `--ff`"),
        (&["-sT", "-f"], "write `-sS`"),
        (&["-sT", "-sU", "--ttl", "5"], "write `-sS`"),
        (&["-sT", "--badsum"], "write `-sS`"),
        (&["-sU", "-f"], "there are none: add `-sS`"),
        (&["-sn", "--scanflags", "SYN"], "there are none: add `-sS`"),
        (&["-script", "banner"], "write `--script`"),
        (&["-script=banner"], "write `--script`"),
        (&["--top_ports=10"], "write `--top-ports`"),
        (&["--top-port", "10"], "write `--top-ports`"),
        (&["--datad=/tmp"], "write `--datadir`"),
        (&["-datadir=/tmp"], "write `--datadir`"),
        (&["--min-ratee", "10"], "write `--min-rate`"),
        (&["--frobnicate"], "no such flag"),
        (&["--open=yes"], "takes no value"),
        (&["--"], "`targets` field"),
        (&["-"], "`targets` field"),
        (&[""], "`targets` field"),
        (&["10.0.0.1"], "`targets` field"),
        (&["-sV;id"], "no such flag"),
        (&["-sS\u{a0}-sV"], "printable"),
        (&["--exclude", "10.0.0.1"], "`exclude` field"),
        (&["-iL", "/etc/passwd"], "`targets` field"),
        (&["-oX", "-"], "`raw`"),
        (&["-sL"], "targets expand"),
    ] {
        let reason = reason(flags);
        assert!(reason.contains(why), "{flags:?}: {reason}");
    }
}

#[test]
fn every_flag_of_nmap_has_an_answer() {
    let sample = |name: &str| match name {
        "-p" | "--exclude-ports" | "--min-rate" | "--max-rate" | "--top-ports" => "80",
        "--port-ratio" => "0.5",
        "--nsock-engine" => "epoll",
        "--mtu" => "8",
        "--script" => "banner",
        "--script-args" => "http.host=a",
        "--script-timeout" | "--host-timeout" => "10s",
        _ => "1",
    };
    let mut answers = BTreeMap::new();
    let lines: Vec<_> = NAMES.lines().skip(1).collect();
    assert!(lines.len() >= 168, "{} lines", lines.len());
    for line in lines {
        let mut columns = line.split('\t');
        let (name, arity) = (columns.next().unwrap(), columns.next().unwrap());
        let mut flags = vec![name];
        if arity.starts_with("required") {
            flags.push(sample(name));
        }
        // The two that are wrong without `-sU` or with `-sT`.
        if name == "--defeat-icmp-ratelimit" {
            flags.push("-sU");
        }
        let answer = match Options::parse(&words(&flags)) {
            Ok(parsed) if parsed.warnings.iter().any(|w| w.contains("is ignored: ")) => "ignored",
            Ok(parsed) => {
                assert_ne!(parsed.options, Options::default(), "{name} is lost");
                "set"
            }
            Err(errors) => {
                assert!(errors.iter().all(|error| !error.reason.is_empty()), "{name}");
                // A flag that we know is not called unknown, and its value is not taken for a word.
                let known = !matches!(arity, "env" | "file") && name != "--";
                assert!(!known || errors.len() == 1, "{name}: {errors:?}");
                assert!(!known || !errors[0].reason.contains("no such flag"), "{name}");
                assert!(!known || table::find(name).is_some(), "{name}");
                "refused"
            }
        };
        *answers.entry(answer).or_insert(0) += 1;
    }
    let expected = BTreeMap::from([("ignored", 20), ("refused", 61), ("set", 87)]);
    assert_eq!(answers, expected);
}

#[test]
fn a_flag_has_one_row() {
    let mut seen = BTreeSet::new();
    for row in table::rows() {
        assert!(seen.insert(row.name), "{} twice", row.name);
        if let Rule::Ignore(why) | Rule::Refuse(why) = row.rule {
            assert!(why.len() > 10, "{}", row.name);
        }
    }
}

#[test]
fn what_is_ignored_is_said_once() {
    let parsed = parse("-v -vv -v3 -d --reason --open --stats-every 5s -4").unwrap();
    assert_eq!(parsed.options, Options::default());
    let named: Vec<_> = parsed.warnings.iter().map(|w| w.split('`').nth(1).unwrap()).collect();
    assert_eq!(named, ["-v", "-d", "--reason", "--open", "--stats-every", "-4"]);
}

#[test]
fn what_may_surprise_is_said() {
    for (line, says) in [
        ("-T5", "15 minutes"),
        ("--host-timeout 1m", "loses the ports"),
        ("-Pn -PE", "left out"),
        ("-PP", "IPv6 targets get `-PE`"),
        ("-sV --allports", "print"),
    ] {
        let warnings = parse(line).unwrap().warnings.join("; ");
        assert!(warnings.contains(says), "{line}: {warnings}");
    }
    assert_eq!(args("-Pn -PE -PS22 --disable-arp-ping"), "-n -Pn --disable-arp-ping");
    for line in ["-T4 -Pn -sS", "-A -p-", "-sn -PE"] {
        assert_eq!(parse(line).unwrap().warnings, [""; 0], "{line}");
    }
}

#[test]
fn errors_can_be_shown() {
    let long = format!("--{}", "x".repeat(500));
    let flags = [long.as_str(), "a\u{1b}[31m"];
    let errors = Options::parse(&words(&flags)).unwrap_err();
    assert!(errors.iter().all(|error| error.flag.len() < 100 && error.flag.is_ascii()));
    assert_eq!(errors[1].flag, "a\\u{1b}[31m");
    let many = Options::parse(&vec!["-n".to_owned(); FLAGS_MAX + 1]).unwrap_err();
    assert_eq!((many.len(), many[0].index), (1, Some(FLAGS_MAX)));
    let huge = format!("-p{}", "1,".repeat(FLAG_BYTES_MAX));
    assert!(reason(&[&huge]).contains("longer than"));
}

#[test]
fn without_raw_sockets() {
    let none = Privileges::with_raw(false);
    for (line, expected, notes) in [
        ("-T4 -Pn -sS", "-n -sT -Pn -T4", &["-sS needs raw sockets: scanned with -sT instead"][..]),
        ("-sT -PS22", "-n -sT -PS22", &[]),
        (
            "-sS --defeat-rst-ratelimit",
            "-n -sT",
            &["-sS needs raw", "--defeat-rst-ratelimit is for"],
        ),
        ("-sV -O --traceroute", "-n -sV", &["-O needs raw", "--traceroute needs raw"]),
        (
            "-sn -PE -PU53",
            "-n -sn",
            &["-PE, -PU: raw sockets are needed: left out; hosts are found by TCP"],
        ),
        ("-PE -PS22", "-n -PS22", &["-PE: raw sockets are needed: left out"]),
        ("-PA80", "-n -PA80", &["-PA needs raw sockets: made with TCP connects"]),
    ] {
        let (options, said) = parse(line).unwrap().options.adapt(&none).unwrap();
        assert_eq!(options.to_args().join(" "), expected, "{line}");
        assert_eq!(said.len(), notes.len(), "{line}: {said:?}");
        for (said, note) in said.iter().zip(notes) {
            assert!(said.starts_with(note), "{line}: {said}");
        }
    }
    for (line, flags) in [
        ("-sU", &["-sU"][..]),
        ("-sSU", &["-sU"]),
        ("-sA", &["-sA"]),
        ("-sX -sY -sZ", &["-sX", "-sY", "-sZ"]),
        ("-sO", &["-sO"]),
        (
            "-f -g 53 --ttl 9 --badsum --data-length 1 --scanflags SYN",
            &["--source-port", "-f", "--ttl", "--data-length", "--badsum", "--scanflags"],
        ),
    ] {
        let errors = parse(line).unwrap().options.adapt(&none).unwrap_err();
        let named: Vec<_> = errors.iter().map(|error| error.flag.as_str()).collect();
        assert_eq!(named, flags);
        let privilege = |e: &FlagError| e.lack == Lack::Privilege;
        assert!(errors.iter().all(|e| privilege(e) && e.reason.contains("AmbientCapabilities")));
        let all = parse(line).unwrap().options;
        assert_eq!(all.clone().adapt(&Privileges::with_raw(true)).unwrap(), (all, Vec::new()));
    }
}

#[test]
fn a_need_names_the_flag_and_where_it_stands() {
    let db = ScriptDb::parse(grammar::SCRIPTS).unwrap();
    let needs = |line: &str| {
        let needs = parse(line).unwrap().needs(Some(&db)).unwrap();
        needs.into_iter().map(|need| (need.index, need.flag, need.right)).collect::<Vec<_>>()
    };
    let evasion = Right::Evasion;
    assert_eq!(needs("-T4 -sS -sC --script banner,default"), []);
    assert_eq!(needs("-n -T5"), [(Some(1), "-T5", evasion)]);
    assert_eq!(needs("--timing insane"), [(Some(0), "-T5", evasion)]);
    assert_eq!(needs("-n -e lo"), [(Some(1), "-e", evasion)]);
    let all = "-f -f -g 53 --ttl 9 --data-length 1 --badsum --scanflags SYN";
    let names = ["--source-port", "-f", "--ttl", "--data-length", "--badsum", "--scanflags"];
    let places = [2, 0, 4, 6, 8, 9];
    let expected: Vec<_> =
        names.into_iter().zip(places).map(|(flag, at)| (Some(at), flag, evasion)).collect();
    assert_eq!(needs(all), expected);
    let (intrusive, dangerous) =
        (Right::Scripts(ScriptTier::Intrusive), Right::Scripts(ScriptTier::All));
    assert_eq!(needs("--script vuln"), [(None, "--script", intrusive)]);
    assert_eq!(needs("--script looks,tries"), [(None, "--script", intrusive)]);
    assert_eq!(needs("--script guesses"), [(None, "--script", dangerous)]);
    assert_eq!(needs("--script asks-others,external"), [(None, "--script", dangerous); 2]);
    for (line, why) in [
        ("--script kills", "make hosts fail"),
        ("--script http-fetch", "uses files"),
        ("--script nowhere", "no script `nowhere` is installed"),
    ] {
        let errors = parse(line).unwrap().needs(Some(&db)).unwrap_err();
        assert!(errors[0].reason.contains(why) && errors[0].lack == Lack::Nothing, "{errors:?}");
    }
    assert!(parse("--script banner").unwrap().needs(None).is_err());
    assert_eq!(parse("-sV").unwrap().needs(None), Ok(Vec::new()));
    let need = &parse("-T5").unwrap().needs(None).unwrap()[0];
    let error = need.refused("ask for it");
    assert_eq!((error.index, error.lack), (Some(0), Lack::Right));
    assert_eq!(
        error.to_string(),
        "`-T5`: it overruns slow networks and gives hosts up, as `-T4` does not; ask for it"
    );
}

#[test]
fn an_interface_has_to_be_there() {
    let there = || ["lo", "eth0"].into_iter();
    for (line, is_there) in [("-sS", true), ("-e lo", true), ("-e eth0", true), ("-e eth1", false)]
    {
        let checked = parse(line).unwrap().options.check_interface(there());
        assert_eq!(checked.is_ok(), is_there, "{line}");
    }
}

#[test]
fn a_bound_is_never_raised_and_no_minimum_goes_beyond_it() {
    let raw = Privileges::with_raw(true);
    for (flags, expected) in [
        ("-sS", "-sS --max-rate=100"),
        ("-sS --max-rate 50", "-sS --max-rate=50"),
        ("-sS --max-rate 500", "-sS --max-rate=100"),
        // Lest it turns in a busy loop; but not for whoever wants less than one a second.
        ("-sT", "-sT --min-rate=1 --max-rate=100"),
        ("-sT -T1", "-sT --max-rate=100"),
        ("-sT --scan-delay 5s", "-sT --max-rate=100"),
        ("-sT --min-rate 300", "-sT --min-rate=100 --max-rate=100"),
        ("-sT --min-rate 30 --max-rate 60", "-sT --min-rate=30 --max-rate=60"),
    ] {
        let args = parse(flags).unwrap().options.with_rate_at_most(100, &raw).to_args();
        let rates = |arg: &String| arg.contains("rate") || arg == "-sT" || arg == "-sS";
        let args: Vec<String> = args.into_iter().filter(rates).collect();
        assert_eq!(args.join(" "), expected, "{flags}");
    }
}

#[test]
fn silent_hosts_get_a_rate_and_an_end_where_the_user_left_them_open() {
    let table: &[(&[&str], &[&str])] = &[
        (&["-sT"], &["--min-rate=500", "--max-retries=2"]),
        (&["-T4"], &["--min-rate=500", "--max-retries=2"]),
        (&["--max-rate", "100"], &["--min-rate=100", "--max-retries=2"]),
        (&["--min-rate", "50"], &["--max-retries=2"]),
        (&["--max-retries", "6"], &["--min-rate=500"]),
        (&["--min-rate", "50", "--max-retries", "0"], &[]),
        // A slow scan stays slow.
        (&["-T2"], &[]),
        (&["--scan-delay", "1s"], &[]),
        (&["--max-parallelism", "1"], &[]),
    ];
    for (flags, expected) in table {
        let options = Options::parse(&words(flags)).unwrap().options;
        let (silent, added) = options.for_silent_hosts();
        assert_eq!(added, *expected, "{flags:?}");
        let (again, nothing) = silent.for_silent_hosts();
        assert_eq!((again, nothing), (silent, Vec::<String>::new()), "{flags:?}");
    }
}
