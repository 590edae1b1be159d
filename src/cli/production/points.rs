//! The points, each with its judgement. The sentences are those of SECURITY.md.

use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use super::Found::{self, Fine, MustChange, Warning};
use super::machine::{Disk, Machine};
use crate::config::{Config, Endpoint, is_near, is_near_address, others};

type Look = fn(&Config, &Machine) -> Found;

/// What is looked at, in the order of the checklist.
pub(super) const POINTS: [(&str, Look); 17] = [
    ("Rialto does not run as root", root),
    ("Files of secrets are closed to others (0600)", secrets),
    ("The configuration is closed to others (0640 or less)", configuration),
    ("The data folder is closed to others (0700)", data),
    ("Encryption at rest is on", encryption),
    ("The disk of the database is encrypted", disk),
    ("The secret lies on another disk than the database, or the disk is encrypted", apart),
    ("Swap is off or encrypted", swap),
    ("Core dumps are off", dumps),
    ("The admin listener is on loopback or a private network", admin),
    ("WAHA is reached over https beyond private networks", waha),
    ("WAHA's key is for its session alone", key),
    ("signal-cli is reached over its socket, or on this machine", signal),
    ("Retention is three days or longer", retention),
    ("Backups are made", backups),
    ("An alarm goes a second way", alarm),
    ("The disk has room, and the log says no more than it needs", room),
];

/// A weekend with a peer away, and some.
const SHORT: Duration = Duration::from_hours(3 * 24);
const GIB: u64 = 1 << 30;

fn root(_: &Config, machine: &Machine) -> Found {
    must(machine.root, "Run it as a user of its own, as docker-compose.yml (10001) and the systemd unit do.")
}

fn must(wrong: bool, next: &str) -> Found {
    if wrong { MustChange(next.to_owned()) } else { Fine }
}

fn should(unwise: bool, next: &str) -> Found {
    if unwise { Warning(next.to_owned()) } else { Fine }
}

/// None of these bits may be set.
fn closed(path: &Path, mode: Option<u32>, bits: u32, to: &str) -> Found {
    let shown = path.display();
    match mode {
        None => MustChange(format!("{shown} cannot be looked at; check that it exists and who owns it.")),
        Some(mode) if mode & bits != 0 => MustChange(format!("{shown} has mode {mode:04o}. chmod {to} {shown}")),
        Some(_) => Fine,
    }
}

fn secrets(_: &Config, machine: &Machine) -> Found {
    let each = machine.secrets.iter().map(|(path, mode)| closed(path, *mode, others(path), "600"));
    each.into_iter().find(|found| *found != Fine).unwrap_or(Fine)
}

fn configuration(_: &Config, machine: &Machine) -> Found {
    closed(&machine.config.0, machine.config.1, 0o027, "640")
}

fn data(_: &Config, machine: &Machine) -> Found {
    closed(&machine.data.0, machine.data.1, 0o077, "700")
}

fn encryption(config: &Config, _: &Machine) -> Found {
    must(!config.encryption.enabled, "Set encryption.enabled = true, then run: rialto reseal")
}

fn disk(_: &Config, machine: &Machine) -> Found {
    let next = "Nothing shows that it is. WAHA and signal-cli keep messages in plain, so use LUKS; ZFS, fscrypt and a \
                host's encryption cannot be told from here.";
    should(machine.disk == Disk::Unknown, next)
}

fn apart(_: &Config, machine: &Machine) -> Found {
    let next = "A copy of the disk opens the database. Keep the secret on another disk, or encrypt this one.";
    should(machine.one_disk && machine.disk == Disk::Unknown, next)
}

fn swap(_: &Config, machine: &Machine) -> Found {
    match &machine.bare_swap {
        None => Warning("It cannot be told here. Look with: swapon --show".to_owned()),
        Some(bare) if bare.is_empty() => Fine,
        Some(bare) => Warning(format!(
            "{} may keep what was in memory. Switch it off, or encrypt it; docker-compose.yml allows Rialto and \
             signal-cli none.",
            bare.join(", ")
        )),
    }
}

fn dumps(_: &Config, machine: &Machine) -> Found {
    must(machine.core_dumps, "The kernel did not allow to switch them off. Set LimitCORE=0, or ulimits core: 0.")
}

fn admin(config: &Config, _: &Machine) -> Found {
    let private = is_near_address(config.server.admin_listen.ip());
    must(!private, "It has no password. Set server.admin_listen to 127.0.0.1:8081, or to one private address.")
}

fn waha(config: &Config, _: &Machine) -> Found {
    let far = |url: &str| reqwest::Url::parse(url).map_or(true, |url| url.scheme() == "http" && !is_near(&url));
    let next = "Messages and the API key cross foreign networks in the clear. Use https, or a tunnel like WireGuard.";
    must(config.channels.iter().any(|channel| far(&channel.whatsapp.url)), next)
}

fn key(_: &Config, machine: &Machine) -> Found {
    match machine.master_key {
        Some(false) => Fine,
        Some(true) => Warning(
            "It manages WAHA's keys, so it reaches every session and every secret of WAHA's. Run: rialto init waha (README, \
             step 5)"
                .to_owned(),
        ),
        None => Warning("WAHA does not say what it may do; look again once WAHA runs.".to_owned()),
    }
}

fn signal(config: &Config, _: &Machine) -> Found {
    let far = |endpoint: &Endpoint| match endpoint {
        Endpoint::Socket(_) => false,
        Endpoint::Tcp(tcp) => !is_here(tcp),
    };
    let next = "Whoever reaches that port can send as the bridge. Use signal-cli's socket, or TCP on 127.0.0.1.";
    must(config.channels.iter().any(|channel| far(&channel.signal.endpoint)), next)
}

fn is_here(tcp: &str) -> bool {
    let host = tcp.rsplit_once(':').map_or(tcp, |(host, _)| host).trim_matches(['[', ']']);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn retention(config: &Config, _: &Machine) -> Found {
    should(config.periods().shortest() < SHORT, "What waits for a peer that is away for a weekend is deleted instead.")
}

fn backups(config: &Config, _: &Machine) -> Found {
    should(config.backup.path.is_none(), "Set backup.path, and copy what is in it to another machine.")
}

fn alarm(config: &Config, _: &Machine) -> Found {
    let silent = config.alarm.webhook.is_none() && config.alarm.heartbeat_url.is_none();
    should(silent, "When Signal itself fails you hear nothing. Set alarm.webhook or alarm.heartbeat_url.")
}

fn room(config: &Config, machine: &Machine) -> Found {
    match machine.free {
        None => return Warning("How much is free cannot be told here. Look with: df -h".to_owned()),
        Some(free) if free < GIB / 10 => return MustChange("Less than 100 MB are free. Make room.".to_owned()),
        Some(free) if free < GIB => return Warning("Less than 1 GB is free. Make room soon.".to_owned()),
        Some(_) => {}
    }
    should(config.log.level > tracing::Level::INFO, "Set log.level = \"info\": more only fills the disk.")
}
