//! The profiles that come with netscan.

use netscan_schemas::{
    api::NewProfile,
    scan::PlanKind::{self, Single, Staged},
};

/// Name, description, flags, plan.
type Row = (&'static str, &'static str, &'static [&'static str], PlanKind);

/// Staged where the last step costs much for each host, or most addresses are expected to be dark.
/// None needs a grant.
const ROWS: &[Row] = &[
    ("discovery", "Which hosts are up, without ports", &["-sn"], Single),
    ("quick", "The 100 most common TCP ports, in a hurry", &["-F", "-T4"], Single),
    ("default", "nmap's own choice: the 1,000 most common TCP ports", &[], Single),
    ("full-tcp", "All TCP ports of hosts that are up", &["-p-", "-T4"], Staged),
    ("udp-top", "The 100 most common UDP ports", &["-sU", "--top-ports=100"], Single),
    (
        "services",
        "What listens on the 1,000 most common TCP ports, and its version",
        &["-sV"],
        Staged,
    ),
    (
        "vuln-safe",
        "Services, and signs of weakness that scripts see without trying a hole",
        &["-sV", VULN_SAFE],
        Staged,
    ),
    ("os", "The operating system of hosts with open ports", &["-O"], Staged),
];

/// Scripts that look only: each is of the first tier.
const VULN_SAFE: &str =
    "--script=default,http-security-headers,nfs-showmount,rdp-enum-encryption,ssh2-enum-algos";

/// Returns every profile that is built in.
pub(super) fn all() -> impl Iterator<Item = NewProfile> {
    ROWS.iter().map(|&(name, description, flags, plan)| NewProfile {
        name: name.to_owned(),
        description: description.to_owned(),
        flags: flags.iter().map(|flag| (*flag).to_owned()).collect(),
        plan,
    })
}
