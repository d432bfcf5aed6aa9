//! Figures: what was measured, and the same of something plain.

use serde::Serialize;

/// One measured value.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figure {
    /// `locate.zones`.
    pub name: String,
    /// What was measured.
    pub value: f64,
    /// Its unit: `1/s`, `ms`, `MiB`.
    pub unit: &'static str,
    /// The same of something plain, in the same run; none: there is nothing to compare it with.
    pub baseline: Option<f64>,
    /// How much better than the baseline: above 1 is better, whatever the unit.
    pub ratio: Option<f64>,
}

impl Figure {
    /// A figure with nothing beside it.
    pub fn alone(name: &str, value: f64, unit: &'static str) -> Self {
        Self { name: name.to_owned(), value, unit, baseline: None, ratio: None }
    }

    /// A rate: the higher, the better.
    pub fn rate(name: &str, value: f64, baseline: f64) -> Self {
        let ratio = Some(value / baseline);
        Self { name: name.to_owned(), value, unit: "1/s", baseline: Some(baseline), ratio }
    }

    /// A time or a size: the less, the better.
    pub fn less(name: &str, value: f64, baseline: f64, unit: &'static str) -> Self {
        let ratio = Some(baseline / value);
        Self { name: name.to_owned(), value, unit, baseline: Some(baseline), ratio }
    }
}

/// The middle one of several measurements; of an even number, the upper of the two.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The least value that at least this share of the measurements does not exceed.
pub fn percentile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (sorted.len() as f64 * share).ceil().max(1.0) as usize;
    sorted.get(rank - 1).copied().unwrap_or(f64::NAN)
}

/// Figures as lines, aligned.
pub fn table(figures: &[Figure]) -> String {
    let mut lines = format!(
        "  {:<26}{:>14} {:<6}{:>14}{:>9}\n",
        "figure", "value", "unit", "baseline", "ratio"
    );
    for figure in figures {
        let baseline = figure.baseline.map_or_else(|| "-".to_owned(), number);
        let ratio = figure.ratio.map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.1} x"));
        lines += &format!(
            "  {:<26}{:>14} {:<6}{baseline:>14}{ratio:>9}\n",
            figure.name,
            number(figure.value),
            figure.unit
        );
    }
    lines
}

/// Three digits for small values; whole numbers, in groups of three, for large ones.
fn number(value: f64) -> String {
    if value < 100.0 {
        return format!("{value:.2}");
    }
    let digits = format!("{value:.0}");
    let mut grouped = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_one() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![4.0, 1.0, 3.0, 2.0]), 3.0);
        assert!(median(Vec::new()).is_nan());
    }

    #[test]
    fn percentiles_are_measured_values() {
        let values: Vec<f64> = (1..=200).rev().map(f64::from).collect();
        assert_eq!(
            [0.0, 0.5, 0.99, 1.0].map(|share| percentile(&values, share)),
            [1.0, 100.0, 198.0, 200.0]
        );
        assert!(percentile(&[], 0.5).is_nan());
        assert_eq!(Figure::less("a", 2.0, 6.0, "ms").ratio, Some(3.0));
    }

    #[test]
    fn a_figure_has_the_five_members_that_readers_of_the_file_expect() {
        let json = serde_json::to_value(Figure::rate("a.b", 300.0, 100.0)).unwrap();
        let expected = serde_json::json!(
            {"name": "a.b", "value": 300.0, "unit": "1/s", "baseline": 100.0, "ratio": 3.0});
        assert_eq!(json, expected);
        let alone = serde_json::to_value(Figure::alone("a.c", 1.0, "ms")).unwrap();
        assert!(alone["baseline"].is_null() && alone["ratio"].is_null());
    }

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(number(1_234_567.8), "1,234,568");
        assert_eq!(number(123.0), "123");
        assert_eq!(number(9.876), "9.88");
    }
}
