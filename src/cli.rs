//! The command line's types.

use crate::values;
use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use netscan_schemas::{AttemptNo, BatchId, ScanId, Seq, Time, TokenId, attempt::Stream};
use std::{
    ffi::OsString,
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

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
    /// bound. 20000 when left out.
    #[arg(long, value_name = "N", value_parser = values::packet_rate)]
    pub packet_rate: Option<u32>,
    /// nmap's flags, after `--`.
    #[arg(last = true, value_name = "NMAP FLAGS")]
    pub flags: Vec<String>,
}

/// How to serve.
#[derive(Debug, ClapArgs)]
pub struct ServeArgs {
    /// Where to listen, port 0 for any free one. Beyond loopback it takes TLS.
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
    /// bound. 20000 when left out.
    #[arg(long, value_name = "N", value_parser = values::packet_rate)]
    pub packet_rate: Option<u32>,
    /// Allow these addresses to be scanned for as long as the server runs; `netscan scope allow`
    /// is for good.
    #[arg(long, value_name = "CIDR")]
    pub allow: Vec<String>,
    /// Why; needed when they lie beyond this machine and private networks.
    #[arg(long, value_name = "WHY", requires = "allow")]
    pub allow_note: Option<String>,
    /// Let web pages of this origin use the API (http://localhost:5173).
    #[arg(long, value_name = "ORIGIN", value_parser = values::origin)]
    pub cors_origin: Vec<String>,
    /// Clients that may follow events at once, by WebSocket or event stream; 2048 when left out.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub clients_max: Option<u32>,
    /// Who may use the API.
    #[arg(long, value_enum, default_value_t = Auth::Token)]
    pub auth: Auth,
    /// A name that clients may call this server by, besides localhost and the address.
    #[arg(long, value_name = "NAME", value_parser = values::host)]
    pub host: Vec<String>,
    /// A PEM file with the server's certificate, and those between it and its root. Read again on
    /// SIGHUP.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// A PEM file with the certificate's private key.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
    /// A proxy in front of this server speaks TLS; it must hand on the Host that clients gave.
    #[arg(long, conflicts_with = "tls_cert", requires = "host")]
    pub behind_tls_proxy: bool,
    /// Connections at once. 4096 when left out.
    #[arg(long, value_name = "N", value_parser = values::at_least_one)]
    pub max_connections: Option<usize>,
    /// Connections from one address at once, loopback apart; 0 for no bound. 64 when left out.
    #[arg(long, value_name = "N")]
    pub max_connections_per_ip: Option<usize>,
    /// Requests a second of one token; 0 for no bound. 10000 when left out.
    #[arg(long, value_name = "N")]
    pub request_rate: Option<u32>,
    /// How to write the log.
    #[arg(long, value_enum, default_value_t = Log::Text)]
    pub log: Log,
}

/// Who may use the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Auth {
    /// Who has a token, or a session that was begun with one.
    Token,
    /// Everybody on this machine; for a server that listens on loopback only.
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

/// What to measure.
#[derive(Debug, ClapArgs)]
pub struct BenchArgs {
    /// Which suites; all when left out.
    #[arg(value_name = "SUITE", value_enum)]
    pub suites: Vec<BenchSuite>,
    /// Runs of each figure, of which the one in the middle counts.
    #[arg(long, value_name = "N", value_parser = values::runs)]
    pub runs: Option<u32>,
    /// Measure little, in half a minute: rough figures.
    #[arg(long)]
    pub quick: bool,
    /// Write a page with charts.
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// The nmap to measure with, beside the stand-in.
    #[arg(long, value_name = "PATH")]
    pub nmap: Option<PathBuf>,
    /// Where to make the temporary directory.
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// Hosts in the store of the suite `store`.
    #[arg(long, value_name = "N", value_parser = values::bench_hosts)]
    pub hosts: Option<u64>,
    /// MiB in the stores of the suite `recover`, with commas between several.
    #[arg(long, value_name = "MIB", value_delimiter = ',', value_parser = values::bench_mib)]
    pub store_mib: Vec<u64>,
}

/// What can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum BenchSuite {
    /// Tiny batches, beside xargs and a bare loop.
    Batches,
    /// Lines to many WebSocket clients.
    Stream,
    /// Reading nmap's XML, beside quick-xml.
    Parse,
    /// Writing, finding and opening.
    Store,
    /// Cutting targets into batches.
    Plan,
    /// From a kill to going on.
    Recover,
}

