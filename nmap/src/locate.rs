//! Finds nmap, and makes sure that it is one we can trust and read.
//!
//! The version is asked for in an empty environment: `NMAP_ARGS` alone would turn the question into
//! a scan.

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

fn check_file(program: &Path) -> Result<(), LocateError> {
    let path = program.to_owned();
    let file = match fs::metadata(program) {
        Ok(file) => file,
        Err(source) => return Err(LocateError::Missing { path, source }),
    };
    if !file.is_file() {
        return Err(LocateError::NotAFile { path });
    }
    if file.mode() & 0o111 == 0 {
        return Err(LocateError::NotExecutable { path });
    }
    if file.mode() & 0o002 != 0 {
        return Err(LocateError::WorldWritable { path });
    }
    let own = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
    if let Some(how) = others(file.mode(), (file.uid(), file.gid()), own) {
        return Err(LocateError::OthersMayChange { path, how });
    }
    match directories(program).into_iter().find(|(_, dir)| is_open(dir.mode())) {
        Some((directory, _)) => Err(LocateError::OpenDirectory { path, directory }),
        None => Ok(()),
    }
}

/// Returns the directories in which the program, or what its name leads to, could be replaced.
fn directories(program: &Path) -> Vec<(PathBuf, fs::Metadata)> {
    let mut found: Vec<(PathBuf, fs::Metadata)> = Vec::new();
    for path in [Some(program.to_owned()), fs::canonicalize(program).ok()].into_iter().flatten() {
        for directory in path.ancestors().skip(1) {
            if found.iter().any(|(known, _)| known == directory) {
                continue;
            }
            // What cannot be looked at would not let the program be found either.
            if let Ok(metadata) = fs::metadata(directory) {
                found.push((directory.to_owned(), metadata));
            }
        }
    }
    found
}

/// Returns whether everybody may replace what others have in a directory: in one with the sticky
/// bit, such as `/tmp`, only its owner may.
const fn is_open(mode: u32) -> bool {
    mode & 0o1002 == 0o002
}

/// Returns how some others than root and this user could put another file in the program's place,
/// and how to mend that, if they could. On Debian and its like `/usr/local/bin` is the group
/// `staff`'s, so that this is told and no more.
pub fn replaceable_by(program: &Path) -> Option<(String, String)> {
    let own = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
    directories(program).into_iter().find_map(|(directory, found)| {
        // The sticky bit holds a group off as it does everybody, but not the directory's owner.
        let mode = if found.mode() & 0o1000 == 0 { found.mode() } else { found.mode() & !0o022 };
        let how = others(mode, (found.uid(), found.gid()), own)?;
        let place = directory.display();
        let mend = if how.starts_with("belongs") {
            format!("`chown root {place}`")
        } else {
            format!("`chmod g-w {place}`")
        };
        Some((
            format!(
                "`{place}` {how}, who may replace {} and so say what netscan runs",
                program.display()
            ),
            format!("{mend}, or name an nmap elsewhere, such as `--nmap /usr/bin/nmap`"),
        ))
    })
}

/// Returns how a file could be changed by others than root and the user `own`, each a user's and a
/// group's number. A group of its own, as many systems give each user, is the user.
fn others(mode: u32, (owner, group): (u32, u32), own: (u32, u32)) -> Option<String> {
    if owner != 0 && owner != own.0 {
        return Some(format!("belongs to user {owner}"));
    }
    let is_own_group = group == 0 || (owner == own.0 && group == own.1);
    if mode & 0o020 != 0 && !is_own_group {
        return Some(format!("can be changed by group {group}"));
    }
    None
}

