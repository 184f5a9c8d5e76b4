//! The few things of an event that are looked at, without reading its JSON: an event ends with
//! `,"seq":9,"ts":"1970-01-01T00:00:00.000Z","scan_id":7}`.

/// What is known of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) scan: u64,
    pub(crate) seq: u64,
    /// When it happened, in ms since midnight UTC.
    pub(crate) ms_of_day: u64,
    /// Whether it is the scan's last.
    pub(crate) is_last: bool,
}

/// Returns what a message tells; `None` for those without a number (`connected`).
pub(crate) fn read(text: &[u8]) -> Option<Event> {
    let rest = text.strip_suffix(b"}")?;
    let (rest, scan) = number(rest)?;
    let rest = rest.strip_suffix(br#"","scan_id":"#)?;
    let (rest, ts) = rest.split_at_checked(rest.len().checked_sub(24)?)?;
    let rest = rest.strip_suffix(br#","ts":""#)?;
    let (rest, seq) = number(rest)?;
    rest.ends_with(br#","seq":"#).then_some(Event {
        scan,
        seq,
        ms_of_day: ms_of_day(ts)?,
        is_last: text.starts_with(br#"{"event":"scan_complete""#),
    })
}

/// Returns the number at the end, and what is before it.
fn number(text: &[u8]) -> Option<(&[u8], u64)> {
    let digits = text.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let (rest, digits) = text.split_at(text.len() - digits);
    (!digits.is_empty()).then(|| (rest, decimal(digits)))
}

fn decimal(digits: &[u8]) -> u64 {
    digits.iter().fold(0, |value, digit| {
        value.wrapping_mul(10).wrapping_add(u64::from(digit.wrapping_sub(b'0')))
    })
}

/// Reads `1970-01-01T00:00:00.000Z`.
fn ms_of_day(ts: &[u8]) -> Option<u64> {
    let part = |from: usize, to: usize| ts.get(from..to).map(decimal);
    let minutes = part(11, 13)? * 60 + part(14, 16)?;
    Some((minutes * 60 + part(17, 19)?) * 1000 + part(20, 23)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_an_event_is_read() {
        let text =
            br#"{"event":"line","line":"x","seq":12,"ts":"1970-01-01T01:02:03.004Z","scan_id":7}"#;
        let expected = Event { scan: 7, seq: 12, ms_of_day: 3_723_004, is_last: false };
        assert_eq!(read(text), Some(expected));
        let text =
            br#"{"event":"scan_complete","seq":1,"ts":"1970-01-01T00:00:00.000Z","scan_id":7}"#;
        assert!(read(text).is_some_and(|event| event.is_last));
        assert_eq!(read(br#"{"event":"connected","scan_id":7}"#), None);
    }
}
