//! Boston's districts as layers of zones.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use geojson::{Feature, FeatureCollection, Geometry, GeometryValue, JsonObject};

/// A layer: its code, its file, and the property that holds a zone's code.
#[derive(Debug, Clone, Copy)]
pub struct LayerFile {
    /// The layer's code.
    pub layer: &'static str,
    /// The file's name, without its ending.
    pub file: &'static str,
    /// The property.
    pub property: &'static str,
}

const fn layer(layer: &'static str, file: &'static str, property: &'static str) -> LayerFile {
    LayerFile { layer, file, property }
}

/// The layer of police districts.
pub const POLICE: &str = "police";
/// The layer of wards.
pub const WARD: &str = "ward";

/// Layers whose borders somebody drew so that the records' labels fit.
pub const DRAWN_FROM_LABELS: [&str; 3] = ["fire", "pwd", "services"];

/// All layers. Precincts and council districts have borders of another year than the records.
pub const LAYERS: [LayerFile; 11] = [
    layer("council", "council_districts_pre2023", "district"),
    layer("fire", "fire_districts_derived", "zone"),
    layer("neighborhood", "neighborhoods_bpda", "name"),
    layer("planning", "planning_districts", "PD"),
    layer(POLICE, "police_districts", "DISTRICT"),
    layer("precinct", "precincts_2022", "precinct"),
    layer("pwd", "pwd_districts_derived", "zone"),
    layer("services", "neighborhood_services_districts_derived", "zone"),
    layer("tracts", "neighborhoods_2020_tracts", "name"),
    layer(WARD, "wards", "WARD"),
    layer("zip", "zip_codes", "zip5"),
];

/// Reads all layers from `folder`.
///
/// # Errors
/// A file cannot be read, or a feature has no polygon or no code.
pub fn read(folder: &Path) -> Result<BTreeMap<String, FeatureCollection>> {
    let read = |of: &LayerFile| {
        let file = folder.join(format!("polygons/{}.geojson", of.file));
        let text = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        let zones = zones(&text, of.property).with_context(|| of.file.to_owned())?;
        Ok((of.layer.to_owned(), zones))
    };
    LAYERS.iter().map(read).collect()
}

/// The code of a zone for what a polygon or a record calls it. Spellings of the same zone are one
/// code: `Ward 3` and `03`, `C-11` and `C11`.
pub fn code(name: &str) -> String {
    let name = name.trim().trim_start_matches("Ward ").trim_start_matches('0');
    let letters = name
        .chars()
        .filter(|c| *c != '-')
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' });
    format!("z_{}", letters.collect::<String>())
}

/// Features of the same code become one zone.
fn zones(text: &str, property: &str) -> Result<FeatureCollection> {
    let collection: FeatureCollection = serde_json::from_str(text)?;
    let mut zones: BTreeMap<String, (String, Vec<_>)> = BTreeMap::new();
    for feature in collection.features {
        let value = feature.property(property).context("a zone without its code")?;
        let name = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let (_, parts) = zones.entry(code(&name)).or_insert_with(|| (name, Vec::new()));
        match feature.geometry.context("a zone without its shape")?.value {
            GeometryValue::Polygon { coordinates } => parts.push(coordinates),
            GeometryValue::MultiPolygon { coordinates } => parts.extend(coordinates),
            _ => bail!("a zone that is no polygon"),
        }
    }
    let features = zones.into_iter().map(|(code, (name, coordinates))| Feature {
        geometry: Some(Geometry::new(GeometryValue::MultiPolygon { coordinates })),
        properties: Some(JsonObject::from_iter([
            ("code".to_owned(), code.into()),
            ("name".to_owned(), name.into()),
        ])),
        ..Feature::default()
    });
    Ok(features.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_a_zone_are_one_code() {
        assert_eq!(code("C-11"), code("C11"));
        assert_eq!(code("Ward 3"), code("03"));
        assert_eq!(code("3"), code("Ward 3 "));
        assert_eq!(code("South End"), "z_south_end");
        assert_ne!(code("1A"), code("10A"));
    }

    #[test]
    fn parts_with_the_same_code_are_one_zone() {
        let part = |west: f64, zip: &str| {
            serde_json::json!({"type": "Feature", "properties": {"zip5": zip}, "geometry": {
                "type": "Polygon", "coordinates":
                    [[[west, 0.0], [west + 1.0, 0.0], [west, 1.0], [west, 0.0]]]}})
        };
        let text = serde_json::json!({"type": "FeatureCollection",
            "features": [part(0.0, "02134"), part(5.0, "02110"), part(9.0, "02134")]});
        let zones = zones(&text.to_string(), "zip5").unwrap();
        let parts = |i: usize| match &zones.features[i].geometry.as_ref().unwrap().value {
            GeometryValue::MultiPolygon { coordinates } => coordinates.len(),
            _ => 0,
        };
        assert_eq!(zones.features.len(), 2);
        assert_eq!((parts(0), parts(1)), (1, 2));
        assert!(super::zones(&text.to_string(), "code").is_err());
    }
}
