//! Imports.

use crate::{
    id::{BatchId, ScanId},
    scan::{ScanStatus, VerdictCounts},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What became of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ImportAnswer {
    /// The scan that holds it.
    pub scan_id: ScanId,
    /// The batch that holds its bytes.
    pub batch_id: BatchId,
    /// Whether the same bytes had been imported into the project before; nothing was added then.
    pub is_known: bool,
    /// `completed` for a whole document of an nmap that succeeded.
    pub status: ScanStatus,
    /// What is known of the addresses in it.
    pub verdicts: VerdictCounts,
    /// Ports found open on them.
    pub open_ports: u64,
    /// BLAKE3 of the bytes in hexadecimal.
    pub blake3: String,
    /// What was lost, left out or not told by the file.
    pub warnings: Vec<String>,
    /// Why the scan is not complete.
    pub error: Option<String>,
}
