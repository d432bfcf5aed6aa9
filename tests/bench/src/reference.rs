//! Real data, where this machine has it. It is read in place and never copied.

use std::path::PathBuf;

/// The folder that `MEND_REFERENCE_DATA` names, and in it `part`; or the sentence to pass over with.
pub fn folder(part: &str) -> Result<PathBuf, String> {
    let Some(data) = std::env::var_os("MEND_REFERENCE_DATA") else {
        return Err("MEND_REFERENCE_DATA does not name the folder with the reference data.".into());
    };
    let folder = PathBuf::from(data).join(part);
    if folder.is_dir() {
        Ok(folder)
    } else {
        Err(format!("There is no folder {part} in the reference data."))
    }
}
