//! Polls, which signal-cli makes from 0.13.23 on, and the owner's votes in them.

use serde_json::{Value, json};

use super::SignalCli;
use super::rpc::{Failure, Outcome, list, text};

impl SignalCli {
    pub(crate) fn makes_polls(&self) -> bool {
        let numbers = self.options().version.split('.').map(str::parse::<u32>);
        numbers.collect::<Result<Vec<_>, _>>().is_ok_and(|numbers| numbers >= vec![0, 13, 23])
    }

    /// `sendPollCreate`. The phone shows the question as the text of the message.
    pub(crate) async fn send_poll(&self, mut params: Value) -> Outcome {
        check(&params)?;
        let question = text(&params, "question").unwrap_or_default().to_owned();
        if let Some(params) = params.as_object_mut() {
            params.insert("message".to_owned(), json!(question));
        }
        self.send(params).await
    }

    /// The owner votes in a poll for the answers with these numbers, counted from 0; for none to take the vote back.
    #[must_use]
    pub fn owner_votes(&self, group: &str, (poll, author): (i64, &str), answers: &[usize]) -> i64 {
        let vote = json!({
            "author": author, "authorNumber": null, "authorUuid": author, "targetSentTimestamp": poll,
            "optionIndexes": answers, "voteCount": 1,
        });
        self.owner_shares(Some(group), "pollVote", vote)
    }
}

fn check(params: &Value) -> Result<(), Failure> {
    let options = list(params, "option");
    if text(params, "question").is_none() {
        return Err(Failure::new(-32603, "question (NullPointerException)"));
    }
    if !(2..=10).contains(&options.len()) {
        return Err(Failure::user("Poll needs two to ten options"));
    }
    if options.iter().any(|option| option.is_empty() || option.encode_utf16().count() > 100) {
        return Err(Failure::user("Poll option exceeds the maximum length of 100 characters"));
    }
    Ok(())
}
