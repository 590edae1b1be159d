//! What retention has deleted, or would delete, by kind.

use rusqlite::params;

use super::{StoreError, Tx};

/// Declares the kinds: each is counted in a field and has the name of the field, in metrics and in the table
/// `deleted`; and words for a person.
macro_rules! kinds {
    ($($(#[$meta:meta])* $field:ident $words:literal;)*) => {
        /// How much went, or is due.
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
        pub struct Purged {$(
            $(#[$meta])*
            pub $field: usize,
        )*}

        impl Purged {
            /// Each kind by its name.
            #[must_use]
            pub fn kinds(&self) -> Vec<(&'static str, usize)> {
                vec![$((stringify!($field), self.$field)),*]
            }

            /// Both together.
            #[must_use]
            pub fn and(self, other: Self) -> Self {
                Self { $($field: self.$field + other.$field),* }
            }

            /// Each kind in words.
            fn in_words(&self) -> Vec<(&'static str, usize)> {
                vec![$(($words, self.$field)),*]
            }
        }
    };
}

kinds! {
    /// Messages with their ids.
    messages "messages";
    /// Keys of events that were accepted.
    keys "keys of events";
    /// Deliveries that had ended without arriving, or waited for too long.
    deliveries "deliveries";
    /// Ids of the bridge's own lines.
    notices "lines of the bridge";
    /// Other names of what the owner edited.
    edits "edits";
    /// Counts of minutes in which somebody wrote.
    floods "counts of minutes";
    /// Questions whether a chat is to be forgotten, that were not answered.
    questions "questions";
    /// Chats without a portal, with their identities.
    chats "unused chats";
    /// Chats with a portal that were idle: what is theirs goes as fast as their groups can be left.
    idle_chats "idle chats";
    /// Rows of backups.
    backup_rows "rows of backups";
    /// Backups that are not kept any longer.
    backup_files "backups";
    /// Files of databases that a restore had put aside.
    put_aside "files put aside by a restore";
}

impl Purged {
    /// Rows of a database, whichever.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.kinds().into_iter().map(|(_, count)| count).sum()
    }
}

impl std::fmt::Display for Purged {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let words: Vec<_> = self.in_words().into_iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        f.write_str(&words.join(", "))
    }
}

impl Tx<'_> {
    /// Notes what the last run has deleted, and forgets what stood there before.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn note_deleted(&self, purged: &Purged) -> Result<(), StoreError> {
        self.connection.execute("DELETE FROM deleted", [])?;
        let sql = "INSERT INTO deleted (kind, count) VALUES (?1, ?2)";
        for (kind, count) in purged.kinds() {
            self.connection.execute(sql, params![kind, i64::try_from(count).unwrap_or(i64::MAX)])?;
        }
        Ok(())
    }

    /// What the last run has deleted.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn last_deleted(&self) -> Result<Vec<(String, i64)>, StoreError> {
        let mut statement = self.connection.prepare_cached("SELECT kind, count FROM deleted ORDER BY kind")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
