//! Bugs on purpose, to prove that the simulation finds them. Without the feature `planted`, which
//! only `tests/simulation` turns on, none is ever there: [`is`] is `false` for the compiler.

/// A bug that a careless change could bring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bug {
    /// The server says "accepted" also when its commit failed.
    AcknowledgedBeforeCommit,
    /// The server's commits are not synced.
    CommitNotSynced,
    /// The server does not look whether it has accepted a command before.
    NoDedupe,
    /// The server takes other bytes under a known id for the same command.
    HashIgnored,
    /// A feed's page begins one row too late.
    CursorSkipsRow,
    /// A feed does not say that a subject has left it.
    LeaveLost,
    /// The device takes a photo whose upload failed for done.
    PhotoDoneUnverified,
    /// Queueing a report and removing its draft are two transactions.
    DraftApart,
    /// The device keeps a feed's cursor before, and apart from, the page.
    CursorApart,
    /// The device's commits are not synced.
    OutboxNotSynced,
    /// The device signs a command anew each time it is sent.
    RetrySignsAnew,
    /// The server believes a device's clock.
    ClockTrusted,
    /// A photo is written under its own name at once.
    FileNotRenamed,
    /// A superseded report is sent as well as the newer one.
    SupersededSentToo,
}

impl Bug {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::AcknowledgedBeforeCommit,
        Self::CommitNotSynced,
        Self::NoDedupe,
        Self::HashIgnored,
        Self::CursorSkipsRow,
        Self::LeaveLost,
        Self::PhotoDoneUnverified,
        Self::DraftApart,
        Self::CursorApart,
        Self::OutboxNotSynced,
        Self::RetrySignsAnew,
        Self::ClockTrusted,
        Self::FileNotRenamed,
        Self::SupersededSentToo,
    ];
}

#[cfg(feature = "planted")]
thread_local! {
    static PLANTED: std::cell::Cell<Option<Bug>> = const { std::cell::Cell::new(None) };
}

/// Plants a bug on this thread, in the place of the one before; none: all is well.
#[cfg(feature = "planted")]
pub fn plant(bug: Option<Bug>) {
    PLANTED.set(bug);
}

/// Whether this bug is planted here.
#[cfg(feature = "planted")]
pub fn is(bug: Bug) -> bool {
    PLANTED.get() == Some(bug)
}

/// Whether this bug is planted here: never.
#[cfg(not(feature = "planted"))]
pub const fn is(_: Bug) -> bool {
    false
}
