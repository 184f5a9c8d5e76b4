//! Stand-ins for nmap, good and bad, and who may change them.

use super::{trust::others, *};
use std::os::unix::fs::PermissionsExt;
use tempfile::TempDir;

/// A program that does what this shell script does.
fn program(directory: &TempDir, body: &str, mode: u32) -> PathBuf {
    let bin = directory.path().join("bin");
    fs::create_dir_all(&bin).unwrap();
    let path = bin.join("nmap");
    // Written under another name and by another process: a file that a thread of ours has open
    // for writing while another one forks cannot be executed ("text file busy").
    let status = Command::new("/bin/sh")
        .args(["-c", "printf '%s' \"$1\" > \"$2\"", "sh", &format!("#!/bin/sh\n{body}\n")])
        .arg(&path)
        .status()
        .unwrap();
    assert!(status.success());
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    path
}

fn said(line: &str) -> String {
    format!("[ \"$1\" = --version ] && echo '{line}'")
}

#[test]
fn versions() {
    for (said, shown) in [
        ("Nmap version 7.93 ( https://nmap.org )", Some("7.93")),
        ("\nNmap version 7.991SVN ( https://nmap.org )\n", Some("7.991")),
        ("Nmap version 7.01 ( https://nmap.org )", Some("7.01")),
        ("Nmap version 7.25BETA1", Some("7.25")),
        ("Nmap version seven", None),
        ("Nmap version 7.", None),
        ("Ncat: Version 7.93", None),
        ("", None),
    ] {
        assert_eq!(Version::read(said).map(|v| v.to_string()).as_deref(), shown, "{said}");
    }
    let version = |minor| Version { major: 7, minor };
    assert!(version(80) < version(93) && version(93) < version(991));
    assert!(version(991) < Version { major: 8, minor: 0 });
}

#[test]
fn a_stand_in_is_found_with_its_data() {
    let directory = TempDir::new().unwrap();
    let path = program(&directory, &said("Nmap version 7.99 ( x )"), 0o755);
    let data = directory.path().join("share/nmap");
    fs::create_dir_all(&data).unwrap();
    fs::write(data.join("nmap-services"), "").unwrap();
    let version = Version { major: 7, minor: 99 };
    let (program, datadir) = (path.clone(), Some(data));
    let expected = Installation { program, version, datadir, own_datadir: None };
    assert_eq!(locate(Some(&path)).unwrap(), expected);
}

#[test]
fn the_environment_is_not_handed_on() {
    let directory = TempDir::new().unwrap();
    // The shell itself sets PWD and a few more; cargo's variables must be gone.
    let body = "[ -z \"$CARGO_MANIFEST_DIR$HOME\" ] && echo Nmap version 7.93";
    assert!(env::var_os("CARGO_MANIFEST_DIR").is_some());
    locate(Some(&program(&directory, body, 0o755))).unwrap();
}

#[test]
fn what_is_not_run() {
    let directory = TempDir::new().unwrap();
    let good = said("Nmap version 7.93 ( x )");
    let refused =
        |body: &str, mode| locate(Some(&program(&directory, body, mode))).unwrap_err().to_string();
    assert!(refused(&good, 0o644).contains("is not executable"));
    assert!(refused(&good, 0o757).contains("can be changed by every user"));
    assert!(refused(&said("Nmap version 7.70 ( x )"), 0o755).contains("needs 7.80 or newer"));
    assert!(
        refused("echo hello", 0o755)
            .contains("is not nmap: asked for its version it says \"hello\"")
    );
    assert!(refused("exit 3", 0o755).contains("is not nmap"));
    let folder = locate(Some(directory.path())).unwrap_err().to_string();
    assert!(folder.contains("no regular file"), "{folder}");
    let gone = locate(Some(Path::new("/nonexistent/nmap"))).unwrap_err();
    assert!(matches!(gone, LocateError::Missing { .. }));
}

