//! Takes a secret from a person: typed at the terminal and not shown there, or a line of standard input. Never from an
//! argument or a variable, which others on the machine can read.

use std::io::{IsTerminal, stdin};

use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use crate::config::{Config, Unlock};

/// The configuration with its secret, which is asked for where it is not on the machine.
pub(super) fn with_secret(config: Config) -> anyhow::Result<Config> {
    if !config.encryption.unlock.is_by_hand() {
        return Ok(config);
    }
    let unlock = passphrase(&ask("Secret of the database: ")?, &config.encryption.unlock)?;
    let encryption = crate::config::Encryption { enabled: config.encryption.enabled, unlock };
    Ok(Config { encryption, ..config })
}

/// What was given as what opens the keys. A work factor is kept from `before`.
pub(super) fn passphrase(given: &SecretString, before: &Unlock) -> anyhow::Result<Unlock> {
    Unlock::from_passphrase(given.clone(), before).map_err(|problem| anyhow::anyhow!("the secret {problem}"))
}

/// A secret that there is already.
pub(super) fn ask(prompt: &str) -> anyhow::Result<SecretString> {
    let given = if stdin().is_terminal() { typed(prompt)? } else { line()? };
    anyhow::ensure!(!given.expose_secret().is_empty(), "no secret was given; nothing was done");
    Ok(given)
}

/// A secret that is to be one: typed twice, since nobody sees what is typed.
pub(super) fn choose() -> anyhow::Result<SecretString> {
    let given = ask("New secret, 32 characters or more: ")?;
    if stdin().is_terminal() {
        let again = ask("Once more: ")?;
        anyhow::ensure!(given.expose_secret() == again.expose_secret(), "the two differ; nothing was done");
    }
    Ok(given)
}

fn typed(prompt: &str) -> anyhow::Result<SecretString> {
    let typed = rpassword::prompt_password(prompt);
    Ok(typed.map_err(|error| anyhow::anyhow!("the terminal cannot be used ({})", error.kind()))?.into())
}

fn line() -> anyhow::Result<SecretString> {
    let mut line = Zeroizing::new(String::new());
    let read = stdin().read_line(&mut line);
    read.map_err(|error| anyhow::anyhow!("standard input cannot be read ({})", error.kind()))?;
    Ok(line.trim_end_matches(['\r', '\n']).into())
}
