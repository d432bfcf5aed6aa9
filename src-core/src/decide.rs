//! `decide`: what a command becomes, or why it cannot be. Pure, and the same on the server, where
//! it counts, and on a device, where it shows what is still on its way.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::catalogue::{
    Answer, AnswerProblem, AnswerProblemKind, Catalogue, QuestionKind, Service, Wanted,
};
use crate::command::{
    AddNote, CommandBody, Complete, EARLIER_LIMIT, Hold, LABEL_LIMIT, Merge, PHOTO_BYTES_LIMIT,
    PHOTO_LIMIT, PhotoRef, Reopen, Report, TEXT_LIMIT, Tick, Withdraw,
};
use crate::event::{
    Actor, ClockKind, Closing, Content, Event, EventBody, PhotoRole, RecordedAnswer, Visibility,
};
use crate::id::{CommandId, ContentId, Origin, PhotoHash, Principal, SubjectRef};
use crate::refusal::{Refusal, RefusalCode};
use crate::subject::{OrderStatus, Photo, RequestStatus, ServiceRequest, SubjectState, WorkOrder};
use crate::time::{DAY_MS, Timestamp};

/// How long a photo may take after its words before it is missed: seven days of 24 hours.
pub const MISSED_AFTER_MS: i64 = 7 * DAY_MS;

/// Who speaks: taken from the signature, never from the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Speaker {
    /// A key, with the staff account bound to it, if any.
    Key {
        /// The key.
        key: Principal,
        /// The account.
        account: Option<SpeakerAccount>,
    },
    /// The server itself.
    System,
    /// Records taken over from elsewhere.
    Import,
}

/// What a staff account may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Works orders of one crew.
    Crew,
    /// Assigns orders.
    Dispatcher,
}

/// The part of a staff account that rules ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpeakerAccount {
    /// What it may do.
    pub role: Role,
    /// The crew's code, for the role crew.
    pub crew: Option<String>,
}

impl Speaker {
    const fn key(&self) -> Option<Principal> {
        match self {
            Self::Key { key, .. } => Some(*key),
            Self::System | Self::Import => None,
        }
    }

    const fn account(&self) -> Option<&SpeakerAccount> {
        match self {
            Self::Key { account: Some(account), .. } => Some(account),
            _ => None,
        }
    }

    fn actor(&self) -> Actor {
        match self {
            Self::System => Actor::System,
            Self::Import => Actor::Import,
            Self::Key { account: None, .. } => Actor::Resident,
            Self::Key { account: Some(SpeakerAccount { role: Role::Crew, crew }), .. } => {
                Actor::Crew { crew: crew.clone().unwrap_or_default() }
            }
            Self::Key { account: Some(SpeakerAccount { role: Role::Dispatcher, .. }), .. } => {
                Actor::Dispatcher
            }
        }
    }
}

/// What a rule may know beside the subject.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// Who speaks.
    pub speaker: &'a Speaker,
    /// What the city offers.
    pub catalogue: &'a Catalogue,
    /// The version of the city pack that `catalogue` comes from.
    pub pack_version: &'a str,
    /// Codes of the crews that exist.
    pub crews: &'a [String],
    /// When it is recorded (on a device: the device's clock).
    pub recorded_at: Timestamp,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// For a report: its point lies in this city.
    pub inside_city: bool,
    /// The other subject that the command names, if it is known here.
    pub other: Option<&'a SubjectState>,
    /// Clocks of the subject that have come to their time. Only the server has any.
    pub due: &'a [Tick],
}

/// A command, opened and understood.
#[derive(Debug, Clone, PartialEq)]
pub struct Command {
    /// Which.
    pub id: CommandId,
    /// About what.
    pub subject: SubjectRef,
    /// The version that the person saw; 0 for none.
    pub based_on: u32,
    /// The command that this one takes the place of. Only a report does.
    pub supersedes: Option<CommandId>,
    /// What it says.
    pub body: CommandBody,
}

/// What a command becomes.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Decision {
    /// In order; versions go on from the subject's.
    pub events: Vec<Event>,
    /// The rows that the events point to.
    pub content: Vec<(ContentId, Content)>,
}

