//! Where the key ring is stored.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use super::{StoreError, Tx, backup, migrations, reseal};
use crate::config::Encryption;
use crate::failpoint::reach;
use crate::vault::{Kdf, KeyRing, NewKey, Purpose, StoredKey, StoredRing, Vault, VaultError};

/// Seals are written down after each so many; as many are added at each start for those that were not.
pub(super) const SEALS_PER_COUNT: u64 = 4096;

/// The version of the schema from which on a ring has its proof, and a portal its tie.
const PROVEN_FROM: i64 = 5;

/// Opens the stored ring, or makes one for a new database. `found` is the version of the schema before this start.
pub(super) fn unlock(connection: &mut Connection, encryption: &Encryption, found: i64) -> Result<Vault, StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let stored = load(&transaction)?;
    let mut ring = stored.clone().map_or_else(|| KeyRing::create(encryption), Ok)?;
    let vault = KeyRing::open(&mut ring, encryption)?;
    if let Some(stored) = &stored {
        check_proof(&transaction, &vault, stored, found)?;
    }
    if stored.as_ref() != Some(&ring) {
        save(&transaction, &ring)?;
    }
    prove(&transaction, &vault)?;
    if found < PROVEN_FROM {
        Tx::new(&transaction, &vault).tie_portals()?;
        if encryption.enabled && !reseal::is_mixed(&transaction, true)? {
            refuse_plain(&transaction, &vault)?;
            vault.cipher.refuse_plain();
        }
    }
    add_seals(&transaction, vault.cipher.usage().0, SEALS_PER_COUNT)?;
    reach!("keys.before_commit");
    transaction.commit()?;
    reach!("keys.after_commit");
    Ok(vault)
}

/// Refuses a secret that does not open a database of an earlier version, before anything in it is changed: whoever gave the
/// wrong one can still go back to the program of before.
pub(super) fn try_before(connection: &Connection, encryption: &Encryption) -> Result<(), StoreError> {
    let found: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if !(1..migrations::newest()).contains(&found) {
        return Ok(());
    }
    let stored = if found < PROVEN_FROM { load_of(connection, FIRST_RING)? } else { load(connection)? };
    stored.map_or(Ok(()), |mut ring| Ok(KeyRing::open(&mut ring, encryption).map(drop)?))
}

/// Wraps the ring by another secret. What was written opens with it, or nothing is committed.
pub(super) fn rewrap(
    connection: &mut Connection,
    old: &Encryption,
    new: &Encryption,
    found: i64,
) -> Result<(), StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut ring = load(&transaction)?.ok_or(VaultError::BadRing)?;
    check_proof(&transaction, &KeyRing::open(&mut ring.clone(), old)?, &ring, found)?;
    KeyRing::rewrap(&mut ring, old, new)?;
    save(&transaction, &ring)?;
    let mut written = load(&transaction)?.ok_or(VaultError::BadRing)?;
    prove(&transaction, &KeyRing::open(&mut written, new)?)?;
    reach!("rekey.before_commit");
    transaction.commit()?;
    reach!("rekey.after_commit");
    Ok(())
}

/// A ring of which a key was put back or taken away is not opened: whoever has an old copy of the file could have values
/// of then believed.
fn check_proof(connection: &Connection, vault: &Vault, ring: &StoredRing, found: i64) -> Result<(), StoreError> {
    let proof: Option<Vec<u8>> = connection.query_row("SELECT proof FROM key_ring", [], |row| row.get(0))?;
    match proof {
        Some(proof) if proof == vault.proof(ring).as_bytes() => Ok(()),
        None if found < PROVEN_FROM => Ok(()),
        _ => Err(VaultError::BadRing.into()),
    }
}

/// Writes down that all values are sealed, and takes no plain one any more from the next start on.
pub(super) fn refuse_plain(connection: &Connection, vault: &Vault) -> Result<(), StoreError> {
    connection.execute("UPDATE key_ring SET plain = 0", [])?;
    prove(connection, vault)
}

/// Writes down which keys there are.
pub(super) fn prove(connection: &Connection, vault: &Vault) -> Result<(), StoreError> {
    let ring = load(connection)?.ok_or(VaultError::BadRing)?;
    connection.execute("UPDATE key_ring SET proof = ?1", [vault.proof(&ring).as_bytes()])?;
    Ok(())
}

/// Opens the stored ring and changes nothing, for a process that only reads.
pub(super) fn unlock_to_read(connection: &mut Connection, encryption: &Encryption) -> Result<Vault, StoreError> {
    let transaction = connection.transaction()?;
    let found = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let ring = load(&transaction)?.ok_or(VaultError::BadRing)?;
    let vault = KeyRing::open(&mut ring.clone(), encryption)?;
    check_proof(&transaction, &vault, &ring, found)?;
    Ok(vault)
}

