//! How busy the machine's processors are.

use std::fs;

/// Returns how many processors this process may use.
pub fn count() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
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
    fn this_machine_tells() {
        let mut processors = Processors::default();
        assert_eq!(processors.busy(), None);
        assert!(processors.last.is_some());
    }
}
