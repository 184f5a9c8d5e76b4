//! What each step does to the tables: refuse first, then change rows and indexes together.

use super::group::{Fault, Group};
use crate::{
    codec::Record,
    error::Refusal,
    reader::get,
    tables::{status_number, stream_number},
    write::{GrantsEdit, Op, ProjectEdit, Receipt},
};
use netscan_schemas::{
    Time,
    batch::BatchStatus,
    grants::Grants,
    id::{BatchId, ProjectId, ScanId},
    scan::{ScanState, ScanStatus},
    stored::{BatchRecord, ProjectRecord, TallyRecord, Widening},
};
use redb::ReadableTable;
use std::sync::atomic::Ordering;

/// Changes what is granted to a project. To grant more than it has takes a note.
fn grant(project: &mut ProjectRecord, edit: &GrantsEdit) -> Result<(), Refusal> {
    let GrantsEdit { change, by, at } = edit;
    let grants = change.applied_to(project.grants);
    if grants.exceed(project.grants) {
        let note = change.note.clone().ok_or(Refusal::NoGrantNote(project.id))?;
        project.widened = Some(Widening { note, by: by.clone(), at: *at });
    }
    if grants == Grants::default() {
        project.widened = None;
    }
    project.grants = grants;
    Ok(())
}

impl Group<'_> {
    pub(super) fn apply(&mut self, op: &Op, receipt: &mut Receipt) -> Result<(), Fault> {
        match op {
            Op::CreateProject { name, description, at } => {
                let made = self.create_project(name, description.as_deref(), *at)?;
                receipt.project = Some(made);
                Ok(())
            }
            Op::UpdateProject { id, edit } => {
                receipt.project = Some(self.update_project(*id, edit)?);
                Ok(())
            }
            Op::DeleteProject(id) => self.delete_project(*id),
            Op::CreateScan { scan, project, spec, plan, state } => {
                self.create_scan(*scan, *project, [spec, plan, state])
            }
            Op::PutScanState { scan, status, bytes } => self.put_scan_state(*scan, *status, bytes),
            Op::DeleteScan(scan) => self.delete_scan(*scan),
            Op::PutBatch { batch, scan, status, bytes } => {
                self.put_batch(*batch, *scan, *status, bytes)
            }
            Op::PutAttempt { batch, attempt, outcome, bytes } => {
                // Where the batch stands only matters at the attempt's end.
                let counted = match outcome {
                    Some(_) => {
                        let held: Option<BatchRecord> = get(&self.tables.batches, batch.get())?;
                        held.ok_or(Refusal::NoBatch(*batch))?.status == BatchStatus::Running
                    }
                    None if self.tables.batches.get(batch.get())?.is_none() => {
                        return Err(Refusal::NoBatch(*batch).into());
                    }
                    None => false,
                };
                self.touch();
                self.tables.attempts.insert((batch.get(), attempt.0), bytes.as_slice())?;
                if let Some(outcome) = outcome.filter(|_| counted) {
                    *self.counted.attempts.entry(outcome).or_default() += 1;
                }
                Ok(())
            }
            Op::RawFrame { batch, attempt, stream, frame, bytes } => {
                let (batch, attempt) = (*batch, *attempt);
                if self.tables.attempts.get((batch.get(), attempt.0))?.is_none() {
                    return Err(Refusal::NoAttempt { batch, attempt }.into());
                }
                self.touch();
                let key = (batch.get(), attempt.0, stream_number(*stream), *frame);
                self.tables.raw.insert(key, bytes.as_slice())?;
                Ok(())
            }
            Op::RecordHosts(op) => self.record_hosts(op),
            Op::RecordProvisional(op) => self.record_provisional(op),
            Op::AddDifficult { addresses, difficulty } => self.add_difficult(addresses, difficulty),
            Op::RemoveDifficult { addresses } => self.remove_difficult(addresses),
            Op::AddScope(record) => {
                receipt.scope = Some(self.add_scope(record)?);
                Ok(())
            }
            Op::RemoveScope { project, id } => {
                receipt.scope = Some(self.remove_scope(*project, *id)?);
                Ok(())
            }
            Op::Event { scan, event } => self.event(*scan, event, receipt),
            Op::CreateToken { id, bytes } => self.create_token(id, bytes),
            Op::DeleteToken(id) => self.delete_token(id),
            Op::TouchToken { id, at } => self.touch_token(id, *at),
            Op::CreateSession { key, session, keep } => self.create_session(*key, session, *keep),
            Op::DeleteSession(key) => self.delete_session(*key),
            Op::TouchSession { key, at } => self.touch_session(*key, *at),
            Op::Audit(entry) => self.audit(entry, receipt),
            Op::CreateProfile(record) => self.create_profile(record),
            Op::ReplaceProfile(record) => self.replace_profile(record),
            Op::DeleteProfile(name) => self.delete_profile(name),
        }
    }

    fn create_project(
        &mut self,
        name: &str,
        description: Option<&str>,
        created_at: Time,
    ) -> Result<ProjectRecord, Fault> {
        self.require_free_name(name)?;
        let number = self.next_project;
        let id = ProjectId::new(number).ok_or_else(counter_is_zero)?;
        let (name, description) = (name.to_owned(), description.map(str::to_owned));
        let record = ProjectRecord::new(id, name, description, created_at);
        let bytes = record.to_bytes()?;
        self.touch();
        self.next_project = number + 1;
        self.tables.projects.insert(number, bytes.as_slice())?;
        self.tables.project_names.insert(record.name.as_str(), number)?;
        Ok(record)
    }

    fn update_project(
        &mut self,
        id: ProjectId,
        edit: &ProjectEdit,
    ) -> Result<ProjectRecord, Fault> {
        let ProjectEdit { name, description, grants } = edit;
        let held: Option<ProjectRecord> = get(&self.tables.projects, id.get())?;
        let held = held.ok_or(Refusal::NoProject(id))?;
        let mut record = held.clone();
        if let Some(name) = name.as_ref().filter(|name| **name != held.name) {
            self.require_free_name(name)?;
            record.name.clone_from(name);
        }
        if let Some(description) = description {
            record.description.clone_from(description);
        }
        if let Some(edit) = grants {
            grant(&mut record, edit)?;
        }
        let bytes = record.to_bytes()?;
        self.touch();
        self.tables.project_names.remove(held.name.as_str())?;
        self.tables.project_names.insert(record.name.as_str(), id.get())?;
        self.tables.projects.insert(id.get(), bytes.as_slice())?;
        Ok(record)
    }

    fn require_free_name(&self, name: &str) -> Result<(), Fault> {
        match self.tables.project_names.get(name)? {
            Some(_) => Err(Refusal::NameTaken { name: name.to_owned() }.into()),
            None => Ok(()),
        }
    }

    fn create_scan(
        &mut self,
        scan: ScanId,
        project: ProjectId,
        [spec, plan, state]: [&Vec<u8>; 3],
    ) -> Result<(), Fault> {
        let number = scan.get();
        if self.tables.projects.get(project.get())?.is_none() {
            return Err(Refusal::NoProject(project).into());
        }
        if self.tables.scan_specs.get(number)?.is_some() {
            return Err(Refusal::ScanExists(scan).into());
        }
        let tally = TallyRecord::default().to_bytes()?;
        self.touch();
        self.counters.next[1].fetch_max(number.saturating_add(1), Ordering::Relaxed);
        let tables = &mut self.tables;
        tables.scan_specs.insert(number, spec.as_slice())?;
        tables.plans.insert(number, plan.as_slice())?;
        tables.scan_states.insert(number, state.as_slice())?;
        tables.tallies.insert(number, tally.as_slice())?;
        tables.scans_by_project.insert((project.get(), number), ())?;
        tables.scans_by_status.insert((status_number(ScanStatus::Queued), number), ())?;
        self.is_of(scan, project);
        Ok(())
    }

    fn put_scan_state(
        &mut self,
        scan: ScanId,
        status: ScanStatus,
        bytes: &[u8],
    ) -> Result<(), Fault> {
        let held: Option<ScanState> = get(&self.tables.scan_states, scan.get())?;
        let held = held.ok_or(Refusal::NoScan(scan))?;
        self.touch();
        self.tables.scan_states.insert(scan.get(), bytes)?;
        if held.status != status {
            self.tables.scans_by_status.remove((status_number(held.status), scan.get()))?;
            self.tables.scans_by_status.insert((status_number(status), scan.get()), ())?;
        }
        Ok(())
    }

    fn put_batch(
        &mut self,
        batch: BatchId,
        scan: ScanId,
        status: BatchStatus,
        bytes: &[u8],
    ) -> Result<(), Fault> {
        let held: Option<BatchRecord> = get(&self.tables.batches, batch.get())?;
        if held.as_ref().is_some_and(|held| held.scan_id != scan) {
            return Err(Refusal::NoBatch(batch).into());
        }
        self.tally(scan)?;
        self.touch();
        let counts = &mut self.tally(scan)?.batches;
        match &held {
            Some(held) => take(&mut counts[held.status as usize], 1),
            None => {
                self.tables.batches_by_scan.insert((scan.get(), batch.get()), ())?;
                self.counters.next[2].fetch_max(batch.get().saturating_add(1), Ordering::Relaxed);
            }
        }
        self.tally(scan)?.batches[status as usize] += 1;
        self.tables.batches.insert(batch.get(), bytes)?;
        if status.has_ended() && held.is_some_and(|held| !held.status.has_ended()) {
            *self.counted.batches.entry(status).or_default() += 1;
        }
        Ok(())
    }
}

/// Counters start at 1, so this takes damage or more rows than there are numbers.
pub(super) fn counter_is_zero() -> redb::StorageError {
    redb::StorageError::Corrupted("a counter of new rows is zero".into())
}

/// Takes from a count. Counts are exact, so there is always enough; after undetected damage a
/// wrong count is for `check` to find, not a reason to stop.
pub(super) fn take(count: &mut u64, less: u64) {
    debug_assert!(*count >= less, "a count went below zero");
    *count = count.saturating_sub(less);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batch_states_count_in_the_order_of_their_list() {
        for (index, status) in BatchStatus::ALL.into_iter().enumerate() {
            assert_eq!(status as usize, index);
        }
    }
}
