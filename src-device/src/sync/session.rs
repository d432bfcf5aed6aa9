//! Sessions: the right to read and to send photos, for each key, opened when first needed.

use mend_core::api::{OpenSession, Session};
use mend_core::command::TYPE_OPEN_SESSION;
use mend_core::frame::{self, Head};
use mend_core::id::{CommandId, Principal, SubjectId};

use crate::error::{DeviceError, random};
use crate::keys::Author;
use crate::shared::Shared;
use crate::transport::TransportError;

/// A session that ends sooner than this is not begun with.
const MARGIN_MS: i64 = 60_000;

impl Shared {
    /// The session of this key: the open one, or a new one.
    pub(crate) async fn session(&self, key: Principal) -> Result<Session, DeviceError> {
        let mut sessions = self.sessions.lock().await;
        let server_now = self.now().plus_ms(i64::from(self.clock().offset_ms));
        if let Some(session) = sessions.get(&key)
            && session.expires_at > server_now.plus_ms(MARGIN_MS)
        {
            return Ok(session.clone());
        }
        let authors = self.authors();
        let author = authors
            .iter()
            .find(|author| author.key() == key)
            .ok_or_else(|| DeviceError::Internal("a key that nobody on this device has".into()))?;
        let session = self.open_session(author, None).await?;
        sessions.insert(key, session.clone());
        Ok(session)
    }

    /// Forgets the session of this key, if it still is the one with this token.
    pub(crate) async fn drop_session(&self, key: Principal, token: &str) {
        let mut sessions = self.sessions.lock().await;
        if sessions.get(&key).is_some_and(|session| session.token == token) {
            sessions.remove(&key);
        }
    }

    /// Opens a session. With name and password it binds that staff account to the key.
    pub(crate) async fn open_session(
        &self,
        author: &Author,
        credentials: Option<(&str, &str)>,
    ) -> Result<Session, DeviceError> {
        let city = self.city().ok_or(DeviceError::NoCity)?;
        let sent = self.now();
        let nonce = self.transport.nonce().await?;
        self.note_clock(Some(sent), nonce.now).await;
        let body = OpenSession {
            nonce: nonce.nonce,
            name: credentials.map(|(name, _)| name.to_owned()),
            password: credentials.map(|(_, password)| password.to_owned()),
        };
        let json =
            serde_json::to_vec(&body).map_err(|error| DeviceError::Internal(error.to_string()))?;
        let clock = self.clock();
        let head = Head {
            city: city.id(),
            key: author.key(),
            command: CommandId::v7(self.now(), random()?),
            subject: SubjectId::from_bytes([0; 16]),
            based_on: 0,
            previous: None,
            supersedes: None,
            device_clock: self.now(),
            server_seen: clock.server_seen,
            offset_ms: clock.offset_ms,
            type_: TYPE_OPEN_SESSION,
            version: 1,
        };
        let frame = frame::seal(&head, &json, &author.signing)
            .map_err(|error| DeviceError::Internal(error.to_string()))?;
        let sent = self.now();
        let session = self.transport.open_session(frame).await?;
        self.note_clock(Some(sent), session.now).await;
        Ok(session)
    }
}

/// Whether the server wants another session for this.
pub(crate) fn is_unauthorized(error: &TransportError) -> bool {
    error.status() == Some(401)
}
