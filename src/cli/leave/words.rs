//! What `rialto leave` says.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use crate::bridge::leave::{Groups, NotLeft, Parting};
use crate::config::{Config, Endpoint};
use crate::signal::{LinkState, SignalError};
use crate::store::Tally;
use crate::store::leave::Wiped;
use crate::whatsapp::{NotUnlinked, Unlinked, WahaError};

pub(super) const BEFORE: &str = "this database was left and wiped before";

pub(super) const GOES_ON: &str =
    "the wiping was cut, and goes on; what the run before called NOT DONE is still yours to do";

pub(super) const NOT_YET: &str = "not all is left yet, so nothing is wiped. Do what is said above and run `rialto leave` \
    again: it goes on where it stands. `rialto leave --force` wipes all the same, and what is said above stays for you to do";

pub(super) const BY_HAND: &str = "wiped, but WAHA or Signal could not be left: what is said above about that is yours to do \
    now, nothing here can do it any more";

const LINKED_DEVICES: &str = "in WhatsApp on the phone, under Linked devices, log the bridge out if it is listed";

pub(super) const NOBODY_THERE: &str = "this cannot be undone and nobody is there to be asked: add --yes";

pub(super) fn question(config: &Config, others: usize) -> String {
    let mut text = format!(
        "This leaves for good, and cannot be undone: the owner is told, WAHA's session logged out and deleted, and the Signal \
         groups left, for each of {} channels. Then the database {} and all copies that Rialto made by itself are destroyed; \
         what waits in them is lost.\n",
        config.channels.len(),
        config.store.path.display()
    );
    if others > 0 {
        let _ = writeln!(text, "{}", unconfigured(others));
    }
    text + "Type leave to do it:"
}

pub(super) fn vanished(database: &Path, mark: &Path) -> String {
    format!(
        "the leaving of {} has begun, and the file is not there: put it back and run this again, or delete {} to begin anew",
        database.display(),
        mark.display()
    )
}

/// What became of one channel.
pub(super) fn parting(channel: &str, parting: &Parting) -> String {
    let told = match &parting.told {
        Ok(()) => "the owner was told in Signal".to_owned(),
        Err(error) => format!("NOT DONE: the owner is not told for certain: {}", not_left(error)),
    };
    let lines = [lost(parting.tally), told, unlinked(parting), groups(&parting.groups)];
    lines.iter().fold(format!("channel {channel}:"), |text, line| text + "\n- " + line)
}

fn lost(Tally { unsent, maybe, unshown }: Tally) -> String {
    format!(
        "messages lost with the queue: to WhatsApp, not sent: {unsent}; to WhatsApp, perhaps sent: {maybe}; to Signal, perhaps not \
         shown: {unshown}"
    )
}

fn unlinked(parting: &Parting) -> String {
    match parting.unlinked {
        Ok(Unlinked::Now { connected: true }) => {
            format!("WAHA's session is logged out and deleted; to be sure, {LINKED_DEVICES}")
        }
        Ok(Unlinked::Now { connected: false }) => {
            format!("WAHA's session is deleted; it was not connected, so WhatsApp may not know yet: {LINKED_DEVICES}")
        }
        Ok(Unlinked::Before) => format!("WAHA has no such session (any more); {LINKED_DEVICES}"),
        Err(NotUnlinked::Unseen(error)) => {
            format!("NOT DONE: WAHA's session is not logged out, and nothing was done to it: {}", waha(error))
        }
        Err(NotUnlinked::LoggedIn(error)) => format!(
            "NOT DONE: WAHA did not log its session out for certain, so it was not deleted: {}; or {LINKED_DEVICES}, and delete \
             the session in WAHA",
            waha(error)
        ),
        Err(NotUnlinked::Kept) => {
            "NOT DONE: WAHA logged its session out and did not delete it: run this again, or delete the \
            session in WAHA"
                .to_owned()
        }
    }
}

fn waha(error: WahaError) -> &'static str {
    match error {
        WahaError::Unreachable => "WAHA cannot be reached; start it and check channels.whatsapp.url",
        WahaError::Untrusted => "the certificate at WAHA's address is not trusted; check channels.whatsapp.ca_file",
        WahaError::Unauthorised => {
            "WAHA refuses the API key; give the bridge the one that may delete sessions (README, Leaving), then run this again"
        }
        WahaError::RateLimited { .. } => "WAHA is called too often; wait a little",
        WahaError::NotReady
        | WahaError::Refused
        | WahaError::NoMessage
        | WahaError::ColdContact
        | WahaError::Unknown => "WAHA failed; its log says why. Restart it and wait until its session works",
    }
}

