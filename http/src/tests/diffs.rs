//! Comparisons in their formats, held against ndiff's of the same scans.

use super::{
    World, all_up,
    exports::{check_well_formed, export},
    imports::imported,
    world,
};
use quick_xml::{Reader, events::Event};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    fs,
    path::Path,
    process::Command,
};

/// An element with what is in it.
#[derive(Debug, Default)]
struct Node {
    name: String,
    attributes: BTreeMap<String, String>,
    children: Vec<Node>,
}

impl Node {
    fn of(xml: &str) -> Self {
        let mut reader = Reader::from_str(xml);
        let mut open = vec![Self::default()];
        loop {
            let event = reader.read_event().unwrap();
            let (start, is_empty) = match &event {
                Event::Start(start) => (start, false),
                Event::Empty(start) => (start, true),
                Event::End(_) => {
                    let closed = open.pop().unwrap();
                    open.last_mut().unwrap().children.push(closed);
                    continue;
                }
                Event::Eof => return open.pop().unwrap(),
                _ => continue,
            };
            let attributes = start.attributes().map(|attribute| {
                let attribute = attribute.unwrap();
                let value = quick_xml::escape::unescape(&attribute.value);
                (attribute.key.as_ref().to_owned(), value.unwrap().into_owned())
            });
            let attributes = attributes.collect();
            open.push(Self {
                name: start.name().as_ref().to_owned(),
                attributes,
                children: Vec::new(),
            });
            if is_empty {
                let closed = open.pop().unwrap();
                open.last_mut().unwrap().children.push(closed);
            }
        }
    }

    fn get(&self, name: &str) -> &str {
        self.attributes.get(name).map_or("", String::as_str)
    }

    fn everywhere<'n>(&'n self, name: &str, found: &mut Vec<&'n Self>) {
        if self.name == name {
            found.push(self);
        }
        self.children.iter().for_each(|child| child.everywhere(name, found));
    }
}

/// What is said of a host, by the earlier scan and by the later one.
type Sides = [BTreeSet<String>; 2];

/// Takes in what an element says, below `a` of one scan and below `b` of the other.
fn take_in(node: &Node, side: Option<usize>, within: &str, sides: &mut Sides) {
    let mut say = |text: String| {
        if let Some(side) = side {
            sides[side].insert(text);
        }
    };
    let mut within = within.to_owned();
    match node.name.as_str() {
        "status" => say(format!("status {}", node.get("state"))),
        "hostname" => say(format!("name {}", node.get("name"))),
        "osmatch" => say(format!("os {}", node.get("name"))),
        "extraports" => say(format!("extra {} {}", node.get("state"), node.get("count"))),
        "script" => say(format!("script {within}{} {}", node.get("id"), node.get("output"))),
        "port" => {
            within = format!("{}/{} ", node.get("portid"), node.get("protocol"));
        }
        "state" => say(format!("port {within}{}", node.get("state"))),
        "service" => {
            let words = ["name", "product", "version", "extrainfo"].map(|name| node.get(name));
            say(format!("service {within}{}", words.join("|")));
        }
        _ => {}
    }
    for child in &node.children {
        let side = match child.name.as_str() {
            "a" => Some(0),
            "b" => Some(1),
            _ => side,
        };
        take_in(child, side, &within, sides);
    }
}

/// Returns what a comparison in ndiff's form says: of each host what was said before (`-`) and not
/// after, and the other way round.
fn facts(xml: &str) -> BTreeSet<String> {
    let mut hosts: BTreeMap<String, Sides> = BTreeMap::new();
    let (root, mut found) = (Node::of(xml), Vec::new());
    root.everywhere("hostdiff", &mut found);
    for differing in found {
        let mut addresses = Vec::new();
        differing.everywhere("address", &mut addresses);
        let address = addresses.iter().find(|address| address.get("addrtype") != "mac").unwrap();
        // ndiff tells one that differs much as two, each as a whole.
        let sides = hosts.entry(address.get("addr").to_owned()).or_default();
        take_in(differing, None, "", sides);
    }
    let mut facts = BTreeSet::new();
    for (address, [before, after]) in &hosts {
        let only = |sign: char, one: &BTreeSet<String>, other: &BTreeSet<String>| {
            let only = one.difference(other).map(|text| format!("{address} {sign} {text}"));
            only.collect::<Vec<_>>()
        };
        facts.extend(only('-', before, after));
        facts.extend(only('+', after, before));
    }
    facts
}

