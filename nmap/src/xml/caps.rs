//! Every limit that reading a document keeps to. nmap itself stays far below them; what they stop
//! is a hostile service, a damaged file or an import that is not nmap's.

/// Elements open inside one another. Deeper children of the root are skipped.
pub const DEPTH_MAX: usize = 32;
/// Attributes of one tag.
pub const ATTRIBUTES_MAX: usize = 64;
/// Bytes of an element's or attribute's name.
pub const NAME_BYTES_MAX: usize = 64;
/// Bytes of one tag, comment or other markup.
pub const TAG_BYTES_MAX: usize = 1024 * 1024;
/// Bytes of one child of the root, in practice a whole host. A larger one is skipped.
pub const ELEMENT_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Bytes of a script's output that are kept, and of each text of its structured result.
pub const SCRIPT_BYTES_MAX: usize = 64 * 1024;
/// Texts and tables of one script's structured result.
pub const SCRIPT_ITEMS_MAX: usize = 16 * 1024;
/// Ports of one host that are listed one by one.
pub const PORTS_MAX: usize = 131_072;
/// Bytes of a DOCTYPE; nmap's has 19.
pub const DOCTYPE_BYTES_MAX: usize = 256;
/// Remarks kept of one element; more are counted.
pub const REMARKS_MAX: usize = 8;