fn groups(groups: &Result<Groups, NotLeft>) -> String {
    match groups {
        Ok(Groups { left, remaining: 0, .. }) => format!("Signal groups left: {left}; none remains"),
        Ok(Groups { left, remaining, trouble }) => {
            let why = trouble.as_ref().map_or_else(|| "signal-cli lists them still".to_owned(), |error| signal(*error));
            format!("NOT DONE: Signal groups left: {left}; that remain: {remaining}: {why}")
        }
        Err(error) => format!("NOT DONE: the Signal groups are not left for certain: {}", not_left(error)),
    }
}

fn not_left(error: &NotLeft) -> String {
    match error {
        NotLeft::Link(state) => link(*state).to_owned(),
        NotLeft::Signal(error) => signal(*error),
        NotLeft::Astray => "Signal took the message and did not bring it to the owner alone; run this again".to_owned(),
        NotLeft::Store(error) => error.to_string(),
    }
}

fn link(state: LinkState) -> &'static str {
    match state {
        LinkState::Connecting | LinkState::Up | LinkState::Down => {
            "signal-cli cannot be reached or does not answer; start it, and check channels.signal"
        }
        LinkState::TooOld(_) => "signal-cli is too old for Signal's service; update it",
        LinkState::NoAccount => "signal-cli does not have the bridge account; correct channels.signal.account",
        LinkState::SignedOut => SIGNED_OUT,
        LinkState::OwnerUnknown => {
            "Signal does not say who has the owner's number; give the owner's account id instead"
        }
    }
}

const SIGNED_OUT: &str =
    "Signal does not take the bridge account any more. If it is gone for good nobody can do this: use --force";

fn signal(error: SignalError) -> String {
    match error {
        SignalError::SignedOut => SIGNED_OUT.to_owned(),
        SignalError::RateLimited { after } => format!(
            "Signal limits the bridge account; run this again {}",
            after.map_or_else(|| "in an hour".to_owned(), |after| format!("in {}", minutes(after)))
        ),
        SignalError::IdentityChanged => {
            "the owner's safety number has changed and is not trusted; compare it and trust it with signal-cli (README), or use \
             --force"
                .to_owned()
        }
        SignalError::OwnerUnregistered => "the owner has no Signal account any more: use --force".to_owned(),
        _ => "signal-cli or Signal failed; look at its log, and run this again".to_owned(),
    }
}

fn minutes(span: Duration) -> String {
    format!("{} minutes", span.as_secs().div_ceil(60).max(1))
}

pub(super) fn unconfigured(channels: usize) -> String {
    format!(
        "channels that are in the database and not in the configuration: {channels}. Nobody is told there, and their WAHA \
         sessions and Signal groups are not reached, unless they are configured again before; else delete those in WAHA and Signal"
    )
}

pub(super) fn wiped(Wiped { files, with_keys }: Wiped, mark: &Path) -> String {
    let mut text = format!("wiped, the keys first; files deleted: {files}");
    if with_keys > 0 {
        let _ = write!(text, "; of them with keys that could not be overwritten before: {with_keys}");
    }
    let _ = write!(text, ". {} stays, so that no bridge begins anew here by itself: delete it last", mark.display());
    text
}

/// What nothing here reaches, and how a person does.
pub(super) fn out_of_reach(config: &Config) -> String {
    let mut lines = vec![
        "WAHA's folder (data/waha), with what WAHA kept of messages and contacts: stop WAHA and delete it".to_owned(),
        signal_cli(config).to_owned(),
        "the secrets folder and the configuration: delete them, and copies of encryption_secret elsewhere".to_owned(),
        "copies that you made yourself (`rialto backup`, `rialto export`, Litestream, snapshots, a folder of backups that is no \
         longer configured): delete them; with encryption_secret gone they open for nobody"
            .to_owned(),
        "logs of the containers: docker compose down deletes them".to_owned(),
        "your phones, and those of the people you wrote with: delete the groups and chats there".to_owned(),
        "what Signal and WhatsApp keep on their servers".to_owned(),
    ];
    if config.alarm.heartbeat_url.is_some() || config.alarm.webhook.is_some() {
        lines.push("the services of [alarm]: take the bridge out there, or they call it missing".to_owned());
    }
    lines.iter().fold("Not reached by Rialto, and yours to do:".to_owned(), |text, line| text + "\n- " + line)
}

fn signal_cli(config: &Config) -> &'static str {
    let near = config.channels.iter().all(|channel| matches!(channel.signal.endpoint, Endpoint::Socket(_)));
    if near {
        "the bridge's Signal account: docker compose stop signal-cli, then docker compose run --rm --no-deps signal-cli -a \
         NUMBER unregister --delete-account (a linked device: remove it on its phone instead), then delete data/signal-cli"
    } else {
        "the bridge's Signal account: signal-cli -a NUMBER unregister --delete-account where signal-cli runs (a linked device: \
         remove it on its phone instead), then delete signal-cli's folder"
    }
}
