//! Makes a batch whose attempt was interrupted ready for its next one.

use crate::runner::Signs;
use netscan_nmap::lines::LineSplitter;
use netscan_schemas::{
    AddressSet, AttemptNo, Time,
    attempt::{Ending, Outcome, Stream},
    batch::BatchStatus,
    event::{EncodedEvent, Event},
    limits,
    stored::{AttemptRecord, BatchRecord, Difficulty},
};
use netscan_store::{ReadError, Store, Write};

/// Returns the batch ready to go on, having added to `write` what the store must learn of it.
///
/// Hosts with a durable verdict stay; only the remainder is scanned again, and the lost attempt
/// does not count against the budget. A batch that was running each time when one server after the
/// other went down, and finished nothing, comes back as failed: it may be what ends them.
pub fn reopen(
    store: &Store,
    mut record: BatchRecord,
    write: &mut Write,
) -> Result<BatchRecord, ReadError> {
    if record.status != BatchStatus::Running {
        return Ok(record);
    }
    let known = store.verdicts(record.id)?.known();
    let newest = store.attempts(record.id)?.pop();
    let mut finished = 0;
    if let Some(attempt) = newest.filter(|attempt| attempt.ending.is_none()) {
        let attempt = close_lost(store, attempt, &known)?;
        finished = attempt.finished_hosts;
        keep_announced(store, &record, &attempt, &known, write)?;
        write.put_attempt(&attempt);
    }
    // An actor that failed in this server took none down.
    if record.epoch < store.epoch() {
        record.servers_lost = if finished > 0 { 0 } else { record.servers_lost + 1 };
    }
    record.status = BatchStatus::Queued;
    record.epoch = store.epoch();
    record.outcome = Some(Outcome::Lost);
    if record.servers_lost >= limits::SERVERS_LOST_MAX {
        park(&mut record, &known, write);
    }
    write.put_batch(&record);
    Ok(record)
}

/// Gives a batch up that may be what ends the server.
fn park(record: &mut BatchRecord, known: &AddressSet, write: &mut Write) {
    let (id, lost) = (record.id, record.servers_lost);
    tracing::error!(batch.id = %id, lost, "batch {id} is given up: {lost} servers went down while it ran");
    record.status = BatchStatus::Failed;
    record.finished_at = Some(Time::now());
    let remaining = record.addresses.difference(known);
    let event = Event::BatchFailed {
        batch_id: id,
        reason: Outcome::Lost.as_str().to_owned(),
        detail: format!("given up: {lost} servers in a row went down while it ran"),
        attempt: record.attempt.unwrap_or(AttemptNo::FIRST),
        will_retry: false,
        will_split: false,
        retry_in_ms: None,
        salvaged_hosts: 0,
        remaining_targets: remaining.to_ranges(),
    };
    write.event(record.scan_id, EncodedEvent::now(&event));
    let difficulty = Difficulty {
        scan_id: record.scan_id,
        batch_id: id,
        outcome: Outcome::Lost,
        at: Time::now(),
    };
    if remaining.count() <= limits::DIFFICULT_HOSTS_MAX as u64 {
        write.add_difficult(&remaining, difficulty);
    }
}

/// Ends the record of an attempt whose process nobody saw end, with what is kept of its streams.
fn close_lost(
    store: &Store,
    mut attempt: AttemptRecord,
    known: &AddressSet,
) -> Result<AttemptRecord, ReadError> {
    attempt.finished_at = Some(Time::now());
    attempt.ending = Some(Ending::Lost);
    attempt.outcome = Some(Outcome::Lost);
    attempt.finished_hosts = attempt.addresses.intersection(known).count();
    for stream in Stream::ALL {
        let info = store.raw_info(attempt.batch_id, attempt.attempt, stream)?;
        *attempt.raw.get_mut(stream) = info;
    }
    Ok(attempt)
}

/// Keeps the open ports that nmap announced, as far as its output is stored.
fn keep_announced(
    store: &Store,
    record: &BatchRecord,
    attempt: &AttemptRecord,
    known: &AddressSet,
    write: &mut Write,
) -> Result<(), ReadError> {
    let (batch, number) = (record.id, attempt.attempt);
    let (mut lines, mut signs) = (LineSplitter::new(), Signs::default());
    for frame in 0..attempt.raw.stdout.frames {
        let bytes = store.raw_frame(batch, number, Stream::Stdout, frame)?.unwrap_or_default();
        lines.feed(&bytes).iter().for_each(|line| signs.on_line(line));
    }
    let announced = signs.announced_of(&attempt.addresses.difference(known));
    if !announced.is_empty() {
        write.record_provisional(record.scan_id, batch, number, Time::now(), announced);
    }
    Ok(())
}
