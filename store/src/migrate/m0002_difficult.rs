//! Format 2: the table of hosts that earlier scans could not finish.

use crate::tables::WriteTables;
use redb::WriteTransaction;

pub(super) fn run(txn: &WriteTransaction) -> Result<(), redb::Error> {
    WriteTables::open(txn)?;
    Ok(())
}
