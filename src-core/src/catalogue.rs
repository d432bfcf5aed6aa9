//! What a city offers to mend: its services, their questions and what they promise.
//!
//! Plain data, shared by the interface, `decide` and the city's own rules. Nothing here knows
//! calendars or maps; those are in `city`, behind the feature of that name.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Longest text a person may give as one answer, in characters (Unicode scalar values).
pub const MAX_ANSWER_CHARS: usize = 5_000;
/// Longest licence plate, in characters.
pub const MAX_PLATE_CHARS: usize = 12;
/// Longest target in business days that a service may promise.
pub const MAX_SLA_DAYS: u16 = 366;
/// Longest target in elapsed hours that a service may promise.
pub const MAX_SLA_HOURS: u16 = 8_784;

/// How urgent a request is. Ordered: `Low < Medium < High < Critical`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// Can wait behind everything else.
    Low,
    /// The ordinary case.
    Medium,
    /// Before the ordinary case.
    High,
    /// Before everything: people or property are in danger.
    Critical,
}

/// When something of a request becomes public.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// Never.
    Never,
    /// Public, with the position no finer than the neighborhood.
    Coarse,
    /// Once a person of the city has assessed it; started work counts as assessed.
    AfterAssessment,
    /// As soon as the report is received.
    AtOnce,
}

/// Whether a report of a service needs a photo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wanted {
    /// A report without one is not complete.
    Required,
    /// Asked for; a report without one is complete.
    Asked,
    /// Not asked for.
    None,
}

/// What a service promises. Days are business days of the city's calendar, hours are elapsed
/// hours, day and night. Always `1 <= response <= resolution`; `Sla::is_sound` says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sla {
    /// Two figures in business days.
    Range {
        /// Business days until a person of the city responds.
        response_days: u16,
        /// Business days until it is resolved.
        resolution_days: u16,
    },
    /// One figure: business days until it is resolved; the response is due at half of it.
    Days(u16),
    /// Two figures in elapsed hours.
    Hours {
        /// Hours until a person of the city responds.
        response: u16,
        /// Hours until it is resolved.
        resolution: u16,
    },
    /// The close of the next day on which the collection route of the place is served: one date
    /// for response and resolution.
    NextServiceDay,
}

impl Sla {
    /// Whether the figures can be promised: at least 1, within the limits, response not after
    /// resolution.
    pub fn is_sound(&self) -> bool {
        let limit = match self {
            Self::Range { .. } | Self::Days(_) => MAX_SLA_DAYS,
            Self::Hours { .. } => MAX_SLA_HOURS,
            Self::NextServiceDay => return true,
        };
        self.figures().is_some_and(|(first, last)| 1 <= first && first <= last && last <= limit)
    }

    /// Days or hours until the response and until the resolution, in this SLA's own unit; none
    /// where the place alone decides.
    pub fn figures(&self) -> Option<(u16, u16)> {
        match *self {
            Self::Range { response_days, resolution_days } => {
                Some((response_days, resolution_days))
            }
            Self::Days(days) => Some((half_up(days), days)),
            Self::Hours { response, resolution } => Some((response, resolution)),
            Self::NextServiceDay => None,
        }
    }
}

impl fmt::Display for Sla {
    /// As city folders write it: `5-10 business days`, `10 business days`, `24-48 hours`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Range { response_days, resolution_days } => {
                write!(f, "{response_days}-{resolution_days} business days")
            }
            Self::Days(days) => write!(f, "{days} business days"),
            Self::Hours { response, resolution } => write!(f, "{response}-{resolution} hours"),
            Self::NextServiceDay => f.write_str("next service day"),
        }
    }
}

/// Half of a figure, rounded up, so that half of one day is still a day.
fn half_up(n: u16) -> u16 {
    n / 2 + n % 2
}

/// The text is not a service level as city folders write it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a service level")]
pub struct SlaText(String);

impl FromStr for Sla {
    type Err = SlaText;

