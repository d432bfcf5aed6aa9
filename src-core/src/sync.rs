//! The sync machine: what a device sends next, and what it makes of the answer. Sans-IO: it is
//! told the time, a random number and what happened, and says what to do; the device does it.
//!
//! Rules, each with a property below:
//! - Commands of one key about one subject go in the order in which they were made, one at a time.
//! - A refused command stops only what stands behind it on the same subject. Everything else goes.
//! - Words before photos: no photo while a command could go; no photo before its command is accepted.
//! - A lost link is tried again after 1, 2, 4 … 60 seconds, each shortened by up to half at random,
//!   so that a city's devices do not come back in step.
//! - A server that says when to come again is asked no sooner, whoever is impatient.
//! - Nothing is forgotten: an item ends accepted with all photos, or stays in sight.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::api::{Accepted, CommandAnswer, Delivery};
use crate::frame::{BATCH_FRAMES, BATCH_LIMIT};
use crate::id::{CommandId, PhotoHash, Principal, SubjectId};
use crate::planted::{self, Bug};
use crate::refusal::{Refusal, RefusalCode};
use crate::time::Timestamp;

const FIRST_WAIT_MS: i64 = 1_000;
const LONGEST_WAIT_MS: i64 = 60_000;
/// A server that asks for more than an hour is asked again after an hour.
const LONGEST_TOLD_MS: i64 = 3_600_000;

/// One command on its way, with its photos.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// Which.
    pub command: CommandId,
    /// About what.
    pub subject: SubjectId,
    /// Signed by this key.
    pub key: Principal,
    /// Length of the frame in bytes.
    pub frame_len: usize,
    /// How far it is.
    pub state: ItemState,
    /// Its photos, in order.
    pub photos: Vec<(PhotoHash, PhotoState)>,
}

/// How far a command is. Kept with the item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ItemState {
    /// To be sent, or sent without an answer yet.
    Waiting,
    /// The server wants a sign-in of this key first.
    SignInNeeded,
    /// Done.
    Accepted,
    /// Not as it stands.
    Refused {
        /// Why, and what to do.
        refusal: Refusal,
    },
}

/// How far a photo is. Kept with the item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum PhotoState {
    /// To be sent.
    Waiting,
    /// On the server and checked.
    Verified,
    /// The server will not have it.
    Refused {
        /// Why.
        refusal: Refusal,
    },
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Send these frames as one batch, in this order, and hand in [`Input::Answered`] or
    /// [`Input::SendFailed`].
    Send(Vec<CommandId>),
    /// Send this photo and hand in one of the `Upload…` inputs.
    Upload {
        /// Of which command.
        command: CommandId,
        /// Of which subject.
        subject: SubjectId,
        /// Which.
        hash: PhotoHash,
        /// With a session of this key.
        key: Principal,
    },
    /// Nothing until then, or until something is handed in.
    Wait(Option<Timestamp>),
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// A person did something; it is already in the store.
    Enqueued(Item),
    /// A person wrote something on its way anew: the item stands where the older one stood, which
    /// may have arrived or not.
    Superseded(CommandId, Item),
    /// The server answered a batch; in the order of [`Action::Send`].
    Answered(Vec<CommandAnswer>),
    /// The batch got no answer. It may have arrived all the same.
    SendFailed,
    /// The server has no time for what was sent, and says how long to wait at least.
    TooBusy {
        /// In milliseconds.
        wait_ms: i64,
    },
    /// The photo is on the server and checked.
    Uploaded,
    /// The photo got no answer.
    UploadFailed,
    /// The server will not have the photo.
    UploadRefused(Refusal),
    /// The key needs a sign-in with name and password before it may send photos.
    UploadNeedsSignIn,
    /// This key has signed in.
    SignedIn(Principal),
    /// A person asks, or the network has returned.
    RetryNow,
    /// A person gives up a refused command; it and its photos leave.
    Discarded(CommandId),
}

