//! A script that tries what an attacker would, run by nmap for this purpose. No request can name a
//! script's file; here it stands on a command line that the test writes.

use crate::{Ended, NOBODY, is_root, launcher, nmap, of_an_ordinary_user, open_dir, ours, run};
use netscan_nmap::launch::{Needs, TAG_VARIABLE, WardenProgram};
use netscan_schemas::api::SandboxMode;
use netscan_schemas::attempt::Ending;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;

/// Prints `try NAME RESULT` for everything that it tries, and some files about itself.
const SCRIPT: &str = r#"
local lfs = require "lfs"
categories = {"safe"}
prerule = function() return true end
local function try(name, what)
  local ok, result = pcall(what)
  print(("try %s %s"):format(name, ok and result and tostring(result) or "no"))
end
local function read(path)
  local file = io.open(path, "rb")
  return file and file:read("a"):gsub("%s", "_"):sub(1, 40)
end
local function write(path)
  local file = io.open(path, "w")
  return file and file:write("written") and file:flush() and file:close() and "written"
end
local function show(path)
  for line in io.lines(path) do print(("%s: %s"):format(path, line)) end
end
action = function()
  try("execute", function() return os.execute("true") end)
  try("popen", function() return io.popen("id -u"):read("l") end)
  try("write-open-folder", function() return write("OPEN/new") end)
  try("write-tmp", function() return write("/tmp/NAME") end)
  try("write-open-file", function() return write("OPEN/file") end)
  try("append", function() return io.open("OPEN/file", "a") and "opened" end)
  try("temporary-file", function() return io.tmpfile() and "made" end)
  try("mkdir", function() return lfs.mkdir("OPEN/folder") end)
  try("remove", function() return os.remove("OPEN/remove") end)
  try("rename", function() return os.rename("OPEN/rename", "OPEN/renamed") end)
  try("link", function() return lfs.link("OPEN/link", "OPEN/linked", true) end)
  try("list", function() for entry in lfs.dir("OPEN") do return "listed" end end)
  try("read-open-file", function() return read("OPEN/file") end)
  try("read-token", function() return read("SECRET/netscan.token") end)
  try("read-store", function() return read("SECRET/netscan.redb") end)
  try("read-shadow", function() return read("/etc/shadow") end)
  try("read-warden-environment", function() return read("/proc/WARDEN/environ") end)
  try("read-warden-files", function() return io.open("/proc/WARDEN/fd/0") and "opened" end)
  try("read-warden-memory", function() return io.open("/proc/WARDEN/mem", "rb") and "opened" end)
  try("read-around", function() return read("/proc/self/root/SECRET/netscan.token") end)
  try("write-self", function() return write("/proc/self/comm") end)
  try("read-nmap-data", function() return read("/usr/share/nmap/nmap-protocols") and "read" end)
  show("/proc/self/status")
  show("/proc/self/limits")
  for entry in io.open("/proc/self/environ"):read("a"):gmatch("[^%z]+") do print("env " .. entry) end
end
"#;

/// What the script found.
struct Found {
    tries: BTreeMap<String, String>,
    ended: Ended,
}

impl Found {
    /// Returns the names of what it could not do.
    fn refused(&self) -> Vec<&str> {
        let refused = self.tries.iter().filter(|(_, result)| *result == "no");
        refused.map(|(name, _)| name.as_str()).collect()
    }

    fn field(&self, file: &str, name: &str) -> String {
        let start = format!("/proc/self/{file}: {name}");
        let line = self.ended.stdout.lines().find_map(|line| line.strip_prefix(&start));
        line.unwrap_or_else(|| panic!("no {start}"))
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
    }
}

