//! Table `city`: the pack as the server gave it, for every start without a network.

use mend_core::time::Timestamp;
use rusqlite::OptionalExtension;

use super::{StoreError, Tables};

/// The kept pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CityRow {
    /// The server's mark for this version.
    pub etag: String,
    /// JSON of `GET /v1/city`.
    pub pack: Vec<u8>,
    /// When it came.
    pub fetched_at: Timestamp,
}

impl Tables<'_> {
    /// The pack, if this device ever got one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn city(self) -> Result<Option<CityRow>, StoreError> {
        Ok(self
            .conn
            .query_row("SELECT etag, pack, fetched_at FROM city WHERE id = 1", [], |row| {
                Ok(CityRow {
                    etag: row.get(0)?,
                    pack: row.get(1)?,
                    fetched_at: Timestamp(row.get(2)?),
                })
            })
            .optional()?)
    }

    /// Puts a newer pack in the place of the old one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn keep_city(self, row: &CityRow) -> Result<(), StoreError> {
        self.conn.execute(
            "INSERT OR REPLACE INTO city (id, etag, pack, fetched_at) VALUES (1, ?1, ?2, ?3)",
            (&row.etag, &row.pack, row.fetched_at.0),
        )?;
        Ok(())
    }
}
