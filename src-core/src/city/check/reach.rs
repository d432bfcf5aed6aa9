//! Routes that can never match.
//!
//! What a route waits for is an area in a space whose axes are what a rule can look at: priority,
//! zone of each layer, each answer, kind and owner of the asset, and the time. A route can never
//! match if its area is empty, or if the areas of the routes above it cover it. The axes are taken
//! for independent, which they are not quite: a route that is said never to match never does, but
//! not each that never does is found.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use geo::{Intersects, MultiPolygon};
use jiff::civil::Date;

use super::rules::{minute_of, named};
use super::{Faults, Part};
use crate::catalogue::{Answer, Priority, QuestionKind, Service};
use crate::city::pack::{
    AssetRule, BEYOND, CityPack, OUTLINE, Offices, RouteRule, TimeRule, Weekday,
};
use crate::city::zones;

/// Most parts that the rest of an area may fall into; beyond that nothing is said of it.
const MAX_PARTS: usize = 500;
/// Most areas that are compared for a whole city: a moment's work.
const MAX_WORK: usize = 3_000_000;

/// A route can look at services that the city no longer offers: those that name none do.
type Asked<'a> = Option<&'a Service>;

/// Which values of an axis: one bit for each.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Values(Vec<u64>);

impl Values {
    fn none(count: usize) -> Self {
        Self(vec![0; count.div_ceil(64)])
    }

    fn of(count: usize, values: impl IntoIterator<Item = usize>) -> Self {
        let mut some = Self::none(count);
        for value in values {
            some.0[value / 64] |= 1 << (value % 64);
        }
        some
    }

    fn all(count: usize) -> Self {
        Self::of(count, 0..count)
    }

    fn is_empty(&self) -> bool {
        self.0.iter().all(|bits| *bits == 0)
    }

    fn both(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(a, b)| a & b).collect())
    }

    fn meets(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).any(|(a, b)| a & b != 0)
    }

    fn within(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).all(|(a, b)| a & !b == 0)
    }

    fn without(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(a, b)| a & !b).collect())
    }
}

/// Something that a rule can look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Axis<'a> {
    Priority,
    Offices,
    Zone(&'a str),
    Answer(&'a str),
    Kind,
    Owner,
    Weekday,
    Month,
    Minute,
}

/// The values that a route waits for, by axis; on an axis that is not named, all.
type Area<'a> = BTreeMap<Axis<'a>, Values>;

/// Whether one area lies in another. An axis that is named never has all its values, so that an
/// area that does not name it goes beyond.
fn lies_in(area: &Area<'_>, other: &Area<'_>) -> bool {
    other.iter().all(|(axis, values)| area.get(axis).is_some_and(|mine| mine.within(values)))
}

/// What is left of an area when another is taken away: parts that do not overlap. None when the
/// two have nothing in common.
fn subtract<'a>(area: &Area<'a>, taken: &Area<'a>, space: &Space<'_, 'a>) -> Option<Vec<Area<'a>>> {
    let apart = |(axis, values): (&Axis<'a>, &Values)| {
        area.get(axis).map_or(values.is_empty(), |mine| !mine.meets(values))
    };
    if taken.iter().any(apart) {
        return None;
    }
    let mut parts = Vec::new();
    let mut common = area.clone();
    for (axis, values) in taken {
        let mine = area.get(axis).cloned().unwrap_or_else(|| Values::all(space.size(*axis)));
        let rest = mine.without(values);
        if !rest.is_empty() {
            let mut part = common.clone();
            part.insert(*axis, rest);
            parts.push(part);
            common.insert(*axis, mine.both(values));
        }
    }
    Some(parts)
}

const PRIORITIES: [Priority; 4] =
    [Priority::Low, Priority::Medium, Priority::High, Priority::Critical];
const WEEKDAYS: [Weekday; 7] = [
    Weekday::Monday,
    Weekday::Tuesday,
    Weekday::Wednesday,
    Weekday::Thursday,
    Weekday::Friday,
    Weekday::Saturday,
    Weekday::Sunday,
];
const OPEN: usize = 0;
const CLOSED: usize = 1;
/// The first value of the axes that may also have none: no zone, no asset, no answer.
const NONE: usize = 0;

/// The values that a city's routes tell apart.
struct Scales<'a> {
    /// By layer, its codes.
    zones: BTreeMap<&'a str, Vec<&'a str>>,
    kinds: Vec<&'a str>,
    owners: Vec<&'a str>,
    /// Where the times of day begin between which there is a difference; the first is midnight.
    minutes: Vec<u16>,
}

