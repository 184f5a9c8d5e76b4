//! Opening: one owner, the right database, a format that we read; else nothing is touched.

use crate::support::{Fixture, open};
use netscan_store::{NoPublisher, OpenError, Options, Store};
use redb::{Database, TableDefinition};
use std::{fs, os::unix::fs::PermissionsExt, path::Path, sync::Arc};
use tempfile::TempDir;

const META: TableDefinition<&str, &[u8]> = TableDefinition::new("meta");

fn try_open(dir: &Path) -> Result<Store, OpenError> {
    Store::open(dir, Options::default(), Arc::new(NoPublisher))
}

/// Returns a row of `meta` as the store writes it.
fn sealed(value: &[u8]) -> Vec<u8> {
    let head = [3, 1, 0];
    let crc = crc32fast::hash(&[&head, value].concat()).to_le_bytes();
    [&head, crc.as_slice(), value].concat()
}

#[test]
fn a_new_directory_is_private_and_each_start_is_counted() {
    let parent = TempDir::new().unwrap();
    let dir = parent.path().join("data");
    let store = open(&dir);
    assert_eq!(store.epoch(), 1);
    let id = store.instance_id().to_owned();
    assert_eq!(id.len(), 32);
    drop(store);
    assert_eq!(fs::metadata(&dir).unwrap().permissions().mode() & 0o777, 0o700);
    let database = dir.join("netscan.redb");
    assert_eq!(fs::metadata(database).unwrap().permissions().mode() & 0o777, 0o600);
    let store = open(&dir);
    assert_eq!((store.epoch(), store.instance_id()), (2, id.as_str()));
    assert!(store.store_bytes().unwrap() > 0);
    assert!(store.free_bytes().unwrap() > 0);
}

#[test]
fn a_second_owner_is_refused_and_told_who_the_first_is() {
    let fixture = Fixture::new();
    match try_open(fixture.dir.path()) {
        Err(OpenError::Locked { pid, .. }) => assert_eq!(pid, Some(std::process::id())),
        other => panic!("{other:?}"),
    }
    fixture.project("the first still works");
}

#[test]
fn a_newer_format_is_refused_untouched() {
    let fixture = Fixture::new();
    let Fixture { store, dir } = fixture;
    drop(store);
    let path = dir.path().join("netscan.redb");
    let db = Database::open(&path).unwrap();
    let txn = db.begin_write().unwrap();
    let newer = sealed(&4u64.to_le_bytes());
    txn.open_table(META).unwrap().insert("schema", newer.as_slice()).unwrap();
    txn.commit().unwrap();
    drop(db);
    let before = fs::read(&path).unwrap();
    match try_open(dir.path()) {
        Err(OpenError::TooNew { found: 4, newest: 3 }) => {}
        other => panic!("{other:?}"),
    }
    assert!(fs::read(&path).unwrap() == before, "the file was changed");
}

#[test]
fn a_database_that_went_missing_is_not_replaced() {
    let Fixture { store, dir } = Fixture::new();
    drop(store);
    let path = dir.path().join("netscan.redb");
    fs::rename(&path, dir.path().join("elsewhere")).unwrap();
    match try_open(dir.path()) {
        Err(OpenError::OtherInstance { found: None, .. }) => {}
        other => panic!("{other:?}"),
    }
    assert!(!path.exists());
}

#[test]
fn another_database_in_its_place_is_refused() {
    let (Fixture { store, dir }, other) = (Fixture::new(), Fixture::new());
    let ids = (store.instance_id().to_owned(), other.store.instance_id().to_owned());
    drop((store, other.store));
    fs::copy(other.dir.path().join("netscan.redb"), dir.path().join("netscan.redb")).unwrap();
    match try_open(dir.path()) {
        Err(OpenError::OtherInstance { known, found: Some(found), .. }) => {
            assert_eq!((known, found), ids);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_crash_while_the_database_is_made_costs_nothing() {
    let dir = TempDir::new().unwrap();
    fs::write(dir.path().join("netscan.redb.unfinished"), b"half a database").unwrap();
    let id = open(dir.path()).instance_id().to_owned();
    // Or between the database's name and the note of whose it is.
    fs::remove_file(dir.path().join("instance.json")).unwrap();
    assert_eq!(open(dir.path()).instance_id(), id);
    assert!(dir.path().join("instance.json").exists());
}

#[test]
fn what_is_no_database_is_refused_and_left() {
    for content in [&b""[..], b"not a database at all"] {
        let dir = TempDir::new().unwrap();
        let path = dir.path().join("netscan.redb");
        fs::write(&path, content).unwrap();
        assert!(matches!(try_open(dir.path()), Err(OpenError::Damaged { .. })));
        assert_eq!(fs::read(&path).unwrap(), content);
    }
    let dir = TempDir::new().unwrap();
    drop(Database::create(dir.path().join("netscan.redb")).unwrap());
    assert!(matches!(try_open(dir.path()), Err(OpenError::Damaged { .. })));
}
