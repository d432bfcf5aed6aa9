//! What the facade and the background tasks have in common.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, RwLock};
use std::time::Instant;

use mend_core::api::{Delivery, Session};
use mend_core::city::City;
use mend_core::id::{CommandId, PhotoHash, Principal};
use mend_core::sync::{Input, Item, Machine};
use mend_core::time::Timestamp;
use tokio::sync::{Notify, watch};

use crate::answers;
use crate::error::{DeviceError, random};
use crate::keys::Author;
use crate::pages::Look;
use crate::photo::PhotoFiles;
use crate::places::PlaceIndex;
use crate::store::{Clock, Db, Installation, Tables};
use crate::transport::{Transport, TransportError};
use crate::uploads::Uploads;

/// The device's clock, given so that tests can set it.
pub type Now = Arc<dyn Fn() -> Timestamp + Send + Sync>;

pub(crate) struct Shared {
    pub db: Db,
    pub files: PhotoFiles,
    pub transport: Transport,
    pub installation: Installation,
    pub now: Now,
    pub city: RwLock<Option<Arc<City>>>,
    pub places: Arc<PlaceIndex>,
    /// Everyone who has acted here: the resident first, then staff accounts.
    pub authors: RwLock<Arc<Vec<Author>>>,
    pub machine: Mutex<Machine>,
    pub uploads: Mutex<Uploads>,
    pub sessions: tokio::sync::Mutex<HashMap<Principal, Session>>,
    pub clock: Mutex<(Clock, Option<Instant>)>,
    pub online: Mutex<Option<bool>>,
    /// Staff keys whose sign-in has run out, as the server said last.
    pub signed_out: Mutex<HashSet<Principal>>,
    /// What the reached server said no to last, until the same task gets through again.
    pub problems: Mutex<HashMap<Task, String>>,
    /// Rises whenever anything that a page shows has changed.
    pub changed: watch::Sender<u64>,
    /// Something was queued, or a person asks.
    pub push: Notify,
    /// A person asks, or the network has returned.
    pub pull: watch::Sender<u64>,
    /// Accounts came or went.
    pub accounts: Notify,
}

/// What the background does, as far as it can fail on its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Task {
    /// It sends.
    Push,
    /// It reads for this key.
    Pull(Principal),
}

/// A lock that a panicking holder left is still the value that it was.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

impl Shared {
    pub(crate) fn now(&self) -> Timestamp {
        (self.now)()
    }

