//! Plans with steps: who is up, which ports are open, what listens there.

use crate::support::{Server, eventually, json, listen, named, netscan, run, temp, text};
use netscan_test_support::{FakeNmap, SimulatedNet};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap, io::Write, net::TcpListener, path::Path, process::Command, thread,
};

/// All of them, in the order of their starts: one batch each.
const EIGHT: &str = "127.0.6.0/29";

fn request() -> Value {
    json!({"targets": [EIGHT], "nmap_flags": ["-sT", "-sV", "-p80"], "plan": "staged",
        "chunk_size": 64, "concurrency": 1})
}

fn phases(events: &[Value]) -> Vec<&str> {
    named(events, "batch_start").iter().map(|event| event["phase"].as_str().unwrap()).collect()
}

/// Every event that tells verdicts tells one for each target.
fn check_counts(events: &[Value], total: u64) {
    let telling: Vec<&Value> =
        events.iter().filter(|event| event["verdicts"].is_object()).collect();
    assert!(!telling.is_empty());
    for event in telling {
        let verdicts = event["verdicts"].as_object().unwrap();
        let sum: u64 = verdicts.values().map(|count| count.as_u64().unwrap()).sum();
        assert_eq!(sum, total, "{event}");
    }
}

fn check_store(data: &Path) {
    let output = run(netscan(data).args(["store", "check"]));
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stdout));
}

/// A service that says its name to everybody who connects.
fn greeter(address: &str) -> u16 {
    let listener = TcpListener::bind((address, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            // nmap may be gone again.
            let _ = stream.and_then(|mut stream| stream.write_all(b"SSH-2.0-OpenSSH_9.2p1\r\n"));
        }
    });
    port
}

/// Open ports with what listens there, by address.
type Found = BTreeMap<String, Vec<(u64, String, String)>>;

fn found(answer: &Value) -> Found {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut found = Found::new();
    for host in answer["hosts"].as_array().unwrap() {
        let open = host["ports"].as_array().unwrap().iter().filter(|port| port["state"] == "open");
        let mut open: Vec<_> = open
            .map(|port| {
                let name = text(&port["service_name"]);
                (port["port"].as_u64().unwrap(), name, text(&port["service_product"]))
            })
            .collect();
        open.sort();
        found.insert(host["address"].as_str().unwrap().to_owned(), open);
    }
    found
}

#[test]
fn steps_find_what_one_scan_finds_and_ask_only_what_they_must() {
    let data = temp();
    let ssh = greeter("127.0.0.5");
    let (_silent, other) = listen("127.0.0.9");
    let ports = format!("{ssh},{other},9");
    let scan = |plan: &str| {
        let args = ["--json", "scan", "127.0.0.1-24", "--plan", plan, "-p", &ports, "--"];
        let flags = ["-sT", "-sV", "--version-intensity", "0"];
        let output = run(netscan(data.path()).args(args).args(flags));
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        json(&output)
    };
    let (single, staged) = (scan("single"), scan("staged"));
    assert_eq!(single["scan"]["verdicts"], staged["scan"]["verdicts"]);
    assert_eq!(staged["scan"]["plan"], "staged");
    let (single, staged) = (found(&single), found(&staged));
    assert_eq!(single, staged);
    assert_eq!(staged["127.0.0.5"], [(u64::from(ssh), "ssh".into(), "OpenSSH".into())]);
    assert_eq!(staged["127.0.0.9"].len(), 1);
    assert_eq!(staged.values().filter(|open| open.is_empty()).count(), 22);

    // Services were asked of two hosts, at two ports.
    let batches = run(netscan(data.path()).args(["--json", "batches", "2"]));
    let batches = json(&batches);
    let of = |phase: &str| -> Vec<&Value> {
        batches.as_array().unwrap().iter().filter(|batch| batch["phase"] == phase).collect()
    };
    let counted = |phase: &str| -> u64 {
        of(phase).iter().map(|batch| batch["target_count"].as_u64().unwrap()).sum()
    };
    assert_eq!([counted("discovery"), counted("ports"), counted("services")], [24, 24, 2]);
    let server = Server::start(data.path(), None);
    let services = server.get(&format!("/api/batches/{}", of("services")[0]["id"]));
    let argv = services["attempts"][0]["argv"].to_string();
    let (low, high) = (ssh.min(other), ssh.max(other));
    assert!(argv.contains(&format!("-pT:{low},{high}")), "{argv}");
    let discovery = server.get(&format!("/api/batches/{}", of("discovery")[0]["id"]));
    let argv = discovery["attempts"][0]["argv"].to_string();
    assert!(argv.contains("\"-sn\"") && !argv.contains("-sV"), "{argv}");

    // One document, with each host once and all that was found of it.
    let (status, _, xml) = server.get_raw("/api/scans/2/export?format=xml");
    assert_eq!(status, 200);
    let xml = text(&xml);
    assert_eq!(xml.matches("<host ").count() + xml.matches("<host>").count(), 24);
    assert!(xml.contains("product=\"OpenSSH\"") && xml.contains("up=\"24\""), "{xml}");
    assert_eq!(xml.matches("<scaninfo").count(), 1);
    let file = data.path().join("staged.xml");
    std::fs::write(&file, &xml).unwrap();
    if let Ok(output) = Command::new("xmllint").arg("--noout").arg(&file).output() {
        assert!(output.status.success(), "{}", text(&output.stderr));
    }
    check_counts(&server.events(2), 24);
    drop(server);
    check_store(data.path());
}

