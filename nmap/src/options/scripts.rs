//! Which of nmap's scripts may run, and of which tier each is: by name or by category.
//!
//! A script is safe when all its categories are harmless ones (`default`, `discovery`, `safe`,
//! `version`; `auth` and `vuln` too where nmap runs it by default). It is intrusive when the rest of
//! them are `auth`, `intrusive` and `vuln`, and dangerous otherwise. None of category `dos` is run,
//! nor any of a few that read or write files or reach for other hosts.
//!
//! Invariant: the expression of [`Scripts::to_args`] picks, from each category that was asked for,
//! exactly the scripts that [`ScriptDb::tier`] puts into the category's own tier or one before it.
//! That holds for a script database with none but the known categories, so that [`ScriptDb::read`]
//! takes no other.

use netscan_schemas::grants::ScriptTier;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

/// Scripts that one request may name.
const NAMES_MAX: usize = 64;
const NAME_BYTES_MAX: usize = 64;
const ARG_BYTES_MAX: usize = 128;
/// Bytes of `script.db`; 57,000 with nmap 7.93.
const DB_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// Categories that a safe script may have on top where nmap runs it by default.
const TOLERATED: &[&str] = &["auth", "vuln"];
/// The category that no script may have: it makes hosts fail.
const BARRED: &str = "dos";
/// Scripts in harmless categories that read or write files, or start before there is a host and
/// ask others about targets.
const BARRED_SCRIPTS: &[&str] = &[
    "ajp-request",
    "bittorrent-discovery",
    "dns-client-subnet-scan",
    "dns-srv-enum",
    "http-fetch",
    "ip-geolocation-map-kml",
    "resolveall",
    "snmp-interfaces",
    "targets-ipv6-map4to6",
    "targets-ipv6-wordlist",
    "targets-xml",
    "unittest",
    "url-snarf",
];
const NEVER_DOS: &str = "scripts of the category `dos` make hosts fail, and no request runs them; \
     only a setting could allow them, and this version has none";
/// Words that nmap reads as part of an expression, not as a name.
const KEYWORDS: &[&str] = &["all", "and", "false", "not", "or", "true"];

/// A category of scripts that may be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Category {
    /// What `-sC` runs.
    Default,
    /// Asks hosts about themselves and their network.
    Discovery,
    /// Disturbs nothing.
    Safe,
    /// Adds to `-sV`.
    Version,
    /// Logs in, or goes around logging in.
    Auth,
    /// Burdens a host, or is noticed there.
    Intrusive,
    /// Tries for known holes.
    Vuln,
    /// Asks everybody on the network.
    Broadcast,
    /// Guesses passwords.
    Brute,
    /// Uses a hole.
    Exploit,
    /// Asks third parties.
    External,
    /// Sends garbage.
    Fuzzer,
    /// Looks for, or as, malware.
    Malware,
}

impl Category {
    /// All of them, those of a tier together.
    pub const ALL: [Self; 13] = [
        Self::Default,
        Self::Discovery,
        Self::Safe,
        Self::Version,
        Self::Auth,
        Self::Intrusive,
        Self::Vuln,
        Self::Broadcast,
        Self::Brute,
        Self::Exploit,
        Self::External,
        Self::Fuzzer,
        Self::Malware,
    ];

    /// Returns the tier that a script of this category is of, or beyond.
    pub const fn tier(self) -> ScriptTier {
        match self {
            Self::Default | Self::Discovery | Self::Safe | Self::Version => ScriptTier::Safe,
            Self::Auth | Self::Intrusive | Self::Vuln => ScriptTier::Intrusive,
            Self::Broadcast
            | Self::Brute
            | Self::Exploit
            | Self::External
            | Self::Fuzzer
            | Self::Malware => ScriptTier::All,
        }
    }

    /// Returns its name in nmap.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Discovery => "discovery",
            Self::Safe => "safe",
            Self::Version => "version",
            Self::Auth => "auth",
            Self::Intrusive => "intrusive",
            Self::Vuln => "vuln",
            Self::Broadcast => "broadcast",
            Self::Brute => "brute",
            Self::Exploit => "exploit",
            Self::External => "external",
            Self::Fuzzer => "fuzzer",
            Self::Malware => "malware",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|category| category.name() == name)
    }
}

/// An argument that scripts may be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ScriptArg {
    /// The host that HTTP requests name.
    HttpHost,
    /// The program that HTTP requests name.
    HttpUserAgent,
    /// The host that TLS handshakes name.
    TlsServerName,
}

impl ScriptArg {
    const ALL: [Self; 3] = [Self::HttpHost, Self::HttpUserAgent, Self::TlsServerName];

    /// Returns its name in nmap.
    pub const fn name(self) -> &'static str {
        match self {
            Self::HttpHost => "http.host",
            Self::HttpUserAgent => "http.useragent",
            Self::TlsServerName => "tls.servername",
        }
    }
}

