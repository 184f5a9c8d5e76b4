//! Reads values of the command line that clap does not know, and says what a valid one looks like.

use netscan_schemas::{
    AddressSet, BatchId, ScanId, Time, TokenId, api::SandboxMode, audit::AuditAction,
};
use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

/// Reads a time: a number with ms, s, m or h, or seconds without a unit.
pub fn duration(text: &str) -> Result<Duration, String> {
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let number: u64 = number.parse().map_err(|_| "a time looks like 90s, 30m or 2h".to_owned())?;
    let millis = match unit {
        "ms" => 1,
        "" | "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err(format!("`{unit}` is no unit of time; use ms, s, m or h")),
    };
    let millis = number.checked_mul(millis).ok_or("that is too long")?;
    Ok(Duration::from_millis(millis))
}

/// Reads a moment to come: so long from now, or a date with its time.
pub fn moment(text: &str) -> Result<Time, String> {
    if let Ok(at) = text.parse::<jiff::Timestamp>() {
        return Ok(Time::from_micros(at.as_microsecond()));
    }
    let wrong = || {
        "a moment is a time from now, such as 30m, 8h or 7d, or a date such as \
         2030-01-31T12:00:00Z"
            .to_owned()
    };
    let after = lifetime(text).ok();
    let micros = after.and_then(|after| i64::try_from(after.as_micros()).ok());
    let at = micros.and_then(|micros| Time::now().as_micros().checked_add(micros));
    at.map(Time::from_micros).ok_or_else(wrong)
}

/// Reads an action of the audit log.
pub fn audit_action(text: &str) -> Result<AuditAction, String> {
    let found = AuditAction::ALL.iter().find(|action| action.as_str() == text);
    found.copied().ok_or_else(|| {
        let names: Vec<&str> = AuditAction::ALL.iter().map(|action| action.as_str()).collect();
        format!("the actions are {}", names.join(", "))
    })
}

/// Reads what may be scanned: addresses, no names.
pub fn scope_target(text: &str) -> Result<AddressSet, String> {
    let (read, errors) = netscan_nmap::targets::parse(&[text]);
    match (errors.into_iter().next(), read.names.first()) {
        (Some(error), _) => Err(error.reason),
        (None, Some(_)) => {
            Err("it is a name, and what a name means changes: write its addresses".to_owned())
        }
        (None, None) => Ok(read.addresses),
    }
}

/// Reads how long something is good for: a time, or days.
pub fn lifetime(text: &str) -> Result<Duration, String> {
    let Some(days) = text.strip_suffix('d') else { return duration(text) };
    let days: u64 = days.parse().map_err(|_| "a time looks like 12h or 30d".to_owned())?;
    let seconds = days.checked_mul(24 * 3600).ok_or("that is too long")?;
    Ok(Duration::from_secs(seconds))
}

/// Reads a token's id, also from a whole token.
pub fn token(text: &str) -> Result<TokenId, String> {
    let id = text.strip_prefix("nsk_").and_then(|rest| rest.split('_').next()).unwrap_or(text);
    id.parse().map_err(|why| format!("{why}; `netscan token ls` lists them"))
}

/// Reads a name of the server.
pub fn host(text: &str) -> Result<String, String> {
    match is_host(text) {
        true => Ok(text.to_ascii_lowercase()),
        false => Err("a name looks like scans.example, without a scheme or a port".to_owned()),
    }
}

/// Reads a number that is not 0.
pub fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number @ 1..) => Ok(number),
        Ok(_) | Err(_) => Err("it takes a number from 1 on".to_owned()),
    }
}

/// Reads how much of the sandbox has to be there.
pub fn sandbox(text: &str) -> Result<SandboxMode, String> {
    match text {
        "required" => Ok(SandboxMode::Required),
        "best-effort" => Ok(SandboxMode::BestEffort),
        "off" => Ok(SandboxMode::Off),
        _ => Err("the sandbox is `required`, `best-effort` or `off`".to_owned()),
    }
}

/// Reads the number of a scan.
pub fn scan(text: &str) -> Result<ScanId, String> {
    text.parse().map_err(|_| "a scan has a number, such as 3; `netscan ls` lists them".to_owned())
}

