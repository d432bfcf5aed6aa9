//! Tests of houses on ranges.

use proptest::prelude::*;

use super::*;
use crate::city::pack::StreetClass;

fn point(lat: f64, lon: f64) -> Point {
    Point::new(lat, lon).unwrap()
}

fn segment(line: &[Point], left: Option<[u32; 2]>, right: Option<[u32; 2]>) -> Segment {
    Segment { line: line.to_vec(), class: StreetClass::Street, left, right, bridge: false }
}

/// Metres from a point to a line of two points along the plane through its beginning, positive on
/// its left; and metres along it. Written apart from the code under test.
fn off_and_along(line: [Point; 2], at: Point) -> (f64, f64) {
    let metres = |p: Point| {
        let x = (p.lon() - line[0].lon()) * line[0].lat().to_radians().cos();
        (x * METRES_PER_DEGREE, (p.lat() - line[0].lat()) * METRES_PER_DEGREE)
    };
    let ((ex, ey), (x, y)) = (metres(line[1]), metres(at));
    let length = ex.hypot(ey);
    ((ex * y - ey * x) / length, (ex * x + ey * y) / length)
}

#[test]
fn odd_left_and_even_right_along_a_segment() {
    let line = [point(44.63, -124.05), point(44.63, -124.048)];
    let segment = segment(&line, Some([201, 259]), Some([200, 258]));
    let ranges: Vec<_> = HouseRange::of(&segment).collect();
    assert_eq!(ranges.len(), 2);
    let length = line[0].distance_m(line[1]);
    let (off, along) = off_and_along(line, ranges[1].place(214).unwrap());
    assert!((off + OFFSET_M).abs() < 0.05, "{off}");
    let share = 14.0 / 58.0;
    assert!((along - (INSET_M + share * (length - 2.0 * INSET_M))).abs() < 0.05, "{along}");
    let (off, along) = off_and_along(line, ranges[0].place(201).unwrap());
    assert!((off - OFFSET_M).abs() < 0.05 && (along - INSET_M).abs() < 0.05);
    assert_eq!(ranges[0].place(214), None, "even is on the right");
    assert_eq!(ranges[1].place(260), None);
    assert_eq!(ranges[0].numbers().count(), 30);
}

#[test]
fn what_is_no_range_of_houses() {
    let line = [point(44.63, -124.05), point(44.63, -124.048)];
    let dot = [line[0], line[0]];
    let range = |line: &[Point], ends| HouseRange::new(line.to_vec(), Side::Left, ends).is_some();
    assert!(range(&line, [1, 1]) && range(&line, [9, 1]));
    assert!(!range(&line, [0, 0]), "0 is no number");
    assert!(!range(&line, [1, u32::MAX]), "no street has so many houses");
    assert!(!range(&dot, [1, 9]) && !range(&[line[0]], [1, 9]) && !range(&[], [1, 9]));
}

#[test]
fn a_number_is_placed_once() {
    let a = [point(44.63, -124.05), point(44.63, -124.048)];
    let b = [point(44.63, -124.048), point(44.63, -124.046)];
    let street = Street {
        name: "Kestrel Street".into(),
        segments: vec![
            segment(&a, Some([1, 19]), Some([2, 20])),
            segment(&b, Some([17, 31]), Some([22, 30])),
        ],
    };
    let placed = placed(&street, &BTreeSet::from([8, 21]));
    let elsewhere: Vec<Vec<u32>> = placed.into_iter().map(|range| range.elsewhere).collect();
    assert_eq!(elsewhere, [vec![], vec![8], vec![17, 19, 21], vec![]]);
}

#[test]
fn half_way_along_a_line() {
    let line = [point(44.0, 10.0), point(44.0, 10.0), point(44.0, 10.2), point(44.1, 10.2)];
    let found = middle(&line).unwrap();
    let before = line[0].distance_m(found);
    assert!((before - length(&line) / 2.0).abs() < 1.0, "{found:?}");
    assert_eq!(middle(&line[..1]), Some(line[0]));
    assert_eq!(middle(&[]), None);
    assert_eq!(value("12A"), 12);
    assert_eq!(value("99999999999999999999999"), u64::MAX);
}

fn ends() -> impl Strategy<Value = [u32; 2]> {
    (0u32..400, 0u32..400).prop_map(|(a, b)| [a, b])
}

proptest! {
    /// Every number of a range stands on its side, within the segment, in the order of the
    /// numbers; and only those do.
    #[test]
    fn houses_stand_on_their_side_in_order(
        (lat, lon) in (-60.0..60.0f64, 5.0..170.0f64),
        (dlat, dlon) in (-0.004..0.004f64, -0.004..0.004f64),
        ends in ends(),
        left in any::<bool>(),
    ) {
        let line = [point(lat, lon), point(lat + dlat, lon + dlon)];
        let length = line[0].distance_m(line[1]);
        prop_assume!(length > 1.0);
        let side = if left { Side::Left } else { Side::Right };
        // Slow and obvious: step by two from the first towards the last.
        let mut expected = Vec::new();
        let mut number = i64::from(ends[0]);
        let step = if ends[1] >= ends[0] { 2 } else { -2 };
        while (i64::from(ends[1]) - number) * step >= 0 {
            if number != 0 {
                expected.push(u32::try_from(number).unwrap());
            }
            number += step;
        }
        let Some(range) = HouseRange::new(line.to_vec(), side, ends) else {
            prop_assert_eq!(expected, Vec::<u32>::new());
            return Ok(());
        };
        prop_assert!(!expected.is_empty());
        let mut rising = expected.clone();
        rising.sort_unstable();
        prop_assert_eq!(range.numbers().collect::<Vec<_>>(), rising.clone());
        prop_assert_eq!(Some(&range.bounds().1), rising.last());
        for number in 0..420 {
            prop_assert_eq!(range.has(number), rising.contains(&number));
            prop_assert_eq!(range.place(number).is_some(), rising.contains(&number));
            let distance = |n: &&u32| n.abs_diff(number);
            prop_assert_eq!(
                range.nearest_number(number).abs_diff(number),
                rising.iter().min_by_key(distance).unwrap().abs_diff(number)
            );
        }
        let mut last = 0.0;
        for number in expected {
            let (off, along) = off_and_along(line, range.place(number).unwrap());
            let wanted = if left { OFFSET_M } else { -OFFSET_M };
            prop_assert!((off - wanted).abs() < 0.2, "{} off", off);
            prop_assert!(along > last && along < length, "{} after {} of {}", along, last, length);
            last = along;
        }
    }
}
