//! A device: its real store, outbox, sync machine, feeds and view, behind drivers that stand for
//! its network tasks.
//!
//! The drivers do what `src-device/src/sync/push.rs`, `pull.rs` and `session.rs` do, one message at
//! a time instead of by awaiting: a message goes out, and some time, or never, an answer comes.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mend_core::api::{ChangesPage, ME, Session, me_scope};
use mend_core::city::City;
use mend_core::frame;
use mend_core::id::{CommandId, DraftId, PhotoHash, Principal, SubjectId, SubjectRef};
use mend_core::refusal::{Refusal, RefusalCode};
use mend_core::sync::{Action, Effect, Input, Machine};
use mend_core::time::Timestamp;
use mend_device::answers;
use mend_device::feed;
use mend_device::keys::Author;
use mend_device::outbox::Act;
use mend_device::store::{AccountRow, Clock, Installation, OutboxRow, Store, StoreError, Tables};
use mend_photos::{Layout, PhotoFiles, PhotoSize};

use crate::dice::Dice;
use crate::disk::{Disk, Image};
use crate::net::{Request, Response};
use crate::vfs::{Mount, mount};

/// A session that ends sooner than this is not begun with.
const MARGIN_MS: i64 = 60_000;
/// How often at most a measured clock is kept.
const CLOCK_MS: i64 = 10_000;
/// The database's file.
const FILE: &str = "device.sqlite";

/// A device, running or not.
pub struct Device {
    /// Which.
    pub at: usize,
    /// Its disk.
    pub disk: Disk,
    /// The city as it knows it.
    pub city: Arc<City>,
    /// Its clock, minus the true time, in milliseconds.
    pub skew: i64,
    /// It reads some events as something newer than itself.
    pub old_app: bool,
    /// How often it was started.
    pub starts: u64,
    /// What a person was told here; outlives everything.
    pub memory: Memory,
    folder: PathBuf,
    letters: u64,
    /// Why it did not start.
    pub trouble: Option<String>,
    up: Option<Up>,
    _mount: Mount,
}

/// What a person was told by a device. The oracle's, not the device's.
#[derive(Default)]
pub struct Memory {
    /// Commands that were said to be kept.
    pub made: BTreeMap<CommandId, Made>,
    /// Drafts that were sent, or perhaps not: the program ended meanwhile.
    pub attempts: Vec<(DraftId, CommandId)>,
    /// Drafts that a person has dropped, whatever was said of it.
    pub dropped: BTreeSet<DraftId>,
    /// All commands that a draft was tried to be sent as.
    pub tried: BTreeMap<DraftId, BTreeSet<CommandId>>,
    /// Photos that were said to be kept.
    pub photos: BTreeSet<PhotoHash>,
}

/// A command as it was made.
pub struct Made {
    /// Its bytes.
    pub frame: Vec<u8>,
    /// About what.
    pub subject: SubjectRef,
    /// Whose.
    pub key: Principal,
    /// A person gave it up.
    pub given_up: bool,
    /// A newer one has taken its place here.
    pub superseded: bool,
}

/// A running device.
pub struct Up {
    /// What it keeps.
    pub store: Store,
    /// What goes next.
    pub machine: Machine,
    /// Photos.
    pub photos: PhotoFiles<Disk>,
    /// Everyone who has acted here; the resident first.
    pub authors: Vec<Author>,
    /// The resident's key.
    pub my_key: Principal,
    /// Keys whose feeds are read here: the resident's, and those of everyone who is signed in.
    signed_in: Vec<Principal>,
    /// This installation.
    pub installation: Installation,
    clock: Clock,
    clock_kept: Option<i64>,
    sessions: BTreeMap<Principal, Session>,
    push: Option<Push>,
    pulls: BTreeMap<Principal, Pull>,
    sign_in: Option<SignIn>,
    online: Option<bool>,
    /// Keys that must sign in again, as the server said last.
    pub signed_out: BTreeSet<Principal>,
}

enum Push {
    Batch {
        letter: u64,
        sent: Timestamp,
    },
    /// A session for the photo that is to be sent.
    Session {
        letter: u64,
        sent: Timestamp,
        key: Principal,
        subject: SubjectRef,
        hash: PhotoHash,
        again: bool,
    },
    /// How much of the photo is there already, and then piece by piece.
    Photo {
        letter: u64,
        key: Principal,
        subject: SubjectRef,
        hash: PhotoHash,
        again: bool,
    },
}

