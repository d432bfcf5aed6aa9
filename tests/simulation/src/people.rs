//! What people do with their devices.

use std::collections::BTreeMap;

use mend_core::api::{CompletionDraft, DraftPhoto, FlowStep, ReportDraft};
use mend_core::catalogue::Answer;
use mend_core::command::{
    AddNote, AddPhotos, Assign, CommandBody, Hold, Merge, PhotoRef, Reopen, Resume, Withdraw,
};
use mend_core::decide::Role;
use mend_core::event::{HoldReason, Outcome, PhotoRole, Visibility};
use mend_core::frame::{self, Head};
use mend_core::id::{CommandId, DraftId, SubjectRef};
use mend_core::location::{Location, LocationSource, Point};
use mend_core::subject::SubjectState;
use mend_core::sync::{Input, ItemState};
use mend_core::time::Timestamp;
use mend_device::DeviceError;
use mend_device::keys::Author;
use mend_device::outbox::{self, Given};
use mend_device::store::{DraftBody, OutboxRow};

use crate::city::{CREWS, SERVICES};
use crate::device::{Device, Made, Up};
use crate::dice::Dice;
use crate::photos::pictures;

/// What a device is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Begins a report, with photos.
    Draft,
    /// Sends the report that was begun.
    Send,
    /// Writes something to a report of one's own, or adds photos, or says that it is not mended.
    Follow,
    /// As a crew: starts, holds, goes on with, completes, or writes to an order.
    Work,
    /// At the desk: gives an order to a crew, closes a duplicate, writes.
    Dispatch,
    /// Tries again what was refused.
    Retry,
    /// Gives up what was refused.
    GiveUp,
    /// Makes a draft of a report that was not answered, or was refused.
    Edit,
    /// Queues a command of a kind that the server does not know yet.
    FromTomorrow,
}

/// All acts, as often as people do them.
pub const ACTS: [Act; 25] = [
    Act::Draft,
    Act::Draft,
    Act::Draft,
    Act::Draft,
    Act::Send,
    Act::Send,
    Act::Send,
    Act::Send,
    Act::Send,
    Act::Follow,
    Act::Follow,
    Act::Follow,
    Act::Work,
    Act::Work,
    Act::Work,
    Act::Work,
    Act::Work,
    Act::Work,
    Act::Dispatch,
    Act::Dispatch,
    Act::Dispatch,
    Act::Retry,
    Act::GiveUp,
    Act::Edit,
    Act::FromTomorrow,
];

/// Does it, and says in a few words what came of it. None: there was nothing to do it with.
pub fn act(device: &mut Device, what: Act, now: Timestamp, dice: &mut Dice) -> Option<String> {
    let here = device.clock(now);
    let done = match what {
        Act::Draft => draft(device, here, dice),
        Act::Send => send(device, here, dice),
        Act::Follow => follow(device, here, dice),
        Act::Work => work(device, here, dice),
        Act::Dispatch => dispatch(device, here, dice),
        Act::Retry => {
            device.up()?.handle(here, dice, Input::RetryNow);
            Ok("tries everything again".to_owned())
        }
        Act::GiveUp => give_up(device, here, dice),
        Act::Edit => edit(device, here, dice),
        Act::FromTomorrow => from_tomorrow(device, here, dice),
    };
    match done {
        Ok(text) if text.is_empty() => None,
        Ok(text) => Some(text),
        Err(error) => Some(format!("{what:?}: {}", error.code())),
    }
}

fn nothing() -> Result<String, DeviceError> {
    Ok(String::new())
}

/// Takes up to three photos: first their files, then their rows.
fn take_photos(device: &mut Device, dice: &mut Dice) -> Result<Vec<DraftPhoto>, DeviceError> {
    let mut photos: Vec<DraftPhoto> = Vec::new();
    for _ in 0..[0, 0, 1, 1, 2, 3][dice.below(6)] {
        let Some(picture) = dice.pick(pictures()) else { continue };
        if photos.iter().any(|photo| photo.hash == picture.hash) {
            continue;
        }
        let Some(up) = device.up() else { continue };
        up.photos.keep(picture.hash, &picture.bytes, Some(b"small"))?;
        device.memory.photos.insert(picture.hash);
        photos.push(DraftPhoto {
            hash: picture.hash,
            bytes: u64::try_from(picture.bytes.len()).unwrap_or(0),
            width: 8,
            height: 8,
            hint: None,
            taken_at: None,
        });
    }
    Ok(photos)
}

