//! Which point is reached how: one case for each, and more where a point is reached in ways that differ.

use crate::PEOPLE;
use crate::changes;
use crate::house::{House, reseal};
use crate::prelude::{Prelude, half_known, named_late};
use crate::talk::Talk;
use crate::things;
use simulator::signal_cli::SignalFault;
use simulator::waha::{Contact, WahaFault};

/// Takes the ids we choose, so that a message can be sent again under its own.
const CHOSEN: &str = "2026.7.1";
/// Takes none: a cut call is asked about.
const NAMELESS: &str = "2026.2.1";

/// About as many as a conversation takes.
const COMMITS: usize = 64;

#[derive(Clone, Copy)]
pub(crate) struct Case {
    /// Where the bridge dies: in its first life, its second, and so on.
    pub(crate) kills: &'static [&'static str],
    /// WAHA's version.
    pub(crate) version: &'static str,
    /// What has happened before.
    pub(crate) prelude: Prelude,
    /// What goes wrong from the start.
    pub(crate) at_first: fn(&Talk<'_>),
    /// What goes wrong once there are portals.
    pub(crate) with_portals: fn(&House),
    /// What must have come of what went on besides.
    pub(crate) wanted: fn(&House) -> bool,
    /// Whether it may cut between signal-cli's write and our commit, where a message is lost.
    pub(crate) in_the_window: bool,
    /// Whether the conversation may be over before the point is reached so often.
    pub(crate) may_survive: bool,
}

impl Case {
    const fn at(kills: &'static [&'static str]) -> Self {
        Self {
            kills,
            version: CHOSEN,
            prelude: Prelude::Nothing,
            at_first: |_| {},
            with_portals: |_| {},
            wanted: |_| true,
            in_the_window: false,
            may_survive: false,
        }
    }

    const fn nameless(self) -> Self {
        Self { version: NAMELESS, ..self }
    }

    const fn after(self, prelude: Prelude) -> Self {
        Self { prelude, ..self }
    }

    const fn at_first(self, at_first: fn(&Talk<'_>)) -> Self {
        Self { at_first, ..self }
    }

    const fn with_portals(self, with_portals: fn(&House)) -> Self {
        Self { with_portals, ..self }
    }

    const fn wanted(self, wanted: fn(&House) -> bool) -> Self {
        Self { wanted, ..self }
    }

    const fn in_the_window(self) -> Self {
        Self { in_the_window: true, ..self }
    }

    pub(crate) fn name(&self) -> String {
        let engine = if self.version == NAMELESS { ", no chosen ids" } else { "" };
        let prelude = if self.prelude == Prelude::Nothing { String::new() } else { format!(", {:?}", self.prelude) };
        format!("{}{engine}{prelude}", self.kills.join(" then "))
    }
}

pub(crate) fn all() -> Vec<Case> {
    [
        starting(),
        coming_in(),
        to_signal(),
        to_whatsapp(),
        amended(),
        changed(),
        ticks(),
        files(),
        things(),
        portals(),
        keeping(),
        sealing_anew(),
        commits(),
    ]
    .concat()
}

fn starting() -> Vec<Case> {
    vec![
        Case::at(&["migration.before_commit", "migration.after_commit", "keys.before_commit", "keys.after_commit"]),
        Case::at(&["keys.before_commit", "keys.after_commit"]).after(Prelude::BareKeys),
        Case::at(&["keys.before_commit", "keys.after_commit"]).after(Prelude::WornKey),
        Case::at(&["channel.before_commit", "owner.before_commit"]),
        Case::at(&["whatsapp_side.before_commit", "signal_side.before_commit"]),
        Case::at(&["to_signal.after_call", "recover.before_commit", "recover.after_commit"]),
        Case::at(&["to_whatsapp.after_call", "recover.before_commit", "recover.between"]),
        Case::at(&["to_whatsapp.after_call", "recover.before_commit", "recover.after_commit"]).nameless(),
    ]
}

fn coming_in() -> Vec<Case> {
    vec![
        Case::at(&["webhook.read"]),
        Case::at(&["intake.before_commit"]),
        Case::at(&["intake.after_commit"]),
        Case::at(&["webhook.before_answer"]),
        Case::at(&["intake.late.before_commit"]).after(Prelude::InDoubt).at_first(named_late),
        Case::at(&["webhook.read:2", "webhook.before_answer:2", "intake.before_commit:3"]).in_the_window(),
        Case::at(&["listen.read"]).in_the_window(),
        Case::at(&["typed.before_commit"]).in_the_window(),
        Case::at(&["changed.before_commit"]).in_the_window().with_portals(|house| {
            house.signal.owner_deletes(None, 1);
        }),
        Case::at(&["listen.after_commit"]),
        Case::at(&["listen.read:4"]).in_the_window(),
    ]
}