/// The scripts that are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scripts {
    /// All that may run of these categories.
    pub categories: BTreeSet<Category>,
    /// These ones. Nothing but lower-case letters, digits and `-`.
    names: BTreeSet<String>,
    /// What they are told. Nothing that could end an argument and open another.
    args: BTreeMap<ScriptArg, String>,
}

impl Scripts {
    /// Returns whether no script is asked for. `-sV` runs those that belong to it all the same.
    pub fn is_empty(&self) -> bool {
        self.categories.is_empty() && self.names.is_empty()
    }

    /// Returns the names of scripts that are asked for one by one.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// Adds categories and names as in `default,http-title`.
    pub(super) fn add(&mut self, list: &str) -> Result<(), String> {
        for word in list.split(',') {
            if let Some(category) = Category::from_name(word) {
                self.categories.insert(category);
                continue;
            }
            check_name(word)?;
            self.names.insert(word.to_owned());
        }
        if self.names.len() > NAMES_MAX {
            return Err(format!("names more than {NAMES_MAX} scripts"));
        }
        Ok(())
    }

    /// Adds arguments as in `http.host=example.com,tls.servername=example.com`.
    pub(super) fn add_args(&mut self, list: &str) -> Result<(), String> {
        for arg in list.split(',') {
            let (name, value) =
                arg.split_once('=').ok_or_else(|| format!("`{arg}` is not written name=value"))?;
            let known = ScriptArg::ALL.into_iter().find(|known| known.name() == name);
            let known = known.ok_or_else(|| {
                let names = ScriptArg::ALL.map(ScriptArg::name).join(", ");
                format!("`{name}` is not among the arguments that may be set: {names}")
            })?;
            let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"._:/-".contains(&b);
            let fits = !value.is_empty() && value.len() <= ARG_BYTES_MAX;
            if !fits || !value.bytes().all(is_plain) {
                return Err(format!(
                    "the value of `{name}` must be 1 to {ARG_BYTES_MAX} of a-z, 0-9 and ._:/-"
                ));
            }
            if self.args.insert(known, value.to_owned()).is_some() {
                return Err(format!("`{name}` is given twice"));
            }
        }
        Ok(())
    }

    /// Returns nmap's arguments.
    pub(super) fn to_args(&self) -> Vec<String> {
        let tiers = [ScriptTier::Safe, ScriptTier::Intrusive, ScriptTier::All];
        let mut rules: Vec<String> = tiers.into_iter().filter_map(|tier| self.rule(tier)).collect();
        rules.extend(self.names.iter().cloned());
        let mut args = Vec::new();
        if !rules.is_empty() {
            args.push(format!("--script={}", rules.join(",")));
        }
        if !self.args.is_empty() {
            let pairs = self.args.iter().map(|(arg, value)| format!("{}={value}", arg.name()));
            args.push(format!("--script-args={}", pairs.collect::<Vec<_>>().join(",")));
        }
        args
    }
}

impl Scripts {
    /// Returns the expression for the categories of a tier that are asked for. A category brings
    /// nothing in that is beyond its own tier: `safe,vuln` runs what each of them would run alone.
    fn rule(&self, tier: ScriptTier) -> Option<String> {
        let wanted = self.categories.iter().filter(|category| category.tier() == tier);
        let wanted: Vec<_> = wanted.map(|category| category.name()).collect();
        if wanted.is_empty() {
            return None;
        }
        let tolerated = match tier {
            ScriptTier::Safe => format!(" and (default or not ({}))", TOLERATED.join(" or ")),
            ScriptTier::Intrusive | ScriptTier::All => String::new(),
        };
        let beyond = Category::ALL.into_iter().filter(|category| category.tier() > tier);
        let beyond = beyond.map(Category::name).filter(|name| !TOLERATED.contains(name));
        let barred: Vec<_> = beyond.chain([BARRED]).chain(BARRED_SCRIPTS.iter().copied()).collect();
        Some(format!("({}){tolerated} and not ({})", wanted.join(" or "), barred.join(" or ")))
    }
}

fn check_name(word: &str) -> Result<(), String> {
    if word == BARRED {
        return Err(NEVER_DOS.into());
    }
    let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    let fits = !word.is_empty() && word.len() <= NAME_BYTES_MAX && !word.starts_with('-');
    if !fits || !word.bytes().all(is_plain) || KEYWORDS.contains(&word) {
        return Err("takes categories and names of installed scripts, such as \
             `default,http-title`: no paths, patterns or expressions"
            .into());
    }
    Ok(())
}

/// The scripts that are installed, with their categories.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptDb {
    scripts: BTreeMap<String, BTreeSet<String>>,
}

/// Why the list of installed scripts cannot be used. Without it no script runs.
#[derive(Debug, thiserror::Error)]
pub enum ScriptDbError {
    /// The file cannot be read.
    #[error("cannot read nmap's list of scripts at `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is not what nmap installs.
    #[error("nmap's list of scripts at `{}` is not understood: line {line} {reason}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// Which line, from 1.
        line: usize,
        /// What is wrong there.
        reason: String,
    },
}

impl ScriptDb {
    /// Returns where it is in nmap's data directory.
    pub fn path(datadir: &Path) -> PathBuf {
        datadir.join("scripts/script.db")
    }