fn draft(device: &mut Device, here: Timestamp, dice: &mut Dice) -> Result<String, DeviceError> {
    let id = DraftId::v7(here, dice.bytes());
    let photos = take_photos(device, dice)?;
    let lat = 40.05 + dice.below(90) as f64 / 100.0;
    let lon = 10.05 + dice.below(90) as f64 / 100.0;
    let place = Point::new(lat, lon).ok().map(|point| Location {
        point,
        source: LocationSource::Pin,
        accuracy_m: None,
        fix_age_s: None,
        label: if dice.one_in(2) { String::new() } else { "By the bridge".to_owned() },
        asset: None,
    });
    let mut answers = BTreeMap::new();
    if !dice.one_in(8) {
        let choice = if dice.one_in(2) { "lane" } else { "path" };
        answers.insert("where".to_owned(), Answer::Choice(choice.to_owned()));
    }
    let city = device.city.clone();
    let known: Vec<&str> =
        SERVICES.into_iter().filter(|code| city.catalogue().service(code).is_some()).collect();
    let service = dice.pick(&known).copied();
    if service == Some("lamp") {
        answers.clear();
    }
    let draft = ReportDraft {
        id,
        step: FlowStep::Review,
        photos: Vec::new(),
        place,
        place_text: String::new(),
        service_code: service.map(str::to_owned),
        answers,
        description: if dice.one_in(2) { String::new() } else { "It is broken.".to_owned() },
        saved_at: here,
        edits: None,
    };
    let Some(up) = device.up() else { return nothing() };
    let kept = up.store.write(|t| -> Result<bool, DeviceError> {
        if t.report_draft()?.is_some() {
            return Ok(false);
        }
        t.add_draft(&DraftBody::Report(draft))?;
        for photo in &photos {
            t.add_draft_photo(id, photo)?;
        }
        Ok(true)
    })?;
    Ok(if kept { format!("begins a report with {} photos", photos.len()) } else { String::new() })
}

/// The row is in the store: the machine is told, and the person.
fn queued(device: &mut Device, here: Timestamp, row: &OutboxRow, dice: &mut Dice) {
    remember(device, row);
    if let Some(up) = device.up() {
        up.handle(here, dice, Input::Enqueued(row.item()));
    }
}

fn remember(device: &mut Device, row: &OutboxRow) {
    device.memory.made.insert(
        row.command,
        Made {
            frame: row.frame.clone(),
            subject: row.subject,
            key: row.key,
            given_up: false,
            superseded: false,
        },
    );
}

fn send(device: &mut Device, here: Timestamp, dice: &mut Dice) -> Result<String, DeviceError> {
    let city = device.city.clone();
    let random: [u8; 32] = dice.bytes();
    let Some(up) = device.up() else { return nothing() };
    let Some(draft) = up.store.read(|t| t.report_draft())? else { return nothing() };
    let (me, seed) = (up.me().clone(), up.installation.seed);
    attempt(device, here, draft.id, &random);
    let Some(up) = device.up() else { return nothing() };
    let sent =
        up.act(&city, &me, here, random, |t, act| outbox::send_report(t, act, &seed, draft.id));
    let sent = match sent {
        Ok(sent) => sent,
        Err(DeviceError::Refused(refusal)) => {
            // The person sees why, and begins anew.
            device.memory.attempts.pop();
            device.memory.dropped.insert(draft.id);
            if let Some(up) = device.up() {
                up.store.write(|t| t.remove_draft(draft.id))?;
            }
            return Ok(format!("drops a draft: {}", refusal.code.as_str()));
        }
        Err(error) => return Err(error),
    };
    let command = short(sent.row.command);
    let Some(older) = sent.supersedes else {
        queued(device, here, &sent.row, dice);
        return Ok(format!("sends report {command}"));
    };
    remember(device, &sent.row);
    if let Some(made) = device.memory.made.get_mut(&older) {
        made.given_up = true;
        made.superseded = true;
    }
    if let Some(up) = device.up() {
        up.handle(here, dice, Input::Superseded(older, sent.row.item()));
    }
    Ok(format!("sends report {command} in place of {}", short(older)))
}

