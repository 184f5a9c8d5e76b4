//! A network that only one command sees.

use crate::binary;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// The exit code of `simnet` where a privilege or a tool is missing.
pub const SKIPPED: i32 = 77;

/// Hosts that behave as a plan says, for commands that see nothing else.
///
/// ```no_run
/// # fn main() -> std::io::Result<()> {
/// use netscan_test_support::SimulatedNet;
/// if let Some(why) = SimulatedNet::missing()? {
///     eprintln!("{why}");
///     return Ok(());
/// }
/// let net = SimulatedNet::new("set rtt=40ms loss=10\n10.99.0.0/28 live open=22,80\n")?;
/// let status = net.command("nmap").args(["-n", "-sS", "10.99.0.0/28"]).status()?;
/// # Ok(())
/// # }
/// ```
///
/// Plans are described at the top of `src/bin/simnet/main.rs`.
#[derive(Debug)]
pub struct SimulatedNet {
    dir: TempDir,
    program: PathBuf,
}

/// What a perfect scan would find of one host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostTruth {
    /// The word that the plan has for it.
    pub kind: String,
    /// Does it answer anything at all?
    pub is_up: bool,
    /// Its open TCP ports, but for a `tarpit`, of which all are open.
    pub open: Vec<u16>,
    /// The state of all other TCP ports, as nmap calls it.
    pub others: String,
    /// Its open UDP ports.
    pub udp: Vec<u16>,
}

impl SimulatedNet {
    /// Prepares a network that behaves like this. Each of its commands gets one of its own.
    pub fn new(plan: &str) -> io::Result<Self> {
        let net = Self { dir: tempfile::tempdir()?, program: binary("simnet")? };
        std::fs::write(net.plan(), plan)?;
        Ok(net)
    }

    /// Returns why no network can be simulated here, in one line, if that is so.
    pub fn missing() -> io::Result<Option<String>> {
        let output = Self::new("")?.command("true").output()?;
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        match output.status.code() {
            Some(0) => Ok(None),
            Some(SKIPPED) => Ok(Some(said)),
            _ => Err(io::Error::other(said)),
        }
    }

    /// Returns a command that runs this program in the network, and ends as it does.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(&self.program);
        command.arg("--plan").arg(self.plan()).arg("--stats").arg(self.dir().join("stats"));
        command.arg("--").arg(program);
        command
    }

    /// Returns what a perfect scan of all the addresses that the plan names would find.
    pub fn truth(&self) -> io::Result<BTreeMap<IpAddr, HostTruth>> {
        let output =
            Command::new(&self.program).args(["truth", "--plan"]).arg(self.plan()).output()?;
        if !output.status.success() {
            return Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()));
        }
        Ok(serde_json::from_slice(&output.stdout)?)
    }

    /// Returns the counters of the command that ended last; `src/bin/simnet/stats.rs` names them.
    pub fn stats(&self) -> io::Result<serde_json::Value> {
        Ok(serde_json::from_slice(&std::fs::read(self.dir().join("stats"))?)?)
    }

    /// Returns a directory for files, which goes with the network.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    fn plan(&self) -> PathBuf {
        self.dir().join("plan")
    }
}
