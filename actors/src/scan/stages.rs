//! What a scan cuts its next batch from: its plan, or what an earlier step has passed on.
//!
//! ```text
//! single:  plan ─► batches
//! staged:  plan ─► discovery ─► up ─► ports ─► with open ports ─► services
//!                      │               │                             │
//!                     down            up (nothing asked beyond)      up
//! ```
//!
//! What a step passes on waits until there is a full chunk of it, or until nothing that comes before
//! could add to it: hosts of many sparse batches make few full ones. A later step goes first, so
//! that what is begun is finished. Where each step is, is read off its batches after a restart:
//! passed on by ended batches of one step, less what is in batches of the next.

use super::{plan::Plan, walk::Walk};
use netscan_schemas::{
    AddressSet, BatchId,
    batch::{Lane, Phase},
};
use netscan_store::Step;
use std::{borrow::Cow, collections::BTreeMap};

/// Hosts that are worth a batch once the plan has no more to give: below so many, nmap's slow start
/// is all there is.
const WORTH_A_BATCH: u64 = 8;

/// Addresses for a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The addresses, all of one family.
    pub addresses: AddressSet,
    /// How they are treated.
    pub lane: Lane,
    /// The step that they are for; none where the plan has no steps.
    pub phase: Option<Phase>,
}

/// A plan, its steps, and what waits between them.
#[derive(Debug)]
pub struct Stages {
    walk: Walk,
    /// The steps in their order; none for a single plan.
    phases: Vec<Phase>,
    /// What waits for each step but the first.
    pools: BTreeMap<Phase, AddressSet>,
    /// The open batches of each step.
    open: BTreeMap<BatchId, Phase>,
    /// Addresses that go last and alone.
    difficult: AddressSet,
    /// Addresses that may not be scanned any more.
    barred: AddressSet,
}

impl Stages {
    /// Returns a plan that has come this far. `waiting` is what waits for each step, `open` are the
    /// batches that have not ended.
    pub fn new(
        plan: Plan,
        cursor: u64,
        phases: Vec<Phase>,
        waiting: BTreeMap<Phase, AddressSet>,
        open: impl IntoIterator<Item = (BatchId, Phase)>,
    ) -> Self {
        let difficult = plan.last.clone();
        Self {
            walk: Walk::new(plan, cursor),
            phases,
            pools: waiting,
            open: open.into_iter().collect(),
            difficult,
            barred: AddressSet::new(),
        }
    }

    /// Returns how many addresses of the plan are in batches already.
    pub(super) fn cursor(&self) -> u64 {
        self.walk.cursor()
    }

    /// Takes the addresses of the next batch; none where there is nothing to start now. `chunk` says
    /// how many at most, of how many are left for a step.
    pub(super) fn cut(&mut self, chunk: impl Fn(Option<Phase>, u64) -> u64) -> Option<Piece> {
        for phase in self.phases.iter().skip(1).copied().rev().collect::<Vec<_>>() {
            if let Some(piece) = self.cut_passed(phase, &chunk) {
                return Some(piece);
            }
        }
        let phase = self.phases.first().copied();
        let (addresses, lane) = self.walk.cut(|left| chunk(phase, left))?;
        Some(Piece { addresses, lane, phase })
    }

    /// Takes a batch of what was passed on to a step.
    fn cut_passed(
        &mut self,
        phase: Phase,
        chunk: impl Fn(Option<Phase>, u64) -> u64,
    ) -> Option<Piece> {
        if self.ready(phase, |left| chunk(Some(phase), left)) == 0 {
            return None;
        }
        let free = self.free(phase);
        let easy = free.difference(&self.difficult);
        let (addresses, lane) = match easy.is_empty() {
            true => (free.slice(0, 1), Lane::Difficult),
            false => {
                let count = chunk(Some(phase), easy.count());
                let cut = easy.slice(0, u128::from(count));
                (of_first_family(&cut), Lane::Main)
            }
        };
        let pool = self.pools.get_mut(&phase)?;
        *pool = pool.difference(&addresses);
        Some(Piece { addresses, lane, phase: Some(phase) })
    }

