//! The bridge as a child process that dies where it was told to, and is started again.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use crate::house::{House, SECRET, free_port};

const ABORTED: i32 = 6;

/// The point in `name:n`.
pub(crate) fn point(kill: &str) -> &str {
    kill.split(':').next().unwrap()
}

pub(crate) struct Child {
    process: Mutex<std::process::Child>,
    config: PathBuf,
    log: PathBuf,
    kills: &'static [&'static str],
    deaths: Mutex<usize>,
    pub(crate) admin: String,
}

impl Child {
    /// Starts a bridge that dies at the first of `kills`; at each life after that at the next.
    pub(crate) fn start(house: &House, kills: &'static [&'static str]) -> Self {
        let [listen, admin] = [(); 2].map(|()| format!("127.0.0.1:{}", free_port()));
        house.waha.set_webhook(format!("http://{listen}/webhooks/waha/home"));
        let (config, log) = (house.dir.path().join("rialto.toml"), house.dir.path().join("log.txt"));
        std::fs::write(&config, toml(house, &listen, &admin)).unwrap();
        let process = Mutex::new(spawn(&config, &log, kills.first()));
        Self { process, config, log, kills, deaths: Mutex::default(), admin }
    }

    /// How often it has died and was started again.
    pub(crate) fn deaths(&self) -> usize {
        *self.deaths.lock().unwrap()
    }

    /// Where it has died, from its own last words.
    pub(crate) fn killed_at(&self) -> Vec<String> {
        let log = std::fs::read_to_string(&self.log).unwrap();
        log.lines().filter_map(|line| line.strip_prefix("killed at ").map(str::to_owned)).collect()
    }

    /// Starts it again whenever it has died at a kill point; does not return.
    pub(crate) async fn revive(&self) {
        let mut turns = tokio::time::interval(Duration::from_millis(10));
        loop {
            turns.tick().await;
            let ended = self.process().try_wait().unwrap();
            if let Some(status) = ended {
                self.again(status);
            }
        }
    }

    fn again(&self, status: ExitStatus) {
        let mut deaths = self.deaths.lock().unwrap();
        let log = || std::fs::read_to_string(&self.log).unwrap();
        assert!(status.signal() == Some(ABORTED) && *deaths < self.kills.len(), "{status}: {}", log());
        *deaths += 1;
        *self.process() = spawn(&self.config, &self.log, self.kills.get(*deaths));
    }

    /// Ends it at once; what it had to say is said.
    pub(crate) fn end(&self) {
        let mut process = self.process();
        // It may have ended by itself.
        let _ = process.kill();
        process.wait().unwrap();
    }

    fn process(&self) -> MutexGuard<'_, std::process::Child> {
        self.process.lock().unwrap()
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        if let Ok(process) = self.process.get_mut() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// The house's configuration, under a key file: stretching a passphrase at each start would take most of the time.
pub(crate) fn toml(house: &House, listen: &str, admin: &str) -> String {
    let key = house.dir.path().join("key");
    if !key.exists() {
        std::fs::write(&key, [7; 32]).unwrap();
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    let toml = format!("{}[channels.retention]\ndisappearing = \"retention\"\n", house.toml(listen, admin));
    let toml = toml.replace("\"trace\"", "\"info\"");
    // WAHA says by itself that what was sent is delivered.
    let toml = toml.replace("conversation =", "ticks = \"delivered\"\nconversation =");
    toml.replace(&format!("secret = \"{SECRET}\""), &format!("key_file = \"{}\"", key.display()))
}

fn spawn(config: &PathBuf, log: &PathBuf, kill: Option<&&str>) -> std::process::Child {
    let log = std::fs::OpenOptions::new().create(true).append(true).open(log).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_rialto"));
    command
        .arg("run")
        .arg("--config")
        .arg(config)
        .env_remove("RIALTO_FAILPOINT")
        .env_remove("RIALTO_SIGNAL_TESTBED")
        .stdin(Stdio::null())
        .stderr(log);
    if let Some(kill) = kill {
        command.env("RIALTO_FAILPOINT", kill);
    }
    command.spawn().unwrap()
}
