//! `GET /metrics`: the server in numbers, for Prometheus.
//!
//! ```text
//! store, launches, edge ── counters and histograms, kept where they are counted ─┐
//! slots, store's health, disk, process ── looked up at the scrape ───────────────┴─► text
//! ```
//!
//! A label's values are those of an enum, or routes as they are registered: never an id, an
//! address or a name.

mod counts;
mod process;
mod scrape;

pub use counts::{Asked, Client, Connected, Metrics};
pub use scrape::{__path_scrape, scrape};
