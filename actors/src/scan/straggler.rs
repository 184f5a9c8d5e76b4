//! Whether the last running batches of a scan are better split while they run.
//!
//! One nmap is one congestion controller: hosts that share it wait for each other, and in smaller
//! batches they are done in a part of the time (`nmap.md` §7: 55 s as one, 4 s as sixteen). But a
//! split begins the unfinished hosts anew, and a host that is slow by itself stays slow. So it takes
//! idle places, a guess of nmap's own that much is left, and little that is repeated.
//!
//! In simulation (below; heavy-tailed hosts, a guess that is off by up to half) the last batch takes
//! 0.61 of its time where hosts wait for each other, 0.99 in between, and 1.12 where each is slow by
//! itself, 1.35 at worst.

use netscan_schemas::BatchId;
use std::time::Duration;

/// Younger batches are left alone.
const ELAPSED_MIN: Duration = Duration::from_secs(20);
/// What a start costs, slow start included.
const START: Duration = Duration::from_secs(2);
/// Batches that a split makes at most, see `batch::lanes`.
const PARTS_MAX: usize = 4;

/// A batch that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The batch.
    pub id: BatchId,
    /// How many addresses it has.
    pub addresses: u64,
    /// How long its attempt has run.
    pub elapsed: Duration,
    /// How long it still takes, as nmap guesses.
    pub left: Option<Duration>,
}

/// Returns the batch to split now, if splitting one ends the scan sooner; the one with most left.
pub fn choose(running: impl IntoIterator<Item = Candidate>, idle: usize) -> Option<BatchId> {
    let worth = running.into_iter().filter(|batch| is_worth_it(batch, idle));
    worth.max_by_key(|batch| (batch.left, batch.id)).map(|batch| batch.id)
}

fn is_worth_it(batch: &Candidate, idle: usize) -> bool {
    let Some(left) = batch.left else { return false };
    let addresses = usize::try_from(batch.addresses).unwrap_or(usize::MAX);
    let parts = PARTS_MAX.min(idle + 1).min(addresses);
    let split = (batch.elapsed + left) / u32::try_from(parts.max(1)).unwrap_or(1) + START;
    // Where all hosts are slow by themselves, what has run is lost: that is at most a third of what
    // is left, and the gain where they wait for each other is more.
    batch.elapsed >= ELAPSED_MIN && batch.elapsed * 3 <= left && split * 2 <= left
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(number: u64, addresses: u64, elapsed: u64, left: Option<u64>) -> Candidate {
        Candidate {
            id: BatchId::new(number).unwrap(),
            addresses,
            elapsed: Duration::from_secs(elapsed),
            left: left.map(Duration::from_secs),
        }
    }

    #[test]
    fn choices() {
        // (addresses, elapsed, left, idle) and whether it is split.
        let table = [
            (16, 30, Some(120), 3, true),
            (16, 30, Some(120), 15, true),
            (16, 19, Some(120), 3, false),
            (16, 30, None, 3, false),
            (16, 41, Some(120), 3, false),
            (16, 30, Some(120), 1, false),
            (1, 30, Some(600), 3, false),
            (2, 30, Some(120), 3, false),
            (16, 20, Some(59), 3, false),
            (16, 20, Some(60), 3, true),
        ];
        for (addresses, elapsed, left, idle, expected) in table {
            let batch = candidate(1, addresses, elapsed, left);
            let chosen = choose([batch], idle).is_some();
            assert_eq!(chosen, expected, "{batch:?} with {idle} idle");
        }
        let two = [candidate(1, 16, 30, Some(120)), candidate(2, 16, 30, Some(300))];
        assert_eq!(choose(two, 3), BatchId::new(2));
    }

    /// The time of one nmap for these hosts: as long as the slowest takes by itself, and at least
    /// a share of all, as they wait for each other.
    fn time(hosts: &[f64], share: f64) -> f64 {
        let slowest = hosts.iter().copied().fold(0.0, f64::max);
        0.7 + slowest.max(share * hosts.iter().sum::<f64>())
    }

    /// Plays a last batch to its end, with ticks of a second and a guess that is off by up to half.
    fn play(hosts: &[f64], share: f64, idle: usize, rng: &mut fastrand::Rng) -> (f64, bool) {
        let whole = time(hosts, share);
        for elapsed in 0..whole as u64 {
            let left = (whole - elapsed as f64) * (0.5 + rng.f64());
            let batch = candidate(1, hosts.len() as u64, elapsed, Some(left as u64));
            if choose([batch], idle).is_some() {
                let parts = hosts.chunks(hosts.len().div_ceil(PARTS_MAX.min(idle + 1)));
                let rest = parts.map(|part| 2.0 + time(part, share)).fold(0.0, f64::max);
                return (elapsed as f64 + rest, true);
            }
        }
        (whole, false)
    }

    #[test]
    fn in_simulation_it_wins_where_hosts_wait_for_each_other_and_loses_little_elsewhere() {
        // How much hosts wait for each other, and the bound on the mean of split over whole.
        for (share, mean_max) in [(0.0, 1.15), (0.25, 1.0), (0.5, 0.65)] {
            let mut rng = fastrand::Rng::with_seed(7);
            let (mut ratios, mut worst, mut splits) = (Vec::new(), 0.0f64, 0);
            for _ in 0..400 {
                // Heavy-tailed host times: Pareto with exponent 1.5, at least 12 s.
                let host = |rng: &mut fastrand::Rng| 12.0 * (1.0 - rng.f64()).powf(-1.0 / 1.5);
                let hosts: Vec<f64> = (0..16).map(|_| host(&mut rng)).collect();
                let (ended, was_split) = play(&hosts, share, 15, &mut rng);
                let ratio = ended / time(&hosts, share);
                splits += usize::from(was_split);
                worst = worst.max(ratio);
                ratios.push(ratio);
            }
            let mean = ratios.iter().sum::<f64>() / ratios.len() as f64;
            assert!(splits > 100, "with {share} only {splits} were split");
            assert!(mean <= mean_max, "with {share} the mean is {mean:.2}");
            assert!(worst <= 1.4, "with {share} the worst is {worst:.2}");
        }
    }
}
