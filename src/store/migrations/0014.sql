-- For how long messages stay in a chat on WhatsApp, in seconds, as its last messages said; 0 if they stay again, nothing if they
-- always have as far as is known.
ALTER TABLE chats ADD COLUMN timer INTEGER;
