//! What is read, what is refused and why, and how the list behaves as a whole.

use super::*;
use expect_test::{Expect, expect};
use proptest::{collection::vec, prelude::*};

#[expect(clippy::needless_pass_by_value, reason = "tables read best without `&`")]
fn check(spec: &str, expected: Expect) {
    let (list, errors) = parse(&[spec]);
    let mut said = list.addresses.to_ranges();
    said.extend(list.names.iter().map(|name| format!("name {name}")));
    said.extend(errors.into_iter().map(|error| format!("refused: {}", error.reason)));
    expected.assert_eq(&said.join(" | "));
}

#[test]
fn ipv4() {
    check("10.0.0.1", expect!["10.0.0.1"]);
    check("10.0.0.9/24", expect!["10.0.0.0/24"]);
    check("10.0.0.9/32", expect!["10.0.0.9"]);
    check("10.0.0.9/0", expect!["0.0.0.0/0"]);
    check("*.*.*.*", expect!["0.0.0.0/0"]);
    check("10.0.0.1-20", expect!["10.0.0.1-20"]);
    check("10.0.0.-3", expect!["10.0.0.0/30"]);
    check("10.0.0.254-", expect!["10.0.0.254/31"]);
    check("10.0.0.-", expect!["10.0.0.0/24"]);
    check(
        "10.0.0-1.1,5,9",
        expect!["10.0.0.1 | 10.0.0.5 | 10.0.0.9 | 10.0.1.1 | 10.0.1.5 | 10.0.1.9"],
    );
    check("10.0.0-1.0/31", expect!["10.0.0.0/31 | 10.0.1.0/31"]);
    check("127-128.0.0.1", expect!["127.0.0.1 | 128.0.0.1"]);
    check("10.0.0.250-10.0.1.5", expect!["10.0.0.250-10.0.1.5"]);
}

#[test]
fn ipv6() {
    check("fd00::1", expect!["fd00::1"]);
    check("FD00:0::1/120", expect!["fd00::/120"]);
    check("fd00::1-fd00::ff", expect!["fd00::1-fd00::ff"]);
    check("::ffff:10.0.0.1", expect!["10.0.0.1"]);
    check("::ffff:a00:0/120", expect!["10.0.0.0/24"]);
    check("::ffff:10.0.0.1-10.0.0.4", expect!["10.0.0.1-4"]);
    check("2002:a00:1::", expect!["2002:a00:1::"]);
    check("64:ff9b::a00:1", expect!["64:ff9b::a00:1"]);
}

#[test]
fn names() {
    check("localhost", expect!["name localhost"]);
    check("Web-1.example.", expect!["name Web-1.example"]);
    check("3com.example a.b A.B. c", expect!["name 3com.example | name a.b | name c"]);
    check("0x00sec.example", expect!["name 0x00sec.example"]);
    check(
        &format!("{}.{}", "a".repeat(63), "b".repeat(2)),
        expect!["name aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.bb"],
    );
}

#[test]
fn several_in_one_entry() {
    check(
        "10.0.0.1 10.0.0.3\tfd00::1\r\nlocalhost\n",
        expect!["10.0.0.1 | 10.0.0.3 | fd00::1 | name localhost"],
    );
    check("10.0.0.1, 10.0.0.3 , fd00::1,", expect!["10.0.0.1 | 10.0.0.3 | fd00::1"]);
    check(
        "10.0.0.1,10.0.0.3,fd00::/127,localhost",
        expect!["10.0.0.1 | 10.0.0.3 | fd00::/127 | name localhost"],
    );
    check(
        "10.0.0.1,3,10.0.1.0/24",
        expect![
            "refused: an IPv4 target has four numbers with dots between, this has 7: write all four"
        ],
    );
    check(
        "10.0.0.1 bad_name 10.0.0.2",
        expect![
            "10.0.0.1-2 | refused: `_` is not allowed in a host name: it has letters, digits, `-` and `.`"
        ],
    );
}

