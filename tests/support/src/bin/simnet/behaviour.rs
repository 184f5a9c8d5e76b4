//! How a host behaves, as a line of a plan says it.

use std::time::Duration;

/// What sort of host it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Live,
    Filtered,
    Dead,
    /// With `keeps`, connections stay up after the handshake.
    Tarpit {
        keeps: bool,
    },
    /// RSTs and ICMP errors a second, and how many of them at once.
    Limited {
        rate: u32,
        burst: u32,
    },
    Slow,
}

impl Kind {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Filtered => "filtered",
            Self::Dead => "dead",
            Self::Tarpit { .. } => "tarpit",
            Self::Limited { .. } => "limited",
            Self::Slow => "slow",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "live" => Self::Live,
            "filtered" => Self::Filtered,
            "dead" => Self::Dead,
            "tarpit" => Self::Tarpit { keeps: true },
            "limited" => Self::Limited { rate: 20, burst: 10 },
            "slow" => Self::Slow,
            _ => return None,
        })
    }
}

/// The way to a host and back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Path {
    pub(crate) rtt: Duration,
    pub(crate) jitter: Duration,
    /// Of 1000 round trips so many are lost.
    pub(crate) loss: u32,
}

impl Path {
    /// Takes a key that it knows, and says whether it does.
    pub(crate) fn take(&mut self, key: &str, value: &str) -> Result<bool, String> {
        match key {
            "rtt" => self.rtt = duration(value)?,
            "jitter" => self.jitter = duration(value)?,
            "loss" => {
                let loss = value.parse().ok().filter(|loss| *loss <= 1000);
                self.loss = loss.ok_or("`loss` is 0 to 1000, per mille")?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// What a port does with those who come to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PortState {
    Open,
    Closed,
    Filtered,
}

/// A host, but for its address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Behaviour {
    pub(crate) kind: Kind,
    /// Sorted, as `udp` is.
    pub(crate) open: Vec<u16>,
    pub(crate) udp: Vec<u16>,
    pub(crate) ping: bool,
    pub(crate) path: Path,
}

impl Behaviour {
    /// Reads `KIND [KEY=VALUE]..`.
    pub(crate) fn parse(text: &str, path: Path) -> Result<Self, String> {
        let mut words = text.split_whitespace();
        let name = words.next().unwrap_or_default();
        let kind = Kind::parse(name).ok_or_else(|| format!("`{name}` is no kind of host"))?;
        let mut behaviour = Self::of(kind, path);
        for word in words {
            let (key, value) = key_and_value(word)?;
            behaviour.take(key, value)?;
        }
        behaviour.open.sort_unstable();
        behaviour.udp.sort_unstable();
        Ok(behaviour)
    }

    /// Returns what this kind is if nothing else is said.
    pub(crate) fn of(kind: Kind, path: Path) -> Self {
        let rtt = if kind == Kind::Slow { Duration::from_millis(500) } else { path.rtt };
        let ping = !matches!(kind, Kind::Filtered | Kind::Dead);
        Self { kind, open: Vec::new(), udp: Vec::new(), ping, path: Path { rtt, ..path } }
    }

    fn take(&mut self, key: &str, value: &str) -> Result<(), String> {
        if self.path.take(key, value)? {
            return Ok(());
        }
        match (key, &mut self.kind) {
            (_, Kind::Dead) | ("open", Kind::Tarpit { .. }) => {
                return Err(format!("a `{}` host has no `{key}`", self.kind.name()));
            }
            ("open", _) => self.open = ports(value)?,
            ("udp", _) => self.udp = ports(value)?,
            ("ping", _) => self.ping = one_of(key, value, ["no", "yes"])?,
            ("then", Kind::Tarpit { keeps }) => {
                *keeps = one_of(key, value, ["silence", "accept"])?;
            }
            ("rate", Kind::Limited { rate, .. }) => *rate = positive(key, value)?,
            ("burst", Kind::Limited { burst, .. }) => *burst = positive(key, value)?,
            _ => return Err(format!("a `{}` host has no `{key}`", self.kind.name())),
        }
        Ok(())
    }

    pub(crate) fn tcp(&self, port: u16) -> PortState {
        if self.open.binary_search(&port).is_ok() { PortState::Open } else { self.other_tcp() }
    }

    /// Returns the state of the TCP ports that are not listed as open.
    pub(crate) fn other_tcp(&self) -> PortState {
        match self.kind {
            Kind::Live | Kind::Limited { .. } | Kind::Slow => PortState::Closed,
            Kind::Filtered | Kind::Dead => PortState::Filtered,
            Kind::Tarpit { .. } => PortState::Open,
        }
    }

    pub(crate) fn udp(&self, port: u16) -> PortState {
        match self.kind {
            _ if self.udp.binary_search(&port).is_ok() => PortState::Open,
            Kind::Live | Kind::Limited { .. } | Kind::Slow => PortState::Closed,
            Kind::Filtered | Kind::Dead | Kind::Tarpit { .. } => PortState::Filtered,
        }
    }

    /// Does it ever answer anything?
    pub(crate) fn is_up(&self) -> bool {
        match self.kind {
            Kind::Live | Kind::Limited { .. } | Kind::Slow | Kind::Tarpit { .. } => true,
            Kind::Filtered => self.ping || !self.open.is_empty() || !self.udp.is_empty(),
            Kind::Dead => false,
        }
    }
}

/// Splits `KEY=VALUE`.
pub(crate) fn key_and_value(word: &str) -> Result<(&str, &str), String> {
    word.split_once('=').ok_or_else(|| format!("`{word}` is not written as `key=value`"))
}

fn one_of(key: &str, value: &str, [no, yes]: [&str; 2]) -> Result<bool, String> {
    match value {
        _ if value == yes => Ok(true),
        _ if value == no => Ok(false),
        _ => Err(format!("`{key}` is `{no}` or `{yes}`")),
    }
}

fn positive(key: &str, value: &str) -> Result<u32, String> {
    let number = value.parse().ok().filter(|number| *number > 0);
    number.ok_or_else(|| format!("`{key}` is a number above 0"))
}

fn ports(list: &str) -> Result<Vec<u16>, String> {
    let mut ports = Vec::new();
    for part in list.split(',').filter(|part| !part.is_empty()) {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        match (first.parse::<u16>(), last.parse::<u16>()) {
            (Ok(first), Ok(last)) if first <= last => ports.extend(first..=last),
            _ => return Err(format!("`{part}` is no port and no range of ports")),
        }
    }
    Ok(ports)
}

fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match &text[digits.len()..] {
        "us" => Some(Duration::from_micros(1)),
        "ms" => Some(Duration::from_millis(1)),
        "s" => Some(Duration::from_secs(1)),
        _ => None,
    };
    let length = unit.zip(digits.parse().ok()).and_then(|(unit, count)| unit.checked_mul(count));
    let length = length.filter(|length| *length <= Duration::from_secs(3600));
    length.ok_or_else(|| format!("`{text}` is no duration such as `500us`, `40ms`, `1s`"))
}
