//! What a perfect scan would find.

use crate::addresses::OWN;
use crate::behaviour::{Behaviour, PortState};
use crate::failure::Failure;
use crate::plan::Plan;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::Write;
use std::net::IpAddr;

/// A host as a plan has it.
#[derive(Debug, Serialize)]
struct Truth<'a> {
    kind: &'static str,
    /// `up` if it answers anything at all, else `down`.
    state: &'static str,
    open: &'a [u16],
    /// The state of all TCP ports that are not listed as open.
    others: &'static str,
    udp: &'a [u16],
}

impl<'a> Truth<'a> {
    fn of(host: &'a Behaviour) -> Self {
        Self {
            kind: host.kind.name(),
            state: if host.is_up() { "up" } else { "down" },
            open: &host.open,
            others: match host.other_tcp() {
                PortState::Open => "open",
                PortState::Closed => "closed",
                PortState::Filtered => "filtered",
            },
            udp: &host.udp,
        }
    }
}

/// Prints each address that the plan names, in order.
pub(crate) fn print(plan: &Plan) -> Result<(), Failure> {
    let text = serde_json::to_string(&truth(plan));
    let printed = text.map_err(std::io::Error::from).and_then(|text| {
        let mut stdout = std::io::stdout().lock();
        writeln!(stdout, "{text}")
    });
    printed.map_err(|error| Failure::of("printing the truth", error))
}

fn truth(plan: &Plan) -> BTreeMap<IpAddr, Truth<'_>> {
    let mut hosts = BTreeMap::new();
    for rule in &plan.rules {
        for address in rule.hosts.iter().filter(|address| !OWN.contains(address)) {
            hosts.entry(address).or_insert_with(|| Truth::of(&rule.behaviour));
        }
    }
    hosts
}

#[cfg(test)]
mod tests {
    use super::truth;
    use crate::plan::Plan;
    use expect_test::expect;
    use std::fmt::Write;

    #[test]
    fn each_named_address_once_and_in_order() {
        let plan = Plan::parse(
            "10.99.255.253-254 tarpit\n\
             10.99.0.2 filtered open=443\n\
             10.99.0.1-3 live open=80,22 udp=53\n\
             fd00:99::1 dead\n\
             default live\n",
        )
        .unwrap();
        let mut lines = String::new();
        for (address, truth) in truth(&plan) {
            writeln!(lines, "{address} {}", serde_json::to_string(&truth).unwrap()).unwrap();
        }
        expect![[r#"
            10.99.0.1 {"kind":"live","state":"up","open":[22,80],"others":"closed","udp":[53]}
            10.99.0.2 {"kind":"filtered","state":"up","open":[443],"others":"filtered","udp":[]}
            10.99.0.3 {"kind":"live","state":"up","open":[22,80],"others":"closed","udp":[53]}
            10.99.255.253 {"kind":"tarpit","state":"up","open":[],"others":"open","udp":[]}
            fd00:99::1 {"kind":"dead","state":"down","open":[],"others":"filtered","udp":[]}
        "#]]
        .assert_eq(&lines);
    }
}
