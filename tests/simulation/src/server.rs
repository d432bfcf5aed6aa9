//! The server: its real store, reads, sessions and rules, behind calls that stand for its HTTP.
//!
//! Each call does what the handler of the same name in `src-server/src/http` does, without HTTP,
//! threads, limits of rate, nonces and passwords.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use mend_core::api::{Account, Answers, ChangesPage, CommandAnswer, Named};
use mend_core::city::City;
use mend_core::command::VerifyPhoto;
use mend_core::decide::Role;
use mend_core::frame::split;
use mend_core::id::{CommandId, PhotoHash, Principal, SubjectRef};
use mend_core::time::{DAY_MS, Timestamp};
use mend_core::view::Reader;
use mend_photos::{Assembled, Bounds, Kept, Layout, PhotoFiles, Unfinished, Upload};
use mend_server::auth::sessions::{LIFE_MS, Session};
use mend_server::intake::frames::prepare;
use mend_server::intake::photo::verified as said;
use mend_server::photos::check;
use mend_server::store::sqlite::{Options, SqliteReads, SqliteStore};
use mend_server::store::{AccountRow, Binding, Prepared, Reads, Store, StoreError};
use mend_server::ticker;

use crate::city::STAFF;
use crate::disk::{Disk, Image};
use crate::net::{Request, Response};
use crate::vfs::{Mount, mount};

/// Where photos lie, below the data folder.
const PHOTOS: &str = "photos";
/// How long a sign-in holds.
const SIGN_IN_MS: i64 = 14 * DAY_MS;
/// Requests whose clocks are looked at together.
const DUE: usize = 50;

/// The server, running or not.
pub struct Server {
    /// Its disk.
    pub disk: Disk,
    /// The city that it serves.
    pub city: Arc<City>,
    folder: PathBuf,
    up: Option<Up>,
    tokens: u64,
    /// Why it did not start.
    pub trouble: Option<&'static str>,
    _mount: Mount,
}

/// A running server.
pub struct Up {
    /// The writing half.
    pub store: SqliteStore,
    /// The reading half.
    pub reads: SqliteReads,
    /// Whole photos.
    pub photos: PhotoFiles<Disk>,
    unfinished: Unfinished<Disk>,
    sessions: BTreeMap<String, Session>,
}

/// A server's disk with nothing but its accounts.
///
/// # Errors
/// When the store cannot be made.
pub fn image(folder: &Path, city: &Arc<City>) -> anyhow::Result<Image> {
    let disk = Disk::default();
    let mut server = Server::new(disk.clone(), folder, city.clone());
    anyhow::ensure!(server.start(Timestamp(0)), "the server's store cannot be made");
    let up = server.up.as_mut().context("the server does not run")?;
    for (name, crew) in STAFF {
        up.store.put_account(&AccountRow {
            name: name.to_owned(),
            role: if crew.is_some() { Role::Crew } else { Role::Dispatcher },
            crew: crew.map(str::to_owned),
            password_hash: String::new(),
            demo: false,
        })?;
    }
    drop(server);
    Ok(disk.image())
}

