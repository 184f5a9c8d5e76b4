//! Which files nmap may read, and what it may execute: a Landlock ruleset.
//!
//! A rule is for a file and not for its name, so a ruleset is made anew once a name in it leads to
//! another file: nmap may be upgraded, and `/etc/resolv.conf` is written with every new network.
//! The names that a start is about are looked up at each start, the other forty once a second: that
//! is a tenth of what a start costs the warden. In between nmap may not read a file that has just
//! been replaced; what it may read is never more than was meant.

use super::super::super::{Needs, is_shortage};
use landlock::{
    ABI, Access, AccessFs, CompatLevel, Compatible, CreateRulesetError, PathBeneath, PathFd,
    PathFdError, Ruleset, RulesetAttr, RulesetCreated, RulesetCreatedAttr, RulesetError, Scope,
};
use std::{
    collections::HashMap,
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

/// The newest kind of Landlock that was tried with nmap.
const NEWEST: ABI = ABI::V7;
/// Kinds that differ in what they restrict here, newest first, and what those before lack.
const KINDS: [(ABI, &str); 5] = [
    (ABI::V6, ""),
    (ABI::V5, "; signals to other processes are left to the system call filter"),
    (ABI::V3, "; neither are device files nor signals restricted"),
    (ABI::V2, "; neither are device files, signals nor the cutting of files restricted"),
    (ABI::V1, "; neither are device files, signals nor the cutting of files restricted"),
];
/// Rulesets that are kept; scans that run at one time differ in their data directories.
const KEPT_MAX: usize = 32;
/// How long a name that every nmap has in common is taken to lead where it did.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Where libraries are, and the loader, which is executed.
const LIBRARIES: [&str; 8] = [
    "/lib",
    "/lib32",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/lib",
    "/nix/store",
    "/gnu/store",
];
/// What nmap and its libraries read. A rule for all of `/proc`, as `/proc/net` is another place in
/// each process.
const READ: [&str; 18] = [
    "/usr",
    "/etc/ld.so.cache",
    "/etc/hosts",
    "/etc/host.conf",
    "/etc/gai.conf",
    "/etc/resolv.conf",
    "/etc/nsswitch.conf",
    "/etc/services",
    "/etc/protocols",
    "/etc/passwd",
    "/etc/localtime",
    "/etc/ssl/openssl.cnf",
    "/etc/ssl/certs",
    "/etc/pki/tls/openssl.cnf",
    "/proc",
    "/sys/class/net",
    "/dev/urandom",
    "/dev/random",
];

/// What may be done with a file, or with all in a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum May {
    Read,
    Execute,
    Discard,
}

/// A file or directory, by its device and number.
type Identity = Option<(u64, u64)>;

/// What a ruleset says of some names.
struct Rules {
    paths: Vec<(PathBuf, May)>,
    /// Where they led when the ruleset was made.
    identities: Vec<Identity>,
}

impl Rules {
    /// Looks where the names lead. To be made before the ruleset: a file that is replaced in
    /// between is one to be noticed.
    fn of(paths: Vec<(PathBuf, May)>) -> Self {
        let identities = identities(&paths);
        Self { paths, identities }
    }

    fn are_current(&self) -> bool {
        identities(&self.paths) == self.identities
    }
}

struct Kept {
    /// Of the names that the start is about.
    own: Rules,
    /// Of all others.
    others: Rules,
    /// When those were last looked up.
    looked: Instant,
    ruleset: RulesetCreated,
}

impl Kept {
    fn new(program: &Path, needs: &Needs, now: Instant) -> io::Result<Self> {
        let own = Rules::of(own_paths(program, needs));
        let others = Rules::of(other_paths(program, needs));
        let ruleset = make(own.paths.iter().chain(&others.paths))?;
        Ok(Self { own, others, looked: now, ruleset })
    }

