//! The crew's face: today's orders, one order, finished with a photo; all of it without a network.

pub(crate) mod complete;
pub(crate) mod me;
pub(crate) mod order;
pub(crate) mod outbox;
pub(crate) mod sign_in;
pub(crate) mod sync;
pub(crate) mod today;
