//! Reads for one key: the city pack, feeds by cursor and then live, notices, photos of others.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use mend_core::api::{ChangesPage, ME, Session, me_scope};
use mend_core::city::City;
use mend_core::id::{PhotoHash, Principal, SubjectRef};
use mend_core::refusal::RefusalCode;
use mend_core::sync::Input;
use sha2::{Digest, Sha256};
use tokio::sync::watch;

use super::backoff;
use super::session::is_unauthorized;
use crate::error::DeviceError;
use crate::feed;
use crate::keys::Author;
use crate::shared::{Shared, Task, locked};
use crate::store::CityRow;
use crate::transport::{CityAnswer, TransportError};

/// Longest wait before the server is asked again whether it is there: a person looks on.
const LONGEST: Duration = Duration::from_secs(20);
/// Longest wait while a sign-in has run out.
const SIGN_IN: Duration = Duration::from_secs(300);

pub(super) async fn run(shared: Arc<Shared>, key: Principal) {
    let mut failures = 0;
    // The last try found that its session had ended.
    let mut renewing = false;
    let mut wake = shared.pull.subscribe();
    loop {
        wake.mark_unchanged();
        let mut longest = LONGEST;
        // Without an error the stream ended as streams do: begin again.
        if let Err(error) = once(&shared, key, &mut wake, &mut failures).await {
            tracing::info!(%error, "reading has stopped; it will be tried again");
            // Sessions end, by time or with the server: nothing that a person need know of. A fresh
            // one has not ended; if that one has, too, it is a problem like any other.
            let ended = matches!(&error, DeviceError::Transport(error) if is_unauthorized(error));
            renewing = ended && (failures == 0 || !renewing);
            if renewing {
                failures += 1;
                continue;
            }
            match &error {
                // Only a person can help; they wake this by signing in.
                DeviceError::Refused(_) => {
                    longest = SIGN_IN;
                    shared.note_outcome(Task::Pull(key), None);
                    shared.note_sign_in(key, true);
                }
                error => shared.note_outcome(Task::Pull(key), Some(error)),
            }
        }
        failures += 1;
        // A wake, or the time is over: either way, try again.
        let _ = tokio::time::timeout(backoff(failures, longest), wake.changed()).await;
    }
}

/// Catches up and then follows the stream until it breaks.
async fn once(
    shared: &Arc<Shared>,
    key: Principal,
    wake: &mut watch::Receiver<u64>,
    failures: &mut u32,
) -> Result<(), DeviceError> {
    fetch_city(shared).await?;
    let session = shared.session(key).await?;
    let read = follow(shared, key, &session, wake, failures).await;
    if let Err(DeviceError::Transport(error)) = &read
        && is_unauthorized(error)
    {
        shared.drop_session(key, &session.token).await;
    }
    read
}

async fn follow(
    shared: &Arc<Shared>,
    key: Principal,
    session: &Session,
    wake: &mut watch::Receiver<u64>,
    failures: &mut u32,
) -> Result<(), DeviceError> {
    keep_account(shared, key, session).await?;
    shared.note_sign_in(key, false);
    let scopes: Vec<String> = session.scopes.iter().map(|scope| kept_name(scope, key)).collect();
    let kept = scopes.clone();
    shared.db.write(move |t| t.keep_only_scopes(key, &kept)).await?;
    for scope in &scopes {
        catch_up(shared, key, session, scope).await?;
    }
    let resident = key == shared.me().key();
    if resident {
        fetch_notices(shared, session).await?;
    }
    reached(shared).await?;
    shared.note_outcome(Task::Pull(key), None);
    *failures = 0;
    fetch_photos(shared, session, &scopes).await?;

    let cursors = {
        let scopes = scopes.clone();
        shared
            .db
            .read(move |t| {
                scopes
                    .into_iter()
                    .map(|scope| t.cursor(key, &scope).map(|next| (wire_name(&scope), next)))
                    .collect::<Result<Vec<_>, _>>()
            })
            .await?
    };
    // Whoever woke this until now has been served.
    wake.mark_unchanged();
    let pages = shared.transport.stream(&session.token, &cursors).await?;
    let mut pages = std::pin::pin!(pages);
    let me = me_scope(key);
    loop {
        let page = tokio::select! {
            page = pages.next() => page,
            // A person asks: a stream that looks alive may be dead.
            _ = wake.changed() => return Ok(()),
        };
        let Some(page) = page else { return Ok(()) };
        let mut page = page?;
        page.scope = kept_name(&page.scope, key);
        shared.note_clock(None, page.now).await;
        let (scope, more) = (page.scope.clone(), page.more);
        take_in(shared, key, session, page).await?;
        if more {
            catch_up(shared, key, session, &scope).await?;
        }
        if resident && scope == me {
            fetch_notices(shared, session).await?;
        }
        fetch_photos(shared, session, &scopes).await?;
    }
}

