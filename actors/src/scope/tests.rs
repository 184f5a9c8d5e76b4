use super::*;
use netscan_schemas::address::{to_address, to_number};
use proptest::prelude::*;
use std::{net::IpAddr, time::Instant};

fn set(text: &str) -> AddressSet {
    let (list, errors) = netscan_nmap::targets::parse(&[text]);
    assert!(errors.is_empty() && list.names.is_empty(), "{text}: {errors:?}");
    list.addresses
}

fn id(number: u64) -> ScopeId {
    ScopeId::new(number).unwrap()
}

const PROJECT: Option<ProjectId> = ProjectId::new(3);
const NOW: Time = Time::from_secs(1000);

/// Reads `allow 8.8.8.0/24`, `project deny 10.0.0.0/24`, `allow 1.1.1.1 until 999`.
fn entries(lines: &[&str]) -> Vec<ScopeRecord> {
    let entry = |(line, number): (&&str, u64)| {
        let (project, line) = match line.strip_prefix("project ") {
            Some(rest) => (PROJECT, rest),
            None => (None, *line),
        };
        let (line, expires_at) = match line.split_once(" until ") {
            Some((line, secs)) => (line, Some(Time::from_secs(secs.parse().unwrap()))),
            None => (line, None),
        };
        let (list, addresses) = line.split_once(' ').unwrap();
        ScopeRecord {
            id: id(number),
            project,
            list: if list == "allow" { ScopeList::Allow } else { ScopeList::Deny },
            addresses: set(addresses),
            note: None,
            by: "test".into(),
            created_at: NOW,
            expires_at,
        }
    };
    lines.iter().zip(1..).map(entry).collect()
}

fn effective(lines: &[&str]) -> Effective {
    Effective::new(&entries(lines), &[], PROJECT, NOW)
}

/// The rules that keep targets out, each with its entry and its addresses.
fn faults(lines: &[&str], targets: &str) -> Vec<String> {
    let Err(out) = effective(lines).check(&set(targets)) else { return Vec::new() };
    let shown = |fault: &Fault| {
        let entry = fault.entry.map_or_else(String::new, |id| format!(" {id}"));
        format!("{}{entry}: {}", fault.rule.as_str(), fault.ranges().0.join(","))
    };
    let sum: u128 = out.faults.iter().map(|fault| fault.addresses.len()).sum();
    assert_eq!((sum, out.count), (out.count, effective(lines).outside(&set(targets)).len()));
    out.faults.iter().map(shown).collect()
}

