//! Profiles: named sets of options that scans may ask for.
//!
//! ```text
//! built in ─┐
//! a file ───┼─ by name ─► flags, plan ─► beside the request's own ─► Wish ─► submission
//! store ────┘
//! ```
//!
//! Invariant: a name means one profile. Those built in come first, then those of the file, and
//! neither can be made or changed through the API.

mod builtin;
mod calls;
mod file;

pub use file::{ProfilesFileError, read_profiles};

use crate::{
    grants::Standing,
    scanner::Scanner,
    submit::{SubmitError, Wish, field, read_flags},
};
use netscan_nmap::{
    options::{FlagError, Options, Right, kept_beside},
    privilege::Privileges,
};
use netscan_schemas::{
    Time,
    api::{NewProfile, Profile, ProfileSource, ScanRequest, profile_name_rule},
    audit::{AuditAction, AuditKind, Origin},
    limits::NOTE_CHARS_MAX,
    problem::{FieldError, is_profile_name},
    stored::ProfileRecord,
};
use netscan_store::{ReadError, Refusal, Store, Write, WriteError};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// The file of profiles in the data directory.
const FILE: &str = "profiles.toml";
/// Names that an error lists.
const NAMES_SHOWN: usize = 30;
/// How often a profile is put while others make and delete it.
const PUT_TRIES: usize = 3;

/// Why a profile is not made, changed or deleted.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// Values that are wrong.
    #[error("{}", first(.0))]
    Values(Vec<FieldError>),
    /// Flags that no scan may have.
    #[error("{}", first(.0))]
    Flags(Vec<FieldError>),
    /// There is one of this name.
    #[error("there is already a profile `{0}`; choose another name, or change that one")]
    Taken(String),
    /// There is none of this name.
    #[error("{0}")]
    Unknown(String),
    /// It comes with netscan.
    #[error(
        "the profile `{0}` is built in and stays as it is; make one of your own with its flags: \
         `netscan profiles add NAME -- FLAGS`"
    )]
    BuiltIn(String),
    /// It stands in a file.
    #[error("the profile `{name}` stands in `{file}`: change it there, and start the server again")]
    InFile {
        /// Its name.
        name: String,
        /// The file's name.
        file: String,
    },
    /// The store cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The store cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

fn first(errors: &[FieldError]) -> &str {
    errors.first().map_or("the profile is not valid", |error| &error.detail)
}

/// A profile and where it comes from.
#[derive(Clone, Debug)]
struct Found {
    source: ProfileSource,
    profile: NewProfile,
}

/// All profiles.
pub struct Profiles {
    store: Arc<Store>,
    of_file: Vec<NewProfile>,
    path: PathBuf,
    /// Why the file of the data directory is not used.
    problem: Option<ProfilesFileError>,
}

impl Profiles {
    /// Reads the file that was named, or the one in the data directory if there is one. That one
    /// may be unsound: no scan needs it to go on, so it keeps no server from starting.
    pub(crate) fn load(
        store: Arc<Store>,
        data_dir: &Path,
        named: Option<PathBuf>,
    ) -> Result<Self, ProfilesFileError> {
        if let Some(path) = named {
            return Ok(Self { store, of_file: read_profiles(&path)?, path, problem: None });
        }
        let path = data_dir.join(FILE);
        let (of_file, problem) = match path.exists().then(|| read_profiles(&path)) {
            None => (Vec::new(), None),
            Some(Ok(profiles)) => (profiles, None),
            Some(Err(error)) => {
                tracing::error!(%error, "the profiles of a file are not used: {error}");
                (Vec::new(), Some(error))
            }
        };
        Ok(Self { store, of_file, path, problem })
    }

    /// Returns every profile: those built in, those of the file, those of the store that are sound.
    fn all(&self) -> Result<Vec<Found>, ReadError> {
        let found = |source| move |profile| Found { source, profile };
        let mut all: Vec<Found> = builtin::all().map(found(ProfileSource::Builtin)).collect();
        all.extend(self.of_file.iter().cloned().map(found(ProfileSource::File)));
        for record in self.store.profiles()? {
            // A name is that of the first who has it.
            if self.fixed(&record.name).is_none() {
                all.push(Found { source: ProfileSource::Store, profile: of_record(record) });
            }
        }
        Ok(all)
    }

