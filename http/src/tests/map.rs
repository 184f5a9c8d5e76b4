//! `GET /api/scans/{id}/map`.

use super::{World, all_up, up, world};
use netscan_nmap::launch::{Script, Step};
use netscan_schemas::ScanId;
use serde_json::{Value, json};

/// Returns the sum of a count over all cells.
fn sum(map: &Value, of: &str) -> u64 {
    let families = map["families"].as_array().unwrap().iter();
    let cells = families.flat_map(|family| family["cells"].as_array().unwrap());
    cells.map(|cell| cell[of].as_u64().unwrap()).sum()
}

async fn map(world: &World, scan: ScanId, query: &str) -> Value {
    let map = world.json(&format!("/api/scans/{scan}/map{query}")).await;
    for family in map["families"].as_array().unwrap() {
        for cell in family["cells"].as_array().unwrap() {
            let of = |name: &str| cell[name].as_u64().unwrap();
            let parts = ["up", "down", "timed_out", "unfinished", "excluded"].map(of);
            assert_eq!(of("total"), parts.iter().sum::<u64>(), "{cell}");
            assert!(of("running") <= of("unfinished") && of("open_ports") <= of("up"), "{cell}");
        }
    }
    map
}

#[tokio::test]
async fn a_map_has_every_address_once() {
    let world = world(|spec| {
        up(spec, |address| match address.ends_with('7') {
            true => super::port("tcp", 80, "open", "http", "nginx"),
            false => super::port("tcp", 80, "closed", "http", ""),
        })
    })
    .await;
    let request = json!({
        "targets": ["127.0.0.0/25", "127.0.1.0/28", "::1"],
        "exclude": ["127.0.0.64/26", "127.0.9.9"],
    });
    let scan = world.scan(request).await;
    let whole = map(&world, scan, "").await;
    assert_eq!((&whole["total"], &whole["truncated"]), (&json!(145), &json!(false)));
    let families: Vec<_> =
        whole["families"].as_array().unwrap().iter().map(|of| of["family"].clone()).collect();
    assert_eq!(families, ["ipv4", "ipv6"]);
    assert_eq!(whole["families"][0]["prefix"], 32);
    let sums = ["up", "down", "unfinished", "excluded", "running"].map(|of| sum(&whole, of));
    assert_eq!(sums, [81, 0, 0, 64, 0]);
    // .7, .17 .. .57, and .7 of the other block.
    assert_eq!(sum(&whole, "open_ports"), 7);

    let coarse = map(&world, scan, "?cells=3").await;
    assert_eq!(coarse["families"][0]["prefix"], 25);
    let first = &coarse["families"][0]["cells"][0];
    assert_eq!((&first["block"], &first["excluded"]), (&json!("127.0.0.0/25"), &json!(64)));
    assert_eq!(coarse["total"], 145);

    let part = map(&world, scan, "?within=127.0.0.0/26&cells=2").await;
    assert_eq!((&part["total"], sum(&part, "up"), sum(&part, "open_ports")), (&json!(64), 64, 6));
    assert_eq!(part["families"][0]["cells"][1]["block"], "127.0.0.32/27");
    let nothing = map(&world, scan, "?within=10.0.0.0/8").await;
    assert_eq!((&nothing["total"], &nothing["families"]), (&json!(0), &json!([])));
}

#[tokio::test]
async fn a_map_shows_what_runs() {
    let world = world(|_| Script::Run(vec![Step::Hang])).await;
    let request = json!({"targets": ["127.0.0.0/28"], "chunk_size": 4, "concurrency": 2});
    let accepted = world.post("/api/scans", &request).await.json();
    let scan: ScanId = serde_json::from_value(accepted["scan_id"].clone()).unwrap();
    let began = tokio::time::Instant::now();
    loop {
        let map = map(&world, scan, "").await;
        assert_eq!((&map["total"], sum(&map, "unfinished")), (&json!(16), 16));
        if sum(&map, "running") == 8 {
            break;
        }
        assert!(began.elapsed() < super::PATIENCE, "{map}");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    world.post(&format!("/api/scans/{scan}/stop"), &json!({})).await;
    world.ended(scan).await;
    assert_eq!(sum(&map(&world, scan, "").await, "running"), 0);
}

#[tokio::test]
async fn a_map_says_what_it_does_not_take() {
    let world = world(all_up).await;
    let scan = world.idle_scan().await;
    for (query, code) in [
        ("cells=0", "invalid-value"),
        ("cells=4097", "invalid-value"),
        ("cells=-1", "invalid-value"),
        ("within=10.0.0.0/99", "invalid-value"),
        ("within=example", "invalid-value"),
        ("cell=1", "unknown-field"),
    ] {
        let answer = world.get(&format!("/api/scans/{scan}/map?{query}")).await;
        assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (422, code), "{query}");
    }
    assert_eq!(world.get("/api/scans/999/map").await.problem(), "not-found");
}
