//! The same answers, read from the pack by looking at everything there is.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use mend_core::city::gazetteer::coordinates::coordinates;
use mend_core::city::gazetteer::houses::HouseRange;
use mend_core::city::gazetteer::words::{asset_words, corner, name_words, readings};
use mend_core::city::pack::Places;
use mend_core::location::Point;

/// All that can be found, in plain lists.
pub struct City {
    /// By name.
    streets: Vec<Named>,
    corners: Vec<(usize, usize, Point)>,
    /// By kind and number.
    assets: Vec<(String, String, Point)>,
}

struct Named {
    name: String,
    first: Vec<String>,
    all: Vec<String>,
    at: Option<Point>,
    houses: Vec<(String, Point)>,
}

/// A found place: step, kind, label, the number asked for, metres.
pub type Line = (String, Option<String>, Option<u64>);

fn fold(words: &[String]) -> Vec<String> {
    words.iter().map(|word| word.replace('é', "e")).collect()
}

fn whole(typed: &[String], known: &[String]) -> bool {
    fold(typed).iter().all(|typed| known.contains(typed))
}

fn begun(typed: &[String], known: &[String]) -> bool {
    fold(typed).iter().all(|typed| known.iter().any(|known| known.starts_with(typed)))
}

fn leading(number: &str) -> u64 {
    number.chars().take_while(char::is_ascii_digit).collect::<String>().parse().unwrap_or(0)
}

impl Named {
    fn fits(&self, exact: bool, typed: &[String]) -> bool {
        !typed.is_empty() && if exact { whole(typed, &self.all) } else { begun(typed, &self.all) }
    }

    fn rank(&self, typed: &[String]) -> usize {
        usize::from(!(self.fits(false, typed) && begun(&typed[..1], &self.first)))
    }
}

type Key = (u8, u8, usize, u64, usize, u64, String);

impl City {
    pub fn new(places: &Places) -> Self {
        let mut streets = Vec::new();
        let mut ends: BTreeMap<String, BTreeSet<(u64, u64)>> = BTreeMap::new();
        for (index, street) in places.streets.iter().enumerate() {
            let mut houses: Vec<(String, Point)> = places
                .addresses
                .iter()
                .filter(|address| address.street as usize == index)
                .map(|address| (address.number.clone(), address.at))
                .collect();
            let mut middle: Vec<_> = houses.clone();
            middle.sort_by_key(|(number, _)| (leading(number), number.clone()));
            let mut at = middle.get(middle.len() / 2).map(|(_, at)| *at);
            let length: f64 = street.segments.iter().map(|s| s.line[0].distance_m(s.line[1])).sum();
            let mut gone = 0.0;
            for segment in &street.segments {
                for range in HouseRange::of(segment) {
                    for number in range.numbers() {
                        let label = number.to_string();
                        if !houses.iter().any(|(known, _)| *known == label) {
                            houses.push((label, range.place(number).unwrap()));
                        }
                    }
                }
                let [a, b] = [segment.line[0], segment.line[1]];
                let before = gone < length / 2.0;
                gone += a.distance_m(b);
                if before && gone >= length / 2.0 - 1e-6 {
                    let half = |a: f64, b: f64| a + (b - a) * 0.5;
                    at = Point::new(half(a.lat(), b.lat()), half(a.lon(), b.lon())).ok();
                }
                let bits = |p: Point| (p.lat().to_bits(), p.lon().to_bits());
                ends.entry(street.name.clone()).or_default().extend([bits(a), bits(b)]);
            }
            let words = name_words(&street.name);
            streets.push(Named {
                name: street.name.clone(),
                first: fold(&words.first),
                all: fold(&words.all),
                at,
                houses,
            });
        }
        streets.sort_by(|a, b| a.name.cmp(&b.name));
        let mut corners = Vec::new();
        for (a, one) in streets.iter().enumerate() {
            for (b, other) in streets.iter().enumerate().skip(a + 1) {
                let none = BTreeSet::new();
                let of = |named: &Named| ends.get(&named.name).unwrap_or(&none).clone();
                for (lat, lon) in of(one).intersection(&of(other)) {
                    let at = Point::new(f64::from_bits(*lat), f64::from_bits(*lon)).unwrap();
                    corners.push((a, b, at));
                }
            }
        }
        let assets = places.assets.iter().map(|a| (a.kind.clone(), a.number.clone(), a.at));
        let mut assets: Vec<_> = assets.collect();
        assets.sort_by(|a, b| (&a.0, &a.1).cmp(&(&b.0, &b.1)));
        Self { streets, corners, assets }
    }

