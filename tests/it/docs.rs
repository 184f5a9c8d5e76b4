//! The book: every command in it is run, and what it lists is what there is.
//!
//! A `console` block is a session: `$ ` begins a command for the shell, `? N` its exit code where
//! it is not 0, and what follows is its output, where `...` stands for any lines and `[..]` for any
//! text. A page is one session with a data directory of its own. What cannot be run here (Docker,
//! systemd, building) is in `sh` blocks, which hold no command of netscan.

use netscan_schemas::problem::Code;
use serde_json::Value;
use std::{
    fmt::Write as _,
    fs,
    io::{BufRead, BufReader},
    net::TcpListener,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};
use tempfile::TempDir;

const BINARY: &str = env!("CARGO_BIN_EXE_netscan");
/// What a page's commands call the server, and what stands for it while the tests run.
const ADDRESS: &str = "127.0.0.1:8000";

fn book() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/src")
}

/// The pages of the book, by name. Pictures are in folders.
fn pages() -> Vec<String> {
    let names = fs::read_dir(book()).expect("the book").map(|entry| entry.expect("an entry"));
    let names = names.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let pages: Vec<String> = names.filter(|name| name.ends_with(".md")).collect();
    assert!(pages.len() > 10, "{pages:?}");
    pages
}

/// The blocks of a page with this word behind their fence.
fn blocks(page: &str, kind: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let Some(info) = line.strip_prefix("```") else { continue };
        let inside: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        if info == kind {
            found.push(inside.join("\n"));
        }
    }
    found
}

/// A command, the exit code that it should have, and the output, if the page shows any.
#[derive(Debug, PartialEq)]
struct Step {
    command: String,
    code: i32,
    output: Vec<String>,
}

fn steps(block: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for line in block.lines() {
        if let Some(command) = line.strip_prefix("$ ") {
            steps.push(Step { command: command.to_owned(), code: 0, output: Vec::new() });
            continue;
        }
        let step = steps.last_mut().expect("a console block begins with a command");
        match line.strip_prefix("? ").map(str::parse) {
            Some(Ok(code)) if step.output.is_empty() => step.code = code,
            _ => step.output.push(line.to_owned()),
        }
    }
    steps
}

/// Whether the lines of a command are those of a page.
fn matches(expected: &[String], actual: &[&str]) -> bool {
    match expected.split_first() {
        None => actual.is_empty(),
        Some((any, rest)) if any == "..." => {
            (0..=actual.len()).any(|skipped| matches(rest, &actual[skipped..]))
        }
        Some((line, rest)) => actual
            .split_first()
            .is_some_and(|(first, others)| line_matches(line, first) && matches(rest, others)),
    }
}

