//! JSON-RPC: requests in, answers out, in any order.

use serde_json::{Value, json};

use super::SignalCli;
use super::account::Standing;
use super::connection::Writer;
use super::state::Subscription;

/// What a connection is to do after a request.
pub(crate) enum Reply {
    /// Write this line.
    Line(String),
    /// Write this line, then whatever the subscription with this id has to hear.
    Subscribed(String, u64),
    /// Write nothing.
    Silence,
    /// Close.
    Close,
}

/// How a call ends that isn't answered with a result.
pub(crate) enum Failure {
    /// It is answered with an error.
    Error { code: i32, message: String, data: Value },
    /// It is never answered.
    Silence,
    /// The connection closes.
    Close,
}

impl Failure {
    /// An error without data.
    pub(crate) fn new(code: i32, message: impl Into<String>) -> Self {
        Self::Error { code, message: message.into(), data: Value::Null }
    }

    /// An error the caller could have avoided.
    pub(crate) fn user(message: impl Into<String>) -> Self {
        Self::new(-1, message)
    }
}

/// The result of a call.
pub(crate) type Outcome = Result<Value, Failure>;

impl SignalCli {
    /// Handles one line.
    pub(crate) async fn reply(&self, line: &str, writer: &Writer) -> Reply {
        match serde_json::from_str(line) {
            Ok(Value::Array(batch)) if !batch.is_empty() => self.batch(batch, writer).await,
            Ok(Value::Array(_)) => invalid("invalid request", &Value::Null),
            Ok(request @ Value::Object(_)) => self.single(&request, writer).await,
            Ok(_) => invalid("unexpected type", &Value::Null),
            Err(_) if line.trim().is_empty() => error(-32700, "Empty input line", &Value::Null),
            Err(_) => error(-32700, "Unrecognized token", &Value::Null),
        }
    }

    async fn batch(&self, batch: Vec<Value>, writer: &Writer) -> Reply {
        let mut answers = Vec::new();
        for request in &batch {
            match self.single(request, writer).await {
                Reply::Line(answer) | Reply::Subscribed(answer, _) => answers.push(answer),
                Reply::Silence => {}
                Reply::Close => return Reply::Close,
            }
        }
        if answers.is_empty() {
            return Reply::Silence;
        }
        Reply::Line(format!("[{}]", answers.join(",")))
    }

    async fn single(&self, request: &Value, writer: &Writer) -> Reply {
        let id = request.get("id");
        let known = id.unwrap_or(&Value::Null);
        let outcome = match checked(request) {
            Ok((method, params)) => self.call(method, params, writer).await,
            Err(message) => return invalid(message, known),
        };
        match outcome {
            // A request without an id is never answered, not even with an error.
            _ if id.is_none() => Reply::Silence,
            Ok(result) => good(request, &result, known),
            Err(Failure::Error { code, message, data }) => {
                let error = json!({ "code": code, "message": message, "data": data });
                line(&json!({ "jsonrpc": "2.0", "error": error, "id": known }))
            }
            Err(Failure::Silence) => Reply::Silence,
            Err(Failure::Close) => Reply::Close,
        }
    }

    async fn call(&self, method: &str, params: Value, writer: &Writer) -> Outcome {
        self.state().change(|state| state.calls.push((method.to_owned(), params.clone())));
        self.check_account(&params)?;
        match method {
            "version" => Ok(json!({ "version": self.options().version })),
            "listAccounts" => Ok(self.accounts()),
            "listDevices" => self.devices(),
            "subscribeReceive" => Ok(json!(self.subscribe(writer))),
            "unsubscribeReceive" => self.unsubscribe(&params),
            "send" => self.send(params).await,
            "sendPollCreate" if self.makes_polls() => self.send_poll(params).await,
            "updateGroup" => self.update_group(&params),
            "listGroups" => Ok(self.list_groups(&params)),
            "quitGroup" => self.quit_group(&params),
            "updateProfile" => Ok(self.update_profile()),
            "listIdentities" => Ok(self.identities()),
            "getAvatar" => self.group_picture(&params),
            "getSticker" => self.sticker(&params),
            "submitRateLimitChallenge" => self.submit_challenge(&params),
            "getUserStatus" => Ok(self.user_status(&params)),
            "sendReceipt" | "sendTyping" | "sendReaction" | "remoteDelete" => self.send_other(method, params).await,
            _ => Err(Failure::new(-32601, "Method not implemented")),
        }
    }

