//! What a perfect scan would find.

use crate::addresses::OWN;
use crate::behaviour::{Behaviour, PortState};
use crate::failure::Failure;
use crate::plan::Plan;
use netscan_test_support::HostTruth;
use std::collections::BTreeMap;
use std::io::Write;
use std::net::IpAddr;

fn truth_of(host: &Behaviour) -> HostTruth {
    let others = match host.other_tcp() {
        PortState::Open => "open",
        PortState::Closed => "closed",
        PortState::Filtered => "filtered",
    };
    HostTruth {
        kind: host.kind.name().to_owned(),
        is_up: host.is_up(),
        open: host.open.clone(),
        others: others.to_owned(),
        udp: host.udp.clone(),
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

fn truth(plan: &Plan) -> BTreeMap<IpAddr, HostTruth> {
    let mut hosts = BTreeMap::new();
    for rule in &plan.rules {
        for address in rule.hosts.iter().filter(|address| !OWN.contains(address)) {
            hosts.entry(address).or_insert_with(|| truth_of(&rule.behaviour));
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
            10.99.0.1 {"kind":"live","is_up":true,"open":[22,80],"others":"closed","udp":[53]}
            10.99.0.2 {"kind":"filtered","is_up":true,"open":[443],"others":"filtered","udp":[]}
            10.99.0.3 {"kind":"live","is_up":true,"open":[22,80],"others":"closed","udp":[53]}
            10.99.255.253 {"kind":"tarpit","is_up":true,"open":[],"others":"open","udp":[]}
            fd00:99::1 {"kind":"dead","is_up":false,"open":[],"others":"filtered","udp":[]}
        "#]]
        .assert_eq(&lines);
    }
}
