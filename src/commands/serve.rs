//! `netscan serve`: the long-running server.

use crate::{
    cli::{Auth, ServeArgs},
    client::{Engine, SocketFile, start_engine},
    config::data_dir,
    exit::{Exit, Failure},
    exposure,
    output::{Output, causes},
    signals::{Asked, Signals},
    values,
};
use netscan_actors::{EntryFault, NewEntry, StartError, System};
use netscan_http::{Bounds, Edge, Tls, own_origin, serve_tcp, serve_tls};
use netscan_nmap::launch::leftovers_unseen;
use netscan_schemas::{api::SandboxMode, audit::AuditAction, scope::ScopeList};
use std::{io, net::SocketAddr, path::Path, sync::Arc, time::Duration};
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
    exposure::check(&args).map_err(Failure::Usage)?;
    // Before anything is made: files that are no certificate are the user's to mend.
    let tls = tls(&args)?;
    let allow = allowed(&args.allow, args.allow_note.as_deref())?;
    raise_file_limit();
    let mut signals = Signals::of_server()?;
    let dir = data_dir(data)?;
    let engine = Engine {
        nmap: args.nmap.clone(),
        slots: args.slots,
        packet_rate: args.packet_rate,
        allow,
        profiles: args.profiles.clone(),
        is_server: true,
        ..engine
    };
    // Before the engine, which may have much to do when it opens its store.
    let listener = TcpListener::bind(args.listen).await.map_err(|source| Failure::Io {
        what: format!("listening on {} (another port: --listen 127.0.0.1:0)", args.listen),
        source,
    })?;
    let mode = engine.sandbox;
    let system = start_engine(&dir, engine).await?;
    let address = listener.local_addr().map_err(|source| Failure::Io {
        what: "asking for the listener's address".into(),
        source,
    })?;
    let started = settings(&args, address, mode);
    let entry = own_origin().did(AuditAction::ServerStart).saying(started);
    system.note(entry).await.map_err(|error| Failure::Io {
        what: "writing the start to the audit log".into(),
        source: io::Error::other(error),
    })?;
    let edge = Arc::new(edge(&args, &system, &dir).await?);
    let socket = SocketFile::serve(&dir, Arc::clone(&edge))?;
    let place = exposure::address(&args, address.port());
    let login = edge.announce(place.clone())?;
    system.go_on().map_err(StartError::Read)?;
    let served = match &tls {
        Some(tls) => tokio::spawn(serve_tls(listener, Arc::clone(&edge), Arc::clone(tls))),
        None => tokio::spawn(serve_tcp(listener, Arc::clone(&edge))),
    };
    if let Err(error) = system.scanner().installation().await {
        out.note(&format!("netscan: {error}{}", causes(&error)));
    }
    let sandbox = system.sandbox();
    match (sandbox.mode, sandbox.missing()) {
        (SandboxMode::Off, _) => tracing::warn!("the sandbox is off: nmap may do what netscan may"),
        (_, Some(missing)) => tracing::warn!(missing, "nmap's sandbox lacks {missing}"),
        (_, None) => {}
    }
    if let Some(why) = leftovers_unseen().filter(|_| sandbox.has("user")) {
        tracing::warn!("{why}");
    }
    greet(&place, login.as_deref(), out)?;

    let exit = loop {
        tokio::select! {
            asked = signals.asked() => match asked {
                Asked::End => break Exit::Ok,
                Asked::Reload => reload(tls.as_deref()),
            },
            () = system.tree_gone() => break Exit::Restart,
        }
    };
    tracing::info!("going down; scans go on with the next start");
    edge.shutdown().cancel();
    let down = shut_down(&system, &edge, served, socket);
    tokio::select! {
        () = down => {}
        () = signals.end() => return Err(Failure::Interrupted),
        () = tokio::time::sleep(SHUTDOWN_MAX) => tracing::warn!("some clients are cut off"),
    }
    if exit == Exit::Restart { Err(Failure::EngineGone) } else { Ok(exit) }
}

