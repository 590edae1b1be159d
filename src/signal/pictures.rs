//! The pictures of groups. In base64, as signal-cli takes them (a data URI in `updateGroup`) and gives them (`getAvatar`).

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::error::SignalError;
use super::link::Link;
use super::outbound;
use crate::event::GroupId;
use crate::redact::Private;

/// The call that reads one, from signal-cli's own folder.
pub(super) const METHOD: &str = "getAvatar";

/// The answer to [`METHOD`].
#[derive(Deserialize)]
struct Answer {
    data: Private,
}

impl Link {
    /// A group's picture, in base64; nothing if it has none, or signal-cli was told to keep none (`--ignore-avatars`).
    ///
    /// # Errors
    ///
    /// If signal-cli does not say.
    pub async fn group_picture(&self, group: &GroupId) -> Result<Option<Private>, SignalError> {
        match self.ask::<Answer>(METHOD, outbound::picture_of(group)?).await {
            Ok(answer) => Ok(Some(answer.data)),
            Err(SignalError::Refused) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Gives a group a picture, of which this is the type and the base64. Can be repeated; each time the apps show a line.
    ///
    /// # Errors
    ///
    /// If it is not certain that this has been done.
    pub async fn set_group_picture(&self, group: &GroupId, mimetype: &str, data: &Private) -> Result<(), SignalError> {
        self.ask::<IgnoredAny>("updateGroup", outbound::set_picture(group, mimetype, data)?).await.map(drop)
    }
}