/// Writes a decision: numbers events, versions and content rows.
struct Writer<'a> {
    context: &'a Context<'a>,
    command: &'a Command,
    version: u32,
    decision: Decision,
}

impl<'a> Writer<'a> {
    fn new(context: &'a Context<'a>, command: &'a Command, version: u32) -> Self {
        Self { context, command, version, decision: Decision::default() }
    }

    const fn origin(&self) -> Origin {
        Origin { key: self.context.speaker.key(), command: self.command.id }
    }

    fn event(&mut self, body: EventBody) {
        self.version += 1;
        // A command makes at most a few dozen events: the count fits.
        let index = u32::try_from(self.decision.events.len()).unwrap_or(u32::MAX);
        self.decision.events.push(Event {
            id: self.origin().event(index),
            subject: self.command.subject,
            version: self.version,
            actor: self.context.speaker.actor(),
            by: self.context.speaker.key(),
            occurred_at: self.context.occurred_at,
            recorded_at: self.context.recorded_at,
            type_version: body.type_and_version().1,
            body,
        });
    }

    fn content(&mut self, content: Content) -> ContentId {
        let index = u32::try_from(self.decision.content.len()).unwrap_or(u32::MAX);
        let id = self.origin().content(index);
        self.decision.content.push((id, content));
        id
    }

    fn text(&mut self, text: &str) -> Option<ContentId> {
        let text = text.trim();
        (!text.is_empty()).then(|| self.content(Content::Text { text: text.to_owned() }))
    }

    fn plate(&mut self, text: &str) -> Option<ContentId> {
        let plate = text.trim();
        (!plate.is_empty()).then(|| self.content(Content::Plate { plate: plate.to_owned() }))
    }

    /// Work on an order that waits goes on.
    fn resume(&mut self, order: &WorkOrder) {
        if order.status == OrderStatus::Held {
            self.event(EventBody::Resumed {});
        }
    }

    /// Names photos, each once: one that is named twice, or is there already, says nothing new.
    fn photos(&mut self, known: &[Photo], photos: &[PhotoRef]) {
        let mut named: Vec<PhotoHash> = known.iter().map(|photo| photo.hash).collect();
        for photo in photos {
            if !named.contains(&photo.hash) {
                named.push(photo.hash);
                self.event(EventBody::PhotoAdded { hash: photo.hash, role: photo.role });
            }
        }
    }
}

