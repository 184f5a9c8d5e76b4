//! Where things are, when nobody says so.

use crate::exit::Failure;
use std::path::{Path, PathBuf};

/// The file in the data directory through which its owner is talked to.
pub const SOCKET: &str = "netscan.sock";

/// Makes sure that there is a file where nmap was said to be, before anything is made of it.
pub fn check_nmap(given: Option<&Path>) -> Result<(), Failure> {
    match given {
        Some(path) if !path.exists() => Err(Failure::Nmap(format!(
            "there is no file `{}` to run as nmap; name its program with --nmap PATH, or leave \
             --nmap out and it is looked for in PATH",
            path.display()
        ))),
        Some(_) | None => Ok(()),
    }
}

/// Returns the data directory: what was given, else the platform's place for a user's data, else
/// `/var/lib/netscan` for root.
pub fn data_dir(given: Option<&Path>) -> Result<PathBuf, Failure> {
    if let Some(given) = given {
        return Ok(given.to_owned());
    }
    if rustix::process::geteuid().is_root() {
        return Ok(PathBuf::from("/var/lib/netscan"));
    }
    let dirs = directories::ProjectDirs::from("", "", "netscan");
    dirs.map(|dirs| dirs.data_dir().to_owned()).ok_or_else(|| {
        Failure::Usage(
            "there is no home directory to keep data in; give one with --data DIR".into(),
        )
    })
}
