//! What a scan looks after while its batches run: what attempts say of it as a whole, what it needs
//! to go on, its last batches, its progress.

use super::{
    actor::{ScanActorState, ScanMsg},
    core::Effect,
    need::Need,
    straggler::{self, Candidate},
};
use crate::{
    batch::{BatchMsg, News},
    finish,
    scanner::{Fitted, fitted},
    scope::OutOfScope,
};
use netscan_nmap::locate::LocateError;
use netscan_schemas::{
    attempt::StopReason,
    event::{EncodedEvent, Event},
    limits,
    scan::{Progress, Resplit},
};
use netscan_store::{Health, ReadError, Write};
use ractor::ActorRef;
use std::{
    sync::{Arc, PoisonError, atomic::Ordering},
    time::Duration,
};
use tokio::time::Instant;

/// How soon it is looked again for a usable nmap.
const SCANNER_AGAIN: Duration = Duration::from_secs(2);

impl ScanActorState {
    pub(super) fn on_news(&mut self, news: News, outcome: String) -> Vec<Effect> {
        match news {
            News::NotReady => {
                self.missing.insert(Need::Scanner, outcome);
                self.look_at.get_or_insert(Instant::now() + SCANNER_AGAIN);
            }
            News::Barren => self.last_failure = outcome,
            News::Works | News::Nothing => {}
        }
        let effects = self.core.on_news(news);
        self.context.barren.store(self.core.barren(), Ordering::Relaxed);
        effects
    }

    pub(super) fn on_looked(&mut self, found: Result<Fitted, LocateError>) -> Vec<Effect> {
        match found {
            Ok(nmap) => {
                // Plain data behind the lock: a poisoned one is still good to use.
                *self.context.nmap.write().unwrap_or_else(PoisonError::into_inner) = nmap;
                self.core.set_need(Need::Scanner, false)
            }
            Err(error) => {
                self.missing.insert(Need::Scanner, error.to_string());
                self.look_at = Some(Instant::now() + SCANNER_AGAIN);
                Vec::new()
            }
        }
    }

    /// Tells what the scan waits for. The store may be what is missing, so nobody waits for it.
    pub(super) fn tell_needs(&self) {
        let detail = |need: &Need| self.missing.get(need).cloned().unwrap_or_default();
        let needs: Vec<Need> = self.core.needs().collect();
        let told = needs.iter().map(|need| format!("{}: {}", need.as_str(), detail(need)));
        let told: Vec<String> = told.collect();
        let event = match needs.first() {
            Some(need) => {
                let waits_for = need.as_str().to_owned();
                Event::ScanWaiting { waits_for, detail: detail(need) }
            }
            None => Event::ScanReady {},
        };
        let scan = self.context.scan;
        let told = (!told.is_empty()).then(|| told.join("; "));
        match &told {
            Some(told) => tracing::warn!(scan.id = %scan, "scan {scan} waits for {told}"),
            None => tracing::info!(scan.id = %scan, "scan {scan} goes on"),
        }
        self.hub.set_waits_for(scan, told);
        let mut write = Write::new();
        write.event(scan, EncodedEvent::now(&event));
        drop(self.context.store.submit(write));
    }

    /// Looks whether the scan has what it needs.
    fn look_after_needs(&mut self, myself: &ActorRef<ScanMsg>) -> Vec<Effect> {
        if self.look_at.is_some_and(|at| at <= Instant::now()) {
            self.look_at = None;
            let (context, myself) = (Arc::clone(&self.context), myself.clone());
            tokio::spawn(async move {
                let found = Box::new(
                    context.scanner.look_again(&fitted(&context.options, &context.phases)).await,
                );
                let _ = myself.cast(ScanMsg::Looked(found)); // the actor may be gone
            });
        }
        let store = match self.context.store.health() {
            Health::Ok => None,
            health => Some(health.to_string()),
        };
        let mut effects = Vec::new();
        for (need, missing) in
            [(Need::Store, store), (Need::Network, self.context.network.missing())]
        {
            let is_missing = missing.is_some();
            self.missing.extend(missing.map(|detail| (need, detail)));
            effects.extend(self.core.set_need(need, is_missing));
        }
        effects
    }

