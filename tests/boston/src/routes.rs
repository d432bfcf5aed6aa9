//! Rules derived from what was done: for a service in some districts, the queue that its requests
//! there mostly went to.
//!
//! 1. Each service goes to the queue that most of its requests went to. That is its department in
//!    the catalogue and no rule; the tests count it as one all the same.
//! 2. In rounds: for each service and each layer, zone by zone, the queue that would be right most
//!    often is set against what the rules so far say. A zone counts if that is right for at least
//!    [`Thresholds::gain`] rows more. Of all layers the one that gains most is taken, after
//!    [`Thresholds::price`] rows for each of its zones, since small zones fit by chance. The next
//!    round looks for exceptions to all that.
//! 3. Services with the same queue in the same zones of the same layer share a rule.
//! 4. The rules that gain most stay, up to the number that is wanted, those of later rounds first.

use std::collections::{BTreeMap, BTreeSet};

/// Most rules, services' own departments included.
pub const MOST_RULES: usize = 400;

/// A row to learn from.
#[derive(Debug, Clone)]
pub struct Sample {
    /// Index of the type.
    pub service: usize,
    /// Index of the queue.
    pub queue: usize,
    /// By layer, the code of the zone.
    pub zones: Vec<Option<String>>,
}

/// A rule: these services in these zones go to this queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Indexes of types.
    pub services: BTreeSet<usize>,
    /// Index into [`crate::zones::LAYERS`].
    pub layer: usize,
    /// Codes of zones.
    pub zones: BTreeSet<String>,
    /// Index of the queue.
    pub queue: usize,
    /// Rows of those learned from that it sets right, less those that it sets wrong.
    pub gain: usize,
}

/// All that was derived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Derived {
    /// Read from the top.
    pub rules: Vec<Rule>,
    /// By type, the queue when no rule fits.
    pub otherwise: Vec<usize>,
}

/// When a zone counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thresholds {
    /// Least gain of a zone, in rows.
    pub gain: usize,
    /// What a zone costs when layers are compared, in rows.
    pub price: usize,
    /// How many rounds.
    pub rounds: usize,
}

/// Derives at most `most` rules for `types` services.
pub fn derive(samples: &[Sample], types: usize, most: usize, thresholds: Thresholds) -> Derived {
    let mut by_type: Vec<Vec<&Sample>> = vec![Vec::new(); types];
    for sample in samples {
        by_type[sample.service].push(sample);
    }
    // A type that nobody has seen goes where most requests go.
    let usual = majority(samples.iter().map(|s| s.queue)).map_or(0, |(queue, _)| queue);
    let mut rounds: Vec<BTreeMap<Key, Rule>> = vec![BTreeMap::new(); thresholds.rounds];
    let mut otherwise = Vec::with_capacity(types);
    for (service, rows) in by_type.iter().enumerate() {
        let queue = majority(rows.iter().map(|s| s.queue)).map_or(usual, |(queue, _)| queue);
        otherwise.push(queue);
        let mut said: Vec<usize> = vec![queue; rows.len()];
        for round in &mut rounds {
            let Some(layer) = best_layer(rows, &said, thresholds) else { break };
            for (said, sample) in said.iter_mut().zip(rows) {
                let found = sample.zones[layer.layer].as_ref().and_then(|z| layer.zones.get(z));
                if let Some((queue, _)) = found {
                    *said = *queue;
                }
            }
            for rule in layer.rules(service) {
                let key = (rule.layer, rule.queue, rule.zones.clone());
                round
                    .entry(key)
                    .and_modify(|known| {
                        known.services.insert(service);
                        known.gain += rule.gain;
                    })
                    .or_insert(rule);
            }
        }
    }
    let mut rules: Vec<(usize, Rule)> = rounds
        .into_iter()
        .enumerate()
        .flat_map(|(round, rules)| rules.into_values().map(move |rule| (round, rule)))
        .collect();
    rules.sort_by_key(|(_, rule)| std::cmp::Reverse(rule.gain));
    rules.truncate(most);
    rules.sort_by_key(|(round, _)| std::cmp::Reverse(*round));
    Derived { rules: rules.into_iter().map(|(_, rule)| rule).collect(), otherwise }
}

/// Layer, queue, zones.
type Key = (usize, usize, BTreeSet<String>);

/// What a layer would set right for a service.
struct LayerGain {
    layer: usize,
    /// Zone to the better queue, and how many rows more are right.
    zones: BTreeMap<String, (usize, usize)>,
}

impl LayerGain {
    fn rules(&self, service: usize) -> Vec<Rule> {
        let mut by_queue: BTreeMap<usize, Rule> = BTreeMap::new();
        for (zone, (queue, gain)) in &self.zones {
            let rule = by_queue.entry(*queue).or_insert_with(|| Rule {
                services: BTreeSet::from([service]),
                layer: self.layer,
                zones: BTreeSet::new(),
                queue: *queue,
                gain: 0,
            });
            rule.zones.insert(zone.clone());
            rule.gain += gain;
        }
        by_queue.into_values().collect()
    }

