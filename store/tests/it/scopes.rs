//! Entries of what may be scanned: numbered, kept, removed by their owner, gone with their project.

use crate::support::{Change, Fixture, open};
use netscan_schemas::{
    AddressSet, ScopeId, Time, id::ProjectId, scope::ScopeList, stored::ScopeRecord,
};
use netscan_store::{Refusal, WriteError, check::check, upkeep::Closed};
use redb::{Database, TableDefinition};

fn entry(project: Option<ProjectId>, address: &str) -> ScopeRecord {
    ScopeRecord {
        id: ScopeId::new(99).unwrap(), // the store chooses
        project,
        list: ScopeList::Allow,
        addresses: AddressSet::from_addresses([address.parse().unwrap()]),
        note: Some("why".into()),
        by: "test".into(),
        created_at: Time::from_secs(1),
        expires_at: None,
    }
}

fn add(fixture: &Fixture, project: Option<ProjectId>, address: &str) -> ScopeRecord {
    let receipt = fixture.store.add_scope(entry(project, address)).wait().unwrap();
    receipt.scope.unwrap()
}

#[test]
fn entries_are_kept_and_their_numbers_not_used_again() {
    let fixture = Fixture::new();
    let project = Some(fixture.project("p"));
    let first = add(&fixture, None, "10.0.0.1");
    let second = add(&fixture, project, "10.0.0.2");
    assert_eq!((first.id.get(), second.id.get()), (1, 2));
    let fixture = fixture.reopened();
    assert_eq!(fixture.store.scopes().unwrap(), [first.clone(), second.clone()]);
    // Only the scope that has it gives it up.
    for (owner, id) in [(None, second.id), (project, first.id), (None, ScopeId::new(7).unwrap())] {
        match fixture.store.remove_scope(owner, id).wait() {
            Err(WriteError::Refused(Refusal::NoScope(refused))) => assert_eq!(refused, id),
            other => panic!("{other:?}"),
        }
    }
    let removed = fixture.store.remove_scope(project, second.id).wait().unwrap();
    assert_eq!(removed.scope, Some(second));
    assert_eq!(add(&fixture, None, "10.0.0.3").id.get(), 3);
    assert!(check(&fixture.store).unwrap().is_clean());
}

#[test]
fn entries_go_with_their_project() {
    let fixture = Fixture::new();
    let (gone, stays) = (fixture.project("gone"), fixture.project("stays"));
    add(&fixture, Some(gone), "10.0.0.1");
    let kept = [add(&fixture, Some(stays), "10.0.0.1"), add(&fixture, None, "10.0.0.1")];
    fixture.store.delete_project(gone).wait().unwrap();
    assert_eq!(fixture.store.scopes().unwrap(), kept);
    assert!(check(&fixture.store).unwrap().is_clean());
    match fixture.store.add_scope(entry(Some(gone), "10.0.0.1")).wait() {
        Err(WriteError::Refused(Refusal::NoProject(project))) => assert_eq!(project, gone),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_store_from_before_has_none_and_takes_some() {
    let Fixture { store, dir } = Fixture::new();
    drop(store);
    let db = Database::open(dir.path().join("netscan.redb")).unwrap();
    let txn = db.begin_write().unwrap();
    let scopes: TableDefinition<u64, &[u8]> = TableDefinition::new("scopes");
    assert!(txn.delete_table(scopes).unwrap());
    txn.commit().unwrap();
    drop(db);
    // To look at it does not change it, and it is whole all the same.
    let looked = Closed::take(dir.path()).unwrap().check().unwrap();
    assert!(looked.is_clean(), "{looked:?}");
    let fixture = Fixture { store: open(dir.path()), dir };
    assert_eq!(fixture.store.scopes().unwrap(), []);
    assert_eq!(add(&fixture, None, "10.0.0.1").id.get(), 1);
    assert!(check(&fixture.store).unwrap().is_clean());
}

#[test]
fn lost_entries_deny_everything_until_somebody_has_looked() {
    let fixture = Fixture::new();
    let kept = add(&fixture, None, "10.0.0.1");
    let lost = add(&fixture, None, "10.0.0.2");
    let Fixture { store, dir } = fixture;
    drop(store);
    let salvage = || {
        let elsewhere = tempfile::TempDir::new().unwrap();
        let closed = Closed::take(dir.path()).unwrap();
        let saved = closed.salvage(&elsewhere.path().join("netscan.redb")).unwrap();
        assert!(saved.copied.report.is_clean(), "{:#?}", saved.copied.report.problems);
        (saved, elsewhere)
    };
    let (saved, elsewhere) = salvage();
    assert_eq!(saved.settled, [""; 0], "nothing was lost");
    assert_eq!(open(elsewhere.path()).scopes().unwrap(), [kept.clone(), lost.clone()]);

    let db = Database::open(dir.path().join("netscan.redb")).unwrap();
    let txn = db.begin_write().unwrap();
    {
        let table: TableDefinition<u64, &[u8]> = TableDefinition::new("scopes");
        txn.open_table(table).unwrap().insert(lost.id.get(), b"damaged".as_slice()).unwrap();
    }
    txn.commit().unwrap();
    drop(db);
    let (saved, elsewhere) = salvage();
    assert!(saved.settled[0].contains("entry 3 denies every address"), "{:?}", saved.settled);
    let store = open(elsewhere.path());
    let entries = store.scopes().unwrap();
    let [first, denied] = entries.as_slice() else { panic!("{entries:?}") };
    assert_eq!(*first, kept);
    assert_eq!((denied.id.get(), denied.project, denied.list), (3, None, ScopeList::Deny));
    for address in ["0.0.0.0", "10.0.0.1", "255.255.255.255", "::", "ffff::"] {
        assert!(denied.addresses.contains(address.parse().unwrap()), "{address}");
    }
    store.remove_scope(None, denied.id).wait().unwrap();
    let next = store.add_scope(entry(None, "10.0.0.2")).wait().unwrap().scope.unwrap();
    assert_eq!(next.id.get(), 4);
}