impl Push {
    const fn letter(&self) -> u64 {
        match self {
            Self::Batch { letter, .. }
            | Self::Session { letter, .. }
            | Self::Photo { letter, .. } => *letter,
        }
    }
}

struct Pull {
    letter: u64,
    sent: Timestamp,
    token: String,
    stage: Stage,
    scopes: VecDeque<String>,
}

enum Stage {
    Session,
    Changes,
    Subject { scope: String, subject: SubjectRef, left: VecDeque<SubjectRef>, more: bool },
    Notices,
}

struct SignIn {
    letter: u64,
    sent: Timestamp,
    secret: [u8; 32],
    key: Principal,
}

/// A request that goes out, with its number.
pub type Out = (u64, Request);

/// A device's disk with an empty store.
///
/// # Errors
/// When the store cannot be made.
pub fn image(folder: &Path) -> anyhow::Result<Image> {
    let disk = Disk::default();
    let mounted = mount(&folder.display().to_string(), &disk);
    drop(Store::open(&folder.join(FILE))?);
    PhotoFiles::on(disk.clone(), PathBuf::from("photos"), Layout::Flat)?;
    drop(mounted);
    Ok(disk.image())
}

/// The feed as it is kept here: each key on this device has its own `me`.
fn kept_name(scope: &str, key: Principal) -> String {
    if scope == ME { me_scope(key) } else { scope.to_owned() }
}

/// The feed as the server calls it in this key's session.
fn wire_name(scope: &str) -> String {
    if scope.starts_with("me:") { ME.to_owned() } else { scope.to_owned() }
}

impl Device {
    /// A device that is not started yet.
    pub fn new(at: usize, disk: Disk, folder: &Path, city: Arc<City>) -> Self {
        let mounted = mount(&folder.display().to_string(), &disk);
        Self {
            at,
            disk,
            city,
            skew: 0,
            old_app: false,
            starts: 0,
            memory: Memory::default(),
            folder: folder.to_owned(),
            letters: 0,
            trouble: None,
            up: None,
            _mount: mounted,
        }
    }

    /// Starts it; `false`: its disk does not let it. As `Device::open` does.
    pub fn start(&mut self, fresh: [u8; 64]) -> bool {
        self.up = None;
        self.starts += 1;
        let open = || -> Result<Up, StoreError> {
            let mut store = Store::open(&self.folder.join(FILE))?;
            let mut halves = [[0; 32]; 2];
            halves[0].copy_from_slice(&fresh[..32]);
            halves[1].copy_from_slice(&fresh[32..]);
            let fresh = Installation { secret: halves[0], seed: halves[1] };
            let (installation, clock, outbox, accounts) =
                store.write(|t| -> Result<_, StoreError> {
                    let installation = t.installation(&fresh)?;
                    answers::drop_done(t)?;
                    Ok((installation, t.clock()?, t.outbox()?, t.accounts()?))
                })?;
            let machine = Machine::new(outbox.iter().map(OutboxRow::item).collect());
            let me = Author::resident(&installation.secret);
            let my_key = me.key();
            let photos = PhotoFiles::on(self.disk.clone(), PathBuf::from("photos"), Layout::Flat);
            let mut up = Up {
                photos: photos.map_err(|_| StoreError::Closed)?,
                store,
                machine,
                authors: vec![me],
                my_key,
                signed_in: Vec::new(),
                installation,
                clock,
                clock_kept: None,
                sessions: BTreeMap::new(),
                push: None,
                pulls: BTreeMap::new(),
                sign_in: None,
                online: None,
                signed_out: BTreeSet::new(),
            };
            up.set_accounts(&accounts);
            Ok(up)
        };
        match open() {
            Ok(up) => self.up = Some(up),
            Err(error) => self.trouble = Some(error.to_string()),
        }
        self.up.is_some()
    }

    /// Ends it at once, as a kill does.
    pub fn stop(&mut self) {
        self.up = None;
    }

    /// Whether it runs.
    pub fn is_up(&self) -> bool {
        self.up.is_some()
    }

    /// Whether a photo is here, with all of its bytes. One that does not run has it as it had.
    pub fn has_photo(&self, hash: PhotoHash) -> bool {
        let found = self.up.as_ref().map(|up| up.photos.read(hash, PhotoSize::Full));
        found.is_none_or(|found| matches!(found, Ok(Some(_))))
    }

