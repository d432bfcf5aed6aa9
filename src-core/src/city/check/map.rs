//! Zones, streets and addresses.

use std::collections::BTreeSet;

use super::{Faults, Part, is_code};
use crate::city::pack::CityPack;
use crate::city::zones;

/// Most zones in one layer.
const MAX_ZONES: usize = 5_000;
/// Most positions in one layer.
const MAX_POSITIONS: usize = 1_000_000;
const MAX_LAYERS: usize = 20;
const MAX_STREETS: usize = 50_000;
const MAX_STREET_POINTS: usize = 10_000;
const MAX_ADDRESSES: usize = 1_000_000;

pub(super) fn layers(pack: &CityPack, faults: &mut Faults) {
    let part = Part::City("zones");
    if pack.zones.is_empty() {
        faults.add(&part, None, "The city has no zones.", "Write at least one layer of zones.");
    }
    faults.limit(&part, "layers of zones", pack.zones.len(), MAX_LAYERS);
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
        let mut seen = BTreeSet::new();
        for (i, feature) in collection.features.iter().enumerate() {
            let code = zones::text(feature, "code").unwrap_or_default();
            faults.code(&part, Some(i), "zone", code, &mut seen);
            let name = zones::text(feature, "name").unwrap_or_default();
            faults.name(&part, Some(i), "zone's name", name);
            match zones::shape(feature) {
                Ok(shape) => positions += zones::count_positions(&shape),
                Err(problem) => faults.add(
                    &part,
                    i,
                    format!("The zone {code:?} {problem}."),
                    "Write a polygon or multipolygon with closed rings of [longitude, latitude].",
                ),
            }
        }
        faults.limit(&part, "positions in a layer", positions, MAX_POSITIONS);
    }
}

pub(super) fn places(pack: &CityPack, faults: &mut Faults) {
    let places = &pack.gazetteer;
    if !faults.limit(&Part::Street, "streets", places.streets.len(), MAX_STREETS)
        || !faults.limit(&Part::Address, "addresses", places.addresses.len(), MAX_ADDRESSES)
    {
        return;
    }
    let mut seen = BTreeSet::new();
    for (i, street) in places.streets.iter().enumerate() {
        faults.name(&Part::Street, Some(i), "street's name", &street.name);
        faults.limit(&Part::Street, "points in a street", street.line.len(), MAX_STREET_POINTS);
        if !seen.insert(street.name.as_str()) {
            faults.add(
                &Part::Street,
                i,
                format!("The street {:?} exists twice.", street.name),
                "Write each street once.",
            );
        }
    }
    let mut seen = BTreeSet::new();
    for (i, address) in places.addresses.iter().enumerate() {
        if address.street as usize >= places.streets.len() {
            faults.add(
                &Part::Address,
                i,
                "The address names a street that is not there.",
                "Write a street of the city.",
            );
        }
        let number = address.number.as_str();
        let sound = (1..=12).contains(&number.len())
            && number.starts_with(|c: char| c.is_ascii_digit())
            && number.bytes().all(|b| b.is_ascii_alphanumeric() || b"-/".contains(&b));
        if !sound {
            faults.add(
                &Part::Address,
                i,
                format!("{number:?} is not a house number."),
                "Begin with a digit, then digits, letters, - or /, at most 12 in all.",
            );
        } else if !seen.insert((address.street, number)) {
            faults.add(
                &Part::Address,
                i,
                format!("The address {number} exists twice in its street."),
                "Write each address once.",
            );
        }
    }
}