/// Reads the number of a batch.
pub fn batch(text: &str) -> Result<BatchId, String> {
    text.parse().map_err(|_| {
        "a batch has a number, such as 12; `netscan batches SCAN` lists those of a scan".to_owned()
    })
}

/// Reads packets a second; 0 is no bound.
pub fn packet_rate(text: &str) -> Result<u32, String> {
    let least = netscan_schemas::limits::PACKET_RATE_MIN;
    match text.parse() {
        Ok(rate) if rate == 0 || rate >= least => Ok(rate),
        _ => Err(format!("a packet rate is {least} or more a second, or 0 for no bound")),
    }
}

/// Reads how many processes may run at once.
pub fn slots(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(slots @ 1..) => Ok(slots),
        Ok(_) | Err(_) => Err("it takes a number from 1 on; leave it out for 32 a core".to_owned()),
    }
}

/// Reads how often a bench measures.
pub fn runs(text: &str) -> Result<u32, String> {
    match text.parse() {
        Ok(runs @ 1..=100) => Ok(runs),
        Ok(_) | Err(_) => Err("it takes a number from 1 to 100".to_owned()),
    }
}

/// Reads how many hosts a bench writes: there are no more addresses in a /8.
pub fn bench_hosts(text: &str) -> Result<u64, String> {
    match text.parse() {
        Ok(hosts @ 1000..=16_000_000) => Ok(hosts),
        Ok(_) | Err(_) => Err("it takes a number from 1000 to 16000000".to_owned()),
    }
}

/// Reads how large a bench's store is.
pub fn bench_mib(text: &str) -> Result<u64, String> {
    match text.parse() {
        Ok(mib @ 8..=65_536) => Ok(mib),
        Ok(_) | Err(_) => Err("it takes MiB from 8 to 65536".to_owned()),
    }
}

/// Reads bytes, with K, M or G behind for so many KiB, MiB or GiB.
pub fn size(text: &str) -> Result<u64, String> {
    let (digits, shift) = match text.char_indices().next_back() {
        Some((end, 'K' | 'k')) => (&text[..end], 10),
        Some((end, 'M' | 'm')) => (&text[..end], 20),
        Some((end, 'G' | 'g')) => (&text[..end], 30),
        _ => (text, 0),
    };
    let bytes = digits.parse::<u64>().ok().and_then(|count| count.checked_mul(1 << shift));
    bytes.ok_or_else(|| "a size is a number of bytes, or one such as 512M or 2G".to_owned())
}

/// Reads an address and a port to listen on.
pub fn listen(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| {
        let port = text.rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok());
        let port = port.unwrap_or(8000);
        format!(
            "it takes a numeric address and a port: 127.0.0.1:{port}, [::1]:{port}, or port 0 for \
             any free one"
        )
    })
}

/// Reads the origin of a web page as browsers write it: scheme, host, and a port that is not the
/// scheme's own. `*` and `null` are no origins: they would let everybody in.
pub fn origin(text: &str) -> Result<String, String> {
    let wrong = |why: &str| {
        Err(format!("{why}; an origin looks like http://localhost:5173 or https://scans.example"))
    };
    match text {
        "*" => return wrong("`*` would let the pages of every site in: name each origin"),
        "null" => return wrong("`null` is what pages without an origin send, whosoever they are"),
        _ => {}
    }
    let text = text.strip_suffix('/').unwrap_or(text).to_ascii_lowercase();
    let (scheme, place) = match text.split_once("://") {
        Some((scheme @ ("http" | "https"), place)) => (scheme, place),
        _ => return wrong("it does not begin with http:// or https://"),
    };
    if place.contains(['/', '?', '#', '@']) {
        return wrong("an origin has no user, path or query");
    }
    let (host, port) = match place.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (place, None),
    };
    if !is_host(host) {
        return wrong(&format!("`{host}` is no host"));
    }
    let own_port = if scheme == "http" { 80 } else { 443 };
    match port.map(str::parse::<u16>) {
        None => Ok(format!("{scheme}://{host}")),
        Some(Ok(port)) if port == own_port => Ok(format!("{scheme}://{host}")),
        Some(Ok(port @ 1..)) => Ok(format!("{scheme}://{host}:{port}")),
        Some(Ok(0) | Err(_)) => wrong("its port is no number from 1 to 65535"),
    }
}

