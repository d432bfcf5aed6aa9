//! Photos of drafts: in, out, and to the screen.

use std::sync::Arc;

use mend_core::api::{DraftPhoto, PlaceCandidate, PlaceKind};
use mend_core::command::PHOTO_LIMIT;
use mend_core::id::{DraftId, PhotoHash};
use mend_core::location::Point;
use mend_core::refusal::{Refusal, RefusalCode};

use super::{Device, joined};
use crate::error::DeviceError;
use crate::photo::{self, PhotoSize};
use crate::shared::locked;
use crate::store::DraftBody;

impl Device {
    /// Removes the files of photos that nothing names any more.
    pub(super) async fn sweep(&self) -> Result<(), DeviceError> {
        // While a photo is being taken in, its file is there and its row is not yet.
        let _alone = self.preparing.acquire().await;
        let shared = Arc::clone(&self.shared);
        let needed = shared.db.read(|t| t.needed_photos()).await?;
        joined(
            tokio::task::spawn_blocking(move || -> Result<(), DeviceError> {
                for hash in shared.files.all()? {
                    if !needed.contains(&hash) {
                        shared.files.remove(hash)?;
                    }
                }
                Ok(())
            })
            .await,
        )
    }

    /// Removes the files of photos that will never be sent, whoever still names them.
    pub(super) async fn remove_photos(&self, hashes: Vec<PhotoHash>) -> Result<(), DeviceError> {
        let _alone = self.preparing.acquire().await;
        let files = self.shared.files.clone();
        let remove = move || hashes.into_iter().try_for_each(|hash| files.remove(hash));
        joined(tokio::task::spawn_blocking(move || remove().map_err(DeviceError::from)).await)?;
        self.shared.bump();
        Ok(())
    }

    /// IPC `photo_begin`.
    ///
    /// # Errors
    /// `photo_too_large`, `too_many_photos`, `draft_gone`.
    pub async fn photo_begin(&self, draft: DraftId, bytes: u64) -> Result<u32, DeviceError> {
        let photos = self
            .shared
            .db
            .read(move |t| match t.draft(draft)? {
                Some(DraftBody::Report(draft)) => Ok(draft.photos.len()),
                Some(DraftBody::Completion(draft)) => Ok(draft.photos.len()),
                None => Err(DeviceError::DraftGone),
            })
            .await?;
        if photos >= PHOTO_LIMIT {
            return Err(too_many_photos());
        }
        locked(&self.shared.uploads).begin(draft, bytes)
    }

    /// IPC `photo_piece`.
    ///
    /// # Errors
    /// `upload_gone`, `bad_piece`.
    pub async fn photo_piece(&self, upload: u32, data: &str) -> Result<(), DeviceError> {
        locked(&self.shared.uploads).piece(upload, data)
    }

    /// IPC `photo_finish`: the photo is clean, on disk and in the draft when this returns.
    ///
    /// # Errors
    /// The `photo_…` codes, `too_many_photos`, `draft_gone`, `disk_full`.
    pub async fn photo_finish(&self, upload: u32) -> Result<DraftPhoto, DeviceError> {
        let (draft, original) = locked(&self.shared.uploads).finish(upload)?;
        let _alone = self.preparing.acquire().await;
        let files = self.shared.files.clone();
        let prepared = joined(
            tokio::task::spawn_blocking(move || -> Result<_, DeviceError> {
                let prepared = photo::prepare(&original)?;
                files.keep(prepared.sha256, &prepared.jpeg, Some(&prepared.thumb))?;
                Ok(prepared)
            })
            .await,
        )?;
        let hint = prepared.hint.ok();
        let place = match hint.as_ref().and_then(|hint| hint.point) {
            Some(point) => Some(self.place_at(point).await),
            None => None,
        };
        let photo = DraftPhoto {
            hash: prepared.sha256,
            bytes: prepared.jpeg.len() as u64,
            width: prepared.width,
            height: prepared.height,
            hint: place,
            taken_at: hint.and_then(|hint| hint.taken_at),
        };
        let row = photo.clone();
        self.shared
            .db
            .write(move |t| {
                let photos = t.draft_photos(draft)?;
                let known = photos.iter().any(|known| known.hash == row.hash);
                if !known && photos.len() >= PHOTO_LIMIT {
                    return Err(too_many_photos());
                }
                if t.add_draft_photo(draft, &row)? { Ok(()) } else { Err(DeviceError::DraftGone) }
            })
            .await?;
        self.shared.bump();
        Ok(photo)
    }

    /// Where a photo says it was taken: its own point, in the words of the nearest address.
    async fn place_at(&self, point: Point) -> PlaceCandidate {
        let nearest = match self.shared.city() {
            Some(city) => self.shared.places.ask(&city, move |p| p.nearest(point, 1)).await,
            None => Ok(Vec::new()),
        };
        let nearest = nearest.unwrap_or_else(|error| {
            // The photo counts, also without words for its place.
            tracing::warn!(%error, "a photo's place has no address");
            Vec::new()
        });
        match nearest.into_iter().next() {
            // Farther away than a long plot, the address would be a guess.
            Some(place) if place.distance_m.is_some_and(|metres| metres <= 100.0) => {
                PlaceCandidate { point, ..place.into() }
            }
            _ => PlaceCandidate {
                label: format!("{:.5}, {:.5}", point.lat(), point.lon()),
                point,
                distance_m: None,
                is_address: false,
                kind: PlaceKind::Coordinates,
                asset: None,
                instead_of: None,
            },
        }
    }

    /// IPC `photo_remove`.
    ///
    /// # Errors
    /// [`DeviceError`].
    pub async fn photo_remove(&self, draft: DraftId, hash: PhotoHash) -> Result<(), DeviceError> {
        self.shared.db.write(move |t| t.remove_draft_photo(draft, hash)).await?;
        self.sweep().await?;
        self.shared.bump();
        Ok(())
    }

    /// A photo's bytes, for the app's own scheme; none: not on this device.
    ///
    /// # Errors
    /// When the disk says no.
    pub async fn photo_bytes(
        &self,
        hash: PhotoHash,
        size: PhotoSize,
    ) -> Result<Option<Vec<u8>>, DeviceError> {
        let files = self.shared.files.clone();
        joined(
            tokio::task::spawn_blocking(move || files.read(hash, size).map_err(DeviceError::from))
                .await,
        )
    }
}

fn too_many_photos() -> DeviceError {
    Refusal::new(RefusalCode::TooManyPhotos).with("limit", PHOTO_LIMIT).into()
}
