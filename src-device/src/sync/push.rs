//! Sends: does what the sync machine says, and tells it what came of it.

use std::sync::Arc;
use std::time::Duration;

use mend_core::frame;
use mend_core::id::{CommandId, PhotoHash, Principal, SubjectId};
use mend_core::refusal::{Refusal, RefusalCode};
use mend_core::sync::{Action, Input};

use super::session::is_unauthorized;
use crate::error::DeviceError;
use crate::photo::PhotoSize;
use crate::shared::{Shared, locked};
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
        // Only a disk that lost it: nothing to wait for, so a person is told.
        tracing::error!(%hash, "a photo is no longer on this device");
        return Ok(Input::UploadRefused(Refusal::new(RefusalCode::NotFound)));
    };
    let rows = shared.db.read(move |t| t.outbox_of(subject)).await?;
    let Some(subject) = rows.first().map(|row| row.subject) else {
        return Ok(Input::UploadRefused(Refusal::new(RefusalCode::NotFound)));
    };
    let session = match shared.session(key).await {
        Ok(session) => session,
        Err(DeviceError::Transport(TransportError::Problem(problem)))
            if matches!(problem.status, 401 | 403) =>
        {
            return Ok(Input::UploadNeedsSignIn);
        }
        Err(error) => return Err(error),
    };
    match shared.transport.put_photo(&session.token, subject, hash, bytes).await {
        Ok(answer) if answer.verified => Ok(Input::Uploaded),
        Ok(_) => Ok(Input::UploadFailed),
        Err(error) if is_unauthorized(&error) => {
            shared.drop_session(key, &session.token).await;
            if error.code() == RefusalCode::SignInNeeded.as_str() {
                Ok(Input::UploadNeedsSignIn)
            } else {
                Err(error.into())
            }
        }
        Err(TransportError::Problem(problem))
            if (400..500).contains(&problem.status) && !matches!(problem.status, 408 | 429) =>
        {
            let code = serde_json::from_value(serde_json::Value::String(problem.code))
                .unwrap_or(RefusalCode::Unknown);
            Ok(Input::UploadRefused(Refusal::new(code)))
        }
        Err(error) => Err(error.into()),
    }
}
