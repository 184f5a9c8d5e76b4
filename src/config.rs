//! Where things are, when nobody says so.

use crate::exit::Failure;
use std::path::{Path, PathBuf};

/// The file in the data directory through which its owner is talked to.
pub const SOCKET: &str = "netscan.sock";

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
