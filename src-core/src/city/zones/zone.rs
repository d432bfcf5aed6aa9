//! Zones with their shapes, layer by layer.

use std::collections::BTreeMap;

use geo::{Coord, Polygon};
use geojson::{Feature, FeatureCollection};

use super::feature::{Period, period, shape, text};
use super::ring::{Bounds, Ring, Side};

/// The zones of a layer, in the order of its file.
#[derive(Debug, Clone)]
pub(super) struct Layer {
    pub name: String,
    pub zones: Vec<Zone>,
    /// The codes of the zones, each once, and their names.
    pub codes: Vec<(String, String)>,
    /// Where each code stands in `codes`.
    by_code: BTreeMap<String, u32>,
}

/// One feature of a layer.
#[derive(Debug, Clone)]
pub(super) struct Zone {
    /// Where its code stands in the layer's codes.
    pub code: u32,
    pub period: Period,
    parts: Vec<Part>,
}

#[derive(Debug, Clone)]
struct Part {
    outer: Ring,
    holes: Vec<Ring>,
}

impl Layer {
    /// Reads a layer; features that are no zones are left out.
    pub fn new(name: &str, collection: &FeatureCollection) -> Self {
        let mut layer = Self {
            name: name.to_owned(),
            zones: Vec::new(),
            codes: Vec::new(),
            by_code: BTreeMap::new(),
        };
        // A zone that has changed its name is called as in its last period.
        let mut latest: Vec<Period> = Vec::new();
        for feature in &collection.features {
            let Some((code, name, period, parts)) = read(feature) else { continue };
            let index = *layer.by_code.entry(code.to_owned()).or_insert_with(|| {
                layer.codes.push((code.to_owned(), name.to_owned()));
                latest.push(period);
                latest.len() as u32 - 1
            });
            let known = &mut latest[index as usize];
            if known.until.is_some_and(|end| period.until.is_none_or(|until| end < until)) {
                *known = period;
                layer.codes[index as usize].1 = name.to_owned();
            }
            layer.zones.push(Zone { code: index, period, parts });
        }
        layer
    }

    /// Where a code stands in the layer's codes.
    pub fn index(&self, code: &str) -> Option<u32> {
        self.by_code.get(code).copied()
    }

    /// Positions in all rings.
    pub fn edges(&self) -> usize {
        self.zones.iter().flat_map(Zone::rings).map(|ring| ring.lines().count()).sum()
    }
}

impl Zone {
    /// Whether its polygons cover the point, borders included.
    pub fn covers(&self, at: Coord<f64>) -> bool {
        self.parts.iter().any(|part| part.covers(at))
    }

    pub fn rings(&self) -> impl Iterator<Item = &Ring> {
        self.parts.iter().flat_map(|part| std::iter::once(&part.outer).chain(&part.holes))
    }

    /// The rectangle around it.
    pub fn bounds(&self) -> Bounds {
        self.rings().fold(Bounds::EMPTY, |bounds, ring| bounds.and(ring.bounds()))
    }
}

impl Part {
    fn new(polygon: &Polygon<f64>) -> Self {
        Self {
            outer: Ring::new(polygon.exterior()),
            holes: polygon.interiors().iter().map(Ring::new).collect(),
        }
    }

    fn covers(&self, at: Coord<f64>) -> bool {
        match self.outer.side(at) {
            Side::Outside => false,
            Side::Border => true,
            Side::Inside => {
                let side = self.holes.iter().map(|hole| hole.side(at));
                // In the first hole that has it, or on its border.
                side.into_iter().find(|side| *side != Side::Outside) != Some(Side::Inside)
            }
        }
    }
}

fn read(feature: &Feature) -> Option<(&str, &str, Period, Vec<Part>)> {
    let shape = shape(feature).ok()?;
    Some((
        text(feature, "code")?,
        text(feature, "name")?,
        period(feature).ok()?,
        shape.iter().map(Part::new).collect(),
    ))
}
