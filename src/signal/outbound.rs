//! Our requests as signal-cli takes them. Pure.
//!
//! signal-cli ignores parameters it does not know and fails in odd ways on those of a wrong type, so everything is
//! made sure of here.

mod changes;
mod inline;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::error::SignalError;
use super::rpc::Params;
use crate::config::{Aci, Version};
use crate::event::{GroupId, SignalQuote};
use crate::redact::Private;

pub use changes::{DeleteRequest, EditRequest, ReactRequest};
pub(super) use changes::{delete, edit, react, read_receipt, typing};
pub use inline::inline;

/// A message to send.
#[derive(Debug, Clone, PartialEq)]
pub struct SendRequest {
    /// Where to.
    pub to: Recipient,
    /// What it says; not empty, unless there are files.
    pub text: Private,
    /// The files that go with it: paths, as signal-cli reaches them, or the small ones themselves ([`inline()`]).
    pub files: Vec<Private>,
    /// Whether they are a voice message.
    pub is_voice: bool,
    /// Whether they are a picture or a film that may be seen once.
    pub is_once: bool,
    /// The poll that it is, for a signal-cli that can make one; the text stands for it elsewhere.
    pub poll: Option<PollRequest>,
    /// How parts of it look. A style that reaches beyond the text is left out.
    pub styles: Vec<Style>,
    /// Whom parts of it name. One that reaches beyond the text is left out.
    pub mentions: Vec<Mention>,
    /// The message it answers.
    pub quote: Option<SignalQuote>,
    /// Whether the phone may ring for it.
    pub urgent: bool,
}

impl SendRequest {
    /// Words alone, for which the phone may ring.
    #[must_use]
    pub fn text(to: Recipient, text: impl Into<Private>) -> Self {
        let (files, styles, mentions) = (Vec::new(), Vec::new(), Vec::new());
        Self {
            to,
            text: text.into(),
            files,
            is_voice: false,
            is_once: false,
            poll: None,
            styles,
            mentions,
            quote: None,
            urgent: true,
        }
    }
}

/// A poll as Signal's apps show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PollRequest {
    question: Private,
    options: Vec<Private>,
    several: bool,
}

impl PollRequest {
    /// signal-cli makes polls from this version on.
    pub(super) const SINCE: Version = Version(0, 13, 23);

    /// A poll in which one or `several` of the options may be chosen. Nothing if it does not fit: signal-cli and Signal's apps
    /// take 2 to 10 options, and 100 characters for each and for the question.
    #[must_use]
    pub fn new(question: Private, options: Vec<Private>, several: bool) -> Option<Self> {
        let fits = |text: &Private| (1..=100).contains(&text.reveal().encode_utf16().count());
        let whole = fits(&question) && options.iter().all(fits) && (2..=10).contains(&options.len());
        whole.then_some(Self { question, options, several })
    }
}

/// Where a message goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recipient {
    /// A group.
    Group(GroupId),
    /// The control chat.
    Owner(Aci),
}

/// How a part of a text looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Where it begins, in UTF-16 units.
    pub start: usize,
    /// How long it is, in UTF-16 units.
    pub length: usize,
    /// How it looks.
    pub kind: StyleKind,
}

/// Somebody whom a part of a text names; the apps show the name they know in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// Where it begins, in UTF-16 units.
    pub start: usize,
    /// How long it is, in UTF-16 units.
    pub length: usize,
    /// Who.
    pub who: Aci,
}

/// The looks that Signal knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is the thing it names")]
pub enum StyleKind {
    Bold,
    Italic,
    Spoiler,
    Strikethrough,
    Monospace,
}

impl StyleKind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Bold => "BOLD",
            Self::Italic => "ITALIC",
            Self::Spoiler => "SPOILER",
            Self::Strikethrough => "STRIKETHROUGH",
            Self::Monospace => "MONOSPACE",
        }
    }
}

/// The parameter that names files; a request with one takes longer than others.
pub(super) const FILES: &str = "attachment";

/// The parameters of `sendPollCreate`.
pub(super) fn poll(to: &Recipient, poll: &PollRequest) -> Result<Params, SignalError> {
    let (name, place) = recipient(to)?;
    let options: Vec<&str> = poll.options.iter().map(Private::reveal).collect();
    let question = json!(poll.question.reveal());
    let once = json!(!poll.several);
    Ok(named([(name, place), ("question", question), ("option", json!(options)), ("noMulti", once)]))
}

/// The parameters of `send`.
pub(super) fn send(request: &SendRequest) -> Result<Params, SignalError> {
    if request.text.is_empty() && request.files.is_empty() {
        return Err(SignalError::Refused);
    }
    let (name, place) = recipient(&request.to)?;
    let mut params = named([(name, place), ("message", json!(request.text.reveal()))]);
    if !request.files.is_empty() {
        let paths: Vec<&str> = request.files.iter().map(Private::reveal).collect();
        params.insert(FILES.to_owned(), json!(paths));
    }
    if request.is_voice {
        // From signal-cli 0.14.2; an older one sends a plain audio file.
        params.insert("voiceNote".to_owned(), json!(true));
    }
    if request.is_once {
        params.insert("viewOnce".to_owned(), json!(true));
    }
    let styles = styles(request);
    if !styles.is_empty() {
        params.insert("textStyle".to_owned(), json!(styles));
    }
    let mentions = mentions(request);
    if !mentions.is_empty() {
        params.insert("mention".to_owned(), json!(mentions));
    }
    if !request.urgent {
        params.insert("noUrgent".to_owned(), json!(true));
    }
    params.extend(request.quote.as_ref().map(quote).transpose()?.unwrap_or_default());
    Ok(params)
}

