//! What is wrong with a portal, with the WhatsApp side, or with the age of a peer.

use std::time::Duration;

use super::span;
use crate::config::Version;
use crate::event::{OutageCause, Peer, PortalTrouble};

pub(super) fn trouble(trouble: PortalTrouble) -> &'static str {
    match trouble {
        PortalTrouble::RateLimited => "Signal limits how fast groups are made; the bridge goes on by itself.",
        PortalTrouble::Refused => "signal-cli could not make the group; the bridge tries again, see its log.",
        PortalTrouble::OwnerPending => {
            "you are only invited to its group. Accept the group invitation in Signal; if you see none, send the \
            bridge any message first."
        }
        PortalTrouble::OwnerLeft => "you are not in its group any more.",
        PortalTrouble::Stranger => {
            "somebody else is in its group, or it has an invite link. Remove them or the link in Signal."
        }
        PortalTrouble::IdentityChanged => {
            "your Signal safety number has changed. Trust the new one on the server, with signal-cli's trust command, \
            once you are sure it is yours."
        }
        PortalTrouble::Gone => "its group does not exist any more.",
    }
}

pub(super) fn outage(cause: OutageCause) -> &'static str {
    match cause {
        OutageCause::Unreachable => "WAHA does not answer. Check that it runs.",
        OutageCause::Untrusted => {
            "the certificate at WAHA's address is not trusted: its authority is not in ca_file, it is for another name, \
            or its time is over. Mend the certificate; if ca_file has to change, restart the bridge after it."
        }
        OutageCause::Unauthorised => "WAHA refuses the bridge's API key. Correct it in the configuration and restart.",
        OutageCause::NoSession => "WAHA has no session of the configured name. Create it in WAHA.",
        OutageCause::ScanQrCode => {
            "the phone must be linked again. Open WAHA's QR code and scan it in WhatsApp under Linked devices."
        }
        OutageCause::Starting => "WAHA's session is starting and does not get on. If it stays so, restart it.",
        OutageCause::Stopped => "WAHA's session is stopped. Start it.",
        OutageCause::Failed => {
            "WAHA's session failed, perhaps because the phone logged it out. Restart it and link \
            the phone again."
        }
        OutageCause::Other => "WAHA's session is in a state the bridge does not know. Look at it in WAHA.",
    }
}

pub(super) const RESTRICTED: &str = "WhatsApp has restricted your account: it refuses messages to people who have not \
    written to you. Open WhatsApp on the phone, which says for how long; write less to new people. What others write still \
    comes, and each message that is refused is told in its conversation.";

pub(super) fn silent_whatsapp(silent: Duration) -> String {
    format!(
        "WhatsApp says it is connected, but nothing has come for {}. The bridge restarts WAHA's session, at most once \
        a day. If nobody wrote, all is well. If somebody did and nothing follows, update WAHA or link the phone again.",
        span(silent)
    )
}

pub(super) fn nothing_confirmed(after: Duration) -> String {
    format!(
        "Signal took many messages from here, and for {} none of your devices confirmed one. If your phone was off, \
        all is well. If not, open Signal on it and look whether messages arrive; accept the bridge's message request \
        if there is one.",
        span(after)
    )
}

pub(super) fn certificate(left: Duration) -> String {
    let state = if left.is_zero() { "has ended".to_owned() } else { format!("ends in {}", span(left)) };
    format!(
        "The certificate that the bridge shows to WAHA {state}. Without a good one nothing comes from WhatsApp. Renew the \
        files of tls_cert_file and tls_key_file on the server; the bridge sees them within ten minutes by itself."
    )
}

pub(super) fn phone_away(after: Duration) -> String {
    format!(
        "The WhatsApp phone has not been seen for {}. If it is switched on and online, all is well: it is only seen when \
        something is written on it. If it is off or offline, open WhatsApp on it soon: after 14 days without the phone \
        WhatsApp logs its linked devices out, and with them this bridge.",
        span(after)
    )
}

pub(super) fn old(peer: Peer, version: Version, age: Duration) -> String {
    let age = span(age);
    match peer {
        Peer::SignalCli => format!(
            "signal-cli {version} has been in use for {age}. Signal turns old ones away after about 90 days. Put the \
            newest version into docker-compose.yml on the server, then run there: docker compose pull signal-cli && \
            docker compose up -d"
        ),
        Peer::Waha => format!(
            "WAHA {version} is {age} old, and WhatsApp changes often. Put the newest version into docker-compose.yml (or \
            .env) on the server, then run there: docker compose pull waha && docker compose up -d"
        ),
    }
}