    /// Returns what waits for a step and may be scanned.
    fn free(&self, phase: Phase) -> Cow<'_, AddressSet> {
        match self.pools.get(&phase) {
            Some(pool) if self.barred.is_empty() => Cow::Borrowed(pool),
            Some(pool) => Cow::Owned(pool.difference(&self.barred)),
            None => Cow::Owned(AddressSet::new()),
        }
    }

    /// Returns how many batches could be cut of what waits for a step.
    fn ready(&self, phase: Phase, chunk: impl Fn(u64) -> u64) -> u64 {
        let free = self.free(phase);
        let difficult = free.intersection(&self.difficult).count();
        let easy = free.count() - difficult;
        let size = chunk(easy).max(1);
        let is_fed = self.phases.iter().take_while(|before| **before != phase).any(|before| {
            self.open.values().any(|open| open == before) || !self.free(*before).is_empty()
        });
        let is_planned = self.walk.batches_left(1) > 0;
        match (is_planned, is_fed) {
            (false, false) => easy.div_ceil(size) + difficult,
            (false, true) if easy >= WORTH_A_BATCH => easy.div_ceil(size),
            // A difficult host waits for all that is not.
            (_, _) => easy / size,
        }
    }

    /// Takes note of a batch of a step that is open now.
    pub(super) fn on_open(&mut self, batch: BatchId, phase: Option<Phase>) {
        if let Some(phase) = phase {
            self.open.insert(batch, phase);
        }
    }

    /// Returns whether an open batch is of a step that another one comes after.
    pub(super) fn has_next_step(&self, batch: BatchId) -> bool {
        self.phase_of(batch).is_some_and(|phase| self.phases.last() != Some(&phase))
    }

    /// Returns the step that an open batch is of.
    pub(super) fn phase_of(&self, batch: BatchId) -> Option<Phase> {
        self.open.get(&batch).copied()
    }

    /// Takes note that a batch has ended, and of what it has passed on to the next step.
    pub(super) fn on_ended(&mut self, batch: BatchId, passed: &AddressSet) {
        let Some(phase) = self.open.remove(&batch) else { return };
        let next = self.phases.iter().skip_while(|held| **held != phase).nth(1);
        if let Some(next) = next {
            let pool = self.pools.entry(*next).or_default();
            *pool = pool.union(passed);
        }
    }

    /// Takes note of which addresses may not be scanned any more; returns whether that is news.
    pub(super) fn set_barred(&mut self, barred: AddressSet) -> bool {
        self.barred.clone_from(&barred);
        self.walk.set_barred(barred)
    }

    /// Returns the addresses that are in no batch of the step that they are to go through next.
    pub(super) fn rest(&self) -> AddressSet {
        self.pools.values().fold(self.walk.rest(), |rest, pool| rest.union(pool))
    }

    /// Returns how many addresses of the plan's first part are in no batch yet.
    pub(super) fn left_of_first(&self) -> u64 {
        self.walk.left_of_first()
    }

    /// Returns the step of the next batch, and how many addresses it has at most.
    pub(super) fn next_chunk(
        &self,
        chunk: impl Fn(Option<Phase>, u64) -> u64,
    ) -> (Option<Phase>, u64) {
        let mut later = self.phases.iter().skip(1).rev().copied();
        match later.find(|phase| self.ready(*phase, |left| chunk(Some(*phase), left)) > 0) {
            Some(phase) => (Some(phase), chunk(Some(phase), self.free(phase).count())),
            None => {
                let phase = self.phases.first().copied();
                (phase, chunk(phase, self.walk.left_of_first()))
            }
        }
    }

    /// Returns how many batches could be cut now.
    pub(super) fn batches_left(&self, chunk: impl Fn(Option<Phase>, u64) -> u64) -> u64 {
        let first = chunk(self.phases.first().copied(), self.walk.left_of_first());
        let later = self.phases.iter().skip(1);
        let passed = later.map(|phase| self.ready(*phase, |left| chunk(Some(*phase), left)));
        passed.fold(self.walk.batches_left(first), u64::saturating_add)
    }
}

