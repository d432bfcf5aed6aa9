//! From what a person did to a signed command in the outbox: one transaction, then it is on its
//! way for ever, whatever happens to this process.

use mend_core::api::{CompletionDraft, DraftPhoto, Edited, FlowStep, Receipt, ReportDraft};
use mend_core::city::City;
use mend_core::command::{CommandBody, Complete, EARLIER_LIMIT, PhotoRef, Report, Start, Withdraw};
use mend_core::decide::Command;
use mend_core::event::{Content, PhotoRole};
use mend_core::frame::{self, Head};
use mend_core::id::{CommandId, DraftId, PhotoHash, SubjectId, SubjectRef};
use mend_core::planted::{self, Bug};
use mend_core::refusal::RefusalCode;
use mend_core::sync::{ItemState, PhotoState};
use mend_core::time::Timestamp;
use mend_core::tracking::TrackingCode;

use crate::error::DeviceError;
use crate::keys::{Author, owner_hash, owner_secret};
use crate::pages::is_begun;
use crate::store::{Clock, DraftBody, OutboxPhoto, OutboxRow, Tables};
use crate::view::{Rules, SubjectView, subject_view};

/// Everything that an act needs and the store does not hold.
#[derive(Debug)]
pub struct Act<'a> {
    /// For which city.
    pub city: &'a City,
    /// Everyone who has acted on this device.
    pub authors: &'a [Author],
    /// Who acts now.
    pub author: &'a Author,
    /// The device's clock.
    pub now: Timestamp,
    /// What is known of the server's clock.
    pub clock: Clock,
    /// Fresh random bytes.
    pub random: [u8; 32],
}

impl Act<'_> {
    fn command_id(&self) -> CommandId {
        CommandId::v7(self.now, part(&self.random, 0))
    }
}

/// Ten of the random bytes.
fn part(random: &[u8; 32], at: usize) -> [u8; 10] {
    let mut bytes = [0; 10];
    bytes.copy_from_slice(&random[at..at + 10]);
    bytes
}

/// A report that is on its way.
#[derive(Debug, Clone, PartialEq)]
pub struct Sent {
    /// For the person.
    pub receipt: Receipt,
    /// For the city.
    pub row: OutboxRow,
    /// The command whose place it has taken.
    pub supersedes: Option<CommandId>,
}

/// Sends a report draft: signs it, queues it and its photos, and removes the draft. A draft of a
/// report that is on its way already takes that one's place.
///
/// # Errors
/// What is missing or against the city's rules; then the draft stays and nothing is queued.
pub fn send_report(
    tables: Tables<'_>,
    act: &Act<'_>,
    seed: &[u8; 32],
    id: DraftId,
) -> Result<Sent, DeviceError> {
    let Some(DraftBody::Report(draft)) = tables.draft(id)? else {
        return Err(DeviceError::DraftGone);
    };
    let ReportDraft { photos, place, service_code, answers, description, edits, .. } = draft;
    let location = place.ok_or(DeviceError::MissingPlace)?;
    let service_code = service_code.ok_or(DeviceError::MissingService)?;
    let (request, tracking_code) = match &edits {
        Some(edited) => (edited.request, edited.tracking_code),
        None => {
            let mut code = [0; 8];
            code.copy_from_slice(&act.random[20..28]);
            let code = TrackingCode::from_random(u64::from_be_bytes(code));
            (SubjectId::v7(act.now, part(&act.random, 10)), code)
        }
    };
    let photos = photo_refs(&photos, PhotoRole::Before);
    let left_out = |hash: &PhotoHash| !photos.iter().any(|photo| photo.hash == *hash);
    let report = Report {
        service_code: service_code.clone(),
        pack_version: act.city.version().to_owned(),
        answers,
        description,
        dropped: edits.iter().flat_map(|old| &old.photos).copied().filter(left_out).collect(),
        earlier: edits.as_ref().map(|old| old.earlier.clone()).unwrap_or_default(),
        photos,
        tracking_code,
        owner: owner_hash(&owner_secret(seed, request)),
        location,
    };
    let listed = Listed {
        service_code: Some(service_code),
        label: label_of(&report.location),
        inside_city: act.city.contains(report.location.point),
    };
    let supersedes = edits.map(|edited| edited.command);
    let body = CommandBody::Report(Box::new(report));
    let row = queue(tables, act, SubjectRef::request(request), body, supersedes, &listed)?;
    #[cfg(feature = "planted")]
    tables.part(Bug::DraftApart)?;
    tables.remove_draft(id)?;
    Ok(Sent { receipt: Receipt { request, tracking_code }, row, supersedes })
}

