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

mod diff;
mod export;
mod extract;
mod listen;
mod page;
mod problem;
mod query;
mod rest;
mod router;
mod sse;
mod streamed;
#[cfg(test)]
mod tests;
mod view;
mod ws;

pub use router::{Edge, local_router, tcp_router};

use listen::{Limited, connections_max};
use problem::Failure;
use std::{io, sync::Arc, time::Duration};
use tokio::net::{TcpListener, UnixListener};

/// How long clients may take to let go once the server goes down.
const CLOSE_WAIT: Duration = Duration::from_secs(5);

/// Serves TCP until the edge's shutdown is cancelled, and its clients have let go or had time to.
///
/// # Errors
/// When the listener fails.
pub async fn serve_tcp(listener: TcpListener, edge: Arc<Edge>) -> io::Result<()> {
    let shutdown = edge.shutdown().clone().cancelled_owned();
    let listener = Limited::new(listener, connections_max(open_files_max()));
    let served = axum::serve(listener, tcp_router(Arc::clone(&edge)));
    serve(served.with_graceful_shutdown(shutdown), &edge).await
}

/// Serves a socket file until the edge's shutdown is cancelled, and its clients have let go or had
/// time to. Who may open the file may do everything.
///
/// # Errors
/// When the listener fails.
pub async fn serve_unix(listener: UnixListener, edge: Arc<Edge>) -> io::Result<()> {
    let shutdown = edge.shutdown().clone().cancelled_owned();
    let served = axum::serve(listener, local_router(Arc::clone(&edge)));
    serve(served.with_graceful_shutdown(shutdown), &edge).await
}

/// Returns how many files this process may have open.
fn open_files_max() -> u64 {
    rustix::process::getrlimit(rustix::process::Resource::Nofile).current.unwrap_or(u64::MAX)
}

async fn serve(server: impl IntoFuture<Output = io::Result<()>>, edge: &Edge) -> io::Result<()> {
    let served = async {
        server.into_future().await?;
        // axum does not wait for upgraded connections.
        edge.sockets.close();
        edge.sockets.wait().await;
        Ok(())
    };
    // A client that takes nothing, or that never ends its request, would hold up the end for good.
    let overdue = async {
        edge.shutdown().cancelled().await;
        tokio::time::sleep(CLOSE_WAIT).await;
    };
    tokio::select! {
        served = served => served,
        () = overdue => {
            tracing::warn!("some clients did not let go in time");
            Ok(())
        }
    }
}

/// Does work that may take long where it holds up no other request.
async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Failure> {
    // It fails when the work panics, or the runtime goes down.
    tokio::task::spawn_blocking(work).await.map_err(|error| Failure::internal(&error))
}