/// Returns those facts in which ndiff and we can agree.
fn shared(facts: &BTreeSet<String>) -> BTreeSet<String> {
    let up: BTreeSet<&str> = facts
        .iter()
        .filter(|fact| fact.contains("status up"))
        .map(|fact| fact.split(' ').next().unwrap())
        .collect();
    let is_shared = |fact: &&String| {
        let address = fact.split(' ').next().unwrap();
        // A document need not list hosts that are down.
        let of_down = fact.ends_with("status down");
        // Of a port that one document only counts, ndiff says nothing, and we its state.
        let counted = fact.contains(" port ") && !fact.ends_with(" open");
        // Of a host that went up or down we list the open ports.
        let more = up.contains(address)
            && !fact.contains(" status ")
            && !(fact.contains(" port ") && fact.ends_with(" open"));
        !of_down && !counted && !more
    };
    facts.iter().filter(is_shared).cloned().collect()
}

fn ndiff(before: &Path, after: &Path) -> Option<String> {
    let output = Command::new("ndiff").arg("--xml").arg(before).arg(after).output();
    let Ok(output) = output else {
        eprintln!("skipped: `ndiff` is not installed (scripts/install-tools.sh tests)");
        return None;
    };
    assert!(matches!(output.status.code(), Some(0 | 1)), "{output:?}");
    Some(String::from_utf8(output.stdout).unwrap())
}

/// Numbers that look random and are the same in each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, most: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}

/// A whole scan of ten ports of twelve hosts, as nmap writes it.
fn document(numbers: &mut Numbers) -> String {
    let hosts: String = (1..=12).map(|host| self::host(host, numbers)).collect();
    format!(
        "<?xml version=\"1.0\"?>\n<nmaprun scanner=\"nmap\" args=\"nmap -p 20-29\" start=\"1\" \
         version=\"7.93\" xmloutputversion=\"1.05\">\n{hosts}<runstats><finished time=\"9\" \
         timestr=\"x\" elapsed=\"1\" exit=\"success\"/><hosts up=\"1\" down=\"1\" total=\"2\"/>\
         </runstats></nmaprun>"
    )
}

fn host(host: u32, numbers: &mut Numbers) -> String {
    let address = format!("<address addr=\"10.0.0.{host}\" addrtype=\"ipv4\"/>");
    if numbers.below(6) == 0 {
        return format!("<host><status state=\"down\" reason=\"no-response\"/>{address}</host>\n");
    }
    let (mut listed, mut closed) = (String::new(), Vec::new());
    for port in 20..30 {
        let state = match numbers.below(12) {
            0 => "filtered",
            1..4 => "open",
            _ => {
                closed.push(port.to_string());
                continue;
            }
        };
        let version = ["", " product=\"a\"", " product=\"a\" version=\"1 &amp; 2\""]
            [numbers.below(3) as usize];
        let script = match numbers.below(4) {
            0 => format!("<script id=\"s\" output=\"&lt;{}&gt;\"/>", numbers.below(2)),
            _ => String::new(),
        };
        let _ = write!(
            listed,
            "<port protocol=\"tcp\" portid=\"{port}\"><state state=\"{state}\" reason=\"x\"/>\
             <service name=\"n{port}\"{version} method=\"table\" conf=\"3\"/>{script}</port>"
        );
    }
    let (count, ports) = (closed.len(), closed.join(","));
    let name = numbers.below(3);
    let system = match numbers.below(3) {
        0 => String::new(),
        number => format!("<os><osmatch name=\"Linux {number}\" accuracy=\"9\" line=\"1\"/></os>"),
    };
    let said = numbers.below(2);
    format!(
        "<host><status state=\"up\" reason=\"syn-ack\"/>{address}<hostnames>\
         <hostname name=\"h{name}.example\" type=\"PTR\"/></hostnames><ports>\
         <extraports state=\"closed\" count=\"{count}\"><extrareasons reason=\"resets\" \
         count=\"{count}\" proto=\"tcp\" ports=\"{ports}\"/></extraports>{listed}</ports>{system}\
         <hostscript><script id=\"h\" output=\"{said}\"/></hostscript></host>\n"
    )
}

async fn compared(world: &World, before: &Value, after: &Value, format: &str) -> String {
    let path = format!("/api/scans/{before}/diff/{after}?format={format}");
    let answer = world.get(&path).await;
    assert_eq!(answer.status, 200, "{path}: {:?}", answer.body);
    String::from_utf8(answer.body.to_vec()).unwrap()
}