/// A draft is about to become a command; its id follows from time and chance, as in `outbox`.
fn attempt(device: &mut Device, here: Timestamp, draft: DraftId, random: &[u8; 32]) {
    let mut part = [0; 10];
    part.copy_from_slice(&random[..10]);
    let command = CommandId::v7(here, part);
    device.memory.attempts.push((draft, command));
    device.memory.tried.entry(draft).or_default().insert(command);
}

/// A command in a log.
pub fn short(command: CommandId) -> String {
    let bytes = command.as_bytes();
    let mut text = String::new();
    for byte in &bytes[12..] {
        text.push_str(&format!("{byte:02x}"));
    }
    text
}

fn say(
    device: &mut Device,
    here: Timestamp,
    author: &Author,
    subject: SubjectRef,
    body: CommandBody,
    dice: &mut Dice,
) -> Result<String, DeviceError> {
    let city = device.city.clone();
    let random = dice.bytes();
    let name = body.name();
    let Some(up) = device.up() else { return nothing() };
    let row = up.act(&city, author, here, random, |t, act| outbox::say(t, act, subject, body))?;
    queued(device, here, &row, dice);
    Ok(format!("{name} {} on {}", short(row.command), word(subject)))
}

/// A subject in a log.
pub fn word(subject: SubjectRef) -> String {
    let bytes = subject.id.as_bytes();
    format!("{}-{:02x}{:02x}", &subject.kind.as_str()[..5], bytes[14], bytes[15])
}

fn note(dice: &mut Dice, internal: bool) -> CommandBody {
    let text = ["Still there.", "The gate is locked.", "Two of them."];
    let text = dice.pick(&text).copied().unwrap_or_default().to_owned();
    let visibility = if internal { Visibility::Internal } else { Visibility::Public };
    CommandBody::AddNote(AddNote { text, visibility })
}

fn add_photos(
    device: &mut Device,
    role: PhotoRole,
    dice: &mut Dice,
) -> Result<Option<CommandBody>, DeviceError> {
    let photos: Vec<PhotoRef> = take_photos(device, dice)?
        .iter()
        .map(|photo| PhotoRef { hash: photo.hash, bytes: photo.bytes, role })
        .collect();
    Ok((!photos.is_empty()).then_some(CommandBody::AddPhotos(AddPhotos { photos })))
}

fn follow(device: &mut Device, here: Timestamp, dice: &mut Dice) -> Result<String, DeviceError> {
    let Some(up) = device.up() else { return nothing() };
    let me = up.me().clone();
    let own = own_requests(up)?;
    let Some(subject) = dice.pick(&own).copied() else { return nothing() };
    let body = match dice.below(6) {
        5 => CommandBody::Withdraw(Withdraw { note: String::new() }),
        0 => CommandBody::Reopen(Reopen { note: "It is broken again.".to_owned() }),
        1 => match add_photos(device, PhotoRole::Before, dice)? {
            Some(body) => body,
            None => return nothing(),
        },
        _ => note(dice, false),
    };
    say(device, here, &me, subject, body, dice)
}

fn own_requests(up: &mut Up) -> Result<Vec<SubjectRef>, DeviceError> {
    let me = up.my_key;
    let reports = up.store.read(|t| t.outbox())?;
    let mut own: Vec<SubjectRef> =
        reports.iter().filter(|row| row.key == me).map(|row| row.subject).collect();
    own.sort();
    own.dedup();
    Ok(own)
}

fn staff(up: &mut Up, role: Role) -> Result<Vec<(Author, Option<String>)>, DeviceError> {
    let signed_in = up.readers();
    Ok(up
        .authors
        .iter()
        .filter(|author| signed_in.contains(&author.key()))
        .filter_map(|author| {
            let account = author.account.as_ref().filter(|account| account.role == role)?;
            Some((author.clone(), account.crew.as_ref().map(|crew| crew.code.clone())))
        })
        .collect())
}

