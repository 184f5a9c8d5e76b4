//! What all nmaps together may use.

use std::{
    fmt, fs,
    sync::{PoisonError, RwLock},
};

/// Memory that is left to others unless told otherwise.
const MEMORY_RESERVE: u64 = 256 * 1024 * 1024;

/// What all nmaps together may use. Changes hold for what starts next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// nmap processes at once, at least one.
    pub slots: usize,
    /// Packets a second over all of them, loopback apart; none for no bound.
    pub packet_rate: Option<u32>,
    /// Bytes of memory that are left to others.
    pub memory_reserve: u64,
}

impl Limits {
    /// Returns limits with the usual reserve of memory.
    pub fn new(slots: usize, packet_rate: Option<u32>) -> Self {
        Self { slots: slots.max(1), packet_rate, memory_reserve: MEMORY_RESERVE }
    }

    /// Returns these with what is to change.
    #[must_use]
    pub fn with(self, change: LimitsChange) -> Self {
        Self {
            slots: change.slots.map_or(self.slots, |slots| slots.max(1)),
            packet_rate: match change.packet_rate {
                None => self.packet_rate,
                Some(rate) => Some(rate).filter(|rate| *rate > 0),
            },
            memory_reserve: change.memory_reserve.unwrap_or(self.memory_reserve),
        }
    }
}

/// The limits that hold now. Slots writes them, all others read.
#[derive(Debug)]
pub struct LimitsNow(RwLock<Limits>);

impl LimitsNow {
    /// Returns the limits to begin with.
    pub fn new(limits: Limits) -> Self {
        Self(RwLock::new(limits))
    }

    /// Returns the limits.
    pub fn get(&self) -> Limits {
        // Plain data behind the lock: a poisoned one is still good to use.
        *self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes them.
    pub(super) fn set(&self, limits: Limits) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = limits;
    }
}

/// What is to change of the limits; none for what stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LimitsChange {
    /// nmap processes at once.
    pub slots: Option<usize>,
    /// Packets a second; 0 for no bound.
    pub packet_rate: Option<u32>,
    /// Bytes of memory that are left to others.
    pub memory_reserve: Option<u64>,
}

/// For the audit log: `slots 4, packet_rate none`.
impl fmt::Display for LimitsChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { slots, packet_rate, memory_reserve } = self;
        let slots = slots.map(|slots| format!("slots {slots}"));
        let packet_rate = packet_rate.map(|rate| match rate {
            0 => "packet_rate none".to_owned(),
            rate => format!("packet_rate {rate}"),
        });
        let memory_reserve = memory_reserve.map(|bytes| format!("memory_reserve_bytes {bytes}"));
        let parts = [slots, packet_rate, memory_reserve].into_iter().flatten();
        f.write_str(&parts.collect::<Vec<_>>().join(", "))
    }
}

/// What the next nmap waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// A slot.
    Slots,
    /// A share of the packet budget.
    PacketRate,
    /// Free memory.
    Memory,
    /// Processors: those that run are slowed by each other already.
    Processors,
}

impl Hold {
    /// Returns the name that the API has for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Slots => "slots",
            Self::PacketRate => "packet_rate",
            Self::Memory => "memory",
            Self::Processors => "processors",
        }
    }
}

/// Returns the bytes of memory that programs could still get; none where the system does not say.
pub fn free_memory() -> Option<u64> {
    parse(&fs::read_to_string("/proc/meminfo").ok()?)
}

fn parse(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib.saturating_mul(1024))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_leave_the_rest() {
        let limits = Limits::new(0, Some(20_000));
        assert_eq!(limits.slots, 1);
        let change = LimitsChange { packet_rate: Some(0), ..LimitsChange::default() };
        assert_eq!(limits.with(change), Limits { packet_rate: None, ..limits });
        let change = LimitsChange { slots: Some(7), memory_reserve: Some(5), packet_rate: None };
        let expected = Limits { slots: 7, packet_rate: Some(20_000), memory_reserve: 5 };
        assert_eq!(limits.with(change), expected);
    }

    #[test]
    fn free_memory_is_what_programs_could_get() {
        let text = "MemTotal:       24683520 kB\nMemFree: 1 kB\nMemAvailable:   23712308 kB\n";
        assert_eq!(parse(text), Some(23_712_308 * 1024));
        assert_eq!(parse("MemTotal: 1 kB\n"), None);
        assert!(free_memory().is_some());
    }
}
