//! Scripts: what is to be done other than usual.

use std::collections::HashMap;
use std::fs::OpenOptions;
use std::io::{self, Seek, Write};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What a target is found to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HostState {
    Up,
    Down,
    TimedOut,
    Skipped,
}

/// What takes the place of the usual XML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Instead {
    File(PathBuf),
    Garbage,
    Nothing,
}

/// Something that is done at its place in the script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Hosts(usize),
    Lines { count: u64, text: String },
    Line(String),
    Stderr(String),
    Flood(u64),
    Repeat { byte: u8, count: u64 },
    Progress(String),
    Delay(Duration),
    Hang,
    IgnoreTerm,
    Signal(i32),
    Die(u8),
    Fail(String),
    Fork,
    ForkEscape,
    Show(String),
}

/// A script as it applies to one run.
#[derive(Debug)]
pub(crate) struct Script {
    pub(crate) actions: Vec<Action>,
    pub(crate) exit: u8,
    pub(crate) open: Vec<u16>,
    pub(crate) host_group: usize,
    pub(crate) per_host: Duration,
    pub(crate) cut: Option<u64>,
    pub(crate) instead: Option<Instead>,
    log: Option<PathBuf>,
    others: HostState,
    hosts: HashMap<IpAddr, HostState>,
    dir: PathBuf,
}

impl Script {
    /// Reads the script of an executable, as far as it applies to these targets and this start.
    pub(crate) fn load(program: &Path, targets: &[IpAddr]) -> io::Result<Self> {
        let mut script = Self {
            actions: Vec::new(),
            exit: 0,
            open: vec![80],
            host_group: 64,
            per_host: Duration::ZERO,
            cut: None,
            instead: None,
            log: None,
            others: HostState::Up,
            hosts: HashMap::new(),
            dir: program.parent().unwrap_or(Path::new(".")).to_owned(),
        };
        let text = match std::fs::read_to_string(beside(program, ".script")) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(script),
            Err(error) => return Err(error),
        };
        let mut starts = Starts { program, counted: HashMap::new() };
        for line in text.lines().map(str::trim) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if let Some(directive) = applicable(line, targets, &mut starts)? {
                script.add(directive).ok_or_else(|| bad(line))?;
            }
        }
        Ok(script)
    }

    pub(crate) fn state(&self, target: IpAddr) -> HostState {
        self.hosts.get(&target).copied().unwrap_or(self.others)
    }

    /// Notes this start, in one write so that starts at one time do not mix.
    pub(crate) fn log_targets(&self, targets: &[IpAddr]) -> io::Result<()> {
        let Some(path) = &self.log else { return Ok(()) };
        let targets: Vec<String> = targets.iter().map(ToString::to_string).collect();
        let mut file = OpenOptions::new().append(true).create(true).open(path)?;
        file.write_all(format!("{}\n", targets.join(" ")).as_bytes())
    }

    /// Returns nothing for a line that is no directive.
    fn add(&mut self, directive: &str) -> Option<()> {
        let (name, rest) = directive.split_once(' ').unwrap_or((directive, ""));
        let rest = rest.trim();
        match name {
            "host" => {
                let (state, address) = rest.split_once(' ').unwrap_or((rest, ""));
                let state = host_state(state)?;
                if address.is_empty() {
                    self.others = state;
                } else {
                    self.hosts.insert(address.trim().parse().ok()?, state);
                }
            }
            "open" => {
                let ports = rest.split(',').filter(|port| !port.is_empty());
                self.open = ports.map(|port| port.trim().parse().ok()).collect::<Option<_>>()?;
            }
            "host-group" => self.host_group = rest.parse().ok().filter(|size| *size > 0)?,
            "exit" => self.exit = rest.parse().ok()?,
            "cut" => self.cut = Some(rest.parse().ok()?),
            "raw-xml" => self.instead = Some(Instead::File(self.dir.join(rest))),
            "garbage" => self.instead = Some(Instead::Garbage),
            "nothing" => self.instead = Some(Instead::Nothing),
            "log" => self.log = Some(self.dir.join(rest.strip_prefix("targets ")?)),
            "delay" if rest.ends_with("per-host") => {
                self.per_host = millis(rest.trim_end_matches("per-host"))?;
            }
            _ => self.actions.push(action(name, rest)?),
        }
        Some(())
    }
}

