//! Reading what someone asks on a command line.

use std::collections::BTreeMap;

use jiff::civil::DateTime;
use jiff::tz::AmbiguousOffset;
use mend_core::catalogue::{Answer, Question, QuestionKind, Service};
use mend_core::city::City;
use mend_core::city::gazetteer::coordinates::coordinates;
use mend_core::location::{AssetRef, BadPoint, Point};
use mend_core::time::Timestamp;

use crate::city::time_zone;

/// The words of the command line.
#[derive(Debug, Clone, Default)]
pub struct Words {
    /// A service's code.
    pub service: String,
    /// Latitude and longitude.
    pub at: String,
    /// RFC 3339 with an offset, or the city's local time as `2026-11-25 17:05`.
    pub time: String,
    /// Each a question and its answer: `hazard=yes`.
    pub answers: Vec<String>,
    /// A kind and a number: `streetlight:SL-00412`.
    pub asset: Option<String>,
}

/// A report that is asked about.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// The service.
    pub service: Service,
    /// Where.
    pub at: Point,
    /// When it arrives.
    pub time: Timestamp,
    /// It was said in local time, and there are two such times that night; this is the first.
    pub time_twice: bool,
    /// What it answers.
    pub answers: BTreeMap<String, Answer>,
    /// The asset that it names; the city has it.
    pub asset: Option<AssetRef>,
}

/// What cannot be asked. The texts are for the person who asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadQuestion {
    /// No such service.
    #[error("There is no service {found:?}. Write one of: {known}.")]
    Service {
        /// As it was written.
        found: String,
        /// The codes that there are.
        known: String,
    },
    /// No place.
    #[error("{0:?} is no place. Write latitude and longitude in degrees, like 44.6317,-124.0517.")]
    At(String),
    /// Coordinates of nowhere.
    #[error("There is no place at {0:?}: {1}. Write latitude, then longitude, in degrees.")]
    Nowhere(String, BadPoint),
    /// No time.
    #[error(
        "{0:?} is no time. Write 2026-11-25T17:05:00-08:00, or local time like \"2026-11-25 17:05\"."
    )]
    Time(String),
    /// Local time that clocks pass over.
    #[error("{0:?} does not exist in the city: clocks are put forward then. Write another time.")]
    Skipped(String),
    /// No equals sign.
    #[error("{0:?} is no answer. Write the question and the answer, like hazard=yes.")]
    Answer(String),
    /// The same question again.
    #[error("The question {0:?} is answered twice. Write one answer.")]
    Twice(String),
    /// Not asked.
    #[error("{service:?} does not ask {found:?}. It asks: {known}.")]
    Question {
        /// The service.
        service: String,
        /// As it was written.
        found: String,
        /// The codes that there are.
        known: String,
    },
    /// Not an answer to it.
    #[error("{found:?} is no answer to {question:?}. Write {known}.")]
    Value {
        /// As it was written.
        found: String,
        /// The question.
        question: String,
        /// What can be answered.
        known: String,
    },
    /// No colon.
    #[error("{0:?} is no asset. Write its kind and its number, like streetlight:SL-00412.")]
    Asset(String),
    /// Not the city's.
    #[error("The city has no {kind} {number:?}. Write a number as it stands in assets.csv.")]
    UnknownAsset {
        /// Its kind.
        kind: String,
        /// Its number.
        number: String,
    },
}

impl Asked {
    /// Reads the words of a command line.
    ///
    /// # Errors
    /// The first that cannot be asked.
    pub fn read(city: &City, words: &Words) -> Result<Self, BadQuestion> {
        let service = city.catalogue().service(&words.service).ok_or_else(|| {
            let codes = city.catalogue().services.iter().map(|service| service.code.as_str());
            BadQuestion::Service { found: words.service.clone(), known: listed(codes) }
        })?;
        let at = match coordinates(&words.at) {
            None => return Err(BadQuestion::At(words.at.clone())),
            Some(at) => at.map_err(|error| BadQuestion::Nowhere(words.at.clone(), error))?,
        };
        let mut answers = BTreeMap::new();
        for word in &words.answers {
            let (question, answer) = answer(service, word)?;
            if answers.insert(question.clone(), answer).is_some() {
                return Err(BadQuestion::Twice(question));
            }
        }
        let (time, time_twice) = time(city, &words.time)?;
        Ok(Self {
            service: service.clone(),
            at,
            time,
            time_twice,
            answers,
            asset: words.asset.as_deref().map(|word| asset(city, word)).transpose()?,
        })
    }
}

