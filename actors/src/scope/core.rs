//! What may be scanned, decided on sets of addresses that are never expanded.
//!
//! ```text
//! (server.allow ∩ project.allow, if the project has one)
//!     − built-in − server.deny − project.deny        deny always wins
//! ```
//!
//! An IPv6 address that carries an IPv4 one (6to4, NAT64) is judged by that. v4-mapped addresses are
//! IPv4 on the number line already. So every set here also has the wrapped forms of its IPv4 part.

use netscan_schemas::{
    AddressSet, Interval, ProjectId, ScopeId, Time, limits,
    problem::is_note,
    scope::{ScopeList, ScopeRule},
    stored::ScopeRecord,
};
use std::fmt;

/// What may be scanned before anybody has said anything: this machine and private networks.
pub const PRIVATE: [(&str, &str); 6] = [
    ("127.0.0.0/8", "this machine"),
    ("10.0.0.0/8", "private networks"),
    ("172.16.0.0/12", "private networks"),
    ("192.168.0.0/16", "private networks"),
    ("::1", "this machine"),
    ("fc00::/7", "private networks"),
];

/// What is never scanned. Metadata services hand credentials to whoever asks; the rest is no host.
pub const BUILT_IN: [(&str, &str); 13] = [
    ("0.0.0.0/8", "no host: this network"),
    ("100.100.100.200", "a cloud's metadata service"),
    ("168.63.129.16", "a cloud's metadata service"),
    ("169.254.0.0/16", "link-local, with the metadata services of clouds"),
    ("192.0.0.0/24", "reserved for protocols"),
    ("224.0.0.0/4", "multicast"),
    ("240.0.0.0/4", "reserved, and broadcast"),
    ("::", "no host: unspecified"),
    ("fd00:ec2::254", "a cloud's metadata service"),
    ("fd20:ce::254", "a cloud's metadata service"),
    ("fe80::/10", "link-local"),
    ("fec0::/10", "reserved"),
    ("ff00::/8", "multicast"),
];

/// The last IPv4-mapped place on the number line is the first one with these bits set.
const V4_FIRST: u128 = 0xffff_0000_0000;
const V4_BITS: u128 = 0xffff_ffff;
/// 2002::/16: the 32 bits behind it are an IPv4 address.
const SIX_TO_FOUR: u128 = 0x2002 << 112;
/// 64:ff9b::/96: the last 32 bits are an IPv4 address.
const NAT64: u128 = 0x0064_ff9b << 96;

/// Returns addresses that are written in this program.
fn written(entries: &[(&str, &str)]) -> AddressSet {
    let specs: Vec<&str> = entries.iter().map(|(range, _)| *range).collect();
    let (list, errors) = netscan_nmap::targets::parse(&specs);
    debug_assert!(errors.is_empty() && list.names.is_empty(), "{errors:?}");
    list.addresses
}

/// Returns what may be scanned before anybody has said anything.
pub fn private() -> AddressSet {
    written(&PRIVATE)
}

/// Returns every IPv6 address that carries an IPv4 one.
fn wrappers() -> AddressSet {
    let all_v4 = Interval { first: V4_FIRST, last: V4_FIRST | V4_BITS };
    AddressSet::from_intervals(wrapped_runs(all_v4).to_vec())
}

fn wrapped_runs(v4: Interval) -> [Interval; 2] {
    let (first, last) = (v4.first & V4_BITS, v4.last & V4_BITS);
    [
        Interval {
            first: SIX_TO_FOUR | first << 80,
            last: SIX_TO_FOUR | last << 80 | u128::MAX >> 48,
        },
        Interval { first: NAT64 | first, last: NAT64 | last },
    ]
}

/// Returns the wrapped forms of a set's IPv4 addresses.
fn wrapped(set: &AddressSet) -> AddressSet {
    let all_v4 = Interval { first: V4_FIRST, last: V4_FIRST | V4_BITS };
    let v4 = set.intersection(&AddressSet::from_intervals(vec![all_v4]));
    AddressSet::from_intervals(v4.intervals().iter().copied().flat_map(wrapped_runs).collect())
}

/// A wrapped address is allowed where the one that it carries is, and nowhere else.
fn allowing(set: &AddressSet) -> AddressSet {
    set.difference(&wrappers()).union(&wrapped(set))
}