fn recipient(to: &Recipient) -> Result<(&'static str, Value), SignalError> {
    Ok(match to {
        Recipient::Group(group) => ("groupId", group_id(group)?),
        Recipient::Owner(aci) => ("recipient", json!([aci.reveal()])),
    })
}

fn fits(request: &SendRequest, start: usize, length: usize) -> bool {
    length > 0 && start.saturating_add(length) <= request.text.reveal().encode_utf16().count()
}

fn mentions(request: &SendRequest) -> Vec<String> {
    let fitting = request.mentions.iter().filter(|mention| fits(request, mention.start, mention.length));
    fitting.map(|mention| format!("{}:{}:{}", mention.start, mention.length, mention.who.reveal())).collect()
}

fn styles(request: &SendRequest) -> Vec<String> {
    let fitting = request.styles.iter().filter(|style| fits(request, style.start, style.length));
    fitting.map(|style| format!("{}:{}:{}", style.start, style.length, style.kind.name())).collect()
}

fn quote(quote: &SignalQuote) -> Result<Params, SignalError> {
    if quote.timestamp.0 <= 0 {
        return Err(SignalError::Refused);
    }
    let text = quote.text.as_ref().map_or("", Private::reveal);
    Ok(named([
        ("quoteTimestamp", json!(quote.timestamp.0)),
        ("quoteAuthor", json!(quote.author.reveal())),
        ("quoteMessage", json!(text)),
    ]))
}

/// `updateGroup` that makes a group: name and member only, because what else is asked for is a second change inside,
/// and a failure there would leave the group behind.
pub(super) fn create_group(name: &Private, owner: &Aci) -> Params {
    named([("name", json!(name.reveal())), ("member", json!([owner.reveal()]))])
}

/// `updateGroup` that shuts a group: no link, and only admins add members. Who may edit its name stays as it is: the
/// owner may rename.
pub(super) fn secure_group(group: &GroupId, timer: Option<i64>) -> Result<Params, SignalError> {
    let mut params = named([
        ("groupId", group_id(group)?),
        ("link", json!("disabled")),
        ("setPermissionAddMember", json!("only-admins")),
    ]);
    params.extend(timer.map(|seconds| ("expiration".to_owned(), json!(seconds))));
    Ok(params)
}

/// `updateGroup` that lets a group's messages disappear after so many seconds.
pub(super) fn set_timer(group: &GroupId, seconds: i64) -> Result<Params, SignalError> {
    Ok(named([("groupId", group_id(group)?), ("expiration", json!(seconds))]))
}

/// `updateGroup` that gives a group another name.
pub(super) fn rename_group(group: &GroupId, name: &Private) -> Result<Params, SignalError> {
    Ok(named([("groupId", group_id(group)?), ("name", json!(name.reveal()))]))
}

/// `updateGroup` with a picture as a data URI, which signal-cli takes in the place of a file.
pub(super) fn set_picture(group: &GroupId, mimetype: &str, data: &Private) -> Result<Params, SignalError> {
    let uri = format!("data:{mimetype};base64,{}", data.reveal());
    Ok(named([("groupId", group_id(group)?), ("avatar", json!(uri))]))
}

/// `getAvatar` of a group.
pub(super) fn picture_of(group: &GroupId) -> Result<Params, SignalError> {
    Ok(named([("groupId", group_id(group)?)]))
}

/// `listGroups` for one group.
pub(super) fn list_group(group: &GroupId) -> Result<Params, SignalError> {
    Ok(named([("groupId", json!([group_id(group)?]))]))
}

/// `listIdentities` of one account.
pub(super) fn list_identities(aci: &Aci) -> Params {
    named([("number", json!(aci.reveal()))])
}

/// `quitGroup`, which also makes signal-cli forget the group. Its only admin must name another if somebody stays.
pub(super) fn quit_group(group: &GroupId, heir: Option<&Aci>) -> Result<Params, SignalError> {
    let (id, delete) = (("groupId", group_id(group)?), ("delete", json!(true)));
    Ok(match heir {
        Some(heir) => named([id, delete, ("admin", json!([heir.reveal()]))]),
        None => named([id, delete]),
    })
}

/// `updateProfile` with a name.
pub(super) fn update_profile(name: &Private) -> Params {
    named([("givenName", json!(name.reveal()))])
}

/// Whether an id is one of a group as Signal makes them now. signal-cli 0.13 can make one of the old kind, with 16
/// bytes, which the apps show as a direct chat.
pub(super) fn is_group_id(id: &str) -> bool {
    STANDARD.decode(id).is_ok_and(|bytes| bytes.len() == 32)
}