impl<'a> Scales<'a> {
    fn of(pack: &'a CityPack) -> Self {
        let codes = |layer: &'a str| {
            let features = pack.zones.get(layer).map_or(&[][..], |zones| &zones.features[..]);
            let codes = features.iter().filter_map(|feature| zones::text(feature, "code"));
            distinct(codes)
        };
        let layers = pack.routes.iter().flat_map(|rule| rule.zones.keys()).map(String::as_str);
        let assets = || pack.routes.iter().filter_map(|rule| rule.asset.as_ref());
        let times = pack.routes.iter().filter_map(|rule| between(rule.time.as_ref()?));
        Self {
            zones: layers.map(|layer| (layer, codes(layer))).collect(),
            kinds: distinct(assets().flat_map(|asset| &asset.kinds).map(String::as_str)),
            owners: distinct(assets().flat_map(|asset| &asset.owners).map(String::as_str)),
            minutes: distinct(times.flat_map(|(from, until)| [0, from, until])),
        }
    }
}

fn distinct<T: Ord>(some: impl Iterator<Item = T>) -> Vec<T> {
    some.collect::<BTreeSet<T>>().into_iter().collect()
}

/// The values of all axes for one service.
struct Space<'s, 'a> {
    pack: &'a CityPack,
    service: Asked<'a>,
    scales: &'s Scales<'a>,
}

