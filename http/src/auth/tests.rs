//! Decisions about secrets, names and rights, without a server.

use super::{
    core::{self, Secret},
    guard::{is_our_name, is_own_origin},
    policy::{self, Known, Need, RULES},
    rates::{Rates, neighbourhood},
};
use axum::http::{HeaderMap, Method, header};
use netscan_schemas::{
    Role, Time, TokenId, limits,
    stored::{SessionRecord, TokenRecord},
};
use std::{collections::BTreeSet, time::Duration};

fn id() -> TokenId {
    "k3v9q0ab".parse().unwrap()
}

fn token(secret: &Secret, expires_at: Option<Time>) -> TokenRecord {
    TokenRecord {
        id: id(),
        secret_blake3: secret.digest(),
        name: "x".into(),
        role: Role::Viewer,
        projects: None,
        created_at: Time::from_secs(0),
        expires_at,
        last_used_at: None,
    }
}

#[test]
fn a_token_is_read_as_it_is_written() {
    let secret = Secret::random().unwrap();
    let text = secret.as_token(&id());
    assert_eq!(text.len(), "nsk_".len() + 8 + 1 + 43);
    assert_eq!(core::parse_token(&text), Some((id(), secret.clone())));
    assert_eq!(core::parse_token(&format!("  {text}\n")), Some((id(), secret.clone())));
    for cut in 0..text.len() {
        assert_eq!(core::parse_token(&text[..cut]), None);
    }
    let bad = [
        format!("{text}x"),
        text.replace("nsk_", "nsl_"),
        text.to_uppercase(),
        text.replace("k3v9q0ab", "k3v9q0äb"),
        format!("{}=", &text[..text.len() - 1]),
        format!("nsk_{}", "ä".repeat(26)),
        String::new(),
    ];
    for text in bad {
        assert_eq!(core::parse_token(&text), None, "{text}");
    }
    assert_ne!(secret, Secret::random().unwrap());
    assert_ne!(core::new_token_id().unwrap(), core::new_token_id().unwrap());
}

#[test]
fn secrets_are_not_shown_and_each_kind_is_good_for_its_use_only() {
    let secret = Secret::random().unwrap();
    assert_eq!(format!("{secret:?}"), "Secret");
    assert_eq!(Secret::of_code(&secret.as_code()), Some(secret.clone()));
    assert_eq!(Secret::of_session(&secret.as_session()), Some(secret.clone()));
    assert_eq!(Secret::of_ticket(&secret.as_ticket()), Some(secret.clone()));
    assert_eq!(Secret::of_ticket(&secret.as_session()), None);
    assert_eq!(Secret::of_session(&secret.as_code()), None);
    assert_eq!(Secret::of_code(&secret.as_session()), None);
    assert_eq!(core::parse_token(&secret.as_code()), None);
}

#[test]
fn only_its_own_secret_opens_a_token() {
    let secret = Secret::random().unwrap();
    let token = token(&secret, None);
    assert!(core::opens(&token, &secret));
    assert!(!core::opens(&token, &Secret::random().unwrap()));
}

#[test]
fn tokens_and_sessions_end() {
    let at = Time::from_secs;
    let secret = Secret::random().unwrap();
    let ends = token(&secret, Some(at(100)));
    assert!(core::is_current(&ends, at(99)) && !core::is_current(&ends, at(100)));
    let lasts = token(&secret, None);
    assert!(core::is_current(&lasts, at(i64::MAX / 1_000_000)));
    let session = |created, seen| SessionRecord {
        token: id(),
        created_at: at(created),
        last_seen_at: at(seen),
    };
    let (idle, life) = (12 * 3600, 7 * 24 * 3600);
    for (session, token, now, is_open) in [
        (session(0, 0), &lasts, 0, true),
        (session(0, 0), &lasts, idle - 1, true),
        (session(0, 0), &lasts, idle, false),
        (session(0, life - 1), &lasts, life - 1, true),
        (session(0, life - 1), &lasts, life, false),
        (session(0, 99), &ends, 99, true),
        (session(0, 99), &ends, 100, false),
    ] {
        assert_eq!(core::is_open(&session, token, at(now)), is_open, "{session:?} at {now}");
    }
}

#[test]
fn headers_with_secrets_are_read() {
    for (header, token) in [
        ("Bearer x", Some("x")),
        ("bearer  x ", Some("x")),
        ("Basic x", None),
        ("Bearer", None),
        ("", None),
    ] {
        assert_eq!(core::bearer(header), token, "{header}");
    }
    for (header, value) in [
        ("netscan-1=a", Some("a")),
        ("x=1; netscan-1=a; y=2", Some("a")),
        ("xnetscan-1=a", None),
        ("netscan-12=a", None),
        ("netscan-1", None),
    ] {
        assert_eq!(core::cookie(header, "netscan-1"), value, "{header}");
    }
}

#[test]
fn a_cookie_is_for_this_server_and_its_pages_only() {
    let name = core::cookie_name("0123456789abcdef", false);
    assert_eq!(name, "netscan-01234567");
    let plain = core::set_cookie(&name, Some("v"), false);
    assert_eq!(plain, "netscan-01234567=v; Path=/; HttpOnly; SameSite=Strict; Max-Age=604800");
    let secure = core::set_cookie(&core::cookie_name("0123456789abcdef", true), Some("v"), true);
    assert!(secure.starts_with("__Host-netscan-01234567=v; Path=/;"), "{secure}");
    assert!(secure.ends_with("; Secure") && !secure.contains("Domain"), "{secure}");
    assert!(core::set_cookie(&name, None, false).contains("Max-Age=0"));
}

