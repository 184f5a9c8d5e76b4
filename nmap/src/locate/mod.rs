//! Finds nmap, and makes sure that it is one we can trust and read.
//!
//! The version is asked for in an empty environment: `NMAP_ARGS` alone would turn the question into
//! a scan.

mod trust;

#[cfg(test)]
mod tests;

pub use trust::{replaceable_by, rights_of_file};

use crate::launch::TAG_VARIABLE;
use rustix::{
    fs::OFlags,
    process::{Signal, getppid, set_parent_process_death_signal},
};
use std::{
    collections::HashSet,
    env,
    ffi::OsStr,
    fmt, fs,
    io::{self, Read},
    os::unix::{fs::MetadataExt, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};
use trust::check_file;

/// The oldest nmap that is run.
pub const OLDEST: Version = Version { major: 7, minor: 80 };

const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);
const ANSWER_BYTES_MAX: u64 = 16 * 1024;
const POLL_INTERVAL: Duration = Duration::from_millis(5);

/// An nmap that can be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installation {
    /// The program, by its absolute path.
    pub program: PathBuf,
    /// What it says it is.
    pub version: Version,
    /// Where its data files are. Told to nmap, so that it reads none from a home directory.
    pub datadir: Option<PathBuf>,
    /// A shorter copy of those, of a scan's own: nmap is started in it.
    pub own_datadir: Option<PathBuf>,
}

/// nmap's version, such as 7.93 or 7.991.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// Before the point.
    pub major: u32,
    /// Behind the point, as a whole number: nmap goes from 7.98 to 7.991.
    pub minor: u32,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02}", self.major, self.minor)
    }
}

impl Version {
    /// Reads `Nmap version 7.93 ( https://nmap.org )`. What follows the digits (`SVN`, `BETA1`) is
    /// left out.
    fn read(said: &str) -> Option<Self> {
        let rest = said.lines().find_map(|line| line.strip_prefix("Nmap version "))?;
        let (major, rest) = rest.split_once('.')?;
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        Some(Self { major: major.parse().ok()?, minor: rest[..end].parse().ok()? })
    }
}

/// Why there is no nmap to run.
#[derive(Debug, thiserror::Error)]
pub enum LocateError {
    /// None in the search path.
    #[error(
        "nmap is not installed: no program `nmap` in PATH ({searched}); install it, with \
         `apt-get install nmap` for one, or name it with `--nmap PATH`"
    )]
    NotFound {
        /// The directories that were searched.
        searched: String,
    },
    /// The path cannot be looked at.
    #[error("cannot look at nmap's program `{}`", path.display())]
    Missing {
        /// The program.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The path is a directory, a device or the like.
    #[error("`{}` is not a program: it is no regular file", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// The file may not be executed.
    #[error("`{}` is not executable; `chmod +x` it, or name another with `--nmap PATH`", path.display())]
    NotExecutable {
        /// The file.
        path: PathBuf,
    },
    /// Anyone may change the file.
    #[error(
        "`{}` can be changed by every user of this machine, so that it is not run; \
         `chmod o-w` it", path.display()
    )]
    WorldWritable {
        /// The file.
        path: PathBuf,
    },
    /// Somebody else may change the file.
    #[error(
        "`{}` {how}, so that others could change what is run; name one with `--nmap PATH` that \
         only root or the user who runs netscan can change", path.display()
    )]
    OthersMayChange {
        /// The file.
        path: PathBuf,
        /// How.
        how: String,
    },
    /// Anyone may put another file in the program's place.
    #[error(
        "every user of this machine may replace what is in `{}`, and with it `{}`, so that it is \
         not run; `chmod o-w` that directory, or name another nmap with `--nmap PATH`",
        directory.display(), path.display()
    )]
    OpenDirectory {
        /// The file.
        path: PathBuf,
        /// The directory above it.
        directory: PathBuf,
    },
    /// The program does not start, or its answer cannot be read.
    #[error("`{} --version` does not run", path.display())]
    Unstartable {
        /// The program.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The program does not answer.
    #[error("`{} --version` did not end within {} s", path.display(), ANSWER_TIMEOUT.as_secs())]
    Silent {
        /// The program.
        path: PathBuf,
    },
    /// The program is something else.
    #[error("`{}` is not nmap: asked for its version it says {said:?}", path.display())]
    NotNmap {
        /// The program.
        path: PathBuf,
        /// Its first words.
        said: String,
    },
    /// The program is too old.
    #[error("`{}` is nmap {found}; netscan needs {OLDEST} or newer", path.display())]
    TooOld {
        /// The program.
        path: PathBuf,
        /// Its version.
        found: Version,
    },
}

