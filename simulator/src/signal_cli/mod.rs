//! A stand-in for signal-cli as a daemon with several accounts that receives on request, together
//! with the Signal server and the owner's phone behind it.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, UnixListener};
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use crate::shared::Shared;

mod account;
mod changes;
mod connection;
mod groups;
mod history;
mod identity;
mod limit;
mod model;
mod phone;
mod polls;
mod pump;
mod rpc;
mod send;
mod state;
mod stickers;
mod watching;

pub use account::Standing;
pub use history::{PhoneMessage, Progress};
pub use model::{Attached, Group, InboxMessage, Reactions, SignalFault, SignalOptions};

use connection::Door;
use state::State;

/// A running stand-in for signal-cli; clones are handles to the same one.
#[derive(Clone)]
pub struct SignalCli(Arc<Inner>);

struct Inner {
    options: SignalOptions,
    tcp: Option<SocketAddr>,
    state: Shared<State>,
    runtime: Handle,
}

impl SignalCli {
    /// Starts to listen.
    ///
    /// # Errors
    ///
    /// When the socket or the address can't be listened on.
    pub async fn start(options: SignalOptions) -> io::Result<Self> {
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let door = open(options.socket.as_ref(), options.tcp.unwrap_or(any)).await?;
        let tcp = match &door {
            Door::Tcp(listener) => Some(listener.local_addr()?),
            Door::Unix(_) => None,
        };
        let signal = Self(Arc::new(Inner {
            state: Shared::new(State::new(options.profile_set)),
            runtime: Handle::current(),
            options,
            tcp,
        }));
        signal.serve(door);
        Ok(signal)
    }

    /// The unix socket, if that is where it listens.
    #[must_use]
    pub fn socket(&self) -> Option<PathBuf> {
        self.options().socket.clone()
    }

    /// The TCP address, if that is where it listens.
    #[must_use]
    pub fn tcp_addr(&self) -> Option<SocketAddr> {
        self.0.tcp
    }

    /// Dies: connections break, and new ones are refused.
    pub async fn stop(&self) {
        let tasks = self.state().change(|state| {
            state.life.cancel();
            std::mem::take(&mut state.tasks)
        });
        for task in tasks {
            // It ends by cancellation, which is no failure.
            let _ = task.await;
        }
        if let Some(path) = &self.options().socket {
            // Nothing to remove is just as good.
            let _ = std::fs::remove_file(path);
        }
    }

    /// Starts again in the same place; groups, inbox and queued messages are still there.
    ///
    /// # Errors
    ///
    /// When the place was taken in the meantime.
    pub async fn restart(&self) -> io::Result<()> {
        self.stop().await;
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let door = open(self.options().socket.as_ref(), self.0.tcp.unwrap_or(any)).await?;
        self.state().change(|state| {
            state.life = CancellationToken::new();
            state.connections.clear();
            state.subscriptions.clear();
        });
        self.serve(door);
        Ok(())
    }

    fn serve(&self, door: Door) {
        let life = self.state().read(|state| state.life.clone());
        let runtime = &self.0.runtime;
        let admitting = runtime.spawn(self.clone().admit(door, life.clone()));
        let pumping = runtime.spawn(self.clone().pump(life));
        self.state().change(|state| state.tasks = vec![admitting, pumping]);
    }

    pub(crate) fn options(&self) -> &SignalOptions {
        &self.0.options
    }

    pub(crate) fn state(&self) -> &Shared<State> {
        &self.0.state
    }

    pub(crate) fn runtime(&self) -> &Handle {
        &self.0.runtime
    }

    /// Waits until the predicate holds, looking again after every change.
    pub async fn wait_until(&self, deadline: Duration, holds: impl Fn(&Self) -> bool) -> bool {
        self.state().wait_until(deadline, || holds(self)).await
    }
}

async fn open(socket: Option<&PathBuf>, tcp: SocketAddr) -> io::Result<Door> {
    let Some(path) = socket else {
        return TcpListener::bind(tcp).await.map(Door::Tcp);
    };
    // A socket left behind by a process that died would be in the way.
    let _ = std::fs::remove_file(path);
    UnixListener::bind(path).map(Door::Unix)
}
