//! What we make for nmap, tried with the nmap that is installed. Only loopback is scanned, without
//! reverse DNS and with no scripts but those that need an open port or ask the host itself; `-sL`
//! lists targets and sends nothing.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

use netscan_nmap::{
    command::{self, XML_FD},
    locate::{Installation, locate},
    options::{Category, FlagError, Lack, Need, Options, Right, ScriptDb, Scripts},
    privilege::Privileges,
};
use netscan_schemas::{
    address::{AddressSet, Interval, to_address},
    grants::ScriptTier,
};
use proptest::prelude::*;
use std::{
    collections::BTreeSet,
    io::Write,
    net::IpAddr,
    process::{Command, Output, Stdio},
};

fn nmap() -> Installation {
    locate(None).expect("these tests need nmap; install it with `apt-get install nmap`")
}

fn options(line: &str) -> Options {
    let flags: Vec<_> = line.split_whitespace().map(str::to_owned).collect();
    Options::parse(&flags).unwrap().options
}

fn needs(line: &str, db: Option<&ScriptDb>) -> Result<Vec<Need>, Vec<FlagError>> {
    let flags: Vec<_> = line.split_whitespace().map(str::to_owned).collect();
    Options::parse(&flags).unwrap().needs(db)
}

fn set(addresses: &[&str]) -> AddressSet {
    addresses.iter().map(|address| address.parse::<IpAddr>().unwrap()).collect()
}

