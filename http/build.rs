//! Takes the built web UI (`ui/dist/`, committed) into the program: copies it where the crate's
//! sources find it, compresses what shrinks, and writes the table of files that `src/assets.rs`
//! includes. Without a built UI a page that says how to build one stands in, so that a machine
//! with only cargo always builds.

use flate2::{Compression, write::GzEncoder};
use std::{
    env,
    fmt::Write as _,
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

/// Stands in for the UI.
const PLACEHOLDER: &str = "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
    <meta name=\"viewport\" content=\"width=device-width\">\n<title>netscan</title>\n\
    <h1>netscan is running, without its web pages</h1>\n\
    <p>This program was built where <code>http/ui/dist/</code> was missing. <code>make ui</code> \
    makes it (node and npm are needed); then build netscan again.</p>\n\
    <p>The API is there: <a href=\"/api/docs\">its documentation</a>.</p>\n</html>\n";

fn main() -> io::Result<()> {
    let here = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").ok_or(io::ErrorKind::NotFound)?);
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?);
    let dist = here.join("ui/dist");
    let mut files = Vec::new();
    if dist.join("index.html").is_file() {
        // Cargo looks at all that is in a folder.
        println!("cargo::rerun-if-changed=ui/dist");
        gather(&dist, "", &mut files)?;
        files.sort();
    } else {
        println!("cargo::rerun-if-changed=ui");
        println!("cargo::warning=http/ui/dist/ is missing: a placeholder stands in for the web UI");
        files.push(("index.html".to_owned(), PLACEHOLDER.into()));
    }
    println!("cargo::rerun-if-changed=build.rs");

    let web = out.join("web");
    if web.exists() {
        fs::remove_dir_all(&web)?;
    }
    let mut table = String::from("&[\n");
    for (path, bytes) in &files {
        let at = web.join(path);
        write(&at, bytes)?;
        let gzip = compressed(bytes)?;
        let gzip = match gzip {
            Some(gzip) => {
                let at = web.join(format!("{path}.gz"));
                write(&at, &gzip)?;
                format!("Some(include_bytes!({at:?}))")
            }
            None => "None".to_owned(),
        };
        let line =
            format!("File {{ path: {path:?}, plain: include_bytes!({at:?}), gzip: {gzip} }}");
        writeln!(table, "    {line},").map_err(io::Error::other)?;
    }
    table.push_str("]\n");
    fs::write(out.join("web.rs"), table)
}

/// Adds every file under a folder by its path in `ui/dist/`. What begins with a dot is not served.
fn gather(folder: &Path, under: &str, files: &mut Vec<(String, Vec<u8>)>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_str().ok_or_else(|| io::Error::other(format!("odd name: {name:?}")))?;
        if name.starts_with('.') {
            continue;
        }
        let path = format!("{under}{name}");
        if entry.file_type()?.is_dir() {
            gather(&entry.path(), &format!("{path}/"), files)?;
        } else {
            files.push((path, fs::read(entry.path())?));
        }
    }
    Ok(())
}

fn write(at: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(folder) = at.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(at, bytes)
}

/// Returns the bytes as gzip, where that takes a tenth off.
fn compressed(bytes: &[u8]) -> io::Result<Option<Vec<u8>>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    let gzip = encoder.finish()?;
    Ok((gzip.len() + bytes.len() / 10 < bytes.len()).then_some(gzip))
}
