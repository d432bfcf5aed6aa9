//! Who may do what: one table. Routes are made from it, and a test walks every row with every
//! kind of caller against the running server.

/// Every endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Endpoint {
    /// Is it there, and what time is it.
    Health,
    /// The city pack.
    City,
    /// What a browser shows of a city.
    Services,
    /// Something to sign.
    GiveNonce,
    /// A signed frame becomes a session.
    OpenSession,
    /// The end of a session.
    CloseSession,
    /// Signed frames become answers. The signature is the permission; `decide` looks at it.
    Commands,
    /// How much of a photo's bytes is here.
    PhotoOffset,
    /// The next of a photo's bytes.
    PhotoPiece,
    /// A photo.
    GetPhoto,
    /// A page of a feed.
    Changes,
    /// The same, live.
    Stream,
    /// One subject.
    Subject,
    /// Notices.
    Notices,
    /// Notices are read.
    ReadNotices,
    /// A request by its code.
    Track,
}

/// Who calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller {
    /// Without a session.
    Nobody,
    /// A key of which nothing is known.
    UnknownKey,
    /// The reporter of the request in question.
    Resident,
    /// The crew that has the order in question.
    Crew,
    /// Another crew.
    OtherCrew,
    /// A dispatcher.
    Dispatcher,
}

impl Caller {
    /// All of them, in the order of the table's columns.
    pub const ALL: [Self; 6] = [
        Self::Nobody,
        Self::UnknownKey,
        Self::Resident,
        Self::Crew,
        Self::OtherCrew,
        Self::Dispatcher,
    ];
}

/// What about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// Nothing in particular, or the caller's own.
    Own,
    /// The reporter's request; of commands, a note on it.
    Request,
    /// The crew's order; of commands, work on it.
    Order,
    /// Who has the order.
    Assignment,
    /// The reporter's photo, named by them, of the request.
    RequestPhoto,
    /// The crew's photo, named by them, of the order.
    OrderPhoto,
    /// The crew's feed.
    CrewFeed,
    /// The department's feed.
    DepartmentFeed,
    /// The city's feed.
    CityFeed,
    /// The reporter's feed, named in full.
    ReporterFeed,
}

/// What a caller gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// What they ask for.
    Yes,
    /// 401: open a session first. Of a command: kept by its device until its key has signed in.
    SignIn,
    /// 403, or 404 where it is nobody's business that it exists.
    No,
}

/// One row.
#[derive(Debug, Clone, Copy)]
pub struct Permission {
    /// Where.
    pub endpoint: Endpoint,
    /// About what.
    pub target: Target,
    /// For each of [`Caller::ALL`].
    pub verdicts: [Verdict; 6],
}

/// What a route asks for before its handler is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Nothing.
    Nothing,
    /// A session.
    Session,
}

use Verdict::{No, SignIn, Yes};

const fn row(endpoint: Endpoint, target: Target, verdicts: [Verdict; 6]) -> Permission {
    Permission { endpoint, target, verdicts }
}

