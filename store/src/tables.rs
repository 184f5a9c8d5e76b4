//! The tables. Key order is query order: a list is a range, its cursor the last key seen.
//!
//! ```text
//! primary   projects  scan_specs  scan_states  plans  batches  attempts  raw  hosts  events
//! counted   tallies  verdicts                       kept by the writer with what they count
//! memory    difficult                               over all scans, outlives them
//! policy    scopes                                  what may be scanned
//! access    tokens  sessions                        lean on no other row
//! settings  profiles                                lean on no other row
//! history   audit                                   only ever grows
//! indexes   project_names  scans_by_project  scans_by_status  batches_by_scan
//!           hosts_by_scan  hosts_by_address  postings  texts
//! ```
//!
//! Invariant: `check` rebuilds what counts and indexes must hold and finds nothing else in them.

use netscan_schemas::{address, attempt::Stream, scan::ScanStatus};
use redb::{
    Key, ReadOnlyTable, ReadTransaction, Table, TableDefinition, TableError, Value,
    WriteTransaction,
};
use std::{net::IpAddr, ops::RangeInclusive};

/// Bytes of a record in its envelope, see `codec`.
pub(crate) type Bytes = &'static [u8];
/// `(batch, attempt)`.
pub(crate) type AttemptKey = (u64, u32);
/// `(batch, attempt, stream, frame)`.
pub(crate) type RawKey = (u64, u32, u8, u32);
/// `(address, scan)`: an address on the number line of both families, big end first.
pub(crate) type AddressKey = ([u8; 16], u64);

