//! What the screens show, made from views. Nothing here changes anything.

use std::collections::BTreeMap;

use mend_core::api::{
    Delivery, Named, OrderPage, OrderSummary, OutboxItem, ReportDraft, ReportSummary, RequestPage,
    Step, StepKind, Today, me_scope,
};
use mend_core::catalogue::Answer;
use mend_core::city::City;
use mend_core::command::CommandBody;
use mend_core::event::{Content, PhotoRole, RecordedAnswer};
use mend_core::id::{CommandId, ContentId, PhotoHash, SubjectId};
use mend_core::location::Location;
use mend_core::subject::{OrderStatus, Photo, ServiceRequest, SubjectState, WorkOrder};
use mend_core::sync::ItemState;
use mend_core::time::Timestamp;

use crate::error::DeviceError;
use crate::keys::Author;
use crate::outbox::label_of;
use crate::store::{OutboxRow, Tables};
use crate::view::{Rules, SubjectView, subject_view};

/// What a page is made with.
pub(crate) struct Look<'a> {
    pub tables: Tables<'a>,
    pub city: Option<&'a City>,
    pub authors: &'a [Author],
    /// Where a command is on its way; none: the sync machine has done with it.
    pub delivery: &'a dyn Fn(CommandId) -> Option<Delivery>,
    /// Whether a photo's bytes are on this device, so that it can be shown.
    pub has_photo: &'a dyn Fn(PhotoHash) -> bool,
}

impl Look<'_> {
    fn view(&self, id: SubjectId) -> Result<Option<SubjectView>, DeviceError> {
        let rules = self.city.map(|city| Rules::new(city, self.authors));
        Ok(subject_view(self.tables, rules.as_ref(), id)?)
    }

    fn delivery(&self, row: &OutboxRow) -> Delivery {
        (self.delivery)(row.command).unwrap_or(Delivery::Received)
    }

    /// The first thing that is not yet there; all is there: received.
    fn delivery_of(&self, rows: &[OutboxRow]) -> Delivery {
        rows.iter()
            .map(|row| self.delivery(row))
            .find(|delivery| *delivery != Delivery::Received)
            .unwrap_or(Delivery::Received)
    }

    fn crew_name(&self, code: &str) -> Option<String> {
        Some(self.city?.crew(code)?.name.clone())
    }

    fn shown(&self, photos: &[Photo], role: PhotoRole) -> Vec<PhotoHash> {
        photos
            .iter()
            .filter(|photo| photo.role == role && (self.has_photo)(photo.hash))
            .map(|photo| photo.hash)
            .collect()
    }

    fn steps(&self, view: &SubjectView, own: bool) -> Vec<Step> {
        let mut events = view.events.clone();
        if own {
            events.extend(view.own_events.iter().cloned());
        }
        let name = |code: &str| self.crew_name(code);
        mend_core::view::steps(&events, &view.content, name, self.has_photo)
    }
}

fn location(content: &BTreeMap<ContentId, Content>, id: ContentId) -> Option<Location> {
    match content.get(&id) {
        Some(Content::Place(location)) => Some(location.clone()),
        _ => None,
    }
}

fn text(content: &BTreeMap<ContentId, Content>, id: Option<ContentId>) -> String {
    match id.and_then(|id| content.get(&id)) {
        Some(Content::Text { text }) => text.clone(),
        _ => String::new(),
    }
}

fn answers(
    content: &BTreeMap<ContentId, Content>,
    recorded: &BTreeMap<String, RecordedAnswer>,
) -> BTreeMap<String, Answer> {
    recorded
        .iter()
        .filter_map(|(question, answer)| {
            let answer = match answer {
                RecordedAnswer::Choice(choice) => Answer::Choice(choice.clone()),
                RecordedAnswer::Flag(flag) => Answer::Flag(*flag),
                // Erased, or not for this reader.
                RecordedAnswer::Text(id) => match content.get(id) {
                    Some(Content::Text { text } | Content::Plate { plate: text }) => {
                        Answer::Text(text.clone())
                    }
                    _ => return None,
                },
            };
            Some((question.clone(), answer))
        })
        .collect()
}

