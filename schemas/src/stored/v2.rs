//! Records of version 2 that have changed since, and the way from each into the next version.

use crate::{address::AddressSet, scan::PinnedName};
use serde::{Deserialize, Serialize};

/// Which addresses a scan scans.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[allow(missing_docs)] // as in version 3
pub struct PlanRecord {
    pub addresses: AddressSet,
    pub names: Vec<PinnedName>,
    pub last: AddressSet,
}

impl From<PlanRecord> for super::PlanRecord {
    /// All plans were cut in order.
    fn from(old: PlanRecord) -> Self {
        let order = super::PlanOrder::InOrder;
        Self { addresses: old.addresses, names: old.names, last: old.last, order }
    }
}