#[test]
fn refused_addresses() {
    check(
        "010.0.0.1",
        expect![
            "refused: `010` begins with a zero: nmap reads it as 10, libc reads it as 8: write it plainly"
        ],
    );
    check(
        "10.0.0.09",
        expect![
            "refused: `09` begins with a zero: nmap reads it as 9, libc refuses it: write it plainly"
        ],
    );
    check(
        "10.0.0.00",
        expect![
            "refused: `00` begins with a zero: nmap reads it as 0, libc reads it as 0: write it plainly"
        ],
    );
    check(
        "127.1",
        expect![
            "refused: an IPv4 target has four numbers with dots between, this has 2: write all four"
        ],
    );
    check(
        "1.2.3.4.5",
        expect![
            "refused: an IPv4 target has four numbers with dots between, this has 5: write all four"
        ],
    );
    check(
        "127.1.",
        expect![
            "refused: an IPv4 target has four numbers with dots between, this has 3: write all four"
        ],
    );
    check(
        "0x7f.1",
        expect![
            "refused: a name may not end in a number (`1`), libc reads it as an address: write an address as four decimal numbers"
        ],
    );
    check(
        "0x7f000001",
        expect![
            "refused: a name may not end in a number (`0x7f000001`), libc reads it as an address: write an address as four decimal numbers"
        ],
    );
    check(
        "2130706433",
        expect!["refused: a bare number is not an address: if it means 127.0.0.1, write that"],
    );
    check(
        "017700000001",
        expect![
            "refused: an IPv4 target has four numbers with dots between, this has 1: write all four"
        ],
    );
    check(
        "99999999999",
        expect![
            "refused: an IPv4 target has four numbers with dots between, this has 1: write all four"
        ],
    );
    check("10.0.0.256", expect!["refused: `256` is above 255, the highest number of an octet"]);
    check(
        "10.0.0.99999999999",
        expect!["refused: `99999999999` is above 255, the highest number of an octet"],
    );
    check(
        "10.0.0.1/33",
        expect!["refused: the mask `/33` is too long: it must be a number from 0 to 32"],
    );
    check("10.0.0.1/", expect!["refused: the mask `/` is not a number from 0 to 32"]);
    check("10.0.0.1/08", expect!["refused: the mask `/08` begins with a zero: write it plainly"]);
    check(
        "10.0.0.1/255.255.255.0",
        expect!["refused: the mask `/255.255.255.0` is not a number from 0 to 32"],
    );
    check("10.0.0.1/24/8", expect!["refused: the mask `/24/8` is not a number from 0 to 32"]);
    check("/24", expect!["refused: there is no address before the mask"]);
    check("10.0.0.9-3", expect!["refused: the range `9-3` runs backwards: write `3-9`"]);
    check(
        "10.0.0.9-10.0.0.3",
        expect!["refused: the range `10.0.0.9-10.0.0.3` runs backwards: write `10.0.0.3-10.0.0.9`"],
    );
    check(
        "10.0.0.1-10.0.0.03",
        expect![
            "refused: `10.0.0.03`: `03` begins with a zero: nmap reads it as 3, libc reads it as 3: write it plainly"
        ],
    );
    check(
        "10.0.0.1-10.0.0.*",
        expect!["refused: the end `10.0.0.*` of a range must be a plain address"],
    );
    check("10.0.0.1-10.0.0.3/24", expect!["refused: a range takes no mask"]);
    check("10.0.0.1-2-3", expect!["refused: `2-3` is not a number: a range in an octet is `a-b`"]);
    check("10.0.0.1,,2", expect!["refused: a number is missing between dots or commas"]);
    check("10.0..1", expect!["refused: a number is missing between dots or commas"]);
    check("10.0.0.1*", expect!["refused: a `*` stands for a whole octet, alone between its dots"]);
    check("10.0.0.1,300", expect!["refused: `300` is above 255, the highest number of an octet"]);
    check(
        "10.0.0.1,10.0.0.300",
        expect!["refused: `10.0.0.300` in it: `300` is above 255, the highest number of an octet"],
    );
    check(
        "fd00::1/129",
        expect!["refused: the mask `/129` is too long: it must be a number from 0 to 128"],
    );
    check("fd00::g", expect!["refused: `fd00::g` is not an IPv6 address"]);
    check("::ffff:010.0.0.1", expect!["refused: `::ffff:010.0.0.1` is not an IPv6 address"]);
    check(
        "fd00::2-fd00::1",
        expect!["refused: the range `fd00::2-fd00::1` runs backwards: write `fd00::1-fd00::2`"],
    );
    check(
        "fd00::1-ff",
        expect!["refused: the end `ff` of a range is not an address: write both ends in full"],
    );
    check("10.0.0.1-fd00::1", expect!["refused: a range has both its ends in one address family"]);
    check("fd00::1-fd00::3/120", expect!["refused: a range takes no mask"]);
    check(
        "fe80::1%eth0",
        expect!["refused: zone ids are not supported yet: write the address without `%`"],
    );
}

