//! Makes a batch whose attempt was interrupted ready to go on.

use crate::{
    batch::{Cause, Remainder, ScanContext, make_children, split},
    runner::Signs,
};
use netscan_nmap::lines::LineSplitter;
use netscan_schemas::{
    AddressSet, AttemptNo, Time,
    attempt::{Ending, Outcome, Stream},
    batch::BatchStatus,
    event::{EncodedEvent, Event},
    limits,
    scan::Resplit,
    stored::{AttemptRecord, BatchRecord, Difficulty},
};
use netscan_store::{ReadError, Store, Write};

/// Returns what goes on of a batch, having added to `write` what the store must learn of it: the
/// batch itself, smaller ones in its place, or nothing.
///
/// Hosts with a durable verdict stay; only the remainder is scanned again, and the lost attempt
/// does not count against the budget.
///
/// A batch may be what ends the servers. Nothing tells it from one that was only there each time,
/// as when somebody kills the server again and again: so after five servers in a row under which
/// it finished nothing it is split, and only a host that is alone in its batch is given up, after
/// five more.
pub fn reopen(
    context: &ScanContext,
    mut record: BatchRecord,
    write: &mut Write,
) -> Result<Vec<BatchRecord>, ReadError> {
    if record.status != BatchStatus::Running {
        return Ok(vec![record]);
    }
    let store = &context.store;
    let known = store.verdicts(record.id)?.settled();
    let newest = store.attempts(record.id)?.pop();
    let (mut finished, mut alive) = (0, AddressSet::new());
    if let Some(attempt) = newest.filter(|attempt| attempt.ending.is_none()) {
        let attempt = close_lost(store, attempt, &known)?;
        finished = attempt.finished_hosts;
        alive = keep_announced(store, &record, &attempt, &known, write)?;
        write.put_attempt(&attempt);
    }
    // An actor that failed in this server took none down.
    if record.epoch < store.epoch() {
        record.servers_lost = if finished > 0 { 0 } else { record.servers_lost + 1 };
    }
    record.status = BatchStatus::Queued;
    record.epoch = store.epoch();
    record.outcome = Some(Outcome::Lost);
    let remaining = record.addresses.difference(&known);
    let children = match record.servers_lost >= limits::SERVERS_LOST_MAX
        && context.policy.resplit == Resplit::Bisect
    {
        true => split(Remainder {
            addresses: &remaining,
            alive: &alive,
            lane: record.lane,
            // Smaller ones are done sooner, if it was only there.
            cause: Cause::Time,
            min: u64::from(context.policy.resplit_min),
            // With a lost attempt little is known of who is silent: flags that find less are only
            // for a host that is alone and still takes longer than a server lives.
            has_silent_flags: context.silent.is_some() && remaining.count() == 1,
        }),
        false => Vec::new(),
    };
    if !children.is_empty() {
        record.status = BatchStatus::Split;
        record.finished_at = Some(Time::now());
        write.put_batch(&record);
        return Ok(make_children(context, &record, &children, &Outcome::Lost, write));
    }
    if record.servers_lost >= 2 * limits::SERVERS_LOST_MAX {
        park(&mut record, &remaining, write);
        return Ok(Vec::new());
    }
    write.put_batch(&record);
    Ok(vec![record])
}

/// Gives a batch up that may be what ends the server.
fn park(record: &mut BatchRecord, remaining: &AddressSet, write: &mut Write) {
    let (id, lost) = (record.id, record.servers_lost);
    tracing::error!(batch.id = %id, lost, "batch {id} is given up: {lost} servers went down while it ran");
    let detail = format!("given up: {lost} servers in a row went down while it ran");
    give_up(record, remaining, detail, write);
    let difficulty = Difficulty {
        scan_id: record.scan_id,
        batch_id: id,
        outcome: Outcome::Lost,
        at: Time::now(),
    };
    if remaining.count() <= limits::DIFFICULT_HOSTS_MAX as u64 {
        write.add_difficult(remaining, difficulty);
    }
}

/// Ends a batch that is not tried again, for a reason outside of its attempts.
pub(super) fn give_up(
    record: &mut BatchRecord,
    remaining: &AddressSet,
    detail: String,
    write: &mut Write,
) {
    record.status = BatchStatus::Failed;
    record.finished_at = Some(Time::now());
    write.put_batch(record);
    let event = Event::BatchFailed {
        batch_id: record.id,
        reason: Outcome::Lost.as_str().to_owned(),
        detail,
        attempt: record.attempt.unwrap_or(AttemptNo::FIRST),
        will_retry: false,
        will_split: false,
        retry_in_ms: None,
        salvaged_hosts: 0,
        remaining_targets: remaining.to_ranges(),
    };
    write.event(record.scan_id, EncodedEvent::now(&event));
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

/// Keeps the open ports that nmap announced, as far as its output is stored; returns the addresses
/// that have any.
fn keep_announced(
    store: &Store,
    record: &BatchRecord,
    attempt: &AttemptRecord,
    known: &AddressSet,
    write: &mut Write,
) -> Result<AddressSet, ReadError> {
    let (batch, number) = (record.id, attempt.attempt);
    let (mut lines, mut signs) = (LineSplitter::new(), Signs::default());
    for frame in 0..attempt.raw.stdout.frames {
        let bytes = store.raw_frame(batch, number, Stream::Stdout, frame)?.unwrap_or_default();
        lines.feed(&bytes).iter().for_each(|line| signs.on_line(line));
    }
    let announced = signs.announced_of(&attempt.addresses.difference(known));
    let alive = signs.alive();
    if !announced.is_empty() {
        write.record_provisional(record.scan_id, batch, number, Time::now(), announced);
    }
    Ok(alive)
}
