//! Layers of zones.

use std::collections::BTreeMap;

use geojson::{Feature, GeometryValue};

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
