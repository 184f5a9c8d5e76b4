//! Lists, pages and filters; raw output; stored events.

use super::{all_up, ask, port, request, up, world};
use netscan_nmap::launch::{Script, Step};
use netscan_schemas::{AttemptNo, BatchId, ScanId, attempt::Stream, limits};
use netscan_store::Write;
use serde_json::{Value, json};

fn names(hosts: &Value) -> String {
    let names = hosts.as_array().unwrap().iter().map(|host| host["address"].as_str().unwrap());
    names.map(|name| name.trim_start_matches("127.0.0.")).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn the_history_of_an_address_has_scans_that_found_it_down() {
    let world = world(|spec| {
        let Script::Run(mut steps) = up(spec, |_| String::new()) else { panic!("it runs") };
        for step in &mut steps {
            if let Step::Xml(xml) = step {
                let text = String::from_utf8(std::mem::take(xml)).unwrap();
                *xml =
                    text.replace(r#"<status state="up""#, r#"<status state="down""#).into_bytes();
            }
        }
        Script::Run(steps)
    })
    .await;
    let mut scans = Vec::new();
    for targets in ["127.0.0.1-4", "127.0.0.3", "127.0.0.4"] {
        scans.push(world.scan(json!({"targets": [targets]})).await);
    }
    let (mut next, mut seen) = ("/api/targets/127.0.0.3/history?limit=1".to_owned(), Vec::new());
    while !next.is_empty() {
        let page = world.get(&next).await;
        for one in page.json().as_array().unwrap() {
            seen.push(format!("{} {} {}", one["id"], one["verdict"], one["open_ports"]));
        }
        let link = page.header("link").to_owned();
        next = link.split_once('>').map_or("", |(to, _)| to).trim_start_matches('<').to_owned();
    }
    let down = |scan: ScanId| format!("{scan} \"down\" []");
    assert_eq!(seen, [down(scans[1]), down(scans[0])]);
    let whole = world.json("/api/targets/127.0.0.3/history").await;
    assert_eq!(whole.as_array().unwrap().len(), 2);
    let bad = world.get("/api/targets/127.0.0.3/history?cursor=h1.1").await;
    assert_eq!((bad.status.as_u16(), bad.problem().as_str()), (422, "invalid-value"));
}

#[tokio::test]
async fn hosts_are_filtered_by_one_port_that_matches_all() {
    let world = world(|spec| {
        up(spec, |address| match address {
            "127.0.0.1" => port("tcp", 80, "open", "http", "nginx"),
            "127.0.0.2" => port("udp", 53, "open", "domain", "dnsmasq"),
            "127.0.0.3" => {
                port("tcp", 80, "closed", "http", "") + &port("tcp", 53, "open", "domain", "BIND")
            }
            _ => String::new(),
        })
    })
    .await;
    let scan = world.scan(json!({"targets": ["127.0.0.1-4"]})).await;
    for (query, found) in [
        ("", "1 2 3 4"),
        ("?port=80", "1 3"),
        ("?port=80&state=open", "1"),
        ("?port=80&state=OPEN&protocol=tcp", "1"),
        ("?port=53&state=open", "2 3"),
        ("?port=53&state=open&protocol=udp", "2"),
        ("?port=53&state=open&protocol=tcp", "3"),
        ("?protocol=udp", "2"),
        ("?state=closed", "3"),
        ("?service=http&state=open", "1"),
        ("?service=http&port=53", ""),
        ("?product=bind", "3"),
        ("?q=dnsmasq", "2"),
        ("?q=127.0.0.4", "4"),
        ("?q=127.0.0.", "1 2 3 4"),
        ("?q=Domain+BIND", "3"),
        ("?q=ngin", "1"),
        ("?status=up", "1 2 3 4"),
        ("?status=down", ""),
        ("?verdict=up", "1 2 3 4"),
        ("?verdict=timed_out", ""),
        ("?address=127.0.0.2-3", "2 3"),
        ("?address=127.0.0.0/30&port=80", "1 3"),
        ("?address=127.0.", "1 2 3 4"),
    ] {
        let hosts = world.json(&format!("/api/scans/{scan}/hosts{query}")).await;
        assert_eq!(names(&hosts), found, "{query}");
        // With one scan, a search over all finds the same.
        let separator = if query.is_empty() { '?' } else { '&' };
        let mut next = format!("/api/hosts{query}{separator}limit=1");
        let mut searched = Vec::new();
        while !next.is_empty() {
            let page = world.get(&next).await;
            searched.extend(page.json().as_array().unwrap().clone());
            let link = page.header("link").to_owned();
            next = link.split_once('>').map_or("", |(to, _)| to).trim_start_matches('<').to_owned();
        }
        assert_eq!(Value::Array(searched), hosts, "{query}");
    }
    let words = ["a"; limits::SEARCH_WORDS_MAX + 1].join("+");
    for of in [format!("/api/scans/{scan}/hosts"), "/api/hosts".to_owned()] {
        let answer = world.get(&format!("{of}?q={words}")).await;
        assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (422, "invalid-value"));
        assert!(answer.json()["detail"].as_str().unwrap().contains("17 words, and 16"));
    }
    let hosts = world.json(&format!("/api/scans/{scan}/hosts?port=80&state=open")).await;
    let host = world.json(&format!("/api/hosts/{}", hosts[0]["id"])).await;
    assert_eq!(host, hosts[0]);
    let port = &host["ports"][0];
    assert_eq!((&port["port"], &port["port_number"]), (&json!(80), &json!(80)));
    assert_eq!(
        (&port["service_name"], &port["service_product"]),
        (&json!("http"), &json!("nginx"))
    );
}

#[tokio::test]
async fn pages_hold_every_row_once() {
    let world = world(all_up).await;
    let scan = world.scan(json!({"targets": ["127.0.0.0/28"], "chunk_size": 1})).await;
    for _ in 0..4 {
        world.scan(json!({"targets": ["127.0.0.1"]})).await;
        let name = format!("p{}", world.json("/api/projects").await.as_array().unwrap().len());
        world.post("/api/projects", &json!({"name": name})).await;
    }
    let hosts = format!("/api/scans/{scan}/hosts?port=80&state=open&protocol=tcp");
    let batches = format!("/api/scans/{scan}/batches");
    for path in ["/api/projects", "/api/scans", "/api/projects/1/scans", &batches, &hosts] {
        let whole = world.get(path).await;
        assert_eq!(whole.header("link"), "", "{path}");
        let separator = if path.contains('?') { '&' } else { '?' };
        let mut next = format!("{path}{separator}limit=3");
        let mut rows = Vec::new();
        loop {
            let page = world.get(&next).await;
            let found = page.json().as_array().unwrap().clone();
            rows.extend(found.clone());
            let link = page.header("link");
            if link.is_empty() {
                break;
            }
            assert_eq!(found.len(), 3, "{path}");
            let (target, rel) = link.split_once('>').unwrap();
            assert_eq!(rel, "; rel=\"next\"");
            next = target.trim_start_matches('<').to_owned();
        }
        assert!(rows.len() > 3, "{path} has too few rows to tell");
        assert_eq!(Value::Array(rows), whole.json(), "{path}");
    }
}

#[tokio::test]
async fn raw_output_is_named_inert_and_whole() {
    let world = world(all_up).await;
    let scan = world.scan(json!({"targets": ["127.0.0.1"]})).await;
    let batch = world.json(&format!("/api/scans/{scan}/batches")).await[0]["id"].clone();
    let view = world.json(&format!("/api/batches/{batch}")).await;
    let attempt = &view["attempts"][0];
    assert_eq!((&attempt["exit_code"], &attempt["signal"]), (&json!(0), &Value::Null));
    for (stream, ending) in [("xml", ".xml"), ("stdout", "-stdout.txt"), ("stderr", "-stderr.txt")]
    {
        let path = format!("/api/batches/{batch}/raw/{stream}");
        let raw = world.get(&path).await;
        let digest = blake3::hash(&raw.body).to_hex().to_string();
        assert_eq!(attempt["raw"][stream]["blake3"], digest);
        assert_eq!(attempt["raw"][stream]["bytes"], raw.body.len());
        let name = format!("attachment; filename=\"scan-{scan}-batch-{batch}-attempt-1{ending}\"");
        assert_eq!(raw.header("content-disposition"), name);
        assert_eq!(raw.header("content-security-policy"), "sandbox");
        assert_eq!(raw.header("content-type"), "text/plain; charset=utf-8");
        assert_eq!(world.get(&format!("{path}?attempt=1")).await.body, raw.body);
        assert_eq!(world.get(&format!("{path}?attempt=2")).await.problem(), "not-found");
        assert_eq!(world.get(&format!("{path}?attempt=x")).await.problem(), "invalid-value");
    }
    let none = world.get(&format!("/api/batches/{batch}/raw/socks")).await;
    assert_eq!(none.problem(), "not-found");
}

#[tokio::test]
async fn raw_output_that_does_not_match_its_digest_is_not_served() {
    let world = world(all_up).await;
    let scan = world.scan(json!({"targets": ["127.0.0.1"]})).await;
    let batch = world.json(&format!("/api/scans/{scan}/batches")).await[0]["id"].as_u64().unwrap();
    let mut write = Write::new();
    let frame = netscan_store::raw::compress(b"Starting Nmap\nNmap found nothing\n").unwrap();
    let batch = BatchId::new(batch).unwrap();
    write.raw_frame(batch, AttemptNo::FIRST, Stream::Stdout, 0, frame);
    world.system.store().submit(write).await.unwrap();
    let answer = world.get(&format!("/api/batches/{batch}/raw/stdout")).await;
    assert_eq!((answer.status.as_u16(), &*answer.problem()), (500, "store-damaged"));
    let detail = answer.json()["detail"].to_string();
    assert!(detail.contains(&format!("{batch}/1/stdout")), "{detail}");
    assert!(!String::from_utf8_lossy(&answer.body).contains("found nothing"));
    let whole = world.get(&format!("/api/batches/{batch}/raw/xml")).await;
    assert_eq!(whole.status, 200, "what is sound is served");
}

#[tokio::test]
async fn stored_events_are_answered_byte_for_byte() {
    let world = world(all_up).await;
    let scan = world.scan(json!({"targets": ["127.0.0.0/30"], "chunk_size": 1})).await;
    let path = format!("/api/scans/{scan}/events");
    let all = world.json(&format!("{path}?limit=1000")).await;
    let count = all.as_array().unwrap().len();
    let stored = world.system.store().events(scan, 0, 1000, usize::MAX).unwrap();
    let texts: Vec<&str> = stored.iter().map(|(_, text)| &**text).collect();
    let whole = world.get(&format!("{path}?limit=1000")).await;
    assert_eq!(whole.body, format!("[{}]", texts.join(",")));
    assert_eq!(all[count - 1]["event"], "scan_complete");
    let some = world.json(&format!("{path}?since=2&limit=3")).await;
    assert_eq!(some, Value::Array(all.as_array().unwrap()[2..5].to_vec()));
    assert_eq!(world.json(&format!("{path}?since={count}")).await, json!([]));
    for bad in ["since=-1", "since=x", "limit=0", "limit=1001"] {
        assert_eq!(world.get(&format!("{path}?{bad}")).await.problem(), "invalid-value", "{bad}");
    }
    let none = ask(&world.router, request("GET", "/api/scans/4711/events", "")).await;
    assert_eq!(none.problem(), "not-found");
}

#[tokio::test]
async fn a_search_goes_over_all_scans_from_the_newest_to_the_oldest() {
    let world = world(|spec| {
        up(spec, |address| match address {
            "127.0.0.1" => port("tcp", 80, "open", "http", "nginx"),
            _ => port("tcp", 22, "open", "ssh", "OpenSSH"),
        })
    })
    .await;
    let project = world.post("/api/projects", &json!({"name": "other"})).await.json()["id"].clone();
    let first = world.scan(json!({"targets": ["127.0.0.1-3"]})).await;
    let second = world.scan(json!({"targets": ["127.0.0.1-2"], "project_id": project})).await;
    let seen = async |query: &str| {
        let hosts = world.json(&format!("/api/hosts{query}")).await;
        let seen = hosts
            .as_array()
            .unwrap()
            .iter()
            .map(|host| format!("{}:{}", host["scan_id"], host["address"].as_str().unwrap()));
        seen.collect::<Vec<_>>().join(" ").replace("127.0.0.", "")
    };
    let rows = |scan, hosts: &str| {
        let rows = hosts.split(' ').map(|host| format!("{scan}:{host}"));
        rows.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(seen("?port=80").await, format!("{second}:1 {first}:1"));
    assert_eq!(seen("?service=ssh").await, format!("{} {}", rows(second, "2"), rows(first, "2 3")));
    assert_eq!(seen(&format!("?service=ssh&project_id={project}")).await, rows(second, "2"));
    assert_eq!(seen("?q=openssh&address=127.0.0.3").await, rows(first, "3"));
    assert_eq!(seen("?q=127.0.0.2").await, format!("{first}:2 {second}:2"));
    assert_eq!(seen("?q=nothing").await, "");
    for (bad, code) in [
        ("port=x", "invalid-value"),
        ("verdict=down", "invalid-value"),
        ("state=ajar", "invalid-value"),
        ("address=localhost", "invalid-value"),
        ("address=127.0.0.1/33", "invalid-value"),
        ("cursor=c1", "invalid-value"),
        ("limit=0", "invalid-value"),
        ("prot=80", "unknown-field"),
        ("project_id=4711", "not-found"),
    ] {
        assert_eq!(world.get(&format!("/api/hosts?{bad}")).await.problem(), code, "{bad}");
    }
    // What is deleted is found no more.
    world.send("DELETE", &format!("/api/scans/{second}"), &json!({})).await;
    assert_eq!(seen("?port=80").await, rows(first, "1"));
}
