//! The stand-in for nmap that netscan carries: this binary, started under [`NAME`].
//!
//! It reads addresses, lives for as long as its [`Plan`] says, and writes the lines and the XML
//! that nmap would write of hosts with one open port. So a scan with it completes like any other,
//! and what is measured is netscan.

use crate::exit::Failure;
use netscan_nmap::targets;
use serde::{Deserialize, Serialize};
use std::{
    ffi::OsString,
    fs::File,
    io::{self, BufWriter, Read, Write},
    net::IpAddr,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::ExitCode,
    thread::sleep,
    time::{Duration, Instant},
};

/// The file name under which this binary is the stand-in.
const NAME: &str = "netscan-bench-nmap";
/// What a line begins with that carries the time at which it was written.
pub const STAMP: &str = "T ";
/// A condition of what is measured by a stand-in with a plan.
pub const OUTSIDE: &str =
    "the sandbox is off: the stand-in reads a file that says what it is to do";
/// Wait between two looks for the file that lets it begin.
const LOOK_EVERY: Duration = Duration::from_millis(1);
/// How long it waits for that file in all.
const LOOK_MAX: Duration = Duration::from_secs(60);

/// What a stand-in does, as far as it is not asked on its command line. Without one it lives for a
/// millisecond and is silent.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Plan {
    /// How long it lives, in microseconds.
    pub live_us: u64,
    /// Lines that it writes to its standard output.
    pub lines: u64,
    /// Time from line to line, in microseconds.
    pub every_us: u64,
    /// A file without which it does not begin.
    pub after: Option<PathBuf>,
}

impl Default for Plan {
    fn default() -> Self {
        Self { live_us: 1000, lines: 0, every_us: 0, after: None }
    }
}

/// Puts a stand-in into a directory of its own, and returns its program.
pub fn install(dir: &Path, plan: Option<&Plan>) -> Result<PathBuf, Failure> {
    let failed = |source| Failure::Io {
        what: format!("making a stand-in for nmap in `{}`", dir.display()),
        source,
    };
    std::fs::create_dir_all(dir).map_err(failed)?;
    let program = dir.join(NAME);
    symlink(std::env::current_exe().map_err(failed)?, &program).map_err(failed)?;
    if let Some(plan) = plan {
        let text = serde_json::to_vec(plan).map_err(|error| failed(error.into()))?;
        std::fs::write(plan_file(&program), text).map_err(failed)?;
    }
    Ok(program)
}

fn plan_file(program: &Path) -> PathBuf {
    program.with_extension("plan")
}

/// Returns whether this process was started as the stand-in.
pub fn is_wanted(program: Option<&OsString>) -> bool {
    program.is_some_and(|program| Path::new(program).file_name() == Some(NAME.as_ref()))
}

/// Is nmap for a moment, and returns the exit code.
pub fn run(args: &[OsString]) -> ExitCode {
    match act(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // There is nobody else to tell.
            let _ = writeln!(io::stderr(), "the stand-in for nmap failed: {error}");
            ExitCode::FAILURE
        }
    }
}

fn act(args: &[OsString]) -> io::Result<()> {
    let texts: Vec<&str> = args.iter().filter_map(|arg| arg.to_str()).collect();
    let stdout = io::stdout().lock();
    let mut out = BufWriter::new(stdout);
    if texts.get(1) == Some(&"--version") {
        return writeln!(out, "Nmap version 7.93 ( a stand-in of netscan bench )");
    }
    let plan = match std::fs::read(plan_file(Path::new(&args[0]))) {
        Ok(text) => serde_json::from_slice(&text)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Plan::default(),
        Err(error) => return Err(error),
    };
    let addresses = addresses(&texts)?;
    wait_for(plan.after.as_deref())?;
    sleep(Duration::from_micros(plan.live_us));
    write_lines(&mut out, &plan)?;
    let xml = texts.windows(2).find(|pair| pair[0] == "-oX").map_or("/dev/null", |pair| pair[1]);
    write_document(&mut BufWriter::new(File::create(xml)?), &addresses)?;
    for address in addresses {
        writeln!(out, "Nmap scan report for {address}\nHost is up.\n80/tcp open  http")?;
    }
    out.flush()
}

/// Returns the addresses on standard input or, as `xargs` gives it, the last argument.
fn addresses(texts: &[&str]) -> io::Result<Vec<IpAddr>> {
    let mut listed = String::new();
    if texts.windows(2).any(|pair| pair == ["-iL", "-"]) {
        io::stdin().read_to_string(&mut listed)?;
    } else {
        listed.push_str(texts.last().copied().unwrap_or_default());
    }
    let (list, errors) = targets::parse(&targets::split_file(&listed));
    match errors.first() {
        Some(error) => Err(io::Error::other(format!("`{}` is no target", error.target))),
        None => Ok(list.addresses.iter().collect()),
    }
}