/// The table. Columns: nobody, unknown key, resident, crew, other crew, dispatcher. Rows of
/// commands say what each frame is answered: the key that signed it counts, never the session.
#[rustfmt::skip]
pub const TABLE: &[Permission] = &[
    row(Endpoint::Health,       Target::Own,            [Yes,    Yes, Yes, Yes, Yes, Yes]),
    row(Endpoint::City,         Target::Own,            [Yes,    Yes, Yes, Yes, Yes, Yes]),
    row(Endpoint::Services,     Target::Own,            [Yes,    Yes, Yes, Yes, Yes, Yes]),
    row(Endpoint::GiveNonce,    Target::Own,            [Yes,    Yes, Yes, Yes, Yes, Yes]),
    row(Endpoint::OpenSession,  Target::Own,            [Yes,    Yes, Yes, Yes, Yes, Yes]),
    row(Endpoint::Commands,     Target::Own,            [Yes,    Yes, Yes, Yes, Yes, Yes]),
    row(Endpoint::Commands,     Target::Request,        [No,     No,  Yes, No,  No,  Yes]),
    row(Endpoint::Commands,     Target::Order,          [SignIn, SignIn, SignIn, Yes, No, No]),
    row(Endpoint::Commands,     Target::Assignment,     [SignIn, SignIn, SignIn, No, No, Yes]),
    row(Endpoint::Track,        Target::Request,        [Yes,    Yes, Yes, Yes, Yes, Yes]),
    row(Endpoint::Notices,      Target::Own,            [SignIn, Yes, Yes, Yes, Yes, Yes]),
    row(Endpoint::ReadNotices,  Target::Own,            [SignIn, Yes, Yes, Yes, Yes, Yes]),
    row(Endpoint::Changes,      Target::Own,            [SignIn, Yes, Yes, Yes, Yes, Yes]),
    row(Endpoint::Changes,      Target::CrewFeed,       [SignIn, No,  No,  Yes, No,  No ]),
    row(Endpoint::Changes,      Target::DepartmentFeed, [SignIn, No,  No,  No,  No,  Yes]),
    row(Endpoint::Changes,      Target::CityFeed,       [SignIn, No,  No,  No,  No,  Yes]),
    row(Endpoint::Changes,      Target::ReporterFeed,   [SignIn, No,  No,  No,  No,  No ]),
    row(Endpoint::Stream,       Target::Own,            [SignIn, Yes, Yes, Yes, Yes, Yes]),
    row(Endpoint::Stream,       Target::CrewFeed,       [SignIn, No,  No,  Yes, No,  No ]),
    row(Endpoint::Stream,       Target::DepartmentFeed, [SignIn, No,  No,  No,  No,  Yes]),
    row(Endpoint::Stream,       Target::CityFeed,       [SignIn, No,  No,  No,  No,  Yes]),
    row(Endpoint::Stream,       Target::ReporterFeed,   [SignIn, No,  No,  No,  No,  No ]),
    row(Endpoint::Subject,      Target::Request,        [SignIn, No,  Yes, No,  No,  Yes]),
    row(Endpoint::Subject,      Target::Order,          [SignIn, No,  No,  Yes, No,  Yes]),
    row(Endpoint::PhotoOffset,  Target::RequestPhoto,   [SignIn, No,  Yes, No,  No,  No ]),
    row(Endpoint::PhotoOffset,  Target::OrderPhoto,     [SignIn, No,  No,  Yes, No,  No ]),
    row(Endpoint::PhotoPiece,   Target::RequestPhoto,   [SignIn, No,  Yes, No,  No,  No ]),
    row(Endpoint::PhotoPiece,   Target::OrderPhoto,     [SignIn, No,  No,  Yes, No,  No ]),
    row(Endpoint::GetPhoto,     Target::RequestPhoto,   [SignIn, No,  Yes, No,  No,  Yes]),
    row(Endpoint::GetPhoto,     Target::OrderPhoto,     [SignIn, No,  No,  Yes, No,  Yes]),
    row(Endpoint::CloseSession, Target::Own,            [SignIn, Yes, Yes, Yes, Yes, Yes]),
];

impl Endpoint {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::Health,
        Self::City,
        Self::Services,
        Self::GiveNonce,
        Self::OpenSession,
        Self::CloseSession,
        Self::Commands,
        Self::PhotoOffset,
        Self::PhotoPiece,
        Self::GetPhoto,
        Self::Changes,
        Self::Stream,
        Self::Subject,
        Self::Notices,
        Self::ReadNotices,
        Self::Track,
    ];

    /// Method and path as the router knows them.
    pub const fn method_and_path(self) -> (&'static str, &'static str) {
        match self {
            Self::Health => ("GET", "/health"),
            Self::City => ("GET", "/v1/city"),
            Self::Services => ("GET", "/v1/services"),
            Self::GiveNonce => ("POST", "/v1/session/nonce"),
            Self::OpenSession => ("POST", "/v1/session"),
            Self::CloseSession => ("DELETE", "/v1/session"),
            Self::Commands => ("POST", "/v1/commands"),
            Self::PhotoOffset => ("HEAD", "/v1/photos/{kind}/{subject}/{hash}"),
            Self::PhotoPiece => ("PATCH", "/v1/photos/{kind}/{subject}/{hash}"),
            Self::GetPhoto => ("GET", "/v1/photos/{kind}/{subject}/{hash}"),
            Self::Changes => ("GET", "/v1/changes"),
            Self::Stream => ("GET", "/v1/changes/stream"),
            Self::Subject => ("GET", "/v1/subjects/{kind}/{id}"),
            Self::Notices => ("GET", "/v1/notices"),
            Self::ReadNotices => ("POST", "/v1/notices/read"),
            Self::Track => ("GET", "/v1/track/{code}"),
        }
    }

    /// The path as the router knows it.
    pub const fn path(self) -> &'static str {
        self.method_and_path().1
    }

    /// What its route asks for: nothing only if a row lets nobody in particular pass. An endpoint
    /// without a row is closed to all but sessions.
    pub fn needs(self) -> Needs {
        let open =
            TABLE.iter().filter(|row| row.endpoint == self).any(|row| row.verdicts[0] != SignIn);
        if open { Needs::Nothing } else { Needs::Session }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_endpoint_has_a_row_and_its_rows_agree() {
        for endpoint in Endpoint::ALL {
            let rows: Vec<_> = TABLE.iter().filter(|row| row.endpoint == *endpoint).collect();
            assert!(!rows.is_empty(), "{endpoint:?} has no row");
            let open = endpoint.needs() == Needs::Nothing;
            if *endpoint == Endpoint::Commands {
                assert!(open, "the signature is the permission");
                continue;
            }
            assert!(rows.iter().all(|row| (row.verdicts[0] != SignIn) == open), "{endpoint:?}");
        }
    }
}
