//! `/v1/changes`: pages of feeds, and the same live.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::Stream;
use futures_util::stream::unfold;
use mend_core::api::ChangesPage;
use mend_core::view::Reader;
use tokio::sync::oneshot::error::TryRecvError;
use tokio::sync::{oneshot, watch};

use super::caller::Caller;
use super::problem::{Code, Problem};
use super::{Server, Shared, cursor, fresh};
use crate::auth::sessions::Found;
use crate::store::StoreError;

/// How often a silent stream looks whether its session still holds.
const LOOK: Duration = Duration::from_secs(15);

/// One feed that its reader may read, and where the reader is.
#[derive(Clone)]
struct Following {
    scope: String,
    feed: String,
    reader: Reader,
    after: i64,
}

impl Following {
    fn new(caller: &Caller, cursor: cursor::Cursor) -> Result<Self, Problem> {
        let cursor::Cursor { scope, after } = cursor;
        let (feed, reader) = caller.session.feed(&scope).ok_or(Problem::new(Code::NotAllowed))?;
        Ok(Self { scope, feed, reader, after })
    }

    async fn read(&self, server: &Server) -> Result<ChangesPage, StoreError> {
        let Self { scope, feed, reader, after } = self.clone();
        let now = server.clock.now();
        let page =
            server.readers.read(move |reads| reads.changes(&feed, reader, after, now)).await?;
        Ok(ChangesPage { scope, next: page.next, more: page.more, now, rows: page.rows })
    }
}

/// One page.
pub async fn page(
    State(server): State<Shared>,
    Extension(caller): Extension<Caller>,
    uri: Uri,
) -> Result<Response, Problem> {
    let asked = cursor::page(&uri).ok_or(Problem::new(Code::BadRequest))?;
    Ok(fresh(&Following::new(&caller, asked)?.read(&server).await?))
}

/// Pages of several feeds, each as soon as there is something new. Ends with the session.
pub async fn stream(
    State(server): State<Shared>,
    Extension(caller): Extension<Caller>,
    uri: Uri,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let asked = cursor::stream(&uri).ok_or(Problem::new(Code::BadRequest))?;
    let feeds: Vec<Following> = asked
        .into_iter()
        .map(|cursor| Following::new(&caller, cursor))
        .collect::<Result<_, _>>()?;
    let most = server.limits.streams;
    let ended = server.sessions.stream(&caller.token, most);
    let live = Live {
        ended: ended.ok_or(Problem::new(Code::SessionExpired))?,
        changed: server.committer.changed(),
        ending: server.ending.clone(),
        waiting: VecDeque::new(),
        server,
        caller,
        feeds,
    };
    let events = unfold(live, |mut live| async move {
        let page = live.next().await?;
        // A page is plain data; if it were not, ending the stream makes the reader ask again.
        let event = Event::default().event("changes").json_data(&page).ok()?;
        Some((Ok(event), live))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(LOOK)))
}

/// A stream at work.
struct Live {
    server: Shared,
    caller: Caller,
    feeds: Vec<Following>,
    changed: watch::Receiver<u64>,
    ending: watch::Receiver<bool>,
    /// Ends with the session, and when newer streams take this one's place.
    ended: oneshot::Receiver<Infallible>,
    waiting: VecDeque<ChangesPage>,
}

impl Live {
    /// The next page with something new; none when the stream ends.
    async fn next(&mut self) -> Option<ChangesPage> {
        loop {
            if !self.holds() {
                return None;
            }
            if let Some(page) = self.waiting.pop_front() {
                return Some(page);
            }
            // Before reading, so that a commit in between wakes the wait below.
            self.changed.borrow_and_update();
            self.look().await?;
            if self.waiting.is_empty() {
                tokio::select! {
                    changed = self.changed.changed() => changed.ok()?,
                    ended = self.ending.wait_for(|ending| *ending) => {
                        drop(ended);
                        return None;
                    }
                    _ = &mut self.ended => return None,
                    () = tokio::time::sleep(LOOK) => {}
                }
            }
        }
    }

    fn holds(&mut self) -> bool {
        let now = self.server.clock.now();
        let open = matches!(self.server.sessions.find(&self.caller.token, now), Found::Open(_));
        let replaced = !matches!(self.ended.try_recv(), Err(TryRecvError::Empty));
        open && !replaced && !*self.ending.borrow()
    }

    /// Reads one page of each feed.
    async fn look(&mut self) -> Option<()> {
        for feed in &mut self.feeds {
            match feed.read(&self.server).await {
                Ok(page) if page.next != feed.after => {
                    feed.after = page.next;
                    self.waiting.push_back(page);
                }
                Ok(_) => {}
                Err(error) => {
                    tracing::error!(code = error.code(), %error, "a stream could not read");
                    return None;
                }
            }
        }
        Some(())
    }
}
