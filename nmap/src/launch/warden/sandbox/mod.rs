//! The sandbox: what nmap is not meant to have, taken from it between fork and exec.
//!
//! ```text
//! warden: prepare (once) ─► cell (for each start) ─► fork ─► drop_privileges ─► confine ─► exec
//!           which layers      files that this          user, groups,     Landlock, system
//!           does this kernel  nmap may read            capabilities      calls
//!           have?
//! ```
//!
//! Each layer is tried once, in a child of the warden's own, so that what is told of it is
//! measured; from then on a start where a layer that works does not is no start. A trial that
//! fails for want of memory, processes or descriptors says nothing of its layer: then there is no
//! warden, and the next one tries anew.
//!
//! Promise: with all layers a script of nmap's can neither write nor start anything, and reads
//! nothing but what nmap itself needs.

mod calls;
mod files;
mod user;

use super::super::{Needs, is_shortage};
use files::Files;
use landlock::RulesetCreated;
use netscan_schemas::api::{LayerState, Sandbox as View, SandboxLayer, SandboxMode};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use seccompiler::BpfProgram;
use std::{
    io,
    os::{fd::AsFd, unix::process::CommandExt},
    process::Command,
    sync::Arc,
};
use user::User;

/// Address space of one nmap. It takes 69 MiB for 50 hosts with 1000 ports and scripts.
const MEMORY_BYTES_MAX: u64 = 1 << 30;
/// Open files of one nmap.
const OPEN_FILES_MAX: u64 = 4096;

/// What every start of this warden has in common.
pub(super) struct Sandbox {
    mode: SandboxMode,
    user: Option<User>,
    has_capabilities: bool,
    has_no_new_privileges: bool,
    files: Option<Files>,
    calls: Option<Arc<BpfProgram>>,
    has_limits: bool,
    layers: Vec<SandboxLayer>,
}

impl Sandbox {
    /// Finds out which layers there are.
    ///
    /// # Errors
    /// When the system is short of something, so that it cannot be found out.
    pub(super) fn prepare(mode: SandboxMode) -> io::Result<Self> {
        let mut sandbox = Self {
            mode,
            user: None,
            has_capabilities: false,
            has_no_new_privileges: false,
            files: None,
            calls: None,
            has_limits: false,
            layers: Vec::new(),
        };
        if mode == SandboxMode::Off {
            return Ok(sandbox);
        }
        sandbox.user_and_capabilities()?;
        let nnp = attempt(|| Ok(rustix::thread::set_no_new_privs(true)?));
        let nnp = nnp.map(|()| "no program gives more rights".to_owned());
        sandbox.has_no_new_privileges = sandbox.add("no_new_privileges", nnp)?;
        sandbox.landlock()?;
        sandbox.seccomp()?;
        sandbox.limits()?;
        Ok(sandbox)
    }

    /// Returns what there is, to be told.
    pub(super) fn view(&self) -> View {
        View { mode: self.mode, layers: self.layers.clone() }
    }

    /// Returns what one process is put into.
    pub(super) fn cell(&mut self, program: &str, needs: &Needs) -> io::Result<Cell> {
        let files = self.files.as_mut().map(|files| files.ruleset(program, needs)).transpose()?;
        Ok(Cell {
            user: self.user,
            raw: needs.raw,
            has_capabilities: self.has_capabilities,
            has_no_new_privileges: self.has_no_new_privileges,
            files,
            calls: self.calls.clone(),
            has_limits: self.has_limits,
        })
    }

    /// Notes a layer, and returns whether it works.
    fn add(&mut self, name: &str, found: io::Result<String>) -> io::Result<bool> {
        let (state, detail) = match found {
            Ok(detail) => (LayerState::On, detail),
            Err(error) if is_shortage(&error) => return Err(error),
            Err(error) => (LayerState::Missing, error.to_string()),
        };
        self.layers.push(SandboxLayer { name: name.to_owned(), state, detail });
        Ok(state == LayerState::On)
    }

    /// The two belong together: as another user nmap sends raw packets by its capability only.
    fn user_and_capabilities(&mut self) -> io::Result<()> {
        let bounded = user::bound_capabilities();
        let raw = user::holds_raw();
        let uid = rustix::process::geteuid();
        let keeps = move |user: Option<User>| {
            attempt(move || {
                user.map_or(Ok(()), User::become_it)?;
                user::keep_capabilities(raw)
            })
        };
        if uid.is_root() {
            let user = User::find();
            let found = user.try_out().and_then(|()| match keeps(Some(user)) {
                Err(error) if raw && !is_shortage(&error) => Err(io::Error::other(format!(
                    "nmap cannot be given CAP_NET_RAW as {user}, and scans with raw packets need \
                     it: {error}"
                ))),
                Err(error) if is_shortage(&error) => Err(error),
                _ => Ok(format!("nmap runs as {user}, in no other group")),
            });
            self.user = self.add("user", found)?.then_some(user);
        } else {
            self.layers.push(SandboxLayer {
                name: "user".to_owned(),
                state: LayerState::NotNeeded,
                detail: format!("netscan is not root: nmap runs as user {} too", uid.as_raw()),
            });
        }
        let detail = match (raw, bounded) {
            (false, _) => "none".to_owned(),
            (true, true) => "CAP_NET_RAW, for scans with raw packets; never more".to_owned(),
            (true, false) => "CAP_NET_RAW, for scans with raw packets".to_owned(),
        };
        self.has_capabilities = self.add("capabilities", keeps(self.user).map(|()| detail))?;
        Ok(())
    }

