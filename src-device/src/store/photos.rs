//! Tables `draft_photos` and (together with `outbox`) `outbox_photos`: which photos are needed.

use std::collections::BTreeSet;

use mend_core::api::DraftPhoto;
use mend_core::id::{DraftId, PhotoHash};
use mend_core::sync::PhotoState;

use super::{StoreError, Tables, bytes, from_json, to_json};

impl Tables<'_> {
    /// The photos of a draft, in the order in which they were added.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn draft_photos(self, draft: DraftId) -> Result<Vec<DraftPhoto>, StoreError> {
        let mut query = self
            .conn
            .prepare_cached("SELECT photo FROM draft_photos WHERE draft = ?1 ORDER BY place")?;
        let rows = query.query_map([draft.as_bytes()], |row| row.get::<_, String>(0))?;
        rows.map(|row| from_json("photo", &row?)).collect()
    }

    /// Adds a photo to a draft; one that it has already stays where it is. `false`: there is no
    /// such draft.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn add_draft_photo(self, draft: DraftId, photo: &DraftPhoto) -> Result<bool, StoreError> {
        let exists: bool = self.conn.query_row(
            "SELECT EXISTS (SELECT 1 FROM drafts WHERE id = ?1)",
            [draft.as_bytes()],
            |row| row.get(0),
        )?;
        if exists {
            self.conn
                .prepare_cached(
                    "INSERT OR IGNORE INTO draft_photos (draft, hash, place, photo)
                 SELECT ?1, ?2, coalesce(max(place), 0) + 1, ?3 FROM draft_photos WHERE draft = ?1",
                )?
                .execute((draft.as_bytes(), photo.hash.0, to_json("photo", photo)?))?;
        }
        Ok(exists)
    }

    /// Takes a photo out of a draft; one that it has not is no error.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn remove_draft_photo(self, draft: DraftId, hash: PhotoHash) -> Result<(), StoreError> {
        self.conn
            .prepare_cached("DELETE FROM draft_photos WHERE draft = ?1 AND hash = ?2")?
            .execute((draft.as_bytes(), hash.0))?;
        Ok(())
    }

    /// Every photo that a draft or a command in the outbox names.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn photos_to_send(self) -> Result<BTreeSet<PhotoHash>, StoreError> {
        let mut query = self
            .conn
            .prepare_cached("SELECT hash FROM draft_photos UNION SELECT hash FROM outbox_photos")?;
        let mut found = BTreeSet::new();
        for row in query.query_map([], |row| row.get::<_, Vec<u8>>(0))? {
            found.insert(PhotoHash(bytes("photo", row?)?));
        }
        Ok(found)
    }

    /// Every photo that a draft, a waiting command or a kept subject names. The files of all
    /// others may go.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn needed_photos(self) -> Result<BTreeSet<PhotoHash>, StoreError> {
        let mut found = self.photos_to_send()?;
        for subject in self.subjects()? {
            found.extend(subject.state.photos().iter().map(|photo| photo.hash));
        }
        Ok(found)
    }

    /// Takes a photo out of a command; one that it has not is no error.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn remove_outbox_photo(
        self,
        command: mend_core::id::CommandId,
        hash: PhotoHash,
    ) -> Result<(), StoreError> {
        self.conn
            .prepare_cached("DELETE FROM outbox_photos WHERE command = ?1 AND hash = ?2")?
            .execute((command.as_bytes(), hash.0))?;
        Ok(())
    }

    /// Keeps how far a photo of a command is.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn set_photo_state(
        self,
        command: mend_core::id::CommandId,
        hash: PhotoHash,
        state: &PhotoState,
    ) -> Result<(), StoreError> {
        self.conn
            .prepare_cached("UPDATE outbox_photos SET state = ?3 WHERE command = ?1 AND hash = ?2")?
            .execute((command.as_bytes(), hash.0, to_json("photo state", state)?))?;
        Ok(())
    }
}
