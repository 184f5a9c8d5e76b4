//! What a process is given, and what its owner gets of it.

use crate::{finish, launch, spec, start};
use netscan_nmap::launch::{LaunchError, LaunchSpec, Launcher, TAG_VARIABLE};
use netscan_schemas::attempt::Ending;
use netscan_test_support::FakeNmap;
use std::fs;
use std::io;
use std::path::Path;

#[tokio::test]
async fn the_streams_and_the_exit_code_arrive() {
    let nmap = FakeNmap::new("stderr careful\nexit 7\n").unwrap();
    let launcher = start().await;
    let process = launcher.launch(spec(nmap.program(), "127.0.0.1\n127.0.0.8/30\n")).await.unwrap();
    assert!(process.pid.is_some_and(|pid| pid > 1));
    assert!(process.start_time.is_some_and(|time| time > 0));
    let ended = finish(process).await;
    assert_eq!(ended.ending, Ending::Exited { code: 7 });
    assert_eq!(ended.stderr, "careful\n");
    assert!(ended.stdout.contains("Nmap done: 5 IP addresses (5 hosts up)"), "{}", ended.stdout);
    assert_eq!(ended.xml.matches("</host>").count(), 5);
    assert!(ended.xml.ends_with("</nmaprun>\n"), "{}", ended.xml);
}

/// `-sL` lists targets and sends nothing.
#[tokio::test]
async fn the_installed_nmap_runs_like_this() {
    let program = Path::new("/usr/bin/nmap");
    if !program.exists() {
        return;
    }
    let launcher = start().await;
    let mut spec = spec(program, "127.0.0.1\n127.0.0.8/30\n");
    spec.args.extend(["-sL", "-n"].map(str::to_owned));
    let ended = finish(launcher.launch(spec).await.unwrap()).await;
    assert_eq!((ended.ending, ended.stderr.as_str()), (Ending::Exited { code: 0 }, ""));
    assert!(ended.stdout.contains("Nmap done: 5 IP addresses"), "{}", ended.stdout);
    assert_eq!(ended.xml.matches("</host>").count(), 5);
    assert!(ended.xml.ends_with("</nmaprun>\n"), "{}", ended.xml);
}

#[tokio::test]
async fn more_than_a_pipe_holds_goes_through() {
    const BYTES: usize = 8_000_000;
    let nmap = FakeNmap::new(&format!("flood {BYTES}\n")).unwrap();
    let targets: String = (0..4096).map(|n| format!("127.1.{}.{}\n", n / 256, n % 256)).collect();
    let launcher = start().await;
    let ended = finish(launcher.launch(spec(nmap.program(), &targets)).await.unwrap()).await;
    assert_eq!(ended.ending, Ending::Exited { code: 0 });
    assert!(ended.stdout.len() > BYTES);
    assert_eq!(ended.xml.matches("</host>").count(), 4096);
}

#[tokio::test]
async fn a_process_gets_four_descriptors_and_no_other() {
    let nmap = FakeNmap::new("show fds\n").unwrap();
    let launcher = start().await;
    let ended = finish(launch(&launcher, &nmap).await).await;
    let fds: Vec<&str> = ended.stdout.lines().filter_map(|line| line.strip_prefix("fd ")).collect();
    let [stdin, stdout, stderr, xml] = fds.as_slice() else { panic!("{fds:?}") };
    assert!(stdin.starts_with("0 /memfd:targets"), "{stdin}");
    let pipe = |fd: &str, number: &str| {
        fd.strip_prefix(number).and_then(|fd| fd.strip_prefix(" pipe:")).map(str::to_owned)
    };
    let pipes = [pipe(stdout, "1"), pipe(stderr, "2"), pipe(xml, "3")];
    assert!(pipes.iter().all(Option::is_some), "{fds:?}");
    assert!(pipes[0] != pipes[1] && pipes[1] != pipes[2] && pipes[0] != pipes[2], "{fds:?}");
}

#[tokio::test]
async fn a_process_gets_a_clean_environment_and_a_session_of_its_own() {
    let nmap = FakeNmap::new("show env\nshow session\n").unwrap();
    let launcher = start().await;
    let spec = spec(nmap.program(), "");
    let tag = spec.tag.clone();
    let process = launcher.launch(spec).await.unwrap();
    let pid = process.pid.unwrap();
    let ended = finish(process).await;
    let mut env: Vec<&str> =
        ended.stdout.lines().filter_map(|line| line.strip_prefix("env ")).collect();
    env.sort_unstable();
    let tag = format!("{TAG_VARIABLE}={tag}");
    let path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    assert_eq!(env, ["LC_ALL=C", &tag, path]);
    let warden = launcher.warden_pid().await;
    let session = [
        format!("pid {pid}"),
        format!("parent {warden}"),
        format!("group {pid}"),
        format!("session {pid}"),
        "directory /".to_owned(),
    ];
    for expected in session {
        assert!(ended.stdout.lines().any(|line| line == expected), "{expected}: {}", ended.stdout);
    }
}

#[tokio::test]
async fn a_process_gets_default_signals_a_private_mask_and_no_core() {
    let launcher = start().await;
    let cat = LaunchSpec {
        args: ["/proc/self/status", "/proc/self/limits"].map(str::to_owned).to_vec(),
        ..spec("/bin/cat", "")
    };
    let ended = finish(launcher.launch(cat).await.unwrap()).await;
    let field = |name: &str| {
        let line = ended.stdout.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(field("Umask:"), "0077");
    assert_eq!(field("SigBlk:"), "0000000000000000");
    // 32 and 33 belong to the C library, whose posix_spawn ignores them in every child.
    let ignored = u64::from_str_radix(&field("SigIgn:"), 16).unwrap();
    assert_eq!(ignored & !(0b11 << 31), 0, "{ignored:x}");
    assert_eq!(field("Max core file size"), "0 0 bytes");
}

#[tokio::test]
async fn what_cannot_be_started_says_why() {
    let launcher = start().await;
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("nmap");
    fs::write(&file, "no program").unwrap();
    let table = [
        (spec(dir.path().join("none"), ""), io::ErrorKind::NotFound),
        (spec(&file, ""), io::ErrorKind::PermissionDenied),
        (spec(dir.path(), ""), io::ErrorKind::PermissionDenied),
        (
            LaunchSpec { args: vec!["a\0b".to_owned()], ..spec(&file, "") },
            io::ErrorKind::InvalidInput,
        ),
    ];
    for (spec, expected) in table {
        let program = spec.program.clone();
        match launcher.launch(spec).await {
            Err(error @ LaunchError::Spawn { .. }) => {
                assert!(!error.is_transient());
                let LaunchError::Spawn { program: named, source } = error else { unreachable!() };
                assert_eq!((named, source.kind()), (program, expected));
            }
            other => panic!("{other:?}"),
        }
    }
    let long = LaunchSpec { args: vec!["x".repeat(200_000)], ..spec(&file, "") };
    assert!(matches!(launcher.launch(long).await, Err(LaunchError::TooLong { .. })));
    // None of this has hurt the warden.
    let nmap = FakeNmap::new("").unwrap();
    assert_eq!(finish(launch(&launcher, &nmap).await).await.ending, Ending::Exited { code: 0 });
}
