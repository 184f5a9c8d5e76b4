//! The batch actors of a scan: how they begin, begin again after a failure, and give way to smaller
//! ones.

use super::{
    actor::{Handled, ScanActorState, ScanMsg},
    core::{BatchEnd, Effect},
    reopen::{give_up, reopen},
    stages::Piece,
};
use crate::{
    batch::{Batch, BatchArgs, BatchMsg},
    runner::Pulse,
    slots::Permit,
    supervise::{Intensity, commit},
    tree::Node,
};
use netscan_schemas::{
    AddressSet, BatchId,
    stored::{BatchRecord, VerdictsRecord},
};
use netscan_store::{ReadError, Write};
use ractor::{Actor, ActorId, ActorProcessingErr, ActorRef};
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;

/// Batch actors that may fail before their batch is given up.
const BATCH_FAILURES: (usize, Duration) = (3, Duration::from_secs(600));

pub(super) struct OpenBatch {
    pub(super) actor: ActorRef<BatchMsg>,
    /// How far its running attempt is.
    pub(super) pulse: Arc<Pulse>,
    /// As it was when its actor began, to begin again if that fails before it is stored.
    pub(super) record: BatchRecord,
    pub(super) failures: Intensity,
    /// Its place in the tree, through all failures.
    node: Arc<Node>,
}

impl ScanActorState {
    pub(super) async fn open(
        &mut self,
        myself: &ActorRef<ScanMsg>,
        record: BatchRecord,
        verdicts: VerdictsRecord,
        permit: Option<Permit>,
        node: Arc<Node>,
    ) -> Handled {
        let pulse = Arc::new(Pulse::default());
        let args = BatchArgs {
            context: Arc::clone(&self.context),
            scan: myself.clone(),
            record: record.clone(),
            verdicts,
            permit,
            pulse: Arc::clone(&pulse),
            node: Arc::clone(&node),
        };
        let (actor, _) = Actor::spawn_linked(None, Batch, args, myself.get_cell()).await?;
        let failures = Intensity::new(BATCH_FAILURES.0, BATCH_FAILURES.1);
        self.batches.insert(record.id, OpenBatch { actor, pulse, record, failures, node });
        Ok(())
    }

    /// Makes a batch. The cursor goes to the store with it, from here and so in order: written by
    /// the batches, an older cursor could replace a newer one.
    pub(super) async fn cut(
        &mut self,
        myself: &ActorRef<ScanMsg>,
        Piece { addresses, lane, phase }: Piece,
    ) -> Result<Vec<Effect>, ActorProcessingErr> {
        netscan_store::failpoint::hit("scan-cut");
        let record = self.context.new_batch(None, addresses, lane, phase);
        let id = record.id;
        self.saved.cursor = self.core.cursor();
        let mut write = Write::new();
        write.put_scan_state(self.context.scan, &self.saved).put_batch(&record);
        // Not waited for: the batch's claim comes behind it, and that is.
        drop(self.context.store.submit(write));
        let permit = self.permit.take();
        let node = self.node.batch(id);
        self.open(myself, record, VerdictsRecord::default(), permit, node).await?;
        Ok(self.core.on_cut(id, phase))
    }

    pub(super) fn on_batch_ended(
        &mut self,
        batch: BatchId,
        end: BatchEnd,
    ) -> Result<Vec<Effect>, ReadError> {
        if end == BatchEnd::SetAside {
            return Ok(self.core.on_batch_ended(batch, end, &AddressSet::new()));
        }
        self.batches.remove(&batch);
        let passed = self.passed(batch)?;
        Ok(self.core.on_batch_ended(batch, end, &passed))
    }

    /// Returns what a batch that has ended has passed on to the next step.
    fn passed(&self, batch: BatchId) -> Result<AddressSet, ReadError> {
        match self.core.has_next_step(batch) {
            true => Ok(self.context.store.verdicts(batch)?.passed),
            false => Ok(AddressSet::new()),
        }
    }

    /// Starts a failed batch's actor again from the store, a few times.
    pub(super) async fn on_batch_gone(
        &mut self,
        myself: &ActorRef<ScanMsg>,
        actor: ActorId,
        error: Option<String>,
    ) -> Handled {
        let gone = self.batches.iter().find(|(_, open)| open.actor.get_id() == actor);
        let Some((&id, _)) = gone else { return Ok(()) }; // it had ended: the usual way
        let Some(mut open) = self.batches.remove(&id) else { return Ok(()) };
        let error = error.unwrap_or_else(|| "it was killed".into());
        tracing::error!(batch.id = %id, %error, "batch {id}: its actor failed: {error}");
        open.node.failed(&error);
        open.node.set("restarting");
        let store = Arc::clone(&self.context.store);
        let record = store.batch(id)?.unwrap_or(open.record);
        let mut write = Write::new();
        let verdicts = store.verdicts(id)?;
        let mut reopened = reopen(&self.context, record, &mut write)?;
        if let Some(record) = reopened.iter_mut().find(|record| is_open(record, id))
            && open.failures.exceeded(Instant::now())
        {
            let remaining = record.addresses.difference(&verdicts.settled());
            let detail =
                format!("given up: its actor failed again and again, the last time so: {error}");
            give_up(record, &remaining, detail, &mut write);
        }
        commit(&store, write).await;
        let Some(record) = reopened.into_iter().find(|record| is_open(record, id)) else {
            // It had ended just before its actor failed, or has now. Smaller ones may have its place.
            let mut children = store.batches_open(self.context.scan)?;
            children
                .retain(|child| child.parent == Some(id) && !self.batches.contains_key(&child.id));
            let effects = self.on_batch_split(myself, id, children).await?;
            return self.carry_out(myself, effects).await;
        };
        let failures = open.failures;
        self.open(myself, record, verdicts, None, open.node).await?;
        if let Some(open) = self.batches.get_mut(&id) {
            open.failures = failures;
        }
        let mut effects = self.core.on_batch_resting(id);
        effects.extend(self.core.on_batch_ready(id));
        self.carry_out(myself, effects).await
    }

    /// Opens the smaller batches that a remainder went to.
    pub(super) async fn on_batch_split(
        &mut self,
        myself: &ActorRef<ScanMsg>,
        batch: BatchId,
        children: Vec<BatchRecord>,
    ) -> Result<Vec<Effect>, ActorProcessingErr> {
        self.batches.remove(&batch);
        let ids: Vec<_> = children.iter().map(|child| child.id).collect();
        for child in children {
            let node = self.node.batch(child.id);
            self.open(myself, child, VerdictsRecord::default(), None, node).await?;
        }
        let passed = self.passed(batch)?;
        let mut effects = self.core.on_batch_split(batch, ids.iter().copied(), &passed);
        // A stop came while the split was on its way: it is for the smaller ones too.
        if let Some(reason) = self.core.ends_open_batches() {
            effects.push(Effect::StopBatches(reason));
        }
        Ok(effects)
    }
}

fn is_open(record: &BatchRecord, id: BatchId) -> bool {
    record.id == id && !record.status.has_ended()
}