fn to_signal() -> Vec<Case> {
    vec![
        Case::at(&["to_signal.begin.before_commit"]),
        Case::at(&["to_signal.before_call"]),
        Case::at(&["to_signal.after_call"]),
        Case::at(&["to_signal.record.before_commit"]),
        Case::at(&["to_signal.after_record"]),
        Case::at(&["to_signal.before_call:3", "to_signal.after_call:2"]),
        Case::at(&["to_signal.put_back.before_commit"]).with_portals(refused_by_the_network),
        Case::at(&["to_signal.dead.before_commit"]).with_portals(unknown_twice),
        Case::at(&["to_signal.put_back.before_commit"]).at_first(made_without_an_answer),
    ]
}

fn to_whatsapp() -> Vec<Case> {
    vec![
        Case::at(&["to_whatsapp.begin.before_commit"]),
        Case::at(&["to_whatsapp.before_call"]),
        Case::at(&["to_whatsapp.after_call"]),
        Case::at(&["to_whatsapp.record.before_commit"]),
        Case::at(&["to_whatsapp.after_record"]),
        Case::at(&["to_whatsapp.begin.before_commit"]).nameless(),
        Case::at(&["to_whatsapp.before_call"]).nameless(),
        Case::at(&["to_whatsapp.after_call"]).nameless(),
        Case::at(&["to_whatsapp.record.before_commit"]).nameless(),
        Case::at(&["to_whatsapp.after_record"]).nameless(),
        Case::at(&["to_whatsapp.put_back.before_commit"]).with_portals(|house| refused(house, 422)),
        Case::at(&["to_whatsapp.in_doubt.before_commit"])
            .with_portals(|house| house.waha.fault(WahaFault::SendThen500 { times: 1 })),
        Case::at(&["to_whatsapp.dead.before_commit"]).with_portals(|house| refused(house, 400)),
        Case::at(&["to_whatsapp.unknown.before_commit"])
            .nameless()
            .with_portals(|house| house.waha.fault(WahaFault::SendThen500 { times: 1 })),
        Case::at(&["to_whatsapp.without_id.before_commit"])
            .nameless()
            .with_portals(|house| house.waha.fault(WahaFault::WrongShape)),
    ]
}

fn files() -> Vec<Case> {
    vec![
        Case::at(&["files.fetched"]),
        Case::at(&["files.fetched:2"]),
        Case::at(&["files.keep.before_commit", "files.keep.before_commit:2"]),
        Case::at(&["files.not_fetched.before_commit"]).with_portals(|house| house.waha.fail_file()),
        Case::at(&["files.fail.before_commit"]).with_portals(|house| house.waha.lose_files()),
        Case::at(&["files.look.before_commit"]),
        Case::at(&["files.lost.before_commit"]).with_portals(|house| house.signal.lose_attachments()),
        Case::at(&["files.unfold.before_commit"]),
        Case::at(&["to_whatsapp.before_file"]),
        Case::at(&["to_whatsapp.after_file"]),
        Case::at(&["to_whatsapp.after_file"]).nameless(),
    ]
}

/// The owner shares a place, which goes under no chosen id whatever the engine takes.
fn things() -> Vec<Case> {
    let case = |kills| Case::at(kills).in_the_window().with_portals(things::share).wanted(things::is_shared_once);
    vec![case(&["to_whatsapp.before_thing"]), case(&["to_whatsapp.after_thing"])]
}

/// The first person edits the first message, and reacts to it. What the owner writes meanwhile may be cut in its window.
fn amended() -> Vec<Case> {
    let case = |kills| Case::at(kills).in_the_window().with_portals(changes::amend).wanted(changes::is_amended);
    vec![
        case(&["amended.before_commit"]),
        case(&["amend_signal.before_call"]),
        case(&["amend_signal.after_call"]),
        case(&["amend_signal.after_call:2", "recover.after_commit"]),
        case(&["amend_signal.record.before_commit"]),
        case(&["amend_signal.after_record"]),
    ]
}

/// The owner reacts to the first message in Signal.
fn changed() -> Vec<Case> {
    let case = |kills| Case::at(kills).in_the_window().with_portals(changes::react).wanted(changes::is_reacted);
    vec![
        case(&["change_whatsapp.begin.before_commit"]),
        case(&["change_whatsapp.before_call"]),
        case(&["change_whatsapp.after_call"]),
        case(&["change_whatsapp.after_call", "recover.before_commit"]),
        case(&["change_whatsapp.record.before_commit"]),
        case(&["change_whatsapp.after_record"]),
        Case::at(&["change_whatsapp.put_back.before_commit"])
            .in_the_window()
            .with_portals(|house| changes::react_while(house, 422))
            .wanted(changes::is_reacted),
        Case::at(&["change_whatsapp.end.before_commit"])
            .in_the_window()
            .with_portals(|house| changes::react_while(house, 400))
            .wanted(changes::is_reacted),
    ]
}