    fn worth(&self, price: usize) -> usize {
        let gain: usize = self.zones.values().map(|(_, gain)| gain).sum();
        gain.saturating_sub(price * self.zones.len())
    }
}

/// The layer that sets most right, if any does.
fn best_layer(rows: &[&Sample], said: &[usize], thresholds: Thresholds) -> Option<LayerGain> {
    let layers = rows.first()?.zones.len();
    let gains = (0..layers).map(|layer| {
        let mut counts: BTreeMap<&str, (usize, Vec<usize>)> = BTreeMap::new();
        for (sample, said) in rows.iter().zip(said) {
            let Some(zone) = &sample.zones[layer] else { continue };
            let (right, queues) = counts.entry(zone).or_default();
            *right += usize::from(sample.queue == *said);
            queues.push(sample.queue);
        }
        let zones = counts.into_iter().filter_map(|(zone, (right, queues))| {
            let (queue, best) = majority(queues.into_iter())?;
            let gain = best.checked_sub(right).filter(|gain| *gain >= thresholds.gain)?;
            Some((zone.to_owned(), (queue, gain)))
        });
        LayerGain { layer, zones: zones.collect() }
    });
    let best = gains.max_by_key(|gain| gain.worth(thresholds.price))?;
    (best.worth(thresholds.price) > 0).then_some(best)
}

/// The most frequent queue and its rows; of equals, the first.
fn majority(queues: impl Iterator<Item = usize>) -> Option<(usize, usize)> {
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    for queue in queues {
        *counts.entry(queue).or_default() += 1;
    }
    counts.into_iter().max_by_key(|(queue, count)| (*count, std::cmp::Reverse(*queue)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Thresholds = Thresholds { gain: 3, price: 2, rounds: 2 };

    /// `count` requests of a service in a zone of each of two layers.
    fn samples(count: usize, service: usize, zones: [&str; 2], queue: usize) -> Vec<Sample> {
        let zones = zones.map(|zone| (!zone.is_empty()).then(|| zone.to_owned())).to_vec();
        vec![Sample { service, queue, zones }; count]
    }

    /// The plain way to read rules.
    fn said(derived: &Derived, sample: &Sample) -> usize {
        let fits = |rule: &&Rule| {
            rule.services.contains(&sample.service)
                && sample.zones[rule.layer].as_ref().is_some_and(|z| rule.zones.contains(z))
        };
        derived.rules.iter().find(fits).map_or(derived.otherwise[sample.service], |r| r.queue)
    }

    fn town() -> Vec<Sample> {
        [
            samples(50, 0, ["north", "park"], 7),
            samples(60, 0, ["north", ""], 0),
            samples(90, 0, ["middle", ""], 1),
            samples(20, 0, ["south", ""], 2),
            samples(90, 1, ["middle", ""], 1),
            samples(30, 1, ["south", ""], 2),
            // Someone's slip of the hand.
            samples(2, 1, ["middle", "square"], 3),
        ]
        .concat()
    }

    #[test]
    fn districts_and_the_exceptions_in_them_are_found() {
        let samples = town();
        let derived = derive(&samples, 3, 100, ALL);
        assert_eq!(derived.otherwise, [1, 1, 1], "and an unknown service goes the usual way");
        let wrong: Vec<&Sample> =
            samples.iter().filter(|sample| said(&derived, sample) != sample.queue).collect();
        assert!(wrong.iter().all(|sample| sample.queue == 3), "{wrong:?}");
        assert_eq!(wrong.len(), 2);
        assert_eq!(derived.rules[0].zones, BTreeSet::from(["park".to_owned()]), "exceptions first");
        let south: Vec<&Rule> = derived.rules.iter().filter(|rule| rule.queue == 2).collect();
        assert_eq!(south.len(), 1, "two services share it");
        assert_eq!(south[0].services, BTreeSet::from([0, 1]));
        assert_eq!(south[0].gain, 50);
    }

    #[test]
    fn what_rules_gain_is_what_they_set_right() {
        let samples = town();
        let right = |derived: &Derived| {
            samples.iter().filter(|sample| said(derived, sample) == sample.queue).count()
        };
        let alone = right(&derive(&samples, 2, 0, ALL));
        let derived = derive(&samples, 2, 100, ALL);
        let gained: usize = derived.rules.iter().map(|rule| rule.gain).sum();
        assert_eq!(right(&derived), alone + gained);
    }

    #[test]
    fn of_too_many_rules_those_stay_that_gain_most() {
        let most = derive(&town(), 2, 1, ALL);
        assert_eq!(most.rules.len(), 1);
        let all = derive(&town(), 2, 100, ALL);
        assert_eq!(Some(most.rules[0].gain), all.rules.iter().map(|rule| rule.gain).max());
    }
}
