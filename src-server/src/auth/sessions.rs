//! Sessions: the right to read, for 24 hours. Only a hash of each token is kept.

use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};

use mend_core::api::ME;
use mend_core::decide::Role;
use mend_core::id::Principal;
use mend_core::subject::SubjectState;
use mend_core::time::Timestamp;
use mend_core::view::Reader;
use sha2::{Digest, Sha256};
use tokio::sync::oneshot;

use crate::store::{AccountRow, scopes};

/// How long a session lasts, in milliseconds.
pub const LIFE_MS: i64 = 24 * 60 * 60 * 1000;
/// Most sessions at a time; beyond it those that end first go.
const KEPT: usize = 100_000;

/// A session: whose, and what it may read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The key that opened it.
    pub key: Principal,
    /// The staff account bound to that key, if any.
    pub account: Option<AccountRow>,
    /// When it ends.
    pub expires_at: Timestamp,
    /// The feeds that it may read, as the session names them (`me`, `crew:CODE`, …).
    pub scopes: Vec<String>,
}

impl Session {
    /// The session of a key, with the scopes that its account gives.
    pub fn new(
        key: Principal,
        account: Option<AccountRow>,
        departments: impl IntoIterator<Item = String>,
        expires_at: Timestamp,
    ) -> Self {
        let mut scopes = vec![ME.to_owned()];
        match &account {
            Some(AccountRow { role: Role::Crew, crew: Some(crew), .. }) => {
                scopes.push(scopes::crew(crew));
            }
            Some(AccountRow { role: Role::Dispatcher, .. }) => {
                scopes.push(scopes::CITY.to_owned());
                scopes.extend(departments.into_iter().map(|code| scopes::department(&code)));
            }
            _ => {}
        }
        Self { key, account, expires_at, scopes }
    }

    /// The feed behind a scope as this session names it, and who reads it; none if it may not.
    pub fn feed(&self, scope: &str) -> Option<(String, Reader)> {
        if !self.scopes.iter().any(|known| known == scope) {
            return None;
        }
        Some(if scope == ME {
            (mend_core::api::me_scope(self.key), Reader::Owner(self.key))
        } else {
            (scope.to_owned(), Reader::Staff)
        })
    }

    /// As whom this session sees a subject; none if it does not. Exactly those that one of its
    /// feeds tells of.
    pub fn sight(&self, state: &SubjectState) -> Option<Reader> {
        let told = scopes::of(state);
        let mut sight = None;
        for scope in &self.scopes {
            if let Some((feed, reader)) = self.feed(scope)
                && told.contains(&feed)
            {
                // Staff see more than the reporter.
                sight = Some(reader);
                if reader == Reader::Staff {
                    break;
                }
            }
        }
        sight
    }
}

/// All sessions, by the hash of their token.
#[derive(Default)]
pub struct Sessions {
    open: Mutex<HashMap<[u8; 32], Open>>,
}

struct Open {
    session: Arc<Session>,
    /// One for each live stream, oldest first; a stream ends when its own is dropped.
    streams: VecDeque<oneshot::Sender<Infallible>>,
}

/// Whether a token opens anything.
pub enum Found {
    /// It does.
    Open(Arc<Session>),
    /// It did once, or the server has been restarted, or it never did: the way forward is the same.
    Ended,
}

fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