    pub(crate) fn city(&self) -> Option<Arc<City>> {
        self.city.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    pub(crate) fn set_city(&self, city: Arc<City>) {
        self.places.prepare(Arc::clone(&city));
        *self.city.write().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(city);
    }

    pub(crate) fn authors(&self) -> Arc<Vec<Author>> {
        Arc::clone(&self.authors.read().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    pub(crate) fn set_authors(&self, authors: Vec<Author>) {
        let mut kept = self.authors.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        *kept = Arc::new(authors);
    }

    /// The installation's own key.
    pub(crate) fn me(&self) -> Author {
        Author::resident(&self.installation.secret)
    }

    /// Reads the accounts anew, after one has come or gone.
    pub(crate) async fn load_authors(&self) -> Result<(), DeviceError> {
        let rows = self.db.read(|t| t.accounts()).await?;
        let mut authors = vec![self.me()];
        authors.extend(rows.iter().map(Author::staff));
        self.set_authors(authors);
        Ok(())
    }

    pub(crate) fn bump(&self) {
        self.changed.send_modify(|n| *n += 1);
    }

    pub(crate) fn delivery(&self, command: CommandId) -> Option<Delivery> {
        locked(&self.machine).delivery(command)
    }

    pub(crate) fn has_photo(&self, hash: PhotoHash) -> bool {
        self.files.has(hash)
    }

    /// Makes a page, in one state of all tables.
    pub(crate) async fn page<T: Send + 'static>(
        self: &Arc<Self>,
        f: impl FnOnce(&Look<'_>) -> Result<T, DeviceError> + Send + 'static,
    ) -> Result<T, DeviceError> {
        let shared = Arc::clone(self);
        self.db
            .read(move |tables: Tables<'_>| {
                let (city, authors) = (shared.city(), shared.authors());
                f(&Look {
                    tables,
                    city: city.as_deref(),
                    authors: &authors,
                    delivery: &|command| shared.delivery(command),
                    has_photo: &|hash| shared.has_photo(hash),
                })
            })
            .await
    }

    /// Tells the sync machine what happened and keeps what follows from it.
    pub(crate) async fn handle(&self, input: Input) -> Result<(), DeviceError> {
        use mend_core::sync::Effect;
        let random = u32::from_be_bytes(random()?);
        let effects = locked(&self.machine).handle(self.now(), random, input);
        let mut to_keep = Vec::new();
        for effect in effects {
            match effect {
                Effect::Online(true) => self.set_online(true),
                // The machine knows only that there was no good answer. Whoever asked knows
                // whether there was none at all.
                Effect::Online(false) => {}
                other => to_keep.push(other),
            }
        }
        if !to_keep.is_empty() {
            self.db.write(move |t| answers::keep(t, &to_keep)).await?;
        }
        self.bump();
        Ok(())
    }

    /// Puts an item in the place of the one with the same id, which has changed in the store.
    pub(crate) fn replace(&self, item: Item) {
        {
            let mut machine = locked(&self.machine);
            // Neither waits for anything, so chance has no part in it.
            for input in [Input::Discarded(item.command), Input::Enqueued(item)] {
                machine.handle(self.now(), 0, input);
            }
        }
        self.bump();
    }

    /// The sign-in of a staff key is needed again, or is not.
    pub(crate) fn note_sign_in(&self, key: Principal, needed: bool) {
        let changed = {
            let mut keys = locked(&self.signed_out);
            if needed { keys.insert(key) } else { keys.remove(&key) }
        };
        if changed {
            self.bump();
        }
    }

    /// A task got through, or did not and why. Only silence is "offline": a server that says no
    /// is there, and what it says is kept for the person.
    pub(crate) fn note_outcome(&self, task: Task, error: Option<&DeviceError>) {
        let online = match error {
            Some(DeviceError::Transport(TransportError::Offline(_))) => Some(false),
            Some(DeviceError::Transport(_)) => Some(true),
            _ => None,
        };
        let code = error.filter(|_| online != Some(false)).map(DeviceError::code);
        let changed = {
            let mut problems = locked(&self.problems);
            let before = match &code {
                Some(code) => problems.insert(task, code.clone()),
                None => problems.remove(&task),
            };
            before != code
        };
        if changed {
            self.bump();
        }
        if let Some(online) = online {
            self.set_online(online);
        }
    }

    /// The problem to show: rather what keeps one's own words here than what keeps news away.
    pub(crate) fn problem(&self) -> Option<String> {
        let problems = locked(&self.problems);
        problems.get(&Task::Push).or_else(|| problems.values().min()).cloned()
    }

    /// The last contact worked, or did not. A network that has returned wakes everything.
    pub(crate) fn set_online(&self, online: bool) {
        let before = locked(&self.online).replace(online);
        if before != Some(online) {
            self.bump();
            if online && before == Some(false) {
                self.wake_all();
            }
        }
    }

    /// Tries again at once whatever waits for its turn after a lost link.
    pub(crate) fn wake_all(&self) {
        self.pull.send_modify(|n| *n += 1);
        self.push.notify_one();
    }

    /// Takes in the server's clock: from an answer that was asked for at `sent` and is here now.
    /// Half of the way there and back is taken for the way back (RFC 5905, without its filters).
    pub(crate) async fn note_clock(&self, sent: Option<Timestamp>, server: Timestamp) {
        let here = self.now();
        let keep = {
            let mut kept = locked(&self.clock);
            let (clock, at) = &mut *kept;
            if let Some(sent) = sent {
                let middle = sent.0 + (here.0 - sent.0) / 2;
                let offset = server.0.saturating_sub(middle);
                clock.offset_ms =
                    i32::try_from(offset).unwrap_or(if offset < 0 { i32::MIN } else { i32::MAX });
            }
            clock.server_seen = clock.server_seen.max(Some(server));
            clock.last_contact = Some(here);
            // Once in ten seconds is enough: what is queued carries the newest of all.
            let due = at.is_none_or(|at| at.elapsed().as_secs() >= 10);
            if due {
                *at = Some(Instant::now());
            }
            due.then_some(*clock)
        };
        if let Some(clock) = keep {
            let kept = self.db.write(move |t| t.keep_clock(clock.offset_ms, server, here)).await;
            if let Err(error) = kept {
                tracing::warn!(%error, "the server's clock was not kept");
            }
        }
    }

    pub(crate) fn clock(&self) -> Clock {
        locked(&self.clock).0
    }
}
