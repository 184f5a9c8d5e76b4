//! Pages of lists: `limit`, an opaque `cursor`, and a `Link` to the next page.

use crate::problem::Failure;
use axum::{
    Json,
    http::{HeaderValue, Uri, header},
    response::{IntoResponse, Response},
};
use netscan_schemas::{limits, problem::Code};
use serde::{Deserialize, Serialize};

/// Bytes that a row takes as JSON, about: of a scan 700, of a host with a few ports 600.
const ROW_BYTES: usize = 1024;

/// Which rows are asked for.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Page {
    /// Rows at most; 1 to 1000. Without it, 10,000.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<usize>,
    /// Where the page begins: from the `Link` of the page before.
    cursor: Option<String>,
}

impl Page {
    /// Returns the page of these parameters.
    pub fn new(limit: Option<usize>, cursor: Option<String>) -> Self {
        Self { limit, cursor }
    }

    /// Returns how many rows to answer: as many as asked for; without a word, everything up to a
    /// bound, as clients of the Python system expect.
    pub fn limit(&self) -> Result<usize, Failure> {
        self.limit_or(limits::SEED_LIST_MAX)
    }

    /// Returns how many rows to answer, so many without a word.
    pub fn limit_or(&self, default: usize) -> Result<usize, Failure> {
        match self.limit {
            None => Ok(default),
            Some(limit) if (1..=limits::PAGE_MAX).contains(&limit) => Ok(limit),
            Some(limit) => {
                let detail = format!("limit must be 1 to {}, not {limit}", limits::PAGE_MAX);
                Err(Failure::new(Code::InvalidValue, detail))
            }
        }
    }

    /// Returns whether the client said how many rows it wants, and so goes from page to page.
    pub fn is_asked_for(&self) -> bool {
        self.limit.is_some()
    }

    /// Returns the last row of the page before.
    pub fn after<T>(&self, id: fn(u64) -> Option<T>) -> Result<Option<T>, Failure> {
        self.place(|cursor| u64::from_str_radix(cursor.strip_prefix('c')?, 16).ok().and_then(id))
    }

    /// Returns what `read` makes of the cursor, if there is one.
    pub fn place<T>(&self, read: impl FnOnce(&str) -> Option<T>) -> Result<Option<T>, Failure> {
        let Some(cursor) = &self.cursor else { return Ok(None) };
        match read(cursor) {
            Some(place) => Ok(Some(place)),
            None => Err(Failure::new(
                Code::InvalidValue,
                "the cursor is not one of ours; take it from the `Link` of the page before",
            )),
        }
    }
}

/// Answers rows, with a link to the next page when there is more. `rows` holds one more than
/// `limit` then.
pub fn answer<T: Serialize>(
    uri: &Uri,
    mut rows: Vec<T>,
    limit: usize,
    number: fn(&T) -> u64,
) -> Response {
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().map(number).filter(|_| more).map(cursor);
    answer_up_to(uri, &rows, limit, next)
}

/// Returns the cursor of what follows a row with this number.
pub fn cursor(number: u64) -> String {
    format!("c{number:x}")
}

/// Answers rows, with a link to what follows this cursor.
pub fn answer_up_to<T: Serialize>(
    uri: &Uri,
    rows: &[T],
    limit: usize,
    next: Option<String>,
) -> Response {
    let mut response = json(rows);
    let link = next.map(|cursor| HeaderValue::from_str(&next_link(uri, limit, &cursor)));
    if let Some(Ok(link)) = link {
        response.headers_mut().insert(header::LINK, link);
    }
    response
}

/// Returns rows as JSON, written into a buffer that need not grow.
fn json<T: Serialize>(rows: &[T]) -> Response {
    let mut body = Vec::with_capacity(rows.len() * ROW_BYTES + 2);
    match serde_json::to_writer(&mut body, rows) {
        Ok(()) => ([(header::CONTENT_TYPE, "application/json")], body).into_response(),
        // It says the same again, and how that is answered.
        Err(_) => Json(rows).into_response(),
    }
}

fn next_link(uri: &Uri, limit: usize, cursor: &str) -> String {
    link(uri, limit, "cursor", cursor)
}

/// Returns the link to the next page of a request: the same, but for where it begins.
pub fn link(uri: &Uri, limit: usize, place: &str, value: &str) -> String {
    let kept = uri.query().unwrap_or_default().split('&').filter(|pair| {
        let name = pair.split('=').next().unwrap_or_default();
        !pair.is_empty() && name != place && name != "limit"
    });
    let mut query: Vec<String> = kept.map(str::to_owned).collect();
    query.push(format!("limit={}", limit.min(limits::PAGE_MAX)));
    query.push(format!("{place}={value}"));
    format!("<{}?{}>; rel=\"next\"", uri.path(), query.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_keeps_the_filters() {
        let uri: Uri = "/api/scans/1/hosts?port=80&limit=2&cursor=c1".parse().unwrap();
        let link = next_link(&uri, 2, &cursor(255));
        assert_eq!(link, "</api/scans/1/hosts?port=80&limit=2&cursor=cff>; rel=\"next\"");
    }

    #[test]
    fn only_our_cursors_are_read() {
        let page = |cursor: &str| Page { limit: None, cursor: Some(cursor.into()) };
        let id: fn(u64) -> Option<u64> = |number| (number > 0).then_some(number);
        assert_eq!(page("cff").after(id).unwrap(), Some(255));
        for bad in ["", "ff", "c", "c0", "czz", "c-1"] {
            assert!(page(bad).after(id).is_err(), "{bad}");
        }
    }
}
