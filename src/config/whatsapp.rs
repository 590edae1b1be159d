//! The WAHA side of a channel, checked.

use std::path::PathBuf;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use super::check::{Checked, Checker, is_https};
use super::{WhatsApp, raw, secret};

impl Checker<'_> {
    pub(super) fn whatsapp(&self, key: &str, raw: raw::WhatsApp) -> Checked<WhatsApp> {
        let url = self.base(&format!("{key}.url"), &raw.url)?;
        let authorities = self.authorities(&format!("{key}.ca_file"), raw.ca_file.as_deref(), is_https(&url))?;
        self.session(key, &raw.session)?;
        let api_key = self.required(key, "api_key", raw.api_key, raw.api_key_file)?;
        self.warn_of_weak(&format!("{key}.api_key"), api_key.expose_secret());
        let given = self.required(key, "webhook_secret", raw.webhook_secret, raw.webhook_secret_file)?;
        let webhook_secrets =
            secret::one_or_two(&given).map_err(|problem| self.error(&format!("{key}.webhook_secret"), problem))?;
        let silence = self.silence(&format!("{key}.silence"), &raw.silence)?;
        Ok(WhatsApp { url, authorities, session: raw.session, api_key, webhook_secrets, silence })
    }

    fn session(&self, key: &str, name: &str) -> Checked<()> {
        let problem = || self.error(&format!("{key}.session"), "must be the name of a WAHA session, like default");
        is_session(name).then_some(()).ok_or_else(problem)
    }

    /// Of a channel whose secrets need not be there yet.
    pub(super) fn whatsapp_under(&self, key: &str, raw: raw::WhatsApp, api_key: SecretString) -> Checked<WhatsApp> {
        let url = self.base(&format!("{key}.url"), &raw.url)?;
        let authorities = self.authorities(&format!("{key}.ca_file"), raw.ca_file.as_deref(), is_https(&url))?;
        self.session(key, &raw.session)?;
        Ok(WhatsApp { url, authorities, session: raw.session, api_key, webhook_secrets: Vec::new(), silence: None })
    }

    fn base(&self, key: &str, text: &str) -> Checked<String> {
        let url = text.trim_end_matches('/').to_owned();
        let parsed = reqwest::Url::parse(&url).ok().filter(|u| matches!(u.scheme(), "http" | "https"));
        let plain = |u: &reqwest::Url| {
            u.host().is_some() && u.query().is_none() && u.username().is_empty() && u.password().is_none()
        };
        if let Some(parsed) = parsed.filter(plain) {
            self.warn_of_plain(key, &parsed);
            return Ok(url);
        }
        Err(self.error(key, "must be WAHA's base URL without user or query, like http://waha:3000"))
    }

    fn silence(&self, key: &str, text: &str) -> Checked<Option<Duration>> {
        if text == "never" {
            return Ok(None);
        }
        self.span(key, text, Duration::from_hours(6), Duration::from_hours(24 * 30)).map(Some)
    }

    fn required(
        &self,
        key: &str,
        name: &str,
        value: Option<SecretString>,
        file: Option<PathBuf>,
    ) -> Checked<SecretString> {
        let key = format!("{key}.{name}");
        let file = self.file(&format!("{key}_file"), file)?;
        let given = secret::read(value, file.as_deref(), name).map_err(|problem| self.error(&key, problem))?;
        self.warn_of_wide(&key, file.as_deref());
        given
            .filter(|secret| !secret.expose_secret().is_empty())
            .ok_or_else(|| self.error(&key, format!("set {name}_file (or {name})")))
    }
}

/// What WAHA takes as the name of a session.
pub(super) fn is_session(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    (1..=54).contains(&name.len()) && name.chars().all(plain)
}