#[test]
fn what_may_be_scanned_and_what_keeps_the_rest_out() {
    let none: &[&str] = &[];
    let table: &[(&[&str], &str, &[&str])] = &[
        (none, "127.0.0.1", &[]),
        (none, "10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,fc00::/64,::1", &[]),
        (none, "8.8.8.8", &["not-allowed: 8.8.8.8"]),
        (none, "172.15.255.255-172.16.0.3", &["not-allowed: 172.15.255.255"]),
        (none, "2606:4700::1111", &["not-allowed: 2606:4700::1111"]),
        (none, "198.18.0.0/15", &["not-allowed: 198.18.0.0/15"]),
        (none, "169.254.169.254", &["built-in: 169.254.169.254"]),
        (none, "100.100.100.200", &["built-in: 100.100.100.200"]),
        (none, "224.0.0.1", &["built-in: 224.0.0.1"]),
        (none, "255.255.255.255", &["built-in: 255.255.255.255"]),
        (none, "0.0.0.0", &["built-in: 0.0.0.0"]),
        (none, "::", &["built-in: ::"]),
        (none, "fe80::1", &["built-in: fe80::1"]),
        (none, "ff02::1", &["built-in: ff02::1"]),
        (none, "fd00:ec2::250/124", &["built-in: fd00:ec2::254"]),
        // The same in other clothes.
        (none, "::ffff:127.0.0.1", &[]),
        (none, "::ffff:8.8.8.8", &["not-allowed: 8.8.8.8"]),
        (none, "::ffff:169.254.169.254", &["built-in: 169.254.169.254"]),
        (none, "2002:0a00:0001::1", &[]),
        (none, "2002:0808:0808::1", &["not-allowed: 2002:808:808::1"]),
        (none, "2002:a9fe:a9fe::1", &["built-in: 2002:a9fe:a9fe::1"]),
        (none, "64:ff9b::7f00:1", &[]),
        (none, "64:ff9b::a9fe:a9fe", &["built-in: 64:ff9b::a9fe:a9fe"]),
        (none, "64:ff9b::808:808", &["not-allowed: 64:ff9b::808:808"]),
        // Entries of the server.
        (&["allow 8.8.8.0/24"], "8.8.8.0/24,2002:808:808::1,64:ff9b::808:808", &[]),
        (&["allow 8.8.8.0/24"], "8.8.9.0", &["not-allowed: 8.8.9.0"]),
        (&["allow 8.8.8.0/24 until 1001"], "8.8.8.8", &[]),
        (&["allow 8.8.8.0/24 until 1000"], "8.8.8.8", &["not-allowed: 8.8.8.8"]),
        (&["allow 2000::/3"], "2606:4700::1111", &[]),
        (&["allow 2000::/3"], "2002:808:808::1", &["not-allowed: 2002:808:808::1"]),
        (&["allow 168.63.0.0/16"], "168.63.129.16", &["built-in: 168.63.129.16"]),
        (&["deny 10.0.5.0/24"], "10.0.4.0/23", &["denied 1: 10.0.5.0/24"]),
        (&["deny 10.0.5.0/24"], "2002:a00:501::/48", &["denied 1: 2002:a00:501::/48"]),
        (&["deny 2002:a00:501::/48"], "10.0.5.1", &[]),
        (&["deny 2002:a00:501::/48"], "2002:a00:501::1", &["denied 1: 2002:a00:501::1"]),
        (&["deny 10.0.5.0/24", "allow 10.0.5.7"], "10.0.5.7", &["denied 1: 10.0.5.7"]),
        (&["deny 10.0.5.0/24 until 999"], "10.0.5.7", &[]),
        (
            &["deny 0.0.0.0/0", "deny ::/0"],
            "127.0.0.1,::1",
            &["denied 1: 127.0.0.1", "denied 2: ::1"],
        ),
        // Entries of the project: its list narrows, and never widens.
        (&["project allow 10.1.0.0/16"], "10.1.0.0/16", &[]),
        (
            &["project allow 10.1.0.0/16"],
            "10.0.255.255-10.1.0.0",
            &["project-not-allowed: 10.0.255.255"],
        ),
        (&["project allow 8.8.8.8"], "8.8.8.8", &["not-allowed: 8.8.8.8"]),
        (&["project allow 8.8.8.8", "allow 8.8.8.0/24"], "8.8.8.8", &[]),
        (&["project allow 10.1.0.0/16 until 999"], "10.1.0.1", &["project-not-allowed: 10.1.0.1"]),
        (&["project deny 10.1.0.0/16"], "10.1.0.1", &["project-denied 1: 10.1.0.1"]),
        // The gravest rule names an address, and each address is named once.
        (
            &["project deny 10.0.0.0/30", "deny 10.0.0.2"],
            "10.0.0.0/29,169.254.1.1,9.9.9.9",
            &[
                "built-in: 169.254.1.1",
                "denied 2: 10.0.0.2",
                "project-denied 1: 10.0.0.0/31,10.0.0.3",
                "not-allowed: 9.9.9.9",
            ],
        ),
    ];
    for (lines, targets, expected) in table {
        assert_eq!(faults(lines, targets), *expected, "{lines:?}: {targets}");
    }
}

#[test]
fn a_scope_of_another_project_does_not_count() {
    let lines = entries(&["project deny 10.0.0.0/8", "project allow 192.168.0.0/16"]);
    for project in [None, ProjectId::new(4)] {
        let effective = Effective::new(&lines, &[], project, NOW);
        assert_eq!(effective.check(&set("10.0.0.1")), Ok(()));
    }
}

#[test]
fn it_says_what_keeps_targets_out_and_what_lets_them_in() {
    let said = |lines: &[&str], targets: &str| {
        effective(lines).check(&set(targets)).unwrap_err().to_string()
    };
    for (lines, targets, expected) in [
        (
            &[][..],
            "8.8.8.0/28",
            "none of the 16 addresses may be scanned: 8.8.8.0/28: not in the scope; `netscan scope \
             allow 8.8.8.0/28 --note WHY` allows these",
        ),
        (
            &["deny 10.0.0.4"],
            "10.0.0.0/29",
            "1 of the 8 addresses may not be scanned: 10.0.0.4: entry 1 of the scope denies these; \
             leave them out with `--exclude 10.0.0.4`, or take the entry away with `netscan scope \
             rm 1`",
        ),
        (
            &["project allow 10.1.0.0/16"],
            "10.0.0.1",
            "the target may not be scanned: 10.0.0.1: not in the project's scope; `netscan scope \
             allow 10.0.0.1 --project 3 --note WHY` allows these",
        ),
        (
            &[],
            "169.254.169.254",
            "the target may not be scanned: 169.254.169.254: netscan never scans these \
             (link-local, with the metadata services of clouds); leave them out with `--exclude \
             169.254.169.254`",
        ),
    ] {
        assert_eq!(said(lines, targets), expected);
    }
    // However many ranges: some, and the count of the others.
    let many = said(&[], "8.0-255.1-100.1");
    assert!(many.contains("and 25592 more ranges") && many.len() < 700, "{many}");
}

