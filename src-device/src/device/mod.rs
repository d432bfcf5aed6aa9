//! The facade: one method for each IPC command of the app.

mod crew;
mod photos;
mod resident;

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::{Arc, Mutex, RwLock};

use mend_core::api::{CityView, OutboxItem, Status};
use mend_core::city::City;
use mend_core::id::CommandId;
use mend_core::sync::{Input, ItemState, Machine, PhotoState};
use mend_core::time::Timestamp;
use tokio::sync::{Notify, Semaphore, watch};
use tokio::task::JoinHandle;

use crate::answers;
use crate::error::{DeviceError, random};
use crate::keys::Author;
use crate::outbox::{self, Act, Given};
use crate::pages;
use crate::photo::{Layout, PhotoFiles};
use crate::places::PlaceIndex;
use crate::shared::{Now, Shared, locked};
use crate::store::{Db, DraftBody, Installation, OutboxRow, StoreError};
use crate::sync;
use crate::transport::Transport;
use crate::uploads::Uploads;

/// A device: its store, its background tasks, and everything that a person does with it.
///
/// Cheap to clone. When the last clone goes, the background stops at once; nothing is lost by
/// that, because everything is kept before it is acknowledged.
#[derive(Clone)]
pub struct Device {
    shared: Arc<Shared>,
    background: Arc<Background>,
    /// One photo at a time: a decoded photo of 100 megapixels takes 300 MB.
    preparing: Arc<Semaphore>,
}

impl std::fmt::Debug for Device {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Device")
    }
}

struct Background(Mutex<Option<JoinHandle<()>>>);

impl Drop for Background {
    fn drop(&mut self) {
        if let Some(task) = locked(&self.0).take() {
            task.abort();
        }
    }
}

impl Device {
    /// Opens the device's data in `dir` (made if need be) for the city served at `server`, such
    /// as `https://mend.example.org`. Needs no network. Must be called inside a tokio runtime;
    /// the caller makes sure that no other process has the folder.
    ///
    /// # Errors
    /// A store that cannot be opened (it is left as it is), or an address that is none.
    pub async fn open(dir: &Path, server: &str) -> Result<Self, DeviceError> {
        Self::open_with(dir, server, Arc::new(system_clock)).await
    }

    /// The same with another clock.
    ///
    /// # Errors
    /// As [`Device::open`].
    pub async fn open_with(dir: &Path, server: &str, now: Now) -> Result<Self, DeviceError> {
        let transport =
            Transport::new(server).ok_or_else(|| DeviceError::BadServer(server.to_owned()))?;
        let dir = dir.to_owned();
        let places = Arc::new(PlaceIndex::new(dir.join("places.sqlite")));
        let fresh = Installation { secret: random()?, seed: random()? };
        let opened = tokio::task::spawn_blocking(move || -> Result<_, DeviceError> {
            make_private(&dir)?;
            let db = Db::open(&dir.join("device.sqlite"))?;
            let files = PhotoFiles::open(dir.join("photos"), Layout::Flat)?;
            Ok((db, files))
        });
        let (db, files) = joined(opened.await)?;
        let first = db.write(move |t| -> Result<_, StoreError> {
            let installation = t.installation(&fresh)?;
            answers::drop_done(t)?;
            Ok((installation, t.clock()?, t.city()?, t.outbox()?, t.needed_photos()?))
        });
        let (installation, clock, city, outbox, needed) = first.await?;
        // What a kill left between a photo's file and its row.
        let sweep = files.clone();
        joined(
            tokio::task::spawn_blocking(move || -> Result<(), DeviceError> {
                for hash in sweep.all()? {
                    if !needed.contains(&hash) {
                        sweep.remove(hash)?;
                    }
                }
                Ok(())
            })
            .await,
        )?;
        let city = match city {
            Some(row) => {
                let built = tokio::task::spawn_blocking(move || City::from_json(&row.pack)).await;
                match joined(built.map(Ok))? {
                    Ok(city) => {
                        let city = Arc::new(city);
                        places.prepare(Arc::clone(&city));
                        Some(city)
                    }
                    Err(error) => {
                        // A newer one comes with the next contact; until then as if never met.
                        tracing::error!(%error, "the kept city cannot be used");
                        None
                    }
                }
            }
            None => None,
        };
        let machine = Machine::new(outbox.iter().map(OutboxRow::item).collect());
        let shared = Arc::new(Shared {
            db,
            files,
            transport,
            installation,
            now,
            city: RwLock::new(city),
            places,
            authors: RwLock::default(),
            machine: Mutex::new(machine),
            uploads: Mutex::new(Uploads::default()),
            sessions: tokio::sync::Mutex::default(),
            clock: Mutex::new((clock, None)),
            online: Mutex::new(None),
            signed_out: Mutex::new(HashSet::new()),
            problems: Mutex::new(HashMap::new()),
            changed: watch::Sender::new(0),
            push: Notify::new(),
            pull: watch::Sender::new(0),
            accounts: Notify::new(),
        });
        shared.load_authors().await?;
        let task = tokio::spawn(sync::run(Arc::clone(&shared)));
        Ok(Self {
            shared,
            background: Arc::new(Background(Mutex::new(Some(task)))),
            preparing: Arc::new(Semaphore::new(1)),
        })
    }