    /// Reads `5-10 business days`, `10 business days`, `24-48 hours`, `72 hours` or
    /// `next service day`; the dash may be a hyphen or an en dash, and `business` may be left out.
    fn from_str(text: &str) -> Result<Self, SlaText> {
        let fail = || SlaText(text.to_owned());
        if text.split_whitespace().eq(["next", "service", "day"]) {
            return Ok(Self::NextServiceDay);
        }
        let mut words = text.split_whitespace();
        let figures = words.next().ok_or_else(fail)?;
        let unit: Vec<&str> = words.collect();
        let (first, last) = match figures.split_once(['-', '–']) {
            Some((a, b)) => {
                (Some(a.parse::<u16>().map_err(|_| fail())?), b.parse::<u16>().map_err(|_| fail())?)
            }
            None => (None, figures.parse::<u16>().map_err(|_| fail())?),
        };
        let sla = match (unit.as_slice(), first) {
            (["business", "days" | "day"] | ["days" | "day"], Some(response_days)) => {
                Self::Range { response_days, resolution_days: last }
            }
            (["business", "days" | "day"] | ["days" | "day"], None) => Self::Days(last),
            (["hours" | "hour"], first) => {
                Self::Hours { response: first.unwrap_or_else(|| half_up(last)), resolution: last }
            }
            _ => return Err(fail()),
        };
        if sla.is_sound() { Ok(sla) } else { Err(fail()) }
    }
}

/// What a person answered. Tagged, so that a flag is never taken for a text:
/// `{"choice":"bike_lane"}`, `{"flag":true}`, `{"text":"by the bus stop"}`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// The code of one of the question's choices.
    Choice(String),
    /// Yes or no.
    Flag(bool),
    /// Free text. May be personal data; it never enters an event.
    Text(String),
}

/// What kind of answer a question takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuestionKind {
    /// One of these codes, in the order they are shown.
    Choice(Vec<String>),
    /// Yes or no.
    Flag,
    /// Free text of at most [`MAX_ANSWER_CHARS`] characters.
    Text,
    /// A vehicle's licence plate, answered as a text of at most [`MAX_PLATE_CHARS`] characters.
    /// Never public, and kept apart from other texts.
    Plate,
}

/// An answer that makes a request more urgent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Raise {
    /// The priority that the request has then, at least.
    pub to: Priority,
    /// The answer that does it: a choice or a flag, never a text.
    pub when: Answer,
}

/// One question of a service. Its words are in the language files: `q-<service>-<question>`, and
/// `a-<service>-<question>-<choice>` for each choice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// Unique within its service.
    pub code: String,
    /// What it takes for an answer.
    pub kind: QuestionKind,
    /// Whether a report without an answer is refused.
    #[serde(default)]
    pub required: bool,
    /// When the answer becomes public.
    pub public: Visibility,
    /// Answers that make the request more urgent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub raises: Vec<Raise>,
    /// Whether "yes" must show the city's emergency number before anything else.
    #[serde(default, skip_serializing_if = "is_false")]
    pub emergency: bool,
}

fn is_false(value: &bool) -> bool {
    !*value
}

/// What a report of a service must say of its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlaceNeed {
    /// A point is enough.
    #[default]
    Point,
    /// An address: a crew or an inspector goes to a door.
    Address,
    /// A numbered thing of the city's, where its number is known; else a point.
    Asset,
    /// An address on a collection route, whose day the promise needs.
    Route,
}

/// One thing that a city mends. Its words are in the language files: `service-<code>` and
/// `service-<code>-short`, and what people type when they mean it in `service-<code>-keywords`;
/// its icon is `icons/services/<code>.svg`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    /// Unique within the city, also the Open311 `service_code`.
    pub code: String,
    /// The department that owns it, unless a route says otherwise.
    pub department: String,
    /// Departments that routes may send it to instead.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alternatives: Vec<String>,
    /// How urgent it is before any answer.
    pub priority: Priority,
    /// What the city promises.
    pub sla: Sla,
    /// A different promise for requests of a certain priority.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sla_at: BTreeMap<Priority, Sla>,
    /// What is asked, in the order it is asked.
    #[serde(default)]
    pub questions: Vec<Question>,
    /// Whether a photo is asked for.
    pub photo: Wanted,
    /// What must be known of the place.
    #[serde(default)]
    pub place: PlaceNeed,
    /// Kinds of the city's assets that it is about, such as `streetlight`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub asset_kinds: Vec<String>,
    /// When a request of this service becomes public.
    pub public: Visibility,
}

/// Why an answer cannot be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerProblemKind {
    /// A required question has no answer, or an empty one.
    Missing,
    /// The service does not ask this.
    UnknownQuestion,
    /// The question has no such choice.
    UnknownChoice,
    /// For instance a text where yes or no is asked.
    WrongKind,
    /// More than [`MAX_ANSWER_CHARS`] characters.
    TooLong,
}

impl AnswerProblemKind {
    /// The stable code of this kind, the same as its JSON form.
    pub fn code(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::UnknownQuestion => "unknown_question",
            Self::UnknownChoice => "unknown_choice",
            Self::WrongKind => "wrong_kind",
            Self::TooLong => "too_long",
        }
    }
}

