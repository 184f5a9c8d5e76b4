//! Disks that fill up.

use super::*;

#[test]
fn a_disk_that_fills_up_is_told_before_it_is_full_and_after() {
    let fixture = Fixture::with_ballast(4096);
    let needed = RESERVE + RESERVE / 8;
    assert_eq!(fixture.store.health(), Health::Ok);
    assert!(fixture.dir.path().join("netscan.ballast").exists());
    fixture.free.store(RESERVE - 1, Ordering::SeqCst);
    let low = fixture.becomes(|health| *health != Health::Ok);
    assert_eq!(low, Health::Low { free: RESERVE - 1, needed });
    assert!(!low.accepts_work() && low.is_writable());
    fixture.write_event().expect("what runs may finish");
    fixture.free.store(needed, Ordering::SeqCst);
    fixture.becomes(|health| *health == Health::Ok);
}

#[test]
fn whichever_write_fills_the_disk_the_ballast_lets_it_be_done() {
    for changes in 0..60 {
        let fixture = Fixture::with_ballast(4096);
        let ballast = fixture.dir.path().join("netscan.ballast");
        fixture.free.store(0, Ordering::SeqCst);
        fixture.becomes(|health| !health.accepts_work());
        fixture.fail_after(changes, Fault::FullWhile(ballast.clone()));
        for seq in 1..=20 {
            let receipt = fixture.write_event();
            assert_eq!(receipt.expect("it is done").last_seq, [(fixture.scan, seq)], "{changes}");
        }
        assert!(!ballast.exists(), "the fault never came");
        assert!(matches!(fixture.store.health(), Health::Low { free: 0, .. }));
        fixture.assert_told_what_is_stored();
        fixture.free.store(ROOMY, Ordering::SeqCst);
        fixture.becomes(|health| *health == Health::Ok);
        assert!(ballast.exists(), "it is laid in again");
        fixture.mend();
        let (store, scan, _dir) = fixture.reopened();
        assert_eq!(store.last_seq(scan).unwrap(), 20);
        assert!(check(&store).unwrap().is_clean());
    }
}

#[test]
fn a_unit_that_was_done_by_the_write_that_filled_the_disk_is_not_done_twice() {
    for changes in 0..60 {
        let fixture = Fixture::with_ballast(4096);
        let ballast = fixture.dir.path().join("netscan.ballast");
        fixture.free.store(0, Ordering::SeqCst);
        fixture.fail_after(changes, Fault::FullWhile(ballast));
        for number in 0..20 {
            // A second try of one that is done would be refused.
            let made = fixture.store.create_project(&format!("p{number}"), None).wait();
            made.unwrap_or_else(|error| panic!("change {changes}, project {number}: {error}"));
        }
        assert_eq!(fixture.store.projects(None, 100).unwrap().len(), 21);
    }
}

#[test]
fn a_full_disk_without_ballast_refuses_and_recovers() {
    for changes in 0..30 {
        let fixture = Fixture::new();
        fixture.write_event().unwrap();
        fixture.free.store(0, Ordering::SeqCst);
        fixture.fail_after(changes, Fault::Full);
        let mut acknowledged = 1;
        let refused = loop {
            match fixture.write_event() {
                Ok(receipt) => acknowledged = receipt.last_seq[0].1,
                Err(error) => break error,
            }
        };
        assert!(matches!(refused, WriteError::Full), "{refused}");
        assert!(refused.is_transient());
        let health = fixture.store.health();
        assert!(matches!(health, Health::Full { free: 0, .. }), "{health:?}");
        assert!(!health.is_writable());
        assert!(fixture.store.last_seq(fixture.scan).unwrap() >= acknowledged, "reading goes on");
        fixture.mend();
        fixture.free.store(ROOMY, Ordering::SeqCst);
        fixture.write_when_well();
        fixture.becomes(|health| *health == Health::Ok);
        fixture.assert_told_what_is_stored();
        let (store, scan, _dir) = fixture.reopened();
        assert!(store.last_seq(scan).unwrap() > acknowledged);
        assert!(check(&store).unwrap().is_clean());
    }
}
