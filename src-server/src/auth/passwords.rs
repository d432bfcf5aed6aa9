//! Passwords: argon2id with the crate's recommended parameters, salted by the system.

use std::sync::OnceLock;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};

/// A password could not be hashed.
#[derive(Debug, thiserror::Error)]
#[error("the password could not be hashed: {0}")]
pub struct HashError(argon2::password_hash::Error);

/// Hashes a password. Slow by design: not for async threads.
///
/// # Errors
/// When the system gives no salt.
pub fn hash(password: &str) -> Result<String, HashError> {
    Argon2::default()
        .hash_password(password.as_bytes())
        .map(|hash| hash.to_string())
        .map_err(HashError)
}

/// Whether the password fits the hash. Without a hash it takes as long and says no, so that the
/// time does not tell which accounts exist. Slow by design: not for async threads.
pub fn fits(password: &str, hash: Option<&str>) -> bool {
    static NOBODY: OnceLock<Option<String>> = OnceLock::new();
    let nobody = NOBODY.get_or_init(|| self::hash("nobody").ok());
    let Some(against) = hash.or(nobody.as_deref()) else {
        return false;
    };
    let Ok(parsed) = PasswordHash::new(against) else {
        return false;
    };
    let fits = Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok();
    fits && hash.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_password_fits() {
        let stored = hash("kestrel").unwrap();
        assert!(stored.starts_with("$argon2id$"));
        assert!(fits("kestrel", Some(&stored)));
        assert!(!fits("Kestrel", Some(&stored)));
        assert!(!fits("nobody", None));
        assert!(!fits("kestrel", Some("no hash")));
    }
}