    fn landlock(&mut self) -> io::Result<()> {
        let found = Files::new();
        let found = found.and_then(|mut files| {
            let ruleset = files.ruleset("/dev/null", &Needs::default())?;
            attempt(move || restrict(&ruleset))?;
            let detail = files.describe();
            self.files = Some(files);
            Ok(detail)
        });
        self.add("landlock", found).map(drop)
    }

    fn seccomp(&mut self) -> io::Result<()> {
        let found = calls::filters().and_then(|calls::Filters { warden, nmap }| {
            let (warden, nmap) = (Arc::new(warden), Arc::new(nmap));
            let both = (Arc::clone(&warden), Arc::clone(&nmap));
            attempt(move || filter(&both.0).and_then(|()| filter(&both.1)))?;
            filter(&warden)?;
            self.calls = Some(nmap);
            Ok("no new process, no socket but IP and packets, no system administration".to_owned())
        });
        self.add("seccomp", found).map(drop)
    }

    fn limits(&mut self) -> io::Result<()> {
        let detail = format!(
            "no file grows, {OPEN_FILES_MAX} descriptors, {} MiB of memory",
            MEMORY_BYTES_MAX >> 20
        );
        self.has_limits = self.add("limits", attempt(limit).map(|()| detail))?;
        Ok(())
    }
}

/// What one process is put into.
pub(super) struct Cell {
    user: Option<User>,
    raw: bool,
    has_capabilities: bool,
    has_no_new_privileges: bool,
    files: Option<RulesetCreated>,
    calls: Option<Arc<BpfProgram>>,
    has_limits: bool,
}

impl Cell {
    /// Lets the process open its XML pipe anew, by its name: as another user it may not otherwise.
    pub(super) fn hand_over(&self, xml: impl AsFd) -> io::Result<()> {
        self.user.map_or(Ok(()), |user| user.own(xml))
    }

    /// Takes rights from the child. It clears the parent-death signal.
    pub(super) fn drop_privileges(&self) -> io::Result<()> {
        if self.has_limits {
            limit()?;
        }
        if let Some(user) = self.user {
            user.become_it()?;
        }
        if self.has_capabilities {
            user::keep_capabilities(self.raw)?;
        }
        if self.has_no_new_privileges {
            rustix::thread::set_no_new_privs(true)?;
        }
        Ok(())
    }

    /// Closes the cell. The last that is done before exec: not much is allowed behind it.
    pub(super) fn confine(&self) -> io::Result<()> {
        if let Some(files) = &self.files {
            restrict(files)?;
        }
        if let Some(calls) = &self.calls {
            filter(calls)?;
        }
        Ok(())
    }
}

/// Returns a limit, or what is allowed if that is less.
fn at_most(resource: Resource, most: u64) -> Rlimit {
    let most = getrlimit(resource).maximum.map_or(most, |held| held.min(most));
    Rlimit { current: Some(most), maximum: Some(most) }
}

fn limit() -> io::Result<()> {
    // nmap writes into pipes, which have no size.
    setrlimit(Resource::Fsize, at_most(Resource::Fsize, 0))?;
    setrlimit(Resource::Nofile, at_most(Resource::Nofile, OPEN_FILES_MAX))?;
    setrlimit(Resource::As, at_most(Resource::As, MEMORY_BYTES_MAX))?;
    Ok(())
}

fn restrict(files: &RulesetCreated) -> io::Result<()> {
    // What it says is one of its system calls' number.
    files.try_clone()?.restrict_self().map(drop).map_err(|_| io::Error::last_os_error())
}

fn filter(calls: &BpfProgram) -> io::Result<()> {
    seccompiler::apply_filter(calls).map_err(|_| io::Error::last_os_error())
}

/// Takes a step in a child, which ends behind it.
fn attempt(step: impl FnMut() -> io::Result<()> + Send + Sync + 'static) -> io::Result<()> {
    // Nothing can be there, and no step fails like that.
    let mut command = Command::new("/dev/null/nothing");
    #[expect(unsafe_code, reason = "only this lets code of ours run in a child")]
    // SAFETY: this process has a single thread, so that what fork has copied is whole.
    unsafe {
        command.pre_exec(step);
    }
    match command.spawn() {
        Err(error) if error.raw_os_error() == Some(libc::ENOTDIR) => Ok(()),
        Err(error) => Err(error),
        Ok(mut child) => child.wait().map(drop),
    }
}
