//! Export, comparison and import on the command line, over real nmap.

use crate::support::{Server, json, listen, netscan, run, temp, text};
use serde_json::Value;
use std::{fs, path::Path, process::Command};

fn fixture(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/nmap-xml");
    folder.join(name).display().to_string()
}

/// Runs a command that must go well and returns what it prints.
fn said(data: &Path, args: &[&str]) -> String {
    let output = run(netscan(data).args(args));
    assert_eq!(output.status.code(), Some(0), "{args:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

#[test]
fn scans_are_exported_compared_and_imported_again() {
    let (_listener, port) = listen("127.0.0.1");
    let (data, files) = (temp(), temp());
    let data = data.path();
    let port = port.to_string();
    said(data, &["scan", "127.0.0.1", "127.0.0.2", "-p", &port]);
    said(data, &["scan", "127.0.0.1", "127.0.0.3", "-p", &port]);

    let xml = said(data, &["export", "1", "-f", "xml"]);
    assert!(xml.contains("up=\"2\" down=\"0\" total=\"2\""), "{xml}");
    let file = files.path().join("one.xml");
    let path = file.display().to_string();
    said(data, &["export", "1", "-o", &path]);
    assert_eq!(fs::read_to_string(&file).unwrap().matches("<host ").count(), 2);
    // A file that is there is not written over unless that is wished.
    let again = run(netscan(data).args(["export", "1", "-f", "csv", "-o", &path]));
    assert_eq!(again.status.code(), Some(2));
    assert!(text(&again.stderr).contains("--force"), "{}", text(&again.stderr));
    assert!(fs::read_to_string(&file).unwrap().starts_with("<?xml"));
    said(data, &["export", "1", "-f", "csv", "-o", &path, "--force"]);
    assert!(fs::read_to_string(&file).unwrap().starts_with("\"scan_id\""));
    assert_eq!(fs::read_dir(files.path()).unwrap().count(), 1, "nothing else is left");
    let odd = run(netscan(data).args(["export", "1", "-o", "report.docx"]));
    assert_eq!(odd.status.code(), Some(2), "{}", text(&odd.stderr));
    let none = run(netscan(data).args(["export", "9", "-f", "html"]));
    assert_eq!(none.status.code(), Some(5), "{}", text(&none.stderr));

    let diff = said(data, &["diff", "1", "2"]);
    assert!(diff.contains("? 127.0.0.2") && diff.contains("up before, not scanned now"), "{diff}");
    assert!(diff.contains("? 127.0.0.3") && diff.contains("1 the same"), "{diff}");
    let args = ["--json", "diff", "1", "2", "--exit-code"];
    let found: Value = serde_json::from_str(&said(data, &args)).unwrap();
    assert_eq!(found["summary"]["hosts_only_before"], 1, "{found}");

    // What goes out comes in again, and is the same.
    fs::write(&file, xml).unwrap();
    let answer: Value = serde_json::from_str(&said(data, &["--json", "import", &path])).unwrap();
    assert_eq!(answer[0]["import"]["scan_id"], 3, "{answer}");
    assert!(said(data, &["import", &path]).contains("already imported as scan 3"));
    let same = said(data, &["diff", "1", "3", "--exit-code"]);
    assert!(same.contains("2 the same") && same.lines().count() == 3, "{same}");
    assert!(said(data, &["store", "check"]).contains("sound"));
}

#[test]
fn a_difference_can_be_the_exit_code() {
    let (data, files) = (temp(), temp());
    let document = |state: &str| {
        format!(
            "<nmaprun scanner=\"nmap\" args=\"nmap\" version=\"7.93\"><host>\
             <status state=\"up\" reason=\"x\"/><address addr=\"10.0.0.1\" addrtype=\"ipv4\"/>\
             <ports><port protocol=\"tcp\" portid=\"22\"><state state=\"{state}\" reason=\"x\"/>\
             </port></ports></host><runstats><finished time=\"1\" exit=\"success\"/></runstats>\
             </nmaprun>"
        )
    };
    let mut import = netscan(data.path());
    import.args(["import", "--project", "Weekly"]);
    for (name, state) in [("a.xml", "closed"), ("b.xml", "open")] {
        fs::write(files.path().join(name), document(state)).unwrap();
        import.arg(files.path().join(name));
    }
    let output = run(&mut import);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let diff = run(netscan(data.path()).args(["diff", "1", "2", "--exit-code"]));
    assert_eq!(diff.status.code(), Some(1), "{}", text(&diff.stderr));
    let shown = text(&diff.stdout);
    assert!(
        shown.contains("~ 10.0.0.1") && shown.contains("+ 22/tcp open (was closed)"),
        "{shown}"
    );
    let output = run(netscan(data.path()).args(["--json", "diff", "2", "1", "--exit-code"]));
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(json(&output)["summary"]["ports_vanished"], 1);
}

/// The same from the store that is opened and from a server that has it.
#[test]
fn comparisons_and_exports_are_the_same_from_a_server() {
    let (data, files) = (temp(), temp());
    for (name, port) in [("a.xml", 22), ("b.xml", 23)] {
        let document = format!(
            "<nmaprun scanner=\"nmap\" args=\"nmap\" version=\"7.93\"><host>\
             <status state=\"up\" reason=\"x\"/><address addr=\"10.0.0.1\" addrtype=\"ipv4\"/>\
             <ports><port protocol=\"tcp\" portid=\"{port}\"><state state=\"open\" reason=\"x\"/>\
             </port></ports></host><runstats><finished time=\"1\" exit=\"success\"/></runstats>\
             </nmaprun>"
        );
        fs::write(files.path().join(name), document).unwrap();
    }
    let names = ["a.xml", "b.xml"].map(|name| files.path().join(name));
    let output = run(netscan(data.path()).arg("import").args(&names));
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let commands: Vec<Vec<&str>> = ["text", "json", "jsonl", "md", "xml"]
        .into_iter()
        .map(|format| vec!["diff", "1", "2", "-f", format])
        .chain([vec!["--json", "diff", "1", "2"], vec!["export", "1", "-f", "gnmap"]])
        .collect();
    let alone: Vec<String> = commands.iter().map(|args| said(data.path(), args)).collect();
    assert!(alone[0].contains("? 23/tcp open (was not probed)"), "{}", alone[0]);
    assert_eq!(alone[1], alone[5]);
    assert!(alone[4].contains("<port portid=\"23\" protocol=\"tcp\"/>"), "{}", alone[4]);
    assert!(alone[6].contains("Host: 10.0.0.1 ()\tPorts: 22/open/tcp/////\n"), "{}", alone[6]);
    let server = Server::start(data.path(), None);
    for (args, alone) in commands.iter().zip(alone) {
        assert_eq!(said(data.path(), args), alone, "{args:?}");
    }
    server.stop();
}

/// What an nmap writes with `-oG`, and what is exported of the XML of the same run.
#[test]
fn a_grepable_export_is_what_nmap_writes() {
    let (data, files) = (temp(), temp());
    let (_listener, open) = listen("127.0.0.1");
    let scans = [vec!["-sT"], vec!["-sT", "-sV", "--version-intensity", "0"], vec!["-sT", "-F"]];
    for (index, flags) in scans.iter().enumerate() {
        let [xml, grepable] =
            ["xml", "gnmap"].map(|kind| files.path().join(format!("{index}.{kind}")));
        let mut nmap = Command::new("nmap");
        nmap.args(["-n", "--max-retries", "0"]).args(flags);
        if !flags.contains(&"-F") {
            nmap.args(["-p", &format!("{open},1-3")]);
        }
        let ran = nmap.arg("127.0.0.1-2").arg("-oX").arg(&xml).arg("-oG").arg(&grepable).output();
        assert!(ran.unwrap().status.success());
        let output = run(netscan(data.path()).arg("import").arg(&xml));
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let hosts = |text: &str| {
            let hosts = text.lines().filter(|line| line.starts_with("Host: "));
            hosts.map(str::to_owned).collect::<Vec<_>>()
        };
        let theirs = hosts(&fs::read_to_string(&grepable).unwrap());
        let ours = said(data.path(), &["export", &(index + 1).to_string(), "-f", "gnmap"]);
        assert_eq!(hosts(&ours), theirs, "{flags:?}");
        assert_eq!(theirs.len(), 4);
    }
}

#[test]
fn a_server_takes_files_and_says_what_is_wrong_with_them() {
    let data = temp();
    let server = Server::start(data.path(), None);
    let (whole, cut) = (fixture("sV_sC_scripts.xml"), fixture("killed_sigkill_32of64.xml"));
    let output = run(netscan(data.path()).args(["import", &whole, &cut, "/dev/null"]));
    let (shown, noted) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(2), "{noted}");
    assert!(shown.contains("scan 1, 1 up, 6 open ports"), "{shown}");
    assert!(shown.contains("scan 2, 32 up"), "{shown}");
    assert!(noted.contains("not complete: the document ends without </nmaprun>"), "{noted}");
    assert!(noted.contains("/dev/null") && noted.contains("writes: it is empty"), "{noted}");
    // From standard input, and over the network.
    let base = server.base.clone();
    let mut piped = Command::new("sh");
    let program = netscan(data.path()).get_program().to_owned();
    piped.arg("-c").arg("exec \"$0\" --server \"$1\" import - < \"$2\"");
    let output = run(piped.arg(program).arg(base).arg(fixture("sT_fast_4hosts.xml")));
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("scan 3, 4 up, 24 open ports"));
    let (status, kind, body) = server.get_raw("/api/scans/2/export?format=html");
    assert_eq!((status, kind.as_str()), (200, "text/html; charset=utf-8"));
    assert!(text(&body).contains("without &lt;/nmaprun&gt;"), "{}", text(&body));
    server.stop();
}
