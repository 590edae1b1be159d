//! `rialto init`: what a first set-up needs, made beside docker-compose.yml; and `rialto init waha`, once WAHA runs.

mod answers;
mod hands;
mod waha;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context;
use sha2::{Digest, Sha512};
use zeroize::Zeroizing;

use super::say;
use crate::config::{First, is_number, is_participant, is_session};
use crate::redact::Private;
use answers::Question;
use hands::{Hands, Owner};

/// What is asked for, and where.
#[derive(Debug, clap::Args)]
pub(super) struct Wish {
    /// The folder that docker-compose.yml lies in.
    #[arg(long, global = true, value_name = "FOLDER", default_value = ".")]
    folder: PathBuf,
    /// The number of the bridge's own Signal account; asked for if it is not given, as is what follows.
    #[arg(long, value_name = "NUMBER")]
    account: Option<Private>,
    /// Your own number, or your Signal account id.
    #[arg(long, value_name = "NUMBER")]
    owner: Option<Private>,
    /// WAHA's name for the linked phone.
    #[arg(long, value_name = "NAME")]
    session: Option<Private>,
    /// Whether messages disappear from your Signal phones when the bridge forgets them: off, or retention.
    #[arg(long, value_name = "off|retention")]
    disappearing: Option<Private>,
    #[command(subcommand)]
    step: Option<Step>,
}

#[derive(Debug, clap::Subcommand)]
enum Step {
    /// Once WAHA runs: make its session, and a key for this session alone in place of the one that may do everything.
    Waha(waha::Wish),
}

const ENCRYPTION: &str = "secrets/encryption_secret";
/// WAHA's key that may do everything: for WAHA, by its hash, and for this command.
const MASTER: &str = "secrets/waha_api_key";
/// The key that Rialto has; the same until `rialto init waha` has made another.
const SESSION_KEY: &str = "secrets/waha_session_key";
const WEBHOOK: &str = "secrets/webhook_secret";
const VARIABLES: &str = "secrets/waha.env";
const CONFIG: &str = "config/rialto.toml";

const QUESTIONS: [Question; 4] = [
    Question {
        words: "Number of the bridge's own Signal account",
        default: None,
        takes: is_number,
        allowed: "a number like +15551234567 that is not yours",
    },
    Question {
        words: "Your own number in the Signal app, or your Signal account id",
        default: None,
        takes: is_participant,
        allowed: "a number like +15551234567, or a UUID",
    },
    Question {
        words: "WAHA's name for your WhatsApp phone",
        default: Some("default"),
        takes: is_session,
        allowed: "letters, digits, - and _",
    },
    Question {
        words: "Should messages disappear from your Signal phones when the bridge forgets them, after 30 days at first and \
                four weeks at most? off or retention",
        default: Some("off"),
        takes: |text| matches!(text, "off" | "retention"),
        allowed: "off or retention",
    },
];

pub(super) fn init(wish: &Wish) -> anyhow::Result<()> {
    let hands = Hands::of(&wish.folder)?;
    match &wish.step {
        None => first(&hands, wish),
        Some(Step::Waha(more)) => waha::waha(&hands, &wish.folder, more),
    }
}

fn first(hands: &Hands, wish: &Wish) -> anyhow::Result<()> {
    configuration(hands, wish)?;
    hands.folder("secrets", 0o700, Owner::Person)?;
    for (name, owner) in [(ENCRYPTION, Owner::Bridge), (WEBHOOK, Owner::Bridge), (MASTER, Owner::Root)] {
        tell(name, hands.file(name, random()?.as_bytes(), 0o600, owner)?);
    }
    tell(SESSION_KEY, hands.file(SESSION_KEY, read(hands, MASTER)?.as_bytes(), 0o600, Owner::Bridge)?);
    variables(hands)?;
    folders(hands)?;
    say("\nKeep a copy of secrets/encryption_secret elsewhere: without it nobody can open the database.");
    Ok(())
}

fn tell(name: &str, made: bool) {
    say(format_args!("{name}: {}", if made { "made" } else { "was there, and is kept" }));
}