/// Returns what waits for each step, by how far each of them is.
pub(super) fn waiting(
    phases: &[Phase],
    mut steps: BTreeMap<Phase, Step>,
) -> BTreeMap<Phase, AddressSet> {
    let pairs = phases.windows(2).filter_map(|pair| <[Phase; 2]>::try_from(pair).ok());
    let pairs: Vec<[Phase; 2]> = pairs.collect();
    let mut waiting = BTreeMap::new();
    for [before, phase] in pairs {
        let passed = steps.remove(&before).unwrap_or_default().passed;
        let taken = steps.get(&phase).map(|step| step.in_batches.clone()).unwrap_or_default();
        waiting.insert(phase, passed.difference(&taken));
    }
    waiting
}

/// Returns the addresses that are of the same family as the first: nmap scans one at a time.
fn of_first_family(addresses: &AddressSet) -> AddressSet {
    let Some(first) = addresses.select(0) else { return AddressSet::new() };
    let same = addresses.iter().filter(|address| address.is_ipv4() == first.is_ipv4());
    AddressSet::from_addresses(same)
}

#[cfg(test)]
mod tests {
    use super::*;
    use Phase::{Discovery, Ports, Services};
    use netscan_schemas::{Interval, stored::PlanOrder};

    fn set(first: &str, last: &str) -> AddressSet {
        let run = Interval::between(first.parse().unwrap(), last.parse().unwrap()).unwrap();
        AddressSet::from_intervals(vec![run])
    }

    fn id(number: u64) -> BatchId {
        BatchId::new(number).unwrap()
    }

    const CHUNK: u64 = 16;

    fn chunk(phase: Option<Phase>, _: u64) -> u64 {
        if phase == Some(Discovery) { 64 } else { CHUNK }
    }

    fn stages(phases: &[Phase]) -> Stages {
        let all = set("10.0.0.0", "10.0.0.255");
        let plan = Plan::new(&all, &set("10.0.0.200", "10.0.0.201"), PlanOrder::InOrder);
        Stages::new(plan, 0, phases.to_vec(), BTreeMap::new(), [])
    }

    /// Cuts the next batch and opens it under this number.
    fn cut(stages: &mut Stages, number: u64) -> Option<(String, Lane, Option<Phase>)> {
        let piece = stages.cut(chunk)?;
        stages.on_open(id(number), piece.phase);
        Some((piece.addresses.to_ranges().join(","), piece.lane, piece.phase))
    }

    #[test]
    fn a_single_plan_has_no_steps() {
        let mut stages = stages(&[]);
        assert_eq!(stages.batches_left(chunk), 254u64.div_ceil(CHUNK) + 2);
        let piece = stages.cut(chunk).unwrap();
        assert_eq!((piece.addresses.count(), piece.phase), (CHUNK, None));
        stages.on_ended(id(1), &piece.addresses);
        assert_eq!(stages.batches_left(chunk), 238u64.div_ceil(CHUNK) + 2);
    }

