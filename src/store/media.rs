//! Files of deliveries: what is to be fetched, and by which key what lies in the folder of files is opened.
//!
//! A row goes with its delivery, and with the row the only key of its file: what is left in the folder then is noise, which
//! the next sweep removes.

use std::collections::HashSet;

use rusqlite::{OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};

use super::deliveries::{COLUMNS, delivery_row};
use super::{ChannelId, Delivery, DeliveryId, StoreError, Tx, row_id, words};
use crate::clock::Moment;
use crate::event::{Event, MediaFailure, MediaKind};
use crate::redact::Private;
use crate::vault::{FileKey, Place};

row_id! {
    /// A file's own id, which is also its name in the folder of files.
    MediaId;
}

impl MediaId {
    /// The name of the file: says nothing but when the row was made.
    #[must_use]
    pub fn file_name(&self) -> String {
        self.0.simple().to_string()
    }
}

/// Where a file stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaState {
    /// It is to be fetched.
    Wanted,
    /// It lies in the folder.
    Here,
    /// It will not come.
    Failed,
    /// It has been sent; of several of one delivery others may be left.
    Sent,
}

words!(MediaState { Wanted = "wanted", Here = "here", Failed = "failed", Sent = "sent" });
words!(MediaFailure {
    TooLarge = "too_large",
    Gone = "gone",
    Broken = "broken",
    NoSpace = "no_space",
    NoWay = "no_way",
});

/// What is known of a file that lies in the folder.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct MediaFile {
    /// Opens it.
    pub key: FileKey,
    /// What it is: by its bytes where those tell.
    pub kind: MediaKind,
    /// Its type by its bytes, as in `image/jpeg`.
    pub mimetype: String,
    /// How it is called where it goes: a clean name whose ending fits the type.
    pub name: Private,
    /// Its size in bytes, opened.
    pub size: u64,
}

/// A file of a delivery.
#[derive(Debug, Clone)]
pub struct MediaRow {
    /// Its id.
    pub id: MediaId,
    /// Its place among the files of its delivery, from 0.
    pub position: usize,
    /// Where it stands.
    pub state: MediaState,
    /// What lies in the folder; none also if the row does not open any more.
    pub file: Option<MediaFile>,
    /// Why it will not come.
    pub why: Option<MediaFailure>,
    /// How often it was tried to fetch it.
    pub attempts: u32,
    /// When it was first wanted.
    pub created_at: Moment,
}

/// A file that is to be fetched, and what it belongs to.
#[derive(Debug)]
pub struct Wanted {
    /// The file.
    pub row: MediaRow,
    /// What brought it.
    pub delivery: Delivery,
}

const FILE: &str = "id, position, state, file, why, attempts, created_at";

