//! Lists, pages, lookups, and raw output.

use crate::support::{
    Change, Fixture, address, addresses, attempt_record, batch_record, state, up, with_open_port,
};
use netscan_schemas::{
    Time,
    attempt::Stream,
    batch::BatchStatus,
    grants::{Grants, GrantsChange, ScriptTier},
    id::{AttemptNo, ScanId},
    limits::RAW_FRAME_BYTES,
    scan::ScanStatus,
    stored::{ProjectRecord, Widening},
};
use netscan_store::{GrantsEdit, ProjectEdit, ScanFilter, Write, raw};

#[test]
fn to_grant_more_takes_a_note_that_is_kept_while_something_is_granted() {
    use ScriptTier::{All, Intrusive, Safe};
    let fixture = Fixture::new();
    let project = fixture.project("p");
    let change = |scripts, evasion, note: Option<&str>| {
        let change = GrantsChange { scripts, evasion, note: note.map(str::to_owned) };
        let edit = GrantsEdit { change, by: "me".into(), at: Time::from_secs(7) };
        let edit = ProjectEdit { grants: Some(edit), ..ProjectEdit::default() };
        fixture.store.update_project(project, edit).wait()
    };
    let steps = [
        (Some(Intrusive), None, None, Err(())),
        (None, Some(true), None, Err(())),
        (Some(Safe), Some(false), None, Ok((Safe, false, None))),
        (Some(Intrusive), None, Some("a"), Ok((Intrusive, false, Some("a")))),
        (Some(All), Some(false), None, Err(())),
        (Some(Safe), Some(true), None, Err(())),
        (Some(All), Some(true), Some("b"), Ok((All, true, Some("b")))),
        (Some(All), Some(true), None, Ok((All, true, Some("b")))),
        // Less takes none, and does not say why there is what stays.
        (Some(Intrusive), None, Some("c"), Ok((Intrusive, true, Some("b")))),
        (Some(Safe), None, None, Ok((Safe, true, Some("b")))),
        (None, Some(false), None, Ok((Safe, false, None))),
    ];
    let mut held = ProjectRecord::new(project, "p".into(), None, Time::from_secs(0));
    for (scripts, evasion, note, expected) in steps {
        match (change(scripts, evasion, note), expected) {
            (Ok(receipt), Ok((scripts, evasion, note))) => {
                held = receipt.project.unwrap();
                assert_eq!(held.grants, Grants { scripts, evasion });
                let at = Time::from_secs(7);
                let by = || "me".to_owned();
                let widened = note.map(|note| Widening { note: note.to_owned(), by: by(), at });
                assert_eq!(held.widened, widened);
            }
            (Err(error), Err(())) => {
                assert!(error.to_string().contains("add a note"), "{error}");
            }
            (answer, expected) => panic!("{answer:?} instead of {expected:?}"),
        }
        let kept = fixture.store.project(project).unwrap().unwrap();
        assert_eq!(kept.grants, held.grants);
    }
}

#[test]
fn projects_are_found_by_number_and_by_name() {
    let fixture = Fixture::new();
    let store = &fixture.store;
    let ids: Vec<_> = ["a", "b", "c"].map(|name| fixture.project(name)).to_vec();
    let description = |text: Option<&str>| Some(text.map(str::to_owned));
    let edit = ProjectEdit {
        name: Some("B".into()),
        description: description(Some("text")),
        ..ProjectEdit::default()
    };
    store.update_project(ids[1], edit).wait().unwrap();
    assert_eq!(store.project_by_name("b").unwrap(), None);
    let renamed = store.project_by_name("B").unwrap().unwrap();
    assert_eq!((renamed.id, renamed.description.as_deref()), (ids[1], Some("text")));
    let edit = ProjectEdit { description: description(None), ..ProjectEdit::default() };
    let cleared = store.update_project(ids[1], edit).wait().unwrap().project.unwrap();
    assert_eq!((cleared.name.as_str(), cleared.description), ("B", None));
    let page = |after, limit| -> Vec<_> {
        store.projects(after, limit).unwrap().into_iter().map(|project| project.id).collect()
    };
    assert_eq!(page(None, 2), ids[..2]);
    assert_eq!(page(Some(ids[1]), 2), ids[2..]);
    fixture.assert_clean();
}

#[test]
fn scans_are_listed_by_project_and_status_both_ways() {
    let fixture = Fixture::new();
    let projects = [fixture.project("a"), fixture.project("b")];
    for index in 0..6 {
        let (scan, _) = fixture.scan(projects[index % 2], &addresses(1));
        if index >= 3 {
            fixture.end(scan);
        }
    }
    let list = |filter: ScanFilter| -> Vec<u64> {
        let scans = fixture.store.scans(&filter).unwrap();
        scans.into_iter().map(|scan| scan.spec.id.get()).collect()
    };
    let (project, status) = (Some(projects[0]), Some(ScanStatus::Completed));
    let after = ScanId::new(4);
    let all = ScanFilter::default;
    assert_eq!(list(all()), [1, 2, 3, 4, 5, 6]);
    assert_eq!(list(ScanFilter { limit: 2, after, ..all() }), [5, 6]);
    assert_eq!(list(ScanFilter { limit: 2, after, descending: true, ..all() }), [3, 2]);
    assert_eq!(list(ScanFilter { project, ..all() }), [1, 3, 5]);
    assert_eq!(list(ScanFilter { status, ..all() }), [4, 5, 6]);
    assert_eq!(list(ScanFilter { project, status, ..all() }), [5]);
    assert_eq!(list(ScanFilter { project, after, descending: true, ..all() }), [3, 1]);
    assert_eq!(fixture.store.scan_count(projects[0]).unwrap(), 3);
    let unfinished = fixture.store.unfinished_scans().unwrap();
    assert_eq!(unfinished.iter().map(|scan| scan.spec.id.get()).collect::<Vec<_>>(), [1, 2, 3]);
}