/// What `command` becomes for `view`, its subject as it stands (`None`: there is none yet).
///
/// # Errors
/// A [`Refusal`] that says why not; the subject stays as it is.
pub fn decide(
    context: &Context<'_>,
    view: Option<&SubjectState>,
    command: &Command,
) -> Result<Decision, Refusal> {
    let replaces = command.supersedes.is_some();
    if !command.body.takes(command.subject.kind)
        || replaces && !matches!(command.body, CommandBody::Report(_))
    {
        return Err(RefusalCode::BadBody.into());
    }
    let writer = Writer::new(context, command, view.map_or(0, SubjectState::version));
    match (&command.body, view) {
        (CommandBody::Report(report), Some(SubjectState::ServiceRequest(request))) => {
            decide_amendment(writer, request, report)
        }
        // `takes` has already refused an order's.
        (CommandBody::Report(_), Some(_)) => Err(RefusalCode::AlreadyExists.into()),
        (CommandBody::Report(report), None) => decide_report(writer, report),
        (_, None) => Err(RefusalCode::NotFound.into()),
        (CommandBody::AddNote(note), Some(state)) => {
            may_add(context, state)?;
            decide_note(writer, note)
        }
        (CommandBody::AddPhotos(add), Some(state)) => {
            may_add(context, state)?;
            check_photos(&add.photos, role_of(state))?;
            if add.photos.is_empty() {
                return Err(RefusalCode::BadBody.into());
            }
            check_photo_count(state.photos(), add.photos.len())?;
            let mut writer = writer;
            writer.photos(state.photos(), &add.photos);
            Ok(writer.decision)
        }
        (CommandBody::VerifyPhoto(verify), Some(state)) => {
            if *context.speaker != Speaker::System {
                return Err(RefusalCode::NotAllowed.into());
            }
            if !state.photos().iter().any(|photo| photo.hash == verify.hash) {
                return Err(RefusalCode::NotFound.into());
            }
            let mut writer = writer;
            writer.event(EventBody::PhotoVerified { hash: verify.hash });
            Ok(writer.decision)
        }
        (CommandBody::Assign(assign), Some(SubjectState::WorkOrder(order))) => {
            dispatcher(context)?;
            if !context.crews.contains(&assign.crew) {
                return Err(Refusal::new(RefusalCode::UnknownCrew).with("crew", &assign.crew));
            }
            if !order.status.is_open() {
                return Err(RefusalCode::AlreadyCompleted.into());
            }
            // It replaces a value: it must have seen what it replaces.
            if command.based_on != order.version {
                return Err(Refusal::new(RefusalCode::Conflict).with("version", order.version));
            }
            let mut writer = writer;
            writer.event(EventBody::Assigned { crew: assign.crew.clone(), rule: None });
            Ok(writer.decision)
        }
        (CommandBody::Start(_), Some(SubjectState::WorkOrder(order))) => {
            crew_of(context, order)?;
            Ok(decide_start(writer, order))
        }
        (CommandBody::Hold(hold), Some(SubjectState::WorkOrder(order))) => {
            crew_or_dispatcher(context, order)?;
            decide_hold(writer, order, hold)
        }
        (CommandBody::Resume(_), Some(SubjectState::WorkOrder(order))) => {
            crew_or_dispatcher(context, order)?;
            let mut writer = writer;
            writer.resume(order);
            Ok(writer.decision)
        }
        (CommandBody::Complete(complete), Some(SubjectState::WorkOrder(order))) => {
            decide_complete(writer, order, complete)
        }
        (CommandBody::Reopen(reopen), Some(SubjectState::ServiceRequest(request))) => {
            may_add_to_request(context, request)?;
            decide_reopen(writer, request, reopen)
        }
        (CommandBody::Merge(merge), Some(SubjectState::ServiceRequest(request))) => {
            decide_merge(writer, request, merge)
        }
        (CommandBody::Withdraw(withdraw), Some(SubjectState::ServiceRequest(request))) => {
            may_add_to_request(context, request)?;
            decide_withdraw(writer, request, withdraw)
        }
        (CommandBody::Tick(tick), Some(SubjectState::ServiceRequest(request))) => {
            if !matches!(context.speaker, Speaker::System | Speaker::Import) {
                return Err(RefusalCode::NotAllowed.into());
            }
            // A clock that was moved or stopped meanwhile says nothing any more.
            if !context.due.contains(tick) {
                return Err(RefusalCode::NotFound.into());
            }
            let mut writer = writer;
            match tick.clock {
                ClockKind::Closing => writer.event(EventBody::Closed(Closing::Mended)),
                // Those that were named together are missed together.
                ClockKind::Photos => {
                    let missed =
                        |photo: &&Photo| missed_at(request, photo).is_some_and(|at| at <= tick.due);
                    let hashes = request.photos.iter().filter(missed).map(|photo| photo.hash);
                    writer.event(EventBody::PhotosMissing { hashes: hashes.collect() });
                }
                ClockKind::Response | ClockKind::Resolution => writer.event(EventBody::Warned {
                    clock: tick.clock,
                    percent: tick.percent,
                    due: tick.due,
                }),
            }
            Ok(writer.decision)
        }
        // `takes` has already refused these.
        (
            CommandBody::Assign(_)
            | CommandBody::Start(_)
            | CommandBody::Hold(_)
            | CommandBody::Resume(_)
            | CommandBody::Complete(_),
            Some(SubjectState::ServiceRequest(_)),
        )
        | (
            CommandBody::Reopen(_)
            | CommandBody::Merge(_)
            | CommandBody::Withdraw(_)
            | CommandBody::Tick(_),
            Some(SubjectState::WorkOrder(_)),
        ) => Err(RefusalCode::BadBody.into()),
    }
}