#[test]
fn only_root_and_the_user_may_have_the_program() {
    let (root, own, other) = ((0, 0), (1000, 1000), (1001, 1001));
    for (mode, file, user, how) in [
        (0o755, root, own, None),
        (0o755, own, own, None),
        (0o775, own, own, None),
        (0o775, root, own, None),
        (0o755, root, root, None),
        (0o755, other, own, Some("belongs to user 1001")),
        (0o755, own, root, Some("belongs to user 1000")),
        (0o775, (0, 27), own, Some("can be changed by group 27")),
        (0o775, (1000, 27), own, Some("can be changed by group 27")),
    ] {
        assert_eq!(others(mode, file, user).as_deref(), how, "{mode:o} {file:?} {user:?}");
    }
}

#[test]
fn who_may_replace_a_program_is_seen() {
    let directory = TempDir::new().unwrap();
    let path = program(&directory, &said("Nmap version 7.93 ( x )"), 0o755);
    let bin = path.parent().unwrap();
    let set = |mode| fs::set_permissions(bin, fs::Permissions::from_mode(mode)).unwrap();
    let is_open = || {
        matches!(locate(Some(&path)), Err(LocateError::OpenDirectory { directory, .. })
            if directory == bin)
    };
    set(0o755);
    assert_eq!((is_open(), replaceable_by(&path)), (false, None));
    set(0o777);
    assert!(is_open());
    // By way of a link in a closed place, too.
    let link = directory.path().join("link");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    assert!(matches!(locate(Some(&link)), Err(LocateError::OpenDirectory { .. })));
    set(0o1777);
    assert_eq!((is_open(), replaceable_by(&path)), (false, None));
    if !rustix::process::geteuid().is_root() {
        return; // Only root gives files away.
    }
    set(0o2775);
    std::os::unix::fs::chown(bin, None, Some(50)).unwrap();
    let (how, mend) = replaceable_by(&path).unwrap();
    assert!(how.contains("can be changed by group 50"), "{how}");
    assert!(mend.contains("chmod g-w") && mend.contains(bin.to_str().unwrap()), "{mend}");
    assert!(!is_open() && locate(Some(&path)).is_ok());
    std::os::unix::fs::chown(bin, Some(1000), Some(0)).unwrap();
    let (how, mend) = replaceable_by(&path).unwrap();
    assert!(how.contains("belongs to user 1000") && mend.contains("chown root"), "{how}");
}

#[test]
fn what_is_asked_for_its_version_carries_our_mark_and_ends_with_us() {
    let directory = TempDir::new().unwrap();
    let body = format!("[ \"${TAG_VARIABLE}\" = version ] && echo Nmap version 7.93");
    locate(Some(&program(&directory, &body, 0o755))).unwrap();
    // Here a thread stands for the process: its end is what the kernel goes by.
    let start = || {
        let mut command = Command::new("sleep");
        end_with_us(command.arg("60"));
        command.spawn().unwrap()
    };
    let status = thread::spawn(start).join().unwrap().wait().unwrap();
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(9));
}

#[test]
fn rights_that_a_file_gives_are_seen() {
    let directory = TempDir::new().unwrap();
    let path = program(&directory, "", 0o755);
    assert_eq!(rights_of_file(&path), None);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o6755)).unwrap();
    assert_eq!(rights_of_file(&path).as_deref(), Some("setuid and setgid"));
    assert_eq!(rights_of_file(Path::new("/nonexistent")), None);
}

#[test]
fn a_grandchild_that_keeps_the_pipe_does_not_hold_us() {
    let directory = TempDir::new().unwrap();
    let pid_file = directory.path().join("pid");
    let body = format!("/bin/sleep 60 & echo $! > {}; echo Nmap version 7.93", pid_file.display());
    let found = locate(Some(&program(&directory, &body, 0o755)));
    let pid: i32 = fs::read_to_string(pid_file).unwrap().trim().parse().unwrap();
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    rustix::process::kill_process(pid, Signal::KILL).unwrap();
    assert_eq!(found.unwrap().version, Version { major: 7, minor: 93 });
}

#[test]
fn only_absolute_directories_are_searched() {
    let directory = TempDir::new().unwrap();
    let path = program(&directory, "", 0o755);
    let bin = path.parent().unwrap().to_str().unwrap();
    let found = search(Some(OsStr::new(&format!(":relative:/nonexistent:{bin}"))));
    assert_eq!(found.unwrap(), path);
    let none = search(Some(OsStr::new("/nonexistent"))).unwrap_err().to_string();
    assert!(none.contains("apt-get install nmap"), "{none}");
}
