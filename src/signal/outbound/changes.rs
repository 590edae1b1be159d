//! What is done to a message that is there already.

use serde_json::json;

use super::{Recipient, SendRequest, named, recipient, send};
use crate::clock::Moment;
use crate::config::Aci;
use crate::event::GroupId;
use crate::redact::Private;
use crate::signal::error::SignalError;
use crate::signal::rpc::Params;

/// A message as it reads now. What it answered has to be named again, or it answers nothing any more.
#[derive(Debug, Clone, PartialEq)]
pub struct EditRequest {
    /// The message as it reads now.
    pub now: SendRequest,
    /// The first form of the message, whatever edits came since. Only one of the bridge account's own can be edited.
    pub target: Moment,
}

/// A reaction to a message, or that it is taken back. One account has one reaction to a message.
#[derive(Debug, Clone, PartialEq)]
pub struct ReactRequest {
    /// The conversation that the message lies in.
    pub to: Recipient,
    /// The message.
    pub target: Moment,
    /// Who wrote it.
    pub author: Aci,
    /// The reaction; nothing takes it back.
    pub emoji: Option<Private>,
}

/// A message of the bridge account that is to be deleted for everybody.
#[derive(Debug, Clone, PartialEq)]
pub struct DeleteRequest {
    /// The conversation that it lies in.
    pub to: Recipient,
    /// The message.
    pub target: Moment,
}

/// Stands for whichever reaction is taken back: signal-cli wants one, and the apps look at the account alone.
const ANY: &str = "👍";

/// The parameters of `send` that edits.
pub(in crate::signal) fn edit(request: &EditRequest) -> Result<Params, SignalError> {
    let mut params = send(&request.now)?;
    params.insert("editTimestamp".to_owned(), json!(timestamp(request.target)?));
    Ok(params)
}

/// The parameters of `sendReaction`.
pub(in crate::signal) fn react(request: &ReactRequest) -> Result<Params, SignalError> {
    let (name, place) = recipient(&request.to)?;
    let emoji = request.emoji.as_ref().map_or(ANY, Private::reveal);
    let mut params = named([
        (name, place),
        ("emoji", json!(emoji)),
        ("targetAuthor", json!(request.author.reveal())),
        ("targetTimestamp", json!(timestamp(request.target)?)),
    ]);
    if request.emoji.is_none() {
        params.insert("remove".to_owned(), json!(true));
    }
    Ok(params)
}

/// The parameters of `remoteDelete`.
pub(in crate::signal) fn delete(request: &DeleteRequest) -> Result<Params, SignalError> {
    let (name, place) = recipient(&request.to)?;
    Ok(named([(name, place), ("targetTimestamp", json!(timestamp(request.target)?))]))
}

/// The parameters of `sendReceipt`, that says of the owner's messages that they were read.
pub(in crate::signal) fn read_receipt(owner: &Aci, read: &[Moment]) -> Result<Params, SignalError> {
    let read = read.iter().map(|read| timestamp(*read)).collect::<Result<Vec<_>, _>>()?;
    Ok(named([("recipient", json!(owner.reveal())), ("targetTimestamp", json!(read)), ("type", json!("read"))]))
}

/// The parameters of `sendTyping` in a group.
pub(in crate::signal) fn typing(group: &GroupId, is_typing: bool) -> Result<Params, SignalError> {
    let (name, place) = recipient(&Recipient::Group(group.clone()))?;
    let mut params = named([(name, place)]);
    if !is_typing {
        params.insert("stop".to_owned(), json!(true));
    }
    Ok(params)
}

fn timestamp(of: Moment) -> Result<i64, SignalError> {
    if of.0 > 0 { Ok(of.0) } else { Err(SignalError::Refused) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GROUP: &str = "gcUcON3gCfDELoVoNNaV+EQDCl4ZF2L0cUuKa2Au/dQ=";
    const OWNER: &str = "545d590b-826c-4eaa-9959-2341f57772cb";
    const AT: Moment = Moment(1_795_303_870_459);

    fn to_owner() -> Recipient {
        Recipient::Owner(Aci::new(OWNER))
    }

    #[test]
    fn each_has_the_form_that_was_captured() {
        let now = SendRequest::text(to_owner(), "hello edited");
        let edited = json!({"recipient": [OWNER], "message": "hello edited", "editTimestamp": AT.0});
        assert_eq!(json!(edit(&EditRequest { now, target: AT }).unwrap()), edited);
        let deleted = json!({"recipient": [OWNER], "targetTimestamp": AT.0});
        assert_eq!(json!(delete(&DeleteRequest { to: to_owner(), target: AT }).unwrap()), deleted);
        let read = json!({"recipient": OWNER, "targetTimestamp": [AT.0], "type": "read"});
        assert_eq!(json!(read_receipt(&Aci::new(OWNER), &[AT]).unwrap()), read);
        let types = |is_typing| json!(typing(&GroupId::new(GROUP), is_typing).unwrap());
        assert_eq!((types(true), types(false)), (json!({"groupId": GROUP}), json!({"groupId": GROUP, "stop": true})));
        let reaction = ReactRequest {
            to: Recipient::Group(GroupId::new(GROUP)),
            target: AT,
            author: Aci::new(OWNER),
            emoji: Some("❤️".into()),
        };
        let reacted = json!({"groupId": GROUP, "emoji": "❤️", "targetAuthor": OWNER, "targetTimestamp": AT.0});
        assert_eq!(json!(react(&reaction).unwrap()), reacted);
        let taken_back = json!(react(&ReactRequest { emoji: None, ..reaction }).unwrap());
        assert_eq!((&taken_back["remove"], &taken_back["emoji"]), (&json!(true), &json!(ANY)));
    }

    #[test]
    fn what_names_no_message_is_not_sent() {
        let nowhere = DeleteRequest { to: to_owner(), target: Moment(0) };
        assert_eq!(delete(&nowhere), Err(SignalError::Refused));
        let group = Recipient::Group(GroupId::new("AAAA"));
        assert_eq!(delete(&DeleteRequest { to: group, target: AT }), Err(SignalError::Refused));
    }
}
