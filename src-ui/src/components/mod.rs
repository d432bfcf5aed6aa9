//! What screens are made of. Each looks the same on every face; density comes from the tokens.

pub(crate) mod banner;
pub(crate) mod field;
pub(crate) mod icon;
pub(crate) mod page;
pub(crate) mod phone;
pub(crate) mod photo;
pub(crate) mod picker;
pub(crate) mod seam;
pub(crate) mod shell;
pub(crate) mod status;
pub(crate) mod timeline;
pub(crate) mod words;
