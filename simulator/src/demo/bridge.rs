//! The real bridge as a child process: started, killed, and watched.

use std::ffi::OsStr;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde::Serialize;
use tokio::process::{Child, Command};
use tokio::sync::{Mutex, mpsc, watch};

use super::settings::{Doors, Settings};
use super::{Log, command, health};
use crate::shared::pass;
use crate::waha::Waha;

/// Longer than the bridge's own patience with what it has begun.
const PATIENCE: Duration = Duration::from_secs(45);

/// Whether the bridge runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BridgeState {
    /// It was stopped, or never started.
    Stopped,
    /// It was started and doesn't answer yet.
    Starting,
    /// It runs.
    Running,
    /// It ended although nobody asked it to.
    Ended,
}

/// What is known of the bridge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Status {
    /// Whether it runs.
    pub state: BridgeState,
    /// How many messages it has taken and not passed on yet.
    pub holds: u64,
    /// Why it ended.
    pub note: Option<String>,
}

impl Status {
    fn of(state: BridgeState) -> Self {
        Self { state, holds: 0, note: None }
    }
}

/// How the bridge is started.
pub(crate) struct Plan {
    pub(crate) program: Option<PathBuf>,
    pub(crate) log: Log,
    pub(crate) settings: Settings,
}

/// The bridge; clones are handles to the same one.
#[derive(Clone)]
pub struct Bridge(Arc<Inner>);

struct Inner {
    plan: Plan,
    waha: Waha,
    status: watch::Sender<Status>,
    /// Takes signals for the process; closed once that has ended.
    orders: Mutex<Option<mpsc::Sender<Signal>>>,
}

impl Bridge {
    pub(crate) fn new(plan: Plan, waha: Waha) -> Self {
        let status = watch::Sender::new(Status::of(BridgeState::Stopped));
        Self(Arc::new(Inner { plan, waha, status, orders: Mutex::new(None) }))
    }

    /// What is known of it now, and how to hear of changes.
    #[must_use]
    pub fn status(&self) -> watch::Receiver<Status> {
        self.0.status.subscribe()
    }

    /// Starts it, unless it runs.
    ///
    /// # Errors
    ///
    /// When the program can't be run.
    pub async fn start(&self) -> io::Result<()> {
        let mut orders = self.0.orders.lock().await;
        if orders.as_ref().is_some_and(|orders| !orders.is_closed()) {
            return Ok(());
        }
        let doors = Doors::find().await?;
        let child = self.spawn(&doors)?;
        self.0.waha.set_webhook(doors.webhook());
        self.0.status.send_replace(Status::of(BridgeState::Starting));
        let (giving, taking) = mpsc::channel(4);
        *orders = Some(giving);
        tokio::spawn(self.clone().attend(child, taking, doors.admin));
        Ok(())
    }

    /// Asks it to end, waits until it did, and loses patience at last.
    pub async fn stop(&self) {
        if tokio::time::timeout(PATIENCE, self.end_with(Signal::TERM)).await.is_err() {
            self.kill().await;
        }
    }

    /// Ends it as a power cut would: without a word, whatever it is doing.
    pub async fn kill(&self) {
        self.end_with(Signal::KILL).await;
    }

    async fn end_with(&self, signal: Signal) {
        let orders = self.0.orders.lock().await.clone();
        if let Some(orders) = orders {
            // One that ended in the meantime takes no orders, and its door is closed already.
            let _ = orders.send(signal).await;
            orders.closed().await;
        }
    }

    fn spawn(&self, doors: &Doors) -> io::Result<Child> {
        let plan = &self.0.plan;
        let program = plan.program.as_ref().ok_or(io::ErrorKind::NotFound)?;
        let config = plan.settings.write(&self.0.waha.url(), doors)?;
        let mut command = Command::new(program);
        command.arg("run").arg("--config").arg(config).stdin(Stdio::null()).stdout(Stdio::null());
        // In a group of its own: Ctrl-C in the terminal reaches the demo alone, which then stops it in order.
        command.process_group(0).kill_on_drop(true);
        // Settings of this terminal's owner are none of the demo's.
        for (name, _) in std::env::vars_os().filter(|(name, _)| is_setting(name)) {
            command.env_remove(name);
        }
        if plan.log == Log::File {
            command
                .env("NO_COLOR", "1")
                .stderr(std::fs::File::options().create(true).append(true).open(plan.settings.log())?);
        }
        command.spawn()
    }

    /// Stays with the process until its end.
    async fn attend(self, mut child: Child, mut orders: mpsc::Receiver<Signal>, admin: SocketAddr) {
        let mut ordered = false;
        let ended = loop {
            tokio::select! {
                ended = child.wait() => break ended,
                Some(signal) = orders.recv() => {
                    ordered = true;
                    send(&child, signal);
                }
                () = self.follow(admin) => {}
            }
        };
        let status = if ordered { Status::of(BridgeState::Stopped) } else { self.unexpected(ended) };
        self.0.status.send_replace(status);
    }

    /// Looks how it is, now and a little later.
    async fn follow(&self, admin: SocketAddr) {
        if let Some(holds) = health::load(admin).await {
            let status = Status { holds, ..Status::of(BridgeState::Running) };
            self.0.status.send_if_modified(|known| {
                *known != status && {
                    *known = status;
                    true
                }
            });
        }
        pass(Duration::from_millis(250)).await;
    }

    fn unexpected(&self, ended: io::Result<ExitStatus>) -> Status {
        let how = ended.map_or_else(|error| error.to_string(), |status| status.to_string());
        let why = self.last_complaint().map_or_else(String::new, |line| format!(" It said: {line}"));
        let note = format!("The bridge ended by itself ({how}).{why}");
        command::complain(&note);
        Status { note: Some(note), ..Status::of(BridgeState::Ended) }
    }

    /// The last line of the log that speaks of a failure.
    fn last_complaint(&self) -> Option<String> {
        let log = std::fs::read_to_string(self.0.plan.settings.log()).ok()?;
        let complains = |line: &&str| line.starts_with("rialto: ") || line.contains(" ERROR ");
        log.lines().rev().find(complains).map(str::to_owned)
    }
}

fn is_setting(name: &OsStr) -> bool {
    name.to_str().is_some_and(|name| name.starts_with("RIALTO_"))
}

fn send(child: &Child, signal: Signal) {
    let pid = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    if let Some(pid) = pid {
        // It can only fail for a process that has ended, and then nothing is left to do.
        let _ = kill_process(pid, signal);
    }
}
