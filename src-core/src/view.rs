//! Who sees what: an event or a state as one reader may have it, and what a timeline tells.

use std::collections::BTreeMap;

use crate::api::{NoticeKind, Step, StepKind, WireEvent};
use crate::event::{Actor, Closing, Content, Event, EventBody, PhotoRole};
use crate::id::{ContentId, PhotoHash, Principal, SubjectKind};
use crate::subject::{ServiceRequest, SubjectState};

/// For whom something is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// The reporter.
    Owner(Principal),
    /// A crew or the desk.
    Staff,
    /// Anyone with the tracking code.
    Public,
}

impl Reader {
    fn may_see(self, event: &Event) -> bool {
        matches!(self, Self::Staff) || event.body.public()
    }

    fn own_key(self, by: Option<Principal>) -> Option<Principal> {
        match self {
            Self::Owner(key) => by.filter(|by| *by == key),
            Self::Staff | Self::Public => None,
        }
    }
}

/// The event as `reader` may have it.
pub fn wire_event(event: &Event, reader: Reader) -> WireEvent {
    if !reader.may_see(event) {
        return WireEvent::Hidden { hidden: event.version };
    }
    let mut event = event.clone();
    event.by = reader.own_key(event.by);
    WireEvent::Seen(Box::new(event))
}

/// The state as `reader` may have it.
pub fn redact_state(state: SubjectState, reader: Reader) -> SubjectState {
    match state {
        SubjectState::ServiceRequest(mut request) => {
            request.reporter = reader.own_key(request.reporter);
            if reader != Reader::Staff {
                // The events that made these are hidden.
                request.warnings.clear();
            }
            SubjectState::ServiceRequest(request)
        }
        order @ SubjectState::WorkOrder(_) => order,
    }
}

impl WireEvent {
    /// The version that it makes; none for one so new that even that cannot be read.
    pub fn version(&self) -> Option<u32> {
        match self {
            Self::Seen(event) => Some(event.version),
            Self::Hidden { hidden } => Some(*hidden),
            Self::Newer(value) => value.get("version")?.as_u64()?.try_into().ok(),
        }
    }
}

/// What the reporter of `request` is told of an event of theirs, if anything.
pub fn notice_kind(event: &Event, request: &ServiceRequest) -> Option<NoticeKind> {
    if event.subject.kind != SubjectKind::ServiceRequest {
        return None;
    }
    match &event.body {
        // Once it has a number: "received" without one would say little.
        EventBody::Numbered { .. } => Some(NoticeKind::Received),
        EventBody::Assigned { .. } => Some(NoticeKind::Assigned),
        EventBody::Started {} => Some(NoticeKind::Started),
        EventBody::Resolved { .. } => Some(NoticeKind::Resolved),
        EventBody::Held { .. } => Some(NoticeKind::OnHold),
        EventBody::Closed(Closing::Duplicate { .. }) => Some(NoticeKind::Duplicate),
        // Of a crew's photo only the desk need know.
        EventBody::PhotosMissing { hashes } => request
            .photos
            .iter()
            .any(|photo| photo.role == PhotoRole::Before && hashes.contains(&photo.hash))
            .then_some(NoticeKind::PhotosMissing),
        _ => None,
    }
}

/// The steps of a timeline, oldest first.
///
/// `name` gives a crew's name for its code; `show` says whether a photo can be shown. Photos that
/// came with a step stand there; a completion's photos stand at the completion.
pub fn steps(
    events: &[WireEvent],
    content: &BTreeMap<ContentId, Content>,
    name: impl Fn(&str) -> Option<String>,
    show: impl Fn(PhotoHash) -> bool,
) -> Vec<Step> {
    let note = |id: Option<ContentId>| match content.get(&id?)? {
        Content::Text { text } => Some(text.clone()),
        Content::Place(_) | Content::Plate { .. } => None,
    };
    let mut steps: Vec<Step> = Vec::new();
    let mut waiting: Vec<PhotoHash> = Vec::new();
    for event in events {
        let event = match event {
            WireEvent::Seen(event) => event,
            WireEvent::Hidden { .. } => continue,
            WireEvent::Newer(value) => {
                let time = |field: &str| {
                    crate::time::Timestamp(
                        value.get(field).and_then(serde_json::Value::as_i64).unwrap_or(0),
                    )
                };
                steps.push(Step {
                    kind: StepKind::Newer,
                    at: time("occurred_at"),
                    reported_later: false,
                    by: None,
                    note: None,
                    held_for: None,
                    photos: Vec::new(),
                });
                continue;
            }
        };
        let (kind, words) = match &event.body {
            EventBody::Reported { .. } => (StepKind::Received, None),
            EventBody::Assigned { .. } => (StepKind::Assigned, None),
            EventBody::Started {} => (StepKind::Started, None),
            EventBody::NoteAdded { text, .. } => (StepKind::Note, note(Some(*text))),
            EventBody::Resolved { note: words, .. } | EventBody::Completed { note: words, .. } => {
                (StepKind::Resolved, note(*words))
            }
            EventBody::Held { note: words, .. } => (StepKind::OnHold, note(*words)),
            EventBody::Resumed {} => (StepKind::Resumed, None),
            EventBody::Reopened { note: words } => (StepKind::Reopened, note(*words)),
            EventBody::Closed(Closing::Mended) => (StepKind::Closed, None),
            EventBody::Closed(Closing::Duplicate { .. }) => (StepKind::Duplicate, None),
            EventBody::Closed(Closing::Withdrawn) => (StepKind::Withdrawn, None),
            EventBody::Cancelled {} => (StepKind::Cancelled, None),
            EventBody::Amended { .. } => (StepKind::Amended, None),
            EventBody::PhotosMissing { .. } => (StepKind::PhotosMissing, None),
            EventBody::PhotoAdded { hash, .. } => {
                if show(*hash) {
                    match steps.last_mut() {
                        // A report names its photos right after itself, and so does a changed one.
                        Some(step)
                            if (step.kind == StepKind::Received && step.at == event.arrival())
                                || (step.kind == StepKind::Amended
                                    && step.at == event.occurred_at) =>
                        {
                            step.photos.push(*hash);
                        }
                        // A completion names them right before itself.
                        _ => waiting.push(*hash),
                    }
                }
                continue;
            }
            _ => continue,
        };
        // A crew reads as itself also when the city's rule gave it the order.
        let by = match (&event.actor, &event.body) {
            (_, EventBody::Assigned { crew, .. }) | (Actor::Crew { crew }, _) => name(crew),
            _ => None,
        };
        // A report is received when its words arrive, however long ago it was written.
        let received = kind == StepKind::Received;
        steps.push(Step {
            kind,
            at: if received { event.arrival() } else { event.occurred_at },
            reported_later: !received && event.reported_later(),
            by,
            note: words,
            held_for: match &event.body {
                EventBody::Held { reason, .. } => Some(*reason),
                _ => None,
            },
            photos: std::mem::take(&mut waiting),
        });
    }
    if !waiting.is_empty()
        && let Some(last) = steps.last_mut()
    {
        last.photos.append(&mut waiting);
    }
    steps
}
