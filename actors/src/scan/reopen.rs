//! Makes a batch whose attempt was interrupted ready for its next one.

use netscan_schemas::{
    Time,
    attempt::{Ending, Outcome, Stream},
    batch::BatchStatus,
    stored::{AttemptRecord, BatchRecord},
};
use netscan_store::{ReadError, Store, Write};

/// Returns the batch ready to go on, having added to `write` what the store must learn of it.
///
/// Hosts with a durable verdict stay; only the remainder is scanned again, and the lost attempt
/// does not count against the budget.
pub fn reopen(
    store: &Store,
    mut record: BatchRecord,
    write: &mut Write,
) -> Result<BatchRecord, ReadError> {
    if record.status != BatchStatus::Running {
        return Ok(record);
    }
    let newest = store.attempts(record.id)?.pop();
    if let Some(attempt) = newest.filter(|attempt| attempt.ending.is_none()) {
        write.put_attempt(&close_lost(store, attempt)?);
    }
    record.status = BatchStatus::Queued;
    record.epoch = store.epoch();
    record.outcome = Some(Outcome::Lost);
    write.put_batch(&record);
    Ok(record)
}

/// Ends the record of an attempt whose process nobody saw end, with what is kept of its streams.
fn close_lost(store: &Store, mut attempt: AttemptRecord) -> Result<AttemptRecord, ReadError> {
    attempt.finished_at = Some(Time::now());
    attempt.ending = Some(Ending::Lost);
    attempt.outcome = Some(Outcome::Lost);
    let known = store.verdicts(attempt.batch_id)?.known();
    attempt.finished_hosts = attempt.addresses.intersection(&known).count();
    for stream in Stream::ALL {
        let info = store.raw_info(attempt.batch_id, attempt.attempt, stream)?;
        *attempt.raw.get_mut(stream) = info;
    }
    Ok(attempt)
}
