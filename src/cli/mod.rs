//! The command line's types.

mod manage;
mod measuring;
mod results;
mod serving;

use crate::values;
use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use netscan_schemas::{
    AttemptNo, BatchId, ScanId, Seq,
    api::{RescanOnly, SandboxMode},
    attempt::Stream,
    grants::Confirmation,
};
use std::{ffi::OsString, net::IpAddr, path::PathBuf, time::Duration};

pub use manage::*;
pub use measuring::*;
pub use results::*;
pub use serving::*;

/// Runs many nmap processes under supervision, and tells in order what each of them found.
#[derive(Debug, Parser)]
#[command(name = "netscan", version, max_term_width = 100)]
pub struct Args {
    /// Where scans are kept.
    #[arg(long, global = true, value_name = "DIR", env = "NETSCAN_DATA")]
    pub data: Option<PathBuf>,
    /// A server to talk to, instead of the data directory's own.
    #[arg(long, global = true, value_name = "URL", env = "NETSCAN_SERVER")]
    pub server: Option<String>,
    /// A file with the token for that server; the variable NETSCAN_TOKEN may hold it instead.
    #[arg(long, global = true, value_name = "FILE", env = "NETSCAN_TOKEN_FILE")]
    pub token_file: Option<PathBuf>,
    /// A PEM file with certificates to trust for that server, besides the system's.
    #[arg(long, global = true, value_name = "FILE", env = "NETSCAN_CA_FILE")]
    pub ca_file: Option<PathBuf>,
    /// Print JSON, and nothing else.
    #[arg(long, global = true)]
    pub json: bool,
    /// Say more about what happens; twice for everything.
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// When to use colour.
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto)]
    pub color: Color,
    /// How much of the sandbox around nmap has to be there: all of it, what this system has, or
    /// (to look for faults only) none.
    #[arg(
        long,
        global = true,
        value_name = "MODE",
        env = "NETSCAN_SANDBOX",
        default_value = "best-effort",
        value_parser = values::sandbox
    )]
    pub sandbox: SandboxMode,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// When to use colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// A document of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Document {
    /// OpenAPI: the REST routes.
    Openapi,
    /// AsyncAPI: the WebSockets.
    Asyncapi,
    /// JSON Schema: the events.
    Events,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Scan targets, and show what is found as it is found.
    Scan(Box<ScanArgs>),
    /// Start the server: REST, WebSocket, and scans that go on after a restart.
    Serve(ServeArgs),
    /// List scans, newest first.
    Ls,
    /// Show how a scan stands, or the whole system.
    Status {
        /// The scan's number.
        #[arg(value_parser = values::scan)]
        scan: Option<ScanId>,
    },
    /// Follow a scan: live on a terminal, as lines in a pipe.
    Watch {
        /// The scan's number.
        #[arg(value_parser = values::scan)]
        scan: ScanId,
        /// Begin after this event; 0 for everything.
        #[arg(long, default_value_t = 0)]
        since: Seq,
        /// Print lines on a terminal too.
        #[arg(long)]
        plain: bool,
    },
    /// Stop a scan and keep what it found.
    Stop {
        /// The scan's number.
        #[arg(value_parser = values::scan)]
        scan: ScanId,
        /// Give its nmap processes no time to end.
        #[arg(long)]
        force: bool,
    },
    /// Pause a scan: nothing new starts, what runs is kept.
    Pause {
        /// The scan's number.
        #[arg(value_parser = values::scan)]
        scan: ScanId,
    },
    /// Go on with a paused scan.
    Resume {
        /// The scan's number.
        #[arg(value_parser = values::scan)]
        scan: ScanId,
    },
    /// Scan targets of an ended scan again, as a new scan.
    Rescan {
        /// The scan's number.
        #[arg(value_parser = values::scan)]
        scan: ScanId,
        /// Which of its targets.
        #[arg(long, value_enum, default_value_t = Only::Unfinished)]
        only: Only,
        /// Run scripts that guess passwords, break in, or ask others than the targets.
        #[arg(long)]
        confirm_dangerous_scripts: bool,
    },
    /// List the hosts that a scan found, or find hosts over all scans.
    Hosts(HostsArgs),
    /// Show what scans found at an address, and what changed when.
    Host {
        /// The address.
        address: IpAddr,
    },
    /// List the batches of a scan.
    Batches {
        /// The scan's number.
        #[arg(value_parser = values::scan)]
        scan: ScanId,
    },
    /// Print what nmap wrote, byte by byte.
    Raw {
        /// The batch's number.
        #[arg(value_parser = values::batch)]
        batch: BatchId,
        /// xml, stdout or stderr.
        stream: Stream,
        /// Which attempt; the newest when left out.
        #[arg(long)]
        attempt: Option<u32>,
    },
    /// Write a scan as a document: nmap's XML, JSON, CSV, or a report to read.
    Export(ExportArgs),
    /// Show what differs between two scans. What one of them has not scanned is no difference.
    Diff(DiffArgs),
    /// Make scans of files that `nmap -oX` wrote, whole or cut off. Nothing is scanned.
    Import(ImportArgs),
    /// Show what all nmaps of the server may use, or change it while they run.
    Limits(LimitsArgs),
    /// Print a document of the API; `/api/docs` of a server shows it as a page.
    Openapi {
        /// Which one.
        #[arg(value_enum, default_value_t = Document::Openapi)]
        document: Document,
    },
    /// Look for what keeps scans from working, and say how to mend it.
    Doctor {
        /// The nmap to use.
        #[arg(long, value_name = "PATH")]
        nmap: Option<PathBuf>,
    },
    /// Look after the store: check, back up, mend. The server must not be running.
    #[command(subcommand)]
    Store(StoreCommand),
    /// What target expressions mean.
    #[command(subcommand)]
    Targets(TargetsCommand),
    /// Names under which scans are kept.
    #[command(subcommand)]
    Projects(ProjectsCommand),
    /// Named sets of nmap's flags: list them, and make your own.
    Profiles(ProfilesArgs),
    /// Measure netscan on this machine, beside the least that the same work costs.
    ///
    /// Scans loopback alone, in a temporary directory that is removed. Takes up to three minutes,
    /// half a minute with --quick. Ratios of one run can be compared between machines; times
    /// cannot. benches/README.md says what is measured, and describes the output of --json.
    Bench(BenchArgs),
    /// What may be scanned: show it, and change it.
    #[command(subcommand)]
    Scope(ScopeCommand),
    /// Who may use a server: tokens, and login URLs for browsers.
    #[command(subcommand)]
    Token(TokenCommand),
    /// Show who did what: the newest entries of the audit log.
    Audit(AuditArgs),
    /// Print the script that completes commands in a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Write manual pages, one for each command.
    Man {
        /// The directory to write them into; without one, `netscan`'s own goes to standard output.
        #[arg(long, value_name = "DIR")]
        dir: Option<PathBuf>,
    },
}

