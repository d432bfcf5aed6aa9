//! The writing half: a group of commands becomes answers, events, content, read tables, feed rows
//! and notices, all in one transaction.

use std::collections::BTreeMap;
use std::sync::Arc;

use mend_core::api::CommandAnswer;
use mend_core::city::City;
use mend_core::command::{CommandBody, Tick};
use mend_core::decide::{Command, Context, Speaker, SpeakerAccount, decide};
use mend_core::id::{CommandId, Principal, SubjectRef};
use mend_core::planted::{self, Bug};
use mend_core::refusal::{Refusal, RefusalCode};
use mend_core::subject::SubjectState;
use mend_core::time::{Timestamp, occurred_at};
use rusqlite::{Connection, TransactionBehavior};
use subtle::ConstantTimeEq;

use super::outcome::Outcome;
use super::{
    FILE, Options, accounts, bindings, clocks, commands, events, meta, notices, numbers, open,
    photos, principals, rebuild, subjects,
};
use crate::store::thread::retry;
use crate::store::{AccountRow, Binding, Origin, Prepared, Rebuilt, Signed, Store, StoreError};

/// The writer. It owns the one connection that writes.
pub struct SqliteStore {
    connection: Connection,
    rules: Rules,
    mac_key: [u8; 32],
}

/// What does not change while the server runs.
struct Rules {
    city: Arc<City>,
    crews: Vec<String>,
    demo_allowed: bool,
}

impl SqliteStore {
    /// Opens the database of a data folder, making or lifting it as needed.
    ///
    /// # Errors
    /// A newer, foreign or damaged database, another city's folder, or a failing disk.
    pub fn open(options: Options) -> Result<Self, StoreError> {
        let mut connection = open(&options.folder.join(FILE))?;
        let transaction = connection.transaction()?;
        meta::claim(&transaction, options.city.id())?;
        let mac_key = meta::mac_key(&transaction, options.fresh_mac_key)?;
        transaction.commit()?;
        if meta::rules(&connection)?.is_none() {
            // New, or lifted: read tables hold what an older program made of the log.
            rebuild::rebuild(&mut connection, &options.city)?;
        }
        clocks::adopt_rules(&mut connection, &options.city)?;
        if let Some(fault) = options.commit_fault {
            connection.commit_hook(Some(move || fault()))?;
        }
        let crews = options.city.pack().crews.iter().map(|crew| crew.code.clone()).collect();
        let rules = Rules { city: options.city, crews, demo_allowed: options.demo_allowed };
        Ok(Self { connection, rules, mac_key })
    }

    #[cfg(test)]
    pub(super) const fn connection(&self) -> &Connection {
        &self.connection
    }

    fn try_commit(&mut self, group: &[Prepared]) -> Result<Vec<CommandAnswer>, StoreError> {
        let mut transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut answers = Vec::with_capacity(group.len());
        for prepared in group {
            let savepoint = transaction.savepoint()?;
            let answer = match one(&savepoint, &self.rules, prepared) {
                Ok(answer @ CommandAnswer::Accepted(_)) => {
                    savepoint.commit()?;
                    answer
                }
                // Dropping the savepoint takes back what the command wrote, if anything.
                Ok(other) => other,
                Err(error) => {
                    tracing::error!(code = error.code(), %error, "a command could not be stored");
                    retry("store_failed")
                }
            };
            answers.push(answer);
        }
        let committed = transaction.commit();
        if !planted::is(Bug::AcknowledgedBeforeCommit) {
            committed?;
        }
        Ok(answers)
    }
}

impl Store for SqliteStore {
    fn commit(&mut self, group: &[Prepared]) -> Vec<CommandAnswer> {
        self.try_commit(group).unwrap_or_else(|error| {
            tracing::error!(code = error.code(), %error, "a group could not be committed");
            vec![retry("store_failed"); group.len()]
        })
    }

    fn bind(
        &mut self,
        key: Principal,
        account: &str,
        valid_until: Timestamp,
    ) -> Result<(), StoreError> {
        bindings::put(&self.connection, key, account, valid_until)
    }

    fn put_account(&mut self, account: &AccountRow) -> Result<(), StoreError> {
        accounts::put(&self.connection, account)
    }

    fn read_notices(&mut self, key: Principal, up_to: i64) -> Result<(), StoreError> {
        notices::mark_read(&self.connection, key, up_to)
    }

