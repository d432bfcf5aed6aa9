//! `apply`: a subject after one more event. It reads no configuration and cannot fail: an event
//! that makes no sense for the subject moves its version and nothing else.

use crate::event::{Actor, Event, EventBody, PhotoRole, Visibility};
use crate::id::{PhotoHash, SubjectKind};
use crate::subject::{
    Closed, OrderStatus, Pause, Photo, RequestStatus, ServiceRequest, SubjectState, Warning,
    WorkOrder,
};
use crate::time::Timestamp;

/// The subject that `event` opens, if it is one that opens.
pub fn open(event: &Event) -> Option<SubjectState> {
    match (&event.body, event.subject.kind) {
        (
            EventBody::Reported {
                service_code,
                place,
                description,
                answers,
                tracking_code,
                owner,
                pack: _,
            },
            SubjectKind::ServiceRequest,
        ) => Some(SubjectState::ServiceRequest(ServiceRequest {
            id: event.subject.id,
            version: event.version,
            reporter: event.by,
            tracking_code: *tracking_code,
            owner: *owner,
            service_code: service_code.clone(),
            place: *place,
            description: *description,
            answers: answers.clone(),
            status: RequestStatus::Received,
            zones: Default::default(),
            number: None,
            priority: None,
            department: None,
            crew: None,
            promise: None,
            sla: None,
            clock_start: event.arrival(),
            pauses: Vec::new(),
            held_for: None,
            warnings: Vec::new(),
            imported_at: (event.actor == Actor::Import).then_some(event.recorded_at),
            order: None,
            photos: Vec::new(),
            outcome: None,
            received_at: event.arrival(),
            responded_at: None,
            started_at: None,
            resolved_at: None,
            closed: None,
        })),
        (
            EventBody::Opened {
                request,
                number,
                service_code,
                priority,
                department,
                place,
                description,
                answers,
                due,
            },
            SubjectKind::WorkOrder,
        ) => Some(SubjectState::WorkOrder(WorkOrder {
            id: event.subject.id,
            version: event.version,
            request: *request,
            number: number.clone(),
            service_code: service_code.clone(),
            priority: *priority,
            department: department.clone(),
            crew: None,
            former_crews: Vec::new(),
            place: *place,
            description: *description,
            answers: answers.clone(),
            due: *due,
            status: OrderStatus::Unassigned,
            held_for: None,
            photos: Vec::new(),
            outcome: None,
            started_at: None,
            completed_at: None,
            flagged: false,
        })),
        _ => None,
    }
}

/// The state after `event`, opening it if need be. `None` stays `None` when the first event seen
/// does not open anything.
pub fn apply(state: Option<SubjectState>, event: &Event) -> Option<SubjectState> {
    match state {
        None => open(event),
        Some(SubjectState::ServiceRequest(mut request)) => {
            apply_request(&mut request, event);
            Some(SubjectState::ServiceRequest(request))
        }
        Some(SubjectState::WorkOrder(mut order)) => {
            apply_order(&mut order, event);
            Some(SubjectState::WorkOrder(order))
        }
    }
}

fn name_photo(photos: &mut Vec<Photo>, photo: Photo) {
    if !photos.iter().any(|known| known.hash == photo.hash) {
        photos.push(photo);
    }
}

fn verify_photo(photos: &mut [Photo], hash: PhotoHash) {
    for photo in photos.iter_mut().filter(|photo| photo.hash == hash) {
        photo.verified = true;
        photo.missing = false;
    }
}

fn miss_photos(photos: &mut [Photo], hashes: &[PhotoHash]) {
    for photo in photos.iter_mut().filter(|photo| hashes.contains(&photo.hash)) {
        photo.missing = !photo.verified;
    }
}

/// A photo that an event names.
fn named(event: &Event, hash: PhotoHash, role: PhotoRole) -> Photo {
    Photo { hash, role, verified: false, named_at: event.arrival(), missing: false }
}

