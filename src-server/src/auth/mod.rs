//! Who is speaking: nonces, sessions, passwords, and limits on guessing and on haste.
//!
//! Nonces and sessions live in memory. No row is written for a key before its first accepted
//! command, and a restart costs each device one signed frame.

pub mod demo;
pub mod limits;
pub mod nonces;
pub mod passwords;
pub mod rates;
pub mod sessions;

/// Random bytes from the operating system.
///
/// # Errors
/// When the system has none to give; nothing secret can be made then.
pub fn random<const N: usize>() -> Result<[u8; N], getrandom::Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}
