//! How what happens becomes webhooks: told now, held back, or not asked for.

use serde_json::Value;

use super::Waha;
use super::message::Message;
use super::state::State;
use crate::stamp;

impl Waha {
    pub(crate) fn emit_status(&self) {
        let session = &self.options().session;
        let payload = self.state().read(|state| state.status_payload(session));
        if self.subscribed("session.status") {
            self.emit("session.status", payload);
        }
    }

    /// Sends what was held back while there was no connection.
    pub(crate) fn catch_up(&self) {
        let held =
            self.state().change(|state| if state.connected() { std::mem::take(&mut state.held) } else { Vec::new() });
        for (event, id, payload) in held {
            self.launch(&event, id, payload);
        }
    }

    /// Remembers a message and tells about it.
    pub(crate) fn publish(&self, message: Message) -> String {
        let (stanza, from_me) = (message.stanza.clone(), message.from_me);
        let payload = self.message_payload(&message);
        // Remembered first: the answer to it may come at once.
        self.state().change(|state| state.messages.push(message));
        let id = self.happen("message.any", payload.clone());
        if !from_me {
            // Both events of one message carry the same id.
            self.happen_as("message", id, payload);
        }
        stanza
    }

    /// Tells about a text sent through the API; returns the id in the envelope.
    pub(crate) fn echo(&self, message: &Message) -> String {
        self.happen("message.any", self.message_payload(message))
    }

    /// Something happens on `WhatsApp`: it is told now, or once there is a connection again.
    pub(crate) fn happen(&self, event: &str, payload: Value) -> String {
        let id = format!("evt_{}", stamp::ulid());
        self.happen_as(event, id.clone(), payload);
        id
    }

    fn happen_as(&self, event: &str, id: String, payload: Value) {
        if !self.subscribed(event) {
            return;
        }
        if self.state().read(State::connected) {
            self.launch(event, id, payload);
        } else {
            let held = (event.to_owned(), id, payload);
            self.state().change(|state| state.held.push(held));
        }
    }

    fn subscribed(&self, event: &str) -> bool {
        self.options().events.iter().any(|known| known == event)
    }

    /// Starts the delivery of a webhook, behind the one before if they are ordered.
    pub(crate) fn launch(&self, event: &str, id: String, payload: Value) {
        let lost = |state: &State| state.webhook_url.is_none() || (state.loses && event != "session.status");
        if self.state().read(lost) {
            return;
        }
        let event = self.event(event, id, payload);
        let life = self.state().change(|state| {
            state.in_flight += 1;
            state.life.clone()
        });
        let delivery = self.clone().deliver(event, life);
        if !self.options().ordered {
            self.runtime().spawn(delivery);
            return;
        }
        self.state().change(|state| {
            let before = state.last.take();
            state.last = Some(self.runtime().spawn(async move {
                if let Some(before) = before {
                    // Whether it arrived doesn't matter, only that it's over.
                    let _ = before.await;
                }
                delivery.await;
            }));
        });
    }
}
