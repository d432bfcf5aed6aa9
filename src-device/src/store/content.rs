//! Table `content`: places and words that events point to, as far as this device may see them.

use std::collections::BTreeMap;

use mend_core::event::Content;
use mend_core::id::{ContentId, SubjectId};

use super::{StoreError, Tables, bytes, from_json, to_json};

impl Tables<'_> {
    /// The content of a subject.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn content(self, subject: SubjectId) -> Result<BTreeMap<ContentId, Content>, StoreError> {
        let mut query =
            self.conn.prepare_cached("SELECT id, content FROM content WHERE subject = ?1")?;
        let rows = query.query_map([subject.as_bytes()], |row| {
            Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, String>(1)?))
        })?;
        rows.map(|row| {
            let (id, content) = row?;
            let id = ContentId::from_bytes(bytes("content", id)?);
            Ok((id, from_json("content", &content)?))
        })
        .collect()
    }

    /// Keeps content rows.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn keep_content(
        self,
        subject: SubjectId,
        content: &BTreeMap<ContentId, Content>,
    ) -> Result<(), StoreError> {
        for (id, row) in content {
            self.conn
                .prepare_cached(
                    "INSERT OR REPLACE INTO content (subject, id, content) VALUES (?1, ?2, ?3)",
                )?
                .execute((subject.as_bytes(), id.as_bytes(), to_json("content", row)?))?;
        }
        Ok(())
    }

    /// Removes all content of a subject, before a snapshot brings what is left of it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn remove_content(self, subject: SubjectId) -> Result<(), StoreError> {
        self.conn
            .prepare_cached("DELETE FROM content WHERE subject = ?1")?
            .execute([subject.as_bytes()])?;
        Ok(())
    }
}
