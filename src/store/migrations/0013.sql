-- The title of a portal, by its keyed hash: what the bridge set last, and what it was about to set; how well what it is
-- taken from knows the chat; whether the owner has given the group a name of their own; when it was last looked at.
ALTER TABLE portals ADD COLUMN title BLOB;
ALTER TABLE portals ADD COLUMN title_tried BLOB;
ALTER TABLE portals ADD COLUMN title_rank INTEGER;
ALTER TABLE portals ADD COLUMN title_left INTEGER NOT NULL DEFAULT 0;
ALTER TABLE portals ADD COLUMN titled_at INTEGER;

-- The title that the group is to get.
ALTER TABLE creation_intents ADD COLUMN title BLOB;
ALTER TABLE creation_intents ADD COLUMN title_rank INTEGER;