impl fmt::Display for AnswerProblemKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// An answer that cannot be taken, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("question {question}: {kind}")]
pub struct AnswerProblem {
    /// The question's code, as the answer named it.
    pub question: String,
    /// What is wrong.
    pub kind: AnswerProblemKind,
}

impl Service {
    /// The question with this code.
    pub fn question(&self, code: &str) -> Option<&Question> {
        self.questions.iter().find(|q| q.code == code)
    }

    /// The promise for a request of this priority.
    pub fn sla_for(&self, priority: Priority) -> Sla {
        self.sla_at.get(&priority).copied().unwrap_or(self.sla)
    }

    /// Checks answers against the questions.
    ///
    /// # Errors
    /// The first problem: asked questions in their order, then answers nobody asked for.
    pub fn check_answers(&self, answers: &BTreeMap<String, Answer>) -> Result<(), AnswerProblem> {
        for question in &self.questions {
            let problem = match answers.get(&question.code) {
                Some(answer) => question.problem_with(answer),
                None if question.required => Some(AnswerProblemKind::Missing),
                None => None,
            };
            if let Some(kind) = problem {
                return Err(AnswerProblem { question: question.code.clone(), kind });
            }
        }
        match answers.keys().find(|code| self.question(code).is_none()) {
            Some(code) => Err(AnswerProblem {
                question: code.clone(),
                kind: AnswerProblemKind::UnknownQuestion,
            }),
            None => Ok(()),
        }
    }

    /// How urgent a request with these answers is, and the question that made it so; none when
    /// the service's own priority stands. Answers that the service does not ask for say nothing.
    pub fn priority_for(
        &self,
        answers: &BTreeMap<String, Answer>,
    ) -> (Priority, Option<&Question>) {
        let mut found = (self.priority, None);
        for question in &self.questions {
            let Some(answer) = answers.get(&question.code) else {
                continue;
            };
            for raise in question.raises.iter().filter(|raise| raise.when == *answer) {
                if raise.to > found.0 {
                    found = (raise.to, Some(question));
                }
            }
        }
        found
    }
}

impl Question {
    /// What is wrong with an answer to this question, if anything.
    pub fn problem_with(&self, answer: &Answer) -> Option<AnswerProblemKind> {
        match (&self.kind, answer) {
            (QuestionKind::Choice(choices), Answer::Choice(choice)) => {
                (!choices.contains(choice)).then_some(AnswerProblemKind::UnknownChoice)
            }
            (QuestionKind::Flag, Answer::Flag(_)) => None,
            (QuestionKind::Text, Answer::Text(text)) => {
                if self.required && text.trim().is_empty() {
                    Some(AnswerProblemKind::Missing)
                } else if text.chars().nth(MAX_ANSWER_CHARS).is_some() {
                    Some(AnswerProblemKind::TooLong)
                } else {
                    None
                }
            }
            (QuestionKind::Plate, Answer::Text(text)) => {
                if self.required && text.trim().is_empty() {
                    Some(AnswerProblemKind::Missing)
                } else if text.trim().chars().nth(MAX_PLATE_CHARS).is_some() {
                    Some(AnswerProblemKind::TooLong)
                } else {
                    None
                }
            }
            _ => Some(AnswerProblemKind::WrongKind),
        }
    }

    /// Most characters that a text answer to this question may have.
    pub const fn limit(&self) -> usize {
        match self.kind {
            QuestionKind::Plate => MAX_PLATE_CHARS,
            _ => MAX_ANSWER_CHARS,
        }
    }
}

/// A department of the city.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Department {
    /// Unique within the city; also the feed scope `department:<code>`.
    pub code: String,
    /// As residents read it: "Streets".
    pub name: String,
}

/// A crew in the field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Crew {
    /// Unique within the city; also the feed scope `crew:<code>`.
    pub code: String,
    /// As people read it: "Streets Crew 1".
    pub name: String,
    /// The department that it belongs to, or that pays it.
    pub department: String,
    /// A firm that works for the city, not the city's own people.
    #[serde(default, skip_serializing_if = "is_false")]
    pub contractor: bool,
}

/// All services of a city, in the order they are shown.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Catalogue {
    /// The services; codes are unique in a city that passed its checks.
    pub services: Vec<Service>,
}

impl Catalogue {
    /// The service with this code.
    pub fn service(&self, code: &str) -> Option<&Service> {
        self.services.iter().find(|service| service.code == code)
    }
}

#[cfg(test)]
mod tests;
