//! The two outputs.

use crate::script::{HostState, Instead, Script};
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, BufWriter, Read, Stdout, Write};
use std::net::IpAddr;
use std::time::{SystemTime, UNIX_EPOCH};

const GARBAGE: &[u8] = b"\x00\xff\xfe<<nmaprun ]]> &bogus; \xc3\x28 <host><host <\n";

/// What is written of a run.
pub(crate) struct Report<'a> {
    script: &'a Script,
    args: String,
    stdout: BufWriter<Stdout>,
    /// None without `-oX`, and when something else has been written in its place.
    xml: Option<Capped>,
    verbose: bool,
    start: u64,
    up: usize,
    down: usize,
}

impl<'a> Report<'a> {
    pub(crate) fn open(args: &[String], script: &'a Script) -> io::Result<Self> {
        let path = args.windows(2).find(|pair| pair[0] == "-oX").map(|pair| &pair[1]);
        let file = path.map(File::create).transpose()?;
        let mut xml = file.map(|file| Capped { file: BufWriter::new(file), left: script.cut });
        let mut stdout = BufWriter::new(io::stdout());
        match (&script.instead, &mut xml) {
            (Some(Instead::File(path)), Some(xml)) => xml.write(&std::fs::read(path)?)?,
            (Some(Instead::Garbage), Some(xml)) => xml.write(GARBAGE)?,
            (Some(Instead::Nothing), _) | (_, None) | (None, Some(_)) => {}
        }
        if script.instead.is_some() {
            if let Some(xml) = &mut xml {
                xml.file.flush()?;
            }
            xml = None;
        }
        if script.instead == Some(Instead::Garbage) {
            stdout.write_all(GARBAGE)?;
        }
        let start = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
        let verbose = args.iter().any(|arg| arg.starts_with("-v"));
        Ok(Self { script, args: args.join(" "), stdout, xml, verbose, start, up: 0, down: 0 })
    }

    pub(crate) fn begin(&mut self, unknown: &[String]) -> io::Result<()> {
        let Self { start, verbose, .. } = *self;
        // In a comment and in an attribute alike nmap writes every hyphen of a pair as a reference.
        let args = escape(&self.args).replace("--", "-&#45;");
        let ports: Vec<String> = self.script.open.iter().map(ToString::to_string).collect();
        self.line("Starting Nmap 7.93 ( https://nmap.org ) at 2026-01-01 00:00 UTC")?;
        self.xml(&format!(
            r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE nmaprun>
<!-- Nmap 7.93 scan initiated Thu Jan  1 00:00:00 2026 as: {args} -->
<nmaprun scanner="nmap" args="{args}" start="{start}" startstr="Thu Jan  1 00:00:00 2026" version="7.93" xmloutputversion="1.05">
<scaninfo type="connect" protocol="tcp" numservices="{}" services="{}"/>
<verbose level="{}"/>
<debugging level="0"/>
"#,
            ports.len(),
            ports.join(","),
            u8::from(verbose),
        ))?;
        for word in unknown {
            complain(&format!("Failed to resolve \"{word}\"."));
        }
        self.flush()
    }

    /// Reports hosts, a group at once.
    pub(crate) fn hosts(&mut self, hosts: &[IpAddr]) -> io::Result<()> {
        for group in hosts.chunks(self.script.host_group) {
            let up = |host: &&IpAddr| self.script.state(**host) == HostState::Up;
            let discovered: Vec<IpAddr> = group.iter().filter(up).copied().collect();
            if self.verbose {
                for host in discovered {
                    for port in &self.script.open {
                        self.line(&format!("Discovered open port {port}/tcp on {host}"))?;
                    }
                }
                self.stdout.flush()?;
            }
            for host in group {
                std::thread::sleep(self.script.per_host);
                self.host(*host)?;
            }
            self.flush()?;
        }
        Ok(())
    }

