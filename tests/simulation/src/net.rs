//! What goes over the wire: the requests of `mend_core::api` and their answers, as values.

use mend_core::api::{Answers, ChangesPage, NoticesPage, Session, Snapshot};
use mend_core::id::{PhotoHash, Principal, SubjectRef};
use mend_core::time::Timestamp;

/// What a device asks.
#[derive(Debug, Clone)]
pub enum Request {
    /// `POST /v1/commands`: a batch of frames.
    Commands(Vec<u8>),
    /// `POST /v1/session`, with the account's name to sign in.
    Session {
        /// Whose.
        key: Principal,
        /// To sign in.
        name: Option<String>,
    },
    /// `GET /v1/changes`.
    Changes {
        /// Of the session.
        token: String,
        /// As the session calls it.
        scope: String,
        /// The cursor.
        after: i64,
    },
    /// `GET /v1/subjects/…`.
    Subject {
        /// Of the session.
        token: String,
        /// Which.
        subject: SubjectRef,
    },
    /// `HEAD /v1/photos/…`: how much of it is there.
    Head {
        /// Of the session.
        token: String,
        /// Of which subject, and which.
        photo: (SubjectRef, PhotoHash),
    },
    /// `PATCH /v1/photos/…`: the next piece.
    Piece {
        /// Of the session.
        token: String,
        /// Of which subject, and which.
        photo: (SubjectRef, PhotoHash),
        /// Where the piece begins.
        at: u64,
        /// The piece.
        bytes: Vec<u8>,
    },
    /// `GET /v1/notices`.
    Notices {
        /// Of the session.
        token: String,
        /// The last one known.
        after: i64,
    },
}

impl Request {
    /// A word for the log.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Commands(_) => "commands",
            Self::Session { .. } => "session",
            Self::Changes { .. } => "changes",
            Self::Subject { .. } => "subject",
            Self::Head { .. } => "photo",
            Self::Piece { .. } => "piece",
            Self::Notices { .. } => "notices",
        }
    }
}

/// What the server says.
#[derive(Debug, Clone)]
pub enum Response {
    /// To commands.
    Answers(Answers),
    /// To a session.
    Session(Session),
    /// To changes.
    Page(ChangesPage),
    /// To a subject.
    Snapshot(Box<Snapshot>),
    /// To a photo: so many bytes are there.
    Kept(u64),
    /// To a piece that begins elsewhere: so many bytes are there.
    Elsewhere(u64),
    /// To notices.
    Notices(NoticesPage),
    /// An HTTP status from 400 on, with the problem's code.
    Problem(u16, &'static str),
}

/// Something on its way.
#[derive(Debug, Clone)]
pub struct Letter {
    /// The request's number; its answer has the same.
    pub id: u64,
    /// Which device it is from or for.
    pub device: usize,
    /// The device's start: whoever has been started anew waits for nothing.
    pub start: u64,
    /// What.
    pub body: Body,
}

/// Which way.
#[derive(Debug, Clone)]
pub enum Body {
    /// To the server.
    Up(Request),
    /// To the device, with the server's clock when it was written.
    Down(Response, Timestamp),
}