impl BenchSuite {
    /// All of them, in the order in which they run.
    pub const ALL: [Self; 6] =
        [Self::Batches, Self::Stream, Self::Parse, Self::Store, Self::Plan, Self::Recover];
}

/// Which hosts.
#[derive(Debug, ClapArgs)]
pub struct HostsArgs {
    /// The scan's number; all scans are searched when it is left out.
    #[arg(value_parser = values::scan)]
    pub scan: Option<ScanId>,
    /// Only hosts with an open port.
    #[arg(long)]
    pub open: bool,
    /// Only hosts at this address, in this block or range, or with this beginning (`10.0.`).
    #[arg(long)]
    pub address: Option<String>,
    /// Only hosts that list this port.
    #[arg(long)]
    pub port: Option<u16>,
    /// Only hosts that list a port of this service.
    #[arg(long)]
    pub service: Option<String>,
    /// Only hosts that list a port with this text in its product.
    #[arg(long)]
    pub product: Option<String>,
    /// Only hosts that nmap calls this: up or down.
    #[arg(long)]
    pub status: Option<String>,
    /// Only hosts with this verdict: up, timed_out or unfinished.
    #[arg(long)]
    pub verdict: Option<String>,
    /// Only hosts of this project's scans, by its number.
    #[arg(long, value_name = "ID", conflicts_with = "scan")]
    pub project: Option<u64>,
    /// Only hosts that mention all of these words.
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

/// What to do with access rights.
#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Make a token, and print its secret, which is not kept.
    Create {
        /// What it is for.
        #[arg(long)]
        name: String,
        /// What its holder may do.
        #[arg(long, value_enum)]
        role: TokenRole,
        /// Limit it to this project, by number or name; give it again for more.
        #[arg(long, value_name = "PROJECT")]
        project: Vec<String>,
        /// How long it is good for (12h, 30d); for ever when left out.
        #[arg(long, value_name = "TIME", value_parser = values::lifetime)]
        expires: Option<Duration>,
    },
    /// List tokens.
    Ls,
    /// Take a token away, with the sessions and streams that it let in.
    Revoke {
        /// The token's id, or the token itself.
        #[arg(value_name = "ID", value_parser = values::token)]
        id: TokenId,
    },
    /// Print a URL that lets a browser in, once and within ten minutes.
    LoginUrl,
}

/// What the holder of a token may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TokenRole {
    /// Look at what there is.
    Viewer,
    /// Scan, and change and delete scans and projects.
    Operator,
    /// Everything, access rights included.
    Admin,
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

/// What to do with what may be scanned.
#[derive(Debug, Subcommand)]
pub enum ScopeCommand {
    /// List what may be scanned, and what may not.
    Ls {
        /// The scope of this project, by its number or name; the server's when left out.
        #[arg(long, value_name = "PROJECT")]
        project: Option<String>,
    },
    /// Allow addresses. Beyond this machine and private networks it takes a note.
    Allow(ScopeEntryArgs),
    /// Deny addresses, whatever allows them.
    Deny(ScopeEntryArgs),
    /// Take entries away.
    Rm {
        /// Their numbers, or their addresses as `netscan scope ls` shows them.
        #[arg(required = true, value_name = "ENTRY")]
        entries: Vec<String>,
        /// From the scope of this project.
        #[arg(long, value_name = "PROJECT")]
        project: Option<String>,
    },
}

/// New entries of a scope.
#[derive(Debug, ClapArgs)]
pub struct ScopeEntryArgs {
    /// Addresses, blocks or ranges: 10.0.0.0/8, 10.0.0.1-20, fd00::/64.
    #[arg(required = true, value_name = "CIDR")]
    pub targets: Vec<String>,
    /// Why.
    #[arg(long, value_name = "WHY")]
    pub note: Option<String>,
    /// When it ends to count: 8h, 7d, 2030-01-31T12:00:00Z.
    #[arg(long, value_name = "TIME", value_parser = values::moment)]
    pub expires: Option<Time>,
    /// Of the scope of this project, by its number or name; the server's when left out.
    #[arg(long, value_name = "PROJECT")]
    pub project: Option<String>,
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
