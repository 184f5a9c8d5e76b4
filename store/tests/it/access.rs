//! Tokens and sessions: what is kept, what goes with what, and a store that has no table of them.

use crate::support::{Change, Fixture, open};
use netscan_schemas::{
    Role, Time, TokenId,
    audit::{AuditAction, AuditActor},
    limits,
    stored::{SessionRecord, TokenRecord},
};
use netscan_store::{
    AuditQuery, Refusal, WriteError,
    upkeep::{Closed, SavedTable},
};
use redb::{Database, TableDefinition};
use std::time::Duration;

fn id(number: usize) -> TokenId {
    format!("t{number:07}").parse().unwrap()
}

fn token(number: usize) -> TokenRecord {
    TokenRecord {
        id: id(number),
        secret_blake3: [1; 32],
        name: "x".into(),
        role: Role::Viewer,
        projects: None,
        created_at: Time::from_secs(1),
        expires_at: None,
        last_used_at: None,
    }
}

fn session(number: usize, at: i64) -> SessionRecord {
    let at = Time::from_secs(at);
    SessionRecord { token: id(number), created_at: at, last_seen_at: at }
}

const LIFE: Duration = Duration::from_secs(100);
const IDLE: Duration = Duration::from_secs(10);

#[test]
fn what_is_kept_survives_and_goes_with_its_token() {
    let fixture = Fixture::new();
    for number in [1, 2] {
        fixture.store.create_token(&token(number)).wait().unwrap();
        let key = [u8::try_from(number).unwrap(); 32];
        fixture.store.create_session(key, &session(number, 5), LIFE, IDLE).wait().unwrap();
    }
    fixture.store.touch_token(&id(1), Time::from_secs(7)).wait().unwrap();
    fixture.store.touch_session([1; 32], Time::from_secs(8)).wait().unwrap();
    let fixture = fixture.reopened();
    let (seen, of) = fixture.store.session(&[1; 32]).unwrap().unwrap();
    assert_eq!(
        (seen.last_seen_at, of.last_used_at),
        (Time::from_secs(8), Some(Time::from_secs(7)))
    );
    fixture.assert_clean();
    fixture.store.delete_token(&id(1)).wait().unwrap();
    assert!(fixture.store.token(&id(1)).unwrap().is_none());
    assert!(fixture.store.session(&[1; 32]).unwrap().is_none());
    assert!(fixture.store.session(&[2; 32]).unwrap().is_some());
    // A session that is used in the moment in which it ends stays ended.
    fixture.store.touch_session([1; 32], Time::from_secs(9)).wait().unwrap();
    assert!(fixture.store.session(&[1; 32]).unwrap().is_none());
    let again = fixture.store.delete_token(&id(1)).wait();
    assert!(matches!(again, Err(WriteError::Refused(Refusal::NoToken(_)))), "{again:?}");
    let orphan = fixture.store.create_session([3; 32], &session(1, 9), LIFE, IDLE).wait();
    assert!(matches!(orphan, Err(WriteError::Refused(Refusal::NoToken(_)))), "{orphan:?}");
    fixture.assert_clean();
}

#[test]
fn sessions_that_have_ended_make_room() {
    let fixture = Fixture::new();
    fixture.store.create_token(&token(1)).wait().unwrap();
    for (key, at) in [(1, 1000), (2, 1091), (3, 1095)] {
        fixture.store.create_session([key; 32], &session(1, at), LIFE, IDLE).wait().unwrap();
    }
    // Unused for too long, and too old though it is used.
    fixture.store.touch_session([1; 32], Time::from_secs(1094)).wait().unwrap();
    fixture.store.create_session([4; 32], &session(1, 1102), LIFE, IDLE).wait().unwrap();
    let held: Vec<bool> =
        (1..=4).map(|key| fixture.store.session(&[key; 32]).unwrap().is_some()).collect();
    assert_eq!(held, [false, false, true, true]);
}

#[test]
fn a_token_has_so_many_sessions_and_takes_no_others_place() {
    let fixture = Fixture::new();
    let keep = |key: u16, of: usize| {
        let mut bytes = [0; 32];
        bytes[..2].copy_from_slice(&key.to_be_bytes());
        let session = session(of, 1000 + i64::from(key));
        fixture.store.create_session(bytes, &session, LIFE * 100, IDLE * 1000).wait().unwrap();
        bytes
    };
    for number in [1, 2] {
        fixture.store.create_token(&token(number)).wait().unwrap();
    }
    let others = keep(0, 2);
    let keys: Vec<_> =
        (1..=limits::SESSIONS_MAX + 1).map(|key| keep(u16::try_from(key).unwrap(), 1)).collect();
    assert!(fixture.store.session(&others).unwrap().is_some());
    assert!(fixture.store.session(&keys[0]).unwrap().is_none(), "the one unused for longest");
    assert!(keys[1..].iter().all(|key| fixture.store.session(key).unwrap().is_some()));
}

