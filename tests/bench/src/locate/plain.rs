//! The plain way, to stand beside ours: for each layer an R-tree of the polygons' envelopes, and
//! `geo`'s test of those that the point's envelopes leave.

use std::collections::BTreeMap;

use geo::{BoundingRect, Contains, Point, Polygon};
use geojson::FeatureCollection;
use mend_core::city::zones::shape;
use rstar::RTree;
use rstar::primitives::{GeomWithData, Rectangle};

/// All layers.
pub struct Plain {
    layers: Vec<Layer>,
}

struct Layer {
    tree: RTree<GeomWithData<Rectangle<[f64; 2]>, usize>>,
    polygons: Vec<Part>,
}

struct Part {
    polygon: Polygon<f64>,
    /// The zone's place in the file.
    zone: usize,
}

impl Plain {
    pub fn new(layers: &BTreeMap<String, FeatureCollection>) -> Self {
        let layers = layers.values().map(|collection| {
            let (mut envelopes, mut polygons) = (Vec::new(), Vec::new());
            for (zone, feature) in collection.features.iter().enumerate() {
                for polygon in shape(feature).into_iter().flatten() {
                    let Some(bounds) = polygon.bounding_rect() else { continue };
                    let corners = [bounds.min(), bounds.max()].map(|corner| [corner.x, corner.y]);
                    let envelope = Rectangle::from_corners(corners[0], corners[1]);
                    envelopes.push(GeomWithData::new(envelope, polygons.len()));
                    polygons.push(Part { polygon, zone });
                }
            }
            Layer { tree: RTree::bulk_load(envelopes), polygons }
        });
        Self { layers: layers.collect() }
    }

    /// For each layer, a zone that contains the point: its place in the file.
    pub fn locate(&self, lat: f64, lon: f64, into: &mut Vec<Option<usize>>) {
        let point = Point::new(lon, lat);
        into.clear();
        into.extend(self.layers.iter().map(|layer| {
            let near = layer.tree.locate_all_at_point(&[lon, lat]);
            near.map(|near| &layer.polygons[near.data])
                .find(|part| part.polygon.contains(&point))
                .map(|part| part.zone)
        }));
    }
}