    /// Reads `scripts/script.db` in nmap's data directory.
    pub fn read(datadir: &Path) -> Result<Self, ScriptDbError> {
        let path = Self::path(datadir);
        let mut text = String::new();
        let read =
            File::open(&path).and_then(|file| file.take(DB_BYTES_MAX).read_to_string(&mut text));
        match read {
            Ok(_) => Self::parse(&text).map_err(|(line, reason)| ScriptDbError::Line {
                path,
                line,
                reason,
            }),
            Err(source) => Err(ScriptDbError::Read { path, source }),
        }
    }

    /// Returns the list in this text, or the number of a line and what is wrong there.
    pub(super) fn parse(text: &str) -> Result<Self, (usize, String)> {
        let mut scripts = BTreeMap::new();
        for (line, number) in text.lines().zip(1..) {
            if line.trim().is_empty() {
                continue;
            }
            let (name, categories) =
                parse_entry(line).ok_or_else(|| (number, "is no entry".to_owned()))?;
            if let Some(unknown) = categories.iter().find(|category| !is_known(category)) {
                // nmap has a new category, and nobody has decided about it.
                return Err((number, format!("has the unknown category `{unknown}`")));
            }
            scripts.insert(name, categories);
        }
        Ok(Self { scripts })
    }

    /// Returns how many scripts are installed.
    pub fn len(&self) -> usize {
        self.scripts.len()
    }

    /// Returns whether no script is installed.
    pub fn is_empty(&self) -> bool {
        self.scripts.is_empty()
    }

    /// Returns the names of all scripts of a tier and those before it, in ascending order.
    pub fn up_to(&self, tier: ScriptTier) -> impl Iterator<Item = &str> {
        let fits = move |name: &&str| self.tier(name).is_ok_and(|of| of <= tier);
        self.scripts.keys().map(String::as_str).filter(fits)
    }

    /// Returns the categories of a script, as people read them.
    pub fn categories(&self, name: &str) -> String {
        let categories = self.scripts.get(name).into_iter().flatten();
        categories.map(String::as_str).collect::<Vec<_>>().join(", ")
    }

    /// Returns of which tier a script is, or why it is never run.
    pub fn tier(&self, name: &str) -> Result<ScriptTier, String> {
        let Some(categories) = self.scripts.get(name) else {
            return Err(format!("no script `{name}` is installed with nmap"));
        };
        if BARRED_SCRIPTS.contains(&name) {
            return Err(format!("`{name}` uses files or asks hosts outside of the targets"));
        }
        if categories.contains(BARRED) {
            return Err(format!("`{name}`: {NEVER_DOS}"));
        }
        let is_default = categories.contains("default");
        let tier = |name: &String| match name.as_str() {
            name if is_default && TOLERATED.contains(&name) => ScriptTier::Safe,
            // `read` has let no other in; one of unknown kind would be of the worst.
            name => Category::from_name(name).map_or(ScriptTier::All, Category::tier),
        };
        Ok(categories.iter().map(tier).max().unwrap_or_default())
    }
}

fn is_known(category: &str) -> bool {
    Category::from_name(category).is_some() || category == BARRED
}

/// Reads `Entry { filename = "banner.nse", categories = { "discovery", "safe", } }`.
fn parse_entry(line: &str) -> Option<(String, BTreeSet<String>)> {
    let rest = line.trim().strip_prefix("Entry { filename = \"")?;
    let (file, rest) = rest.split_once("\", categories = { ")?;
    let name = file.strip_suffix(".nse")?;
    let list = rest.strip_suffix("} }")?;
    let mut categories = BTreeSet::new();
    for quoted in list.split(',').map(str::trim).filter(|quoted| !quoted.is_empty()) {
        let category = quoted.strip_prefix('"')?.strip_suffix('"')?;
        categories.insert(category.to_owned());
    }
    Some((name.to_owned(), categories))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_scripts_is_understood_or_not_used() {
        let good = "Entry { filename = \"a.nse\", categories = { \"safe\", } }\n";
        assert_eq!(ScriptDb::parse(good).unwrap().tier("a"), Ok(ScriptTier::Safe));
        for (text, wrong) in [
            ("os.execute('id')\n", (1, "is no entry")),
            ("Entry { filename = \"b.nse\", categories = { safe, } }", (1, "is no entry")),
            ("Entry { filename = \"b.lua\", categories = { } }", (1, "is no entry")),
            (
                "Entry { filename = \"b.nse\", categories = { \"new\", } }",
                (1, "has the unknown category `new`"),
            ),
        ] {
            let after_good = format!("{good}\n{text}");
            let (line, reason) = ScriptDb::parse(&after_good).unwrap_err();
            assert_eq!((line - 2, reason.as_str()), wrong, "{text}");
        }
        let missing = ScriptDb::read(Path::new("/nonexistent")).unwrap_err().to_string();
        assert!(missing.contains("/nonexistent/scripts/script.db"), "{missing}");
    }
}
