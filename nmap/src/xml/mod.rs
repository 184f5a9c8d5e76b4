//! Reads nmap's XML while nmap still writes it.
//!
//! ```text
//! bytes ─► Splitter ── one whole child of <nmaprun> ─► Elements ─► host ─► Item::Host
//!          (where each child ends)                     (its tags)
//! ```
//!
//! A [`Document`] does no I/O: bytes are pushed in as they come, in pieces of any size, and a host
//! comes out at the very byte that closes it. At most one child of the root is held, every size is
//! capped ([`caps`]), no entity is expanded beyond XML's own five and numbers, and what has to be
//! left out is said in an [`Item::Skipped`].
//!
//! Invariant: hosts that were handed out were closed in the document, whatever comes after them.

#[cfg(test)]
mod against_quick_xml;
pub mod caps;
mod document;
mod elements;
mod host;
mod markup;
mod part;
mod pieces;
mod repair;
mod splitter;
#[cfg(test)]
mod tests;

pub use document::{Document, DocumentEnd, Finished, Item};
pub use pieces::{Piece, Pieces, host};
