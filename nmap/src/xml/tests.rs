//! Documents that no nmap writes: damaged, hostile, or larger than anything allowed.

use super::{Document, DocumentEnd, Item, caps::*};
use netscan_schemas::host::{HostFinding, HostState, Protocol, ScriptValue};
use proptest::prelude::*;
use std::{fs, path::Path};

fn read_by(bytes: &[u8], chunk: usize) -> (Vec<Item>, DocumentEnd) {
    let (mut document, mut items) = (Document::new(), Vec::new());
    for piece in bytes.chunks(chunk) {
        document.feed(piece);
        items.extend(std::iter::from_fn(|| document.next_item()));
        let bound = 2 * (ELEMENT_BYTES_MAX + TAG_BYTES_MAX) + chunk;
        assert!(document.splitter.held() <= bound, "{} held", document.splitter.held());
    }
    (items, document.finish())
}

fn read(text: &str) -> (Vec<Item>, DocumentEnd) {
    read_by(text.as_bytes(), 64 * 1024)
}

fn skipped(items: &[Item]) -> Vec<&str> {
    let texts = items.iter().filter_map(|item| match item {
        Item::Skipped { what } => Some(what.as_str()),
        _ => None,
    });
    texts.collect()
}

/// Reads one host from what is in its element, and what was said about it.
fn host(inner: &str) -> (Option<HostFinding>, Vec<String>) {
    let (items, end) = read(&format!("<nmaprun><host>{inner}</host></nmaprun>"));
    assert_eq!(end.problem, None);
    let said = skipped(&items).into_iter().map(str::to_owned).collect();
    let host = items.into_iter().find_map(|item| match item {
        Item::Host(host) => Some(*host),
        _ => None,
    });
    (host, said)
}

const ADDRESS: &str = r#"<address addr="127.0.0.1" addrtype="ipv4"/>"#;

#[test]
fn foreign_documents_are_refused() {
    let table = [
        ("", "is empty"),
        (" \n", "ends before <nmaprun>"),
        ("Starting Nmap 7.93", "not an nmap document"),
        ("<html></html>", "not an nmap document"),
        ("<nmaprunner/>", "not an nmap document"),
        ("</nmaprun>", "not an nmap document"),
        ("<!ELEMENT a ANY><nmaprun/>", "not an nmap document"),
        ("<nmaprun args=\"<\"/>", "not an nmap document"),
        ("\0<nmaprun/>", "not an nmap document"),
        ("<nmaprun/><nmaprun/>", "goes on after </nmaprun>"),
        ("<nmaprun></nmaprun>text", "goes on after </nmaprun>"),
        ("<nmaprun></nmaprun></nmaprun>", "goes on after </nmaprun>"),
        ("<nmaprun></nmaprun><", "goes on after </nmaprun>"),
        ("<!DOCTYPE nmaprun [<!ENTITY a \"b\">]><nmaprun/>", "has an internal DTD subset"),
        ("<!DOCTYPE nmaprun SYSTEM \"file:///etc/passwd\"><nmaprun/>", FOREIGN_DOCTYPE),
        ("<!DOCTYPE nmaprun PUBLIC \"a\" \"b\"><nmaprun/>", FOREIGN_DOCTYPE),
        ("<!DOCTYPE html><nmaprun/>", FOREIGN_DOCTYPE),
        ("<!DOCTYPEnmaprun><nmaprun/>", FOREIGN_DOCTYPE),
        ("<!DOCTYPE>", FOREIGN_DOCTYPE),
    ];
    for (text, problem) in table {
        for chunk in [1, 2, 4096] {
            let (items, end) = read_by(text.as_bytes(), chunk);
            assert_eq!(end.problem.as_deref(), Some(problem), "{text}");
            assert_eq!(end.hosts, 0, "{text}");
            assert_eq!(skipped(&items), [""; 0], "{text}");
        }
    }
}

const FOREIGN_DOCTYPE: &str = "has a DOCTYPE that is not nmap's";