    pub fn houses(&self) -> impl Iterator<Item = (String, Point)> {
        self.streets.iter().flat_map(|street| {
            street.houses.iter().map(|(number, at)| (format!("{number} {}", street.name), *at))
        })
    }

    /// The nearest addresses: all of them, sorted.
    pub fn nearest(&self, from: Point, limit: usize) -> Vec<(String, f64)> {
        let mut all = Vec::new();
        for (id, street) in self.streets.iter().enumerate() {
            for (number, at) in &street.houses {
                let key = (id, leading(number), number.clone());
                all.push((from.distance_m(*at), key, format!("{number} {}", street.name)));
            }
        }
        all.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.cmp(&b.1)));
        all.into_iter().take(limit).map(|(metres, _, label)| (label, metres)).collect()
    }

    pub fn nearest_assets(&self, from: Point, kinds: &[String], limit: usize) -> Vec<String> {
        let mut all: Vec<_> = self
            .assets
            .iter()
            .filter(|(kind, _, _)| kinds.is_empty() || kinds.contains(kind))
            .map(|(kind, number, at)| (from.distance_m(*at), kind, number))
            .collect();
        all.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| (a.1, a.2).cmp(&(b.1, b.2))));
        all.into_iter().take(limit).map(|(_, _, number)| number.clone()).collect()
    }

    fn asset_label(&self, number: &str, at: Point) -> String {
        match self.nearest(at, 1).first() {
            Some((label, metres)) if *metres <= 100.0 => format!("{number}, {label}"),
            _ => number.to_owned(),
        }
    }

    /// What the index should find; none: coordinates that are no place.
    pub fn search(&self, text: &str, near: Option<Point>, limit: usize) -> Option<Vec<Line>> {
        // Millimetres order as metres do, and can be compared.
        let far = |at: Option<Point>| match (near, at) {
            (None, _) => 0,
            (Some(near), Some(at)) => near.distance_m(at).to_bits(),
            (Some(_), None) => f64::INFINITY.to_bits(),
        };
        let line = |label: String, instead: Option<String>, at: Point| {
            (label, instead, near.map(|near| near.distance_m(at).to_bits()))
        };
        if let Some(typed) = coordinates(text) {
            let at = typed.ok()?;
            let label = format!("{:.5}, {:.5}", at.lat(), at.lon());
            return Some([line(label, None, at)].into_iter().take(limit).collect());
        }
        let mut hits: Vec<(Key, Line)> = Vec::new();
        let mut seen = HashSet::new();
        let mut add = |key: Key, what: String, found: Line| {
            if seen.insert(what) {
                hits.push((key, found));
            }
        };
        let all = readings(text);
        let plain = &all[0].words;
        for (step, exact) in [(0u8, true), (1, false)] {
            for reading in &all[1..] {
                let number = reading.number.as_ref().unwrap();
                self.numbered(
                    step,
                    &reading.words,
                    exact,
                    |n| n == number,
                    &mut |key, id, n, at| {
                        let label = format!("{n} {}", self.streets[id].name);
                        add(
                            (key.0, key.1, key.2, far(Some(at)), id, leading(n), n.into()),
                            label.clone(),
                            line(label, None, at),
                        );
                    },
                );
            }
            for (id, street) in self.streets.iter().enumerate() {
                if let Some(at) = street.at.filter(|_| street.fits(exact, plain)) {
                    let key = (step, 1, street.rank(plain), far(Some(at)), id, 0, String::new());
                    add(key, street.name.clone(), line(street.name.clone(), None, at));
                }
            }
            for (id, (a, b, at)) in self.corners.iter().enumerate() {
                let (one, other) = (&self.streets[*a], &self.streets[*b]);
                let mut rank = None;
                if let Some((left, right)) = corner(text) {
                    for (one, other) in [(one, other), (other, one)] {
                        let fits = right.is_empty() || other.fits(exact, &right);
                        if one.fits(exact, &left) && fits {
                            let this = one.rank(&left);
                            rank = Some(rank.map_or(this, |known: usize| known.min(this)));
                        }
                    }
                }
                if rank.is_none() && plain.len() >= 2 {
                    let both = [one.all.clone(), other.all.clone()].concat();
                    let firsts = [one.first.clone(), other.first.clone()].concat();
                    let fits = if exact { whole(plain, &both) } else { begun(plain, &both) };
                    if fits && !one.fits(false, plain) && !other.fits(false, plain) {
                        rank = Some(usize::from(!begun(&plain[..1], &firsts)));
                    }
                }
                if let Some(rank) = rank {
                    let label = format!("{} & {}", one.name, other.name);
                    let key = (step, 2, rank, far(Some(*at)), id, 0, String::new());
                    add(key, format!("{label}{at:?}"), line(label, None, *at));
                }
            }
            for (id, (kind, number, at)) in self.assets.iter().enumerate() {
                let known = asset_words(kind, number);
                let fits = if exact { whole(plain, &known) } else { begun(plain, &known) };
                if fits && !plain.is_empty() {
                    let key = (step, 3, 0, far(Some(*at)), id, 0, String::new());
                    let label = self.asset_label(number, *at);
                    add(key, format!("{kind} {number}"), line(label, None, *at));
                }
            }
        }
        for reading in &all[1..] {
            let number = reading.number.as_ref().unwrap();
            let begins = |n: &str| n.starts_with(number.as_str());
            self.numbered(2, &reading.words, false, begins, &mut |key, id, n, at| {
                let label = format!("{n} {}", self.streets[id].name);
                add(
                    (key.0, key.1, key.2, far(Some(at)), id, leading(n), n.into()),
                    label.clone(),
                    line(label, None, at),
                );
            });
        }
        let in_order = |typed: &[String]| {
            let mut order: Vec<_> = (0..self.streets.len())
                .filter(|id| self.streets[*id].fits(false, typed))
                .map(|id| {
                    let street = &self.streets[id];
                    (!street.fits(true, typed), street.rank(typed), far(street.at), id)
                })
                .collect();
            order.sort_unstable();
            order.into_iter().map(|found| found.3).take(limit).collect::<Vec<_>>()
        };
        for reading in &all[1..] {
            let number = reading.number.as_ref().unwrap();
            for (rank, id) in in_order(&reading.words).into_iter().enumerate() {
                let street = &self.streets[id];
                if street.houses.iter().any(|(n, _)| n.to_lowercase().starts_with(number)) {
                    continue;
                }
                let wanted = leading(number);
                let away = |n: &str| {
                    let across = if leading(n) % 2 == wanted % 2 { 0 } else { 2 };
                    leading(n).abs_diff(wanted) + across
                };
                let nearest =
                    street.houses.iter().min_by_key(|(n, _)| (away(n), leading(n), n.clone()));
                if let Some((n, at)) = nearest {
                    let label = format!("{n} {}", street.name);
                    let key = (3, 0, rank, far(Some(*at)), id, leading(n), n.to_lowercase());
                    add(key, label.clone(), line(label, Some(number.to_uppercase()), *at));
                }
                if let Some(at) = street.at {
                    let key = (3, 1, rank, far(Some(at)), id, 0, String::new());
                    add(key, street.name.clone(), line(street.name.clone(), None, at));
                }
            }
        }
        for (rank, id) in in_order(plain).into_iter().enumerate() {
            let street = &self.streets[id];
            for (n, at) in &street.houses {
                let label = format!("{n} {}", street.name);
                let key = (4, 0, rank, far(Some(*at)), id, leading(n), n.to_lowercase());
                add(key, label.clone(), line(label, None, *at));
            }
        }
        hits.sort_by(|a, b| a.0.cmp(&b.0));
        Some(hits.into_iter().take(limit).map(|(_, line)| line).collect())
    }

    /// Houses of the streets that the words name, or of all streets if there are none, with a
    /// number that fits.
    fn numbered(
        &self,
        step: u8,
        typed: &[String],
        exact: bool,
        fits: impl Fn(&str) -> bool,
        found: &mut impl FnMut((u8, u8, usize), usize, &str, Point),
    ) {
        for (id, street) in self.streets.iter().enumerate() {
            let bare = typed.is_empty();
            if !bare && !street.fits(exact, typed) {
                continue;
            }
            let rank = if bare { 0 } else { street.rank(typed) };
            for (number, at) in &street.houses {
                if fits(&number.to_lowercase()) {
                    found((step, 0, rank), id, number, *at);
                }
            }
        }
    }
}