    /// The running device.
    pub fn up(&mut self) -> Option<&mut Up> {
        self.up.as_mut()
    }

    /// Its clock.
    pub fn clock(&self, now: Timestamp) -> Timestamp {
        now.plus_ms(self.skew)
    }

    fn letter(&mut self) -> u64 {
        self.letters += 1;
        self.letters
    }

    /// What the task that sends does next. None: nothing now; with an instant of its own clock, if
    /// it waits for one.
    pub fn push(&mut self, now: Timestamp, dice: &mut Dice) -> Result<Out, Option<Timestamp>> {
        let here = self.clock(now);
        let letter = self.letter();
        let Some(up) = &mut self.up else { return Err(None) };
        if up.push.is_some() {
            return Err(None);
        }
        match up.machine.next(here) {
            Action::Wait(until) => Err(until),
            Action::Send(commands) => {
                let frames = up.store.read(|t| {
                    commands.iter().map(|c| t.frame(*c)).collect::<Result<Vec<_>, StoreError>>()
                });
                match frames {
                    Ok(frames) => {
                        up.push = Some(Push::Batch { letter, sent: here });
                        let batch = frame::batch(frames.iter().map(Vec::as_slice));
                        Ok((letter, Request::Commands(batch)))
                    }
                    Err(_) => {
                        up.handle(here, dice, Input::SendFailed);
                        Err(None)
                    }
                }
            }
            Action::Upload { subject, hash, key, .. } => {
                let rows = up.store.read(|t| t.outbox_of(subject));
                let Ok(rows) = rows else {
                    up.handle(here, dice, Input::UploadFailed);
                    return Err(None);
                };
                let Some(subject) = rows.first().map(|row| row.subject) else {
                    up.handle(
                        here,
                        dice,
                        Input::UploadRefused(Refusal::new(RefusalCode::NotFound)),
                    );
                    return Err(None);
                };
                up.upload(letter, here, (key, subject, hash), None, false, dice).ok_or(None)
            }
        }
    }

    /// What the task that reads for `key` does first, if it is not at work.
    pub fn pull(&mut self, now: Timestamp, key: Principal) -> Option<Out> {
        let here = self.clock(now);
        let letter = self.letter();
        let up = self.up.as_mut()?;
        if up.pulls.contains_key(&key) {
            return None;
        }
        let mut pull = Pull {
            letter,
            sent: here,
            token: String::new(),
            stage: Stage::Session,
            scopes: VecDeque::new(),
        };
        match up.session(key, here) {
            None => {
                up.pulls.insert(key, pull);
                Some((letter, Request::Session { key, name: None }))
            }
            Some(session) => {
                let session = session.clone();
                let out = up.follow(key, &mut pull, &session, letter);
                if out.is_some() {
                    up.pulls.insert(key, pull);
                }
                out
            }
        }
    }

    /// A person signs in.
    pub fn sign_in(&mut self, now: Timestamp, name: &str, fresh: [u8; 32]) -> Option<Out> {
        let here = self.clock(now);
        let letter = self.letter();
        let up = self.up.as_mut()?;
        if up.sign_in.is_some() {
            return None;
        }
        let rows = up.store.read(|t| t.accounts()).ok()?;
        let known = rows.into_iter().find(|row| row.account.name == name);
        let secret = known.map_or(fresh, |row| row.secret);
        let key = Author::resident(&secret).key();
        up.sign_in = Some(SignIn { letter, sent: here, secret, key });
        Some((letter, Request::Session { key, name: Some(name.to_owned()) }))
    }

    /// A person signs out.
    pub fn sign_out(&mut self, key: Principal) -> bool {
        let Some(up) = &mut self.up else { return false };
        let done = up.store.write(|t| -> Result<(), StoreError> {
            for mut row in t.accounts()? {
                if Author::staff(&row).key() == key {
                    row.signed_in = false;
                    t.keep_account(&row)?;
                    t.keep_only_scopes(key, &[])?;
                }
            }
            Ok(())
        });
        if done.is_err() {
            return false;
        }
        up.sessions.remove(&key);
        up.pulls.remove(&key);
        up.signed_out.remove(&key);
        up.load_authors();
        true
    }

