//! The ways in which WAHA goes wrong.

use std::time::Duration;

use crate::fault::Counted;

/// A way in which sending a text goes wrong.
#[derive(Clone, Debug)]
pub enum WahaFault {
    /// Answers this status and doesn't send.
    RefuseStatus {
        /// The status answered.
        status: u16,
        /// How often.
        times: u32,
    },
    /// Answers 500 with these words of the engine and doesn't send.
    Exception {
        /// The words.
        message: &'static str,
        /// How often.
        times: u32,
    },
    /// Sends, then answers 500.
    SendThen500 {
        /// How often.
        times: u32,
    },
    /// Sends, then never answers.
    SendThenHang {
        /// How often.
        times: u32,
    },
    /// Never answers and doesn't send.
    HangBeforeSend {
        /// How often.
        times: u32,
    },
    /// Closes the connection without an answer.
    DropConnection {
        /// Whether the text is sent first.
        after_send: bool,
        /// How often.
        times: u32,
    },
    /// The echo webhook is answered before the request is.
    EchoBeforeAnswer {
        /// How much later the answer comes.
        delay: Duration,
    },
    /// Answers well, and reports the failure in a later acknowledgement.
    FailedAck {
        /// How often.
        times: u32,
    },
    /// Sends and answers 2xx, but no id is in the answer.
    WrongShape,
    /// Answers 500 when it is asked for a contact.
    ContactFails {
        /// How often.
        times: u32,
    },
    /// Answers 500 instead of a message, or a list of chats or messages.
    ListFails {
        /// How often.
        times: u32,
    },
    /// Answers 500 when it is asked to mark messages as seen, and does not.
    SeenFails {
        /// How often.
        times: u32,
    },
    /// Answers 500 when it is asked to log the session out, and does not.
    LogoutFails {
        /// How often.
        times: u32,
    },
    /// Answers 200 when it is asked to delete the session, and does not.
    DeleteForgets {
        /// How often.
        times: u32,
    },
}

impl Counted for WahaFault {
    fn times(&mut self) -> Option<&mut u32> {
        match self {
            Self::RefuseStatus { times, .. }
            | Self::Exception { times, .. }
            | Self::SendThen500 { times }
            | Self::SendThenHang { times }
            | Self::HangBeforeSend { times }
            | Self::DropConnection { times, .. }
            | Self::FailedAck { times }
            | Self::ContactFails { times }
            | Self::ListFails { times }
            | Self::SeenFails { times }
            | Self::LogoutFails { times }
            | Self::DeleteForgets { times } => Some(times),
            Self::EchoBeforeAnswer { .. } | Self::WrongShape => None,
        }
    }
}
