//! `rialto backup FILE`

use std::path::Path;

use super::say;
use crate::config::Config;
use crate::store::backup;

pub(super) fn backup(config: &Config, file: &Path) -> anyhow::Result<()> {
    backup::copy(&config.store.path, file)?;
    say(format_args!("the database is copied to {}; it opens with the secret of the original", file.display()));
    Ok(())
}
