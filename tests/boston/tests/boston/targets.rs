//! Which of our SLAs gives each type's target dates, and how often.

use std::collections::BTreeMap;

use mend_boston::records::Record;
use mend_boston::targets::{Counting, Rule};

use crate::{boston, percent};

/// Types with fewer rows are one line of the table together.
const FEW: usize = 50;
/// Of all rows with a target, those whose date our SLAs must give, in per cent; measured: 96.6.
const DAY_FLOOR: f64 = 96.0;
/// And those whose minute the rules must give as Boston counts; measured: 96.9.
const MINUTE_FLOOR: f64 = 96.3;

#[derive(Debug, Default, Clone)]
struct Counts {
    rows: usize,
    /// Rows with a target.
    targets: usize,
    /// Rows with a target that our SLA gives a date for.
    covered: usize,
    same_day: usize,
    same_minute: usize,
    their_day: usize,
    their_minute: usize,
}

impl Counts {
    fn of(counting: &Counting<'_>, rule: Option<&Rule>, rows: &[&Record]) -> Self {
        let mut counts = Self { rows: rows.len(), ..Self::default() };
        for row in rows.iter().filter(|row| row.target.is_some()) {
            counts.targets += 1;
            let Some(said) = rule.and_then(|rule| counting.say(rule, row)) else { continue };
            counts.covered += usize::from(said.ours.is_some());
            counts.same_day += usize::from(said.ours.is_some_and(|fit| fit.same_day));
            counts.same_minute += usize::from(said.ours.is_some_and(|fit| fit.same_minute));
            counts.their_day += usize::from(said.theirs.same_day);
            counts.their_minute += usize::from(said.theirs.same_minute);
        }
        counts
    }

    fn add(&mut self, other: &Self) {
        self.rows += other.rows;
        self.targets += other.targets;
        self.covered += other.covered;
        self.same_day += other.same_day;
        self.same_minute += other.same_minute;
        self.their_day += other.their_day;
        self.their_minute += other.their_minute;
    }

    fn line(&self, name: &str, rule: &str) -> String {
        format!(
            "  {:<40.40} {:>6} {:>6.1} {:>6.1} {:>6.1} {:>6.1} {:>6.1} {:>6.1}  {rule}",
            name,
            self.rows,
            percent(self.targets, self.rows),
            percent(self.covered, self.targets),
            percent(self.same_day, self.targets),
            percent(self.same_minute, self.targets),
            percent(self.their_day, self.targets),
            percent(self.their_minute, self.targets),
        )
    }
}

#[test]
fn our_slas_give_the_dates_of_the_targets() {
    let Some(boston) = boston() else { return };
    let counting = Counting::new(&boston.city);
    let mut by_type: BTreeMap<usize, Vec<&Record>> = BTreeMap::new();
    for row in &boston.records.rows {
        by_type.entry(row.service).or_default().push(row);
    }
    let mut types: Vec<_> = by_type.into_iter().collect();
    types.sort_by_key(|(_, rows)| std::cmp::Reverse(rows.len()));

    println!("\nTargets: the rule for each type, found in the rows that are not held out.");
    println!(
        "  In per cent: rows with a target; of those, rows that our SLA gives a date for, and"
    );
    println!("  that is the target's date, or minute; and the same of the rule as Boston counts.");
    println!(
        "  {:<40} {:>6} {:>6} {:>6} {:>6} {:>6} {:>6} {:>6}  rule",
        "type", "rows", "target", "covers", "day", "minute", "b.day", "b.min"
    );
    let (mut all, mut few, mut held_out) =
        (Counts::default(), Counts::default(), Counts::default());
    let mut few_types = 0;
    for (service, rows) in &types {
        let (held, learned): (Vec<&Record>, _) =
            rows.iter().copied().partition(|row| row.is_held_out());
        let rule = counting.rule(&learned);
        let held = Counts::of(&counting, rule.as_ref(), &held);
        let mut counts = Counts::of(&counting, rule.as_ref(), &learned);
        counts.add(&held);
        held_out.add(&held);
        all.add(&counts);
        if rows.len() < FEW {
            few.add(&counts);
            few_types += 1;
        } else {
            let words =
                rule.map_or_else(|| "none: too few targets".to_owned(), |rule| rule.words());
            println!("{}", counts.line(&boston.records.types[*service], &words));
        }
    }
    println!("{}", few.line(&format!("{few_types} types with fewer than {FEW} rows"), ""));
    println!("{}", all.line("all", ""));
    println!("{}", held_out.line("all, held-out fifth", ""));
    assert_eq!(all.rows, boston.records.rows.len(), "no row is left out");
    let day = percent(all.same_day, all.targets);
    assert!(day >= DAY_FLOOR, "{day:.2} % of the targets are on the day that our SLAs say");
    let minute = percent(all.their_minute, all.targets);
    assert!(minute >= MINUTE_FLOOR, "{minute:.2} % of the targets are at the minute of the rule");
}