/// Targets and how to scan them.
#[derive(Debug, ClapArgs)]
pub struct ScanArgs {
    /// Addresses, CIDR blocks, ranges (10.0.0.1-20, 10.0.0-3.1), host names.
    #[arg(value_name = "TARGET")]
    pub targets: Vec<String>,
    /// Read targets from a file, `-` for standard input; `-iL FILE` is understood too.
    #[arg(short = 'i', long = "target-file", value_name = "FILE")]
    pub target_files: Vec<PathBuf>,
    /// Ports, as nmap takes them: 22,80,8000-8100 or - for all.
    #[arg(short, long, value_name = "PORTS", allow_hyphen_values = true)]
    pub ports: Option<String>,
    /// Scan with this profile (`netscan profiles` lists them). Flags given as well take the place
    /// of the profile's that say the same thing; scripts add up.
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// In how many steps to go over the addresses; as the profile says when left out, else single.
    #[arg(long, value_enum)]
    pub plan: Option<Plan>,
    /// Do not scan these; written like targets.
    #[arg(long, value_name = "TARGET")]
    pub exclude: Vec<String>,
    /// Do not scan what this file lists.
    #[arg(long, value_name = "FILE")]
    pub exclude_file: Vec<PathBuf>,
    /// Keep the scan under this project; made if there is none.
    #[arg(long, value_name = "NAME")]
    pub project: Option<String>,
    /// A name for the scan.
    #[arg(long)]
    pub name: Option<String>,
    /// Addresses in a batch.
    #[arg(long, value_name = "N")]
    pub chunk_size: Option<u32>,
    /// Batches at once.
    #[arg(long, value_name = "N")]
    pub concurrency: Option<u32>,
    /// Tries at a batch, the first included.
    #[arg(long, value_name = "N")]
    pub attempts: Option<u32>,
    /// End an nmap that runs longer (90s, 30m, 2h).
    #[arg(long, value_name = "TIME", value_parser = values::duration)]
    pub batch_timeout: Option<Duration>,
    /// End an nmap that is silent for so long.
    #[arg(long, value_name = "TIME", value_parser = values::duration)]
    pub stall_timeout: Option<Duration>,
    /// Start the scan on the server, print its number, and do not wait.
    #[arg(long)]
    pub detach: bool,
    /// The nmap to use.
    #[arg(long, value_name = "PATH")]
    pub nmap: Option<PathBuf>,
    /// nmap processes at once over all scans.
    #[arg(long, value_name = "N", value_parser = values::slots)]
    pub slots: Option<usize>,
    /// Packets a second that all nmap processes may send together, beyond this machine; 0 for no
    /// bound. 80000 when left out.
    #[arg(long, value_name = "N", value_parser = values::packet_rate)]
    pub packet_rate: Option<u32>,
    /// Run scripts that guess passwords, break in, or ask others than the targets.
    #[arg(long)]
    pub confirm_dangerous_scripts: bool,
    /// nmap's flags, after `--`.
    #[arg(last = true, value_name = "NMAP FLAGS")]
    pub flags: Vec<String>,
}

