//! Does a position lie in the zone that the record names?

use mend_boston::records::Record;
use mend_boston::zones::{self, LAYERS, POLICE, WARD};
use mend_core::location::{METRES_PER_DEGREE, Point};

use crate::{Boston, boston, percent};

#[test]
fn positions_lie_in_the_zones_that_records_name() {
    let Some(boston) = boston() else { return };
    let nowhere = boston.records.rows.iter().filter(|row| row.is_nowhere()).count();
    let without = boston.records.rows.iter().filter(|row| row.at.is_none()).count();
    println!(
        "\nZone labels against polygons: {} rows, {nowhere} of them on City Hall's position and \
         {without} without one; of the rest:",
        boston.records.rows.len()
    );
    println!(
        "  {:<8}{:>9}{:>10}{:>8}{:>9}{:>12}{:>14}{:>10}{:>10}",
        "layer",
        "rows",
        "unlabelled",
        "judged",
        "agree",
        "agree",
        "else: ≤ 12 m",
        "≤ 100 m",
        "further"
    );
    for (layer, label, goal) in [
        (POLICE, (|row| &row.police_label) as fn(&Record) -> &String, 99.5),
        (WARD, |row| &row.ward_label, 98.5),
    ] {
        let counts = Counts::of(boston, layer, label);
        println!("{}", counts.line(layer));
        assert!(
            counts.share() >= goal,
            "{layer}: {:.2} % of the labels agree, and {goal} % should",
            counts.share()
        );
    }
}

#[derive(Debug, Default)]
struct Counts {
    rows: usize,
    unlabelled: usize,
    agree: usize,
    /// Rounding of the coordinates to four decimals moves a position by up to 7 m.
    within_12_m: usize,
    within_100_m: usize,
    further: usize,
}

impl Counts {
    fn of(boston: &Boston, layer: &str, label: fn(&Record) -> &String) -> Self {
        let index = LAYERS.iter().position(|l| l.layer == layer).unwrap();
        let mut counts = Self::default();
        for (row, zones) in boston.records.rows.iter().zip(&boston.located) {
            let Some(at) = row.at.filter(|_| !row.is_nowhere()) else { continue };
            counts.rows += 1;
            let label = label(row);
            if label.is_empty() {
                counts.unlabelled += 1;
                continue;
            }
            let label = zones::code(label);
            let nearby = |metres| {
                around(at, metres)
                    .into_iter()
                    .any(|at| boston.city.locate(at, row.opened_at).get(layer) == Some(&label))
            };
            if zones[index].as_ref() == Some(&label) {
                counts.agree += 1;
            } else if nearby(12.0) {
                counts.within_12_m += 1;
            } else if [25.0, 50.0, 75.0, 100.0].into_iter().any(nearby) {
                counts.within_100_m += 1;
            } else {
                counts.further += 1;
            }
        }
        counts
    }

    fn judged(&self) -> usize {
        self.rows - self.unlabelled
    }

    fn share(&self) -> f64 {
        percent(self.agree, self.judged())
    }

    fn line(&self, layer: &str) -> String {
        format!(
            "  {layer:<8}{:>9}{:>10}{:>8}{:>9}{:>10.2} %{:>14}{:>10}{:>10}",
            self.rows,
            self.unlabelled,
            self.judged(),
            self.agree,
            self.share(),
            self.within_12_m,
            self.within_100_m,
            self.further
        )
    }
}

/// Sixteen points on a circle.
fn around(at: Point, metres: f64) -> Vec<Point> {
    let north = metres / METRES_PER_DEGREE;
    let east = north / at.lat().to_radians().cos();
    let angles = (0..16).map(|i| f64::from(i) * std::f64::consts::TAU / 16.0);
    angles
        .filter_map(|a| Point::new(at.lat() + a.sin() * north, at.lon() + a.cos() * east).ok())
        .collect()
}