fn apply_request(request: &mut ServiceRequest, event: &Event) {
    request.version = event.version;
    if is_response(event) {
        request.responded_at.get_or_insert(event.occurred_at);
    }
    match &event.body {
        EventBody::Located { zones, .. } => request.zones.clone_from(zones),
        EventBody::Numbered { number } => request.number = Some(number.clone()),
        EventBody::Prioritised { priority, .. } => request.priority = Some(*priority),
        EventBody::Routed { department, .. } => request.department = Some(department.clone()),
        EventBody::Promised { promise, sla } => {
            request.promise = Some(*promise);
            request.sla = Some(sla.clone());
        }
        EventBody::Ordered { order } => request.order = Some(*order),
        EventBody::Assigned { crew, .. } => {
            request.crew = Some(crew.clone());
            if matches!(request.status, RequestStatus::Received | RequestStatus::Reopened) {
                request.status = RequestStatus::Assigned;
            }
        }
        EventBody::Started {} => {
            request.started_at.get_or_insert(event.occurred_at);
            if request.status.is_open() && request.status != RequestStatus::OnHold {
                request.status = RequestStatus::InProgress;
            }
        }
        EventBody::Held { reason, .. } => {
            if request.status.is_open() {
                end_pause(request, event.occurred_at);
                request.pauses.push(Pause { from: event.occurred_at, until: None });
                request.held_for = Some(*reason);
                request.status = RequestStatus::OnHold;
            }
        }
        EventBody::Resumed {} => {
            end_pause(request, event.occurred_at);
            if request.status == RequestStatus::OnHold {
                request.status = match (request.started_at, &request.crew) {
                    (Some(_), _) => RequestStatus::InProgress,
                    (None, Some(_)) => RequestStatus::Assigned,
                    (None, None) => RequestStatus::Received,
                };
            }
        }
        EventBody::Warned { clock, percent, .. } => {
            request.warnings.push(Warning { clock: *clock, percent: *percent });
        }
        EventBody::PhotoAdded { hash, role } => {
            name_photo(&mut request.photos, named(event, *hash, *role))
        }
        EventBody::PhotoVerified { hash } => verify_photo(&mut request.photos, *hash),
        EventBody::PhotosMissing { hashes } => miss_photos(&mut request.photos, hashes),
        EventBody::Amended { service_code, place, description, answers, dropped, pack: _ } => {
            request.service_code.clone_from(service_code);
            request.place = *place;
            request.description = *description;
            request.answers.clone_from(answers);
            request.photos.retain(|photo| !dropped.contains(&photo.hash));
        }
        EventBody::Unassigned {} => {
            request.crew = None;
            if request.status == RequestStatus::Assigned {
                request.status = RequestStatus::Received;
            }
        }
        EventBody::Resolved { outcome, .. } => {
            end_pause(request, event.occurred_at);
            request.outcome = Some(*outcome);
            request.resolved_at = Some(event.occurred_at);
            request.status = RequestStatus::Resolved;
        }
        EventBody::Reopened { .. } => {
            request.status = RequestStatus::Reopened;
            request.outcome = None;
            request.started_at = None;
            request.resolved_at = None;
            request.responded_at = None;
            // A new time is promised, and counts from here.
            request.clock_start = event.arrival();
            request.pauses.clear();
            request.held_for = None;
            request.warnings.clear();
            request.closed = None;
        }
        EventBody::Closed(closing) => {
            end_pause(request, event.occurred_at);
            request.closed = Some(Closed { at: event.occurred_at, closing: *closing });
            request.status = RequestStatus::Closed;
        }
        EventBody::NoteAdded { .. }
        | EventBody::Reported { .. }
        | EventBody::Opened { .. }
        | EventBody::Completed { .. }
        | EventBody::Cancelled {} => {}
    }
}

/// Whether a person of the city responded with this.
fn is_response(event: &Event) -> bool {
    let staff = matches!(event.actor, Actor::Crew { .. } | Actor::Dispatcher | Actor::Import);
    match &event.body {
        EventBody::Started {} | EventBody::Held { .. } | EventBody::Resolved { .. } => true,
        EventBody::NoteAdded { visibility: Visibility::Public, .. } => staff,
        _ => false,
    }
}

fn end_pause(request: &mut ServiceRequest, at: Timestamp) {
    request.held_for = None;
    if let Some(pause) = request.pauses.last_mut()
        && pause.until.is_none()
    {
        pause.until = Some(at.max(pause.from));
    }
}

