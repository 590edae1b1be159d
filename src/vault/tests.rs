//! Sealed values open only with the secret, unchanged, and at their place.

use secrecy::{SecretSlice, SecretString};

use super::*;
use crate::config::{Encryption, Unlock};

const PLACE: Place<'static> = Place { table: "deliveries", column: "event", row: b"row-1" };

fn passphrase(text: &str) -> Encryption {
    Encryption { enabled: true, unlock: Unlock::Passphrase { secret: SecretString::from(text), iterations: 1000 } }
}

fn fresh() -> Vault {
    let encryption = passphrase("a");
    KeyRing::open(&mut KeyRing::create(&encryption).unwrap(), &encryption).unwrap()
}

#[test]
fn a_value_opens_at_its_place_and_nowhere_else() {
    let cipher = fresh().cipher;
    let sealed = cipher.seal(PLACE, b"canary").unwrap();
    assert!(!sealed.windows(6).any(|w| w == b"canary"));
    assert_eq!(cipher.open(PLACE, &sealed).unwrap().as_slice(), b"canary");
    for place in
        [Place { row: b"row-2", ..PLACE }, Place { column: "other", ..PLACE }, Place { table: "other", ..PLACE }]
    {
        assert_eq!(cipher.open(place, &sealed).unwrap_err(), VaultError::BadValue);
    }
}

#[test]
fn a_changed_value_does_not_open() {
    let cipher = fresh().cipher;
    let sealed = cipher.seal(PLACE, b"canary").unwrap();
    for at in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        // The first byte says "plain" when its lowest bit is cleared; a plain value has no proof, so the opened text
        // must at least not be the sealed one.
        assert!(cipher.open(PLACE, &changed).map_or(true, |text| text.as_slice() != b"canary"), "byte {at}");
    }
    assert!(cipher.open(PLACE, b"").is_err() && cipher.open(PLACE, &sealed[..10]).is_err());
}

#[test]
fn no_two_seals_are_alike_and_lengths_come_in_steps() {
    let cipher = fresh().cipher;
    let (a, b) = (cipher.seal(PLACE, b"hi").unwrap(), cipher.seal(PLACE, b"hello there").unwrap());
    assert_ne!(a, cipher.seal(PLACE, b"hi").unwrap());
    assert_eq!(a.len(), b.len());
    assert_eq!(cipher.usage().1, 3);
}

#[test]
fn the_ring_opens_with_its_own_secret_only() {
    let mut ring = KeyRing::create(&passphrase("right")).unwrap();
    let sealed = KeyRing::open(&mut ring, &passphrase("right")).unwrap().cipher.seal(PLACE, b"x").unwrap();
    assert_eq!(KeyRing::open(&mut ring, &passphrase("wrong")).unwrap_err(), VaultError::WrongSecret);
    let again = KeyRing::open(&mut ring, &passphrase("right")).unwrap();
    assert_eq!(again.cipher.open(PLACE, &sealed).unwrap().as_slice(), b"x");
    let nothing = Encryption { enabled: false, unlock: Unlock::Nothing };
    assert_eq!(KeyRing::open(&mut ring, &nothing).unwrap_err(), VaultError::SecretNeeded);
}

#[test]
fn a_key_file_is_a_secret_too() {
    let file = |byte| Encryption { enabled: true, unlock: Unlock::KeyFile(SecretSlice::from(vec![byte; 32])) };
    let mut ring = KeyRing::create(&file(1)).unwrap();
    assert!(KeyRing::open(&mut ring, &file(1)).is_ok());
    assert_eq!(KeyRing::open(&mut ring, &file(2)).unwrap_err(), VaultError::WrongSecret);
}

#[test]
fn values_of_both_kinds_are_readable_side_by_side() {
    let on = passphrase("a");
    let off = Encryption { enabled: false, unlock: passphrase("a").unlock };
    let mut ring = KeyRing::create(&off).unwrap();
    let (sealing, plain) = (KeyRing::open(&mut ring, &on).unwrap(), KeyRing::open(&mut ring, &off).unwrap());
    let (sealed, framed) = (sealing.cipher.seal(PLACE, b"x").unwrap(), plain.cipher.seal(PLACE, b"x").unwrap());
    for vault in [&sealing, &plain] {
        assert_eq!(vault.cipher.open(PLACE, &sealed).unwrap().as_slice(), b"x");
        assert_eq!(vault.cipher.open(PLACE, &framed).unwrap().as_slice(), b"x");
        assert_eq!(vault.index.digest("p", &["v"]), sealing.index.digest("p", &["v"]));
    }
}

#[test]
fn a_plain_value_is_refused_where_all_are_sealed() {
    let (on, off) = (passphrase("a"), Encryption { enabled: false, unlock: passphrase("a").unlock });
    let mut ring = KeyRing::create(&on).unwrap();
    let forged = [&[0], b"canary".as_slice()].concat();
    let open = |ring: &mut StoredRing, encryption| KeyRing::open(ring, encryption).unwrap().cipher.open(PLACE, &forged);
    assert_eq!(open(&mut ring, &on).unwrap_err(), VaultError::BadValue);
    assert!(open(&mut ring, &off).is_ok());
    assert!(open(&mut ring, &on).is_ok(), "once there were plain ones they are read until all are sealed");
    let vault = KeyRing::open(&mut ring, &on).unwrap();
    vault.cipher.refuse_plain();
    assert_eq!(vault.cipher.open(PLACE, &forged).unwrap_err(), VaultError::BadValue);
}

#[test]
fn a_worn_key_is_replaced_and_still_opens() {
    let secret = passphrase("a");
    let mut ring = KeyRing::create(&secret).unwrap();
    let old = KeyRing::open(&mut ring, &secret).unwrap().cipher.seal(PLACE, b"x").unwrap();
    ring.keys[1].seals = 1 << 31;
    let vault = KeyRing::open(&mut ring, &secret).unwrap();
    assert_eq!((vault.cipher.usage().0, ring.keys.len()), (3, 3));
    assert_eq!(vault.cipher.open(PLACE, &old).unwrap().as_slice(), b"x");
}

#[test]
fn digests_depend_on_purpose_and_on_where_parts_end() {
    let index = fresh().index;
    assert_ne!(index.digest("a", &["bc"]), index.digest("a", &["b", "c"]));
    assert_ne!(index.digest("a", &["b"]), index.digest("b", &["b"]));
    assert_ne!(index.digest("a", &["b"]), fresh().index.digest("a", &["b"]));
}

#[test]
fn a_ring_begun_without_a_secret_is_wrapped_by_the_first_one() {
    let nothing = Encryption { enabled: false, unlock: Unlock::Nothing };
    let mut ring = KeyRing::create(&nothing).unwrap();
    let digest = KeyRing::open(&mut ring, &nothing).unwrap().index.digest("p", &["v"]);
    let wrapped = KeyRing::open(&mut ring, &passphrase("first")).unwrap();
    assert_eq!(wrapped.index.digest("p", &["v"]), digest);
    assert_eq!(KeyRing::open(&mut ring, &nothing).unwrap_err(), VaultError::SecretNeeded);
    assert_eq!(KeyRing::open(&mut ring, &passphrase("second")).unwrap_err(), VaultError::WrongSecret);
}
