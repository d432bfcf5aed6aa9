//! One seed's world: a server, two to four devices, and a network that keeps nothing it promises.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use mend_core::api::{Accepted, CommandAnswer};
use mend_core::frame::{self, split};
use mend_core::id::{CommandId, PhotoHash, SubjectRef};
use mend_core::time::{DAY_MS, Timestamp};

use crate::check;
use crate::city::{STAFF, cities};
use crate::device::{self, Device};
use crate::dice::Dice;
use crate::disk::{Disk, Fault, Image};
use crate::net::{Body, Letter, Request, Response};
use crate::people::{ACTS, Act, act, short};
use crate::photos::bytes_of;
use crate::server::{self, Server};

/// Steps of each seed before everything is healed.
pub const STEPS: usize = 240;
/// By this step something must have crashed.
const CRASH_BY: usize = 150;
/// How often a step that came to nothing is tried with something else.
const TRIES: usize = 12;
/// Rounds in which everything must have come to rest.
const ROUNDS: usize = 400;
/// A Wednesday noon.
const START: Timestamp = Timestamp(1_795_629_600_000);
const YEAR_MS: i64 = 365 * DAY_MS;
/// Most devices of a world.
const DEVICES: usize = 4;

/// Where worlds of this thread pretend to live, and what their disks begin with.
pub struct Ground {
    folder: tempfile::TempDir,
    server: Image,
    device: Image,
}

impl Ground {
    /// Makes it: once for many worlds.
    ///
    /// # Errors
    /// When there is no room for a few empty files, or a store cannot be made.
    pub fn new() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let place = |name: &str| -> std::io::Result<PathBuf> {
            let place = folder.path().join(name);
            std::fs::create_dir_all(&place)?;
            Ok(place)
        };
        let server = server::image(&place("server")?, &cities()?.new)?;
        let device = device::image(&place("device-0")?)?;
        for at in 1..DEVICES {
            place(&format!("device-{at}"))?;
        }
        Ok(Self { folder, server, device })
    }
}

/// What became of a seed.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Report {
    /// What must not be, and was.
    pub violations: Vec<String>,
    /// What happened, one line for each step; empty unless it was asked for.
    pub log: Vec<String>,
    /// How often something crashed.
    pub crashes: usize,
    /// Commands that the server accepted from devices.
    pub accepted: usize,
}

/// The world.
pub struct World {
    /// All chance comes from here.
    pub dice: Dice,
    /// The true time.
    pub now: Timestamp,
    /// The server.
    pub server: Server,
    /// The server's clock minus the true time.
    pub server_skew: i64,
    /// The devices.
    pub devices: Vec<Device>,
    /// On its way.
    pub mail: Vec<Letter>,
    cut: Vec<bool>,
    /// What the server has said to be accepted: its first answer.
    pub accepted: BTreeMap<CommandId, Accepted>,
    /// Photos that the server has said to be verified.
    pub photos: BTreeSet<(SubjectRef, PhotoHash)>,
    /// The bytes of each command, as they were first sent.
    pub sent: BTreeMap<CommandId, Vec<u8>>,
    log: Option<Vec<String>>,
    /// What must not be, and was.
    pub violations: Vec<String>,
    crashes: usize,
    step: usize,
}

/// Runs a seed. The same seed gives the same report, to the byte.
///
/// # Errors
/// When the world itself cannot be made.
pub fn run(ground: &Ground, seed: u64, with_log: bool) -> anyhow::Result<Report> {
    let mut world = World::new(ground, seed, with_log)?;
    for step in 0..STEPS {
        world.step = step;
        world.step();
        if world.violations.len() > 20 {
            break;
        }
    }
    world.heal();
    if world.violations.is_empty() {
        check::all(&mut world);
    }
    Ok(Report {
        violations: world.violations,
        log: world.log.unwrap_or_default(),
        crashes: world.crashes,
        accepted: world.accepted.len(),
    })
}

