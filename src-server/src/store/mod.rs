//! The store: what the server knows, and the one thread that adds to it.
//!
//! A [`Store`] is synchronous and has one owner, the commit thread ([`thread`]); [`Reads`] is
//! shared. Nothing outside `sqlite/` knows which database it is.

use std::collections::BTreeMap;

use mend_core::api::{Change, CommandAnswer, NoticesPage, Snapshot};
use mend_core::command::CommandBody;
use mend_core::decide::Role;
use mend_core::dispatch::KnownAsset;
use mend_core::id::{CommandId, PhotoHash, Principal, SubjectId, SubjectKind, SubjectRef};
use mend_core::refusal::Refusal;
use mend_core::subject::{ServiceRequest, SubjectState};
use mend_core::time::Timestamp;
use mend_core::tracking::TrackingCode;
use mend_core::view::Reader;

pub mod pool;
pub mod scopes;
pub mod sqlite;
pub mod thread;

/// A command, ready to be committed: parsed, verified, hashed and located, in parallel and
/// before it comes to the commit thread.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// Which.
    pub id: CommandId,
    /// About what.
    pub subject: SubjectId,
    /// The subject's kind, if the command says it; otherwise it is looked up.
    pub kind: Option<SubjectKind>,
    /// The version that the person saw; 0 for none.
    pub based_on: u32,
    /// The command that it takes the place of.
    pub supersedes: Option<CommandId>,
    /// Who says it.
    pub origin: Origin,
    /// When it reached the server.
    pub arrival: Timestamp,
    /// What it says, or why it says nothing. A refusal waits here for the look-up of the id: the
    /// same id may have been accepted with other bytes.
    pub body: Result<CommandBody, Refusal>,
    /// A report's place lies in the city.
    pub inside_city: bool,
    /// Layer → zone code of a report's place.
    pub zones: BTreeMap<String, String>,
    /// The asset that a report names, if the city has it.
    pub asset: Option<KnownAsset>,
}

/// Who says a command.
#[derive(Debug, Clone)]
pub enum Origin {
    /// A key, by its signature.
    Signed(Box<Signed>),
    /// The server itself.
    System,
    /// Records taken over from elsewhere.
    Import(Imported),
}

/// A command that is taken over from elsewhere. Everything about it counts when it happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// When it happened.
    pub occurred_at: Timestamp,
    /// A report's number, from a reserved range.
    pub number: Option<String>,
    /// Nothing more follows of this record. Until then no feed tells of it; what is over by then
    /// is never told of at all.
    pub last: bool,
}

/// What a verified frame says about its making.
#[derive(Debug, Clone)]
pub struct Signed {
    /// Who.
    pub key: Principal,
    /// HMAC-SHA256 of the frame's bytes under the store's own key.
    pub mac: [u8; 32],
    /// This key's previous command.
    pub previous: Option<CommandId>,
    /// The device's clock when the person acted.
    pub device_clock: Timestamp,
    /// The newest server time that the device had seen, as it says.
    pub server_seen: Option<Timestamp>,
    /// Server minus device, milliseconds, as the device measured it.
    pub offset_ms: i32,
}

/// A staff account.
#[derive(Clone, PartialEq, Eq)]
pub struct AccountRow {
    /// What one signs in with.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// The crew's code, for the role crew.
    pub crew: Option<String>,
    /// Argon2id, as a PHC string.
    pub password_hash: String,
    /// Made for a demonstration: good only while the server listens on loopback.
    pub demo: bool,
}

impl std::fmt::Debug for AccountRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccountRow").field("name", &self.name).finish_non_exhaustive()
    }
}

/// A key that has signed in to a staff account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// To which.
    pub account: AccountRow,
    /// The sign-in holds until then.
    pub valid_until: Timestamp,
}

/// Rows of one feed, without the envelope.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// In feed order, each subject once.
    pub rows: Vec<Change>,
    /// Read on after this.
    pub next: i64,
    /// There is more at once.
    pub more: bool,
}

/// How much a rebuild made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rebuilt {
    /// Events read.
    pub events: u64,
    /// Requests written.
    pub requests: u64,
    /// Orders written.
    pub orders: u64,
}

/// What can go wrong with the store. The texts are for the person who runs the server.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Written by a newer program; it was not touched.
    #[error(
        "the database {path} was written by a newer Mend (database version {found}; this program knows up to {known}). Nothing was changed. Start the newer Mend, or give another data folder"
    )]
    Newer {
        /// Which file.
        path: String,
        /// Its version.
        found: u32,
        /// The newest that this program knows.
        known: u32,
    },
    /// A database of something else; it was not touched.
    #[error("{path} is a database, but not Mend's. Nothing was changed. Give another data folder")]
    Foreign {
        /// Which file.
        path: String,
    },
    /// The data folder belongs to another city; it was not touched.
    #[error(
        "the data folder belongs to the city {found}, and this city is {wanted}. One data folder holds one city: give another data folder"
    )]
    OtherCity {
        /// The folder's.
        found: String,
        /// The one asked for.
        wanted: String,
    },
    /// The file is damaged.
    #[error("the database {path} is damaged ({what}). Restore it from a backup")]
    Damaged {
        /// Which file.
        path: String,
        /// What was found.
        what: String,
    },
    /// A row that this program wrote and cannot read.
    #[error("a row of {table} cannot be read: {what}")]
    BadRow {
        /// Which table.
        table: &'static str,
        /// Why.
        what: String,
    },
    /// The database said no.
    #[error("the database failed: {0}")]
    Database(Box<dyn std::error::Error + Send + Sync>),
    /// The commit thread has ended.
    #[error("the store is closed")]
    Closed,
    /// More waits than the store takes.
    #[error("the store is busy")]
    Busy,
}