    /// Whether somebody waits for this answer.
    pub fn waits_for(&self, letter: u64) -> bool {
        self.up.as_ref().is_some_and(|up| up.letters().any(|known| known == letter))
    }

    /// The numbers of all requests without an answer.
    pub fn waiting(&self) -> Vec<u64> {
        self.up.as_ref().map(|up| up.letters().collect()).unwrap_or_default()
    }

    /// No answer came, and none will be waited for any longer.
    pub fn give_up(&mut self, now: Timestamp, letter: u64, dice: &mut Dice) {
        let here = self.clock(now);
        let Some(up) = &mut self.up else { return };
        if let Some(push) = up.push.take_if(|push| push.letter() == letter) {
            up.online = Some(false);
            let lost = match push {
                Push::Batch { .. } => Input::SendFailed,
                Push::Session { .. } | Push::Photo { .. } => Input::UploadFailed,
            };
            up.handle(here, dice, lost);
        }
        let before = up.pulls.len();
        up.pulls.retain(|_, pull| pull.letter != letter);
        if up.pulls.len() < before {
            up.online = Some(false);
        }
        up.sign_in.take_if(|sign_in| sign_in.letter == letter);
    }

    /// An answer has come. What goes out next.
    pub fn receive(
        &mut self,
        now: Timestamp,
        letter: u64,
        response: Response,
        server_now: Timestamp,
        dice: &mut Dice,
    ) -> Option<Out> {
        let here = self.clock(now);
        let next = self.letter();
        let up = self.up.as_mut()?;
        if up.push.as_ref().is_some_and(|push| push.letter() == letter) {
            let push = up.push.take()?;
            return up.pushed(here, push, response, server_now, next, dice);
        }
        if up.sign_in.as_ref().is_some_and(|sign_in| sign_in.letter == letter) {
            let sign_in = up.sign_in.take()?;
            up.signed_in(here, &sign_in, response, dice);
            return None;
        }
        let key = up.pulls.iter().find(|(_, pull)| pull.letter == letter).map(|(key, _)| *key)?;
        let mut pull = up.pulls.remove(&key)?;
        let response = if self.old_app { older(response) } else { response };
        let out = up.pulled(here, key, &mut pull, response, next, dice);
        if out.is_some() {
            up.pulls.insert(key, pull);
        }
        out
    }
}

impl Up {
    fn letters(&self) -> impl Iterator<Item = u64> {
        let push = self.push.iter().map(Push::letter);
        let pulls = self.pulls.values().map(|pull| pull.letter);
        push.chain(pulls).chain(self.sign_in.iter().map(|sign_in| sign_in.letter))
    }

    /// The resident.
    pub fn me(&self) -> &Author {
        // It is put there at the start and stays.
        &self.authors[0]
    }

    /// Keys whose feeds are read here.
    pub fn readers(&self) -> Vec<Principal> {
        self.signed_in.clone()
    }

    fn set_accounts(&mut self, rows: &[AccountRow]) {
        self.authors.truncate(1);
        self.authors.extend(rows.iter().map(Author::staff));
        self.signed_in = vec![self.my_key];
        let authors = self.authors.iter().skip(1).zip(rows).filter(|(_, row)| row.signed_in);
        self.signed_in.extend(authors.map(|(author, _)| author.key()));
    }

    /// Writes, as an act of `author`.
    ///
    /// # Errors
    /// What the store or the rules say.
    pub fn act<T>(
        &mut self,
        city: &City,
        author: &Author,
        here: Timestamp,
        random: [u8; 32],
        f: impl FnOnce(Tables<'_>, &Act<'_>) -> Result<T, mend_device::DeviceError>,
    ) -> Result<T, mend_device::DeviceError> {
        let Self { store, authors, clock, .. } = self;
        store.write(|t| {
            let act = Act { city, authors, author, now: here, clock: *clock, random };
            f(t, &act)
        })
    }

    /// Tells the sync machine what happened and keeps what follows from it. `false`: it was not
    /// kept, and the machine is ahead of the store until the next start.
    pub fn handle(&mut self, here: Timestamp, dice: &mut Dice, input: Input) -> bool {
        let random = u32::try_from(dice.bits() >> 32).unwrap_or(0);
        let effects = self.machine.handle(here, random, input);
        if effects.contains(&Effect::Online(true)) {
            self.online = Some(true);
        }
        if effects.iter().all(|effect| matches!(effect, Effect::Online(_))) {
            return true;
        }
        self.store.write(|t| answers::keep(t, &effects)).is_ok()
    }

