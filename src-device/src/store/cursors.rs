//! Table `cursors`: how far each key has read each feed.

use mend_core::id::Principal;
use rusqlite::OptionalExtension;

use super::{StoreError, Tables};

impl Tables<'_> {
    /// How far this key has read the feed; 0 at first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn cursor(self, key: Principal, scope: &str) -> Result<i64, StoreError> {
        Ok(self
            .conn
            .prepare_cached("SELECT next FROM cursors WHERE scope = ?1 AND key = ?2")?
            .query_row((scope, key.0), |row| row.get(0))
            .optional()?
            .unwrap_or(0))
    }

    /// Keeps how far this key has read the feed. Never goes back.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn keep_cursor(self, key: Principal, scope: &str, next: i64) -> Result<(), StoreError> {
        self.conn
            .prepare_cached(
                "INSERT INTO cursors (scope, key, next) VALUES (?1, ?2, ?3)
                 ON CONFLICT (scope, key) DO UPDATE SET next = max(next, ?3)",
            )?
            .execute((scope, key.0, next))?;
        Ok(())
    }

    /// This key reads only these feeds from now on: the others are forgotten, with what was seen
    /// by them alone. None: it has signed out.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn keep_only_scopes(self, key: Principal, scopes: &[String]) -> Result<(), StoreError> {
        let mut query = self.conn.prepare_cached("SELECT scope FROM cursors WHERE key = ?1")?;
        let had: Vec<String> =
            query.query_map([key.0], |row| row.get(0))?.collect::<Result<_, _>>()?;
        for scope in had.iter().filter(|scope| !scopes.contains(scope)) {
            self.conn
                .execute("DELETE FROM cursors WHERE scope = ?1 AND key = ?2", (scope, key.0))?;
            // What others still see is asked for anew: this feed may have shown more of it.
            self.conn
                .prepare_cached(
                    "UPDATE subject_scopes SET refetch = 1 WHERE scope != ?1 AND subject IN
                   (SELECT subject FROM subject_scopes WHERE scope = ?1)",
                )?
                .execute([scope])?;
            // Another account on this device may read the same feed.
            self.conn
                .prepare_cached(
                    "DELETE FROM subject_scopes WHERE scope = ?1
                   AND NOT EXISTS (SELECT 1 FROM cursors WHERE scope = ?1)",
                )?
                .execute([scope])?;
        }
        self.forget_unseen()
    }
}
