//! The documents of the API, against the server that they describe.

use super::{World, ask, request, world};
use crate::openapi::{LENIENT, asyncapi, openapi, operations, text};
use netscan_nmap::launch::Script;

#[tokio::test]
async fn what_is_unknown_is_refused_or_ignored_as_documented() {
    let world = world(|_| Script::Run(Vec::new())).await;
    for (method, path, _) in operations(openapi()) {
        if !path.starts_with("/api/") {
            continue;
        }
        let filled = path
            .replace("{stream}", "xml")
            .replace("{address}", "127.0.0.1")
            .replace("{entry}", "999")
            .replace("{id}", if path.starts_with("/api/tokens") { "aaaaaaaa" } else { "999" });
        let asked = request(&method.to_uppercase(), &format!("{filled}?zz=1"), "");
        let answer = ask(&world.router, asked).await;
        // A stream of events would be one that is not refused, and never ends.
        let refused = answer.status == 422 && answer.json()["code"] == "unknown-field";
        assert_eq!(
            refused,
            !LENIENT.contains(&(method, path)),
            "{method} {path}: {:?}",
            answer.body
        );
    }
}

async fn body(world: &World, path: &str) -> String {
    let answer = world.get(path).await;
    assert_eq!(answer.status, 200, "{path}: {:?}", answer.body);
    answer.check_headers();
    String::from_utf8(answer.body.to_vec()).unwrap()
}

#[tokio::test]
async fn documents_are_served_to_everybody_without_outside_assets() {
    let world = world(|_| Script::Run(Vec::new())).await;
    assert_eq!(body(&world, "/api/openapi.json").await, text(openapi()));
    assert_eq!(body(&world, "/api/asyncapi.json").await, text(asyncapi()));
    let page = body(&world, "/api/docs").await;
    let policy = world.get("/api/docs").await.header("content-security-policy").to_owned();
    assert!(policy.starts_with("default-src 'none';") && policy.contains("style-src 'self'"));
    for wrong in ["<script", "style=", "http://", "https://", "src=", "@import"] {
        assert!(!page.contains(wrong), "{wrong}");
    }
    for (_, path, operation) in operations(openapi()) {
        assert!(page.contains(&format!("<code>{path}</code>")), "{path}");
        assert!(page.contains(&format!("id={}", operation["operationId"])), "{path}");
    }
    for at in page.match_indices("href=\"#").map(|(at, _)| at) {
        let name = page[at + 7..].split('"').next().unwrap();
        assert!(page.contains(&format!(" id=\"{name}\"")), "{name}");
    }
    assert!(body(&world, "/api/docs/style.css").await.contains("body {"));
}

#[tokio::test]
async fn a_socket_names_the_method_that_it_takes() {
    let world = world(|_| Script::Run(Vec::new())).await;
    for path in ["/ws/scans/1", "/ws/events"] {
        let answer = ask(&world.router, request("POST", path, "")).await;
        assert_eq!((answer.status.as_u16(), answer.header("allow")), (405, "GET"), "{path}");
    }
}
