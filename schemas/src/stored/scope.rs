//! Entries of what may be scanned.

use crate::{
    address::AddressSet,
    id::{ProjectId, ScopeId},
    scope::ScopeList,
    time::Time,
};
use serde::{Deserialize, Serialize};

/// An entry of the server's scope, or of a project's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScopeRecord {
    /// Its number.
    pub id: ScopeId,
    /// Whose scope it is of; none for the server's.
    pub project: Option<ProjectId>,
    /// Which list.
    pub list: ScopeList,
    /// The addresses, one run of them.
    pub addresses: AddressSet,
    /// Why.
    pub note: Option<String>,
    /// Who added it.
    pub by: String,
    /// When it was added.
    pub created_at: Time,
    /// From when on it does not count any more.
    pub expires_at: Option<Time>,
}
