//! A subject as this device shows it: what the city said last, and on top the device's own
//! commands that are not in there yet, put through the same `decide` and `apply`.

use std::collections::BTreeMap;

use mend_core::api::WireEvent;
use mend_core::apply::apply;
use mend_core::catalogue::Catalogue;
use mend_core::city::City;
use mend_core::command::CommandBody;
use mend_core::decide::{Command, Context, Speaker, decide};
use mend_core::event::Content;
use mend_core::id::{ContentId, Principal, SubjectId};
use mend_core::subject::SubjectState;
use mend_core::sync::ItemState;
use mend_core::time::Timestamp;

use crate::keys::Author;
use crate::store::{OutboxRow, StoreError, Tables};

/// What is shown of a subject.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SubjectView {
    /// The version that the city's word has; 0: the city has said nothing yet.
    pub city_version: u32,
    /// The feeds by which it is seen.
    pub scopes: Vec<String>,
    /// With the device's own commands. None: only what nobody can show, such as a start of an
    /// order that has gone.
    pub state: Option<SubjectState>,
    /// As the city sent them, oldest first.
    pub events: Vec<WireEvent>,
    /// Of the device's own commands, not yet answered by the city.
    pub own_events: Vec<WireEvent>,
    /// What both point to.
    pub content: BTreeMap<ContentId, Content>,
    /// The device's commands about it that are still kept, oldest first.
    pub commands: Vec<OutboxRow>,
}

/// What the overlay needs beside the rows.
#[derive(Debug)]
pub struct Rules<'a> {
    catalogue: &'a Catalogue,
    pack_version: &'a str,
    crews: Vec<String>,
    speakers: BTreeMap<Principal, Speaker>,
}

impl<'a> Rules<'a> {
    /// The city's rules, and who acts on this device.
    pub fn new(city: &'a City, authors: &[Author]) -> Self {
        Self {
            catalogue: city.catalogue(),
            pack_version: city.version(),
            crews: city.pack().crews.iter().map(|crew| crew.code.clone()).collect(),
            speakers: authors.iter().map(|author| (author.key(), author.speaker())).collect(),
        }
    }

    /// What `command` becomes for `state`, as the server would say at this instant.
    ///
    /// # Errors
    /// The refusal that the server would give.
    pub fn decide(
        &self,
        speaker: &Speaker,
        state: Option<&SubjectState>,
        command: &Command,
        at: Timestamp,
        inside_city: bool,
    ) -> Result<mend_core::decide::Decision, mend_core::refusal::Refusal> {
        let context = Context {
            speaker,
            catalogue: self.catalogue,
            pack_version: self.pack_version,
            crews: &self.crews,
            recorded_at: at,
            occurred_at: at,
            inside_city,
            other: None,
            due: &[],
        };
        decide(&context, state, command)
    }
}

/// Reads a subject and lays the device's own commands over it. None: neither the city nor this
/// device says anything of it.
///
/// # Errors
/// [`StoreError`].
pub fn subject_view(
    tables: Tables<'_>,
    rules: Option<&Rules<'_>>,
    id: SubjectId,
) -> Result<Option<SubjectView>, StoreError> {
    let row = tables.subject(id)?;
    let commands = tables.outbox_of(id)?;
    if row.is_none() && commands.is_empty() {
        return Ok(None);
    }
    let mut view = SubjectView::default();
    if let Some(row) = row {
        view.city_version = row.state.version();
        view.state = Some(row.state);
        view.scopes = row.scopes;
        view.events = tables.events(id)?;
        view.content = tables.content(id)?;
    }
    if let Some(rules) = rules {
        for command in &commands {
            lay_over(&mut view, rules, command)?;
        }
    }
    view.commands = commands;
    Ok(Some(view))
}

fn lay_over(view: &mut SubjectView, rules: &Rules<'_>, row: &OutboxRow) -> Result<(), StoreError> {
    // The city's word has it already.
    if row.answer.as_ref().is_some_and(|answer| answer.version <= view.city_version) {
        return Ok(());
    }
    let frame = row.opened()?;
    let Ok(body) = CommandBody::from_json(frame.head.type_, frame.head.version, &frame.body) else {
        return Ok(());
    };
    // What was refused did not happen; but of a refused report there is nothing else to show.
    let refused = matches!(row.state, ItemState::Refused { .. });
    if refused && !matches!(body, CommandBody::Report(_)) {
        return Ok(());
    }
    let Some(speaker) = rules.speakers.get(&row.key) else { return Ok(()) };
    let command = Command {
        id: row.command,
        subject: row.subject,
        based_on: frame.head.based_on,
        supersedes: frame.head.supersedes,
        body,
    };
    let at = frame.head.device_clock.plus_ms(i64::from(frame.head.offset_ms));
    // Refused here: it stays in the outbox, where the server's answer will be shown.
    let Ok(decision) = rules.decide(speaker, view.state.as_ref(), &command, at, true) else {
        return Ok(());
    };
    for event in decision.events {
        view.state = apply(view.state.take(), &event);
        view.own_events.push(WireEvent::Seen(Box::new(event)));
    }
    view.content.extend(decision.content);
    Ok(())
}
