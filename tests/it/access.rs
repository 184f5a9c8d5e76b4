//! Access rights, as a user meets them: the binary, its files, its log, a browser's way in.

use crate::support::{PATIENCE, eventually, json, netscan, run, temp, text};
use netscan_test_support::FakeNmap;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead, BufReader, Read},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};
use tungstenite::{Message, client::IntoClientRequest};

/// A server that asks who calls, with everything that it says.
struct Guarded {
    child: Child,
    url: String,
    login: String,
    log: PathBuf,
}

impl Guarded {
    fn start(data: &Path, args: &[&str]) -> Self {
        let log = data.with_extension("log");
        let file = fs::File::options().append(true).create(true).open(&log).unwrap();
        let mut child = netscan(data)
            .args(["-vv", "serve", "--listen", "127.0.0.1:0"])
            .args(args)
            .stdout(Stdio::piped())
            .stderr(file)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let mut line =
            || lines.next().unwrap_or_else(|| panic!("{}", fs::read_to_string(&log).unwrap()));
        let url = line().rsplit(' ').next().unwrap().to_owned();
        let login = line().rsplit(' ').next().unwrap().to_owned();
        Self { child, url, login, log }
    }

    fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    /// Runs a command that talks to it from elsewhere.
    fn command(&self, token: Option<&str>, args: &[&str]) -> Output {
        let mut command = netscan(Path::new("/nowhere"));
        command.args(["--server", &self.url]).args(args).env_remove("NETSCAN_TOKEN_FILE");
        match token {
            Some(token) => command.env("NETSCAN_TOKEN", token),
            None => command.env_remove("NETSCAN_TOKEN"),
        };
        run(&mut command)
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        // Already waited for, or of no further interest.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Asks, and returns the status, the cookie that is set, and the body.
fn ask(method: &str, url: &str, headers: &[(&str, &str)], body: &str) -> (u16, String, String) {
    let config = ureq::Agent::config_builder().http_status_as_error(false);
    let agent: ureq::Agent = config.timeout_global(Some(PATIENCE)).build().into();
    let mut request = ureq::http::Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut answer = agent.run(request.body(body.to_owned()).unwrap()).unwrap();
    let cookie = answer.headers().get("set-cookie").map(|cookie| cookie.to_str().unwrap());
    let cookie = cookie.unwrap_or_default().to_owned();
    let status = answer.status().as_u16();
    (status, cookie, answer.body_mut().read_to_string().unwrap())
}

#[test]
fn the_first_start_lets_a_browser_in_and_tells_the_log_no_secret() {
    let log = first_start("text");
    assert!(log.contains("GET /api/scans 401"), "{log}");
}

#[test]
fn a_log_for_machines_tells_who_asked_what_and_no_secret() {
    let log = first_start("json");
    let mut routes = BTreeSet::new();
    for line in log.lines() {
        let entry: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"));
        let word = |name: &str| entry[name].as_str().unwrap_or_default().to_owned();
        assert!(word("timestamp").ends_with('Z') && !word("level").is_empty(), "{line}");
        if entry["route"].is_string() {
            assert!(entry["span"]["request.id"].is_string(), "{line}");
            assert!(entry["duration_ms"].is_f64(), "{line}");
            let by = if word("token.id").is_empty() { "nobody" } else { "a token" };
            routes.insert(format!("{} {} {} {by}", word("method"), word("route"), entry["status"]));
        }
    }
    for asked in [
        "GET /login 200 nobody",
        "POST /api/session 200 nobody",
        "GET /api/scans 401 nobody",
        "POST /api/scans 202 a token",
        "DELETE /api/tokens/{id} 204 nobody",
    ] {
        assert!(routes.contains(asked), "{asked} is not in {routes:?}");
    }
}

/// Starts a server for the first time, lets everybody in who may, and returns its whole log.
fn first_start(format: &str) -> String {
    let dir = temp();
    let data = dir.path().join("data");
    let nmap = FakeNmap::new("").unwrap();
    let program = nmap.program();
    let program = program.to_str().unwrap();
    let server =
        Guarded::start(&data, &["--log-format", format, "--sandbox", "off", "--nmap", program]);
    let file = data.join("admin.token");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let admin = fs::read_to_string(&file).unwrap().trim().to_owned();
    // What a browser does with the login URL.
    let (page, code) = server.login.split_once('#').unwrap();
    assert_eq!(page, format!("{}/login", server.url));
    assert!(ask("GET", page, &[], "").2.contains("/assets/"));
    let session = format!("{}/api/session", server.url);
    let own = [("origin", server.url.as_str())];
    let body = format!("{{\"code\":\"{code}\"}}");
    let (status, cookie, _) = ask("POST", &session, &own, &body);
    assert_eq!(status, 200);
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let with_cookie = [("cookie", cookie.as_str()), ("sec-fetch-site", "same-origin")];
    let scans = format!("{}/api/scans", server.url);
    let (status, _, answer) = ask("POST", &scans, &with_cookie, "{\"targets\":[\"127.0.0.1\"]}");
    assert_eq!(status, 202, "{answer}");
    assert_eq!(ask("POST", &session, &own, &body).0, 401, "a code is good once");
    assert_eq!(ask("GET", &scans, &[], "").0, 401);
    assert_eq!(ask("GET", &format!("{scans}?token={admin}"), &[], "").0, 401);
    // What is nearly a secret may be one elsewhere.
    let (bad, half) = ("Zm9v".repeat(11)[..43].to_owned(), "YmFy".repeat(11)[..43].to_owned());
    let token = format!("Bearer {}_{bad}", &admin[..12]);
    assert_eq!(ask("GET", &scans, &[("authorization", &token)], "").0, 401);
    assert_eq!(ask("GET", &scans, &[("authorization", &format!("Basic {half}"))], "").0, 401);
    let name = cookie.split('=').next().unwrap();
    assert_eq!(ask("GET", &scans, &[("cookie", &format!("{name}=nss_{bad}"))], "").0, 401);
    let wrong = format!("{{\"code\":\"nsl_{half}\"}}");
    assert_eq!(ask("POST", &session, &own, &wrong).0, 401);
    // The command line, on the machine and from elsewhere.
    let here = |args: &[&str]| run(netscan(&data).args(args));
    let made = here(&[
        "--json",
        "token",
        "create",
        "--name",
        "night",
        "--role",
        "operator",
        "--expires",
        "30d",
    ]);
    let made = json(&made);
    let (id, secret) = (made["id"].as_str().unwrap(), made["secret"].as_str().unwrap());
    let scan = server.command(Some(secret), &["scan", "127.0.0.2"]);
    assert_eq!(scan.status.code(), Some(0), "{}", text(&scan.stderr));
    let without = server.command(None, &["ls"]);
    assert_eq!(without.status.code(), Some(4), "{}", text(&without.stderr));
    assert!(text(&without.stderr).contains("NETSCAN_TOKEN"), "{}", text(&without.stderr));
    let forbidden = server.command(Some(secret), &["token", "ls"]);
    assert_eq!(forbidden.status.code(), Some(4));
    assert!(
        text(&forbidden.stderr).contains("takes the role admin"),
        "{}",
        text(&forbidden.stderr)
    );
    let shown = text(&here(&["token", "ls"]).stdout);
    assert!(
        shown.contains(id) && shown.contains("night") && !shown.contains(&secret[13..]),
        "{shown}"
    );
    let again = text(&here(&["token", "login-url"]).stdout);
    assert!(again.starts_with(&format!("{page}#nsl_")) && again.trim() != server.login, "{again}");
    assert_eq!(here(&["token", "revoke", id]).status.code(), Some(0));
    assert_eq!(server.command(Some(secret), &["ls"]).status.code(), Some(4));
    let out = ask("DELETE", &session, &with_cookie, "");
    assert_eq!(out.0, 204);
    assert_eq!(ask("GET", &scans, &[("cookie", &cookie)], "").0, 401);
    // Nothing that lets anybody in is in the log, nor in the files that netscan wrote beside.
    let log = server.log();
    assert!(log.contains(id) && log.contains("logs in"), "the log tells who came: {log}");
    let again = again.trim().rsplit('#').next().unwrap().to_owned();
    let secrets =
        [&admin, secret, code, &cookie, &again].map(|text| text[text.len() - 43..].to_owned());
    for secret in secrets.iter().chain([&bad, &half]) {
        assert!(!log.contains(secret), "a secret is in the log");
    }
    let mut store = Vec::new();
    fs::File::open(data.join("netscan.redb")).unwrap().read_to_end(&mut store).unwrap();
    for secret in &secrets {
        let held = store.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert!(!held, "a secret is in the store");
    }
    log
}

#[test]
fn tokens_survive_a_restart_and_work_without_a_server() {
    let dir = temp();
    let data = dir.path().join("data");
    let here = |args: &[&str]| run(netscan(&data).args(args));
    let added = here(&["projects", "add", "Office"]);
    assert_eq!(added.status.code(), Some(0), "{}", text(&added.stderr));
    let made = here(&["token", "create", "--name", "x", "--role", "viewer", "--project", "Office"]);
    assert_eq!(made.status.code(), Some(0), "{}", text(&made.stderr));
    let token = text(&made.stdout).trim().to_owned();
    assert!(token.starts_with("nsk_") && text(&made.stderr).contains("only time"));
    let missing = here(&["token", "create", "--name", "x", "--role", "viewer", "--project", "y"]);
    assert_eq!(missing.status.code(), Some(5));
    let none = here(&["token", "login-url"]);
    assert_eq!(none.status.code(), Some(5), "{}", text(&none.stderr));
    assert!(text(&none.stderr).contains("netscan serve"), "{}", text(&none.stderr));
    let server = Guarded::start(&data, &[]);
    let seen = server.command(Some(&token), &["--json", "projects", "ls"]);
    assert_eq!(json(&seen)[0]["name"], "Office", "{}", text(&seen.stderr));
    // A file in place of the variable: if only its owner can read it.
    let file = dir.path().join("token");
    fs::write(&file, &token).unwrap();
    let by_file = || {
        let mut command = netscan(&data);
        command.args(["--server", &server.url, "--token-file"]).arg(&file).arg("ls");
        run(command.env_remove("NETSCAN_TOKEN"))
    };
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(text(&by_file().stderr).contains("chmod 600"));
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(by_file().status.code(), Some(0), "{}", text(&by_file().stderr));
    let argument = run(netscan(&data).args(["--token", &token, "ls"]));
    assert_eq!(argument.status.code(), Some(2));
    assert!(text(&argument.stderr).contains("NETSCAN_TOKEN"));
}

#[test]
fn a_revoked_token_closes_its_socket_at_once() {
    let dir = temp();
    let data = dir.path().join("data");
    let nmap = FakeNmap::new("on 127.0.0.1: hang\n").unwrap();
    let server =
        Guarded::start(&data, &["--sandbox", "off", "--nmap", nmap.program().to_str().unwrap()]);
    let here = |args: &[&str]| run(netscan(&data).args(args));
    let scan = here(&["--json", "scan", "--detach", "127.0.0.1"]);
    let scan = json(&scan)["scan_id"].clone();
    let made = json(&here(&["--json", "token", "create", "--name", "x", "--role", "viewer"]));
    let address = server.url.strip_prefix("http://").unwrap();
    let stream = std::net::TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut request = format!("ws://{address}/ws/scans/{scan}").into_client_request().unwrap();
    let bearer = format!("Bearer {}", made["secret"].as_str().unwrap());
    request.headers_mut().insert("authorization", bearer.parse().unwrap());
    let (mut socket, _) = tungstenite::client(request, stream).unwrap();
    assert!(matches!(socket.read().unwrap(), Message::Text(text) if text.contains("connected")));
    let began = std::time::Instant::now();
    assert_eq!(here(&["token", "revoke", made["id"].as_str().unwrap()]).status.code(), Some(0));
    let code = loop {
        if let Message::Close(Some(frame)) = socket.read().unwrap() {
            break u16::from(frame.code);
        }
    };
    assert_eq!(code, 4401);
    assert!(began.elapsed().as_secs() < 30, "at once, not at the next look");
}

#[test]
fn strangers_reach_no_server_without_tls_and_rights() {
    let dir = temp();
    for (args, says) in [
        (&["--listen", "0.0.0.0:0"][..], "--tls-cert"),
        (&["--listen", "[::]:0"], "--tls-cert"),
        (&["--listen", "0.0.0.0:0", "--auth", "none"], "--auth none"),
        (
            &["--listen", "127.0.0.1:0", "--auth", "none", "--behind-tls-proxy", "--host", "x"],
            "--auth none",
        ),
        (&["--behind-tls-proxy"], "--host"),
        (&["--tls-cert", "/nowhere", "--tls-key", "/nowhere"], "/nowhere"),
    ] {
        let refused = run(netscan(dir.path()).arg("serve").args(args));
        let said = text(&refused.stderr);
        assert_eq!(refused.status.code(), Some(2), "{args:?}: {said}");
        assert!(said.contains(says), "{args:?}: {said}");
    }
    assert!(!dir.path().join("netscan.redb").exists(), "nothing was made");
}

fn certify(dir: &Path) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    fs::write(dir.join("cert.pem"), made.cert.pem()).unwrap();
    fs::write(dir.join("key.pem"), made.signing_key.serialize_pem()).unwrap();
}

#[test]
fn tls_serves_the_command_line_and_takes_a_new_certificate() {
    let dir = temp();
    let data = dir.path().join("data");
    certify(dir.path());
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let (cert, key) = (path("cert.pem"), path("key.pem"));
    let server =
        Guarded::start(&data, &["--tls-cert", &cert, "--tls-key", &key, "--host", "localhost"]);
    assert!(server.url.starts_with("https://localhost:"), "{}", server.url);
    assert!(server.login.starts_with(&format!("{}/login#", server.url)), "{}", server.login);
    let trusted = path("trusted.pem");
    fs::copy(&cert, &trusted).unwrap();
    let token = fs::read_to_string(data.join("admin.token")).unwrap();
    let ls =
        |trusted: &str| server.command(Some(token.trim()), &["--ca-file", trusted, "--json", "ls"]);
    assert_eq!(json(&ls(&trusted)), Value::Array(Vec::new()));
    let untrusted = server.command(Some(token.trim()), &["ls"]);
    assert_eq!(untrusted.status.code(), Some(4), "{}", text(&untrusted.stderr));
    assert!(text(&untrusted.stderr).contains("--ca-file"), "{}", text(&untrusted.stderr));
    certify(dir.path());
    assert_eq!(ls(&cert).status.code(), Some(4), "the new one is not in use yet");
    kill_process(server.pid(), Signal::HUP).unwrap();
    eventually("the new certificate", || ls(&cert).status.success().then_some(()));
    assert_eq!(ls(&trusted).status.code(), Some(4), "the old one is not in use any more");
    fs::write(&cert, "nothing").unwrap();
    kill_process(server.pid(), Signal::HUP).unwrap();
    eventually("a word in the log", || server.log().contains("stays in use").then_some(()));
}

#[test]
fn a_token_does_not_travel_in_the_clear() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_netscan"));
    command.args(["--server", "http://192.0.2.1:8000", "ls"]).env("NETSCAN_TOKEN", "nsk_x");
    let refused = run(&mut command);
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused.stderr).contains("in the clear"), "{}", text(&refused.stderr));
}
