//! The data, where this machine has it. It is read in place and never copied.

use std::path::PathBuf;

/// The folder `boston` in the one that `MEND_REFERENCE_DATA` names; else the sentence to pass over
/// with.
///
/// # Errors
/// The variable is not set, or there is no such folder.
pub fn folder() -> Result<PathBuf, &'static str> {
    let data = std::env::var_os("MEND_REFERENCE_DATA")
        .ok_or("MEND_REFERENCE_DATA does not name the folder with the reference data.")?;
    let boston = PathBuf::from(data).join("boston");
    if boston.is_dir() {
        Ok(boston)
    } else {
        Err("There is no folder boston in the reference data.")
    }
}
