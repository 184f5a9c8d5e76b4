//! A data directory of a scan's own, from which nmap starts several times faster.
//!
//! ```text
//! nmap-services ─► services ─► choice ─► the lines of this scan's ports ─┐
//! all other files ─► links to the installed ones ────────────────────────┴─► place ─► --datadir
//! ```
//!
//! Two thirds of what a plain nmap does before its first packet is to read 27,000 lines of
//! `nmap-services`. From a list with 300 lines `nmap -sT -p80 127.0.0.1` takes 4.0 ms of processor
//! time instead of 23.4, and each line costs 0.7 µs more.
//!
//! Promise: a scan finds the same from it. The lines are those of every port that the scan probes,
//! word by word and in their order, so that names are the same; and where nmap chooses the ports by
//! how often they are open, they are the ones that it would choose, so that it chooses them again.
//! Scans with scripts keep the installed files, as a script may ask for any port's name. Whoever
//! loses a directory under nmap's hands loses speed: nmap goes on to the installed files.

mod choice;
mod place;
mod services;
#[cfg(test)]
mod tests;

use crate::{locate::Installation, options::Options, privilege::Privileges};
use place::Contents;
use services::{NotUnderstood, Services};
use std::{
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, Weak},
};

/// The directory within a data directory that has those of scans.
const HOME: &str = "nmap-data";
/// Where nmap has its list of ports.
const SERVICES: &str = "nmap-services";
/// Bytes of a list of ports that is read; nmap's own has one million.
const SERVICES_BYTES_MAX: u64 = 8 * 1024 * 1024;
/// Files and directories of an installed data directory; nmap's own has a dozen.
const ENTRIES_MAX: usize = 128;
/// Lines up to which a shorter list is worth a directory: 10,000 start in 10.6 ms, 20,000 in 17.5,
/// and all 27,440 in 23.4.
const LINES_MAX: usize = 10_000;

/// Why a scan uses the installed data directory, where one of its own would be faster.
#[derive(Debug, thiserror::Error)]
pub enum DatadirError {
    /// What is installed cannot be read.
    #[error("cannot read nmap's data at `{}`", path.display())]
    Installed {
        /// The file or directory.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What is installed is not what nmap comes with.
    #[error("nmap's data at `{}` is not as it is known: {reason}", path.display())]
    NotUnderstood {
        /// The file or directory.
        path: PathBuf,
        /// What is unknown about it.
        reason: String,
    },
    /// The directory cannot be made.
    #[error("cannot make a data directory for nmap at `{}`", path.display())]
    Make {
        /// What could not be made, read or removed.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Others could change what nmap reads.
    #[error(
        "`{}` is not used, as other users may change what is in it: {reason}; make it your own, \
         with mode 0755 or less", path.display()
    )]
    NotOurs {
        /// The directory.
        path: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },
}

/// A data directory of a scan's own. Scans that probe the same ports share one; it may be removed
/// once nobody holds it.
#[derive(Debug)]
pub struct Datadir {
    path: PathBuf,
}

impl Datadir {
    /// Returns where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// The data directories of scans, in one place that is ours.
///
/// Directories have mode 0755 and files 0444, so that an nmap under another user id can read them:
/// it is started inside of one. One process at a time may use a place.
#[derive(Debug)]
pub struct Datadirs {
    home: PathBuf,
    /// What is there, and whether a scan uses it.
    made: Mutex<HashMap<PathBuf, Weak<Datadir>>>,
}

impl Datadirs {
    /// Takes the data directory to keep them in. Nothing is made yet.
    pub fn new(data_dir: &Path) -> Self {
        let home = data_dir.join(HOME);
        // nmap works in another directory than we do. It only fails where there is none.
        let home = std::path::absolute(&home).unwrap_or(home);
        Self { home, made: Mutex::default() }
    }

    /// Removes what an earlier process has left. Blocks.
    ///
    /// # Errors
    /// When something cannot be removed.
    pub fn sweep(&self) -> Result<(), DatadirError> {
        place::remove(&self.home)
    }

    /// Returns the data directory for a scan with these options; none where the installed one
    /// starts as fast, or has to be used. Makes it if need be. Blocks.
    ///
    /// # Errors
    /// Says why the installed one is used although it is slower.
    pub fn fit(
        &self,
        nmap: &Installation,
        options: &Options,
        privileges: &Privileges,
    ) -> Result<Option<Arc<Datadir>>, DatadirError> {
        let Some(installed) = &nmap.datadir else { return Ok(None) };
        let options = options.clone().with_technique(privileges);
        if !choice::reads_services(&options) {
            return Ok(None);
        }
        let text = read_services(installed)?;
        let services = understand(installed, &text)?;
        let Some(lines) = choice::lines(&services, &options) else { return Ok(None) };
        if lines.len() > LINES_MAX {
            return Ok(None);
        }
        let contents = Contents { links: links(installed)?, services: join(&lines) };
        let path = self.home.join(contents.name());

        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let held = made.get(&path).and_then(Weak::upgrade);
        let datadir = held.unwrap_or_else(|| Arc::new(Datadir { path: path.clone() }));
        made.insert(path.clone(), Arc::downgrade(&datadir));
        // Those of scans which have ended: one that stays is tried again the next time.
        made.retain(|path, held| held.strong_count() > 0 || place::remove(path).is_err());
        place::make_home(&self.home)?;
        if !contents.are_at(&path) {
            contents.make(&path)?;
        }
        Ok(Some(datadir))
    }

    /// Looks whether scans with this nmap can have data directories of their own, without making
    /// one. Blocks.
    ///
    /// # Errors
    /// Says why not.
    pub fn check(&self, nmap: &Installation) -> Result<(), DatadirError> {
        if let Some(installed) = &nmap.datadir {
            understand(installed, &read_services(installed)?)?;
            links(installed)?;
        }
        place::check_home(&self.home)
    }
}

fn read_services(installed: &Path) -> Result<String, DatadirError> {
    let path = installed.join(SERVICES);
    let unreadable = |source| DatadirError::Installed { path: path.clone(), source };
    let size = fs::metadata(&path).map_err(unreadable)?.len();
    if size > SERVICES_BYTES_MAX {
        let reason = format!("it has {size} bytes");
        return Err(DatadirError::NotUnderstood { path, reason });
    }
    fs::read_to_string(&path).map_err(unreadable)
}

fn understand<'text>(installed: &Path, text: &'text str) -> Result<Services<'text>, DatadirError> {
    Services::read(text).map_err(|NotUnderstood { line, reason }| DatadirError::NotUnderstood {
        path: installed.join(SERVICES),
        reason: format!("line {line} {reason}"),
    })
}

/// Returns everything that is installed beside the list of ports, by name.
fn links(installed: &Path) -> Result<Vec<(String, PathBuf)>, DatadirError> {
    let unreadable = |source| DatadirError::Installed { path: installed.to_owned(), source };
    let odd = |reason: &str| DatadirError::NotUnderstood {
        path: installed.to_owned(),
        reason: reason.to_owned(),
    };
    let mut links = Vec::new();
    for entry in fs::read_dir(installed).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let name = entry.file_name().into_string().map_err(|_| odd("it has odd file names"))?;
        if name != SERVICES {
            links.push((name, entry.path()));
        }
        if links.len() > ENTRIES_MAX {
            return Err(odd("it has far more files than nmap comes with"));
        }
    }
    links.sort();
    Ok(links)
}

fn join(lines: &[&str]) -> String {
    let mut text = String::from("# The part of nmap's own list that a scan of netscan needs.\n");
    for line in lines {
        text.push_str(line);
        text.push('\n');
    }
    text
}
