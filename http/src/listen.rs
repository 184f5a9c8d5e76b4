//! Listens for TCP clients, of whom there are never so many that nmap finds no descriptor.

use axum::serve::Listener;
use netscan_schemas::limits;
use socket2::SockRef;
use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
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

/// Returns how many connections there may be at once where a process may have so many open files:
/// half of what is not reserved, for nmaps need the other half.
pub fn connections_max(open_files_max: u64) -> usize {
    let half = open_files_max.saturating_sub(RESERVED) / 2;
    usize::try_from(half).unwrap_or(usize::MAX).clamp(4, limits::CONNECTIONS_MAX)
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

impl Listener for Limited {
    type Io = Placed;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Placed, SocketAddr) {
        if self.places.available_permits() == 0 {
            tracing::warn!("all places for connections are taken: new ones wait");
        }
        // The semaphore is never closed, and without a place a client is merely one too many.
        let place = Arc::clone(&self.places).acquire_owned().await.ok();
        let (stream, address) = Listener::accept(&mut self.listener).await;
        // Answers and events are whole messages: nothing is gained by waiting for more.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection keeps its delay: {error}");
        }
        if let Err(error) = SockRef::from(&stream).set_tcp_notsent_lowat(UNSENT_MAX) {
            tracing::debug!(%error, "a connection keeps more unsent: {error}");
        }
        (Placed { stream, _place: place }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// A connection and its place.
pub struct Placed {
    stream: TcpStream,
    _place: Option<OwnedSemaphorePermit>,
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
        for (files, expected) in [(0, 4), (64, 8), (1024, 488), (u64::MAX, limits::CONNECTIONS_MAX)]
        {
            assert_eq!(connections_max(files), expected, "{files}");
        }
    }

    #[tokio::test]
    async fn one_too_many_waits_until_another_leaves() {
        let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = tcp.local_addr().unwrap();
        let mut listener = Limited::new(tcp, 1);
        let _first = TcpStream::connect(address).await.unwrap();
        let _second = TcpStream::connect(address).await.unwrap();
        let (held, _) = listener.accept().await;
        assert!(held.stream.nodelay().unwrap());
        assert_eq!(SockRef::from(&held.stream).tcp_notsent_lowat().unwrap(), UNSENT_MAX);
        let mut next = Box::pin(listener.accept());
        assert!(futures_util::poll!(&mut next).is_pending());
        drop(held);
        next.await;
    }
}