fn action(name: &str, rest: &str) -> Option<Action> {
    Some(match name {
        "hosts" => Action::Hosts(rest.parse().ok()?),
        "line" => Action::Line(rest.to_owned()),
        "lines" => {
            let (count, text) = rest.split_once(' ').unwrap_or((rest, "line"));
            Action::Lines { count: count.parse().ok()?, text: text.to_owned() }
        }
        "stderr" => Action::Stderr(rest.to_owned()),
        "flood" => Action::Flood(rest.parse().ok()?),
        "endless" => Action::Repeat { byte: b'x', count: rest.parse().ok()? },
        "nuls" => Action::Repeat { byte: 0, count: rest.parse().ok()? },
        "progress" => Action::Progress(rest.to_owned()),
        "delay" => Action::Delay(millis(rest)?),
        "hang" => Action::Hang,
        "ignore-term" => Action::IgnoreTerm,
        "signal" => Action::Signal(rest.parse().ok()?),
        "die" => Action::Die(rest.parse().ok()?),
        "fail" => Action::Fail(rest.to_owned()),
        "fork" => Action::Fork,
        "fork-escape" => Action::ForkEscape,
        "show" => Action::Show(rest.to_owned()),
        _ => return None,
    })
}

fn host_state(name: &str) -> Option<HostState> {
    Some(match name {
        "up" => HostState::Up,
        "down" => HostState::Down,
        "timedout" => HostState::TimedOut,
        "skip" => HostState::Skipped,
        _ => return None,
    })
}

fn millis(text: &str) -> Option<Duration> {
    Some(Duration::from_millis(text.trim().parse().ok()?))
}

/// Returns the directive of a line if its conditions hold.
fn applicable<'a>(
    line: &'a str,
    targets: &[IpAddr],
    starts: &mut Starts<'_>,
) -> io::Result<Option<&'a str>> {
    let mut rest = line;
    let mut on = "";
    loop {
        // With the space, as an IPv6 address has colons of its own.
        let condition = rest.split_once(": ").filter(|(condition, _)| is_condition(condition));
        let Some((condition, directive)) = condition else { return Ok(Some(rest)) };
        let (name, value) = condition.split_once(' ').ok_or_else(|| bad(line))?;
        let value = value.trim();
        let holds = if name == "on" {
            on = value;
            targets.contains(&value.parse().map_err(|_| bad(line))?)
        } else {
            starts.this_one(on)? == value.parse().map_err(|_| bad(line))?
        };
        if !holds {
            return Ok(None);
        }
        rest = directive.trim();
    }
}

fn is_condition(text: &str) -> bool {
    text.starts_with("on ") || text.starts_with("attempt ")
}

/// Counts starts, each kind at most once a run.
struct Starts<'a> {
    program: &'a Path,
    counted: HashMap<String, u64>,
}

impl Starts<'_> {
    /// Returns which start this is, of those with the address `on` or of all.
    fn this_one(&mut self, on: &str) -> io::Result<u64> {
        if let Some(count) = self.counted.get(on) {
            return Ok(*count);
        }
        let suffix = if on.is_empty() { ".count".to_owned() } else { format!(".count.{on}") };
        let mut file =
            OpenOptions::new().append(true).create(true).open(beside(self.program, &suffix))?;
        file.write_all(b".")?;
        // An append moves the position to its own end in one step, so each start has its number.
        let count = file.stream_position()?;
        self.counted.insert(on.to_owned(), count);
        Ok(count)
    }
}

fn beside(program: &Path, suffix: &str) -> PathBuf {
    let mut path = program.as_os_str().to_owned();
    path.push(suffix);
    path.into()
}

fn bad(line: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, format!("`{line}` is no directive"))
}
