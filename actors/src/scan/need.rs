//! What a scan waits for while it is missing.

/// What a scan cannot go on without.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// A usable nmap.
    Scanner,
    /// Room on the disk.
    Store,
    /// An interface or a route that was there before.
    Network,
}

impl Need {
    /// Returns the name used in events.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Scanner => "scanner",
            Self::Store => "store",
            Self::Network => "network",
        }
    }
}
