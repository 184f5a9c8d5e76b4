//! Walks over the hosts of a scan in the order of their addresses, a page at a time.

use netscan_schemas::{
    AddressSet, ScanId,
    host::{Port, PortId},
    stored::HostRecord,
};
use netscan_store::{ReadError, Store};
use std::{collections::VecDeque, net::IpAddr, sync::Arc};

/// Hosts of a scan that have a row: up, timed out, or with ports that were announced of them.
pub struct Walk {
    store: Arc<Store>,
    scan: ScanId,
    plan: Arc<AddressSet>,
    page: VecDeque<HostRecord>,
    after: Option<IpAddr>,
    is_over: bool,
}

impl Walk {
    /// Returns a walk that has not begun.
    pub fn new(store: Arc<Store>, scan: ScanId, plan: Arc<AddressSet>) -> Self {
        Self { store, scan, plan, page: VecDeque::new(), after: None, is_over: false }
    }

    /// Returns the next host without leaving it behind.
    pub fn peek(&mut self) -> Result<Option<&HostRecord>, ReadError> {
        while self.page.is_empty() && !self.is_over {
            let page = self.store.hosts_among(self.scan, &self.plan, self.after)?;
            self.page = page.hosts.into();
            self.is_over = page.next.is_none();
            self.after = page.next;
        }
        Ok(self.page.front())
    }

    /// Returns the next host.
    pub fn next(&mut self) -> Result<Option<HostRecord>, ReadError> {
        self.peek()?;
        Ok(self.page.pop_front())
    }
}

/// Returns ports for people: `22/tcp 80/tcp`.
pub fn ports_text(ports: &[PortId]) -> String {
    ports.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

/// Returns whether reports list a port one by one: those that are, or may be, open.
pub(super) fn is_shown(port: &Port) -> bool {
    port.state.contains("open")
}
