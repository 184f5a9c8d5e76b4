#[path = "tests/steps.rs"]
mod steps;

use super::*;
use crate::scan::{plan::Plan, walk::LOOKED_AT_MAX};
use netscan_schemas::{
    Interval,
    address::to_number,
    batch::{Lane, Phase},
    scan::Tuning,
    stored::PlanOrder,
};
use std::{collections::BTreeMap, net::IpAddr};

fn block(first: &str, last: &str) -> AddressSet {
    let number = |text: &str| to_number(text.parse::<IpAddr>().expect("an address"));
    AddressSet::from_intervals(vec![Interval { first: number(first), last: number(last) }])
}

fn batch(number: u64) -> BatchId {
    BatchId::new(number).expect("not zero")
}

fn none() -> AddressSet {
    AddressSet::new()
}

fn piece(addresses: AddressSet, lane: Lane) -> Piece {
    Piece { addresses, lane, phase: None }
}

/// A scan with a single plan.
fn core_of(
    status: ScanStatus,
    plan: Plan,
    cursor: u64,
    tuner: Tuner,
    open: impl IntoIterator<Item = (BatchId, IsSplitOff)>,
) -> ScanCore {
    let stages = Stages::new(plan, cursor, Vec::new(), BTreeMap::new(), []);
    ScanCore::new(status, stages, tuner, open)
}

/// 10 addresses.
fn plan() -> Plan {
    Plan::new(&block("127.0.0.1", "127.0.0.10"), &AddressSet::new(), PlanOrder::InOrder)
}

/// Numbers that are not tuned.
fn fixed(chunk_size: u32, concurrency: u32) -> Tuner {
    Tuner::new(Tuning::default(), (chunk_size, concurrency), 2, 64, false)
}

/// A scan of 10 addresses in chunks of 4, two at a time.
fn scan() -> ScanCore {
    core_of(ScanStatus::Queued, plan(), 0, fixed(4, 2), [])
}

fn cut(core: &mut ScanCore, number: u64) -> Vec<String> {
    match core.on_slot().as_slice() {
        [Effect::Cut(Piece { addresses, .. })] => {
            let ranges = addresses.to_ranges();
            core.on_cut(batch(number), None);
            ranges
        }
        other => panic!("no cut but {other:?}"),
    }
}

#[test]
fn a_scan_cuts_lazily_and_ends_after_its_last_batch() {
    let mut core = scan();
    assert_eq!(core.begin(), [Effect::SaveStatus, Effect::AskSlots(2)]);
    assert_eq!(cut(&mut core, 1), ["127.0.0.1-4"]);
    assert_eq!(cut(&mut core, 2), ["127.0.0.5-8"]);
    assert_eq!(core.cursor(), 8);
    assert_eq!(core.on_batch_ended(batch(1), BatchEnd::Ended, &none()), [Effect::AskSlots(1)]);
    assert_eq!(cut(&mut core, 3), ["127.0.0.9-10"]);
    assert_eq!(core.on_batch_ended(batch(2), BatchEnd::Ended, &none()), []);
    assert_eq!(core.on_batch_ended(batch(3), BatchEnd::Ended, &none()), [Effect::Finish]);
}

#[test]
fn what_is_barred_is_passed_over_without_a_batch() {
    let mut core = scan();
    core.begin();
    assert_eq!(cut(&mut core, 1), ["127.0.0.1-4"]);
    let barred = block("127.0.0.5", "127.0.0.8").union(&block("127.0.0.10", "127.0.0.20"));
    assert_eq!(core.set_barred(barred.clone()), (true, vec![]));
    assert_eq!(core.rest().to_ranges(), ["127.0.0.9-10"]);
    assert_eq!(core.set_barred(barred), (false, vec![]));
    assert_eq!(cut(&mut core, 2), ["127.0.0.9"], "and what is barred at its edge");
    assert!(core.rest().is_empty());
}

