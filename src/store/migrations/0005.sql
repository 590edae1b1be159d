-- The keyed hash of the whole ring: a key that was put back or taken away shows.
ALTER TABLE key_ring ADD COLUMN proof BLOB;

-- The keyed hash of portal and chat: a portal that was made to lead to another chat shows.
ALTER TABLE portals ADD COLUMN tie BLOB;

-- Whether values may be plain. Once all are sealed, a plain one was put there by somebody else.
ALTER TABLE key_ring ADD COLUMN plain INTEGER NOT NULL DEFAULT 1;