/// Whether there is anything in a draft that a person would miss.
pub(crate) fn is_begun(draft: &ReportDraft) -> bool {
    !draft.photos.is_empty()
        || draft.place.is_some()
        || draft.service_code.is_some()
        || !draft.answers.is_empty()
        || !draft.description.trim().is_empty()
        || !draft.place_text.trim().is_empty()
}

/// The resident's reports, newest first: the draft, those on their way, those with the city.
pub(crate) fn my_reports(look: &Look<'_>) -> Result<Vec<ReportSummary>, DeviceError> {
    let me = look.authors.iter().find(|author| author.account.is_none()).map(Author::key);
    let scope = me.map(me_scope).unwrap_or_default();
    let mut ids: Vec<SubjectId> = look
        .tables
        .subjects()?
        .into_iter()
        .filter(|row| row.scopes.contains(&scope))
        .map(|row| row.state.subject().id)
        .collect();
    for row in look.tables.outbox()? {
        if Some(row.key) == me && !ids.contains(&row.subject.id) {
            ids.push(row.subject.id);
        }
    }
    let mut found = Vec::new();
    for id in ids {
        if let Some(view) = look.view(id)?
            && let Some(SubjectState::ServiceRequest(request)) = &view.state
        {
            found.push(request_summary(look, &view, request));
        }
    }
    found.extend(look.tables.report_draft()?.filter(is_begun).map(draft_summary));
    found.sort_by_key(|report| std::cmp::Reverse(report.at));
    Ok(found)
}

fn draft_summary(draft: ReportDraft) -> ReportSummary {
    ReportSummary {
        request: None,
        draft: Some(draft.id),
        service_code: draft.service_code,
        place: draft.place.as_ref().map_or(draft.place_text, label_of),
        photo: draft.photos.first().map(|photo| photo.hash),
        tracking_code: None,
        number: None,
        delivery: Delivery::Draft,
        status: None,
        promise: None,
        at: draft.saved_at,
        moved_at: draft.saved_at,
    }
}

fn request_summary(look: &Look<'_>, view: &SubjectView, request: &ServiceRequest) -> ReportSummary {
    let sent = view
        .commands
        .iter()
        .find(|row| row.opened().is_ok_and(|frame| frame.head.type_ == 1))
        .map(|row| row.made_at);
    let at = sent.unwrap_or(request.received_at);
    let moved_at = view
        .events
        .iter()
        .filter_map(|event| match event {
            mend_core::api::WireEvent::Seen(event) => Some(event.recorded_at),
            _ => None,
        })
        .max();
    ReportSummary {
        request: Some(request.id),
        draft: None,
        service_code: Some(request.service_code.clone()),
        place: location(&view.content, request.place).as_ref().map(label_of).unwrap_or_default(),
        photo: look.shown(&request.photos, PhotoRole::Before).into_iter().next(),
        tracking_code: Some(request.tracking_code),
        number: request.number.clone(),
        delivery: look.delivery_of(&view.commands),
        status: (view.city_version > 0).then_some(request.status),
        promise: request.promise,
        at,
        moved_at: moved_at.unwrap_or(at),
    }
}

/// One request as its reporter sees it.
pub(crate) fn request(look: &Look<'_>, id: SubjectId) -> Result<Option<RequestPage>, DeviceError> {
    let Some(view) = look.view(id)? else { return Ok(None) };
    let Some(SubjectState::ServiceRequest(request)) = &view.state else { return Ok(None) };
    let department = || {
        let code = request.department.as_ref()?;
        Some(look.city?.department(code)?.name.clone())
    };
    let with = request.crew.as_ref().and_then(|code| look.crew_name(code)).or_else(department);
    let mut steps = look.steps(&view, false);
    steps.reverse();
    Ok(Some(RequestPage {
        summary: request_summary(look, &view, request),
        location: location(&view.content, request.place),
        description: text(&view.content, request.description),
        with,
        before: look.shown(&request.photos, PhotoRole::Before),
        after: look.shown(&request.photos, PhotoRole::After),
        steps,
    }))
}