fn apply_order(order: &mut WorkOrder, event: &Event) {
    order.version = event.version;
    match &event.body {
        EventBody::Promised { promise, .. } => order.due = Some(promise.resolution_due),
        EventBody::Assigned { crew, .. } => {
            if let Some(former) = order.crew.replace(crew.clone())
                && former != *crew
                && !order.former_crews.contains(&former)
            {
                order.former_crews.push(former);
            }
            if order.status == OrderStatus::Unassigned {
                order.status = OrderStatus::Assigned;
            }
        }
        EventBody::Started {} => {
            order.started_at.get_or_insert(event.occurred_at);
            if order.status.is_open() && order.status != OrderStatus::Held {
                order.status = OrderStatus::Started;
            }
        }
        EventBody::Held { reason, .. } => {
            if order.status.is_open() {
                order.status = OrderStatus::Held;
                order.held_for = Some(*reason);
            }
        }
        EventBody::Resumed {} => {
            order.held_for = None;
            if order.status == OrderStatus::Held {
                order.status = waiting(order);
            }
        }
        EventBody::PhotoAdded { hash, role } => {
            name_photo(&mut order.photos, named(event, *hash, *role))
        }
        EventBody::PhotoVerified { hash } => verify_photo(&mut order.photos, *hash),
        EventBody::PhotosMissing { hashes } => miss_photos(&mut order.photos, hashes),
        EventBody::Amended { service_code, place, description, answers, dropped, pack: _ } => {
            order.service_code.clone_from(service_code);
            order.place = *place;
            order.description = *description;
            order.answers.clone_from(answers);
            order.photos.retain(|photo| !dropped.contains(&photo.hash));
        }
        // What the city says of changed words. An order is opened with the first of these.
        EventBody::Prioritised { priority, .. } => order.priority = *priority,
        EventBody::Routed { department, .. } => order.department.clone_from(department),
        EventBody::Unassigned {} => {
            if let Some(former) = order.crew.take()
                && !order.former_crews.contains(&former)
            {
                order.former_crews.push(former);
            }
            if order.status == OrderStatus::Assigned {
                order.status = OrderStatus::Unassigned;
            }
        }
        EventBody::Completed { outcome, flagged, .. } => {
            order.flagged |= *flagged;
            if order.status != OrderStatus::Completed {
                order.outcome = Some(*outcome);
                order.completed_at = Some(event.occurred_at);
                order.status = OrderStatus::Completed;
                order.held_for = None;
            }
        }
        EventBody::Reopened { .. } => {
            order.outcome = None;
            order.started_at = None;
            order.completed_at = None;
            order.held_for = None;
            order.status = waiting(order);
        }
        EventBody::Cancelled {} => {
            order.status = OrderStatus::Cancelled;
            order.held_for = None;
        }
        EventBody::NoteAdded { .. }
        | EventBody::Reported { .. }
        | EventBody::Opened { .. }
        | EventBody::Located { .. }
        | EventBody::Numbered { .. }
        | EventBody::Ordered { .. }
        | EventBody::Warned { .. }
        | EventBody::Closed(_)
        | EventBody::Resolved { .. } => {}
    }
}

/// Where an open order stands that does not wait for anything.
const fn waiting(order: &WorkOrder) -> OrderStatus {
    match (order.started_at, &order.crew) {
        (Some(_), _) => OrderStatus::Started,
        (None, Some(_)) => OrderStatus::Assigned,
        (None, None) => OrderStatus::Unassigned,
    }
}

impl SubjectState {
    /// How many events it is the sum of.
    pub const fn version(&self) -> u32 {
        match self {
            Self::ServiceRequest(request) => request.version,
            Self::WorkOrder(order) => order.version,
        }
    }

    /// Which subject it is.
    pub const fn subject(&self) -> crate::id::SubjectRef {
        match self {
            Self::ServiceRequest(request) => crate::id::SubjectRef::request(request.id),
            Self::WorkOrder(order) => crate::id::SubjectRef::order(order.id),
        }
    }

    /// Its photos.
    pub fn photos(&self) -> &[Photo] {
        match self {
            Self::ServiceRequest(request) => &request.photos,
            Self::WorkOrder(order) => &order.photos,
        }
    }

    /// Moves the version past an event that this reader may not see.
    pub const fn skip_to(&mut self, version: u32) {
        match self {
            Self::ServiceRequest(request) => request.version = version,
            Self::WorkOrder(order) => order.version = version,
        }
    }
}
