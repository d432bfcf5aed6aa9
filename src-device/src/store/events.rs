//! Table `events`: timelines as they came, hidden and newer ones too.

use mend_core::api::WireEvent;
use mend_core::id::SubjectId;

use super::{StoreError, Tables, from_json, to_json};

impl Tables<'_> {
    /// The events of a subject, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn events(self, subject: SubjectId) -> Result<Vec<WireEvent>, StoreError> {
        let mut query = self
            .conn
            .prepare_cached("SELECT event FROM events WHERE subject = ?1 ORDER BY version")?;
        let rows = query.query_map([subject.as_bytes()], |row| row.get::<_, String>(0))?;
        rows.map(|row| from_json("event", &row?)).collect()
    }

    /// Keeps an event as it came. A version that is there already is what it was.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn keep_event(
        self,
        subject: SubjectId,
        version: u32,
        event: &WireEvent,
    ) -> Result<(), StoreError> {
        self.conn
            .prepare_cached(
                "INSERT OR REPLACE INTO events (subject, version, event) VALUES (?1, ?2, ?3)",
            )?
            .execute((subject.as_bytes(), version, to_json("event", event)?))?;
        Ok(())
    }

    /// Removes all events of a subject, before a snapshot brings them anew.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn remove_events(self, subject: SubjectId) -> Result<(), StoreError> {
        self.conn
            .prepare_cached("DELETE FROM events WHERE subject = ?1")?
            .execute([subject.as_bytes()])?;
        Ok(())
    }
}
