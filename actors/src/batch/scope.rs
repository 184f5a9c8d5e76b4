//! A batch some of whose addresses may not be scanned any more: the scope was changed after the scan
//! was accepted, or an entry of it expired.

use super::{
    actor::{BatchMsg, BatchState, Handled, ScanContext},
    children::make_children,
    core::Next,
    lanes::Child,
};
use crate::{scan::ScanMsg, scope::Effective};
use netscan_schemas::{
    AddressSet, AttemptNo, Time,
    attempt::Outcome,
    batch::BatchStatus,
    event::{EncodedEvent, Event},
};
use netscan_store::Write;
use ractor::ActorRef;
use std::sync::Arc;

impl ScanContext {
    /// Returns what may be scanned at this moment.
    pub(crate) fn effective(&self) -> Arc<Effective> {
        self.scopes.effective(Some(self.project))
    }
}

impl BatchState {
    /// Ends a batch before its nmap is started. What is out of scope stays unfinished; the rest goes
    /// on in a batch of its own.
    pub(super) fn end_out_of_scope(
        &mut self,
        myself: &ActorRef<BatchMsg>,
        addresses: &AddressSet,
        outside: &AddressSet,
    ) -> Handled {
        let id = self.record.id;
        let effective = self.context.effective();
        // The scope may have been widened again in this moment; then there is a batch for that.
        let why = effective.check(outside).err().map(|out| out.to_string()).unwrap_or_default();
        tracing::warn!(batch.id = %id, "batch {id} is not started: {why}");
        self.scan.cast(ScanMsg::OutOfScope)?;
        let outcome = Outcome::OutOfScope { addresses: outside.count() };
        let rest = addresses.difference(outside);
        let lane = self.record.lane;
        let children: Vec<Child> =
            (!rest.is_empty()).then_some(Child { addresses: rest, lane }).into_iter().collect();
        let next = match children.is_empty() {
            true => Next::GiveUp,
            false => Next::Split(children.clone()),
        };
        self.record.status = match next {
            Next::Split(_) => BatchStatus::Split,
            _ => BatchStatus::Failed,
        };
        self.record.outcome = Some(outcome.clone());
        self.record.finished_at = Some(Time::now());
        self.summarise(&self.context.store.verdicts(id)?);
        let event = Event::BatchFailed {
            batch_id: id,
            reason: outcome.as_str().to_owned(),
            detail: format!("{outcome}; {why}"),
            attempt: self.record.attempt.unwrap_or(AttemptNo::FIRST),
            will_retry: false,
            will_split: !children.is_empty(),
            retry_in_ms: None,
            salvaged_hosts: 0,
            remaining_targets: addresses.to_ranges(),
        };
        let mut write = Write::new();
        write.put_batch(&self.record);
        write.event(self.context.scan, EncodedEvent::now(&event));
        let records = match children.is_empty() {
            true => Vec::new(),
            false => make_children(&self.context, id, &children, &outcome, &mut write),
        };
        self.settle(myself, write, next, records);
        Ok(())
    }
}
