//! Serves TCP: takes connections, bounds what each may take of us, and lets go in the end.
//!
//! ```text
//! accept ─► place (all, one address) ─► TLS handshake ─► headers ─► body ─► router ─► answer
//!                                         10 s            10 s      30 s and more      60 s a byte
//! ```

use crate::{
    listen::{Limited, Neighbours},
    router::{Edge, tcp_router},
    slow::Timed,
    tls::Tls,
};
use axum::{Router, body::Body};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use netscan_schemas::limits;
use std::{
    io,
    net::{IpAddr, SocketAddr},
    pin::pin,
    sync::Arc,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
    time::timeout,
};
use tokio_io_timeout::TimeoutWriter;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

/// Where a connection came from, and which address of ours it came to. In the extensions of every
/// request that came over TCP.
#[derive(Clone, Copy, Debug)]
pub struct Arrival {
    /// The other side: a proxy's address where there is one.
    pub peer: IpAddr,
    /// Our side.
    pub local: IpAddr,
}

/// Takes connections until the edge's shutdown is cancelled, and waits for those that are open.
pub async fn take_connections(
    listener: TcpListener,
    edge: Arc<Edge>,
    tls: Option<Arc<Tls>>,
) -> io::Result<()> {
    let most = edge.connections_max();
    if most < edge.bounds.connections {
        tracing::info!("{most} connections at once: the system allows no more open files");
    }
    let mut listener = Limited::new(listener, most);
    let neighbours = Arc::new(Neighbours::new(edge.bounds.connections_per_ip));
    let router = tcp_router(Arc::clone(&edge));
    let open = TaskTracker::new();
    loop {
        let (mut stream, peer) = tokio::select! {
            taken = listener.take() => taken,
            () = edge.shutdown().cancelled() => break,
        };
        let Some(near) = neighbours.enter(peer.ip()) else {
            tracing::debug!("{} has as many connections as it may", peer.ip());
            continue;
        };
        stream.count_by(near);
        let Ok(local) = stream.local_addr() else { continue };
        let talk = Talk {
            arrival: Arrival { peer: peer.ip().to_canonical(), local: local.ip().to_canonical() },
            router: router.clone(),
            edge: Arc::clone(&edge),
        };
        let tls = tls.clone();
        open.spawn(async move { talk.with(stream, peer, tls.as_deref()).await });
    }
    // Whoever knocks from now on is refused at once.
    drop(listener);
    open.close();
    open.wait().await;
    Ok(())
}

/// What is needed to talk to one client.
pub(crate) struct Talk {
    pub(crate) arrival: Arrival,
    pub(crate) router: Router,
    pub(crate) edge: Arc<Edge>,
}

impl Talk {
    async fn with(
        self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        peer: SocketAddr,
        tls: Option<&Tls>,
    ) {
        let Some(tls) = tls else { return self.http(stream).await };
        match timeout(limits::TLS_TIMEOUT, tls.acceptor().accept(stream)).await {
            Ok(Ok(stream)) => self.http(stream).await,
            Ok(Err(error)) => tracing::debug!(%error, "no TLS with {peer}: {error}"),
            Err(_) => tracing::debug!("no TLS with {peer}: it takes too long"),
        }
    }

    /// Answers requests until the client goes, or the server does.
    pub(crate) async fn http(self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
        let Self { arrival, router, edge } = self;
        let mut stream = TimeoutWriter::new(stream);
        stream.set_timeout(Some(limits::SEND_TIMEOUT));
        let stream = TokioIo::new(Box::pin(stream));
        let service = service_fn(move |mut request: hyper::Request<Incoming>| {
            request.extensions_mut().insert(arrival);
            router.clone().oneshot(request.map(|body| Body::new(Timed::new(body))))
        });
        let mut server = http1::Builder::new();
        server
            .timer(TokioTimer::new())
            .header_read_timeout(limits::HEADER_TIMEOUT)
            .max_headers(limits::HEADERS_MAX)
            .max_header_size(limits::HEADER_BYTES_MAX);
        let connection = server.serve_connection(stream, service).with_upgrades();
        let mut connection = pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = edge.shutdown().cancelled() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "a connection of {} ends: {error}", arrival.peer);
        }
    }
}