/// Queues "I take it back" for a request.
///
/// # Errors
/// The request is not here, not the author's, or a crew has started.
pub fn withdraw(
    tables: Tables<'_>,
    act: &Act<'_>,
    request: SubjectId,
) -> Result<OutboxRow, DeviceError> {
    let listed = listed(tables, act, request)?;
    let body = CommandBody::Withdraw(Withdraw { note: String::new() });
    queue(tables, act, SubjectRef::request(request), body, None, &listed)
}

/// Queues "work has begun" for an order.
///
/// # Errors
/// The order is not here, or not the author's.
pub fn start_order(
    tables: Tables<'_>,
    act: &Act<'_>,
    order: SubjectId,
) -> Result<OutboxRow, DeviceError> {
    let listed = listed(tables, act, order)?;
    queue(tables, act, SubjectRef::order(order), CommandBody::Start(Start {}), None, &listed)
}

/// Queues what needs no draft: a note, a hold, a dispatcher's word.
///
/// # Errors
/// The subject is not here, or what is asked is against the rules.
pub fn say(
    tables: Tables<'_>,
    act: &Act<'_>,
    subject: SubjectRef,
    body: CommandBody,
) -> Result<OutboxRow, DeviceError> {
    let listed = listed(tables, act, subject.id)?;
    queue(tables, act, subject, body, None, &listed)
}

/// Queues a completion with its photos and removes the draft.
///
/// # Errors
/// What is against the rules; then the draft stays and nothing is queued.
pub fn complete_order(
    tables: Tables<'_>,
    act: &Act<'_>,
    id: DraftId,
) -> Result<OutboxRow, DeviceError> {
    let Some(DraftBody::Completion(draft)) = tables.draft(id)? else {
        return Err(DeviceError::DraftGone);
    };
    let CompletionDraft { order, photos, outcome, note, .. } = draft;
    let listed = listed(tables, act, order)?;
    let complete = Complete { outcome, note, photos: photo_refs(&photos, PhotoRole::After) };
    let subject = SubjectRef::order(order);
    let row = queue(tables, act, subject, CommandBody::Complete(complete), None, &listed)?;
    tables.remove_draft(id)?;
    Ok(row)
}

fn photo_refs(photos: &[DraftPhoto], role: PhotoRole) -> Vec<PhotoRef> {
    photos.iter().map(|photo| PhotoRef { hash: photo.hash, bytes: photo.bytes, role }).collect()
}

/// A place in words; without words, its coordinates.
pub(crate) fn label_of(location: &mend_core::location::Location) -> String {
    if location.label.trim().is_empty() {
        format!("{:.5}, {:.5}", location.point.lat(), location.point.lon())
    } else {
        location.label.clone()
    }
}

/// What the outbox's list says of an item.
struct Listed {
    service_code: Option<String>,
    label: String,
    /// A report's place lies in the city.
    inside_city: bool,
}

fn listed(tables: Tables<'_>, act: &Act<'_>, order: SubjectId) -> Result<Listed, DeviceError> {
    let rules = Rules::new(act.city, act.authors);
    let view = subject_view(tables, Some(&rules), order)?;
    let Some(SubjectView { state: Some(state), content, .. }) = view else {
        return Err(RefusalCode::NotFound.into());
    };
    let (service_code, place) = match state {
        mend_core::subject::SubjectState::ServiceRequest(r) => (r.service_code, r.place),
        mend_core::subject::SubjectState::WorkOrder(o) => (o.service_code, o.place),
    };
    let label = match content.get(&place) {
        Some(Content::Place(location)) => label_of(location),
        _ => String::new(),
    };
    Ok(Listed { service_code: Some(service_code), label, inside_city: true })
}