    #[test]
    fn hosts_that_are_up_are_pooled_and_cut_once_they_fill_a_batch() {
        let mut stages = stages(&[Discovery, Ports, Services]);
        for number in 1..=4 {
            let (_, _, phase) = cut(&mut stages, number).unwrap();
            assert_eq!(phase, Some(Discovery));
        }
        // 10 hosts: too few, and two difficult hosts of the plan are left.
        stages.on_ended(id(1), &set("10.0.0.1", "10.0.0.10"));
        assert_eq!(
            cut(&mut stages, 5),
            Some(("10.0.0.200".into(), Lane::Difficult, Some(Discovery)))
        );
        // 10 more: a full one, and 4 that wait.
        stages.on_ended(id(2), &set("10.0.0.70", "10.0.0.79"));
        let (cut_now, lane, phase) = cut(&mut stages, 6).unwrap();
        assert_eq!((cut_now.as_str(), lane), ("10.0.0.1-10,10.0.0.70-75", Lane::Main));
        assert_eq!(phase, Some(Ports));
        assert_eq!(
            cut(&mut stages, 7),
            Some(("10.0.0.201".into(), Lane::Difficult, Some(Discovery)))
        );
        // The plan is at its end, and batches of discovery are open: 4 hosts are not worth one yet.
        assert_eq!((cut(&mut stages, 8), stages.batches_left(chunk)), (None, 0));
        for number in [3, 4, 5] {
            stages.on_ended(id(number), &AddressSet::new());
        }
        assert_eq!(cut(&mut stages, 8), None);
        // Nothing comes before them any more; a difficult one goes last and alone.
        stages.on_ended(id(7), &set("10.0.0.201", "10.0.0.201"));
        assert_eq!(stages.batches_left(chunk), 2);
        assert_eq!(cut(&mut stages, 8), Some(("10.0.0.76/30".into(), Lane::Main, Some(Ports))));
        assert_eq!(cut(&mut stages, 9), Some(("10.0.0.201".into(), Lane::Difficult, Some(Ports))));
        // The last step: of all three batches, when the last of them has ended.
        stages.on_ended(id(6), &set("10.0.0.3", "10.0.0.4"));
        assert_eq!(cut(&mut stages, 10), None);
        stages.on_ended(id(8), &AddressSet::new());
        stages.on_ended(id(9), &set("10.0.0.201", "10.0.0.201"));
        assert_eq!(cut(&mut stages, 10), Some(("10.0.0.3-4".into(), Lane::Main, Some(Services))));
        let last = cut(&mut stages, 11);
        assert_eq!(last, Some(("10.0.0.201".into(), Lane::Difficult, Some(Services))));
        stages.on_ended(id(10), &set("10.0.0.3", "10.0.0.4"));
        stages.on_ended(id(11), &AddressSet::new());
        assert_eq!((cut(&mut stages, 12), stages.batches_left(chunk)), (None, 0));
        assert!(stages.rest().is_empty());
    }

    #[test]
    fn eight_hosts_are_worth_a_batch_when_the_plan_has_no_more() {
        let all = set("10.0.0.0", "10.0.0.63");
        let plan = Plan::new(&all, &AddressSet::new(), PlanOrder::InOrder);
        let open = [(id(1), Discovery), (id(2), Discovery)];
        let mut stages = Stages::new(plan, 64, vec![Discovery, Ports], BTreeMap::new(), open);
        stages.on_ended(id(1), &set("10.0.0.1", "10.0.0.8"));
        assert_eq!(cut(&mut stages, 3), Some(("10.0.0.1-8".into(), Lane::Main, Some(Ports))));
    }

    #[test]
    fn families_stay_apart() {
        let plan = Plan::new(&AddressSet::new(), &AddressSet::new(), PlanOrder::InOrder);
        let both = set("10.0.0.1", "10.0.0.3").union(&set("fd00::1", "fd00::2"));
        let waiting = BTreeMap::from([(Ports, both)]);
        let mut stages = Stages::new(plan, 0, vec![Discovery, Ports], waiting, []);
        let first = cut(&mut stages, 1).unwrap();
        let second = cut(&mut stages, 2).unwrap();
        assert_eq!((first.0.as_str(), second.0.as_str()), ("10.0.0.1-3", "fd00::1-fd00::2"));
    }

    #[test]
    fn what_may_not_be_scanned_any_more_stays_where_it_waits() {
        let plan = Plan::new(&AddressSet::new(), &AddressSet::new(), PlanOrder::InOrder);
        let waiting = BTreeMap::from([(Ports, set("10.0.0.1", "10.0.0.4"))]);
        let mut stages = Stages::new(plan, 0, vec![Discovery, Ports], waiting, []);
        stages.set_barred(set("10.0.0.1", "10.0.0.2"));
        assert_eq!(cut(&mut stages, 1).unwrap().0, "10.0.0.3-4");
        assert_eq!((cut(&mut stages, 2), stages.batches_left(chunk)), (None, 0));
        stages.set_barred(AddressSet::new());
        assert_eq!(cut(&mut stages, 2).unwrap().0, "10.0.0.1-2");
    }
}
