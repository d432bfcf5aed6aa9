//! The tidy check: what no compiler sees. Each rule takes the repository's files as text and
//! returns findings, so that its tests can plant a violation.

mod arrows;
mod planted;
mod sentences;
mod strays;
mod words;

use std::{collections::BTreeMap, fmt, fs, path::Path};

use anyhow::{Context, Result, bail};

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// From the root, with `/`.
    pub file: String,
    /// From 1; 0: the whole file.
    pub line: usize,
    /// What is wrong and what would be right.
    pub text: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.file, self.text),
            line => write!(f, "{}:{line}: {}", self.file, self.text),
        }
    }
}

/// The repository's own text files: path from the root with `/`, and content.
pub type Files = BTreeMap<String, String>;

/// Folders that hold what was made or fetched.
const NOT_OURS: &[&str] = &[".git", "target", "node_modules", "dist", "gen"];

const TEXT: &[&str] = &[
    "rs", "toml", "md", "ftl", "scss", "css", "html", "js", "mjs", "json", "geojson", "sh", "sql",
];

/// Checks the repository; an error lists every finding.
pub fn check(root: &Path) -> Result<()> {
    let files = read(root)?;
    let mut findings: Vec<Finding> = [
        arrows::check(&files),
        planted::check(&files),
        strays::check(&files),
        sentences::check(&files),
        words::check(&files),
    ]
    .concat();
    findings.sort();
    if findings.is_empty() {
        println!("{} files are tidy", files.len());
        return Ok(());
    }
    for finding in &findings {
        println!("{finding}");
    }
    bail!("untidy: {} findings", findings.len())
}

fn read(root: &Path) -> Result<Files> {
    let mut files = Files::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            let entry = entry?;
            let (path, name) = (entry.path(), entry.file_name());
            if entry.file_type()?.is_dir() {
                if !NOT_OURS.iter().any(|skip| name == *skip) {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|end| TEXT.iter().any(|text| end == *text)) {
                let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
                let inside = path.strip_prefix(root)?.to_string_lossy().replace('\\', "/");
                files.insert(inside, text);
            }
        }
    }
    Ok(files)
}

#[cfg(test)]
pub mod testing {
    use super::Files;

    /// A small repository.
    pub fn files<const N: usize>(entries: [(&str, &str); N]) -> Files {
        entries.map(|(path, text)| (path.to_owned(), text.to_owned())).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_names_its_place() {
        let mut finding = Finding { file: "a.rs".into(), line: 3, text: "no".into() };
        assert_eq!(finding.to_string(), "a.rs:3: no");
        finding.line = 0;
        assert_eq!(finding.to_string(), "a.rs: no");
    }

    #[test]
    fn made_and_fetched_folders_are_not_read() {
        let scratch = crate::files::testing::Scratch::new("tidy");
        scratch.write("src/a.rs", "");
        scratch.write("src-ui/node_modules/x/b.js", "");
        scratch.write("src-ui/dist/c.css", "");
        scratch.write("icons/d.png", "");
        let read = read(&scratch.0).unwrap();
        assert_eq!(read.keys().collect::<Vec<_>>(), ["src/a.rs"]);
    }
}
