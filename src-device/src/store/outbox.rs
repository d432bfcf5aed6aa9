//! Table `outbox`: signed commands, their bytes as they were made, and what became of them.

use mend_core::api::Accepted;
use mend_core::frame::{self, Frame};
use mend_core::id::{CommandId, PhotoHash, Principal, SubjectId, SubjectRef};
use mend_core::sync::{Item, ItemState, PhotoState};
use mend_core::time::Timestamp;
use rusqlite::{OptionalExtension, Row};

use super::{StoreError, Tables, bytes, from_json, kind, to_json};

/// One command.
#[derive(Debug, Clone, PartialEq)]
pub struct OutboxRow {
    /// Which.
    pub command: CommandId,
    /// About what.
    pub subject: SubjectRef,
    /// Signed by this key.
    pub key: Principal,
    /// The staff account's name; none: the resident's.
    pub account: Option<String>,
    /// The signed bytes. Made once, sent unchanged for ever.
    pub frame: Vec<u8>,
    /// When the person did it, by the device's clock.
    pub made_at: Timestamp,
    /// How far it is.
    pub state: ItemState,
    /// The server's first answer.
    pub answer: Option<Accepted>,
    /// The service, for lists.
    pub service_code: Option<String>,
    /// The place in words, for lists.
    pub label: String,
    /// Its photos, in order.
    pub photos: Vec<OutboxPhoto>,
}

/// One photo of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxPhoto {
    /// Which.
    pub hash: PhotoHash,
    /// How far it is.
    pub state: PhotoState,
}

impl OutboxRow {
    /// The frame, read back.
    ///
    /// # Errors
    /// [`StoreError::BadRow`] if the bytes are none.
    pub fn opened(&self) -> Result<Frame, StoreError> {
        frame::read(&self.frame)
            .map_err(|error| StoreError::BadRow { what: "frame", detail: error.to_string() })
    }

    /// As the sync machine takes it.
    pub fn item(&self) -> Item {
        Item {
            command: self.command,
            subject: self.subject.id,
            key: self.key,
            frame_len: self.frame.len(),
            state: self.state.clone(),
            photos: self.photos.iter().map(|photo| (photo.hash, photo.state.clone())).collect(),
        }
    }
}

const COLUMNS: &str = "command, kind, subject, key, account, frame, made_at, state, answer, \
                       service_code, label";

struct Raw {
    command: Vec<u8>,
    kind: String,
    subject: Vec<u8>,
    key: Vec<u8>,
    account: Option<String>,
    frame: Vec<u8>,
    made_at: i64,
    state: String,
    answer: Option<String>,
    service_code: Option<String>,
    label: String,
}

fn raw(row: &Row<'_>) -> rusqlite::Result<Raw> {
    Ok(Raw {
        command: row.get(0)?,
        kind: row.get(1)?,
        subject: row.get(2)?,
        key: row.get(3)?,
        account: row.get(4)?,
        frame: row.get(5)?,
        made_at: row.get(6)?,
        state: row.get(7)?,
        answer: row.get(8)?,
        service_code: row.get(9)?,
        label: row.get(10)?,
    })
}