/// Returns which rights the program's file gives to whoever starts it, if any. netscan needs none
/// of these: they let every user of the machine send raw packets, and they end what ties a process
/// to its parent.
pub fn rights_of_file(program: &Path) -> Option<String> {
    let mode = fs::metadata(program).ok()?.mode();
    let mut rights = Vec::new();
    if mode & 0o4000 != 0 {
        rights.push("setuid");
    }
    if mode & 0o2000 != 0 {
        rights.push("setgid");
    }
    let real = fs::canonicalize(program).ok()?;
    // Its length is all that counts: a file without one has no such attribute.
    let mut none: [u8; 0] = [];
    if rustix::fs::getxattr(&real, "security.capability", &mut none).is_ok_and(|bytes| bytes > 0) {
        rights.push("file capabilities (setcap)");
    }
    (!rights.is_empty()).then(|| rights.join(" and "))
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;
    use tempfile::TempDir;

    /// A program that does what this shell script does.
    fn program(directory: &TempDir, body: &str, mode: u32) -> PathBuf {
        let bin = directory.path().join("bin");
        fs::create_dir_all(&bin).unwrap();
        let path = bin.join("nmap");
        // Written under another name and by another process: a file that a thread of ours has open
        // for writing while another one forks cannot be executed ("text file busy").
        let status = Command::new("/bin/sh")
            .args(["-c", "printf '%s' \"$1\" > \"$2\"", "sh", &format!("#!/bin/sh\n{body}\n")])
            .arg(&path)
            .status()
            .unwrap();
        assert!(status.success());
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    fn said(line: &str) -> String {
        format!("[ \"$1\" = --version ] && echo '{line}'")
    }

    #[test]
    fn versions() {
        for (said, shown) in [
            ("Nmap version 7.93 ( https://nmap.org )", Some("7.93")),
            ("\nNmap version 7.991SVN ( https://nmap.org )\n", Some("7.991")),
            ("Nmap version 7.01 ( https://nmap.org )", Some("7.01")),
            ("Nmap version 7.25BETA1", Some("7.25")),
            ("Nmap version seven", None),
            ("Nmap version 7.", None),
            ("Ncat: Version 7.93", None),
            ("", None),
        ] {
            assert_eq!(Version::read(said).map(|v| v.to_string()).as_deref(), shown, "{said}");
        }
        let version = |minor| Version { major: 7, minor };
        assert!(version(80) < version(93) && version(93) < version(991));
        assert!(version(991) < Version { major: 8, minor: 0 });
    }

    #[test]
    fn a_stand_in_is_found_with_its_data() {
        let directory = TempDir::new().unwrap();
        let path = program(&directory, &said("Nmap version 7.99 ( x )"), 0o755);
        let data = directory.path().join("share/nmap");
        fs::create_dir_all(&data).unwrap();
        fs::write(data.join("nmap-services"), "").unwrap();
        let version = Version { major: 7, minor: 99 };
        let (program, datadir) = (path.clone(), Some(data));
        let expected = Installation { program, version, datadir, own_datadir: None };
        assert_eq!(locate(Some(&path)).unwrap(), expected);
    }

    #[test]
    fn the_environment_is_not_handed_on() {
        let directory = TempDir::new().unwrap();
        // The shell itself sets PWD and a few more; cargo's variables must be gone.
        let body = "[ -z \"$CARGO_MANIFEST_DIR$HOME\" ] && echo Nmap version 7.93";
        assert!(env::var_os("CARGO_MANIFEST_DIR").is_some());
        locate(Some(&program(&directory, body, 0o755))).unwrap();
    }

    #[test]
    fn what_is_not_run() {
        let directory = TempDir::new().unwrap();
        let good = said("Nmap version 7.93 ( x )");
        let refused = |body: &str, mode| {
            locate(Some(&program(&directory, body, mode))).unwrap_err().to_string()
        };
        assert!(refused(&good, 0o644).contains("is not executable"));
        assert!(refused(&good, 0o757).contains("can be changed by every user"));
        assert!(refused(&said("Nmap version 7.70 ( x )"), 0o755).contains("needs 7.80 or newer"));
        assert!(
            refused("echo hello", 0o755)
                .contains("is not nmap: asked for its version it says \"hello\"")
        );
        assert!(refused("exit 3", 0o755).contains("is not nmap"));
        let folder = locate(Some(directory.path())).unwrap_err().to_string();
        assert!(folder.contains("no regular file"), "{folder}");
        let gone = locate(Some(Path::new("/nonexistent/nmap"))).unwrap_err();
        assert!(matches!(gone, LocateError::Missing { .. }));
    }

    #[test]
    fn only_root_and_the_user_may_have_the_program() {
        let (root, own, other) = ((0, 0), (1000, 1000), (1001, 1001));
        for (mode, file, user, how) in [
            (0o755, root, own, None),
            (0o755, own, own, None),
            (0o775, own, own, None),
            (0o775, root, own, None),
            (0o755, root, root, None),
            (0o755, other, own, Some("belongs to user 1001")),
            (0o755, own, root, Some("belongs to user 1000")),
            (0o775, (0, 27), own, Some("can be changed by group 27")),
            (0o775, (1000, 27), own, Some("can be changed by group 27")),
        ] {
            assert_eq!(others(mode, file, user).as_deref(), how, "{mode:o} {file:?} {user:?}");
        }
    }

    #[test]
    fn who_may_replace_a_program_is_seen() {
        let directory = TempDir::new().unwrap();
        let path = program(&directory, &said("Nmap version 7.93 ( x )"), 0o755);
        let bin = path.parent().unwrap();
        let set = |mode| fs::set_permissions(bin, fs::Permissions::from_mode(mode)).unwrap();
        let is_open = || {
            matches!(locate(Some(&path)), Err(LocateError::OpenDirectory { directory, .. })
                if directory == bin)
        };
        set(0o755);
        assert_eq!((is_open(), replaceable_by(&path)), (false, None));
        set(0o777);
        assert!(is_open());
        // By way of a link in a closed place, too.
        let link = directory.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert!(matches!(locate(Some(&link)), Err(LocateError::OpenDirectory { .. })));
        set(0o1777);
        assert_eq!((is_open(), replaceable_by(&path)), (false, None));
        if !rustix::process::geteuid().is_root() {
            return; // Only root gives files away.
        }
        set(0o2775);
        std::os::unix::fs::chown(bin, None, Some(50)).unwrap();
        let (how, mend) = replaceable_by(&path).unwrap();
        assert!(how.contains("can be changed by group 50"), "{how}");
        assert!(mend.contains("chmod g-w") && mend.contains(bin.to_str().unwrap()), "{mend}");
        assert!(!is_open() && locate(Some(&path)).is_ok());
        std::os::unix::fs::chown(bin, Some(1000), Some(0)).unwrap();
        let (how, mend) = replaceable_by(&path).unwrap();
        assert!(how.contains("belongs to user 1000") && mend.contains("chown root"), "{how}");
    }

    #[test]
    fn what_is_asked_for_its_version_carries_our_mark_and_ends_with_us() {
        let directory = TempDir::new().unwrap();
        let body = format!("[ \"${TAG_VARIABLE}\" = version ] && echo Nmap version 7.93");
        locate(Some(&program(&directory, &body, 0o755))).unwrap();
        // Here a thread stands for the process: its end is what the kernel goes by.
        let start = || {
            let mut command = Command::new("sleep");
            end_with_us(command.arg("60"));
            command.spawn().unwrap()
        };
        let status = thread::spawn(start).join().unwrap().wait().unwrap();
        assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(9));
    }

    #[test]
    fn rights_that_a_file_gives_are_seen() {
        let directory = TempDir::new().unwrap();
        let path = program(&directory, "", 0o755);
        assert_eq!(rights_of_file(&path), None);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o6755)).unwrap();
        assert_eq!(rights_of_file(&path).as_deref(), Some("setuid and setgid"));
        assert_eq!(rights_of_file(Path::new("/nonexistent")), None);
    }

    #[test]
    fn a_grandchild_that_keeps_the_pipe_does_not_hold_us() {
        let directory = TempDir::new().unwrap();
        let pid_file = directory.path().join("pid");
        let body =
            format!("/bin/sleep 60 & echo $! > {}; echo Nmap version 7.93", pid_file.display());
        let found = locate(Some(&program(&directory, &body, 0o755)));
        let pid: i32 = fs::read_to_string(pid_file).unwrap().trim().parse().unwrap();
        let pid = rustix::process::Pid::from_raw(pid).unwrap();
        rustix::process::kill_process(pid, Signal::KILL).unwrap();
        assert_eq!(found.unwrap().version, Version { major: 7, minor: 93 });
    }

    #[test]
    fn only_absolute_directories_are_searched() {
        let directory = TempDir::new().unwrap();
        let path = program(&directory, "", 0o755);
        let bin = path.parent().unwrap().to_str().unwrap();
        let found = search(Some(OsStr::new(&format!(":relative:/nonexistent:{bin}"))));
        assert_eq!(found.unwrap(), path);
        let none = search(Some(OsStr::new("/nonexistent"))).unwrap_err().to_string();
        assert!(none.contains("apt-get install nmap"), "{none}");
    }
}
