//! Brings a database to the newest format: an ordered list of steps, run in one transaction.
//!
//! A step is for a change of tables or keys. A record that changes needs no step: `codec` reads
//! its old versions.

mod m0001_initial;
mod m0002_difficult;
mod m0003_terms;

use crate::{
    codec,
    tables::{META, meta},
};
use redb::WriteTransaction;

/// The newest format, the one that is written.
pub(crate) const NEWEST: u64 = 3;

struct Migration {
    to: u64,
    about: &'static str,
    run: fn(&WriteTransaction) -> Result<(), redb::Error>,
}

const MIGRATIONS: &[Migration] = &[
    Migration { to: 1, about: "create the tables", run: m0001_initial::run },
    Migration { to: 2, about: "remember difficult hosts", run: m0002_difficult::run },
    Migration { to: 3, about: "index hosts by what they are found by", run: m0003_terms::run },
];
const _: () = assert!(MIGRATIONS.len() == NEWEST as usize);

/// Runs the steps that a database of format `from` lacks; 0 is an empty one.
pub(crate) fn run(txn: &WriteTransaction, from: u64) -> Result<(), redb::Error> {
    for migration in MIGRATIONS.iter().filter(|migration| migration.to > from) {
        let Migration { to, about, run } = migration;
        tracing::info!(format = to, "database format {to}: {about}");
        run(txn)?;
    }
    let mut rows = txn.open_table(META)?;
    rows.insert(meta::SCHEMA, codec::seal_meta(&NEWEST.to_le_bytes()).as_slice())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_numbered_without_a_gap() {
        for (index, migration) in MIGRATIONS.iter().enumerate() {
            assert_eq!(migration.to, index as u64 + 1);
        }
    }
}
