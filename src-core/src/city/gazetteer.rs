//! Finding a place by words, by typed coordinates, or near a point.

use super::pack::{Address, Places, Street};
use crate::api::PlaceCandidate;
use crate::location::{BadPoint, Point};

/// Most candidates that one question is answered with.
pub const MAX_CANDIDATES: usize = 50;
/// Longest text that is searched for, in characters; the rest is not read.
const MAX_QUERY_CHARS: usize = 200;
/// Short forms that are no beginning of the word they stand for.
const SHORT_FORMS: [(&str, &str); 8] = [
    ("ln", "lane"),
    ("rd", "road"),
    ("dr", "drive"),
    ("ct", "court"),
    ("pl", "place"),
    ("hwy", "highway"),
    ("blvd", "boulevard"),
    ("pkwy", "parkway"),
];

/// What a found place is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlaceKind {
    /// A house.
    Address,
    /// The middle of a street.
    Street,
    /// Coordinates that were typed.
    Coordinates,
}

/// A place that may be meant.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// What it is.
    pub kind: PlaceKind,
    /// In words: "214 Kestrel Street".
    pub label: String,
    /// Where.
    pub point: Point,
    /// The street's name, if it has one.
    pub street: Option<String>,
    /// Metres from the point that was asked about, if one was.
    pub distance_m: Option<f64>,
}

impl From<Place> for PlaceCandidate {
    fn from(place: Place) -> Self {
        Self {
            label: place.label,
            point: place.point,
            distance_m: place.distance_m,
            is_address: place.kind == PlaceKind::Address,
        }
    }
}

/// The streets and addresses of a city, ready to be searched.
#[derive(Debug, Clone)]
pub struct Gazetteer {
    streets: Vec<Entry>,
}

#[derive(Debug, Clone)]
struct Entry {
    name: String,
    words: Vec<String>,
    middle: Option<Point>,
    /// By house number.
    addresses: Vec<House>,
}

#[derive(Debug, Clone)]
struct House {
    value: u64,
    number: String,
    at: Point,
}

impl Gazetteer {
    /// Builds the index of a checked pack; addresses of unknown streets are left out.
    pub(super) fn new(places: &Places) -> Self {
        let mut streets: Vec<Entry> = places.streets.iter().map(Entry::new).collect();
        for address in &places.addresses {
            if let Some(entry) = streets.get_mut(address.street as usize) {
                entry.addresses.push(House::new(address));
            }
        }
        for entry in &mut streets {
            entry.addresses.sort_by(|a, b| (a.value, &a.number).cmp(&(b.value, &b.number)));
            if entry.middle.is_none() {
                entry.middle = entry.addresses.get(entry.addresses.len() / 2).map(|house| house.at);
            }
        }
        Self { streets }
    }

    /// Places that the words may mean, best first: typed coordinates, or streets and addresses
    /// whose words begin with the words typed, in any order, with a house number anywhere.
    ///
    /// # Errors
    /// Coordinates were typed that are no place.
    pub fn search(&self, text: &str, limit: usize) -> Result<Vec<Place>, BadPoint> {
        let limit = limit.min(MAX_CANDIDATES);
        let text: String = text.chars().take(MAX_QUERY_CHARS).collect();
        if let Some(point) = coordinates(&text) {
            let mut places = vec![Place::typed(point?)];
            places.truncate(limit);
            return Ok(places);
        }
        let tokens = words(&text);
        if tokens.is_empty() {
            return Ok(Vec::new());
        }
        let mut found: Vec<(Rank<'_>, Place)> = Vec::new();
        for entry in &self.streets {
            if let Some(fit) = entry.fit(&tokens) {
                entry.collect(&fit, limit, &mut found);
            }
        }
        found.sort_by_key(|(rank, _)| *rank);
        Ok(found.into_iter().take(limit).map(|(_, place)| place).collect())
    }

    /// The `limit` addresses nearest to a point, nearest first, with their distance.
    pub fn nearest(&self, from: Point, limit: usize) -> Vec<Place> {
        let mut all: Vec<(f64, &Entry, &House)> = self
            .streets
            .iter()
            .flat_map(|entry| entry.addresses.iter().map(move |house| (entry, house)))
            .map(|(entry, house)| (from.distance_m(house.at), entry, house))
            .collect();
        let limit = limit.min(MAX_CANDIDATES).min(all.len());
        if limit == 0 {
            return Vec::new();
        }
        all.select_nth_unstable_by(limit - 1, |a, b| a.0.total_cmp(&b.0));
        all.truncate(limit);
        all.sort_by(|a, b| a.0.total_cmp(&b.0));
        all.into_iter()
            .map(|(distance, entry, house)| Place {
                distance_m: Some(distance),
                ..entry.address(house)
            })
            .collect()
    }
}

/// Order of candidates, best first: how well the number fits, how many words are only begun, how
/// far into the name the first word stands, then name and number.
type Rank<'a> = (u8, usize, usize, &'a str, u64, &'a str);

/// How the words typed fit a street.
struct Fit<'t> {
    number: Option<&'t str>,
    begun: usize,
    first: usize,
    named: bool,
}

impl Entry {
    fn new(street: &Street) -> Self {
        Self {
            name: street.name.clone(),
            words: words(&street.name),
            middle: middle(&street.line),
            addresses: Vec::new(),
        }
    }

