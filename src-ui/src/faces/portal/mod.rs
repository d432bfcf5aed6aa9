//! The portal in a browser, read-only for now: what the city mends, and one request by its code.

pub(crate) mod home;
pub(crate) mod track;