fn queue(
    tables: Tables<'_>,
    act: &Act<'_>,
    subject: SubjectRef,
    body: CommandBody,
    supersedes: Option<CommandId>,
    listed: &Listed,
) -> Result<OutboxRow, DeviceError> {
    let older = match supersedes {
        Some(older) if !planted::is(Bug::SupersededSentToo) => tables.take_from_outbox(older)?,
        _ => None,
    };
    let rules = Rules::new(act.city, act.authors);
    let view = subject_view(tables, Some(&rules), subject.id)?.unwrap_or_default();
    let key = act.author.key();
    // This key's own last command counts as seen, so that two acts offline do not contradict
    // each other. A refused one has not happened.
    let previous = view
        .commands
        .iter()
        .rev()
        .find(|row| row.key == key && !matches!(row.state, ItemState::Refused { .. }))
        .map(|row| row.command);
    let based_on = view.city_version;
    let command = Command { id: act.command_id(), subject, based_on, supersedes, body };
    // The same rules as on the server: what it would refuse is said now, while it can be put
    // right, and not tomorrow.
    let at = act.now.plus_ms(i64::from(act.clock.offset_ms));
    rules.decide(&act.author.speaker(), view.state.as_ref(), &command, at, listed.inside_city)?;

    let (type_, version) = command.body.type_and_version();
    let head = Head {
        city: act.city.id(),
        key,
        command: command.id,
        subject: subject.id,
        based_on: command.based_on,
        previous,
        supersedes,
        device_clock: act.now,
        server_seen: act.clock.server_seen,
        offset_ms: act.clock.offset_ms,
        type_,
        version,
    };
    let json = command.body.to_json().map_err(|error| DeviceError::Internal(error.to_string()))?;
    let frame = frame::seal(&head, &json, &act.author.signing).map_err(|_| {
        mend_core::refusal::Refusal::new(RefusalCode::TextTooLong)
            .with("limit", frame::BODY_LIMIT)
            .with("length", json.len())
    })?;
    // What the city has of the older one's photos it has of the newer one's.
    let there = older.iter().flat_map(|(_, row)| &row.photos);
    let there: Vec<&OutboxPhoto> = there.filter(|p| p.state == PhotoState::Verified).collect();
    let photo_state = |hash| {
        let there = there.iter().any(|photo| photo.hash == hash);
        if there { PhotoState::Verified } else { PhotoState::Waiting }
    };
    let row = OutboxRow {
        command: command.id,
        subject,
        key,
        account: act.author.account.as_ref().map(|account| account.name.clone()),
        frame,
        made_at: act.now,
        state: ItemState::Waiting,
        answer: None,
        service_code: listed.service_code.clone(),
        label: listed.label.clone(),
        photos: command
            .body
            .photos()
            .iter()
            .map(|photo| OutboxPhoto { hash: photo.hash, state: photo_state(photo.hash) })
            .collect(),
    };
    // What follows the older one follows the newer.
    tables.enqueue(&row, older.as_ref().map(|(place, _)| *place))?;
    Ok(row)
}

/// What has gone from the outbox.
#[derive(Debug, Clone, PartialEq)]
pub enum Given {
    /// These commands, with all of their photos.
    Up(Vec<CommandId>),
    /// Only the refused photos of this command, which the city has.
    Photos {
        /// What is left of it.
        left: Box<OutboxRow>,
        /// Photos that nothing else here is still to send: the city will never show them, so
        /// neither does this device.
        gone: Vec<PhotoHash>,
    },
}

/// Gives up a command that was refused, or waits behind one that was. A refused report takes
/// along what was meant to follow it. Of an accepted command only the refused photos go: the
/// others are still to be sent.
///
/// # Errors
/// [`DeviceError::NotRefused`] while it is on its way: what may have arrived cannot be taken back.
pub fn discard(tables: Tables<'_>, command: CommandId) -> Result<Given, DeviceError> {
    let all = tables.outbox()?;
    let at = position(&all, command)?;
    let row = &all[at];
    let refused = |photo: &OutboxPhoto| matches!(photo.state, PhotoState::Refused { .. });
    if row.state == ItemState::Accepted {
        let (gone, photos): (Vec<_>, Vec<_>) = row.photos.iter().cloned().partition(refused);
        if gone.is_empty() {
            return Err(DeviceError::NotRefused);
        }
        for photo in &gone {
            tables.remove_outbox_photo(command, photo.hash)?;
        }
        let to_send = tables.photos_to_send()?;
        let gone = gone.iter().map(|photo| photo.hash).filter(|hash| !to_send.contains(hash));
        let left = Box::new(OutboxRow { photos, ..row.clone() });
        return Ok(Given::Photos { left, gone: gone.collect() });
    }
    let blocked = row.state == ItemState::Waiting
        && all[..at]
            .iter()
            .filter(|other| same(other, row))
            .any(|other| matches!(other.state, ItemState::Refused { .. }));
    if !matches!(row.state, ItemState::Refused { .. }) && !blocked {
        return Err(DeviceError::NotRefused);
    }
    Ok(Given::Up(give_up(tables, &all, at)?))
}