/// Which targets to scan again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum Only {
    /// Those without a verdict.
    Unfinished,
    /// Those that nmap gave up on.
    TimedOut,
    /// All of them.
    All,
}

impl From<Only> for RescanOnly {
    fn from(only: Only) -> Self {
        match only {
            Only::Unfinished => Self::Unfinished,
            Only::TimedOut => Self::TimedOut,
            Only::All => Self::All,
        }
    }
}

/// Returns what a request confirms.
pub fn confirmed(dangerous_scripts: bool) -> Vec<Confirmation> {
    dangerous_scripts.then_some(Confirmation::DangerousScripts).into_iter().collect()
}

impl Command {
    /// Returns the attempt that `raw` names.
    pub fn attempt(number: Option<u32>) -> Option<AttemptNo> {
        number.map(AttemptNo)
    }
}

/// Reads the command line, or ends the process with what is wrong with it.
pub fn parse(args: impl IntoIterator<Item = OsString>) -> Args {
    let args = as_clap_expects(args);
    Args::try_parse_from(&args).unwrap_or_else(|error| with_tip(error, &args).exit())
}

/// Tells those who give one of nmap's flags to `netscan scan` where it goes.
fn with_tip(mut error: clap::Error, args: &[OsString]) -> clap::Error {
    use clap::error::{ContextKind, ContextValue, ErrorKind};
    let invalid = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(invalid)) => invalid.clone(),
        _ => return error,
    };
    if invalid == "--token" {
        // It is not repeated: everybody on this machine has seen it once.
        let tip = "the arguments of a process are shown to everybody: put the token into the \
                   variable NETSCAN_TOKEN, or into a file for --token-file";
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
        return error;
    }
    let is_scan = args.iter().any(|arg| arg == "scan");
    if error.kind() != ErrorKind::UnknownArgument || !is_scan || !invalid.starts_with('-') {
        return error;
    }
    // Of `-sS` clap only names `-s`.
    let texts = args.iter().take_while(|arg| *arg != "--").filter_map(|arg| arg.to_str());
    let written = texts.filter(|text| text.starts_with(&invalid)).find(|text| {
        // A long one is whole, or followed by its value.
        !invalid.starts_with("--") || text[invalid.len()..].chars().next().is_none_or(|c| c == '=')
    });
    let written = written.unwrap_or(&invalid).to_owned();
    let tip = format!("flags for nmap go after `--`: `-- {written}`");
    error.insert(ContextKind::InvalidArg, ContextValue::String(written));
    error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
    error
}

/// Rewrites what nmap's users type and clap cannot know: `-iL FILE`, `-iLFILE`.
pub fn as_clap_expects(args: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut flags = false;
    let rewrite = |arg: OsString| {
        flags |= arg == "--";
        match arg.to_str() {
            Some("-iL") if !flags => vec!["-i".into()],
            Some(text) if !flags && text.starts_with("-iL") => {
                vec!["-i".into(), text["-iL".len()..].into()]
            }
            _ => vec![arg],
        }
    };
    args.into_iter().flat_map(rewrite).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        <Args as clap::CommandFactory>::command().debug_assert();
    }

    #[test]
    fn nmaps_flags_are_shown_their_place() {
        let said = |line: &str| {
            let args = as_clap_expects(line.split(' ').map(OsString::from));
            let error = Args::try_parse_from(&args).unwrap_err();
            with_tip(error, &args).render().to_string()
        };
        for (line, tip) in [
            ("netscan scan 127.0.0.1 -sS", "`-- -sS`"),
            ("netscan scan -T4 127.0.0.1 -p 1", "`-- -T4`"),
            ("netscan scan 127.0.0.1 --top-ports 10", "`-- --top-ports`"),
            ("netscan scan 127.0.0.1 --top-ports=10", "`-- --top-ports=10`"),
        ] {
            assert!(said(line).contains(tip), "{line}: {}", said(line));
        }
        assert!(!said("netscan ls -sS").contains("nmap"), "only a scan takes flags for nmap");
    }

    #[test]
    fn a_token_is_no_argument() {
        let args = ["netscan", "--token", "nsk_secret", "ls"].map(OsString::from);
        let error = Args::try_parse_from(&args).unwrap_err();
        let said = with_tip(error, &args).render().to_string();
        assert!(said.contains("NETSCAN_TOKEN") && !said.contains("nsk_secret"), "{said}");
    }

    #[test]
    fn nmaps_way_to_name_a_file_is_understood() {
        let rewritten = |line: &str| {
            let args = as_clap_expects(line.split(' ').map(OsString::from));
            args.iter().map(|arg| arg.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(rewritten("netscan scan -iL list"), "netscan scan -i list");
        assert_eq!(rewritten("netscan scan -iLlist -p 1"), "netscan scan -i list -p 1");
        assert_eq!(rewritten("netscan scan x -- -iL list"), "netscan scan x -- -iL list");
    }
}