#[test]
fn whole_documents_need_not_look_like_nmaps() {
    let table = [
        "<nmaprun/>",
        "<nmaprun></nmaprun>\n",
        "<?xml version='1.0'?><!DOCTYPE  nmaprun ><!-- <host> --><nmaprun></nmaprun>",
        "<nmaprun><!-- </nmaprun> --><?pi </nmaprun> ?></nmaprun><!-- - -- -->",
        "<nmaprun><verbose level='>'/><new a='\"'><newer></newer></new></nmaprun>",
    ];
    for text in table {
        for chunk in [1, 3, 4096] {
            let (items, end) = read_by(text.as_bytes(), chunk);
            assert_eq!((end.problem, end.closed), (None, true), "{text}");
            assert!(matches!(items[..], [Item::Started { .. }]), "{text}: {items:?}");
        }
    }
}

#[test]
fn markup_in_odd_places_does_not_close_a_host() {
    let odd = [
        "<!-- </host> -->",
        "<![CDATA[</host>]]>",
        "<?pi </host> ?>",
        "<x a='>' b=\"/>\"/>",
        "<hosts><host-name/></hosts>",
        "> ]]> \" '",
    ];
    for inner in odd {
        let (found, _) = host(&format!("{inner}{ADDRESS}"));
        assert!(found.is_some(), "{inner}");
    }
}

