//! The command line: one small file for each subcommand.

mod animate;
mod ask;
mod backup;
mod captcha;
mod chat;
mod check;
mod confine;
mod export;
mod forget;
mod health;
mod init;
mod leave;
mod logs;
mod memory;
mod production;
mod rekey;
mod reseal;
mod restore;
mod retention;
mod run;
mod secret;
mod unlock;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::{Config, ConfigError, DEFAULT_FILE};
use crate::redact::Private;
use secret::with_secret;

/// Read and answer WhatsApp in the Signal app.
#[derive(Debug, Parser)]
#[command(name = "rialto", version, about)]
pub struct Arguments {
    /// The configuration file.
    #[arg(long, global = true, env = "RIALTO_CONFIG", default_value = DEFAULT_FILE, value_name = "FILE")]
    config: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Set up a folder: configuration, secrets, folders; nothing that is there is replaced. Then, once WAHA runs,
    /// `rialto init waha`.
    Init(init::Wish),
    /// Run the bridge.
    Run,
    /// Check the configuration and print it as it takes effect, secrets hidden.
    Check {
        /// Look at the machine too, and print the checklist for before you rely on it; fails if something must change.
        #[arg(long)]
        production: bool,
    },
    /// Ask a running bridge whether it can accept events; exit status 0 if so.
    Health,
    /// Give a bridge that was started locked its secret: typed here, or as a line of standard input.
    Unlock,
    /// Lift Signal's limit on the bridge account with a captcha that you solved, through the running bridge.
    Captcha {
        /// The address behind "Open Signal" at <https://signalcaptchas.org/challenge/generate.html>, in single quotes.
        captcha: Private,
        /// The channel whose account is limited; needed only where several are.
        #[arg(long, value_name = "NAME")]
        channel: Option<String>,
    },
    /// Show all that is kept, or what is kept of one chat, as JSON in plain; also while the bridge runs.
    Export {
        /// The number, like +491701234567, or WAHA's id of the chat; everything if none is given.
        chat: Option<Private>,
        /// The channel; needed only where several have the chat.
        #[arg(long, value_name = "NAME")]
        channel: Option<String>,
        /// A new file that only you can read; without it, standard output.
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Forget a chat: all that is kept of it is deleted and its Signal group left, by the running bridge.
    Forget {
        /// The number, like +491701234567, or WAHA's id of the chat.
        chat: Private,
        /// The channel; needed only where several have the chat.
        #[arg(long, value_name = "NAME")]
        channel: Option<String>,
    },
    /// Delete what is past the retention period now. The bridge must not be running: it does this by itself.
    Retention {
        /// Only count what is due, also while the bridge runs.
        #[arg(long)]
        dry_run: bool,
        /// Make a large database of an early version anew first, so that it gives free space back.
        #[arg(long, conflicts_with = "dry_run")]
        compact: bool,
    },
    /// Bring all values in the database to what is written now: sealed under the newest key, or plain if encryption is off.
    /// The running bridge does it in the background; without one it is done here.
    Reseal {
        /// Make a new key first, as after a leak. Older keys are destroyed at the end.
        #[arg(long)]
        new_key: bool,
    },
    /// Change the secret that opens the database: the passphrase or the key file. The bridge must not be running.
    Rekey {
        #[command(flatten)]
        new: rekey::NewSecret,
    },
    /// Copy the database to a new file, also while the bridge runs. The copy opens with the same secret.
    Backup {
        /// The new file.
        file: PathBuf,
    },
    /// Leave for good: tell the owner, unlink WAHA, leave the Signal groups, and then destroy all that Rialto keeps. The bridge
    /// must not be running; WAHA and signal-cli must.
    Leave {
        #[command(flatten)]
        wish: leave::Wish,
    },
    /// Become another program, locked in: used by the bridge itself, for ffmpeg.
    #[command(hide = true)]
    Confine(confine::Wish),
    /// Make a GIF of a WebP that moves, locked in: used by the bridge itself.
    #[command(hide = true)]
    Animate,
    /// Put a backup in the place of the database, which is kept beside it. The bridge must not be running.
    Restore {
        /// The backup.
        file: PathBuf,
    },
}

/// Does what the arguments ask. What goes wrong is one sentence on standard error and exit status 1.
#[must_use]
pub fn run(arguments: &Arguments) -> ExitCode {
    memory::keep_private();
    // Before there is a configuration.
    if let Command::Init(wish) = &arguments.command {
        return end(init::init(wish));
    }
    if let Command::Confine(wish) = &arguments.command {
        return end(confine::confine(wish));
    }
    if let Command::Animate = &arguments.command {
        return end(animate::animate());
    }
    let done = arguments.config().map_err(anyhow::Error::from).and_then(|config| match &arguments.command {
        Command::Init(wish) => init::init(wish),
        Command::Confine(wish) => confine::confine(wish),
        Command::Animate => animate::animate(),
        Command::Run => run::run(config),
        Command::Check { production: false } => check::check(&config),
        Command::Check { production: true } => production::check(&config, &arguments.config),
        Command::Health => health::health(&config),
        Command::Unlock => unlock::unlock(&config),
        Command::Captcha { captcha, channel } => captcha::captcha(&config, captcha.reveal(), channel.clone()),
        Command::Export { chat, channel, output } => export::export(
            &with_secret(config)?,
            &export::Wish {
                chat: chat.as_ref().map(Private::reveal),
                channel: channel.as_deref(),
                output: output.as_deref(),
            },
        ),
        Command::Forget { chat, channel } => forget::forget(&with_secret(config)?, chat.reveal(), channel.as_deref()),
        Command::Retention { dry_run: true, .. } => retention::dry_run(&with_secret(config)?),
        Command::Retention { compact, .. } => retention::retention(config, *compact),
        Command::Reseal { new_key } => reseal::reseal(config, *new_key),
        Command::Rekey { new } => rekey::rekey(config, new),
        Command::Leave { wish } => leave::leave(config, *wish),
        Command::Restore { file } => restore::restore(&with_secret(config)?, file),
        Command::Backup { file } => backup::backup(&config, file),
    });
    end(done)
}

fn end(done: anyhow::Result<()>) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}

impl Arguments {
    fn config(&self) -> Result<Config, ConfigError> {
        Config::load(&self.config)
    }
}

#[expect(clippy::print_stderr, reason = "the place where the program speaks to the person who started it")]
fn complain(error: &anyhow::Error) {
    eprintln!("rialto: {error}");
}

#[expect(clippy::print_stderr, reason = "apart from what was asked for, which may be read by a program")]
fn warn(text: impl std::fmt::Display) {
    eprintln!("rialto: warning: {text}");
}

#[expect(clippy::print_stderr, reason = "a question is no part of what was asked for")]
fn ask_aloud(text: impl std::fmt::Display) {
    eprint!("{text}");
}

#[expect(clippy::print_stdout, reason = "the place where the program answers the person who asked")]
fn say(text: impl std::fmt::Display) {
    println!("{text}");
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        super::Arguments::command().debug_assert();
    }
}
