//! Which zones a place lies in.
//!
//! A point on the border of several zones belongs to exactly one: the first, in the order of the
//! layer's file, that holds on the day and whose polygon covers the point. Borders count as
//! covered, also the border of a hole. Zones that share an edge with the same two end points leave
//! no gap and no overlap, because the side of a line on which a point lies is computed exactly.

use std::collections::BTreeMap;

use geo::Coord;
use geojson::FeatureCollection;
use jiff::civil::Date;

use super::pack::{BEYOND, OUTLINE};

mod faults;
mod feature;
mod grid;
mod ring;
mod zone;

pub use faults::{layer_faults, map_faults, shape_faults, swapped_faults};
pub use feature::{Period, count_positions, period, shape, text};
use grid::{Grid, NONE};
use zone::Layer;

/// All zones of a city, ready to be asked.
#[derive(Debug, Clone)]
pub struct Zones {
    /// Sorted by name; the outline, where there is one, stands last.
    layers: Vec<Layer>,
    /// How many of the layers hold zones.
    located: usize,
    grid: Grid,
    /// What lies around the city; apart, because it may be much larger.
    around: Option<(Layer, Grid)>,
    beyond: Vec<Beyond>,
}

/// Whose a place outside the city may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beyond {
    /// Its code.
    pub code: String,
    /// Its name, as people read it.
    pub name: String,
    /// The telephone number to call there.
    pub service_line: String,
}

/// The zones of one place, as numbers. Made to be used again for the next place, without
/// allocating; means something only to the [`Zones`] that filled it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Located {
    codes: Vec<u32>,
}

impl Located {
    /// The number of the zone in a layer, both as [`Zones`] counts them.
    pub fn zone(&self, layer: usize) -> Option<usize> {
        self.codes.get(layer).filter(|code| **code != NONE).map(|code| *code as usize)
    }
}

impl Zones {
    /// Builds the zones of a checked pack; features that are no zones are left out.
    pub fn new(layers: &BTreeMap<String, FeatureCollection>) -> Self {
        let layer = |name: &str| Some(Layer::new(name, layers.get(name)?));
        let mut found: Vec<Layer> = layers
            .keys()
            .filter(|name| *name != OUTLINE && *name != BEYOND)
            .filter_map(|name| layer(name))
            .collect();
        let located = found.len();
        found.extend(layer(OUTLINE));
        let around = layer(BEYOND).map(|layer| {
            let layer = [layer];
            let grid = Grid::new(&layer);
            let [layer] = layer;
            (layer, grid)
        });
        Self {
            grid: Grid::new(&found),
            layers: found,
            located,
            beyond: around.iter().flat_map(|(layer, _)| beyond(layer, &layers[BEYOND])).collect(),
            around,
        }
    }

    /// Layer to zone code for the place at `lat`, `lon` (degrees WGS84) on a local date. Layers in
    /// which it lies in no zone are left out, and so are the city's outline and what is beyond,
    /// which are no zones.
    pub fn locate(&self, lat: f64, lon: f64, day: Date) -> BTreeMap<String, String> {
        let mut located = Located::default();
        self.locate_into(lat, lon, day, &mut located);
        self.named(&located).map(|(layer, code)| (layer.to_owned(), code.to_owned())).collect()
    }

    /// The same as numbers. Allocates only the first time that `into` is used.
    pub fn locate_into(&self, lat: f64, lon: f64, day: Date, into: &mut Located) {
        let at = Coord { x: lon, y: lat };
        into.codes.clear();
        let Some(row) = self.grid.row(at) else {
            into.codes.resize(self.located, NONE);
            return;
        };
        let layers = self.layers.iter().zip(row).take(self.located);
        into.codes
            .extend(layers.map(|(layer, &entry)| self.grid.resolve(entry, layer, at, Some(day))));
    }

    /// Layers and zone codes of a place that [`Zones::locate_into`] has located.
    pub fn named<'a>(&'a self, located: &'a Located) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.layers.iter().zip(&located.codes).filter_map(|(layer, &code)| {
            let (code, _) = layer.codes.get(code as usize)?;
            Some((layer.name.as_str(), code.as_str()))
        })
    }

    /// The code of the zone in a layer at a place that [`Zones::locate_into`] has located.
    pub fn zone_in(&self, layer: &str, located: &Located) -> Option<&str> {
        let layer = self.layer(layer)?;
        let (code, _) = self.layers.get(layer)?.codes.get(located.zone(layer)?)?;
        Some(code)
    }

    /// Where a layer stands in the order of the layers.
    pub fn layer(&self, name: &str) -> Option<usize> {
        self.layers.iter().take(self.located).position(|layer| layer.name == name)
    }

    /// The codes of a layer's zones, each once; [`Located::zone`] is a place among them.
    pub fn codes(&self, layer: usize) -> impl Iterator<Item = &str> {
        let layer = self.layers.get(layer).map_or(&[][..], |layer| &layer.codes);
        layer.iter().map(|(code, _)| code.as_str())
    }

    /// Whether the place at `lat`, `lon` (degrees WGS84) is inside the city: in its outline, or,
    /// where the city has no outline, in any zone, whenever that holds. False for numbers that are
    /// no place.
    pub fn contains(&self, lat: f64, lon: f64) -> bool {
        let at = Coord { x: lon, y: lat };
        let Some(row) = self.grid.row(at) else { return false };
        let counts = if self.layers.len() > self.located { self.located } else { 0 };
        let mut layers = self.layers.iter().zip(row).skip(counts);
        layers.any(|(layer, &entry)| self.grid.resolve(entry, layer, at, None) != NONE)
    }

    /// Whose the place at `lat`, `lon` (degrees WGS84) may be, if it is not the city's: the first
    /// in the file that covers it.
    pub fn beyond(&self, lat: f64, lon: f64) -> Option<&Beyond> {
        let at = Coord { x: lon, y: lat };
        let (layer, grid) = self.around.as_ref()?;
        let &entry = grid.row(at)?.first()?;
        self.beyond.get(grid.resolve(entry, layer, at, None) as usize)
    }

    /// The name of a zone, as people read it; of one that has changed its name, the latest.
    pub fn name(&self, layer: &str, code: &str) -> Option<&str> {
        let layer = self.layers.iter().find(|known| known.name == layer)?;
        Some(&layer.codes.get(layer.index(code)? as usize)?.1)
    }

    /// The same zones behind a grid of about so many cells.
    #[cfg(test)]
    fn with_cells(mut self, cells: usize) -> Option<Self> {
        self.grid = Grid::with_cells(&self.layers, cells)?;
        if let Some((layer, grid)) = self.around.take() {
            let layer = [layer];
            let grid = Grid::with_cells(&layer, cells).unwrap_or(grid);
            self.around = Some((layer.into_iter().next()?, grid));
        }
        Some(self)
    }

    /// Bytes that the index takes, without the shapes.
    pub fn index_bytes(&self) -> usize {
        self.grid.bytes() + self.around.as_ref().map_or(0, |(_, grid)| grid.bytes())
    }
}

/// The neighbors, in the order of the layer's codes.
fn beyond<'a>(
    layer: &'a Layer,
    collection: &'a FeatureCollection,
) -> impl Iterator<Item = Beyond> + 'a {
    layer.codes.iter().map(|(code, name)| Beyond {
        code: code.clone(),
        name: name.clone(),
        service_line: collection
            .features
            .iter()
            .filter(|feature| text(feature, "code") == Some(code))
            .find_map(|feature| text(feature, "service_line"))
            .unwrap_or_default()
            .to_owned(),
    })
}

#[cfg(test)]
mod tests;