impl Tx<'_> {
    /// Wants so many files for a delivery, from then on.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn want_media(
        &self,
        channel: ChannelId,
        delivery: DeliveryId,
        count: usize,
        from: Moment,
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO media (id, channel, delivery, position, state, not_before, created_at)
                   VALUES (?1, ?2, ?3, ?4, 'wanted', ?5, ?5)";
        for position in 0..count {
            let position = i64::try_from(position).unwrap_or(i64::MAX);
            let values = params![MediaId::fresh(), channel.0, delivery, position, from.0];
            self.connection.prepare_cached(sql)?.execute(values)?;
        }
        Ok(())
    }

    /// The file that is to be fetched next, if its time has come.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn next_wanted(
        &self,
        channel: ChannelId,
        now: Moment,
        but: &HashSet<MediaId>,
    ) -> Result<Option<Wanted>, StoreError> {
        let sql = format!(
            "SELECT {FILE}, delivery FROM media WHERE channel = ?1 AND state = 'wanted' AND not_before <= ?2
             ORDER BY not_before, id"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut rows = statement.query(params![channel.0, now.0])?;
        while let Some(row) = rows.next()? {
            let id: MediaId = row.get("id")?;
            if !but.contains(&id) {
                let (file, delivery) = (self.media_row(row)?, row.get("delivery")?);
                return Ok(self.delivery_by_id(delivery)?.map(|delivery| Wanted { row: file, delivery }));
            }
        }
        Ok(None)
    }

    /// When the next file is to be fetched whose time has not come yet.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn next_fetch(&self, channel: ChannelId, now: Moment) -> Result<Option<Moment>, StoreError> {
        let sql = "SELECT min(not_before) FROM media WHERE channel = ?1 AND state = 'wanted' AND not_before > ?2";
        let values = params![channel.0, now.0];
        let due: Option<i64> = self.connection.prepare_cached(sql)?.query_row(values, |row| row.get(0))?;
        Ok(due.map(Moment))
    }

    /// The files of a delivery, in their order.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn media_of(&self, delivery: DeliveryId) -> Result<Vec<MediaRow>, StoreError> {
        let sql = format!("SELECT {FILE} FROM media WHERE delivery = ?1 ORDER BY position");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut rows = statement.query([delivery])?;
        let mut files = Vec::new();
        while let Some(row) = rows.next()? {
            files.push(self.media_row(row)?);
        }
        Ok(files)
    }

    fn media_row(&self, row: &Row<'_>) -> Result<MediaRow, StoreError> {
        let (id, position): (MediaId, i64) = (row.get("id")?, row.get("position")?);
        let sealed: Option<Vec<u8>> = row.get("file")?;
        Ok(MediaRow {
            id,
            position: usize::try_from(position).unwrap_or(usize::MAX),
            state: row.get("state")?,
            file: sealed.and_then(|sealed| self.open(file_place(id.as_ref()), &sealed).ok()),
            why: row.get("why")?,
            attempts: row.get("attempts")?,
            created_at: Moment(row.get("created_at")?),
        })
    }

    fn delivery_by_id(&self, id: DeliveryId) -> Result<Option<Delivery>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM deliveries WHERE id = ?1");
        let row = self.connection.prepare_cached(&sql)?.query_row([id], delivery_row).optional()?;
        Ok(row.map(|row| self.delivery(row)))
    }

    /// A file lies in the folder. False if nobody wants it any more: then it is to be removed.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn keep_media(&self, id: MediaId, file: &MediaFile) -> Result<bool, StoreError> {
        let sealed = self.seal(file_place(id.as_ref()), file)?;
        let size = i64::try_from(file.size).unwrap_or(i64::MAX);
        let sql = "UPDATE media SET state = 'here', file = ?2, size = ?3 WHERE id = ?1 AND state = 'wanted'";
        Ok(self.connection.execute(sql, params![id, sealed, size])? == 1 && self.settled(id)?)
    }

    /// A file will not come.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn fail_media(&self, id: MediaId, why: MediaFailure) -> Result<(), StoreError> {
        let sql = "UPDATE media SET state = 'failed', why = ?2, file = NULL, size = 0 WHERE id = ?1";
        self.connection.execute(sql, params![id, why])?;
        self.settled(id).map(drop)
    }

    /// What waited beside its lane for this file alone goes into it.
    fn settled(&self, id: MediaId) -> Result<bool, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM deliveries WHERE state = 'held' AND id = (SELECT delivery FROM media WHERE id = ?1)
             AND notice_group = '{LATE}'"
        );
        for held in self.deliveries(&sql, params![id])? {
            self.release(&held)?;
        }
        Ok(true)
    }

    /// A file is to be fetched again later.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn put_off_media(&self, id: MediaId, not_before: Moment, counts: bool) -> Result<(), StoreError> {
        let sql = "UPDATE media SET not_before = ?2, attempts = attempts + ?3 WHERE id = ?1";
        self.connection.execute(sql, params![id, not_before.0, counts])?;
        Ok(())
    }

    /// A file has been sent. Its key goes.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn sent_media(&self, id: MediaId) -> Result<(), StoreError> {
        self.connection.execute("UPDATE media SET state = 'sent', file = NULL, size = 0 WHERE id = ?1", [id])?;
        Ok(())
    }

    /// A file is not wanted any more.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn drop_media(&self, id: MediaId) -> Result<(), StoreError> {
        self.connection.execute("DELETE FROM media WHERE id = ?1", [id])?;
        Ok(())
    }

    /// Gives the files of one delivery to another.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn move_media(&self, from: DeliveryId, to: DeliveryId) -> Result<(), StoreError> {
        self.connection.execute("UPDATE media SET delivery = ?2 WHERE delivery = ?1", params![from, to])?;
        Ok(())
    }

    /// Gives one file to another delivery.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn give_media(&self, id: MediaId, to: DeliveryId) -> Result<(), StoreError> {
        self.connection.execute("UPDATE media SET delivery = ?2 WHERE id = ?1", params![id, to])?;
        Ok(())
    }

    /// The names of the files that somebody still wants; any other one in the folder is to be removed.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn media_names(&self) -> Result<HashSet<String>, StoreError> {
        let mut statement = self.connection.prepare("SELECT id FROM media WHERE state IN ('wanted', 'here')")?;
        let rows = statement.query_map([], |row| row.get::<_, MediaId>(0))?;
        rows.map(|id| Ok(id?.file_name())).collect()
    }

    /// Under which names signal-cli keeps the files that are still to be taken from it.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn attachments_wanted(&self) -> Result<HashSet<String>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM deliveries WHERE direction = 'to_whatsapp'
             AND id IN (SELECT delivery FROM media WHERE state = 'wanted')"
        );
        let mut names = HashSet::new();
        for delivery in self.deliveries(&sql, &[])? {
            if let Some(Event::Typed(typed)) = &delivery.event {
                let places = typed.body.files().iter().filter_map(|file| file.place.as_ref());
                names.extend(places.map(|place| place.reveal().to_owned()));
            }
        }
        Ok(names)
    }
}

/// The group of deliveries that wait beside their lane for a file.
pub const LATE: &str = "late-file";

fn file_place(row: &[u8]) -> Place<'_> {
    Place { table: "media", column: "file", row }
}
