//! Disks that take no writes, for a while or for good.

use super::*;

/// Changes after which a fault comes: more than one transaction makes.
const CHANGES: u32 = 60;

#[test]
fn a_fault_fails_what_was_not_acknowledged_and_the_store_recovers_by_itself() {
    let fixture = Fixture::new();
    fixture.write_event().unwrap();
    fixture.faults.writes_fail.store(true, Ordering::SeqCst);
    let failed = fixture.write_event();
    assert!(
        matches!(&failed, Err(WriteError::Io { reason }) if reason.contains("on fire")),
        "{failed:?}"
    );
    assert!(matches!(fixture.store.health(), Health::Degraded { .. }));
    assert!(matches!(fixture.write_event(), Err(WriteError::Io { .. })), "still on fire");
    fixture.faults.writes_fail.store(false, Ordering::SeqCst);
    assert_eq!(fixture.write_when_well().last_seq, [(fixture.scan, 2)]);
    assert_eq!(fixture.store.health(), Health::Ok);
    fixture.assert_told_what_is_stored();
    assert!(check(&fixture.store).unwrap().is_clean());
}

#[test]
fn events_stay_gapless_whichever_sync_is_the_last() {
    for syncs in 1..=6 {
        let fixture = Fixture::new();
        fixture.write_event().unwrap();
        fixture.faults.syncs_left.store(syncs, Ordering::SeqCst);
        while fixture.write_event().is_ok() {}
        fixture.faults.writes_fail.store(false, Ordering::SeqCst);
        fixture.write_when_well();
        fixture.assert_told_what_is_stored();
        assert!(check(&fixture.store).unwrap().is_clean());
    }
}

#[test]
fn a_store_on_a_failing_disk_still_shuts_down() {
    let fixture = Fixture::new();
    fixture.faults.writes_fail.store(true, Ordering::SeqCst);
    assert!(fixture.write_event().is_err());
    fixture.store.shutdown();
    assert!(matches!(fixture.write_event(), Err(WriteError::Closed)));
}

#[test]
fn a_fault_at_any_change_loses_nothing_that_was_acknowledged() {
    for changes in 0..CHANGES {
        for times in [1, 3] {
            let fixture = Fixture::new();
            fixture.write_event().unwrap();
            fixture.fail_after(changes, Fault::Io { times });
            let mut acknowledged = 1;
            // The fault comes within these, and with it a few refusals.
            for _ in 0..20 {
                match fixture.write_event() {
                    Ok(receipt) => acknowledged = receipt.last_seq[0].1,
                    Err(WriteError::Io { .. }) => {
                        let read = fixture.store.events(fixture.scan, 0, usize::MAX, usize::MAX);
                        // While the file is opened again there is a moment without one.
                        assert!(
                            matches!(&read, Ok(read) if read.len() as u64 >= acknowledged)
                                || matches!(read, Err(crate::ReadError::Unavailable))
                        );
                    }
                    Err(error) => panic!("{error}"),
                }
            }
            acknowledged = fixture.write_when_well().last_seq[0].1.max(acknowledged);
            fixture.becomes(|health| *health == Health::Ok);
            fixture.assert_told_what_is_stored();
            let (store, scan, _dir) = fixture.reopened();
            assert!(store.last_seq(scan).unwrap() >= acknowledged, "change {changes}");
            let report = check(&store).unwrap();
            assert!(report.is_clean(), "change {changes}: {:?}", report.problems);
        }
    }
}

#[test]
fn a_store_that_never_mends_still_reads() {
    let fixture = Fixture::new();
    fixture.write_event().unwrap();
    fixture.fail_after(0, Fault::Io { times: u32::MAX });
    assert!(matches!(fixture.write_event(), Err(WriteError::Io { .. })));
    // The file is opened again and again meanwhile, and in the end only for reading.
    let reads = (0..200).filter(|_| {
        thread::sleep(Duration::from_micros(200));
        matches!(fixture.store.last_seq(fixture.scan), Ok(1))
    });
    assert_eq!(reads.count(), 200);
    fixture.mend();
    fixture.write_when_well();
}
