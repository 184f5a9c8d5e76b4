//! Format 1: creates every table.

use crate::tables::WriteTables;
use redb::WriteTransaction;

pub(super) fn run(txn: &WriteTransaction) -> Result<(), redb::Error> {
    WriteTables::open(txn)?;
    Ok(())
}
