//! What a command does: decided and dispatched events, both subjects before and after, and all the
//! rows that follow from them.

use std::collections::BTreeMap;

use mend_core::api::Accepted;
use mend_core::apply::apply;
use mend_core::city::City;
use mend_core::command::CommandBody;
use mend_core::decide::{Command, Decision};
use mend_core::dispatch::{Facts, dispatch};
use mend_core::event::{Actor, Content, Event, EventBody};
use mend_core::id::{ContentId, SubjectRef};
use mend_core::refusal::RefusalCode;
use mend_core::subject::{ServiceRequest, SubjectState};
use mend_core::time::Timestamp;
use rusqlite::Connection;

use super::{StoreError, clocks, content, events, feeds, notices, numbers, subjects};
use crate::store::{Imported, Origin, Prepared};

/// Everything that a command does, before it is written.
pub struct Outcome {
    events: Vec<Event>,
    content: Vec<(ContentId, Content)>,
    /// Each subject that moved: as it was, and as it is.
    moved: BTreeMap<SubjectRef, (Option<SubjectState>, Option<SubjectState>)>,
    number: Option<(i16, i64)>,
}

impl Outcome {
    /// What a decision does, with the city's answer to it.
    pub fn of(
        connection: &Connection,
        city: &City,
        command: &Command,
        prepared: &Prepared,
        before: Option<SubjectState>,
        decision: Decision,
        recorded_at: Timestamp,
    ) -> Result<Self, StoreError> {
        // A record that is taken over has its number from a reserved range.
        let reserved = match &prepared.origin {
            Origin::Import(imported) => imported.number.clone(),
            _ => None,
        };
        let (taken, number) = match reserved {
            Some(number) => (None, number),
            None => {
                let year = city.year(recorded_at);
                let (count, number) = numbers::next(connection, year)?;
                (Some((year, count)), number)
            }
        };
        let mut moved = BTreeMap::from([(command.subject, (before.clone(), before))]);
        let mut events = decision.events;
        for event in &events {
            step(&mut moved, event);
        }
        let after = moved.get(&command.subject).and_then(|(_, after)| after.clone());
        let linked = match after.as_ref().and_then(link) {
            Some(linked) => subjects::get(connection, linked)?,
            None => None,
        };
        if let Some(linked) = &linked {
            moved.insert(linked.subject(), (Some(linked.clone()), Some(linked.clone())));
        }
        if let Some(after) = &after {
            let facts = Facts {
                number: number.clone(),
                zones: prepared.zones.clone(),
                asset: prepared.asset.clone(),
                linked,
            };
            let answer = dispatch(city, &facts, after, command.id, &events);
            for event in &answer {
                step(&mut moved, event);
            }
            events.extend(answer);
        }
        let given = events.iter().any(
            |event| matches!(&event.body, EventBody::Numbered { number: given } if *given == number),
        );
        Ok(Self { events, content: decision.content, moved, number: taken.filter(|_| given) })
    }

    /// Whether a name that follows from the command's id is taken. That cannot happen by itself:
    /// someone used another key's command id, or named their request like an order to come.
    pub fn taken(&self, connection: &Connection) -> Result<Option<RefusalCode>, StoreError> {
        let opened = self.moved.iter().filter(|(_, (before, _))| before.is_none());
        for (subject, _) in opened {
            if subjects::kind_of(connection, subject.id)?.is_some() {
                return Ok(Some(RefusalCode::AlreadyExists));
            }
        }
        for (id, _) in &self.content {
            if content::exists(connection, *id)? {
                return Ok(Some(RefusalCode::IdReused));
            }
        }
        Ok(None)
    }

    /// Writes all of it.
    pub fn write(
        &self,
        connection: &Connection,
        city: &City,
        command: &Command,
        origin: &Origin,
    ) -> Result<(), StoreError> {
        if let Some((year, count)) = self.number {
            numbers::take(connection, year, count)?;
        }
        for (id, row) in &self.content {
            content::insert(connection, command.subject, *id, row)?;
        }
        for event in &self.events {
            events::insert(connection, event, command.id)?;
        }
        for (before, after) in self.moved.values() {
            let Some(after) = after else { continue };
            if before.as_ref().map_or(0, SubjectState::version) == after.version() {
                continue;
            }
            subjects::put(connection, after)?;
            if let SubjectState::ServiceRequest(request) = after {
                clocks::set(connection, city, request)?;
            }
            if matches!(origin, Origin::Import(_)) {
                continue;
            }
            feeds::record(connection, before.as_ref(), after)?;
            if let SubjectState::ServiceRequest(request) = after {
                for event in self.events.iter().filter(|e| e.subject == after.subject()) {
                    notices::tell(connection, request, event, doer(city, request, event))?;
                }
            }
        }
        if let Origin::Import(Imported { last: true, .. }) = origin {
            self.tell_of_what_is_open(connection, command.subject)?;
        }
        Ok(())
    }

    /// Feeds get to know a record that was taken over when all of it is there, and only if the
    /// city has still to do with it.
    fn tell_of_what_is_open(
        &self,
        connection: &Connection,
        subject: SubjectRef,
    ) -> Result<(), StoreError> {
        let Some(state) = subjects::get(connection, subject)? else {
            return Ok(());
        };
        let linked = match link(&state) {
            Some(linked) => subjects::get(connection, linked)?,
            None => None,
        };
        for state in std::iter::once(state).chain(linked) {
            let open = match &state {
                SubjectState::ServiceRequest(request) => request.status.is_open(),
                SubjectState::WorkOrder(order) => order.status.is_open(),
            };
            if open {
                feeds::record(connection, None, &state)?;
            }
        }
        Ok(())
    }

    /// The command's first answer.
    pub fn accepted(&self, command: &Command, recorded_at: Timestamp) -> Accepted {
        let after = self.moved.get(&command.subject).and_then(|(_, after)| after.as_ref());
        let number = match (after, &command.body) {
            (Some(SubjectState::ServiceRequest(request)), CommandBody::Report(_)) => {
                request.number.clone()
            }
            _ => None,
        };
        Accepted {
            command: command.id,
            subject: command.subject,
            version: after.map_or(0, SubjectState::version),
            recorded_at,
            number,
        }
    }
}

fn step(
    moved: &mut BTreeMap<SubjectRef, (Option<SubjectState>, Option<SubjectState>)>,
    event: &Event,
) {
    let (_, after) = moved.entry(event.subject).or_default();
    *after = apply(after.take(), event);
}

/// The order of a request, the request of an order.
fn link(state: &SubjectState) -> Option<SubjectRef> {
    match state {
        SubjectState::ServiceRequest(request) => request.order.map(SubjectRef::order),
        SubjectState::WorkOrder(order) => Some(SubjectRef::request(order.request)),
    }
}

/// The name of the crew, or else the department, that did it.
fn doer<'a>(city: &'a City, request: &ServiceRequest, event: &Event) -> Option<&'a str> {
    let crew = match (&event.body, &event.actor) {
        (EventBody::Assigned { crew, .. }, _) | (_, Actor::Crew { crew }) => Some(crew),
        _ => None,
    };
    let crew = crew.and_then(|code| city.crew(code)).map(|crew| crew.name.as_str());
    crew.or_else(|| {
        let department = city.department(request.department.as_deref()?)?;
        Some(department.name.as_str())
    })
}