/// Runs the script. `owner` has the files that are secret, as if it ran the server.
async fn attack(program: WardenProgram, mode: SandboxMode, owner: u32) -> Option<Found> {
    let launcher = launcher(program, mode, &["landlock", "seccomp"]).await?;
    let world = open_dir();
    let (open, secret, scripts) =
        (world.path().join("open"), world.path().join("secret"), world.path().join("scripts"));
    for dir in [&open, &secret, &scripts] {
        fs::create_dir(dir).unwrap();
    }
    for name in ["file", "remove", "rename", "link"] {
        fs::write(open.join(name), "content").unwrap();
        fs::set_permissions(open.join(name), fs::Permissions::from_mode(0o666)).unwrap();
    }
    for name in ["netscan.token", "netscan.redb"] {
        fs::write(secret.join(name), "confidential").unwrap();
        fs::set_permissions(secret.join(name), fs::Permissions::from_mode(0o600)).unwrap();
    }
    for (dir, mode) in [(&open, 0o777), (&secret, 0o700), (&scripts, 0o755)] {
        fs::set_permissions(dir, fs::Permissions::from_mode(mode)).unwrap();
    }
    if is_root() {
        for path in [&secret, &secret.join("netscan.token"), &secret.join("netscan.redb")] {
            chown(path, Some(owner), Some(owner)).unwrap();
        }
    }
    let name = format!("netscan-sandbox-test-{}-{owner}-{mode:?}", std::process::id());
    let script = SCRIPT
        .replace("OPEN", open.to_str().unwrap())
        .replace("/SECRET", secret.to_str().unwrap())
        .replace("SECRET", secret.to_str().unwrap())
        .replace("NAME", &name)
        .replace("WARDEN", &launcher.warden_pid().await.to_string());
    let path = scripts.join("hostile.nse");
    fs::write(&path, script).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();

    let needs = Needs { reads: vec![scripts], raw: is_root() && owner == 0, ..Needs::default() };
    let arguments = format!("-sn -Pn --script {} 127.0.0.1", path.display());
    let ended = run(&launcher, nmap(&arguments, needs)).await;
    let tmp = Path::new("/tmp").join(name);
    let wrote_to_tmp = tmp.exists();
    let _ = fs::remove_file(&tmp);
    let untouched = fs::read_to_string(open.join("file")).is_ok_and(|text| text == "content")
        && fs::read_dir(&open).unwrap().count() == 4
        && ["remove", "rename", "link"].iter().all(|name| open.join(name).exists())
        && !wrote_to_tmp;

    assert_eq!(ended.ending, Ending::Exited { code: 0 }, "{}", ended.stderr);
    let tries = ended.stdout.lines().filter_map(|line| line.strip_prefix("try ")?.split_once(' '));
    let tries = tries.map(|(name, result)| (name.to_owned(), result.to_owned())).collect();
    let found = Found { tries, ended };
    assert_eq!(found.tries.len(), SCRIPT.matches("  try(").count(), "{}", found.ended.stdout);
    assert_eq!(untouched, mode != SandboxMode::Off, "{:?}", found.tries);
    Some(found)
}

/// Everything but what nmap itself has to have.
fn all_but_what_nmap_needs(found: &Found) -> Vec<&str> {
    found.tries.keys().map(String::as_str).filter(|name| *name != "read-nmap-data").collect()
}

fn check_cell(found: &Found) {
    assert_eq!(found.refused(), all_but_what_nmap_needs(found), "{:?}", found.tries);
    assert_eq!(found.field("status", "NoNewPrivs:"), "1");
    assert_eq!(found.field("status", "Seccomp:"), "2");
    assert_eq!(found.field("status", "Umask:"), "0077");
    for (limit, value) in [
        ("Max file size", "0 0 bytes"),
        ("Max core file size", "0 0 bytes"),
        ("Max address space", "1073741824 1073741824 bytes"),
    ] {
        assert_eq!(found.field("limits", limit), value);
    }
    let files = found.field("limits", "Max open files");
    let most: u64 = files.split(' ').nth(1).unwrap().parse().unwrap();
    assert!(most <= 4096, "{files}");
    let lines = found.ended.stdout.lines();
    let mut environment: Vec<&str> = lines.filter_map(|line| line.strip_prefix("env ")).collect();
    environment.sort_unstable();
    let tag = format!("{TAG_VARIABLE}=sandbox-test");
    let path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    assert_eq!(environment, ["LC_ALL=C", &tag, path]);
}

#[tokio::test]
async fn as_root_a_hostile_script_gets_nothing() {
    if !is_root() {
        eprintln!("skipped: this is for root");
        return;
    }
    let Some(found) = attack(ours(), SandboxMode::BestEffort, 0).await else { return };
    check_cell(&found);
    let raw = "0000000000002000";
    for (field, value) in [
        ("Uid:", "65534 65534 65534 65534"),
        ("Gid:", "65534 65534 65534 65534"),
        ("Groups:", ""),
        ("CapInh:", raw),
        ("CapPrm:", raw),
        ("CapEff:", raw),
        ("CapBnd:", "0000000000003400"),
        ("CapAmb:", raw),
    ] {
        assert_eq!(found.field("status", field), value, "{field}");
    }
}

#[tokio::test]
async fn as_an_ordinary_user_a_hostile_script_gets_nothing() {
    let dir = open_dir();
    let warden = of_an_ordinary_user(dir.path());
    let Some(found) = attack(warden, SandboxMode::BestEffort, NOBODY).await else { return };
    check_cell(&found);
    for field in ["CapInh:", "CapPrm:", "CapEff:", "CapAmb:"] {
        assert_eq!(found.field("status", field), "0000000000000000", "{field}");
    }
}

/// What is refused above works without a sandbox, so that it is the sandbox that refuses it.
#[tokio::test]
async fn without_a_sandbox_a_hostile_script_gets_all() {
    let dir = open_dir();
    let warden = of_an_ordinary_user(dir.path());
    let Some(found) = attack(warden, SandboxMode::Off, NOBODY).await else { return };
    assert_eq!(found.refused(), ["read-shadow"], "{:?}", found.tries);
    if is_root() {
        let Some(found) = attack(ours(), SandboxMode::Off, 0).await else { return };
        assert_eq!(found.refused(), Vec::<&str>::new(), "{:?}", found.tries);
    }
}