/// Finds nmap at this path, or in the search path, and asks it for its version.
pub fn locate(explicit: Option<&Path>) -> Result<Installation, LocateError> {
    let path = match explicit {
        Some(path) => path.to_owned(),
        None => search(env::var_os("PATH").as_deref())?,
    };
    let missing = |source| LocateError::Missing { path: path.clone(), source };
    let program = std::path::absolute(&path).map_err(missing)?;
    check_file(&program)?;
    let version = ask_version(&program)?;
    if version < OLDEST {
        return Err(LocateError::TooOld { path: program, found: version });
    }
    let datadir = find_datadir(&program);
    Ok(Installation { program, version, datadir, own_datadir: None })
}

fn search(path: Option<&OsStr>) -> Result<PathBuf, LocateError> {
    let path = path.unwrap_or_default();
    // An empty or relative entry would run what lies in the current directory.
    let directories = env::split_paths(path).filter(|directory| directory.is_absolute());
    let mut candidates = directories.map(|directory| directory.join("nmap"));
    let found = candidates.find(|candidate| {
        fs::metadata(candidate).is_ok_and(|file| file.is_file() && file.mode() & 0o111 != 0)
    });
    found.ok_or_else(|| LocateError::NotFound { searched: path.to_string_lossy().into_owned() })
}

fn ask_version(program: &Path) -> Result<Version, LocateError> {
    let unstartable = |source| LocateError::Unstartable { path: program.to_owned(), source };
    let mut command = Command::new(program);
    end_with_us(&mut command);
    let mut child = command
        .arg("--version")
        .env_clear()
        .env(TAG_VARIABLE, "version")
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(unstartable)?;
    let ended = wait_at_most(&mut child, ANSWER_TIMEOUT).map_err(unstartable)?;
    if !ended {
        return Err(LocateError::Silent { path: program.to_owned() });
    }
    let said = read_what_is_there(&mut child).map_err(unstartable)?;
    Version::read(&said).ok_or_else(|| {
        let said = said.lines().next().unwrap_or("").chars().take(80).collect();
        LocateError::NotNmap { path: program.to_owned(), said }
    })
}

/// Binds a command to this thread, which has to wait for it.
fn end_with_us(command: &mut Command) {
    let us = rustix::process::getpid();
    #[expect(unsafe_code, reason = "only this lets code of ours run between fork and exec")]
    // SAFETY: the closure makes two system calls and allocates nothing.
    unsafe {
        command.pre_exec(move || {
            set_parent_process_death_signal(Some(Signal::KILL))?;
            // We may have ended before the line above.
            if getppid() == Some(us) { Ok(()) } else { Err(rustix::io::Errno::SRCH.into()) }
        });
    }
}

/// Returns whether the child ended in time; it is killed when not.
fn wait_at_most(child: &mut Child, limit: Duration) -> io::Result<bool> {
    let deadline = Instant::now() + limit;
    while child.try_wait()?.is_none() {
        if Instant::now() >= deadline {
            child.kill()?;
            child.wait()?;
            return Ok(false);
        }
        thread::sleep(POLL_INTERVAL);
    }
    Ok(true)
}

/// Returns what the ended child has left in its pipe. Without waiting for more: a child of its own
/// may still hold the other end.
fn read_what_is_there(child: &mut Child) -> io::Result<String> {
    let Some(stdout) = child.stdout.take() else { return Ok(String::new()) };
    let flags = rustix::fs::fcntl_getfl(&stdout)?;
    rustix::fs::fcntl_setfl(&stdout, flags | OFlags::NONBLOCK)?;
    let mut said = Vec::new();
    match stdout.take(ANSWER_BYTES_MAX).read_to_end(&mut said) {
        Err(error) if error.kind() != io::ErrorKind::WouldBlock => Err(error),
        _ => Ok(String::from_utf8_lossy(&said).into_owned()),
    }
}

/// Returns nmap's data files: those of the same installation, or else where packages put them.
fn find_datadir(program: &Path) -> Option<PathBuf> {
    let real = fs::canonicalize(program).ok();
    let beside = [Some(program), real.as_deref()].into_iter().flatten();
    let beside = beside.filter_map(|program| Some(program.parent()?.parent()?.join("share/nmap")));
    let usual = ["/usr/share/nmap", "/usr/local/share/nmap"].map(PathBuf::from);
    let mut seen = HashSet::new();
    let mut candidates = beside.chain(usual).filter(|candidate| seen.insert(candidate.clone()));
    candidates.find(|candidate| candidate.join("nmap-services").is_file())
}