#[test]
fn entities_are_xmls_own() {
    let state = |value: &str| {
        let (found, said) = host(&format!(r#"{ADDRESS}<status state="up" reason="{value}"/>"#));
        (found.map(|host| host.reason).unwrap_or_default(), said.len())
    };
    assert_eq!(state("a&lt;&gt;&amp;&quot;&apos;&#10;&#x41;z"), ("a<>&\"'\nAz".into(), 0));
    for unknown in ["&lol;", "&#0;", "&#xd800;", "&", "&lt", "&#99999999999;"] {
        assert_eq!(state(unknown), (unknown.into(), 1), "{unknown}");
    }
    let (found, said) = host(&format!(
        "{ADDRESS}<hostscript><script id='s' output=''><elem key='k'>a&lt;&lol;<![CDATA[&]]></elem>\
         </script></hostscript>"
    ));
    let item = found.unwrap().scripts.remove(0).data.remove(0);
    assert_eq!(item.key.as_deref(), Some("k"));
    assert_eq!(item.value, ScriptValue::Text("a&lt;&lol;&".into()));
    assert_eq!(said.len(), 1);
}

#[test]
fn words_are_read_whether_they_are_known_or_not() {
    for (word, text) in [("open", "open"), ("opened", "opened"), ("a&lt;b", "a<b"), ("", "")] {
        let (found, said) = host(&format!(
            "{ADDRESS}<ports><port protocol='tcp' portid='1'><state state='{word}' \
             reason='{word}'/><service name='s' method='{word}'/></port></ports>"
        ));
        let port = found.unwrap().ports.remove(0);
        let method = port.service.unwrap().method;
        assert_eq!([&port.state, &port.reason, &method], [text; 3], "{word}");
        assert_eq!(said, [""; 0]);
    }
}

#[test]
fn a_billion_laughs_are_not_heard() {
    let mut text = String::from("<!DOCTYPE nmaprun [<!ENTITY l0 \"ha\">");
    for level in 1..10 {
        let before = format!("&l{};", level - 1).repeat(10);
        text.push_str(&format!("<!ENTITY l{level} \"{before}\">"));
    }
    text.push_str(&format!("]><nmaprun><host>{ADDRESS}</host><x>&l9;</x></nmaprun>"));
    let (items, end) = read(&text);
    assert_eq!(items, []);
    assert_eq!(end.problem.as_deref(), Some("has an internal DTD subset"));
}

#[test]
fn bytes_that_are_not_text_cost_one_value() {
    let mut text =
        b"<nmaprun><host><hostnames><hostname name='a\xff\0' type='PTR'/></hostnames>".to_vec();
    text.extend_from_slice(ADDRESS.as_bytes());
    text.extend_from_slice(b"</host></nmaprun>");
    let (items, end) = read_by(&text, 5);
    let [Item::Started { .. }, Item::Host(host), Item::Skipped { what }] = &items[..] else {
        panic!("{items:?}");
    };
    assert_eq!(host.hostnames[0].name, "a\u{fffd}\0");
    assert_eq!(what, "<host> 127.0.0.1: bytes that are not UTF-8 are replaced");
    assert_eq!(end.problem, None);
}

#[test]
fn hosts_that_cannot_be_used_are_skipped() {
    let table = [
        ("", "<host> cannot be read: it has no usable address"),
        (
            "<address addr='00:11:22:33:44:55' addrtype='mac'/>",
            "<host> cannot be read: it has no usable address",
        ),
        (
            r#"<address addr="localhost" addrtype="ipv4"/>"#,
            "<host> localhost cannot be read: it has no usable address",
        ),
    ];
    for (inner, expected) in table {
        assert_eq!(host(inner), (None, vec![expected.into()]), "{inner}");
    }
    for inner in ["<ports><port></ports></port>", "<a b='1'c=/>", "<address addr=127.0.0.1/>"] {
        let (found, said) = host(&format!("<x>{ADDRESS}</x>{inner}<y/>"));
        assert_eq!((found, said.len()), (None, 1), "{inner}: {said:?}");
    }
}

#[test]
fn values_out_of_range_cost_themselves() {
    let (found, said) = host(&format!(
        "{ADDRESS}<status state='unknown' reason='user-set'/><ports>\
         <port protocol='tcp' portid='70000'><state state='open'/></port>\
         <port protocol='smoke' portid='1'><state state='open'/></port>\
         <port protocol='ip' portid='1'><state state='open|filtered' reason='x'/></port>\
         <extraports state='closed' count='-1'/></ports>\
         <distance value='three'/><uptime seconds='99999999999999999999'/>\
         <trace><hop ttl='1' ipaddr='::1' rtt='--'/><hop ttl='2' ipaddr='::2' rtt='-1e99'/></trace>"
    ));
    let host = found.unwrap();
    assert_eq!(host.state, HostState::Unknown);
    assert_eq!(host.ports.len(), 1);
    assert_eq!((host.ports[0].protocol, host.ports[0].number), (Protocol::Ip, 1));
    assert_eq!((host.distance, host.uptime_secs, host.extra_ports[0].count), (None, None, 0));
    let times: Vec<_> = host.trace.iter().map(|hop| hop.rtt_us).collect();
    assert_eq!(times, [None, Some(0)]);
    assert_eq!(said.len(), 1);
    assert_eq!(said[0].matches(';').count(), 6, "{}", said[0]);
}

#[test]
fn mac_address_and_zone_are_read() {
    let (found, said) = host(
        "<address addr='fe80::1%eth0' addrtype='ipv6'/>\
         <address addr='00:11:22:33:44:55' addrtype='mac' vendor='Acme &amp; Co'/>",
    );
    let host = found.unwrap();
    assert_eq!(host.address.to_string(), "fe80::1");
    assert_eq!(host.mac.unwrap().vendor.as_deref(), Some("Acme & Co"));
    assert_eq!(said, [""; 0]);
}

#[test]
fn nested_tables_keep_their_shape() {
    let (found, said) = host(&format!(
        "{ADDRESS}<hostscript><script id='s' output='o'>\n<table key='t'>\n<elem>1</elem>\
         <table><elem key='k'> 2 </elem></table><elem/></table>text</script></hostscript>"
    ));
    let data = format!("{:?}", found.unwrap().scripts[0].data);
    let expected = concat!(
        r#"[ScriptItem { key: Some("t"), value: Table(["#,
        r#"ScriptItem { key: None, value: Text("1") }, "#,
        r#"ScriptItem { key: None, value: Table([ScriptItem { key: Some("k"), value: Text(" 2 ") }]) }, "#,
        r#"ScriptItem { key: None, value: Text("") }]) }]"#
    );
    assert_eq!(data, expected);
    assert_eq!(said, [""; 0]);
}

#[test]
fn long_script_output_is_cut_and_said_so() {
    let long = "\u{e9}".repeat(SCRIPT_BYTES_MAX);
    let (found, said) = host(&format!(
        "{ADDRESS}<hostscript><script id='s' output='x{long}'><elem>{long}</elem></script>\
         </hostscript>"
    ));
    let script = found.unwrap().scripts.remove(0);
    assert_eq!(script.output.len(), SCRIPT_BYTES_MAX - 1);
    assert_eq!(said.len(), 1);
    assert!(said[0].contains("script s: 65535 of 131073 bytes are kept of a text"), "{}", said[0]);
    let many = "<elem/>".repeat(SCRIPT_ITEMS_MAX + 5);
    let (found, said) =
        host(&format!("{ADDRESS}<hostscript><script id='s'>{many}</script></hostscript>"));
    assert_eq!(found.unwrap().scripts[0].data.len(), SCRIPT_ITEMS_MAX);
    assert_eq!(said.len(), 1);
}

/// Puts `hostile` between two good hosts: the second one must still be read.
fn check_skipped(hostile: &str, expected: &str) {
    let good = format!("<host>{ADDRESS}</host>");
    let text = format!("<nmaprun>{good}{hostile}{good}</nmaprun>");
    for chunk in [100_000, text.len()] {
        let (items, end) = read_by(text.as_bytes(), chunk);
        assert_eq!(skipped(&items), [expected]);
        assert_eq!((end.hosts, end.problem, end.closed), (2, None, true), "{expected}");
        assert_eq!(end.consumed, text.len() as u64, "{expected}");
    }
}

#[test]
fn elements_above_a_limit_are_skipped_and_the_stream_goes_on() {
    let deep = "<a>".repeat(1_000_000) + &"</a>".repeat(1_000_000);
    check_skipped(
        &format!("<host>{deep}</host>"),
        "<host> cannot be read: it is nested too deeply",
    );
    let large = "y".repeat(ELEMENT_BYTES_MAX);
    check_skipped(&format!("<host><x>{large}</x></host>"), "<host> is too large");
    let wide = "z".repeat(3 * TAG_BYTES_MAX);
    let tag_too_large = "<host> has a tag that is too large";
    let inner_too_large = "<host> cannot be read: a tag is too large";
    check_skipped(&format!("<host><x a='{wide}'/></host>"), inner_too_large);
    check_skipped(&format!("<host a='{wide}'/>"), tag_too_large);
    check_skipped(&format!("<host><!--{wide}--></host>"), tag_too_large);
    let attributes: String = (0..=ATTRIBUTES_MAX).map(|n| format!(" a{n}='1'")).collect();
    let too_many = "<host> cannot be read: a tag has too many or too long attributes";
    check_skipped(&format!("<host{attributes}></host>"), too_many);
    let long_name = "n".repeat(NAME_BYTES_MAX + 1);
    check_skipped(&format!("<host {long_name}='1'></host>"), too_many);
    let too_long = "<host> cannot be read: an element's name is too long";
    check_skipped(&format!("<host><{long_name}/></host>"), too_long);
}

#[test]
fn an_endless_attribute_is_not_held() {
    let (mut document, piece) = (Document::new(), [b'a'; 64 * 1024]);
    document.feed(b"<nmaprun><host a=\"");
    for _ in 0..1024 {
        document.feed(&piece);
        while document.next_item().is_some() {}
        assert!(document.splitter.held() <= 4 * TAG_BYTES_MAX);
    }
    assert_eq!(document.finish().problem.as_deref(), Some("cut inside a tag"));
}

#[test]
fn damage_costs_as_little_as_can_be() {
    let good = format!("<host>{ADDRESS}</host>");
    let table = [
        ("<host><ports><port", "<host> is cut short by a <host>"),
        ("<host><ports>", "<host> is cut short by a <host>"),
        ("<hosthint><status/>", "<hosthint> is cut short by a <host>"),
        ("<taskbegin task=\"", "a tag that is cut short by another"),
        ("</host>", "an end tag without a start tag"),
        ("Nmap scan report", "text between two elements"),
        ("<![CDATA[text]]>", "text between two elements"),
        ("<!ENTITY", "text between two elements"),
        ("<taskprogress task='t'/>", "<taskprogress> cannot be read: it has no percentage"),
        ("<host/>", "<host> cannot be read: it has no usable address"),
    ];
    for (damage, expected) in table {
        let text = format!("<nmaprun>{good}{damage}{good}</nmaprun>");
        for chunk in [1, 4096] {
            let (items, end) = read_by(text.as_bytes(), chunk);
            assert_eq!(skipped(&items), [expected], "{damage}");
            assert_eq!((end.hosts, end.problem), (2, None), "{damage}");
        }
    }
}

#[derive(Clone, Debug)]
enum Mutation {
    Replace(usize, u8),
    Insert(usize, u8),
    Delete(usize, usize),
    Repeat(usize, usize),
    Paste(usize, &'static str),
}

fn mutate(bytes: &mut Vec<u8>, mutation: &Mutation) {
    let len = bytes.len().max(1);
    let within = |index: usize| (index % len).min(bytes.len());
    match *mutation {
        Mutation::Replace(index, byte) => {
            let index = within(index);
            bytes.splice(index..(index + 1).min(bytes.len()), [byte]);
        }
        Mutation::Insert(index, byte) => bytes.insert(within(index), byte),
        Mutation::Delete(index, count) => {
            let start = within(index);
            bytes.drain(start..(start + count).min(bytes.len()));
        }
        Mutation::Repeat(index, count) => {
            let start = within(index);
            let copy = bytes[start..(start + count).min(bytes.len())].to_vec();
            bytes.splice(start..start, copy);
        }
        Mutation::Paste(index, text) => {
            let index = within(index);
            bytes.splice(index..index, text.bytes());
        }
    }
}

fn mutations() -> impl Strategy<Value = Vec<Mutation>> {
    const TEXTS: [&str; 12] = [
        "<host>",
        "</host>",
        "<host/>",
        "</nmaprun>",
        "<nmaprun>",
        "<!--",
        "-->",
        "<![CDATA[",
        "]]>",
        "<?",
        "<!DOCTYPE",
        "\" '",
    ];
    let byte = prop_oneof![any::<u8>(), prop::sample::select(b"<>/\"'&;!?-[]= \0".to_vec())];
    let one = prop_oneof![
        (any::<usize>(), byte.clone()).prop_map(|(index, byte)| Mutation::Replace(index, byte)),
        (any::<usize>(), byte).prop_map(|(index, byte)| Mutation::Insert(index, byte)),
        (any::<usize>(), 1usize..200).prop_map(|(index, count)| Mutation::Delete(index, count)),
        (any::<usize>(), 1usize..200).prop_map(|(index, count)| Mutation::Repeat(index, count)),
        (any::<usize>(), prop::sample::select(TEXTS.to_vec()))
            .prop_map(|(index, text)| Mutation::Paste(index, text)),
    ];
    prop::collection::vec(one, 1..12)
}

fn small_documents() -> Vec<Vec<u8>> {
    let names = ["sV_sC_scripts.xml", "sT_fast_4hosts.xml", "stats_every_taskprogress.xml"];
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/nmap-xml");
    names.iter().map(|name| fs::read(folder.join(name)).unwrap()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]
    #[test]
    fn no_damage_panics_or_depends_on_the_pieces(
        document in 0..small_documents().len(),
        mutations in mutations(),
        chunk in 1usize..64,
    ) {
        let mut bytes = small_documents().swap_remove(document);
        mutations.iter().for_each(|mutation| mutate(&mut bytes, mutation));
        let whole = read_by(&bytes, bytes.len().max(1));
        prop_assert_eq!(&read_by(&bytes, chunk), &whole);
        let (items, end) = whole;
        let closers = bytes.windows(7).filter(|window| window == b"</host>").count();
        prop_assert!(end.hosts <= closers as u64);
        prop_assert!(items.len() <= bytes.len());
        prop_assert!(end.consumed <= bytes.len() as u64);
        prop_assert!(end.closed || end.problem.is_some());
    }
}
