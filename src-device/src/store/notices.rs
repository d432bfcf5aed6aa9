//! Tables `notices` and `notice_marks`.

use mend_core::api::Notice;
use rusqlite::OptionalExtension;

use super::{StoreError, Tables, from_json, to_json};

/// How far the notices were read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoticeMarks {
    /// All up to this seq are read.
    pub read_up_to: i64,
    /// All up to this seq are read, as far as the server knows.
    pub sent_up_to: i64,
}

impl Tables<'_> {
    /// All notices, newest first, each read or not.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn notices(self) -> Result<Vec<Notice>, StoreError> {
        let marks = self.notice_marks()?;
        let mut query = self.conn.prepare_cached("SELECT notice FROM notices ORDER BY seq DESC")?;
        let rows = query.query_map([], |row| row.get::<_, String>(0))?;
        rows.map(|row| {
            let mut notice: Notice = from_json("notice", &row?)?;
            notice.read = notice.seq <= marks.read_up_to;
            Ok(notice)
        })
        .collect()
    }

    /// How many notices are unread.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn unread(self) -> Result<u32, StoreError> {
        Ok(self.conn.query_row(
            "SELECT count(*) FROM notices
             WHERE seq > (SELECT read_up_to FROM notice_marks WHERE id = 1)",
            [],
            |row| row.get(0),
        )?)
    }

    /// The seq of the newest notice; 0 for none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn last_notice(self) -> Result<i64, StoreError> {
        Ok(self
            .conn
            .query_row("SELECT max(seq) FROM notices", [], |row| row.get::<_, Option<i64>>(0))
            .optional()?
            .flatten()
            .unwrap_or(0))
    }

    /// Keeps notices.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn keep_notices(self, notices: &[Notice]) -> Result<(), StoreError> {
        for notice in notices {
            self.conn
                .prepare_cached("INSERT OR REPLACE INTO notices (seq, notice) VALUES (?1, ?2)")?
                .execute((notice.seq, to_json("notice", notice)?))?;
        }
        Ok(())
    }

    /// How far the notices were read.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn notice_marks(self) -> Result<NoticeMarks, StoreError> {
        Ok(self.conn.query_row(
            "SELECT read_up_to, sent_up_to FROM notice_marks WHERE id = 1",
            [],
            |row| Ok(NoticeMarks { read_up_to: row.get(0)?, sent_up_to: row.get(1)? }),
        )?)
    }

    /// All notices up to this seq are read. Never goes back.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn read_notices(self, up_to: i64) -> Result<(), StoreError> {
        self.conn
            .prepare_cached(
                "UPDATE notice_marks SET read_up_to = max(read_up_to, ?1) WHERE id = 1",
            )?
            .execute([up_to])?;
        Ok(())
    }

    /// The server knows that all up to this seq are read, here or on another device.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn notices_sent(self, up_to: i64) -> Result<(), StoreError> {
        self.conn
            .prepare_cached(
                "UPDATE notice_marks SET sent_up_to = max(sent_up_to, ?1),
                 read_up_to = max(read_up_to, ?1) WHERE id = 1",
            )?
            .execute([up_to])?;
        Ok(())
    }
}
