//! A run: in each step one thing happens, thrown by the dice; then everything is made well again, and the run ends when
//! nobody has anything left to do.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use rialto::clock::{Clock, Moment};
use rialto::event::{Address, StanzaId};
use rialto::store::State;
use rialto::whatsapp::{WahaError, message_key};
use serde_json::json;
use tempfile::TempDir;

use crate::life::{self, Life};
use crate::plan::Plan;
use crate::random::Random;
use crate::signal::Shown;
use crate::waha::{chat_id, said};
use crate::world::{World, chat_in, message_in};

const OPEN: &[State] = &[State::Pending, State::InFlight];
const HELD: &[State] = &[State::Held];

/// Rounds in which a run must come to rest once everything works.
const ROUNDS: usize = 5_000;
const ROUND: Duration = Duration::from_secs(10);

/// So many quiet rounds, in which what is done from time to time gets its turn, are the end of a run.
const QUIET: usize = 30;

pub(crate) struct Run {
    pub(crate) plan: Plan,
    pub(crate) world: Arc<Mutex<World>>,
    pub(crate) life: Option<Life>,
    /// Which life this is, and how those before ended: true if softly.
    pub(crate) ended: Vec<bool>,
    /// When each message of `WhatsApp` was accepted, in steps.
    pub(crate) accepted: BTreeMap<usize, usize>,
    /// Strangers who came into groups.
    pub(crate) intrusions: usize,
    /// Whether the owner had to be asked about what waited.
    pub(crate) asked: usize,
    pub(crate) step: usize,
    random: Random,
    clock: Clock,
    /// How much of what the phones show was said already, where the run is told as it goes.
    told: Option<(usize, usize)>,
    counts: BTreeMap<(char, usize), usize>,
    strangers: BTreeSet<usize>,
    config: String,
    _folder: TempDir,
}

impl Run {
    pub(crate) fn new(plan: Plan, random: Random, shelf: &std::path::Path) -> Self {
        let folder = tempfile::tempdir_in(shelf).unwrap();
        crate::write_key(folder.path());
        let clock = Clock::manual(Moment(1_790_000_000_000));
        let world = World::new(clock.clone(), plan.chosen_ids);
        let config = life::config(folder.path(), plan.mode);
        let life = Some(Life::begin(&config, &world));
        Self {
            plan,
            world,
            life,
            ended: Vec::new(),
            accepted: BTreeMap::new(),
            intrusions: 0,
            asked: 0,
            step: 0,
            random,
            clock,
            told: std::env::var("MODEL_SEED").is_ok().then_some((0, 0)),
            counts: BTreeMap::new(),
            strangers: BTreeSet::new(),
            config,
            _folder: folder,
        }
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }

    /// One thing happens.
    pub(crate) fn step(&mut self) {
        self.step += 1;
        match self.random.below(1000) {
            0..120 => self.contact_writes(),
            120..140 => self.owner_writes_on_the_phone(),
            140..240 => self.owner_types(),
            240..430 => self.post(false),
            430..460 => self.post(true),
            460..620 => self.answer_call(),
            620..780 => self.answer_request(),
            780..880 => drop(self.hand_out()),
            880..900 => self.confirm(),
            900..970 => self.time_passes(),
            _ => self.trouble(),
        }
        self.go_on();
    }

    fn go_on(&mut self) {
        let turns = if self.random.percent(25) { Some(self.random.below(20)) } else { None };
        match (&self.life, turns) {
            (Some(life), None) => life.idle(),
            (Some(life), Some(turns)) => life.breathe(turns),
            (None, _) if self.random.percent(30) => self.begin(),
            (None, _) => {}
        }
        self.observe();
    }

    /// Tells what happens, where one run alone is made.
    fn tell(&self, what: std::fmt::Arguments<'_>) {
        if self.told.is_some() {
            println!("{:>5} {what}", self.step);
        }
    }

    fn tell_phones(&mut self) {
        let Some((signal, waha)) = self.told else { return };
        let world = self.world();
        let shown = &world.signal.shown;
        shown
            .iter()
            .skip(signal)
            .for_each(|shown| self.tell(format_args!("Signal shows {:?}: {}", shown.group, shown.text)));
        let arrived = &world.waha.shown;
        arrived.iter().skip(waha).for_each(|message| self.tell(format_args!("WhatsApp shows {}", message.text)));
        let told = Some((shown.len(), arrived.len()));
        drop(world);
        self.told = told;
    }

    /// Looks at what has come to the peers, and at what the bridge has on disk.
    fn observe(&mut self) {
        self.world().signal.listen();
        self.tell_phones();
        let Some(life) = &self.life else { return };
        let world = self.world.lock().unwrap();
        for (place, message) in world.waha.messages.iter().enumerate() {
            if message.by_api || self.accepted.contains_key(&place) {
                continue;
            }
            let address = Address::parse(&chat_id(message.chat)).unwrap();
            if life.has_accepted(message_key(&address, &StanzaId::new(message.stanza.clone()))) {
                self.tell(format_args!("accepted {}", message.text));
                self.accepted.insert(place, self.step);
            }
        }
    }

