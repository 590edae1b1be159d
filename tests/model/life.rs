//! One life of the bridge: everything of it runs in a runtime of its own, on one thread and without real time, so that it
//! goes on exactly as far as it is let, and dies by being dropped.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use rialto::app::{Assembly, Peers, Shared, Tasks};
use rialto::clock::Clock;
use rialto::config::{Config, WhatsApp};
use rialto::event::SeenKey;
use rialto::media::{Folder, Shelf};
use rialto::signal::{Link, Settings};
use rialto::store::{ChannelId, State, Store};
use rialto::whatsapp::{Client, WahaError, router};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::signal::Phone;
use crate::waha::Wire;
use crate::world::World;

/// As long as nothing, but only after everybody who has something to do has done it.
const TICK: Duration = Duration::from_millis(1);

pub(crate) const HMAC: &str = "b1946ac92492d2347c6235b4d2611184b1946ac9";

pub(crate) struct Life {
    pub(crate) store: Store,
    channel: ChannelId,
    router: Router,
    stop: CancellationToken,
    ended: JoinHandle<()>,
    runtime: Runtime,
}

struct Outside(Arc<Mutex<World>>);

impl Peers for Outside {
    fn whatsapp(&self, waha: &WhatsApp) -> Result<Client, WahaError> {
        Client::over(Arc::new(Wire(Arc::clone(&self.0))), waha)
    }

    fn signal(&self, settings: Settings, clock: Clock) -> Link {
        Link::over(Arc::new(Phone(Arc::clone(&self.0))), settings, clock)
    }
}

impl Life {
    pub(crate) fn begin(config: &str, world: &Arc<Mutex<World>>) -> Self {
        let runtime = runtime();
        let clock = world.lock().unwrap().clock.clone();
        let config = Config::from_toml(config).unwrap();
        let store = Store::open_on_the_spot(&config.store.path, &config.encryption).unwrap();
        let (periods, shelf) = (config.periods(), Shelf::new(Folder::open(&config.media.folder).unwrap(), None));
        let shared = Shared {
            store: &store,
            clock: &clock,
            pace: config.portals,
            per_minute: 0,
            periods: &periods,
            media: &config.media,
            shelf: &shelf,
        };
        let stop = CancellationToken::new();
        let (channel, router, ended) = runtime.block_on(async {
            let assembly = Assembly::of(config.channels, &shared, &Outside(Arc::clone(world))).await.unwrap();
            let channel = assembly.channels()[0].id;
            let router = router(assembly.doors(), clock.clone());
            let tasks = Tasks::new(stop.clone());
            assembly.start(&tasks);
            (channel, router, tokio::spawn(tasks.finish()))
        });
        Self { store, channel, router, stop, ended, runtime }
    }

    /// Lets everybody go on until nobody has anything to do.
    pub(crate) fn idle(&self) {
        self.runtime.block_on(async { pause(TICK).await });
    }

    /// Lets everybody go on a little.
    pub(crate) fn breathe(&self, turns: usize) {
        self.runtime.block_on(async {
            for _ in 0..turns {
                tokio::task::yield_now().await;
            }
        });
    }

    /// Lets time pass where it is not the program's own: for the limits of calls.
    pub(crate) fn pass(&self, span: Duration) {
        self.runtime.block_on(async { tokio::time::advance(span).await });
    }

    /// Asks it to stop.
    pub(crate) fn ask_to_stop(&self) {
        self.stop.cancel();
    }

    /// Whether it has stopped as it was asked to.
    pub(crate) fn has_stopped(&self) -> bool {
        self.ended.is_finished()
    }

    /// Posts a webhook; the status comes later, or never.
    pub(crate) fn post(&self, body: String) -> oneshot::Receiver<u16> {
        let (done, wait) = oneshot::channel();
        let signature = simulator::waha::signature(HMAC, body.as_bytes());
        let request = Request::post("/webhooks/waha/home").header("X-Webhook-Hmac", signature);
        let request = request.body(Body::from(body)).unwrap();
        let answer = self.router.clone().oneshot(request);
        self.runtime.spawn(async move {
            let status = answer.await.unwrap().status().as_u16();
            // Whoever posted may not care any more.
            let _ = done.send(status);
        });
        wait
    }

    /// Whether an event is on disk.
    pub(crate) fn has_accepted(&self, key: SeenKey) -> bool {
        let channel = self.channel;
        self.runtime.block_on(self.store.read(move |tx| tx.is_seen(channel, &key))).unwrap()
    }

    /// How many deliveries are in these states.
    pub(crate) fn queued(&self, states: &'static [State]) -> i64 {
        let channel = self.channel;
        let count = self.store.read(move |tx| states.iter().map(|state| tx.queue_depth(channel, *state)).sum());
        self.runtime.block_on(count).unwrap()
    }

    /// How many deliveries wait for the owner's word.
    pub(crate) fn asked_about(&self) -> i64 {
        let channel = self.channel;
        self.runtime.block_on(self.store.read(move |tx| tx.awaiting_answer(channel))).unwrap()
    }
}

/// The configuration of a bridge in this folder.
pub(crate) fn config(folder: &Path, mode: &str) -> String {
    format!(
        r#"
[store]
path = "{0}/rialto.db"
[encryption]
key_file = "{0}/key"
[portals]
burst = 1000
per_day = 10000
[[channels]]
name = "home"
conversation = "{mode}"
[channels.whatsapp]
url = "http://127.0.0.1:1"
api_key = "3f6c1d9a0b7e4c52a8d1e9f4b2c76a10"
webhook_secret = "{HMAC}"
[channels.signal]
socket = "/nowhere"
account = "{1}"
owner = "{2}"
"#,
        folder.display(),
        crate::signal::ACCOUNT,
        crate::signal::OWNER
    )
}

/// One thread, whose time stands still. Who of many waiters is woken first is thrown by the runtime's own dice; with
/// `--cfg tokio_unstable` these throw the same each time.
fn runtime() -> Runtime {
    let mut builder = Builder::new_current_thread();
    builder.enable_time().start_paused(true);
    #[cfg(tokio_unstable)]
    builder.rng_seed(tokio::runtime::RngSeed::from_bytes(b"rialto"));
    builder.build().unwrap()
}

/// On a clock that stands still until nobody has anything to do.
#[expect(clippy::disallowed_methods, reason = "it is what says that the runtime is idle; no time passes")]
async fn pause(span: Duration) {
    tokio::time::sleep(span).await;
}
