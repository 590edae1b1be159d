//! A stand-in for WAHA: its HTTP API, its webhooks, and the phones behind them.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use crate::link::{CutListener, Knife};
use crate::shared::Shared;

/// A handler for each call of a kind; `send` of the file that uses it takes the call's name.
macro_rules! calls {
    ($($name:ident = $call:literal),* $(,)?) => {$(
        pub(crate) async fn $name(
            State(waha): State<Waha>,
            ConnectInfo(knife): ConnectInfo<Knife>,
            body: Bytes,
        ) -> Response {
            send(waha, knife, $call, body).await
        }
    )*};
}

mod api;
mod book;
mod changes;
mod chats;
mod faults;
mod files;
mod gows;
mod keys;
mod message;
mod model;
mod news;
mod newsletters;
mod noweb;
mod participants;
mod payload;
mod people;
mod phone;
mod pictures;
mod post;
mod reads;
mod rework;
mod seen;
mod send;
mod session;
mod state;
mod things;
mod typing;
mod watching;
mod webhook;

pub use faults::WahaFault;
pub use files::SentFile;
pub use model::{
    ApiChange, Contact, Engine, Other, Owner, Policy, Retries, SentText, WahaOptions, WebhookAttempt, WhatChange,
};
pub use phone::ChatMessage;
pub use seen::Seen;
pub use things::SentThing;
pub use webhook::signature;

use state::State;

/// A running stand-in for WAHA; clones are handles to the same one.
#[derive(Clone)]
pub struct Waha(Arc<Inner>);

struct Inner {
    options: WahaOptions,
    address: SocketAddr,
    state: Shared<State>,
    client: post::Client,
    runtime: Handle,
}

impl Waha {
    /// Starts to listen.
    ///
    /// # Errors
    ///
    /// When the address can't be listened on.
    pub async fn start(options: WahaOptions) -> io::Result<Self> {
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let listener = TcpListener::bind(options.listen.unwrap_or(any)).await?;
        let waha = Self(Arc::new(Inner {
            address: listener.local_addr()?,
            state: Shared::new(State::new(&options)),
            client: post::Client::default(),
            runtime: Handle::current(),
            options,
        }));
        waha.serve(listener);
        Ok(waha)
    }

    /// The base URL of the API.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.0.address)
    }

    /// Changes where events go, pending ones included.
    pub fn set_webhook(&self, url: String) {
        self.state().change(|state| state.webhook_url = Some(url));
    }

    /// From now on webhooks get lost, but for those about the session: as if WAHA had forgotten to repeat them.
    pub fn lose_webhooks(&self, lose: bool) {
        self.state().change(|state| state.loses = lose);
    }

    /// Dies without a goodbye: connections break, new ones are refused, pending webhooks are lost.
    ///
    /// What happens on `WhatsApp` in the meantime is held back and arrives after a restart.
    pub async fn stop(&self) {
        let server = self.state().change(|state| {
            state.life.cancel();
            state.server.take()
        });
        self.client().close();
        if let Some(server) = server {
            // It ends by cancellation, which is no failure.
            let _ = server.await;
        }
    }

    /// Starts again at the same address, and catches up with what was held back.
    ///
    /// # Errors
    ///
    /// When the address was taken in the meantime.
    pub async fn restart(&self) -> io::Result<()> {
        self.stop().await;
        let listener = TcpListener::bind(self.0.address).await?;
        self.state().change(|state| state.life = CancellationToken::new());
        self.serve(listener);
        self.emit_status();
        self.catch_up();
        Ok(())
    }

    fn serve(&self, listener: TcpListener) {
        let life = self.state().read(|state| state.life.clone());
        let listener = CutListener::new(listener, life.clone());
        let routes = api::routes(self.clone());
        let server = self.0.runtime.spawn(async move {
            let serving = axum::serve(listener, routes.into_make_service_with_connect_info::<Knife>());
            tokio::select! {
                () = life.cancelled() => {}
                _ = serving => {}
            }
        });
        self.state().change(|state| state.server = Some(server));
    }

    pub(crate) fn options(&self) -> &WahaOptions {
        &self.0.options
    }

    pub(crate) fn state(&self) -> &Shared<State> {
        &self.0.state
    }

    pub(crate) fn client(&self) -> &post::Client {
        &self.0.client
    }

    pub(crate) fn runtime(&self) -> &Handle {
        &self.0.runtime
    }

    /// A fresh message id in the engine's form.
    pub(crate) fn new_stanza(&self) -> String {
        match self.options().engine {
            Engine::Noweb => format!("3EB0{}", crate::stamp::hex(18)),
            Engine::Gows => format!("3A{}", crate::stamp::hex(18)),
        }
    }

    /// The linked account, as shown once it is paired.
    pub(crate) fn me(&self) -> Value {
        let owner = &self.options().owner;
        if self.state().read(|state| state.status() == "SCAN_QR_CODE") {
            return Value::Null;
        }
        let mut me = json!({
            "id": format!("{}@c.us", owner.number),
            "pushName": owner.push_name,
            "lid": format!("{}@lid", owner.lid),
        });
        if self.options().engine == Engine::Gows {
            let device = format!("{}:12@s.whatsapp.net", owner.number);
            message::insert(&mut me, "jid", json!(device));
        }
        me
    }

    /// Version and engine, as in every envelope and in the answer to the version request.
    pub(crate) fn environment(&self) -> Value {
        json!({
            "version": self.options().version,
            "engine": self.options().engine.name(),
            "tier": "CORE",
            "browser": null,
            "platform": "linux/x64",
            "worker": { "id": null },
        })
    }

    /// Waits until the predicate holds, looking again after every change.
    pub async fn wait_until(&self, deadline: Duration, holds: impl Fn(&Self) -> bool) -> bool {
        self.state().wait_until(deadline, || holds(self)).await
    }
}
