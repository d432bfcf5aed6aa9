//! `dispatch`: the city's answer to what was decided. Runs on the server alone and is pure: what
//! it needs to know stands in [`Facts`], what the city wants in [`City`].
//!
//! A report is located, numbered, prioritised, routed, promised and turned into a work order; what
//! happens to an order moves its request, and a request's photos follow to its order, so that a
//! crew's device needs no request and a resident's no order. Each event carries the rule that
//! produced it.

use std::collections::BTreeMap;

use crate::api::SubjectState;
use crate::catalogue::Answer;
use crate::city::{City, RouteQuery};
use crate::event::{Actor, Event, EventBody, RecordedAnswer};
use crate::id::{CommandId, PhotoHash, SubjectRef};
use crate::subject::{ServiceRequest, WorkOrder};

/// What the city must know beside its rules. Read in the same transaction, after `decide`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Facts {
    /// The next free number, for a report.
    pub number: String,
    /// The zones of a report's point, by layer; located before.
    pub zones: BTreeMap<String, String>,
    /// The request of an order, or the order of a request.
    pub linked: Option<SubjectState>,
}

/// Goes on where the decided events stopped, for either subject.
struct Writer<'a> {
    command: CommandId,
    cause: &'a Event,
    index: u32,
    out: Vec<Event>,
}

impl Writer<'_> {
    /// One more event. `actor` none: whoever caused it.
    fn event(
        &mut self,
        subject: SubjectRef,
        version: &mut u32,
        actor: Option<Actor>,
        body: EventBody,
    ) {
        *version += 1;
        self.out.push(Event {
            id: self.command.event(self.index),
            subject,
            version: *version,
            actor: actor.unwrap_or_else(|| self.cause.actor.clone()),
            by: None,
            occurred_at: self.cause.occurred_at,
            recorded_at: self.cause.recorded_at,
            type_version: body.type_and_version().1,
            body,
        });
        self.index += 1;
    }
}

/// The city's answer to `events`, which `command` became and which led to `view`.
pub fn dispatch(
    city: &City,
    facts: &Facts,
    view: &SubjectState,
    command: CommandId,
    events: &[Event],
) -> Vec<Event> {
    let Some(cause) = events.first() else {
        return Vec::new();
    };
    let index = u32::try_from(events.len()).unwrap_or(u32::MAX);
    let mut writer = Writer { command, cause, index, out: Vec::new() };
    match view {
        SubjectState::ServiceRequest(request) => {
            if matches!(cause.body, EventBody::Reported { .. }) {
                answer_report(&mut writer, city, facts, request);
            } else if let Some(SubjectState::WorkOrder(order)) = &facts.linked {
                photos_follow(
                    &mut writer,
                    events,
                    SubjectRef::order(order.id),
                    order.version,
                    |hash| order.photos.iter().any(|photo| photo.hash == hash),
                );
            }
        }
        SubjectState::WorkOrder(order) => {
            if let Some(SubjectState::ServiceRequest(request)) = &facts.linked {
                move_request(&mut writer, events, order, request);
            }
        }
    }
    writer.out
}