fn line_matches(pattern: &str, line: &str) -> bool {
    let mut parts = pattern.split("[..]");
    let Some(mut rest) = parts.next().and_then(|first| line.strip_prefix(first)) else {
        return false;
    };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// A page's session. Its server, if it has one, ends with it.
struct Session {
    directory: TempDir,
    address: String,
    server: Option<Child>,
}

impl Session {
    fn new() -> Self {
        let port =
            TcpListener::bind(("127.0.0.1", 0)).expect("a port").local_addr().expect("bound");
        let directory = TempDir::new().expect("a directory");
        let bin = directory.path().join("bin");
        fs::create_dir(&bin).expect("a directory");
        std::os::unix::fs::symlink(BINARY, bin.join("netscan")).expect("a link");
        Self { directory, address: port.to_string(), server: None }
    }

    fn shell(&self, command: &str) -> Command {
        let root = self.directory.path();
        let path = std::env::var("PATH").unwrap_or_default();
        let mut shell = Command::new("bash");
        shell
            .args(["-c", &command.replace(ADDRESS, &self.address)])
            .current_dir(root)
            .env("PATH", format!("{}:{path}", root.join("bin").display()))
            .env("HOME", root)
            .env("NETSCAN_DATA", root.join("data"))
            .env_remove("NETSCAN_SERVER")
            .stdin(Stdio::null());
        shell
    }

    fn run(&mut self, step: &Step) -> Result<(), String> {
        if step.command.starts_with("netscan serve") {
            return self.serve(&step.command);
        }
        let output = self.shell(&step.command).output().expect("bash runs");
        let written = String::from_utf8_lossy(&output.stdout).replace(&self.address, ADDRESS);
        let errors = String::from_utf8_lossy(&output.stderr);
        if output.status.code() != Some(step.code) {
            return Err(format!("ended with {}:\n{written}{errors}", output.status));
        }
        let lines: Vec<&str> = written.lines().collect();
        if matches(&step.output, &lines) {
            return Ok(());
        }
        Err(format!("printed otherwise than the page shows:\n{written}{errors}"))
    }

    fn serve(&mut self, command: &str) -> Result<(), String> {
        let command = format!("exec {command} --listen {}", self.address);
        let mut child = self
            .shell(&command)
            .process_group(0)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("bash runs");
        let mut said = BufReader::new(child.stdout.take().expect("piped"));
        let mut line = String::new();
        while !line.contains("serves at") {
            line.clear();
            if said.read_line(&mut line).unwrap_or(0) == 0 {
                return Err(format!("the server ended: {:?}", child.wait()));
            }
        }
        // What it says later has to go somewhere.
        std::thread::spawn(move || std::io::copy(&mut said, &mut std::io::sink()));
        self.server = Some(child);
        Ok(())
    }

    fn end_server(&mut self) {
        if let Some(mut server) = self.server.take() {
            let pid = rustix::process::Pid::from_child(&server);
            rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("it runs");
            server.wait().expect("it ends");
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.end_server();
    }
}

/// Runs a page from its first command to its last.
fn run_page(name: &str) {
    let page = fs::read_to_string(book().join(name)).expect("a page");
    let steps: Vec<Step> = blocks(&page, "console").iter().flat_map(|block| steps(block)).collect();
    assert!(!steps.is_empty(), "{name} has no command");
    let mut session = Session::new();
    for step in &steps {
        if step.command.starts_with("netscan serve") {
            session.end_server();
        }
        if let Err(why) = session.run(step) {
            panic!("docs/src/{name}: `{}` {why}", step.command);
        }
    }
}

macro_rules! pages {
    ($($test:ident: $page:literal),* $(,)?) => {
        $(#[test] fn $test() { run_page($page); })*

        #[test]
        fn every_page_with_commands_is_run() {
            let run = [$($page),*];
            for name in pages() {
                let page = fs::read_to_string(book().join(&name)).expect("a page");
                let has_commands = !blocks(&page, "console").is_empty();
                assert_eq!(has_commands, run.contains(&name.as_str()), "{name}");
                for block in blocks(&page, "sh") {
                    let ours = block.lines().any(|line| line.starts_with("netscan "));
                    assert!(!ours, "{name}: commands of netscan belong into a console block");
                }
            }
        }
    };
}

pages! {
    the_quick_start_works: "quick-start.md",
    scanning_works: "scanning.md",
    results_work: "results.md",
    the_api_works: "api.md",
    events_work: "events.md",
    operations_work: "operations.md",
    security_works: "security.md",
    troubleshooting_works: "troubleshooting.md",
    migration_works: "migration.md",
}

/// The targets of a page's links to other pages and their headings.
fn links(page: &str) -> Vec<(String, Option<String>)> {
    let targets = page.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
    targets
        .map(|(target, _)| target)
        .filter(|target| !target.contains("://"))
        .map(|target| match target.split_once('#') {
            Some((file, heading)) => (file.to_owned(), Some(heading.to_owned())),
            None => (target.to_owned(), None),
        })
        .collect()
}

/// Whether a page has a heading that mdBook gives this anchor.
fn has_heading(page: &str, anchor: &str) -> bool {
    let headings = page.lines().filter(|line| line.starts_with('#'));
    headings
        .map(|line| line.trim_start_matches('#').trim().to_lowercase().replace(' ', "-"))
        .any(|name| name.replace(|sign: char| !sign.is_alphanumeric() && sign != '-', "") == anchor)
}

#[test]
fn every_page_is_in_the_book_and_every_link_leads_somewhere() {
    let read = |name: &str| fs::read_to_string(book().join(name)).unwrap_or_default();
    let listed: Vec<String> =
        links(&read("SUMMARY.md")).into_iter().map(|(file, _)| file).collect();
    for name in pages() {
        assert!(name == "SUMMARY.md" || listed.contains(&name), "SUMMARY.md lacks {name}");
        for (file, heading) in links(&read(&name)) {
            if !file.is_empty() && !file.ends_with(".md") {
                assert!(book().join(&file).is_file(), "{name} links to {file}, which is not there");
                continue;
            }
            let target = read(if file.is_empty() { &name } else { &file });
            assert!(!target.is_empty(), "{name} links to {file}, which is not there");
            let there = heading.as_ref().is_none_or(|anchor| has_heading(&target, anchor));
            assert!(there, "{name} links to {heading:?}, which {file} has not");
        }
    }
}

#[test]
fn every_error_code_is_explained() {
    let page = fs::read_to_string(book().join("troubleshooting.md")).expect("the page");
    let document = Command::new(BINARY).arg("openapi").output().expect("it runs");
    let document: Value = serde_json::from_slice(&document.stdout).expect("JSON");
    let codes = &document["components"]["schemas"]["Code"];
    let mut names: Vec<String> = Vec::new();
    collect_names(codes, &mut names);
    assert!(names.len() > 30, "the document lists the codes: {names:?}");
    for name in names {
        let code: Code = serde_json::from_value(name.as_str().into()).expect("a code");
        let row = format!("| `{name}` | {} |", code.status());
        assert!(page.contains(&row), "troubleshooting.md lacks {row}");
    }
}

fn collect_names(schema: &Value, names: &mut Vec<String>) {
    let own = schema["enum"].as_array().into_iter().flatten();
    names.extend(own.filter_map(Value::as_str).map(str::to_owned));
    for part in schema["oneOf"].as_array().into_iter().flatten() {
        collect_names(part, names);
    }
}

/// The command reference, as the binary tells it.
fn reference() -> String {
    let mut page = String::from(
        "# Command reference\n\nMade of `netscan help`. What every command takes is in the first \
         part, and left out below.\n",
    );
    describe(&[], &mut page);
    page
}

fn describe(path: &[String], page: &mut String) {
    let output = Command::new(BINARY)
        .args(path)
        .arg("--help")
        .env("COLUMNS", "100")
        .env_remove("NETSCAN_DATA")
        .output()
        .expect("it runs");
    let help = String::from_utf8(output.stdout).expect("text");
    let name = format!("netscan {}", path.join(" "));
    let level = "#".repeat(path.len() + 2);
    let shown = if path.is_empty() { help.clone() } else { own_part(&help) };
    write!(page, "\n{level} {}\n\n```text\n{}\n```\n", name.trim(), shown.trim_end())
        .expect("text");
    for command in subcommands(&help) {
        let deeper: Vec<String> = path.iter().cloned().chain([command]).collect();
        describe(&deeper, page);
    }
}

/// The names below `Commands:`, `help` apart.
fn subcommands(help: &str) -> Vec<String> {
    let rows = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let rows = rows.take_while(|line| !line.is_empty());
    let names = rows.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    names
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .map(str::to_owned)
        .collect()
}

/// A help text without the options that every command has.
fn own_part(help: &str) -> String {
    const EVERYWHERE: [&str; 10] = [
        "--data <DIR>",
        "--server <URL>",
        "--token-file <FILE>",
        "--ca-file <FILE>",
        "--json",
        "--verbose...",
        "--color <COLOR>",
        "--sandbox <MODE>",
        "--help",
        "--version",
    ];
    let mut kept = Vec::new();
    let mut skips = false;
    for line in help.lines() {
        let begins = line.trim_start().starts_with('-')
            && line.starts_with(' ')
            && !line.trim_start().starts_with("- ");
        if begins {
            skips = EVERYWHERE.iter().any(|option| line.trim_end().ends_with(option));
        } else if !line.is_empty() && !line.starts_with(' ') {
            skips = false;
        }
        if !skips {
            kept.push(line.trim_end());
        }
    }
    let text = kept.join("\n");
    text.strip_suffix("\nOptions:")
        .unwrap_or(text.trim_end())
        .trim_end_matches("\nOptions:")
        .to_owned()
}

#[test]
fn the_command_reference_is_what_the_binary_says() {
    let path = book().join("cli.md");
    let reference = reference();
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(&path, &reference).expect("written");
    }
    let page = fs::read_to_string(&path).unwrap_or_default();
    assert!(page == reference, "docs/src/cli.md is old: UPDATE_EXPECT=1 cargo test --test it docs");
}

#[test]
fn the_session_s_own_patterns_hold() {
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    assert!(matches(&lines("a\n...\nd[..]f"), &["a", "b", "c", "def"]));
    assert!(matches(&lines("..."), &[]));
    assert!(!matches(&lines("a"), &["a", "b"]));
    assert!(!matches(&lines("a[..]c[..]e"), &["abcd"]));
    let step = Step { command: "x".into(), code: 3, output: vec!["y".into()] };
    assert_eq!(steps("$ x\n? 3\ny"), [step]);
}