    fn history_until(&mut self, now: Timestamp) -> Result<Timestamp, StoreError> {
        meta::history_until(&self.connection, now)
    }

    fn reserve_numbers(
        &mut self,
        counts: &BTreeMap<i16, i64>,
    ) -> Result<BTreeMap<i16, (i64, i64)>, StoreError> {
        let transaction = self.connection.transaction()?;
        let mut ranges = BTreeMap::new();
        for (year, count) in counts {
            ranges.insert(*year, numbers::reserve(&transaction, *year, *count)?);
        }
        transaction.commit()?;
        Ok(ranges)
    }

    fn rebuild(&mut self) -> Result<Rebuilt, StoreError> {
        rebuild::rebuild(&mut self.connection, &self.rules.city)
    }

    fn mac_key(&self) -> [u8; 32] {
        self.mac_key
    }
}

fn refused(refusal: impl Into<Refusal>) -> CommandAnswer {
    CommandAnswer::Refused { refusal: refusal.into(), first: None }
}

/// One command, in its savepoint. Writes only if the answer is an acceptance.
fn one(
    connection: &Connection,
    rules: &Rules,
    prepared: &Prepared,
) -> Result<CommandAnswer, StoreError> {
    let key = match &prepared.origin {
        Origin::Signed(signed) => signed.key,
        Origin::System | Origin::Import(_) => commands::SYSTEM,
    };
    let known = commands::get(connection, key, prepared.id)?;
    if let Some(known) = known.filter(|_| !planted::is(Bug::NoDedupe)) {
        let same = match &prepared.origin {
            Origin::Signed(_) if known.superseded || planted::is(Bug::HashIgnored) => true,
            Origin::Signed(signed) => bool::from(known.mac.as_slice().ct_eq(&signed.mac)),
            // The server's own ids say all of what they mean.
            Origin::System | Origin::Import(_) => true,
        };
        return Ok(if same {
            CommandAnswer::Accepted(known.answer)
        } else {
            CommandAnswer::Refused {
                refusal: RefusalCode::IdReused.into(),
                first: Some(known.answer),
            }
        });
    }
    let body = match &prepared.body {
        Ok(body) => body,
        Err(refusal) => return Ok(refused(refusal.clone())),
    };
    let exists = subjects::kind_of(connection, prepared.subject)?;
    let replaces = prepared.supersedes.is_some();
    if matches!(body, CommandBody::Report(_)) && exists.is_some() && !replaces {
        return Ok(refused(RefusalCode::AlreadyExists));
    }
    let Some(kind) = prepared.kind.or(exists) else {
        return Ok(refused(RefusalCode::NotFound));
    };
    let subject = SubjectRef { kind, id: prepared.subject };
    let before = subjects::get(connection, subject)?;
    // The log's time never runs backwards, whatever the machine's clock does.
    let last = events::last_recorded(connection)?.unwrap_or(prepared.arrival);
    let recorded_at = prepared.arrival.max(last);

    let due = match (body, &before) {
        (CommandBody::Tick(tick), Some(SubjectState::ServiceRequest(request))) => {
            rules.city.ticks(request).into_iter().find(|due| due.tick == *tick)
        }
        _ => None,
    };
    let (speaker, lapsed, occurred_at) = match &prepared.origin {
        // A clock that is noticed late, after a stop, came to its time when it did.
        Origin::System => (
            Speaker::System,
            false,
            due.as_ref().map_or(recorded_at, |due| due.at.min(recorded_at)),
        ),
        Origin::Import(imported) => (Speaker::Import, false, imported.occurred_at.min(recorded_at)),
        Origin::Signed(signed) => {
            let (account, lapsed) = account(connection, rules, signed.key, recorded_at)?;
            let version = before.as_ref().map_or(0, SubjectState::version);
            let based_on = prepared.based_on.min(version);
            let at = occurred(connection, subject, based_on, signed, recorded_at)?;
            (Speaker::Key { key: signed.key, account }, lapsed, at)
        }
    };
    let due: Vec<Tick> =
        due.filter(|due| due.at <= occurred_at).map(|due| due.tick).into_iter().collect();
    let other = match body {
        CommandBody::Merge(merge) => subjects::get(connection, SubjectRef::request(merge.into))?,
        _ => None,
    };
    let context = Context {
        speaker: &speaker,
        catalogue: rules.city.catalogue(),
        pack_version: rules.city.version(),
        crews: &rules.crews,
        recorded_at,
        occurred_at,
        inside_city: prepared.inside_city,
        other: other.as_ref(),
        due: &due,
    };
    let command = Command {
        id: prepared.id,
        subject,
        based_on: prepared.based_on,
        supersedes: prepared.supersedes,
        body: body.clone(),
    };
    let decision = match decide(&context, before.as_ref(), &command) {
        Ok(decision) => decision,
        Err(refusal) => return Ok(refusal_answer(refusal, lapsed)),
    };
    let outcome =
        Outcome::of(connection, &rules.city, &command, prepared, before, decision, recorded_at)?;
    if let Some(taken) = outcome.taken(connection)? {
        return Ok(refused(taken));
    }
    outcome.write(connection, &rules.city, &command, &prepared.origin)?;

    if let Speaker::Key { key, .. } = &speaker {
        principals::ensure(connection, *key, recorded_at, prepared.id)?;
        for photo in body.photos() {
            photos::name(connection, subject, photo, *key)?;
        }
    }
    let answer = outcome.accepted(&command, recorded_at);
    let mac: &[u8] = match &prepared.origin {
        Origin::Signed(signed) => &signed.mac,
        Origin::System | Origin::Import(_) => &[],
    };
    commands::put(connection, key, mac, occurred_at, &answer)?;
    for earlier in superseded(prepared.supersedes, body) {
        commands::put_superseded(connection, key, earlier, occurred_at, &answer)?;
    }
    Ok(CommandAnswer::Accepted(answer))
}