/// Counts further seals of a key. Returns how many it has now.
pub(super) fn add_seals(connection: &Connection, key: u32, seals: u64) -> Result<u64, StoreError> {
    let seals = i64::try_from(seals).unwrap_or(i64::MAX);
    let sql = "UPDATE keys SET seals = seals + ?2 WHERE id = ?1 RETURNING seals";
    let all: Option<i64> = connection.query_row(sql, params![key, seals], |row| row.get(0)).optional()?;
    Ok(all.and_then(|all| u64::try_from(all).ok()).unwrap_or_default())
}

/// Writes down a further data key. It may seal once this is committed.
pub(super) fn succeed(connection: &Connection, vault: &Vault) -> Result<NewKey, StoreError> {
    let id = connection.query_row("SELECT max(id) + 1 FROM keys", [], |row| row.get(0))?;
    let key = vault.another_key(id)?;
    save_key(connection, &key.stored)?;
    prove(connection, vault)?;
    Ok(key)
}

/// Whether the database opens only with a secret. One that is still to be made, or that was begun without, takes the first
/// that it is given. Needs no key.
///
/// # Errors
///
/// Any [`StoreError`].
pub fn has_secret(database: &Path) -> Result<bool, StoreError> {
    if !database.is_file() {
        return Ok(false);
    }
    let connection = backup::reader(database)?;
    let table = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'key_ring'";
    let has_ring = connection.prepare(table)?.exists([])?;
    Ok(has_ring && connection.prepare("SELECT 1 FROM key_ring WHERE kdf <> 'none'")?.exists([])?)
}

const RING: &str = "SELECT kdf, salt, iterations, plain FROM key_ring";
/// Of before it said whether plain values are taken: they are.
const FIRST_RING: &str = "SELECT kdf, salt, iterations, 1 FROM key_ring";

fn load(connection: &Connection) -> Result<Option<StoredRing>, StoreError> {
    load_of(connection, RING)
}

fn load_of(connection: &Connection, sql: &str) -> Result<Option<StoredRing>, StoreError> {
    let row = |row: &rusqlite::Row<'_>| Ok((row.get::<_, String>(0)?, row.get(1)?, row.get(2)?, row.get(3)?));
    let found = connection.query_row(sql, [], row).optional()?;
    let Some((kdf, salt, iterations, plain)) = found else { return Ok(None) };
    let kdf = match (kdf.as_str(), salt, iterations) {
        ("pbkdf2", Some(salt), Some(iterations)) => Kdf::Pbkdf2 { salt, iterations },
        ("key_file", ..) => Kdf::KeyFile,
        ("none", ..) => Kdf::None,
        _ => return Err(VaultError::BadRing.into()),
    };
    Ok(Some(StoredRing { kdf, plain, keys: load_keys(connection)? }))
}

fn load_keys(connection: &Connection) -> Result<Vec<StoredKey>, StoreError> {
    let mut statement = connection.prepare("SELECT id, purpose, wrapped, seals FROM keys ORDER BY id")?;
    let rows = statement
        .query_map([], |row| Ok((row.get(0)?, row.get::<_, String>(1)?, row.get(2)?, row.get::<_, i64>(3)?)))?;
    rows.map(|row| {
        let (id, purpose, wrapped, seals) = row?;
        let purpose = Purpose::from_name(&purpose).ok_or(VaultError::BadRing)?;
        Ok(StoredKey { id, purpose, wrapped, seals: u64::try_from(seals).unwrap_or(u64::MAX) })
    })
    .collect()
}

fn save(transaction: &Transaction<'_>, ring: &StoredRing) -> Result<(), StoreError> {
    let (name, salt, iterations) = match &ring.kdf {
        Kdf::Pbkdf2 { salt, iterations } => ("pbkdf2", Some(salt), Some(iterations)),
        Kdf::KeyFile => ("key_file", None, None),
        Kdf::None => ("none", None, None),
    };
    let sql = "INSERT OR REPLACE INTO key_ring (id, kdf, salt, iterations, plain) VALUES (1, ?1, ?2, ?3, ?4)";
    transaction.execute(sql, params![name, salt, iterations, ring.plain])?;
    ring.keys.iter().try_for_each(|key| save_key(transaction, key))
}

fn save_key(connection: &Connection, key: &StoredKey) -> Result<(), StoreError> {
    let sql = "INSERT INTO keys (id, purpose, wrapped, seals) VALUES (?1, ?2, ?3, 0)
               ON CONFLICT (id) DO UPDATE SET wrapped = excluded.wrapped";
    connection.execute(sql, params![key.id, key.purpose.name(), key.wrapped])?;
    Ok(())
}