    fn host(&mut self, host: IpAddr) -> io::Result<()> {
        let kind = if host.is_ipv4() { "ipv4" } else { "ipv6" };
        let address = format!("<address addr=\"{host}\" addrtype=\"{kind}\"/>\n");
        let names = "<hostnames>\n</hostnames>\n";
        let times = "<times srtt=\"100\" rttvar=\"100\" to=\"100000\"/>\n";
        let span = format!("starttime=\"{0}\" endtime=\"{0}\"", self.start);
        let up = "<status state=\"up\" reason=\"localhost-response\" reason_ttl=\"0\"/>\n";
        match self.script.state(host) {
            HostState::Up => {
                self.up += 1;
                self.line(&format!(
                    "Nmap scan report for {host}\nHost is up (0.0001s latency).\n"
                ))?;
                let mut ports = String::new();
                if !self.script.open.is_empty() {
                    self.line("PORT   STATE SERVICE")?;
                }
                for port in &self.script.open {
                    self.line(&format!("{port}/tcp open  unknown"))?;
                    let _ = writeln!(
                        ports,
                        "<port protocol=\"tcp\" portid=\"{port}\"><state state=\"open\" \
                         reason=\"syn-ack\" reason_ttl=\"0\"/><service name=\"unknown\" \
                         method=\"table\" conf=\"3\"/></port>"
                    );
                }
                self.line("")?;
                self.xml(&format!(
                    "<host {span}>{up}{address}{names}<ports>{ports}</ports>\n{times}</host>\n"
                ))
            }
            HostState::TimedOut => {
                self.up += 1;
                self.line(&format!(
                    "Nmap scan report for {host}\nHost is up (0.0001s latency).\n\
                     Skipping host {host} due to host timeout"
                ))?;
                self.xml(&format!(
                    "<host {span} timedout=\"true\">{up}{address}{names}{times}</host>\n"
                ))
            }
            HostState::Down => {
                self.down += 1;
                if !self.verbose {
                    return Ok(()); // as nmap: only -v shows who is down
                }
                self.line(&format!("Nmap scan report for {host} [host down]"))?;
                let status = "<status state=\"down\" reason=\"no-response\" reason_ttl=\"0\"/>\n";
                self.xml(&format!("<host>{status}{address}</host>\n"))
            }
            HostState::Skipped => Ok(()),
        }
    }

    pub(crate) fn progress(&mut self, percent: &str) -> io::Result<()> {
        let Self { start, up, .. } = *self;
        self.line(&format!(
            "Stats: 0:00:01 elapsed; {up} hosts completed ({up} up), 1 undergoing Connect Scan\n\
             Connect Scan Timing: About {percent}% done; ETC: 00:00 (0:00:01 remaining)"
        ))?;
        self.xml(&format!(
            "<taskprogress task=\"Connect Scan\" time=\"{start}\" percent=\"{percent}\" \
             remaining=\"1\" etc=\"{start}\"/>\n"
        ))?;
        self.flush()
    }

    /// Ends both outputs well.
    pub(crate) fn end(&mut self) -> io::Result<()> {
        let total = self.up + self.down;
        self.line(&format!(
            "Nmap done: {total} IP addresses ({} hosts up) scanned in 0.01 seconds",
            self.up
        ))?;
        self.finish("exit=\"success\"")
    }

    /// Ends both outputs as after a fatal error.
    pub(crate) fn fail(&mut self, message: &str) -> io::Result<()> {
        complain(&format!("{message}\nQUITTING!"));
        self.finish(&format!("errormsg=\"{}\" exit=\"error\"", escape(message)))
    }

    fn finish(&mut self, exit: &str) -> io::Result<()> {
        let Self { start, up, down, .. } = *self;
        let total = up + down;
        self.xml(&format!(
            "<runstats><finished time=\"{start}\" timestr=\"Thu Jan  1 00:00:00 2026\" \
             summary=\"Nmap done; {total} IP addresses ({up} hosts up) scanned\" elapsed=\"0.01\" \
             {exit}/><hosts up=\"{up}\" down=\"{down}\" total=\"{total}\"/>\n\
             </runstats>\n</nmaprun>\n"
        ))?;
        self.flush()
    }

    pub(crate) fn line(&mut self, text: &str) -> io::Result<()> {
        if self.script.instead == Some(Instead::Nothing) {
            return Ok(());
        }
        writeln!(self.stdout, "{text}")
    }

    /// Writes one byte so many times, whatever else is written.
    pub(crate) fn repeat(&mut self, byte: u8, count: u64) -> io::Result<()> {
        io::copy(&mut io::repeat(byte).take(count), &mut self.stdout)?;
        Ok(())
    }

    fn xml(&mut self, text: &str) -> io::Result<()> {
        self.xml.as_mut().map_or(Ok(()), |xml| xml.write(text.as_bytes()))
    }

    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.stdout.flush()?;
        self.xml.as_mut().map_or(Ok(()), |xml| xml.file.flush())
    }
}

/// A file that takes so many bytes and swallows the rest.
struct Capped {
    file: BufWriter<File>,
    left: Option<u64>,
}

impl Capped {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let Some(left) = &mut self.left else { return self.file.write_all(bytes) };
        let taken = bytes.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
        *left -= taken as u64;
        self.file.write_all(bytes.get(..taken).unwrap_or_default())
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Writes a line to standard error. Nobody may be left to read it.
pub(crate) fn complain(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

pub(crate) fn print(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}

pub(crate) fn print_version() -> io::Result<()> {
    print(
        "Nmap version 7.93 ( https://nmap.org )\nPlatform: x86_64-pc-linux-gnu\n\
         Compiled with: liblua-5.3.6 openssl-3.0.19 libpcre-8.39 libpcap-1.10.3 ipv6\n\
         Compiled without:\nAvailable nsock engines: epoll poll select\n",
    )
}
