//! The effective configuration as text, with every secret, number and account id hidden.

use std::fmt::{Display, Formatter, Result, Write as _};
use std::path::Path;

use super::{Alarm, Backup, Channel, Config, Encryption, Endpoint, LogFormat, MapLink, Participant, Server, Unlock};
use crate::tls::Authorities;

const HIDDEN: &str = "\"(hidden)\"";

impl Display for Config {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        writeln!(f, "[server]\n{}\n", server(&self.server))?;
        writeln!(f, "[store]\npath = \"{}\"\n", self.store.path.display())?;
        writeln!(f, "[encryption]\n{}\n", encryption(&self.encryption))?;
        let period = humantime::format_duration(self.retention.period);
        let idle = self.retention.idle_portals;
        let idle = idle.map_or_else(|| "keep".to_owned(), |idle| humantime::format_duration(idle).to_string());
        let schedule = &self.retention.schedule;
        writeln!(f, "[retention]\nperiod = \"{period}\"\nidle_portals = \"{idle}\"\nschedule = \"{schedule}\"\n")?;
        writeln!(f, "[backup]\n{}\n", backup(&self.backup))?;
        let every = humantime::format_duration(self.portals.every);
        writeln!(
            f,
            "[portals]\nburst = {}\nevery = \"{every}\"\nper_day = {}\n",
            self.portals.burst, self.portals.per_day
        )?;
        writeln!(f, "[floods]\nper_minute = {}\n", self.floods.per_minute)?;
        writeln!(f, "{}\n", self.media)?;
        writeln!(f, "[alarm]\n{}\n", alarm(&self.alarm))?;
        let format = if self.log.format == LogFormat::Json { "json" } else { "text" };
        write!(f, "[log]\nlevel = \"{}\"\nformat = \"{format}\"", self.log.level.as_str().to_lowercase())?;
        self.channels.iter().try_for_each(|c| f.write_str(&channel(c)))
    }
}

fn server(server: &Server) -> String {
    let tls = server.tls.as_ref().map_or_else(String::new, |tls| {
        let (certificate, key) = (tls.certificate.display(), tls.key.display());
        format!("\ntls_cert_file = \"{certificate}\"\ntls_key_file = \"{key}\"")
    });
    let url = server.url.as_ref().map_or_else(String::new, |url| format!("\nurl = \"{url}\""));
    format!("listen = \"{}\"{url}\nadmin_listen = \"{}\"{tls}", server.listen, server.admin_listen)
}

/// A file of authorities is no secret.
fn authorities(authorities: Option<&Authorities>) -> String {
    authorities.map_or_else(String::new, |all| format!("ca_file = \"{}\"\n", all.file.display()))
}

fn encryption(encryption: &Encryption) -> String {
    let unlock = match &encryption.unlock {
        Unlock::Passphrase { iterations, .. } => format!("\nsecret = {HIDDEN}\niterations = {iterations}"),
        Unlock::KeyFile(_) => format!("\nkey_file = {HIDDEN}"),
        Unlock::ByHand { iterations } => format!("\nlocked_start = true\niterations = {iterations}"),
        Unlock::Nothing => String::new(),
    };
    format!("enabled = {}{unlock}", encryption.enabled)
}

fn backup(backup: &Backup) -> String {
    let path = backup.path.as_ref().map_or_else(String::new, |path| format!("path = \"{}\"\n", path.display()));
    let keep_for = humantime::format_duration(backup.keep_for);
    format!("{path}schedule = \"{}\"\nkeep = {}\nkeep_for = \"{keep_for}\"", backup.schedule, backup.keep)
}

fn alarm(alarm: &Alarm) -> String {
    let hidden = |name: &str, set: bool| if set { format!("{name} = {HIDDEN}\n") } else { String::new() };
    let (webhook, token) = (hidden("webhook", alarm.webhook.is_some()), hidden("token", alarm.token.is_some()));
    let heartbeat = hidden("heartbeat_url", alarm.heartbeat_url.is_some());
    let (after, every) = (humantime::format_duration(alarm.after), humantime::format_duration(alarm.heartbeat_every));
    let authorities = authorities(alarm.authorities.as_ref());
    format!("{webhook}{token}{authorities}after = \"{after}\"\n{heartbeat}heartbeat_every = \"{every}\"")
}

fn channel(channel: &Channel) -> String {
    let conversation = channel.conversation.name();
    let map = channel.map_link.as_ref().map_or("off", MapLink::template);
    let mut text = format!(
        "\n\n[[channels]]\nname = \"{}\"\nconversation = \"{conversation}\"\nmap_link = \"{map}\"\n{}\ntyping = \"{}\"\nview_once = {}\npictures = \"{}\"\n",
        channel.name,
        channel.ticks,
        channel.typing.name(),
        channel.view_once,
        channel.pictures
    );
    let waha = &channel.whatsapp;
    let silence = waha.silence.map_or_else(|| "never".to_owned(), |span| humantime::format_duration(span).to_string());
    let secrets = if waha.webhook_secrets.len() > 1 { "\"(two, hidden)\"" } else { HIDDEN };
    let authorities = authorities(waha.authorities.as_ref());
    // A String takes what is written to it.
    let _ = write!(
        text,
        "\n[channels.whatsapp]\nurl = \"{}\"\n{authorities}session = \"{}\"\napi_key = {HIDDEN}\nwebhook_secret = {secrets}\n\
         silence = \"{silence}\"\n",
        waha.url, waha.session
    );
    let signal = &channel.signal;
    let endpoint = match &signal.endpoint {
        Endpoint::Socket(path) => format!("socket = \"{}\"", path.display()),
        Endpoint::Tcp(address) => format!("tcp = \"{address}\""),
    };
    let endpoint = endpoint + &folder("hand_over", signal.hand_over.as_deref());
    let endpoint = endpoint + &folder("attachments", signal.attachments.as_deref());
    let (account, owner) = (kind(&signal.account), kind(&signal.owner));
    let minimum = signal.minimum_version;
    let _ = write!(
        text,
        "\n[channels.signal]\n{endpoint}\naccount = {account}\nowner = {owner}\nminimum_version = \"{minimum}\"\n\
         tell_strangers = {}\n\n[channels.chats]\n{}\n\n[channels.retention]\n{}",
        signal.tell_strangers, channel.chats, channel.retention
    );
    text
}

fn folder(key: &str, path: Option<&Path>) -> String {
    path.map_or_else(String::new, |path| format!("\n{key} = \"{}\"", path.display()))
}

fn kind(participant: &Participant) -> &'static str {
    match participant {
        Participant::Aci(_) => "\"(an account id, hidden)\"",
        Participant::Number(_) => "\"(a number, hidden)\"",
    }
}