    /// Looks whether the scope has changed, and if so which addresses of the plan are out of it.
    pub(super) fn look_at_scope(&mut self) -> Vec<Effect> {
        let effective = self.context.effective();
        if effective.is_doubtful() {
            // No batch starts meanwhile; what is passed over here does not come again.
            return Vec::new();
        }
        if self.effective.as_ref().is_some_and(|held| Arc::ptr_eq(held, &effective)) {
            return Vec::new();
        }
        let rest = self.core.rest();
        let barred = effective.outside(&rest);
        let detail = effective.check(&rest).err().map(|out| out.to_string());
        self.effective = Some(effective);
        let (addresses, mut targets) = (barred.count(), barred.to_ranges());
        let (is_news, effects) = self.core.set_barred(barred);
        if is_news {
            let scan = self.context.scan;
            match &detail {
                Some(detail) => tracing::warn!(scan.id = %scan, "scan {scan}: {detail}"),
                None => tracing::info!(scan.id = %scan, "scan {scan}: all of it may be scanned"),
            }
            targets.truncate(limits::SCOPE_RANGES_SHOWN);
            let event = Event::ScopeChanged { addresses, targets, detail };
            let mut write = Write::new();
            write.event(scan, EncodedEvent::now(&event));
            // Each batch that is not started for it says so as well.
            drop(self.context.store.submit(write));
        }
        effects
    }

    /// Returns why addresses without a verdict may not be scanned, if some may not.
    pub(super) fn out_of_scope(&self) -> Result<Option<OutOfScope>, ReadError> {
        let (store, scan) = (&self.context.store, self.context.scan);
        let plan = store.plan(scan)?.unwrap_or_default();
        let unfinished = plan.addresses.difference(&store.scan_verdicts(scan)?.known());
        Ok(self.context.effective().check(&unfinished).err())
    }

    /// Returns the share of its time that an nmap of the scan wants a processor, on average.
    pub(super) fn want(&self) -> Option<f64> {
        let wants: Vec<f64> = self.batches.values().filter_map(|open| open.pulse.want()).collect();
        (!wants.is_empty()).then(|| wants.iter().sum::<f64>() / wants.len() as f64)
    }

    /// Ends a batch early if in smaller ones its rest is done sooner.
    fn split_straggler(&self) {
        let Some(idle) = self.core.idle_places() else { return };
        let running = self.batches.iter().filter_map(|(id, open)| {
            let pace = open.pulse.pace()?;
            let addresses = open.record.addresses.count();
            Some(Candidate { id: *id, addresses, elapsed: pace.elapsed, left: pace.left })
        });
        if let Some(id) = straggler::choose(running, idle)
            && let Some(open) = self.batches.get(&id)
        {
            tracing::info!(batch.id = %id, "batch {id} is split early: its rest ends sooner so");
            let _ = open.actor.cast(BatchMsg::Stop(StopReason::Straggler)); // it may have ended
        }
    }

    /// Tells progress if there is news, and looks after what no message tells.
    pub(super) fn tick(&mut self, myself: &ActorRef<ScanMsg>) -> Vec<Effect> {
        if let Err(error) = self.tell_progress() {
            // Progress may be missed; a store that is away for a moment ends no scan.
            let scan = self.context.scan;
            tracing::warn!(scan.id = %scan, %error, "scan {scan}: its progress cannot be read: {error}");
        }
        if self.spec.policy.resplit == Resplit::Bisect {
            self.split_straggler();
        }
        let mut effects = self.look_at_scope();
        effects.extend(self.look_after_needs(myself));
        effects
    }

    fn tell_progress(&mut self) -> Result<(), ReadError> {
        let Some(view) = self.context.store.scan(self.context.scan)? else { return Ok(()) };
        let verdicts = view.tally.verdicts(&view.spec);
        let mut progress = finish::progress(&view);
        let estimate =
            self.pace.sample(Instant::now(), progress.targets_done, progress.targets_total);
        progress.eta_ms = estimate.map(|estimate| estimate.eta.as_millis() as u64);
        progress.eta_p90_ms = estimate.map(|estimate| estimate.eta_p90.as_millis() as u64);
        self.hub.set_progress(self.context.scan, progress);
        // The estimate alone is no news.
        let news = Progress { eta_ms: None, eta_p90_ms: None, ..progress };
        if self.shown.replace((news, verdicts)) != Some((news, verdicts)) {
            let event = Event::ScanProgress { progress, verdicts };
            let mut write = Write::new();
            write.event(self.context.scan, EncodedEvent::now(&event));
            // Progress may be missed: when the store is away, others say so.
            drop(self.context.store.submit(write));
        }
        Ok(())
    }
}