    fn fit<'t>(&self, tokens: &'t [String]) -> Option<Fit<'t>> {
        let mut unused: Vec<(usize, &str)> =
            self.words.iter().map(String::as_str).enumerate().collect();
        let mut fit = Fit { number: None, begun: 0, first: usize::MAX, named: false };
        for token in tokens {
            let long = SHORT_FORMS.iter().find(|(short, _)| short == token).map(|(_, long)| *long);
            let begins = |word: &str| word.starts_with(token.as_str()) || long == Some(word);
            let whole = unused.iter().position(|(_, word)| word == token);
            match whole.or_else(|| unused.iter().position(|(_, word)| begins(word))) {
                Some(position) => {
                    let (index, word) = unused.remove(position);
                    fit.begun += usize::from(word != token);
                    fit.first = fit.first.min(index);
                    fit.named = true;
                }
                None if fit.number.is_none() && token.starts_with(|c: char| c.is_ascii_digit()) => {
                    fit.number = Some(token);
                }
                None => return None,
            }
        }
        Some(fit)
    }

    fn collect<'a>(&'a self, fit: &Fit<'_>, limit: usize, found: &mut Vec<(Rank<'a>, Place)>) {
        let rank = |class: u8, house: Option<&'a House>| -> Rank<'a> {
            let (value, number) = house.map_or((0, ""), |h| (h.value, h.number.as_str()));
            (class, fit.begun, fit.first, self.name.as_str(), value, number)
        };
        let before = found.len();
        let houses = self.addresses.iter().filter_map(|house| match fit.number {
            Some(number) if house.number.eq_ignore_ascii_case(number) => Some((0, house)),
            Some(number) => house.number.to_lowercase().starts_with(number).then_some((2, house)),
            None => Some((3, house)),
        });
        for (class, house) in houses.take(limit.saturating_mul(2)) {
            found.push((rank(class, Some(house)), self.address(house)));
        }
        // The street itself when it was named, and no house was, or not one that is there.
        if fit.named
            && (fit.number.is_none() || found.len() == before)
            && let Some(point) = self.middle
        {
            let place = Place {
                kind: PlaceKind::Street,
                label: self.name.clone(),
                point,
                street: Some(self.name.clone()),
                distance_m: None,
            };
            found.push((rank(1, None), place));
        }
    }

    fn address(&self, house: &House) -> Place {
        Place {
            kind: PlaceKind::Address,
            label: format!("{} {}", house.number, self.name),
            point: house.at,
            street: Some(self.name.clone()),
            distance_m: None,
        }
    }
}

impl House {
    fn new(address: &Address) -> Self {
        let digits = address.number.bytes().take_while(u8::is_ascii_digit);
        let value =
            digits.fold(0u64, |n, b| n.saturating_mul(10).saturating_add(u64::from(b - b'0')));
        Self { value, number: address.number.clone(), at: address.at }
    }
}

impl Place {
    fn typed(point: Point) -> Self {
        Self {
            kind: PlaceKind::Coordinates,
            label: format!("{:.5}, {:.5}", point.lat(), point.lon()),
            point,
            street: None,
            distance_m: None,
        }
    }
}

/// Small letters and digits, split at everything else; apostrophes join.
fn words(text: &str) -> Vec<String> {
    let text: String =
        text.chars().filter(|c| !matches!(c, '\'' | '’')).flat_map(char::to_lowercase).collect();
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|w| !w.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Half way along a line.
fn middle(line: &[Point]) -> Option<Point> {
    let legs: Vec<f64> = line.windows(2).map(|leg| leg[0].distance_m(leg[1])).collect();
    let mut left = legs.iter().sum::<f64>() / 2.0;
    for (leg, length) in line.windows(2).zip(legs) {
        if left <= length && length > 0.0 {
            let share = left / length;
            let between = |a: f64, b: f64| a + (b - a) * share;
            return Point::new(
                between(leg[0].lat(), leg[1].lat()),
                between(leg[0].lon(), leg[1].lon()),
            )
            .ok();
        }
        left -= length;
    }
    line.first().copied()
}

/// Reads typed coordinates, latitude first unless letters say otherwise: `44.61, -124.05`,
/// `44.61 -124.05`, `44.61° N 124.05° W`. None: the text is something else. Two whole numbers
/// without a comma are something else too.
pub fn coordinates(text: &str) -> Option<Result<Point, BadPoint>> {
    let text = text.replace('\u{2212}', "-");
    let mut numbers: Vec<(f64, Option<char>)> = Vec::new();
    let mut marked = text.contains([',', ';', '°']);
    let mut fractions = 0;
    for piece in text.split(|c: char| c.is_whitespace() || ",;°".contains(c)) {
        let letter =
            piece.chars().last().map(|c| c.to_ascii_uppercase()).filter(|c| "NSEW".contains(*c));
        let figures = if letter.is_some() { &piece[..piece.len() - 1] } else { piece };
        if !figures.is_empty() {
            if !figures.bytes().all(|b| b.is_ascii_digit() || b"+-.".contains(&b)) {
                return None;
            }
            fractions += usize::from(figures.contains('.'));
            numbers.push((figures.parse().ok()?, None));
        }
        if let Some(letter) = letter {
            let last = numbers.last_mut().filter(|(_, side)| side.is_none())?;
            last.1 = Some(letter);
            marked = true;
        }
    }
    let &[mut first, mut second] = numbers.as_slice() else {
        return None;
    };
    if !marked && fractions < 2 {
        return None;
    }
    if matches!(first.1, Some('E' | 'W')) || matches!(second.1, Some('N' | 'S')) {
        (first, second) = (second, first);
    }
    let signed = |(value, side): (f64, Option<char>), negative: char| match side {
        Some(letter) if letter == negative => -value.abs(),
        _ => value,
    };
    let crossed = matches!(first.1, Some('E' | 'W')) || matches!(second.1, Some('N' | 'S'));
    (!crossed).then(|| Point::new(signed(first, 'S'), signed(second, 'W')))
}

#[cfg(test)]
mod tests;
