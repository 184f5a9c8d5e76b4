//! The warden: a small, single-threaded process that is the parent of every nmap.
//!
//! ```text
//!  server ◄── one socket, a message a datagram ──► warden ──► nmap (own session)
//!             Spawn + 4 descriptors, Signal            │  a pidfd each
//!             Ready, Spawned, Failed, Exited           └► strays of nmap come back here
//! ```
//!
//! It is our own binary, executed again with [`ARGUMENT`]. Since it has one thread and never ends
//! before its children, its children may be bound to it by the parent-death signal, which is
//! unsafe anywhere in the server; since it is their parent, none of their numbers can be used
//! again before it says so; and since it is their subreaper, whatever they start and disown
//! becomes its child as well.
//!
//! Invariants: when the socket ends, so does every process within [`GRACE`] and a little, and then
//! the warden; `Exited` is sent after the last stray of that process is gone.

mod child;
pub(super) mod procfs;
mod sandbox;
mod serve;
mod strays;
pub(super) mod wire;

pub(super) use procfs::kill_sessions;

use netscan_schemas::api::SandboxMode;
use std::ffi::OsStr;
use std::io::Write;
use std::time::Duration;

/// The argument that turns our binary into a warden.
pub const ARGUMENT: &str = "__warden";

/// How long processes have between SIGTERM and SIGKILL once the server is gone.
pub const GRACE: Duration = Duration::from_millis(500);

/// Becomes the warden and never returns, if that is what this process was started for; else does
/// nothing. It has to be the very first call of `main`.
pub fn run_if_warden() {
    if std::env::args_os().nth(1).as_deref() != Some(OsStr::new(ARGUMENT)) {
        return;
    }
    // Without a word, or with one that is not known, the sandbox is on.
    let mode = std::env::args().nth(2).and_then(|word| mode_of(&word)).unwrap_or_default();
    let code = match serve::run(mode) {
        Ok(()) => 0,
        Err(error) => {
            // Nobody is left to tell if even this fails.
            let _ = writeln!(std::io::stderr(), "the netscan warden failed: {error}");
            1
        }
    };
    std::process::exit(code);
}

/// Returns how a mode is written on the warden's command line.
pub(super) const fn word(mode: SandboxMode) -> &'static str {
    match mode {
        SandboxMode::Required => "required",
        SandboxMode::BestEffort => "best-effort",
        SandboxMode::Off => "off",
    }
}

fn mode_of(word_given: &str) -> Option<SandboxMode> {
    let modes = [SandboxMode::Required, SandboxMode::BestEffort, SandboxMode::Off];
    modes.into_iter().find(|mode| word(*mode) == word_given)
}
