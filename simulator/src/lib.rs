//! Stand-ins for the two servers the bridge talks to: WAHA on the `WhatsApp` side and
//! signal-cli on the Signal side.
//!
//! Both listen on real loopback sockets and answer with the bytes the real servers answer with,
//! so the bridge under test runs unchanged. A test plays the people on both phones, looks at what
//! reached them, and arms faults for the moments in which the real servers fail.
//!
//! [`demo`] puts both behind a page with two phones, with the real bridge between them.

mod fault;
mod kind;
mod link;
mod shared;
mod stamp;

pub mod demo;
pub mod signal_cli;
pub mod waha;