/// What to write down, in one transaction, before going on.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// The command's new state.
    State(CommandId, ItemState),
    /// The first answer, also when it came for other bytes with the same id.
    Answer(CommandId, Accepted),
    /// The photo's new state.
    Photo(CommandId, PhotoHash, PhotoState),
    /// Whether the last contact worked.
    Online(bool),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Flight {
    Batch(Vec<CommandId>),
    Photo(CommandId, PhotoHash),
}

/// The machine. One for each city connection.
#[derive(Debug, Clone, Default)]
pub struct Machine {
    items: Vec<Item>,
    flight: Option<Flight>,
    /// Link failures in a row, and when to try again.
    failures: u32,
    not_before: Option<Timestamp>,
    /// When the server wants to be asked again.
    told: Option<Timestamp>,
    /// Commands told to come again later, and when.
    later: BTreeMap<CommandId, (u32, Timestamp)>,
}

fn wait_ms(failures: u32, random: u32) -> i64 {
    let full = FIRST_WAIT_MS
        .saturating_mul(1_i64.checked_shl(failures.saturating_sub(1).min(16)).unwrap_or(1))
        .min(LONGEST_WAIT_MS);
    let half = full / 2;
    half + i64::from(random) % (half + 1)
}

impl Machine {
    /// A machine over what the store holds, oldest first.
    pub fn new(items: Vec<Item>) -> Self {
        Self { items, ..Self::default() }
    }

    /// All items, oldest first.
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// The first item before `at` on the same subject by the same key that is not accepted.
    fn in_front(&self, at: usize) -> Option<&Item> {
        let item = &self.items[at];
        self.items[..at].iter().find(|other| {
            other.subject == item.subject
                && other.key == item.key
                && other.state != ItemState::Accepted
        })
    }

    /// What to do now. Asked again after every input.
    pub fn next(&mut self, now: Timestamp) -> Action {
        if self.flight.is_some() {
            return Action::Wait(None);
        }
        // A wait that is longer than any can be was begun by a clock that has since gone back.
        let longest = now.plus_ms(LONGEST_TOLD_MS + LONGEST_WAIT_MS);
        let waits = |until: &Timestamp| *until > now && *until <= longest;
        let told = self.told.filter(waits);
        if let Some(until) = self.not_before.filter(waits).max(told) {
            let pending = self.items.iter().any(|item| !item.settled());
            return Action::Wait(pending.then_some(until));
        }
        let mut batch = Vec::new();
        let mut bytes = 0;
        let mut earliest: Option<Timestamp> = None;
        for (at, item) in self.items.iter().enumerate() {
            if item.state != ItemState::Waiting || self.in_front(at).is_some() {
                continue;
            }
            if let Some((_, until)) = self.later.get(&item.command)
                && waits(until)
            {
                earliest = Some(earliest.map_or(*until, |e| e.min(*until)));
                continue;
            }
            bytes += 4 + item.frame_len;
            if batch.len() == BATCH_FRAMES || bytes > BATCH_LIMIT {
                break;
            }
            batch.push(item.command);
        }
        if !batch.is_empty() {
            self.flight = Some(Flight::Batch(batch.clone()));
            return Action::Send(batch);
        }
        for item in self.items.iter().filter(|item| item.state == ItemState::Accepted) {
            let Some((hash, _)) = item.photos.iter().find(|(_, s)| *s == PhotoState::Waiting)
            else {
                continue;
            };
            if let Some((_, until)) = self.later.get(&item.command)
                && waits(until)
            {
                earliest = Some(earliest.map_or(*until, |e| e.min(*until)));
                continue;
            }
            let (command, subject, key, hash) = (item.command, item.subject, item.key, *hash);
            self.flight = Some(Flight::Photo(command, hash));
            return Action::Upload { command, subject, hash, key };
        }
        Action::Wait(earliest)
    }

