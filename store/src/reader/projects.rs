//! Projects.

use super::{get, misplaced, require};
use crate::{
    Store,
    error::ReadError,
    tables::{PROJECT_NAMES, PROJECTS, SCANS_BY_PROJECT, under},
};
use netscan_schemas::{id::ProjectId, stored::ProjectRecord};
use std::ops::Bound;

impl Store {
    /// Returns a project.
    pub fn project(&self, id: ProjectId) -> Result<Option<ProjectRecord>, ReadError> {
        self.read(|txn| get(&txn.open_table(PROJECTS)?, id.get()))
    }

    /// Returns the project of this name.
    pub fn project_by_name(&self, name: &str) -> Result<Option<ProjectRecord>, ReadError> {
        self.read(|txn| {
            let id = txn.open_table(PROJECT_NAMES)?.get(name)?.map(|id| id.value());
            let Some(id) = id else { return Ok(None) };
            let project: ProjectRecord = require(&txn.open_table(PROJECTS)?, id)?;
            if project.name != name {
                return Err(misplaced::<ProjectRecord>(id));
            }
            Ok(Some(project))
        })
    }

    /// Returns projects in the order of their numbers, those after a number.
    pub fn projects(
        &self,
        after: Option<ProjectId>,
        limit: usize,
    ) -> Result<Vec<ProjectRecord>, ReadError> {
        self.read(|txn| {
            let start = Bound::Excluded(after.map_or(0, ProjectId::get));
            let rows = txn.open_table(PROJECTS)?.range::<u64>((start, Bound::Unbounded))?;
            let mut projects = Vec::new();
            for row in rows.take(limit) {
                let (id, bytes) = row?;
                projects.push(super::decode(bytes.value(), id.value())?);
            }
            Ok(projects)
        })
    }

    /// Returns how many scans a project has.
    pub fn scan_count(&self, project: ProjectId) -> Result<u64, ReadError> {
        self.read(|txn| {
            let mut scans = 0;
            for key in txn.open_table(SCANS_BY_PROJECT)?.range(under(project.get()))? {
                key?;
                scans += 1;
            }
            Ok(scans)
        })
    }
}
