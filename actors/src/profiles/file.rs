//! Profiles that stand in a TOML file.
//!
//! ```toml
//! [profiles.night]
//! description = "what the night shift scans"
//! flags = ["-sV", "-p-"]
//! plan = "staged"
//! ```

use super::{builtin, wrong_values};
use netscan_nmap::options::Options;
use netscan_schemas::{
    api::NewProfile,
    limits::{PROFILES_FILE_BYTES_MAX, PROFILES_MAX},
    scan::PlanKind,
};
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, Read},
    ops::Range,
    path::{Path, PathBuf},
};
use toml::Spanned;

/// Why a file of profiles is not used. All of it is, or none.
#[derive(Debug, thiserror::Error)]
pub enum ProfilesFileError {
    /// It cannot be read.
    #[error("cannot read the profiles in `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Something in it is wrong.
    #[error("`{}` line {line}: {detail}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// Which line, from 1.
        line: usize,
        /// What is wrong there, and how to mend it.
        detail: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    profiles: BTreeMap<String, Spanned<Entry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    #[serde(default)]
    description: String,
    flags: Vec<Spanned<String>>,
    #[serde(default)]
    plan: PlanKind,
}

/// Returns the profiles that a file has.
///
/// # Errors
/// When it cannot be read, or one of them is not sound; says the line.
pub fn read_profiles(path: &Path) -> Result<Vec<NewProfile>, ProfilesFileError> {
    let failed = |source| ProfilesFileError::Read { path: path.to_owned(), source };
    let file = File::open(path).map_err(failed)?;
    let mut text = String::new();
    file.take(PROFILES_FILE_BYTES_MAX + 1).read_to_string(&mut text).map_err(failed)?;
    if text.len() as u64 > PROFILES_FILE_BYTES_MAX {
        let why = format!("it has more than {PROFILES_FILE_BYTES_MAX} bytes");
        return Err(failed(io::Error::other(why)));
    }
    parse(&text).map_err(|(at, detail)| {
        let line = text.get(..at).unwrap_or(&text).matches('\n').count() + 1;
        ProfilesFileError::Line { path: path.to_owned(), line, detail }
    })
}

/// Returns the profiles in a text, or where something is wrong and what.
pub(super) fn parse(text: &str) -> Result<Vec<NewProfile>, (usize, String)> {
    let at = |span: Option<Range<usize>>| span.map_or(0, |span| span.start);
    let document: Document = toml::from_str(text)
        .map_err(|error| (at(error.span()), error.message().trim_end().replace('\n', "; ")))?;
    if document.profiles.len() > PROFILES_MAX {
        return Err((0, format!("it has more than {PROFILES_MAX} profiles")));
    }
    document.profiles.into_iter().map(|(name, entry)| profile(name, entry)).collect()
}

fn profile(name: String, entry: Spanned<Entry>) -> Result<NewProfile, (usize, String)> {
    let start = entry.span().start;
    let Entry { description, flags, plan } = entry.into_inner();
    let places: Vec<usize> = flags.iter().map(|flag| flag.span().start).collect();
    let flags = flags.into_iter().map(Spanned::into_inner).collect();
    let new = NewProfile { name, description, flags, plan };
    let wrong = |at: usize, detail: &str| (at, format!("profile `{}`: {detail}", new.name));
    if let Some(error) = wrong_values(&new).first() {
        return Err(wrong(start, &error.detail));
    }
    if builtin::all().any(|held| held.name == new.name) {
        return Err(wrong(start, "one of that name is built in; choose another"));
    }
    if let Err(errors) = Options::parse(&new.flags) {
        let error = &errors[0];
        let at = error.index.and_then(|index| places.get(index)).copied();
        return Err(wrong(at.unwrap_or(start), &error.to_string()));
    }
    Ok(new)
}
