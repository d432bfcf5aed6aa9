//! Boston's records against our zones, router and calendar; see the head of the crate.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
#![allow(clippy::print_stdout, reason = "the tables are what these tests are read for")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;

use geojson::FeatureCollection;
use mend_boston::records::{self, Record, Records};
use mend_boston::routes::Derived;
use mend_boston::zones::{self, LAYERS};
use mend_boston::{city, reference};
use mend_core::city::City;

mod labels;
mod routing;
mod targets;

/// What all tests begin with.
struct Boston {
    records: Records,
    zones: BTreeMap<String, FeatureCollection>,
    /// The city without routes.
    city: City,
    /// By row and layer, the code of the zone that it was located in.
    located: Vec<Vec<Option<String>>>,
}

/// The data, read once; none, and a sentence, where it is absent.
fn boston() -> Option<&'static Boston> {
    static BOSTON: OnceLock<Result<Boston, &'static str>> = OnceLock::new();
    match BOSTON.get_or_init(|| reference::folder().map(|folder| Boston::read(&folder))) {
        Ok(boston) => Some(boston),
        Err(why) => {
            println!("Passed over: {why}");
            None
        }
    }
}

impl Boston {
    fn read(folder: &Path) -> Self {
        let records = records::read(folder).unwrap();
        let zones = zones::read(folder).unwrap();
        let none = Derived { rules: Vec::new(), otherwise: vec![0; records.types.len()] };
        let city = city::city(&records, &zones, &none).unwrap();
        let located = records.rows.iter().map(|row| by_layer(&city, row)).collect();
        Self { records, zones, city, located }
    }
}

fn by_layer(city: &City, row: &Record) -> Vec<Option<String>> {
    let mut zones = row.at.map(|at| city.locate(at, row.opened_at)).unwrap_or_default();
    LAYERS.iter().map(|layer| zones.remove(layer.layer)).collect()
}

/// A share in per cent; of nothing, 0.
#[allow(clippy::cast_precision_loss, reason = "counts of rows are small")]
fn percent(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { 100.0 * part as f64 / whole as f64 }
}