fn group_id(group: &GroupId) -> Result<Value, SignalError> {
    if is_group_id(group.reveal()) { Ok(json!(group.reveal())) } else { Err(SignalError::Refused) }
}

fn named<const N: usize>(params: [(&str, Value); N]) -> Params {
    params.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Moment;

    const GROUP: &str = "gcUcON3gCfDELoVoNNaV+EQDCl4ZF2L0cUuKa2Au/dQ=";
    const OWNER: &str = "545d590b-826c-4eaa-9959-2341f57772cb";

    fn request(to: Recipient, text: &str) -> SendRequest {
        SendRequest::text(to, text)
    }

    #[test]
    fn a_message_names_its_place_and_nothing_else() {
        let direct = request(Recipient::Owner(Aci::new(OWNER)), "hi");
        assert_eq!(json!(send(&direct).unwrap()), json!({"recipient": [OWNER], "message": "hi"}));
        let quote = SignalQuote { timestamp: Moment(1_795_303_870_634), author: Aci::new(OWNER), text: None };
        let kinds = [StyleKind::Bold, StyleKind::Italic, StyleKind::Spoiler, StyleKind::Monospace];
        let styles = kinds.iter().zip([(0, 2), (2, 2), (3, 2), (0, 0)]);
        let group = SendRequest {
            styles: styles.map(|(kind, (start, length))| Style { start, length, kind: *kind }).collect(),
            mentions: [0, 3].map(|start| Mention { start, length: 2, who: Aci::new(OWNER) }).to_vec(),
            quote: Some(quote),
            urgent: false,
            ..request(Recipient::Group(GroupId::new(GROUP)), "😀ab")
        };
        let expected = json!({
            "groupId": GROUP, "message": "😀ab", "textStyle": ["0:2:BOLD", "2:2:ITALIC"],
            "mention": [format!("0:2:{OWNER}")], "noUrgent": true,
            "quoteTimestamp": 1_795_303_870_634_i64, "quoteAuthor": OWNER, "quoteMessage": "",
        });
        assert_eq!(json!(send(&group).unwrap()), expected);
    }

    #[test]
    fn files_go_by_their_paths_with_or_without_words() {
        let file = |text| SendRequest {
            files: vec!["/run/hand-over/x/voice.m4a".into()],
            is_voice: true,
            ..request(Recipient::Owner(Aci::new(OWNER)), text)
        };
        let expected = json!({
            "recipient": [OWNER], "message": "", "attachment": ["/run/hand-over/x/voice.m4a"], "voiceNote": true,
        });
        assert_eq!(json!(send(&file("")).unwrap()), expected);
        assert_eq!(send(&file("hi")).unwrap()["message"], json!("hi"));
        let once = SendRequest { is_voice: false, is_once: true, ..file("") };
        assert_eq!(send(&once).unwrap()["viewOnce"], json!(true));
    }

    #[test]
    fn a_poll_goes_if_it_fits() {
        let texts = |count| (0..count).map(|n: u8| Private::from(n.to_string())).collect::<Vec<_>>();
        let fitting = PollRequest::new("When?".into(), vec!["Mon".into(), "Tue".into()], false).unwrap();
        let expected = json!({ "groupId": GROUP, "question": "When?", "option": ["Mon", "Tue"], "noMulti": true });
        assert_eq!(json!(poll(&Recipient::Group(GroupId::new(GROUP)), &fitting).unwrap()), expected);
        let fits = |question: &str, options| PollRequest::new(question.into(), options, true).is_some();
        assert!(fits("?", texts(10)) && fits(&"é".repeat(100), texts(2)));
        assert!(
            !fits("?", texts(11)) && !fits("?", texts(1)) && !fits("", texts(2)) && !fits(&"é".repeat(101), texts(2))
        );
        assert!(!fits("?", vec!["a".into(), "".into()]) && !fits("?", vec!["a".into(), "😀".repeat(51).into()]));
    }

    #[test]
    fn what_signal_cli_would_misread_is_not_sent() {
        let empty = request(Recipient::Owner(Aci::new(OWNER)), "");
        assert_eq!(send(&empty), Err(SignalError::Refused));
        for id in ["", "AAAA", "AAAAAAAAAAAAAAAAAAAAAA==", "not base64"] {
            let group = GroupId::new(id);
            assert_eq!(send(&request(Recipient::Group(group.clone()), "x")), Err(SignalError::Refused), "{id}");
            assert_eq!(secure_group(&group, None), Err(SignalError::Refused));
            assert_eq!(set_timer(&group, 60), Err(SignalError::Refused));
            assert_eq!(list_group(&group), Err(SignalError::Refused));
            assert_eq!(quit_group(&group, None), Err(SignalError::Refused));
        }
        let quote = SignalQuote { timestamp: Moment(0), author: Aci::new(OWNER), text: None };
        let broken = SendRequest { quote: Some(quote), ..request(Recipient::Owner(Aci::new(OWNER)), "x") };
        assert_eq!(send(&broken), Err(SignalError::Refused));
    }
}
