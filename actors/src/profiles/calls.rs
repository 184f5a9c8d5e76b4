//! What the edge may ask of profiles.

use super::ProfileError;
use crate::system::System;
use netscan_schemas::{
    ProjectId, Role,
    api::{NewProfile, Profile},
    audit::Origin,
};
use netscan_store::ReadError;

impl System {
    /// Returns the profiles, as somebody with this role may use them in a project; in "Default"
    /// where none is named.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn profiles(
        &self,
        role: Role,
        project: Option<ProjectId>,
    ) -> Result<Vec<Profile>, ReadError> {
        let standing = self.standing(role, project)?;
        self.profiles.show(&self.scanner, &standing).await
    }

    /// Returns one profile, as [`profiles`](Self::profiles) does.
    ///
    /// # Errors
    /// When there is none of this name, or the store cannot be read.
    pub async fn profile(
        &self,
        name: &str,
        role: Role,
        project: Option<ProjectId>,
    ) -> Result<Profile, ProfileError> {
        let standing = self.standing(role, project)?;
        self.profiles.show_one(name, &self.scanner, &standing).await
    }

    /// Makes a profile.
    ///
    /// # Errors
    /// When its name is taken, a value or a flag is wrong, or the store fails.
    pub async fn create_profile(&self, new: NewProfile, by: &Origin) -> Result<(), ProfileError> {
        self.profiles.create(new, &self.scanner, by).await
    }

    /// Puts a profile in the place of the one of its name, or makes it; returns whether it is new.
    ///
    /// # Errors
    /// As [`create_profile`](Self::create_profile); also when that one is built in or in a file.
    pub async fn put_profile(&self, new: NewProfile, by: &Origin) -> Result<bool, ProfileError> {
        self.profiles.put(new, &self.scanner, by).await
    }

    /// Deletes a profile.
    ///
    /// # Errors
    /// When there is none of this name, or it is built in or in a file, or the store fails.
    pub async fn delete_profile(&self, name: &str, by: &Origin) -> Result<(), ProfileError> {
        self.profiles.delete(name, by).await
    }
}
