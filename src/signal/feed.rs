//! The keeping of the receiving connection: it feeds the tap.
//!
//! It stays as long as it works, also when the sending connection is lost: closing it would lose what signal-cli has
//! written and nobody has read.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::board::LinkState;
use super::checks::{NO_ACCOUNT, Trouble};
use super::connection::Connection;
use super::link::{Backoff, Link};
use super::listen::Listener;
use super::rpc::{CallError, Params};
use super::transport::Tapped;
use crate::event::Intake;

/// How many lines may wait between the socket and the intake. Small: what waits here is lost in a crash.
const TAP: usize = 64;

/// How long a stop waits for what is under way. Real time: the machine is being shut down.
const DRAIN_LIMIT: Duration = Duration::from_secs(5);

/// What receiving has come to.
enum Subscription {
    /// signal-cli sends; this is the id by which it can be told to stop, where it has said so.
    Runs(Option<i64>),
    /// It does not send, and has not sent.
    Refused(Trouble),
}

impl Link {
    /// Connects for receiving once the sending side has made its checks, hands what comes to `intake`, and does it
    /// again whenever the connection is lost; until `stop`.
    ///
    /// At `stop` signal-cli is told to send no more, and what it had sent is still taken in: up to five seconds.
    pub async fn keep_receiving<I: Intake>(&self, intake: I, stop: CancellationToken) {
        let (tap, tapped) = mpsc::channel(TAP);
        let listener =
            Listener::new(tapped, intake, self.owner(), (self.clock().clone(), Arc::clone(&self.settings().calls)));
        // The tap closes when the feeding ends; then the listener takes what is left in it, and ends too.
        tokio::join!(self.feed(tap, &stop), listener.run(&stop));
    }

    async fn feed(&self, tap: mpsc::Sender<Tapped>, stop: &CancellationToken) {
        let mut backoff = Backoff::of(&self.settings().channel);
        while stop.run_until_cancelled(self.board().sending_is_up()).await.is_some() {
            let trouble = self.feed_once(&tap, &mut backoff, stop).await;
            if stop.is_cancelled() {
                return;
            }
            self.board().receiving(trouble.state);
            let pause = trouble.pause.unwrap_or_else(|| backoff.next());
            stop.run_until_cancelled(self.clock().sleep(pause)).await;
        }
    }

    /// One life of the receiving connection. Returns why it ended.
    async fn feed_once(
        &self,
        tap: &mpsc::Sender<Tapped>,
        backoff: &mut Backoff<'_>,
        stop: &CancellationToken,
    ) -> Trouble {
        let connection = match stop.run_until_cancelled(self.open(Some(tap.clone()))).await {
            Some(Ok(connection)) => connection,
            Some(Err(trouble)) => return trouble,
            None => return Trouble::DOWN,
        };
        let subscription = match stop.run_until_cancelled(self.subscribe(&connection)).await {
            Some(Subscription::Runs(subscription)) => subscription,
            Some(Subscription::Refused(trouble)) => {
                // It may have been taken all the same, and lines be under way.
                stop.run_until_cancelled(connection.end()).await;
                return trouble;
            }
            None => None,
        };
        backoff.reset();
        self.receive(connection, subscription, stop).await;
        Trouble::DOWN
    }

    /// Asks for the account's messages: anew after every connect, because a subscription ends with its connection.
    async fn subscribe(&self, connection: &Connection) -> Subscription {
        let mut params = Params::new();
        params.insert("account".to_owned(), json!(self.settings().account.reveal()));
        match connection.rpc.call::<Option<i64>>("subscribeReceive", params).await {
            Ok(subscription) => Subscription::Runs(subscription),
            Err(CallError::Coded { code: NO_ACCOUNT, .. }) => Subscription::Refused(Trouble::NO_ACCOUNT),
            // Behind a slow intake the answer can come late. What has come already shows that it runs.
            Err(CallError::NoAnswer) if connection.lines() > 0 => Subscription::Runs(None),
            Err(_) => Subscription::Refused(Trouble::DOWN),
        }
    }

    /// Receives until the connection is lost or `stop`, and then what is still to come.
    async fn receive(&self, connection: Connection, subscription: Option<i64>, stop: &CancellationToken) {
        self.board().receiving(LinkState::Up);
        let is_lost = stop.run_until_cancelled(self.watch_over(&connection)).await.is_some();
        let mut rest = pin!(async move {
            if !is_lost {
                unsubscribe(&connection, subscription).await;
            }
            connection.end().await;
        });
        // Before a stop there is no limit: what has been written to us exists nowhere else.
        if stop.run_until_cancelled(&mut rest).await.is_none() {
            let _ = timeout(DRAIN_LIMIT, rest).await;
        }
    }
}

/// Tells signal-cli to send no more.
async fn unsubscribe(connection: &Connection, subscription: Option<i64>) {
    if let Some(subscription) = subscription {
        let mut params = Params::new();
        params.insert("subscription".to_owned(), json!(subscription));
        // Whatever the answer: the connection closes next, and that ends the subscription too.
        drop(connection.rpc.call::<serde::de::IgnoredAny>("unsubscribeReceive", params).await);
    }
}