/// Cuts a strided plan of 1024 addresses to its end, with these barred; returns the batches.
fn cut_strided_without(barred: &AddressSet) -> Vec<AddressSet> {
    let all = block("10.0.0.0", "10.0.3.255");
    let plan = Plan::new(&all, &AddressSet::new(), PlanOrder::Strided);
    let mut core = core_of(ScanStatus::Queued, plan, 0, fixed(16, 2), []);
    let mut batches: Vec<AddressSet> = Vec::new();
    core.begin();
    core.set_barred(barred.clone());
    loop {
        let effects = core.on_slot();
        let [Effect::Cut(Piece { addresses, lane: Lane::Main, .. })] = effects.as_slice() else {
            assert_eq!(effects, [Effect::ReturnSlot, Effect::Finish]);
            assert_eq!(core.cursor(), all.count());
            return batches;
        };
        assert!(!addresses.is_empty() && addresses.intersection(barred).is_empty());
        batches.push(addresses.clone());
        let number = batch(batches.len() as u64);
        core.on_cut(number, None);
        core.on_batch_ended(number, BatchEnd::Ended, &none());
    }
}

#[test]
fn no_batch_of_a_strided_plan_has_a_barred_address() {
    let all = block("10.0.0.0", "10.0.3.255");
    let eighth = block("10.0.1.0", "10.0.1.127");
    let one = block("10.0.2.77", "10.0.2.77");
    for barred in [AddressSet::new(), eighth, all.difference(&one), all.clone()] {
        let batches = cut_strided_without(&barred);
        let cut = batches.iter().fold(AddressSet::new(), |cut, batch| cut.union(batch));
        assert_eq!(cut, all.difference(&barred));
        let count: u64 = batches.iter().map(AddressSet::count).sum();
        assert_eq!(count, cut.count(), "each is in one batch");
        assert!(batches.len() as u64 <= 64.min(cut.count()), "{} batches", batches.len());
    }
}

#[test]
fn a_scan_that_searches_for_what_may_be_scanned_still_hears() {
    let all = block("10.0.0.0", "10.3.255.255");
    let plan = Plan::new(&all, &AddressSet::new(), PlanOrder::Strided);
    // The last of the order.
    let one = plan.cut(all.count() - 1, 1).0;
    let mut core = core_of(ScanStatus::Queued, plan, 0, fixed(16, 1), []);
    core.begin();
    core.set_barred(all.difference(&one));
    for turn in 1..4 {
        assert_eq!(core.on_slot(), [Effect::ReturnSlot, Effect::AskSlots(1)]);
        assert_eq!(core.cursor(), turn * LOOKED_AT_MAX);
    }
    assert_eq!(core.on_slot(), [Effect::Cut(piece(one, Lane::Main))]);
    assert_eq!(core.on_cut(batch(1), None), []);
    assert_eq!(core.on_batch_ended(batch(1), BatchEnd::Ended, &none()), [Effect::Finish]);
}

#[test]
fn a_scan_of_which_all_is_barred_ends() {
    let mut core = scan();
    core.begin();
    assert_eq!(core.set_barred(block("127.0.0.0", "127.0.0.255")), (true, vec![Effect::Finish]));
    let last = block("127.0.0.3", "127.0.0.5");
    let mut core = core_of(
        ScanStatus::Queued,
        Plan::new(&plan().first, &last, PlanOrder::InOrder),
        0,
        fixed(4, 2),
        [],
    );
    core.begin();
    let barred = block("127.0.0.1", "127.0.0.4").union(&block("127.0.0.6", "127.0.0.10"));
    core.set_barred(barred);
    assert_eq!(cut(&mut core, 1), ["127.0.0.5"], "of those at the end");
    assert_eq!(core.on_batch_ended(batch(1), BatchEnd::Ended, &none()), [Effect::Finish]);
}

#[test]
fn the_families_never_share_a_batch() {
    let plan = block("127.0.0.1", "127.0.0.2").union(&block("::1", "::2"));
    let plan = Plan::new(&plan, &AddressSet::new(), PlanOrder::InOrder);
    let mut core = core_of(ScanStatus::Queued, plan, 0, fixed(256, 4), []);
    assert_eq!(core.begin(), [Effect::SaveStatus, Effect::AskSlots(1)]);
    let Some(Effect::Cut(Piece { addresses: first, .. })) = core.on_slot().pop() else {
        panic!("no cut")
    };
    assert_eq!(core.on_cut(batch(1), None), [Effect::AskSlots(1)]);
    let Some(Effect::Cut(Piece { addresses: second, .. })) = core.on_slot().pop() else {
        panic!("no cut")
    };
    assert_eq!(first.union(&second).count(), 4);
    assert_eq!((first.count(), second.count()), (2, 2));
    assert_ne!(first.first_family(), second.first_family());
    assert_eq!(core.on_cut(batch(2), None), []);
}

