//! What must hold when all is healed and everybody has finished.

use std::collections::{BTreeMap, BTreeSet};

use mend_core::api::{Change, Delivery, Snapshot, WireEvent, me_scope};
use mend_core::command::CommandBody;
use mend_core::id::{CommandId, Principal, SubjectRef};
use mend_core::subject::SubjectState;
use mend_core::time::DAY_MS;
use mend_core::view::Reader;
use mend_device::keys::Author;
use mend_server::store::{Reads, Store, scopes};
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags};

use crate::people::{short, word};
use crate::photos::bytes_of;
use crate::world::World;
use mend_photos::PhotoSize;

type Checked<T> = Result<T, String>;
/// Looks at a world; what is wrong with it.
type Check = fn(&mut World) -> Checked<Vec<String>>;

fn text(error: impl std::fmt::Display) -> String {
    format!("cannot be read: {error}")
}

/// Checks all of it; what does not hold is added to the world's violations.
pub fn all(world: &mut World) {
    let checks: [Check; 5] = [log, acknowledged, devices, deliveries, rebuilt];
    for check in checks {
        match check(world) {
            Ok(wrong) => wrong.into_iter().for_each(|wrong| world.wrong(wrong)),
            Err(error) => world.wrong(error),
        }
    }
}

fn connection(world: &World) -> Checked<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let path = world.server.folder().join(mend_server::store::sqlite::FILE);
    Connection::open_with_flags(path, flags).map_err(text)
}

/// One row of the log.
struct Row {
    id: Vec<u8>,
    subject: Vec<u8>,
    version: u32,
    type_: String,
    occurred_at: i64,
    recorded_at: i64,
    command: [u8; 16],
}

/// The log: versions dense, times in order, one effect of each command, none of any other.
fn log(world: &mut World) -> Checked<Vec<String>> {
    let connection = connection(world)?;
    let mut statement = connection
        .prepare(
            "SELECT id, subject, version, type, occurred_at, recorded_at, command
             FROM events ORDER BY seq",
        )
        .map_err(text)?;
    let rows: Vec<Row> = statement
        .query_map([], |row| {
            Ok(Row {
                id: row.get(0)?,
                subject: row.get(1)?,
                version: row.get(2)?,
                type_: row.get(3)?,
                occurred_at: row.get(4)?,
                recorded_at: row.get(5)?,
                command: row.get(6)?,
            })
        })
        .and_then(Iterator::collect)
        .map_err(text)?;
    let mut wrong = Vec::new();
    let mut versions: BTreeMap<&[u8], (u32, i64)> = BTreeMap::new();
    let mut ids: BTreeSet<&[u8]> = BTreeSet::new();
    let mut effects: BTreeMap<([u8; 16], &str), u32> = BTreeMap::new();
    let mut last = i64::MIN;
    for row in &rows {
        let command = CommandId::from_bytes(row.command);
        let (version, began) = versions.entry(&row.subject).or_insert((0, row.occurred_at));
        if row.version != *version + 1 {
            wrong.push(format!("the log goes from version {version} to {}", row.version));
        }
        *version = row.version;
        if row.recorded_at < last {
            wrong.push("the log's time runs backwards".to_owned());
        }
        last = row.recorded_at;
        if row.occurred_at > row.recorded_at {
            wrong.push(format!(
                "{} by {} happened after it was recorded",
                row.type_,
                short(command)
            ));
        }
        if row.occurred_at < *began || row.occurred_at < row.recorded_at - 800 * DAY_MS {
            wrong.push(format!("{} by {} happened before its subject", row.type_, short(command)));
        }
        if !ids.insert(&row.id) {
            wrong.push(format!("{} by {} stands in the log twice", row.type_, short(command)));
        }
        if matches!(
            row.type_.as_str(),
            "reported" | "note_added" | "completed" | "held" | "amended"
        ) {
            let count = effects.entry((row.command, row.type_.as_str())).or_default();
            *count += 1;
            // What is held and said of an order is held and said of its request as well, and what
            // is amended of a request is amended of its order.
            let twice = matches!(row.type_.as_str(), "held" | "note_added" | "amended");
            let most = if twice { 2 } else { 1 };
            if *count > most {
                wrong.push(format!("{} had its effect twice: {}", short(command), row.type_));
            }
        }
    }
    let mut made: BTreeSet<[u8; 16]> = BTreeSet::new();
    for device in &world.devices {
        made.extend(device.memory.made.keys().map(|id| *id.as_bytes()));
        made.extend(device.memory.attempts.iter().map(|(_, id)| *id.as_bytes()));
    }
    let mut statement = connection.prepare("SELECT key, id FROM commands").map_err(text)?;
    let known: Vec<(Vec<u8>, [u8; 16])> = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .and_then(Iterator::collect)
        .map_err(text)?;
    let known_ids: BTreeSet<[u8; 16]> = known.iter().map(|(_, id)| *id).collect();
    for row in &rows {
        if !known_ids.contains(&row.command) {
            wrong.push(format!("{} by no accepted command", row.type_));
        }
    }
    // A report that was made in the moment of a crash was made, and nobody was told. It may have
    // been sent, or one that took its place.
    let mut sent: BTreeSet<[u8; 16]> = BTreeSet::new();
    for (id, bytes) in &world.sent {
        sent.insert(*id.as_bytes());
        sent.extend(replaced(bytes).iter().map(|id| *id.as_bytes()));
    }
    for (key, id) in &known {
        if key.iter().any(|byte| *byte != 0) && !made.contains(id) && !sent.contains(id) {
            wrong.push(format!("{} was made by nobody", short(CommandId::from_bytes(*id))));
        }
    }
    for (command, first) in &world.accepted {
        let answer: Result<String, _> = connection.query_row(
            "SELECT answer FROM commands WHERE id = ?1",
            [command.as_bytes()],
            |row| row.get(0),
        );
        let same = answer
            .ok()
            .and_then(|answer| serde_json::from_str::<mend_core::api::Accepted>(&answer).ok())
            .is_some_and(|answer| answer == *first);
        if !same {
            wrong.push(format!("{} was acknowledged and is not there", short(*command)));
        }
    }
    Ok(wrong)
}

