//! `GET /metrics`: figures that equal the truth, in the format that Prometheus reads.

use super::{
    PATIENCE, World,
    access::guarded,
    all_up, ask, request, world,
    ws::{connect, next, until},
};
use crate::auth::RULES;
use netscan_schemas::audit::Origin;
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// What a scrape says: each sample by its name and labels, as they are written.
#[derive(Debug, Default)]
struct Scrape {
    text: String,
    samples: BTreeMap<String, f64>,
}

impl Scrape {
    async fn of(world: &World) -> Self {
        let answer = world.get("/metrics").await;
        assert_eq!(answer.status, 200, "{:?}", answer.body);
        assert_eq!(answer.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
        Self::parse(std::str::from_utf8(&answer.body).unwrap())
    }

    /// Reads the text and holds it to the rules of the format and of names.
    fn parse(text: &str) -> Self {
        let mut scrape = Self { text: text.to_owned(), ..Self::default() };
        assert!(text.ends_with('\n') && !text.contains("\n\n"));
        let mut family: Option<(&str, &str)> = None;
        let (mut helped, mut families) = ("", BTreeSet::new());
        for line in text.lines() {
            if let Some(help) = line.strip_prefix("# HELP ") {
                let (name, words) = help.split_once(' ').unwrap();
                assert!(words.len() > 10 && words.ends_with('.'), "{line}");
                helped = name;
            } else if let Some(typed) = line.strip_prefix("# TYPE ") {
                let (name, kind) = typed.split_once(' ').unwrap();
                assert_eq!(name, helped, "HELP comes first");
                assert!(families.insert(name), "{name} is there twice");
                check_name(name, kind);
                family = Some((name, kind));
            } else {
                let (name, kind) = family.expect("a TYPE comes first");
                scrape.sample(line, name, kind);
            }
        }
        scrape
    }

    fn sample(&mut self, line: &str, family: &str, kind: &str) {
        let (series, value) = line.rsplit_once(' ').unwrap();
        let value: f64 = value.parse().unwrap_or_else(|_| panic!("no number: {line}"));
        assert!(value >= 0.0 && value.is_finite(), "{line}");
        let rest = series.strip_prefix(family).unwrap_or_else(|| panic!("{line} in {family}"));
        let (suffix, labels) = rest.split_once('{').unwrap_or((rest, "}"));
        let suffixes: &[&str] = match kind {
            "histogram" => &["_bucket", "_sum", "_count"],
            _ => &[""],
        };
        assert!(suffixes.contains(&suffix) && labels.ends_with('}'), "{line}");
        assert!(self.samples.insert(series.to_owned(), value).is_none(), "{series} twice");
    }

    fn value(&self, series: &str) -> f64 {
        let found = self.samples.get(series);
        *found.unwrap_or_else(|| panic!("{series} is not in\n{}", self.text))
    }

    /// Returns the values of all labels of a name.
    fn values(&self, name: &str) -> BTreeMap<&str, f64> {
        let start = format!("{name}{{");
        let found = self.samples.iter().filter_map(|(series, value)| {
            let labels = series.strip_prefix(&start)?.strip_suffix("\"}")?;
            Some((labels.split_once("=\"")?.1, *value))
        });
        found.filter(|(_, value)| *value != 0.0).collect()
    }
}

fn check_name(name: &str, kind: &str) {
    let plain = |c: char| c.is_ascii_lowercase() || c == '_';
    assert!(name.chars().all(plain), "{name}");
    assert!(name.starts_with("netscan_") || name.starts_with("process_"), "{name}");
    assert_eq!(name.ends_with("_total"), kind == "counter", "{name} is a {kind}");
    for unit in ["_ms", "_millis", "_us", "_kb", "_mb", "_percent", "_count", "_sum", "_bucket"] {
        assert!(!name.ends_with(unit), "{name}");
    }
}

/// Asks until the scrape is as wanted.
async fn eventually(world: &World, is_wanted: impl Fn(&Scrape) -> bool) -> Scrape {
    let wait = async {
        loop {
            let scrape = Scrape::of(world).await;
            if is_wanted(&scrape) {
                return scrape;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.expect("the figures get there")
}

#[tokio::test]
async fn a_scrape_after_a_scan_is_the_truth() {
    let world = world(all_up).await;
    let before = Scrape::of(&world).await;
    assert_eq!(before.value("netscan_batches_total{ending=\"completed\"}"), 0.0);
    assert_eq!(before.value("netscan_events_total"), 0.0);
    let body = json!({"targets": ["127.0.0.0/29"], "chunk_size": 2, "concurrency": 2});
    let scan = world.scan(body).await;
    // The places are given back by another actor than the one that ends the scan.
    let after = eventually(&world, |scrape| scrape.value("netscan_slots_used") == 0.0).await;

    let batches = world.json(&format!("/api/scans/{scan}/batches")).await;
    let hosts = world.json(&format!("/api/scans/{scan}/hosts")).await;
    let (batches, hosts) = (batches.as_array().unwrap().len(), hosts.as_array().unwrap().len());
    assert_eq!((batches, hosts), (4, 8));
    let one = |label, value| BTreeMap::from([(label, value)]);
    assert_eq!(after.values("netscan_batches_total"), one("completed", 4.0));
    assert_eq!(after.values("netscan_attempts_total"), one("complete", 4.0));
    assert_eq!(after.values("netscan_hosts_total"), one("up", 8.0));
    assert_eq!(after.values("netscan_scans"), one("completed", 1.0));
    assert_eq!(after.value("netscan_open_ports_total"), 8.0);
    assert_eq!(after.value("netscan_spawn_duration_seconds_count"), 4.0);
    assert_eq!(after.value("netscan_spawn_failures_total"), 0.0);
    assert_eq!(after.value("netscan_nmaps_running"), 0.0);
    let events = world.system.store().last_seq(scan).unwrap();
    assert_eq!(after.value("netscan_events_total"), events as f64);
    assert_eq!((after.value("netscan_slots"), after.value("netscan_slots_free")), (4.0, 4.0));
    assert_eq!(after.values("netscan_store_health"), one("ok", 1.0));
    assert!(after.value("netscan_store_commit_duration_seconds_count") >= 8.0);
    assert!(after.value("netscan_store_bytes") > 4096.0);
    let started =
        "netscan_http_requests_total{route=\"/api/scans\",method=\"POST\",status=\"2xx\"}";
    assert_eq!(after.value(started), 1.0);
    let took = "netscan_http_request_duration_seconds_count{route=\"/api/scans\",method=\"POST\"}";
    assert_eq!(after.value(took), 1.0);
    assert!(after.value("process_open_fds") > 3.0);
    assert!(after.value("process_resident_memory_bytes") > 1e6);

    // An import is no work of this server's nmaps.
    let raw = world.get(&format!("/api/scans/{scan}/export?format=xml")).await;
    let imported = ask(&world.router, request("POST", "/api/scans/import", raw.body)).await;
    assert!(imported.status.is_success(), "{:?}", imported.body);
    let imported = Scrape::of(&world).await;
    assert_eq!(imported.values("netscan_batches_total"), one("completed", 4.0));
    assert_eq!(imported.values("netscan_attempts_total"), one("complete", 4.0));
    assert_eq!(imported.values("netscan_hosts_total"), one("up", 8.0));
    assert_eq!(imported.values("netscan_scans"), one("completed", 2.0));
}

#[tokio::test]
async fn nobody_outside_chooses_what_stands_there() {
    let world = world(all_up).await;
    let scan = world.scan(json!({"targets": ["127.0.0.77"], "name": "secret-name"})).await;
    for path in ["/api/scans/4711", "/api/hosts?q=127.0.0.77", "/wp-login.php", "/api/hosts/88"] {
        world.get(path).await;
    }
    ask(&world.router, request("BREW", "/api/scans", "")).await;
    ask(&world.router, request("GET", &format!("/api/scans/{scan}"), "")).await;
    let scrape = Scrape::of(&world).await;
    // What is measured may have any digits.
    let names: Vec<&str> = scrape
        .text
        .lines()
        .map(|line| line.rsplit_once(' ').map_or(line, |(name, _)| name))
        .collect();
    for word in ["127.0.0", "secret-name", "4711", "wp-login", "BREW", "/88", "nginx"] {
        assert!(!names.iter().any(|name| name.contains(word)), "{word} in\n{}", scrape.text);
    }
    let routes: BTreeSet<&str> = RULES.iter().map(|rule| rule.path).chain(["none"]).collect();
    for line in scrape.text.lines() {
        if let Some((_, rest)) = line.split_once("route=\"") {
            let route = rest.split_once('"').unwrap().0;
            assert!(routes.contains(route), "{line}");
        }
    }
    let count = |labels: &str| scrape.value(&format!("netscan_http_requests_total{{{labels}}}"));
    assert_eq!(count("route=\"none\",method=\"GET\",status=\"4xx\""), 1.0);
    assert_eq!(count("route=\"/api/scans\",method=\"other\",status=\"4xx\""), 1.0);
    assert_eq!(count("route=\"/api/scans/{id}\",method=\"GET\",status=\"4xx\""), 1.0);
    assert_eq!(scrape.value("netscan_http_problems_total{code=\"not-found\"}"), 3.0);
}

#[tokio::test]
async fn who_sees_a_part_of_the_server_does_not_see_its_metrics() {
    let world = guarded().await;
    let project = world.world.system.project_named("mine", &Origin::server()).await.unwrap();
    let limited = world.token("operator", Some(&[project])).await.1;
    let viewer = world.token("viewer", None).await.1;
    let get = async |token: &str| world.call("GET", "/metrics", token, &Value::Null).await;
    assert_eq!(get(&limited).await.problem(), "forbidden");
    assert_eq!(get("nsk_none").await.problem(), "unauthenticated");
    let nobody = world.with("GET", "/metrics", &[("host", "localhost")]).await;
    assert_eq!((nobody.status.as_u16(), nobody.problem().as_str()), (401, "unauthenticated"));
    let answer = get(&viewer).await;
    assert_eq!(answer.status, 200, "{:?}", answer.body);
    let scrape = Scrape::parse(std::str::from_utf8(&answer.body).unwrap());
    assert_eq!(scrape.value("netscan_failed_logins_total"), 2.0);
    for _ in 0..40 {
        world.with("GET", "/metrics", &[("host", "localhost")]).await;
    }
    let answer = get(&viewer).await;
    let scrape = Scrape::parse(std::str::from_utf8(&answer.body).unwrap());
    assert_eq!(scrape.value("netscan_failed_logins_total"), 42.0);
    let refused = scrape.value("netscan_rate_limited_total{of=\"failed_logins\"}");
    assert!((10.0..=25.0).contains(&refused), "{refused}");
    let told = scrape.value("netscan_http_problems_total{code=\"rate-limited\"}");
    assert_eq!(told, refused);
}

#[tokio::test]
async fn clients_and_the_lag_of_what_they_are_sent_are_counted() {
    let world = world(all_up).await;
    let address = world.listen().await;
    let scan = world.idle_scan().await;
    for _ in 0..5 {
        world.line(scan, 10).await;
    }
    let sockets = "netscan_clients_connected{kind=\"websocket\"}";
    let lag = "netscan_event_lag_seconds_count";
    let mut client = connect(&address, scan, "?since=0").await;
    assert_eq!(next(&mut client).await["event"], "connected");
    until(&mut client, 5).await;
    let old = eventually(&world, |scrape| scrape.value(sockets) == 1.0).await;
    assert_eq!(old.value(lag), 0.0, "what was there before the client is not late");
    let seq = world.line(scan, 10).await;
    until(&mut client, seq).await;
    let new = eventually(&world, |scrape| scrape.value(lag) == 1.0).await;
    assert!(new.value("netscan_event_lag_seconds_sum") < 10.0);
    drop(client);
    let gone = eventually(&world, |scrape| scrape.value(sockets) == 0.0).await;
    assert_eq!(gone.value("netscan_slow_clients_closed_total"), 0.0);
}
