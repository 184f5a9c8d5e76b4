//! The values of flags, each read by what it may be.

use super::ports::{PortList, PortSpec};
use std::{fmt::Display, str::FromStr, time::Duration};

/// A value that went into the options, or what is wrong with it.
pub(super) type Done = Result<(), String>;

/// Ports that one kind of ping may probe.
const PING_PORTS_MAX: usize = 64;
/// IP protocols that `-PO` may probe.
const PING_PROTOCOLS_MAX: usize = 16;

/// Switches an option on. Doing it twice is as good as once.
pub(super) fn on(switch: &mut bool) -> Done {
    *switch = true;
    Ok(())
}

/// Puts a value where there is none yet: of two, nmap would take the last or quit.
pub(super) fn put<T>(slot: &mut Option<T>, value: T) -> Done {
    match slot.replace(value) {
        Some(_) => Err("is given twice".into()),
        None => Ok(()),
    }
}

/// Returns a whole number between two others, written in digits.
pub(super) fn number<T>(text: &str, min: T, max: T) -> Result<T, String>
where
    T: FromStr + PartialOrd + Display + Copy,
{
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let number = digits.then(|| text.parse().ok()).flatten();
    number
        .filter(|number| (min..=max).contains(number))
        .ok_or_else(|| format!("must be a whole number from {min} to {max}"))
}

/// Returns a time between two others, in milliseconds. Written as nmap does: seconds, or a number
/// with `ms`, `s`, `m` or `h`.
pub(super) fn time(text: &str, (min_ms, max_ms): (u64, u64)) -> Result<Duration, String> {
    let wrong = || {
        let (min, max) = (show_time(min_ms), show_time(max_ms));
        format!("must be a time from {min} to {max}, such as 500ms, 10s or 5m")
    };
    let unit_at = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (amount, unit) = text.split_at(unit_at);
    let unit_ms = match unit {
        "ms" => 1,
        "" | "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err(wrong()),
    };
    let ms = millis(amount, unit_ms).ok_or_else(wrong)?;
    if (min_ms..=max_ms).contains(&ms) { Ok(Duration::from_millis(ms)) } else { Err(wrong()) }
}

/// Returns `12.5` times a unit, cut to whole milliseconds.
fn millis(amount: &str, unit_ms: u64) -> Option<u64> {
    const FRACTION_DIGITS_MAX: usize = 6;
    let (whole, fraction) = amount.split_once('.').unwrap_or((amount, "0"));
    let are_digits = [whole, fraction]
        .iter()
        .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    if !are_digits || fraction.len() > FRACTION_DIGITS_MAX {
        return None;
    }
    let scale = 10u64.pow(fraction.len() as u32);
    let part = fraction.parse::<u64>().ok()? * unit_ms / scale;
    whole.parse::<u64>().ok()?.checked_mul(unit_ms)?.checked_add(part)
}

/// Returns milliseconds as nmap reads them, in seconds where they are whole.
pub(super) fn show_time(ms: u64) -> String {
    if ms.is_multiple_of(1000) { format!("{}s", ms / 1000) } else { format!("{ms}ms") }
}

/// Returns a ratio from 0 to below 1, in millionths.
pub(super) fn port_ratio(text: &str) -> Result<u32, String> {
    match millis(text, 1_000_000) {
        // A ratio is no time, but `0.25` is read the same way.
        Some(millionths @ 0..1_000_000) => Ok(millionths as u32),
        _ => Err("must be a decimal number from 0 to below 1".into()),
    }
}

/// Returns the ports of one kind of ping; none means nmap's own choice.
pub(super) fn ping_ports(text: &str) -> Result<PortList, String> {
    ping_list(text, u16::MAX, PING_PORTS_MAX)
}

/// Returns the IP protocols of `-PO`; none means nmap's own choice.
pub(super) fn ping_protocols(text: &str) -> Result<PortList, String> {
    ping_list(text, 255, PING_PROTOCOLS_MAX)
}

fn ping_list(text: &str, highest: u16, count_max: usize) -> Result<PortList, String> {
    if text.is_empty() {
        return Ok(PortList::default());
    }
    let list = PortList::parse(text)?;
    let is_plain = list.parts().all(|(spec, _)| spec == PortSpec::Any);
    if !is_plain || list.highest() > highest {
        return Err(format!("takes numbers up to {highest}, without a protocol"));
    }
    if list.count() > count_max {
        return Err(format!("takes at most {count_max} numbers, not {}", list.count()));
    }
    Ok(list)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        let read = |text| time(text, (5, 3_600_000)).map(|time| time.as_millis());
        for (text, ms) in [
            ("5ms", 5),
            ("1", 1000),
            ("1.5", 1500),
            ("0.25s", 250),
            ("2m", 120_000),
            ("1h", 3_600_000),
        ] {
            assert_eq!(read(text), Ok(ms), "{text}");
        }
        for text in [
            "",
            "s",
            "4ms",
            "61m",
            "-1",
            "+1",
            "1d",
            "1S",
            "1e3",
            ".5",
            "5.",
            "1..2",
            "1 s",
            "0x5",
            "99999999999999999999",
            "99999999999999999h",
            "1.0000001",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn numbers() {
        assert_eq!(number("07", 0u8, 10), Ok(7));
        for text in ["", "+1", "-1", "11", "256", "1.0", "0x1", "١"] {
            assert!(number(text, 0u8, 10).is_err(), "{text}");
        }
    }

    #[test]
    fn ratios() {
        assert_eq!(port_ratio("0.25"), Ok(250_000));
        assert_eq!(port_ratio("0"), Ok(0));
        for text in ["1", "1.0", "-0.1", ".5", "0.1234567", "1e-3", ""] {
            assert!(port_ratio(text).is_err(), "{text}");
        }
    }
}