fn order_summary(look: &Look<'_>, view: &SubjectView, order: &WorkOrder) -> OrderSummary {
    OrderSummary {
        id: order.id,
        number: order.number.clone(),
        service_code: order.service_code.clone(),
        place: location(&view.content, order.place).as_ref().map(label_of).unwrap_or_default(),
        priority: order.priority,
        status: order.status,
        due: order.due,
        photo: look.shown(&order.photos, PhotoRole::Before).into_iter().next(),
        delivery: look.delivery_of(&view.commands),
    }
}

/// The orders of `author`'s crew: started first, then by urgency and date; then those done today.
pub(crate) fn today(
    look: &Look<'_>,
    account: &str,
    crew: &Named,
    now: Timestamp,
) -> Result<Today, DeviceError> {
    let mut orders = Vec::new();
    for row in look.tables.subjects()? {
        let Some(view) = look.view(row.state.subject().id)? else { continue };
        let Some(SubjectState::WorkOrder(order)) = &view.state else { continue };
        if order.crew.as_ref() != Some(&crew.code) || view.scopes.is_empty() {
            continue;
        }
        let day = |at: Timestamp| look.city.map(|city| city.local_date(at));
        if order.completed_at.is_some_and(|at| day(at) != day(now)) {
            continue;
        }
        orders.push(order_summary(look, &view, order));
    }
    orders.sort_by_key(|order| {
        let place = match order.status {
            OrderStatus::Started => 0,
            OrderStatus::Assigned | OrderStatus::Unassigned => 1,
            OrderStatus::Held => 2,
            OrderStatus::Completed | OrderStatus::Cancelled => 3,
        };
        // Without a date: behind those that have one.
        let due = order.due.unwrap_or(Timestamp(i64::MAX));
        (place, std::cmp::Reverse(order.priority), due, order.number.clone())
    });
    Ok(Today { crew: crew.clone(), account: account.to_owned(), orders })
}

/// One order as its crew sees it.
pub(crate) fn order(look: &Look<'_>, id: SubjectId) -> Result<Option<OrderPage>, DeviceError> {
    let Some(view) = look.view(id)? else { return Ok(None) };
    let Some(SubjectState::WorkOrder(order)) = &view.state else { return Ok(None) };
    let notes = look
        .steps(&view, true)
        .into_iter()
        .filter(|step| step.note.is_some() || step.kind == StepKind::Newer)
        .collect();
    Ok(Some(OrderPage {
        summary: order_summary(look, &view, order),
        location: location(&view.content, order.place),
        description: text(&view.content, order.description),
        answers: answers(&view.content, &order.answers),
        before: look.shown(&order.photos, PhotoRole::Before),
        after: look.shown(&order.photos, PhotoRole::After),
        notes,
        started_at: order.started_at,
        completed_at: order.completed_at,
    }))
}

/// What is on its way, oldest first; what is all there is no longer listed.
pub(crate) fn outbox(look: &Look<'_>) -> Result<Vec<OutboxItem>, DeviceError> {
    let mut items = Vec::new();
    for row in look.tables.outbox()? {
        let delivery = look.delivery(&row);
        if delivery == Delivery::Received {
            continue;
        }
        let frame = row.opened()?;
        let action = CommandBody::from_json(frame.head.type_, frame.head.version, &frame.body)
            .map_or_else(|_| "unknown".to_owned(), |body| body.name().to_owned());
        items.push(OutboxItem {
            command: row.command,
            subject: row.subject,
            action,
            service_code: row.service_code,
            place: row.label,
            photo: row.photos.first().map(|photo| photo.hash),
            delivery,
            at: row.made_at,
            account: row.account,
            accepted: row.state == ItemState::Accepted,
        });
    }
    Ok(items)
}
