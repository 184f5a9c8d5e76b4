//! The command line's types.

use crate::values;
use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use netscan_schemas::{AttemptNo, BatchId, ScanId, Seq, attempt::Stream};
use std::{ffi::OsString, net::SocketAddr, path::PathBuf, time::Duration};

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
    /// Print JSON, and nothing else.
    #[arg(long, global = true)]
    pub json: bool,
    /// Say more about what happens; twice for everything.
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// When to use colour.
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto)]
    pub color: Color,
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
    /// Follow a scan's events until it ends.
    Watch {
        /// The scan's number.
        #[arg(value_parser = values::scan)]
        scan: ScanId,
        /// Begin after this event; 0 for everything.
        #[arg(long, default_value_t = 0)]
        since: Seq,
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
    },
    /// List the hosts that a scan found.
    Hosts(HostsArgs),
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
    /// Show what all nmaps of the server may use, or change it while they run.
    Limits(LimitsArgs),
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
    /// Print the script that completes commands in a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
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
    /// nmap's flags, after `--`.
    #[arg(last = true, value_name = "NMAP FLAGS")]
    pub flags: Vec<String>,
}

/// What all nmaps of the server may use. Changes hold for what starts next; what runs keeps its share.
#[derive(Debug, ClapArgs)]
pub struct LimitsArgs {
    /// nmap processes at once over all scans.
    #[arg(long, value_name = "N", value_parser = values::slots)]
    pub slots: Option<usize>,
    /// Packets a second that all nmap processes may send together, beyond this machine; 0 for no
    /// bound.
    #[arg(long, value_name = "N", value_parser = values::packet_rate)]
    pub packet_rate: Option<u32>,
    /// Memory that is left to others (512M, 2G): no nmap starts when less would be free.
    #[arg(long, value_name = "SIZE", value_parser = values::size)]
    pub memory_reserve: Option<u64>,
}

/// How to serve.
#[derive(Debug, ClapArgs)]
pub struct ServeArgs {
    /// Where to listen; loopback only, port 0 for any free one.
    #[arg(
        long,
        value_name = "ADDRESS:PORT",
        default_value = "127.0.0.1:8000",
        value_parser = values::listen
    )]
    pub listen: SocketAddr,
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
    /// Let web pages of this origin use the API (http://localhost:5173).
    #[arg(long, value_name = "ORIGIN", value_parser = values::origin)]
    pub cors_origin: Vec<String>,
    /// Who may use the API; `none` is everybody on this machine.
    #[arg(long, value_enum, default_value_t = Auth::None)]
    pub auth: Auth,
    /// How to write the log.
    #[arg(long, value_enum, default_value_t = Log::Text)]
    pub log: Log,
}

/// Who may use the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Auth {
    /// Everybody who can reach the loopback address.
    None,
}

/// How to write the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Log {
    /// For people.
    Text,
    /// A JSON object a line.
    Json,
}

/// Which hosts.
#[derive(Debug, ClapArgs)]
pub struct HostsArgs {
    /// The scan's number.
    #[arg(value_parser = values::scan)]
    pub scan: ScanId,
    /// Only hosts with an open port.
    #[arg(long)]
    pub open: bool,
    /// Only hosts that list this port.
    #[arg(long)]
    pub port: Option<u16>,
    /// Only hosts that list a port of this service.
    #[arg(long)]
    pub service: Option<String>,
    /// Only hosts that nmap calls this: up or down.
    #[arg(long)]
    pub status: Option<String>,
    /// Only hosts that mention this text.
    #[arg(short, long, value_name = "TEXT")]
    pub q: Option<String>,
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

/// What to do with target expressions.
#[derive(Debug, Subcommand)]
pub enum TargetsCommand {
    /// List the addresses that targets mean; nothing is sent to them.
    Expand {
        /// The targets.
        #[arg(required = true, value_name = "TARGET")]
        targets: Vec<String>,
    },
    /// List hosts that scans could not finish; the next scan of them puts them at its end.
    Difficult {
        /// Only those of this scan.
        #[arg(long, value_parser = values::scan)]
        scan: Option<ScanId>,
    },
}

/// What to do with the store.
#[derive(Debug, Subcommand)]
pub enum StoreCommand {
    /// Verify everything in it: pages, records, digests of raw output, indexes and counts.
    Check {
        /// Make indexes and counts anew from the records, if they are wrong.
        #[arg(long)]
        repair: bool,
    },
    /// Show rows and bytes of each table.
    Stats,
    /// Copy it into a new file, and verify that. Copying the file itself is not safe.
    Backup {
        /// The new file; one that exists is not written over.
        file: PathBuf,
    },
    /// Give the room of what was deleted back to the disk.
    Compact,
    /// Copy every record that is sound from a damaged store into a new file.
    Salvage {
        /// The new file; one that exists is not written over.
        file: PathBuf,
    },
}

/// What to do with projects.
#[derive(Debug, Subcommand)]
pub enum ProjectsCommand {
    /// List projects.
    Ls,
    /// Make a project.
    Add {
        /// Its name.
        name: String,
        /// What it is for.
        #[arg(long)]
        description: Option<String>,
    },
    /// Delete a project with all its scans.
    Rm {
        /// Its number or its name.
        #[arg(value_name = "PROJECT")]
        project: String,
    },
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