/// The commands that this one takes the place of.
fn superseded(
    direct: Option<CommandId>,
    body: &CommandBody,
) -> impl Iterator<Item = CommandId> + '_ {
    let earlier = match body {
        CommandBody::Report(report) if direct.is_some() => report.earlier.as_slice(),
        _ => &[],
    };
    direct.into_iter().chain(earlier.iter().copied())
}

/// What a refusal means for the sender. A key whose sign-in has run out is told to sign in again
/// also where, unsigned, it would see nothing: with the same bytes it may then.
fn refusal_answer(refusal: Refusal, lapsed: bool) -> CommandAnswer {
    let needs_role = matches!(refusal.code, RefusalCode::NotFound | RefusalCode::NotAllowed);
    if refusal.code == RefusalCode::SignInNeeded || (lapsed && needs_role) {
        retry(RefusalCode::SignInNeeded.as_str())
    } else {
        refused(refusal)
    }
}

/// The account bound to a key, if the sign-in holds; and whether there is one that does not.
fn account(
    connection: &Connection,
    rules: &Rules,
    key: Principal,
    now: Timestamp,
) -> Result<(Option<SpeakerAccount>, bool), StoreError> {
    let usable = |binding: &Binding| !binding.account.demo || rules.demo_allowed;
    let Some(binding) = bindings::get(connection, key)?.filter(usable) else {
        return Ok((None, false));
    };
    if binding.valid_until <= now {
        return Ok((None, true));
    }
    let AccountRow { role, crew, .. } = binding.account;
    Ok((Some(SpeakerAccount { role, crew }), false))
}

/// When it happened: not before what the device had seen when it acted.
///
/// Of the version named by `based_on` the device had seen the record. Of its own previous command
/// it may have seen nothing but itself: made offline, both are recorded at the same contact, and
/// counting from that would make Monday's work late on Thursday. So that one counts from when it
/// happened, which is clamped already.
fn occurred(
    connection: &Connection,
    subject: SubjectRef,
    based_on: u32,
    signed: &Signed,
    recorded_at: Timestamp,
) -> Result<Timestamp, StoreError> {
    let seen = events::recorded_at(connection, subject, based_on)?;
    // What the device says of the server's clock is believed as far as that clock has come.
    let seen = seen.max(signed.server_seen.filter(|seen| *seen <= recorded_at));
    // And nothing happens to a subject before it is there.
    let seen = seen.max(events::began_at(connection, subject)?);
    let own = match signed.previous {
        Some(previous) => commands::get(connection, signed.key, previous)?.map(|k| k.occurred_at),
        None => None,
    };
    Ok(occurred_at(signed.device_clock, signed.offset_ms, seen.max(own), recorded_at))
}
