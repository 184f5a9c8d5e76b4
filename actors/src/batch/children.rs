//! The smaller batches that a remainder goes to, as records.

use super::{actor::ScanContext, lanes::Child};
use netscan_schemas::{
    BatchId,
    attempt::Outcome,
    batch::{BatchStatus, BatchSummary, Lane},
    event::{ChildBatch, EncodedEvent, Event},
    stored::BatchRecord,
};
use netscan_store::Write;

/// Returns the smaller batches of a parent, having added them and the event that tells of them to
/// the write.
pub fn make_children(
    context: &ScanContext,
    parent: BatchId,
    children: &[Child],
    outcome: &Outcome,
    write: &mut Write,
) -> Vec<BatchRecord> {
    let record = |child: &Child| BatchRecord {
        id: context.store.next_batch_id(),
        scan_id: context.scan,
        parent: Some(parent),
        addresses: child.addresses.clone(),
        status: BatchStatus::Queued,
        attempt: None,
        charged_attempts: 0,
        started_at: None,
        finished_at: None,
        summary: BatchSummary::default(),
        outcome: None,
        epoch: context.store.epoch(),
        lane: child.lane,
        servers_lost: 0,
    };
    let records: Vec<_> = children.iter().map(record).collect();
    for record in &records {
        write.put_batch(record);
    }
    let told = records.iter().map(|record| ChildBatch {
        batch_id: record.id,
        targets: record.addresses.to_ranges(),
        lane: record.lane,
        added_flags: added_flags(context, record.lane),
    });
    let event = Event::BatchSplit {
        batch_id: parent,
        children: told.collect(),
        reason: outcome.as_str().to_owned(),
    };
    write.event(context.scan, EncodedEvent::now(&event));
    records
}

fn added_flags(context: &ScanContext, lane: Lane) -> Vec<String> {
    match (&context.silent, lane) {
        (Some((_, flags)), Lane::Silent) => flags.clone(),
        (_, Lane::Main | Lane::Alive | Lane::Silent | Lane::Difficult) => Vec::new(),
    }
}