fn wait_for(file: Option<&Path>) -> io::Result<()> {
    let Some(file) = file else { return Ok(()) };
    let begun = Instant::now();
    while !file.try_exists()? {
        if begun.elapsed() > LOOK_MAX {
            return Err(io::ErrorKind::TimedOut.into());
        }
        sleep(LOOK_EVERY);
    }
    Ok(())
}

/// Writes lines as long as nmap's usually are. Each carries the monotonic time at which it was
/// written, which is the same for all processes of a machine.
fn write_lines(out: &mut impl Write, plan: &Plan) -> io::Result<()> {
    let begun = Instant::now();
    for number in 0..plan.lines {
        if plan.every_us > 0 {
            let due = Duration::from_micros(plan.every_us.saturating_mul(number));
            sleep(due.saturating_sub(begun.elapsed()));
        }
        let now = super::measure::monotonic_ns();
        writeln!(out, "{STAMP}{now} Discovered open port 80/tcp on 127.0.0.1, or so")?;
        if plan.every_us > 0 {
            out.flush()?;
        }
    }
    Ok(())
}

fn write_document(out: &mut impl Write, addresses: &[IpAddr]) -> io::Result<()> {
    let begin = "<?xml version=\"1.0\"?>\n<!DOCTYPE nmaprun>\n<nmaprun scanner=\"nmap\" \
                 args=\"nmap\" start=\"1\" version=\"7.93\" xmloutputversion=\"1.05\">";
    writeln!(out, "{begin}")?;
    for address in addresses {
        let kind = if address.is_ipv4() { "ipv4" } else { "ipv6" };
        writeln!(
            out,
            "<host starttime=\"1\" endtime=\"2\"><status state=\"up\" reason=\"user-set\" \
             reason_ttl=\"0\"/><address addr=\"{address}\" addrtype=\"{kind}\"/><hostnames>\
             </hostnames><ports><port protocol=\"tcp\" portid=\"80\"><state state=\"open\" \
             reason=\"syn-ack\" reason_ttl=\"0\"/><service name=\"http\" method=\"table\" \
             conf=\"3\"/></port></ports></host>"
        )?;
    }
    let count = addresses.len();
    writeln!(
        out,
        "<runstats><finished time=\"2\" timestr=\"\" elapsed=\"0.01\" summary=\"\" \
         exit=\"success\"/><hosts up=\"{count}\" down=\"0\" total=\"{count}\"/></runstats>\n\
         </nmaprun>"
    )?;
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::*;
    use netscan_nmap::xml::{Document, Item};

    #[test]
    fn its_document_is_one_of_nmap() {
        let addresses = ["127.0.0.1".parse().unwrap(), "::1".parse().unwrap()];
        let mut bytes = Vec::new();
        write_document(&mut bytes, &addresses).unwrap();
        let mut document = Document::new();
        document.feed(&bytes);
        let mut found = Vec::new();
        while let Some(item) = document.next_item() {
            match item {
                Item::Host(host) => {
                    assert_eq!(host.open_ports().count(), 1);
                    found.push(host.address);
                }
                Item::Skipped { what } => panic!("{what}"),
                _ => {}
            }
        }
        assert_eq!(found, addresses);
        let end = document.finish();
        assert_eq!((end.problem, end.closed), (None, true));
        assert!(end.finished.unwrap().success);
    }

    #[test]
    fn lines_carry_the_time() {
        let mut out = Vec::new();
        let plan = Plan { lines: 3, ..Plan::default() };
        write_lines(&mut out, &plan).unwrap();
        let text = String::from_utf8(out).unwrap();
        let stamp = |line: &str| {
            let number = line.strip_prefix(STAMP).unwrap().split(' ').next().unwrap();
            number.parse::<u64>().unwrap()
        };
        let stamps: Vec<u64> = text.lines().map(stamp).collect();
        assert!(stamps.len() == 3 && stamps.is_sorted(), "{stamps:?}");
    }

    #[test]
    fn only_its_own_name_makes_it_the_stand_in() {
        assert!(is_wanted(Some(&"/tmp/x/netscan-bench-nmap".into())));
        assert!(!is_wanted(Some(&"/usr/bin/netscan".into())));
        assert!(!is_wanted(Some(&"/usr/bin/nmap".into())));
        assert!(!is_wanted(None));
    }
}