/// The owner calls the first person otherwise.
fn rename(house: &House) {
    let [(number, lid), _] = PEOPLE;
    let (number, lid, name) = (Some(number.into()), Some(lid.into()), Some("Sandy".into()));
    house.waha.add_contact(Contact { number, lid, name, push_name: None });
}

/// The owner reads the first message, and what the owner writes is delivered.
fn ticks() -> Vec<Case> {
    let case = |kills| Case::at(kills).in_the_window().with_portals(changes::read).wanted(changes::is_seen);
    vec![
        case(&["ticks.take.before_commit"]),
        case(&["ticks.after_seen"]),
        case(&["ticks.end.before_commit"]),
        Case::at(&["ticks.after_receipt"]).in_the_window().wanted(changes::is_receipted),
    ]
}

fn portals() -> Vec<Case> {
    vec![
        Case::at(&["portal.after_profile"]),
        Case::at(&["portal.intent.before_commit"]),
        Case::at(&["portal.after_intent"]),
        Case::at(&["portal.after_create"]),
        Case::at(&["portal.after_create:2"]),
        Case::at(&["portal.keep.before_commit"]),
        Case::at(&["portal.after_keep"]),
        Case::at(&["portal.after_secure"]),
        Case::at(&["portal.current.before_commit"]),
        Case::at(&["portal.after_create", "portal.adopt.before_commit", "portal.after_secure"]),
        Case::at(&["portal.drop_intent.before_commit"])
            .at_first(|talk| talk.house.signal.fault(SignalFault::CreateFails { code: -3, times: 1 })),
        Case::at(&["portal.join.before_commit"]).at_first(half_known),
        Case::at(&[
            "to_whatsapp.after_record",
            "titles.try.before_commit",
            "titles.after_call",
            "titles.set.before_commit",
        ])
        .with_portals(rename)
        .wanted(|house| house.signal.groups().iter().any(|group| group.name == "Sandy (WhatsApp)")),
        Case::at(&["timers.intend.before_commit", "timers.set.before_commit"]),
        Case::at(&["portal.after_secure", "timers.set.before_commit"]),
        Case::at(&["portal.after_keep", "timers.intend.before_commit", "timers.after_call"]),
    ]
}

fn keeping() -> Vec<Case> {
    vec![
        Case::at(&["held.release.before_commit"]).after(Prelude::HeldNotice),
        Case::at(&["retention.between_chunks:2", "retention.between_chunks:1"]).after(Prelude::OldRows),
        Case::at(&["retention.after_chunks", "retention.after_commit"]).after(Prelude::OldRows),
        Case::at(&["retention.between_pieces:2", "retention.between_pieces:1"]).after(Prelude::OtherPeriod),
    ]
}

/// Everything is sealed under a new key, while people write.
fn sealing_anew() -> Vec<Case> {
    let case = |kills| Case::at(kills).after(Prelude::SealedRows).at_first(under_a_new_key);
    vec![
        case(&["reseal.key.before_commit", "reseal.after_key"]),
        case(&["reseal.chunk.before_commit:3", "reseal.between_chunks:4", "reseal.chunk.before_commit:5"]),
        case(&["reseal.destroy.before_commit", "reseal.after_destroy", "reseal.after_commit"]),
    ]
}

/// Every commit of the writer, whatever is in it: with chosen ids and without, before and after in turn.
fn commits() -> Vec<Case> {
    let name = |n, point| -> &'static str { format!("{point}:{n}").leak() };
    let anywhere = |n, point| -> Case {
        let kills: &'static [&'static str] = vec![name(n, point)].leak();
        Case { may_survive: true, ..Case::at(kills).in_the_window() }
    };
    let points = ["writer.before_commit", "writer.after_commit"];
    let both = |n: usize| [anywhere(n, points[n % 2]), anywhere(n, points[(n + 1) % 2]).nameless()];
    (1..=COMMITS).flat_map(both).collect()
}

fn under_a_new_key(talk: &Talk<'_>) {
    tokio::spawn(reseal(talk.child.admin.clone(), true));
}

fn refused(house: &House, status: u16) {
    house.waha.fault(WahaFault::RefuseStatus { status, times: 1 });
}

fn refused_by_the_network(house: &House) {
    let kind = "NETWORK_FAILURE";
    house.signal.fault(SignalFault::ErrorOnSend { code: -1, kind, retry_after: None, times: 1 });
}

fn unknown_twice(house: &House) {
    house.signal.fault(SignalFault::SendThenDrop { times: 2 });
}

fn made_without_an_answer(talk: &Talk<'_>) {
    talk.house.signal.fault(SignalFault::CreateThenDrop { times: 1 });
}
