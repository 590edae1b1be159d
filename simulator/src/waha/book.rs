//! Who is who: the address book, the groups and the two ids every person has.

use super::model::{Contact, Owner};

/// A `WhatsApp` group.
#[derive(Clone)]
pub(crate) struct Group {
    pub(crate) id: String,
    pub(crate) subject: String,
    pub(crate) participants: Vec<String>,
    pub(crate) admins: Vec<String>,
}

/// Everybody the phone knows.
pub(crate) struct Book {
    pub(crate) owner: Owner,
    pub(crate) contacts: Vec<Contact>,
    pub(crate) groups: Vec<Group>,
}

impl Book {
    /// A book that only knows its owner.
    pub(crate) fn new(owner: Owner) -> Self {
        Self { owner, contacts: Vec::new(), groups: Vec::new() }
    }

    /// The owner's id by phone number.
    pub(crate) fn my_id(&self) -> String {
        format!("{}@c.us", self.owner.number)
    }

    /// The owner's hidden id.
    pub(crate) fn my_lid(&self) -> String {
        format!("{}@lid", self.owner.lid)
    }

    /// The contact behind an id of either form, as it was learned last.
    pub(crate) fn find(&self, jid: &str) -> Option<&Contact> {
        let user = user(jid);
        let hidden = jid.ends_with("@lid");
        self.contacts.iter().rev().find(|contact| {
            let id = if hidden { &contact.lid } else { &contact.number };
            id.as_deref() == Some(user)
        })
    }

    /// The same person's id in the other form, if it is known.
    pub(crate) fn alternative(&self, jid: &str) -> Option<String> {
        if jid == self.my_lid() {
            return Some(self.my_id());
        }
        let contact = self.find(jid)?;
        if jid.ends_with("@lid") {
            contact.number.as_ref().map(|digits| format!("{digits}@c.us"))
        } else {
            contact.lid.as_ref().map(|digits| format!("{digits}@lid"))
        }
    }

    /// The name a person goes by in messages.
    pub(crate) fn push_name(&self, jid: &str) -> Option<String> {
        if jid == self.my_lid() || jid == self.my_id() {
            return Some(self.owner.push_name.clone());
        }
        self.find(jid)?.push_name.clone()
    }

    /// Gives a group another subject.
    pub(crate) fn rename(&mut self, id: &str, subject: &str) {
        let mut groups = self.groups.iter_mut();
        if let Some(group) = groups.find(|group| group.id == id) {
            subject.clone_into(&mut group.subject);
        }
    }

    /// Makes somebody an admin of a group.
    pub(crate) fn makes_admin(&mut self, id: &str, participant: &str) {
        let mut groups = self.groups.iter_mut();
        if let Some(group) = groups.find(|group| group.id == id) {
            group.admins.push(participant.to_owned());
        }
    }

    /// The group with this id.
    pub(crate) fn group(&self, id: &str) -> Option<&Group> {
        self.groups.iter().find(|group| group.id == id)
    }
}

/// The part of an id before the `@`.
pub(crate) fn user(jid: &str) -> &str {
    jid.split('@').next().unwrap_or(jid)
}

/// An id as it travels inside the protocol, where phone users live at another server.
pub(crate) fn wire(jid: &str) -> String {
    match jid.strip_suffix("@c.us") {
        Some(digits) => format!("{digits}@s.whatsapp.net"),
        None => jid.to_owned(),
    }
}

/// Whether an id is a group's.
pub(crate) fn is_group(jid: &str) -> bool {
    jid.ends_with("@g.us")
}
