//! Typed coordinates.

use crate::location::{BadPoint, Point};

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
mod tests {
    use super::*;

    #[test]
    fn coordinates_in_every_usual_spelling() {
        let read = |text| coordinates(text).map(|r| r.map(|p| (p.lat(), p.lon())));
        for text in [
            "44.61, -124.05",
            "44.61 -124.05",
            "44.61;-124.05",
            "44.61° N, 124.05° W",
            "44.61N 124.05W",
            "124.05 w 44.61 n",
            "44.61, \u{2212}124.05",
        ] {
            assert_eq!(read(text), Some(Ok((44.61, -124.05))), "{text:?}");
        }
        assert_eq!(read("0,0"), Some(Err(BadPoint::NullIsland)));
        assert_eq!(read("91, 5"), Some(Err(BadPoint::OutOfRange)));
        assert_eq!(read("44.61, 190"), Some(Err(BadPoint::OutOfRange)));
        for text in
            ["214 kes", "44 12", "44.61", "1,2,3", "nan, inf", "44.61 N 124.05 S", "N", "", "1e3,2"]
        {
            assert_eq!(read(text), None, "{text:?}");
        }
    }
}