    fn note_clock(&mut self, here: Timestamp, sent: Option<Timestamp>, server: Timestamp) {
        if let Some(sent) = sent {
            let middle = sent.0 + (here.0 - sent.0) / 2;
            let offset = server.0.saturating_sub(middle);
            self.clock.offset_ms =
                i32::try_from(offset).unwrap_or(if offset < 0 { i32::MIN } else { i32::MAX });
        }
        self.clock.server_seen = self.clock.server_seen.max(Some(server));
        self.clock.last_contact = Some(here);
        if self.clock_kept.is_none_or(|at| (here.0 - at).abs() >= CLOCK_MS) {
            self.clock_kept = Some(here.0);
            let offset = self.clock.offset_ms;
            // As on a real device: not kept is not known at the next start, no more.
            let _ = self.store.write(|t| t.keep_clock(offset, server, here));
        }
    }

    fn session(&self, key: Principal, here: Timestamp) -> Option<&Session> {
        let server_now = here.plus_ms(i64::from(self.clock.offset_ms));
        let good = |s: &&Session| s.expires_at > server_now.plus_ms(MARGIN_MS);
        self.sessions.get(&key).filter(good)
    }

    fn upload(
        &mut self,
        letter: u64,
        here: Timestamp,
        what: (Principal, SubjectRef, PhotoHash),
        opened: Option<&Session>,
        again: bool,
        dice: &mut Dice,
    ) -> Option<Out> {
        let (key, subject, hash) = what;
        let Some(session) = opened.or_else(|| self.session(key, here)) else {
            self.push = Some(Push::Session { letter, sent: here, key, subject, hash, again });
            return Some((letter, Request::Session { key, name: None }));
        };
        let token = session.token.clone();
        match self.photos.read(hash, PhotoSize::Full) {
            Ok(Some(_)) => {
                self.push = Some(Push::Photo { letter, key, subject, hash, again });
                Some((letter, Request::Head { token, photo: (subject, hash) }))
            }
            Ok(None) => {
                // Only a disk that lost or spoiled it: nothing to wait for, so a person is told.
                let lost = Refusal::new(RefusalCode::PhotoLost);
                self.handle(here, dice, Input::UploadRefused(lost));
                None
            }
            Err(_) => {
                self.handle(here, dice, Input::UploadFailed);
                None
            }
        }
    }

    /// The next piece of a photo of which so many bytes are there; none: all of it is.
    fn piece(
        &mut self,
        letter: u64,
        what: (Principal, SubjectRef, PhotoHash),
        there: u64,
        again: bool,
        dice: &mut Dice,
    ) -> Option<Out> {
        let (key, subject, hash) = what;
        let bytes = self.photos.read(hash, PhotoSize::Full).ok().flatten()?;
        let token = self.sessions.get(&key)?.token.clone();
        let rest = bytes.get(usize::try_from(there).ok()?..).filter(|rest| !rest.is_empty())?;
        let length = if dice.one_in(2) { rest.len() } else { 1 + dice.below(rest.len()) };
        self.push = Some(Push::Photo { letter, key, subject, hash, again });
        let bytes = rest[..length].to_vec();
        Some((letter, Request::Piece { token, photo: (subject, hash), at: there, bytes }))
    }

