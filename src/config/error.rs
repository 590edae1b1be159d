//! What is wrong with a configuration, in words that say which key, from where, and what is allowed.

use std::path::PathBuf;

use figment::error::Kind;

/// Why a configuration cannot be used. `Display` is a whole sentence for the person who wrote it; it never repeats the
/// value of a secret.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// There is no file.
    #[error(
        "there is no configuration file at {}; copy config/rialto.sample.toml there, or name another with --config",
        .0.display()
    )]
    Missing(PathBuf),
    /// One or more keys are unknown, missing or of the wrong kind.
    #[error("{0}")]
    Shape(String),
    /// A value is outside what is allowed.
    #[error("{key} (from {origin}): {problem}")]
    Value {
        /// The key in dotted form.
        key: String,
        /// The file or variable that set it, or "the defaults".
        origin: String,
        /// What is wrong and what is allowed.
        problem: String,
    },
}

impl ConfigError {
    pub(super) fn from_figment(error: figment::Error) -> Self {
        Self::Shape(error.into_iter().map(|e| describe(&e)).collect::<Vec<_>>().join("\n"))
    }
}

/// figment names the profile as the first part of a path and quotes found values; a value may be a secret, so only
/// kinds and names are repeated here.
fn describe(error: &figment::Error) -> String {
    let origin = error.metadata.as_ref().map_or_else(|| "the defaults".to_owned(), origin);
    let mut key = error.path.join(".");
    let problem = match &error.kind {
        Kind::UnknownField(name, allowed) => {
            key = join(&key, name);
            format!("there is no such key; allowed here: {}", allowed.join(", "))
        }
        Kind::MissingField(name) => {
            key = join(&key, name);
            "this key is required".to_owned()
        }
        Kind::InvalidType(_, expected) | Kind::InvalidValue(_, expected) => format!("expected {expected}"),
        Kind::Message(_) if key.is_empty() => syntax(error),
        _ => "the value cannot be read".to_owned(),
    };
    format!("{key} (from {origin}): {problem}", key = if key.is_empty() { "the file" } else { &key })
}

/// A syntax error quotes the line, which may hold a secret: keep the part that gives its position.
fn syntax(error: &figment::Error) -> String {
    let text = error.kind.to_string();
    let position = text.lines().next().unwrap_or_default();
    format!("this is not valid TOML: {position}")
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// The file or the kind of source a value came from.
pub(super) fn origin(metadata: &figment::Metadata) -> String {
    metadata.source.as_ref().map_or_else(|| metadata.name.to_string(), |source| source.to_string())
}
