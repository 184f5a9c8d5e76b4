//! A batch some of whose addresses may not be scanned any more: the scope was changed after the scan
//! was accepted, or an entry of it expired.

use super::{
    actor::{BatchMsg, BatchState, Handled, ScanContext},
    children::make_children,
    core::{Next, leave_scope},
    end::status_after,
};
use crate::{scan::ScanMsg, scope::Effective};
use netscan_schemas::{
    AddressSet, AttemptNo, Time,
    attempt::Outcome,
    event::{EncodedEvent, Event},
};
use netscan_store::Write;
use ractor::{ActorProcessingErr, ActorRef};
use std::{sync::Arc, time::Duration};

/// Wait before the scope is asked again of which the store cannot say yet what it is.
const DOUBT_WAIT: Duration = Duration::from_secs(5);

impl ScanContext {
    /// Returns what may be scanned at this moment.
    pub(crate) fn effective(&self) -> Arc<Effective> {
        self.scopes.effective(Some(self.project))
    }
}

impl BatchState {
    /// Decides where the remainder goes of which some is out of scope, and says why it is.
    pub(super) fn leave_scope(
        &self,
        effective: &Effective,
        remaining: &AddressSet,
    ) -> Result<(Next, String), ActorProcessingErr> {
        self.scan.cast(ScanMsg::OutOfScope)?;
        let outside = effective.outside(remaining);
        // They may have been finished, or the scope widened again, in this moment.
        let why = effective.check(&outside).err().map(|out| format!("; {out}"));
        let next = match effective.is_doubtful() {
            true => Next::Retry { after: DOUBT_WAIT, charged: false },
            false => leave_scope(remaining, &outside, self.record.lane),
        };
        Ok((next, why.unwrap_or_default()))
    }

    /// Ends a batch before its nmap is started. What is out of scope stays unfinished; the rest goes
    /// on in a batch of its own.
    pub(super) fn end_out_of_scope(
        &mut self,
        myself: &ActorRef<BatchMsg>,
        addresses: &AddressSet,
        effective: &Effective,
    ) -> Handled {
        let id = self.record.id;
        let outcome = Outcome::OutOfScope { addresses: effective.outside(addresses).count() };
        let (next, why) = self.leave_scope(effective, addresses)?;
        tracing::warn!(batch.id = %id, "batch {id} is not started: {outcome}{why}");
        self.record.status = status_after(&next);
        self.record.outcome = Some(outcome.clone());
        self.record.finished_at = self.record.status.has_ended().then_some(Time::now());
        self.summarise(&self.context.store.verdicts(id)?);
        let after = match next {
            Next::Retry { after, .. } => Some(after),
            _ => None,
        };
        let event = Event::BatchFailed {
            batch_id: id,
            reason: outcome.as_str().to_owned(),
            detail: format!("{outcome}{why}"),
            attempt: self.record.attempt.unwrap_or(AttemptNo::FIRST),
            will_retry: after.is_some(),
            will_split: matches!(next, Next::Split(_)),
            retry_in_ms: after.map(|after| after.as_millis() as u64),
            salvaged_hosts: 0,
            remaining_targets: addresses.to_ranges(),
        };
        let mut write = Write::new();
        write.put_batch(&self.record);
        write.event(self.context.scan, EncodedEvent::now(&event));
        let children = match &next {
            Next::Split(children) => {
                make_children(&self.context, &self.record, children, &outcome, &mut write)
            }
            _ => Vec::new(),
        };
        self.settle(myself, write, next, children);
        Ok(())
    }
}