fn check_text(text: &str, limit: usize) -> Result<(), Refusal> {
    let length = text.chars().count();
    if length > limit {
        return Err(Refusal::new(RefusalCode::TextTooLong)
            .with("limit", limit)
            .with("length", length));
    }
    Ok(())
}

/// Photos of a subject in all: those it has and those that come.
fn check_photo_count(known: &[Photo], more: usize) -> Result<(), Refusal> {
    if known.len() + more > 2 * PHOTO_LIMIT {
        return Err(Refusal::new(RefusalCode::TooManyPhotos).with("limit", 2 * PHOTO_LIMIT));
    }
    Ok(())
}

fn check_photos(photos: &[PhotoRef], role: PhotoRole) -> Result<(), Refusal> {
    if photos.len() > PHOTO_LIMIT {
        return Err(Refusal::new(RefusalCode::TooManyPhotos).with("limit", PHOTO_LIMIT));
    }
    for photo in photos {
        if photo.bytes > PHOTO_BYTES_LIMIT {
            return Err(Refusal::new(RefusalCode::PhotoTooLarge).with("limit", PHOTO_BYTES_LIMIT));
        }
        // Residents show the problem; only a crew shows finished work.
        if photo.bytes == 0 || (role == PhotoRole::Before && photo.role != role) {
            return Err(RefusalCode::BadBody.into());
        }
    }
    Ok(())
}

const fn role_of(state: &SubjectState) -> PhotoRole {
    match state {
        SubjectState::ServiceRequest(_) => PhotoRole::Before,
        SubjectState::WorkOrder(_) => PhotoRole::After,
    }
}

/// Whether the speaker may add notes and photos.
fn may_add(context: &Context<'_>, state: &SubjectState) -> Result<(), Refusal> {
    match state {
        SubjectState::ServiceRequest(request) => may_add_to_request(context, request),
        SubjectState::WorkOrder(order) => crew_of(context, order).map(|_| ()),
    }
}

fn may_add_to_request(context: &Context<'_>, request: &ServiceRequest) -> Result<(), Refusal> {
    let own = request.reporter.is_some() && request.reporter == context.speaker.key();
    if own || dispatcher(context).is_ok() {
        Ok(())
    } else {
        // Whether it exists is nobody else's business.
        Err(RefusalCode::NotFound.into())
    }
}

/// Only a dispatcher, or what is taken over from elsewhere.
fn dispatcher(context: &Context<'_>) -> Result<(), Refusal> {
    if *context.speaker == Speaker::Import {
        return Ok(());
    }
    match context.speaker.account().map(|account| account.role) {
        Some(Role::Dispatcher) => Ok(()),
        Some(Role::Crew) => Err(RefusalCode::NotAllowed.into()),
        None => Err(RefusalCode::SignInNeeded.into()),
    }
}

fn crew_or_dispatcher(context: &Context<'_>, order: &WorkOrder) -> Result<(), Refusal> {
    match dispatcher(context) {
        Ok(()) => Ok(()),
        Err(_) => crew_of(context, order).map(|_| ()),
    }
}

/// Whether the speaker's crew has this order, or had it: then `true` (it was taken away).
fn crew_of(context: &Context<'_>, order: &WorkOrder) -> Result<bool, Refusal> {
    if *context.speaker == Speaker::Import {
        return Ok(false);
    }
    let account = context.speaker.account().ok_or(RefusalCode::SignInNeeded)?;
    let Some(crew) = account.crew.as_ref().filter(|_| account.role == Role::Crew) else {
        return Err(RefusalCode::NotAllowed.into());
    };
    if order.crew.as_ref() == Some(crew) {
        Ok(false)
    } else if order.former_crews.contains(crew) {
        Ok(true)
    } else {
        Err(RefusalCode::NotFound.into())
    }
}

