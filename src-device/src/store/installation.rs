//! Table `installation`: this device's key and seed, and what it knows of the server's clock.

use mend_core::time::Timestamp;
use rusqlite::OptionalExtension;

use super::{StoreError, Tables, bytes};

/// What makes this installation itself. Never leaves the device.
#[derive(Clone, PartialEq, Eq)]
pub struct Installation {
    /// The secret half of its Ed25519 key.
    pub secret: [u8; 32],
    /// Owner secrets follow from it.
    pub seed: [u8; 32],
}

impl std::fmt::Debug for Installation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Installation")
    }
}

/// What is known of the server's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Clock {
    /// Server minus device, in milliseconds.
    pub offset_ms: i32,
    /// The newest server time seen.
    pub server_seen: Option<Timestamp>,
    /// When, by the device's clock, the server last answered.
    pub last_contact: Option<Timestamp>,
}

impl Tables<'_> {
    /// The installation; made from `fresh` at the very first start and the same ever after.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn installation(self, fresh: &Installation) -> Result<Installation, StoreError> {
        self.conn
            .prepare_cached(
                "INSERT OR IGNORE INTO installation (id, secret, seed) VALUES (1, ?1, ?2)",
            )?
            .execute((fresh.secret, fresh.seed))?;
        let (secret, seed): (Vec<u8>, Vec<u8>) = self.conn.query_row(
            "SELECT secret, seed FROM installation WHERE id = 1",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        Ok(Installation {
            secret: bytes("installation", secret)?,
            seed: bytes("installation", seed)?,
        })
    }

    /// What is known of the server's clock.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn clock(self) -> Result<Clock, StoreError> {
        Ok(self
            .conn
            .query_row(
                "SELECT offset_ms, server_seen, last_contact FROM installation WHERE id = 1",
                [],
                |row| {
                    Ok(Clock {
                        offset_ms: row.get(0)?,
                        server_seen: row.get::<_, Option<i64>>(1)?.map(Timestamp),
                        last_contact: row.get::<_, Option<i64>>(2)?.map(Timestamp),
                    })
                },
            )
            .optional()?
            .unwrap_or_default())
    }

    /// Keeps a measurement. The newest server time never goes back.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn keep_clock(
        self,
        offset_ms: i32,
        server: Timestamp,
        device: Timestamp,
    ) -> Result<(), StoreError> {
        self.conn
            .prepare_cached(
                "UPDATE installation SET offset_ms = ?1, last_contact = ?3,
                 server_seen = max(coalesce(server_seen, ?2), ?2) WHERE id = 1",
            )?
            .execute((offset_ms, server.0, device.0))?;
        Ok(())
    }
}