impl World {
    fn new(ground: &Ground, seed: u64, with_log: bool) -> anyhow::Result<Self> {
        let mut dice = Dice::new(seed, 1);
        let place = |name: String| ground.folder.path().join(name);
        let cities = cities()?;
        let disk = Disk::from_image(&ground.server);
        let server_city = if dice.one_in(6) { &cities.old } else { &cities.new };
        let server = Server::new(disk, &place("server".to_owned()), server_city.clone());
        let mut devices = Vec::new();
        for at in 0..[2, 2, 2, 3, 3, DEVICES][dice.below(6)] {
            let disk = Disk::from_image(&ground.device);
            let city = if dice.one_in(5) { &cities.old } else { &cities.new };
            let mut device = Device::new(at, disk, &place(format!("device-{at}")), city.clone());
            device.old_app = dice.one_in(10);
            device.skew =
                [0, 0, dice.between(-90_000, 90_000), dice.between(-DAY_MS, DAY_MS)][dice.below(4)];
            devices.push(device);
        }
        let mut world = Self {
            now: START.plus_ms(dice.between(0, 5 * DAY_MS)),
            server,
            server_skew: 0,
            cut: vec![false; devices.len()],
            devices,
            mail: Vec::new(),
            accepted: BTreeMap::new(),
            photos: BTreeSet::new(),
            sent: BTreeMap::new(),
            log: with_log.then(Vec::new),
            violations: Vec::new(),
            crashes: 0,
            step: 0,
            dice,
        };
        world.note(|w| format!("seed {seed}: {} devices", w.devices.len()));
        if !world.server.start(world.now) {
            world.wrong("the server does not start".to_owned());
        }
        for at in 0..world.devices.len() {
            world.start_device(at);
        }
        // Two installations with one account, and a desk: most worlds begin with somebody at work.
        for at in 0..world.devices.len() {
            if !world.dice.one_in(3) {
                let (name, _) = STAFF[[0, 0, 1, 2][(at + world.dice.below(2)) % 4]];
                world.sign_in(at, name);
            }
        }
        Ok(world)
    }

    /// A line of the log.
    pub fn note(&mut self, line: impl FnOnce(&Self) -> String) {
        if self.log.is_some() {
            let line = line(self);
            let line = format!("{:>3} {:>+12} {line}", self.step, self.now.0 - START.0);
            if let Some(log) = &mut self.log {
                log.push(line);
            }
        }
    }

    /// Something that must not be.
    pub fn wrong(&mut self, what: String) {
        self.note(|_| format!("WRONG: {what}"));
        self.violations.push(what);
    }

    /// The server's clock.
    pub fn server_now(&self) -> Timestamp {
        self.now.plus_ms(self.server_skew)
    }

    fn some_device(&mut self) -> usize {
        self.dice.below(self.devices.len())
    }

    /// One step: something happens.
    fn step(&mut self) {
        let pause = self.dice.between(0, 1_500);
        self.now = self.now.plus_ms(pause);
        if self.step == CRASH_BY && self.crashes == 0 {
            let at = self.dice.below(self.devices.len() + 1);
            return self.crash(at);
        }
        // What was chosen may not be possible now.
        for _ in 0..TRIES {
            if self.try_step() {
                break;
            }
        }
        self.bring_up();
    }

    fn try_step(&mut self) -> bool {
        match self.dice.below(1_000) {
            0..500 => return self.carry(),
            500..620 => return self.push(),
            620..640 => return self.pull(),
            640..850 => return self.person(),
            850..865 => return self.time_out(),
            865..880 => return self.tick(),
            880..900 => self.time_passes(),
            900..906 => self.clock_jumps(),
            906..916 => self.lay_trap(),
            916..921 => {
                let at = self.dice.below(self.devices.len() + 1);
                self.crash(at);
            }
            921..933 => self.partition(),
            933..939 => self.fill_disk(),
            939..962 => {
                let at = self.some_device();
                let name = self.dice.pick(&STAFF).map_or("desk", |(name, _)| *name);
                return self.sign_in(at, name);
            }
            962..965 => return self.sign_out(),
            965..980 => return self.other_bytes(),
            980..982 => self.new_rules(),
            982..985 => self.restart_server(),
            _ => return false,
        }
        true
    }