    /// Returns the profile of a name that is built in, or stands in the file.
    fn fixed(&self, name: &str) -> Option<Found> {
        let found = |source| move |profile| Found { source, profile };
        let builtin = builtin::all().find(|held| held.name == name);
        let of_file = || self.of_file.iter().find(|held| held.name == name).cloned();
        builtin
            .map(found(ProfileSource::Builtin))
            .or_else(|| of_file().map(found(ProfileSource::File)))
    }

    /// Returns the profile of a name.
    fn find(&self, name: &str) -> Result<Option<Found>, ReadError> {
        if let Some(fixed) = self.fixed(name) {
            return Ok(Some(fixed));
        }
        let of_store = self.store.profile(name)?.map(of_record);
        Ok(of_store.map(|profile| Found { source: ProfileSource::Store, profile }))
    }

    /// Says that there is no profile of this name, and which there are.
    fn unknown(&self, name: &str) -> Result<String, ReadError> {
        let names: Vec<String> = self.all()?.into_iter().map(|held| held.profile.name).collect();
        let mut said = unknown(name, &names);
        if let Some(problem) = &self.problem {
            said.push_str(&format!("; those of a file are not used: {problem}"));
        }
        Ok(said)
    }

    /// Puts the flags of a request's profile before the request's own.
    ///
    /// # Errors
    /// When there is no such profile, or its flags do not go with the request's; with the request.
    pub(crate) fn wish(
        &self,
        mut request: ScanRequest,
    ) -> Result<Wish, (Box<ScanRequest>, SubmitError)> {
        let Some(name) = request.profile.clone() else { return Ok(Wish::plain(request)) };
        let (profile, kept) = match self.beside(&name, &request) {
            Ok(found) => found,
            Err(error) => return Err((Box::new(request), error)),
        };
        let from_profile = kept.len();
        request.nmap_flags.splice(0..0, kept);
        let plan = request.plan.unwrap_or(profile.plan);
        Ok(Wish { request, from_profile, plan })
    }

    /// Returns a profile, and what of its flags is kept beside those of a request.
    fn beside(
        &self,
        name: &str,
        request: &ScanRequest,
    ) -> Result<(NewProfile, Vec<String>), SubmitError> {
        let wrong =
            |code: &str, detail: &str| SubmitError::Values(vec![field("/profile", code, detail)]);
        let Some(Found { profile, .. }) = self.find(name)? else {
            return Err(wrong("unknown-profile", &self.unknown(name)?));
        };
        let kept = kept_beside(&profile.flags, &request.nmap_flags).map_err(|errors| {
            let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
            wrong("invalid-profile", &format!("profile `{name}`: {}", errors.join("; ")))
        })?;
        Ok((profile, kept))
    }

    /// Describes every profile to somebody with this standing.
    pub(crate) async fn show(
        &self,
        scanner: &Scanner,
        standing: &Standing,
    ) -> Result<Vec<Profile>, ReadError> {
        let mut shown = Vec::new();
        for found in self.all()? {
            shown.push(show(found, scanner, standing).await);
            // There may be thousands, and nothing above waits.
            tokio::task::yield_now().await;
        }
        Ok(shown)
    }

    /// Describes one profile.
    pub(crate) async fn show_one(
        &self,
        name: &str,
        scanner: &Scanner,
        standing: &Standing,
    ) -> Result<Profile, ProfileError> {
        match self.find(name)? {
            Some(found) => Ok(show(found, scanner, standing).await),
            None => Err(ProfileError::Unknown(self.unknown(name)?)),
        }
    }

    /// Makes a profile.
    pub(crate) async fn create(
        &self,
        new: NewProfile,
        scanner: &Scanner,
        by: &Origin,
    ) -> Result<(), ProfileError> {
        check(&new, scanner).await?;
        if self.fixed(&new.name).is_some() {
            return Err(ProfileError::Taken(new.name));
        }
        self.submit(made(&new, by)).await
    }

