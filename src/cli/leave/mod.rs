//! `rialto leave`: the owner is told, the peers are left, and everything that is Rialto's own is wiped.

mod words;

use std::io::{IsTerminal, stdin};
use std::path::PathBuf;

use tokio_util::sync::CancellationToken;

use super::secret::with_secret;
use super::{logs, runtime, say};
use crate::backups;
use crate::bridge::leave::{Leaver, Parting};
use crate::clock::Clock;
use crate::config::{self, Config};
use crate::media;
use crate::signal::{Link, Settings};
use crate::store::leave::Leaving;
use crate::store::{Stage, Store, StoreError};
use crate::whatsapp::Client;

/// How it is to be done.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(super) struct Wish {
    /// Do not ask.
    #[arg(long)]
    yes: bool,
    /// Wipe also if WAHA or Signal could not be left. What they keep is then yours to remove.
    #[arg(long)]
    force: bool,
}

/// What the person has to type.
const WORD: &str = "leave";

pub(super) fn leave(config: Config, wish: Wish) -> anyhow::Result<()> {
    logs::begin(&config.log);
    let path = config.store.path.clone();
    anyhow::ensure!(
        path.is_file() || is_marked(&config),
        "there is no database at {}: check store.path",
        path.display()
    );
    let leaving = Leaving::take(&path).map_err(in_use)?;
    let (peers_left, config) = match leaving.stage() {
        None | Some(Stage::Begun) => leave_peers(&leaving, config, wish)?,
        Some(stage) => {
            say(if stage == Stage::Done { words::BEFORE } else { words::GOES_ON });
            (true, config)
        }
    };
    let mark = leaving.mark();
    say(words::wiped(leaving.wipe(&copies(&config)?, &on_their_way(&config))?, &mark));
    // Empty by now, unless somebody else uses it too.
    drop(std::fs::remove_dir(&config.media.folder));
    say(words::out_of_reach(&config));
    anyhow::ensure!(peers_left, "{}", words::BY_HAND);
    Ok(())
}

fn is_marked(config: &Config) -> bool {
    crate::store::refuse_left(&config.store.path).is_err()
}

fn in_use(error: StoreError) -> anyhow::Error {
    match error {
        StoreError::InUse => anyhow::anyhow!("a bridge uses this database: stop it, then leave"),
        error => error.into(),
    }
}

/// Whether nothing is left to be done at the peers. Nothing is wiped unless it is so, or the wish is to wipe all the same.
fn leave_peers(leaving: &Leaving, config: Config, wish: Wish) -> anyhow::Result<(bool, Config)> {
    let (path, mark) = (&config.store.path, leaving.mark());
    anyhow::ensure!(path.is_file(), "{}", words::vanished(path, &mark));
    anyhow::ensure!(wish.yes || stdin().is_terminal(), "{}", words::NOBODY_THERE);
    let config = with_secret(config)?;
    let store = leaving.open(&config.encryption)?;
    let done = runtime()?.block_on(ask_and_part(leaving, &store, &config, wish));
    store.close();
    let done = done?;
    anyhow::ensure!(done || wish.force, "{}", words::NOT_YET);
    Ok((done, config))
}

async fn ask_and_part(leaving: &Leaving, store: &Store, config: &Config, wish: Wish) -> anyhow::Result<bool> {
    let others = unconfigured(store, config).await?;
    confirm(config, others, wish)?;
    leaving.begin()?;
    let done = part(store, config).await?;
    if others > 0 {
        say(words::unconfigured(others));
    }
    Ok(done)
}

/// How many channels there are in the database that nobody can reach any more.
async fn unconfigured(store: &Store, config: &Config) -> Result<usize, StoreError> {
    let known = store.read(|tx| tx.channel_names()).await?;
    Ok(known.iter().filter(|name| config.channels.iter().all(|channel| channel.name != **name)).count())
}

fn confirm(config: &Config, unconfigured: usize, wish: Wish) -> anyhow::Result<()> {
    if wish.yes {
        return Ok(());
    }
    say(words::question(config, unconfigured));
    let mut answer = String::new();
    stdin().read_line(&mut answer)?;
    anyhow::ensure!(answer.trim() == WORD, "nothing was done");
    Ok(())
}

/// One channel after the other. Whether all is done.
async fn part(store: &Store, config: &Config) -> anyhow::Result<bool> {
    let clock = Clock::system();
    let mut done = true;
    for channel in &config.channels {
        let parting = leave_channel(store, &clock, channel).await?;
        say(words::parting(&channel.name, &parting));
        done &= parting.is_done();
    }
    Ok(done)
}

async fn leave_channel(store: &Store, clock: &Clock, channel: &config::Channel) -> anyhow::Result<Parting> {
    let (name, now) = (channel.name.clone(), clock.now());
    let configured = channel.signal.owner.reveal().to_owned();
    let row = store.write(move |tx| {
        let id = tx.channel(&name, now)?;
        Ok((id, tx.pinned_owner(id, &configured)?))
    });
    let (id, pinned) = row.await?;
    let signal = Link::new(Settings::new(&channel.name, &channel.signal, pinned), clock.clone());
    let (stop, link) = (CancellationToken::new(), signal.clone());
    let _stop = stop.clone().drop_guard();
    tokio::spawn(async move { link.keep_sending(stop).await });
    let whatsapp = Client::new(&channel.whatsapp)?;
    Ok(Leaver { id, store, clock, whatsapp, signal }.part().await?)
}

/// Sealed files, and what a crash may have left in the clear.
fn on_their_way(config: &Config) -> Vec<PathBuf> {
    let handed =
        config.channels.iter().filter_map(|channel| Some(channel.signal.hand_over.as_ref()?.join(&channel.name)));
    let handed = handed.flat_map(|folder| media::handed_files(&folder));
    media::own_files(&config.media.folder).into_iter().chain(handed).collect()
}

/// Copies that do not lie beside the database.
fn copies(config: &Config) -> anyhow::Result<Vec<PathBuf>> {
    let Some(folder) = &config.backup.path else { return Ok(Vec::new()) };
    backups::all(folder).map_err(|error| {
        anyhow::anyhow!("{} cannot be read ({}): check its rights, then run this again", folder.display(), error.kind())
    })
}
