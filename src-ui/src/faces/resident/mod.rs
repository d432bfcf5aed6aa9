//! The resident's face: report a problem, and follow it until it is mended.

pub(crate) mod details;
pub(crate) mod flow;
pub(crate) mod home;
pub(crate) mod notices;
pub(crate) mod outside;
pub(crate) mod photo_step;
pub(crate) mod place;
pub(crate) mod receipt;
pub(crate) mod report;
pub(crate) mod reports;
pub(crate) mod request;
pub(crate) mod review;
pub(crate) mod row;
pub(crate) mod what;
