//! Tables `subjects` and `subject_scopes`: what the city said of each subject, and by which feeds
//! this device sees it. Your own unanswered commands are laid over it when it is shown.

use mend_core::id::{SubjectId, SubjectRef};
use mend_core::subject::SubjectState;
use rusqlite::OptionalExtension;

use super::{StoreError, Tables, bytes, from_json, kind, to_json};

/// A subject as the city last described it.
#[derive(Debug, Clone, PartialEq)]
pub struct SubjectRow {
    /// Its state.
    pub state: SubjectState,
    /// The feeds by which it is seen; none left: only because something is still unanswered.
    pub scopes: Vec<String>,
}

impl Tables<'_> {
    /// The subject with this id.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn subject(self, id: SubjectId) -> Result<Option<SubjectRow>, StoreError> {
        let state: Option<String> = self
            .conn
            .prepare_cached("SELECT state FROM subjects WHERE id = ?1")?
            .query_row([id.as_bytes()], |row| row.get(0))
            .optional()?;
        let Some(state) = state else { return Ok(None) };
        Ok(Some(SubjectRow { state: from_json("subject", &state)?, scopes: self.scopes_of(id)? }))
    }

    fn scopes_of(self, id: SubjectId) -> Result<Vec<String>, StoreError> {
        let mut query = self
            .conn
            .prepare_cached("SELECT scope FROM subject_scopes WHERE subject = ?1 ORDER BY scope")?;
        let rows = query.query_map([id.as_bytes()], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// All subjects.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn subjects(self) -> Result<Vec<SubjectRow>, StoreError> {
        let mut query = self.conn.prepare_cached("SELECT id, state FROM subjects ORDER BY id")?;
        let rows =
            query.query_map([], |row| Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, String>(1)?)))?;
        rows.map(|row| {
            let (id, state) = row?;
            let id = SubjectId::from_bytes(bytes("subject", id)?);
            Ok(SubjectRow { state: from_json("subject", &state)?, scopes: self.scopes_of(id)? })
        })
        .collect()
    }

    /// Keeps a subject's state.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn keep_subject(self, state: &SubjectState) -> Result<(), StoreError> {
        let subject = state.subject();
        self.conn
            .prepare_cached(
                "INSERT INTO subjects (id, kind, version, state) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (id) DO UPDATE SET version = ?3, state = ?4",
            )?
            .execute((
                subject.id.as_bytes(),
                subject.kind.as_str(),
                state.version(),
                to_json("subject", state)?,
            ))?;
        Ok(())
    }

    /// The subject is seen by this feed. `refetch`: what is kept of it has a gap, until
    /// [`Tables::fill_scope`].
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn enter_scope(
        self,
        subject: SubjectRef,
        scope: &str,
        refetch: bool,
    ) -> Result<(), StoreError> {
        self.conn
            .prepare_cached(
                "INSERT INTO subject_scopes (subject, kind, scope, refetch) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (subject, scope) DO UPDATE SET refetch = max(refetch, ?4)",
            )?
            .execute((subject.id.as_bytes(), subject.kind.as_str(), scope, refetch))?;
        Ok(())
    }

    /// The subject is seen by this feed, and what is kept of it is what this feed shows.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn fill_scope(self, subject: SubjectRef, scope: &str) -> Result<(), StoreError> {
        self.enter_scope(subject, scope, false)?;
        self.conn
            .prepare_cached(
                "UPDATE subject_scopes SET refetch = 0 WHERE subject = ?1 AND scope = ?2",
            )?
            .execute((subject.id.as_bytes(), scope))?;
        Ok(())
    }

    /// The subject is seen by this feed no longer. Those that still see it are asked anew: what is
    /// kept may be more than they show.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn leave_scope(self, subject: SubjectId, scope: &str) -> Result<(), StoreError> {
        self.conn
            .prepare_cached("DELETE FROM subject_scopes WHERE subject = ?1 AND scope = ?2")?
            .execute((subject.as_bytes(), scope))?;
        self.conn
            .prepare_cached("UPDATE subject_scopes SET refetch = 1 WHERE subject = ?1")?
            .execute([subject.as_bytes()])?;
        Ok(())
    }

    /// Subjects of a feed whose kept state has a gap.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn gaps(self, scope: &str) -> Result<Vec<SubjectRef>, StoreError> {
        let mut query = self.conn.prepare_cached(
            "SELECT kind, subject FROM subject_scopes WHERE scope = ?1 AND refetch = 1",
        )?;
        let rows = query
            .query_map([scope], |row| Ok((row.get::<_, String>(0)?, row.get::<_, Vec<u8>>(1)?)))?;
        rows.map(|row| {
            let (word, id) = row?;
            let id = SubjectId::from_bytes(bytes("subject", id)?);
            Ok(SubjectRef { kind: kind(&word)?, id })
        })
        .collect()
    }

    /// Forgets what this device sees by no feed any more, with its events and content. What still
    /// has an unanswered command stays until that is answered: finished work is not thrown away.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn forget_unseen(self) -> Result<(), StoreError> {
        self.conn
            .prepare_cached(
                "DELETE FROM subjects WHERE id NOT IN (SELECT subject FROM subject_scopes)
                   AND id NOT IN (SELECT subject FROM outbox WHERE answer IS NULL)",
            )?
            .execute([])?;
        Ok(())
    }
}
