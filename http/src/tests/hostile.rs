//! What hostile services say is inert in every format that a scan is written in.
//!
//! Each payload of `tests/fixtures/payloads.txt` is put where strangers' text goes, comes in as nmap
//! would write it, and each export is read with a reader of its format that is not ours.

use super::{
    World, all_up,
    exports::export,
    imports::{fixtures, imported},
    world,
};
use netscan_schemas::inert::is_harmful;
use scraper::{Html, Node};
use serde_json::Value;
use std::{collections::BTreeSet, fs};

/// A payload: its name and its bytes.
type Payload = (String, Vec<u8>);

fn payloads() -> Vec<Payload> {
    let text = fs::read_to_string(fixtures().join("payloads.txt")).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let all: Vec<Payload> = lines
        .map(|line| {
            let (name, escaped) = line.split_once('\t').unwrap();
            (name.to_owned(), unescape(escaped))
        })
        .collect();
    assert!(all.len() >= 60, "{}", all.len());
    all
}

fn unescape(text: &str) -> Vec<u8> {
    let (mut bytes, mut rest) = (Vec::new(), text);
    while let Some(at) = rest.find('\\') {
        bytes.extend_from_slice(&rest.as_bytes()[..at]);
        rest = &rest[at + 1..];
        if let Some(hex) = rest.strip_prefix('x') {
            bytes.push(u8::from_str_radix(&hex[..2], 16).unwrap());
            rest = &hex[2..];
        } else {
            rest = rest.strip_prefix('\\').expect("`\\xNN` or `\\\\`");
            bytes.push(b'\\');
        }
    }
    bytes.extend_from_slice(rest.as_bytes());
    bytes
}

/// Writes bytes as nmap would into an attribute: control characters by number.
fn attribute(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for byte in bytes {
        match byte {
            b'&' => out.extend_from_slice(b"&amp;"),
            b'<' => out.extend_from_slice(b"&lt;"),
            b'>' => out.extend_from_slice(b"&gt;"),
            b'"' => out.extend_from_slice(b"&quot;"),
            0x01..=0x1f => out.extend_from_slice(format!("&#{byte};").as_bytes()),
            byte => out.push(*byte),
        }
    }
    out
}

/// A document with the payload wherever strangers' text goes, one host for each.
fn document(payloads: &[Payload]) -> Vec<u8> {
    let mut xml = b"<?xml version=\"1.0\"?><nmaprun scanner=\"nmap\" args=\"nmap ".to_vec();
    xml.extend(attribute(&payloads[0].1));
    xml.extend_from_slice(b"\" version=\"7.93\">\n");
    for (index, (_, bytes)) in payloads.iter().enumerate() {
        let p = attribute(bytes);
        let mut put = |parts: &[&[u8]]| parts.iter().for_each(|part| xml.extend_from_slice(part));
        let address = format!("10.0.0.{}", index + 1);
        put(&[b"<host><status state=\"up\" reason=\"", &p, b"\" reason_ttl=\"0\"/>"]);
        put(&[b"<address addr=\"", address.as_bytes(), b"\" addrtype=\"ipv4\"/>"]);
        put(&[b"<address addr=\"00:00:00:00:00:01\" addrtype=\"mac\" vendor=\"", &p, b"\"/>"]);
        put(&[b"<hostnames><hostname name=\"", &p, b"\" type=\"PTR\"/></hostnames>"]);
        put(&[b"<ports><port protocol=\"tcp\" portid=\"80\"><state state=\"open\" reason=\"", &p]);
        put(&[b"\" reason_ttl=\"0\"/><service name=\"", &p, b"\" product=\"", &p]);
        put(&[b"\" version=\"", &p, b"\" extrainfo=\"", &p, b"\" method=\"probed\" conf=\"10\">"]);
        put(&[b"<cpe>", &p, b"</cpe></service>"]);
        put(&[b"<script id=\"", &p, b"\" output=\"", &p, b"\"><elem key=\"", &p, b"\">", &p]);
        put(&[b"</elem></script></port></ports>"]);
        put(&[b"<os><osmatch name=\"", &p, b"\" accuracy=\"90\" line=\"1\"/></os></host>\n"]);
    }
    xml.extend_from_slice(
        b"<runstats><finished time=\"1\" elapsed=\"1\" exit=\"success\"/><hosts total=\"1\"/>\
          </runstats></nmaprun>",
    );
    xml
}

/// Imports the corpus; returns the scan and what the API says of its hosts.
async fn hostile(world: &World) -> (Value, Vec<Value>) {
    let payloads = payloads();
    let answer = imported(world, &document(&payloads)).await;
    assert_eq!(answer["verdicts"]["up"], payloads.len(), "{answer}");
    let scan = answer["scan_id"].clone();
    let hosts = world.json(&format!("/api/scans/{scan}/hosts")).await;
    (scan, hosts.as_array().unwrap().clone())
}

