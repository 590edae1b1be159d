//! What it costs to accept an event, step by step: reading a webhook, sealing, a commit alone and in company.
//!
//! Absolute figures depend on the machine; compare rows of one run.

#![expect(clippy::expect_used, reason = "a bench that fails has nothing to measure")]

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use rialto::clock::Moment;
use rialto::config::{Encryption, Unlock};
use rialto::event::{SeenKey, SeenKind};
use rialto::store::Store;
use rialto::vault::{KeyRing, Place, Vault};
use secrecy::SecretString;
use tempfile::TempDir;
use tokio::runtime::Runtime;

const WEBHOOK: &[u8] = include_bytes!("../tests/fixtures/waha/noweb/01-dm-text-pn.message.any.json");
const PLACE: Place<'static> = Place { table: "deliveries", column: "event", row: b"0123456789abcdef" };

fn main() {
    divan::main();
}

fn encryption() -> Encryption {
    let secret = SecretString::from("a passphrase for measuring with");
    Encryption { enabled: true, unlock: Unlock::Passphrase { secret, iterations: 1000 } }
}

fn vault() -> Vault {
    let encryption = encryption();
    let mut ring = KeyRing::create(&encryption).expect("a key ring");
    KeyRing::open(&mut ring, &encryption).expect("a vault")
}

/// WAHA's JSON to an event.
#[divan::bench]
fn read_a_webhook(bencher: Bencher<'_, '_>) {
    bencher.counter(ItemsCount::new(1_usize)).bench(|| rialto::whatsapp::read(black_box(WEBHOOK), Moment(0)));
}

/// A text of so many bytes.
#[divan::bench(args = [32, 1024, 65_536])]
fn seal(bencher: Bencher<'_, '_>, bytes: usize) {
    let (vault, text) = (vault(), vec![b'x'; bytes]);
    bencher.counter(ItemsCount::new(1_usize)).bench(|| vault.cipher.seal(PLACE, black_box(&text)));
}

/// A lookup value.
#[divan::bench]
fn index(bencher: Bencher<'_, '_>) {
    let vault = vault();
    bencher
        .counter(ItemsCount::new(1_usize))
        .bench(|| vault.index.digest("addresses", &[black_box("79111111111@c.us")]));
}

/// So many events at once, each durable before it counts: group commit makes company cheap.
#[divan::bench(args = [1, 8, 64], sample_count = 50)]
fn remember_durably(bencher: Bencher<'_, '_>, waiters: usize) {
    let shelf = Shelf::new();
    let mut next = 0_u64;
    bencher.counter(ItemsCount::new(waiters)).bench_local(|| {
        next += 1;
        shelf.remember(waiters, next);
    });
}

struct Shelf {
    runtime: Runtime,
    store: Store,
    _dir: TempDir,
}

impl Shelf {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let store = Store::open(&dir.path().join("rialto.db"), &encryption()).expect("a store");
        Self { runtime: Runtime::new().expect("a runtime"), store, _dir: dir }
    }

    fn remember(&self, waiters: usize, turn: u64) {
        let one = |n: usize| {
            let item = format!("{turn}-{n}");
            let key = SeenKey { scope: "direct".into(), item: item.into(), kind: SeenKind::Message };
            self.store.write(move |tx| {
                let channel = tx.channel("home", Moment(0))?;
                tx.remember(channel, &key, Moment(0))
            })
        };
        let all = (0..waiters).map(one).collect::<Vec<_>>();
        self.runtime.block_on(futures_util::future::join_all(all));
    }
}
