//! What [`Store`](madang_hub::ports::Store) promises, asked of each engine in turn. A new engine
//! joins with one line in `every_engine!`.

mod counter;
mod delivery;
mod notices;
mod orders;
mod posts;
mod reading;
mod writing;

use crate::support::Rig;

macro_rules! every_engine {
    ($behaviours:tt) => {
        every_engine!(@ sqlite $behaviours);
        every_engine!(@ memory $behaviours);
    };
    (@ $engine:ident { $($module:ident { $($behaviour:ident,)+ })+ }) => {
        mod $engine {
            $($(
                #[tokio::test]
                async fn $behaviour() {
                    super::$module::$behaviour(super::start::$engine().await).await;
                }
            )+)+
        }
    };
}

every_engine! {{
    writing {
        a_new_user_has_joined_the_first_room,
        a_name_is_given_once_whatever_its_case_or_form,
        a_session_ends_when_it_is_signed_out_and_stays_so,
        a_resend_is_answered_as_it_was_the_first_time,
        a_command_that_changed_nothing_stays_so,
        the_same_command_id_of_two_authors_names_two_commands,
        a_refused_write_changes_nothing_and_the_rest_goes_on,
        a_refused_command_can_succeed_when_it_is_sent_again,
        a_batch_takes_effect_in_its_order,
        concurrent_posts_leave_no_holes_and_reach_the_tail_in_order,
        a_commit_reaches_the_tail_even_if_nobody_waits_for_it,
        commits_take_effect_in_the_order_of_the_calls,
        a_new_room_is_announced_and_its_maker_has_joined,
        a_room_name_is_given_once,
        joining_counts_what_was_said_before_as_read,
        leaving_ends_the_right_to_read_and_to_post,
        a_read_mark_only_moves_forward_and_never_past_the_end,
        nothing_can_be_done_in_a_room_that_is_not_there,
        a_write_on_behalf_of_nobody_is_refused,
        an_empty_batch_is_answered_with_nothing,
        a_part_of_the_server_has_one_user_that_nobody_can_sign_in_as,
        a_guest_has_a_name_that_is_no_users,
        nobody_joins_more_rooms_than_a_connection_can_follow,
    }
    notices {
        a_newcomer_has_nothing_unread,
        a_post_and_an_order_are_noticed_by_everybody_once,
        those_who_are_named_in_a_message_are_told_if_they_are_members,
        an_order_that_goes_on_is_told_to_its_customer,
        what_was_read_is_remembered_and_only_moves_forward,
        a_muted_kind_stays_muted_until_it_is_not,
        the_last_notices_are_kept,
        an_inbox_is_closed_to_others,
        what_is_due_is_told_once_and_the_past_of_a_new_schedule_never,
        a_demonstration_runs_once_and_ends_by_itself,
        a_refused_message_mentions_nobody,
    }
    reading {
        a_new_engine_has_the_first_room_and_its_event,
        the_state_is_true_at_its_position,
        a_good_position_is_resumed,
        a_position_of_another_epoch_or_beyond_the_end_or_too_far_back_gets_the_state,
        the_log_is_read_in_pieces_without_holes,
        what_the_log_keeps_is_what_the_tail_handed_out,
        topics_differ_in_their_epochs,
        a_room_is_closed_to_those_who_have_not_joined,
        memberships_are_closed_to_others,
        an_ephemeral_topic_is_not_stored,
        history_comes_in_pages_that_meet,
        a_page_is_never_longer_than_the_limit,
        unread_counts_what_others_said_after_the_mark,
        numbers_beyond_any_engine_name_nothing,
        a_healthy_engine_is_ready,
    }
    counter {
        the_number_is_the_sum_of_what_was_added,
        fifty_who_add_at_once_lose_nothing,
    }
    posts {
        a_post_is_written_edited_and_deleted_once,
        an_edit_that_changes_nothing_has_no_event,
        a_post_belongs_to_its_author,
        the_id_of_a_deleted_post_is_not_given_out_again,
        the_feed_comes_in_pages_that_meet,
        a_greeting_is_told_and_leaves_the_feed_as_it_was,
        what_was_taken_back_is_in_no_event_and_the_log_still_makes_the_feed,
    }
    delivery {
        who_has_read_a_message_is_told_and_of_others_why_not,
        what_became_of_a_message_is_for_members_only,
        of_a_crowd_the_first_are_named_and_the_others_counted,
    }
    orders {
        an_order_goes_its_way_and_everybody_is_told,
        an_order_is_taken_by_one_rider,
        what_is_not_on_the_menu_or_costs_something_else_is_not_ordered,
        no_order_goes_where_no_way_leads,
        open_orders_are_all_there_and_closed_ones_the_last,
        no_more_orders_are_taken_than_can_be_shown,
        what_the_log_says_makes_the_list,
    }
}}

/// How each engine is started. Asynchronous because some must be reached over a network.
mod start {
    use std::sync::Arc;

    use madang_store::sqlite::{Options, Sqlite, Synchronous};
    use madang_store::{EventStream, Memory};

    use super::Rig;
    use crate::support::NOW;

    pub(super) async fn sqlite() -> Rig {
        let folder = tempfile::tempdir().expect("a folder");
        let options = Options { synchronous: Synchronous::Normal, ..Options::default() };
        let path = folder.path().join("madang.db");
        let (store, tail) = Sqlite::open(&path, NOW, &options).expect("opens");
        std::future::ready(Rig { store: Arc::new(store), tail, _keep: Box::new(folder) }).await
    }

    pub(super) async fn memory() -> Rig {
        let store = Memory::new(NOW, 1);
        let tail: EventStream = store.tail();
        std::future::ready(Rig { store: Arc::new(store), tail, _keep: Box::new(()) }).await
    }
}