/// A wrapped address is denied where it or the one that it carries is.
fn denying(set: &AddressSet) -> AddressSet {
    set.union(&wrapped(set))
}

/// Why an entry is not added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EntryFault {
    /// It is no run of addresses.
    #[error("an entry is one address, block or range, such as 10.0.0.0/8 or 10.0.0.1-20")]
    NotOneRun,
    /// It allows the whole of an address family, or half of it.
    #[error(
        "this allows a whole address family, or half of it; allow the networks that are yours, \
         at most a /2 in one entry"
    )]
    Everything,
    /// It is only carriers of IPv4 addresses.
    #[error(
        "these addresses carry IPv4 addresses (6to4, NAT64) and are judged by those; write the \
         IPv4 addresses"
    )]
    Wrapped,
    /// It is only what is never scanned.
    #[error("netscan never scans these addresses: metadata services, multicast, reserved")]
    BuiltIn,
    /// Nobody has said why.
    #[error(
        "this allows addresses beyond this machine and private networks, and such an entry says \
         why: add a note (`--note WHY`)"
    )]
    NoNote,
    /// The note is too long, or has control characters.
    #[error("a note has 1 to {} printable characters", limits::NOTE_CHARS_MAX)]
    BadNote,
    /// It would never count.
    #[error("it would have expired already")]
    Expired,
}

impl EntryFault {
    /// Returns the name used in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotOneRun => "not-one-range",
            Self::Everything => "too-wide",
            Self::Wrapped => "carries-ipv4",
            Self::BuiltIn => "built-in",
            Self::NoNote => "note-needed",
            Self::BadNote => "invalid-note",
            Self::Expired => "expired",
        }
    }
}

/// Checks a new entry.
pub fn check_entry(
    list: ScopeList,
    addresses: &AddressSet,
    note: Option<&str>,
    expires_at: Option<Time>,
    now: Time,
) -> Result<(), EntryFault> {
    let [run] = addresses.intervals() else { return Err(EntryFault::NotOneRun) };
    if note.is_some_and(|note| !is_note(note)) {
        return Err(EntryFault::BadNote);
    }
    if expires_at.is_some_and(|at| at <= now) {
        return Err(EntryFault::Expired);
    }
    if list == ScopeList::Deny {
        return Ok(());
    }
    let is_v4 = run.first >= V4_FIRST && run.last <= V4_FIRST | V4_BITS;
    let most = if is_v4 { 1 << 30 } else { 1 << 126 };
    if run.len() > most {
        return Err(EntryFault::Everything);
    }
    if wrappers().contains_set(addresses) {
        return Err(EntryFault::Wrapped);
    }
    if written(&BUILT_IN).contains_set(addresses) {
        return Err(EntryFault::BuiltIn);
    }
    if note.is_none() && !private().contains_set(addresses) {
        return Err(EntryFault::NoNote);
    }
    Ok(())
}

/// A rule that keeps addresses out.
#[derive(Clone, Debug)]
struct Bar {
    rule: ScopeRule,
    /// The entry; none for what netscan itself brings, and for entries of the session.
    entry: Option<ScopeId>,
    why: Option<String>,
    addresses: AddressSet,
}

/// What may be scanned, for one project or for none.
#[derive(Clone, Debug)]
pub struct Effective {
    project: Option<ProjectId>,
    /// What may be scanned in the end.
    allowed: AddressSet,
    /// What the server allows, before anything is denied.
    by_server: AddressSet,
    /// In the order of the rules.
    bars: Vec<Bar>,
    /// When an entry expires, and this with it.
    valid_until: Option<Time>,
    /// Whether it allows nothing only until the store can say what is allowed.
    is_doubtful: bool,
}

