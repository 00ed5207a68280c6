//! What people sign in with, in the world's file: passwords as salted hashes, and the sessions that they opened.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use rusqlite::{Connection, OptionalExtension, Result, params};
use sha2::Sha256;
use uuid::Uuid;

/// A user who has logged in.
pub struct Session {
    /// What the cookie says.
    pub id: String,
    /// What every call must say besides.
    pub key: String,
    /// The internal id of the user.
    pub user: i64,
}

/// Gives a user, by internal id, a password in place of any other.
pub fn set_password(db: &Connection, user: i64, password: &str) -> Result<()> {
    let salt = Uuid::new_v4().into_bytes();
    let hash = salted(&salt, password).map(|mac| mac.finalize().into_bytes().to_vec());
    db.execute(
        "INSERT INTO password (user, salt, hash) VALUES (?1, ?2, ?3)
         ON CONFLICT (user) DO UPDATE SET salt = ?2, hash = ?3",
        params![user, salt, hash],
    )?;
    Ok(())
}

/// Whether that is the user's password; never where the user has none.
pub fn password_is(db: &Connection, user: i64, password: &str) -> Result<bool> {
    let kept: Option<(Vec<u8>, Vec<u8>)> = db
        .query_row(
            "SELECT salt, hash FROM password WHERE user = ?",
            [user],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?;
    Ok(kept.is_some_and(|(salt, hash)| {
        salted(&salt, password).is_some_and(|mac| mac.verify_slice(&hash).is_ok())
    }))
}

fn salted(salt: &[u8], password: &str) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(salt).ok()?;
    mac.update(password.as_bytes());
    Some(mac)
}

/// An id for a cookie, in the manner of the servers.
pub fn session_id() -> String {
    format!("node0{}.node0", Uuid::new_v4().simple())
}

/// Opens a session for a user, and forgets those that nobody has used since `dead`, in milliseconds since 1970.
pub fn open_session(db: &Connection, id: &str, user: i64, now: i64, dead: i64) -> Result<Session> {
    db.execute("DELETE FROM session WHERE used < ?", [dead])?;
    let random = [Uuid::new_v4().into_bytes(), Uuid::new_v4().into_bytes()].concat();
    let session = Session {
        id: id.into(),
        key: URL_SAFE_NO_PAD.encode(&random[..20]),
        user,
    };
    db.execute(
        "INSERT INTO session (id, key, user, used) VALUES (?, ?, ?, ?)",
        params![session.id, session.key, session.user, now],
    )?;
    Ok(session)
}

/// The session of that id, if it was used after `dead`.
pub fn session(db: &Connection, id: &str, dead: i64) -> Result<Option<Session>> {
    db.query_row(
        "SELECT id, key, user FROM session WHERE id = ? AND used >= ?",
        params![id, dead],
        |row| {
            Ok(Session {
                id: row.get(0)?,
                key: row.get(1)?,
                user: row.get(2)?,
            })
        },
    )
    .optional()
}

/// Keeps a session from ending for another while.
pub fn use_session(db: &Connection, session: &Session, now: i64) -> Result<()> {
    db.execute(
        "UPDATE session SET used = ? WHERE id = ?",
        params![now, session.id],
    )?;
    Ok(())
}

pub fn end_session(db: &Connection, id: &str) -> Result<()> {
    db.execute("DELETE FROM session WHERE id = ?", [id])?;
    Ok(())
}