#[test]
fn a_killed_server_goes_on_in_the_step_that_it_was_in() {
    for (step, phase) in [(2, "ports"), (3, "services")] {
        let data = temp();
        let script = format!(
            "host down 127.0.6.7\nattempt {step}: host-group 1\nattempt {step}: hosts 2\n\
             attempt {step}: hang\n"
        );
        let nmap = FakeNmap::new(&script).unwrap();
        let server = Server::start(data.path(), Some(&nmap));
        let scan = server.scan(&request());
        let path = format!("/api/scans/{scan}");
        let hosts = |server: &Server| {
            let batches = server.get(&format!("{path}/batches"));
            let found = batches.as_array().unwrap().iter().find(|batch| batch["phase"] == phase);
            let id = found?["id"].clone();
            let events = server.events(scan);
            let of_batch = |event: &&&Value| event["batch_id"] == id;
            (named(&events, "host").iter().filter(of_batch).count() == 2).then_some(())
        };
        eventually("two hosts of the step", || hosts(&server));
        // Who is down is down at once; no host is up before its last step.
        let verdicts = server.get(&path)["verdicts"].clone();
        let up = if phase == "services" { 2 } else { 0 };
        assert_eq!((&verdicts["down"], &verdicts["up"]), (&json!(1), &json!(up)), "{verdicts}");
        assert_eq!(verdicts["unfinished"], 7 - up);
        server.kill();

        nmap.follow("").unwrap();
        let server = Server::start(data.path(), Some(&nmap));
        let view = server.ended(scan);
        assert_eq!(view["status"], "completed", "{view}");
        assert_eq!((&view["verdicts"]["up"], &view["verdicts"]["down"]), (&json!(7), &json!(1)));
        let events = server.events(scan);
        check_counts(&events, 8);
        let expected = match phase {
            "ports" => vec!["discovery", "ports", "ports", "services"],
            _ => vec!["discovery", "ports", "services", "services"],
        };
        assert_eq!(phases(&events), expected);
        // What was finished before is not scanned again: each host once in its last step.
        let last = named(&events, "host").into_iter().filter(|event| event["verdict"] == "up");
        let mut addresses: Vec<String> = last.map(|event| event["address"].to_string()).collect();
        addresses.sort();
        let all = addresses.len();
        addresses.dedup();
        assert_eq!((all, addresses.len()), (7, 7));
        drop(server);
        check_store(data.path());
    }
}

#[test]
fn a_killed_server_between_two_steps_loses_no_host() {
    // It dies where the first batch of the ports is made, and where that is claimed.
    for point in ["scan-cut:2", "batch-claim:2", "scan-cut:3", "batch-settled:1", "batch-settled:2"]
    {
        let data = temp();
        let nmap = FakeNmap::new("").unwrap();
        let (mut server, base) = Server::start_dying(data.path(), &nmap, point);
        let url = format!("{base}/api/scans");
        let sent = ureq::post(&url).send_json(request());
        assert_eq!(sent.unwrap().status().as_u16(), 202, "{point}");
        eventually("its end", || server.try_wait().unwrap());
        let server = Server::start(data.path(), Some(&nmap));
        let view = server.ended(1);
        assert_eq!((&view["status"], &view["verdicts"]["up"]), (&json!("completed"), &json!(8)));
        check_counts(&server.events(1), 8);
        drop(server);
        check_store(data.path());
    }
}