fn decide_note(mut writer: Writer<'_>, note: &AddNote) -> Result<Decision, Refusal> {
    check_text(&note.text, TEXT_LIMIT)?;
    if note.visibility == Visibility::Internal && writer.context.speaker.account().is_none() {
        return Err(RefusalCode::NotAllowed.into());
    }
    let text = writer.text(&note.text).ok_or(RefusalCode::EmptyText)?;
    writer.event(EventBody::NoteAdded { text, visibility: note.visibility });
    Ok(writer.decision)
}

/// A report is judged by the catalogue that the person saw. Where that was an older one, it is not
/// refused for its age: a service that is gone goes to the desk, questions that are new are asked
/// later, and answers that no longer fit are kept as words.
fn decide_report(mut writer: Writer<'_>, report: &Report) -> Result<Decision, Refusal> {
    check_report(writer.context, report)?;
    let (place, description, answers) = write_words(&mut writer, report)?;
    writer.event(EventBody::Reported {
        service_code: report.service_code.clone(),
        pack: recorded_pack(report),
        place,
        description,
        answers,
        tracking_code: report.tracking_code,
        owner: report.owner,
    });
    writer.photos(&[], &report.photos);
    Ok(writer.decision)
}

/// A report about a request that exists: newer words of its reporter, where it says so. They take
/// the place of the older ones until a crew has started, and are a note afterwards.
fn decide_amendment(
    mut writer: Writer<'_>,
    request: &ServiceRequest,
    report: &Report,
) -> Result<Decision, Refusal> {
    let own = request.reporter.is_some() && request.reporter == writer.context.speaker.key();
    if !own || writer.command.supersedes.is_none() || !request.has_receipt_of(report) {
        return Err(RefusalCode::AlreadyExists.into());
    }
    check_report(writer.context, report)?;
    let new = report.photos.iter().filter(|new| !request.photos.iter().any(|p| p.hash == new.hash));
    check_photo_count(&request.photos, new.count())?;
    if request.started_at.is_some() || !request.status.is_open() {
        if let Some(text) = writer.text(&in_words(report)) {
            writer.event(EventBody::NoteAdded { text, visibility: Visibility::Public });
        }
        writer.photos(&request.photos, &report.photos);
        return Ok(writer.decision);
    }
    let (place, description, answers) = write_words(&mut writer, report)?;
    let named = |hash| report.photos.iter().any(|photo| photo.hash == hash);
    let dropped = request
        .photos
        .iter()
        .filter(|photo| photo.role == PhotoRole::Before && report.dropped.contains(&photo.hash));
    writer.event(EventBody::Amended {
        service_code: report.service_code.clone(),
        pack: recorded_pack(report),
        place,
        description,
        answers,
        dropped: dropped.map(|photo| photo.hash).filter(|hash| !named(*hash)).collect(),
    });
    writer.photos(&request.photos, &report.photos);
    Ok(writer.decision)
}

/// What a report says, as one text. Flags and choices stand by their codes: there is no language
/// here to say them in.
fn in_words(report: &Report) -> String {
    let answers = report.answers.iter().map(|(question, answer)| match answer {
        Answer::Flag(flag) => format!("{question}: {flag}"),
        Answer::Choice(text) | Answer::Text(text) => format!("{question}: {text}"),
    });
    let words = [report.description.clone(), report.location.label.clone()];
    let lines: Vec<String> = words.into_iter().chain(answers).collect();
    let lines: Vec<&str> = lines.iter().map(|line| line.trim()).filter(|l| !l.is_empty()).collect();
    lines.join("\n")
}

/// The pack that a report was made under, as events say it.
fn recorded_pack(report: &Report) -> String {
    report.pack_version.chars().filter(char::is_ascii_hexdigit).take(16).collect()
}

fn check_report(context: &Context<'_>, report: &Report) -> Result<(), Refusal> {
    let older = report.pack_version != context.pack_version;
    let service = context.catalogue.service(&report.service_code);
    if service.is_none() && !(older && is_code(&report.service_code)) {
        return Err(RefusalCode::UnknownService.into());
    }
    if report.earlier.len() > EARLIER_LIMIT {
        return Err(RefusalCode::BadBody.into());
    }
    check_text(&report.location.label, LABEL_LIMIT)?;
    check_text(&report.description, TEXT_LIMIT)?;
    check_photos(&report.photos, PhotoRole::Before)?;
    if let Some(service) = service.filter(|_| !older) {
        service
            .check_answers(&report.answers)
            .map_err(|problem| answer_refusal(service, problem))?;
        if service.photo == Wanted::Required && report.photos.is_empty() {
            return Err(RefusalCode::MissingPhoto.into());
        }
    }
    if !context.inside_city {
        return Err(RefusalCode::OutsideCity.into());
    }
    Ok(())
}

