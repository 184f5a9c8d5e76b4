//! The flags that are refused, each with its reason.

use super::table::{
    Arity::{No, Value},
    Row,
    Rule::Refuse,
};

const OUTPUT: &str = "netscan keeps nmap's output itself: fetch it with `raw` or `export`";
const XML_LOOK: &str = "the form of nmap's XML is fixed: netscan reads it";
const TRACE: &str = "it floods the output with packets and is of no use in results";
const TARGET_FILE: &str = "nmap reads no file for a request: put targets into the `targets` field";
const EXCLUDE: &str = "put addresses into the `exclude` field";
const RANDOM_TARGETS: &str = "it would scan addresses that nobody named";
const RESUME: &str = "netscan resumes scans by itself, without losing hosts: use `resume`";
const FILE: &str = "nmap reads only the files of its own installation";
const PRIVILEGE: &str = "netscan finds out by itself what it may do; `-sT` needs no privilege";
const SPOOF: &str = "packets that hide or fake where they come from are not sent";
const SHAPE: &str = "packets made to slip past filters are not sent";
const RELAY: &str = "it would send traffic through, or to, hosts outside of the targets";
const PATH: &str = "the system's routes choose the interface and the way out";
const INFO: &str = "it only prints something, and scans nothing";

#[rustfmt::skip]
pub(super) static REFUSED: &[Row] = &[
    // Results go where netscan keeps them.
    Row { name: "-oN", arity: Value, rule: Refuse(OUTPUT) },
    Row { name: "-oX", arity: Value, rule: Refuse(OUTPUT) },
    Row { name: "-oS", arity: Value, rule: Refuse(OUTPUT) },
    Row { name: "-oG", arity: Value, rule: Refuse(OUTPUT) },
    Row { name: "-oA", arity: Value, rule: Refuse(OUTPUT) },
    Row { name: "-oM", arity: Value, rule: Refuse(OUTPUT) },
    Row { name: "-oH", arity: Value, rule: Refuse(OUTPUT) },
    Row { name: "-o", arity: Value, rule: Refuse(OUTPUT) },
    Row { name: "-m", arity: Value, rule: Refuse(OUTPUT) },
    Row { name: "--append-output", arity: No, rule: Refuse(OUTPUT) },
    Row { name: "--stylesheet", arity: Value, rule: Refuse(XML_LOOK) },
    Row { name: "--webxml", arity: No, rule: Refuse(XML_LOOK) },
    Row { name: "--deprecated-xml-osclass", arity: No, rule: Refuse(XML_LOOK) },
    Row { name: "--packet-trace", arity: No, rule: Refuse(TRACE) },
    Row { name: "--version-trace", arity: No, rule: Refuse(TRACE) },
    Row { name: "--script-trace", arity: No, rule: Refuse(TRACE) },

    // Targets are fields of a request, so that each address is checked.
    Row { name: "-iL", arity: Value, rule: Refuse(TARGET_FILE) },
    Row { name: "-i", arity: Value, rule: Refuse(TARGET_FILE) },
    Row { name: "-iR", arity: Value, rule: Refuse(RANDOM_TARGETS) },
    Row { name: "--exclude", arity: Value, rule: Refuse(EXCLUDE) },
    Row { name: "--excludefile", arity: Value, rule: Refuse(EXCLUDE) },
    Row { name: "--resolve-all", arity: No, rule: Refuse("netscan resolves host names itself, and pins the address it checked") },
    Row { name: "-sL", arity: No, rule: Refuse("it scans nothing: use `netscan targets expand`, or POST /api/targets/expand") },
    Row { name: "--resume", arity: Value, rule: Refuse(RESUME) },

    // Files, and code in them.
    Row { name: "--datadir", arity: Value, rule: Refuse(FILE) },
    Row { name: "--servicedb", arity: Value, rule: Refuse(FILE) },
    Row { name: "--versiondb", arity: Value, rule: Refuse(FILE) },
    Row { name: "--script-args-file", arity: Value, rule: Refuse(FILE) },
    Row { name: "--script-updatedb", arity: No, rule: Refuse("it rewrites a file of nmap's installation") },
    Row { name: "--script-help", arity: Value, rule: Refuse(INFO) },

    // Traffic that is not ours, or not to the targets.
    Row { name: "-sI", arity: Value, rule: Refuse(RELAY) },
    Row { name: "-b", arity: Value, rule: Refuse(RELAY) },
    Row { name: "--proxies", arity: Value, rule: Refuse(RELAY) },
    Row { name: "--proxy", arity: Value, rule: Refuse(RELAY) },
    Row { name: "--dns-servers", arity: Value, rule: Refuse(RELAY) },
    Row { name: "-D", arity: Value, rule: Refuse(SPOOF) },
    Row { name: "-S", arity: Value, rule: Refuse(SPOOF) },
    Row { name: "--spoof-mac", arity: Value, rule: Refuse(SPOOF) },
    Row { name: "--data", arity: Value, rule: Refuse(SHAPE) },
    Row { name: "--data-string", arity: Value, rule: Refuse(SHAPE) },
    Row { name: "--ip-options", arity: Value, rule: Refuse(SHAPE) },
    Row { name: "--adler32", arity: No, rule: Refuse(SHAPE) },
    Row { name: "--send-eth", arity: No, rule: Refuse(PATH) },
    Row { name: "--send-ip", arity: No, rule: Refuse(PATH) },
    Row { name: "--nogcc", arity: No, rule: Refuse("it switches off congestion control; use `--min-rate`") },
    Row { name: "--privileged", arity: No, rule: Refuse(PRIVILEGE) },
    Row { name: "--unprivileged", arity: No, rule: Refuse(PRIVILEGE) },

    // No scan at all.
    Row { name: "--iflist", arity: No, rule: Refuse(INFO) },
    Row { name: "-V", arity: No, rule: Refuse(INFO) },
    Row { name: "--version", arity: No, rule: Refuse(INFO) },
    Row { name: "-h", arity: No, rule: Refuse(INFO) },
    Row { name: "--help", arity: No, rule: Refuse(INFO) },
    Row { name: "--route-dst", arity: Value, rule: Refuse(INFO) },
    Row { name: "--thc", arity: No, rule: Refuse(INFO) },
    Row { name: "--yoloscan", arity: No, rule: Refuse("it is a joke for `-A`: write `-A`") },
];