#[test]
fn refused_names_and_texts() {
    check("", expect!["refused: the target is empty"]);
    check(" \t\n", expect!["refused: the target is empty"]);
    check(",", expect!["refused: the target is empty"]);
    check("--script=x", expect!["refused: a target may not begin with `-`"]);
    check("10.0.0.1 -oN/tmp/x", expect!["10.0.0.1 | refused: a target may not begin with `-`"]);
    check(
        "a.example,-oX",
        expect!["refused: `,` is not allowed in a host name: it has letters, digits, `-` and `.`"],
    );
    check("-.0.0.1", expect!["refused: a target may not begin with `-`"]);
    check(
        "1.2.3.4:80",
        expect!["refused: this looks like host:port: give the host alone; ports go in -p"],
    );
    check(
        "web.example:80",
        expect!["refused: this looks like host:port: give the host alone; ports go in -p"],
    );
    check("[::1]:80", expect!["refused: give the address alone, without brackets; ports go in -p"]);
    check(
        "https://web.example/x",
        expect!["refused: this is a URL: give the host alone; ports go in -p"],
    );
    check(
        "web.example/24",
        expect!["refused: a name takes no mask or path: write the block as address/bits"],
    );
    check(
        "web_1.example",
        expect!["refused: `_` is not allowed in a host name: it has letters, digits, `-` and `.`"],
    );
    check(
        "$(reboot)",
        expect!["refused: `$` is not allowed in a host name: it has letters, digits, `-` and `.`"],
    );
    check("web-.example", expect!["refused: the part `web-` of the name begins or ends with `-`"]);
    check(
        "web..example",
        expect!["refused: a part of the name is empty: two dots in a row, or one at its start"],
    );
    check(
        "web.example.7",
        expect![
            "refused: a name may not end in a number (`7`), libc reads it as an address: write an address as four decimal numbers"
        ],
    );
    check(
        "127.0x1.",
        expect![
            "refused: a name may not end in a number (`0x1`), libc reads it as an address: write an address as four decimal numbers"
        ],
    );
    check("10.0.0.1\0", expect!["refused: a control character (U+0000) is in it: remove it"]);
    check("10.0.0.1\u{b}-oX", expect!["refused: a control character (U+000B) is in it: remove it"]);
    check(
        "w\u{ea}b.example",
        expect![
            "refused: a character outside ASCII (U+00EA) is in it: write a name in its ASCII form, `xn--...`"
        ],
    );
    check(
        "10.0.0.1\u{a0}",
        expect![
            "refused: a character outside ASCII (U+00A0) is in it: write a name in its ASCII form, `xn--...`"
        ],
    );
    check(&"a".repeat(64), expect!["refused: a part of a name has at most 63 characters, not 64"]);
    check(
        &"ab.".repeat(85),
        expect!["refused: a host name has at most 253 characters, this has 254"],
    );
    check(
        &"1".repeat(1024),
        expect![
            "refused: a target has at most 1023 bytes, this has 1024: put blanks or line ends between targets"
        ],
    );
}

#[test]
fn an_error_names_its_target_and_line() {
    let long = "x".repeat(5000);
    let (list, errors) = parse(&["10.0.0.1", "ok.example no_pe", "10.0.0.2", &long]);
    assert_eq!(list.addresses.len(), 2);
    assert_eq!(list.names.len(), 1);
    let places: Vec<_> = errors.iter().map(|error| (error.line, error.target.as_str())).collect();
    assert_eq!(places, [(1, "no_pe"), (3, &*format!("{}...", "x".repeat(SHOWN_CHARS)))]);
    assert!(errors[0].to_string().starts_with("`no_pe`: `_` is not allowed"));
}

#[test]
fn runs_are_bounded() {
    let said = |specs: &[&str]| {
        let (list, errors) = parse(specs);
        let reasons: Vec<_> = errors.into_iter().map(|error| error.reason).collect();
        format!("{} {}", list.addresses.len(), reasons.join(" | "))
    };
    expect!["0 it has 50331648 separate runs of addresses, and with those before it the list would have more than 1000000 (RUNS_MAX): write blocks or fewer ranges"]
        .assert_eq(&said(&["*.*.*.1,3,5"]));
    // Each one alone is fine: 12 * 256 * 256 runs.
    expect!["786432 it has 786432 separate runs of addresses, and with those before it the list would have more than 1000000 (RUNS_MAX): write blocks or fewer ranges"]
        .assert_eq(&said(&["10-21.*.*.1", "30-41.*.*.1"]));
    expect!["4294967296 "].assert_eq(&said(&["*.*.*.*", "10.0.0.0/8", "1-2.*.*.1/7"]));
}