    /// Returns whether all names lead where they did.
    fn is_current(&mut self, now: Instant) -> bool {
        if !self.own.are_current() {
            return false;
        }
        if now.saturating_duration_since(self.looked) < LOOK_EVERY {
            return true;
        }
        self.looked = now;
        self.others.are_current()
    }
}

/// The rulesets in use.
pub(super) struct Files {
    lacks: &'static str,
    abi: ABI,
    kept: HashMap<(String, Needs), Kept>,
}

impl Files {
    /// Finds out what the kernel has.
    pub(super) fn new() -> io::Result<Self> {
        let mut found = None;
        for (abi, lacks) in KINDS {
            match is_there(abi) {
                Ok(_) => {
                    found = Some((abi, lacks));
                    break;
                }
                Err(error) => shortage(error)?,
            }
        }
        let (abi, lacks) = found.ok_or_else(|| {
            io::Error::other(
                "the kernel has no Landlock: it came with Linux 5.13, and has to be among the \
                 `lsm=` of the kernel's command line",
            )
        })?;
        Ok(Self { lacks, abi, kept: HashMap::new() })
    }

    /// Returns what this layer does.
    pub(super) fn describe(&self) -> String {
        format!(
            "no writing, reading of nmap's own files only (Landlock ABI {} or newer){}",
            self.abi, self.lacks
        )
    }

    /// Returns the ruleset for a program.
    pub(super) fn ruleset(&mut self, program: &str, needs: &Needs) -> io::Result<RulesetCreated> {
        self.ruleset_at(program, needs, Instant::now())
    }

    fn ruleset_at(
        &mut self,
        program: &str,
        needs: &Needs,
        now: Instant,
    ) -> io::Result<RulesetCreated> {
        let key = (program.to_owned(), needs.clone());
        if let Some(kept) = self.kept.get_mut(&key)
            && kept.is_current(now)
        {
            return kept.ruleset.try_clone();
        }
        let made = Kept::new(Path::new(program), needs, now)?;
        let copy = made.ruleset.try_clone()?;
        if self.kept.len() >= KEPT_MAX {
            self.kept.clear();
        }
        self.kept.insert(key, made);
        Ok(copy)
    }
}

/// Returns the error if it is that the system was short of something, which tells nothing of the
/// kernel.
fn shortage(error: RulesetError) -> io::Result<()> {
    match error {
        RulesetError::CreateRuleset(CreateRulesetError::CreateRulesetCall { source, .. })
            if is_shortage(&source) =>
        {
            Err(source)
        }
        _ => Ok(()),
    }
}

/// Succeeds if the kernel has this kind of Landlock.
fn is_there(abi: ABI) -> Result<RulesetCreated, RulesetError> {
    let asked = Ruleset::default().set_compatibility(CompatLevel::HardRequirement);
    let asked = asked.handle_access(AccessFs::from_all(abi))?;
    match abi >= ABI::V6 {
        true => asked.scope(Scope::from_all(abi))?.create(),
        false => asked.create(),
    }
}

/// Returns the program, and the files and directories that this scan has of its own.
fn own_paths(program: &Path, needs: &Needs) -> Vec<(PathBuf, May)> {
    let reads = needs.reads.iter().chain(&needs.directory).map(|path| (path.clone(), May::Read));
    [(program.to_owned(), May::Execute)].into_iter().chain(reads).collect()
}

/// Returns what every nmap reads, and where the links lead that stand in the scan's directories.
fn other_paths(program: &Path, needs: &Needs) -> Vec<(PathBuf, May)> {
    let mut paths: Vec<(PathBuf, May)> = vec![("/dev/null".into(), May::Discard)];
    paths.extend(LIBRARIES.map(|path| (path.into(), May::Execute)));
    paths.extend(READ.map(|path| (path.into(), May::Read)));
    // An nmap in a place of its own has its libraries beside it.
    let real = fs::canonicalize(program).unwrap_or_else(|_| program.to_owned());
    if let Some(prefix) = real.parent().and_then(Path::parent).filter(|p| p.parent().is_some()) {
        paths.extend(["lib", "lib64"].map(|name| (prefix.join(name), May::Execute)));
    }
    for path in needs.reads.iter().chain(&needs.directory) {
        let entries = fs::read_dir(path).into_iter().flatten().flatten();
        let links = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_symlink()));
        paths.extend(links.map(|link| (link.path(), May::Read)));
    }
    paths
}