/// What a report's events point to: its place, its words, its answers.
type Words = (ContentId, Option<ContentId>, BTreeMap<String, RecordedAnswer>);

/// Writes a report's content and says where it stands.
fn write_words(writer: &mut Writer<'_>, report: &Report) -> Result<Words, Refusal> {
    let service = writer.context.catalogue.service(&report.service_code);
    let place = writer.content(Content::Place(report.location.clone()));
    let description = writer.text(&report.description);
    let mut answers = BTreeMap::new();
    for (question, answer) in report.answers.iter().take(ANSWER_LIMIT) {
        if !is_code(question) {
            return Err(Refusal::new(RefusalCode::BadAnswer));
        }
        let fits = service
            .and_then(|service| service.question(question))
            .is_some_and(|question| question.problem_with(answer).is_none());
        let recorded = match answer {
            Answer::Flag(flag) => RecordedAnswer::Flag(*flag),
            Answer::Choice(choice) if fits => RecordedAnswer::Choice(choice.clone()),
            // What the city does not know is a person's words, and words are content.
            Answer::Choice(text) | Answer::Text(text) => {
                check_text(text, TEXT_LIMIT)?;
                let question = service.and_then(|service| service.question(question));
                let plate = question.is_some_and(|q| q.kind == QuestionKind::Plate) && fits;
                let id = if plate { writer.plate(text) } else { writer.text(text) };
                match id {
                    Some(id) => RecordedAnswer::Text(id),
                    None => continue,
                }
            }
        };
        answers.insert(question.clone(), recorded);
    }
    Ok((place, description, answers))
}

/// Most answers of one report.
const ANSWER_LIMIT: usize = 40;

/// Whether a text can be a code: what enters an event from outside must not be prose.
fn is_code(text: &str) -> bool {
    (1..=40).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-".contains(&b))
}

fn answer_refusal(service: &Service, problem: AnswerProblem) -> Refusal {
    let code = match problem.kind {
        AnswerProblemKind::Missing => RefusalCode::MissingAnswer,
        AnswerProblemKind::TooLong => RefusalCode::TextTooLong,
        AnswerProblemKind::UnknownQuestion
        | AnswerProblemKind::UnknownChoice
        | AnswerProblemKind::WrongKind => RefusalCode::BadAnswer,
    };
    let refusal = Refusal::new(code).with("question", &problem.question);
    match service.question(&problem.question) {
        Some(question) if code == RefusalCode::TextTooLong => {
            refusal.with("limit", question.limit())
        }
        _ => refusal,
    }
}

/// A start that comes twice, or after the end, is true and changes nothing.
fn decide_start(mut writer: Writer<'_>, order: &WorkOrder) -> Decision {
    if order.status.is_open() {
        writer.resume(order);
        if order.started_at.is_none() {
            writer.event(EventBody::Started {});
        }
    }
    writer.decision
}

/// A hold that comes twice, or after the end, changes nothing; what was written with it is kept.
fn decide_hold(
    mut writer: Writer<'_>,
    order: &WorkOrder,
    hold: &Hold,
) -> Result<Decision, Refusal> {
    check_text(&hold.note, TEXT_LIMIT)?;
    let note = writer.text(&hold.note);
    if order.status.is_open() && order.status != OrderStatus::Held {
        writer.event(EventBody::Held { reason: hold.reason, note });
    } else if let Some(text) = note {
        writer.event(EventBody::NoteAdded { text, visibility: Visibility::Public });
    }
    Ok(writer.decision)
}

