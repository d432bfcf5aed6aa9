//! Port Alder, the demo city, from a fixed seed.
//!
//! The pipeline: coast and river ([`terrain`]) → main streets and atoms ([`skeleton`], after the
//! [`plan`]) → streets ([`fill`], kept clean by [`network`]) → names and numbers → zones → assets →
//! files → picture.

pub mod assets;
pub mod dice;
pub mod files;
pub mod fill;
pub mod frame;
pub mod names;
pub mod network;
pub mod picture;
pub mod plan;
pub mod plane;
pub mod skeleton;
pub mod streets;
pub mod terrain;
pub mod zones;

/// All of Port Alder.
pub struct City {
    /// Coast and river.
    pub terrain: terrain::Terrain,
    /// Main streets and atoms.
    pub skeleton: skeleton::Skeleton,
    /// All streets.
    pub network: network::Network,
    /// The same as streets, named and numbered.
    pub streets: streets::Streets,
    /// Built-up blocks: faces between streets, no larger than a block in town.
    pub blocks: Vec<Vec<plane::Pt>>,
    /// Zones.
    pub zones: zones::Zones,
    /// Assets, sorted as in their file.
    pub assets: Vec<assets::Asset>,
}

impl City {
    /// Makes it.
    #[must_use]
    pub fn new() -> Self {
        let terrain = terrain::Terrain::new();
        let skeleton = skeleton::Skeleton::new(&terrain);
        let network = fill::fill(&skeleton, &terrain);
        let parks = zones::parks(&network, &terrain);
        let of = zones::quarters(&skeleton);
        let edge = terrain::closed(&skeleton.outline);
        let ground = streets::Ground {
            buildable: &|p| {
                terrain.dry(p, 4.0)
                    && !parks.iter().any(|park| park.contains(p))
                    && plane::inside(&skeleton.outline, p)
                    && plane::distance(&edge, p) > 5.0
            },
            wet: &|p| terrain.wet(p),
            quarter: &|p| skeleton.atom(p).map_or(0, |a| of[a]),
        };
        let streets = streets::streets(&network, &skeleton.names, &ground);
        let zones = zones::zones(&skeleton, &terrain, parks);
        let blocks = network
            .faces()
            .into_iter()
            .map(|f| f.ring)
            .filter(|r| plane::area(r) < 32_000.0)
            .collect();
        let mut city =
            Self { terrain, skeleton, network, streets, blocks, zones, assets: Vec::new() };
        city.assets = assets::assets(&city);
        city
    }
}

impl Default for City {
    fn default() -> Self {
        Self::new()
    }
}
