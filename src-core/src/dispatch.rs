//! `dispatch`: the city's answer to what was decided. Runs on the server alone and is pure: what
//! it needs to know stands in [`Facts`], what the city wants in [`City`].
//!
//! A report is located, numbered, prioritised, routed, promised and turned into a work order; what
//! happens to an order moves its request, and a request's photos follow to its order, so that a
//! crew's device needs no request and a resident's no order. Each event carries the rule that
//! produced it.

use std::collections::BTreeMap;

use crate::apply::apply;
use crate::catalogue::{Answer, Priority, Sla};
use crate::city::{AssetQuery, City, PromiseQuery, RouteQuery, Routed};
use crate::event::{Actor, Closing, Event, EventBody, Promise, RecordedAnswer, Visibility};
use crate::id::{CommandId, Origin, PhotoHash, SubjectRef};
use crate::location::AssetRef;
use crate::subject::{ServiceRequest, SubjectState, WorkOrder};

/// What the city must know beside its rules. Read in the same transaction, after `decide`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Facts {
    /// The next free number, for a report.
    pub number: String,
    /// The zones of a report's point, by layer; located before.
    pub zones: BTreeMap<String, String>,
    /// The asset that a report names, if the city has it, and whose it is.
    pub asset: Option<KnownAsset>,
    /// The request of an order, or the order of a request.
    pub linked: Option<SubjectState>,
}

/// An asset of the city's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownAsset {
    /// Which.
    pub asset: AssetRef,
    /// A code of whose it is: `city`, `alder_power`.
    pub owner: String,
}

/// Goes on where the decided events stopped, for either subject.
struct Writer<'a> {
    origin: Origin,
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
            id: self.origin.event(self.index),
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
    // The events' key is the speaker's.
    let origin = Origin { key: cause.by, command };
    let mut writer = Writer { origin, cause, index, out: Vec::new() };
    match view {
        SubjectState::ServiceRequest(request) => {
            if matches!(cause.body, EventBody::Reported { .. }) {
                answer_report(&mut writer, city, facts, request);
            } else if let Some(SubjectState::WorkOrder(order)) = &facts.linked {
                let amended =
                    events.iter().any(|event| matches!(event.body, EventBody::Amended { .. }));
                if amended {
                    answer_amendment(&mut writer, city, facts, events, request, order);
                } else {
                    move_order(&mut writer, city, events, request, order);
                }
            }
        }
        SubjectState::WorkOrder(order) => {
            if let Some(SubjectState::ServiceRequest(request)) = &facts.linked {
                move_request(&mut writer, city, events, order, request);
            }
        }
    }
    writer.out
}

/// What the city's rules say of a request's words.
struct Ruling {
    priority: Priority,
    priority_rule: String,
    routed: Routed,
    promise: Option<(Promise, Sla)>,
}

impl Ruling {
    fn of(city: &City, facts: &Facts, request: &ServiceRequest) -> Self {
        let answers = plain_answers(&request.answers);
        let (priority, priority_rule) = city.priority(&request.service_code, &answers);
        let routed = city.route(&RouteQuery {
            service: &request.service_code,
            zones: &facts.zones,
            priority,
            answers: &answers,
            asset: facts
                .asset
                .as_ref()
                .map(|known| AssetQuery { kind: &known.asset.kind, owner: &known.owner }),
            at: request.clock_start,
        });
        let promise = city.sla(&request.service_code, priority).and_then(|sla| {
            let (start, pauses) = (request.clock_start, &request.pauses);
            let promise = city.promise(&PromiseQuery { sla, start, pauses, zones: &facts.zones });
            Some((promise?, sla))
        });
        Self { priority, priority_rule, routed, promise }
    }

    fn located(facts: &Facts) -> EventBody {
        EventBody::Located {
            zones: facts.zones.clone(),
            asset: facts.asset.as_ref().map(|known| known.asset.clone()),
        }
    }

    fn prioritised(&self) -> EventBody {
        EventBody::Prioritised { priority: self.priority, rule: self.priority_rule.clone() }
    }

    fn routed(&self) -> EventBody {
        let Routed { department, rule, because, .. } = self.routed.clone();
        EventBody::Routed { department, rule, because }
    }

    fn promised(&self) -> Option<EventBody> {
        let (promise, sla) = self.promise?;
        Some(EventBody::Promised { promise, sla: sla.to_string() })
    }

    fn assigned(&self) -> Option<EventBody> {
        let crew = self.routed.crew.clone()?;
        Some(EventBody::Assigned { crew, rule: Some(self.routed.rule.clone()) })
    }
}

