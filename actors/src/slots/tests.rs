use super::*;

fn scan(number: u64) -> ScanId {
    ScanId::new(number).expect("not zero")
}

fn slots(count: usize, packet_rate: Option<u32>) -> SlotsCore<&'static str> {
    SlotsCore::new(Limits::new(count, packet_rate), 2)
}

/// Of a scan that takes long, with as much to do for each of its nmaps.
fn on_network(expected: usize) -> Demand {
    Demand { expected, is_loopback: false, packets: u64::MAX, batch_packets: u64::MAX }
}

fn grants(slots: &mut SlotsCore<&'static str>) -> Vec<&'static str> {
    std::iter::from_fn(|| slots.grant().map(|grant| grant.request)).collect()
}

fn rates(slots: &mut SlotsCore<&'static str>) -> Vec<u32> {
    let grants = std::iter::from_fn(|| slots.grant());
    grants.filter_map(|grant| grant.share.rate()).collect()
}

#[test]
fn a_big_scan_does_not_starve_a_small_one() {
    let mut slots = slots(2, None);
    for request in ["a1", "a2", "a3", "a4"] {
        slots.ask(scan(1), on_network(9), request);
    }
    assert_eq!(grants(&mut slots), ["a1", "a2"]);
    slots.ask(scan(2), on_network(9), "b1");
    slots.ask(scan(2), on_network(9), "b2");
    let mut order = Vec::new();
    for _ in 0..4 {
        slots.release(scan(1), Share::Unbounded);
        order.extend(grants(&mut slots));
    }
    assert_eq!(order, ["a3", "b1", "a4", "b2"]);
}

#[test]
fn slots_are_never_more_than_the_limit() {
    let mut slots = slots(3, None);
    for request in ["a", "b", "c", "d"] {
        slots.ask(scan(1), on_network(9), request);
    }
    assert_eq!(grants(&mut slots).len(), 3);
    assert_eq!((slots.in_use(), slots.grant()), (3, None));
    assert_eq!(slots.waiting(), Some((1, Hold::Slots)));
    slots.release(scan(1), Share::Unbounded);
    assert_eq!(grants(&mut slots), ["d"]);
    assert_eq!(slots.waiting(), None);
}

#[test]
fn fewer_slots_are_waited_for_and_more_are_used_at_once() {
    let mut slots = slots(3, None);
    for request in ["a", "b", "c", "d", "e"] {
        slots.ask(scan(1), on_network(9), request);
    }
    assert_eq!(grants(&mut slots).len(), 3);
    slots.set_limits(Limits::new(1, None));
    for _ in 0..2 {
        slots.release(scan(1), Share::Unbounded);
        assert_eq!(grants(&mut slots).len(), 0, "{} run, and one may", slots.in_use());
    }
    slots.set_limits(Limits::new(2, None));
    assert_eq!(grants(&mut slots), ["d"]);
}

#[test]
fn a_forgotten_scan_gets_nothing() {
    let mut slots = slots(1, None);
    slots.ask(scan(1), on_network(9), "a");
    slots.forget(scan(1));
    assert_eq!(grants(&mut slots), Vec::<&str>::new());
    assert_eq!(slots.waiting(), None);
}

fn demand(rng: &mut fastrand::Rng, expected: usize, is_loopback: bool) -> Demand {
    let packets = [1, 5000, 100_000, u64::MAX][rng.usize(0..4)];
    let batch_packets = [1, 800, 20_000, u64::MAX][rng.usize(0..4)];
    Demand { expected, is_loopback, packets, batch_packets }
}

/// Slots come and go, scans come and go, and limits change, at random.
#[test]
fn nothing_is_dealt_out_of_what_is_not_there() {
    let mut rng = fastrand::Rng::with_seed(3);
    for (limit, budget) in [(1, 20_000), (4, 20_000), (64, 20_000), (64, 1000), (7, 1000)] {
        let mut slots = slots(limit, Some(budget));
        let mut held: Vec<(ScanId, Share)> = Vec::new();
        let sum = |held: &[(ScanId, Share)]| -> u32 {
            held.iter().filter_map(|(_, share)| share.rate()).sum()
        };
        for step in 0..5000 {
            // The last one only scans loopback.
            let id = scan(rng.u64(1..8));
            let is_loopback = id == scan(7);
            match rng.u8(0..20) {
                0 => slots.forget(id),
                1 => {
                    let rate = [1000, 5000, 20_000, 40_000][rng.usize(0..4)];
                    let count = [1, 3, 16, 64][rng.usize(0..4)];
                    slots.set_limits(Limits::new(count, Some(rate)));
                }
                2..10 if !held.is_empty() => {
                    let (of, share) = held.swap_remove(rng.usize(..held.len()));
                    slots.release(of, share);
                }
                _ => {
                    let expected = if rng.bool() { 1 } else { rng.usize(1..100) };
                    slots.ask(id, demand(&mut rng, expected, is_loopback), "x");
                }
            }
            let limits = slots.limits();
            let budget = limits.packet_rate.unwrap();
            while let Some(grant) = slots.grant() {
                match grant.share {
                    Share::Rate(rate) => assert!(rate >= 1 && grant.scan != scan(7)),
                    share => assert_eq!((share, grant.scan), (Share::Apart, scan(7))),
                }
                held.push((grant.scan, grant.share));
                // What was out when a limit was lowered drains first.
                let is_bounded = sum(&held) <= budget || grant.share == Share::Apart;
                assert!(is_bounded, "step {step}: {held:?} of {budget}");
                assert!(held.len() <= limits.slots);
            }
            assert_eq!((slots.dealt(), slots.in_use()), (sum(&held), held.len()));
            // Whoever waits for packets though nobody sends any would wait for ever.
            let nobody_sends = held.iter().all(|(_, share)| *share == Share::Apart);
            let waits = slots.waiting().is_some_and(|(_, hold)| hold == Hold::PacketRate);
            assert!(!(nobody_sends && waits), "step {step}");
            assert!(!held.is_empty() || slots.waiting().is_none(), "step {step}");
        }
    }
}

#[test]
fn shares_are_even_and_none_is_tiny() {
    let mut all = slots(64, Some(40_000));
    for _ in 0..80 {
        all.ask(scan(1), on_network(64), "x");
    }
    assert_eq!(rates(&mut all), vec![625; 64]);
    // 16 batches on 64 slots: each has the same, and a quarter is left for others.
    let mut few = slots(64, Some(20_000));
    for _ in 0..16 {
        few.ask(scan(1), on_network(16), "x");
    }
    assert_eq!(rates(&mut few), vec![937; 16]);
    for _ in 0..16 {
        few.ask(scan(2), on_network(16), "y");
    }
    let newcomers = rates(&mut few);
    assert_eq!(newcomers[..8], vec![468; 8]);
    assert!(newcomers.iter().all(|rate| *rate >= 234), "{newcomers:?}");
    assert!(few.dealt() < 20_000, "something is left for the next scan");
    assert_eq!(few.waiting(), Some((16 - newcomers.len(), Hold::PacketRate)));
    few.release(scan(1), Share::Rate(937));
    assert_eq!(rates(&mut few)[0], 468);
}

#[test]
fn scans_of_one_batch_leave_something_for_all_that_come_later() {
    let mut slots = slots(64, Some(80_000));
    let mut dealt = Vec::new();
    for number in 1..=10 {
        slots.ask(scan(number), on_network(1), "x");
        dealt.extend(rates(&mut slots));
        assert_eq!(slots.waiting(), None, "{dealt:?}");
    }
    // The first half of it, as nobody else sends; each other a third of the rest.
    assert_eq!(dealt[..3], [40_000, 13_334, 8889]);
    assert!(dealt[9] >= 500 && dealt.iter().sum::<u32>() < 80_000, "{dealt:?}");
    // Whoever has one already waits for a better share.
    slots.ask(scan(1), on_network(2), "x");
    assert_eq!((slots.grant(), slots.waiting()), (None, Some((1, Hold::PacketRate))));
    slots.release(scan(2), Share::Rate(dealt[1]));
    assert_eq!(rates(&mut slots).len(), 1);
}

#[test]
fn a_lower_budget_drains_before_anything_starts() {
    let mut slots = slots(4, Some(20_000));
    for _ in 0..8 {
        slots.ask(scan(1), on_network(4), "x");
    }
    assert_eq!(rates(&mut slots), [5000; 4]);
    slots.set_limits(Limits::new(4, Some(4000)));
    for dealt in [15_000, 10_000, 5000] {
        slots.release(scan(1), Share::Rate(5000));
        assert_eq!((slots.dealt(), slots.grant()), (dealt, None));
        assert_eq!(slots.waiting(), Some((4, Hold::PacketRate)));
    }
    slots.release(scan(1), Share::Rate(5000));
    assert_eq!(rates(&mut slots), [1000; 4]);
}

#[test]
fn a_new_budget_waits_for_what_runs_without_one() {
    let mut slots = slots(2, None);
    for _ in 0..4 {
        slots.ask(scan(1), on_network(4), "x");
    }
    assert_eq!(grants(&mut slots).len(), 2);
    slots.set_limits(Limits::new(2, Some(4000)));
    slots.release(scan(1), Share::Unbounded);
    assert_eq!((slots.grant(), slots.unbounded()), (None, 1));
    assert_eq!(slots.waiting(), Some((2, Hold::PacketRate)));
    slots.release(scan(1), Share::Unbounded);
    assert_eq!(rates(&mut slots), [2000, 2000]);
}

#[test]
fn what_was_started_counts_until_its_memory_shows() {
    let mut slots = slots(64, None);
    for _ in 0..20 {
        slots.ask(scan(1), on_network(64), "x");
    }
    let reserve = slots.limits().memory_reserve;
    slots.set_free_memory(Some(reserve + 3 * NMAP_BYTES));
    assert_eq!(grants(&mut slots).len(), 3);
    assert_eq!(slots.waiting(), Some((17, Hold::Memory)));
    // Nothing shows yet: they have just started.
    slots.set_free_memory(Some(reserve + 3 * NMAP_BYTES));
    assert_eq!(grants(&mut slots).len(), 0);
    // They took 20 MiB each.
    slots.set_free_memory(Some(reserve + 3 * NMAP_BYTES - 60 * 1024 * 1024));
    assert_eq!(grants(&mut slots).len(), 1);
    // One ends before anybody saw what it took.
    slots.release(scan(1), Share::Unbounded);
    slots.set_free_memory(Some(reserve + 2 * NMAP_BYTES));
    assert_eq!(grants(&mut slots).len(), 1);
    slots.set_free_memory(None);
    assert_eq!(grants(&mut slots).len(), 15, "a system that does not say is trusted");
}

#[test]
fn one_may_run_with_hardly_any_memory_but_not_without() {
    let mut slots = slots(64, None);
    slots.ask(scan(1), on_network(64), "x");
    slots.ask(scan(1), on_network(64), "x");
    slots.set_free_memory(Some(NMAP_BYTES - 1));
    assert_eq!((slots.grant(), slots.waiting()), (None, Some((2, Hold::Memory))));
    slots.set_free_memory(Some(NMAP_BYTES));
    assert_eq!(grants(&mut slots).len(), 1);
}

#[test]
fn processors_that_are_wanted_all_the_time_hold_back_what_is_over_eight_each() {
    let mut slots = slots(64, None);
    for _ in 0..30 {
        slots.ask(scan(1), on_network(64), "x");
    }
    slots.set_load(scan(1), on_network(64), 10, 0.95);
    assert_eq!(grants(&mut slots).len(), 16);
    assert_eq!(slots.waiting(), Some((14, Hold::Processors)));
    // Another scan's nmaps wait for the network, and one more does no harm.
    slots.set_load(scan(2), on_network(10), 10, 0.1);
    assert_eq!(grants(&mut slots).len(), 14);
}

#[test]
fn loopback_takes_nothing_of_the_packet_budget_and_waits_for_none() {
    let loopback = Demand { is_loopback: true, ..on_network(60) };
    let mut slots = slots(64, None);
    slots.ask(scan(1), loopback, "l");
    assert_eq!(slots.grant(), Some(Grant { request: "l", scan: scan(1), share: Share::Apart }));
    assert_eq!((slots.unbounded(), slots.in_use()), (0, 1));
    slots.set_limits(Limits::new(64, Some(4000)));
    for _ in 0..4 {
        slots.ask(scan(2), on_network(64), "n");
    }
    slots.ask(scan(1), loopback, "l");
    // Its 60 make the others' shares no smaller.
    assert_eq!(rates(&mut slots), [62; 4]);
    assert_eq!((slots.dealt(), slots.in_use()), (248, 6));
    // Nothing is left for the network, and that holds no loopback.
    slots.set_limits(Limits::new(64, Some(200)));
    slots.ask(scan(2), on_network(64), "n");
    slots.ask(scan(1), loopback, "l");
    assert_eq!(grants(&mut slots), ["l"]);
    assert_eq!(slots.waiting(), Some((1, Hold::PacketRate)));
    slots.release(scan(1), Share::Apart);
    assert_eq!((slots.dealt(), slots.unbounded(), slots.in_use()), (248, 0, 6));
}

#[test]
fn a_scan_that_wants_less_by_now_leaves_more_to_others() {
    let mut slots = slots(64, Some(64_000));
    slots.ask(scan(1), on_network(64), "x");
    assert_eq!(rates(&mut slots), [1000]);
    // It is in its tail: the other's share is not one of 65.
    slots.set_load(scan(1), on_network(1), 1, 0.1);
    slots.ask(scan(2), on_network(3), "y");
    assert_eq!(rates(&mut slots), [12_000]);
    // It waits, and nothing of it runs.
    slots.release(scan(1), Share::Rate(1000));
    slots.set_load(scan(1), on_network(0), 0, 0.0);
    slots.ask(scan(2), on_network(3), "y");
    assert_eq!(rates(&mut slots), [16_000]);
}

/// 256 hosts with 1,000 ports, in 32 batches: 3.2 s of the whole budget.
#[test]
fn a_short_scan_gets_nearly_all_and_still_leaves_something() {
    let short = Demand { packets: 256_000, batch_packets: 8000, ..on_network(32) };
    let mut slots = slots(128, Some(80_000));
    for _ in 0..32 {
        slots.ask(scan(1), short, "x");
    }
    assert_eq!(rates(&mut slots), vec![2343; 32]);
    // It waits for nobody, though most of its shares wait for the others'.
    for _ in 0..32 {
        slots.ask(scan(2), short, "y");
    }
    assert_eq!(rates(&mut slots)[0], 1171);
    // Beside one that takes long, a quarter is kept back.
    let mut slots = self::slots(128, Some(80_000));
    slots.ask(scan(1), on_network(32), "x");
    slots.ask(scan(2), short, "y");
    assert_eq!(rates(&mut slots), [937; 2]);
}

#[test]
fn nobody_gets_more_than_he_has_a_use_for() {
    let mut slots = slots(64, Some(80_000));
    // 10 scans of a host with 1,000 ports each.
    let one = Demand { packets: 1000, batch_packets: 1000, ..on_network(1) };
    for number in 1..=10 {
        slots.ask(scan(number), one, "x");
        assert_eq!(rates(&mut slots), [4000], "scan {number}");
    }
    // The least is enough for a few ports that have to be tried again and again.
    slots.ask(scan(11), Demand { packets: 3, batch_packets: 3, ..one }, "x");
    assert_eq!(rates(&mut slots), [2000]);
}
