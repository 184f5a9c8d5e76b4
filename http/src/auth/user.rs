//! Users of this machine: whose process asks, here or at the other end of the socket file.

use axum::{extract::connect_info::Connected, serve::IncomingStream};
use netscan_schemas::audit::{AuditActor, Origin};
use std::{fs, sync::OnceLock};
use tokio::net::UnixListener;

/// A user of this machine.
#[derive(Clone, Debug)]
pub struct User {
    pub(super) uid: u32,
    /// Its name, or the number again where it has none.
    pub(super) name: String,
}

impl User {
    /// Returns the user of this process.
    pub fn own() -> Self {
        static OWN: OnceLock<User> = OnceLock::new();
        OWN.get_or_init(|| Self::of(rustix::process::geteuid().as_raw())).clone()
    }

    fn of(uid: u32) -> Self {
        let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
        Self { uid, name: name_in(&users, uid).unwrap_or_else(|| uid.to_string()) }
    }
}

/// Returns the user of this process as the audit log names it.
pub fn own_origin() -> Origin {
    let User { uid, name } = User::own();
    Origin { actor: AuditActor::Local { uid, user: name }, from: None }
}

fn name_in(users: &str, uid: u32) -> Option<String> {
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(uid)).then(|| name.to_owned())
    })
}

/// The kernel says whose process has connected.
impl Connected<IncomingStream<'_, UnixListener>> for User {
    fn connect_info(stream: IncomingStream<'_, UnixListener>) -> Self {
        match stream.io().peer_cred() {
            // Mostly that is who runs us, whose name is known: connections are many.
            Ok(peer) if peer.uid() == Self::own().uid => Self::own(),
            Ok(peer) => Self::of(peer.uid()),
            // Only its owner can open the file, and that is who runs us.
            Err(_) => Self::own(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_found_by_their_numbers() {
        let users = "root:x:0:0:root:/root:/bin/sh\nbroken\n\nann:x:1000:100::/:/bin/sh\n";
        assert_eq!(name_in(users, 1000).as_deref(), Some("ann"));
        assert_eq!(name_in(users, 100), None, "that is a group");
        assert_eq!(User::of(4_000_000_000).name, "4000000000");
    }
}
