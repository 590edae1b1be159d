//! The bridge itself: between what was accepted and what the other side has.
//!
//! - [`intake`]: what the wings bring becomes deliveries.
//!   `permit`: which chats are bridged at all.
//! - [`lanes`]: walks them; `carry_signal` (with `after_signal`) and `carry_whatsapp` carry one, with the pure mappings
//!   [`to_signal`] and [`to_whatsapp`], the rules of [`outcome`], and `sent` to record it. `proof`: what a receipt says of
//!   a call without an answer. `question`: what is too old to go unasked.
//! - `amend_signal` carries what is done on WhatsApp to an earlier message, with the pure mapping [`amendment`] and
//!   `amended` to record it, and `awaited` for a line that is over; `change_whatsapp` what the owner does in Signal to one,
//!   with `echo`.
//! - `things`: places, contacts, polls and their like, in words; `carry_thing` carries those of the owner, `votes` reads
//!   numbers that answer a poll.
//! - `place`: whether a message goes into its chat's portal or into the control chat. `title`: what a chat is called.
//! - [`portal`]: gives a chat its Signal group. `membership`: who is in it. `identity`: whether the owner is the owner.
//! - [`files`]: what travels with messages, beside the lanes.
//! - `doubt`: a message that may have been sent, looked for in WAHA's store.
//! - `held`: deliveries beside their lane. `confirm`: the wait for WhatsApp's word. `recover`: what a crash left open.
//!   `timers`: when messages disappear from portals; `titles`: what they are called; `pictures`: how they look; all in
//!   `rounds`. `merge`: two chats that
//!   are one person. `forget`: a chat that the owner wants gone.
//!   [`restored`]: what a backup cannot know. [`leave`]: the end of it all.
//! - `whatsapp_side`, `signal_side`: whether the peers work, and telling the owner. [`gaps`]: what was missed meanwhile.
//! - `condition`: whether a channel works. `watch`: what looks connected and is silent, with
//!   `silence` for WAHA; `phone`, whether the owner's WhatsApp phone is still there; and `ages`, how old the peers are.
//! - `account`: what channels of one bridge account share, above all Signal's rate limits. `limited` tells of them,
//!   [`captcha`] lifts them.
//! - [`ticks`]: what was read on one side is shown on the other. [`typing`]: who types.
//! - `tell` queues notices; [`notices`] words them, and nothing else does. [`labels`]: who speaks. [`wording`]: what people
//!   wrote, with its looks, and
//!   `mentioned`, with names in it; `naming`: whom the owner names.

mod account;
mod after_signal;
mod ages;
mod amend_signal;
mod amended;
pub mod amendment;
mod awaited;
pub mod captcha;
mod carry_signal;
mod carry_thing;
mod carry_whatsapp;
mod change_whatsapp;
mod channel;
mod condition;
mod confirm;
mod counters;
mod doubt;
mod echo;
pub mod files;
mod forget;
pub mod gaps;
mod held;
mod identity;
pub mod intake;
pub mod labels;
pub mod lanes;
pub mod leave;
mod limited;
pub mod limits;
mod membership;
mod mentioned;
mod merge;
mod naming;
pub mod notices;
pub mod outcome;
mod permit;
mod phone;
mod pictures;
mod place;
pub mod portal;
mod proof;
mod question;
mod recover;
pub mod restored;
mod rounds;
mod run;
mod sent;
mod signal_side;
mod silence;
mod tell;
mod things;
pub mod ticks;
mod timers;
mod title;
mod titles;
pub mod to_signal;
pub mod to_whatsapp;
pub mod typing;
mod votes;
mod watch;
mod whatsapp_side;
pub mod wording;

pub use account::{Account, Limit};
pub use channel::Channel;
pub use condition::Condition;
pub use counters::Counters;
pub use files::Files;
pub use forget::{Begun, begin as begin_to_forget};
pub use intake::ChannelIntake;
pub use mentioned::{Mentioned, Names};
pub use proof::Doubts;
pub use run::run;
pub use tell::{say_once, tell_forgotten};
pub use ticks::TicksDue;
pub use typing::Typists;
