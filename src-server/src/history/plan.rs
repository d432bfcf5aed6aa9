//! What the records are: where each was, what was said, and what became of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use mend_core::catalogue::{Answer, Priority, Question, QuestionKind, Service, Wanted};
use mend_core::city::pack::{COLLECTION, Weekday};
use mend_core::city::{CLOSE_AFTER_MS, City};
use mend_core::command::Report;
use mend_core::event::{HoldReason, Outcome};
use mend_core::id::OwnerHash;
use mend_core::location::Location;
use mend_core::time::{DAY_MS, Timestamp};
use mend_core::tracking::TrackingCode;

use super::arrivals::{Arrival, Arrivals, RECORDS};
use super::days::{HOUR_MS, MINUTE_MS, days_later};
use super::dice::Dice;
use super::shape::{self, Shift};
use super::sites::{Sites, Spot};
use super::words;

/// How often someone adds words of their own.
const TELLS: f64 = 0.45;
/// How often a crew writes what it did.
const NOTES: f64 = 0.7;
/// How often a question is answered that need not be.
const ANSWERS: f64 = 0.4;
/// How often "yes" is the answer; more often where it was quick, as what is urgent is.
const YES: f64 = 0.06;
/// How often work that takes days waits for something.
const WAITS: f64 = 0.07;
/// How often it is only made safe.
const MADE_SAFE: f64 = 0.06;
/// How often it was not mended after all.
const AGAIN: f64 = 0.03;
/// How often what takes days is never finished. Boston leaves far more open.
const FORGOTTEN: f64 = 0.01;
/// Work that took longer than this began some time before its end.
const LONG_MS: i64 = 2 * DAY_MS;

/// Something that was done about a request.
#[derive(Debug, Clone, PartialEq)]
pub struct Deed {
    /// When.
    pub at: Timestamp,
    /// What.
    pub what: What,
}