#[test]
fn entries_that_are_taken_and_those_that_are_not() {
    let check = |list, range: &str, note| check_entry(list, &set(range), note, None, NOW);
    let allow = |range, note| check(ScopeList::Allow, range, note);
    assert_eq!(allow("10.0.0.0/8", None), Ok(()));
    assert_eq!(allow("fd00::/8", None), Ok(()));
    assert_eq!(allow("8.8.8.0/24", Some("ours")), Ok(()));
    assert_eq!(allow("0.0.0.0/2", Some("ours")), Ok(()));
    for (range, note, fault) in [
        ("8.8.8.8", None, EntryFault::NoNote),
        ("10.0.0.0/7", None, EntryFault::NoNote),
        ("198.18.0.0/15", None, EntryFault::NoNote),
        ("8.8.8.8", Some(""), EntryFault::BadNote),
        ("8.8.8.8", Some("  "), EntryFault::BadNote),
        ("8.8.8.8", Some("a\u{1b}[31m"), EntryFault::BadNote),
        ("0.0.0.0/0", Some("all"), EntryFault::Everything),
        ("0.0.0.0/1", Some("half"), EntryFault::Everything),
        ("1.0.0.0-255.255.255.255", Some("all"), EntryFault::Everything),
        ("::/0", Some("all"), EntryFault::Everything),
        ("8000::/1", Some("half"), EntryFault::Everything),
        ("2002:808:808::/48", Some("6to4"), EntryFault::Wrapped),
        ("64:ff9b::808:808", Some("nat64"), EntryFault::Wrapped),
        ("169.254.169.254", Some("metadata"), EntryFault::BuiltIn),
        ("10.0.0.1,3", None, EntryFault::NotOneRun),
    ] {
        assert_eq!(allow(range, note), Err(fault), "{range}");
    }
    let long = "x".repeat(limits::NOTE_CHARS_MAX + 1);
    assert_eq!(allow("8.8.8.8", Some(&long)), Err(EntryFault::BadNote));
    for range in ["0.0.0.0/0", "::/0", "169.254.0.0/16", "2002::/16"] {
        assert_eq!(check(ScopeList::Deny, range, None), Ok(()), "{range}");
    }
    let expiring = |secs| {
        let at = Some(Time::from_secs(secs));
        check_entry(ScopeList::Allow, &set("10.0.0.1"), None, at, NOW)
    };
    assert_eq!((expiring(1000), expiring(1001)), (Err(EntryFault::Expired), Ok(())));
}

#[test]
fn it_holds_until_an_entry_expires() {
    let effective = effective(&["allow 8.8.8.8 until 1007", "deny 10.0.0.1 until 1005"]);
    assert!(effective.holds_at(Time::from_secs(1004)));
    assert!(!effective.holds_at(Time::from_secs(1005)));
}

#[test]
fn what_is_damaged_allows_nothing() {
    let out = Effective::nothing("it is damaged").check(&set("127.0.0.1,::1")).unwrap_err();
    assert_eq!(out.count, 2);
    assert!(out.to_string().ends_with("(it is damaged)"), "{out}");
}

/// Returns the address that an IPv6 address carries, or itself.
fn unwrapped(address: IpAddr) -> IpAddr {
    let number = to_number(address);
    let v4 = |bits: u128| to_address(0xffff_0000_0000 | (bits & 0xffff_ffff));
    match number {
        _ if number >> 112 == 0x2002 => v4(number >> 80),
        _ if number >> 32 == 0x0064_ff9b << 64 => v4(number),
        _ => to_address(number),
    }
}

