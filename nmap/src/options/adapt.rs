//! What becomes of options without raw sockets: a like scan with a note, or a refusal.

use super::{Discovery, FlagError, Lack, Options, TcpScan, Timing};
use crate::privilege::Privileges;
use netscan_schemas::address::Family;

impl Discovery {
    /// Returns whether a kind of ping was chosen.
    pub(super) fn has_pings(&self) -> bool {
        let lists = [&self.tcp_syn, &self.tcp_ack, &self.udp, &self.sctp, &self.ip_protocols];
        let icmp = self.echo || self.timestamp || self.netmask;
        icmp || lists.into_iter().any(Option::is_some)
    }
}

impl Options {
    /// Returns the options that can be carried out with these privileges, with a note on each
    /// difference; or the flags for which there is no substitute.
    pub fn adapt(mut self, privileges: &Privileges) -> Result<(Self, Vec<String>), Vec<FlagError>> {
        if privileges.raw {
            return Ok((self, Vec::new()));
        }
        let errors: Vec<_> =
            self.without_substitute().map(|flag| refusal(flag, privileges)).collect();
        if !errors.is_empty() {
            return Err(errors);
        }
        let mut notes = Vec::new();
        if self.technique.tcp == Some(TcpScan::Syn) {
            self.technique.tcp = Some(TcpScan::Connect);
            notes.push("-sS needs raw sockets: scanned with -sT instead".to_owned());
        }
        let detection = &mut self.detection;
        for (switch, flag) in
            [(&mut detection.os, "-O"), (&mut detection.traceroute, "--traceroute")]
        {
            if std::mem::take(switch) {
                notes.push(format!("{flag} needs raw sockets: left out"));
            }
        }
        if std::mem::take(&mut self.timing.defeat_rst_ratelimit) {
            notes.push("--defeat-rst-ratelimit is for -sS: left out".to_owned());
        }
        notes.extend(self.discovery.without_raw());
        Ok((self, notes))
    }

    /// Returns the flags of scans that find out something else than a connect scan does.
    fn without_substitute(&self) -> impl Iterator<Item = &'static str> {
        let technique = &self.technique;
        let tcp = technique.tcp.filter(|scan| !matches!(scan, TcpScan::Syn | TcpScan::Connect));
        let others = [
            (technique.udp, "-sU"),
            (technique.sctp_init, "-sY"),
            (technique.sctp_cookie, "-sZ"),
            (technique.ip_protocols, "-sO"),
        ];
        let others = others.into_iter().filter(|(wanted, _)| *wanted).map(|(_, flag)| flag);
        tcp.map(TcpScan::flag).into_iter().chain(others).chain(self.raw_evasions())
    }

    /// Returns the options for one address family: nmap quits over a ping that IPv6 does not have.
    #[must_use]
    pub(crate) fn for_family(mut self, family: Family) -> Self {
        let discovery = &mut self.discovery;
        if family == Family::V6 && (discovery.timestamp || discovery.netmask) {
            discovery.timestamp = false;
            discovery.netmask = false;
            discovery.echo = true;
        }
        self
    }

    /// Returns the options with a technique, where the user left it open: spelled out, so that
    /// nmap has nothing to choose.
    #[must_use]
    pub(crate) fn with_technique(mut self, privileges: &Privileges) -> Self {
        if self.technique.is_open() {
            let scan = if privileges.raw { TcpScan::Syn } else { TcpScan::Connect };
            self.technique.tcp = Some(scan);
        }
        self
    }
}

/// Packets a second, at least, that hosts without a sign of life are probed with. Left alone, nmap
/// sends 10 probes a second to all of them together: 3 hosts with 1000 ports take 602 s, and 13 s
/// with this (`nmap.md` §8).
const SILENT_MIN_RATE: u32 = 500;
/// Times that a probe to a host without a sign of life is sent again.
const SILENT_RETRIES: u8 = 2;
/// Templates from here on are not about being gentle or unseen.
const NORMAL_TEMPLATE: u8 = 3;

