//! The rows of the page.

use super::Way;

const fn way(how: &'static str, note: &'static str, proofs: &'static [&'static str]) -> Way {
    Way { how, note, proofs }
}

const NONE: Way = way("", "", &[]);

/// What, to Signal, to WhatsApp.
pub(crate) const ROWS: &[(&str, [Way; 2])] = &[
    (
        "text with styles",
        [
            way(
                "native",
                "quotes (`> `) and lists stay characters",
                &[
                    "styles::what_is_written_on_whatsapp_looks_so_in_signal",
                    "real_styles::a_real_signal_cli_carries_styles_both_ways",
                ],
            ),
            way(
                "native",
                "line by line; a spoiler is said",
                &[
                    "styles::what_is_written_in_signal_looks_so_on_whatsapp",
                    "real_styles::a_real_signal_cli_carries_styles_both_ways",
                ],
            ),
        ],
    ),
    (
        "long text",
        [
            way("native", "", &["real_long::real_long_texts_are_the_same_on_the_other_side"]),
            way(
                "native",
                "refused with a line where the rest is not to be had",
                &[
                    "real_long::real_long_texts_are_the_same_on_the_other_side",
                    "long::a_text_that_comes_as_a_file_goes_whole_with_its_looks",
                    "long::where_the_rest_is_not_to_be_had_nothing_goes_and_the_owner_is_told",
                ],
            ),
        ],
    ),
    (
        "mentions",
        [
            way(
                "native",
                "of the owner; others by name",
                &[
                    "mentions::names_stand_for_numbers_and_the_owner_is_really_named",
                    "mentions::a_hidden_id_without_a_name_becomes_the_number_and_what_nobody_knows_stays",
                ],
            ),
            way(
                "native",
                "`@Name` of one member of a group and of no other; not in edits",
                &["mentions::a_name_that_only_one_member_has_is_a_mention_on_whatsapp"],
            ),
        ],
    ),
    (
        "reply",
        [
            way(
                "native",
                "also to media, to own messages and to edited ones",
                &[
                    "real_signal::a_real_signal_cli_carries_texts_replies_and_quotes",
                    "files::every_kind_goes_natively_and_an_answer_to_it_finds_it",
                ],
            ),
            way(
                "native",
                "",
                &[
                    "real_signal::a_real_signal_cli_carries_texts_replies_and_quotes",
                    "files::every_kind_goes_natively_and_an_answer_to_it_finds_it",
                ],
            ),
        ],
    ),
    (
        "reaction, and its removal",
        [
            way(
                "native",
                "a group in Signal shows the last one, and a quiet line says who reacted",
                &[
                    "amended::a_contacts_edits_reactions_and_deletion_are_native",
                    "amended::in_a_group_labels_stay_and_a_line_says_who_reacted",
                    "real_changes::a_real_signal_cli_carries_edits_deletions_and_reactions_both_ways",
                ],
            ),
            way(
                "native",
                "",
                &[
                    "changed::edits_deletions_and_reactions_are_native_and_do_not_come_back",
                    "real_changes::a_real_signal_cli_carries_edits_deletions_and_reactions_both_ways",
                ],
            ),
        ],
    ),
    (
        "edit",
        [
            way(
                "native",
                "worded after 24 hours or ten edits; one without words blanks nothing",
                &[
                    "amended::a_contacts_edits_reactions_and_deletion_are_native",
                    "amended_words::beyond_what_the_apps_take_it_is_said_in_words",
                    "amended_words::an_edit_that_is_older_or_could_not_be_read_blanks_nothing",
                    "styles::an_edit_looks_as_it_was_written_both_ways",
                ],
            ),
            way(
                "native",
                "outside WhatsApp's 15 minutes it is said before it is tried",
                &[
                    "changed::edits_deletions_and_reactions_are_native_and_do_not_come_back",
                    "changed::outside_whatsapps_limits_it_is_said_and_not_tried",
                ],
            ),
        ],
    ),
    (
        "deletion",
        [
            way(
                "native",
                "in groups also by an admin",
                &[
                    "amended::a_contacts_edits_reactions_and_deletion_are_native",
                    "amended::nobody_changes_what_somebody_else_wrote_but_an_admin_deletes",
                ],
            ),
            way(
                "native",
                "outside WhatsApp's two days it is said before it is tried",
                &[
                    "changed::edits_deletions_and_reactions_are_native_and_do_not_come_back",
                    "changed::outside_whatsapps_limits_it_is_said_and_not_tried",
                    "files::of_several_files_none_goes_twice_and_a_deletion_takes_those_that_went",
                ],
            ),
        ],
    ),
    (
        "picture, film, GIF, video note, document, sound",
        [
            way(
                "native",
                "with its name and caption; one that takes long follows its words",
                &[
                    "files::every_kind_goes_natively_and_an_answer_to_it_finds_it",
                    "files::words_do_not_wait_long_for_their_file_which_follows_as_an_answer_to_them",
                    "real_files::real_files_are_the_same_on_the_other_side",
                    "memory::a_film_of_95_megabytes_each_way_takes_little_memory",
                ],
            ),
            way(
                "native",
                "each a message, the words with the first; films made playable by WAHA, and GIFs films: it has no GIF that plays by \
                 itself; pictures made JPEG by ffmpeg, and those in HEIF and AVIF documents",
                &[
                    "files::waha_makes_films_of_gifs_and_of_odd_films_and_what_whatsapp_does_not_show_is_a_document",
                    "stickers::with_ffmpeg_every_sticker_is_a_picture_on_white",
                    "files::files_of_the_owner_go_one_by_one_with_the_words_on_the_first",
                    "real_files::real_files_are_the_same_on_the_other_side",
                    "memory::a_film_of_95_megabytes_each_way_takes_little_memory",
                ],
            ),
        ],
    ),
    (
        "voice message",
        [
            way(
                "native",
                "made AAC by ffmpeg, where the configuration names one: iPhones play nothing else",
                &[
                    "files::every_kind_goes_natively_and_an_answer_to_it_finds_it",
                    "voice::a_voice_message_is_one_that_every_signal_app_plays",
                ],
            ),
            way("native", "made ogg/opus by WAHA", &["files::a_voice_message_of_the_owner_is_one_on_whatsapp"]),
        ],
    ),
    (
        "file that is too large, missing or broken",
        [
            way(
                "worded",
                "the rest of the message goes",
                &[
                    "files::a_file_that_is_gone_is_said_and_the_words_go_all_the_same",
                    "files::what_is_too_large_is_not_even_fetched",
                    "files::what_is_not_what_it_was_sent_as_is_a_document_and_what_is_empty_is_said",
                ],
            ),
            way("worded", "", &["files::a_file_that_signal_cli_does_not_have_is_said_and_the_rest_goes"]),
        ],
    ),
    (
        "sticker",
        [
            way(
                "converted",
                "as a picture, and one that moves as a GIF: Signal's app for Android would show it standing still",
                &[
                    "files::every_kind_goes_natively_and_an_answer_to_it_finds_it",
                    "stickers::one_that_moves_moves_on_the_other_side_too",
                ],
            ),
            way(
                "converted",
                "as a picture, of one that moves the first; what ffmpeg cannot read, or is not there to read, is a document",
                &[
                    "stickers::a_sticker_is_a_picture_and_one_that_whatsapp_does_not_show_a_document",
                    "stickers::with_ffmpeg_every_sticker_is_a_picture_on_white",
                ],
            ),
        ],
    ),
    (
        "place, live location",
        [
            way(
                "worded",
                "name, address and a link to a map that the configuration names; of a live one its start, and its length \
                 where WAHA says it",
                &["things::a_place_comes_with_its_name_and_a_link_that_the_configuration_names"],
            ),
            way(
                "native",
                "of a link to a point that stands alone, and of what Signal's apps share",
                &[
                    "things::a_link_to_a_place_becomes_one_and_with_more_words_stays_a_text",
                    "things::a_place_of_signals_apps_goes_without_the_picture_of_its_map_and_that_is_said",
                    "real_things::real_contacts_and_places_cross_both_ways",
                ],
            ),
        ],
    ),
    (
        "contact",
        [
            way(
                "converted",
                "a line with name and numbers, and the card as a file",
                &[
                    "things::a_contact_comes_as_a_line_and_a_card_and_goes_as_one",
                    "real_things::real_contacts_and_places_cross_both_ways",
                ],
            ),
            way(
                "native",
                "",
                &[
                    "things::a_contact_comes_as_a_line_and_a_card_and_goes_as_one",
                    "real_things::real_contacts_and_places_cross_both_ways",
                ],
            ),
        ],
    ),
    (
        "poll",
        [
            way(
                "native",
                "where WAHA can vote, in a group; else, and of more than ten answers, a numbered list. Votes and results are quiet \
                 lines",
                &[
                    "polls::a_poll_is_one_in_signal_and_the_owners_vote_there_is_one_on_whatsapp",
                    "polls::a_poll_is_a_list_and_numbers_that_answer_it_are_a_vote",
                    "polls::votes_of_others_are_quiet_lines_that_quote_the_poll",
                ],
            ),
            way(
                "native",
                "also votes, where WAHA can vote, and numbers that answer a poll; the end of a poll is said",
                &[
                    "polls::a_poll_of_the_owner_is_one_on_whatsapp_in_which_the_owner_can_vote",
                    "polls::where_waha_cannot_vote_or_has_no_poll_nothing_is_sent_and_that_is_said",
                ],
            ),
        ],
    ),
    (
        "event, button, list, template, payment, invitation, call, pin",
        [
            way("worded", "", &["things::events_buttons_payments_invitations_calls_and_pins_are_readable_lines"]),
            way(
                "worded",
                "of a call a line says that nobody was called; pins and payments are refused with a line",
                &["notices::a_call_to_the_bridge_is_said_to_reach_nobody"],
            ),
        ],
    ),
    (
        "message that cannot be decrypted",
        [
            way(
                "worded",
                "with WEBJS, after five minutes, and the line says when it has come: other engines of WAHA do not tell",
                &["notices::what_whatsapp_waits_for_is_said_unless_it_comes"],
            ),
            way(
                "worded",
                "unless the phone sends it again by itself",
                &["notices::what_could_not_be_decrypted_is_said_unless_it_comes_again"],
            ),
        ],
    ),
    (
        "view-once",
        [
            way(
                "worded",
                "it is not fetched; or native, if that is configured and WAHA hands it over: after a line with its words",
                &[
                    "once::what_may_be_seen_once_is_not_fetched_by_itself",
                    "once::if_it_is_wanted_it_can_be_seen_once_in_signal_after_its_words",
                ],
            ),
            way("worded", "refused", &["things::what_may_be_seen_once_is_not_sent_and_that_is_said"]),
        ],
    ),
    (
        "status post, channel, broadcast",
        [
            way(
                "native",
                "posts, if `channels.chats` and WAHA let them in; by default, and broadcasts always, they are left aside without a \
                 line",
                &[
                    "feeds::status_posts_and_channels_stay_out_unless_they_are_wanted",
                    "feeds::they_come_into_groups_of_their_own_that_lead_nowhere",
                ],
            ),
            way("worded", "refused", &["feeds::they_come_into_groups_of_their_own_that_lead_nowhere"]),
        ],
    ),
    (
        "ticks",
        [
            way(
                "native",
                "in a group, once the first has read it, or all (`ticks_in_groups`)",
                &[
                    "ticks::what_is_read_on_one_side_is_shown_on_the_other_and_nothing_else",
                    "ticks::in_a_group_the_first_reader_counts_and_each_author_is_named",
                    "ticks::in_a_group_all_can_be_waited_for",
                    "real_ticks::a_real_signal_cli_carries_receipts_and_typing_both_ways",
                ],
            ),
            way(
                "native",
                "by the message's id; not with engines that would mark the whole chat",
                &[
                    "ticks::what_is_read_on_one_side_is_shown_on_the_other_and_nothing_else",
                    "ticks::an_engine_that_would_mark_the_whole_chat_is_not_asked",
                    "real_ticks::a_real_signal_cli_carries_receipts_and_typing_both_ways",
                ],
            ),
        ],
    ),
    (
        "typing",
        [
            way(
                "native",
                "if it is switched on: WhatsApp says it only to who is online",
                &["typing::who_types_on_whatsapp_is_shown_in_the_portal_and_nothing_is_kept_of_it"],
            ),
            way(
                "native",
                "",
                &[
                    "typing::what_the_owner_types_is_shown_on_whatsapp_and_ends",
                    "real_ticks::a_real_signal_cli_carries_receipts_and_typing_both_ways",
                ],
            ),
        ],
    ),
    (
        "who joins, leaves or changes a group",
        [
            way(
                "worded",
                "one quiet line for a minute; another picture only with WEBJS",
                &[
                    "group_news::what_happens_within_a_minute_is_one_quiet_line",
                    "group_news::a_group_without_a_portal_gets_none_for_it_and_a_repeat_says_nothing",
                ],
            ),
            NONE,
        ],
    ),
    (
        "names of contacts and groups",
        [
            way(
                "native",
                "the title of the chat's group follows a better name",
                &["titles::a_portal_follows_a_better_name_and_never_a_worse_one"],
            ),
            way("", "the owner's own title stays", &["titles::what_the_owner_has_called_a_group_stays"]),
        ],
    ),
    (
        "pictures of contacts and groups",
        [
            way(
                "native",
                "if `channels.pictures` names a way to WhatsApp's servers",
                &["pictures::a_portal_looks_as_its_chat_and_as_the_owner_wants_it"],
            ),
            way(
                "",
                "the owner's own picture stays",
                &["pictures::a_portal_looks_as_its_chat_and_as_the_owner_wants_it"],
            ),
        ],
    ),
    (
        "timer of disappearing messages",
        [
            way(
                "native",
                "as messages say it, up to Signal's four weeks; in a group not that it was switched off, which WAHA does not say",
                &["timers::a_portal_has_the_timer_that_its_chat_has_on_whatsapp_and_records_go_with_it"],
            ),
            way("", "the owner's timer stays the owner's", &["timers::what_the_owner_has_set_stays"]),
        ],
    ),
    (
        "own message from the phone",
        [
            way(
                "native",
                "under \"You\", without a notification",
                &[
                    "gaps::the_phones_messages_are_mirrored_and_the_bridges_are_not",
                    "amended::a_reaction_to_what_the_owner_typed_is_native_and_one_of_the_owner_is_told",
                ],
            ),
            NONE,
        ],
    ),
    (
        "something about a message that is gone",
        [
            way(
                "worded",
                "",
                &["amended_words::what_names_a_message_that_is_not_here_yet_waits_for_it_and_then_is_worded"],
            ),
            way(
                "worded",
                "never at another message",
                &["changed::nothing_is_changed_in_another_chat_and_nothing_that_is_the_bridges_own"],
            ),
        ],
    ),
    (
        "one person by number and by hidden id",
        [
            way(
                "native",
                "one chat; two that turn out to be one are merged, with a line",
                &[
                    "merges::two_portals_of_one_person_become_one_and_nothing_is_lost_on_the_way",
                    "merges::a_number_that_changed_hands_merges_nobody_and_nothing_more_goes_to_it",
                ],
            ),
            way("native", "", &["merges::two_portals_of_one_person_become_one_and_nothing_is_lost_on_the_way"]),
        ],
    ),
];