/// The feed as it is kept here: each key on this device has its own `me`.
fn kept_name(scope: &str, key: Principal) -> String {
    if scope == ME { me_scope(key) } else { scope.to_owned() }
}

/// The feed as the server calls it in this key's session.
fn wire_name(scope: &str) -> String {
    if scope.starts_with("me:") { ME.to_owned() } else { scope.to_owned() }
}

/// Keeps what the server says of a staff account now: its crew may be another one. A sign-in that
/// has run out takes nothing from the device; the crew goes on with what it has.
async fn keep_account(
    shared: &Arc<Shared>,
    key: Principal,
    session: &Session,
) -> Result<(), DeviceError> {
    let rows = shared.db.read(|t| t.accounts()).await?;
    let Some(mut row) = rows.into_iter().find(|row| Author::staff(row).key() == key) else {
        return Ok(());
    };
    let Some(account) = &session.account else {
        return Err(RefusalCode::SignInNeeded.into());
    };
    if row.account != *account {
        row.account = account.clone();
        shared.db.write(move |t| t.keep_account(&row)).await?;
        shared.load_authors().await?;
        shared.bump();
    }
    Ok(())
}

/// The server has answered: whatever waited for a network goes now.
async fn reached(shared: &Arc<Shared>) -> Result<(), DeviceError> {
    let returned = *locked(&shared.online) == Some(false);
    shared.set_online(true);
    if returned {
        shared.handle(Input::RetryNow).await?;
        shared.push.notify_one();
    }
    Ok(())
}

async fn fetch_city(shared: &Arc<Shared>) -> Result<(), DeviceError> {
    let kept = shared.db.read(|t| t.city()).await?;
    let etag = shared.city().and(kept.as_ref()).map(|row| row.etag.as_str());
    let CityAnswer::Pack { etag, bytes } = shared.transport.city(etag).await? else {
        return Ok(());
    };
    let (city, bytes) = tokio::task::spawn_blocking(move || (City::from_json(&bytes), bytes))
        .await
        .map_err(|error| DeviceError::Internal(error.to_string()))?;
    let city = city.map_err(|error| {
        tracing::error!(%error, code = error.code(), "the city's data cannot be used");
        TransportError::Unreadable(error.to_string())
    })?;
    if let Some(known) = shared.city()
        && known.id() != city.id()
    {
        // Signed work and cursors belong to the city that they were made for.
        return Err(TransportError::Unreadable("the server is another city's".into()).into());
    }
    let row = CityRow { etag, pack: bytes, fetched_at: shared.now() };
    shared.db.write(move |t| t.keep_city(&row)).await?;
    shared.set_city(Arc::new(city));
    shared.bump();
    Ok(())
}

async fn catch_up(
    shared: &Arc<Shared>,
    key: Principal,
    session: &Session,
    scope: &str,
) -> Result<(), DeviceError> {
    loop {
        let name = scope.to_owned();
        let after = shared.db.read(move |t| t.cursor(key, &name)).await?;
        let sent = shared.now();
        let mut page = shared.transport.changes(&session.token, &wire_name(scope), after).await?;
        page.scope = kept_name(&page.scope, key);
        shared.note_clock(Some(sent), page.now).await;
        let more = page.more && page.next > after;
        take_in(shared, key, session, page).await?;
        if !more {
            return Ok(());
        }
    }
}