/// What was done.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// A dispatcher gave it to a crew, if no rule had done so. Always the first.
    Assign,
    /// Work began.
    Start,
    /// Work waits, with a note.
    Hold(HoldReason, &'static str),
    /// Work goes on.
    Resume,
    /// Work is done, with a note or without.
    Complete(Outcome, &'static str),
    /// It was not mended.
    Reopen(&'static str),
    /// It is the same as an earlier record, by its place in the plan.
    Merge(usize),
    /// Nobody reopened it in time. When it was mended, plus [`CLOSE_AFTER_MS`].
    Close,
}

/// A request of the past, whole.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Its name, `history-000123`; ids follow from it.
    pub name: String,
    /// When it arrived.
    pub at: Timestamp,
    /// What was reported.
    pub report: Report,
    /// What was done, in order, each later than the one before, all before the end.
    pub deeds: Vec<Deed>,
}

/// All records, made one by one as they are asked for.
#[derive(Debug)]
pub struct Plan {
    city: Arc<City>,
    arrivals: Arrivals,
    sites: Sites,
}

/// The name of a record by its place.
pub fn name(index: usize) -> String {
    format!("history-{index:06}")
}

impl Plan {
    /// Looks for places in the city for what arrived. None: the city has no address.
    pub fn new(city: Arc<City>, arrivals: Arrivals) -> Option<Self> {
        let sites = Sites::new(city.clone(), arrivals.seed, arrivals.until)?;
        Some(Self { city, arrivals, sites })
    }

    /// What arrived.
    pub const fn arrivals(&self) -> &Arrivals {
        &self.arrivals
    }

    /// The record with this place in the order of arrival. The same at every call.
    pub fn record(&self, index: usize) -> Option<Record> {
        let arrival = *self.arrivals.all().get(index)?;
        let service = self.city.catalogue().services.get(arrival.service)?;
        let (spot, zone, mut dice) = self.spot(index, arrival);
        let spot = match arrival.first {
            Some(first) => {
                let (of, _, _) = self.spot(first, *self.arrivals.all().get(first)?);
                self.sites.near(of, &mut dice)
            }
            None => spot,
        };
        let location = self.sites.location(spot)?;
        let rank = self.sites.rank(arrival.rank, zone);
        let report = self.report(service, location, rank, arrival.at, &mut dice);
        let mut deeds = match arrival.first {
            Some(first) => {
                let hours = dice.between(1.0, 40.0);
                let seen = arrival.at.plus_ms((hours * HOUR_MS as f64) as i64);
                let at = self.arrivals.days.work_near(seen, arrival.at, Shift::Day, &mut dice);
                vec![Deed { at, what: What::Merge(first) }]
            }
            None => self.work(service, arrival.at, rank, &mut dice),
        };
        let end = deeds.iter().position(|deed| deed.at >= self.arrivals.until);
        deeds.truncate(end.unwrap_or(deeds.len()));
        Some(Record { name: name(index), at: arrival.at, report, deeds })
    }

    /// The spot that a record draws, its neighborhood, and the record's chance from there on.
    fn spot(&self, index: usize, arrival: Arrival) -> (Spot, usize, Dice) {
        let mut dice = Dice::new(self.arrivals.seed, RECORDS + index as u64);
        let (spot, zone) = self.sites.draw(arrival.service, arrival.storm, &mut dice);
        (spot, zone, dice)
    }

    fn report(
        &self,
        service: &Service,
        location: Location,
        rank: f64,
        at: Timestamp,
        dice: &mut Dice,
    ) -> Report {
        let zones = self.city.locate(location.point, at);
        let collected = zones
            .get(COLLECTION)
            .and_then(|zone| self.city.pack().calendar.collection.get(zone))
            .and_then(|rules| rules.weekdays.first());
        let mut answers = BTreeMap::new();
        for question in &service.questions {
            if question.required || dice.chance(ANSWERS) {
                let answer = answer(service, question, rank, collected.copied(), dice);
                answers.extend(answer.map(|answer| (question.code.clone(), answer)));
            }
        }
        let told = words::of(&service.code).told;
        let told = dice.pick(told).filter(|_| dice.chance(TELLS));
        let mut owner = [0; 32];
        for part in owner.chunks_exact_mut(8) {
            part.copy_from_slice(&dice.bits().to_be_bytes());
        }
        Report {
            service_code: service.code.clone(),
            // The past has no photos to bring. Where they are required, it is judged as made
            // under an older pack.
            pack_version: match service.photo {
                Wanted::Required => "0".to_owned(),
                Wanted::Asked | Wanted::None => self.city.version().to_owned(),
            },
            location,
            answers,
            description: told.copied().unwrap_or_default().to_owned(),
            photos: Vec::new(),
            dropped: Vec::new(),
            earlier: Vec::new(),
            tracking_code: TrackingCode::from_random(dice.bits()),
            // The hash of no secret that anybody has.
            owner: OwnerHash(owner),
        }
    }

    /// What crews did about a request that arrived at `at`.
    fn work(&self, service: &Service, at: Timestamp, rank: f64, dice: &mut Dice) -> Vec<Deed> {
        let shape = shape::of(&service.code);
        let lasts = (shape.lasts_h_at(rank) * HOUR_MS as f64) as i64;
        let forgotten = lasts > LONG_MS && dice.chance(FORGOTTEN);
        let mut deeds = self.mended(service, at, lasts, dice);
        let begun = deeds.first().map_or(at, |deed| deed.at);
        deeds.insert(0, Deed { at: self.assigned(at, begun, dice), what: What::Assign });
        if forgotten {
            // Begun at most.
            deeds.truncate(1 + dice.below(2));
            return deeds;
        }
        let mut mended = deeds.last().map_or(at, |deed| deed.at);
        if dice.chance(AGAIN) {
            let again = days_later(mended, dice.between(0.3, 20.0));
            let note = dice.pick(&words::AGAIN).copied().unwrap_or_default();
            deeds.push(Deed { at: again, what: What::Reopen(note) });
            let lasts = (lasts as f64 * dice.between(0.2, 0.8)) as i64;
            deeds.extend(self.mended(service, again, lasts, dice));
            mended = deeds.last().map_or(again, |deed| deed.at);
        }
        deeds.push(Deed { at: mended.plus_ms(CLOSE_AFTER_MS), what: What::Close });
        deeds
    }

    /// When a dispatcher gave something to a crew that began then: soon, and in office hours where
    /// there is time for that.
    fn assigned(&self, at: Timestamp, begun: Timestamp, dice: &mut Dice) -> Timestamp {
        let soon = at.plus_ms((dice.between(0.1, 8.0) * HOUR_MS as f64) as i64);
        let looked = self.arrivals.days.work_near(soon, at, Shift::Day, dice);
        if looked < begun { looked } else { at.plus_ms((begun.0 - at.0) / 2) }
    }

    /// From a report or a reopening to its repair, which is the last of these.
    fn mended(&self, service: &Service, from: Timestamp, lasts: i64, dice: &mut Dice) -> Vec<Deed> {
        let shift = shape::of(&service.code).shift;
        // What is critical is worked on day and night.
        let near = |at: Timestamp, after: Timestamp, dice: &mut Dice| {
            if service.priority == Priority::Critical {
                at.max(after.plus_ms(MINUTE_MS))
            } else {
                self.arrivals.days.work_near(at, after, shift, dice)
            }
        };
        let done = near(from.plus_ms(lasts), from, dice);
        let took = done.0 - from.0;
        let part = |share: f64| from.plus_ms((took as f64 * share) as i64);
        let mut deeds = Vec::new();
        if took > LONG_MS && dice.chance(WAITS) {
            let started = near(part(dice.between(0.1, 0.3)), from, dice);
            let held = started.plus_ms((dice.between(0.2, 2.0) * HOUR_MS as f64) as i64);
            let resumed = near(part(dice.between(0.7, 0.95)), held, dice);
            let reasons = [
                HoldReason::Parts,
                HoldReason::Weather,
                HoldReason::OtherParty,
                HoldReason::Access,
            ];
            let reason = dice.below(reasons.len());
            deeds.push(Deed { at: started, what: What::Start });
            deeds.push(Deed { at: held, what: What::Hold(reasons[reason], words::WAITS[reason]) });
            deeds.push(Deed { at: resumed, what: What::Resume });
        } else if took > LONG_MS {
            let started = near(part(dice.between(0.2, 0.98)), from, dice);
            deeds.push(Deed { at: started, what: What::Start });
        } else {
            let worked = dice.between(0.2, 2.5) * HOUR_MS as f64;
            let worked = worked.min(took as f64 * dice.between(0.3, 0.9)) as i64;
            let at = done.plus_ms(-worked);
            // Not before the crew's day began.
            let began = self.arrivals.days.work_began(done, shift).filter(|began| *began < done);
            let at = began.map_or(at, |began| at.max(began));
            deeds.push(Deed { at: at.max(from.plus_ms(MINUTE_MS)), what: What::Start });
        }
        // Work ends after all that was done before.
        let last = deeds.last().map_or(from, |deed| deed.at);
        let done = done.max(last.plus_ms(MINUTE_MS));
        let outcome = if dice.chance(MADE_SAFE) { Outcome::MadeSafe } else { Outcome::Mended };
        let note = dice.pick(words::of(&service.code).done).filter(|_| dice.chance(NOTES));
        let what = What::Complete(outcome, note.copied().unwrap_or_default());
        deeds.push(Deed { at: done, what });
        deeds
    }
}

/// An answer that fits a question. None: there is nothing to say.
fn answer(
    service: &Service,
    question: &Question,
    rank: f64,
    collected: Option<Weekday>,
    dice: &mut Dice,
) -> Option<Answer> {
    Some(match &question.kind {
        QuestionKind::Choice(choices) => {
            let day = collected.map(weekday).filter(|day| choices.iter().any(|c| c == day));
            match day {
                Some(day) => Answer::Choice(day.to_owned()),
                None => Answer::Choice(choice(choices, dice)?.to_owned()),
            }
        }
        QuestionKind::Flag => {
            let urgent = if rank < 0.25 { 2.5 } else { 0.5 };
            Answer::Flag(dice.chance(YES * urgent))
        }
        QuestionKind::Text => {
            let answers = words::answers(&service.code, &question.code);
            let told = words::of(&service.code).told;
            let text = dice.pick(answers).or_else(|| dice.pick(told));
            match text {
                Some(text) => Answer::Text((*text).to_owned()),
                None if question.required => Answer::Text("As said.".to_owned()),
                None => return None,
            }
        }
        // Letters that stand for no state's plates.
        QuestionKind::Plate => Answer::Text(format!("PA {:04}", dice.below(10_000))),
    })
}

/// The first choices more often than the last: catalogues name what is usual first.
fn choice<'a>(choices: &'a [String], dice: &mut Dice) -> Option<&'a str> {
    let skewed = (dice.unit().powf(1.6) * choices.len() as f64) as usize;
    choices.get(skewed.min(choices.len().saturating_sub(1))).map(String::as_str)
}

const fn weekday(day: Weekday) -> &'static str {
    match day {
        Weekday::Monday => "monday",
        Weekday::Tuesday => "tuesday",
        Weekday::Wednesday => "wednesday",
        Weekday::Thursday => "thursday",
        Weekday::Friday => "friday",
        Weekday::Saturday => "saturday",
        Weekday::Sunday => "sunday",
    }
}
