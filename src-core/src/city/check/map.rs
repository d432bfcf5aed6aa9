//! Layers of zones.

use std::collections::BTreeMap;

use geo::Intersects;
use geojson::{Feature, GeometryValue};
use jiff::civil::Date;

use super::{Faults, Part, is_code};
use crate::city::pack::{BEYOND, CityPack, OUTLINE};
use crate::city::zones::{self, Period};

/// Most zones in one layer.
const MAX_ZONES: usize = 5_000;
/// Most positions in one layer.
const MAX_POSITIONS: usize = 1_000_000;
const MAX_LAYERS: usize = 20;

pub(super) fn layers(pack: &CityPack, faults: &mut Faults) {
    let part = Part::City("zones");
    if pack.zones.keys().all(|layer| layer == OUTLINE || layer == BEYOND) {
        faults.add(&part, None, "The city has no zones.", "Write at least one layer of zones.");
    }
    faults.limit(&part, "layers of zones", pack.zones.len(), MAX_LAYERS);
    for layer in &pack.partial_layers {
        let part = Part::City("partial_layers");
        if !pack.zones.contains_key(layer) || layer == OUTLINE || layer == BEYOND {
            faults.unknown(&part, None, "layer of zones", layer);
        }
    }
    for (layer, collection) in &pack.zones {
        let part = Part::Zone(layer.clone());
        if !is_code(layer) {
            faults.add(
                &part,
                None,
                format!("{layer:?} is not a code for a layer."),
                "Begin with a small letter, then small letters, digits, _ or -.",
            );
        }
        if !faults.limit(&part, "zones in a layer", collection.features.len(), MAX_ZONES) {
            continue;
        }
        if collection.features.is_empty() {
            faults.add(
                &part,
                None,
                "The layer has no zones.",
                "Write a zone, or remove the layer.",
            );
        }
        let mut positions = 0;
        let mut seen: BTreeMap<&str, Vec<Period>> = BTreeMap::new();
        for (i, feature) in collection.features.iter().enumerate() {
            zone(&part, i, feature, &mut seen, faults);
            match zones::shape(feature) {
                Ok(shape) => positions += zones::count_positions(&shape),
                Err(problem) => {
                    let code = zones::text(feature, "code").unwrap_or_default();
                    let remedy = if looks_swapped(feature) {
                        "Latitude and longitude look swapped: write [longitude, latitude]."
                    } else {
                        "Write a polygon or multipolygon with closed rings of \
                         [longitude, latitude]."
                    };
                    faults.add(&part, i, format!("The zone {code:?} {problem}."), remedy);
                }
            }
            if layer == BEYOND {
                let line = zones::text(feature, "service_line").unwrap_or_default();
                faults.telephone(&part, Some(i), line);
            }
        }
        faults.limit(&part, "positions in a layer", positions, MAX_POSITIONS);
    }
}

/// Code, name and dates of a zone. A code may come again when the dates do not overlap.
fn zone<'a>(
    part: &Part,
    i: usize,
    feature: &'a Feature,
    seen: &mut BTreeMap<&'a str, Vec<Period>>,
    faults: &mut Faults,
) {
    let code = zones::text(feature, "code").unwrap_or_default();
    let name = zones::text(feature, "name").unwrap_or_default();
    faults.name(part, Some(i), "zone's name", name);
    if !is_code(code) {
        faults.not_a_code(part, Some(i), "zone", code);
        return;
    }
    let period = match zones::period(feature) {
        Ok(period) => period,
        Err(problem) => {
            faults.add(
                part,
                i,
                format!("The zone {code:?} {problem}."),
                "Write from and until as YYYY-MM-DD, the first day and the last, or leave them out.",
            );
            return;
        }
    };
    let before = seen.entry(code).or_default();
    if before.iter().any(|other| other.overlaps(&period)) {
        let (what, remedy) = if period.is_open() && before.iter().all(Period::is_open) {
            (format!("The zone {code:?} exists twice."), "Give each one a code of its own.")
        } else {
            (
                format!("The zone {code:?} holds twice on the same days."),
                "Let the one end, with until, before the other begins, with from.",
            )
        };
        faults.add(part, i, what, remedy);
    }
    before.push(period);
}

/// What the city's outline leaves open: that there is none, that it holds no longer, and zones that
/// lie wholly beyond it.
pub(super) fn outline(pack: &CityPack, today: Option<Date>, faults: &mut Faults) {
    let Some(outline) = pack.zones.get(OUTLINE) else {
        faults.warn(
            &Part::City("zones"),
            None,
            "There is no outline of the city: places where layers have no zone are not found.",
            format!("Draw the city's border in zones/{OUTLINE}.geojson."),
        );
        return;
    };
    let part = Part::Zone(OUTLINE.to_owned());
    for (i, feature) in outline.features.iter().enumerate() {
        let over = |today| {
            zones::period(feature).is_ok_and(|p| p.until.is_some_and(|until| until < today))
        };
        if today.is_some_and(over) {
            faults.warn(
                &part,
                i,
                "The city's border has an end that has passed; it is used all the same.",
                "Leave out until, or draw the border that took its place.",
            );
        }
    }
    let border: Vec<_> = outline.features.iter().filter_map(|f| zones::shape(f).ok()).collect();
    let layers = pack.zones.iter().filter(|(layer, _)| *layer != OUTLINE && *layer != BEYOND);
    for (layer, collection) in layers {
        for (i, feature) in collection.features.iter().enumerate() {
            let Ok(shape) = zones::shape(feature) else { continue };
            if !border.iter().any(|border| border.intersects(&shape)) {
                let code = zones::text(feature, "code").unwrap_or_default();
                faults.warn(
                    &Part::Zone(layer.clone()),
                    i,
                    format!("The zone {code:?} lies wholly outside the city."),
                    "Move it, or remove it: no report comes from there.",
                );
            }
        }
    }
}

/// Whether a position has a latitude that cannot be, and a longitude that could be one.
fn looks_swapped(feature: &Feature) -> bool {
    let swapped = |position: &geojson::Position| {
        matches!(position.as_slice(), [x, y, ..]
            if y.abs() > 90.0 && y.abs() <= 180.0 && x.abs() <= 90.0)
    };
    match feature.geometry.as_ref().map(|geometry| &geometry.value) {
        Some(GeometryValue::Polygon { coordinates }) => coordinates.iter().flatten().any(swapped),
        Some(GeometryValue::MultiPolygon { coordinates }) => {
            coordinates.iter().flatten().flatten().any(swapped)
        }
        _ => false,
    }
}
