//! `netscan bench`: what it prints, what it leaves behind, and what it says where it cannot
//! measure. No figure is judged: machines differ.

use crate::support::{Running, eventually, json, netscan, run, temp, text};
use rustix::process::Signal;
use serde_json::Value;
use std::{fs, path::Path};

fn rows(report: &Value) -> Vec<&Value> {
    let suites = report["suites"].as_array().unwrap();
    suites.iter().flat_map(|suite| suite["rows"].as_array().unwrap()).collect()
}

fn row<'a>(report: &'a Value, name: &str) -> &'a Value {
    let found = rows(report).into_iter().find(|row| row["name"] == name);
    found.unwrap_or_else(|| panic!("no row {name}"))
}

fn is_empty(dir: &Path) -> bool {
    fs::read_dir(dir).unwrap().next().is_none()
}

/// Fails when a row is not as `benches/README.md` says, or has no figure.
fn check_row(row: &Value, runs: usize) {
    assert_eq!((&row["state"], &row["reason"]), (&Value::from("measured"), &Value::Null), "{row}");
    for text in ["name", "what", "unit"] {
        assert!(!row[text].as_str().unwrap().is_empty(), "{row}");
    }
    assert!(matches!(row["better"].as_str(), Some("lower" | "higher")), "{row}");
    assert!((1..=runs).contains(&row["samples"].as_array().unwrap().len()), "{row}");
    check_summary(row);
    for ratio in row["ratios"].as_array().unwrap() {
        assert!(ratio["to"].is_string(), "{row}");
        check_summary(ratio);
    }
}

fn check_summary(of: &Value) {
    let [min, median, max] = ["min", "median", "max"].map(|key| of[key].as_f64().unwrap());
    assert!(0.0 < min && min <= median && median <= max, "{of}");
}

#[test]
fn a_report_has_the_documented_shape() {
    let (data, place) = (temp(), temp());
    let page = data.path().join("bench.html");
    let mut command = netscan(data.path());
    command.args(["--json", "bench", "--quick", "plan", "parse", "--dir"]).arg(place.path());
    let output = run(command.arg("--html").arg(&page));
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let report = json(&output);
    let machine = &report["machine"];
    for key in ["cpu", "kernel", "netscan", "build", "file_system"] {
        assert!(!machine[key].as_str().unwrap().is_empty(), "{machine}");
    }
    assert!(machine["cores"].as_u64().unwrap() > 0 && machine["load"].is_f64());
    assert!(machine["memory_bytes"].as_u64().unwrap() > 0 && machine.get("nmap").is_some());
    assert_eq!(report["quick"], true);
    assert!(report["took_ms"].is_u64());
    let suites = report["suites"].as_array().unwrap();
    let names: Vec<_> = suites.iter().map(|suite| suite["suite"].as_str().unwrap()).collect();
    assert_eq!(names, ["parse", "plan"]);
    for suite in suites {
        assert!(suite["took_ms"].is_u64());
        assert!(!suite["conditions"].as_array().unwrap().is_empty(), "{suite}");
    }
    assert_eq!(rows(&report).len(), 10);
    rows(&report).into_iter().for_each(|row| check_row(row, 3));
    for name in ["parse/netscan", "parse/quick-xml-pieces"] {
        let ratios = row(&report, name)["ratios"].as_array().unwrap();
        assert_eq!(ratios.len(), 1, "{name}");
        assert_eq!(ratios[0]["to"], "parse/quick-xml");
    }

    assert!(is_empty(place.path()), "its directory is removed");
    let page = fs::read_to_string(page).unwrap();
    assert!(page.contains("<svg") && page.trim_end().ends_with("</html>"), "{page}");
}

