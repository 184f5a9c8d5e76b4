//! A data directory on the disk: made under another name, renamed when whole, checked before use.

use super::{DatadirError, SERVICES};
use rustix::process::geteuid;
use std::{
    fs::{self, File, Metadata, Permissions},
    io::{self, Write},
    os::unix::fs::{MetadataExt, PermissionsExt, symlink},
    path::{Path, PathBuf},
};

const DIR_MODE: u32 = 0o755;
const FILE_MODE: u32 = 0o444;
/// Bytes of a digest that name a directory.
const NAME_BYTES: usize = 12;

/// What is in a data directory.
#[derive(Debug)]
pub(super) struct Contents {
    /// Names and what they lead to, by name.
    pub(super) links: Vec<(String, PathBuf)>,
    /// The list of ports.
    pub(super) services: String,
}

/// Says what was tried on which path.
fn failed(path: &Path) -> impl Fn(io::Error) -> DatadirError + '_ {
    move |source| DatadirError::Make { path: path.to_owned(), source }
}

/// Removes a directory, and follows no link in it. It need not be there.
pub(super) fn remove(path: &Path) -> Result<(), DatadirError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(path)(error)),
        _ => Ok(()),
    }
}

/// Makes the directory that the others are in, unless it is there.
pub(super) fn make_home(home: &Path) -> Result<(), DatadirError> {
    match fs::create_dir(home) {
        // Whatever the umask says.
        Ok(()) => fs::set_permissions(home, Permissions::from_mode(DIR_MODE)),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
    .map_err(failed(home))?;
    check_home(home)
}

/// Makes sure that nobody else can change or replace what is in it. It need not be there.
pub(super) fn check_home(home: &Path) -> Result<(), DatadirError> {
    let parent = home.parent().unwrap_or(home);
    let not_ours = |path: &Path, reason| DatadirError::NotOurs { path: path.to_owned(), reason };
    match fs::metadata(parent) {
        Ok(dir) if dir.uid() != geteuid().as_raw() && dir.uid() != 0 => {
            return Err(not_ours(parent, "it belongs to another user"));
        }
        Ok(dir) if dir.mode() & 0o002 != 0 => {
            return Err(not_ours(parent, "all may write to it"));
        }
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(parent)(error)),
        _ => {}
    }
    match fs::symlink_metadata(home) {
        Ok(dir) => fault(&dir).map_or(Ok(()), |reason| Err(not_ours(home, reason))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(failed(home)(error)),
    }
}

/// Returns why others could change what is in a directory.
fn fault(dir: &Metadata) -> Option<&'static str> {
    if !dir.is_dir() {
        Some("it is no directory")
    } else if dir.uid() != geteuid().as_raw() {
        Some("it belongs to another user")
    } else if dir.mode() & 0o022 != 0 {
        Some("others may write to it")
    } else {
        None
    }
}

impl Contents {
    /// Returns the name of a directory with just these contents.
    pub(super) fn name(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        for (name, target) in &self.links {
            hasher.update(name.as_bytes()).update(b"\0");
            hasher.update(target.as_os_str().as_encoded_bytes()).update(b"\0");
        }
        hasher.update(b"\0").update(self.services.as_bytes());
        let digest = hasher.finalize();
        digest.as_bytes()[..NAME_BYTES].iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Returns whether just these contents are there, and nobody else can change them.
    pub(super) fn are_at(&self, path: &Path) -> bool {
        let services = path.join(SERVICES);
        let is_ours = fs::symlink_metadata(path).is_ok_and(|dir| fault(&dir).is_none());
        let count = fs::read_dir(path).map_or(0, Iterator::count);
        is_ours
            && count == self.links.len() + 1
            && fs::symlink_metadata(&services).is_ok_and(|file| file.is_file())
            && fs::read(&services).is_ok_and(|text| text == self.services.as_bytes())
            && self.links.iter().all(|(name, target)| {
                fs::read_link(path.join(name)).is_ok_and(|held| held == *target)
            })
    }

    /// Makes a directory with these contents, in place of whatever is there.
    pub(super) fn make(&self, path: &Path) -> Result<(), DatadirError> {
        let unfinished = path.with_extension("unfinished");
        remove(&unfinished)?;
        remove(path)?;
        let made = self.write(&unfinished).and_then(|()| fs::rename(&unfinished, path));
        made.map_err(|error| {
            let _ = fs::remove_dir_all(&unfinished); // the first failure is the one to tell
            failed(path)(error)
        })
    }

    fn write(&self, dir: &Path) -> io::Result<()> {
        fs::create_dir(dir)?;
        for (name, target) in &self.links {
            symlink(target, dir.join(name))?;
        }
        let mut services = File::create_new(dir.join(SERVICES))?;
        services.write_all(self.services.as_bytes())?;
        services.set_permissions(Permissions::from_mode(FILE_MODE))?;
        fs::set_permissions(dir, Permissions::from_mode(DIR_MODE))
    }
}
