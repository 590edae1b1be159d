//! What the two peers do with what waits for them: post, answer well, badly, late or never, and hand out.

use rialto::whatsapp::WahaError;
use serde_json::json;
use tokio::sync::oneshot::{Receiver, error::TryRecvError};

use crate::run::Run;
use crate::signal::Signal;
use crate::waha::said;

impl Run {
    /// Posts a webhook that waits, or one that was answered, once more.
    pub(crate) fn post(&mut self, again: bool) {
        let Some(life) = &self.life else { return };
        let webhooks = &mut self.world.lock().unwrap().waha.webhooks;
        for webhook in webhooks.iter_mut() {
            let status = webhook.posting.as_mut().map(Receiver::try_recv);
            match status {
                Some(Ok(200)) => (webhook.done, webhook.posting) = (true, None),
                Some(Ok(_) | Err(TryRecvError::Closed)) => webhook.posting = None,
                _ => {}
            }
        }
        let fits = |place: &usize| webhooks[*place].done == again && webhooks[*place].posting.is_none();
        let fitting: Vec<_> = (0..webhooks.len()).filter(fits).collect();
        if let Some(place) = self.random.pick(&fitting) {
            let webhook = &mut webhooks[*place];
            webhook.posting = Some(life.post(webhook.body.clone()));
        }
    }

    pub(crate) fn answer_call(&mut self) {
        let (now, storm) = (self.clock.now(), self.random.percent(self.plan.storm));
        let world = &mut *self.world.lock().unwrap();
        let waha = &mut world.waha;
        if waha.calls.is_empty() {
            return;
        }
        let mut call = waha.calls.remove(self.random.below(waha.calls.len()));
        if !waha.up {
            let lost = if call.worked.is_some() { WahaError::Unknown } else { WahaError::Unreachable };
            return call.answer(Err(lost));
        }
        if call.worked.is_none() && self.random.percent(self.plan.slow) {
            call.worked = Some(waha.work(&call, now));
            return waha.calls.push(call);
        }
        let fault = if storm { self.random.below(7) } else { 7 };
        // Some faults strike after the deed.
        let worked = call.worked.take();
        let fault = if worked.is_some() && matches!(fault, 0 | 3..=6) { 1 } else { fault };
        let worked = worked.or_else(|| matches!(fault, 1 | 2 | 7).then(|| waha.work(&call, now)));
        let refusal = json!({"statusCode": 500, "exception": {"message": "Timed Out"}});
        self.tell(format_args!("{} {} (fault {fault})", call.method, call.path));
        let reply = match fault {
            0 => Err(WahaError::Unreachable),
            1 | 3 => Err(WahaError::Unknown),
            2 | 4 => said(500, &refusal),
            5 => said(422, &json!({"error": "not as expected", "session": "default", "status": "STARTING"})),
            6 => said(429, &json!({})),
            _ => worked.unwrap(),
        };
        call.answer(reply);
    }

    pub(crate) fn answer_request(&mut self) {
        let (now, storm) = (self.clock.now().0, self.random.percent(self.plan.storm));
        let signal = &mut self.world.lock().unwrap().signal;
        if signal.requests.is_empty() {
            return;
        }
        let mut request = signal.requests.remove(self.random.below(signal.requests.len()));
        if request.worked.is_none() && self.random.percent(self.plan.slow) {
            request.worked = Some(signal.work(&request, now));
            return signal.requests.push(request);
        }
        let fault = if storm { self.random.below(6) } else { 6 };
        let worked = request.worked.take();
        let fault = if worked.is_some() && matches!(fault, 2 | 3) { 4 } else { fault };
        let work = |signal: &mut Signal| worked.clone().unwrap_or_else(|| signal.work(&request, now));
        self.tell(format_args!("{} (fault {fault})", request.method));
        let failed = |code: i64, kind: &str| {
            let result =
                json!({"recipientAddress": {"uuid": crate::signal::OWNER}, "type": kind, "retryAfterSeconds": 20});
            json!({"code": code, "message": "", "data": {"response": {"timestamp": 1, "results": [result]}}})
        };
        match (fault, request.method.as_str()) {
            (0, _) => signal.close(&request),
            (1, _) => {
                // The deed is done, and its answer gets lost.
                let _ = work(signal);
                signal.close(&request);
            }
            (2, "send") => signal.answer(&request, Err(failed(-1, "NETWORK_FAILURE"))),
            (3, "send") => signal.answer(&request, Err(failed(-5, "RATE_LIMIT_FAILURE"))),
            (4, "send") => {
                let _ = work(signal);
                signal.answer(&request, Err(json!({"code": -32603, "message": "", "data": null})));
            }
            // It is never answered.
            (5, "send" | "updateGroup") => {}
            _ => {
                let outcome = work(signal);
                signal.answer(&request, outcome);
            }
        }
    }

    pub(crate) fn hand_out(&mut self) -> bool {
        let life = self.ended.len();
        let lines = 1 + self.random.below(4);
        let signal = &mut self.world.lock().unwrap().signal;
        (0..lines).map(|_| signal.hand_out(life)).fold(false, |any, written| any | written)
    }
}