    /// Takes in what happened. `random` is a fresh random number, for the waits.
    pub fn handle(&mut self, now: Timestamp, random: u32, input: Input) -> Vec<Effect> {
        match input {
            Input::Enqueued(item) => {
                if !self.items.iter().any(|known| known.command == item.command) {
                    self.items.push(item);
                }
                Vec::new()
            }
            Input::Superseded(older, item) => {
                self.later.remove(&older);
                match self.items.iter_mut().find(|known| known.command == older) {
                    Some(place) => *place = item,
                    None => self.items.push(item),
                }
                Vec::new()
            }
            Input::Answered(answers) => self.answered(now, random, answers),
            Input::UploadFailed if planted::is(Bug::PhotoDoneUnverified) => {
                self.photo(PhotoState::Verified)
            }
            Input::SendFailed | Input::UploadFailed => {
                self.flight = None;
                self.failures = self.failures.saturating_add(1);
                self.not_before = Some(now.plus_ms(wait_ms(self.failures, random)));
                vec![Effect::Online(false)]
            }
            Input::TooBusy { wait_ms: asked } => {
                self.flight = None;
                self.failures = self.failures.saturating_add(1);
                // Not all devices that were told the same come at the same moment.
                let told = now.plus_ms(asked.clamp(0, LONGEST_TOLD_MS));
                self.told = Some(told);
                self.not_before = Some(told.plus_ms(wait_ms(self.failures, random)));
                vec![Effect::Online(false)]
            }
            Input::Uploaded => self.photo(PhotoState::Verified),
            Input::UploadRefused(refusal) => self.photo(PhotoState::Refused { refusal }),
            Input::UploadNeedsSignIn => {
                // The words are there; the photo waits for the person, the others go on.
                if let Some(Flight::Photo(command, _)) = self.flight.take() {
                    self.put_off(command, now, random);
                }
                self.reached()
            }
            Input::SignedIn(key) => {
                let mut effects = Vec::new();
                for item in self.items.iter_mut().filter(|item| item.key == key) {
                    self.later.remove(&item.command);
                    if item.state == ItemState::SignInNeeded {
                        item.state = ItemState::Waiting;
                        effects.push(Effect::State(item.command, ItemState::Waiting));
                    }
                }
                effects
            }
            Input::RetryNow => {
                self.not_before = None;
                self.later.clear();
                // Refusals are decided afresh each time: a person who asks gets a new answer.
                let mut effects = Vec::new();
                for item in &mut self.items {
                    if matches!(item.state, ItemState::Refused { .. }) {
                        item.state = ItemState::Waiting;
                        effects.push(Effect::State(item.command, ItemState::Waiting));
                    }
                    for (hash, state) in &mut item.photos {
                        if matches!(state, PhotoState::Refused { .. }) {
                            *state = PhotoState::Waiting;
                            effects.push(Effect::Photo(item.command, *hash, PhotoState::Waiting));
                        }
                    }
                }
                effects
            }
            Input::Discarded(command) => {
                self.items.retain(|item| item.command != command);
                self.later.remove(&command);
                Vec::new()
            }
        }
    }

    fn reached(&mut self) -> Vec<Effect> {
        self.failures = 0;
        self.not_before = None;
        vec![Effect::Online(true)]
    }

    fn put_off(&mut self, command: CommandId, now: Timestamp, random: u32) {
        let tries = self.later.get(&command).map_or(1, |(tries, _)| tries.saturating_add(1));
        self.later.insert(command, (tries, now.plus_ms(wait_ms(tries, random))));
    }

    fn answered(
        &mut self,
        now: Timestamp,
        random: u32,
        answers: Vec<CommandAnswer>,
    ) -> Vec<Effect> {
        let Some(Flight::Batch(batch)) = self.flight.take() else {
            return Vec::new();
        };
        let mut effects = self.reached();
        if answers.len() != batch.len() {
            // Not an answer to this batch: as if there had been none.
            self.failures = 1;
            self.not_before = Some(now.plus_ms(wait_ms(1, random)));
            return effects;
        }
        for (command, answer) in batch.into_iter().zip(answers) {
            let state = match answer {
                CommandAnswer::Accepted(accepted) => {
                    effects.push(Effect::Answer(command, accepted));
                    ItemState::Accepted
                }
                // The id was used for other bytes before: what counts is what happened first.
                CommandAnswer::Refused { first: Some(first), .. } => {
                    effects.push(Effect::Answer(command, first));
                    ItemState::Accepted
                }
                CommandAnswer::Refused { refusal, first: None } => ItemState::Refused { refusal },
                CommandAnswer::Retry { code } if code == RefusalCode::SignInNeeded.as_str() => {
                    ItemState::SignInNeeded
                }
                CommandAnswer::Retry { .. } => {
                    self.put_off(command, now, random);
                    continue;
                }
            };
            self.later.remove(&command);
            if let Some(item) = self.items.iter_mut().find(|item| item.command == command) {
                item.state = state.clone();
                effects.push(Effect::State(command, state));
            }
        }
        effects
    }