fn check_characters(text: &str, but: &[char]) {
    let harmful = text.char_indices().find(|(_, c)| is_harmful(*c) && !but.contains(c));
    if let Some((at, c)) = harmful {
        let near: String = text[..at].chars().rev().take(60).collect();
        panic!("{c:?} after {:?}", near.chars().rev().collect::<String>());
    }
}

/// Returns what is left of a text when white space does not count.
fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn payloads_are_inert_in_csv() {
    let world = world(all_up).await;
    let (scan, hosts) = hostile(&world).await;
    let text = export(&world, &scan, "csv").await;
    check_characters(&text, &['\r', '\n']);
    // A row is a line, and a cell is in quotes.
    assert_eq!(text.lines().count(), hosts.len() + 1);
    assert!(text.lines().all(|line| line.starts_with('"') && line.ends_with('"')));
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let mut rows = 0;
    for row in reader.records() {
        let row = row.unwrap();
        assert_eq!(row.len(), 17);
        rows += 1;
        for cell in &row {
            let first = cell.trim_start().chars().next().unwrap_or('a');
            assert!(!matches!(first, '=' | '+' | '-' | '@' | '＝'), "{cell:?}");
            assert!(!cell.starts_with(['\t', '\r']), "{cell:?}");
        }
    }
    assert_eq!(rows, hosts.len());
}

#[tokio::test]
async fn payloads_are_inert_in_json() {
    let world = world(all_up).await;
    let (scan, hosts) = hostile(&world).await;
    let text = export(&world, &scan, "json").await;
    check_characters(&text, &['\n']);
    let parsed: Value = serde_json::from_str(&text).unwrap();
    let lines = export(&world, &scan, "jsonl").await;
    check_characters(&lines, &['\n']);
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    // Nothing of it is lost or changed: JSON can say it all.
    let by_address =
        |all: &[Value]| -> BTreeSet<String> { all.iter().map(ToString::to_string).collect() };
    assert_eq!(by_address(parsed["hosts"].as_array().unwrap()), by_address(&hosts));
    assert_eq!(by_address(&lines), by_address(&hosts));
}

#[tokio::test]
async fn payloads_are_inert_in_html() {
    const ELEMENTS: [&str; 33] = [
        "html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "dl", "dt", "dd", "svg",
        "rect", "ul", "li", "span", "div", "text", "table", "tbody", "tr", "th", "td", "br",
        "details", "summary", "pre", "footer", "thead", "b", "i", "ol",
    ];
    const ATTRIBUTES: [&str; 16] = [
        "lang",
        "charset",
        "http-equiv",
        "content",
        "name",
        "class",
        "viewBox",
        "role",
        "aria-label",
        "x",
        "y",
        "width",
        "height",
        "rowspan",
        "colspan",
        "href",
    ];
    let world = world(all_up).await;
    let (scan, hosts) = hostile(&world).await;
    let text = export(&world, &scan, "html").await;
    check_characters(&text, &['\n']);
    let page = Html::parse_document(&text);
    let mut rows = 0;
    for node in page.tree.nodes() {
        match node.value() {
            Node::Element(element) => {
                assert!(ELEMENTS.contains(&element.name()), "<{}>", element.name());
                rows += usize::from(element.name() == "tr");
                for (name, value) in element.attrs() {
                    assert!(ATTRIBUTES.contains(&name) && name != "href", "{name}={value:?}");
                    let refreshes = name == "http-equiv" && value != "Content-Security-Policy";
                    assert!(!refreshes, "{value}");
                }
            }
            Node::Comment(comment) => panic!("{comment:?}"),
            _ => {}
        }
    }
    assert_eq!(rows, hosts.len() + 1);
    // It can be read, all of it.
    let shown = squeezed(&page.root_element().text().collect::<String>());
    for host in &hosts {
        let product = host["ports"][0]["service_product"].as_str().unwrap_or_default();
        let wanted = squeezed(&netscan_schemas::inert::text(product));
        assert!(shown.contains(&wanted), "{wanted:?}");
    }
}

/// Each host is two lines, and each port has the seven fields that programs count.
#[tokio::test]
async fn payloads_are_inert_for_grep() {
    let world = world(all_up).await;
    let (scan, hosts) = hostile(&world).await;
    let text = export(&world, &scan, "gnmap").await;
    check_characters(&text, &['\n', '\t']);
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(lines.len(), 2 * hosts.len());
    for line in lines {
        let (host, rest) = line.split_once('\t').unwrap();
        assert!(host.starts_with("Host: ") && host.ends_with(')'), "{line}");
        if rest != "Status: Up" {
            let ports = rest.strip_prefix("Ports: ").unwrap();
            assert_eq!((ports.matches('/').count(), ports.contains('\t')), (7, false), "{line}");
        }
    }
}