type Answer<T> = Result<T, (u16, &'static str)>;

const FAILED: (u16, &str) = (500, "server_failed");
const NOT_FOUND: (u16, &str) = (404, "not_found");

fn failed(_: StoreError) -> (u16, &'static str) {
    FAILED
}

impl Server {
    /// A server that is not started yet.
    pub fn new(disk: Disk, folder: &Path, city: Arc<City>) -> Self {
        let mounted = mount(&folder.display().to_string(), &disk);
        Self {
            disk,
            city,
            folder: folder.to_owned(),
            up: None,
            tokens: 0,
            trouble: None,
            _mount: mounted,
        }
    }

    /// Where its database pretends to be.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Starts it; `false`: its disk does not let it.
    pub fn start(&mut self, now: Timestamp) -> bool {
        self.up = None;
        let options = Options {
            folder: self.folder.clone(),
            city: self.city.clone(),
            demo_allowed: true,
            fresh_mac_key: [7; 32],
            commit_fault: None,
        };
        let opened = || -> Result<Up, StoreError> {
            let store = SqliteStore::open(options)?;
            let reads = SqliteReads::open(&self.folder)?;
            let data = |error: io::Error| StoreError::Database(Box::new(error));
            let disk = self.disk.clone();
            let photos = PhotoFiles::on(disk, PathBuf::from(PHOTOS), Layout::Shelves);
            let unfinished = Path::new(PHOTOS).join("unfinished");
            let bounds = Bounds::default();
            let unfinished = Unfinished::on(self.disk.clone(), unfinished, bounds, now);
            Ok(Up {
                store,
                reads,
                photos: photos.map_err(data)?,
                unfinished: unfinished.map_err(data)?,
                sessions: BTreeMap::new(),
            })
        };
        let opened = opened();
        self.trouble =
            opened.as_ref().err().map(|e| Box::leak(e.to_string().into_boxed_str()) as &str);
        self.up = opened.ok();
        self.up.is_some()
    }

    /// Ends it at once, as a kill does.
    pub fn stop(&mut self) {
        self.up = None;
    }

    /// The running server.
    pub fn up(&mut self) -> Option<&mut Up> {
        self.up.as_mut()
    }

    /// Whether it runs.
    pub fn is_up(&self) -> bool {
        self.up.is_some()
    }

    /// Answers several batches of commands, committed as one group.
    pub fn commands(&mut self, batches: &[&[u8]], now: Timestamp) -> Vec<Response> {
        let Some(up) = &mut self.up else { return Vec::new() };
        let mac_key = up.store.mac_key();
        let mut good: Vec<Prepared> = Vec::new();
        let mut shapes = Vec::new();
        for batch in batches {
            let Ok(frames) = split(batch) else {
                shapes.push(None);
                continue;
            };
            let mut shape = Vec::new();
            for frame in frames {
                match prepare(&self.city, &mac_key, frame, now) {
                    Ok(prepared) => {
                        good.push(prepared);
                        shape.push(None);
                    }
                    Err(refusal) => {
                        shape.push(Some(CommandAnswer::Refused { refusal, first: None }));
                    }
                }
            }
            shapes.push(Some(shape));
        }
        let mut committed =
            if good.is_empty() { Vec::new() } else { up.store.commit(&good) }.into_iter();
        shapes
            .into_iter()
            .map(|shape| match shape {
                None => Response::Problem(400, "bad_frame"),
                Some(shape) => {
                    let answers = shape.into_iter();
                    let answers =
                        answers.filter_map(|bad| bad.or_else(|| committed.next())).collect();
                    Response::Answers(Answers { now, answers })
                }
            })
            .collect()
    }

    /// Answers anything else.
    pub fn answer(&mut self, request: &Request, now: Timestamp) -> Response {
        let answer = match request {
            Request::Commands(batch) => {
                return self
                    .commands(&[batch], now)
                    .pop()
                    .unwrap_or(Response::Problem(503, "busy"));
            }
            Request::Session { key, name } => {
                self.session(*key, name.as_deref(), now).map(Response::Session)
            }
            Request::Changes { token, scope, after } => {
                self.changes(token, scope, *after, now).map(Response::Page)
            }
            Request::Subject { token, subject } => self.subject(token, *subject, now),
            Request::Head { token, photo } => self.head(token, *photo, now).map(Response::Kept),
            Request::Piece { token, photo, at, bytes } => {
                self.piece(token, *photo, *at, bytes, now)
            }
            Request::Notices { token, after } => self.notices(token, *after, now),
        };
        answer.unwrap_or_else(|(status, code)| Response::Problem(status, code))
    }

    fn session(
        &mut self,
        key: Principal,
        name: Option<&str>,
        now: Timestamp,
    ) -> Answer<mend_core::api::Session> {
        let up = self.up.as_mut().ok_or(FAILED)?;
        let bound = up.reads.binding(key).map_err(failed)?;
        let binding = match name {
            Some(name) => {
                let account = up.reads.account(name).map_err(failed)?;
                let account = account.ok_or((401, "wrong_password"))?;
                if bound.is_some_and(|other| other.account.name != account.name) {
                    return Err((409, "account_differs"));
                }
                let valid_until = now.plus_ms(SIGN_IN_MS);
                up.store.bind(key, &account.name, valid_until).map_err(failed)?;
                Some(Binding { account, valid_until })
            }
            None => bound.filter(|binding| binding.valid_until > now),
        };
        let ends = now.plus_ms(LIFE_MS);
        let expires_at = binding.as_ref().map_or(ends, |binding| ends.min(binding.valid_until));
        let account = binding.as_ref().map(|binding| public_account(&self.city, binding));
        let departments = self.city.pack().departments.iter().map(|d| d.code.clone());
        let session = Session::new(key, binding.map(|b| b.account), departments, expires_at);
        self.tokens += 1;
        let token = format!("t{}", self.tokens);
        let scopes = session.scopes.clone();
        up.sessions.insert(token.clone(), session);
        Ok(mend_core::api::Session { token, expires_at, now, account, scopes })
    }

    fn caller(&self, token: &str, now: Timestamp) -> Answer<(&Up, &Session)> {
        let up = self.up.as_ref().ok_or(FAILED)?;
        let session = up.sessions.get(token).filter(|session| session.expires_at > now);
        Ok((up, session.ok_or((401, "session_expired"))?))
    }

    fn changes(&self, token: &str, scope: &str, after: i64, now: Timestamp) -> Answer<ChangesPage> {
        let (up, session) = self.caller(token, now)?;
        let (feed, reader) = session.feed(scope).ok_or((403, "not_allowed"))?;
        let page = up.reads.changes(&feed, reader, after, now).map_err(failed)?;
        Ok(ChangesPage {
            scope: scope.to_owned(),
            next: page.next,
            more: page.more,
            now,
            rows: page.rows,
        })
    }

    fn subject(&self, token: &str, subject: SubjectRef, now: Timestamp) -> Answer<Response> {
        let (up, session) = self.caller(token, now)?;
        let state = up.reads.state(subject).map_err(failed)?.ok_or(NOT_FOUND)?;
        let reader = session.sight(&state).ok_or(NOT_FOUND)?;
        let snapshot = up.reads.snapshot(subject, reader).map_err(failed)?.ok_or(NOT_FOUND)?;
        Ok(Response::Snapshot(Box::new(snapshot)))
    }

    /// How much of a photo is here.
    fn head(&self, token: &str, photo: (SubjectRef, PhotoHash), now: Timestamp) -> Answer<u64> {
        let (up, session) = self.caller(token, now)?;
        let (length, verified) = named(up, session.key, photo)?;
        if verified {
            return Ok(length);
        }
        let (subject, hash) = photo;
        let upload = Upload { key: session.key, subject: subject.id, hash };
        up.unfinished.offset(&upload).map_err(|_| FAILED)
    }

    /// The next piece of a photo; how much of it is here now.
    fn patch(
        &self,
        token: &str,
        photo: (SubjectRef, PhotoHash),
        at: u64,
        piece: &[u8],
        now: Timestamp,
    ) -> Answer<Result<u64, u64>> {
        let (up, session) = self.caller(token, now)?;
        let (length, verified) = named(up, session.key, photo)?;
        let (subject, hash) = photo;
        let upload = Upload { key: session.key, subject: subject.id, hash };
        if verified {
            return Ok(if at == length && piece.is_empty() { Ok(length) } else { Err(length) });
        }
        let end = at.saturating_add(piece.len() as u64);
        if end > length {
            return Err((413, "photo_too_large"));
        }
        if end < length {
            let kept = up.unfinished.append(&upload, length, at, piece, now);
            return Ok(match kept.map_err(|_| FAILED)? {
                Kept::Yes(here) => Ok(here),
                Kept::Elsewhere(here) => Err(here),
            });
        }
        match up.unfinished.assemble(&upload, at, piece).map_err(|_| FAILED)? {
            Assembled::Elsewhere(here) => Ok(Err(here)),
            Assembled::Whole(whole) => {
                if let Err(bad) = check(hash, &whole) {
                    // A file that stays is found by its age.
                    let _ = up.unfinished.forget(&upload);
                    return Err((422, bad.code()));
                }
                up.photos.keep(hash, &whole, None).map_err(|_| FAILED)?;
                Ok(Ok(end))
            }
        }
    }

    /// A piece, and with the last one the server's word in the log.
    fn piece(
        &mut self,
        token: &str,
        photo: (SubjectRef, PhotoHash),
        at: u64,
        piece: &[u8],
        now: Timestamp,
    ) -> Answer<Response> {
        let key = self.caller(token, now)?.1.key;
        let (length, verified) = named(self.up.as_ref().ok_or(FAILED)?, key, photo)?;
        let here = match self.patch(token, photo, at, piece, now)? {
            Ok(here) => here,
            Err(here) => return Ok(Response::Elsewhere(here)),
        };
        if here == length && !verified {
            let (subject, hash) = photo;
            let word = VerifyPhoto { hash, width: 8, height: 8 };
            let up = self.up.as_mut().ok_or(FAILED)?;
            match up.store.commit(&[said(subject, word, now)]).pop() {
                Some(CommandAnswer::Accepted(_)) => {}
                Some(CommandAnswer::Refused { .. }) => return Err(NOT_FOUND),
                _ => return Err(FAILED),
            }
            // The photo is here, and that counts. The pieces are found by their age.
            let _ = up.unfinished.forget(&Upload { key, subject: subject.id, hash });
        }
        Ok(Response::Kept(here))
    }

    fn notices(&self, token: &str, after: i64, now: Timestamp) -> Answer<Response> {
        let (up, session) = self.caller(token, now)?;
        up.reads.notices(session.key, after).map_err(failed).map(Response::Notices)
    }

    /// One look of the ticker. How many commands of the system it made.
    pub fn tick(&mut self, now: Timestamp) -> usize {
        let Some(up) = &mut self.up else { return 0 };
        let Ok(requests) = up.reads.due(now, DUE) else { return 0 };
        let batch: Vec<Prepared> =
            requests.iter().flat_map(|request| ticker::due(&self.city, request, now)).collect();
        if !batch.is_empty() {
            up.store.commit(&batch);
        }
        batch.len()
    }

    /// What a key may read now, by its binding; and as whom.
    pub fn feeds_of(&self, key: Principal, now: Timestamp) -> Vec<(String, String, Reader)> {
        let Some(up) = &self.up else { return Vec::new() };
        let binding = up.reads.binding(key).ok().flatten();
        let binding = binding.filter(|binding| binding.valid_until > now);
        let departments = self.city.pack().departments.iter().map(|d| d.code.clone());
        let session = Session::new(key, binding.map(|b| b.account), departments, now);
        let scopes = session.scopes.iter();
        scopes
            .filter_map(|scope| {
                let (feed, reader) = session.feed(scope)?;
                Some((scope.clone(), feed, reader))
            })
            .collect()
    }
}

fn public_account(city: &City, binding: &Binding) -> Account {
    let account = &binding.account;
    let crew = account.crew.as_ref().map(|code| Named {
        name: city.crew(code).map_or_else(|| code.clone(), |crew| crew.name.clone()),
        code: code.clone(),
    });
    Account {
        name: account.name.clone(),
        role: account.role,
        crew,
        valid_until: binding.valid_until,
    }
}

/// How long a photo is, as an accepted command of this key says that names it for this subject, and
/// whether the log says that it is here.
fn named(up: &Up, key: Principal, photo: (SubjectRef, PhotoHash)) -> Answer<(u64, bool)> {
    let (subject, hash) = photo;
    let length = up.reads.photo_named(subject, hash, key).map_err(failed)?.ok_or(NOT_FOUND)?;
    let word = CommandId::photo_verified(subject.id, hash);
    Ok((length, up.reads.accepted(word).map_err(failed)?))
}
