//! What is tried with bytes from anywhere: one function for each target. `fuzz/fuzz_targets` feeds them under libFuzzer,
//! `tests/corpus.rs` on stable Rust with the corpus and with changes of it.

use std::collections::BTreeSet;

use rialto::bridge::labels;
use rialto::clock::Moment;
use rialto::config::{Aci, Config, Encryption, Unlock};
use rialto::vault::{Kdf, KeyRing, Place, Purpose, StoredKey, StoredRing, Vault};
use rialto::whatsapp::markup;
use rialto::{signal, whatsapp};

const PLACE: Place<'static> = Place { table: "deliveries", column: "event", row: b"row" };

/// The body of a webhook. The same body is the same event, whenever it comes: that is how a repeat is known.
pub(crate) fn webhook(data: &[u8]) {
    let (first, again) = (whatsapp::read(data, Moment(0)), whatsapp::read(data, Moment(1)));
    assert_eq!(first.arrival.key.item.reveal(), again.arrival.key.item.reveal());
    assert_eq!(first.arrival.key.scope.reveal(), again.arrival.key.scope.reveal());
}

/// A line of signal-cli.
pub(crate) fn socket_line(data: &[u8]) {
    let owner = Aci::new("c0fc311c-3c80-4784-87c1-3bc35b187d7a");
    let _ = signal::read(&String::from_utf8_lossy(data), &owner, Moment(0));
}

/// A configuration file. One that names files is left out: this machine's are not to be read.
pub(crate) fn config(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if !text.contains("_file") {
        // Refused or taken: it must say so, and printing it must work.
        let _ = Config::from_toml(&text).map_or_else(|error| error.to_string(), |config| config.to_string());
    }
}

/// A value in the database, and a key ring with it in place of a key.
pub(crate) fn sealed(data: &[u8]) {
    let vault = ring([7; 32].as_slice()).expect("a ring with whole keys opens");
    let _ = vault.cipher.open(PLACE, data);
    let sealed = vault.cipher.seal(PLACE, data).expect("there are random bytes");
    let opened = vault.cipher.open(PLACE, &sealed).expect("what was sealed opens");
    assert_eq!(opened.as_slice(), data);
    assert_eq!(ring(data).is_some(), data.len() == 32);
}

fn ring(key: &[u8]) -> Option<Vault> {
    let key = |id, purpose| StoredKey { id, purpose, wrapped: key.to_vec(), seals: 0 };
    let mut ring =
        StoredRing { kdf: Kdf::None, plain: true, keys: vec![key(1, Purpose::Index), key(2, Purpose::Data)] };
    KeyRing::open(&mut ring, &Encryption { enabled: true, unlock: Unlock::Nothing }).ok()
}

/// What a stranger calls himself, and what he writes.
pub(crate) fn names(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let marks = BTreeSet::from([labels::NOTICE, labels::SPEAKER]);
    assert!(!labels::body(&text).chars().any(|c| marks.contains(&c)));
    for name in [labels::name(&text), labels::self_given(&text)].into_iter().flatten() {
        let name = name.reveal();
        assert!(!name.chars().any(|c| c.is_control() || marks.contains(&c)) && !name.trim().is_empty());
        assert!(name.chars().count() <= 41);
    }
}

/// A text of WhatsApp: nothing but markers goes, and written again it says the same.
pub(crate) fn markup(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let rich = markup::read(&text);
    let plain = |text: &str| text.replace(['*', '_', '~', '`', '\u{2060}'], "");
    assert_eq!(plain(rich.reveal()), plain(&text));
    assert!(rich.spans().iter().all(|span| rich.reveal().get(span.start..span.end).is_some()));
    let styles = signal::styles(&rich);
    let units = rich.reveal().encode_utf16().count();
    assert!(styles.iter().all(|style| style.length > 0 && style.start + style.length <= units));
    assert_eq!(plain(markup::read(&markup::write(&rich)).reveal()), plain(&text));
}