fn run(mut command: Command, stdin: &str) -> Output {
    command.env_clear().stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // Targets of tests fit into a pipe, so that writing does not wait for reading.
    child.stdin.take().unwrap().write_all(stdin.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

/// Runs what [`command::build`] makes, with the XML in place of the normal output.
fn scan(options: &Options, privileges: &Privileges, addresses: &AddressSet) -> Output {
    let built = command::build(&nmap(), options, privileges, addresses);
    let mut shell = Command::new("/bin/sh");
    let redirect = format!("exec \"$0\" \"$@\" {XML_FD}>&1 >/dev/null");
    shell.args(["-c", &redirect]).arg(&built.program).args(&built.args);
    run(shell, &built.stdin)
}

#[test]
fn commands_work_with_and_without_raw_sockets() {
    let found = Privileges::detect();
    for privileges in [found.clone(), Privileges::with_raw(false)] {
        for line in [
            "-p1",
            "-T4 -Pn -sS -p1-3",
            "-sT -F -r",
            "-sn",
            "-sn -PE -PS22 -PA80",
            "-PE -PP -PM -PU -PY -PO1 -p1",
            "-sSV --version-light -p T:1",
            "-A -p1",
            "--script banner,http-title --script-args http.host=a.example -p1",
            "-sC -p1",
            "-O --osscan-limit --osscan-guess --max-os-tries 1 -p1",
            "--top-ports 3 --exclude-ports 80 --disable-arp-ping --discovery-ignore-rst",
            "--port-ratio 0.5",
            "-T2 --min-parallelism 2 --max-parallelism 5 -p1",
            "--min-hostgroup 4 --max-hostgroup 8 --max-retries 0 --min-rate 100 --max-rate 500 -p1",
            "--min-rtt-timeout 20ms --initial-rtt-timeout 50ms --max-rtt-timeout 100ms -p1",
            "--scan-delay 1ms --max-scan-delay 2ms --host-timeout 1m --script-timeout 10 -p1",
            "--defeat-rst-ratelimit --nsock-engine poll -p1",
            "-T5 -e lo -p1",
            "-sT -e lo -p1",
        ] {
            for (addresses, seen) in
                [(set(&["127.0.0.1"]), "addr=\"127.0.0.1\""), (set(&["::1"]), "addr=\"::1\"")]
            {
                let (adapted, _) = options(line).adapt(&privileges).unwrap();
                let output = scan(&adapted, &privileges, &addresses);
                let xml = String::from_utf8_lossy(&output.stdout);
                let why = String::from_utf8_lossy(&output.stderr);
                assert!(output.status.success(), "{line}, {privileges:?}: {why}");
                assert!(xml.contains("exit=\"success\"") && xml.contains(seen), "{line}: {xml}");
                assert!(!why.contains("QUITTING") && !why.contains("root"), "{line}: {why}");
            }
        }
    }
}

/// What is for raw packets alone.
const EVASIONS: [&str; 16] = [
    "-f",
    "--ff",
    "--mtu 1480",
    "-g 53",
    "--ttl 5",
    "--data-length 0",
    "--data-length 1400",
    "-f --data-length 1400 --ttl 255",
    "--badsum",
    "--scanflags SYNFIN",
    "--scanflags 0",
    "--scanflags 255",
    "-sSU -f --source-port 65535",
    "-sU --data-length 32 --ttl 1 --badsum -g 1",
    "-sO --ttl 9",
    "-sY --badsum",
];

#[test]
fn every_technique_works_where_raw_sockets_do() {
    let found = Privileges::detect();
    for line in "-sS -sA -sW -sM -sN -sF -sX -sU -sY -sZ -sO -sSU".split(' ').chain(EVASIONS) {
        let options = options(&format!("{line} -p1 -Pn"));
        match options.adapt(&found) {
            Ok((adapted, _)) => {
                let output = scan(&adapted, &found, &set(&["127.0.0.1"]));
                let xml = String::from_utf8_lossy(&output.stdout).into_owned();
                assert!(xml.contains("exit=\"success\"") && xml.contains("<scaninfo"), "{xml}");
            }
            Err(errors) => {
                assert!(!found.raw && errors.iter().all(|error| error.lack == Lack::Privilege));
            }
        }
    }
}

#[test]
fn the_technique_is_spelled_out_and_the_template_leaves_out_the_rest() {
    let nmap = nmap();
    let addresses = set(&["::1", "::2"]);
    for (raw, flag, privilege) in [(true, "-sS", "--privileged"), (false, "-sT", "--unprivileged")]
    {
        let privileges = Privileges::with_raw(raw);
        let built = command::build(&nmap, &options("-T4"), &privileges, &addresses);
        let has = |arg: &str| built.args.iter().any(|held| held == arg);
        assert!(has(flag) && has(privilege) && has("-6") && has("-v") && has("-n"));
        assert_eq!(built.args[built.args.len() - 2..], ["-iL", "-"]);
        assert!(!built.args.iter().any(|arg| arg.contains("::1")));
        assert_eq!(built.stdin, "::1\n::2\n");

        let template = command::template(&nmap, &options("-T4"), &privileges);
        let kept = built.args.iter().filter(|arg| !["-6", "-iL", "-"].contains(&arg.as_str()));
        assert_eq!(template[1..], kept.cloned().collect::<Vec<_>>());
        assert_eq!(template[0], nmap.program.to_str().unwrap());
    }
    let ping = command::build(&nmap, &options("-sn"), &Privileges::with_raw(true), &addresses);
    assert!(!ping.args.iter().any(|arg| arg == "-sS" || arg == "-sT"));
}

/// The scripts that nmap itself picks for an expression, by asking for help on them.
fn picked(expression: &str) -> BTreeSet<String> {
    let nmap = nmap();
    let mut command = Command::new(&nmap.program);
    command.arg(format!("--datadir={}", nmap.datadir.unwrap().display()));
    command.arg(format!("--script-help={expression}"));
    let output = run(command, "");
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<_> = text.lines().collect();
    let named = lines.windows(2).filter(|pair| pair[1].starts_with("Categories: "));
    named.map(|pair| pair[0].to_owned()).collect()
}

#[test]
fn nmap_picks_exactly_the_scripts_that_may_run() {
    let datadir = nmap().datadir.unwrap();
    let db = ScriptDb::read(&datadir).unwrap();
    let text = std::fs::read_to_string(datadir.join("scripts/script.db")).unwrap();
    assert_eq!(db.len(), text.lines().filter(|line| line.starts_with("Entry")).count());
    let of_category = |category: Category| {
        let quoted = format!("\"{}\"", category.name());
        let lines = text.lines().filter(move |line| line.contains(&quoted));
        lines.filter_map(|line| line.split('"').nth(1)?.strip_suffix(".nse").map(str::to_owned))
    };
    let each: Vec<_> = Category::ALL.into_iter().map(|category| vec![category]).collect();
    let several = [
        vec![Category::Default, Category::Safe, Category::Version, Category::Discovery],
        vec![Category::Safe, Category::Vuln],
        vec![Category::Safe, Category::Auth, Category::External],
        Category::ALL.to_vec(),
    ];
    for categories in each.into_iter().chain(several) {
        let names: Vec<_> = categories.iter().map(|category| category.name()).collect();
        let line = format!("--script {}", names.join(","));
        let tier = categories.iter().map(|category| category.tier()).max().unwrap();
        let needed = needs(&line, Some(&db)).unwrap().into_iter().map(|need| need.right);
        let highest = needed.map(|right| match right {
            Right::Scripts(tier) => tier,
            Right::Evasion => panic!("no script evades"),
        });
        assert_eq!(highest.max().unwrap_or_default(), tier, "{names:?}");
        let args = options(&line).to_args();
        let expression = args.iter().find_map(|arg| arg.strip_prefix("--script=")).unwrap();
        let expected: BTreeSet<_> = categories
            .iter()
            .flat_map(|category| {
                let fits: BTreeSet<_> = db.up_to(category.tier()).map(str::to_owned).collect();
                of_category(*category).filter(move |name| fits.contains(name))
            })
            .collect();
        assert!(!expected.is_empty());
        assert_eq!(picked(expression), expected, "{names:?}");
    }
    // What -sV brings along by itself may run as well.
    let safe: BTreeSet<_> = db.up_to(ScriptTier::Safe).map(str::to_owned).collect();
    assert!(of_category(Category::Version).all(|name| safe.contains(&name)));
    // As counted in nmap 7.93, in which there are 604: the rest never runs.
    let counts = [ScriptTier::Safe, ScriptTier::Intrusive, ScriptTier::All];
    let counts = counts.map(|tier| db.up_to(tier).count());
    assert!(db.len() != 604 || counts == [252, 381, 580], "{counts:?}");
}

#[test]
fn scripts_are_checked_against_what_is_installed() {
    let db = ScriptDb::read(&nmap().datadir.unwrap()).unwrap();
    let refused = |name: &str| {
        let errors = needs(&format!("--script {name}"), Some(&db)).unwrap_err();
        errors.iter().map(|error| error.reason.clone()).collect::<Vec<_>>().join("; ")
    };
    for (name, why) in [
        ("no-such-script", "no script `no-such-script` is installed"),
        ("http-slowloris", "make hosts fail"),
        ("http-fetch", "uses files"),
        ("targets-xml", "uses files"),
        ("ftp-brute,http-slowloris,http-fetch", "make hosts fail"),
    ] {
        assert!(refused(name).contains(why), "{name}: {}", refused(name));
    }
    for (name, tier, why) in [
        ("smb-vuln-ms17-010", ScriptTier::Intrusive, "(safe, vuln) is intrusive"),
        ("http-enum", ScriptTier::Intrusive, "(discovery, intrusive, vuln) is intrusive"),
        ("ftp-brute", ScriptTier::All, "(brute, intrusive) is dangerous"),
        ("whois-ip", ScriptTier::All, "external"),
        ("broadcast-ping", ScriptTier::All, "broadcast"),
        ("http-open-proxy", ScriptTier::All, "external"),
        ("banner,whois-ip", ScriptTier::All, "`whois-ip`"),
    ] {
        let needed = needs(&format!("--script {name}"), Some(&db)).unwrap();
        let [need] = needed.as_slice() else { panic!("{needed:?}") };
        assert_eq!(need.right, Right::Scripts(tier));
        assert!(need.why.contains(why), "{name}: {}", need.why);
    }
    assert_eq!(needs("--script banner,ftp-anon,ssl-cert", Some(&db)), Ok(Vec::new()));
    assert_eq!(needs("-sV", None), Ok(Vec::new()));
    assert!(needs("-sC", None).is_err());
    assert_eq!(options("-sS").scripts, Scripts::default());
}

fn listed(addresses: &AddressSet) -> BTreeSet<IpAddr> {
    let nmap = nmap();
    let mut command = Command::new(&nmap.program);
    command.args(["-sL", "-n", "-iL", "-"]);
    if addresses.select(0).is_some_and(|address| address.is_ipv6()) {
        command.arg("-6");
    }
    let lines = command::target_lines(addresses);
    let output = run(command, &lines);
    assert!(output.stderr.is_empty(), "{lines}: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let reports = text.lines().filter_map(|line| line.strip_prefix("Nmap scan report for "));
    let listed: Vec<IpAddr> = reports.map(|address| address.parse().unwrap()).collect();
    let distinct: BTreeSet<_> = listed.iter().copied().collect();
    assert_eq!(listed.len(), distinct.len(), "{lines} names an address twice");
    distinct
}

/// Runs that start near each other, so that they touch, nest and cross octets.
fn runs(base: u128) -> impl Strategy<Value = AddressSet> {
    let run = (0u128..3000, prop_oneof![Just(1u128), Just(256), Just(512), 1u128..900]);
    prop::collection::vec(run, 1..6).prop_map(move |runs| {
        let runs = runs.into_iter().map(|(offset, size)| Interval {
            first: base + offset,
            last: base + offset + size - 1,
        });
        AddressSet::from_intervals(runs.collect())
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn nmap_reads_back_the_same_ipv4_targets(set in runs(0xffff_7f01_0203)) {
        prop_assert_eq!(listed(&set), set.iter().collect());
    }

    #[test]
    fn nmap_reads_back_the_same_ipv6_targets(set in runs(0xfd00_0000_0000_0000_0000_0000_0000_0003)) {
        prop_assert_eq!(listed(&set), set.iter().collect());
    }
}

#[test]
fn lines_of_targets() {
    let lines = |first: &str, last: &str| {
        let (first, last): (IpAddr, IpAddr) = (first.parse().unwrap(), last.parse().unwrap());
        let run = Interval::between(first, last).unwrap();
        command::target_lines(&AddressSet::from_intervals(vec![run])).replace('\n', " ")
    };
    for (first, last, expected) in [
        ("10.0.0.7", "10.0.0.7", "10.0.0.7 "),
        ("10.0.0.0", "10.0.0.255", "10.0.0.0/24 "),
        ("10.0.0.0", "10.0.0.254", "10.0.0.0-254 "),
        ("10.0.0.0", "10.255.255.255", "10.0.0.0/8 "),
        ("10.0.0.200", "10.0.3.5", "10.0.0.200-255 10.0.1.0/24 10.0.2.0/24 10.0.3.0-5 "),
        ("10.0.0.128", "10.0.0.255", "10.0.0.128/25 "),
        ("0.0.0.0", "255.255.255.255", "0.0.0.0/0 "),
        ("fd00::1", "fd00::4", "fd00::1 fd00::2/127 fd00::4 "),
        ("fd00::", "fd00::ffff:ffff:ffff:ffff", "fd00::/64 "),
    ] {
        assert_eq!(lines(first, last), expected);
    }
    // Millions of addresses stay a few lines.
    let most = Interval { first: 0xffff_0a00_0001, last: 0xffff_0aff_fffe };
    assert_eq!(to_address(most.first).to_string(), "10.0.0.1");
    let text = command::target_lines(&AddressSet::from_intervals(vec![most]));
    assert_eq!(text.lines().count(), 32);
}
