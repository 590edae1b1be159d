-- The picture of a portal, by its keyed hash: what the bridge set last; whether the owner has given the group one of their own; when
-- it was last looked at.
ALTER TABLE portals ADD COLUMN picture BLOB;
ALTER TABLE portals ADD COLUMN picture_left INTEGER NOT NULL DEFAULT 0;
ALTER TABLE portals ADD COLUMN pictured_at INTEGER;