fn identities(paths: &[(PathBuf, May)]) -> Vec<Identity> {
    let identity = |path: &Path| fs::metadata(path).ok().map(|file| (file.dev(), file.ino()));
    paths.iter().map(|(path, _)| identity(path)).collect()
}

fn make<'a>(paths: impl Iterator<Item = &'a (PathBuf, May)>) -> io::Result<RulesetCreated> {
    // What its errors say is one of its system calls' number.
    let failed = |_: RulesetError| io::Error::last_os_error();
    let handled = Ruleset::default().handle_access(AccessFs::from_all(NEWEST)).map_err(failed)?;
    let scoped = handled.scope(Scope::from_all(NEWEST)).map_err(failed)?;
    let mut ruleset = scoped.create().map_err(failed)?;
    for (path, may) in paths {
        let file = match PathFd::new(path) {
            Ok(file) => file,
            Err(PathFdError::OpenCall { source, .. }) if is_shortage(&source) => {
                return Err(source);
            }
            // What is not there cannot be read.
            Err(_) => continue,
        };
        let mut access = match may {
            May::Read => AccessFs::ReadFile | AccessFs::ReadDir,
            May::Execute => AccessFs::ReadFile | AccessFs::ReadDir | AccessFs::Execute,
            May::Discard => AccessFs::ReadFile | AccessFs::WriteFile,
        };
        if !fs::metadata(path).is_ok_and(|file| file.is_dir()) {
            access &= AccessFs::from_file(NEWEST);
        }
        ruleset = ruleset.add_rule(PathBeneath::new(file, access)).map_err(failed)?;
    }
    Ok(ruleset)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the rules that are kept for a start, as they are at a time.
    fn kept(files: &mut Files, needs: &Needs, now: Instant) -> (Instant, Vec<Identity>) {
        files.ruleset_at("/bin/cat", needs, now).unwrap();
        let kept = &files.kept[&("/bin/cat".to_owned(), needs.clone())];
        let all = kept.own.identities.iter().chain(&kept.others.identities);
        (kept.looked, all.copied().collect())
    }

    #[test]
    fn what_was_replaced_is_noticed() {
        let Ok(mut files) = Files::new() else {
            eprintln!("skipped: the kernel has no Landlock");
            return;
        };
        let dir = tempfile::tempdir().unwrap();
        let (own, link, target) = (dir.path().join("own"), "own/link", dir.path().join("file"));
        let link = dir.path().join(link);
        fs::create_dir(&own).unwrap();
        fs::write(&target, "first").unwrap();
        std::os::unix::fs::symlink(&target, &link).unwrap();
        let needs = Needs { directory: Some(own.clone()), ..Needs::default() };
        let begun = Instant::now();
        let (looked, first) = kept(&mut files, &needs, begun);
        assert_eq!(looked, begun);

        // Where a link leads: within a second.
        fs::write(dir.path().join("new"), "second").unwrap();
        fs::rename(dir.path().join("new"), &target).unwrap();
        let soon = begun + LOOK_EVERY / 2;
        assert_eq!(kept(&mut files, &needs, soon), (begun, first.clone()));
        let later = begun + LOOK_EVERY;
        let (looked, second) = kept(&mut files, &needs, later);
        assert!(looked == later && second != first);

        // The scan's own directory: at the next start.
        fs::rename(&own, dir.path().join("old")).unwrap();
        fs::create_dir(&own).unwrap();
        let (looked, third) = kept(&mut files, &needs, later);
        assert!(looked == later && third != second && third.len() < second.len());
    }
}