#[test]
fn batches_are_measured_without_nmap_and_xargs_and_say_so() {
    let (data, place) = (temp(), temp());
    let mut command = netscan(data.path());
    command.args(["--json", "bench", "--quick", "--runs", "1", "batches", "--dir"]);
    let output = run(command.arg(place.path()).env("PATH", ""));
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let report = json(&output);
    for name in ["floor/rate", "netscan/rate", "floor/wall", "netscan/wall", "netscan/cpu"] {
        check_row(row(&report, &format!("batches/stand-in/{name}")), 1);
    }
    let conditions = report["suites"][0]["conditions"].to_string();
    assert!(conditions.contains("stand-in: netscan runs it in its sandbox ("), "{conditions}");
    for (name, word) in
        [("batches/nmap", "not installed"), ("batches/stand-in/xargs/rate", "xargs")]
    {
        let row = row(&report, name);
        assert_eq!(row["state"], "skipped", "{row}");
        assert!(row["reason"].as_str().unwrap().contains(word), "{row}");
        assert!(row.get("median").is_none(), "{row}");
    }
    assert!(is_empty(place.path()), "its directory is removed");
}

/// Lines have to come from the stand-in, through the server, to every client.
#[test]
fn lines_are_streamed_and_a_killed_server_is_replaced() {
    let (data, place) = (temp(), temp());
    let mut command = netscan(data.path());
    command.args(["--json", "bench", "--quick", "--runs", "1", "--store-mib", "8"]);
    let output = run(command.args(["stream", "recover", "--dir"]).arg(place.path()));
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let report = json(&output);
    for name in ["stream/1/rate", "stream/50/rate", "stream/stalled/many", "stream/1/latency/p50"] {
        check_row(row(&report, name), 3);
    }
    check_row(row(&report, "recover/8MiB/goes-on"), 1);
    for suite in report["suites"].as_array().unwrap() {
        let conditions = suite["conditions"].to_string();
        assert!(conditions.contains("the sandbox is off"), "{conditions}");
    }
    assert!(is_empty(place.path()), "its directory is removed");
}

/// Ends a bench by a signal while a server of it runs, and waits until all its processes are gone.
/// Returns its exit code and whether its directory is.
fn ended_by(signal: Signal) -> (Option<i32>, bool) {
    let (data, place) = (temp(), temp());
    let mut command = netscan(data.path());
    command.args(["bench", "--runs", "100", "recover", "--dir"]).arg(place.path());
    let mut bench = Running::start(&mut command);
    eventually("a server", || {
        let root = fs::read_dir(place.path()).unwrap().next()?.unwrap().path();
        root.join("recover/fresh-0/netscan.sock").exists().then_some(())
    });
    bench.signal(signal);
    let output = bench.output();
    let dir = place.path().as_os_str().as_encoded_bytes();
    eventually("the end of its processes", || {
        let lines = fs::read_dir("/proc").unwrap().flatten();
        let lines = lines.filter_map(|entry| fs::read(entry.path().join("cmdline")).ok());
        let is_of_bench = |line: &[u8]| line.windows(dir.len()).any(|window| window == dir);
        (lines.filter(|line| is_of_bench(line)).count() == 0).then_some(())
    });
    (output.status.code(), is_empty(place.path()))
}

#[test]
fn an_interrupted_bench_leaves_nothing_behind() {
    assert_eq!(ended_by(Signal::INT), (Some(130), true));
    assert_eq!(ended_by(Signal::TERM), (Some(130), true));
    // Nobody is left to remove its directory, but its processes end.
    assert_eq!(ended_by(Signal::KILL).0, None);
}

#[test]
fn what_cannot_be_measured_is_refused_before_it_begins() {
    let data = temp();
    let table: [(&[&str], i32, &str); 6] = [
        (&["bench", "speed"], 2, "batches"),
        (&["bench", "--runs", "0"], 2, "from 1 to 100"),
        (&["bench", "--hosts", "5"], 2, "from 1000"),
        (&["bench", "plan", "--html", "/nowhere/x.html"], 1, "/nowhere/x.html"),
        (&["bench", "plan", "--dir", "/nowhere"], 1, "--dir DIR"),
        (&["bench", "plan", "--nmap", "/nowhere/nmap"], 7, "/nowhere/nmap"),
    ];
    for (args, code, part) in table {
        let output = run(netscan(data.path()).args(args));
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {said}");
        assert!(said.contains(part), "{args:?} does not say `{part}`: {said}");
    }
    let output =
        run(netscan(data.path()).args(["--server", "http://127.0.0.1:9", "bench", "plan"]));
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
}
