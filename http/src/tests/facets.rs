//! `GET /api/scans/{id}/facets`.

use super::{port, up, world};
use serde_json::{Value, json};

#[tokio::test]
async fn hosts_are_counted_by_what_they_have() {
    let world = world(|spec| {
        up(spec, |address| {
            let last: u16 = address.rsplit_once('.').unwrap().1.parse().unwrap();
            let mut ports = port("tcp", 22, "open", "ssh", "OpenSSH");
            // The same service on two ports is one host of it.
            ports += &port("tcp", 80, "open", "http", if last < 3 { "nginx" } else { "" });
            ports += &port("tcp", 8080, if last < 2 { "open" } else { "closed" }, "http", "");
            ports
        })
    })
    .await;
    let scan = world.scan(json!({"targets": ["127.0.0.0/29"]})).await;
    let facets = async |query: &str| world.json(&format!("/api/scans/{scan}/facets{query}")).await;
    let row = |port: u16, service: &str, count: u64| json!({"protocol": "tcp", "port": port, "service": service, "count": count});
    let value = |value: &str, count: u64| json!({"value": value, "count": count});
    assert_eq!(
        facets("").await,
        json!({
            "hosts": 8,
            "verdicts": [value("up", 8)],
            "ports": [row(22, "ssh", 8), row(80, "http", 8), row(8080, "http", 2)],
            "services": [value("http", 8), value("ssh", 8)],
            "products": [value("OpenSSH", 8), value("nginx", 3)],
            "complete": true,
        })
    );
    let some = facets("?product=NGINX").await;
    assert_eq!((&some["hosts"], &some["ports"][2]), (&json!(3), &row(8080, "http", 2)));
    let closed = facets("?state=closed").await;
    assert_eq!((&closed["hosts"], &closed["ports"]), (&json!(6), &json!([row(8080, "http", 6)])));
    let none = facets("?port=443").await;
    assert_eq!(
        (&none["hosts"], &none["ports"], &none["complete"]),
        (&json!(0), &json!([]), &json!(true))
    );
    // They are those of the hosts that the same filter lists.
    for filter in
        ["?q=nginx", "?address=127.0.0.2-5", "?verdict=timed_out", "?port=8080&state=open"]
    {
        let listed = world.json(&format!("/api/scans/{scan}/hosts{filter}")).await;
        let counted = facets(filter).await["hosts"].as_u64().unwrap();
        assert_eq!(counted, listed.as_array().unwrap().len() as u64, "{filter}");
    }
}

#[tokio::test]
async fn lists_of_facets_are_short_and_in_one_order() {
    let world = world(|spec| {
        up(spec, |_| {
            (1..=60)
                .map(|number| {
                    port("tcp", number, "open", &format!("s{number:02}"), &format!("p{number:02}"))
                })
                .collect()
        })
    })
    .await;
    let scan = world.scan(json!({"targets": ["127.0.0.1"]})).await;
    let facets = world.json(&format!("/api/scans/{scan}/facets")).await;
    for list in ["ports", "services"] {
        assert_eq!(facets[list].as_array().unwrap().len(), 50, "{list}");
    }
    assert_eq!(facets["services"][49], json!({"value": "s50", "count": 1}));
    let answer = world.get(&format!("/api/scans/{scan}/facets?limit=3")).await;
    assert_eq!(answer.problem(), "unknown-field");
    let bad = world.get(&format!("/api/scans/{scan}/facets?port=x")).await;
    assert_eq!(bad.problem(), "invalid-value");
    assert_eq!(world.get("/api/scans/999/facets").await.problem(), "not-found");
    let idle = world.idle_scan().await;
    let nothing = world.json(&format!("/api/scans/{idle}/facets")).await;
    let empty: Vec<Value> = Vec::new();
    assert_eq!((&nothing["hosts"], &nothing["verdicts"]), (&json!(0), &json!(empty)));
}