    /// With one account, it may be left out; if it is named, it has to exist.
    fn check_account(&self, params: &Value) -> Result<(), Failure> {
        let options = self.options();
        match params.get("account").and_then(Value::as_str) {
            Some(_) if self.standing() == Standing::Missing => {
                Err(Failure::new(-32602, "Specified account does not exist"))
            }
            Some(account) if account != options.account && account != options.account_aci => {
                Err(Failure::new(-32602, "Specified account does not exist"))
            }
            _ => Ok(()),
        }
    }

    fn subscribe(&self, writer: &Writer) -> u64 {
        self.state().change(|state| {
            let id = state.subscribed;
            state.subscribed += 1;
            let writer = writer.clone();
            let told = false;
            state.subscriptions.push(Subscription { id, writer, told });
            id
        })
    }

    fn unsubscribe(&self, params: &Value) -> Outcome {
        let Some(id) = params.get("subscription").and_then(Value::as_u64) else {
            let message = "Missing subscription parameter with subscription id";
            return Err(Failure::user(message));
        };
        let found = self.state().change(|state| {
            let before = state.subscriptions.len();
            state.subscriptions.retain(|subscription| subscription.id != id);
            state.subscriptions.len() < before
        });
        if found { Ok(json!({})) } else { Err(Failure::user("Unknown subscription id")) }
    }
}

/// The method and the parameters of a well-formed request.
fn checked(request: &Value) -> Result<(&str, Value), &'static str> {
    let method = request.get("method").and_then(Value::as_str);
    if request.get("jsonrpc") != Some(&json!("2.0")) {
        return Err("only jsonrpc version 2.0 is supported");
    }
    if request.get("id").is_some_and(|id| id.is_object() || id.is_array()) {
        return Err("Problem deserializing property 'id'");
    }
    let params = match request.get("params") {
        None | Some(Value::Null) => json!({}),
        Some(Value::Object(params)) => Value::Object(params.clone()),
        Some(_) => return Err("Problem deserializing property 'params'"),
    };
    Ok((method.ok_or("method field must be set")?, params))
}

fn good(request: &Value, result: &Value, id: &Value) -> Reply {
    let answer = json!({ "jsonrpc": "2.0", "result": result, "id": id }).to_string();
    match result.as_u64() {
        Some(id) if text(request, "method") == Some("subscribeReceive") => Reply::Subscribed(answer, id),
        _ => Reply::Line(answer),
    }
}

fn invalid(message: &str, id: &Value) -> Reply {
    error(-32600, message, id)
}

fn error(code: i32, message: &str, id: &Value) -> Reply {
    let error = json!({ "code": code, "message": message, "data": null });
    line(&json!({ "jsonrpc": "2.0", "error": error, "id": id }))
}

fn line(value: &Value) -> Reply {
    Reply::Line(value.to_string())
}

/// A list parameter: a list, a single value, or the same under the plural name.
pub(crate) fn list(params: &Value, name: &str) -> Vec<String> {
    let plural = format!("{name}s");
    let value = params.get(name).or_else(|| params.get(&plural));
    match value {
        Some(Value::Array(items)) => {
            let texts = items.iter().filter_map(Value::as_str);
            texts.map(str::to_owned).collect()
        }
        Some(Value::String(item)) => vec![item.clone()],
        _ => Vec::new(),
    }
}

/// A text parameter.
pub(crate) fn text<'a>(params: &'a Value, name: &str) -> Option<&'a str> {
    params.get(name)?.as_str()
}