#[test]
fn batches_are_counted_by_state_and_listed_by_scan() {
    let fixture = Fixture::new();
    let (scan, first) = fixture.scan(fixture.project("p"), &addresses(4));
    let second = fixture.store.next_batch_id();
    let put = |id, status| {
        let mut write = Write::new();
        write.put_batch(&batch_record(scan, id, status, &addresses(4)));
        fixture.store.submit(write).wait().unwrap();
    };
    put(second, BatchStatus::Queued);
    put(second, BatchStatus::Running);
    put(first, BatchStatus::Completed);
    let tally = fixture.store.scan(scan).unwrap().unwrap().tally;
    assert_eq!(tally.batches, [0, 1, 0, 1, 0, 0, 0]);
    let ids = |batches: Vec<netscan_schemas::stored::BatchRecord>| -> Vec<_> {
        batches.into_iter().map(|batch| batch.id).collect()
    };
    assert_eq!(ids(fixture.store.batches(scan, None, 10).unwrap()), [first, second]);
    assert_eq!(ids(fixture.store.batches(scan, Some(first), 10).unwrap()), [second]);
    assert_eq!(ids(fixture.store.batches_open(scan).unwrap()), [second]);
    fixture.assert_clean();
}

#[test]
fn hosts_are_paged_and_found_by_address_newest_scan_first() {
    let fixture = Fixture::new();
    let project = fixture.project("p");
    let scans: Vec<_> = (0..3).map(|_| fixture.scan(project, &addresses(5))).collect();
    for (scan, batch) in &scans {
        let hosts = (0..5).map(|index| up(address(index), &[80])).collect();
        fixture.record(*scan, *batch, 1, hosts);
    }
    let (scan, _) = scans[1];
    let all = fixture.store.hosts(scan, None, 100).unwrap();
    assert_eq!(all.len(), 5);
    assert_eq!(fixture.store.hosts(scan, Some(all[1].id), 2).unwrap(), all[2..4]);
    let with_port = with_open_port(&fixture.store, scan, 80, Some(all[1].id), 2);
    assert_eq!(with_port, all[2..4]);
    assert_eq!(fixture.store.host(all[0].id).unwrap().as_ref(), Some(&all[0]));
    let found = fixture.store.hosts_by_address("::ffff:10.0.0.3".parse().unwrap()).unwrap();
    let newest_first: Vec<_> = scans.iter().rev().map(|(scan, _)| *scan).collect();
    assert_eq!(found.iter().map(|host| host.scan_id).collect::<Vec<_>>(), newest_first);
}

#[test]
fn raw_output_is_read_frame_by_frame_and_checked_against_its_digest() {
    let fixture = Fixture::new();
    let (_, batch) = fixture.scan(fixture.project("p"), &addresses(1));
    let attempt = AttemptNo::FIRST;
    let output: Vec<u8> = (0..RAW_FRAME_BYTES + 1000).map(|index| (index % 251) as u8).collect();
    let mut write = Write::new();
    let mut record = attempt_record(batch, attempt);
    for (frame, bytes) in (0..).zip(output.chunks(RAW_FRAME_BYTES)) {
        let packed = raw::compress(bytes).unwrap();
        record.raw.xml.stored_bytes += packed.len() as u64;
        write.raw_frame(batch, attempt, Stream::Xml, frame, packed);
    }
    record.raw.xml.bytes = output.len() as u64;
    record.raw.xml.frames = 2;
    record.raw.xml.blake3 = Some(*blake3::hash(&output).as_bytes());
    record.finished_at = Some(Time::from_secs(2));
    write.put_attempt(&record);
    fixture.store.submit(write).wait().unwrap();
    let frame = |stream, frame| fixture.store.raw_frame(batch, attempt, stream, frame).unwrap();
    let read = [frame(Stream::Xml, 0).unwrap(), frame(Stream::Xml, 1).unwrap()].concat();
    assert!(read == output);
    assert_eq!((frame(Stream::Xml, 2), frame(Stream::Stdout, 0)), (None, None));
    assert_eq!(fixture.store.raw_info(batch, attempt, Stream::Xml).unwrap(), record.raw.xml);
    fixture.assert_clean();

    record.raw.xml.blake3 = Some([0; 32]);
    let mut write = Write::new();
    write.put_attempt(&record);
    fixture.store.submit(write).wait().unwrap();
    let report = netscan_store::check::check(&fixture.store).unwrap();
    assert_eq!(report.problems, ["xml of attempt 1/1 is not what its record says"]);
}

#[test]
fn a_state_moves_its_scan_between_the_lists() {
    let fixture = Fixture::new();
    let (scan, _) = fixture.scan(fixture.project("p"), &addresses(1));
    for status in [ScanStatus::Paused, ScanStatus::Stopping, ScanStatus::Stopped] {
        let mut write = Write::new();
        write.put_scan_state(scan, &state(status));
        fixture.store.submit(write).wait().unwrap();
        let filter = ScanFilter { status: Some(status), ..ScanFilter::default() };
        assert_eq!(fixture.store.scans(&filter).unwrap().len(), 1);
        fixture.assert_clean();
    }
}