    fn next_text(&mut self, who: char, chat: usize) -> String {
        let count = self.counts.entry((who, chat)).or_default();
        *count += 1;
        format!("{who}{chat}.{count}")
    }

    fn contact_writes(&mut self) {
        self.writes('w', false);
    }

    fn owner_writes_on_the_phone(&mut self) {
        self.writes('y', true);
    }

    fn writes(&mut self, who: char, mine: bool) {
        let chat = self.random.below(self.plan.chats);
        let (text, now) = (self.next_text(who, chat), self.clock.now());
        let mut world = self.world.lock().unwrap();
        let waha = &mut world.waha;
        let known: Vec<_> = waha.messages.iter().filter(|message| message.chat == chat).collect();
        let quotes = self.random.percent(15);
        let answers = self.random.pick(&known).filter(|_| quotes).map(|message| message.stanza.clone());
        waha.writes(chat, &text, mine, answers, now);
        self.tell(format_args!("{text} is written"));
    }

    /// In a group whose chat the owner can see, or in answer to something in the chat with the bridge.
    fn owner_types(&mut self) {
        let places: Vec<Shown> = {
            let world = self.world();
            let signal = &world.signal;
            let there = |shown: &&Shown| shown.group.is_none_or(|group| signal.is_private(group));
            signal.shown.iter().filter(|shown| message_in(&shown.text).is_some()).filter(there).cloned().collect()
        };
        let Some(place) = self.random.pick(&places).cloned() else { return };
        let chat = chat_in(&place.text).unwrap();
        let (text, now) = (self.next_text('s', chat), self.clock.now().0);
        let quote = (place.group.is_none() || self.random.percent(20)).then_some(&place);
        self.tell(format_args!("{text} is typed in {:?}", place.group));
        self.world().signal.types(place.group, (Some(chat), &text), quote, now);
    }

