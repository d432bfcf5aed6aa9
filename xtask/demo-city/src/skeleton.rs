//! The main streets, and the faces that they, the outline, the river's middle and the drawn borders
//! make together: the atoms of which every zone and every fabric is a union.

use crate::{
    network::{Kind, Network, Rules, nearest_point},
    plan,
    plane::{Pt, along, crossing, curve, distance, inside, length, mix, part, pt},
    terrain::{Terrain, closed},
};

/// The main streets and the atoms.
pub struct Skeleton {
    /// Main streets alone, cut at the city's edge; grows into the street network.
    pub streets: Network,
    /// Name of the main street for each stroke of [`Self::streets`].
    pub names: Vec<&'static str>,
    /// The outline, main streets, river and borders; its faces are the atoms.
    pub borders: Network,
    /// Rings of the atoms, counter-clockwise, with the half-edges of [`Self::borders`].
    pub atoms: Vec<crate::network::Face>,
    /// The outline's ring, counter-clockwise.
    pub outline: Vec<Pt>,
}

/// Rules for lines drawn by hand: they are trusted, only their ends are joined.
const DRAWN: Rules = Rules {
    kind: Kind::Main,
    clear: 0.0,
    shortest: 4.0,
    join: 14.0,
    open_start: true,
    open_end: true,
    dead: true,
    spread: 0.0,
};

impl Skeleton {
    /// Draws it.
    #[must_use]
    pub fn new(terrain: &Terrain) -> Self {
        let outline = outline(terrain);
        let edge = closed(&outline);
        let mut streets = Network::default();
        let mut names = Vec::new();
        let mut drawn: Vec<Vec<Pt>> = Vec::new();
        for main in plan::MAINS {
            let mut through: Vec<Pt> = main.through.iter().map(|&(x, y)| pt(x, y)).collect();
            let last = through.len() - 1;
            for at in [0, last] {
                let end = through[at];
                let near = drawn
                    .iter()
                    .map(|line| nearest_point(line, end))
                    .min_by(|a, b| a.to(end).total_cmp(&b.to(end)));
                if let Some(near) = near
                    && near.to(end) < 60.0
                {
                    through[at] = near;
                }
            }
            let line = curve(&through, 12.0);
            drawn.push(line.clone());
            let kept: Vec<f64> = {
                let total = length(&line);
                let steps = (total / 3.0) as usize;
                (0..=steps)
                    .map(|k| total * k as f64 / steps as f64)
                    .filter(|s| {
                        let p = along(&line, *s).0;
                        inside(&outline, p) && distance(&edge, p) > 45.0
                    })
                    .collect()
            };
            let (Some(from), Some(to)) = (kept.first(), kept.last()) else { continue };
            streets.lay(&part(&line, *from, *to), &DRAWN, &|_| true);
            names.push(main.name);
        }

        let mut borders = Network::default();
        // A ring is two edges between two boundary stones that no street comes near.
        let half = outline.len() / 2;
        let (a, b) = (borders.node(outline[0]), borders.node(outline[half]));
        borders.add(a, b, outline[..=half].to_vec(), Kind::Border, usize::MAX, false);
        let mut rest = outline[half..].to_vec();
        rest.push(outline[0]);
        borders.add(b, a, rest, Kind::Border, usize::MAX, false);
        for line in &drawn {
            borders.lay(line, &DRAWN, &|_| true);
        }
        let border = Rules { kind: Kind::Border, ..DRAWN };
        let mut middle = vec![pt(-2700.0, 420.0), pt(-1800.0, 500.0), pt(-1200.0, 540.0)];
        middle.extend(terrain.middle.iter().filter(|p| p.x < 4200.0));
        borders.lay(&curve(&middle, 30.0), &border, &|_| true);
        for through in plan::BORDERS {
            let mut through: Vec<Pt> = through.iter().map(|&(x, y)| pt(x, y)).collect();
            if let Some(near) = drawn
                .iter()
                .map(|line| nearest_point(line, through[0]))
                .min_by(|a, b| a.to(through[0]).total_cmp(&b.to(through[0])))
                && near.to(through[0]) < 60.0
            {
                through[0] = near;
            }
            borders.lay(&curve(&through, 40.0), &border, &|_| true);
        }
        borders.prune(&|_| false);
        let atoms = borders.faces();
        Self { streets, names, borders, atoms, outline }
    }

    /// The atom in which a point lies.
    #[must_use]
    pub fn atom(&self, p: Pt) -> Option<usize> {
        self.atoms.iter().position(|face| inside(&face.ring, p))
    }
}

/// The outline's ring: straight from stone to stone, and a stone more where the coast crosses it.
fn outline(terrain: &Terrain) -> Vec<Pt> {
    let stones: Vec<Pt> = plan::OUTLINE.iter().map(|&(x, y)| pt(x, y)).collect();
    let mut ring = Vec::new();
    for w in closed(&stones).windows(2) {
        ring.push(w[0]);
        for coast in [&terrain.north_coast, &terrain.south_coast] {
            for v in coast.windows(2) {
                if let Some((t, _)) = crossing(w[0], w[1], v[0], v[1]) {
                    ring.push(mix(w[0], w[1], t));
                }
            }
        }
    }
    ring.into_iter().map(crate::frame::snap).collect()
}
