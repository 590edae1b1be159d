//! Asks a person, at the terminal or on standard input, for what was not given as an argument.

use std::io::{IsTerminal, stdin};

use crate::cli::ask_aloud;
use crate::redact::Private;

/// A question.
pub(super) struct Question {
    pub(super) words: &'static str,
    /// What an empty line means.
    pub(super) default: Option<&'static str>,
    pub(super) takes: fn(&str) -> bool,
    /// What it takes, for people.
    pub(super) allowed: &'static str,
}

impl Question {
    /// What was given, or what is answered. A person is asked again, a program is not.
    pub(super) fn answer(&self, given: Option<&Private>) -> anyhow::Result<Private> {
        if let Some(given) = given {
            return self.check(given.reveal());
        }
        loop {
            let line = self.line()?;
            match self.check(&line) {
                Err(problem) if stdin().is_terminal() => ask_aloud(format_args!("{problem}\n")),
                answered => return answered,
            }
        }
    }

    fn line(&self) -> anyhow::Result<String> {
        let default = self.default.map_or_else(String::new, |text| format!(" [{text}]"));
        ask_aloud(format_args!("{}{default}: ", self.words));
        let mut line = String::new();
        let read = stdin().read_line(&mut line);
        let length = read.map_err(|error| anyhow::anyhow!("standard input cannot be read ({})", error.kind()))?;
        anyhow::ensure!(length > 0, "\"{}\" was not answered; nothing was made", self.words);
        Ok(line)
    }

    fn check(&self, line: &str) -> anyhow::Result<Private> {
        let text = line.trim();
        let text = if text.is_empty() { self.default.unwrap_or_default() } else { text };
        // Not repeated: it may be a number.
        anyhow::ensure!((self.takes)(text), "{}: {}", self.words, self.allowed);
        Ok(Private::new(text))
    }
}
