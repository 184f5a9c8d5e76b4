//! Listens for TCP clients, of whom there are never so many that nmap finds no descriptor.

use crate::auth::neighbourhood;
use axum::serve::Listener;
use socket2::SockRef;
use std::{
    collections::HashMap,
    io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};

/// Descriptors that clients leave alone: the store's, the runtime's, and those of nmaps that start.
const RESERVED: u64 = 48;

/// Bytes that wait in the kernel for one client, beyond what is on its way. The kernel would take
/// megabytes for each client that has stopped reading.
const UNSENT_MAX: u32 = 128 * 1024;

/// Returns how many connections there may be at once of those that were asked for, where a process
/// may have so many open files: half of what is not reserved, for nmaps need the other half.
pub fn connections_max(open_files_max: u64, asked: usize) -> usize {
    let half = open_files_max.saturating_sub(RESERVED) / 2;
    usize::try_from(half).unwrap_or(usize::MAX).max(4).min(asked)
}

/// A listener that takes no more connections than there are places; others wait in the kernel.
pub struct Limited {
    listener: TcpListener,
    places: Arc<Semaphore>,
}

impl Limited {
    /// Takes at most so many connections at once.
    pub fn new(listener: TcpListener, max: usize) -> Self {
        Self { listener, places: Arc::new(Semaphore::new(max)) }
    }
}

impl Limited {
    /// Waits for a place, and then for a connection to take it.
    pub async fn take(&mut self) -> (Placed, SocketAddr) {
        if self.places.available_permits() == 0 {
            tracing::warn!("all places for connections are taken: new ones wait");
        }
        // The semaphore is never closed, and without a place a client is merely one too many.
        let place = Arc::clone(&self.places).acquire_owned().await.ok();
        // It waits a little where the system refuses for want of descriptors.
        let (stream, address) = Listener::accept(&mut self.listener).await;
        // Answers and events are whole messages: nothing is gained by waiting for more.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection keeps its delay: {error}");
        }
        if let Err(error) = SockRef::from(&stream).set_tcp_notsent_lowat(UNSENT_MAX) {
            tracing::debug!(%error, "a connection keeps more unsent: {error}");
        }
        (Placed { stream, _place: place, near: None }, address)
    }
}

/// Counts connections by where they come from.
pub struct Neighbours {
    most: usize,
    held: Mutex<HashMap<IpAddr, usize>>,
}

impl Neighbours {
    /// Takes at most so many from one address, or one /64; 0 for no bound.
    pub fn new(most: usize) -> Self {
        Self { most, held: Mutex::default() }
    }

    /// Counts a connection until the value is dropped; none when it is one too many. What comes
    /// from this machine is not counted: it is a proxy, or ours.
    pub fn enter(self: &Arc<Self>, from: IpAddr) -> Option<Near> {
        let from = neighbourhood(from);
        if self.most == 0 || from.is_loopback() {
            return Some(Near { of: None });
        }
        // Plain data behind the lock: a poisoned one is still good to use.
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let count = held.entry(from).or_default();
        if *count >= self.most {
            return None;
        }
        *count += 1;
        Some(Near { of: Some((Arc::clone(self), from)) })
    }
}

/// A counted connection.
pub struct Near {
    of: Option<(Arc<Neighbours>, IpAddr)>,
}

impl Drop for Near {
    fn drop(&mut self) {
        let Some((neighbours, from)) = &self.of else { return };
        let mut held = neighbours.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = held.get_mut(from) {
            *count -= 1;
            if *count == 0 {
                held.remove(from);
            }
        }
    }
}

/// A connection and its place.
pub struct Placed {
    stream: TcpStream,
    _place: Option<OwnedSemaphorePermit>,
    /// Counts it by its address for as long as it is open, whatever it is upgraded to.
    near: Option<Near>,
}

impl Placed {
    /// Counts it among those of its address.
    pub fn count_by(&mut self, near: Near) {
        self.near = Some(near);
    }

    /// Returns which address of ours it came to.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.stream.local_addr()
    }
}

impl AsyncRead for Placed {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Placed {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nmaps_keep_half_of_the_descriptors() {
        for (files, asked, expected) in
            [(0, 4096, 4), (64, 4096, 8), (1024, 4096, 488), (u64::MAX, 5000, 5000), (1024, 2, 2)]
        {
            assert_eq!(connections_max(files, asked), expected, "{files}");
        }
    }

    #[tokio::test]
    async fn one_too_many_waits_until_another_leaves() {
        let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = tcp.local_addr().unwrap();
        let mut listener = Limited::new(tcp, 1);
        let _first = TcpStream::connect(address).await.unwrap();
        let _second = TcpStream::connect(address).await.unwrap();
        let (held, _) = listener.take().await;
        assert!(held.stream.nodelay().unwrap());
        assert_eq!(SockRef::from(&held.stream).tcp_notsent_lowat().unwrap(), UNSENT_MAX);
        let mut next = Box::pin(listener.take());
        assert!(futures_util::poll!(&mut next).is_pending());
        drop(held);
        next.await;
    }

    #[tokio::test]
    async fn a_connection_counts_for_as_long_as_it_is_open() {
        let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let _client = TcpStream::connect(tcp.local_addr().unwrap()).await.unwrap();
        let (mut held, _) = Limited::new(tcp, 1).take().await;
        let neighbours = Arc::new(Neighbours::new(1));
        let from: IpAddr = "192.0.2.1".parse().unwrap();
        held.count_by(neighbours.enter(from).unwrap());
        assert!(neighbours.enter(from).is_none());
        drop(held);
        assert!(neighbours.enter(from).is_some());
    }

    #[test]
    fn one_address_does_not_take_all_places() {
        let neighbours = Arc::new(Neighbours::new(2));
        let enter = |text: &str| neighbours.enter(text.parse().unwrap());
        let held = [enter("192.0.2.1"), enter("192.0.2.1")];
        assert!(held.iter().all(Option::is_some) && enter("192.0.2.1").is_none());
        assert!(enter("::ffff:192.0.2.1").is_none() && enter("192.0.2.2").is_some());
        drop(held);
        assert!(enter("192.0.2.1").is_some());
        let of_one_customer = [enter("2001:db8::1"), enter("2001:db8::2:1")];
        assert!(of_one_customer.iter().all(Option::is_some) && enter("2001:db8::3").is_none());
        assert!(enter("2001:db8:0:1::3").is_some());
        let ours: Vec<_> = (0..10).map(|_| enter("127.0.0.1")).collect();
        assert!(ours.iter().all(Option::is_some));
    }
}
