//! `apply`: a subject after one more event. It reads no configuration and cannot fail: an event
//! that makes no sense for the subject moves its version and nothing else.

use crate::event::{Event, EventBody};
use crate::id::{PhotoHash, SubjectKind};
use crate::subject::{OrderStatus, Photo, RequestStatus, ServiceRequest, SubjectState, WorkOrder};

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
            order: None,
            photos: Vec::new(),
            outcome: None,
            received_at: event.recorded_at,
            started_at: None,
            resolved_at: None,
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
    }
}

fn apply_request(request: &mut ServiceRequest, event: &Event) {
    request.version = event.version;
    match &event.body {
        EventBody::Located { zones } => request.zones.clone_from(zones),
        EventBody::Numbered { number } => request.number = Some(number.clone()),
        EventBody::Prioritised { priority, .. } => request.priority = Some(*priority),
        EventBody::Routed { department, .. } => request.department = Some(department.clone()),
        EventBody::Promised { promise, .. } => request.promise = Some(*promise),
        EventBody::Ordered { order } => request.order = Some(*order),
        EventBody::Assigned { crew, .. } => {
            request.crew = Some(crew.clone());
            if request.status < RequestStatus::Assigned {
                request.status = RequestStatus::Assigned;
            }
        }
        EventBody::Started {} => {
            request.started_at.get_or_insert(event.occurred_at);
            if request.status < RequestStatus::InProgress {
                request.status = RequestStatus::InProgress;
            }
        }
        EventBody::PhotoAdded { hash, role } => {
            name_photo(&mut request.photos, Photo { hash: *hash, role: *role, verified: false })
        }
        EventBody::PhotoVerified { hash } => verify_photo(&mut request.photos, *hash),
        EventBody::Resolved { outcome, .. } => {
            request.outcome = Some(*outcome);
            request.resolved_at = Some(event.occurred_at);
            request.status = RequestStatus::Resolved;
        }
        EventBody::NoteAdded { .. }
        | EventBody::Reported { .. }
        | EventBody::Opened { .. }
        | EventBody::Completed { .. } => {}
    }
}

fn apply_order(order: &mut WorkOrder, event: &Event) {
    order.version = event.version;
    match &event.body {
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
            if order.status != OrderStatus::Completed {
                order.status = OrderStatus::Started;
            }
        }
        EventBody::PhotoAdded { hash, role } => {
            name_photo(&mut order.photos, Photo { hash: *hash, role: *role, verified: false })
        }
        EventBody::PhotoVerified { hash } => verify_photo(&mut order.photos, *hash),
        EventBody::Completed { outcome, flagged, .. } => {
            order.flagged |= *flagged;
            if order.status != OrderStatus::Completed {
                order.outcome = Some(*outcome);
                order.completed_at = Some(event.occurred_at);
                order.status = OrderStatus::Completed;
            }
        }
        EventBody::NoteAdded { .. }
        | EventBody::Reported { .. }
        | EventBody::Opened { .. }
        | EventBody::Located { .. }
        | EventBody::Numbered { .. }
        | EventBody::Prioritised { .. }
        | EventBody::Routed { .. }
        | EventBody::Promised { .. }
        | EventBody::Ordered { .. }
        | EventBody::Resolved { .. } => {}
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
