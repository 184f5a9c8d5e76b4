//! What a project may do beyond what every operator may: the words that stored records, the API
//! and the engine share.

use serde::{Deserialize, Serialize};
use std::fmt;
use utoipa::ToSchema;

/// Which scripts may run. Each tier has all scripts of the one before it.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ScriptTier {
    /// Those that only look.
    #[default]
    Safe,
    /// Also those that try for holes, log in, or burden a host.
    Intrusive,
    /// Also those that guess passwords, break in, send garbage or malware, or ask others than the
    /// targets. Never those that make hosts fail.
    All,
}

impl ScriptTier {
    /// Returns the name used in JSON and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Intrusive => "intrusive",
            Self::All => "all",
        }
    }
}

impl fmt::Display for ScriptTier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What an administrator has granted a project.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grants {
    /// Which scripts its scans may run.
    pub scripts: ScriptTier,
    /// Whether administrators may slip its scans past filters, or hurry them (`-T5`).
    pub evasion: bool,
}

impl Grants {
    /// Returns whether something is granted here that is not there.
    pub fn exceed(self, held: Self) -> bool {
        self.scripts > held.scripts || (self.evasion && !held.evasion)
    }
}

/// What to change of a project's grants; what is left out stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct GrantsChange {
    /// Which scripts its scans may run.
    pub scripts: Option<ScriptTier>,
    /// Whether administrators may slip its scans past filters, or hurry them (`-T5`).
    pub evasion: Option<bool>,
    /// Why. Needed to grant more than is granted already.
    pub note: Option<String>,
}

impl GrantsChange {
    /// Returns what is granted after it.
    pub fn applied_to(&self, held: Grants) -> Grants {
        Grants {
            scripts: self.scripts.unwrap_or(held.scripts),
            evasion: self.evasion.unwrap_or(held.evasion),
        }
    }
}

/// What a request says expressly that it wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Confirmation {
    /// Scripts of the tier `all`.
    DangerousScripts,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_more_and_what_is_less() {
        let grants = |scripts, evasion| Grants { scripts, evasion };
        use ScriptTier::{All, Intrusive, Safe};
        let all = [Safe, Intrusive, All].into_iter().flat_map(|tier| [(tier, false), (tier, true)]);
        for (tier, evasion) in all {
            let held = grants(tier, evasion);
            assert!(!held.exceed(held));
            assert!(!Grants::default().exceed(held));
            assert_eq!(held.exceed(Grants::default()), held != Grants::default());
        }
        // Less of the one does not make up for more of the other.
        assert!(grants(Safe, true).exceed(grants(All, false)));
        assert!(grants(All, false).exceed(grants(Intrusive, true)));
    }
}
