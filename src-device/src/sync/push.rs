//! Sends: does what the sync machine says, and tells it what came of it.

use std::sync::Arc;
use std::time::Duration;

use mend_core::frame;
use mend_core::id::{CommandId, PhotoHash, Principal, SubjectId, SubjectRef};
use mend_core::refusal::{Refusal, RefusalCode};
use mend_core::sync::{Action, Input};

use super::session::is_unauthorized;
use crate::error::DeviceError;
use crate::photo::PhotoSize;
use crate::shared::{Shared, Task, locked};
use crate::transport::TransportError;

pub(super) async fn run(shared: Arc<Shared>) {
    loop {
        let now = shared.now();
        let action = locked(&shared.machine).next(now);
        let (input, lost) = match action {
            Action::Send(commands) => {
                shared.bump();
                (send(&shared, commands).await, Input::SendFailed)
            }
            Action::Upload { command: _, subject, hash, key } => {
                (upload(&shared, subject, hash, key).await, Input::UploadFailed)
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
            lost
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

async fn upload(
    shared: &Arc<Shared>,
    subject: SubjectId,
    hash: PhotoHash,
    key: Principal,
) -> Result<Input, DeviceError> {
    let files = shared.files.clone();
    let bytes = tokio::task::spawn_blocking(move || files.get(hash, PhotoSize::Full))
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
    let mut sent = put(shared, subject, hash, key, bytes.clone()).await;
    if matches!(&sent, Err(DeviceError::Transport(error)) if is_unauthorized(error)) {
        // Sessions end. A fresh one has not; if that does not help, nothing here does.
        sent = put(shared, subject, hash, key, bytes).await;
    }
    let error = match sent {
        Ok(true) => return Ok(Input::Uploaded),
        Ok(false) => return Ok(Input::UploadFailed),
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

/// Sends a photo's bytes. A session that the server does not take is forgotten.
async fn put(
    shared: &Shared,
    subject: SubjectRef,
    hash: PhotoHash,
    key: Principal,
    bytes: Vec<u8>,
) -> Result<bool, DeviceError> {
    let session = shared.session(key).await?;
    match shared.transport.put_photo(&session.token, subject, hash, bytes).await {
        Ok(answer) => Ok(answer.verified),
        Err(error) => {
            if is_unauthorized(&error) {
                shared.drop_session(key, &session.token).await;
            }
            Err(error.into())
        }
    }
}
