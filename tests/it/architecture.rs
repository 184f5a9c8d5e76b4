//! Holds the code to the picture in ARCHITECTURE.md.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The crates of ours that a manifest names among its `[dependencies]`.
fn leans_on(manifest: &str) -> BTreeSet<String> {
    let text = fs::read_to_string(root().join(manifest)).unwrap();
    let mut inside = false;
    let mut found = BTreeSet::new();
    for line in text.lines() {
        if line.starts_with('[') {
            inside = line == "[dependencies]";
        } else if inside && let Some(rest) = line.strip_prefix("netscan-") {
            let name: String = rest.chars().take_while(char::is_ascii_alphanumeric).collect();
            found.insert(name);
        }
    }
    found
}

#[test]
fn dependencies_lean_one_way() {
    let table: [(&str, &[&str]); 6] = [
        ("schemas/Cargo.toml", &[]),
        ("nmap/Cargo.toml", &["schemas"]),
        ("store/Cargo.toml", &["schemas"]),
        ("actors/Cargo.toml", &["nmap", "schemas", "store"]),
        ("http/Cargo.toml", &["actors", "nmap", "schemas", "store"]),
        ("Cargo.toml", &["actors", "http", "nmap", "schemas", "store"]),
    ];
    for (manifest, allowed) in table {
        let allowed: BTreeSet<String> = allowed.iter().map(|name| (*name).to_owned()).collect();
        let found = leans_on(manifest);
        assert!(found.is_subset(&allowed), "{manifest} leans on {found:?}, may on {allowed:?}");
    }
}

fn rust_files(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("target") {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// All Rust sources of the workspace, tests left out.
fn sources() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for dir in ["src", "schemas/src", "nmap/src", "store/src", "actors/src", "http/src"] {
        rust_files(&root().join(dir), &mut found);
    }
    assert!(found.len() > 50, "only {} sources", found.len());
    found
}

#[test]
fn only_the_codec_names_bincode() {
    let named: Vec<_> = sources()
        .into_iter()
        .filter(|path| fs::read_to_string(path).unwrap().contains("bincode::"))
        .collect();
    assert_eq!(named, [root().join("store/src/codec.rs")]);
    let lock = fs::read_to_string(root().join("Cargo.lock")).unwrap();
    assert!(lock.contains("name = \"bincode\"\nversion = \"2.0.1\""));
    assert_eq!(lock.matches("name = \"bincode\"").count(), 1);
}

#[test]
fn decisions_are_pure() {
    for core in ["scan", "batch", "runner", "slots"] {
        let text = fs::read_to_string(root().join(format!("actors/src/{core}/core.rs"))).unwrap();
        for impure in ["tokio", "ractor", "async ", "Instant", "SystemTime", "std::fs"] {
            assert!(!text.contains(impure), "actors/src/{core}/core.rs names `{impure}`");
        }
    }
}

#[test]
fn ractor_keeps_its_pinned_features() {
    let text = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    assert!(text.contains(
        r#"ractor = { version = "=0.16.5", default-features = false, features = ["tokio_runtime"] }"#
    ));
}

#[test]
fn sources_stay_readable_in_size() {
    let long: Vec<_> = sources()
        .into_iter()
        .map(|path| (fs::read_to_string(&path).unwrap().lines().count(), path))
        .filter(|(lines, _)| *lines > 700)
        .collect();
    assert_eq!(long, [], "split by responsibility");
}