fn work(device: &mut Device, here: Timestamp, dice: &mut Dice) -> Result<String, DeviceError> {
    let Some(up) = device.up() else { return nothing() };
    let crews = staff(up, Role::Crew)?;
    let Some((author, Some(crew))) = dice.pick(&crews).cloned() else { return nothing() };
    let orders: Vec<SubjectRef> = up
        .store
        .read(|t| t.subjects())?
        .into_iter()
        .filter_map(|row| match row.state {
            SubjectState::WorkOrder(order)
                if order.crew.as_ref() == Some(&crew) || order.former_crews.contains(&crew) =>
            {
                Some(SubjectRef::order(order.id))
            }
            _ => None,
        })
        .collect();
    let Some(subject) = dice.pick(&orders).copied() else { return nothing() };
    let body = match dice.below(8) {
        0 | 1 => {
            let (city, random) = (device.city.clone(), dice.bytes());
            let Some(up) = device.up() else { return nothing() };
            let row = up.act(&city, &author, here, random, |t, act| {
                outbox::start_order(t, act, subject.id)
            })?;
            queued(device, here, &row, dice);
            return Ok(format!("starts {} by {}", word(subject), short(row.command)));
        }
        2 => CommandBody::Hold(Hold {
            reason: HoldReason::Parts,
            note: if dice.one_in(2) { String::new() } else { "Waiting for a part.".to_owned() },
        }),
        3 => CommandBody::Resume(Resume {}),
        4 => {
            let internal = dice.one_in(2);
            note(dice, internal)
        }
        5 => match add_photos(device, PhotoRole::After, dice)? {
            Some(body) => body,
            None => return nothing(),
        },
        _ => return complete(device, here, &author, subject, dice),
    };
    say(device, here, &author, subject, body, dice)
}

fn complete(
    device: &mut Device,
    here: Timestamp,
    author: &Author,
    order: SubjectRef,
    dice: &mut Dice,
) -> Result<String, DeviceError> {
    let photos = take_photos(device, dice)?;
    let (city, random) = (device.city.clone(), dice.bytes());
    let fresh = DraftId::v7(here, dice.bytes());
    let Some(up) = device.up() else { return nothing() };
    let id = up.store.write(|t| -> Result<DraftId, DeviceError> {
        if let Some(draft) = t.completion_draft(order.id)? {
            return Ok(draft.id);
        }
        t.add_draft(&DraftBody::Completion(CompletionDraft {
            id: fresh,
            order: order.id,
            photos: Vec::new(),
            outcome: Outcome::Mended,
            note: "Done.".to_owned(),
            saved_at: here,
        }))?;
        for photo in &photos {
            t.add_draft_photo(fresh, photo)?;
        }
        Ok(fresh)
    })?;
    if dice.one_in(4) {
        return Ok(format!("begins to complete {}", word(order)));
    }
    attempt(device, here, id, &random);
    let Some(up) = device.up() else { return nothing() };
    let row = up.act(&city, author, here, random, |t, act| outbox::complete_order(t, act, id))?;
    queued(device, here, &row, dice);
    Ok(format!("completes {} by {}", word(order), short(row.command)))
}

fn dispatch(device: &mut Device, here: Timestamp, dice: &mut Dice) -> Result<String, DeviceError> {
    let Some(up) = device.up() else { return nothing() };
    let desk = staff(up, Role::Dispatcher)?;
    let Some((author, _)) = dice.pick(&desk).cloned() else { return nothing() };
    let subjects = up.store.read(|t| t.subjects())?;
    let refs: Vec<SubjectRef> = subjects.iter().map(|row| row.state.subject()).collect();
    let requests: Vec<SubjectRef> = refs
        .iter()
        .filter(|subject| **subject == SubjectRef::request(subject.id))
        .copied()
        .collect();
    let Some(subject) = dice.pick(&refs).copied() else { return nothing() };
    let body = if subject == SubjectRef::order(subject.id) {
        match dice.below(6) {
            0 => CommandBody::Hold(Hold { reason: HoldReason::Weather, note: String::new() }),
            1 => CommandBody::Resume(Resume {}),
            // Often: an order that goes to another crew leaves one feed and enters another.
            _ => {
                let crew = dice.pick(&CREWS).copied().unwrap_or_default().to_owned();
                CommandBody::Assign(Assign { crew })
            }
        }
    } else {
        match dice.below(4) {
            0 => match dice.pick(&requests) {
                Some(into) => CommandBody::Merge(Merge { into: into.id }),
                None => return nothing(),
            },
            1 => CommandBody::Reopen(Reopen { note: String::new() }),
            n => note(dice, n == 2),
        }
    };
    say(device, here, &author, subject, body, dice)
}