    fn pushed(
        &mut self,
        here: Timestamp,
        push: Push,
        response: Response,
        server_now: Timestamp,
        next: u64,
        dice: &mut Dice,
    ) -> Option<Out> {
        self.online = Some(true);
        let input = match (push, response) {
            (Push::Batch { sent, .. }, Response::Answers(answers)) => {
                self.note_clock(here, Some(sent), answers.now);
                Input::Answered(answers.answers)
            }
            (Push::Batch { .. }, _) => Input::SendFailed,
            (Push::Session { sent, key, subject, hash, again, .. }, Response::Session(session)) => {
                self.note_clock(here, Some(sent), server_now);
                self.sessions.insert(key, session.clone());
                let what = (key, subject, hash);
                return self.upload(next, here, what, Some(&session), again, dice);
            }
            (
                Push::Photo { key, subject, hash, again, .. },
                Response::Kept(there) | Response::Elsewhere(there),
            ) => {
                let length = self.photos.read(hash, PhotoSize::Full).ok().flatten();
                if length.is_some_and(|bytes| bytes.len() as u64 == there) {
                    Input::Uploaded
                } else {
                    match self.piece(next, (key, subject, hash), there, again, dice) {
                        Some(out) => return Some(out),
                        None => Input::UploadFailed,
                    }
                }
            }
            (Push::Photo { key, subject, hash, again, .. }, Response::Problem(401, _)) => {
                self.sessions.remove(&key);
                if !again {
                    return self.upload(next, here, (key, subject, hash), None, true, dice);
                }
                Input::UploadFailed
            }
            (Push::Photo { .. }, Response::Problem(404 | 413 | 415 | 422, code)) => {
                let code = serde_json::from_value(serde_json::Value::String(code.to_owned()));
                Input::UploadRefused(Refusal::new(code.unwrap_or(RefusalCode::Unknown)))
            }
            (Push::Session { .. } | Push::Photo { .. }, _) => Input::UploadFailed,
        };
        self.handle(here, dice, input);
        None
    }

    fn signed_in(
        &mut self,
        here: Timestamp,
        sign_in: &SignIn,
        response: Response,
        dice: &mut Dice,
    ) {
        let Response::Session(session) = response else { return };
        self.note_clock(here, Some(sign_in.sent), session.now);
        let Some(account) = session.account.clone() else { return };
        let row =
            AccountRow { account, secret: sign_in.secret, signed_in: true, signed_in_at: here };
        if self.store.write(|t| t.keep_account(&row)).is_err() {
            return;
        }
        self.sessions.insert(sign_in.key, session);
        self.load_authors();
        self.signed_out.remove(&sign_in.key);
        self.handle(here, dice, Input::SignedIn(sign_in.key));
    }

    fn load_authors(&mut self) {
        if let Ok(rows) = self.store.read(|t| t.accounts()) {
            self.set_accounts(&rows);
        }
    }

    /// The session is there: from now on feed by feed.
    fn follow(
        &mut self,
        key: Principal,
        pull: &mut Pull,
        session: &Session,
        letter: u64,
    ) -> Option<Out> {
        if !self.keep_account(key, session) {
            return None;
        }
        self.signed_out.remove(&key);
        let scopes: Vec<String> = session.scopes.iter().map(|s| kept_name(s, key)).collect();
        self.store.write(|t| t.keep_only_scopes(key, &scopes)).ok()?;
        pull.token.clone_from(&session.token);
        pull.scopes = scopes.into();
        self.changes(key, pull, letter)
    }

    fn keep_account(&mut self, key: Principal, session: &Session) -> bool {
        let author = self.authors.iter().find(|author| author.key() == key);
        let Some(name) = author.and_then(|author| author.account.as_ref()).map(|a| a.name.clone())
        else {
            return true;
        };
        let Ok(rows) = self.store.read(|t| t.accounts()) else { return false };
        let Some(mut row) = rows.into_iter().find(|row| row.account.name == name) else {
            return true;
        };
        let Some(account) = &session.account else {
            self.signed_out.insert(key);
            return false;
        };
        if row.account != *account {
            row.account = account.clone();
            if self.store.write(|t| t.keep_account(&row)).is_err() {
                return false;
            }
            self.load_authors();
        }
        true
    }

    /// Asks for the next page of the first feed, or for notices when all have been read.
    fn changes(&mut self, key: Principal, pull: &mut Pull, letter: u64) -> Option<Out> {
        pull.letter = letter;
        let token = pull.token.clone();
        match pull.scopes.front() {
            Some(scope) => {
                let after = self.store.read(|t| t.cursor(key, scope)).ok()?;
                pull.stage = Stage::Changes;
                Some((letter, Request::Changes { token, scope: wire_name(scope), after }))
            }
            None if key == self.my_key => {
                let after = self.store.read(|t| t.last_notice()).ok()?;
                pull.stage = Stage::Notices;
                Some((letter, Request::Notices { token, after }))
            }
            None => None,
        }
    }

