//! Format 3: the lists of hosts by term, in the place of the index of open ports.
//!
//! It reads every host once. One that is damaged is found by nothing, which is no reason to refuse
//! the others; a check names it.

use crate::{
    error::{ReadError, chain},
    postings,
    tables::{POSTINGS, TEXTS, WriteTables},
};
use redb::{MultimapTableDefinition, WriteTransaction};

/// The index of open ports of formats 1 and 2: `(scan, protocol and port)` to hosts.
const OPEN_PORTS: MultimapTableDefinition<'static, (u64, u32), u64> =
    MultimapTableDefinition::new("open_ports");

pub(super) fn run(txn: &WriteTransaction) -> Result<(), redb::Error> {
    txn.delete_multimap_table(OPEN_PORTS)?;
    // A repair of an older file has made lists, and an older netscan has not kept them up since.
    txn.delete_table(POSTINGS)?;
    txn.delete_table(TEXTS)?;
    let made = postings::rebuild(&mut WriteTables::open(txn)?, |error| match error {
        ReadError::Damaged { .. } => {
            tracing::error!("a host is left out of the index: {}", chain(&error));
            Ok(())
        }
        error => Err(error),
    });
    made.map_err(|error| match error {
        ReadError::Storage(error) => *error,
        error => redb::Error::Io(std::io::Error::other(chain(&error))),
    })
}