#[test]
fn a_pause_and_a_stop_between_the_steps_keep_what_was_found() {
    let data = temp();
    let script = "attempt 2: host-group 1\nattempt 2: hosts 3\nattempt 2: hang\n\
                  attempt 3: host-group 1\nattempt 3: hosts 1\nattempt 3: hang\n";
    let nmap = FakeNmap::new(script).unwrap();
    let server = Server::start(data.path(), Some(&nmap));
    let scan = server.scan(&request());
    let path = format!("/api/scans/{scan}");
    let finished = |count: usize| {
        let events = server.events(scan);
        let batch = named(&events, "batch_start").last()?["batch_id"].clone();
        let hosts = named(&events, "host");
        (hosts.iter().filter(|event| event["batch_id"] == batch).count() >= count).then_some(())
    };
    eventually("three hosts with their ports", || {
        (phases(&server.events(scan)).len() == 2).then_some(()).and(finished(3))
    });
    assert_eq!(server.post(&format!("{path}/pause"), &json!({})).0, 200);
    eventually("the pause", || {
        let view = server.get(&path);
        (view["progress"]["running_batches"] == 0).then_some(())
    });
    assert_eq!(server.post(&format!("{path}/resume"), &json!({})).0, 200);
    // The rest of the ports: one more host, and then nothing.
    eventually("the next attempt", || {
        (phases(&server.events(scan)).len() == 3).then_some(()).and(finished(4))
    });
    assert_eq!(server.post(&format!("{path}/stop"), &json!({})).0, 200);
    let view = server.ended(scan);
    assert_eq!((&view["status"], &view["verdicts"]["unfinished"]), (&json!("stopped"), &json!(8)));
    // All eight are known to be up, and four of them with their port.
    let hosts = server.get(&format!("{path}/hosts"));
    assert_eq!(hosts.as_array().unwrap().len(), 8);
    assert_eq!(view["progress"]["open_ports"], 4);
    let (_, _, xml) = server.get_raw(&format!("{path}/export?format=xml"));
    let xml = text(&xml);
    assert_eq!(xml.matches("is up, not finished").count(), 8, "{xml}");
    assert!(xml.contains("127.0.6.0/29") && xml.ends_with("</nmaprun>\n"), "{xml}");
    for format in ["json", "jsonl", "csv", "md", "html"] {
        assert_eq!(server.get_raw(&format!("{path}/export?format={format}")).0, 200, "{format}");
    }
    nmap.follow("").unwrap();
    let (status, again) = server.post(&format!("{path}/rescan"), &json!({"only": "unfinished"}));
    assert_eq!(status, 202, "{again}");
    let again = again["scan_id"].as_u64().unwrap();
    let view = server.ended(again);
    assert_eq!((&view["plan"], &view["verdicts"]["up"]), (&json!("staged"), &json!(8)));
    drop(server);
    check_store(data.path());
}

#[test]
fn a_host_that_does_not_answer_any_more_is_scanned_all_the_same() {
    let data = temp();
    let nmap = FakeNmap::new("attempt 2: host down 127.0.6.3\n").unwrap();
    let server = Server::start(data.path(), Some(&nmap));
    let scan = server.scan(&request());
    let view = server.ended(scan);
    assert_eq!((&view["status"], &view["verdicts"]["up"]), (&json!("completed"), &json!(8)));
    let events = server.events(scan);
    let starts = named(&events, "batch_start");
    assert_eq!(phases(&events), ["discovery", "ports", "ports", "services"]);
    let asks_first = |start: &Value| !start["argv"].to_string().contains("\"-Pn\"");
    assert!(asks_first(starts[1]) && !asks_first(starts[2]), "{starts:?}");
    assert_eq!(starts[2]["targets"], json!(["127.0.6.3"]));
}

#[test]
fn a_host_that_is_gone_for_good_keeps_what_was_found_and_holds_up_nothing() {
    // On a network of its own nmap asks by ARP, `-Pn` or not, and calls it down again.
    let plans = [
        ("attempt 2: host down 127.0.6.3\nattempt 3: host down 127.0.6.3\n", 3, 4),
        ("attempt 2: host down 127.0.6.3\n", 1, 3),
    ];
    for (plan, attempts_max, runs) in plans {
        let data = temp();
        let nmap = FakeNmap::new(plan).unwrap();
        let server = Server::start(data.path(), Some(&nmap));
        let mut request = request();
        request["policy"] = json!({"attempts_max": attempts_max});
        let scan = server.scan(&request);
        let view = server.ended(scan);
        assert_eq!((&view["status"], &view["verdicts"]["up"]), (&json!("completed"), &json!(8)));
        let hosts = server.get(&format!("/api/scans/{scan}/hosts?address=127.0.6.3"));
        assert_eq!((&hosts[0]["status"], &hosts[0]["ports"]), (&json!("up"), &json!([])));
        assert_eq!(named(&server.events(scan), "batch_start").len(), runs, "{plan}");
        drop(server);
        check_store(data.path());
    }
}