#[test]
fn a_resting_batch_leaves_its_place_to_others() {
    let mut core = scan();
    core.begin();
    cut(&mut core, 1);
    cut(&mut core, 2);
    assert_eq!(core.on_batch_resting(batch(1)), [Effect::AskSlots(1)]);
    cut(&mut core, 3);
    assert_eq!(core.on_batch_ready(batch(1)), []);
    assert_eq!(core.on_batch_ended(batch(2), BatchEnd::Ended, &none()), [Effect::AskSlots(1)]);
    assert_eq!(core.on_slot(), [Effect::Start(batch(1))]);
    assert_eq!(core.on_batch_ended(batch(1), BatchEnd::Ended, &none()), []);
    assert_eq!(core.on_batch_ended(batch(3), BatchEnd::Ended, &none()), [Effect::Finish]);
}

#[test]
fn the_next_batch_need_not_wait_for_the_store_but_a_slow_store_holds_the_scan() {
    let mut core = core_of(ScanStatus::Queued, plan(), 0, fixed(1, 2), []);
    core.begin();
    cut(&mut core, 1);
    cut(&mut core, 2);
    assert_eq!(core.on_process_gone(batch(1)), [Effect::AskSlots(1)]);
    assert_eq!(core.on_process_gone(batch(2)), [], "two settle, as many as may run");
    assert_eq!(core.on_batch_ended(batch(1), BatchEnd::Ended, &none()), [Effect::AskSlots(1)]);
}

#[test]
fn a_stop_ends_every_open_batch_and_is_idempotent() {
    let mut core = scan();
    core.begin();
    cut(&mut core, 1);
    let stop = Effect::StopBatches(StopReason::Stopped);
    assert_eq!(
        core.stop(StopReason::Stopped),
        [Effect::SaveStatus, Effect::ForgetSlots, stop.clone()]
    );
    assert_eq!(core.stop(StopReason::Stopped), [stop]);
    assert_eq!(core.on_slot(), [Effect::ReturnSlot]);
    assert_eq!(core.on_batch_ended(batch(1), BatchEnd::Ended, &none()), [Effect::Finish]);
    core.ended(ScanStatus::Stopped);
    assert_eq!(core.stop(StopReason::Stopped), []);
}

#[test]
fn a_stop_before_the_first_batch_ends_at_once() {
    let mut core = scan();
    core.begin();
    assert_eq!(
        core.stop(StopReason::Stopped),
        [Effect::SaveStatus, Effect::ForgetSlots, Effect::Finish]
    );
}

#[test]
fn a_pause_sets_batches_aside_and_a_resume_starts_them_first() {
    let mut core = scan();
    core.begin();
    cut(&mut core, 1);
    cut(&mut core, 2);
    assert_eq!(
        core.pause(),
        [Effect::SaveStatus, Effect::ForgetSlots, Effect::StopBatches(StopReason::Paused)]
    );
    assert_eq!(core.pause(), []);
    assert_eq!(core.on_batch_ended(batch(1), BatchEnd::SetAside, &none()), []);
    assert_eq!(core.on_batch_ended(batch(2), BatchEnd::Ended, &none()), []);
    assert_eq!(core.resume(), [Effect::SaveStatus, Effect::AskSlots(2)]);
    assert_eq!(core.on_slot(), [Effect::Start(batch(1))]);
    assert_eq!(cut(&mut core, 3), ["127.0.0.9-10"]);
}

#[test]
fn an_interrupted_scan_goes_on_where_the_store_says() {
    let open = [(batch(2), false)];
    let mut core = core_of(ScanStatus::Running, plan(), 8, fixed(4, 6), open);
    assert_eq!(core.begin(), [Effect::AskSlots(2)]);
    assert_eq!(core.on_slot(), [Effect::Start(batch(2))]);
    assert_eq!(cut(&mut core, 3), ["127.0.0.9-10"]);

    let mut stopping = core_of(ScanStatus::Stopping, plan(), 8, fixed(4, 6), open);
    assert_eq!(stopping.begin(), [Effect::StopBatches(StopReason::Stopped)]);
    let mut stopped = core_of(ScanStatus::Stopping, plan(), 8, fixed(4, 6), []);
    assert_eq!(stopped.begin(), [Effect::Finish]);
    let mut done = core_of(ScanStatus::Running, plan(), 10, fixed(4, 6), []);
    assert_eq!(done.begin(), [Effect::Finish]);
}

