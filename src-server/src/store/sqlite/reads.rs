//! The reading half: a few read-only connections, each read in one transaction.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use mend_core::api::{NoticesPage, Snapshot};
use mend_core::id::{CommandId, PhotoHash, Principal, SubjectRef};
use mend_core::subject::{ServiceRequest, SubjectState};
use mend_core::time::Timestamp;
use mend_core::tracking::TrackingCode;
use mend_core::view::Reader;
use rusqlite::Connection;

use super::{
    FILE, accounts, bindings, clocks, commands, feeds, notices, open_reader, photos, requests,
    subjects,
};
use crate::store::{AccountRow, Binding, Page, Reads, StoreError};

/// Read-only connections to one database, opened as they are needed and kept.
pub struct SqliteReads {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl SqliteReads {
    /// Readers of the database in this data folder, which a [`super::SqliteStore`] has opened.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        let path = folder.join(FILE);
        let first = open_reader(&path)?;
        Ok(Self { path, idle: Mutex::new(vec![first]) })
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        // Connections are whole or gone; a panic elsewhere harms none of those that lie here.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with<T>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let idle = self.idle().pop();
        let mut connection = match idle {
            Some(connection) => connection,
            None => open_reader(&self.path)?,
        };
        let transaction = connection.transaction()?;
        let found = read(&transaction)?;
        transaction.commit()?;
        self.idle().push(connection);
        Ok(found)
    }
}

impl Reads for SqliteReads {
    fn state(&self, subject: SubjectRef) -> Result<Option<SubjectState>, StoreError> {
        self.with(|c| subjects::get(c, subject))
    }

    fn snapshot(
        &self,
        subject: SubjectRef,
        reader: Reader,
    ) -> Result<Option<Snapshot>, StoreError> {
        self.with(|c| feeds::snapshot(c, subject, reader))
    }

    fn changes(
        &self,
        scope: &str,
        reader: Reader,
        after: i64,
        now: Timestamp,
    ) -> Result<Page, StoreError> {
        self.with(|c| feeds::page(c, scope, reader, after, now))
    }

    fn notices(&self, key: Principal, after: i64) -> Result<NoticesPage, StoreError> {
        self.with(|c| notices::page(c, key, after))
    }

    fn tracked(&self, code: TrackingCode) -> Result<Vec<Snapshot>, StoreError> {
        self.with(|c| {
            let mut found = Vec::new();
            for id in requests::tracked(c, code)? {
                found.extend(feeds::snapshot(c, SubjectRef::request(id), Reader::Public)?);
            }
            Ok(found)
        })
    }

    fn account(&self, name: &str) -> Result<Option<AccountRow>, StoreError> {
        self.with(|c| accounts::get(c, name))
    }

    fn binding(&self, key: Principal) -> Result<Option<Binding>, StoreError> {
        self.with(|c| bindings::get(c, key))
    }

    fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<ServiceRequest>, StoreError> {
        self.with(|c| {
            let mut found = Vec::new();
            for id in clocks::due(c, now, limit)? {
                if let Some(SubjectState::ServiceRequest(request)) =
                    subjects::get(c, SubjectRef::request(id))?
                {
                    found.push(request);
                }
            }
            Ok(found)
        })
    }

    fn accepted(&self, id: CommandId) -> Result<bool, StoreError> {
        self.with(|c| Ok(commands::get(c, commands::SYSTEM, id)?.is_some()))
    }

    fn photo_named(
        &self,
        subject: SubjectRef,
        hash: PhotoHash,
        key: Principal,
    ) -> Result<Option<u64>, StoreError> {
        self.with(|c| photos::named(c, subject, hash, key))
    }
}
