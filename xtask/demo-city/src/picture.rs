//! The map as a picture, in the colours of the app's map.

use std::fmt::Write as _;

use crate::{
    City,
    files::labels,
    network::Kind,
    plane::{Pt, along, length, part, pt, simplify},
};

/// What to draw: the middle and half the width, metres.
#[derive(Clone, Copy, Debug)]
pub struct View {
    /// Middle of the picture on the board.
    pub middle: Pt,
    /// Half of its width, metres.
    pub half: f64,
    /// Draw the borders of the neighborhoods as well?
    pub zones: bool,
    /// Draw assets as dots?
    pub assets: bool,
}

/// Width and height of the picture in pixels.
const SIZE: f64 = 1800.0;

/// A picture in the making.
struct Sheet {
    view: View,
    scale: f64,
    out: String,
    /// Boxes that labels have taken: middle and half sizes, pixels.
    taken: Vec<(Pt, Pt)>,
}

impl Sheet {
    fn at(&self, p: Pt) -> Pt {
        pt(
            (p.x - self.view.middle.x) * self.scale + SIZE / 2.0,
            SIZE / 2.0 - (p.y - self.view.middle.y) * self.scale,
        )
    }

    fn path(&self, line: &[Pt], close: bool) -> String {
        let mut d = String::new();
        for (i, p) in line.iter().enumerate() {
            let p = self.at(*p);
            let _ = write!(d, "{}{:.1} {:.1}", if i == 0 { "M" } else { "L" }, p.x, p.y);
        }
        if close {
            d.push('Z');
        }
        d
    }

    fn ring(&mut self, ring: &[Pt], style: &str) {
        let d = self.path(ring, true);
        let _ = write!(self.out, r#"<path d="{d}" {style}/>"#);
    }

    /// Takes a place for a label if nothing else has it.
    fn take(&mut self, middle: Pt, half: Pt) -> bool {
        let inside =
            (-50.0..SIZE + 50.0).contains(&middle.x) && (-50.0..SIZE + 50.0).contains(&middle.y);
        let free = self.taken.iter().all(|(m, h)| {
            (m.x - middle.x).abs() > h.x + half.x || (m.y - middle.y).abs() > h.y + half.y
        });
        if inside && free {
            self.taken.push((middle, half));
        }
        inside && free
    }
}

/// Draws the city as SVG.
#[must_use]
pub fn svg(city: &City, view: View) -> String {
    let mut sheet =
        Sheet { view, scale: SIZE / (2.0 * view.half), out: String::new(), taken: Vec::new() };
    let _ = write!(
        sheet.out,
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE} {SIZE}" width="{SIZE}" height="{SIZE}"><rect width="100%" height="100%" fill="#bcd8e3"/><g font-family="Public Sans, Noto Sans, DejaVu Sans, sans-serif">"##
    );
    ground(&mut sheet, city);
    roads(&mut sheet, city);
    if view.assets {
        for a in &city.assets {
            let p = sheet.at(crate::frame::board(a.at.lat as f64 / 1e6, a.at.lon as f64 / 1e6));
            let colour = match a.kind {
                "streetlight" => "#e0a000",
                "hydrant" => "#a30d0d",
                "street_tree" => "#34762a",
                "stop_sign" | "traffic_signal" => "#711e6c",
                _ => "#14274a",
            };
            let _ = write!(
                sheet.out,
                r#"<circle cx="{:.1}" cy="{:.1}" r="3.5" fill="{colour}"/>"#,
                p.x, p.y
            );
        }
    }
    if view.zones {
        for zone in &city.zones.neighborhoods {
            for ring in zone.polygons.iter().flatten() {
                sheet.ring(
                    ring,
                    r##"fill="none" stroke="#7a5fb5" stroke-width="4" stroke-opacity=".7""##,
                );
            }
        }
    }
    words(&mut sheet, city);
    street_names(&mut sheet, city);
    sheet.out.push_str("</g></svg>");
    sheet.out
}