#[test]
fn a_batch_of_a_step_is_split_like_any_other() {
    let data = temp();
    // Whoever scans 127.0.6.5 for its ports crashes: it is found, and the others have their way.
    let nmap =
        FakeNmap::new("on 127.0.6.5: attempt 2: signal 11\non 127.0.6.5: attempt 3: signal 11\n")
            .unwrap();
    let server = Server::start(data.path(), Some(&nmap));
    let scan = server.scan(&request());
    let view = server.ended(scan);
    assert_eq!((&view["status"], &view["verdicts"]["up"]), (&json!("completed"), &json!(8)));
    let batches = server.get(&format!("/api/scans/{scan}/batches"));
    let split: Vec<&Value> = batches
        .as_array()
        .unwrap()
        .iter()
        .filter(|batch| !batch["parent_batch_id"].is_null())
        .collect();
    assert!(!split.is_empty(), "{batches}");
    assert!(split.iter().all(|batch| batch["phase"] == "ports"), "{split:?}");
    drop(server);
    check_store(data.path());
}

#[test]
fn without_discovery_or_without_anything_beyond_ports_there_are_fewer_steps() {
    let data = temp();
    let nmap = FakeNmap::new("").unwrap();
    let server = Server::start(data.path(), Some(&nmap));
    let started = |flags: Value| {
        let body = json!({"targets": [EIGHT], "nmap_flags": flags, "plan": "staged"});
        let (status, answer) = server.post("/api/scans", &body);
        assert_eq!(status, 202, "{answer}");
        let scan = answer["scan_id"].as_u64().unwrap();
        let view = server.ended(scan);
        assert_eq!((&view["status"], &view["verdicts"]["up"]), (&json!("completed"), &json!(8)));
        let events = server.events(scan);
        let mut seen: Vec<Value> =
            named(&events, "batch_start").iter().map(|event| event["phase"].clone()).collect();
        seen.dedup();
        (view["plan"].clone(), seen, answer["warnings"].to_string())
    };
    let (plan, seen, said) = started(json!(["-sT", "-Pn", "-sV"]));
    assert_eq!((plan, seen), (json!("staged"), vec![json!("ports"), json!("services")]));
    assert!(said.contains("no discovery"), "{said}");
    let (plan, seen, said) = started(json!(["-sT", "-F"]));
    assert_eq!((plan, seen), (json!("staged"), vec![json!("discovery"), json!("ports")]));
    assert_eq!(said, "[]");
    let (plan, seen, said) = started(json!(["-sT", "-Pn", "-F"]));
    assert_eq!((plan, seen), (json!("single"), vec![Value::Null]));
    assert!(said.contains("single"), "{said}");
    let (plan, _, said) = started(json!(["-sn"]));
    assert_eq!(plan, "single");
    assert!(said.contains("without ports"), "{said}");
}

/// A sparse network, in which real nmap scans: the open ports are those that there are.
#[test]
fn a_sparse_network_is_found_whole() {
    if let Some(why) = SimulatedNet::missing().unwrap() {
        eprintln!("{why}");
        return;
    }
    let plan = "set rtt=5ms\n10.99.0.7 live open=22,80\n10.99.0.130 live open=443\n\
                10.99.1.20 live\n10.99.1.200 filtered open=80 ping=yes\n";
    let net = SimulatedNet::new(plan).unwrap();
    let data = temp();
    let mut command = net.command(env!("CARGO_BIN_EXE_netscan"));
    command.arg("--data").arg(data.path());
    command.args(["--json", "scan", "10.99.0.0/23", "--plan", "staged", "--", "-sS", "-F"]);
    let output = run(&mut command);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let answer = json(&output);
    let verdicts = &answer["scan"]["verdicts"];
    assert_eq!((&verdicts["up"], &verdicts["down"]), (&json!(4), &json!(508)), "{verdicts}");
    let found = found(&answer);
    for (address, host) in net.truth().unwrap() {
        let open: Vec<u16> = found[&address.to_string()].iter().map(|port| port.0 as u16).collect();
        assert_eq!(open, host.open, "{address}");
    }
}