#[tokio::test]
async fn payloads_are_inert_in_markdown() {
    use comrak::{Arena, Options, nodes::NodeValue, parse_document};
    let world = world(all_up).await;
    let (scan, hosts) = hostile(&world).await;
    let text = export(&world, &scan, "md").await;
    check_characters(&text, &['\n']);
    let mut options = Options::default();
    options.extension.autolink = true;
    options.extension.table = true;
    options.extension.strikethrough = true;
    options.extension.footnotes = true;
    options.extension.tasklist = true;
    let arena = Arena::new();
    let root = parse_document(&arena, &text, &options);
    let (mut rows, mut shown) = (0, String::new());
    for node in root.descendants() {
        let value = &node.data.borrow().value;
        match value {
            NodeValue::TableRow(is_head) => rows += usize::from(!is_head),
            NodeValue::Text(text) => shown.push_str(text),
            NodeValue::HtmlInline(html) => assert_eq!(html, "<!-- -->"),
            NodeValue::Document
            | NodeValue::Heading(_)
            | NodeValue::Paragraph
            | NodeValue::List(_)
            | NodeValue::Item(_)
            | NodeValue::Table(_)
            | NodeValue::TableCell
            | NodeValue::SoftBreak => {}
            other => panic!("{other:?}"),
        }
    }
    // Verdicts and ports have rows too: one, and one.
    assert_eq!(rows, hosts.len() + 2);
    let shown = squeezed(&shown).replace(' ', "");
    for host in &hosts {
        let product = host["ports"][0]["service_product"].as_str().unwrap_or_default();
        let wanted = squeezed(&netscan_schemas::inert::text(product)).replace(' ', "");
        assert!(shown.contains(&wanted), "{wanted:?}");
    }
}

#[tokio::test]
async fn payloads_are_inert_in_xml() {
    use quick_xml::{Reader, events::Event};
    let world = world(all_up).await;
    let (scan, hosts) = hostile(&world).await;
    let text = export(&world, &scan, "xml").await;
    let legal = |c: char| c >= ' ' || matches!(c, '\t' | '\n');
    assert!(text.chars().all(legal));
    let dir = tempfile::tempdir().unwrap();
    super::exports::check_well_formed(dir.path(), "hostile.xml", &text);
    let mut reader = Reader::from_str(&text);
    let mut found = 0;
    loop {
        match reader.read_event().unwrap() {
            Event::Start(tag) | Event::Empty(tag) => {
                let name = tag.name();
                found += usize::from(name.as_ref() == "host");
                assert!(!name.as_ref().contains(':'));
                for attribute in tag.attributes() {
                    let attribute = attribute.unwrap();
                    assert!(!attribute.key.as_ref().starts_with("xmlns"));
                }
            }
            Event::PI(instruction) => panic!("{instruction:?}"),
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(found, hosts.len());
}

/// A file can hold more than nmap would write. What is not plain data does not come out again.
#[tokio::test]
async fn elements_that_could_be_more_than_data_are_made_anew() {
    let world = world(all_up).await;
    let evil = [
        "<x:script xmlns:x=\"http://www.w3.org/1999/xhtml\">alert(1)</x:script>",
        "<?xml-stylesheet href=\"http://evil.example/x.xsl\" type=\"text/xsl\"?>",
        "<a href=\"x\" href=\"y\"/>",
        "<b>&unknown;</b>",
        "<b>\u{1}</b>",
    ];
    let hosts: String = evil
        .iter()
        .enumerate()
        .map(|(index, evil)| {
            format!(
                "<host><status state=\"up\" reason=\"x\"/><address addr=\"10.0.0.{}\" \
                 addrtype=\"ipv4\"/>{evil}<ports><port protocol=\"tcp\" portid=\"22\">\
                 <state state=\"open\" reason=\"x\"/></port></ports></host>",
                index + 1
            )
        })
        .collect();
    let xml = format!(
        "<nmaprun args=\"&#x1;\" version=\"7.93\">{hosts}<runstats><finished time=\"1\" \
         exit=\"success\"/></runstats></nmaprun>"
    );
    let answer = imported(&world, xml.as_bytes()).await;
    let text = export(&world, &answer["scan_id"], "xml").await;
    let dir = tempfile::tempdir().unwrap();
    super::exports::check_well_formed(dir.path(), "evil.xml", &text);
    for part in ["xmlns", "xml-stylesheet", "href", "&unknown;", "\u{1}", "&#x1;"] {
        assert!(!text.contains(part), "{part:?} in {text}");
    }
    assert_eq!(text.matches("portid=\"22\"").count(), evil.len(), "{text}");
}
