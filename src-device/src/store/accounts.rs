//! Table `accounts`: staff accounts that have signed in here, each with a key of its own. A key
//! stays after signing out: work that it signed may still be on its way.

use mend_core::api::Account;
use mend_core::time::Timestamp;

use super::{StoreError, Tables, bytes, from_json, to_json};

/// A staff account on this device.
#[derive(Clone, PartialEq, Eq)]
pub struct AccountRow {
    /// As the server described it at the last sign-in.
    pub account: Account,
    /// The secret half of the key that this account has on this device.
    pub secret: [u8; 32],
    /// Whether it is signed in now.
    pub signed_in: bool,
    /// When it last signed in.
    pub signed_in_at: Timestamp,
}

impl std::fmt::Debug for AccountRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccountRow").field("account", &self.account).finish_non_exhaustive()
    }
}

impl Tables<'_> {
    /// All accounts, the last one to sign in first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn accounts(self) -> Result<Vec<AccountRow>, StoreError> {
        let mut query = self.conn.prepare_cached(
            "SELECT account, secret, signed_in, signed_in_at FROM accounts
             ORDER BY signed_in_at DESC, name",
        )?;
        let rows = query.query_map([], |row| {
            Ok((
                row.get::<_, String>(0)?,
                row.get::<_, Vec<u8>>(1)?,
                row.get::<_, bool>(2)?,
                row.get::<_, i64>(3)?,
            ))
        })?;
        rows.map(|row| {
            let (account, secret, signed_in, at) = row?;
            Ok(AccountRow {
                account: from_json("account", &account)?,
                secret: bytes("account", secret)?,
                signed_in,
                signed_in_at: Timestamp(at),
            })
        })
        .collect()
    }

    /// Keeps an account, signed in or out.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn keep_account(self, row: &AccountRow) -> Result<(), StoreError> {
        self.conn.execute(
            "INSERT INTO accounts (name, secret, account, signed_in, signed_in_at)
             VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (name) DO UPDATE SET secret = ?2, account = ?3, signed_in = ?4,
                 signed_in_at = ?5",
            (
                &row.account.name,
                row.secret,
                to_json("account", &row.account)?,
                row.signed_in,
                row.signed_in_at.0,
            ),
        )?;
        Ok(())
    }
}