/// Holds two scans' comparison against ndiff's of their exports; returns how much differs.
async fn agree(world: &World, dir: &Path, before: &Value, after: &Value) -> usize {
    let ours = compared(world, before, after, "xml").await;
    check_well_formed(dir, "diff.xml", &ours);
    let ours = shared(&facts(&ours));
    let mut files = Vec::new();
    for scan in [before, after] {
        let file = dir.join(format!("{scan}.xml"));
        fs::write(&file, export(world, scan, "xml").await).unwrap();
        files.push(file);
    }
    if let Some(theirs) = ndiff(&files[0], &files[1]) {
        let theirs = shared(&facts(&theirs));
        let ours_only: Vec<_> = ours.difference(&theirs).collect();
        let theirs_only: Vec<_> = theirs.difference(&ours).collect();
        assert!(
            ours_only.is_empty() && theirs_only.is_empty(),
            "scans {before} and {after}: only we say {ours_only:#?}, only ndiff {theirs_only:#?}"
        );
    }
    ours.len()
}

#[tokio::test]
async fn complete_scans_differ_in_what_ndiff_says() {
    let world = world(all_up).await;
    let dir = tempfile::tempdir().unwrap();
    let mut numbers = Numbers(7);
    let mut scans = Vec::new();
    for _ in 0..8 {
        let document = document(&mut numbers);
        scans.push(imported(&world, document.as_bytes()).await["scan_id"].clone());
    }
    for pair in scans.windows(2) {
        let differing = agree(&world, dir.path(), &pair[0], &pair[1]).await;
        assert!(differing > 50, "{differing}");
    }
}

/// What a host says of itself is in no format more than text, and what is not known is never down.
#[tokio::test]
async fn a_comparison_is_told_in_each_format() {
    let world = world(all_up).await;
    let dir = tempfile::tempdir().unwrap();
    let of = |product: &str, more: &str| {
        format!(
            "<nmaprun args=\"nmap\" version=\"7.93\"><host><status state=\"up\" reason=\"x\"/>\
             <address addr=\"10.0.0.1\" addrtype=\"ipv4\"/><ports><port protocol=\"tcp\" \
             portid=\"80\"><state state=\"open\" reason=\"x\"/><service name=\"http\" \
             product=\"{product}\" method=\"probed\" conf=\"10\"/></port></ports></host>{more}\
             <runstats><finished time=\"1\" exit=\"success\"/></runstats></nmaprun>"
        )
    };
    let other = "<host><status state=\"up\" reason=\"x\"/><address addr=\"10.0.0.2\" \
                 addrtype=\"ipv4\"/></host>";
    let hostile = "|&lt;b&gt;[x](http://x)&#x202e;&#x9b;31m&amp;";
    let before = imported(&world, of("nginx", other).as_bytes()).await["scan_id"].clone();
    let after = imported(&world, of(hostile, "").as_bytes()).await["scan_id"].clone();
    let text = compared(&world, &before, &after, "text").await;
    let lines: Vec<&str> = text.lines().collect();
    let [first, second, changed, port, unknown, counts] = lines[..] else { panic!("{text}") };
    assert!(first.starts_with("--- scan 1") && second.starts_with("+++ scan 2"), "{text}");
    assert_eq!(changed, "~ 10.0.0.1: changed");
    assert!(port.contains("open http nginx -> open http |<b>[x](http://x)\\u{202e}"), "{text}");
    assert_eq!(unknown, "? 10.0.0.2: up before, not scanned now");
    assert!(counts.contains("0 vanished, 1 changed") && counts.contains("not compared: 1"));
    let xml = compared(&world, &before, &after, "xml").await;
    check_well_formed(dir.path(), "hostile.xml", &xml);
    assert!(xml.contains("change=\"only_before\" before=\"up\" after=\"not_scanned\""), "{xml}");
    let markdown = compared(&world, &before, &after, "md").await;
    assert!(!markdown.contains("<b>") && !markdown.contains("](http"), "{markdown}");
    assert!(markdown.contains("| 10.0.0.2 |"), "{markdown}");
    for said in [text, xml, markdown] {
        let harmful = |c| c != '\n' && netscan_schemas::inert::is_harmful(c);
        assert!(!said.contains(harmful), "{said:?}");
    }
}