fn answer_report(writer: &mut Writer<'_>, city: &City, facts: &Facts, request: &ServiceRequest) {
    let here = SubjectRef::request(request.id);
    let mut version = request.version;
    let ruling = Ruling::of(city, facts, request);
    let numbered = EventBody::Numbered { number: facts.number.clone() };
    let order = SubjectRef::order(writer.origin.order(0));
    let said = [Ruling::located(facts), numbered, ruling.prioritised(), ruling.routed()];
    let ordered = EventBody::Ordered { order: order.id };
    for body in said.into_iter().chain(ruling.promised()).chain([ordered]) {
        writer.event(here, &mut version, Some(Actor::City), body);
    }
    let mut order_version = 0;
    writer.event(
        order,
        &mut order_version,
        Some(Actor::City),
        EventBody::Opened {
            request: request.id,
            number: facts.number.clone(),
            service_code: request.service_code.clone(),
            priority: ruling.priority,
            department: ruling.routed.department.clone(),
            place: request.place,
            description: request.description,
            answers: request.answers.clone(),
            due: ruling.promise.map(|(promise, _)| promise.resolution_due),
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
    if let Some(assigned) = ruling.assigned() {
        writer.event(order, &mut order_version, Some(Actor::City), assigned.clone());
        writer.event(here, &mut version, Some(Actor::City), assigned);
    }
}

/// The newer words go to the order as well. Where they say something that rules look at, the city
/// answers anew; where they do not, what a dispatcher decided meanwhile stands.
fn answer_amendment(
    writer: &mut Writer<'_>,
    city: &City,
    facts: &Facts,
    events: &[Event],
    request: &ServiceRequest,
    order: &WorkOrder,
) {
    let (here, to) = (SubjectRef::request(request.id), SubjectRef::order(order.id));
    let (mut version, mut order_version) = (request.version, order.version);
    for event in events {
        if matches!(event.body, EventBody::Amended { .. } | EventBody::PhotoAdded { .. }) {
            writer.event(to, &mut order_version, None, event.body.clone());
        }
    }
    // The order still says what the older words said, and so do the request's zones.
    let same = order.service_code == request.service_code
        && plain_answers(&order.answers) == plain_answers(&request.answers)
        && request.zones == facts.zones
        && facts.asset.is_none();
    if same {
        return;
    }
    let ruling = Ruling::of(city, facts, request);
    let city_says = || Some(Actor::City);
    writer.event(here, &mut version, city_says(), Ruling::located(facts));
    let mut both = vec![ruling.prioritised(), ruling.routed()];
    if ruling.promise.map(|(promise, _)| promise) != request.promise {
        both.extend(ruling.promised());
    }
    match ruling.assigned() {
        Some(_) if ruling.routed.crew == order.crew => {}
        Some(assigned) => both.push(assigned),
        None if order.crew.is_some() => both.push(EventBody::Unassigned {}),
        None => {}
    }
    for body in both {
        writer.event(to, &mut order_version, city_says(), body.clone());
        writer.event(here, &mut version, city_says(), body);
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

/// What the events of a request do to its order.
fn move_order(
    writer: &mut Writer<'_>,
    city: &City,
    events: &[Event],
    request: &ServiceRequest,
    order: &WorkOrder,
) {
    let to = SubjectRef::order(order.id);
    let mut version = order.version;
    let knows = |hash: PhotoHash| order.photos.iter().any(|photo| photo.hash == hash);
    for event in events {
        let body = match &event.body {
            EventBody::PhotoAdded { hash, .. } if !knows(*hash) => event.body.clone(),
            EventBody::PhotoVerified { hash } if knows(*hash) => event.body.clone(),
            EventBody::Reopened { .. } => event.body.clone(),
            EventBody::PhotosMissing { hashes } if hashes.iter().any(|hash| knows(*hash)) => {
                event.body.clone()
            }
            EventBody::Closed(Closing::Duplicate { .. } | Closing::Withdrawn)
                if order.status.is_open() =>
            {
                EventBody::Cancelled {}
            }
            _ => continue,
        };
        writer.event(to, &mut version, None, body);
    }
    if events.iter().any(|event| matches!(event.body, EventBody::Reopened { .. })) {
        let mut request_version = request.version;
        promise_again(writer, city, request, &mut request_version, order, &mut version);
    }
}

/// What the events of an order do to its request.
fn move_request(
    writer: &mut Writer<'_>,
    city: &City,
    events: &[Event],
    order: &WorkOrder,
    request: &ServiceRequest,
) {
    let to = SubjectRef::request(request.id);
    let mut version = request.version;
    let knows = |hash: PhotoHash| request.photos.iter().any(|photo| photo.hash == hash);
    let before = writer.out.len();
    for event in events {
        let body = match &event.body {
            EventBody::Assigned { .. }
            | EventBody::Started {}
            | EventBody::Held { .. }
            | EventBody::Resumed {}
            | EventBody::NoteAdded { .. } => event.body.clone(),
            EventBody::PhotoAdded { hash, .. } if !knows(*hash) => event.body.clone(),
            EventBody::PhotoVerified { hash } if knows(*hash) => event.body.clone(),
            EventBody::Completed { outcome, note, .. } if request.status.is_open() => {
                EventBody::Resolved { outcome: *outcome, note: *note }
            }
            EventBody::Completed { note: Some(note), .. } => {
                EventBody::NoteAdded { text: *note, visibility: Visibility::Public }
            }
            _ => continue,
        };
        writer.event(to, &mut version, None, body);
    }
    debug_assert_eq!(order.request, request.id, "an order moves its own request");
    // A wait that is over has moved the dates; while it lasts nobody knows them.
    if events.iter().any(|event| matches!(event.body, EventBody::Resumed {})) {
        let mut after = Some(SubjectState::ServiceRequest(request.clone()));
        for event in writer.out.iter().skip(before).filter(|event| event.subject == to) {
            after = apply(after, event);
        }
        if let Some(SubjectState::ServiceRequest(request)) = after {
            let mut order_version = order.version;
            promise_again(writer, city, &request, &mut version, order, &mut order_version);
        }
    }
}

/// Promises what the request's SLA says now, if that is another date than the one that stands. The
/// SLA is the one of the first promise: new rules do not rewrite what was said.
fn promise_again(
    writer: &mut Writer<'_>,
    city: &City,
    request: &ServiceRequest,
    request_version: &mut u32,
    order: &WorkOrder,
    order_version: &mut u32,
) {
    let Some(sla) = request.sla.as_deref().and_then(|sla| sla.parse::<Sla>().ok()) else {
        return;
    };
    let query = PromiseQuery {
        sla,
        start: request.clock_start,
        pauses: &request.pauses,
        zones: &request.zones,
    };
    let Some(promise) = city.promise(&query).filter(|new| request.promise != Some(*new)) else {
        return;
    };
    let promised = EventBody::Promised { promise, sla: sla.to_string() };
    let here = SubjectRef::request(request.id);
    writer.event(here, request_version, Some(Actor::City), promised.clone());
    writer.event(SubjectRef::order(order.id), order_version, Some(Actor::City), promised);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::city::sample;
    use crate::event::{Outcome, PhotoRole, RecordedAnswer};
    use crate::id::{OwnerHash, SubjectId};
    use crate::subject::OrderStatus;
    use crate::subject::RequestStatus;
    use crate::time::Timestamp;
    use crate::tracking::TrackingCode;

    const fn origin(command: CommandId) -> Origin {
        Origin { key: None, command }
    }

    fn event(subject: SubjectRef, version: u32, body: EventBody) -> Event {
        Event {
            id: origin(CommandId::from_bytes([9; 16])).event(version),
            subject,
            version,
            actor: Actor::Resident,
            by: None,
            occurred_at: Timestamp(1_790_000_000_000),
            recorded_at: Timestamp(1_790_000_000_000),
            type_version: 1,
            body,
        }
    }

    fn after(mut state: Option<SubjectState>, events: &[Event], of: SubjectRef) -> SubjectState {
        for event in events.iter().filter(|event| event.subject == of) {
            state = apply(state, event);
        }
        state.unwrap()
    }

    fn report(zone: &str, hazard: bool) -> (SubjectState, SubjectState, Vec<Event>) {
        let city = City::from_pack(sample::pack()).unwrap();
        let request = SubjectRef::request(SubjectId::from_bytes([1; 16]));
        let command = CommandId::from_bytes([2; 16]);
        let words = [
            event(
                request,
                1,
                EventBody::Reported {
                    service_code: "pothole".into(),
                    pack: "00".into(),
                    place: origin(command).content(0),
                    description: None,
                    answers: BTreeMap::from([("hazard".into(), RecordedAnswer::Flag(hazard))]),
                    tracking_code: TrackingCode::from_random(1),
                    owner: OwnerHash([0; 32]),
                },
            ),
            event(
                request,
                2,
                EventBody::PhotoAdded { hash: PhotoHash([5; 32]), role: PhotoRole::Before },
            ),
        ];
        let view = after(None, &words, request);
        let facts = Facts {
            number: "26-000001".into(),
            zones: BTreeMap::from([("area".into(), zone.into())]),
            asset: None,
            linked: None,
        };
        let answer = dispatch(&city, &facts, &view, command, &words);
        let order = SubjectRef::order(origin(command).order(0));
        let view = after(Some(view), &answer, request);
        let order = after(None, &answer, order);
        (view, order, answer)
    }

    fn parts(request: &SubjectState, order: &SubjectState) -> (ServiceRequest, WorkOrder) {
        let (SubjectState::ServiceRequest(request), SubjectState::WorkOrder(order)) =
            (request, order)
        else {
            panic!("not a request and its order")
        };
        (request.clone(), order.clone())
    }

    #[test]
    fn a_report_is_answered_whole() {
        let (request, order, answer) = report("west", false);
        let (request, order) = parts(&request, &order);
        assert_eq!(request.number.as_deref(), Some("26-000001"));
        assert_eq!(request.priority, Some(Priority::High));
        assert_eq!(request.crew.as_deref(), Some("streets-1"), "the zone's rule names a crew");
        assert_eq!(request.status, RequestStatus::Assigned);
        assert_eq!(request.order, Some(order.id));
        assert_eq!(order.request, request.id);
        assert_eq!(order.status, OrderStatus::Assigned);
        assert_eq!(order.due, request.promise.map(|promise| promise.resolution_due));
        assert_eq!(order.photos, request.photos);
        let mut ids: Vec<_> = answer.iter().map(|event| event.id).collect();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), answer.len(), "every event has a name of its own");
        assert!(answer.iter().all(|event| event.by.is_none()), "the city's answer has no key");
    }

    #[test]
    fn a_rule_that_names_a_department_leaves_the_order_on_its_board() {
        let (request, order, _) = report("east", true);
        let (request, order) = parts(&request, &order);
        assert_eq!(request.priority, Some(Priority::Critical));
        assert_eq!(order.status, OrderStatus::Unassigned);
        assert_eq!(request.status, RequestStatus::Received);
        assert_eq!(order.department, "utilities");
    }

    #[test]
    fn what_happens_to_an_order_moves_its_request_once() {
        let city = City::from_pack(sample::pack()).unwrap();
        let (mut request, mut order, _) = report("west", false);
        for (n, outcome) in [(20, Outcome::Mended), (21, Outcome::MadeSafe)] {
            let command = CommandId::from_bytes([n; 16]);
            let subject = order.subject();
            let version = order.version();
            let done = [
                event(subject, version + 1, EventBody::Started {}),
                event(
                    subject,
                    version + 2,
                    EventBody::PhotoAdded { hash: PhotoHash([n; 32]), role: PhotoRole::After },
                ),
                event(
                    subject,
                    version + 3,
                    EventBody::Completed {
                        outcome,
                        note: Some(origin(command).content(0)),
                        flagged: n == 21,
                    },
                ),
            ];
            order = after(Some(order), &done, subject);
            let facts = Facts { linked: Some(request.clone()), ..Facts::default() };
            let answer = dispatch(&city, &facts, &order, command, &done);
            let here = request.subject();
            request = after(Some(request), &answer, here);
        }
        let (request, _) = parts(&request, &order);
        assert_eq!(request.status, RequestStatus::Resolved);
        assert_eq!(request.outcome, Some(Outcome::Mended), "the first completion counts");
        assert_eq!(request.photos.len(), 3, "photos of both are kept");
        assert_eq!(request.photos[1].role, PhotoRole::After);
    }

    #[test]
    fn a_verified_photo_is_verified_on_both() {
        let city = City::from_pack(sample::pack()).unwrap();
        let (request, order, _) = report("west", false);
        let here = request.subject();
        let verified = [event(
            here,
            request.version() + 1,
            EventBody::PhotoVerified { hash: PhotoHash([5; 32]) },
        )];
        let request = after(Some(request), &verified, here);
        let facts = Facts { linked: Some(order.clone()), ..Facts::default() };
        let answer = dispatch(&city, &facts, &request, CommandId::from_bytes([7; 16]), &verified);
        assert_eq!(answer.len(), 1);
        let order = after(Some(order.clone()), &answer, order.subject());
        assert!(order.photos()[0].verified);
    }
}
