//! The audit log: who did what. Only for administrators.

use crate::{
    page::{self, Page},
    problem::Failure,
    query::Query,
    router::Edge,
};
use axum::{Json, extract::State, http::Uri, response::Response};
use netscan_schemas::{
    api::{AuditBreak, AuditEntry, AuditHead, AuditVerdict},
    audit::AuditAction,
    limits,
    problem::Code,
};
use netscan_store::{
    AuditQuery,
    audit::{Break, Head, Verdict},
};
use serde::Deserialize;
use std::sync::Arc;

/// Which entries to list.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AuditFilter {
    /// Only entries after this one, the oldest of them first; 0 for all.
    since: Option<u64>,
    /// Only this action.
    action: Option<AuditAction>,
    /// Only this actor: a token's id, the name of a token or a user, or `token`, `session`, `local`,
    /// `anyone`, `unknown`, `several`, `server`.
    actor: Option<String>,
    /// Entries at most; 1 to 1000. Without it, 100.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<usize>,
    /// Where the page begins: from the `Link` of the page before.
    cursor: Option<String>,
}

/// Lists the audit log, newest first; with `since`, oldest first.
#[utoipa::path(
    get,
    path = "/api/audit",
    tag = "audit",
    operation_id = "list_audit",
    params(AuditFilter),
    responses(
        (status = 200, description = "The entries. Where they are filtered, a page may be short, or empty, and its `Link` goes on", body = [AuditEntry], headers(("Link" = Option<String>, description = "The next page, with `rel=\"next\"`, while there is more"))),
    ),
)]
pub async fn list(
    State(edge): State<Arc<Edge>>,
    Query(filter): Query<AuditFilter>,
    uri: Uri,
) -> Result<Response, Failure> {
    let AuditFilter { since, action, actor, limit, cursor } = filter;
    let page = Page::new(limit, cursor);
    let limit = page.limit_or(limits::PAGE_DEFAULT)?;
    let after = page.after(Some)?.or(since);
    let query = AuditQuery { after, descending: since.is_none(), limit, action, actor };
    let store = Arc::clone(edge.system.store());
    let found = crate::off_thread(move || store.audit(&query)).await??;
    let entries: Vec<AuditEntry> = found.records.into_iter().map(AuditEntry::new).collect();
    Ok(page::answer_up_to(&uri, &entries, limit, found.next.map(page::cursor)))
}

/// What to compare the log with.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct VerifyQuery {
    /// A head that was kept elsewhere: an entry's number and its hash, `12:64 hexadecimal digits`.
    head: Option<String>,
}

/// Verifies the audit log: reads all of it.
#[utoipa::path(
    get,
    path = "/api/audit/verify",
    tag = "audit",
    operation_id = "verify_audit",
    params(VerifyQuery),
    responses(
        (status = 200, description = "What was found, be it good or bad", body = AuditVerdict),
    ),
)]
pub async fn verify(
    State(edge): State<Arc<Edge>>,
    Query(query): Query<VerifyQuery>,
) -> Result<Json<AuditVerdict>, Failure> {
    let known = query.head.as_deref().map(read_head).transpose()?;
    let store = Arc::clone(edge.system.store());
    let verdict = crate::off_thread(move || store.verify_audit(known)).await??;
    Ok(Json(shown(verdict)))
}

fn read_head(text: &str) -> Result<Head, Failure> {
    let wrong = |why: String| Failure::new(Code::InvalidValue, format!("`head`: {why}"));
    let AuditHead { seq, hash } = text.parse().map_err(wrong)?;
    let hash = blake3::Hash::from_hex(&hash).map_err(|error| wrong(error.to_string()))?;
    Ok((seq, *hash.as_bytes()))
}

fn shown(verdict: Verdict) -> AuditVerdict {
    let (seq, hash) = verdict.head;
    AuditVerdict {
        intact: verdict.is_intact(),
        entries: verdict.entries,
        head: AuditHead { seq, hash: blake3::Hash::from(hash).to_hex().to_string() },
        breaks: verdict.breaks.into_iter().map(shown_break).collect(),
        breaks_total: verdict.breaks_total,
        known_head: verdict.known_head,
    }
}

fn shown_break(found: Break) -> AuditBreak {
    let Break { seq, what, damaged, told_by } = found;
    AuditBreak { seq, what, damaged, told_by }
}
