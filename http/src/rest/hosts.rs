//! Hosts that were found up, with their ports: those of a scan, and searches over all scans.

use crate::{
    auth::Identity,
    extract::Segment,
    facets::Facets,
    page::{self, Page},
    problem::Failure,
    query::{List, Nothing, Query, SeedList, SeedQuery},
    router::Edge,
    view,
};
use axum::{Json, extract::State, http::Uri, response::Response};
use netscan_schemas::{
    AddressSet, HostId, ProjectId, ScanId,
    api::{Host, HostFacets},
    host::{HostState, Protocol},
    limits,
    problem::Code,
    scan::Verdict,
};
use netscan_store::{
    ReadError, Store,
    search::{Bounds, HostQuery, Place, addresses_that_begin},
};
use serde::Deserialize;
use std::sync::Arc;

/// Which hosts to list. A host matches when it matches all that is given; those on ports, when
/// one port matches all of them.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct HostFilter {
    /// An address, a block, a range, or how addresses begin (`10.0.`).
    address: Option<String>,
    /// Whether the host answered.
    status: Option<HostState>,
    /// What is known of the host.
    #[param(value_type = Option<String>, pattern = "^(up|timed_out|unfinished)$")]
    verdict: Option<HostVerdict>,
    /// A port's number.
    port: Option<u16>,
    /// A port's protocol.
    protocol: Option<Protocol>,
    /// A port's state: `open`, `closed`, `filtered`, `unfiltered`, `open|filtered` or
    /// `closed|filtered`, in any case.
    #[param(value_type = Option<String>, example = "open")]
    state: Option<PortState>,
    /// The name of a port's service, in any case.
    service: Option<String>,
    /// The product of a port's service, in any case.
    product: Option<String>,
    /// Words, at most 16, all of which the host has: in a name, a service, a product, a version, or at the
    /// beginning of its address.
    q: Option<String>,
}

/// Which rows of a search, and of which scans.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SearchPage {
    /// Rows at most; 1 to 1000. Without it, 100.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<usize>,
    /// Where the page begins: from the `Link` of the page before.
    cursor: Option<String>,
    /// Only hosts of this project.
    project_id: Option<ProjectId>,
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

/// A verdict that a listed host can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
struct HostVerdict(Verdict);

impl TryFrom<String> for HostVerdict {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.as_str() {
            "up" => Ok(Self(Verdict::Up)),
            "timed_out" => Ok(Self(Verdict::TimedOut)),
            "unfinished" => Ok(Self(Verdict::Unfinished)),
            _ => Err(format!(
                "no listed host is `{text}`: they are `up`, `timed_out` or `unfinished`; \
                 `/api/scans/ID/targets?verdict=...` has the others"
            )),
        }
    }
}

impl HostFilter {
    fn into_query(self) -> Result<HostQuery, Failure> {
        let addresses =
            self.address.as_deref().map(|text| addresses("address", text)).transpose()?;
        let words = self.q.map(|text| HostQuery::words_of(&text)).unwrap_or_default();
        if words.len() > limits::SEARCH_WORDS_MAX {
            let detail = format!(
                "the query parameter `q` has {} words, and {} are the most; leave some out",
                words.len(),
                limits::SEARCH_WORDS_MAX
            );
            return Err(Failure::new(Code::InvalidValue, detail));
        }
        Ok(HostQuery {
            projects: None,
            addresses,
            status: self.status,
            verdict: self.verdict.map(|verdict| verdict.0),
            port: self.port,
            protocol: self.protocol,
            state: self.state.map(|state| state.0),
            service: self.service.map(|text| text.to_lowercase()),
            product: self.product.map(|text| text.to_lowercase()),
            words,
        })
    }
}

