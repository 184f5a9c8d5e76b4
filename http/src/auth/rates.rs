//! How often a caller may ask, and how often somebody may fail to say who they are.

use governor::{
    Quota, RateLimiter,
    clock::{Clock, DefaultClock},
    state::keyed::HashMapStateStore,
};
use netscan_schemas::{TokenId, limits};
use prometheus_client::{
    metrics::{counter::Counter, family::Family},
    registry::Registry,
};
use std::{
    hash::Hash,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    num::NonZeroU32,
    time::Duration,
};

type Limiter<K> = RateLimiter<K, HashMapStateStore<K>, DefaultClock>;

/// The rates of all callers.
pub struct Rates {
    requests: Option<Limiter<TokenId>>,
    failures: Option<Limiter<IpAddr>>,
    failed: Counter,
    refused: Family<[(&'static str, &'static str); 1], Counter>,
}

const REQUESTS: [(&str, &str); 1] = [("of", "requests")];
const FAILURES: [(&str, &str); 1] = [("of", "failed_logins")];

impl Rates {
    /// Returns rates of so many requests a second; 0 for no bound.
    pub fn new(requests_per_s: u32) -> Self {
        let quota = |per_s, burst: u32| {
            let burst = NonZeroU32::new(burst)?;
            NonZeroU32::new(per_s).map(|per_s| Quota::per_second(per_s).allow_burst(burst))
        };
        let failures = quota(limits::FAILED_LOGINS_PER_S, limits::FAILED_LOGINS_BURST);
        let refused = Family::default();
        for of in [REQUESTS, FAILURES] {
            drop(refused.get_or_create(&of));
        }
        Self {
            failed: Counter::default(),
            refused,
            requests: quota(requests_per_s, requests_per_s).map(RateLimiter::hashmap),
            failures: failures.map(RateLimiter::hashmap),
        }
    }

    /// Counts a request of a token or its sessions; when it is one too many, returns how long to wait.
    pub fn request(&self, token: &TokenId) -> Result<(), Duration> {
        let counted = self.requests.as_ref().map_or(Ok(()), |limiter| count(limiter, token, token));
        counted.inspect_err(|_| {
            self.refused.get_or_create(&REQUESTS).inc();
        })
    }

    /// Counts a request without valid rights; when it is one too many, returns how long to wait.
    /// While requests like that come from more places than are kept in mind, they have one rate
    /// together: who has rights is not asked for it.
    pub fn failure(&self, place: IpAddr) -> Result<(), Duration> {
        const ALL: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
        self.failed.inc();
        let failures = self.failures.as_ref();
        let counted =
            failures.map_or(Ok(()), |limiter| count(limiter, &neighbourhood(place), &ALL));
        counted.inspect_err(|_| {
            self.refused.get_or_create(&FAILURES).inc();
        })
    }

    /// Adds what was counted to what is shown.
    pub fn register(&self, registry: &mut Registry) {
        registry.register(
            "failed_logins",
            "Requests over TCP without a valid token, session or login code, where one is needed.",
            self.failed.clone(),
        );
        registry.register(
            "rate_limited",
            "Requests that were refused because there were too many.",
            self.refused.clone(),
        );
    }
}

/// Counts one for a key, or, where too many are kept in mind, for another.
fn count<K: Hash + Eq + Clone>(limiter: &Limiter<K>, key: &K, or: &K) -> Result<(), Duration> {
    if limiter.len() >= limits::CALLERS_KEPT {
        limiter.retain_recent();
    }
    let is_full = limiter.len() >= limits::CALLERS_KEPT;
    let counted = limiter.check_key(if is_full { or } else { key });
    counted.map_err(|until| until.wait_time_from(DefaultClock::default().now()))
}

/// Returns what stands for an address: of IPv6 a /64, which is what one customer has.
pub fn neighbourhood(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_from_everywhere_do_not_grow_what_is_kept_in_mind() {
        let rates = Rates::new(0);
        let limiter = rates.failures.as_ref().unwrap();
        for number in 1..=limits::CALLERS_KEPT as u32 + 200 {
            // More than once each, so that none is at rest soon.
            for _ in 0..10 {
                let _ = rates.failure(Ipv4Addr::from(number).into());
            }
            assert!(limiter.len() <= limits::CALLERS_KEPT + 1);
        }
    }
}
