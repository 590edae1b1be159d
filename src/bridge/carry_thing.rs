//! Carries to WhatsApp what is neither words nor a file: a place, contacts, a poll, and a vote in one. Under no id chosen
//! before, so one of which nobody knows whether it was sent is not sent again unasked.

use super::carry_whatsapp::{Way, begin, dead, failed};
use super::channel::Channel;
use super::{sent, votes};
use crate::event::{Thing, Typed, Undelivered};
use crate::failpoint::reach;
use crate::redact::Private;
use crate::store::Delivery;
use crate::whatsapp::{Engine, Named, SendThing, Sent, WahaError};

/// Carries a thing. False if it stays because of something that passes.
pub(super) async fn send(
    channel: &Channel,
    delivery: Delivery,
    (typed, thing): (&Typed, &Thing),
    way: Way,
    failures: u32,
) -> bool {
    let _permit = channel.whatsapp_calls.acquire().await;
    if !begin(channel, &delivery, &way.address, None).await {
        return false;
    }
    let request = SendThing { chat: way.address.clone(), thing: thing.clone(), reply_to: way.reply_to.clone() };
    reach!("to_whatsapp.before_thing");
    let answer = channel.whatsapp.send_thing(&request).await;
    reach!("to_whatsapp.after_thing");
    answered(channel, delivery, typed, (way, answer), failures).await
}

/// Carries a vote. What the numbers stand for is asked of WAHA, which has the poll.
pub(super) async fn vote(
    channel: &Channel,
    delivery: Delivery,
    (typed, numbers): (&Typed, &[usize]),
    way: Way,
    failures: u32,
) -> bool {
    let chosen = match chosen(channel, &way, numbers).await {
        Ok(Ok((poll, chosen))) => (poll, chosen),
        Ok(Err(why)) => return dead(channel, delivery, why).await,
        Err(error) => return failed(channel, delivery, error, None, failures).await,
    };
    let _permit = channel.whatsapp_calls.acquire().await;
    if !begin(channel, &delivery, &way.address, None).await {
        return false;
    }
    let (poll, chosen) = chosen;
    reach!("to_whatsapp.before_vote");
    let answer = channel.whatsapp.vote(&poll, &chosen).await;
    reach!("to_whatsapp.after_vote");
    answered(channel, delivery, typed, (way, answer), failures).await
}

/// The poll and the answers, or why there is no vote.
async fn chosen(
    channel: &Channel,
    way: &Way,
    numbers: &[usize],
) -> Result<Result<(Named, Vec<Private>), Undelivered>, WahaError> {
    if channel.engine.borrow().is_some_and(|known| known.engine == Engine::Noweb) {
        return Ok(Err(Undelivered::NoVotes));
    }
    let Some(id) = way.reply_to.clone() else { return Ok(Err(Undelivered::PollGone)) };
    let named = Named { chat: way.address.clone(), id };
    let Some(poll) = channel.whatsapp.poll(&named).await? else { return Ok(Err(Undelivered::PollGone)) };
    Ok(votes::chosen(&poll, numbers).map(|chosen| (named, chosen)))
}

async fn answered(
    channel: &Channel,
    delivery: Delivery,
    typed: &Typed,
    (way, answer): (Way, Result<Sent, WahaError>),
    failures: u32,
) -> bool {
    match answer {
        Ok(answer) => {
            sent::record(channel, delivery, typed, way.address, answer, None, None).await;
            true
        }
        Err(error) => failed(channel, delivery, error, None, failures).await,
    }
}
