//! What messages show that are neither words nor files.

use serde::{Deserialize, Serialize};

use super::Unsupported;
use crate::clock::Moment;
use crate::redact::Private;

/// What a message shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Thing {
    /// A place.
    Place(Place),
    /// People's cards.
    Cards(Vec<Card>),
    /// A question with answers to choose from.
    Poll(Poll),
    /// What somebody chose in a poll.
    Vote(Vote),
    /// How a poll ended.
    Results(Results),
    /// An event in a calendar.
    Appointment(Appointment),
    /// A text with buttons, or a list.
    Choices(Choices),
    /// A payment, or something that is for sale.
    Deal(Deal),
    /// An invitation to a group.
    Invite(Invite),
    /// A call.
    Call(Call),
    /// A message of the chat is pinned, or no more.
    Pin {
        /// Whether it is.
        pinned: bool,
    },
}

impl Thing {
    /// The kind as a line names it that says what was not sent.
    #[must_use]
    pub fn as_unsupported(&self) -> Unsupported {
        match self {
            Self::Place(_) => Unsupported::Location,
            Self::Cards(_) => Unsupported::Contact,
            Self::Poll(_) => Unsupported::Poll,
            Self::Vote(_) => Unsupported::PollVote,
            Self::Results(_) => Unsupported::PollResults,
            Self::Appointment(_) => Unsupported::CalendarEvent,
            Self::Choices(_) => Unsupported::Buttons,
            Self::Deal(_) => Unsupported::Payment,
            Self::Invite(_) => Unsupported::GroupInvite,
            Self::Call(_) => Unsupported::Call,
            Self::Pin { .. } => Unsupported::PinnedMessage,
        }
    }

    /// Whether it says something about what is there already, for which no phone has to ring.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        matches!(self, Self::Vote(_) | Self::Results(_) | Self::Pin { .. })
    }
}

/// A place.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// What it is called.
    pub name: Option<Private>,
    /// Its address.
    pub address: Option<Private>,
    /// What was written with it.
    pub words: Option<Private>,
    /// Where it is.
    pub at: Option<Coordinates>,
    /// If it is where somebody is, and moves.
    pub live: Option<Live>,
    /// Whether a picture came with it, which is of its map as far as one can tell.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pictured: bool,
}

impl Place {
    /// Whether there is nothing to show.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let words = [&self.name, &self.address, &self.words];
        self.at.is_none() && self.live.is_none() && words.into_iter().all(Option::is_none)
    }
}

/// Latitude and longitude.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coordinates {
    latitude: Private,
    longitude: Private,
}

impl Coordinates {
    /// To about ten centimetres; nothing if there is no such place on earth.
    #[must_use]
    pub fn new(latitude: f64, longitude: f64) -> Option<Self> {
        let on_earth = latitude.abs() <= 90.0 && longitude.abs() <= 180.0;
        on_earth.then(|| Self { latitude: degrees(latitude), longitude: degrees(longitude) })
    }

    /// The latitude, in degrees with decimals.
    #[must_use]
    pub fn latitude(&self) -> &str {
        self.latitude.reveal()
    }

    /// The longitude.
    #[must_use]
    pub fn longitude(&self) -> &str {
        self.longitude.reveal()
    }
}

fn degrees(number: f64) -> Private {
    const PLACES: f64 = 1e6;
    // Adding zero takes the sign off a zero.
    ((number * PLACES).round() / PLACES + 0.0).to_string().into()
}

/// A place that moves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Live {
    /// Since when it is shared.
    pub since: Moment,
    /// For how many minutes, where the engine says it.
    pub minutes: Option<u32>,
}

/// Somebody's name and numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    /// The name.
    pub name: Option<Private>,
    /// The numbers, as whoever wrote the card wrote them.
    pub numbers: Vec<Private>,
    /// The card itself (vCard).
    pub vcard: Private,
}

/// A question with answers to choose from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Poll {
    /// The question.
    pub question: Private,
    /// The answers.
    pub options: Vec<Private>,
    /// Whether more than one may be chosen.
    pub several: bool,
}

/// What somebody chose in a poll.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vote {
    /// The answers; nothing chosen: a vote that is taken back. Nothing at all if they could not be read.
    pub chosen: Option<Vec<Private>>,
}

/// How a poll ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Results {
    /// The question.
    pub question: Option<Private>,
    /// The answers, and how many chose each.
    pub counted: Vec<(Private, u64)>,
}

/// An event in a calendar.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Appointment {
    /// What it is called.
    pub name: Option<Private>,
    /// What is written about it.
    pub about: Option<Private>,
    /// When it begins.
    pub from: Option<Moment>,
    /// When it ends.
    pub until: Option<Moment>,
    /// Where it is.
    pub place: Option<Place>,
    /// Where it is on the net.
    pub link: Option<Private>,
    /// Whether it is called off.
    pub off: bool,
}

/// A text with buttons, or a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choices {
    /// What it says, from its title to its foot.
    pub words: Vec<Private>,
    /// What can be chosen.
    pub choices: Vec<Private>,
}

/// What a deal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each variant is the thing it names")]
pub enum DealKind {
    Request,
    Payment,
    Declined,
    Cancelled,
    Invoice,
    Order,
    Product,
}

/// A payment, or something that is for sale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deal {
    /// What it is.
    pub kind: DealKind,
    /// How much, with its currency.
    pub amount: Option<Private>,
    /// What it says.
    pub words: Vec<Private>,
}

/// An invitation to a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invite {
    /// What the group is called.
    pub group: Option<Private>,
    /// What is written with it.
    pub words: Option<Private>,
    /// Until when it can be followed.
    pub until: Option<Moment>,
}

/// A call.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// Whether with pictures.
    pub film: bool,
    /// Whether nobody took it.
    pub missed: bool,
    /// Whether it rings just now.
    pub rings: bool,
    /// When it is to be, if it is arranged.
    pub planned: Option<Moment>,
    /// What it is called.
    pub title: Option<Private>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coordinates_are_short_and_on_earth() {
        let shown = |latitude, longitude| {
            Coordinates::new(latitude, longitude).map(|at| format!("{} {}", at.latitude(), at.longitude()))
        };
        assert_eq!(shown(38.893_725_512, -77.0), Some("38.893726 -77".to_owned()));
        assert_eq!(shown(-0.000_000_1, 1e-6), Some("0 0.000001".to_owned()));
        for (latitude, longitude) in [(90.1, 0.0), (0.0, -180.1), (f64::NAN, 0.0), (0.0, f64::INFINITY)] {
            assert_eq!(shown(latitude, longitude), None);
        }
    }
}