/// Says of one address what the formula says, by nothing but membership.
fn by_the_formula(entries: &[ScopeRecord], address: IpAddr) -> bool {
    let inner = unwrapped(address);
    let holds = |entry: &&ScopeRecord| entry.expires_at.is_none_or(|at| at > NOW);
    let of = |project, list| entries.iter().filter(move |e| e.project == project && e.list == list);
    let allows =
        |project| of(project, ScopeList::Allow).filter(holds).any(|e| e.addresses.contains(inner));
    let denied = |set: &AddressSet| set.contains(inner) || set.contains(address);
    let is_denied = [None, PROJECT]
        .into_iter()
        .any(|owner| of(owner, ScopeList::Deny).filter(holds).any(|e| denied(&e.addresses)));
    let has_list = of(PROJECT, ScopeList::Allow).next().is_some();
    (private().contains(inner) || allows(None))
        && (!has_list || allows(PROJECT))
        && !BUILT_IN.iter().any(|entry| denied(&set(entry.0)))
        && !is_denied
}

fn any_address() -> impl Strategy<Value = IpAddr> {
    let edges = [
        "10.0.0.0",
        "10.255.255.255",
        "11.0.0.0",
        "127.255.255.255",
        "128.0.0.0",
        "169.254.0.0",
        "223.255.255.255",
        "0.255.255.255",
        "1.0.0.0",
        "fc00::",
        "fe00::",
        "::1",
        "::2",
        "2001:ffff::",
        "2003::",
        "64:ff9b::1:0:0",
        "fdff:ffff::",
    ];
    let edges: Vec<IpAddr> = edges.iter().map(|edge| edge.parse().unwrap()).collect();
    let v4 = prop_oneof![any::<u32>(), (0u32..64).prop_map(|low| 0x0a00_0000 | low)];
    let as_number = (v4, 0..4u8, any::<u128>()).prop_map(|(v4, form, noise)| {
        let v4 = u128::from(v4);
        to_address(match form {
            0 => 0xffff_0000_0000 | v4,
            1 => 0x2002 << 112 | v4 << 80 | noise >> 48,
            2 => 0x0064_ff9b << 96 | v4,
            _ => noise,
        })
    });
    prop_oneof![1 => prop::sample::select(edges), 3 => as_number]
}

fn any_entry() -> impl Strategy<Value = ScopeRecord> {
    let run = (any_address(), 0u32..100).prop_map(|(address, bits)| {
        let hosts = (1u128 << bits) - 1;
        let first = to_number(address) & !hosts;
        AddressSet::from_intervals(vec![Interval { first, last: first | hosts }])
    });
    (run, any::<bool>(), any::<bool>(), 0..4u8).prop_map(|(addresses, deny, project, until)| {
        let list = if deny { ScopeList::Deny } else { ScopeList::Allow };
        let project = if project { PROJECT } else { None };
        let expires_at = (until == 0).then_some(NOW);
        let (note, by) = (None, String::new());
        ScopeRecord { id: id(1), project, list, addresses, note, by, created_at: NOW, expires_at }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    /// The sets say what the formula says, address by address.
    #[test]
    fn sets_and_formula_agree(
        entries in prop::collection::vec(any_entry(), 0..6),
        addresses in prop::collection::vec(any_address(), 1..12),
    ) {
        let effective = Effective::new(&entries, &[], PROJECT, NOW);
        for address in &addresses {
            let one = AddressSet::from_addresses([*address]);
            let allowed = effective.check(&one).is_ok();
            prop_assert_eq!(allowed, by_the_formula(&entries, *address), "{}", address);
        }
        let all = AddressSet::from_addresses(addresses);
        let outside = effective.outside(&all);
        match effective.check(&all) {
            Ok(()) => prop_assert!(outside.is_empty()),
            Err(out) => {
                let named = out.faults.iter().fold(AddressSet::new(), |named, fault| named.union(&fault.addresses));
                prop_assert_eq!(named, outside);
            }
        }
    }
}

#[test]
fn millions_of_addresses_cost_nothing() {
    let lines: Vec<String> = (0..1000)
        .map(|index| format!("deny 10.{}.{}.0/28", index % 256, index / 256 * 16))
        .collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let (entries, all) = (entries(&lines), set("10.0.0.0/8"));
    let start = Instant::now();
    let effective = Effective::new(&entries, &[], PROJECT, NOW);
    let made = start.elapsed();
    let start = Instant::now();
    let allowed = effective.check(&set("10.128.1.0/24"));
    let checked = start.elapsed();
    assert_eq!(allowed, Ok(()));
    let start = Instant::now();
    let refused = effective.check(&all).unwrap_err();
    let explained = start.elapsed();
    assert_eq!(refused.faults.len(), 1000);
    // A debug build on a busy machine is many times slower than what is promised.
    let within = std::time::Duration::from_secs(2);
    assert!(
        made < within && checked < within && explained < within,
        "{made:?} {checked:?} {explained:?}"
    );
}