/// All questions are answered before anything is made.
fn configuration(hands: &Hands, wish: &Wish) -> anyhow::Result<()> {
    if hands.has(CONFIG) {
        tell(CONFIG, false);
        return Ok(());
    }
    let [account, owner, session, disappearing] = &QUESTIONS;
    let account = account.answer(wish.account.as_ref())?;
    let owner = owner.answer(wish.owner.as_ref())?;
    anyhow::ensure!(
        account != owner,
        "the bridge needs a Signal number of its own: a message you send yourself notifies nobody; nothing was made"
    );
    // With a number of its own in the argument or the default: nothing has to be asked of a program that gave the rest.
    let session = session.answer(wish.session.as_ref())?;
    let disappearing = disappearing.answer(wish.disappearing.as_ref())?;
    let (account, owner, session) = (account.reveal(), owner.reveal(), session.reveal());
    let first = First { account, owner, session, disappearing: disappearing.reveal() };
    hands.folder("config", 0o755, Owner::Person)?;
    tell(CONFIG, hands.file(CONFIG, first.toml().as_bytes(), 0o640, Owner::PersonAndBridge)?);
    Ok(())
}

/// 64 hexadecimal digits and the end of the line.
fn random() -> anyhow::Result<Zeroizing<String>> {
    let mut bytes = Zeroizing::new([0_u8; 32]);
    getrandom::fill(bytes.as_mut_slice()).map_err(|_| anyhow::anyhow!("the system gives no random numbers"))?;
    let mut text = hex(bytes.as_slice());
    text.push('\n');
    Ok(text)
}

fn hex(bytes: &[u8]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(bytes.len() * 2 + 1));
    for byte in bytes {
        // A string takes every write.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

fn read(hands: &Hands, name: &str) -> anyhow::Result<Zeroizing<String>> {
    let path = hands.path(name);
    let text = std::fs::read_to_string(&path).map(Zeroizing::new);
    text.map_err(|error| anyhow::anyhow!("{} cannot be read ({})", path.display(), error.kind()))
}

/// The first line of a secret: the one that counts.
fn line(text: &str) -> &str {
    text.lines().next().unwrap_or_default().trim()
}

/// WAHA takes its two secrets from its environment only: a hash of the key, and the webhook's key as it is.
fn variables(hands: &Hands) -> anyhow::Result<()> {
    let (master, webhook) = (read(hands, MASTER)?, read(hands, WEBHOOK)?);
    let hash = hex(&Sha512::digest(line(&master).as_bytes()));
    let text =
        Zeroizing::new(format!("WAHA_API_KEY=sha512:{}\nWHATSAPP_HOOK_HMAC_KEY={}\n", hash.as_str(), line(&webhook)));
    let made = hands.file(VARIABLES, text.as_bytes(), 0o600, Owner::Person)?;
    tell(VARIABLES, made);
    let fits = made || text.lines().all(|line| read(hands, VARIABLES).is_ok_and(|there| there.contains(line)));
    anyhow::ensure!(fits, "{VARIABLES} does not fit {MASTER} and {WEBHOOK}: move it away and run this again");
    Ok(())
}

/// Only root can make what others are to own.
fn folders(hands: &Hands) -> anyhow::Result<()> {
    if !hands.root {
        say(
            "\nThis was not run as root, so all of it belongs to you, and data/ is not made. docker-compose.yml runs Rialto \
             as user 10001, who must be able to read the secrets: README, step 2.",
        );
        return Ok(());
    }
    for (name, mode, owner) in [
        ("data", 0o711, Owner::Root),
        ("data/rialto", 0o700, Owner::Bridge),
        ("data/signal-cli", 0o700, Owner::Bridge),
        ("data/signal-cli/attachments", 0o700, Owner::Bridge),
        ("data/waha", 0o700, Owner::Root),
    ] {
        hands.folder(name, mode, owner)?;
    }
    say("data: there, for its three owners");
    Ok(())
}

/// For what reads the configuration of this folder.
fn config_of(folder: &Path) -> PathBuf {
    crate::config::in_folder(folder)
}

/// A secret, without the end of its line.
fn secret(hands: &Hands, name: &str) -> anyhow::Result<secrecy::SecretString> {
    let text = read(hands, name).context("run `rialto init` first")?;
    Ok(line(&text).into())
}