    /// Puts a profile in the place of the one of its name, or makes it; returns whether it is new.
    pub(crate) async fn put(
        &self,
        new: NewProfile,
        scanner: &Scanner,
        by: &Origin,
    ) -> Result<bool, ProfileError> {
        check(&new, scanner).await?;
        self.check_own(&new.name)?;
        let changed = || {
            let mut write = Write::new();
            let entry = by.did(AuditAction::ProfileChange).on(AuditKind::Profile, &new.name);
            write.replace_profile(&record(&new)).audit(entry.saying(told(&new)));
            write
        };
        // Whether there is one is known to the writer alone: others make and delete them too.
        for _ in 0..PUT_TRIES {
            match self.submit(changed()).await {
                Err(ProfileError::Unknown(_)) => {}
                replaced => return replaced.map(|()| false),
            }
            match self.submit(made(&new, by)).await {
                Err(ProfileError::Taken(_)) => {}
                made => return made.map(|()| true),
            }
        }
        Err(ProfileError::Taken(new.name))
    }

    /// Deletes a profile, one that is damaged too. Scans that were asked for with it keep its flags.
    pub(crate) async fn delete(&self, name: &str, by: &Origin) -> Result<(), ProfileError> {
        self.check_own(name)?;
        let was = match self.store.profile(name) {
            Ok(Some(held)) => told(&of_record(held)),
            Ok(None) => return Err(ProfileError::Unknown(self.unknown(name)?)),
            Err(ReadError::Damaged { .. }) => "it was damaged".to_owned(),
            Err(error) => return Err(error.into()),
        };
        let mut write = Write::new();
        let entry = by.did(AuditAction::ProfileDelete).on(AuditKind::Profile, name);
        write.delete_profile(name).audit(entry.saying(was));
        self.submit(write).await
    }

    /// Refuses to change what is not in the store.
    fn check_own(&self, name: &str) -> Result<(), ProfileError> {
        let Some(held) = self.fixed(name) else { return Ok(()) };
        let name = held.profile.name;
        Err(match held.source {
            ProfileSource::File => {
                // Where the server keeps its files is nobody's business beyond its machine.
                let file = self.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                ProfileError::InFile { name, file }
            }
            ProfileSource::Builtin | ProfileSource::Store => ProfileError::BuiltIn(name),
        })
    }