impl Effective {
    /// Returns what these entries allow a project at this time. Entries of other projects do not
    /// count. `session` are those of this process, which have no number.
    pub fn new(
        entries: &[ScopeRecord],
        session: &[ScopeRecord],
        project: Option<ProjectId>,
        now: Time,
    ) -> Self {
        let is_ours = |entry: &&ScopeRecord| entry.project.is_none() || entry.project == project;
        let lives = |entry: &&ScopeRecord| entry.expires_at.is_none_or(|at| at > now);
        let all = || {
            let stored = entries.iter().map(|entry| (Some(entry.id), entry));
            stored.chain(session.iter().map(|entry| (None, entry)))
        };
        let living = || all().filter(|(_, entry)| is_ours(entry) && lives(entry));
        let allow = |owner: Option<ProjectId>| {
            let of =
                living().filter(move |(_, e)| e.project == owner && e.list == ScopeList::Allow);
            let runs = of.flat_map(|(_, entry)| entry.addresses.intervals().iter().copied());
            AddressSet::from_intervals(runs.collect())
        };
        let by_server = allowing(&private().union(&allow(None)));
        // A list whose every entry has expired allows nothing: it does not become no list.
        let has_list =
            |entry: &ScopeRecord| entry.project.is_some() && entry.list == ScopeList::Allow;
        let by_project = all()
            .any(|(_, entry)| is_ours(&entry) && has_list(entry))
            .then(|| allowing(&allow(project)));
        let mut bars: Vec<Bar> = BUILT_IN
            .iter()
            .map(|entry| Bar {
                rule: ScopeRule::BuiltIn,
                entry: None,
                why: Some(entry.1.to_owned()),
                addresses: denying(&written(&[*entry])),
            })
            .collect();
        bars.extend(living().filter(|(_, entry)| entry.list == ScopeList::Deny).map(
            |(id, entry)| Bar {
                rule: match entry.project {
                    None => ScopeRule::Denied,
                    Some(_) => ScopeRule::ProjectDenied,
                },
                entry: id,
                why: entry.note.clone(),
                addresses: denying(&entry.addresses),
            },
        ));
        bars.sort_by_key(|bar| bar.rule);
        let everything = AddressSet::from_intervals(vec![Interval { first: 0, last: u128::MAX }]);
        let bar = |rule, allowed: &AddressSet| Bar {
            rule,
            entry: None,
            why: None,
            addresses: everything.difference(allowed),
        };
        bars.push(bar(ScopeRule::NotAllowed, &by_server));
        bars.extend(by_project.map(|allowed| bar(ScopeRule::ProjectNotAllowed, &allowed)));
        let barred = bars.iter().flat_map(|bar| bar.addresses.intervals().iter().copied());
        let allowed = everything.difference(&AddressSet::from_intervals(barred.collect()));
        let valid_until = living().filter_map(|(_, entry)| entry.expires_at).min();
        Self { project, allowed, by_server, bars, valid_until, is_doubtful: false }
    }

    /// Returns what nobody may scan anything by.
    pub fn nothing(why: &str) -> Self {
        let everything = AddressSet::from_intervals(vec![Interval { first: 0, last: u128::MAX }]);
        let bar = Bar {
            rule: ScopeRule::NotAllowed,
            entry: None,
            why: Some(why.to_owned()),
            addresses: everything,
        };
        Self {
            project: None,
            allowed: AddressSet::new(),
            by_server: AddressSet::new(),
            bars: vec![bar],
            valid_until: None,
            is_doubtful: false,
        }
    }

    /// The same while a change has failed and may hold all the same.
    pub fn in_doubt() -> Self {
        let why = "a change of the scope failed, and the store cannot say yet whether it holds";
        Self { is_doubtful: true, ..Self::nothing(why) }
    }

    /// Returns whether it allows nothing only for want of knowing: no address is to be given up
    /// for it.
    pub fn is_doubtful(&self) -> bool {
        self.is_doubtful
    }

    /// Returns whether it still holds at this time.
    pub fn holds_at(&self, now: Time) -> bool {
        self.valid_until.is_none_or(|at| now < at)
    }

    /// Returns what may be scanned, without the forms that carry IPv4 addresses.
    pub fn shown(&self) -> AddressSet {
        self.allowed.difference(&wrappers())
    }

    /// Returns those of the addresses that may not be scanned.
    pub fn outside(&self, addresses: &AddressSet) -> AddressSet {
        addresses.difference(&self.allowed)
    }

    /// Returns which of the addresses may not be scanned and why, if there are any.
    pub fn check(&self, addresses: &AddressSet) -> Result<(), OutOfScope> {
        if self.allowed.contains_set(addresses) {
            return Ok(());
        }
        let mut left = self.outside(addresses);
        let total = addresses.len();
        let count = left.len();
        let mut faults: Vec<Fault> = Vec::new();
        for bar in &self.bars {
            let here = left.intersection(&bar.addresses);
            if here.is_empty() {
                continue;
            }
            left = left.difference(&here);
            faults.push(Fault {
                rule: bar.rule,
                entry: bar.entry,
                why: bar.why.clone(),
                addresses: here,
            });
        }
        Err(OutOfScope { project: self.project, total, count, faults })
    }