fn is_host(host: &str) -> bool {
    if let Some(inner) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return inner.parse::<Ipv6Addr>().is_ok();
    }
    let is_number = |label: &str| label.bytes().all(|byte| byte.is_ascii_digit());
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    let mut labels = host.split('.');
    let is_address = labels.clone().next_back().is_some_and(is_number);
    match is_address {
        true => host.parse::<Ipv4Addr>().map(IpAddr::V4).is_ok(),
        false => labels.all(label),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        for (text, millis) in [("90s", 90_000), ("250ms", 250), ("7", 7000), ("2h", 7_200_000)] {
            assert_eq!(duration(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for bad in ["", "s", "1d", "1.5s", "-1", "99999999999999999999", "9999999999999999h"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn moments() {
        let seconds = |text: &str| {
            let from_now = moment(text).unwrap().as_micros() - Time::now().as_micros();
            (from_now + 500_000) / 1_000_000
        };
        assert_eq!((seconds("90"), seconds("8h"), seconds("7d")), (90, 28_800, 604_800));
        assert_eq!(moment("1970-01-01T00:00:07Z"), Ok(Time::from_secs(7)));
        for bad in ["", "d", "tomorrow", "-1d", "9999999999999d", "2030-01-31", "1.5h"] {
            assert!(moment(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn lifetimes_names_and_ids_of_tokens() {
        assert_eq!(lifetime("30d"), Ok(Duration::from_secs(30 * 24 * 3600)));
        assert_eq!(lifetime("12h"), Ok(Duration::from_secs(12 * 3600)));
        assert!(lifetime("d").is_err() && lifetime("99999999999999999d").is_err());
        assert_eq!(host("Scans.Example"), Ok("scans.example".into()));
        for bad in ["", "http://x", "x:80", "x/y", "a b", "*"] {
            assert!(host(bad).is_err(), "{bad}");
        }
        assert_eq!(token("abcd2345").unwrap().as_str(), "abcd2345");
        assert_eq!(token("nsk_abcd2345_x").unwrap().as_str(), "abcd2345");
        assert!(token("x").unwrap_err().contains("netscan token ls"));
    }

    #[test]
    fn origins() {
        let good = [
            ("http://localhost:5173", "http://localhost:5173"),
            ("http://localhost:5173/", "http://localhost:5173"),
            ("HTTPS://Scans.Example", "https://scans.example"),
            ("https://scans.example:443", "https://scans.example"),
            ("http://127.0.0.1:80", "http://127.0.0.1"),
            ("http://[::1]:3000", "http://[::1]:3000"),
            ("http://[::1]", "http://[::1]"),
        ];
        for (text, read) in good {
            assert_eq!(origin(text).as_deref(), Ok(read), "{text}");
        }
        let bad = [
            "*",
            "null",
            "",
            "/",
            "http://",
            "localhost:5173",
            "ftp://localhost",
            "http://*",
            "http://*.example",
            "http://localhost//",
            "http://localhost/app",
            "http://user@localhost",
            "http://localhost:",
            "http://localhost:0",
            "http://localhost:65536",
            "http://1.2.3.400",
            "http://[::1",
            "http://::1",
            "http://a b",
            "http://a,http://b",
            "chrome-extension://x",
        ];
        for text in bad {
            let why = origin(text).unwrap_err();
            assert!(why.contains("http://localhost:5173"), "{text}: {why}");
        }
    }

    #[test]
    fn sizes() {
        for (text, bytes) in
            [("0", 0), ("4096", 4096), ("7k", 7168), ("512M", 1 << 29), ("2G", 2 << 30)]
        {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        for bad in ["", "G", "1T", "-1", "1.5G", "99999999999G", "2 G"] {
            assert!(size(bad).unwrap_err().contains("512M"), "{bad}");
        }
    }

    #[test]
    fn what_is_not_valid_is_told_what_would_be() {
        assert!(scan("abc").unwrap_err().contains("netscan ls"));
        assert!(scan("0").is_err());
        assert!(batch("x").unwrap_err().contains("netscan batches"));
        assert!(listen("localhost:8104").unwrap_err().contains("127.0.0.1:8104"));
        assert_eq!(slots("7"), Ok(7));
        for bad in ["0", "-1", "x", ""] {
            assert!(slots(bad).unwrap_err().contains("from 1 on"), "{bad}");
        }
    }
}