    // What a network does.

    fn carry(&mut self) -> bool {
        let open: Vec<usize> =
            (0..self.mail.len()).filter(|at| !self.cut[self.mail[*at].device]).collect();
        // Mostly the oldest first; sometimes any.
        let place = if self.dice.one_in(4) { self.dice.below(open.len()) } else { 0 };
        let Some(at) = open.get(place).copied() else { return false };
        match self.dice.below(100) {
            0..6 => {
                let letter = self.mail.remove(at);
                self.note(|_| format!("lost: {}", describe(&letter)));
            }
            6..14 => {
                let letter = self.mail[at].clone();
                self.note(|_| format!("doubled: {}", describe(&letter)));
                self.mail.push(letter.clone());
                self.mail.remove(at);
                self.deliver(letter);
            }
            _ => {
                let letter = self.mail.remove(at);
                self.deliver(letter);
            }
        }
        true
    }

    fn deliver(&mut self, letter: Letter) {
        let Letter { id, device, start, body } = letter;
        match body {
            Body::Up(Request::Commands(batch)) => {
                let mut batches = vec![(id, device, start, batch)];
                // Others that wait at the same time go into the same group.
                while self.dice.one_in(3) && batches.len() < 4 {
                    let next = self.mail.iter().position(|letter| {
                        !self.cut[letter.device]
                            && matches!(letter.body, Body::Up(Request::Commands(_)))
                    });
                    let Some(letter) = next.map(|at| self.mail.remove(at)) else { break };
                    if let Body::Up(Request::Commands(batch)) = letter.body {
                        batches.push((letter.id, letter.device, letter.start, batch));
                    }
                }
                self.commit(batches);
            }
            Body::Up(request) => {
                if !self.server.is_up() {
                    self.note(|_| format!("no server: {} of device {device}", request.name()));
                    return self.refuse(device, id, start);
                }
                let now = self.server_now();
                let response = self.server.answer(&request, now);
                self.note(|_| {
                    format!("server answers device {device} {}: {}", request.name(), say(&response))
                });
                if self.server_crashed() {
                    return;
                }
                if let (
                    Request::Head { photo, .. } | Request::Piece { photo, .. },
                    Response::Kept(here),
                ) = (&request, &response)
                {
                    let length = bytes_of(photo.1).map_or(0, <[u8]>::len);
                    if *here == length as u64 {
                        self.photos.insert(*photo);
                    }
                }
                self.mail.push(Letter { id, device, start, body: Body::Down(response, now) });
            }
            Body::Down(response, server_now) => {
                if self.devices[device].starts != start || !self.devices[device].waits_for(id) {
                    self.note(|_| format!("nobody waits: {} for device {device}", say(&response)));
                    return;
                }
                self.note(|_| format!("device {device} hears {}", say(&response)));
                let out = self.devices[device].receive(
                    self.now,
                    id,
                    response,
                    server_now,
                    &mut self.dice,
                );
                self.post(device, out);
                self.device_crashed(device);
            }
        }
    }

    /// A connection that nobody takes: the device knows at once.
    fn refuse(&mut self, device: usize, id: u64, start: u64) {
        if self.devices[device].starts == start {
            self.devices[device].give_up(self.now, id, &mut self.dice);
            self.device_crashed(device);
        }
    }