fn give_up(device: &mut Device, here: Timestamp, dice: &mut Dice) -> Result<String, DeviceError> {
    let Some(up) = device.up() else { return nothing() };
    let rows = up.store.read(|t| t.outbox())?;
    let refused: Vec<&OutboxRow> =
        rows.iter().filter(|row| matches!(row.state, ItemState::Refused { .. })).collect();
    let Some(command) = dice.pick(&refused).map(|row| row.command) else { return nothing() };
    let given = match up.store.write(|t| outbox::discard(t, command)) {
        Ok(given) => given,
        Err(error) => {
            // When the disk fails in the moment of the commit, it may have happened all the same.
            // Then what followed the command is gone as well, and nobody was promised otherwise.
            let of = |id: &CommandId| rows.iter().find(|row| row.command == *id);
            let Some(given) = of(&command) else { return Err(error) };
            for row in rows.iter().filter(|row| row.subject == given.subject) {
                if let Some(made) = device.memory.made.get_mut(&row.command) {
                    made.given_up = true;
                }
            }
            return Err(error);
        }
    };
    match given {
        Given::Up(gone) => forget(device, here, &gone, dice),
        Given::Photos { left, .. } => {
            for input in [Input::Discarded(left.command), Input::Enqueued(left.item())] {
                up.handle(here, dice, input);
            }
        }
    }
    Ok(format!("gives up {}", short(command)))
}

fn forget(device: &mut Device, here: Timestamp, gone: &[CommandId], dice: &mut Dice) {
    for command in gone {
        if let Some(made) = device.memory.made.get_mut(command) {
            made.given_up = true;
        }
        if let Some(up) = device.up() {
            up.handle(here, dice, Input::Discarded(*command));
        }
    }
}

fn edit(device: &mut Device, here: Timestamp, dice: &mut Dice) -> Result<String, DeviceError> {
    let id = DraftId::v7(here, dice.bytes());
    let Some(up) = device.up() else { return nothing() };
    let rows = up.store.read(|t| t.outbox())?;
    let open: Vec<CommandId> = rows
        .iter()
        .filter(|row| row.answer.is_none() && row.account.is_none())
        .filter(|row| row.opened().is_ok_and(|frame| frame.head.type_ == 1))
        .map(|row| row.command)
        .collect();
    let Some(command) = dice.pick(&open).copied() else { return nothing() };
    let size = |_| Ok(Some((8, 8)));
    up.store.write(|t| outbox::edit_report(t, command, id, here, &size))?;
    Ok(format!("edits {}", short(command)))
}

/// A newer app on this device wrote a command that neither this program nor the server knows.
fn from_tomorrow(
    device: &mut Device,
    here: Timestamp,
    dice: &mut Dice,
) -> Result<String, DeviceError> {
    let city = device.city.clone();
    let Some(up) = device.up() else { return nothing() };
    let me = up.me().clone();
    let own = own_requests(up)?;
    if !dice.one_in(3) {
        return nothing();
    }
    let Some(subject) = dice.pick(&own).copied() else { return nothing() };
    let head = Head {
        city: city.id(),
        key: me.key(),
        command: CommandId::v7(here, dice.bytes()),
        subject: subject.id,
        based_on: 0,
        previous: None,
        supersedes: None,
        device_clock: here,
        server_seen: None,
        offset_ms: 0,
        type_: 99,
        version: 1,
    };
    let frame = frame::seal(&head, b"{}", &me.signing)
        .map_err(|error| DeviceError::Internal(error.to_string()))?;
    let row = OutboxRow {
        command: head.command,
        subject,
        key: me.key(),
        account: None,
        frame,
        made_at: here,
        state: ItemState::Waiting,
        answer: None,
        service_code: None,
        label: String::new(),
        photos: Vec::new(),
    };
    up.store.write(|t| t.enqueue(&row, None))?;
    queued(device, here, &row, dice);
    Ok(format!("keeps {} of a kind from tomorrow", short(row.command)))
}
