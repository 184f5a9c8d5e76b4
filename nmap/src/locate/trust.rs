//! Who may change nmap's program or put another in its place, and what rights its file gives.

use super::LocateError;
use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

/// Makes sure that the file is a program that only root or this user can change or replace.
pub(super) fn check_file(program: &Path) -> Result<(), LocateError> {
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
pub(super) fn others(mode: u32, (owner, group): (u32, u32), own: (u32, u32)) -> Option<String> {
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
