//! The demo: two phones on a page, and between them both simulators and the real bridge.
//!
//! Everything runs on loopback, with a store in a temporary folder and secrets made for this one run.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::signal_cli::SignalCli;
use crate::waha::Waha;

mod api;
mod bridge;
mod cast;
mod changes;
mod command;
mod files;
mod guard;
mod health;
mod page;
mod program;
mod settings;
mod stream;
mod view;

pub use bridge::{Bridge, BridgeState, Status};
pub use command::main;

/// Where the bridge's log goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Log {
    /// Into a file in the temporary folder.
    #[default]
    File,
    /// To standard error.
    Terminal,
}

/// What is decided before the start.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The `rialto` program; without it there is no bridge, only the two phones.
    pub program: Option<PathBuf>,
    /// The port of the page, or the first free one of the twenty behind it; 0 takes any.
    pub port: u16,
    /// Where the bridge's log goes.
    pub log: Log,
}

/// Both phones and what runs between them.
pub(crate) struct House {
    pub(crate) waha: Waha,
    pub(crate) signal: SignalCli,
    pub(crate) bridge: Bridge,
}

/// A running demo.
pub struct Demo {
    house: Arc<House>,
    address: SocketAddr,
    tasks: Vec<JoinHandle<()>>,
    folder: TempDir,
}

impl Demo {
    /// Starts everything, and has the people on the phones say their first words once the bridge runs.
    ///
    /// # Errors
    ///
    /// When a port, a socket or the temporary folder can't be had, or the bridge's program can't be run.
    pub async fn start(options: Options) -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix("rialto-demo-").tempdir()?;
        let house = Arc::new(House::open(options.clone(), folder.path()).await?);
        let listener = bind(options.port).await?;
        let address = listener.local_addr()?;
        let routes = api::routes(Arc::clone(&house), address.port());
        if options.program.is_some() {
            house.bridge.start().await?;
        }
        let tasks = vec![tokio::spawn(serve(listener, routes)), tokio::spawn(cast::opening(Arc::clone(&house)))];
        Ok(Self { house, address, tasks, folder })
    }

    /// The address of the page.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The file the bridge's log goes to, unless it goes to the terminal.
    #[must_use]
    pub fn log_file(&self) -> PathBuf {
        self.folder.path().join(settings::LOG)
    }

    /// The bridge.
    #[must_use]
    pub fn bridge(&self) -> &Bridge {
        &self.house.bridge
    }

    /// Ends everything, the bridge first, and removes the temporary folder.
    ///
    /// # Errors
    ///
    /// When the folder can't be removed.
    pub async fn end(self) -> io::Result<()> {
        for task in &self.tasks {
            task.abort();
        }
        self.house.bridge.stop().await;
        self.house.waha.stop().await;
        self.house.signal.stop().await;
        self.folder.close()
    }
}

impl House {
    async fn open(options: Options, folder: &Path) -> io::Result<Self> {
        let settings = settings::Settings::new(folder);
        let waha = Waha::start(settings.waha()).await?;
        let signal = SignalCli::start(settings.signal()).await?;
        cast::move_in(&waha);
        let bridge = Bridge::new(bridge::Plan { program: options.program, log: options.log, settings }, waha.clone());
        Ok(Self { waha, signal, bridge })
    }
}

/// The first free port of twenty.
async fn bind(port: u16) -> io::Result<TcpListener> {
    let mut last = io::Error::from(io::ErrorKind::AddrInUse);
    for port in port..=port.saturating_add(if port == 0 { 0 } else { 20 }) {
        match TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await {
            Ok(listener) => return Ok(listener),
            Err(error) => last = error,
        }
    }
    Err(last)
}

async fn serve(listener: TcpListener, routes: axum::Router) {
    // It ends with the demo; a listener on loopback has no other reason to.
    let _ = axum::serve(listener, routes).await;
}
