//! A run: in each step one thing happens, thrown by the dice; then everything is made well again, and the run ends when
//! nobody has anything left to do.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use rialto::clock::{Clock, Moment};
use rialto::event::{Address, StanzaId};
use rialto::store::State;
use rialto::whatsapp::message_key;
use tempfile::TempDir;

use crate::life::{self, Life};
use crate::plan::Plan;
use crate::random::Random;
use crate::waha::chat_id;
use crate::world::World;

pub(crate) const OPEN: &[State] = &[State::Pending, State::InFlight];
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
    pub(crate) random: Random,
    pub(crate) clock: Clock,
    /// How much of what the phones show was said already, where the run is told as it goes.
    pub(crate) told: Option<(usize, usize)>,
    pub(crate) counts: BTreeMap<(char, usize), usize>,
    pub(crate) strangers: BTreeSet<usize>,
    config: String,
    pub(crate) folder: TempDir,
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
            folder,
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
            240..430 => self.hands(|run| run.post(false)),
            430..460 => self.post(true),
            460..620 => self.hands(Self::answer_call),
            620..780 => self.hands(Self::answer_request),
            780..860 => drop(self.hand_out()),
            860..875 => self.confirm(),
            875..900 => self.owner_thinks_again(),
            900..970 if self.plan.beat == 0 => self.time_passes(),
            970.. => self.trouble(),
            _ => {}
        }
        if self.plan.beat > 0 {
            self.pass(Duration::from_millis(self.plan.beat));
        }
        self.go_on();
    }

    fn hands(&mut self, deal: impl Fn(&mut Self)) {
        (0..self.plan.hands).for_each(|_| deal(self));
    }

    fn go_on(&mut self) {
        let turns = if self.random.percent(25) { Some(self.random.below(20)) } else { None };
        match (&self.life, turns) {
            (Some(life), None) => self.let_go_on(life),
            (Some(life), Some(turns)) => life.breathe(turns),
            (None, _) if self.random.percent(30) => self.begin(),
            (None, _) => {}
        }
        self.observe();
    }

    /// Looks at what has come to the peers, and at what the bridge has on disk.
    fn observe(&mut self) {
        let _ = self.world().signal.listen();
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
        if self.random.percent(50) {
            self.hand_out();
        }
        if let Some(life) = self.life.take() {
            life.breathe(self.random.below(30));
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
        let (storm, slow) = (std::mem::take(&mut self.plan.storm), std::mem::take(&mut self.plan.slow));
        let (calls, requests) = self.waiting();
        for _ in 0..calls {
            self.answer_call();
        }
        for _ in 0..requests {
            self.answer_request();
        }
        (self.plan.storm, self.plan.slow) = (storm, slow);
        if let Some(life) = &self.life {
            self.let_go_on(life);
        }
    }

    /// Lets the bridge read as long as the sockets to it are full.
    fn let_go_on(&self, life: &Life) {
        life.idle();
        while self.world().signal.listen() {
            life.idle();
        }
    }

    fn waiting(&self) -> (usize, usize) {
        let world = self.world();
        (world.waha.calls.len(), world.signal.requests.len())
    }

    fn begin(&mut self) {
        self.tell(format_args!("the bridge begins"));
        self.life = Some(Life::begin(&self.config, &self.world));
    }

    /// Makes everything well and lets the bridge come to rest.
    pub(crate) fn heal(&mut self) {
        (self.plan.storm, self.plan.slow) = (0, 0);
        {
            let world = &mut *self.world.lock().unwrap();
            (world.waha.up, world.signal.up) = (true, true);
            for group in std::mem::take(&mut self.strangers) {
                world.signal.stranger(group, false);
            }
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
            self.world().signal.types(None, (None, "send", false), None, now);
            return false;
        }
        self.world().signal.queue.is_empty() && open == 0 && held == 0
    }
}