    fn photo(&mut self, state: PhotoState) -> Vec<Effect> {
        let Some(Flight::Photo(command, hash)) = self.flight.take() else {
            return Vec::new();
        };
        let mut effects = self.reached();
        self.later.remove(&command);
        if let Some(item) = self.items.iter_mut().find(|item| item.command == command) {
            for (known, old) in item.photos.iter_mut().filter(|(known, _)| *known == hash) {
                old.clone_from(&state);
                effects.push(Effect::Photo(command, *known, state.clone()));
            }
        }
        effects
    }

    /// Where an item is on its way, for people. `online` is whether the last contact worked.
    pub fn delivery(&self, command: CommandId) -> Option<Delivery> {
        let at = self.items.iter().position(|item| item.command == command)?;
        let item = &self.items[at];
        let flying = match &self.flight {
            Some(Flight::Batch(batch)) => batch.contains(&command),
            _ => false,
        };
        Some(match &item.state {
            ItemState::Refused { refusal } => Delivery::NeedsYou { refusal: refusal.clone() },
            ItemState::SignInNeeded => Delivery::SignInNeeded,
            ItemState::Waiting => match self.in_front(at) {
                Some(front) if matches!(front.state, ItemState::Refused { .. }) => {
                    Delivery::Blocked { by: front.command }
                }
                Some(front) if front.state == ItemState::SignInNeeded => Delivery::SignInNeeded,
                _ if flying => Delivery::Sending,
                _ => Delivery::Waiting,
            },
            ItemState::Accepted => {
                let refused = item.photos.iter().find_map(|(_, state)| match state {
                    PhotoState::Refused { refusal } => Some(refusal.clone()),
                    _ => None,
                });
                let done = item.photos.iter().filter(|(_, s)| *s == PhotoState::Verified).count();
                match refused {
                    Some(refusal) => Delivery::NeedsYou { refusal },
                    None if done == item.photos.len() => Delivery::Received,
                    None => Delivery::WordsReceived {
                        photos_done: u32::try_from(done).unwrap_or(u32::MAX),
                        photos: u32::try_from(item.photos.len()).unwrap_or(u32::MAX),
                    },
                }
            }
        })
    }
}

impl Item {
    /// Nothing of it is left to send by itself: done, or waiting for a person.
    pub fn settled(&self) -> bool {
        match self.state {
            ItemState::Waiting => false,
            ItemState::SignInNeeded | ItemState::Refused { .. } => true,
            ItemState::Accepted => self.photos.iter().all(|(_, s)| *s != PhotoState::Waiting),
        }
    }

