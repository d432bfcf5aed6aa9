//! Demo accounts: one for each crew and a dispatcher, with random passwords that stand in a file
//! of the data folder. Only while the server listens on loopback.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use mend_core::city::City;
use mend_core::decide::Role;

use super::passwords;
use crate::store::{AccountRow, Reads, Store, StoreError};

/// The file in the data folder.
pub const FILE: &str = "demo-accounts.txt";
/// The dispatcher's name.
const DISPATCHER: &str = "dispatcher";

/// A demo account with its password, to be printed at start.
#[derive(Clone, PartialEq, Eq)]
pub struct DemoAccount {
    /// What one signs in with.
    pub name: String,
    /// Random, made at the first start.
    pub password: String,
    /// Who that is, for people.
    pub who: String,
}

impl std::fmt::Debug for DemoAccount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DemoAccount").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Why the demo accounts could not be made.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The file.
    #[error("{FILE} could not be read or written: {0}")]
    File(#[from] io::Error),
    /// No randomness.
    #[error("no random password could be made: {0}")]
    Random(#[from] getrandom::Error),
    /// Hashing.
    #[error(transparent)]
    Hash(#[from] passwords::HashError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Makes sure that each demo account exists with the password that stands in the file. The file
/// is the truth: without it, all get new passwords.
///
/// # Errors
/// When file, store or randomness fail.
pub fn ensure(
    folder: &Path,
    city: &City,
    store: &mut dyn Store,
    reads: &dyn Reads,
) -> Result<Vec<DemoAccount>, DemoError> {
    let path = folder.join(FILE);
    let known = read(&path)?;
    let mut accounts = Vec::new();
    for (name, role, crew, who) in wanted(city) {
        let password = match known.get(&name) {
            Some(password) => password.clone(),
            None => password()?,
        };
        accounts.push((DemoAccount { name, password, who }, role, crew));
    }
    // First the file, then the store: after a crash in between, the next start puts it right.
    write(&path, accounts.iter().map(|(account, ..)| account))?;
    for (account, role, crew) in &accounts {
        let row = reads.account(&account.name)?;
        let right = row.as_ref().is_some_and(|row| {
            row.demo
                && row.role == *role
                && row.crew == *crew
                && passwords::fits(&account.password, Some(&row.password_hash))
        });
        // An account of the same name that is no demo is somebody's: hands off.
        if !right && row.is_none_or(|row| row.demo) {
            store.put_account(&AccountRow {
                name: account.name.clone(),
                role: *role,
                crew: crew.clone(),
                password_hash: passwords::hash(&account.password)?,
                demo: true,
            })?;
        }
    }
    Ok(accounts.into_iter().map(|(account, ..)| account).collect())
}

fn wanted(city: &City) -> Vec<(String, Role, Option<String>, String)> {
    let crews =
        city.pack().crews.iter().map(|crew| {
            (crew.code.clone(), Role::Crew, Some(crew.code.clone()), crew.name.clone())
        });
    let dispatcher = (DISPATCHER.to_owned(), Role::Dispatcher, None, "Dispatcher".to_owned());
    crews.chain([dispatcher]).collect()
}

/// Four groups of four out of 32 letters and digits: 80 random bits. Crockford's alphabet, in
/// small letters, so that nothing can be confused.
fn password() -> Result<String, getrandom::Error> {
    const SYMBOLS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let bytes = super::random::<16>()?;
    let mut text = String::with_capacity(19);
    for (place, byte) in bytes.iter().enumerate() {
        if place > 0 && place % 4 == 0 {
            text.push('-');
        }
        text.push(char::from(SYMBOLS[usize::from(byte % 32)]));
    }
    Ok(text)
}

/// Name → password of each line `NAME PASSWORD (who)`.
fn read(path: &Path) -> Result<BTreeMap<String, String>, io::Error> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error),
    };
    let line = |line: &str| {
        let mut words = line.split_whitespace();
        Some((words.next()?.to_owned(), words.next()?.to_owned()))
    };
    Ok(text.lines().filter(|text| !text.starts_with('#')).filter_map(line).collect())
}

fn write<'a>(
    path: &Path,
    accounts: impl Iterator<Item = &'a DemoAccount>,
) -> Result<(), io::Error> {
    let mut text = String::from("# Demo accounts of this data folder: name, password, who.\n");
    for DemoAccount { name, password, who } in accounts {
        text.push_str(&format!("{name} {password} ({who})\n"));
    }
    if fs::read_to_string(path).is_ok_and(|found| found == text) {
        return private(path);
    }
    let temporary = path.with_extension("tmp");
    match fs::remove_file(&temporary) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = fs::OpenOptions::new();
    options.create_new(true).write(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options.open(&temporary)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&temporary, path)
}

/// Also a file that someone has copied here is for its owner alone.
fn private(path: &Path) -> Result<(), io::Error> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_random_and_readable() {
        let (a, b) = (password().unwrap(), password().unwrap());
        assert_ne!(a, b);
        assert_eq!(a.len(), 19);
        assert!(a.split('-').all(|group| group.len() == 4));
        assert!(!a.contains(['i', 'l', 'o', 'u']));
    }

    #[test]
    fn the_file_is_private_and_comes_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        let account =
            DemoAccount { name: "streets-1".into(), password: "aaaa".into(), who: "A B".into() };
        write(&path, [&account].into_iter()).unwrap();
        assert_eq!(read(&path).unwrap(), BTreeMap::from([("streets-1".into(), "aaaa".into())]));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode(&path), 0o600);
            fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
            write(&path, [&account].into_iter()).unwrap();
            assert_eq!(mode(&path), 0o600);
        }
    }
}
