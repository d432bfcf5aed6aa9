//! Sends: does what the sync machine says, and tells it what came of it.

use std::sync::Arc;
use std::time::Duration;

use mend_core::frame;
use mend_core::id::{CommandId, PhotoHash, Principal, SubjectId, SubjectRef};
use mend_core::refusal::{Refusal, RefusalCode};
use mend_core::sync::{Action, Input};
use mend_photos::{PIECE_LEAST, PIECE_LIMIT};

use super::session::is_unauthorized;
use crate::error::DeviceError;
use crate::photo::PhotoSize;
use crate::shared::{Shared, Task, locked};
use crate::transport::TransportError;

/// So often a server may say of one photo that it goes on elsewhere, before it is left for later.
const MOVES: u32 = 8;

pub(super) async fn run(shared: Arc<Shared>) {
    let mut pieces = Pieces::default();
    loop {
        let now = shared.now();
        let action = locked(&shared.machine).next(now);
        let (input, lost) = match action {
            Action::Send(commands) => {
                shared.bump();
                (send(&shared, commands).await, Input::SendFailed)
            }
            Action::Upload { command: _, subject, hash, key } => {
                (upload(&shared, &mut pieces, subject, hash, key).await, Input::UploadFailed)
            }
            Action::Wait(until) => {
                let asked = shared.push.notified();
                match until {
                    Some(until) => {
                        let ms = u64::try_from(until.0.saturating_sub(now.0)).unwrap_or(0);
                        // Until then, or until something happens: either way, ask again.
                        let _ = tokio::time::timeout(Duration::from_millis(ms), asked).await;
                    }
                    None => asked.await,
                }
                continue;
            }
        };
        shared.note_outcome(Task::Push, input.as_ref().err());
        let input = input.unwrap_or_else(|error| {
            tracing::info!(%error, "not sent; it will be tried again");
            match error {
                DeviceError::Transport(TransportError::Later { wait, .. }) => {
                    Input::TooBusy { wait_ms: i64::try_from(wait.as_millis()).unwrap_or(i64::MAX) }
                }
                _ => lost,
            }
        });
        if let Err(error) = shared.handle(input).await {
            // The machine is ahead of the store now. After a restart the same bytes are sent
            // again and get the same answer.
            tracing::error!(%error, "an answer was not kept");
        }
    }
}

async fn send(shared: &Shared, commands: Vec<CommandId>) -> Result<Input, DeviceError> {
    let frames = shared
        .db
        .read(move |t| {
            commands.into_iter().map(|command| t.frame(command)).collect::<Result<Vec<_>, _>>()
        })
        .await?;
    let batch = frame::batch(frames.iter().map(Vec::as_slice));
    let sent = shared.now();
    let answers = shared.transport.commands(batch).await?;
    shared.note_clock(Some(sent), answers.now).await;
    Ok(Input::Answered(answers.answers))
}

/// So many pieces in a row must have arrived before longer ones are tried.
const GROWS_AFTER: u32 = 4;

/// How long pieces of photos are: as long as may be while all goes well, half as long after each
/// one that got no answer, so that also a link that breaks all the time carries a photo.
struct Pieces {
    bytes: usize,
    in_a_row: u32,
}

impl Default for Pieces {
    fn default() -> Self {
        Self { bytes: PIECE_LIMIT, in_a_row: 0 }
    }
}

impl Pieces {
    fn arrived(&mut self) {
        self.in_a_row += 1;
        if self.in_a_row >= GROWS_AFTER {
            *self = Self { bytes: (self.bytes * 2).min(PIECE_LIMIT), in_a_row: 0 };
        }
    }

    fn lost(&mut self) {
        *self = Self { bytes: (self.bytes / 2).max(PIECE_LEAST), in_a_row: 0 };
    }
}