#[test]
fn targets_are_bounded() {
    let line = "10.0.0.1 ".repeat(1000);
    let mut lines = vec![line.as_str(); TARGET_LINES_MAX / 1000];
    lines.push("a.example b.example");
    let (list, errors) = parse(&lines);
    assert_eq!((list.addresses.len(), list.names.len()), (1, 0));
    let reasons: Vec<_> = errors.iter().map(ToString::to_string).collect();
    expect!["`a.example`: more than 1000000 targets: from here on they are not read; write neighbours as a block or a range"]
        .assert_eq(&reasons.join("\n"));
}

#[test]
fn target_files() {
    let text =
        "\u{0}10.0.0.1\t10.0.0.2 # a comment\r\n#another 10.0.0.9\n\nfd00::1#x\0web.example#";
    assert_eq!(split_file(text), ["10.0.0.1", "10.0.0.2", "fd00::1#x", "web.example#"]);
    assert_eq!(split_file("# only\r10.0.0.1"), [""; 0]); // a CR does not end a comment
    assert_eq!(split_file(""), [""; 0]);
}

fn any_address() -> impl Strategy<Value = IpAddr> {
    let v4 = (0..3u32, any::<u8>()).prop_map(|(net, host)| {
        IpAddr::V4(Ipv4Addr::from(0x0a00_0000 + (net << 8) + u32::from(host)))
    });
    let edges = prop::sample::select(vec!["::", "::fffe:ffff:ffff", "::1:0:0:0", "fd00::"]);
    let near = (edges, 0..300u128).prop_map(|(edge, more)| {
        let edge: IpAddr = edge.parse().expect("an address");
        netscan_schemas::address::to_address(to_number(edge) + more)
    });
    prop_oneof![v4, near, any::<u32>().prop_map(|no| Ipv4Addr::from(no).into())]
}

fn any_set() -> impl Strategy<Value = AddressSet> {
    let run = (any_address(), any_address()).prop_map(|(a, b)| {
        let (a, b) = (to_number(a), to_number(b));
        Interval { first: a.min(b), last: a.max(b) }
    });
    let short = (any_address(), 0..40u128).prop_map(|(first, more)| {
        let first = to_number(first);
        Interval { first, last: first + more }
    });
    vec(prop_oneof![1 => run, 2 => short], 0..6).prop_map(AddressSet::from_intervals)
}

proptest! {
    #[test]
    fn what_a_set_prints_is_read_back(set in any_set()) {
        let (list, errors) = parse(&set.to_ranges());
        prop_assert_eq!(errors, []);
        prop_assert_eq!(list.addresses, set);
    }

    #[test]
    fn nothing_is_dropped(entries in vec("[-0-9a-fx.,:/*%_\\[ \u{e4}]{0,24}", 0..4)) {
        let (list, errors) = parse(&entries);
        for (line, entry) in entries.iter().enumerate() {
            let (alone, alone_errors) = parse(&[entry]);
            prop_assert!(list.addresses.contains_set(&alone.addresses));
            prop_assert!(alone != TargetList::default() || !alone_errors.is_empty());
            prop_assert_eq!(
                alone_errors.len(),
                errors.iter().filter(|error| error.line == line).count()
            );
        }
    }

    #[test]
    fn whatever_is_read_is_harmless(text in "(?s).{0,40}") {
        let (list, _) = parse(&[text]);
        for name in list.names {
            let name = name.as_str();
            prop_assert!(name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte)));
            prop_assert!(!name.starts_with('-') && !name.ends_with('.') && !name.is_empty());
            prop_assert!(name.parse::<IpAddr>().is_err());
        }
    }

    #[test]
    fn a_file_s_words_hold_no_separators(text in "[ab#\\s\0]{0,40}") {
        let words = split_file(&text);
        prop_assert!(words.iter().all(|word| !word.is_empty() && !word.starts_with('#')));
        let separators = [' ', '\t', '\r', '\n', '\0'];
        prop_assert!(words.iter().all(|word| !word.contains(separators)));
        prop_assert_eq!(&split_file(&words.join("\n")), &words);
    }
}

/// The corpus of hostile targets, which the routes and the command line are tried with as well.
#[test]
fn hostile_targets_are_refused() {
    let text = include_str!("../../../tests/fixtures/injection/targets.json");
    let corpus: Vec<String> = serde_json::from_str(text).unwrap();
    assert!(corpus.len() > 150, "{} entries", corpus.len());
    let taken: Vec<_> = corpus.iter().filter(|target| parse(&[target]).1.is_empty()).collect();
    assert!(taken.is_empty(), "{taken:#?} are taken");
}
