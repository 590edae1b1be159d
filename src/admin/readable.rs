//! What lies readable in signal-cli's folder, by nature: the written exceptions to "no word of yours lies open". A test
//! runs the bridge on a real signal-cli, searches the folder, and fails for whatever is not in this list, and for what is
//! in it and not there any more.

/// One exception.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Readable {
    /// What can be read.
    pub what: &'static str,
    /// The files below signal-cli's folder that it is in; a `*` stands for one name, or a part of it.
    pub files: &'static [&'static str],
    /// How long.
    pub kept: &'static str,
}

const ACCOUNT: &[&str] = &["data/*.d/account.db", "data/*.d/account.db-wal"];

/// What the bridge sent.
pub const SENT: Readable = Readable {
    what: "what the bridge wrote to you: texts, and names and numbers in them",
    files: ACCOUNT,
    kept: "a day",
};

/// The same, past its day.
pub const DELETED: Readable = Readable {
    what: "the same, deleted: in pages of the file that are free and were not overwritten",
    files: ACCOUNT,
    kept: "until signal-cli needs the page, which may be never; [making the file anew](../SECURITY.md#what-signal-cli-has-deleted) ends it",
};

/// Titles of groups.
pub const TITLES: Readable = Readable {
    what: "the titles of groups, which are the names of chats; those of strangers' groups too",
    files: ACCOUNT,
    kept: "until the group is left, and then as above",
};

/// Who the accounts are.
pub const ACCOUNTS: Readable = Readable {
    what: "the bridge's number and account id, yours, and those of everybody who wrote to the bridge",
    // The last is a message while it is read: sealed, and who sent it.
    files: &[
        "data/accounts.json",
        "data/*",
        "data/*.d/account.db",
        "data/*.d/account.db-wal",
        "data/*.d/msg-cache/*/*",
    ],
    kept: "as long as the account",
};

/// Files that the owner sent.
pub const FILES: Readable = Readable {
    what: "pictures, files and long texts that you send to the bridge",
    files: &["attachments/*"],
    kept: "two to three minutes; then Rialto deletes them, if `channels.signal.attachments` names the folder",
};

/// All of them.
pub const READABLE: [Readable; 5] = [SENT, DELETED, TITLES, ACCOUNTS, FILES];

impl Readable {
    /// Whether a file below signal-cli's folder is one of those.
    #[must_use]
    pub fn is_in(&self, file: &str) -> bool {
        self.files.iter().any(|pattern| fits(pattern, file))
    }
}

fn fits(pattern: &str, file: &str) -> bool {
    let (patterns, names) = (pattern.split('/'), file.split('/'));
    patterns.clone().count() == names.clone().count()
        && patterns.zip(names).all(|(pattern, name)| is_like(pattern, name))
}

fn is_like(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((begin, end)) => name.strip_prefix(begin).is_some_and(|rest| rest.ends_with(end)),
    }
}