    async fn submit(&self, write: Write) -> Result<(), ProfileError> {
        match self.store.submit(write).await {
            Ok(_) => Ok(()),
            Err(WriteError::Refused(Refusal::ProfileExists { name })) => {
                Err(ProfileError::Taken(name))
            }
            Err(WriteError::Refused(Refusal::NoProfile { name })) => {
                Err(ProfileError::Unknown(self.unknown(&name)?))
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// Returns what makes a profile.
fn made(new: &NewProfile, by: &Origin) -> Write {
    let mut write = Write::new();
    let entry = by.did(AuditAction::ProfileCreate).on(AuditKind::Profile, &new.name);
    write.create_profile(&record(new)).audit(entry.saying(told(new)));
    write
}

/// Says that a name is none of these.
fn unknown(name: &str, names: &[String]) -> String {
    let near = meant(name, names.iter().map(String::as_str));
    let more = names.len().saturating_sub(NAMES_SHOWN);
    let mut known =
        names.iter().take(NAMES_SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    if more > 0 {
        known.push_str(&format!(" and {more} more"));
    }
    match near {
        Some(near) => {
            format!("there is no profile `{name}`; did you mean `{near}`? Known are {known}")
        }
        None => format!("there is no profile `{name}`; known are {known}"),
    }
}

/// Returns the name that somebody may have meant who typed another; none when none is close.
pub fn meant<'n>(typed: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    /// Of 1 for the same: lower, and short names that share a letter would be close.
    const CLOSE: f64 = 0.8;
    let typed = typed.to_lowercase();
    let rated =
        names.into_iter().map(|name| (strsim::jaro_winkler(&typed, &name.to_lowercase()), name));
    let (rate, name) = rated.max_by(|one, other| one.0.total_cmp(&other.0))?;
    (rate >= CLOSE).then_some(name)
}

fn of_record(record: ProfileRecord) -> NewProfile {
    let ProfileRecord { name, description, flags, plan, .. } = record;
    NewProfile { name, description, flags, plan }
}

fn record(new: &NewProfile) -> ProfileRecord {
    let now = Time::now();
    let NewProfile { name, description, flags, plan } = new.clone();
    ProfileRecord { name, description, flags, plan, created_at: now, changed_at: now }
}

/// Says what a profile is, for the audit log.
fn told(profile: &NewProfile) -> String {
    format!("{}; plan {}", profile.flags.join(" "), profile.plan)
}

/// Refuses a name, a description or flags that no profile may have. Who may use which flags is
/// asked when a scan is.
async fn check(new: &NewProfile, scanner: &Scanner) -> Result<(), ProfileError> {
    let errors = wrong_values(new);
    if !errors.is_empty() {
        return Err(ProfileError::Values(errors));
    }
    let flag = |error: FlagError| {
        let at = error.index.map_or_else(String::new, |index| format!("/{index}"));
        field(&format!("/flags{at}"), "flag-refused", &error.to_string())
    };
    let flags =
        |errors: Vec<FlagError>| ProfileError::Flags(errors.into_iter().map(flag).collect());
    let parsed = Options::parse(&new.flags).map_err(flags)?;
    // Without an nmap it cannot be said which scripts there are; the scan will.
    if let Ok(nmap) = scanner.installation().await {
        parsed.needs(scanner.scripts(&nmap).as_deref()).map_err(flags)?;
    }
    Ok(())
}

fn wrong_values(new: &NewProfile) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if !is_profile_name(&new.name) {
        errors.push(field("/name", "invalid-name", &profile_name_rule()));
    }
    let described = &new.description;
    if described.chars().count() > NOTE_CHARS_MAX || described.chars().any(char::is_control) {
        let detail = format!("a description has at most {NOTE_CHARS_MAX} printable characters");
        errors.push(field("/description", "invalid-description", &detail));
    }
    errors
}

async fn show(found: Found, scanner: &Scanner, standing: &Standing) -> Profile {
    let Found { source, profile: NewProfile { name, description, flags, plan } } = found;
    let mut shown = Profile {
        name,
        description,
        builtin: source == ProfileSource::Builtin,
        source,
        flags: flags.clone(),
        plan,
        argv: Vec::new(),
        phases: Vec::new(),
        needs: Vec::new(),
        fallback: Vec::new(),
        error: None,
    };
    if let Ok(nmap) = scanner.installation().await {
        shown.needs = needs(&flags, scanner.scripts(&nmap).as_deref());
    }
    let request = ScanRequest { nmap_flags: flags, plan: Some(plan), ..ScanRequest::default() };
    match read_flags(scanner, &Wish::plain(request), standing).await {
        Err(error) => shown.error = Some(error.to_string()),
        Ok(Err(errors)) => {
            let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
            shown.error = Some(errors.join("; "));
        }
        Ok(Ok(read)) => {
            (shown.argv, shown.phases, shown.fallback) = (read.argv, read.phases, read.fallback);
        }
    }
    shown
}

/// Returns what flags need that not every scan has.
fn needs(flags: &[String], scripts: Option<&netscan_nmap::options::ScriptDb>) -> Vec<String> {
    let Ok(parsed) = Options::parse(flags) else { return Vec::new() };
    let mut needs: Vec<String> = Vec::new();
    let without = parsed.options.clone().adapt(&Privileges::with_raw(false));
    if without.map_or(true, |(_, lost)| !lost.is_empty()) {
        needs.push("raw-sockets".to_owned());
    }
    let rights = parsed.needs(scripts).unwrap_or_default();
    needs.extend(rights.into_iter().map(|need| match need.right {
        Right::Evasion => "evasion".to_owned(),
        Right::Scripts(tier) => format!("scripts:{tier}"),
    }));
    needs.sort();
    needs.dedup();
    needs
}

#[cfg(test)]
mod tests;
