//! One process ends, and everything that it started.

use crate::{
    children_of, eventually, finish, is_alive, launch, left_behind, lines_until, new_tag,
    open_files_of, spec, start,
};
use netscan_nmap::launch::{LaunchSpec, Launcher, Process};
use netscan_schemas::attempt::Ending;
use netscan_test_support::FakeNmap;
use std::sync::Arc;

#[tokio::test]
async fn terminate_ends_a_process() {
    let nmap = FakeNmap::new("hang\n").unwrap();
    let launcher = start().await;
    let process = launch(&launcher, &nmap).await;
    process.control.terminate();
    assert_eq!(finish(process).await.ending, Ending::Signalled { signal: 15 });
}

#[tokio::test]
async fn one_that_ignores_terminate_is_killed() {
    let nmap = FakeNmap::new("attempt 1: ignore-term\nline holding\nattempt 1: hang\n").unwrap();
    let launcher = start().await;
    let mut process = launch(&launcher, &nmap).await;
    lines_until(&mut process, "holding").await;
    process.control.terminate();
    // Orders are carried out one after the other, so this one comes after the signal.
    finish(launch(&launcher, &nmap).await).await;
    assert!(is_alive(process.pid.unwrap()));
    process.control.kill();
    assert_eq!(finish(process).await.ending, Ending::Signalled { signal: 9 });
}

#[tokio::test]
async fn what_a_process_leaves_behind_ends_with_it() {
    let script = "ignore-term\nfork\nfork-escape\nfork-escape\nline holding\n";
    let launcher = start().await;
    for end in ["exit 3\n", "signal 11\n", "hang\n"] {
        let nmap = FakeNmap::new(&format!("{script}{end}")).unwrap();
        let mut process = launch(&launcher, &nmap).await;
        let left = left_behind(&lines_until(&mut process, "holding").await);
        assert_eq!(left.len(), 3);
        if end == "hang\n" {
            assert!(left.iter().all(|pid| is_alive(*pid)));
            process.control.kill();
        }
        // They hold the outputs, so reading comes to an end only because they are gone.
        let ended = finish(process).await;
        let expected = match end {
            "exit 3\n" => Ending::Exited { code: 3 },
            "signal 11\n" => Ending::Signalled { signal: 11 },
            _ => Ending::Signalled { signal: 9 },
        };
        assert_eq!(ended.ending, expected);
        assert!(left.iter().all(|pid| !is_alive(*pid)), "{left:?} after {end}");
    }
    assert_eq!(children_of(launcher.warden_pid().await), "");
}

#[tokio::test]
async fn a_dropped_control_kills() {
    let nmap = FakeNmap::new("ignore-term\nline holding\nhang\n").unwrap();
    let launcher = start().await;
    let mut process = launch(&launcher, &nmap).await;
    lines_until(&mut process, "holding").await;
    let Process { control, exit, .. } = process;
    drop(control);
    assert_eq!(exit.await.ending, Ending::Signalled { signal: 9 });
}

/// A launch that is given up at any moment leaves nothing behind.
#[tokio::test]
async fn a_dropped_launch_leaves_no_process() {
    let nmap = FakeNmap::new("hang\n").unwrap();
    let launcher = start().await;
    let tag = new_tag();
    for patience in 0..60 {
        let spec = LaunchSpec { tag: tag.clone(), ..spec(nmap.program(), "") };
        let mut launch = launcher.launch(spec);
        let mut polls = 0;
        std::future::poll_fn(|context| {
            polls += 1;
            if polls > patience || launch.as_mut().poll(context).is_ready() {
                return std::task::Poll::Ready(());
            }
            context.waker().wake_by_ref();
            std::task::Poll::Pending
        })
        .await;
    }
    let warden = launcher.warden_pid().await;
    // Whatever was ordered before this has been started by now, if it ever is.
    nmap.follow("").unwrap();
    assert_eq!(finish(launch(&launcher, &nmap).await).await.ending, Ending::Exited { code: 0 });
    eventually("all are gone", || children_of(warden).is_empty()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_at_once_leave_nothing_behind() {
    let nmap = FakeNmap::new("attempt 7: signal 9\nexit 5\n").unwrap();
    let launcher = Arc::new(start().await);
    let warden = launcher.warden_pid().await;
    let files = open_files_of(warden);
    let runs: Vec<_> = (0..200)
        .map(|n| {
            let (launcher, spec) =
                (Arc::clone(&launcher), spec(nmap.program(), &format!("127.0.0.{n}\n")));
            tokio::spawn(async move {
                let ended = finish(launcher.launch(spec).await.unwrap()).await;
                let own = format!("<address addr=\"127.0.0.{n}\" ");
                (ended.xml.matches(&own).count(), ended.ending)
            })
        })
        .collect();
    let mut killed = 0;
    for run in runs {
        match run.await.unwrap() {
            (1, Ending::Exited { code: 5 }) => {}
            (_, Ending::Signalled { signal: 9 }) => killed += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(killed, 1);
    assert_eq!(children_of(warden), "", "no zombie");
    assert_eq!(open_files_of(warden), files);
}
