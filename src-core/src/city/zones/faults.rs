//! What can be wrong with the shapes of zones. Slow on large layers, so it is asked for where a
//! city is made, not wherever a pack is opened.

use std::collections::BTreeSet;

use geo::{BoundingRect, Coord, Rect};
use geojson::{Feature, FeatureCollection};
use jiff::civil::Date;

use super::feature::{each_position, period, shape, text};
use crate::city::check::{Fault, Faults, Part};
use crate::city::pack::{BEYOND, CityPack, OUTLINE};

mod coverage;
mod crossing;

use coverage::{MOST, Piece, Sheet};
use crossing::Crossing;

/// Everything about the map of zones that a look at single features does not show: coordinates
/// swapped, rings that cross, overlaps and gaps. Nothing is said of overlaps and gaps in a layer
/// whose zones are wrong in themselves.
pub fn map_faults(pack: &CityPack) -> Vec<Fault> {
    let mut faults = swapped_faults(pack);
    faults.extend(shape_faults(pack));
    let wrong: BTreeSet<&str> = faults.iter().filter_map(|fault| layer_of(&fault.part)).collect();
    let sound = |layer: &str, collection: &FeatureCollection| {
        let readable = |feature| shape(feature).is_ok() && period(feature).is_ok();
        !wrong.contains(layer) && collection.features.iter().all(readable)
    };
    let layers = pack.zones.iter().filter(|(layer, collection)| sound(layer, collection));
    let found = coverage_faults(pack, layers.map(|(layer, _)| layer.as_str()).collect());
    faults.extend(found);
    faults
}

/// Zones whose rings cross or touch themselves, or each other, and zones whose parts overlap.
pub fn shape_faults(pack: &CityPack) -> Vec<Fault> {
    let mut faults = Faults(Vec::new());
    for (layer, i, feature) in features(pack) {
        let Ok(shape) = shape(feature) else { continue };
        let (problem, at) = match shape.iter().find_map(crossing::crossing) {
            Some(Crossing::Itself(at)) => ("meets itself", at),
            Some(Crossing::Spike(at)) => ("runs back along itself", at),
            Some(Crossing::Rings(at)) => ("crosses the border of its own hole", at),
            Some(Crossing::Hole(at)) => ("has a hole that is not inside it", at),
            None => match coverage::own_overlap(&shape) {
                Some(piece) => ("has parts that overlap", piece.at),
                None => continue,
            },
        };
        faults.add(
            &Part::Zone(layer.to_owned()),
            i,
            format!("The zone {:?} {problem} at {}.", code(feature), place(at)),
            "Mend the shape there in a map editor, so that no ring touches itself or crosses another.",
        );
    }
    faults.0
}

/// Zones of a layer that overlap while both hold, and parts of the city's outline that lie in no
/// zone of a layer that must cover it. Borders that differ by less than half a metre are no fault.
/// Of each kind the first twenty in a layer are named.
pub fn layer_faults(pack: &CityPack) -> Vec<Fault> {
    coverage_faults(pack, pack.zones.keys().map(String::as_str).collect())
}

fn coverage_faults(pack: &CityPack, layers: BTreeSet<&str>) -> Vec<Fault> {
    let outline = sheets(pack, OUTLINE);
    let outline = coverage::union(&outline.iter().collect::<Vec<_>>());
    let outline = (!outline.0.is_empty() && layers.contains(OUTLINE)).then_some(outline);
    let mut faults = Faults(Vec::new());
    for layer in layers {
        let whole = layer != OUTLINE && layer != BEYOND && !pack.partial_layers.contains(layer);
        let sheets = sheets(pack, layer);
        let mut overlapping = BTreeSet::new();
        let mut gaps: Vec<Piece> = Vec::new();
        for day in coverage::dates(&sheets) {
            let holding = coverage::holding(&sheets, day);
            let union = coverage::union(&holding);
            for (first, second, piece) in coverage::overlaps(&holding, &union) {
                if overlapping.len() < MOST && overlapping.insert((first, second)) {
                    overlap(pack, layer, (first, second), piece, &mut faults);
                }
            }
            let Some(outline) = outline.as_ref().filter(|_| whole) else { continue };
            for piece in coverage::gaps(outline, &union) {
                // The same gap may be there on other dates, too.
                if gaps.len() < MOST && !gaps.iter().any(|known| known.is_at(&piece)) {
                    gaps.push(piece);
                    gap(layer, day, piece, &mut faults);
                }
            }
        }
    }
    faults.0
}

fn sheets(pack: &CityPack, layer: &str) -> Vec<Sheet> {
    let features = pack.zones.get(layer).map_or(&[][..], |layer| &layer.features);
    features
        .iter()
        .enumerate()
        .filter_map(|(i, feature)| Sheet::new(&shape(feature).ok()?, period(feature).ok()?, i))
        .collect()
}

