//! Profiles on the command line, with real nmap on loopback.

use crate::support::{Server, json, listen, netscan, run, temp, text};
use serde_json::{Value, json};
use std::{fs, path::Path};

fn names(data: &Path, more: &[&str]) -> Vec<String> {
    let output = run(netscan(data).args(more).args(["--json", "profiles"]));
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let list = json(&output);
    let name = |profile: &Value| profile["name"].as_str().unwrap().to_owned();
    list.as_array().unwrap().iter().map(name).collect()
}

/// What is done with profiles, embedded or against a server.
fn use_profiles(data: &Path, server: &[&str], port: u16) -> Vec<String> {
    let mut said = Vec::new();
    let mut done = |args: &[&str], code: i32| {
        let output = run(netscan(data).args(server).args(args));
        let errors = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {errors}");
        said.push(text(&output.stdout));
        said.push(errors);
    };
    done(&["profiles", "add", "mine", "--description", "one port", "--", "-sT", "-p", "9"], 0);
    done(&["profiles", "show", "mine"], 0);
    done(&["profiles", "show", "services"], 0);
    done(&["profiles", "ls"], 0);
    done(&["profiles", "add", "bad", "--", "-oX", "/tmp/x"], 4);
    done(&["profiles", "rm", "quick"], 1);
    done(&["profiles", "show", "mein"], 5);
    done(&["scan", "127.0.0.1", "--profile", "mein"], 2);
    let port = port.to_string();
    let args = ["--json", "scan", "127.0.0.1", "--profile", "mine", "-p", &port];
    let output = run(netscan(data).args(server).args(args));
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let answer = json(&output);
    assert_eq!(answer["scan"]["profile"], "mine");
    assert_eq!(answer["scan"]["nmap_flags"], json!(["-sT", "-p", port]));
    assert_eq!(answer["hosts"][0]["ports"][0]["state"], "open");
    let output = run(netscan(data).args(server).args(["profiles", "rm", "mine"]));
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    said
}

#[test]
fn profiles_are_the_same_embedded_and_with_a_server() {
    let (_listener, port) = listen("127.0.0.1");
    let (here, there) = (temp(), temp());
    let embedded = use_profiles(here.path(), &[], port);
    let server = Server::start(there.path(), None);
    let served = use_profiles(temp().path(), &["--server", &server.base], port);
    assert_eq!(embedded, served);
    let shown = &embedded[2];
    assert!(shown.contains("about     one port") && shown.contains("-sT -p9"), "{shown}");
    assert!(embedded[4].contains("services  ") && embedded[4].contains("-sV"), "{}", embedded[4]);
    assert!(embedded[13].contains("did you mean `mine`?"), "{}", embedded[13]);
}

#[test]
fn profiles_come_from_files_too() {
    let data = temp();
    let file = data.path().join("profiles.toml");
    fs::write(&file, "[profiles.night]\nflags = [\"-sT\", \"-F\"]\nplan = \"staged\"\n").unwrap();
    let found = names(data.path(), &[]);
    assert_eq!(found.last().map(String::as_str), Some("night"));
    let output = run(netscan(data.path()).args(["profiles", "rm", "night"]));
    let said = text(&output.stderr);
    assert!(output.status.code() == Some(1) && said.contains("profiles.toml"), "{said}");

    // One that is no good keeps nothing a secret: which line, and what.
    fs::write(&file, "[profiles.night]\nflags = [\"-sT\",\n  \"-oN\"]\n").unwrap();
    let told = "profiles.toml` line 3: profile `night`: `-oN`";
    let output = run(netscan(data.path()).args(["scan", "127.0.0.1", "--profile", "night"]));
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains(told), "{said}");
    // No scan needs the file to go on: it keeps no server from starting, and says what is wrong.
    let output = run(netscan(data.path()).args(["profiles"]));
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains(told), "{}", text(&output.stderr));
    let named = ["serve", "--listen", "127.0.0.1:0", "--profiles"];
    let output = run(netscan(data.path()).args(named).arg(&file));
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
    fs::remove_file(&file).unwrap();

    let other = data.path().join("other.toml");
    fs::write(&other, "[profiles.a]\nflags = [\"-F\"]\n[profiles.b]\nflags = []\n").unwrap();
    let import = || run(netscan(data.path()).args(["profiles", "import"]).arg(&other));
    let output = import();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(text(&output.stdout), "profile a imported\nprofile b imported\n");
    // Again: they are replaced.
    assert_eq!(import().status.code(), Some(0));
    assert_eq!(names(data.path(), &[])[8..], ["a", "b"]);
    let file = other.display().to_string();
    let server = Server::start_with(temp().path(), None, &["--profiles", &file]);
    assert_eq!(names(temp().path(), &["--server", &server.base])[8..], ["a", "b"]);
}
