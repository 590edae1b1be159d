//! How the demo sets up the bridge and its two peers; all secrets are new with every start.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::net::TcpListener;

use crate::signal_cli::SignalOptions;
use crate::stamp;
use crate::waha::{Owner, Policy, Retries, WahaOptions};

/// The file in the temporary folder that the bridge's log goes to.
pub(crate) const LOG: &str = "rialto.log";

/// What bridge and peers have to agree on.
pub(crate) struct Settings {
    folder: PathBuf,
    api_key: String,
    hmac_key: String,
    secret: String,
}

/// Where one run of the bridge listens.
pub(crate) struct Doors {
    pub(crate) webhooks: SocketAddr,
    pub(crate) admin: SocketAddr,
}

impl Doors {
    /// Two ports that are free right now.
    pub(crate) async fn find() -> io::Result<Self> {
        let any = (Ipv4Addr::LOCALHOST, 0);
        let (first, second) = (TcpListener::bind(any).await?, TcpListener::bind(any).await?);
        Ok(Self { webhooks: first.local_addr()?, admin: second.local_addr()? })
    }

    /// Where WAHA delivers its events.
    pub(crate) fn webhook(&self) -> String {
        format!("http://{}/webhooks/waha/demo", self.webhooks)
    }
}

impl Settings {
    /// Fresh secrets for a folder.
    pub(crate) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), api_key: secret(), hmac_key: secret(), secret: secret() }
    }

    pub(crate) fn waha(&self) -> WahaOptions {
        WahaOptions {
            api_key: self.api_key.clone(),
            hmac_key: self.hmac_key.clone(),
            owner: Owner { number: "447700900001".into(), lid: "100000000000001".into(), push_name: "You".into() },
            // As the bridge asks of WAHA: to go on for as long as anybody may play with it.
            retries: Retries { policy: Policy::Constant, delay: Duration::from_secs(2), attempts: 100_000 },
            ..WahaOptions::default()
        }
    }

    pub(crate) fn signal(&self) -> SignalOptions {
        SignalOptions { socket: Some(self.socket()), attachments: Some(self.attachments()), ..SignalOptions::default() }
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.folder.join(LOG)
    }

    fn socket(&self) -> PathBuf {
        self.folder.join("signal.sock")
    }

    fn attachments(&self) -> PathBuf {
        self.folder.join("attachments")
    }

    /// Writes the configuration of the bridge; returns its path.
    pub(crate) fn write(&self, waha: &str, doors: &Doors) -> io::Result<PathBuf> {
        let path = self.folder.join("rialto.toml");
        std::fs::write(&path, self.toml(waha, doors))?;
        Ok(path)
    }

    fn toml(&self, waha: &str, doors: &Doors) -> String {
        let Self { folder, api_key, hmac_key, secret } = self;
        let (Doors { webhooks, admin }, signal) = (doors, self.signal());
        let (account, owner) = (signal.account, signal.owner_aci);
        let (store, socket) = (folder.join("data/rialto.db"), self.socket());
        let attachments = self.attachments();
        let (store, socket, attachments) = (store.display(), socket.display(), attachments.display());
        format!(
            "\
[server]
listen = '{webhooks}'
admin_listen = '{admin}'
[store]
path = '{store}'
[encryption]
secret = '{secret}'
[portals]
burst = 1000
[[channels]]
name = 'demo'
[channels.whatsapp]
url = '{waha}'
api_key = '{api_key}'
webhook_secret = '{hmac_key}'
[channels.signal]
socket = '{socket}'
attachments = '{attachments}'
account = '{account}'
owner = '{owner}'
"
        )
    }
}

fn secret() -> String {
    [stamp::hex(32), stamp::hex(32)].concat().to_lowercase()
}