/// Photos that were said to be verified are.
fn acknowledged(world: &mut World) -> Checked<Vec<String>> {
    let photos: Vec<_> = world.photos.iter().copied().collect();
    let up = world.server.up().ok_or("the server does not run")?;
    let mut wrong = Vec::new();
    for (subject, hash) in photos {
        if up.photos.read(hash, PhotoSize::Full).ok().flatten().as_deref() != bytes_of(hash) {
            wrong.push(format!("a photo of {} was verified and is lost", word(subject)));
        }
        let state = up.reads.state(subject).map_err(text)?;
        let verified = state.is_some_and(|state| {
            state.photos().iter().any(|photo| photo.hash == hash && photo.verified)
        });
        if !verified {
            wrong.push(format!("a photo of {} was verified and is not known", word(subject)));
        }
    }
    Ok(wrong)
}

/// What a server would show to the readers of a device, by subject.
type Truth = BTreeMap<SubjectRef, Vec<(String, Snapshot)>>;
/// The newest row of each feed that a key reads.
type Heads = BTreeMap<(Principal, String), i64>;

fn truth(world: &mut World, at: usize) -> Checked<(Truth, Heads)> {
    let now = world.server_now();
    let device = world.devices.get_mut(at).ok_or("no such device")?;
    let up = device.up().ok_or("a device does not run")?;
    let keys: Vec<Principal> =
        up.readers().into_iter().filter(|key| !up.signed_out.contains(key)).collect();
    let mut truth = Truth::new();
    let mut heads = BTreeMap::new();
    for key in keys {
        for (_, feed, reader) in world.server.feeds_of(key, now) {
            let up = world.server.up().ok_or("the server does not run")?;
            let page = up.reads.changes(&feed, reader, 0, now).map_err(text)?;
            for row in page.rows {
                if let Change::Enter(snapshot) = row {
                    let subject = snapshot.state.subject();
                    truth.entry(subject).or_default().push((feed.clone(), *snapshot));
                }
            }
            heads.insert((key, feed), page.next);
        }
    }
    Ok((truth, heads))
}