/// Reads an address, a block or a range as targets are written, or the beginning of addresses of
/// IPv4 up to a dot.
pub fn addresses(parameter: &str, text: &str) -> Result<AddressSet, Failure> {
    if text.ends_with('.') {
        let runs = addresses_that_begin(text);
        if !runs.is_empty() {
            return Ok(AddressSet::from_intervals(runs));
        }
    }
    let (list, errors) = netscan_nmap::targets::parse(&[text]);
    let detail = match (errors.into_iter().next(), list.names.is_empty()) {
        (Some(error), _) => format!("the query parameter `{parameter}`: {}", error.reason),
        (None, false) => format!(
            "the query parameter `{parameter}`: `{text}` is no address; give one, a block like \
             192.0.2.0/24, a range like 192.0.2.1-20, or a beginning like `192.0.`"
        ),
        (None, true) => return Ok(list.addresses),
    };
    Err(Failure::new(Code::InvalidValue, detail))
}

/// Lists hosts of a scan in the order in which they were found.
#[utoipa::path(
    get,
    path = "/api/scans/{id}/hosts",
    tag = "results",
    operation_id = "list_scan_hosts",
    params(("id" = ScanId, Path, description = "The number of the scan"), Page, HostFilter),
    responses(
        (status = 200, description = "The hosts", body = [Host], headers(("Link" = Option<String>, description = "The next page, with `rel=\"next\"`, while there is more"))),
    ),
)]
pub async fn list(
    State(edge): State<Arc<Edge>>,
    Segment(scan): Segment<ScanId>,
    SeedList(page, filter): SeedList<Page, HostFilter>,
    uri: Uri,
) -> Result<Response, Failure> {
    view::stored(&edge, scan)?;
    let (limit, after) = (page.limit()?, page.after(HostId::new)?);
    // Who names no limit may not look for a next page: there is one only where it would take long.
    let reads = match page.is_asked_for() {
        true => limits::SEARCH_READS_MAX,
        false => limits::SEARCH_ALL_READS_MAX,
    };
    let (query, bounds) = (filter.into_query()?, Bounds { hosts: limit, reads });
    let find = move || {
        let page = edge.system.store().hosts_matching(scan, &query, after, bounds)?;
        let hosts: Vec<Host> = page.hosts.into_iter().map(Host::new).collect();
        let next = page.next.map(|host| page::cursor(host.get()));
        Ok(page::answer_up_to(&uri, &hosts, limit, next))
    };
    crate::off_thread(find).await?
}

/// Counts what the hosts of a scan have in common that the filter lets through: verdicts, ports,
/// services, products.
#[utoipa::path(
    get,
    path = "/api/scans/{id}/facets",
    tag = "results",
    operation_id = "list_scan_facets",
    params(("id" = ScanId, Path, description = "The number of the scan"), HostFilter),
    responses(
        (status = 200, description = "The counts", body = HostFacets),
    ),
)]
pub async fn facets(
    State(edge): State<Arc<Edge>>,
    Segment(scan): Segment<ScanId>,
    Query(filter): Query<HostFilter>,
) -> Result<Json<HostFacets>, Failure> {
    view::stored(&edge, scan)?;
    let query = filter.into_query()?;
    let store = Arc::clone(edge.system.store());
    let counted = crate::off_thread(move || count(&store, scan, &query)).await?;
    Ok(Json(counted?))
}

fn count(store: &Store, scan: ScanId, query: &HostQuery) -> Result<HostFacets, ReadError> {
    let mut facets = Facets::of_ports(query.state.as_deref().unwrap_or("open"));
    let reads = limits::SEARCH_READS_MAX;
    let mut after = None;
    for _ in 0..limits::FACET_READS_MAX / reads {
        let page = store.hosts_matching(scan, query, after, Bounds { hosts: reads, reads })?;
        page.hosts.iter().for_each(|host| facets.add(host));
        if page.next.is_none() {
            return Ok(facets.finish(true));
        }
        if facets.ports_seen() >= limits::FACET_PORTS_MAX {
            break;
        }
        after = page.next;
    }
    Ok(facets.finish(false))
}