/// Applies a page, then asks anew for what it could not continue.
async fn take_in(
    shared: &Arc<Shared>,
    key: Principal,
    session: &Session,
    page: ChangesPage,
) -> Result<(), DeviceError> {
    let (scope, empty) = (page.scope.clone(), page.rows.is_empty());
    shared.db.write(move |t| feed::apply_page(t, key, &page)).await?;
    let name = scope.clone();
    for subject in shared.db.read(move |t| t.gaps(&name)).await? {
        let snapshot = shared.transport.subject(&session.token, subject).await;
        let scope = scope.clone();
        match snapshot {
            Ok(snapshot) => {
                shared.db.write(move |t| feed::keep_snapshot(t, &scope, &snapshot)).await?;
            }
            Err(error) if matches!(error.status(), Some(403 | 404)) => {
                shared.db.write(move |t| feed::not_seen(t, &scope, subject)).await?;
            }
            Err(error) => return Err(error.into()),
        }
    }
    if !empty {
        shared.bump();
    }
    Ok(())
}

/// Tells the server how far the notices were read here, if it does not know.
pub(crate) async fn tell_read(shared: &Shared, session: &Session) -> Result<(), DeviceError> {
    let marks = shared.db.read(|t| t.notice_marks()).await?;
    if marks.read_up_to > marks.sent_up_to {
        shared.transport.read_notices(&session.token, marks.read_up_to).await?;
        shared.db.write(move |t| t.notices_sent(marks.read_up_to)).await?;
    }
    Ok(())
}

async fn fetch_notices(shared: &Arc<Shared>, session: &Session) -> Result<(), DeviceError> {
    tell_read(shared, session).await?;
    let marks = shared.db.read(|t| t.notice_marks()).await?;
    loop {
        let after = shared.db.read(|t| t.last_notice()).await?;
        let page = shared.transport.notices(&session.token, after).await?;
        let new = page.notices.iter().any(|notice| notice.seq > after);
        let moved = new || page.read_up_to > marks.read_up_to;
        shared
            .db
            .write(move |t| {
                t.keep_notices(&page.notices)?;
                t.notices_sent(page.read_up_to)
            })
            .await?;
        if moved {
            shared.bump();
        }
        if !new {
            return Ok(());
        }
    }
}

/// Photos that others took, so that they can be shown without a network. One that cannot be had
/// now is asked for again at the next change.
async fn fetch_photos(
    shared: &Arc<Shared>,
    session: &Session,
    scopes: &[String],
) -> Result<(), DeviceError> {
    let scopes = scopes.to_vec();
    let wanted: Vec<(SubjectRef, PhotoHash)> = shared
        .page(move |look| {
            let mut wanted = Vec::new();
            for row in look.tables.subjects()? {
                if row.scopes.iter().any(|scope| scopes.contains(scope)) {
                    let subject = row.state.subject();
                    let missing = row
                        .state
                        .photos()
                        .iter()
                        .filter(|photo| photo.verified && !(look.has_photo)(photo.hash));
                    wanted.extend(missing.map(|photo| (subject, photo.hash)));
                }
            }
            Ok(wanted)
        })
        .await?;
    for (subject, hash) in wanted {
        let bytes = match shared.transport.photo(&session.token, subject, hash).await {
            Ok(bytes) => bytes,
            Err(error @ TransportError::Offline(_)) => return Err(error.into()),
            Err(error) if is_unauthorized(&error) => return Err(error.into()),
            Err(error) => {
                tracing::info!(%error, %hash, "a photo cannot be had now");
                continue;
            }
        };
        let files = shared.files.clone();
        let kept = tokio::task::spawn_blocking(move || -> Result<bool, DeviceError> {
            if <[u8; 32]>::from(Sha256::digest(&bytes)) != hash.0 {
                return Ok(false);
            }
            let thumb = crate::photo::thumbnail(&bytes)?;
            files.keep(hash, &bytes, Some(&thumb))?;
            Ok(true)
        })
        .await
        .map_err(|error| DeviceError::Internal(error.to_string()))?;
        match kept {
            Ok(true) => shared.bump(),
            Ok(false) => tracing::warn!(%hash, "a photo's bytes are not what its name says"),
            Err(error) => tracing::warn!(%error, %hash, "a photo was not kept"),
        }
    }
    Ok(())
}