#[test]
fn a_leaving_server_starts_nothing_and_keeps_the_status() {
    let mut core = scan();
    core.begin();
    cut(&mut core, 1);
    assert_eq!(core.leave(), [Effect::ForgetSlots, Effect::StopBatches(StopReason::Shutdown)]);
    assert!(!core.is_quiet());
    assert_eq!(core.on_slot(), [Effect::ReturnSlot]);
    assert_eq!(core.on_batch_ended(batch(1), BatchEnd::SetAside, &none()), []);
    assert!(core.is_quiet());
    assert_eq!(core.status(), ScanStatus::Running);
}

#[test]
fn no_order_of_events_runs_more_than_the_concurrency_or_loses_an_address() {
    // Every way of 12 steps through start, rest, ready, end; the batches must tile the plan.
    for seed in 0..4096u32 {
        let mut core = scan();
        let mut pending = core.begin();
        let (mut running, mut resting) = (Vec::new(), Vec::new());
        let (mut slots, mut next_id, mut planned) = (0usize, 1u64, AddressSet::new());
        let mut finished = false;
        let mut bits = seed;
        for _ in 0..200 {
            for effect in std::mem::take(&mut pending) {
                match effect {
                    Effect::AskSlots(count) => slots += count,
                    Effect::Finish => finished = true,
                    _ => {}
                }
            }
            if finished {
                break;
            }
            assert!(running.len() <= 2, "seed {seed}: {running:?} run");
            let choice = bits % 3;
            bits = bits.rotate_right(2) ^ 0x9e37;
            if slots > 0 && (choice == 0 || running.is_empty()) {
                slots -= 1;
                for effect in core.on_slot() {
                    match effect {
                        Effect::Cut(Piece { addresses, .. }) => {
                            assert!(planned.intersection(&addresses).is_empty());
                            planned = planned.union(&addresses);
                            running.push(next_id);
                            pending.extend(core.on_cut(batch(next_id), None));
                            next_id += 1;
                        }
                        Effect::Start(id) => running.push(id.get()),
                        other => pending.push(other),
                    }
                }
            } else if choice == 1 && !running.is_empty() {
                let id = running.remove(0);
                resting.push(id);
                pending = core.on_batch_resting(batch(id));
            } else if choice == 2 && !running.is_empty() {
                let id = running.remove(0);
                pending = core.on_batch_ended(batch(id), BatchEnd::Ended, &none());
            } else if let Some(id) = resting.pop() {
                pending = core.on_batch_ready(batch(id));
            }
        }
        assert!(finished, "seed {seed} never finishes: {core:?}");
        assert_eq!(planned.count(), 10, "seed {seed}");
    }
}

#[test]
fn what_was_split_off_never_holds_up_what_was_not() {
    let mut core = core_of(ScanStatus::Queued, plan(), 0, fixed(1, 4), []);
    core.begin();
    for number in 1..=4 {
        cut(&mut core, number);
    }
    let children = (11..=14).map(batch);
    assert_eq!(core.on_batch_split(batch(1), children, &none()), [Effect::AskSlots(1)]);
    assert_eq!(core.on_slot(), [Effect::Start(batch(11))]);
    core.on_batch_ended(batch(2), BatchEnd::Ended, &none());
    assert_eq!(core.on_slot(), [Effect::Start(batch(12))]);
    // Half of the places are taken by such: the plan goes first now.
    core.on_batch_ended(batch(3), BatchEnd::Ended, &none());
    assert_eq!(cut(&mut core, 5), ["127.0.0.5"]);
    core.on_batch_ended(batch(4), BatchEnd::Ended, &none());
    assert_eq!(cut(&mut core, 6), ["127.0.0.6"]);
    core.on_batch_ended(batch(11), BatchEnd::Ended, &none());
    assert_eq!(core.on_slot(), [Effect::Start(batch(13))]);
    // A retry of one waits among them too.
    core.on_batch_resting(batch(12));
    core.on_batch_ready(batch(12));
    for number in 7..=10 {
        core.on_batch_ended(batch(number - 2), BatchEnd::Ended, &none());
        assert_eq!(core.on_slot().len(), 1);
        core.on_cut(batch(number), None);
    }
}

