//! Another secret for the same keys.

use rialto::config::{Encryption, Unlock};
use rialto::store::rekey::rekey;
use rialto::store::{Store, StoreError};
use rialto::vault::VaultError;
use secrecy::SecretString;

use crate::fill::{Shelf, encryption};
use crate::reseal::{blobs, holds, read_all};

fn passphrase() -> Encryption {
    let secret = SecretString::from("a passphrase of the test");
    Encryption { enabled: true, unlock: Unlock::Passphrase { secret, iterations: 1000 } }
}

fn open(shelf: &Shelf, encryption: &Encryption) -> Result<Store, StoreError> {
    Store::open(&shelf.path(), encryption)
}

fn is_wrong(opened: &Result<Store, StoreError>) -> bool {
    matches!(opened, Err(StoreError::Vault(VaultError::WrongSecret)))
}

#[tokio::test]
async fn the_new_secret_opens_and_the_old_one_does_not() {
    let shelf = Shelf::new(true).await;
    let (first, second) = (encryption(true, 7), encryption(true, 8));
    for (old, new) in [(&first, &second), (&second, &passphrase()), (&passphrase(), &first)] {
        let wrapped = blobs(&shelf, "SELECT wrapped FROM keys");
        let sealed = blobs(&shelf, "SELECT event FROM deliveries ORDER BY id");
        rekey(&shelf.path(), old, new).unwrap();
        assert!(is_wrong(&open(&shelf, old)));
        let store = open(&shelf, new).unwrap();
        store.write(read_all).await.unwrap();
        store.close();
        assert_eq!(blobs(&shelf, "SELECT event FROM deliveries ORDER BY id"), sealed, "no value is touched");
        assert!(!wrapped.iter().any(|key| holds(&shelf, key)), "the keys as they were wrapped are gone from the file");
    }
}

#[tokio::test]
async fn a_wrong_old_secret_changes_nothing() {
    let shelf = Shelf::new(true).await;
    let refused = rekey(&shelf.path(), &encryption(true, 9), &encryption(true, 8)).unwrap_err();
    assert!(refused.to_string().starts_with("the secret does not open this store"), "{refused}");
    let store = open(&shelf, &encryption(true, 7)).unwrap();
    assert!(matches!(rekey(&shelf.path(), &encryption(true, 7), &encryption(true, 8)), Err(StoreError::InUse)));
    store.close();
    assert!(is_wrong(&open(&shelf, &encryption(true, 8))));
}

#[tokio::test]
async fn bare_keys_are_wrapped_by_the_first_secret() {
    let shelf = Shelf { dir: tempfile::tempdir().unwrap() };
    let nothing = Encryption { enabled: false, unlock: Unlock::Nothing };
    open(&shelf, &nothing).unwrap().close();
    rekey(&shelf.path(), &nothing, &passphrase()).unwrap();
    assert!(matches!(open(&shelf, &nothing), Err(StoreError::Vault(VaultError::SecretNeeded))));
    open(&shelf, &passphrase()).unwrap().close();
}
