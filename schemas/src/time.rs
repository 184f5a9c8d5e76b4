//! Wall-clock time, to show, and for what ends on a date: deadlines use the monotonic clock.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use std::fmt;

/// A moment in microseconds since 1970 UTC. JSON shows it as RFC 3339 with milliseconds
/// (`2026-11-22T10:00:00.123Z`); the store keeps the integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, utoipa::ToSchema)]
#[schema(value_type = String, format = DateTime)]
pub struct Time(i64);

impl Time {
    /// Returns this moment of the wall clock.
    pub fn now() -> Self {
        Self(jiff::Timestamp::now().as_microsecond())
    }

    /// Returns the moment this many microseconds after 1970 UTC.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Returns the moment this many seconds after 1970 UTC.
    pub const fn from_secs(secs: i64) -> Self {
        Self(secs.saturating_mul(1_000_000))
    }

    /// Returns microseconds since 1970 UTC.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Returns the moment so long before, or the earliest there is.
    #[must_use]
    pub fn earlier_by(self, span: std::time::Duration) -> Self {
        let micros = i64::try_from(span.as_micros()).unwrap_or(i64::MAX);
        Self(self.0.saturating_sub(micros))
    }

    /// Returns the moment so long after, or the last there is.
    #[must_use]
    pub fn later_by(self, span: std::time::Duration) -> Self {
        let micros = i64::try_from(span.as_micros()).unwrap_or(i64::MAX);
        Self(self.0.saturating_add(micros))
    }

    /// Returns whole seconds since 1970 UTC.
    pub const fn as_secs(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// Returns the moment as nmap writes it (`Sun Nov 22 22:18:21 2026`), in UTC.
    pub fn to_nmap_text(self) -> String {
        match jiff::Timestamp::from_microsecond(self.0) {
            Ok(stamp) => stamp.strftime("%a %b %e %H:%M:%S %Y").to_string(),
            Err(_) => self.to_string(),
        }
    }

    /// Returns milliseconds from `earlier` to here, zero when the wall clock went backwards.
    pub fn millis_since(self, earlier: Self) -> u64 {
        u64::try_from((self.0 - earlier.0) / 1000).unwrap_or(0)
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Out of jiff's years -9999..=9999 there is nothing sensible to print.
        match jiff::Timestamp::from_microsecond(self.0) {
            Ok(stamp) => write!(f, "{stamp:.3}"),
            Err(_) => write!(f, "time {} us", self.0),
        }
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            serializer.serialize_i64(self.0)
        }
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            let text = String::deserialize(deserializer)?;
            let stamp: jiff::Timestamp = text.parse().map_err(D::Error::custom)?;
            Ok(Self(stamp.as_microsecond()))
        } else {
            i64::deserialize(deserializer).map(Self)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nmap_has_its_own_way_to_write_time() {
        assert_eq!(Time::from_secs(1_795_385_901).to_nmap_text(), "Sun Nov 22 22:18:21 2026");
        assert_eq!(Time::from_micros(-1).as_secs(), -1);
    }

    #[test]
    fn json_shows_milliseconds_in_utc() {
        let time = Time::from_micros(1_795_341_600_123_456);
        let text = serde_json::to_string(&time).unwrap();
        assert_eq!(text, "\"2026-11-22T10:00:00.123Z\"");
        let back: Time = serde_json::from_str(&text).unwrap();
        assert_eq!(back.as_micros(), 1_795_341_600_123_000);
    }
}
