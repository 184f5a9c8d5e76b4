//! The scope as an attempt asks for it: before its nmap is started, and as long as that runs.

use super::{Effective, Scopes};
use netscan_schemas::{AddressSet, ProjectId};
use std::sync::Arc;

/// The addresses of an attempt, held against what may be scanned.
pub struct ScopeWatch {
    scopes: Arc<Scopes>,
    project: ProjectId,
    addresses: AddressSet,
    /// What they were in when it was looked last.
    held: Option<Arc<Effective>>,
}

impl ScopeWatch {
    /// Watches these addresses, for a scan of this project.
    pub(crate) fn new(scopes: Arc<Scopes>, project: ProjectId, addresses: AddressSet) -> Self {
        Self { scopes, project, addresses, held: None }
    }

    /// Returns how many of the addresses may not be scanned at this moment.
    pub fn outside(&mut self) -> u64 {
        let effective = self.scopes.effective(Some(self.project));
        self.outside_of(effective)
    }

    fn outside_of(&mut self, effective: Arc<Effective>) -> u64 {
        if self.held.as_ref().is_some_and(|held| Arc::ptr_eq(held, &effective)) {
            return 0;
        }
        let outside = effective.outside(&self.addresses).count();
        self.held = (outside == 0).then_some(effective);
        outside
    }

    /// As [`outside`](Self::outside), for an nmap that runs already: it is left alone while it is
    /// not known whether the scope has changed.
    pub fn outside_for_sure(&mut self) -> u64 {
        let effective = self.scopes.effective(Some(self.project));
        if effective.is_doubtful() { 0 } else { self.outside_of(effective) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scope::NewEntry;
    use netscan_schemas::{Time, audit::Origin, scope::ScopeList};
    use netscan_store::{NoPublisher, Options, Store};

    #[tokio::test]
    async fn what_runs_is_ended_for_a_denial_and_not_for_a_doubt() {
        let dir = tempfile::TempDir::new().unwrap();
        let store = Store::open(dir.path(), Options::default(), Arc::new(NoPublisher)).unwrap();
        let soon = Time::now().later_by(std::time::Duration::from_millis(300));
        let entry = |list, address: [u8; 4], expires_at| NewEntry {
            list,
            addresses: AddressSet::from_addresses([address.into()]),
            note: Some("a test".into()),
            by: "test".into(),
            expires_at,
        };
        let scopes = Arc::new(Scopes::load(Arc::new(store), Vec::new()).unwrap());
        scopes
            .add(None, entry(ScopeList::Allow, [198, 18, 0, 1], Some(soon)), &Origin::server())
            .await
            .unwrap();
        let watch = |address: [u8; 4]| {
            let addresses = AddressSet::from_addresses([address.into()]);
            ScopeWatch::new(Arc::clone(&scopes), ProjectId::new(1).unwrap(), addresses)
        };
        let (mut local, mut lab) = (watch([127, 0, 0, 1]), watch([198, 18, 0, 1]));
        assert_eq!((local.outside(), lab.outside()), (0, 0));
        // A write failed, and it is not known yet whether it was done.
        let changing = scopes.changing.lock().await;
        scopes.write().is_doubtful = true;
        assert_eq!((local.outside(), local.outside_for_sure()), (1, 0));
        drop(changing);
        assert_eq!((local.outside_for_sure(), local.outside()), (0, 0));
        // Nobody has to change anything for an entry to expire.
        tokio::time::sleep(std::time::Duration::from_millis(350)).await;
        assert_eq!((local.outside_for_sure(), lab.outside_for_sure()), (0, 1));
        scopes
            .add(None, entry(ScopeList::Deny, [127, 0, 0, 1], None), &Origin::server())
            .await
            .unwrap();
        assert_eq!((local.outside_for_sure(), local.outside_for_sure()), (1, 1));
    }
}
