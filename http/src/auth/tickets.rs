//! Tickets for WebSockets: each lets its holder open one, once and soon, where no header can be set.

use super::identity::Identity;
use netscan_schemas::limits;
use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// The tickets that nobody has used yet, the oldest first. In memory alone.
#[derive(Default)]
pub struct Tickets(Mutex<VecDeque<Ticket>>);

struct Ticket {
    digest: [u8; 32],
    of: Identity,
    until: Instant,
}

impl Tickets {
    // Plain data behind the lock: a poisoned one is still good to use.
    fn lock(&self) -> MutexGuard<'_, VecDeque<Ticket>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps the digest of a caller's ticket; when there are too many, returns how long to wait.
    pub fn keep(&self, digest: [u8; 32], of: Identity, now: Instant) -> Result<(), Duration> {
        let mut held = self.lock();
        held.retain(|ticket| now < ticket.until);
        let of_caller = || held.iter().filter(|ticket| ticket.of.is_like(&of));
        let in_the_way = match of_caller().count() >= limits::WS_TICKETS_OF_ONE_MAX {
            true => of_caller().next(),
            false => held.front().filter(|_| held.len() >= limits::WS_TICKETS_MAX),
        };
        if let Some(oldest) = in_the_way {
            return Err(oldest.until - now);
        }
        held.push_back(Ticket { digest, of, until: now + limits::WS_TICKET_LIFE });
        Ok(())
    }

    /// Takes a ticket, which is good once, and returns whose it is.
    pub fn take(&self, digest: [u8; 32], now: Instant) -> Option<Identity> {
        // This comparison takes as long wherever two differ.
        let digest = blake3::Hash::from(digest);
        let mut held = self.lock();
        let place = held.iter().position(|held| blake3::Hash::from(held.digest) == digest)?;
        held.remove(place).filter(|ticket| now < ticket.until).map(|ticket| ticket.of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::user::User;

    fn digest(number: usize) -> [u8; 32] {
        *blake3::hash(&number.to_le_bytes()).as_bytes()
    }

    #[test]
    fn a_ticket_is_good_once_and_soon() {
        let (tickets, now) = (Tickets::default(), Instant::now());
        for number in 0..3 {
            tickets.keep(digest(number), Identity::local(User::own()), now).unwrap();
        }
        assert!(tickets.take(digest(9), now).is_none());
        assert!(tickets.take(digest(1), now).is_some());
        assert!(tickets.take(digest(1), now).is_none());
        let last = now + limits::WS_TICKET_LIFE - Duration::from_millis(1);
        assert!(tickets.take(digest(0), last).is_some());
        assert!(tickets.take(digest(2), now + limits::WS_TICKET_LIFE).is_none());
    }

    #[test]
    fn nobody_holds_more_than_so_many_and_others_still_get_theirs() {
        let (tickets, now) = (Tickets::default(), Instant::now());
        for number in 0..limits::WS_TICKETS_OF_ONE_MAX {
            tickets.keep(digest(number), Identity::local(User::own()), now).unwrap();
        }
        let soon = now + Duration::from_secs(1);
        let refused = tickets.keep(digest(5000), Identity::local(User::own()), soon);
        assert_eq!(refused, Err(limits::WS_TICKET_LIFE - Duration::from_secs(1)));
        tickets.keep(digest(5000), Identity::anyone(), soon).unwrap();
        // One that is used, or has ended, makes room.
        tickets.take(digest(3), soon).unwrap();
        tickets.keep(digest(5001), Identity::local(User::own()), soon).unwrap();
        let later = now + limits::WS_TICKET_LIFE;
        tickets.keep(digest(5002), Identity::local(User::own()), later).unwrap();
        assert_eq!(tickets.lock().len(), 3);
    }
}
