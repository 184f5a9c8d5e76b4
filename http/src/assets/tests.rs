//! The embedded files are those that `http/ui/` builds to.

use super::{FILES, File, kind_of, listed};
use axum::http::{HeaderMap, header};
use flate2::read::GzDecoder;
use sha2::{Digest, Sha256};
use std::{fs, io::Read, path::Path};

/// What the UI is built from, below `http/ui/`. `scripts/source-hash.mjs` has the same.
fn is_source(path: &str) -> bool {
    let is_config = path.ends_with(".config.ts");
    let is_tsconfig = path.starts_with("tsconfig") && path.ends_with(".json");
    ["src/", "public/"].iter().any(|folder| path.starts_with(folder))
        || ["index.html", "package.json", "package-lock.json"].contains(&path)
        || !path.contains('/') && (is_config || is_tsconfig)
}

fn sources(folder: &Path, under: &str, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let path = format!("{under}{}", entry.file_name().to_str().unwrap());
        let is_folder = entry.file_type().unwrap().is_dir();
        if is_folder && (!under.is_empty() || ["src", "public"].contains(&path.as_str())) {
            sources(&entry.path(), &format!("{path}/"), found);
        } else if !is_folder && is_source(&path) {
            found.push(path);
        }
    }
}

/// Returns the SHA-256 over the sources in the order of their paths' bytes: of each its path, a
/// zero byte, its length in bytes as decimal digits, a zero byte, and its bytes.
fn source_hash(ui: &Path) -> String {
    let mut paths = Vec::new();
    sources(ui, "", &mut paths);
    paths.sort();
    assert!(paths.len() > 3, "{paths:?}");
    let mut hash = Sha256::new();
    for path in paths {
        let bytes = fs::read(ui.join(&path)).unwrap();
        hash.update(path.as_bytes());
        hash.update(format!("\0{}\0", bytes.len()));
        hash.update(&bytes);
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn the_committed_ui_is_built_from_its_source() {
    let ui = Path::new(env!("CARGO_MANIFEST_DIR")).join("ui");
    let told = fs::read_to_string(ui.join("dist/.source-hash"));
    let told = told.unwrap_or_else(|error| {
        panic!("http/ui/dist/.source-hash: {error}; `make ui` builds http/ui/dist/: commit it")
    });
    assert_eq!(
        told.trim(),
        source_hash(&ui),
        "http/ui/dist/ is older than http/ui/: run `make ui` and commit http/ui/dist/"
    );
}

#[test]
fn what_is_embedded_is_what_is_committed() {
    let dist = Path::new(env!("CARGO_MANIFEST_DIR")).join("ui/dist");
    assert!(FILES.iter().any(|file| file.path == "index.html"));
    assert!(FILES.iter().any(|file| file.path.starts_with("assets/")));
    for File { path, plain, gzip } in FILES {
        assert!(fs::read(dist.join(path)).unwrap() == *plain, "{path}");
        assert_ne!(kind_of(path), "application/octet-stream", "{path}: name its media type");
        if let Some(gzip) = gzip {
            let mut whole = Vec::new();
            GzDecoder::new(*gzip).read_to_end(&mut whole).unwrap();
            assert!(whole == *plain && gzip.len() < plain.len(), "{path}");
        }
    }
}

#[test]
fn lists_in_headers_are_read() {
    let read = |value: &str| {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, value.parse().unwrap());
        listed(&headers, header::ACCEPT).collect::<Vec<_>>()
    };
    let wanted = |name: &str| (name.to_owned(), true);
    assert_eq!(
        read("TEXT/html, a/b;q=0.5;x , c/d; q=0"),
        [wanted("text/html"), wanted("a/b"), ("c/d".to_owned(), false)]
    );
    assert_eq!(read("gzip;q=0.000,br"), [("gzip".to_owned(), false), wanted("br")]);
    assert_eq!(read(""), [wanted("")]);
    assert_eq!(read("x;q=nonsense"), [wanted("x")]);
}
