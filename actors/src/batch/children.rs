//! New batches as records: those cut from the plan, and the smaller ones that a remainder goes to.

use super::{actor::ScanContext, lanes::Child};
use netscan_schemas::{
    AddressSet, BatchId,
    attempt::Outcome,
    batch::{Lane, Phase},
    event::{ChildBatch, EncodedEvent, Event},
    stored::BatchRecord,
};
use netscan_store::Write;

impl ScanContext {
    /// Returns the record of a batch that is still to be put into the store, under a number of its
    /// own.
    pub(crate) fn new_batch(
        &self,
        parent: Option<BatchId>,
        addresses: AddressSet,
        lane: Lane,
        phase: Option<Phase>,
    ) -> BatchRecord {
        let id = self.store.next_batch_id();
        let record = BatchRecord::new(id, self.scan, addresses, self.store.epoch());
        BatchRecord { parent, lane, phase, ..record }
    }
}

/// Returns the smaller batches of a parent, having added them and the event that tells of them to
/// the write.
pub fn make_children(
    context: &ScanContext,
    parent: &BatchRecord,
    children: &[Child],
    outcome: &Outcome,
    write: &mut Write,
) -> Vec<BatchRecord> {
    let records: Vec<_> = children
        .iter()
        .map(|child| {
            let addresses = child.addresses.clone();
            context.new_batch(Some(parent.id), addresses, child.lane, parent.phase)
        })
        .collect();
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
        batch_id: parent.id,
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