async fn upload(
    shared: &Arc<Shared>,
    pieces: &mut Pieces,
    subject: SubjectId,
    hash: PhotoHash,
    key: Principal,
) -> Result<Input, DeviceError> {
    let files = shared.files.clone();
    let bytes = tokio::task::spawn_blocking(move || files.read(hash, PhotoSize::Full))
        .await
        .map_err(|error| DeviceError::Internal(error.to_string()))??;
    let Some(bytes) = bytes else {
        // Only a disk that lost or spoiled it: nothing to wait for, so a person is told.
        tracing::error!(%hash, "a photo is no longer whole on this device");
        return Ok(Input::UploadRefused(Refusal::new(RefusalCode::PhotoLost)));
    };
    let rows = shared.db.read(move |t| t.outbox_of(subject)).await?;
    let Some(subject) = rows.first().map(|row| row.subject) else {
        return Ok(Input::UploadRefused(Refusal::new(RefusalCode::NotFound)));
    };
    let mut sent = deliver(shared, pieces, subject, hash, key, &bytes).await;
    if matches!(&sent, Err(DeviceError::Transport(error)) if is_unauthorized(error)) {
        // Sessions end. A fresh one has not; if that does not help, nothing here does.
        sent = deliver(shared, pieces, subject, hash, key, &bytes).await;
    }
    let error = match sent {
        Ok(()) => return Ok(Input::Uploaded),
        Err(error) => error,
    };
    if error.code() == RefusalCode::SignInNeeded.as_str() {
        if shared.authors().iter().any(|author| author.key() == key && author.account.is_some()) {
            shared.note_sign_in(key, true);
        }
        return Ok(Input::UploadNeedsSignIn);
    }
    match error {
        // These speak of the photo itself. The others speak of the way, and may end by themselves.
        DeviceError::Transport(TransportError::Problem(problem))
            if matches!(problem.status, 404 | 413 | 415 | 422) =>
        {
            let code = serde_json::from_value(serde_json::Value::String(problem.code))
                .unwrap_or(RefusalCode::Unknown);
            Ok(Input::UploadRefused(Refusal::new(code)))
        }
        error => Err(error),
    }
}

/// Asks how much of a photo the server has, and sends the rest piece by piece. When this returns,
/// the photo is there and checked. A session that the server does not take is forgotten.
async fn deliver(
    shared: &Shared,
    pieces: &mut Pieces,
    subject: SubjectRef,
    hash: PhotoHash,
    key: Principal,
    bytes: &[u8],
) -> Result<(), DeviceError> {
    let session = shared.session(key).await?;
    let sent = send_rest(shared, pieces, &session.token, subject, hash, bytes).await;
    if let Err(error) = &sent
        && is_unauthorized(error)
    {
        shared.drop_session(key, &session.token).await;
    }
    Ok(sent?)
}

async fn send_rest(
    shared: &Shared,
    pieces: &mut Pieces,
    token: &str,
    subject: SubjectRef,
    hash: PhotoHash,
    bytes: &[u8],
) -> Result<(), TransportError> {
    let transport = &shared.transport;
    let mut at = transport.photo_offset(token, subject, hash).await?;
    let mut moves = 0;
    loop {
        let rest = usize::try_from(at).ok().and_then(|at| bytes.get(at..));
        let rest = rest.ok_or_else(|| TransportError::Unreadable("more than the photo".into()))?;
        if rest.is_empty() {
            return Ok(());
        }
        let piece = &rest[..rest.len().min(pieces.bytes)];
        let expected = at + piece.len() as u64;
        let sent = transport.photo_piece(token, subject, hash, at, piece.to_vec()).await;
        match &sent {
            Ok(_) => pieces.arrived(),
            Err(TransportError::Offline(_)) => pieces.lost(),
            Err(_) => {}
        }
        at = sent?;
        if at != expected {
            // Another window of this person sends the same photo, or the server has given it up.
            moves += 1;
            if moves > MOVES {
                let text = "the upload goes on elsewhere again and again";
                return Err(TransportError::Unreadable(text.into()));
            }
        }
    }
}