impl StoreError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Newer { .. } => "database_newer",
            Self::Foreign { .. } => "database_foreign",
            Self::OtherCity { .. } => "database_other_city",
            Self::Damaged { .. } => "database_damaged",
            Self::BadRow { .. } => "database_bad_row",
            Self::Database(_) => "store_failed",
            Self::Closed => "store_closed",
            Self::Busy => "busy",
        }
    }
}

/// The writing half. One owner.
pub trait Store: Send {
    /// Commits a group in one transaction, each command in a savepoint of its own and seeing what
    /// those before it did. When this returns, what was accepted is on the disk. If the
    /// transaction fails, every answer is `retry`.
    fn commit(&mut self, group: &[Prepared]) -> Vec<CommandAnswer>;

    /// Binds a key to an account until `valid_until`.
    ///
    /// # Errors
    /// When the database fails.
    fn bind(
        &mut self,
        key: Principal,
        account: &str,
        valid_until: Timestamp,
    ) -> Result<(), StoreError>;

    /// Writes an account, or its new password.
    ///
    /// # Errors
    /// When the database fails.
    fn put_account(&mut self, account: &AccountRow) -> Result<(), StoreError>;

    /// Marks a key's notices up to `up_to` as read; never marks one unread.
    ///
    /// # Errors
    /// When the database fails.
    fn read_notices(&mut self, key: Principal, up_to: i64) -> Result<(), StoreError>;

    /// The end of the time whose records are taken over from elsewhere: `now` at the first call,
    /// and for ever after.
    ///
    /// # Errors
    /// When the database fails.
    fn history_until(&mut self, now: Timestamp) -> Result<Timestamp, StoreError>;

    /// Keeps numbers of each year for records that are taken over from elsewhere: `counts` of them,
    /// by year. Asked again, it gives the same ranges. First and last by year.
    ///
    /// # Errors
    /// When the database fails; then nothing is kept.
    fn reserve_numbers(
        &mut self,
        counts: &BTreeMap<i16, i64>,
    ) -> Result<BTreeMap<i16, (i64, i64)>, StoreError>;

    /// Makes the read tables again from the log.
    ///
    /// # Errors
    /// When the database fails; then they stay as they were.
    fn rebuild(&mut self) -> Result<Rebuilt, StoreError>;

    /// The key under which frames are hashed.
    fn mac_key(&self) -> [u8; 32];
}

/// The reading half. Each call reads one consistent state. Blocking: not for async threads.
pub trait Reads: Send + Sync {
    /// The subject as it stands.
    ///
    /// # Errors
    /// When the database fails; so for all of these.
    fn state(&self, subject: SubjectRef) -> Result<Option<SubjectState>, StoreError>;

    /// The subject with its events and content, as `reader` may have it.
    ///
    /// # Errors
    /// When the database fails.
    fn snapshot(&self, subject: SubjectRef, reader: Reader)
    -> Result<Option<Snapshot>, StoreError>;

    /// Rows of a feed after `after`.
    ///
    /// # Errors
    /// When the database fails.
    fn changes(
        &self,
        scope: &str,
        reader: Reader,
        after: i64,
        now: Timestamp,
    ) -> Result<Page, StoreError>;

    /// A key's notices after `after`.
    ///
    /// # Errors
    /// When the database fails.
    fn notices(&self, key: Principal, after: i64) -> Result<NoticesPage, StoreError>;

    /// The requests with this code, as anyone may have them.
    ///
    /// # Errors
    /// When the database fails.
    fn tracked(&self, code: TrackingCode) -> Result<Vec<Snapshot>, StoreError>;

    /// The account of this name.
    ///
    /// # Errors
    /// When the database fails.
    fn account(&self, name: &str) -> Result<Option<AccountRow>, StoreError>;

    /// The account that a key is bound to, also when the sign-in has run out.
    ///
    /// # Errors
    /// When the database fails.
    fn binding(&self, key: Principal) -> Result<Option<Binding>, StoreError>;

    /// Requests with a clock that has come to its time by `now`, the longest waiting first.
    ///
    /// # Errors
    /// When the database fails.
    fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<ServiceRequest>, StoreError>;

    /// Whether this command of the server's own was accepted.
    ///
    /// # Errors
    /// When the database fails.
    fn accepted(&self, id: CommandId) -> Result<bool, StoreError>;

    /// The length in bytes of a photo, as an accepted command of this key says that names it for
    /// this subject; none: no such command.
    ///
    /// # Errors
    /// When the database fails.
    fn photo_named(
        &self,
        subject: SubjectRef,
        hash: PhotoHash,
        key: Principal,
    ) -> Result<Option<u64>, StoreError>;
}