fn ground(sheet: &mut Sheet, city: &City) {
    for land in &city.terrain.land {
        sheet.ring(
            land,
            r##"fill="#f3efe6" stroke="#94bccd" stroke-width="3" stroke-linejoin="round""##,
        );
    }
    for wood in &city.terrain.woods {
        sheet.ring(wood, r##"fill="#e1e8d0""##);
    }
    // Where people live, the ground is a little darker.
    for block in &city.blocks {
        sheet.ring(block, r##"fill="#ede8dc" stroke="#ede8dc" stroke-width="2""##);
    }
    for beach in &city.terrain.beaches {
        sheet.ring(beach, r##"fill="#efe3c4""##);
    }
    for park in &city.zones.parks {
        for ring in park.polygons.iter().flatten() {
            sheet.ring(ring, r##"fill="#d3e3c2" stroke="#b4cf9d" stroke-width="1.2""##);
        }
    }
    for pond in &city.terrain.ponds {
        sheet.ring(pond, r##"fill="#bcd8e3" stroke="#94bccd" stroke-width="2""##);
    }
    for pier in &city.terrain.piers {
        sheet.ring(pier, r##"fill="#f3efe6" stroke="#94bccd" stroke-width="1.2""##);
    }
    sheet.ring(
        &city.skeleton.outline,
        r##"fill="none" stroke="#8b8577" stroke-width="2" stroke-dasharray="14 6 3 6""##,
    );
}

fn roads(sheet: &mut Sheet, city: &City) {
    for casing in [true, false] {
        for kind in [Kind::Path, Kind::Lane, Kind::Street, Kind::Main] {
            let (metres, least, fill, case) = match kind {
                Kind::Main => (15.0, 4.4, "#fbd9a0", "#cf9f52"),
                Kind::Street => (9.5, 2.4, "#fffdf8", "#c9bfa9"),
                _ => (6.0, 1.8, "#ffffff", "#d9d0bd"),
            };
            let wide = (metres * sheet.scale).max(least);
            let (wide, colour) = if casing { (wide + 1.8, case) } else { (wide, fill) };
            if kind == Kind::Main {
                for (_, line) in crate::files::county_roads() {
                    let d = sheet.path(&line, false);
                    let _ = write!(
                        sheet.out,
                        r#"<path d="{d}" fill="none" stroke="{colour}" stroke-width="{:.1}" stroke-linejoin="round"/>"#,
                        wide * 0.8
                    );
                }
            }
            for segment in city.streets.segments.iter().filter(|s| s.kind == kind) {
                let line = simplify(&segment.line, 0.15 / sheet.scale);
                let d = sheet.path(&line, false);
                let cap = if casing && segment.bridge { "butt" } else { "round" };
                let _ = write!(
                    sheet.out,
                    r#"<path d="{d}" fill="none" stroke="{colour}" stroke-width="{wide:.1}" stroke-linecap="{cap}" stroke-linejoin="round"/>"#
                );
            }
        }
    }
}

fn words(sheet: &mut Sheet, city: &City) {
    for place in labels(city) {
        let p = sheet.at(place.at);
        let close = sheet.view.half < 1300.0;
        let (size, style) = match place.kind {
            "town" => continue,
            "neighborhood" => (
                if close { 27.0 } else { 21.0 },
                r##"fill="#3a3f4d" font-weight="700" stroke="#f7f4ec""##,
            ),
            "water" => (
                if close { 26.0 } else { 22.0 },
                r##"fill="#22566e" font-style="italic" stroke="#bcd8e3""##,
            ),
            "park" if close || place.name == "Linden Park" || place.name == "Lighthouse Park" => {
                (17.0, r##"fill="#34562a" font-weight="600" stroke="#e3ecd5""##)
            }
            "landmark" => (15.0, r##"fill="#3a3f4d" stroke="#f7f4ec""##),
            _ => continue,
        };
        let half = pt(place.name.chars().count() as f64 * size * 0.29, size * 0.62);
        if !sheet.take(p, half) {
            continue;
        }
        let _ = write!(
            sheet.out,
            r#"<text x="{:.1}" y="{:.1}" font-size="{size}" text-anchor="middle" paint-order="stroke" stroke-width="4" stroke-linejoin="round" {style}>{}</text>"#,
            p.x,
            p.y + size * 0.35,
            place.name
        );
    }
}

/// Names along their streets, main streets first, each where its street is straight and free.
fn street_names(sheet: &mut Sheet, city: &City) {
    let mut order: Vec<usize> = (0..city.streets.names.len()).collect();
    let line_of = |street: usize| {
        let mut line: Vec<Pt> = Vec::new();
        for s in city.streets.segments.iter().filter(|s| s.street == street) {
            line.extend(s.line.iter().skip(usize::from(!line.is_empty())));
        }
        line
    };
    let kind = |street: usize| {
        city.streets.segments.iter().find(|s| s.street == street).map_or(Kind::Lane, |s| s.kind)
    };
    order.sort_by_key(|s| (kind(*s), *s));
    for street in order {
        let kind = kind(street);
        let size: f64 = match kind {
            Kind::Main => 15.0,
            Kind::Street if sheet.scale > 0.55 => 13.0,
            Kind::Lane if sheet.scale > 0.8 => 11.0,
            _ => continue,
        };
        let name = &city.streets.names[street];
        let line = line_of(street);
        let total = length(&line);
        let wide = name.chars().count() as f64 * size * 0.60 / sheet.scale;
        if wide + 8.0 > total {
            continue;
        }
        let mut placed = 0;
        let mut s = (total - wide) / 2.0;
        // From the middle outwards, and again far along a long street.
        let mut tries: Vec<f64> = Vec::new();
        let step = 25.0 / sheet.scale.max(0.2);
        for k in 0..60 {
            tries.push(s);
            s += if k % 2 == 0 { step } else { -step } * f64::from(k + 1);
            if s < 4.0 || s + wide > total - 4.0 {
                break;
            }
        }
        let mut last: Option<f64> = None;
        for s in tries {
            if last.is_some_and(|l| (l - s).abs() * sheet.scale < 620.0) || placed > 3 {
                continue;
            }
            let piece = part(&line, s, s + wide);
            let straight = piece[0].to(piece[piece.len() - 1]) / wide;
            if straight < 0.965 {
                continue;
            }
            let pixels: Vec<Pt> =
                (0..5).map(|k| sheet.at(along(&piece, wide * f64::from(k) / 4.0).0)).collect();
            let half = pt(size * 0.8, size * 0.8);
            let free = pixels.iter().all(|p| {
                sheet.taken.iter().all(|(m, h)| {
                    (m.x - p.x).abs() > h.x + half.x || (m.y - p.y).abs() > h.y + half.y
                }) && (0.0..SIZE).contains(&p.x)
                    && (0.0..SIZE).contains(&p.y)
            });
            if !free {
                continue;
            }
            sheet.taken.extend(pixels.iter().map(|p| (*p, half)));
            last = Some(s);
            placed += 1;
            let forward = pixels[0].x <= pixels[4].x;
            let piece: Vec<Pt> = if forward { piece } else { piece.into_iter().rev().collect() };
            let (a, b) = (sheet.at(piece[0]), sheet.at(piece[piece.len() - 1]));
            let middle = sheet.at(along(&piece, wide / 2.0).0);
            let angle = (b - a).angle().to_degrees();
            let _ = write!(
                sheet.out,
                r##"<text transform="translate({:.1} {:.1}) rotate({angle:.1})" y="{:.1}" font-size="{size}" text-anchor="middle" paint-order="stroke" stroke="#f7f4ec" stroke-width="3" stroke-linejoin="round" fill="#50545f">{name}</text>"##,
                middle.x,
                middle.y,
                size * 0.35
            );
        }
    }
}

/// Draws the SVG as PNG.
///
/// # Errors
///
/// If the SVG is not one, or cannot be drawn.
#[cfg(feature = "png")]
pub fn png(svg: &str) -> anyhow::Result<Vec<u8>> {
    use anyhow::Context as _;
    use resvg::{tiny_skia, usvg};

    let mut options = usvg::Options::default();
    options.fontdb_mut().load_system_fonts();
    let tree = usvg::Tree::from_str(svg, &options)?;
    let size = tree.size().to_int_size();
    let mut pixels =
        tiny_skia::Pixmap::new(size.width(), size.height()).context("the picture has no size")?;
    resvg::render(&tree, tiny_skia::Transform::identity(), &mut pixels.as_mut());
    Ok(pixels.encode_png()?)
}