    /// Stops the background and closes the store. Other clones can do nothing more.
    pub async fn close(self) {
        let task = locked(&self.background.0).take();
        if let Some(task) = task {
            task.abort();
            // Aborted, so this says nothing new.
            let _ = task.await;
        }
        let shared = self.shared;
        let _ = tokio::task::spawn_blocking(move || shared.db.close()).await;
    }

    /// Rises whenever anything that the answers below hold has changed.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.shared.changed.subscribe()
    }

    /// IPC `city`.
    ///
    /// # Errors
    /// None yet; like all the others.
    pub async fn city(&self) -> Result<Option<CityView>, DeviceError> {
        Ok(self.shared.city().map(|city| city.view()))
    }

    /// IPC `status`.
    ///
    /// # Errors
    /// [`DeviceError`].
    pub async fn status(&self) -> Result<Status, DeviceError> {
        let unread = self.shared.db.read(|t| t.unread()).await?;
        let (mut waiting, mut needs_you) = (0, 0);
        let mut sign_in_needed = !locked(&self.shared.signed_out).is_empty();
        {
            let machine = locked(&self.shared.machine);
            for item in machine.items() {
                let refused = matches!(item.state, ItemState::Refused { .. });
                let photos =
                    item.photos.iter().filter(|(_, state)| *state != PhotoState::Verified).count();
                let open = usize::from(item.state != ItemState::Accepted) + photos;
                waiting += u32::try_from(open).unwrap_or(u32::MAX);
                let photo = item
                    .photos
                    .iter()
                    .any(|(_, state)| matches!(state, PhotoState::Refused { .. }));
                needs_you += u32::from(refused || photo);
                sign_in_needed |= item.state == ItemState::SignInNeeded;
            }
        }
        let online = *locked(&self.shared.online);
        let last_contact = self.shared.clock().last_contact;
        let problem = self.shared.problem();
        Ok(Status { online, last_contact, waiting, needs_you, unread, sign_in_needed, problem })
    }

    pub(super) async fn save(&self, draft: DraftBody) -> Result<(), DeviceError> {
        if !self.shared.db.write(move |t| t.save_draft(&draft)).await? {
            return Err(DeviceError::DraftGone);
        }
        self.shared.bump();
        Ok(())
    }

    pub(super) fn known_city(&self) -> Result<Arc<City>, DeviceError> {
        self.shared.city().ok_or(DeviceError::NoCity)
    }

    /// The server's clock, as far as it is known.
    pub(super) fn server_now(&self) -> Timestamp {
        self.shared.now().plus_ms(i64::from(self.shared.clock().offset_ms))
    }

    pub(super) async fn act<T: Send + 'static>(
        &self,
        author: Author,
        f: impl FnOnce(crate::store::Tables<'_>, &Act<'_>) -> Result<T, DeviceError> + Send + 'static,
    ) -> Result<T, DeviceError> {
        let city = self.known_city()?;
        let (authors, now, clock) = (self.shared.authors(), self.shared.now(), self.shared.clock());
        let random = random()?;
        self.shared
            .db
            .write(move |t| {
                let act =
                    Act { city: &city, authors: &authors, author: &author, now, clock, random };
                f(t, &act)
            })
            .await
    }

    pub(super) async fn queued(&self, row: &OutboxRow) -> Result<(), DeviceError> {
        self.shared.handle(Input::Enqueued(row.item())).await?;
        self.shared.push.notify_one();
        Ok(())
    }

    /// IPC `outbox`, oldest first.
    ///
    /// # Errors
    /// [`DeviceError`].
    pub async fn outbox(&self) -> Result<Vec<OutboxItem>, DeviceError> {
        self.shared.page(pages::outbox).await
    }

    /// IPC `retry_now`.
    ///
    /// # Errors
    /// [`DeviceError`].
    pub async fn retry_now(&self) -> Result<(), DeviceError> {
        self.shared.handle(Input::RetryNow).await?;
        self.shared.wake_all();
        Ok(())
    }

    /// IPC `discard_outbox_item`: gives up what was refused, or waits behind something refused.
    /// Of a command that the city has, only the refused photos go; the others are sent.
    ///
    /// # Errors
    /// `not_refused` while it is on its way; `not_found`.
    pub async fn discard_outbox_item(&self, command: CommandId) -> Result<(), DeviceError> {
        match self.shared.db.write(move |t| outbox::discard(t, command)).await? {
            Given::Up(gone) => self.forget(gone).await?,
            Given::Photos { left, gone } => {
                self.shared.replace(left.item());
                self.remove_photos(gone).await?;
            }
        }
        self.sweep().await?;
        self.shared.push.notify_one();
        Ok(())
    }

    /// Takes commands that have left the store out of the sync machine too.
    async fn forget(&self, gone: Vec<CommandId>) -> Result<(), DeviceError> {
        for command in gone {
            self.shared.handle(Input::Discarded(command)).await?;
        }
        Ok(())
    }
}

/// The folder holds keys and photos: only its owner may look into it.
fn make_private(dir: &Path) -> Result<(), DeviceError> {
    std::fs::create_dir_all(dir)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
}

fn system_clock() -> Timestamp {
    let since =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// The result of a blocking task; one that panicked is an error like any other.
fn joined<T>(
    result: Result<Result<T, DeviceError>, tokio::task::JoinError>,
) -> Result<T, DeviceError> {
    result.unwrap_or_else(|error| Err(DeviceError::Internal(error.to_string())))
}