    fn commit(&mut self, batches: Vec<(u64, usize, u64, Vec<u8>)>) {
        let now = self.server_now();
        if !self.server.is_up() {
            for (id, device, start, _) in batches {
                self.note(|_| format!("no server: commands of device {device}"));
                self.refuse(device, id, start);
            }
            return;
        }
        let bytes: Vec<&[u8]> = batches.iter().map(|(.., batch)| batch.as_slice()).collect();
        for batch in &bytes {
            self.look_at_bytes(batch);
        }
        let responses = self.server.commands(&bytes, now);
        if self.server_crashed() {
            return;
        }
        for ((id, device, start, batch), response) in batches.iter().zip(responses) {
            self.note(|_| format!("server answers device {device} commands: {}", say(&response)));
            if let Response::Answers(answers) = &response {
                let frames = split(batch).unwrap_or_default();
                for (bytes, answer) in frames.iter().zip(&answers.answers) {
                    if let Ok(frame) = frame::read(bytes) {
                        self.look_at_answer(frame.head.command, answer);
                    }
                }
            }
            let body = Body::Down(response, now);
            self.mail.push(Letter { id: *id, device: *device, start: *start, body });
        }
    }

    /// What was signed is what is sent, for ever.
    fn look_at_bytes(&mut self, batch: &[u8]) {
        for bytes in split(batch).unwrap_or_default() {
            let Ok(frame) = frame::read(bytes) else { continue };
            let first = self.sent.entry(frame.head.command).or_insert_with(|| bytes.to_vec());
            if first != bytes {
                self.wrong(format!("other bytes were sent for {}", short(frame.head.command)));
            }
        }
    }

    fn look_at_answer(&mut self, command: CommandId, answer: &CommandAnswer) {
        let said = match answer {
            CommandAnswer::Accepted(said) | CommandAnswer::Refused { first: Some(said), .. } => {
                said
            }
            CommandAnswer::Refused { .. } if self.accepted.contains_key(&command) => {
                return self.wrong(format!("{} was accepted and then refused", short(command)));
            }
            _ => return,
        };
        let first = self.accepted.entry(command).or_insert_with(|| said.clone());
        if first != said {
            self.wrong(format!("{} got two answers", short(command)));
        }
    }

    /// Puts what a device asks on its way.
    fn post(&mut self, device: usize, out: Option<device::Out>) {
        let Some((id, request)) = out else { return };
        if self.devices[device].disk.is_off() {
            return;
        }
        if let Request::Commands(batch) = &request {
            for bytes in split(batch).unwrap_or_default() {
                let Ok(frame) = frame::read(bytes) else { continue };
                let command = frame.head.command;
                let made = self.devices[device].memory.made.get(&command);
                if made.is_some_and(|made| made.superseded) {
                    self.wrong(format!("{} is sent, and was superseded", short(command)));
                }
            }
        }
        let start = self.devices[device].starts;
        self.note(|_| format!("device {device} asks: {}", request.name()));
        self.mail.push(Letter { id, device, start, body: Body::Up(request) });
    }

    // What devices do.

    fn push(&mut self) -> bool {
        let at = self.some_device();
        let mut moved = false;
        match self.devices[at].push(self.now, &mut self.dice) {
            Ok(out) => {
                moved = true;
                self.post(at, Some(out));
            }
            Err(Some(until)) if self.dice.one_in(2) => {
                let here = self.devices[at].clock(self.now);
                let wait = until.0.saturating_sub(here.0).clamp(0, 120_000);
                self.now = self.now.plus_ms(wait);
            }
            Err(_) => {}
        }
        self.device_crashed(at) || moved
    }

    fn pull(&mut self) -> bool {
        let at = self.some_device();
        let Some(up) = self.devices[at].up() else { return false };
        let keys = up.readers();
        let mut moved = false;
        if let Some(key) = self.dice.pick(&keys).copied() {
            let out = self.devices[at].pull(self.now, key);
            moved = out.is_some();
            self.post(at, out);
        }
        self.device_crashed(at) || moved
    }

    fn person(&mut self) -> bool {
        let at = self.some_device();
        if !self.devices[at].is_up() {
            return false;
        }
        let what = self.dice.pick(&ACTS).copied().unwrap_or(Act::Draft);
        let done = act(&mut self.devices[at], what, self.now, &mut self.dice);
        let moved = done.is_some();
        if let Some(done) = done {
            self.note(|_| format!("device {at}: {done}"));
        }
        if !self.device_crashed(at) {
            self.look_at_drafts(at);
        }
        moved
    }