#[test]
fn hosts_that_could_not_be_finished_before_come_last_and_alone() {
    let last = block("127.0.0.2", "127.0.0.3");
    let plan = Plan::new(&block("127.0.0.1", "127.0.0.6"), &last, PlanOrder::InOrder);
    let mut core = core_of(ScanStatus::Queued, plan, 0, fixed(3, 9), []);
    assert_eq!(core.begin(), [Effect::SaveStatus, Effect::AskSlots(4)]);
    assert_eq!(cut(&mut core, 1), ["127.0.0.1", "127.0.0.4/31"]);
    assert_eq!(cut(&mut core, 2), ["127.0.0.6"]);
    let alone = |address: &str| Effect::Cut(piece(block(address, address), Lane::Difficult));
    assert_eq!(core.on_slot(), [alone("127.0.0.2")]);
    core.on_cut(batch(3), None);
    assert_eq!(core.on_slot(), [alone("127.0.0.3")]);
    core.on_cut(batch(4), None);
    assert_eq!(core.on_slot(), [Effect::ReturnSlot]);
    assert_eq!(core.cursor(), 6);
    for number in 1..=3 {
        assert_eq!(core.on_batch_ended(batch(number), BatchEnd::Ended, &none()), []);
    }
    assert_eq!(core.on_batch_ended(batch(4), BatchEnd::Ended, &none()), [Effect::Finish]);
}

#[test]
fn a_scan_without_a_scanner_starts_nothing_until_there_is_one() {
    let mut core = scan();
    core.begin();
    cut(&mut core, 1);
    assert_eq!(core.on_news(News::NotReady), [Effect::SaveNeeds]);
    assert_eq!(core.on_news(News::NotReady), []);
    assert_eq!(core.needs().collect::<Vec<_>>(), [Need::Scanner]);
    assert_eq!(core.on_slot(), [Effect::ReturnSlot]);
    assert_eq!(core.on_batch_resting(batch(1)), []);
    assert_eq!(core.on_batch_ready(batch(1)), []);
    let again = core.set_need(Need::Scanner, false);
    assert_eq!(again, [Effect::SaveNeeds, Effect::AskSlots(2)]);
    assert_eq!(core.on_slot(), [Effect::Start(batch(1))]);
    assert_eq!(core.on_news(News::Works), []);
}

#[test]
fn failure_after_failure_first_slows_a_scan_down_and_then_ends_it() {
    let mut core = scan();
    core.begin();
    cut(&mut core, 1);
    for _ in 0..limits::BARREN_NO_SPLIT {
        assert_eq!(core.on_news(News::Barren), []);
    }
    core.on_batch_resting(batch(1));
    assert_eq!(cut(&mut core, 2), ["127.0.0.5-8"], "one tries whether nmap works again");
    assert_eq!(core.on_slot(), [Effect::ReturnSlot]);
    // It does: all places are there again.
    assert_eq!(core.on_news(News::Works), [Effect::AskSlots(1)]);
    assert_eq!(core.on_batch_ready(batch(1)), []);
    for _ in 1..limits::BARREN_MAX {
        assert_eq!(core.on_news(News::Barren), []);
    }
    let end = [Effect::ForgetSlots, Effect::StopBatches(StopReason::GaveUp)];
    assert_eq!(core.on_news(News::Barren), end);
    assert_eq!(core.on_news(News::Barren), [], "it is said once");
    assert_eq!(core.on_batch_ended(batch(1), BatchEnd::Ended, &none()), []);
    assert_eq!(core.on_batch_ended(batch(2), BatchEnd::Ended, &none()), [Effect::Finish]);
    assert!(core.gave_up());
}

#[test]
fn what_a_scan_expects_shrinks_with_what_is_left() {
    let mut core = core_of(ScanStatus::Queued, plan(), 0, fixed(1, 4), []);
    assert_eq!(core.expected(), 0, "it has not begun");
    core.begin();
    assert_eq!(core.expected(), 4);
    for number in 1..=10 {
        cut(&mut core, number);
        if number < 9 {
            core.on_batch_ended(batch(number), BatchEnd::Ended, &none());
        }
    }
    assert_eq!(core.expected(), 2, "in its tail");
    core.on_batch_resting(batch(9));
    assert_eq!(core.expected(), 2, "one comes again");
    core.set_need(Need::Network, true);
    assert_eq!(core.expected(), 1, "while it waits");
    core.set_need(Need::Network, false);
    core.pause();
    assert_eq!(core.expected(), 1);
    core.on_batch_ended(batch(10), BatchEnd::SetAside, &none());
    assert_eq!(core.expected(), 0);
}