#[test]
fn origins_are_ours_by_scheme_and_name() {
    let own = |origin: &str, host: &str, secure| {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().unwrap());
        is_own_origin(origin, &headers, secure)
    };
    assert!(own("http://localhost:8000", "localhost:8000", false));
    assert!(own("http://LOCALHOST", "localhost:80", false));
    assert!(own("https://scans.example", "scans.example:443", true));
    for (origin, host, secure) in [
        ("https://localhost:8000", "localhost:8000", false),
        ("http://localhost:8000", "localhost:8000", true),
        ("http://localhost:8001", "localhost:8000", false),
        ("http://localhost", "localhost:8000", false),
        ("null", "localhost", false),
        ("", "localhost", false),
    ] {
        assert!(!own(origin, host, secure), "{origin} at {host}");
    }
}

#[test]
fn the_address_that_a_connection_came_to_is_our_name() {
    let local = Some("192.0.2.7".parse().unwrap());
    assert!(is_our_name(&[], "192.0.2.7:8000", local) && is_our_name(&[], "192.0.2.7", local));
    assert!(!is_our_name(&[], "192.0.2.8", local) && !is_our_name(&[], "192.0.2.7", None));
    let local = Some("2001:db8::7".parse().unwrap());
    assert!(is_our_name(&[], "[2001:db8::7]:443", local));
    assert!(!is_our_name(&[], "evil.example", local));
}

#[test]
fn one_caller_does_not_use_up_what_others_may() {
    let rates = Rates::new(3);
    let by = |id: &str| id.parse::<TokenId>().unwrap();
    for _ in 0..3 {
        rates.request(&by("aaaaaaaa")).unwrap();
    }
    let wait = rates.request(&by("aaaaaaaa")).unwrap_err();
    assert!(wait <= Duration::from_secs(1), "{wait:?}");
    rates.request(&by("bbbbbbbb")).unwrap();
    let bad = "2001:db8::1".parse().unwrap();
    let failures = (0..100).filter(|_| rates.failure(bad).is_ok()).count();
    assert!(failures >= limits::FAILED_LOGINS_BURST as usize && failures < 40, "{failures}");
    let neighbour = "2001:db8::2".parse().unwrap();
    assert!(
        rates.failure(neighbour).is_err() && rates.failure("192.0.2.1".parse().unwrap()).is_ok()
    );
    let unbounded = Rates::new(0);
    assert!((0..10_000).all(|_| unbounded.request(&by("aaaaaaaa")).is_ok()));
}

#[test]
fn an_ipv6_customer_is_one() {
    let same =
        |a: &str, b: &str| neighbourhood(a.parse().unwrap()) == neighbourhood(b.parse().unwrap());
    assert!(same("2001:db8::1", "2001:db8::ffff:1") && !same("2001:db8::1", "2001:db8:0:1::1"));
    assert!(same("::ffff:192.0.2.1", "192.0.2.1") && !same("192.0.2.1", "192.0.2.2"));
}

/// Reads from the router's source which methods it takes for which path.
fn registered() -> BTreeSet<(String, String)> {
    let source = include_str!("../router.rs");
    let start = source.find("let api = Router::new()").unwrap();
    let end = start + source[start..].find(".fallback(").unwrap();
    let mut found = BTreeSet::new();
    for route in source[start..end].split(".route(").skip(1) {
        let path = route.split('"').nth(1).unwrap();
        let handlers = &route[route.find(path).unwrap() + path.len()..];
        for method in ["get", "post", "patch", "put", "delete", "any"] {
            let call = format!("{method}(");
            let is_call = |at: usize| {
                !handlers[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
                    && !handlers[..at].ends_with("::")
            };
            if handlers.match_indices(&call).any(|(at, _)| is_call(at)) {
                let method = if method == "any" { "*".into() } else { method.to_uppercase() };
                found.insert((method, path.to_owned()));
            }
        }
    }
    found
}

#[test]
fn every_route_is_in_the_table_and_nothing_else() {
    let table: BTreeSet<(String, String)> =
        RULES.iter().map(|rule| (rule.method.to_owned(), rule.path.to_owned())).collect();
    assert_eq!(table.len(), RULES.len(), "a row is there twice");
    assert_eq!(table, registered());
}

#[test]
fn what_changes_something_takes_more_than_a_viewer() {
    for rule in RULES {
        let looks = rule.method == "GET" || rule.method == "*";
        let of_sessions = rule.path.starts_with("/api/session") || rule.path == "/api/ws-tickets";
        let more = matches!(rule.need, Need::Role(Role::Operator | Role::Admin));
        assert!(looks || of_sessions || more, "{rule:?}");
        let public = rule.need == Need::Nothing;
        // What is the same for everybody, and known from the source.
        let documents = ["/api/openapi.json", "/api/asyncapi.json", "/api/docs"];
        let is_document = documents.iter().any(|path| rule.path.starts_with(path));
        let harmless =
            !rule.path.starts_with("/api/") || rule.path == "/api/session" || is_document;
        // Files of the web UI have names.
        let names = rule.path.contains('{') && rule.path != "/assets/{file}";
        assert!(!public || harmless && !names, "{rule:?}");
    }
}

#[test]
fn requests_are_looked_up() {
    let find = |method: Method, path| policy::find(&method, path);
    assert!(matches!(find(Method::GET, "/api/scans"), Known::Rule(_)));
    assert!(matches!(find(Method::HEAD, "/api/scans"), Known::Rule(_)));
    assert!(matches!(find(Method::PUT, "/api/scans"), Known::OtherMethods));
    assert!(matches!(find(Method::CONNECT, "/ws/scans/{id}"), Known::Rule(_)));
    assert!(matches!(find(Method::GET, "/api/nothing"), Known::Nothing));
    assert_eq!(policy::allowed("/api/scans"), "GET,HEAD,POST");
}
