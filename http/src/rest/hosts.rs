//! Hosts that were found up, with their ports.

use crate::{
    extract::Segment,
    page::{self, Page},
    problem::Failure,
    query::{Nothing, SeedList, SeedQuery},
    router::Edge,
    view,
};
use axum::{Json, extract::State, http::Uri, response::Response};
use netscan_schemas::{
    HostId, ScanId,
    api::{Host, HostPort},
    host::{HostState, Protocol},
    limits,
};
use netscan_store::{ReadError, Store};
use serde::Deserialize;
use std::sync::Arc;

/// Which hosts to list. A host matches when it matches all that is given; those on ports, when
/// one port matches all of them.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct HostFilter {
    status: Option<HostState>,
    port: Option<u16>,
    protocol: Option<Protocol>,
    state: Option<PortState>,
    service: Option<String>,
    product: Option<String>,
    q: Option<String>,
}

/// A port's state, by the name that nmap gives it; written in any case.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
struct PortState(String);

impl PortState {
    const ALL: [&str; 6] =
        ["open", "closed", "filtered", "unfiltered", "open|filtered", "closed|filtered"];
}

impl TryFrom<String> for PortState {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let named = Self::ALL.into_iter().find(|name| name.eq_ignore_ascii_case(&text));
        named.map(|name| Self(name.to_owned())).ok_or_else(|| {
            format!("`{text}` is no state of a port; those are `{}`", Self::ALL.join("`, `"))
        })
    }
}

impl HostFilter {
    fn matches(&self, host: &Host) -> bool {
        let status = self.status.is_none_or(|status| status.as_str() == host.status);
        let ports = !self.names_a_port() || host.ports.iter().any(|port| self.matches_port(port));
        status && ports && self.q.as_ref().is_none_or(|text| mentions(host, text))
    }

    fn names_a_port(&self) -> bool {
        self.port.is_some()
            || self.protocol.is_some()
            || self.state.is_some()
            || self.service.is_some()
            || self.product.is_some()
    }

    fn matches_port(&self, port: &HostPort) -> bool {
        let is = |wanted: &Option<String>, held: Option<&String>| {
            wanted.as_ref().is_none_or(|wanted| {
                held.is_some_and(|held| held.to_lowercase() == wanted.to_lowercase())
            })
        };
        let product = self.product.as_ref().is_none_or(|wanted| {
            let held = port.service_product.as_deref().unwrap_or_default().to_lowercase();
            held.contains(&wanted.to_lowercase())
        });
        self.port.is_none_or(|wanted| wanted == port.port)
            && self.protocol.is_none_or(|wanted| wanted == port.protocol)
            && self.state.as_ref().is_none_or(|wanted| wanted.0 == port.state)
            && is(&self.service, port.service_name.as_ref())
            && product
    }

    /// Returns the open port that the index can look up. It is kept by protocol: a port of any
    /// protocol is looked for host by host.
    fn indexed(&self) -> Option<(Protocol, u16)> {
        let open = self.state.as_ref().is_some_and(|state| state.0 == "open");
        self.protocol.zip(self.port).filter(|_| open)
    }
}

/// Returns whether a host's address, names or services have this text.
fn mentions(host: &Host, text: &str) -> bool {
    let text = text.to_lowercase();
    let has = |held: &str| held.to_lowercase().contains(&text);
    has(&host.address)
        || host.hostnames.iter().any(|name| has(&name.name))
        || host.ports.iter().any(|port| {
            let parts = [&port.service_name, &port.service_product, &port.service_version];
            parts.into_iter().flatten().any(|part| has(part))
        })
}

/// Lists hosts of a scan in the order in which they were found.
pub async fn list(
    State(edge): State<Arc<Edge>>,
    Segment(scan): Segment<ScanId>,
    SeedList(page, filter): SeedList<Page, HostFilter>,
    uri: Uri,
) -> Result<Response, Failure> {
    view::stored(&edge, scan)?;
    let (limit, after) = (page.limit()?, page.after(HostId::new)?);
    let store = Arc::clone(edge.system.store());
    let find = move || find(&store, scan, &filter, after, limit + 1);
    let hosts = crate::off_thread(find).await??;
    Ok(page::answer(&uri, hosts, limit, |host| host.id.get()))
}

fn find(
    store: &Store,
    scan: ScanId,
    filter: &HostFilter,
    mut after: Option<HostId>,
    wanted: usize,
) -> Result<Vec<Host>, ReadError> {
    let mut found = Vec::new();
    loop {
        let rows = match filter.indexed() {
            Some((protocol, port)) => {
                store.hosts_with_port(scan, protocol, port, after, limits::PAGE_MAX)?
            }
            None => store.hosts(scan, after, limits::PAGE_MAX)?,
        };
        let Some(last) = rows.last() else { return Ok(found) };
        after = Some(last.id);
        for host in rows.into_iter().map(Host::new).filter(|host| filter.matches(host)) {
            found.push(host);
            if found.len() == wanted {
                return Ok(found);
            }
        }
    }
}

/// Answers one host with all that is known of it.
pub async fn get(
    State(edge): State<Arc<Edge>>,
    Segment(id): Segment<HostId>,
    _: SeedQuery<Nothing>,
) -> Result<Json<Host>, Failure> {
    let record = edge.system.store().host(id)?;
    let record = record.ok_or_else(|| Failure::not_found(format!("host {id}")))?;
    Ok(Json(Host::new(record)))
}
