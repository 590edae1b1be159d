//! WhatsApp addresses: whom a message is from or to.

use serde::{Deserialize, Serialize};

use crate::redact::Private;

/// What an address names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AddressKind {
    /// A person by the hidden id that stays with the person.
    Lid,
    /// A person by phone number, which can move to another person.
    Number,
    /// A group.
    Group,
    /// Everybody's status posts: one chat, in which many post and nobody answers.
    Status,
    /// What WhatsApp calls a channel, and WAHA a newsletter: one posts, and nobody answers.
    Newsletter,
}

/// A chat's or a person's address in its normal form: without device suffix, in the public domain (`@c.us`, `@lid`, `@g.us`,
/// `@newsletter`, `status@broadcast`). Broadcast lists and WhatsApp's own bots have none: they are not bridged.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Address {
    kind: AddressKind,
    user: Private,
}

impl Address {
    /// Reads a JID such as `79111111111@c.us`, `79111111111:12@s.whatsapp.net`, `1000@lid`, `1203-16@g.us`, `1203@newsletter` or
    /// `status@broadcast`.
    #[must_use]
    pub fn parse(jid: &str) -> Option<Self> {
        let (user, domain) = jid.split_once('@')?;
        let kind = match domain {
            "c.us" | "s.whatsapp.net" => AddressKind::Number,
            "lid" => AddressKind::Lid,
            "g.us" => AddressKind::Group,
            "newsletter" => AddressKind::Newsletter,
            "broadcast" => AddressKind::Status,
            _ => return None,
        };
        let user = user.split(':').next().unwrap_or_default();
        let well_formed = match kind {
            AddressKind::Group => user.bytes().all(|b| b.is_ascii_digit() || b == b'-'),
            AddressKind::Number | AddressKind::Lid | AddressKind::Newsletter => {
                user.bytes().all(|b| b.is_ascii_digit())
            }
            AddressKind::Status => user == "status",
        };
        // `0@c.us` is WhatsApp itself speaking.
        (well_formed && !user.is_empty() && user != "0").then(|| Self { kind, user: user.into() })
    }

    /// Reads what a person writes: a number such as `+79111111111`, or an address as above.
    #[must_use]
    pub fn named(text: &str) -> Option<Self> {
        let text = text.trim();
        let Some(number) = text.strip_prefix('+') else { return Self::parse(text) };
        let digits: String = number.chars().filter(|c| !matches!(c, ' ' | '-' | '(' | ')' | '/')).collect();
        Self::parse(&format!("{digits}@c.us"))
    }

    /// What the address names.
    #[must_use]
    pub fn kind(&self) -> AddressKind {
        self.kind
    }

    /// Whether this is a group.
    #[must_use]
    pub fn is_group(&self) -> bool {
        self.kind == AddressKind::Group
    }

    /// Whether this is a person.
    #[must_use]
    pub fn is_person(&self) -> bool {
        matches!(self.kind, AddressKind::Lid | AddressKind::Number)
    }

    /// Whether it is only read: status posts and newsletters. Nothing is sent there.
    #[must_use]
    pub fn is_feed(&self) -> bool {
        matches!(self.kind, AddressKind::Status | AddressKind::Newsletter)
    }

    /// The form WAHA's API takes as `chatId`; also the form that is indexed.
    #[must_use]
    pub fn chat_id(&self) -> Private {
        let domain = match self.kind {
            AddressKind::Number => "c.us",
            AddressKind::Lid => "lid",
            AddressKind::Group => "g.us",
            AddressKind::Status => "broadcast",
            AddressKind::Newsletter => "newsletter",
        };
        format!("{}@{domain}", self.user.reveal()).into()
    }

    /// The digits that stand for it where a text mentions somebody.
    #[must_use]
    pub fn user(&self) -> &Private {
        &self.user
    }

    /// The number as people write it, `+79111111111`; nothing for what is no number.
    #[must_use]
    pub fn phone(&self) -> Option<Private> {
        (self.kind == AddressKind::Number).then(|| format!("+{}", self.user.reveal()).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_one_number_is_one_address() {
        let forms = ["79111111111@c.us", "79111111111@s.whatsapp.net", "79111111111:12@s.whatsapp.net"];
        let all: Vec<_> = forms.iter().map(|jid| Address::parse(jid).unwrap()).collect();
        assert!(all.iter().all(|a| *a == all[0] && a.chat_id().reveal() == "79111111111@c.us"));
        assert_eq!(all[0].phone().unwrap().reveal(), "+79111111111");
    }

    #[test]
    fn a_number_is_read_as_people_write_it() {
        for text in ["+79111111111", " +7 911 111-11-11 ", "+7 (911) 1111111", "79111111111@c.us"] {
            assert_eq!(Address::named(text).unwrap().phone().unwrap().reveal(), "+79111111111", "{text}");
        }
        for text in ["", "+", "+7911x", "me", "+7@c.us@c.us", "about it"] {
            assert_eq!(Address::named(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_nobody_has_no_address() {
        for jid in ["1@broadcast", "status@newsletter", "0@c.us", "@c.us", "x@c.us", "7911", "1@bot", "1 2@c.us"] {
            assert_eq!(Address::parse(jid), None, "{jid}");
        }
    }

    #[test]
    fn a_lid_is_never_a_number() {
        let lid = Address::parse("100000000000002@lid").unwrap();
        assert_ne!(Some(lid.clone()), Address::parse("100000000000002@c.us"));
        assert_eq!(lid.phone(), None);
    }
}
