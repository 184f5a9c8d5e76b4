use super::*;
use netscan_schemas::{AddressSet, batch::Lane};

fn situation<'a>(outcome: &'a Outcome, remaining: u64, policy: &'a Policy) -> Situation<'a> {
    Situation { outcome, is_mute: false, remaining, charged: 0, barren: 1, policy, jitter: 0.0 }
}

fn child() -> Child {
    Child { addresses: AddressSet::new(), lane: Lane::Alive }
}

fn retry(secs: u64, charged: bool) -> Next {
    Next::Retry { after: Duration::from_secs(secs), charged }
}

fn ended(reason: StopReason) -> Outcome {
    Outcome::Ended { reason }
}

#[test]
fn what_follows_an_attempt() {
    let failed = |code| Outcome::NmapFailed { code, message: "no".into() };
    let unstartable = Outcome::Unstartable { message: "no such file".into() };
    let split = || Next::Split(vec![child()]);
    // (outcome, remaining, charged before), then whether it can be split or not.
    let table = [
        (Outcome::Complete, 0, 0, Next::Complete, Next::Complete),
        // A crash after the last host costs nothing: each address has its verdict.
        (Outcome::Crashed { signal: 9 }, 0, 0, Next::Complete, Next::Complete),
        (Outcome::Crashed { signal: 9 }, 4, 0, retry(1, true), retry(1, true)),
        (Outcome::Crashed { signal: 9 }, 4, 1, split(), retry(2, true)),
        (Outcome::Crashed { signal: 9 }, 4, 2, split(), Next::GiveUp),
        (Outcome::HostsMissing { hosts: 4 }, 4, 0, retry(1, true), retry(1, true)),
        (Outcome::DocumentCut, 4, 2, split(), Next::GiveUp),
        (Outcome::Lost, 4, 1, split(), retry(2, true)),
        (failed(1), 4, 0, retry(1, true), retry(1, true)),
        (failed(1), 4, 1, split(), retry(2, true)),
        // A command line that nmap does not understand stays so in smaller batches.
        (failed(255), 4, 1, Next::GiveUp, Next::GiveUp),
        (failed(127), 4, 9, retry(5, false), retry(5, false)),
        (unstartable, 4, 9, retry(5, false), retry(5, false)),
        (ended(StopReason::Stopped), 4, 0, Next::Stop, Next::Stop),
        (ended(StopReason::Killed), 4, 2, Next::Stop, Next::Stop),
        (ended(StopReason::GaveUp), 4, 0, Next::GiveUp, Next::GiveUp),
        (ended(StopReason::Paused), 4, 2, Next::SetAside, Next::SetAside),
        (ended(StopReason::Shutdown), 4, 0, Next::SetAside, Next::SetAside),
        (ended(StopReason::Stalled), 4, 0, split(), retry(1, true)),
        (ended(StopReason::Deadline), 4, 2, split(), Next::GiveUp),
        (ended(StopReason::OutputCap), 4, 0, split(), retry(1, true)),
        (ended(StopReason::Straggler), 4, 0, split(), retry(1, false)),
        (ended(StopReason::Straggler), 4, 2, split(), retry(4, false)),
        (ended(StopReason::StoreSlow), 4, 2, retry(4, false), retry(4, false)),
        (ended(StopReason::NetworkChanged), 4, 0, retry(1, false), retry(1, false)),
    ];
    let policy = Policy::default();
    for (outcome, remaining, charged, splittable, whole) in table {
        let shown = format!("{outcome:?} with {remaining} left after {charged}");
        let at = Situation { charged, ..situation(&outcome, remaining, &policy) };
        assert_eq!(decide(at, |_| vec![child()]), splittable, "{shown}");
        assert_eq!(decide(at, |_| Vec::new()), whole, "{shown}, not to be split");
    }
}

#[test]
fn nothing_is_split_when_it_is_not_the_targets_fault_or_not_wanted() {
    let policy = Policy::default();
    let crash = Outcome::Crashed { signal: 11 };
    let at = Situation { charged: 1, ..situation(&crash, 4, &policy) };
    let systemic = Situation { barren: limits::BARREN_NO_SPLIT, ..at };
    assert_eq!(decide(systemic, |_| vec![child()]), retry(2, true));
    let off = Policy { resplit: Resplit::Off, ..Policy::default() };
    assert_eq!(decide(Situation { policy: &off, ..at }, |_| vec![child()]), retry(2, true));
    // With one attempt each, the smaller batches are the second attempt.
    let once = Policy { attempts_max: 1, ..Policy::default() };
    let first = Situation { policy: &once, charged: 0, ..at };
    assert_eq!(decide(first, |_| vec![child()]), Next::Split(vec![child()]));
    assert_eq!(decide(first, |_| Vec::new()), Next::GiveUp);
}

#[test]
fn what_an_attempt_says_about_the_scan() {
    let crash = Outcome::Crashed { signal: 11 };
    let missing = Outcome::Unstartable { message: "gone".into() };
    let table = [
        (&crash, 0, News::Barren),
        (&crash, 1, News::Works),
        (&Outcome::Complete, 0, News::Works),
        (&ended(StopReason::Stalled), 0, News::Nothing),
        (&ended(StopReason::Stalled), 2, News::Works),
        (&ended(StopReason::Paused), 0, News::Nothing),
        (&ended(StopReason::GaveUp), 0, News::Nothing),
        (&missing, 0, News::NotReady),
    ];
    for (outcome, salvaged, expected) in table {
        assert_eq!(news(outcome, false, salvaged), expected, "{outcome:?} with {salvaged}");
    }
}

#[test]
fn a_crash_without_a_word_has_nmap_looked_at_first() {
    let policy = Policy::default();
    let crash = Outcome::Crashed { signal: 7 };
    assert_eq!(news(&crash, true, 0), News::NotReady);
    let at = Situation { is_mute: true, ..situation(&crash, 4, &policy) };
    assert_eq!(decide(at, |_| vec![child()]), retry(5, true));
    // It has a budget all the same: the machine may run nmap's version and nothing else of it.
    assert_eq!(decide(Situation { charged: 2, ..at }, |_| Vec::new()), Next::GiveUp);
}

#[test]
fn the_wait_grows_to_its_cap_and_not_beyond() {
    let policy = Policy { backoff_ms: 1000, attempts_max: 20, ..Policy::default() };
    let wait = |charged, jitter| {
        let at = Situation { charged, jitter, ..situation(&Outcome::Lost, 1, &policy) };
        match decide(at, |_| Vec::new()) {
            Next::Retry { after, .. } => after,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(wait(0, 1.0), Duration::from_millis(1100));
    assert_eq!(wait(18, 0.0), BACKOFF_MAX);
    assert_eq!(wait(18, 1.0), BACKOFF_MAX + BACKOFF_MAX / 10);
}

#[test]
fn what_has_left_the_scope_stays_unfinished_and_the_rest_goes_on() {
    let set = |last_octets: std::ops::Range<u8>| {
        let address = |last| std::net::IpAddr::from([127, 0, 0, last]);
        AddressSet::from_addresses(last_octets.map(address))
    };
    let next = |remaining, outside| leave_scope(&set(remaining), &set(outside), Lane::Alive);
    let rest =
        |addresses| Next::Split(vec![Child { addresses: set(addresses), lane: Lane::Alive }]);
    assert_eq!(next(0..8, 5..8), rest(0..5));
    assert_eq!(next(0..8, 0..8), Next::GiveUp);
    assert_eq!(next(0..0, 0..0), Next::Complete);
    assert_eq!(next(0..8, 0..0), Next::Retry { after: Duration::ZERO, charged: false });
}