/// Each device shows what the server shows to its readers, and its own unanswered commands.
fn devices(world: &mut World) -> Checked<Vec<String>> {
    let mut wrong = Vec::new();
    for at in 0..world.devices.len() {
        let (truth, heads) = truth(world, at)?;
        let old = world.devices[at].old_app;
        let city = world.devices[at].city.clone();
        let up = world.devices[at].up().ok_or("a device does not run")?;
        let rows = up.store.read(|t| t.subjects()).map_err(text)?;
        for ((key, feed), head) in heads {
            let cursor = up.store.read(|t| t.cursor(key, &feed)).map_err(text)?;
            if cursor != head {
                wrong.push(format!("device {at} has read {feed:.12} up to {cursor} of {head}"));
            }
        }
        let known: BTreeMap<SubjectRef, &Vec<String>> =
            rows.iter().map(|row| (row.state.subject(), &row.scopes)).collect();
        for (subject, shown) in &truth {
            for (feed, _) in shown {
                if !known.get(subject).is_some_and(|scopes| scopes.contains(feed)) {
                    wrong
                        .push(format!("device {at} does not see {} by {feed:.12}", word(*subject)));
                }
            }
        }
        for row in &rows {
            let subject = row.state.subject();
            // Signed out, or the sign-in has run out: kept as it was until somebody signs in.
            let readers: Vec<Principal> = up.signed_out.iter().copied().collect();
            let asleep = |scope: &String| !scope.starts_with("me:") && !readers.is_empty();
            if row.scopes.iter().any(asleep) {
                continue;
            }
            let server = world.server.up().ok_or("the server does not run")?;
            let Some(state) = server.reads.state(subject).map_err(text)? else {
                wrong.push(format!("device {at} shows {}, and nobody else does", word(subject)));
                continue;
            };
            let told = scopes::of(&state);
            for scope in row.scopes.iter().filter(|scope| !told.contains(*scope)) {
                wrong.push(format!("device {at} still sees {} by {scope:.12}", word(subject)));
            }
            // The desk's own report: one row for two readers who see different things of it. It
            // must be as new as either's.
            let own = row.scopes.iter().any(|scope| scope.starts_with("me:"));
            let mixed = own && row.scopes.iter().any(|scope| !scope.starts_with("me:"));
            let mut same =
                row.scopes.is_empty() || (mixed && row.state.version() == state.version());
            let mut why = String::new();
            for scope in &row.scopes {
                let me = up.authors.iter().map(Author::key).find(|key| me_scope(*key) == *scope);
                let reader = me.map_or(Reader::Staff, Reader::Owner);
                let Some(snapshot) = server.reads.snapshot(subject, reader).map_err(text)? else {
                    continue;
                };
                let events = up.store.read(|t| t.events(subject.id)).map_err(text)?;
                let content = up.store.read(|t| t.content(subject.id)).map_err(text)?;
                let difference = differs(&row.state, &events, &snapshot, old);
                match difference {
                    None if old || content == snapshot.content => same = true,
                    None => why = "content".to_owned(),
                    Some(difference) => why = difference,
                }
            }
            if !same {
                wrong.push(format!("device {at} shows {} otherwise: {why}", word(subject)));
            }
            let view = up.view(&city, subject.id).map_err(text)?;
            let Some(view) = view else {
                wrong.push(format!("device {at} has no view of {}", word(subject)));
                continue;
            };
            let unanswered = view.commands.iter().any(|row| row.answer.is_none());
            if !unanswered && view.state.as_ref() != Some(&row.state) {
                wrong
                    .push(format!("device {at} shows {} with something of its own", word(subject)));
            }
        }
        // What the resident is told.
        let me = up.my_key;
        let notices = up.store.read(|t| t.notices()).map_err(text)?;
        let server = world.server.up().ok_or("the server does not run")?;
        let told = server.reads.notices(me, 0).map_err(text)?.notices;
        let (here, there): (BTreeSet<i64>, BTreeSet<i64>) =
            (notices.iter().map(|n| n.seq).collect(), told.iter().map(|n| n.seq).collect());
        if here != there {
            wrong.push(format!("device {at} has {} notices of {}", here.len(), there.len()));
        }
    }
    Ok(wrong)
}

