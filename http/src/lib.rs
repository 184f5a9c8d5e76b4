//! The edge: REST, WebSocket and Server-Sent Events over the running system.
//!
//! ```text
//! TCP, TLS ──► serve (limits) ──► tcp_router ─┐ (Host, Origin, token or session)
//! socket file ────────────────────────────────┼─► local_router ─► rest, ws, sse ─► System, Store
//! the CLI, in process ────────────────────────┘
//! ```
//!
//! Whatever goes wrong is answered as a problem with a stable code, and no client can hold up a
//! scan: a slow one is only a cursor that moves slowly.

mod assets;
mod audit;
mod auth;
mod diff;
mod events;
mod export;
mod extract;
mod facets;
mod headers;
mod listen;
mod map;
mod metrics;
pub mod openapi;
mod page;
mod problem;
mod query;
mod rest;
mod router;
mod serve;
mod slow;
mod socket;
mod sse;
mod streamed;
#[cfg(test)]
mod tests;
mod tls;
mod view;
mod ws;

pub use auth::{ADMIN_TOKEN, Identity, OwnTokenError, own_origin};
pub use diff::{DiffFormat, DiffWriter, WriteDiffError};
pub use router::{Bounds, Edge, local_router, tcp_router};
pub use tls::{Tls, TlsError};

use auth::User;
use problem::Failure;
use std::{io, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, UnixListener},
    sync::Semaphore,
};

/// How long clients may take to let go once the server goes down.
const CLOSE_WAIT: Duration = Duration::from_secs(5);

/// Serves TCP until the edge's shutdown is cancelled, and its clients have let go or had time to.
///
/// # Errors
/// When the listener fails.
pub async fn serve_tcp(listener: TcpListener, edge: Arc<Edge>) -> io::Result<()> {
    until_down(serve::take_connections(listener, Arc::clone(&edge), None), &edge).await
}

/// Serves TLS, the same way.
///
/// # Errors
/// When the listener fails.
pub async fn serve_tls(listener: TcpListener, edge: Arc<Edge>, tls: Arc<Tls>) -> io::Result<()> {
    until_down(serve::take_connections(listener, Arc::clone(&edge), Some(tls)), &edge).await
}

/// Serves a socket file until the edge's shutdown is cancelled, and its clients have let go or had
/// time to. Who may open the file may do everything.
///
/// # Errors
/// When the listener fails.
pub async fn serve_unix(listener: UnixListener, edge: Arc<Edge>) -> io::Result<()> {
    let shutdown = edge.shutdown().clone().cancelled_owned();
    let router = local_router(Arc::clone(&edge));
    let served = axum::serve(listener, router.into_make_service_with_connect_info::<User>());
    until_down(served.with_graceful_shutdown(shutdown), &edge).await
}

/// Returns how many files this process may have open.
fn open_files_max() -> u64 {
    rustix::process::getrlimit(rustix::process::Resource::Nofile).current.unwrap_or(u64::MAX)
}

async fn until_down(
    server: impl IntoFuture<Output = io::Result<()>>,
    edge: &Edge,
) -> io::Result<()> {
    let served = async {
        server.into_future().await?;
        // Upgraded connections are not waited for by their servers.
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

/// Work of requests that is done beside the runtime at once. The engine needs such threads too: to
/// read old events, to look at nmap, to resolve names.
const OFF_THREAD_MAX: usize = 16;

static OFF_THREAD: Semaphore = Semaphore::const_new(OFF_THREAD_MAX);

/// Does work that may take long where it holds up no other request. While there is much of it, it
/// waits, and is not begun when its client leaves first.
async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Failure> {
    // It is never closed.
    let turn = OFF_THREAD.acquire().await.map_err(|error| Failure::internal(&error))?;
    let work = move || {
        let _turn = turn;
        work()
    };
    // It fails when the work panics, or the runtime goes down.
    tokio::task::spawn_blocking(work).await.map_err(|error| Failure::internal(&error))
}