/// `(term, scan, first host)` of a block of hosts, see `postings`.
pub(crate) type PostingKey = (&'static [u8], u64, u64);
/// The kind of such a block, in errors.
pub(crate) const POSTING: &str = "posting";

/// Does the same with each table, whatever is in it.
pub(crate) trait Visitor {
    type Error;

    fn plain<K: Key + 'static, V: Value + 'static>(
        &mut self,
        table: TableDefinition<'static, K, V>,
    ) -> Result<(), Self::Error>;
}

/// Defines each table once: its definition, and its place in the structs that open all of them.
macro_rules! tables {
    ($($name:ident $field:ident: $key:ty => $value:ty,)+) => {
        $(pub(crate) const $name: TableDefinition<'static, $key, $value> =
            TableDefinition::new(stringify!($field));)+

        /// Shows every table to a visitor.
        pub(crate) fn visit<V: Visitor>(visitor: &mut V) -> Result<(), V::Error> {
            $(visitor.plain($name)?;)+
            Ok(())
        }

        /// All tables of a write transaction. Opening makes those that are missing.
        pub(crate) struct WriteTables<'t> {
            $(pub(crate) $field: Table<'t, $key, $value>,)+
        }

        impl<'t> WriteTables<'t> {
            /// Opens all tables.
            pub(crate) fn open(txn: &'t WriteTransaction) -> Result<Self, TableError> {
                Ok(Self {
                    $($field: txn.open_table($name)?,)+
                })
            }
        }

        /// All tables of a read transaction.
        pub(crate) struct ReadTables {
            $(pub(crate) $field: ReadOnlyTable<$key, $value>,)+
        }

        impl ReadTables {
            /// Opens all tables.
            pub(crate) fn open(txn: &ReadTransaction) -> Result<Self, TableError> {
                Ok(Self {
                    $($field: txn.open_table($name)?,)+
                })
            }
        }
    };
}

tables! {
    META meta: &'static str => Bytes,
    PROJECTS projects: u64 => Bytes,
    PROJECT_NAMES project_names: &'static str => u64,
    SCAN_SPECS scan_specs: u64 => Bytes,
    SCAN_STATES scan_states: u64 => Bytes,
    PLANS plans: u64 => Bytes,
    TALLIES tallies: u64 => Bytes,
    SCANS_BY_PROJECT scans_by_project: (u64, u64) => (),
    SCANS_BY_STATUS scans_by_status: (u8, u64) => (),
    BATCHES batches: u64 => Bytes,
    BATCHES_BY_SCAN batches_by_scan: (u64, u64) => (),
    VERDICTS verdicts: u64 => Bytes,
    ATTEMPTS attempts: AttemptKey => Bytes,
    RAW raw: RawKey => Bytes,
    HOSTS hosts: u64 => Bytes,
    HOSTS_BY_SCAN hosts_by_scan: (u64, u64) => (),
    HOSTS_BY_ADDRESS hosts_by_address: AddressKey => u64,
    EVENTS events: (u64, u64) => Bytes,
    DIFFICULT difficult: [u8; 16] => Bytes,
    SCOPES scopes: u64 => Bytes,
    TOKENS tokens: &'static str => Bytes,
    SESSIONS sessions: [u8; 32] => Bytes,
    POSTINGS postings: PostingKey => Bytes,
    TEXTS texts: Bytes => (),
    AUDIT audit: u64 => Bytes,
    PROFILES profiles: &'static str => Bytes,
}

/// Rows of `meta`.
pub(crate) mod meta {
    /// The format of the database, a u64.
    pub(crate) const SCHEMA: &str = "schema";
    /// The count of starts, a u64.
    pub(crate) const EPOCH: &str = "epoch";
    /// The database's own id, text.
    pub(crate) const INSTANCE: &str = "instance";
    /// The count of the writer's transactions, a u64. It tells whether one whose last step failed
    /// is on disk. Stores of before it have none, which counts as 0.
    pub(crate) const COMMITS: &str = "commits";
    /// The number that the next new row of `scopes` gets, a u64; 0 and no row are 1.
    pub(crate) const NEXT_SCOPE: &str = "next_scope";
    /// The number and the hash of the newest entry of `audit`, a u64 and 32 bytes.
    pub(crate) const AUDIT_HEAD: &str = "audit_head";
    /// The numbers that the next new rows get, u64s; never lower than any number ever given out
    /// to a row, deleted ones too.
    pub(crate) const NEXT: [&str; 4] = ["next_project", "next_scan", "next_batch", "next_host"];
}

/// The number of every status, in keys.
pub(crate) const fn status_number(status: ScanStatus) -> u8 {
    match status {
        ScanStatus::Queued => 0,
        ScanStatus::Running => 1,
        ScanStatus::Paused => 2,
        ScanStatus::Stopping => 3,
        ScanStatus::Completed => 4,
        ScanStatus::Stopped => 5,
        ScanStatus::Failed => 6,
    }
}

/// Every status, in the order of [`status_number`].
pub(crate) const STATUSES: [ScanStatus; 7] = [
    ScanStatus::Queued,
    ScanStatus::Running,
    ScanStatus::Paused,
    ScanStatus::Stopping,
    ScanStatus::Completed,
    ScanStatus::Stopped,
    ScanStatus::Failed,
];

/// The number of a stream, in keys.
pub(crate) const fn stream_number(stream: Stream) -> u8 {
    match stream {
        Stream::Xml => 0,
        Stream::Stdout => 1,
        Stream::Stderr => 2,
    }
}

/// The key of an address, on the number line of both families.
pub(crate) fn number_key(address: IpAddr) -> [u8; 16] {
    address::to_number(address).to_be_bytes()
}

/// The key of a host by its address.
pub(crate) fn address_key(address: IpAddr, scan: u64) -> AddressKey {
    (number_key(address), scan)
}

/// The range of all keys that a number opens.
pub(crate) fn under(number: u64) -> RangeInclusive<(u64, u64)> {
    (number, 0)..=(number, u64::MAX)
}

/// The range of a batch's keys in `attempts`.
pub(crate) fn attempts_under(batch: u64) -> RangeInclusive<AttemptKey> {
    (batch, 0)..=(batch, u32::MAX)
}

/// The range of a batch's keys in `raw`.
pub(crate) fn raw_under(batch: u64) -> RangeInclusive<RawKey> {
    (batch, 0, 0, 0)..=(batch, u32::MAX, u8::MAX, u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_keys_follow_the_lists() {
        for (index, status) in STATUSES.into_iter().enumerate() {
            assert_eq!(usize::from(status_number(status)), index);
        }
        for (index, stream) in Stream::ALL.into_iter().enumerate() {
            assert_eq!(usize::from(stream_number(stream)), index);
        }
    }

    #[test]
    fn an_address_has_one_key_however_it_is_written() {
        let plain: IpAddr = "10.0.0.1".parse().unwrap();
        let mapped: IpAddr = "::ffff:10.0.0.1".parse().unwrap();
        assert_eq!(address_key(plain, 1), address_key(mapped, 1));
        let next: IpAddr = "10.0.0.2".parse().unwrap();
        assert!(address_key(plain, u64::MAX) < address_key(next, 0));
    }
}
