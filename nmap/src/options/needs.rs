//! What options need beyond what every operator may have nmap do. Just read off the options here;
//! who has which right is decided elsewhere.

use super::{FlagError, Lack, Parsed, scripts::ScriptDb};
use netscan_schemas::grants::ScriptTier;

/// A right that not everybody has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// To slip past filters, or to hurry.
    Evasion,
    /// To run scripts of this tier, which is not the first.
    Scripts(ScriptTier),
}

/// A flag that needs a right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// The flag's place among those that were given, where it is known.
    pub index: Option<usize>,
    /// The flag.
    pub flag: &'static str,
    /// What is wrong about it, as a sentence without an end.
    pub why: String,
    /// What it needs.
    pub right: Right,
}

impl Need {
    /// Returns the error of whoever lacks the right.
    pub fn refused(&self, mend: &str) -> FlagError {
        let reason = format!("{}; {mend}", self.why);
        FlagError { lack: Lack::Right, ..FlagError::new(self.index, self.flag, reason) }
    }
}

const SCRIPT: &str = "--script";

impl Parsed {
    /// Returns every right that the options need, or which of the scripts that are asked for are
    /// never run. `db` is what is installed with nmap; without it, no script is run.
    pub fn needs(&self, db: Option<&ScriptDb>) -> Result<Vec<Need>, Vec<FlagError>> {
        let evasion = self.options.evasions().map(|(flag, why)| Need {
            index: self.places.get(flag).copied(),
            flag,
            why: format!("it {why}"),
            right: Right::Evasion,
        });
        let mut needs: Vec<_> = evasion.collect();
        needs.extend(self.script_needs(db)?);
        Ok(needs)
    }

    fn script_needs(&self, db: Option<&ScriptDb>) -> Result<Vec<Need>, Vec<FlagError>> {
        let scripts = &self.options.scripts;
        let wrong = |reason: String| FlagError::of_options(SCRIPT, reason);
        if scripts.is_empty() {
            return Ok(Vec::new());
        }
        let Some(db) = db else {
            let reason = "nmap's list of scripts cannot be read, so that none is run";
            return Err(vec![wrong(reason.into())]);
        };
        let need = |tier, why| Need { index: None, flag: SCRIPT, why, right: Right::Scripts(tier) };
        let categories = scripts.categories.iter().map(|category| {
            let (name, tier) = (category.name(), category.tier());
            need(tier, format!("the scripts of the category `{name}` are {}", kind(tier)))
        });
        let mut needs: Vec<_> = categories.collect();
        let mut errors = Vec::new();
        for name in scripts.names() {
            match db.tier(name) {
                Ok(tier) => {
                    let why = format!("`{name}` ({}) is {}", db.categories(name), kind(tier));
                    needs.push(need(tier, why));
                }
                Err(reason) => errors.push(wrong(reason)),
            }
        }
        needs.retain(|need| need.right != Right::Scripts(ScriptTier::Safe));
        if errors.is_empty() { Ok(needs) } else { Err(errors) }
    }
}

/// Returns what scripts of a tier are called.
fn kind(tier: ScriptTier) -> &'static str {
    match tier {
        ScriptTier::Safe => "safe",
        ScriptTier::Intrusive => "intrusive",
        ScriptTier::All => "dangerous",
    }
}