/// Makes a draft of a report that the city has not answered, or has refused, at the last step. The
/// report stays where it is until the draft is sent. `size` is a photo's width and height in
/// pixels; a photo whose file is gone is left out.
///
/// # Errors
/// [`DeviceError::Answered`]; [`DeviceError::DraftExists`]; `not_found` if it is no report.
pub fn edit_report(
    tables: Tables<'_>,
    command: CommandId,
    id: DraftId,
    now: Timestamp,
    size: &dyn Fn(PhotoHash) -> Result<Option<(u32, u32)>, DeviceError>,
) -> Result<ReportDraft, DeviceError> {
    let all = tables.outbox()?;
    let row = &all[position(&all, command)?];
    let frame = row.opened()?;
    let body = CommandBody::from_json(frame.head.type_, frame.head.version, &frame.body);
    let Ok(CommandBody::Report(report)) = body else {
        return Err(RefusalCode::NotFound.into());
    };
    // A first answer means that the city has it, whatever was said later.
    if row.state == ItemState::Accepted || row.answer.is_some() {
        return Err(DeviceError::Answered);
    }
    match tables.report_draft()? {
        Some(draft) if draft.edits.as_ref().is_some_and(|old| old.command == command) => {
            return Ok(draft);
        }
        Some(draft) if is_begun(&draft) => return Err(DeviceError::DraftExists),
        // One that was opened and left empty is missed by nobody.
        Some(draft) => tables.remove_draft(draft.id)?,
        None => {}
    }
    let mut earlier = report.earlier;
    earlier.extend(frame.head.supersedes);
    // More than anyone writes; what is left out can at worst be answered that it exists already.
    earlier.drain(..earlier.len().saturating_sub(EARLIER_LIMIT));
    let edits = Edited {
        command,
        earlier,
        request: row.subject.id,
        tracking_code: report.tracking_code,
        photos: report.photos.iter().map(|photo| photo.hash).chain(report.dropped).collect(),
    };
    let mut photos = Vec::new();
    for PhotoRef { hash, bytes, .. } in report.photos {
        if let Some((width, height)) = size(hash)? {
            photos.push(DraftPhoto { hash, bytes, width, height, hint: None, taken_at: None });
        }
    }
    let draft = ReportDraft {
        id,
        step: FlowStep::Review,
        photos,
        place_text: report.location.label.clone(),
        place: Some(report.location),
        service_code: Some(report.service_code),
        answers: report.answers,
        description: report.description,
        saved_at: now,
        edits: Some(Box::new(edits)),
    };
    tables.add_draft(&DraftBody::Report(draft.clone()))?;
    for photo in &draft.photos {
        tables.add_draft_photo(id, photo)?;
    }
    Ok(draft)
}

fn position(all: &[OutboxRow], command: CommandId) -> Result<usize, DeviceError> {
    all.iter()
        .position(|row| row.command == command)
        .ok_or(DeviceError::Refused(RefusalCode::NotFound.into()))
}

/// By the same key about the same subject: one waits for the other.
fn same(one: &OutboxRow, other: &OutboxRow) -> bool {
    one.subject == other.subject && one.key == other.key
}

fn give_up(
    tables: Tables<'_>,
    all: &[OutboxRow],
    at: usize,
) -> Result<Vec<CommandId>, DeviceError> {
    let row = &all[at];
    let mut gone = vec![row.command];
    if row.opened()?.head.type_ == 1 {
        gone.extend(all[at + 1..].iter().filter(|o| same(o, row)).map(|row| row.command));
    }
    for command in &gone {
        tables.remove_from_outbox(*command)?;
    }
    tables.forget_unseen()?;
    Ok(gone)
}
