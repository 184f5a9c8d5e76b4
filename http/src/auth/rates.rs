//! How often a caller may ask, and how often somebody may fail to say who they are.

use governor::{
    Quota, RateLimiter,
    clock::{Clock, DefaultClock},
    state::keyed::HashMapStateStore,
};
use netscan_schemas::{TokenId, limits};
use std::{
    hash::Hash,
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    time::Duration,
};

type Limiter<K> = RateLimiter<K, HashMapStateStore<K>, DefaultClock>;

/// The rates of all callers.
pub struct Rates {
    requests: Option<Limiter<TokenId>>,
    failures: Option<Limiter<IpAddr>>,
}

impl Rates {
    /// Returns rates of so many requests a second; 0 for no bound.
    pub fn new(requests_per_s: u32) -> Self {
        let quota = |per_s, burst: u32| {
            let burst = NonZeroU32::new(burst)?;
            NonZeroU32::new(per_s).map(|per_s| Quota::per_second(per_s).allow_burst(burst))
        };
        let failures = quota(limits::FAILED_LOGINS_PER_S, limits::FAILED_LOGINS_BURST);
        Self {
            requests: quota(requests_per_s, requests_per_s).map(RateLimiter::hashmap),
            failures: failures.map(RateLimiter::hashmap),
        }
    }

    /// Counts a request of a token or its sessions; when it is one too many, returns how long to wait.
    pub fn request(&self, token: &TokenId) -> Result<(), Duration> {
        self.requests.as_ref().map_or(Ok(()), |limiter| count(limiter, token))
    }

    /// Counts a request without valid rights; when it is one too many, returns how long to wait.
    pub fn failure(&self, place: IpAddr) -> Result<(), Duration> {
        self.failures.as_ref().map_or(Ok(()), |limiter| count(limiter, &neighbourhood(place)))
    }
}

fn count<K: Hash + Eq + Clone>(limiter: &Limiter<K>, key: &K) -> Result<(), Duration> {
    if limiter.len() > limits::CALLERS_KEPT {
        limiter.retain_recent();
    }
    let counted = limiter.check_key(key);
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
