//! `netscan serve`: the long-running server.

use crate::{
    cli::ServeArgs,
    client::{Engine, SocketFile, start_engine},
    config::data_dir,
    exit::{Exit, Failure},
    output::{Output, causes},
    signals::Signals,
};
use netscan_actors::System;
use netscan_http::{Edge, serve_tcp};
use netscan_schemas::api::SandboxMode;
use std::{path::Path, sync::Arc, time::Duration};
use tokio::net::TcpListener;

/// How long a clean end may take in all.
const SHUTDOWN_MAX: Duration = Duration::from_secs(15);

/// Serves until a signal ends it.
pub async fn run(
    args: ServeArgs,
    engine: Engine,
    data: Option<&Path>,
    out: &Output,
) -> Result<Exit, Failure> {
    if !args.listen.ip().is_loopback() {
        return Err(Failure::Usage(format!(
            "`{}` is not a loopback address, and there are no access rights yet: listen on \
             127.0.0.1 or ::1, and reach it through SSH or a proxy that checks who calls",
            args.listen
        )));
    }
    raise_file_limit();
    let mut signals = Signals::of_server()?;
    let dir = data_dir(data)?;
    let engine = Engine {
        nmap: args.nmap.clone(),
        slots: args.slots,
        packet_rate: args.packet_rate,
        resume: true,
        ..engine
    };
    // Before the engine: a port that is taken must not set scans going for a moment.
    let listener = TcpListener::bind(args.listen).await.map_err(|source| Failure::Io {
        what: format!("listening on {} (another port: --listen 127.0.0.1:0)", args.listen),
        source,
    })?;
    let system = start_engine(&dir, engine).await?;
    let edge = Edge::new(Arc::clone(&system)).with_cors_origins(args.cors_origin);
    let edge = Arc::new(edge);
    let socket = SocketFile::serve(&dir, Arc::clone(&edge))?;
    let address = listener.local_addr().map_err(|source| Failure::Io {
        what: "asking for the listener's address".into(),
        source,
    })?;
    let served = tokio::spawn(serve_tcp(listener, Arc::clone(&edge)));
    if let Err(error) = system.scanner().installation().await {
        out.note(&format!("netscan: {error}{}", causes(&error)));
    }
    let sandbox = system.sandbox();
    match (sandbox.mode, sandbox.missing()) {
        (SandboxMode::Off, _) => tracing::warn!("the sandbox is off: nmap may do what netscan may"),
        (_, Some(missing)) => tracing::warn!(missing, "nmap's sandbox lacks {missing}"),
        (_, None) => {}
    }
    out.line(&format!("netscan serves at http://{address}"))?;

    let exit = tokio::select! {
        () = signals.end() => Exit::Ok,
        () = system.tree_gone() => Exit::Restart,
    };
    tracing::info!("going down; scans go on with the next start");
    edge.shutdown().cancel();
    let down = shut_down(&system, served);
    tokio::select! {
        () = down => {}
        () = signals.end() => return Err(Failure::Interrupted),
        () = tokio::time::sleep(SHUTDOWN_MAX) => tracing::warn!("some clients are cut off"),
    }
    drop(socket);
    if exit == Exit::Restart { Err(Failure::EngineGone) } else { Ok(exit) }
}

async fn shut_down(system: &System, served: tokio::task::JoinHandle<std::io::Result<()>>) {
    system.shutdown().await;
    match served.await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::error!(%error, "serving failed: {error}"),
        Err(error) => tracing::error!(%error, "serving panicked: {error}"),
    }
}

/// Each nmap costs the server three descriptors, each client one: what the system allows anyway
/// is asked for.
fn raise_file_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        tracing::warn!(%error, "the limit of open files stays at {:?}", limit.current);
    }
}
