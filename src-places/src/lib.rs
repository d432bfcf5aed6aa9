//! Finding a place in a city: by words while they are typed, or near a point.
//!
//! [`Places`] is an index that is made from a city's pack: SQLite with full text for the words of
//! streets, corners and assets, and R*Trees for nearness. On a device it is a file, so that a start
//! without a network finds it ready; it holds nothing that the pack does not say, so it may be
//! thrown away and made again at any time.
//!
//! What is found, best first:
//!
//! 0. what was typed in whole words: a house by its number and its street, a street, a corner of
//!    two streets, an asset by its number;
//! 1. the same where a word is only begun;
//! 2. houses whose number is begun;
//! 3. for a house number that a street does not have, the nearest number that it has, marked with
//!    what was asked for, and the street itself;
//! 4. the houses of a street that was typed without a number.
//!
//! Within each: houses, streets, corners, assets; names that begin with the first word typed; what
//! is nearer, if a point was given; the name; the house number. In 3 and 4, the streets in the
//! order in which they are found, as many as places are asked for.
//!
//! Words fit in any order, in small or capital letters, with or without accents, in short or long
//! forms ([`mend_core::city::gazetteer::words`]). No text is an error, except coordinates that are
//! no place on earth.

mod file;
mod make;
mod near;
mod rows;
mod search;

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use mend_core::city::pack::CityPack;
use mend_core::city::{Place, PlaceKind};
use mend_core::location::{BadPoint, Point};
use rusqlite::Connection;

/// Most places that one question is answered with.
pub const MAX_PLACES: usize = 50;
/// Farther away than a long plot, an address says nothing about where an asset stands. Metres.
const BESIDE_M: f64 = 100.0;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum PlacesError {
    /// Coordinates were typed that are no place.
    #[error(transparent)]
    BadPoint(#[from] BadPoint),
    /// The file could not be made.
    #[error("the index of places cannot be written: {0}")]
    Disk(#[from] std::io::Error),
    /// The index is damaged or could not be made. It can be made again from the pack.
    #[error("the index of places failed: {0}")]
    Index(#[from] rusqlite::Error),
}

/// The streets, addresses, corners and assets of a city, ready to be searched.
///
/// Answers block for as long as the disk takes, usually well under a millisecond; several callers
/// wait for each other.
#[derive(Debug)]
pub struct Places {
    index: Mutex<Connection>,
}

impl Places {
    /// Opens the index at `path`, or makes it: if there is none, if it was made from another pack
    /// or by a program with another form of index, or if a byte of it is not as it was written.
    /// Two files belong to it, `path` and the same name with `.seal`. Making it takes about a
    /// second for a city of 100,000 addresses; the pack must be checked and sealed.
    ///
    /// # Errors
    /// It could not be made there; [`Places::in_memory`] needs no disk.
    pub fn open(path: &Path, pack: &CityPack) -> Result<Self, PlacesError> {
        let index = match file::existing(path, pack) {
            Some(index) => index,
            None => file::make(path, pack)?,
        };
        Ok(Self { index: Mutex::new(index) })
    }

    /// Makes an index that no file holds.
    ///
    /// # Errors
    /// [`PlacesError::Index`], when the machine is out of memory.
    pub fn in_memory(pack: &CityPack) -> Result<Self, PlacesError> {
        let mut index = Connection::open_in_memory()?;
        make::make(&mut index, pack)?;
        Ok(Self { index: Mutex::new(index) })
    }

    /// Places that the text may mean, best first, at most `limit` and at most [`MAX_PLACES`]; see
    /// the order at the head of this crate. With `near`, each has its distance. An asset's label
    /// tells the nearest address, too: "SL-00412, 214 Kestrel Street".
    ///
    /// # Errors
    /// [`PlacesError::BadPoint`] when coordinates were typed that are no place, and
    /// [`PlacesError::Index`].
    pub fn search(
        &self,
        text: &str,
        near: Option<Point>,
        limit: usize,
    ) -> Result<Vec<Place>, PlacesError> {
        let index = self.index();
        let mut found = search::search(&index, text, near, limit.min(MAX_PLACES))?;
        for place in &mut found {
            name_asset(&index, place)?;
        }
        Ok(found)
    }

    /// The addresses nearest to a point, nearest first, with their distance, at most `limit` and
    /// at most [`MAX_PLACES`].
    ///
    /// # Errors
    /// [`PlacesError::Index`].
    pub fn nearest(&self, from: Point, limit: usize) -> Result<Vec<Place>, PlacesError> {
        near::addresses(&self.index(), from, limit.min(MAX_PLACES))
    }

    /// The assets nearest to a point, nearest first, with their distance, at most `limit` and at
    /// most [`MAX_PLACES`]. Only of these kinds, such as `streetlight`; none named: of all.
    ///
    /// # Errors
    /// [`PlacesError::Index`].
    pub fn nearest_assets(
        &self,
        from: Point,
        kinds: &[String],
        limit: usize,
    ) -> Result<Vec<Place>, PlacesError> {
        let index = self.index();
        let mut found = near::assets(&index, from, kinds, limit.min(MAX_PLACES))?;
        for place in &mut found {
            name_asset(&index, place)?;
        }
        Ok(found)
    }

    /// The asset of this kind with this number, as it stands on it.
    ///
    /// # Errors
    /// [`PlacesError::Index`].
    pub fn asset(&self, kind: &str, number: &str) -> Result<Option<Place>, PlacesError> {
        let index = self.index();
        let mut found = rows::asset_named(&index, kind, number)?;
        if let Some(place) = &mut found {
            name_asset(&index, place)?;
        }
        Ok(found)
    }

    /// A panic while the lock was held left the index as it was: nothing here writes.
    fn index(&self) -> MutexGuard<'_, Connection> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A number alone says nothing to most people: the nearest address says where.
fn name_asset(index: &Connection, place: &mut Place) -> Result<(), PlacesError> {
    if place.kind != PlaceKind::Asset {
        return Ok(());
    }
    let nearest = near::addresses(index, place.point, 1)?.into_iter().next();
    if let Some(nearest) = nearest.filter(|near| near.distance_m.is_some_and(|m| m <= BESIDE_M)) {
        place.label = format!("{}, {}", place.label, nearest.label);
        place.street = nearest.street;
    }
    Ok(())
}