    fn pulled(
        &mut self,
        here: Timestamp,
        key: Principal,
        pull: &mut Pull,
        response: Response,
        next: u64,
        dice: &mut Dice,
    ) -> Option<Out> {
        let sent = std::mem::replace(&mut pull.sent, here);
        let stage = std::mem::replace(&mut pull.stage, Stage::Session);
        match (stage, response) {
            (_, Response::Problem(401, _)) => {
                self.sessions.remove(&key);
                None
            }
            (Stage::Session, Response::Session(session)) => {
                self.note_clock(here, Some(sent), session.now);
                self.sessions.insert(key, session.clone());
                self.follow(key, pull, &session, next)
            }
            (Stage::Changes, Response::Page(mut page)) => {
                page.scope = kept_name(&page.scope, key);
                self.note_clock(here, Some(sent), page.now);
                let more = self.take_page(key, &page)?;
                let gaps = self.store.read(|t| t.gaps(&page.scope)).ok()?;
                self.after_page(key, pull, page.scope, gaps.into(), more, next)
            }
            (Stage::Subject { scope, subject, left, more }, response) => {
                let kept = match response {
                    Response::Snapshot(snapshot) => {
                        self.store.write(|t| feed::keep_snapshot(t, &scope, &snapshot))
                    }
                    Response::Problem(403 | 404, _) => {
                        self.store.write(|t| feed::not_seen(t, &scope, subject))
                    }
                    _ => return None,
                };
                kept.ok()?;
                self.after_page(key, pull, scope, left, more, next)
            }
            (Stage::Notices, Response::Notices(page)) => {
                let more = page.notices.last().map(|notice| notice.seq);
                let after = self.store.read(|t| t.last_notice()).ok()?;
                self.store
                    .write(|t| -> Result<(), StoreError> {
                        t.keep_notices(&page.notices)?;
                        t.notices_sent(page.read_up_to)
                    })
                    .ok()?;
                if more.is_some_and(|seq| seq > after) {
                    return self.changes(key, pull, next);
                }
                // The server has answered: whatever waited for a network goes now.
                if self.online.replace(true) == Some(false) {
                    self.handle(here, dice, Input::RetryNow);
                }
                None
            }
            _ => None,
        }
    }

    /// Takes a page in; whether there is more of this feed at once.
    fn take_page(&mut self, key: Principal, page: &ChangesPage) -> Option<bool> {
        let after = self.store.read(|t| t.cursor(key, &page.scope)).ok()?;
        self.store.write(|t| feed::apply_page(t, key, page)).ok()?;
        Some(page.more && page.next > after)
    }

    fn after_page(
        &mut self,
        key: Principal,
        pull: &mut Pull,
        scope: String,
        mut gaps: VecDeque<SubjectRef>,
        more: bool,
        letter: u64,
    ) -> Option<Out> {
        if let Some(subject) = gaps.pop_front() {
            pull.letter = letter;
            pull.stage = Stage::Subject { scope, subject, left: gaps, more };
            return Some((letter, Request::Subject { token: pull.token.clone(), subject }));
        }
        if !more {
            pull.scopes.pop_front();
        }
        self.changes(key, pull, letter)
    }

    /// What is shown of a subject, by the real view.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn view(
        &mut self,
        city: &City,
        subject: SubjectId,
    ) -> Result<Option<mend_device::view::SubjectView>, StoreError> {
        let rules = mend_device::view::Rules::new(city, &self.authors);
        self.store.read(|t| mend_device::view::subject_view(t, Some(&rules), subject))
    }
}

/// An answer as an app reads it that was made before some kinds of events were thought of.
fn older(response: Response) -> Response {
    use mend_core::api::{Change, WireEvent};
    const UNKNOWN: [&str; 3] = ["held", "note_added", "prioritised"];
    let read = |events: &mut Vec<WireEvent>| {
        for event in events {
            if let WireEvent::Seen(seen) = event
                && UNKNOWN.contains(&seen.body.type_and_version().0)
                && let Ok(mut value) = serde_json::to_value(&seen)
            {
                value["type"] = "of_tomorrow".into();
                if let Ok(newer) = serde_json::from_value(value) {
                    *event = newer;
                }
            }
        }
    };
    match response {
        Response::Page(mut page) => {
            for row in &mut page.rows {
                match row {
                    Change::Enter(snapshot) => read(&mut snapshot.events),
                    Change::Events { events, .. } => read(events),
                    Change::Leave { .. } => {}
                }
            }
            Response::Page(page)
        }
        Response::Snapshot(mut snapshot) => {
            read(&mut snapshot.events);
            Response::Snapshot(snapshot)
        }
        other => other,
    }
}
