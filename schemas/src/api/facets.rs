//! What the hosts of a scan have in common.

use crate::{host::Protocol, scan::Verdict};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What the hosts that a filter lets through have in common. Counts are hosts; of each list the
/// most frequent come first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HostFacets {
    /// Hosts that were counted.
    pub hosts: u64,
    /// Their verdicts.
    pub verdicts: Vec<VerdictCount>,
    /// Their open ports, or those in the state that the filter names; 50 at most.
    pub ports: Vec<PortCount>,
    /// The services of these ports; 50 at most.
    pub services: Vec<ValueCount>,
    /// The products of these ports; 50 at most.
    pub products: Vec<ValueCount>,
    /// Whether all hosts were looked at that the filter lets through.
    pub complete: bool,
}

/// Hosts with a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VerdictCount {
    /// The verdict.
    pub value: Verdict,
    /// How many hosts.
    pub count: u64,
}

/// Hosts with a port.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PortCount {
    /// The port's protocol.
    pub protocol: Protocol,
    /// The port's number.
    pub port: u16,
    /// The service that most of these hosts have there, if any has one.
    pub service: Option<String>,
    /// How many hosts.
    pub count: u64,
}

/// Hosts with a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ValueCount {
    /// The value, as nmap writes it.
    pub value: String,
    /// How many hosts.
    pub count: u64,
}
