//! `rialto init waha`: WAHA's session, and a key that reaches this session alone.

use std::path::Path;

use secrecy::{ExposeSecret, SecretString};

use super::{Hands, MASTER, Private, Question, SESSION_KEY, config_of, secret};
use crate::cli::{runtime, say, warn};
use crate::config::{self, WhatsApp};
use crate::whatsapp::{Keeper, NewKey, WahaError};

/// What is asked of WAHA.
#[derive(Debug, clap::Args)]
pub(super) struct Wish {
    /// Whether WAHA keeps messages and contacts: yes or no; asked for if it is not given.
    #[arg(long, value_name = "YES|NO")]
    keep_history: Option<Private>,
    /// WAHA's address as this machine sees it, if it is another than the configuration's.
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// The channel; needed only where there are several.
    #[arg(long, value_name = "NAME")]
    channel: Option<String>,
    /// Make another key although there is one, as after a leak, and delete the old one at WAHA.
    #[arg(long)]
    new_key: bool,
}

const HISTORY: Question = Question {
    words: "Shall WAHA keep messages and contacts? Without, quotes, names and what came while Rialto was away are missing",
    default: Some("yes"),
    takes: |text| matches!(text, "yes" | "no"),
    allowed: "yes or no",
};

/// What goes on with the key that may do everything.
const MASTER_STAYS: &str = "Rialto goes on with WAHA's key that may do everything";

/// WAHA as one key sees it.
struct Doors<'a> {
    file: &'a Path,
    wish: &'a Wish,
}

impl Doors<'_> {
    fn with(&self, key: SecretString) -> anyhow::Result<Keeper> {
        let mut waha = config::waha_of(self.file, self.wish.channel.as_deref(), key)?;
        if let Some(url) = &self.wish.url {
            waha = WhatsApp { url: url.trim_end_matches('/').to_owned(), ..waha };
        }
        Keeper::new(&waha).map_err(|error| said(&error))
    }
}

pub(super) fn waha(hands: &Hands, folder: &Path, wish: &Wish) -> anyhow::Result<()> {
    let (master, before) = (secret(hands, MASTER)?, secret(hands, SESSION_KEY)?);
    let file = config_of(folder);
    let doors = Doors { file: &file, wish };
    let keeper = doors.with(master.clone())?;
    let keeps = HISTORY.answer(wish.keep_history.as_ref())?;
    let runtime = runtime()?;
    let made = runtime.block_on(keeper.make_session(keeps.reveal() == "yes")).map_err(|error| said(&error))?;
    say(if made { "WAHA's session is made." } else { "WAHA has the session already; its settings stay as they are." });
    let has_own = before.expose_secret() != master.expose_secret();
    if has_own && !wish.new_key {
        say("Rialto has a key for this session already.");
        return runtime.block_on(limits(&doors.with(before)?)).map(drop);
    }
    let Some(key) = runtime.block_on(new_key(&keeper, &doors))? else { return Ok(()) };
    hands.replace(SESSION_KEY, format!("{}\n", key.expose_secret()).as_bytes())?;
    say(format_args!("{SESSION_KEY} holds a key for this session alone. If Rialto runs, let it take it:"));
    say("  docker compose up -d --force-recreate rialto");
    if has_own {
        let gone = runtime.block_on(keeper.delete_key(&before)).map_err(|error| said(&error))?;
        say(if gone { "The old key is deleted at WAHA." } else { "WAHA did not have the old key any more." });
    }
    Ok(())
}

/// A key that does all that the bridge calls; nothing if there is none to be had, and why is said.
async fn new_key(keeper: &Keeper, doors: &Doors<'_>) -> anyhow::Result<Option<SecretString>> {
    let Some(NewKey { key, limited }) = keeper.make_key().await.map_err(|error| said(&error))? else {
        warn(format_args!("this WAHA makes no keys for one session (2026.2.1 and newer do): {MASTER_STAYS}"));
        return Ok(None);
    };
    if !limited {
        warn("this WAHA limits the key to the session, and not to reading, sending and restarting (2026.7.1 does)");
    }
    let can = limits(&doors.with(key.clone())?).await;
    if matches!(can, Ok(true)) {
        return Ok(Some(key));
    }
    // A key that nobody uses is a key that nobody misses.
    keeper.delete_key(&key).await.map_err(|error| said(&error))?;
    can.map(|_| None)
}

/// Whether the key does what it must. What it reaches beyond its session is said.
async fn limits(keeper: &Keeper) -> anyhow::Result<bool> {
    let lacks = keeper.lacks().await.map_err(|error| said(&error))?;
    if !lacks.is_empty() {
        warn(format_args!("WAHA refuses the session's key {}: {MASTER_STAYS}", lacks.join(", ")));
        return Ok(false);
    }
    let reaches = keeper.reaches().await.map_err(|error| said(&error))?;
    if reaches.is_empty() {
        say("The key does what Rialto needs, and WAHA refuses it its keys, its secrets and other sessions.");
    } else {
        warn(format_args!("the session's key also reaches {}", reaches.join(", ")));
    }
    Ok(true)
}

/// What went wrong, and what to do.
fn said(error: &WahaError) -> anyhow::Error {
    anyhow::anyhow!(match error {
        WahaError::Unreachable => {
            "WAHA cannot be reached: start it with `docker compose up -d --wait waha`, or name its address with --url"
        }
        WahaError::Untrusted => "the certificate at WAHA's address is not trusted: see ca_file",
        WahaError::Unauthorised =>
            "WAHA does not take secrets/waha_api_key: does secrets/waha.env hold its hash, and was WAHA started since?",
        _ => "WAHA does not do what it was asked: `docker compose logs waha` says why",
    })
}