#[test]
fn there_is_a_last_token() {
    let fixture = Fixture::new();
    let acks: Vec<_> =
        (0..limits::TOKENS_MAX).map(|number| fixture.store.create_token(&token(number))).collect();
    for ack in acks {
        ack.wait().unwrap();
    }
    let twice = fixture.store.create_token(&token(3)).wait();
    assert!(matches!(twice, Err(WriteError::Refused(Refusal::TokenExists(_)))), "{twice:?}");
    let more = fixture.store.create_token(&token(limits::TOKENS_MAX)).wait();
    assert!(matches!(more, Err(WriteError::Refused(Refusal::TooManyTokens))), "{more:?}");
    assert_eq!(fixture.store.tokens().unwrap().len(), limits::TOKENS_MAX);
}

#[test]
fn tokens_that_have_ended_take_nobodys_place() {
    let fixture = Fixture::new();
    let of = |number: usize, at: i64, expires_at: Option<i64>| TokenRecord {
        created_at: Time::from_secs(at),
        expires_at: expires_at.map(Time::from_secs),
        ..token(number)
    };
    // All but three are for ever.
    let end = |number: usize| [Some(200), Some(200), Some(300)].get(number).copied().flatten();
    let acks: Vec<_> = (0..limits::TOKENS_MAX)
        .map(|number| fixture.store.create_token(&of(number, 100, end(number))))
        .collect();
    for ack in acks {
        ack.wait().unwrap();
    }
    fixture.store.create_session([1; 32], &session(0, 100), LIFE, IDLE).wait().unwrap();
    let create = |number: usize, at: i64| fixture.store.create_token(&of(number, at, None)).wait();
    let early = create(limits::TOKENS_MAX, 199);
    assert!(matches!(early, Err(WriteError::Refused(Refusal::TooManyTokens))), "{early:?}");
    // Two have ended by now; both make room, with what they let in.
    create(limits::TOKENS_MAX, 200).unwrap();
    let held = |number: usize| fixture.store.token(&id(number)).unwrap().is_some();
    assert_eq!([0, 1, 2, 3].map(held), [false, false, true, true]);
    assert!(fixture.store.session(&[1; 32]).unwrap().is_none());
    let query =
        AuditQuery { limit: 10, action: Some(AuditAction::TokenRevoke), ..AuditQuery::default() };
    let told = fixture.store.audit(&query).unwrap().records.into_iter().map(|record| {
        assert_eq!(record.entry.actor, AuditActor::Server);
        (record.entry.object.unwrap().id, record.entry.detail)
    });
    let told: Vec<_> = told.collect();
    let end = Time::from_secs(200);
    let why = format!("it ended at {end}, and makes room for another");
    assert_eq!(told, [0, 1].map(|number| (id(number).to_string(), why.clone())));
    create(limits::TOKENS_MAX + 1, 200).unwrap();
    assert_eq!(fixture.store.tokens().unwrap().len(), limits::TOKENS_MAX);
    fixture.assert_clean();
}

#[test]
fn a_store_of_before_there_were_tokens_opens() {
    let Fixture { store, dir } = Fixture::new();
    drop(store);
    let db = Database::open(dir.path().join("netscan.redb")).unwrap();
    let txn = db.begin_write().unwrap();
    assert!(txn.delete_table(TableDefinition::<&str, &[u8]>::new("tokens")).unwrap());
    assert!(txn.delete_table(TableDefinition::<[u8; 32], &[u8]>::new("sessions")).unwrap());
    txn.commit().unwrap();
    drop(db);
    let closed = Closed::take(dir.path()).unwrap();
    let checked = closed.check().unwrap();
    assert!(checked.is_clean(), "{checked:?}");
    assert!(closed.stats().unwrap().iter().any(|table| table.table == "tokens"));
    let salvaged = closed.salvage(&dir.path().join("saved.redb")).unwrap();
    assert!(salvaged.tables.iter().all(SavedTable::is_whole), "{:?}", salvaged.tables);
    let copied = closed.backup(&dir.path().join("copy.redb")).unwrap();
    assert!(copied.report.is_clean(), "{:?}", copied.report.problems);
    closed.compact().unwrap();
    drop(closed);
    let fixture = Fixture { store: open(dir.path()), dir };
    assert!(fixture.store.tokens().unwrap().is_empty());
    fixture.store.create_token(&token(1)).wait().unwrap();
    fixture.assert_clean();
}