    fn time_out(&mut self) -> bool {
        let at = self.some_device();
        let waiting = self.devices[at].waiting();
        let Some(letter) = self.dice.pick(&waiting).copied() else { return false };
        self.note(|_| format!("device {at} waits no longer"));
        self.devices[at].give_up(self.now, letter, &mut self.dice);
        self.device_crashed(at);
        true
    }

    fn sign_in(&mut self, at: usize, name: &str) -> bool {
        let fresh = self.dice.bytes();
        let out = self.devices[at].sign_in(self.now, name, fresh);
        let moved = out.is_some();
        if moved {
            self.note(|_| format!("device {at}: {name} signs in"));
        }
        self.post(at, out);
        self.device_crashed(at) || moved
    }

    fn sign_out(&mut self) -> bool {
        let at = self.some_device();
        let Some(up) = self.devices[at].up() else { return false };
        let keys = up.readers();
        let Some(key) = keys.get(1).copied() else { return false };
        let done = self.devices[at].sign_out(key);
        self.note(|_| format!("device {at}: signs out: {done}"));
        self.device_crashed(at);
        true
    }

    // What the server does by itself.

    fn tick(&mut self) -> bool {
        let now = self.server_now();
        let count = self.server.tick(now);
        if count > 0 {
            self.note(|_| format!("the ticker says {count} things"));
        }
        self.server_crashed() || count > 0
    }

    /// The city has new rules: the server starts again with them. Devices get to know them later.
    fn new_rules(&mut self) {
        let Ok(cities) = cities() else { return };
        let at = self.some_device();
        if self.dice.one_in(2) {
            self.devices[at].city = cities.new.clone();
            self.note(|_| format!("device {at} has the new rules"));
        } else {
            self.server.city = cities.new.clone();
            self.restart_server();
        }
    }

    fn restart_server(&mut self) {
        self.note(|_| "the server is restarted".to_owned());
        self.server.stop();
        let now = self.server_now();
        self.server.start(now);
        self.server_crashed();
    }

    // What time, machines and hostile people do.

    fn time_passes(&mut self) {
        let ms = match self.dice.below(4) {
            0 | 1 => self.dice.between(1_000, 3_600_000),
            2 => self.dice.between(3_600_000, DAY_MS),
            _ => self.dice.between(DAY_MS, 9 * DAY_MS),
        };
        self.now = self.now.plus_ms(ms);
        self.note(|_| format!("{} minutes pass", ms / 60_000));
    }

    fn clock_jumps(&mut self) {
        let by = match self.dice.below(3) {
            0 => self.dice.between(-YEAR_MS, YEAR_MS),
            1 => self.dice.between(-DAY_MS, DAY_MS),
            _ => 0,
        };
        if self.dice.one_in(12) {
            // The server's own clock only a little: who sets it is asked to look twice.
            self.server_skew = by / 365;
            self.note(|_| "the server's clock jumps".to_owned());
        } else {
            let at = self.some_device();
            self.devices[at].skew = by;
            self.note(|_| format!("device {at}'s clock jumps to {by} ms off"));
        }
    }

    fn disk_of(&self, at: usize) -> Disk {
        self.devices.get(at).map_or_else(|| self.server.disk.clone(), |device| device.disk.clone())
    }

    fn lay_trap(&mut self) {
        let at = self.dice.below(self.devices.len() + 1);
        let nth = 1 + self.dice.below(60) as u64;
        let fault =
            [Fault::Crash, Fault::Crash, Fault::Crash, Fault::Io, Fault::Full][self.dice.below(5)];
        self.disk_of(at).lay(nth, fault);
        self.note(|_| format!("a trap on disk {at}: {fault:?} at change {nth}"));
    }

    fn fill_disk(&mut self) {
        let at = self.dice.below(self.devices.len() + 1);
        let disk = self.disk_of(at);
        disk.set_full(true);
        self.note(|_| format!("disk {at} is full"));
    }

