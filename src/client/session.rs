//! Finds the engine to talk to, or starts one in this process.

use super::{Client, Server};
use crate::{
    config::{SOCKET, data_dir},
    exit::Failure,
};
use netscan_actors::{Config, NewEntry, System};
use netscan_http::{Edge, local_router, serve_unix};
use netscan_nmap::{
    launch::{LocalNmap, WardenProgram},
    privilege::Privileges,
};
use netscan_schemas::{api, limits};
use std::{
    fs, io,
    os::{fd::AsRawFd, unix::fs::PermissionsExt},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::{
    net::{UnixListener, UnixStream},
    task::JoinHandle,
    time::{Instant, sleep},
};

/// How long a data directory may be in use by a process that does not answer.
const OWNER_WAIT: Duration = Duration::from_secs(3);
/// Wait between two looks at it.
const OWNER_AGAIN: Duration = Duration::from_millis(200);
/// Longest path that a socket's address holds, less one for its end.
const SOCKET_PATH_MAX: usize = 107;

/// What an engine of our own is started with.
#[derive(Clone, Debug, Default)]
pub struct Engine {
    /// The nmap to use.
    pub nmap: Option<PathBuf>,
    /// nmap processes at once.
    pub slots: Option<usize>,
    /// Packets a second over all of them; the default when left out, and 0 for no bound.
    pub packet_rate: Option<u32>,
    /// What may be scanned besides, as long as the engine lives.
    pub allow: Vec<NewEntry>,
    /// A file of profiles, instead of the one in the data directory.
    pub profiles: Option<PathBuf>,
    /// How much of the sandbox around nmap has to be there.
    pub sandbox: api::SandboxMode,
    /// Whether it is a server's.
    pub is_server: bool,
}

/// A way to the API, and the engine behind it if that is ours.
pub struct Session {
    /// The way.
    pub client: Client,
    /// The data directory, when its owner is talked to.
    joined: Option<PathBuf>,
    own: Option<Arc<Edge>>,
    system: Option<Arc<System>>,
    socket: Option<SocketFile>,
}

impl Session {
    /// Goes to the server that was named, or that owns the data directory; else starts an engine.
    pub async fn open(
        server: &Server,
        data: Option<&Path>,
        engine: Engine,
        listen: bool,
    ) -> Result<Self, Failure> {
        if let Some(remote) = server.remote()? {
            return Ok(Self::of(Client::Tcp(remote), None));
        }
        let dir = data_dir(data)?;
        let deadline = Instant::now() + OWNER_WAIT;
        let system = loop {
            if let Some(path) = owner(&dir).await {
                return Ok(Self::of(Client::Socket(path), Some(dir)));
            }
            match start_engine(&dir, engine.clone()).await {
                // Its owner has just started, or is about to end.
                Err(failure) if failure.is_locked() && Instant::now() < deadline => {
                    sleep(OWNER_AGAIN).await;
                }
                started => break started?,
            }
        };
        let edge = Arc::new(Edge::new(Arc::clone(&system)));
        let socket = match listen {
            true => Some(SocketFile::serve(&dir, Arc::clone(&edge))?),
            false => None,
        };
        let client = Client::Here(local_router(Arc::clone(&edge)));
        Ok(Self { client, joined: None, own: Some(edge), system: Some(system), socket })
    }

    fn of(client: Client, joined: Option<PathBuf>) -> Self {
        Self { client, joined, own: None, system: None, socket: None }
    }

    /// Opens the directory anew whose owner was talked to: that one may be gone by now, and what
    /// it wrote is there. None when this is no such session.
    pub async fn reopen(&self) -> Option<Result<Self, Failure>> {
        let dir = self.joined.as_deref()?;
        Some(Box::pin(Self::open(&Server::default(), Some(dir), Engine::default(), false)).await)
    }

    /// Describes the process that runs the engine; none when it is this one.
    pub async fn owner(&self) -> Result<Option<api::System>, Failure> {
        match self.system {
            Some(_) => Ok(None),
            None => self.client.get("/api/system").await.map(Some),
        }
    }

    /// Returns the engine, if it is ours.
    pub fn system(&self) -> Option<&Arc<System>> {
        self.system.as_ref()
    }

    /// Ends the engine, if it is ours.
    pub async fn close(self) {
        let (Some(edge), Some(system)) = (self.own, self.system) else { return };
        edge.shutdown().cancel();
        let drained = async {
            if let Some(socket) = self.socket {
                socket.drained().await;
            }
            edge.settle_audit();
        };
        system.shutdown_beside(drained).await;
    }
}

/// Opens the store of a directory and starts the engine on it.
pub async fn start_engine(dir: &Path, engine: Engine) -> Result<Arc<System>, Failure> {
    let launcher = LocalNmap::start(WardenProgram::default(), engine.sandbox).await?;
    let config = Config {
        data_dir: dir.to_owned(),
        nmap: engine.nmap,
        slots: engine.slots,
        packet_rate: Some(engine.packet_rate.unwrap_or(limits::PACKET_RATE))
            .filter(|rate| *rate > 0),
        allow: engine.allow,
        profiles: engine.profiles,
        is_server: engine.is_server,
        launcher: Arc::new(launcher),
        privileges: Privileges::detect(),
    };
    Ok(System::start(config).await?)
}

/// Returns the socket file of the process that owns the directory, if one answers.
async fn owner(dir: &Path) -> Option<PathBuf> {
    // The directory handle must outlive the use of a path through it, so it is left open.
    let (path, handle) = reachable(dir).ok()?;
    std::mem::forget(handle);
    UnixStream::connect(&path).await.ok().map(|_| path)
}

/// Returns a path of the socket file that fits into an address, and what keeps it valid.
fn reachable(dir: &Path) -> io::Result<(PathBuf, Option<fs::File>)> {
    let path = dir.join(SOCKET);
    if path.as_os_str().len() <= SOCKET_PATH_MAX {
        return Ok((path, None));
    }
    let handle = fs::File::open(dir)?;
    let short = PathBuf::from(format!("/proc/self/fd/{}/{SOCKET}", handle.as_raw_fd()));
    Ok((short, Some(handle)))
}

/// A socket file that is served, and removed in the end.
pub struct SocketFile {
    path: PathBuf,
    served: JoinHandle<()>,
}

impl SocketFile {
    /// Serves the API on the directory's socket file. The store of the directory must be ours.
    pub fn serve(dir: &Path, edge: Arc<Edge>) -> Result<Self, Failure> {
        let file = dir.join(SOCKET);
        let listener = (|| {
            // Its owner is gone, or the store would not be ours.
            match fs::remove_file(&file) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            let (path, _handle) = reachable(dir)?;
            let listener = UnixListener::bind(path)?;
            fs::set_permissions(&file, fs::Permissions::from_mode(0o600))?;
            Ok(listener)
        })();
        let listener = listener.map_err(|source| Failure::Io {
            what: format!("listening on `{}`", file.display()),
            source,
        })?;
        let served = tokio::spawn(async move {
            if let Err(error) = serve_unix(listener, edge).await {
                tracing::error!(%error, "the socket file is not served any more: {error}");
            }
        });
        Ok(Self { path: file, served })
    }

    /// Waits, after the edge's shutdown was cancelled, until its clients have let go or had time to.
    pub async fn drained(mut self) {
        if let Err(error) = (&mut self.served).await {
            tracing::error!(%error, "serving the socket file panicked: {error}");
        }
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        // A leftover is removed by the next owner.
        let _ = fs::remove_file(&self.path);
    }
}
