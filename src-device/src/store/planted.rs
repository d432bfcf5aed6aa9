//! What planted bugs do to the store; see `mend_core::planted`. Not in any shipped program.

use std::cell::Cell;

use ed25519_dalek::SigningKey;
use mend_core::frame;
use mend_core::planted::{Bug, is};

use super::{StoreError, Tables, bytes};

thread_local! {
    static SENT: Cell<i64> = const { Cell::new(0) };
}

impl Tables<'_> {
    /// With this bug, what follows is another transaction.
    pub(crate) fn part(self, bug: Bug) -> Result<(), StoreError> {
        if is(bug) {
            self.conn.execute_batch("COMMIT; BEGIN IMMEDIATE")?;
        }
        Ok(())
    }

    /// With the bug, the frame is signed anew.
    pub(super) fn signed_anew(self, old: Vec<u8>) -> Result<Vec<u8>, StoreError> {
        if !is(Bug::RetrySignsAnew) {
            return Ok(old);
        }
        SENT.set(SENT.get() + 1);
        let Ok(known) = frame::read(&old) else { return Ok(old) };
        let mut query = self
            .conn
            .prepare("SELECT secret FROM installation UNION ALL SELECT secret FROM accounts")?;
        let secrets = query.query_map([], |row| row.get::<_, Vec<u8>>(0))?;
        for secret in secrets {
            let key = SigningKey::from_bytes(&bytes("secret", secret?)?);
            if key.verifying_key().to_bytes() == known.head.key.0 {
                let mut head = known.head;
                head.device_clock = head.device_clock.plus_ms(SENT.get());
                return Ok(frame::seal(&head, &known.body, &key).unwrap_or(old));
            }
        }
        Ok(old)
    }
}