impl Tables<'_> {
    /// Puts a command and its photos into a place that is free, or behind all others.
    ///
    /// # Errors
    /// [`StoreError`]; the same id or the same place twice is one.
    pub fn enqueue(self, row: &OutboxRow, place: Option<i64>) -> Result<(), StoreError> {
        self.conn.execute(
            "INSERT INTO outbox (seq, command, kind, subject, key, account, frame, made_at, state,
                 answer, service_code, label)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
            (
                place,
                row.command.as_bytes(),
                row.subject.kind.as_str(),
                row.subject.id.as_bytes(),
                row.key.0,
                &row.account,
                &row.frame,
                row.made_at.0,
                to_json("state", &row.state)?,
                row.answer.as_ref().map(|a| to_json("answer", a)).transpose()?,
                &row.service_code,
                &row.label,
            ),
        )?;
        for (place, photo) in row.photos.iter().enumerate() {
            self.conn.prepare_cached("INSERT INTO outbox_photos (command, place, hash, state) VALUES (?1, ?2, ?3, ?4)")?.execute((
                    row.command.as_bytes(),
                    i64::try_from(place).unwrap_or(i64::MAX),
                    photo.hash.0,
                    to_json("photo state", &photo.state)?,
                ))?;
        }
        Ok(())
    }

    fn row(self, raw: Raw) -> Result<OutboxRow, StoreError> {
        let command = CommandId::from_bytes(bytes("command", raw.command)?);
        Ok(OutboxRow {
            command,
            subject: SubjectRef {
                kind: kind(&raw.kind)?,
                id: SubjectId::from_bytes(bytes("subject", raw.subject)?),
            },
            key: Principal(bytes("key", raw.key)?),
            account: raw.account,
            frame: raw.frame,
            made_at: Timestamp(raw.made_at),
            state: from_json("state", &raw.state)?,
            answer: raw.answer.map(|a| from_json("answer", &a)).transpose()?,
            service_code: raw.service_code,
            label: raw.label,
            photos: self.outbox_photos(command)?,
        })
    }

    fn outbox_photos(self, command: CommandId) -> Result<Vec<OutboxPhoto>, StoreError> {
        let mut query = self.conn.prepare_cached(
            "SELECT hash, state FROM outbox_photos WHERE command = ?1 ORDER BY place",
        )?;
        let rows = query.query_map([command.as_bytes()], |row| {
            Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, String>(1)?))
        })?;
        rows.map(|row| {
            let (hash, state) = row?;
            Ok(OutboxPhoto {
                hash: PhotoHash(bytes("photo", hash)?),
                state: from_json("photo state", &state)?,
            })
        })
        .collect()
    }

    /// Everything, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn outbox(self) -> Result<Vec<OutboxRow>, StoreError> {
        let mut query =
            self.conn.prepare_cached(&format!("SELECT {COLUMNS} FROM outbox ORDER BY seq"))?;
        let rows = query.query_map([], raw)?.collect::<Result<Vec<_>, _>>()?;
        rows.into_iter().map(|raw| self.row(raw)).collect()
    }

    /// The commands about one subject, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn outbox_of(self, subject: SubjectId) -> Result<Vec<OutboxRow>, StoreError> {
        let mut query = self.conn.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM outbox WHERE subject = ?1 ORDER BY seq"
        ))?;
        let rows = query.query_map([subject.as_bytes()], raw)?.collect::<Result<Vec<_>, _>>()?;
        rows.into_iter().map(|raw| self.row(raw)).collect()
    }

    /// The bytes of one command, as they were made.
    ///
    /// # Errors
    /// [`StoreError`], also when there is no such command.
    pub fn frame(self, command: CommandId) -> Result<Vec<u8>, StoreError> {
        let frame = self.conn.query_row(
            "SELECT frame FROM outbox WHERE command = ?1",
            [command.as_bytes()],
            |row| row.get(0),
        )?;
        #[cfg(feature = "planted")]
        let frame = self.signed_anew(frame)?;
        Ok(frame)
    }

    /// Keeps how far a command is.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn set_item_state(self, command: CommandId, state: &ItemState) -> Result<(), StoreError> {
        self.conn
            .prepare_cached("UPDATE outbox SET state = ?2 WHERE command = ?1")?
            .execute((command.as_bytes(), to_json("state", state)?))?;
        Ok(())
    }

    /// Keeps the server's first answer.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn set_answer(self, command: CommandId, answer: &Accepted) -> Result<(), StoreError> {
        self.conn
            .prepare_cached("UPDATE outbox SET answer = ?2 WHERE command = ?1")?
            .execute((command.as_bytes(), to_json("answer", answer)?))?;
        Ok(())
    }

    /// Removes a command with its photo rows.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn remove_from_outbox(self, command: CommandId) -> Result<(), StoreError> {
        self.conn
            .prepare_cached("DELETE FROM outbox WHERE command = ?1")?
            .execute([command.as_bytes()])?;
        Ok(())
    }

    /// Removes a command with its photo rows, if it is there; its place, and what it was.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn take_from_outbox(
        self,
        command: CommandId,
    ) -> Result<Option<(i64, OutboxRow)>, StoreError> {
        let found = self
            .conn
            .query_row(
                &format!("SELECT {COLUMNS}, seq FROM outbox WHERE command = ?1"),
                [command.as_bytes()],
                |row| Ok((row.get::<_, i64>(11)?, raw(row)?)),
            )
            .optional()?;
        let Some((place, raw)) = found else { return Ok(None) };
        let row = self.row(raw)?;
        self.remove_from_outbox(command)?;
        Ok(Some((place, row)))
    }

    /// Whether anything about this subject is still without an answer.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn has_unanswered(self, subject: SubjectId) -> Result<bool, StoreError> {
        Ok(self.conn.query_row(
            "SELECT EXISTS (SELECT 1 FROM outbox WHERE subject = ?1 AND answer IS NULL)",
            [subject.as_bytes()],
            |row| row.get(0),
        )?)
    }
}