    /// Posts a webhook that waits, or one that was answered, once more.
    fn post(&mut self, again: bool) {
        let Some(life) = &self.life else { return };
        let webhooks = &mut self.world.lock().unwrap().waha.webhooks;
        for webhook in webhooks.iter_mut() {
            let status = webhook.posting.as_mut().map(tokio::sync::oneshot::Receiver::try_recv);
            match status {
                Some(Ok(200)) => (webhook.done, webhook.posting) = (true, None),
                Some(Ok(_) | Err(tokio::sync::oneshot::error::TryRecvError::Closed)) => webhook.posting = None,
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

    fn answer_call(&mut self) {
        let (now, storm) = (self.clock.now(), self.random.percent(self.plan.storm));
        let world = &mut *self.world.lock().unwrap();
        let waha = &mut world.waha;
        if waha.calls.is_empty() {
            return;
        }
        let call = waha.calls.remove(self.random.below(waha.calls.len()));
        if !waha.up {
            return call.answer(Err(WahaError::Unreachable));
        }
        let fault = if storm { self.random.below(7) } else { 7 };
        // Some faults strike after the deed.
        let worked = if matches!(fault, 1 | 2 | 7) { Some(waha.work(&call, now)) } else { None };
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

    fn answer_request(&mut self) {
        let (now, storm) = (self.clock.now().0, self.random.percent(self.plan.storm));
        let signal = &mut self.world.lock().unwrap().signal;
        if signal.requests.is_empty() {
            return;
        }
        let request = signal.requests.remove(self.random.below(signal.requests.len()));
        let fault = if storm { self.random.below(6) } else { 6 };
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
                let _ = signal.work(&request, now);
                signal.close(&request);
            }
            (2, "send") => signal.answer(&request, Err(failed(-1, "NETWORK_FAILURE"))),
            (3, "send") => signal.answer(&request, Err(failed(-5, "RATE_LIMIT_FAILURE"))),
            (4, "send") => {
                let _ = signal.work(&request, now);
                signal.answer(&request, Err(json!({"code": -32603, "message": "", "data": null})));
            }
            // It is never answered.
            (5, "send" | "updateGroup") => {}
            _ => {
                let outcome = signal.work(&request, now);
                signal.answer(&request, outcome);
            }
        }
    }

    fn hand_out(&mut self) -> bool {
        let life = self.ended.len();
        let lines = 1 + self.random.below(4);
        let signal = &mut self.world.lock().unwrap().signal;
        (0..lines).map(|_| signal.hand_out(life)).fold(false, |any, written| any | written)
    }

    fn confirm(&mut self) {
        let now = self.clock.now().0;
        let signal = &mut self.world.lock().unwrap().signal;
        let last: Vec<_> = signal.shown.iter().rev().take(3).map(|shown| shown.timestamp).collect();
        signal.confirms(&last, now);
    }

    fn time_passes(&mut self) {
        let long = self.random.percent(10);
        let span = Duration::from_secs(1 + u64::try_from(self.random.below(if long { 300 } else { 10 })).unwrap());
        self.pass(span);
    }

    fn pass(&self, span: Duration) {
        self.clock.advance(span);
        if let Some(life) = &self.life {
            life.pass(span);
        }
    }

    fn trouble(&mut self) {
        let now = self.clock.now();
        let trouble = self.random.below(10);
        self.tell(format_args!("trouble {trouble}"));
        match trouble {
            0 => self.world().waha.up ^= true,
            1 => self.world().waha.restart(now),
            2 => {
                let signal = &mut self.world().signal;
                signal.up ^= true;
                signal.hang_up();
            }
            3 => self.world().signal.hang_up(),
            4..=6 if self.random.percent(self.plan.crash) => self.crash(),
            7 if self.random.percent(self.plan.crash) => self.stop(),
            8 if self.plan.strangers => self.membership(),
            _ => {}
        }
    }

    fn crash(&mut self) {
        if let Some(life) = self.life.take() {
            life.breathe(self.random.below(40));
            self.ended.push(false);
        }
    }

    fn stop(&mut self) {
        let Some(life) = &self.life else { return };
        life.ask_to_stop();
        for turn in 0..400 {
            if self.life.as_ref().is_none_or(Life::has_stopped) {
                break;
            }
            self.serve();
            if turn % 20 == 19 {
                self.pass(Duration::from_secs(5));
            }
        }
        self.observe();
        self.life = None;
        self.ended.push(true);
    }

    /// Both peers do what is asked of them, and nothing else happens.
    fn serve(&mut self) {
        let storm = std::mem::take(&mut self.plan.storm);
        let (calls, requests) = self.waiting();
        for _ in 0..calls {
            self.answer_call();
        }
        for _ in 0..requests {
            self.answer_request();
        }
        self.plan.storm = storm;
        if let Some(life) = &self.life {
            life.idle();
        }
        self.world().signal.listen();
    }

    fn waiting(&self) -> (usize, usize) {
        let world = self.world();
        (world.waha.calls.len(), world.signal.requests.len())
    }

    fn begin(&mut self) {
        self.tell(format_args!("the bridge begins"));
        self.life = Some(Life::begin(&self.config, &self.world));
    }

    /// Somebody else comes into a group, all of them go, or the owner leaves one.
    fn membership(&mut self) {
        let signal = &mut self.world.lock().unwrap().signal;
        let groups = signal.groups.len();
        if groups == 0 {
            return;
        }
        let group = self.random.below(groups);
        match self.random.below(4) {
            0 => signal.leaves(group),
            1 if self.strangers.insert(group) => {
                signal.stranger(group, true);
                self.intrusions += 1;
            }
            _ => std::mem::take(&mut self.strangers).into_iter().for_each(|group| signal.stranger(group, false)),
        }
    }

    /// Makes everything well and lets the bridge come to rest.
    pub(crate) fn heal(&mut self) {
        self.plan.storm = 0;
        {
            let world = &mut *self.world.lock().unwrap();
            (world.waha.up, world.signal.up) = (true, true);
            std::mem::take(&mut self.strangers).into_iter().for_each(|group| world.signal.stranger(group, false));
        }
        if self.life.is_none() {
            self.begin();
        }
        let mut quiet = 0;
        for _ in 0..ROUNDS {
            self.step += 1;
            quiet = if !self.settle() && self.rests() { quiet + 1 } else { 0 };
            if quiet == QUIET {
                return;
            }
            self.pass(ROUND);
        }
        let life = self.life.as_ref().unwrap();
        let world = self.world();
        let waits = world.waha.webhooks.iter().filter(|webhook| !webhook.done).count();
        let (lines, pipes) = (world.signal.queue.len(), world.signal.pipes.len());
        let (open, held) = (life.queued(OPEN), life.queued(HELD));
        panic!("it does not come to rest: {open} open, {held} held, {waits} webhooks, {lines} lines, {pipes} pipes");
    }

    /// Does all that waits; false if there was nothing.
    fn settle(&mut self) -> bool {
        let undone = |world: &World| world.waha.webhooks.iter().filter(|webhook| !webhook.done).count();
        let waiting = undone(&self.world());
        for _ in 0..waiting {
            self.post(false);
        }
        let any = waiting > 0 || self.hand_out();
        self.serve();
        self.post(true);
        self.observe();
        any
    }

    /// Whether nothing is left; what needs the owner gets an answer.
    fn rests(&mut self) -> bool {
        let life = self.life.as_ref().unwrap();
        let (open, held, asked) = (life.queued(OPEN), life.queued(HELD), life.asked_about());
        if asked > 0 && held == asked && open == 0 {
            self.asked += 1;
            let now = self.clock.now().0;
            self.world().signal.types(None, (None, "send"), None, now);
            return false;
        }
        self.world().signal.queue.is_empty() && open == 0 && held == 0
    }
}
