//! Carries to WhatsApp what is neither words nor a file: a place, contacts, a poll, and a vote in one. Under no id chosen
//! before, so one of which nobody knows whether it was sent is not sent again unasked.

use super::carry_whatsapp::{Way, begin, dead, failed};
use super::channel::Channel;
use super::{sent, votes};
use crate::event::{Thing, Typed, TypedBody, Undelivered};
use crate::failpoint::reach;
use crate::redact::Private;
use crate::store::Delivery;
use crate::whatsapp::{Named, SendThing, Sent, WahaError};

/// What is asked of WAHA.
enum Request {
    Thing(Box<SendThing>),
    Vote(Named, Vec<Private>),
}

/// Carries it. False if it stays because of something that passes.
pub(super) async fn carry(channel: &Channel, delivery: Delivery, typed: &Typed, way: Way, failures: u32) -> bool {
    let request = match &typed.body {
        TypedBody::Thing(thing) => Ok(Ok(shared(thing, &way))),
        TypedBody::Vote(numbers) => vote(channel, &way, numbers).await,
        _ => Ok(Err(Undelivered::Unreadable)),
    };
    let request = match request {
        Ok(Ok(request)) => request,
        Ok(Err(why)) => return dead(channel, delivery, why).await,
        Err(error) => return failed(channel, delivery, error, None, failures).await,
    };
    let _permit = channel.whatsapp_calls.acquire().await;
    if !begin(channel, &delivery, &way.address, None).await {
        return false;
    }
    reach!("to_whatsapp.before_thing");
    let answer = call(channel, &request).await;
    reach!("to_whatsapp.after_thing");
    match answer {
        Ok(answer) => {
            sent::record(channel, delivery, typed, way.address, answer, None, None).await;
            true
        }
        Err(error) => failed(channel, delivery, error, None, failures).await,
    }
}

async fn call(channel: &Channel, request: &Request) -> Result<Sent, WahaError> {
    match request {
        Request::Thing(thing) => channel.whatsapp.send_thing(thing).await,
        Request::Vote(poll, chosen) => channel.whatsapp.vote(poll, chosen).await,
    }
}

fn shared(thing: &Thing, way: &Way) -> Request {
    let (chat, reply_to) = (way.address.clone(), way.reply_to.clone());
    Request::Thing(Box::new(SendThing { chat, thing: thing.clone(), reply_to }))
}

/// What the numbers stand for is asked of WAHA, which has the poll; or why there is no vote.
async fn vote(channel: &Channel, way: &Way, numbers: &[usize]) -> Result<Result<Request, Undelivered>, WahaError> {
    if channel.engine.borrow().is_some_and(|known| !known.engine.votes()) {
        return Ok(Err(Undelivered::NoVotes));
    }
    let Some(id) = way.reply_to.clone() else { return Ok(Err(Undelivered::PollGone)) };
    let named = Named { chat: way.address.clone(), id };
    let Some(poll) = channel.whatsapp.poll(&named).await? else { return Ok(Err(Undelivered::PollGone)) };
    Ok(votes::chosen(&poll, numbers).map(|chosen| Request::Vote(named, chosen)))
}
