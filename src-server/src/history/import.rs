//! Taking the records over: in the background, one batch after the other, as commands that go the
//! way of all commands.
//!
//! Between two batches everybody else has their turn, so that a live report waits for one batch at
//! most. Ids follow from the records' names: what is there already brings nothing new, and a start
//! after a kill goes on where the last one stopped.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mend_core::api::CommandAnswer;
use mend_core::catalogue::Crew;
use mend_core::city::{AssetQuery, City, RouteQuery};
use mend_core::command::{Assign, CommandBody, Complete, Hold, Merge, Reopen, Resume, Start, Tick};
use mend_core::dispatch::KnownAsset;
use mend_core::event::ClockKind;
use mend_core::id::{CommandId, Origin as NamedAfter, SubjectId};
use mend_core::time::{DAY_MS, Timestamp};
use tokio::sync::watch;

use super::arrivals::Arrivals;
use super::plan::{Plan, Record, What, name};
use crate::clock::Clock;
use crate::store::pool::Readers;
use crate::store::sqlite::number_text;
use crate::store::thread::Committer;
use crate::store::{Imported, Origin, Prepared, StoreError};

/// Records that are handed in together.
const BATCH: usize = 8;
/// Progress is told every so many records.
const TOLD_EVERY: usize = 2_000;
/// The first wait after a failure of the store, and the longest.
const WAITS: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(10));
/// How often a record is handed in again that fails while others do not.
const TRIES: u32 = 5;
/// A request is closed when all of the time for reopening is over.
const WHOLE: u8 = 100;

/// First and last number by local year.
pub type Ranges = BTreeMap<i16, (i64, i64)>;

/// What is taken over, and the ways to the store.
pub struct Import {
    /// The city.
    pub city: Arc<City>,
    /// What arrived when.
    pub arrivals: Arrivals,
    /// The numbers that were reserved for it.
    pub ranges: Ranges,
    /// The server's clock.
    pub clock: Clock,
    /// The reading half.
    pub readers: Readers,
    /// The way to the writing half.
    pub committer: Committer,
}

/// Why an import ends before its end.
enum Stop {
    /// The server ends.
    Ending,
    /// The store could not be read.
    Store(StoreError),
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        // A closed store is one whose server ends.
        if matches!(error, StoreError::Closed) { Self::Ending } else { Self::Store(error) }
    }
}

impl Import {
    /// Takes over what is not there yet, until it is all there or `ended` says so.
    pub async fn run(self, ended: watch::Receiver<bool>) {
        // A sum that is not the one that was reserved is another history's: its numbers would
        // run into those of live reports.
        let reserved = |(year, count): (&i16, &i64)| {
            self.ranges.get(year).is_some_and(|(first, last)| last - first + 1 == *count)
        };
        if !self.arrivals.counts().iter().all(reserved) {
            tracing::warn!(
                "this data folder has another history than the one that was asked for; it keeps \
                 the one it has. Give a new data folder for a new history"
            );
            return;
        }
        match self.take_over(ended).await {
            Ok(()) | Err(Stop::Ending) => {}
            Err(Stop::Store(error)) => {
                tracing::error!(code = error.code(), %error, "the history could not go on");
            }
        }
    }

    async fn take_over(self, mut ended: watch::Receiver<bool>) -> Result<(), Stop> {
        let Self { city, arrivals, ranges, clock, readers, committer } = self;
        let all = arrivals.all().len();
        let begin = first_missing(&readers, all).await?;
        if begin == all {
            return Ok(());
        }
        tracing::info!(records = all - begin, "taking over a history in the background");
        let started = Instant::now();
        let planned = city.clone();
        let plan = blocking(move || Plan::new(planned, arrivals)).await?;
        let Some(plan) = plan else {
            tracing::warn!("the city has no addresses, so there is no history to make of it");
            return Ok(());
        };
        let source = Arc::new(Source { city, plan, ranges, clock });
        let mut passed_over = 0;
        let mut next = source.clone().batch(begin);
        let mut done = begin;
        while done < all {
            if *ended.borrow() {
                return Err(Stop::Ending);
            }
            let batch = next.await.map_err(|_| Stop::Ending)?;
            // Made while the one before is written.
            next = source.clone().batch(done + BATCH);
            passed_over += commit(&committer, batch, &mut ended).await?;
            let told = done / TOLD_EVERY;
            done = (done + BATCH).min(all);
            if done / TOLD_EVERY > told && done < all {
                tracing::info!(done, of = all, "taking over the history");
            }
            tokio::task::yield_now().await;
        }
        let seconds = started.elapsed().as_secs_f64();
        tracing::info!(records = all - begin, passed_over, seconds, "the history is there");
        Ok(())
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Stop> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Stop::Ending)
}

