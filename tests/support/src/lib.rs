//! What tests need to run real processes: a stand-in for nmap, a warden, and a simulated network.
//!
//! ```no_run
//! # fn main() -> std::io::Result<()> {
//! let nmap = netscan_test_support::FakeNmap::new("host down 127.0.0.2\nattempt 1: signal 9\n")?;
//! let program = nmap.program(); // an `nmap` that behaves like this
//! # Ok(())
//! # }
//! ```
//!
//! The language of these scripts is described at the top of `src/bin/fake-nmap/main.rs`. Real nmap
//! has hosts to scan in a [`SimulatedNet`].

mod simulated;

pub use simulated::{HostTruth, SKIPPED, SimulatedNet};

use std::ffi::OsStr;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use tempfile::TempDir;

/// An executable named `nmap` in a directory of its own, with a script that it follows.
#[derive(Debug)]
pub struct FakeNmap {
    dir: TempDir,
}

impl FakeNmap {
    /// Makes an executable that follows `script`; an empty one finds every host up.
    pub fn new(script: &str) -> io::Result<Self> {
        let fake = Self { dir: tempfile::tempdir()? };
        symlink(binary("fake-nmap")?, fake.program())?;
        fake.follow(script)?;
        Ok(fake)
    }

    /// Gives later starts another script. It takes the place of the old one at once.
    pub fn follow(&self, script: &str) -> io::Result<()> {
        let next = self.dir().join("nmap.next");
        std::fs::write(&next, script)?;
        std::fs::rename(next, self.dir().join("nmap.script"))
    }

    /// Returns the path of the executable.
    pub fn program(&self) -> PathBuf {
        self.dir().join("nmap")
    }

    /// Returns the directory that holds it, for files that a script names.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }
}

/// Returns the path of one of this package's executables (`fake-nmap`, `simnet` and so on), built
/// if need be: cargo builds them by itself for the tests of this package and of the workspace.
pub fn binary(name: &str) -> io::Result<PathBuf> {
    static BUILD: Mutex<()> = Mutex::new(());
    // A test runs as target/PROFILE/deps/NAME-HASH, a program as target/PROFILE/NAME.
    let test = std::env::current_exe()?;
    let dirs = test.ancestors().skip(1).take(2);
    let find = || dirs.clone().map(|dir| dir.join(name)).find(|path| path.is_file());
    let _one_at_a_time = BUILD.lock().unwrap_or_else(PoisonError::into_inner);
    if find().is_none() {
        build(name, &test)?;
    }
    find().ok_or_else(|| io::Error::other(format!("there is no `{name}` beside {test:?}")))
}

fn build(name: &str, test: &Path) -> io::Result<()> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["build", "--quiet", "--package", "netscan-test-support", "--bin", name]);
    // target/PROFILE/deps/NAME-HASH, where the profile `dev` is called `debug`.
    let mut dirs = test.ancestors().skip(2);
    if let (Some(profile), Some(target)) = (dirs.next().and_then(Path::file_name), dirs.next()) {
        let profile = if profile == "debug" { OsStr::new("dev") } else { profile };
        command.arg("--profile").arg(profile).arg("--target-dir").arg(target);
    }
    let status = command.current_dir(env!("CARGO_MANIFEST_DIR")).status()?;
    if status.success() { Ok(()) } else { Err(io::Error::other("cargo could not build it")) }
}
