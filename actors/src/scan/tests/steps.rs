//! Plans with steps.

use super::*;

/// Two addresses in a batch, two batches at a time, three steps: the whole way of four hosts.
#[test]
fn a_staged_plan_ends_after_its_last_step() {
    use Phase::{Discovery, Ports, Services};
    let plan = Plan::new(&block("127.0.0.1", "127.0.0.4"), &AddressSet::new(), PlanOrder::InOrder);
    let phases = vec![Discovery, Ports, Services];
    let stages = Stages::new(plan, 0, phases, BTreeMap::new(), []);
    let mut core = ScanCore::new(ScanStatus::Queued, stages, fixed(2, 2), []);
    let step = |core: &mut ScanCore, number: u64| {
        let Some(Effect::Cut(Piece { addresses, phase, .. })) = core.on_slot().pop() else {
            panic!("no cut")
        };
        let effects = core.on_cut(batch(number), phase);
        (addresses.to_ranges().join(","), phase.unwrap(), effects)
    };
    assert_eq!(core.begin(), [Effect::SaveStatus, Effect::AskSlots(2)]);
    assert_eq!(step(&mut core, 1), ("127.0.0.1-2".into(), Discovery, vec![]));
    assert_eq!(step(&mut core, 2), ("127.0.0.3-4".into(), Discovery, vec![]));
    // One host that is up is no full batch, and another one may follow.
    let one = block("127.0.0.1", "127.0.0.1");
    assert_eq!(core.on_batch_ended(batch(1), BatchEnd::Ended, &one), []);
    assert_eq!(core.idle_places(), Some(1), "what runs last may be split early");
    // A batch that is split passes on what it has; its smaller ones are of the same step.
    let three = block("127.0.0.3", "127.0.0.3");
    let effects = core.on_batch_split(batch(2), [batch(3)], &three);
    assert_eq!(effects, [Effect::AskSlots(2)]);
    assert_eq!(core.on_slot(), [Effect::Start(batch(3))]);
    assert_eq!(step(&mut core, 4), ("127.0.0.1,127.0.0.3".into(), Ports, vec![]));
    // Interrupted by a pause: it goes on in its step, and passes on when it has ended.
    core.pause();
    assert_eq!(core.on_batch_ended(batch(3), BatchEnd::SetAside, &none()), []);
    assert_eq!(core.on_batch_ended(batch(4), BatchEnd::SetAside, &none()), []);
    assert_eq!(core.resume(), [Effect::SaveStatus, Effect::AskSlots(2)]);
    assert_eq!(core.on_slot(), [Effect::Start(batch(4))]);
    assert_eq!(core.on_slot(), [Effect::Start(batch(3))]);
    assert_eq!(core.on_batch_ended(batch(4), BatchEnd::Ended, &one), []);
    assert_eq!(core.on_batch_ended(batch(3), BatchEnd::Ended, &none()), [Effect::AskSlots(1)]);
    assert_eq!(step(&mut core, 5), ("127.0.0.1".into(), Services, vec![]));
    assert_eq!(core.on_batch_ended(batch(5), BatchEnd::Ended, &none()), [Effect::Finish]);
}

#[test]
fn a_stop_leaves_what_waits_for_its_step_where_it_is() {
    let plan = Plan::new(&none(), &none(), PlanOrder::InOrder);
    let waiting = BTreeMap::from([(Phase::Ports, block("127.0.0.1", "127.0.0.4"))]);
    let phases = vec![Phase::Discovery, Phase::Ports];
    let stages = Stages::new(plan, 0, phases, waiting, []);
    let mut core = ScanCore::new(ScanStatus::Running, stages, fixed(2, 1), []);
    assert_eq!(core.begin(), [Effect::AskSlots(1)]);
    let Some(Effect::Cut(piece)) = core.on_slot().pop() else { panic!("no cut") };
    assert_eq!((piece.addresses.count(), piece.phase), (2, Some(Phase::Ports)));
    core.on_cut(batch(1), piece.phase);
    let effects = core.stop(StopReason::Stopped);
    assert!(effects.contains(&Effect::StopBatches(StopReason::Stopped)), "{effects:?}");
    assert_eq!(core.on_batch_ended(batch(1), BatchEnd::Ended, &none()), [Effect::Finish]);
    assert_eq!(core.rest(), block("127.0.0.3", "127.0.0.4"));
}
