//! The edge: REST, WebSocket and Server-Sent Events over the running system.
//!
//! ```text
//! TCP ──► tcp_router ─┐ (Host, Origin)
//! socket file ────────┼─► local_router ─► rest, ws, sse ─► System, Store
//! the CLI, in process ┘
//! ```
//!
//! Whatever goes wrong is answered as a problem with a stable code, and no client can hold up a
//! scan: a slow one is only a cursor that moves slowly.

mod extract;
mod page;
mod problem;
mod rest;
mod router;
mod sse;
mod view;
mod ws;

pub use router::{Edge, local_router, tcp_router};

use problem::Failure;
use std::{io, sync::Arc, time::Duration};
use tokio::net::{TcpListener, UnixListener};

/// How long open streams may take to close.
const CLOSE_WAIT: Duration = Duration::from_secs(5);

/// Serves TCP until the edge's shutdown is cancelled, and its streams are closed.
///
/// # Errors
/// When the listener fails.
pub async fn serve_tcp(listener: TcpListener, edge: Arc<Edge>) -> io::Result<()> {
    let router = tcp_router(Arc::clone(&edge));
    let shutdown = edge.shutdown().clone();
    axum::serve(listener, router).with_graceful_shutdown(shutdown.cancelled_owned()).await?;
    // axum does not wait for upgraded connections.
    edge.sockets.close();
    if tokio::time::timeout(CLOSE_WAIT, edge.sockets.wait()).await.is_err() {
        tracing::warn!("{} clients did not let go in time", edge.sockets.len());
    }
    Ok(())
}

/// Serves a socket file until the edge's shutdown is cancelled. Who may open the file may do
/// everything.
///
/// # Errors
/// When the listener fails.
pub async fn serve_unix(listener: UnixListener, edge: Arc<Edge>) -> io::Result<()> {
    let router = local_router(Arc::clone(&edge));
    let shutdown = edge.shutdown().clone();
    axum::serve(listener, router).with_graceful_shutdown(shutdown.cancelled_owned()).await
}

/// Does work that may take long where it holds up no other request.
async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Failure> {
    // It fails when the work panics, or the runtime goes down.
    tokio::task::spawn_blocking(work).await.map_err(|error| Failure::internal(&error))
}