fn differs(
    state: &SubjectState,
    events: &[WireEvent],
    snapshot: &Snapshot,
    old: bool,
) -> Option<String> {
    if state.version() != snapshot.state.version() {
        return Some(format!("version {} of {}", state.version(), snapshot.state.version()));
    }
    if events.len() != snapshot.events.len() {
        return Some(format!("{} events of {}", events.len(), snapshot.events.len()));
    }
    // An app that cannot read an event shows the rest.
    if old {
        return None;
    }
    if *state != snapshot.state {
        let (here, there) = (serde_json::to_value(state), serde_json::to_value(&snapshot.state));
        let (Ok(here), Ok(there)) = (here, there) else { return Some("state".to_owned()) };
        let empty = serde_json::Map::new();
        let there = there.as_object().unwrap_or(&empty);
        let here = here.as_object().unwrap_or(&empty);
        let fields: BTreeSet<&String> =
            here.keys().chain(there.keys()).filter(|k| here.get(*k) != there.get(*k)).collect();
        return Some(format!("state: {fields:?}"));
    }
    (events != snapshot.events).then(|| "events".to_owned())
}

/// Nothing is stuck out of sight.
fn deliveries(world: &mut World) -> Checked<Vec<String>> {
    let mut wrong = Vec::new();
    for at in 0..world.devices.len() {
        let accepted = world.accepted.clone();
        let up = world.devices[at].up().ok_or("a device does not run")?;
        let rows = up.store.read(|t| t.outbox()).map_err(text)?;
        for row in rows {
            let name = short(row.command);
            match up.machine.delivery(row.command) {
                Some(Delivery::Received) => {
                    if !accepted.contains_key(&row.command) {
                        wrong.push(format!("device {at} says that {name} is received"));
                    }
                }
                Some(
                    Delivery::NeedsYou { .. } | Delivery::SignInNeeded | Delivery::Blocked { .. },
                ) => {}
                other => wrong.push(format!("device {at}: {name} is stuck: {other:?}")),
            }
            for photo in &row.photos {
                if photo.state == mend_core::sync::PhotoState::Verified
                    && !world.photos.contains(&(row.subject, photo.hash))
                {
                    wrong.push(format!("device {at} says that a photo of {name} is there"));
                }
            }
        }
    }
    Ok(wrong)
}

/// The tables that screens read are what the log says.
fn rebuilt(world: &mut World) -> Checked<Vec<String>> {
    let before = dump(&connection(world)?)?;
    let up = world.server.up().ok_or("the server does not run")?;
    up.store.rebuild().map_err(text)?;
    let after = dump(&connection(world)?)?;
    let differ = before.iter().zip(&after).filter(|(before, after)| before != after);
    Ok(differ.map(|((table, _), _)| format!("{table} is not what the log says")).collect())
}

type Dump = Vec<(&'static str, Vec<Vec<Value>>)>;

fn dump(connection: &Connection) -> Checked<Dump> {
    let mut all = Vec::new();
    for table in ["requests", "orders", "clocks"] {
        let sql = format!("SELECT * FROM {table} ORDER BY 1, 2");
        let mut statement = connection.prepare(&sql).map_err(text)?;
        let columns = statement.column_count();
        let rows = statement
            .query_map([], |row| (0..columns).map(|at| row.get(at)).collect::<Result<Vec<_>, _>>())
            .and_then(Iterator::collect)
            .map_err(text)?;
        all.push((table, rows));
    }
    Ok(all)
}

/// The commands whose place a sent frame takes.
pub fn replaced(bytes: &[u8]) -> Vec<CommandId> {
    let Ok(frame) = mend_core::frame::read(bytes) else { return Vec::new() };
    let body = CommandBody::from_json(frame.head.type_, frame.head.version, &frame.body);
    let mut ids: Vec<CommandId> = frame.head.supersedes.into_iter().collect();
    if let Ok(CommandBody::Report(report)) = body {
        ids.extend(report.earlier);
    }
    ids
}