fn decide_reopen(
    mut writer: Writer<'_>,
    request: &ServiceRequest,
    reopen: &Reopen,
) -> Result<Decision, Refusal> {
    check_text(&reopen.note, TEXT_LIMIT)?;
    if request.status == RequestStatus::Closed {
        return Err(RefusalCode::AlreadyClosed.into());
    }
    let note = writer.text(&reopen.note);
    if request.status == RequestStatus::Resolved {
        writer.event(EventBody::Reopened { note });
    } else if let Some(text) = note {
        // It is open, so someone reopened it already; the words are kept.
        writer.event(EventBody::NoteAdded { text, visibility: Visibility::Public });
    }
    Ok(writer.decision)
}

/// One that is taken back twice is taken back; the words of the second time are kept.
fn decide_withdraw(
    mut writer: Writer<'_>,
    request: &ServiceRequest,
    withdraw: &Withdraw,
) -> Result<Decision, Refusal> {
    check_text(&withdraw.note, TEXT_LIMIT)?;
    let withdrawn = request.closed.is_some_and(|closed| closed.closing == Closing::Withdrawn);
    if !withdrawn {
        match request.status {
            RequestStatus::Closed => return Err(RefusalCode::AlreadyClosed.into()),
            RequestStatus::Resolved => return Err(RefusalCode::AlreadyCompleted.into()),
            _ if request.started_at.is_some() => return Err(RefusalCode::WorkStarted.into()),
            _ => {}
        }
    }
    if let Some(text) = writer.text(&withdraw.note) {
        writer.event(EventBody::NoteAdded { text, visibility: Visibility::Public });
    }
    if !withdrawn {
        writer.event(EventBody::Closed(Closing::Withdrawn));
    }
    Ok(writer.decision)
}

/// When a photo that has not come is missed; none: it has come, or was missed already.
pub(crate) fn missed_at(request: &ServiceRequest, photo: &Photo) -> Option<Timestamp> {
    // States of before this was kept do not say when a photo was named.
    let named = photo.named_at.max(request.received_at);
    (!photo.verified && !photo.missing).then(|| named.plus_ms(MISSED_AFTER_MS))
}

fn decide_merge(
    mut writer: Writer<'_>,
    request: &ServiceRequest,
    merge: &Merge,
) -> Result<Decision, Refusal> {
    let context = writer.context;
    dispatcher(context)?;
    let Some(SubjectState::ServiceRequest(other)) = context.other else {
        return Err(RefusalCode::NotFound.into());
    };
    let leads_on =
        other.closed.is_some_and(|closed| matches!(closed.closing, Closing::Duplicate { .. }));
    // The request that goes on must go on: no circles, and no chains that nobody follows.
    if other.id != merge.into || other.id == request.id || leads_on {
        return Err(RefusalCode::BadBody.into());
    }
    if request.status == RequestStatus::Closed {
        return Err(RefusalCode::AlreadyClosed.into());
    }
    if *context.speaker != Speaker::Import && writer.command.based_on != request.version {
        return Err(Refusal::new(RefusalCode::Conflict).with("version", request.version));
    }
    writer.event(EventBody::Closed(Closing::Duplicate { of: merge.into }));
    Ok(writer.decision)
}

fn decide_complete(
    mut writer: Writer<'_>,
    order: &WorkOrder,
    complete: &Complete,
) -> Result<Decision, Refusal> {
    let reassigned = crew_of(writer.context, order)?;
    check_text(&complete.note, TEXT_LIMIT)?;
    check_photos(&complete.photos, PhotoRole::After)?;
    check_photo_count(&order.photos, complete.photos.len())?;
    // Finished work is never thrown away: a second completion is recorded too, and flagged.
    let again = !order.status.is_open();
    writer.resume(order);
    if !again && order.started_at.is_none() {
        // Completing says that work had begun; a lost or late start must not stop it.
        writer.event(EventBody::Started {});
    }
    let note = writer.text(&complete.note);
    writer.photos(&order.photos, &complete.photos);
    let flagged = reassigned || again;
    writer.event(EventBody::Completed { outcome: complete.outcome, note, flagged });
    Ok(writer.decision)
}