    fn partition(&mut self) {
        let at = self.some_device();
        self.cut[at] = true;
        self.note(|_| format!("device {at} is cut off"));
        if self.dice.one_in(3) {
            let days = self.dice.between(1, 20);
            self.now = self.now.plus_ms(days * DAY_MS);
            self.note(|_| format!("{days} days pass"));
        }
    }

    /// Somebody with the same key says other things under the id of a command that was accepted.
    fn other_bytes(&mut self) -> bool {
        let at = self.some_device();
        let known: Vec<(CommandId, Vec<u8>)> = self.devices[at]
            .memory
            .made
            .iter()
            .filter(|(id, made)| !made.given_up && self.accepted.contains_key(id))
            // One that was superseded before it came has the newer one's answer, whatever it says.
            .filter(|(id, _)| !self.sent.values().any(|sent| check::replaced(sent).contains(id)))
            .map(|(id, made)| (*id, made.frame.clone()))
            .collect();
        let Some((command, bytes)) = self.dice.pick(&known).cloned() else { return false };
        let Ok(frame) = frame::read(&bytes) else { return false };
        let Some(up) = self.devices[at].up() else { return false };
        let Some(author) = up.authors.iter().find(|author| author.key() == frame.head.key) else {
            return false;
        };
        let mut head = frame.head;
        head.device_clock = head.device_clock.plus_ms(1);
        let Ok(other) = frame::seal(&head, &frame.body, &author.signing) else { return false };
        let batch = frame::batch([other.as_slice()]);
        let now = self.server_now();
        let answers = self.server.commands(&[&batch], now);
        self.note(|_| {
            format!("other bytes for {}: {:?}", short(command), answers.first().map(say))
        });
        if self.server_crashed() {
            return true;
        }
        let Some(Response::Answers(answers)) = answers.first() else { return false };
        match answers.answers.first() {
            Some(CommandAnswer::Refused { first: Some(first), .. }) => {
                if Some(first) != self.accepted.get(&command) {
                    self.wrong(format!("{}: the first answer is another one now", short(command)));
                }
            }
            Some(CommandAnswer::Retry { .. }) => {}
            _ => self.wrong(format!("other bytes were taken for {}", short(command))),
        }
        true
    }

    fn crash(&mut self, at: usize) {
        let power = !self.dice.one_in(3);
        self.note(|_| format!("{at} crashes, power cut: {power}"));
        self.crashes += 1;
        let disk = self.disk_of(at);
        disk.stop();
        self.go_down(at);
        disk.restart(power.then_some(&mut self.dice));
    }

    fn go_down(&mut self, at: usize) {
        match self.devices.get_mut(at) {
            Some(device) => device.stop(),
            None => self.server.stop(),
        }
    }

    fn server_crashed(&mut self) -> bool {
        let off = self.server.disk.is_off();
        if off {
            self.crash(self.devices.len());
        }
        off
    }

    fn device_crashed(&mut self, at: usize) -> bool {
        let off = self.devices[at].disk.is_off();
        if off {
            self.crash(at);
        }
        off
    }

    /// Whoever is down is started again, sooner or later; sometimes into the next trap.
    fn bring_up(&mut self) {
        for at in 0..=self.devices.len() {
            let disk = self.disk_of(at);
            if disk.is_full() && self.dice.one_in(12) {
                disk.set_full(false);
                self.note(|_| format!("disk {at} has room again"));
            }
            if self.cut.get(at) == Some(&true) && self.dice.one_in(25) {
                self.cut[at] = false;
                self.note(|_| format!("device {at} is connected again"));
            }
        }
        for at in 0..=self.devices.len() {
            let up = self.devices.get(at).map_or_else(|| self.server.is_up(), Device::is_up);
            if up || !self.dice.one_in(6) {
                continue;
            }
            if self.dice.one_in(10) {
                let nth = 1 + self.dice.below(20) as u64;
                self.disk_of(at).lay(nth, Fault::Crash);
            }
            if at < self.devices.len() {
                self.start_device(at);
            } else {
                let now = self.server_now();
                let started = self.server.start(now);
                self.note(|_| format!("the server starts: {started}"));
                self.server_crashed();
            }
        }
    }

