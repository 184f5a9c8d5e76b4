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
//! measured; from then on a start where a layer that works does not is no start.
//!
//! Promise: with all layers a script of nmap's can neither write nor start anything, and reads
//! nothing but what nmap itself needs.

mod calls;
mod files;
mod user;

use super::super::Needs;
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
    files: Option<Files>,
    calls: Option<Arc<BpfProgram>>,
    layers: Vec<SandboxLayer>,
}

impl Sandbox {
    /// Finds out which layers there are.
    pub(super) fn prepare(mode: SandboxMode) -> Self {
        let mut sandbox = Self { mode, user: None, files: None, calls: None, layers: Vec::new() };
        if mode == SandboxMode::Off {
            return sandbox;
        }
        sandbox.user();
        sandbox.capabilities();
        let nnp = attempt(|| Ok(rustix::thread::set_no_new_privs(true)?));
        sandbox.add("no_new_privileges", nnp.map(|()| "no program gives more rights".to_owned()));
        sandbox.landlock();
        sandbox.seccomp();
        sandbox.limits();
        sandbox
    }

    /// Returns what there is, to be told.
    pub(super) fn view(&self) -> View {
        View { mode: self.mode, layers: self.layers.clone() }
    }

    /// Returns what one process is put into.
    pub(super) fn cell(&mut self, program: &str, needs: &Needs) -> io::Result<Cell> {
        let files = self.files.as_mut().map(|files| files.ruleset(program, needs)).transpose()?;
        Ok(Cell {
            is_on: self.mode != SandboxMode::Off,
            user: self.user,
            raw: needs.raw,
            files,
            calls: self.calls.clone(),
        })
    }

    fn add(&mut self, name: &str, found: io::Result<String>) {
        let (state, detail) = match found {
            Ok(detail) => (LayerState::On, detail),
            Err(error) => (LayerState::Missing, error.to_string()),
        };
        self.layers.push(SandboxLayer { name: name.to_owned(), state, detail });
    }

    fn user(&mut self) {
        let uid = rustix::process::geteuid();
        if !uid.is_root() {
            self.layers.push(SandboxLayer {
                name: "user".to_owned(),
                state: LayerState::NotNeeded,
                detail: format!("netscan is not root: nmap runs as user {} too", uid.as_raw()),
            });
            return;
        }
        let user = User::find();
        let found = user.try_out();
        self.user = found.is_ok().then_some(user);
        self.add("user", found.map(|()| format!("nmap runs as {user}, in no other group")));
    }

    fn capabilities(&mut self) {
        let bounded = user::bound_capabilities();
        let user = self.user;
        let raw = user::holds_raw();
        let kept = attempt(move || {
            user.map_or(Ok(()), User::become_it)?;
            user::keep_capabilities(raw)
        });
        let detail = match (raw, bounded) {
            (false, _) => "none".to_owned(),
            (true, true) => "CAP_NET_RAW, for scans with raw packets; never more".to_owned(),
            (true, false) => "CAP_NET_RAW, for scans with raw packets".to_owned(),
        };
        self.add("capabilities", kept.map(|()| detail));
    }

    fn landlock(&mut self) {
        let found = Files::new();
        let found = found.and_then(|mut files| {
            let ruleset = files.ruleset("/dev/null", &Needs::default())?;
            attempt(move || restrict(&ruleset))?;
            let detail = files.describe();
            self.files = Some(files);
            Ok(detail)
        });
        self.add("landlock", found);
    }

    fn seccomp(&mut self) {
        let found = calls::filters().and_then(|calls::Filters { warden, nmap }| {
            let (warden, nmap) = (Arc::new(warden), Arc::new(nmap));
            let both = (Arc::clone(&warden), Arc::clone(&nmap));
            attempt(move || filter(&both.0).and_then(|()| filter(&both.1)))?;
            filter(&warden)?;
            self.calls = Some(nmap);
            Ok("no new process, no socket but IP and packets, no system administration".to_owned())
        });
        self.add("seccomp", found);
    }

    fn limits(&mut self) {
        let detail = format!(
            "no file grows, {OPEN_FILES_MAX} descriptors, {} MiB of memory",
            MEMORY_BYTES_MAX >> 20
        );
        self.add("limits", attempt(limit).map(|()| detail));
    }
}

/// What one process is put into.
pub(super) struct Cell {
    is_on: bool,
    user: Option<User>,
    raw: bool,
    files: Option<RulesetCreated>,
    calls: Option<Arc<BpfProgram>>,
}

impl Cell {
    /// Lets the process open its XML pipe anew, by its name: as another user it may not otherwise.
    pub(super) fn hand_over(&self, xml: impl AsFd) -> io::Result<()> {
        self.user.map_or(Ok(()), |user| user.own(xml))
    }

    /// Takes rights from the child. It clears the parent-death signal.
    pub(super) fn drop_privileges(&self) -> io::Result<()> {
        if !self.is_on {
            return Ok(());
        }
        limit()?;
        if let Some(user) = self.user {
            user.become_it()?;
        }
        user::keep_capabilities(self.raw)?;
        Ok(rustix::thread::set_no_new_privs(true)?)
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
