//! Files: reading trees, hashing what went into something, writing only what changed.

use std::{
    fs,
    hash::{DefaultHasher, Hasher},
    io,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

/// All files below a folder, sorted. A folder that is not there has none.
pub fn tree(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error).with_context(|| folder.display().to_string()),
        };
        for entry in entries {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            } else {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}

/// A hash over names and contents. Tells whether anything changed; proves nothing else.
pub fn fingerprint<'a>(files: impl IntoIterator<Item = &'a PathBuf>, more: &str) -> Result<String> {
    let mut hasher = DefaultHasher::new();
    hasher.write(more.as_bytes());
    for file in files {
        let bytes = fs::read(file).with_context(|| file.display().to_string())?;
        let name = file.to_string_lossy();
        for part in [name.as_bytes(), &bytes] {
            hasher.write_usize(part.len());
            hasher.write(part);
        }
    }
    Ok(format!("{:016x}", hasher.finish()))
}

/// Writes the file by a rename, and not at all if it holds these bytes already: cargo looks at
/// modification times, and a rewritten interface would build the app anew.
pub fn write_if_changed(path: &Path, bytes: &[u8]) -> Result<bool> {
    if fs::read(path).is_ok_and(|old| old == bytes) {
        return Ok(false);
    }
    let shown = || path.display().to_string();
    let folder = path.parent().with_context(shown)?;
    fs::create_dir_all(folder).with_context(shown)?;
    let name = path.file_name().with_context(shown)?.to_string_lossy().into_owned();
    let part = folder.join(format!(".{name}.part"));
    fs::write(&part, bytes).with_context(shown)?;
    fs::rename(&part, path).with_context(shown)?;
    Ok(true)
}

/// Removes every file below `folder` that is not in `keep`.
pub fn remove_others(folder: &Path, keep: &[PathBuf]) -> Result<()> {
    for file in tree(folder)? {
        if !keep.contains(&file) {
            fs::remove_file(&file).with_context(|| file.display().to_string())?;
        }
    }
    Ok(())
}

#[cfg(test)]
pub mod testing {
    use super::*;

    /// A folder of its own that goes when the test ends.
    pub struct Scratch(pub PathBuf);

    impl Scratch {
        pub fn new(name: &str) -> Self {
            let folder =
                std::env::temp_dir().join(format!("mend-xtask-{name}-{}", std::process::id()));
            if folder.exists() {
                fs::remove_dir_all(&folder).unwrap();
            }
            fs::create_dir_all(&folder).unwrap();
            Self(folder)
        }

        pub fn write(&self, path: &str, text: &str) -> PathBuf {
            let path = self.0.join(path);
            write_if_changed(&path, text.as_bytes()).unwrap();
            path
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            drop(fs::remove_dir_all(&self.0));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{testing::Scratch, *};

    #[test]
    fn what_did_not_change_is_not_written() {
        let scratch = Scratch::new("write");
        let file = scratch.0.join("a/b.txt");
        assert!(write_if_changed(&file, b"one").unwrap());
        assert!(!write_if_changed(&file, b"one").unwrap());
        assert!(write_if_changed(&file, b"two").unwrap());
        assert_eq!(tree(&scratch.0).unwrap(), [file]);
    }

    #[test]
    fn the_fingerprint_sees_names_and_contents() {
        let scratch = Scratch::new("print");
        let a = scratch.write("a", "x");
        let b = scratch.write("b", "x");
        let print = |files: &[&PathBuf]| fingerprint(files.iter().copied(), "").unwrap();
        let first = print(&[&a]);
        assert_ne!(first, print(&[&b]));
        assert_eq!(first, print(&[&a]));
        scratch.write("a", "y");
        assert_ne!(first, print(&[&a]));
    }

    #[test]
    fn only_what_is_kept_stays() {
        let scratch = Scratch::new("others");
        let kept = scratch.write("kept/a", "");
        scratch.write("old/b", "");
        remove_others(&scratch.0, std::slice::from_ref(&kept)).unwrap();
        assert_eq!(tree(&scratch.0).unwrap(), [kept]);
    }
}