    fn start_device(&mut self, at: usize) -> bool {
        let fresh = self.dice.bytes();
        let started = self.devices[at].start(fresh);
        self.note(|_| format!("device {at} starts: {started}"));
        if self.device_crashed(at) {
            return false;
        }
        if started {
            self.look_at_drafts(at);
            self.look_at_memory(at);
        }
        started
    }

    /// A draft that was sent is a command, and one that was not is a draft: never both, never
    /// neither.
    fn look_at_drafts(&mut self, at: usize) {
        let attempts = std::mem::take(&mut self.devices[at].memory.attempts);
        for (draft, command) in attempts {
            let Some(up) = self.devices[at].up() else {
                self.devices[at].memory.attempts.push((draft, command));
                continue;
            };
            let kept = up.store.read(|t| t.draft(draft));
            let rows = up.store.read(|t| t.outbox());
            let (Ok(kept), Ok(rows)) = (kept, rows) else {
                self.devices[at].memory.attempts.push((draft, command));
                continue;
            };
            // An earlier try that was said to have failed may stand in SQLite's log, and be whole
            // again when a later one is cut short after the same first pages. One of them it is, or
            // the dropping of the draft.
            let tried = self.devices[at].memory.tried.get(&draft).cloned().unwrap_or_default();
            let queued = rows.iter().any(|row| tried.contains(&row.command));
            match (kept.is_some(), queued) {
                (true, true) => self.wrong(format!(
                    "device {at} has the draft of {} and the command too",
                    short(command)
                )),
                (false, false) if !self.devices[at].memory.dropped.contains(&draft) => {
                    self.wrong(format!("device {at} lost {} and its draft", short(command)));
                }
                _ => {}
            }
        }
    }

    /// What a person was told to be kept is kept.
    fn look_at_memory(&mut self, at: usize) {
        let Some(up) = self.devices[at].up() else { return };
        let Ok(rows) = up.store.read(|t| t.outbox()) else { return };
        let mut replaced: BTreeSet<CommandId> = BTreeSet::new();
        for row in &rows {
            replaced.extend(check::replaced(&row.frame));
        }
        let kept: BTreeMap<CommandId, Vec<u8>> =
            rows.into_iter().map(|row| (row.command, row.frame)).collect();
        let mut wrong = Vec::new();
        let device = &self.devices[at];
        for (command, made) in &device.memory.made {
            match kept.get(command) {
                Some(frame) if *frame != made.frame => {
                    wrong.push(format!("device {at} keeps other bytes of {}", short(*command)));
                }
                None if !made.given_up
                    && !replaced.contains(command)
                    && !self.accepted.contains_key(command) =>
                {
                    wrong.push(format!("device {at} lost {}", short(*command)));
                }
                _ => {}
            }
        }
        for hash in &device.memory.photos {
            if !device.has_photo(*hash) {
                wrong.push(format!("device {at} lost photo {hash}"));
            }
        }
        for wrong in wrong {
            self.wrong(wrong);
        }
    }

    // The end.