/// The place of the first record that is not there. Records are taken over in order, so what is
/// there is a beginning; a record that was passed over may be taken for the end of it, and then
/// what follows is handed in again and changes nothing.
async fn first_missing(readers: &Readers, all: usize) -> Result<usize, StoreError> {
    readers
        .read(move |reads| {
            let (mut low, mut high) = (0, all);
            while low < high {
                let middle = low.midpoint(high);
                if reads.accepted(CommandId::import(&name(middle), 0))? {
                    low = middle + 1;
                } else {
                    high = middle;
                }
            }
            Ok(low)
        })
        .await
}

/// The commands of one record.
type Commands = Vec<Prepared>;

/// Hands records in until each of their commands has an answer. How many records were refused or
/// could not be written.
async fn commit(
    committer: &Committer,
    mut records: Vec<Commands>,
    ended: &mut watch::Receiver<bool>,
) -> Result<usize, Stop> {
    let mut wait = WAITS.0;
    let mut tries = 0;
    let mut passed_over = 0;
    loop {
        let batch: Vec<Prepared> = records.iter().flatten().cloned().collect();
        let answers = committer.commit(batch).await;
        let is_retry = |answer: &CommandAnswer| matches!(answer, CommandAnswer::Retry { .. });
        // Where something has an answer, it is the record that fails; where nothing has, it is
        // the store, which may be well again later.
        tries += u32::from(!answers.iter().all(is_retry));
        let mut answers = answers.into_iter();
        let mut again = Vec::new();
        for commands in records {
            let own: Vec<CommandAnswer> = answers.by_ref().take(commands.len()).collect();
            if own.iter().any(is_retry) {
                again.push(commands);
                continue;
            }
            let refusal = own.iter().find_map(|answer| match answer {
                CommandAnswer::Refused { refusal, .. } => Some(refusal.code),
                _ => None,
            });
            if let Some(code) = refusal {
                tracing::warn!(code = code.as_str(), "a record of the history was refused");
                passed_over += 1;
            }
        }
        if again.is_empty() {
            return Ok(passed_over);
        }
        if tries >= TRIES {
            tracing::error!(
                records = again.len(),
                "records of the history could not be written; they are passed over"
            );
            return Ok(passed_over + again.len());
        }
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            _ = ended.changed() => return Err(Stop::Ending),
        }
        wait = (wait * 2).min(WAITS.1);
        records = again;
    }
}

/// Where records come from, ready to be committed.
pub(super) struct Source {
    pub(super) city: Arc<City>,
    pub(super) plan: Plan,
    pub(super) ranges: Ranges,
    pub(super) clock: Clock,
}

impl Source {
    /// The records from `begin` on that are handed in together, off the async threads.
    fn batch(self: Arc<Self>, begin: usize) -> tokio::task::JoinHandle<Vec<Commands>> {
        tokio::task::spawn_blocking(move || {
            (begin..begin + BATCH).filter_map(|index| self.commands(index)).collect()
        })
    }

    /// The commands of a record; none beyond the last one.
    pub(super) fn commands(&self, index: usize) -> Option<Commands> {
        let record = self.plan.record(index)?;
        let (year, place) = self.plan.arrivals().place_in_year(index)?;
        let number = number_text(year, self.ranges.get(&year)?.0 + place);
        Some(commands(&self.city, &record, number, self.clock.now()))
    }
}