    /// All of it is with the city.
    pub fn done(&self) -> bool {
        self.state == ItemState::Accepted
            && self.photos.iter().all(|(_, s)| *s == PhotoState::Verified)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::id::SubjectRef;

    fn id(n: u8) -> CommandId {
        CommandId::from_bytes([n; 16])
    }

    fn item(n: u8, subject: u8, photos: u8) -> Item {
        Item {
            command: id(n),
            subject: SubjectId::from_bytes([subject; 16]),
            key: Principal([1; 32]),
            frame_len: 300,
            state: ItemState::Waiting,
            photos: (0..photos)
                .map(|p| (PhotoHash([n.wrapping_mul(11).wrapping_add(p); 32]), PhotoState::Waiting))
                .collect(),
        }
    }

    fn accepted(command: CommandId) -> CommandAnswer {
        CommandAnswer::Accepted(Accepted {
            command,
            subject: SubjectRef::request(SubjectId::from_bytes([0; 16])),
            version: 1,
            recorded_at: Timestamp(1),
            number: None,
        })
    }

    fn refused() -> CommandAnswer {
        CommandAnswer::Refused { refusal: RefusalCode::OutsideCity.into(), first: None }
    }

    /// What a hostile but finally fair world does with one action.
    #[derive(Debug, Clone, Copy)]
    enum World {
        Accept,
        Refuse,
        Busy,
        Lose,
    }

    fn world() -> impl Strategy<Value = World> {
        prop_oneof![
            4 => Just(World::Accept),
            1 => Just(World::Refuse),
            2 => Just(World::Busy),
            2 => Just(World::Lose),
        ]
    }

    #[test]
    fn a_server_that_says_when_is_asked_no_sooner() {
        let mut machine = Machine::new(vec![item(1, 1, 1)]);
        let mut now = Timestamp(0);
        for (told, least, most) in
            [(10_000, 10_000, 11_000), (-5, 0, 2_000), (i64::MAX, 3_600_000, 3_604_000)]
        {
            assert!(matches!(machine.next(now), Action::Send(_)));
            machine.handle(now, 77, Input::TooBusy { wait_ms: told });
            machine.handle(now, 77, Input::Enqueued(item(2, 2, 0)));
            let Action::Wait(Some(until)) = machine.next(now) else { panic!("asked too soon") };
            assert!((least..=most).contains(&(until.0 - now.0)), "{told}: {}", until.0 - now.0);
            // A person who asks, or a network that has returned, ends one's own wait only.
            machine.handle(now, 77, Input::RetryNow);
            let least = now.plus_ms(least);
            if least > now {
                assert_eq!(machine.next(now), Action::Wait(Some(least)));
                assert_eq!(machine.next(Timestamp(least.0 - 1)), Action::Wait(Some(least)));
            }
            now = least;
        }
        assert!(matches!(machine.next(now), Action::Send(_)));
        machine.handle(now, 77, Input::TooBusy { wait_ms: 10_000 });
        assert!(matches!(machine.next(now), Action::Wait(Some(_))));
        let before = now.plus_ms(-365 * 24 * 3_600_000);
        assert!(matches!(machine.next(before), Action::Send(_)), "the clock went back by a year");
    }

    proptest! {
        /// In any world: order for each subject, words before photos, no photo before its command;
        /// once the world is fair, everything that no refusal stops arrives.
        #[test]
        fn holds_in_any_world(
            subjects in proptest::collection::vec((0u8..4, 0u8..3), 1..12),
            worlds in proptest::collection::vec((world(), any::<u32>()), 0..60),
        ) {
            let items: Vec<Item> = subjects.iter().enumerate()
                .map(|(n, (subject, photos))| item(u8::try_from(n).unwrap() + 1, *subject, *photos))
                .collect();
            let mut machine = Machine::new(items.clone());
            let mut now = Timestamp(0);
            let mut arrived: Vec<CommandId> = Vec::new();
            let mut refusals = 0;
            let mut worlds = worlds.into_iter().chain(std::iter::repeat((World::Accept, 0)));
            for _ in 0..500 {
                let action = machine.next(now);
                let input = match action {
                    Action::Wait(None) => break,
                    Action::Wait(Some(until)) => {
                        prop_assert!(until > now, "a wait must end in the future");
                        prop_assert!(until.0 - now.0 <= LONGEST_WAIT_MS);
                        now = until;
                        continue;
                    }
                    Action::Send(batch) => {
                        let subjects: Vec<_> = batch.iter()
                            .map(|c| items.iter().find(|i| i.command == *c).unwrap().subject).collect();
                        let mut unique = subjects.clone();
                        unique.sort();
                        unique.dedup();
                        prop_assert_eq!(unique.len(), subjects.len(), "one at a time for each subject");
                        let (world, _) = worlds.next().unwrap();
                        match world {
                            World::Lose => Input::SendFailed,
                            World::Busy => Input::Answered(batch.iter().map(|_| CommandAnswer::Retry { code: "busy".into() }).collect()),
                            World::Refuse => {
                                refusals += 1;
                                Input::Answered(batch.iter().map(|_| refused()).collect())
                            }
                            World::Accept => {
                                arrived.extend(&batch);
                                Input::Answered(batch.iter().map(|c| accepted(*c)).collect())
                            }
                        }
                    }
                    Action::Upload { command, .. } => {
                        prop_assert!(arrived.contains(&command), "no photo before its command");
                        for (at, item) in machine.items().iter().enumerate() {
                            let could_go = item.state == ItemState::Waiting
                                && machine.in_front(at).is_none()
                                && machine.later.get(&item.command).is_none_or(|(_, t)| *t <= now);
                            prop_assert!(!could_go, "words before photos");
                        }
                        match worlds.next().unwrap().0 {
                            World::Lose | World::Busy => Input::UploadFailed,
                            _ => Input::Uploaded,
                        }
                    }
                };
                machine.handle(now, 12345, input);
            }
            for subject in 0u8..4 {
                let made: Vec<_> = items.iter().filter(|i| i.subject == SubjectId::from_bytes([subject; 16])).map(|i| i.command).collect();
                let came: Vec<_> = arrived.iter().copied().filter(|c| made.contains(c)).collect();
                prop_assert_eq!(&came[..], &made[..came.len()], "in the order in which they were made");
            }
            if refusals == 0 {
                prop_assert!(machine.items().iter().all(Item::done), "all arrives in a fair world");
            }
            for (at, item) in machine.items().iter().enumerate() {
                let stopped = matches!(item.state, ItemState::Refused { .. })
                    || machine.in_front(at).is_some();
                prop_assert!(item.done() || stopped, "nothing is stuck unseen: {:?}", item);
            }
        }
    }

    #[test]
    fn a_refused_command_stops_only_its_own_subject() {
        let mut machine = Machine::new(vec![item(1, 1, 0), item(2, 1, 0), item(3, 2, 0)]);
        assert_eq!(machine.next(Timestamp(0)), Action::Send(vec![id(1), id(3)]));
        machine.handle(Timestamp(0), 0, Input::Answered(vec![refused(), accepted(id(3))]));
        assert_eq!(machine.next(Timestamp(0)), Action::Wait(None));
        assert!(matches!(machine.delivery(id(1)), Some(Delivery::NeedsYou { .. })));
        assert_eq!(machine.delivery(id(2)), Some(Delivery::Blocked { by: id(1) }));
        assert_eq!(machine.delivery(id(3)), Some(Delivery::Received));
        machine.handle(Timestamp(0), 0, Input::Discarded(id(1)));
        assert_eq!(machine.next(Timestamp(0)), Action::Send(vec![id(2)]));
    }

    #[test]
    fn an_answer_for_other_bytes_is_adopted() {
        let mut machine = Machine::new(vec![item(1, 1, 0)]);
        machine.next(Timestamp(0));
        let CommandAnswer::Accepted(first) = accepted(id(1)) else { unreachable!() };
        let effects = machine.handle(
            Timestamp(0),
            0,
            Input::Answered(vec![CommandAnswer::Refused {
                refusal: RefusalCode::IdReused.into(),
                first: Some(first.clone()),
            }]),
        );
        assert!(effects.contains(&Effect::Answer(id(1), first)));
        assert_eq!(machine.delivery(id(1)), Some(Delivery::Received));
    }

    #[test]
    fn a_sign_in_sets_waiting_work_free() {
        let mut machine = Machine::new(vec![item(1, 1, 0)]);
        machine.next(Timestamp(0));
        let later = CommandAnswer::Retry { code: "sign_in_needed".into() };
        machine.handle(Timestamp(0), 0, Input::Answered(vec![later]));
        assert_eq!(machine.next(Timestamp(9_999_999)), Action::Wait(None));
        assert_eq!(machine.delivery(id(1)), Some(Delivery::SignInNeeded));
        machine.handle(Timestamp(0), 0, Input::SignedIn(Principal([1; 32])));
        assert_eq!(machine.next(Timestamp(0)), Action::Send(vec![id(1)]));
    }
}
