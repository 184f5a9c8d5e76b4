//! Commands that look after what is kept: targets, store, tokens, projects, scope.

use crate::values;
use clap::{Args as ClapArgs, Subcommand, ValueEnum};
use netscan_schemas::{
    ScanId, Time, TokenId, api::AuditHead, audit::AuditAction, grants::ScriptTier,
};
use std::{path::PathBuf, time::Duration};

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

/// Which entries of the audit log to show, or to verify it.
#[derive(Debug, ClapArgs)]
#[command(args_conflicts_with_subcommands = true)]
pub struct AuditArgs {
    /// What else to do.
    #[command(subcommand)]
    pub command: Option<AuditCommand>,
    /// Show all entries after this one, 0 for all; without it the newest.
    #[arg(long, value_name = "NUMBER")]
    pub since: Option<u64>,
    /// Show so many of the newest entries. 50 when left out.
    #[arg(long, short = 'n', value_name = "N", conflicts_with = "since")]
    pub last: Option<usize>,
    /// Only this action (scan-create, login, scope-allow ...).
    #[arg(long, value_parser = values::audit_action)]
    pub action: Option<AuditAction>,
    /// Only this actor: a token's id or name, a user's name, or token, session, local, unknown,
    /// server.
    #[arg(long, value_name = "WHO")]
    pub actor: Option<String>,
    /// Go on with entries as they are written.
    #[arg(long)]
    pub follow: bool,
}

/// What to do with the audit log.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Follow the chain of hashes from the first entry to the newest, and print that one's.
    ///
    /// Ends with 1 when an entry was changed or is missing, and with 6 when a record is damaged. The
    /// chain alone cannot show that all of it was written anew: keep heads elsewhere, and give them.
    Verify {
        /// A head that an earlier verification printed, or the server's log has.
        #[arg(long, value_name = "NUMBER:HASH")]
        head: Option<AuditHead>,
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
    /// Grant a project what not every scan may do, or take it back. Only admins may.
    Grant(GrantArgs),
}

/// What to grant a project.
#[derive(Debug, ClapArgs)]
#[command(group = clap::ArgGroup::new("what").required(true).multiple(true))]
pub struct GrantArgs {
    /// Its number or its name.
    #[arg(value_name = "PROJECT")]
    pub project: String,
    /// Which scripts its scans may run.
    #[arg(long, value_enum, group = "what")]
    pub scripts: Option<Scripts>,
    /// Whether admins may slip its scans past filters, or hurry them: -T5, -f, --ttl and the like.
    #[arg(long, value_enum, group = "what", value_name = "on|off")]
    pub evasion: Option<Switch>,
    /// Why. Needed to grant more than is granted already.
    #[arg(long, value_name = "WHY")]
    pub note: Option<String>,
}

/// Which scripts a project may run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Scripts {
    /// Those that only look.
    Safe,
    /// Also those of nmap's categories vuln, auth and intrusive.
    Intrusive,
    /// Also those that guess passwords, break in, or ask others than the targets: admins, and scans
    /// that confirm it. Never those of the category dos.
    All,
}

/// On or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    /// It may.
    On,
    /// It may not.
    Off,
}

impl From<Scripts> for ScriptTier {
    fn from(scripts: Scripts) -> Self {
        match scripts {
            Scripts::Safe => Self::Safe,
            Scripts::Intrusive => Self::Intrusive,
            Scripts::All => Self::All,
        }
    }
}

/// What to do with profiles.
#[derive(Debug, ClapArgs)]
pub struct ProfilesArgs {
    /// What to do; lists them when left out.
    #[command(subcommand)]
    pub command: Option<ProfilesCommand>,
}

/// What to do with profiles.
#[derive(Debug, Subcommand)]
pub enum ProfilesCommand {
    /// List profiles.
    Ls,
    /// Show a profile with nmap's whole command.
    Show {
        /// Its name.
        name: String,
    },
    /// Make a profile.
    Add {
        /// Its name: a-z, 0-9, - and _.
        name: String,
        /// What it is for.
        #[arg(long)]
        description: Option<String>,
        /// In how many steps its scans go over their addresses; single when left out.
        #[arg(long, value_enum)]
        plan: Option<Plan>,
        /// nmap's flags, after `--`.
        #[arg(last = true, value_name = "NMAP FLAGS")]
        flags: Vec<String>,
    },
    /// Delete a profile. Scans that were started with it keep its flags.
    Rm {
        /// Its name.
        name: String,
    },
    /// Make the profiles that a TOML file has, or replace those of their names.
    ///
    /// One is written as `[profiles.NAME]`, `flags = ["-sV", "-p-"]`, and if wanted
    /// `description = "..."` and `plan = "staged"`.
    Import {
        /// The file.
        file: PathBuf,
    },
}

/// In how many steps a scan goes over its addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Plan {
    /// Each address once, with all flags.
    Single,
    /// First which hosts are up, then their ports, then what listens on the open ones.
    Staged,
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