impl Options {
    /// Returns the options for hosts that have shown no sign of life: with a rate and an end where
    /// the user left these open. Also returns the flags that were added, as they are written.
    #[must_use]
    pub fn for_silent_hosts(&self) -> (Self, Vec<String>) {
        let mut options = self.clone();
        let mut added = Vec::new();
        let timing = &mut options.timing;
        if timing.is_gentle() {
            return (options, added);
        }
        if timing.min_rate.is_none() && timing.min_parallelism.is_none() {
            let rate = timing.max_rate.map_or(SILENT_MIN_RATE, |max| max.min(SILENT_MIN_RATE));
            timing.min_rate = Some(rate);
            added.push(format!("--min-rate={rate}"));
        }
        if timing.max_retries.is_none() {
            timing.max_retries = Some(SILENT_RETRIES);
            added.push(format!("--max-retries={SILENT_RETRIES}"));
        }
        (options, added)
    }
}

/// Packets a second, at least, of a connect scan that has a bound. With a bound alone its nmap turns
/// in a busy loop instead of waiting: 1.0 s of processor time for 16 hosts and 100 ports instead of
/// 0.06. With any minimum it waits until that is due, and one a second is nothing.
const BOUNDED_MIN_RATE: u32 = 1;

impl Options {
    /// Returns the options with a bound of packets a second for one nmap. The user's own bound stays
    /// where it is lower, and no minimum goes beyond it.
    #[must_use]
    pub fn with_rate_at_most(&self, rate: u32, privileges: &Privileges) -> Self {
        let technique = self.clone().with_technique(privileges).technique;
        let mut options = self.clone();
        let timing = &mut options.timing;
        let bound = timing.max_rate.map_or(rate, |held| held.min(rate));
        timing.max_rate = Some(bound);
        timing.min_rate = timing.min_rate.map(|min| min.min(bound));
        if technique.tcp == Some(TcpScan::Connect) && !timing.is_gentle() {
            timing.min_rate.get_or_insert(BOUNDED_MIN_RATE);
        }
        options
    }
}

impl Timing {
    /// Returns whether the user wants a slow scan: one is made then, however long it takes.
    pub(super) fn is_gentle(&self) -> bool {
        self.template.is_some_and(|template| template < NORMAL_TEMPLATE)
            || self.scan_delay.is_some()
            || self.max_parallelism.is_some()
    }
}

impl Discovery {
    /// Takes out the pings that need raw sockets, and returns what is done instead.
    fn without_raw(&mut self) -> Vec<String> {
        let mut dropped = Vec::new();
        for (switch, flag) in
            [(&mut self.echo, "-PE"), (&mut self.timestamp, "-PP"), (&mut self.netmask, "-PM")]
        {
            if std::mem::take(switch) {
                dropped.push(flag);
            }
        }
        for (list, flag) in
            [(&mut self.udp, "-PU"), (&mut self.sctp, "-PY"), (&mut self.ip_protocols, "-PO")]
        {
            if list.take().is_some() {
                dropped.push(flag);
            }
        }
        let mut notes = Vec::new();
        if !dropped.is_empty() {
            let flags = dropped.join(", ");
            let mut note = format!("{flags}: raw sockets are needed: left out");
            if !self.has_pings() {
                note.push_str("; hosts are found by TCP connects to ports 80 and 443 instead");
            }
            notes.push(note);
        }
        if self.tcp_ack.is_some() {
            notes.push("-PA needs raw sockets: made with TCP connects instead".to_owned());
        }
        notes
    }
}

fn refusal(flag: &str, privileges: &Privileges) -> FlagError {
    let reason = format!(
        "needs raw sockets, and nothing else finds out the same; {}",
        privileges.explanation
    );
    FlagError { lack: Lack::Privilege, ..FlagError::of_options(flag, reason) }
}