impl<'a> Space<'_, 'a> {
    fn size(&self, axis: Axis<'_>) -> usize {
        match axis {
            Axis::Priority => PRIORITIES.len(),
            Axis::Offices => 2,
            Axis::Zone(layer) => 1 + self.scales.zones.get(layer).map_or(0, Vec::len),
            Axis::Answer(question) => {
                1 + match self.service.and_then(|s| s.question(question)).map(|q| &q.kind) {
                    Some(QuestionKind::Choice(choices)) => choices.len(),
                    Some(QuestionKind::Flag) => 2,
                    _ => 0,
                }
            }
            // One more for kinds and owners that no route and no asset names.
            Axis::Kind => 2 + self.scales.kinds.len(),
            Axis::Owner => 2 + self.scales.owners.len(),
            Axis::Weekday => WEEKDAYS.len(),
            Axis::Month => 12,
            Axis::Minute => self.scales.minutes.len(),
        }
    }

    fn pick<T: PartialEq>(
        &self,
        axis: Axis<'_>,
        all: &[T],
        first: usize,
        some: impl Fn(&T) -> bool,
    ) -> Values {
        let picked = all.iter().enumerate().filter(|(_, value)| some(value));
        Values::of(self.size(axis), picked.map(|(i, _)| first + i))
    }

    /// What a rule waits for, as its conditions say. Names no axis with all its values.
    fn area(&self, rule: &'a RouteRule) -> Area<'a> {
        let mut area = Area::new();
        if let Some(least) = rule.at_least {
            area.insert(Axis::Priority, self.pick(Axis::Priority, &PRIORITIES, 0, |p| *p >= least));
        }
        for (layer, wanted) in &rule.zones {
            let axis = Axis::Zone(layer);
            let codes = self.scales.zones.get(layer.as_str()).map_or(&[][..], Vec::as_slice);
            let values = self.pick(axis, codes, NONE + 1, |code| wanted.iter().any(|w| w == code));
            area.insert(axis, values);
        }
        for (question, answer) in &rule.answers {
            let axis = Axis::Answer(question);
            let value = match (self.service.and_then(|s| s.question(question)), answer) {
                (Some(asked), Answer::Choice(choice)) => match &asked.kind {
                    QuestionKind::Choice(choices) => choices.iter().position(|c| c == choice),
                    _ => None,
                },
                (Some(_), Answer::Flag(flag)) => Some(usize::from(*flag)),
                _ => None,
            };
            let value = value.map(|value| NONE + 1 + value);
            area.insert(axis, Values::of(self.size(axis), value));
        }
        if let Some(asset) = &rule.asset {
            self.asset(asset, &mut area);
        }
        if let Some(time) = &rule.time {
            self.time(time, &mut area);
        }
        area.retain(|axis, values| *values != Values::all(self.size(*axis)));
        area
    }

    fn asset(&self, asset: &AssetRule, area: &mut Area<'a>) {
        let wanted = |codes: &[String], code: &&str| codes.iter().any(|c| c == code);
        let any = |axis: Axis<'_>| Values::of(self.size(axis), 1..self.size(axis));
        let kinds = if asset.kinds.is_empty() {
            any(Axis::Kind)
        } else {
            self.pick(Axis::Kind, &self.scales.kinds, NONE + 1, |code| wanted(&asset.kinds, code))
        };
        area.insert(Axis::Kind, kinds);
        if !asset.owners.is_empty() {
            let owners = self.pick(Axis::Owner, &self.scales.owners, NONE + 1, |code| {
                wanted(&asset.owners, code)
            });
            area.insert(Axis::Owner, owners);
        }
    }

    fn time(&self, time: &TimeRule, area: &mut Area<'a>) {
        if let Some(offices) = time.offices {
            let value = if offices == Offices::Open { OPEN } else { CLOSED };
            area.insert(Axis::Offices, Values::of(2, [value]));
        }
        if !time.weekdays.is_empty() {
            let days = self.pick(Axis::Weekday, &WEEKDAYS, 0, |day| time.weekdays.contains(day));
            area.insert(Axis::Weekday, days);
        }
        if !time.months.is_empty() {
            let months =
                (0..12).filter(|month| time.months.iter().any(|m| usize::from(*m) == month + 1));
            area.insert(Axis::Month, Values::of(12, months));
        }
        if let Some((from, until)) = between(time) {
            let values =
                self.pick(Axis::Minute, &self.scales.minutes, 0, |m| within(*m, from, until));
            area.insert(Axis::Minute, values);
        }
    }

    /// What can come to a rule: its area without what cannot be. A priority that no answer of the
    /// rule's leads to; open offices on a day without office hours.
    fn possible(&self, rule: &'a RouteRule) -> Area<'a> {
        let mut area = self.area(rule);
        let priorities = self.priorities(rule);
        let mut possible = self.pick(Axis::Priority, &PRIORITIES, 0, |p| priorities.contains(p));
        if let Some(wanted) = area.get(&Axis::Priority) {
            possible = possible.both(wanted);
        }
        area.insert(Axis::Priority, possible);
        if !self.ever_open(rule.time.as_ref()) {
            let closed = Values::of(2, [CLOSED]);
            let possible = area.get(&Axis::Offices).map_or(closed.clone(), |o| o.both(&closed));
            area.insert(Axis::Offices, possible);
        }
        area
    }

    /// The priorities that requests with the rule's answers can have.
    fn priorities(&self, rule: &RouteRule) -> BTreeSet<Priority> {
        let Some(service) = self.service else {
            // As for any service that the city no longer offers.
            return BTreeSet::from([Priority::Medium]);
        };
        let certain = service.priority_for(&rule.answers).0;
        let free = service.questions.iter().filter(|q| !rule.answers.contains_key(&q.code));
        let maybe = free.flat_map(|question| &question.raises).map(|raise| raise.to);
        std::iter::once(certain).chain(maybe.filter(|to| *to > certain)).collect()
    }

    /// Whether the offices are open at any time that fits.
    fn ever_open(&self, time: Option<&TimeRule>) -> bool {
        self.pack.calendar.hours.iter().any(|(weekday, hours)| {
            let Some(time) = time else { return true };
            let (Some(opens), Some(closes)) = (minute_of(&hours.opens), minute_of(&hours.closes))
            else {
                return true;
            };
            (time.weekdays.is_empty() || time.weekdays.contains(weekday))
                && between(time).is_none_or(|(from, until)| {
                    (opens..closes).any(|minute| within(minute, from, until))
                })
        })
    }
}

/// A route for all zones of a layer that covers the city. A report may still lie in a gap of a few
/// square metres, so that routes below are not said never to match.
fn everywhere(pack: &CityPack, i: usize, rule: &RouteRule, faults: &mut Faults) {
    for (layer, wanted) in rule.zones.iter().filter(|(layer, _)| covers_the_city(pack, layer)) {
        let features = pack.zones.get(layer).map_or(&[][..], |layer| &layer.features[..]);
        let mut codes = features.iter().filter_map(|feature| zones::text(feature, "code"));
        if codes.all(|code| wanted.iter().any(|w| w == code)) {
            faults.warn(
                &Part::Route,
                i,
                format!(
                    "The route {:?} names every zone of {layer:?}: it is for the whole city.",
                    rule.code
                ),
                "Leave these zones out, so that it can be seen what routes below still get.",
            );
        }
    }
}

/// Whether every report lies in a zone of the layer, whenever it comes: it must cover the city, the
/// city says where it ends, and no zone has dates.
fn covers_the_city(pack: &CityPack, layer: &str) -> bool {
    let always = |feature| zones::period(feature).is_ok_and(|period| period.is_open());
    pack.zones.contains_key(OUTLINE)
        && layer != BEYOND
        && !pack.partial_layers.iter().any(|partial| partial == layer)
        && pack.zones.get(layer).is_some_and(|zones| zones.features.iter().all(always))
}

fn between(time: &TimeRule) -> Option<(u16, u16)> {
    let [from, until] = time.between.as_ref()?;
    Some((minute_of(from)?, minute_of(until)?))
}

fn within(minute: u16, from: u16, until: u16) -> bool {
    if from <= until { (from..until).contains(&minute) } else { minute >= from || minute < until }
}

/// What becomes of a route's requests of one service.
enum Fate {
    /// Some may come.
    Comes,
    /// None can be; the end of a sentence.
    Never(String),
    /// Routes above take all of them.
    Taken(BTreeSet<usize>),
}

/// Adds what is wrong with what routes wait for. Expects sound services, routes and zones.
pub(super) fn check(pack: &CityPack, today: Option<Date>, faults: &mut Faults) {
    let fates = fates(pack, faults);
    let mut ground = Ground::new(pack);
    for (i, (rule, fates)) in pack.routes.iter().zip(fates).enumerate() {
        if !say(pack, i, rule, &fates, faults) {
            ground.check(i, rule, faults);
        }
        everywhere(pack, i, rule, faults);
        if let Some(today) = today {
            over(pack, today, i, rule, faults);
        }
        for service in rule.services.iter().filter_map(|code| pack.services.service(code)) {
            asset_of_another(i, rule, service, faults);
        }
    }
}

/// For each route, what becomes of each service that it is for; none: a service that the city no
/// longer offers.
fn fates<'a>(pack: &'a CityPack, faults: &mut Faults) -> Vec<Vec<(Asked<'a>, Fate)>> {
    let scales = Scales::of(pack);
    let space = |service| Space { pack, service, scales: &scales };
    let is_general = |rule: &RouteRule| rule.services.is_empty();
    // Without answers, which only rules for certain services have, an area is the same for all.
    let general: Vec<Area<'a>> = pack.routes.iter().map(|rule| space(None).area(rule)).collect();
    let mut fates: Vec<Vec<(Asked<'a>, Fate)>> = pack.routes.iter().map(|_| Vec::new()).collect();
    let mut work = 0;
    for service in std::iter::once(None).chain(pack.services.services.iter().map(Some)) {
        let space = space(service);
        let is_for = |rule: &RouteRule| {
            is_general(rule) || service.is_some_and(|service| rule.services.contains(&service.code))
        };
        let mut above: Vec<(usize, Cow<'_, Area<'a>>)> = Vec::new();
        for (i, rule) in pack.routes.iter().enumerate().filter(|(_, rule)| is_for(rule)) {
            // Of a rule for all services it is enough to know one that comes.
            let comes = |(_, fate): &(Asked<'_>, Fate)| matches!(fate, Fate::Comes);
            if !(is_general(rule) && fates[i].iter().any(comes)) {
                fates[i].push((service, space.fate(rule, &above, &mut work)));
            }
            above.push(match is_general(rule) {
                true => (i, Cow::Borrowed(&general[i])),
                false => (i, Cow::Owned(space.area(rule))),
            });
        }
    }
    if work >= MAX_WORK {
        faults.warn(
            &Part::Route,
            None,
            "There are too many routes to look for all that can never match.",
            "Put routes that differ in one condition only into one.",
        );
    }
    fates
}

impl<'a> Space<'_, 'a> {
    fn fate(
        &self,
        rule: &'a RouteRule,
        above: &[(usize, Cow<'_, Area<'a>>)],
        work: &mut usize,
    ) -> Fate {
        if *work >= MAX_WORK {
            return Fate::Comes;
        }
        let possible = self.possible(rule);
        if let Some((axis, _)) = possible.iter().find(|(_, values)| values.is_empty()) {
            return Fate::Never(self.why(rule, *axis));
        }
        // One route that takes all of them says more than several that do so together.
        *work += above.len();
        if let Some((taker, _)) = above.iter().find(|(_, area)| lies_in(&possible, area)) {
            return Fate::Taken(BTreeSet::from([*taker]));
        }
        let mut left = vec![possible];
        let mut takers = BTreeSet::new();
        for (i, area) in above {
            *work += left.len();
            if *work >= MAX_WORK || left.len() > MAX_PARTS {
                return Fate::Comes;
            }
            let mut rest = Vec::new();
            for part in left {
                match subtract(&part, area, self) {
                    Some(parts) => {
                        takers.insert(*i);
                        rest.extend(parts);
                    }
                    None => rest.push(part),
                }
            }
            if rest.is_empty() {
                return Fate::Taken(takers);
            }
            left = rest;
        }
        Fate::Comes
    }

    /// Why an area is empty: the end of a sentence.
    fn why(&self, rule: &RouteRule, axis: Axis<'_>) -> String {
        let service = self.service.map_or("such a service", |service| service.code.as_str());
        match axis {
            Axis::Priority => {
                let with = if rule.answers.is_empty() { "" } else { " with these answers" };
                let least = rule.at_least.map_or("so urgent", named);
                format!("no request of {service:?}{with} is ever {least}")
            }
            Axis::Offices => "the offices are never open then".to_owned(),
            Axis::Zone(layer) => format!("it names no zone of {layer:?}"),
            Axis::Answer(question) => format!("{service:?} never has this answer to {question:?}"),
            Axis::Kind | Axis::Owner => "it names no asset".to_owned(),
            Axis::Weekday | Axis::Month | Axis::Minute => "its time is empty".to_owned(),
        }
    }
}

/// Says what a route never gets; whether it gets nothing at all.
fn say(
    pack: &CityPack,
    i: usize,
    rule: &RouteRule,
    fates: &[(Asked<'_>, Fate)],
    faults: &mut Faults,
) -> bool {
    let comes = fates.iter().any(|(_, fate)| matches!(fate, Fate::Comes));
    let route = &rule.code;
    let remedy = "Move it up, narrow the other, or remove it.";
    let names = |takers: &BTreeSet<usize>| {
        let mut codes: Vec<String> =
            takers.iter().take(3).map(|taker| format!("{:?}", pack.routes[*taker].code)).collect();
        if takers.len() > codes.len() {
            codes.push("others".to_owned());
        }
        codes.join(", ")
    };
    if !comes {
        let mut takers = BTreeSet::new();
        let mut why = None;
        for (_, fate) in fates {
            match fate {
                Fate::Taken(by) => takers.extend(by.iter().copied()),
                Fate::Never(reason) => why = why.or(Some(reason)),
                Fate::Comes => {}
            }
        }
        match why {
            Some(why) if takers.is_empty() => faults.add(
                &Part::Route,
                i,
                format!("The route {route:?} can never match: {why}."),
                "Correct its conditions, or remove it.",
            ),
            _ if takers.is_empty() => return false,
            _ => faults.add(
                &Part::Route,
                i,
                format!(
                    "The route {route:?} can never match: {} above {} all its requests.",
                    names(&takers),
                    if takers.len() == 1 { "takes" } else { "take" }
                ),
                remedy,
            ),
        }
        return true;
    }
    if rule.services.is_empty() {
        return false;
    }
    for (service, fate) in fates {
        let Some(service) = service else { continue };
        let (why, remedy) = match fate {
            Fate::Comes => continue,
            Fate::Never(why) => (why.clone(), "Leave the service out of this route."),
            Fate::Taken(by) => {
                let verb = if by.len() == 1 { "takes" } else { "take" };
                (format!("{} above {verb} all of them", names(by)), remedy)
            }
        };
        faults.warn(
            &Part::Route,
            i,
            format!("The route {route:?} never gets requests of {:?}: {why}.", service.code),
            remedy,
        );
    }
    false
}

/// A route by assets that the service does not ask for.
fn asset_of_another(i: usize, rule: &RouteRule, service: &Service, faults: &mut Faults) {
    let Some(asset) = &rule.asset else { return };
    let asked = &service.asset_kinds;
    let fits = if asset.kinds.is_empty() {
        !asked.is_empty()
    } else {
        asset.kinds.iter().any(|kind| asked.contains(kind))
    };
    if !fits {
        faults.warn(
            &Part::Route,
            i,
            format!(
                "The route {:?} looks at assets that reports of {:?} do not name.",
                rule.code, service.code
            ),
            format!("Add the kind to the asset_kinds of {:?}, or leave it out.", service.code),
        );
    }
}

/// Zones that hold no longer.
fn over(pack: &CityPack, today: Date, i: usize, rule: &RouteRule, faults: &mut Faults) {
    for (layer, codes) in &rule.zones {
        let Some(collection) = pack.zones.get(layer) else { continue };
        let mut named = collection
            .features
            .iter()
            .filter(|f| zones::text(f, "code").is_some_and(|code| codes.iter().any(|c| c == code)))
            .filter_map(|feature| zones::period(feature).ok())
            .peekable();
        if named.peek().is_some() && named.all(|p| p.until.is_some_and(|until| until < today)) {
            faults.warn(
                &Part::Route,
                i,
                format!(
                    "The zones of {layer:?} that the route {:?} names hold no longer.",
                    rule.code
                ),
                "Name the zones that took their place, or remove the route.",
            );
        }
    }
}

/// Where zones of different layers lie.
struct Ground<'a> {
    pack: &'a CityPack,
    shapes: BTreeMap<(&'a str, &'a str), Vec<MultiPolygon<f64>>>,
    meets: BTreeMap<(&'a str, &'a str, &'a str, &'a str), bool>,
}

impl<'a> Ground<'a> {
    fn new(pack: &'a CityPack) -> Self {
        Self { pack, shapes: BTreeMap::new(), meets: BTreeMap::new() }
    }

    /// Two layers whose zones, as the route names them, have no place in common.
    fn check(&mut self, i: usize, rule: &'a RouteRule, faults: &mut Faults) {
        let layers: Vec<(&'a String, &'a Vec<String>)> = rule.zones.iter().collect();
        for (n, (layer, codes)) in layers.iter().enumerate() {
            for (other, others) in &layers[n + 1..] {
                let meet = codes.iter().any(|code| {
                    others.iter().any(|another| self.meet(layer, code, other, another))
                });
                if !meet {
                    faults.add(
                        &Part::Route,
                        i,
                        format!(
                            "The route {:?} can never match: its zones of {layer:?} and of \
                             {other:?} have no place in common.",
                            rule.code
                        ),
                        "Correct one of the two, or remove the route.",
                    );
                }
            }
        }
    }

    fn meet(&mut self, layer: &'a str, code: &'a str, other: &'a str, another: &'a str) -> bool {
        let key = (layer, code, other, another);
        if let Some(known) = self.meets.get(&key) {
            return *known;
        }
        self.draw(layer, code);
        self.draw(other, another);
        let meet = self.shapes[&(layer, code)]
            .iter()
            .any(|a| self.shapes[&(other, another)].iter().any(|b| a.intersects(b)));
        self.meets.insert(key, meet);
        meet
    }

    fn draw(&mut self, layer: &'a str, code: &'a str) {
        let pack = self.pack;
        self.shapes.entry((layer, code)).or_insert_with(|| {
            let features = pack.zones.get(layer).map_or(&[][..], |zones| zones.features.as_slice());
            let named = features.iter().filter(|f| zones::text(f, "code") == Some(code));
            named.filter_map(|feature| zones::shape(feature).ok()).collect()
        });
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::city::sample;

    const AXES: [(Axis<'static>, usize); 3] =
        [(Axis::Priority, 4), (Axis::Offices, 2), (Axis::Weekday, 7)];

    /// Some values on some of the axes, at least one on each that is named.
    fn area() -> impl Strategy<Value = Area<'static>> {
        let axis = |n: usize| prop::option::of(1_usize..1 << n);
        (axis(4), axis(2), axis(7)).prop_map(|(a, b, c)| {
            let named = AXES.iter().zip([a, b, c]);
            let named = named.filter_map(|((axis, count), bits)| Some((*axis, *count, bits?)));
            named
                .map(|(axis, count, bits)| {
                    (axis, Values::of(count, (0..count).filter(|value| bits >> value & 1 == 1)))
                })
                .collect()
        })
    }

    fn holds(area: &Area<'_>, point: [usize; 3]) -> bool {
        AXES.iter().zip(point).all(|((axis, count), value)| {
            let one = Values::of(*count, [value]);
            area.get(axis).is_none_or(|values| !values.both(&one).is_empty())
        })
    }

    proptest! {
        #[test]
        fn what_is_left_is_each_point_once(area in area(), taken in area()) {
            let pack = sample::pack();
            let scales = Scales::of(&pack);
            let space = Space { pack: &pack, service: None, scales: &scales };
            let left = subtract(&area, &taken, &space);
            let mut common = false;
            for a in 0..4 {
                for b in 0..2 {
                    for c in 0..7 {
                        let point = [a, b, c];
                        let (inside, away) = (holds(&area, point), holds(&taken, point));
                        common |= inside && away;
                        if let Some(left) = &left {
                            let times = left.iter().filter(|part| holds(part, point)).count();
                            prop_assert_eq!(times, usize::from(inside && !away), "{:?}", point);
                        }
                    }
                }
            }
            prop_assert_eq!(left.is_some(), common, "none if there is nothing in common");
            let plain = taken.iter().all(|(axis, values)| *values != Values::all(space.size(*axis)));
            let nothing = left.as_ref().is_some_and(Vec::is_empty);
            prop_assert!(!plain || lies_in(&area, &taken) == nothing);
            prop_assert!(left.iter().flatten().all(|part| part.values().all(|v| !v.is_empty())));
        }
    }
}
