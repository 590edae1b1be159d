//! `rialto check --production`: the points of SECURITY.md's checklist that a program can look at.

mod key;
mod machine;
mod points;

use std::path::Path;

use super::say;
use crate::app::App;
use crate::config::Config;
use machine::Machine;
use points::POINTS;

/// What was found at a point; what is not fine comes with the next step.
#[derive(Debug, PartialEq, Eq)]
enum Found {
    Fine,
    Warning(String),
    MustChange(String),
}

pub(super) fn check(config: &Config, file: &Path) -> anyhow::Result<()> {
    App::check(config)?;
    let machine = Machine::look(config, file);
    let mut wrong = 0;
    for (what, look) in POINTS {
        let found = look(config, &machine);
        wrong += usize::from(matches!(found, Found::MustChange(_)));
        say(line(what, &found));
    }
    say("\nWhat no program can look at is in SECURITY.md, \"Before you rely on it\".");
    anyhow::ensure!(wrong == 0, "{wrong} of {} points must change before you rely on this bridge", POINTS.len());
    Ok(())
}

fn line(what: &str, found: &Found) -> String {
    match found {
        Found::Fine => format!("ok           {what}"),
        Found::Warning(next) => format!("warning      {what}\n             {next}"),
        Found::MustChange(next) => format!("must change  {what}\n             {next}"),
    }
}

#[cfg(test)]
mod tests;