fn answer_report(writer: &mut Writer<'_>, city: &City, facts: &Facts, request: &ServiceRequest) {
    let here = SubjectRef::request(request.id);
    let mut version = request.version;
    let city_says = || Some(Actor::City);
    writer.event(
        here,
        &mut version,
        city_says(),
        EventBody::Located { zones: facts.zones.clone() },
    );
    writer.event(
        here,
        &mut version,
        city_says(),
        EventBody::Numbered { number: facts.number.clone() },
    );
    let answers = plain_answers(&request.answers);
    let (priority, rule) = city.priority(&request.service_code, &answers);
    writer.event(here, &mut version, city_says(), EventBody::Prioritised { priority, rule });
    let routed = city.route(&RouteQuery {
        service: &request.service_code,
        zones: &facts.zones,
        priority,
        answers: &answers,
    });
    writer.event(
        here,
        &mut version,
        city_says(),
        EventBody::Routed { department: routed.department.clone(), rule: routed.rule.clone() },
    );
    // Intake clocks start when the server records.
    let promise = city.promise(&request.service_code, priority, writer.cause.recorded_at);
    if let (Some(promise), Some(service)) =
        (promise, city.catalogue().service(&request.service_code))
    {
        let sla = service.sla_for(priority).to_string();
        writer.event(here, &mut version, city_says(), EventBody::Promised { promise, sla });
    }

    let order = SubjectRef::order(writer.command.order(0));
    writer.event(here, &mut version, city_says(), EventBody::Ordered { order: order.id });
    let mut order_version = 0;
    writer.event(
        order,
        &mut order_version,
        city_says(),
        EventBody::Opened {
            request: request.id,
            number: facts.number.clone(),
            service_code: request.service_code.clone(),
            priority,
            department: routed.department,
            place: request.place,
            description: request.description,
            answers: request.answers.clone(),
            due: promise.map(|promise| promise.resolution_due),
        },
    );
    for photo in &request.photos {
        writer.event(
            order,
            &mut order_version,
            None,
            EventBody::PhotoAdded { hash: photo.hash, role: photo.role },
        );
    }
    if let Some(crew) = routed.crew {
        let assigned = EventBody::Assigned { crew, rule: Some(routed.rule) };
        writer.event(order, &mut order_version, city_says(), assigned.clone());
        writer.event(here, &mut version, city_says(), assigned);
    }
}

/// Answers as rules read them. No rule may depend on free text, so texts are left empty.
fn plain_answers(recorded: &BTreeMap<String, RecordedAnswer>) -> BTreeMap<String, Answer> {
    recorded
        .iter()
        .map(|(question, answer)| {
            let answer = match answer {
                RecordedAnswer::Choice(choice) => Answer::Choice(choice.clone()),
                RecordedAnswer::Flag(flag) => Answer::Flag(*flag),
                RecordedAnswer::Text(_) => Answer::Text(String::new()),
            };
            (question.clone(), answer)
        })
        .collect()
}

/// Photos named or verified on one subject are so on the other, too, if it knows them.
fn photos_follow(
    writer: &mut Writer<'_>,
    events: &[Event],
    to: SubjectRef,
    mut version: u32,
    knows: impl Fn(PhotoHash) -> bool,
) {
    for event in events {
        match &event.body {
            EventBody::PhotoAdded { hash, .. } if !knows(*hash) => {
                writer.event(to, &mut version, None, event.body.clone());
            }
            EventBody::PhotoVerified { hash } if knows(*hash) => {
                writer.event(to, &mut version, None, event.body.clone());
            }
            _ => {}
        }
    }
}

fn move_request(
    writer: &mut Writer<'_>,
    events: &[Event],
    order: &WorkOrder,
    request: &ServiceRequest,
) {
    let to = SubjectRef::request(request.id);
    let mut version = request.version;
    let knows = |hash: PhotoHash| request.photos.iter().any(|photo| photo.hash == hash);
    for event in events {
        let body = match &event.body {
            EventBody::Assigned { .. } | EventBody::Started {} | EventBody::NoteAdded { .. } => {
                event.body.clone()
            }
            EventBody::PhotoAdded { hash, .. } if !knows(*hash) => event.body.clone(),
            EventBody::PhotoVerified { hash } if knows(*hash) => event.body.clone(),
            EventBody::Completed { outcome, note, .. } if request.resolved_at.is_none() => {
                EventBody::Resolved { outcome: *outcome, note: *note }
            }
            EventBody::Completed { note: Some(note), .. } => {
                EventBody::NoteAdded { text: *note, visibility: crate::event::Visibility::Public }
            }
            _ => continue,
        };
        writer.event(to, &mut version, None, body);
    }
    debug_assert_eq!(order.request, request.id, "an order moves its own request");
}