impl Sessions {
    /// Opens a session under a token.
    pub fn open(&self, token: &str, session: Session, now: Timestamp) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.len() >= KEPT {
            open.retain(|_, open| open.session.expires_at > now);
        }
        if open.len() >= KEPT
            && let Some(first) =
                open.iter().min_by_key(|(_, open)| open.session.expires_at).map(|(key, _)| *key)
        {
            open.remove(&first);
        }
        let session = Arc::new(session);
        open.insert(hash(token), Open { session, streams: VecDeque::new() });
    }

    /// The session of a token. Found by the token's hash: how long that takes says nothing of it.
    pub fn find(&self, token: &str, now: Timestamp) -> Found {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        match open.get(&hash(token)) {
            Some(Open { session, .. }) if session.expires_at > now => Found::Open(session.clone()),
            _ => Found::Ended,
        }
    }

    /// Counts a live stream of a token's session, at most `most` at a time. What is returned ends
    /// when the stream is to end: with the session, or because a newer one took its place. The
    /// newest is the one that somebody reads: a device that lost its network has left the others.
    pub fn stream(&self, token: &str, most: usize) -> Option<oneshot::Receiver<Infallible>> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let streams = &mut open.get_mut(&hash(token))?.streams;
        streams.retain(|stream| !stream.is_closed());
        while streams.len() >= most.max(1) {
            streams.pop_front();
        }
        let (alive, ended) = oneshot::channel();
        streams.push_back(alive);
        Some(ended)
    }

    /// Ends a session.
    pub fn close(&self, token: &str) {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).remove(&hash(token));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(role: Role, crew: Option<&str>) -> AccountRow {
        AccountRow {
            name: "a".into(),
            role,
            crew: crew.map(str::to_owned),
            password_hash: String::new(),
            demo: false,
        }
    }

    #[test]
    fn roles_give_scopes() {
        let key = Principal([7; 32]);
        let departments = || ["streets".to_owned()];
        let scopes = |account| Session::new(key, account, departments(), Timestamp(9)).scopes;
        assert_eq!(scopes(None), ["me"]);
        assert_eq!(scopes(Some(account(Role::Crew, Some("s1")))), ["me", "crew:s1"]);
        assert_eq!(
            scopes(Some(account(Role::Dispatcher, None))),
            ["me", "city", "department:streets"]
        );
        let crew = Session::new(key, Some(account(Role::Crew, Some("s1"))), [], Timestamp(9));
        assert_eq!(crew.feed("crew:s2"), None);
        assert_eq!(crew.feed("crew:s1"), Some(("crew:s1".into(), Reader::Staff)));
        assert_eq!(crew.feed(&format!("me:{key}")), None, "a session names only its own");
        assert_eq!(crew.feed("me"), Some((format!("me:{key}"), Reader::Owner(key))));
    }

    #[test]
    fn a_session_ends_on_time_or_when_closed() {
        let sessions = Sessions::default();
        let session = || Session::new(Principal([7; 32]), None, [], Timestamp(100));
        sessions.open("one", session(), Timestamp(0));
        sessions.open("two", session(), Timestamp(0));
        assert!(matches!(sessions.find("one", Timestamp(99)), Found::Open(_)));
        assert!(matches!(sessions.find("one", Timestamp(100)), Found::Ended));
        sessions.close("two");
        assert!(matches!(sessions.find("two", Timestamp(1)), Found::Ended));
    }

    #[test]
    fn the_newest_streams_of_a_session_live() {
        let sessions = Sessions::default();
        assert!(sessions.stream("one", 2).is_none());
        for token in ["one", "two"] {
            let session = Session::new(Principal([7; 32]), None, [], Timestamp(100));
            sessions.open(token, session, Timestamp(0));
        }
        let ended = |stream: &mut oneshot::Receiver<_>| {
            matches!(stream.try_recv(), Err(oneshot::error::TryRecvError::Closed))
        };
        let mut other = sessions.stream("two", 2).unwrap();
        let [mut first, second, mut third] = [(); 3].map(|()| sessions.stream("one", 2).unwrap());
        assert!(ended(&mut first) && !ended(&mut third) && !ended(&mut other));
        // One that its reader has left makes room.
        drop(second);
        let mut fourth = sessions.stream("one", 2).unwrap();
        assert!(!ended(&mut third) && !ended(&mut fourth));
        sessions.close("one");
        assert!(ended(&mut third) && ended(&mut fourth) && !ended(&mut other));
    }
}