    /// Returns whether anything beyond this machine and private networks may be scanned.
    pub fn is_public(&self) -> bool {
        !allowing(&private()).contains_set(&self.by_server)
    }
}

/// Addresses that may not be scanned, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutOfScope {
    project: Option<ProjectId>,
    /// How many addresses were to be scanned.
    pub total: u128,
    /// How many of them may not be.
    pub count: u128,
    /// By rule; each address is in one.
    pub faults: Vec<Fault>,
}

/// Addresses that one rule keeps from being scanned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The rule.
    pub rule: ScopeRule,
    /// The entry that denies them, if one does that has a number.
    pub entry: Option<ScopeId>,
    /// What the entry says.
    pub why: Option<String>,
    /// The addresses.
    pub addresses: AddressSet,
}

impl std::error::Error for OutOfScope {}

impl fmt::Display for OutOfScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |count: u128| match count {
            u128::MAX => "2^128".to_owned(),
            count => count.to_string(),
        };
        match (self.total, self.count) {
            (1, _) => write!(f, "the target may not be scanned: ")?,
            (total, out) if total == out => {
                write!(f, "none of the {} addresses may be scanned: ", count(total))?;
            }
            (total, out) => {
                write!(f, "{} of the {} addresses may not be scanned: ", count(out), count(total))?;
            }
        }
        // What must be said at once; `errors` has all of it.
        const SHOWN: usize = 3;
        for (index, fault) in self.faults.iter().take(SHOWN).enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{}", fault.detail(self.project))?;
        }
        match self.faults.len().saturating_sub(SHOWN) {
            0 => Ok(()),
            more => write!(f, "; and {more} more rules"),
        }
    }
}

impl OutOfScope {
    /// Returns the faults with their texts.
    pub fn details(&self) -> impl Iterator<Item = (&Fault, String)> {
        self.faults.iter().map(|fault| (fault, fault.detail(self.project)))
    }
}

impl Fault {
    /// Returns the first ranges, and how many there are.
    pub fn ranges(&self) -> (Vec<String>, usize) {
        let mut ranges = self.addresses.to_ranges();
        let total = ranges.len();
        ranges.truncate(limits::SCOPE_RANGES_SHOWN);
        (ranges, total)
    }

    fn detail(&self, project: Option<ProjectId>) -> String {
        let (ranges, total) = self.ranges();
        let more = match total - ranges.len() {
            0 => String::new(),
            more => format!(" and {more} more ranges"),
        };
        let list = format!("{}{more}", ranges.join(", "));
        let exclude = ranges.join(",");
        let targets = ranges.join(" ");
        let why = self.why.as_ref().map_or_else(String::new, |why| format!(" ({why})"));
        let of = project.map_or_else(String::new, |id| format!(" --project {id}"));
        let leave_out = format!("leave them out with `--exclude {exclude}`");
        match (self.rule, self.entry) {
            (ScopeRule::BuiltIn, _) => {
                format!("{list}: netscan never scans these{why}; {leave_out}")
            }
            (ScopeRule::Denied, Some(id)) => format!(
                "{list}: entry {id} of the scope denies these{why}; {leave_out}, or take the entry \
                 away with `netscan scope rm {id}`"
            ),
            (ScopeRule::ProjectDenied, Some(id)) => format!(
                "{list}: entry {id} of the project's scope denies these{why}; {leave_out}, or take \
                 the entry away with `netscan scope rm {id}{of}`"
            ),
            (ScopeRule::Denied | ScopeRule::ProjectDenied, None) => {
                format!("{list}: the scope denies these{why}; {leave_out}")
            }
            (ScopeRule::NotAllowed, _) if self.why.is_some() => format!("{list}{why}"),
            (ScopeRule::NotAllowed, _) => format!(
                "{list}: not in the scope; `netscan scope allow {targets} --note WHY` allows these"
            ),
            (ScopeRule::ProjectNotAllowed, _) => format!(
                "{list}: not in the project's scope; `netscan scope allow {targets}{of} --note WHY` \
                 allows these"
            ),
        }
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
