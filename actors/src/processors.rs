//! How busy the machine's processors are.

use std::{fs, time::Duration};

/// Returns how many processors this process may use.
pub fn count() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Returns how long a process has run or queued for a processor, so far; none where the system does
/// not say, and when it is gone. Of its threads only the first counts: nmap has no other.
pub fn wanted(pid: u32) -> Option<Duration> {
    parse_wanted(&fs::read_to_string(format!("/proc/{pid}/schedstat")).ok()?)
}

/// Reads nanoseconds on a processor, nanoseconds in the queue for one, and turns.
fn parse_wanted(text: &str) -> Option<Duration> {
    let mut fields = text.split_ascii_whitespace().map(|field| field.parse::<u64>().ok());
    let (ran, queued) = (fields.next()??, fields.next()??);
    Some(Duration::from_nanos(ran.saturating_add(queued)))
}

/// Reads how busy all processors were between two looks.
#[derive(Debug, Default)]
pub struct Processors {
    last: Option<Ticks>,
}

/// Clock ticks of all processors together, since boot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Ticks {
    idle: u64,
    all: u64,
}

impl Processors {
    /// Returns the share of all processors that was busy since the last call, 0.0 to 1.0; none for
    /// the first call, and where the system does not say.
    pub fn busy(&mut self) -> Option<f64> {
        let now = parse(&fs::read_to_string("/proc/stat").ok()?)?;
        let last = self.last.replace(now)?;
        share(last, now)
    }
}

fn share(last: Ticks, now: Ticks) -> Option<f64> {
    let all = now.all.checked_sub(last.all).filter(|all| *all > 0)?;
    let idle = now.idle.saturating_sub(last.idle).min(all);
    Some(1.0 - idle as f64 / all as f64)
}

/// Reads the line of all processors: user, nice, system, idle, iowait, irq, softirq, steal.
fn parse(text: &str) -> Option<Ticks> {
    let fields = text.lines().next()?.strip_prefix("cpu ")?;
    let ticks: Vec<u64> = fields.split_ascii_whitespace().map_while(|n| n.parse().ok()).collect();
    let idle = ticks.get(3)? + ticks.get(4)?;
    Some(Ticks { idle, all: ticks.iter().take(8).sum() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_is_what_was_not_idle() {
        let text = "cpu  100 0 50 800 50 0 0 0 7 0\ncpu0 1 2 3\n";
        let first = parse(text).unwrap();
        assert_eq!(first, Ticks { idle: 850, all: 1000 });
        let later = Ticks { idle: 880, all: 1100 };
        assert_eq!(share(first, later), Some(0.7));
        assert_eq!(share(first, first), None);
        for bad in ["", "cpu", "cpu 1 2", "intr 1 2 3 4 5"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_process_wants_its_turns_and_the_time_before_them() {
        assert_eq!(parse_wanted("2000000 500000 17\n"), Some(Duration::from_micros(2500)));
        for bad in ["", "7", "a b c"] {
            assert_eq!(parse_wanted(bad), None, "{bad}");
        }
        assert!(wanted(std::process::id()).is_some());
        assert_eq!(wanted(u32::MAX), None);
    }

    #[test]
    fn this_machine_tells() {
        let mut processors = Processors::default();
        assert_eq!(processors.busy(), None);
        assert!(processors.last.is_some());
    }
}