fn overlap(
    pack: &CityPack,
    layer: &str,
    (first, second): (usize, usize),
    piece: Piece,
    faults: &mut Faults,
) {
    let code = |i: usize| pack.zones.get(layer).and_then(|l| l.features.get(i)).map_or("", code);
    let (first, second_code) = (code(first), code(second));
    faults.add(
        &Part::Zone(layer.to_owned()),
        second,
        format!(
            "The zones {first:?} and {second_code:?} overlap by {} around {}.",
            extent(piece.area),
            place(piece.at)
        ),
        "Move the border of one of them, so that both have the same corners there; or write from \
         and until, if one follows the other.",
    );
}

fn gap(layer: &str, day: Option<Date>, piece: Piece, faults: &mut Faults) {
    let since = day.filter(|day| *day != Date::MIN);
    let since = since.map_or_else(String::new, |day| format!(" from {day} on"));
    faults.add(
        &Part::Zone(layer.to_owned()),
        None,
        format!(
            "{} of the city around {} lie in no zone of the layer {layer:?}{since}.",
            extent(piece.area),
            place(piece.at)
        ),
        "Draw a zone there, move a border, or name the layer in partial_layers, if it need not \
         cover the city.",
    );
}

/// Zones whose positions are written as [latitude, longitude], where GeoJSON has the longitude
/// first: they are far from the city, and turned around they are not. Where the city is follows
/// from its streets, addresses and assets, and without any from its outline.
pub fn swapped_faults(pack: &CityPack) -> Vec<Fault> {
    let mut faults = Faults(Vec::new());
    let Some(here) = neighborhood(pack) else { return faults.0 };
    for (layer, i, feature) in features(pack) {
        let Some(there) = bounds(feature) else { continue };
        let turned = Rect::new(turn(there.min()), turn(there.max()));
        if !meet(&here, &there) && meet(&here, &turned) {
            let middle = turned.center();
            faults.add(
                &Part::Zone(layer.to_owned()),
                i,
                format!(
                    "The zone {:?} has its coordinates swapped: it should lie around {}.",
                    code(feature),
                    place(middle)
                ),
                "Write each position as [longitude, latitude].",
            );
        }
    }
    faults.0
}

/// The rectangle around the city, with as much again on each side, and half a degree at least.
fn neighborhood(pack: &CityPack) -> Option<Rect<f64>> {
    let places = &pack.gazetteer;
    let lines = places.streets.iter().flat_map(|street| &street.segments);
    let points = lines
        .flat_map(|segment| segment.line.iter().copied())
        .chain(places.addresses.iter().map(|address| address.at))
        .chain(places.assets.iter().map(|asset| asset.at))
        .map(|at| Coord { x: at.lon(), y: at.lat() });
    let outline = pack.zones.get(OUTLINE).map_or(&[][..], |layer| &layer.features);
    let known = rect(points).or_else(|| {
        let corners = outline.iter().filter_map(bounds).flat_map(|b| [b.min(), b.max()]);
        rect(corners)
    })?;
    let wide = Coord { x: known.width().max(0.5), y: known.height().max(0.5) };
    Some(Rect::new(known.min() - wide, known.max() + wide))
}

/// The rectangle around a feature, whether or not its positions are on earth.
fn bounds(feature: &Feature) -> Option<Rect<f64>> {
    let mut positions = Vec::new();
    each_position(feature, |at| positions.push(at));
    rect(positions.into_iter())
}

fn rect(points: impl Iterator<Item = Coord<f64>>) -> Option<Rect<f64>> {
    let points: Vec<Coord<f64>> = points.collect();
    geo::MultiPoint::from(points).bounding_rect()
}

fn turn(at: Coord<f64>) -> Coord<f64> {
    Coord { x: at.y, y: at.x }
}

fn meet(a: &Rect<f64>, b: &Rect<f64>) -> bool {
    a.min().x <= b.max().x
        && b.min().x <= a.max().x
        && a.min().y <= b.max().y
        && b.min().y <= a.max().y
}

fn features(pack: &CityPack) -> impl Iterator<Item = (&str, usize, &Feature)> {
    pack.zones.iter().flat_map(|(layer, collection)| {
        let features = collection.features.iter().enumerate();
        features.map(|(i, feature)| (layer.as_str(), i, feature))
    })
}

fn layer_of(part: &Part) -> Option<&str> {
    match part {
        Part::Zone(layer) => Some(layer),
        _ => None,
    }
}

fn code(feature: &Feature) -> &str {
    text(feature, "code").unwrap_or_default()
}

/// Latitude and longitude, to about a metre.
fn place(at: Coord<f64>) -> String {
    format!("{:.5}, {:.5}", at.y, at.x)
}

fn extent(square_metres: f64) -> String {
    if square_metres < 10_000.0 {
        format!("{square_metres:.0} m²")
    } else {
        format!("{:.2} km²", square_metres / 1_000_000.0)
    }
}

#[cfg(test)]
mod tests;