/// Says what a server is started with, as far as it matters who may use it and what it may scan.
fn settings(args: &ServeArgs, address: SocketAddr, sandbox: SandboxMode) -> String {
    let auth = match args.auth {
        Auth::Token => "token",
        Auth::None => "none",
    };
    let tls = match (&args.tls_cert, args.behind_tls_proxy) {
        (Some(_), _) => "own",
        (None, true) => "by a proxy",
        (None, false) => "none",
    };
    let sandbox = match sandbox {
        SandboxMode::Required => "required",
        SandboxMode::BestEffort => "best effort",
        SandboxMode::Off => "off",
    };
    let mut said = format!(
        "netscan {}, pid {}: listens on {}, auth {auth}, TLS {tls}, sandbox {sandbox}",
        env!("CARGO_PKG_VERSION"),
        std::process::id(),
        address
    );
    for (what, values) in
        [("allows", &args.allow), ("hosts", &args.host), ("CORS", &args.cors_origin)]
    {
        if !values.is_empty() {
            said.push_str(&format!(", {what} {}", values.join(" ")));
        }
    }
    said
}

/// Reads what `--allow` lets the server scan.
fn allowed(targets: &[String], note: Option<&str>) -> Result<Vec<NewEntry>, Failure> {
    let entry = |target: &String| {
        let wrong = |why: String| Failure::Usage(format!("--allow {target}: {why}"));
        let entry = NewEntry {
            list: ScopeList::Allow,
            addresses: values::scope_target(target).map_err(wrong)?,
            note: note.map(str::to_owned),
            by: "serve --allow".into(),
            expires_at: None,
        };
        match entry.check() {
            Ok(()) => Ok(entry),
            Err(EntryFault::NoNote) => Err(wrong(
                "it lies beyond this machine and private networks; say why with `--allow-note WHY`"
                    .into(),
            )),
            Err(fault) => Err(wrong(fault.to_string())),
        }
    };
    targets.iter().map(entry).collect()
}

/// Returns the certificate that the command line names.
fn tls(args: &ServeArgs) -> Result<Option<Arc<Tls>>, Failure> {
    match (&args.tls_cert, &args.tls_key) {
        (Some(certificate), Some(key)) => {
            Ok(Some(Arc::new(Tls::load(certificate.clone(), key.clone())?)))
        }
        _ => Ok(None),
    }
}

/// Says where the server is, and how to get in.
fn greet(place: &str, login: Option<&str>, out: &Output) -> Result<(), Failure> {
    let login = match login {
        Some(url) => format!("log in, once and within 10 minutes: {url}"),
        None => "everybody on this machine may use it".to_owned(),
    };
    // In one piece: who reads the first line only may be gone at the second.
    out.bytes(format!("netscan serves at {place}\n{login}\n").as_bytes())
}

/// Returns the edge that the command line asks for.
async fn edge(args: &ServeArgs, system: &Arc<System>, dir: &Path) -> Result<Edge, Failure> {
    let or = Bounds::default();
    let bounds = Bounds {
        connections: args.max_connections.unwrap_or(or.connections),
        connections_per_ip: args.max_connections_per_ip.unwrap_or(or.connections_per_ip),
        requests_per_s: args.request_rate.unwrap_or(or.requests_per_s),
    };
    let mut edge = Edge::new(Arc::clone(system))
        .with_cors_origins(args.cors_origin.clone())
        .with_hosts(args.host.clone())
        .with_bounds(bounds);
    if let Some(clients_max) = args.clients_max {
        edge = edge.with_clients_max(clients_max as usize);
    }
    if args.tls_cert.is_some() || args.behind_tls_proxy {
        edge = edge.behind_tls();
    }
    match args.auth {
        Auth::None => Ok(edge.open_to_all()),
        Auth::Token => Ok(edge.with_own_token(dir).await?),
    }
}

/// Reads the certificate again. One that is no good does not end what runs.
fn reload(tls: Option<&Tls>) {
    match tls.map(Tls::reload) {
        Some(Ok(())) => tracing::info!("the certificate was read again"),
        Some(Err(error)) => {
            let text = format!("{error}{}", causes(&error));
            tracing::error!("the old certificate stays in use: {text}");
        }
        None => tracing::info!("there is no certificate to read again"),
    }
}

/// Ends the engine, and closes the store after the last request was answered.
async fn shut_down(
    system: &System,
    edge: &Edge,
    served: tokio::task::JoinHandle<io::Result<()>>,
    socket: SocketFile,
) {
    let drained = async {
        match served.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "serving failed: {error}"),
            Err(error) => tracing::error!(%error, "serving panicked: {error}"),
        }
        socket.drained().await;
        edge.settle_audit();
    };
    system.shutdown_beside(drained).await;
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
