//! The index of places of the city at hand, for the search field and for naming a point.
//!
//! It lies in the data folder, is made when a pack arrives or a start misses it, and follows from
//! the pack alone. Where the disk has no room for it, it is made in memory: the search does not
//! fail for that.

use std::path::PathBuf;
use std::sync::Arc;

use mend_core::city::City;
use mend_core::refusal::RefusalCode;
use mend_places::{Places, PlacesError};
use tokio::sync::Mutex;

use crate::error::DeviceError;

/// The index, once it is made.
pub(crate) struct PlaceIndex {
    file: PathBuf,
    /// Held while it is made, so that whoever asks waits and it is made once.
    kept: Arc<Mutex<Option<Kept>>>,
}

struct Kept {
    /// The version of the pack that it was made from.
    version: String,
    places: Arc<Places>,
}

impl PlaceIndex {
    pub(crate) fn new(file: PathBuf) -> Self {
        Self { file, kept: Arc::default() }
    }

    /// Makes the index of this city in the background, so that the first who asks finds it.
    pub(crate) fn prepare(self: &Arc<Self>, city: Arc<City>) {
        let index = Arc::clone(self);
        tokio::spawn(async move {
            if let Err(error) = index.ready(&city).await {
                tracing::error!(%error, "the index of places could not be made");
            }
        });
    }

    /// Asks the index, off the async threads. Waits while it is made.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        city: &Arc<City>,
        question: impl Fn(&Places) -> Result<T, PlacesError> + Send + Sync + 'static,
    ) -> Result<T, DeviceError> {
        let question = Arc::new(question);
        let places = self.ready(city).await?;
        match asked(places, Arc::clone(&question)).await? {
            Err(error @ (PlacesError::Index(_) | PlacesError::Disk(_))) => {
                // Whole when it was opened: the disk has spoiled it since. The next start finds
                // that out and makes the file again.
                tracing::error!(%error, "the index of places is made again in memory");
                let places = self.again(city).await?;
                asked(places, question).await?.map_err(failed)
            }
            answer => answer.map_err(failed),
        }
    }

    async fn ready(&self, city: &Arc<City>) -> Result<Arc<Places>, DeviceError> {
        let mut kept = Arc::clone(&self.kept).lock_owned().await;
        if let Some(known) = kept.as_ref().filter(|known| known.version == city.version()) {
            return Ok(Arc::clone(&known.places));
        }
        let (file, city) = (self.file.clone(), Arc::clone(city));
        // The lock goes with the work: who no longer waits must not let in a second one.
        blocking(move || {
            let places = Places::open(&file, city.pack()).or_else(|error| {
                tracing::warn!(%error, "the index of places is kept in memory");
                Places::in_memory(city.pack())
            });
            let places = Arc::new(places.map_err(failed)?);
            let version = city.version().to_owned();
            *kept = Some(Kept { version, places: Arc::clone(&places) });
            Ok(places)
        })
        .await?
    }

    async fn again(&self, city: &Arc<City>) -> Result<Arc<Places>, DeviceError> {
        let mut kept = Arc::clone(&self.kept).lock_owned().await;
        let city = Arc::clone(city);
        blocking(move || {
            let places = Arc::new(Places::in_memory(city.pack()).map_err(failed)?);
            let version = city.version().to_owned();
            *kept = Some(Kept { version, places: Arc::clone(&places) });
            Ok(places)
        })
        .await?
    }
}

async fn asked<T: Send + 'static>(
    places: Arc<Places>,
    question: Arc<impl Fn(&Places) -> Result<T, PlacesError> + Send + Sync + 'static>,
) -> Result<Result<T, PlacesError>, DeviceError> {
    blocking(move || question(&places)).await
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, DeviceError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| DeviceError::Internal(error.to_string()))
}

fn failed(error: PlacesError) -> DeviceError {
    match error {
        PlacesError::BadPoint(_) => RefusalCode::BadPosition.into(),
        other => DeviceError::Internal(other.to_string()),
    }
}

#[cfg(test)]
mod tests;