/// What a record says, as commands: the report, then what was done.
fn commands(city: &City, record: &Record, number: String, now: Timestamp) -> Commands {
    let request = SubjectId::import(&record.name);
    let report = CommandId::import(&record.name, 0);
    let order = NamedAfter { key: None, command: report }.order(0);
    let place = &record.report.location;
    let zones = city.locate(place.point, record.at);
    let asset = place.asset.as_ref().and_then(|asset| city.known_asset(asset));
    let crew = crew_by_hand(city, record, &zones, asset.as_ref());
    let done = record.deeds.iter().filter_map(|deed| {
        let (subject, body) = match deed.what {
            // A rule has done it, or there is no crew to give it to.
            What::Assign => (order, CommandBody::Assign(Assign { crew: crew.clone()? })),
            What::Start => (order, CommandBody::Start(Start {})),
            What::Hold(reason, note) => {
                (order, CommandBody::Hold(Hold { reason, note: note.to_owned() }))
            }
            What::Resume => (order, CommandBody::Resume(Resume {})),
            What::Complete(outcome, note) => {
                let note = note.to_owned();
                (order, CommandBody::Complete(Complete { outcome, note, photos: Vec::new() }))
            }
            What::Reopen(note) => (request, CommandBody::Reopen(Reopen { note: note.to_owned() })),
            What::Merge(first) => {
                let into = SubjectId::import(&name(first));
                (request, CommandBody::Merge(Merge { into }))
            }
            What::Close => {
                let tick = Tick { clock: ClockKind::Closing, percent: WHOLE, due: deed.at };
                (request, CommandBody::Tick(tick))
            }
        };
        Some((subject, deed.at, body))
    });
    let told = CommandBody::Report(Box::new(record.report.clone()));
    let all: Vec<_> = std::iter::once((request, record.at, told)).chain(done).collect();
    let last = all.len() - 1;
    let mut commands: Commands = all
        .into_iter()
        .enumerate()
        .map(|(index, (subject, occurred_at, body))| Prepared {
            id: CommandId::import(&record.name, u32::try_from(index).unwrap_or(u32::MAX)),
            subject,
            kind: body.kind(),
            // An order that nobody has yet is the event that opened it.
            based_on: u32::from(matches!(body, CommandBody::Assign(_))),
            supersedes: None,
            origin: Origin::Import(Imported { occurred_at, number: None, last: index == last }),
            arrival: now,
            body: Ok(body),
            inside_city: false,
            zones: BTreeMap::new(),
            asset: None,
        })
        .collect();
    if let Some(first) = commands.first_mut() {
        first.inside_city = city.contains(place.point);
        first.zones = zones;
        first.asset = asset;
        if let Origin::Import(imported) = &mut first.origin {
            imported.number = Some(number);
        }
    }
    commands
}

/// The crew to which a dispatcher gives what no rule gives to one: one of the department's own, the
/// same for the same record.
fn crew_by_hand(
    city: &City,
    record: &Record,
    zones: &BTreeMap<String, String>,
    asset: Option<&KnownAsset>,
) -> Option<String> {
    let report = &record.report;
    let (priority, _) = city.priority(&report.service_code, &report.answers);
    let routed = city.route(&RouteQuery {
        service: &report.service_code,
        zones,
        priority,
        answers: &report.answers,
        asset: asset.map(|known| AssetQuery { kind: &known.asset.kind, owner: &known.owner }),
        at: record.at,
    });
    if routed.crew.is_some() {
        return None;
    }
    let own = |crew: &&Crew| crew.department == routed.department && !crew.contractor;
    let crews: Vec<&Crew> = city.pack().crews.iter().filter(own).collect();
    let turn = usize::try_from(record.at.0 / DAY_MS).unwrap_or(0) % crews.len().max(1);
    crews.get(turn).map(|crew| crew.code.clone())
}