fn listed<'a>(codes: impl Iterator<Item = &'a str>) -> String {
    let codes: Vec<&str> = codes.collect();
    if codes.is_empty() { "nothing".to_owned() } else { codes.join(", ") }
}

/// An instant, or the city's local time: the first of two, where clocks are put back, and whether it
/// is one of two.
fn time(city: &City, word: &str) -> Result<(Timestamp, bool), BadQuestion> {
    let word = word.trim();
    if let Ok(instant) = word.parse::<jiff::Timestamp>() {
        return Ok((Timestamp(instant.as_millisecond()), false));
    }
    let bad = || BadQuestion::Time(word.to_owned());
    // A date alone is no time, though it could be read as midnight.
    if !word.contains(':') {
        return Err(bad());
    }
    let local: DateTime = word.parse().map_err(|_| bad())?;
    let moment = time_zone(city.pack()).to_ambiguous_timestamp(local);
    if matches!(moment.offset(), AmbiguousOffset::Gap { .. }) {
        return Err(BadQuestion::Skipped(word.to_owned()));
    }
    let twice = matches!(moment.offset(), AmbiguousOffset::Fold { .. });
    let instant = moment.earlier().map_err(|_| bad())?;
    Ok((Timestamp(instant.as_millisecond()), twice))
}

fn answer(service: &Service, word: &str) -> Result<(String, Answer), BadQuestion> {
    let (code, value) = word.split_once('=').ok_or_else(|| BadQuestion::Answer(word.to_owned()))?;
    let question = service.question(code).ok_or_else(|| BadQuestion::Question {
        service: service.code.clone(),
        found: code.to_owned(),
        known: listed(service.questions.iter().map(|question| question.code.as_str())),
    })?;
    let bad = || BadQuestion::Value {
        found: value.to_owned(),
        question: code.to_owned(),
        known: possible(question),
    };
    let answer = match (&question.kind, value) {
        (QuestionKind::Flag, "yes" | "true") => Answer::Flag(true),
        (QuestionKind::Flag, "no" | "false") => Answer::Flag(false),
        (QuestionKind::Flag, _) => return Err(bad()),
        (QuestionKind::Choice(_), choice) => Answer::Choice(choice.to_owned()),
        (QuestionKind::Text | QuestionKind::Plate, text) => Answer::Text(text.to_owned()),
    };
    match question.problem_with(&answer) {
        None => Ok((code.to_owned(), answer)),
        Some(_) => Err(bad()),
    }
}

fn possible(question: &Question) -> String {
    match &question.kind {
        QuestionKind::Flag => "yes or no".to_owned(),
        QuestionKind::Choice(choices) => {
            format!("one of: {}", listed(choices.iter().map(String::as_str)))
        }
        QuestionKind::Text | QuestionKind::Plate => {
            format!("a text of 1 to {} characters", question.limit())
        }
    }
}

fn asset(city: &City, word: &str) -> Result<AssetRef, BadQuestion> {
    let (kind, number) = word
        .split_once(':')
        .filter(|(kind, number)| !kind.is_empty() && !number.is_empty())
        .ok_or_else(|| BadQuestion::Asset(word.to_owned()))?;
    let asset = AssetRef { kind: kind.to_owned(), number: number.to_owned() };
    match city.known_asset(&asset) {
        Some(known) => Ok(known.asset),
        None => Err(BadQuestion::UnknownAsset { kind: asset.kind, number: asset.number }),
    }
}