/// Finds hosts of all scans. Those found by `address`, or by an address that `q` begins, come in the
/// order of addresses; all others from the newest scan to the oldest.
#[utoipa::path(
    get,
    path = "/api/hosts",
    tag = "results",
    operation_id = "search_hosts",
    params(SearchPage, HostFilter),
    responses(
        (status = 200, description = "The hosts; a page may be short, or empty, and have a next one", body = [Host], headers(("Link" = Option<String>, description = "The next page, with `rel=\"next\"`, while there is more"))),
    ),
    extensions(("x-problem-codes" = json!(["not-found"]))),
)]
pub async fn search(
    State(edge): State<Arc<Edge>>,
    caller: Identity,
    List(page, filter): List<SearchPage, HostFilter>,
    uri: Uri,
) -> Result<Response, Failure> {
    let SearchPage { limit, cursor: after, project_id } = page;
    let page = Page::new(limit, after);
    let limit = page.limit_or(limits::PAGE_DEFAULT)?;
    let after = page.place(place)?;
    let bounds = Bounds { hosts: limit, reads: limits::SEARCH_READS_MAX };
    if let Some(project) = project_id
        && (!caller.sees(project) || edge.system.store().project(project)?.is_none())
    {
        return Err(Failure::not_found(format!("project {project}")));
    }
    let projects = project_id.map(|project| vec![project]);
    let projects = projects.or_else(|| caller.projects().map(<[ProjectId]>::to_vec));
    let query = HostQuery { projects, ..filter.into_query()? };
    let find = move || {
        let page = edge.system.store().search(&query, after, bounds)?;
        let hosts: Vec<Host> = page.hosts.into_iter().map(Host::new).collect();
        Ok(page::answer_up_to(&uri, &hosts, limit, page.next.map(cursor)))
    };
    crate::off_thread(find).await?
}

/// Returns a place as a cursor.
fn cursor(place: Place) -> String {
    match place {
        Place::Host { scan, host, every: false } => format!("h{scan:x}.{host:x}"),
        Place::Host { scan, host, every: true } => format!("e{scan:x}.{host:x}"),
        Place::Address { address, scan } => format!("a{address:x}.{scan:x}"),
    }
}

fn place(cursor: &str) -> Option<Place> {
    let (kind, numbers) = cursor.split_at_checked(1)?;
    let (first, second) = numbers.split_once('.')?;
    let second = u64::from_str_radix(second, 16).ok()?;
    let scan = u64::from_str_radix(first, 16);
    match kind {
        "h" => Some(Place::Host { scan: scan.ok()?, host: second, every: false }),
        "e" => Some(Place::Host { scan: scan.ok()?, host: second, every: true }),
        "a" => {
            Some(Place::Address { address: u128::from_str_radix(first, 16).ok()?, scan: second })
        }
        _ => None,
    }
}

/// Answers one host with all that is known of it.
#[utoipa::path(
    get,
    path = "/api/hosts/{id}",
    tag = "results",
    operation_id = "get_host",
    params(("id" = HostId, Path, description = "The number of the host")),
    responses(
        (status = 200, description = "The host", body = Host),
    ),
)]
pub async fn get(
    State(edge): State<Arc<Edge>>,
    Segment(id): Segment<HostId>,
    _: SeedQuery<Nothing>,
) -> Result<Json<Host>, Failure> {
    let record = edge.system.store().host(id)?;
    let record = record.ok_or_else(|| Failure::not_found(format!("host {id}")))?;
    Ok(Json(Host::new(record)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_are_read_as_they_are_written() {
        for held in [
            Place::Host { scan: 7, host: u64::MAX, every: false },
            Place::Host { scan: u64::MAX, host: 0, every: true },
            Place::Address { address: u128::MAX, scan: 255 },
        ] {
            assert_eq!(place(&cursor(held)), Some(held));
        }
        for bad in ["", "h", "h1", "x1.1", "h.1", "h1.", "e1.1.1", "ü1.1", "h-1.1"] {
            assert_eq!(place(bad), None, "{bad}");
        }
    }
}
