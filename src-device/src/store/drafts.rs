//! Table `drafts`: what a person is still writing. Kept at every step, so that a kill takes
//! nothing. Photos stand in `draft_photos`; the lists inside the bodies are filled from there.

use mend_core::api::{CompletionDraft, ReportDraft};
use mend_core::id::{DraftId, SubjectId};
use mend_core::time::Timestamp;
use rusqlite::OptionalExtension;
use serde::{Deserialize, Serialize};

use super::{StoreError, Tables, from_json, to_json};

/// What is being written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum DraftBody {
    /// A report.
    Report(ReportDraft),
    /// The completion of an order.
    Completion(CompletionDraft),
}

/// A draft with its photos.
pub type Draft = DraftBody;

impl DraftBody {
    /// Which.
    pub const fn id(&self) -> DraftId {
        match self {
            Self::Report(draft) => draft.id,
            Self::Completion(draft) => draft.id,
        }
    }

    /// When it was last kept.
    pub const fn saved_at(&self) -> Timestamp {
        match self {
            Self::Report(draft) => draft.saved_at,
            Self::Completion(draft) => draft.saved_at,
        }
    }

    const fn subject(&self) -> Option<SubjectId> {
        match self {
            Self::Report(_) => None,
            Self::Completion(draft) => Some(draft.order),
        }
    }

    fn photos_mut(&mut self) -> &mut Vec<mend_core::api::DraftPhoto> {
        match self {
            Self::Report(draft) => &mut draft.photos,
            Self::Completion(draft) => &mut draft.photos,
        }
    }
}

impl Tables<'_> {
    fn draft_from(self, body: Option<String>) -> Result<Option<Draft>, StoreError> {
        let Some(body) = body else { return Ok(None) };
        let mut draft: DraftBody = from_json("draft", &body)?;
        *draft.photos_mut() = self.draft_photos(draft.id())?;
        Ok(Some(draft))
    }

    /// The draft with this id.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn draft(self, id: DraftId) -> Result<Option<Draft>, StoreError> {
        let body = self
            .conn
            .query_row("SELECT body FROM drafts WHERE id = ?1", [id.as_bytes()], |r| r.get(0))
            .optional()?;
        self.draft_from(body)
    }

    /// The newest report that is not sent.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn report_draft(self) -> Result<Option<ReportDraft>, StoreError> {
        let body = self
            .conn
            .query_row(
                "SELECT body FROM drafts WHERE subject IS NULL ORDER BY saved_at DESC, id DESC",
                [],
                |row| row.get(0),
            )
            .optional()?;
        match self.draft_from(body)? {
            Some(DraftBody::Report(draft)) => Ok(Some(draft)),
            _ => Ok(None),
        }
    }

    /// The completion being written for an order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn completion_draft(self, order: SubjectId) -> Result<Option<CompletionDraft>, StoreError> {
        let body = self
            .conn
            .query_row("SELECT body FROM drafts WHERE subject = ?1", [order.as_bytes()], |row| {
                row.get(0)
            })
            .optional()?;
        match self.draft_from(body)? {
            Some(DraftBody::Completion(draft)) => Ok(Some(draft)),
            _ => Ok(None),
        }
    }

    /// Keeps a new draft.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn add_draft(self, draft: &Draft) -> Result<(), StoreError> {
        self.conn.execute(
            "INSERT INTO drafts (id, subject, body, saved_at) VALUES (?1, ?2, ?3, ?4)",
            (
                draft.id().as_bytes(),
                draft.subject().map(|s| *s.as_bytes()),
                self.draft_body(draft)?,
                draft.saved_at().0,
            ),
        )?;
        Ok(())
    }

    /// Keeps the present state of a draft. `false`: there is no such draft any more, because it
    /// was sent or discarded; it does not come back by a late save.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn save_draft(self, draft: &Draft) -> Result<bool, StoreError> {
        let changed = self.conn.execute(
            "UPDATE drafts SET body = ?2, saved_at = ?3 WHERE id = ?1 AND subject IS ?4",
            (
                draft.id().as_bytes(),
                self.draft_body(draft)?,
                draft.saved_at().0,
                draft.subject().map(|s| *s.as_bytes()),
            ),
        )?;
        Ok(changed == 1)
    }

    fn draft_body(self, draft: &Draft) -> Result<String, StoreError> {
        let mut body = draft.clone();
        body.photos_mut().clear();
        to_json("draft", &body)
    }

    /// Removes a draft and its photo rows; one that is not there is no error.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn remove_draft(self, id: DraftId) -> Result<(), StoreError> {
        self.conn.prepare_cached("DELETE FROM drafts WHERE id = ?1")?.execute([id.as_bytes()])?;
        Ok(())
    }
}
