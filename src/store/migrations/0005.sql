-- The keyed hash of the whole ring: a key that was put back or taken away shows.
ALTER TABLE key_ring ADD COLUMN proof BLOB;