    /// Everything that was wrong is put right, the power fails once more for all at once, and then
    /// everybody has time to finish.
    fn heal(&mut self) {
        self.note(|_| "all is healed; the power fails once more".to_owned());
        self.step = STEPS;
        self.cut.fill(false);
        for at in 0..=self.devices.len() {
            let disk = self.disk_of(at);
            disk.clear();
            disk.set_full(false);
            disk.stop();
            self.go_down(at);
            disk.restart(Some(&mut self.dice));
        }
        let now = self.server_now();
        if !self.server.start(now) {
            let why = self.server.trouble.unwrap_or("no word");
            return self.wrong(format!("the server does not start again: {why}"));
        }
        for at in 0..self.devices.len() {
            if !self.start_device(at) {
                let why = self.devices[at].trouble.clone().unwrap_or_default();
                return self.wrong(format!("device {at} does not start again: {why}"));
            }
        }
        let mut quiet = 0;
        for round in 0..ROUNDS {
            self.step = STEPS + 1 + round;
            let (moved, until) = self.round();
            if moved {
                quiet = 0;
                self.now = self.now.plus_ms(200);
            } else if let Some(until) = until {
                self.now = self.now.plus_ms(until);
                quiet = 0;
            } else {
                quiet += 1;
                self.now = self.now.plus_ms(1_000);
            }
            if quiet == 1 || !self.violations.is_empty() {
                return;
            }
        }
        self.wrong(format!("nothing came to rest in {ROUNDS} rounds"));
    }

    /// Everybody does what there is to do. Whether anything was sent that is no mere look at
    /// feeds; and how long the first of those who wait has to.
    fn round(&mut self) -> (bool, Option<i64>) {
        let mut moved = !self.mail.is_empty();
        let mut wait: Option<i64> = None;
        let now = self.server_now();
        moved |= self.server.tick(now) > 0;
        for at in 0..self.devices.len() {
            match self.devices[at].push(self.now, &mut self.dice) {
                Ok(out) => {
                    moved = true;
                    self.post(at, Some(out));
                }
                Err(Some(until)) => {
                    let ms = until.0.saturating_sub(self.devices[at].clock(self.now).0).max(1);
                    wait = Some(wait.map_or(ms, |wait| wait.min(ms)));
                }
                Err(None) => {}
            }
            let keys = self.devices[at].up().map(|up| up.readers()).unwrap_or_default();
            for key in keys {
                let out = self.devices[at].pull(self.now, key);
                self.post(at, out);
            }
        }
        // Letters that bring other letters; a look at all feeds is a few of them.
        for _ in 0..10_000 {
            if self.mail.is_empty() {
                break;
            }
            let letter = self.mail.remove(0);
            if let Body::Down(response, _) = &letter.body {
                moved |= match response {
                    Response::Page(page) => !page.rows.is_empty(),
                    Response::Notices(page) => !page.notices.is_empty(),
                    Response::Problem(..) | Response::Snapshot(_) => true,
                    _ => false,
                };
            }
            self.deliver(letter);
        }
        (moved, wait)
    }
}

fn describe(letter: &Letter) -> String {
    match &letter.body {
        Body::Up(request) => format!("{} of device {}", request.name(), letter.device),
        Body::Down(response, _) => format!("{} for device {}", say(response), letter.device),
    }
}

/// A response in a few words.
fn say(response: &Response) -> String {
    match response {
        Response::Answers(answers) => {
            let one = |answer: &CommandAnswer| match answer {
                CommandAnswer::Accepted(said) => {
                    format!("{} accepted as version {}", short(said.command), said.version)
                }
                CommandAnswer::Refused { refusal, first } => {
                    let first = if first.is_some() { ", with the first answer" } else { "" };
                    format!("refused ({}){first}", refusal.code.as_str())
                }
                CommandAnswer::Retry { code } => format!("retry ({code})"),
            };
            answers.answers.iter().map(one).collect::<Vec<_>>().join(", ")
        }
        Response::Session(session) => format!("a session for {}", session.scopes.join(" ")),
        Response::Page(page) => {
            let scope = page.scope.get(..12).unwrap_or(&page.scope);
            format!("{} rows of {scope}, next {}", page.rows.len(), page.next)
        }
        Response::Snapshot(snapshot) => {
            let subject = snapshot.state.subject();
            format!("{} at version {}", crate::people::word(subject), snapshot.state.version())
        }
        Response::Kept(here) => format!("{here} bytes are there"),
        Response::Elsewhere(here) => format!("other bytes, {here} are there"),
        Response::Notices(page) => format!("{} notices", page.notices.len()),
        Response::Problem(status, code) => format!("{status} {code}"),
    }
}
