//! Our reading of targets against that of the real nmap, by `-sL -n`, which sends nothing.
//!
//! All specs are addresses of 127.0.0.0/8 or fd00::/8, and none can be taken for a name: nmap
//! would ask the DNS.

use netscan_nmap::targets::{self, split_file};
use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use std::{
    collections::BTreeSet,
    io::Write,
    net::IpAddr,
    process::{Command, Stdio},
    thread,
};

/// Addresses of one spec at most: a test of many small ones finds more than one of few large.
const ADDRESSES_MAX: u128 = 2000;
const SPECS: usize = 400;
const SPECS_IN_A_PROCESS: usize = 50;

/// Returns what nmap lists for a target file, in its order; `None` without an nmap.
#[expect(clippy::print_stdout, reason = "a skipped test says so")]
fn nmap_lists(arguments: &[&str], file: &str) -> Option<Vec<IpAddr>> {
    let started = Command::new("nmap")
        .args(["-n", "-sL", "-iL", "-"])
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let mut nmap = match started {
        Ok(nmap) => nmap,
        Err(error) => {
            println!("skipped: nmap cannot be started here: {error}");
            return None;
        }
    };
    let mut stdin = nmap.stdin.take().expect("stdin is piped");
    let file = file.to_owned();
    let feeder = thread::spawn(move || stdin.write_all(file.as_bytes()));
    let output = nmap.wait_with_output().expect("nmap ends");
    feeder.join().expect("the feeder ends").expect("nmap reads its targets");
    let text = String::from_utf8(output.stdout).expect("nmap writes ASCII");
    let listed = text.lines().filter_map(|line| line.strip_prefix("Nmap scan report for "));
    Some(listed.map(|address| address.parse().expect("with -n an address alone")).collect())
}

fn ours(spec: &str) -> BTreeSet<IpAddr> {
    let (list, errors) = targets::parse(&[spec]);
    assert!(errors.is_empty() && list.names.is_empty(), "`{spec}`: {errors:?} {:?}", list.names);
    assert!(list.addresses.len() <= ADDRESSES_MAX, "`{spec}` is too large for this test");
    list.addresses.iter().collect()
}

/// An octet's list that stands for a few numbers or for many.
fn octet(many: bool) -> BoxedStrategy<String> {
    let number = || any::<u8>().prop_map(|number| number.to_string()).boxed();
    let span = |width: u8| {
        (any::<u8>(), 0..=width)
            .prop_map(|(from, more)| format!("{from}-{}", from.saturating_add(more)))
    };
    if many {
        let all = prop::sample::select(vec!["*", "-"]).prop_map(str::to_owned);
        let open_left = any::<u8>().prop_map(|to| format!("-{to}"));
        let open_right = any::<u8>().prop_map(|from| format!("{from}-"));
        let item = prop_oneof![number(), span(255), open_left, open_right];
        let list = prop::collection::vec(item, 1..5).prop_map(|items| items.join(","));
        prop_oneof![1 => all, 4 => list].boxed()
    } else {
        let list = prop::collection::vec(prop_oneof![number(), span(1)], 1..3);
        prop_oneof![3 => number(), 1 => list.prop_map(|items| items.join(","))].boxed()
    }
}

fn mask(bits_min: u32, bits_max: u32) -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), (bits_min..=bits_max).prop_map(|bits| format!("/{bits}"))]
}

/// IPv4 with one octet that may be wide, and perhaps a mask.
fn ipv4() -> impl Strategy<Value = String> {
    let first = prop::sample::select(vec!["127", "127-127", "127,127"]);
    let rest =
        (1..4usize).prop_flat_map(|wide| (octet(wide == 1), octet(wide == 2), octet(wide == 3)));
    (first, rest, mask(21, 32)).prop_map(|(a, (b, c, d), mask)| format!("{a}.{b}.{c}.{d}{mask}"))
}

fn ipv6() -> impl Strategy<Value = String> {
    let address = any::<[u16; 7]>().prop_map(|groups| {
        let groups = groups.map(|group| if group % 3 == 0 { 0 } else { group });
        let [b, c, d, e, f, g, h] = groups;
        std::net::Ipv6Addr::new(0xfd00 | (b & 0xff), b, c, d, e, f, g | 1, h).to_string()
    });
    (address, mask(118, 128)).prop_map(|(address, mask)| format!("{address}{mask}"))
}

/// Draws specs of a size that this test can list. The seed is fixed: a failure repeats.
fn draw(strategy: impl Strategy<Value = String>, count: usize) -> Vec<String> {
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let specs = std::iter::repeat_with(|| {
        strategy.new_tree(&mut runner).expect("the strategy rejects nothing").current()
    });
    let is_small = |spec: &String| targets::parse(&[spec]).0.addresses.len() <= ADDRESSES_MAX;
    specs.filter(is_small).take(count).collect()
}

/// nmap lists spec after spec, each address of a spec once: so each spec is compared alone.
fn compare(arguments: &[&str], specs: &[String], in_a_process: usize) -> Option<()> {
    for specs in specs.chunks(in_a_process) {
        let mut listed = nmap_lists(arguments, &specs.join("\n"))?.into_iter();
        for spec in specs {
            let expected = ours(spec);
            let by_nmap: BTreeSet<_> = listed.by_ref().take(expected.len()).collect();
            assert_eq!(by_nmap, expected, "nmap reads `{spec}` otherwise");
        }
        assert_eq!(listed.next(), None, "nmap reads more in {specs:?}");
    }
    Some(())
}

#[test]
fn ipv4_specs_are_read_as_nmap_reads_them() {
    let specs = draw(ipv4(), SPECS);
    assert!(specs.iter().any(|spec| ours(spec).len() > 256), "all specs are small");
    compare(&[], &specs, SPECS_IN_A_PROCESS);
}

#[test]
fn ten_thousand_small_specs_are_read_as_nmap_reads_them() {
    const MANY: usize = 12_000;
    let tail = || (octet(false), octet(false), octet(false), mask(29, 32));
    let lists =
        (Just("127"), tail()).prop_map(|(a, (b, c, d, mask))| format!("{a}.{b}.{c}.{d}{mask}"));
    let plain = (any::<[u8; 3]>(), mask(27, 32))
        .prop_map(|([b, c, d], mask)| format!("127.{b}.{c}.{d}{mask}"));
    let range = (any::<[u8; 3]>(), 0..40u8)
        .prop_map(|([b, c, d], more)| format!("127.{b}.{c}.{d}-{}", d.saturating_add(more)));
    let specs = draw(prop_oneof![lists, plain, range], MANY);
    assert_eq!(specs.len(), MANY);
    compare(&[], &specs, 600);
}

#[test]
fn ipv6_specs_are_read_as_nmap_reads_them() {
    let specs = draw(ipv6(), SPECS / 4);
    compare(&["-6"], &specs, SPECS_IN_A_PROCESS);
}

#[test]
fn a_target_file_is_split_as_nmap_splits_it() {
    let file = "\t127.0.0.1 127.0.0.2\r\n# 127.0.0.9\n127.0.0.4\0#127.0.0.8\r127.0.0.7\n\n\
                127.0.0.5 # 127.0.0.6";
    let words = split_file(file);
    assert_eq!(words, ["127.0.0.1", "127.0.0.2", "127.0.0.4", "127.0.0.5"]);
    if let Some(listed) = nmap_lists(&[], file) {
        let ours: Vec<IpAddr> =
            words.iter().map(|word| word.parse().expect("an address")).collect();
        assert_eq!(listed, ours);
    }
}
