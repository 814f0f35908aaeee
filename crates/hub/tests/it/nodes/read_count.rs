//! Read counts over several nodes.

use madang_shared::membership::MembershipCommand;
use madang_shared::read_count::{ReadCount, ReadCountAnswer, ReadCountQuery};
use madang_shared::{Answer, ClientFrame, ErrorCode, QueryFrame, QueryId, Seq, ServerFrame};

use super::TwoNodes;
use crate::test_server::{ROOM, START, TestConnection};

#[test]
fn a_read_count_follows_readers_on_another_node() {
    for is_lost in [false, true] {
        let mut nodes = TwoNodes::new();
        let mut reader = nodes.a.connect(&nodes.a.user("r"));
        let mut author = nodes.b.connect(&nodes.a.user("w"));
        author.post("read me");
        author.settle(&nodes.b);
        for known in [None, Some(ReadCount { read: 0, recipients: 1 })] {
            let query = ReadCountQuery::Watch { room: ROOM, message: Seq(1), known };
            let id = QueryId(1);
            author.send(&ClientFrame::Query(QueryFrame { id, query: query.into() }));
            author.settle(&nodes.b);
        }
        assert_eq!(counts(author.take()), [ReadCount { read: 0, recipients: 1 }]);
        let read = MembershipCommand::Read { room: ROOM, up_to: Seq(1) };
        nodes.command(&mut reader, read.into());
        if is_lost {
            nodes.lose();
        } else {
            nodes.deliver();
        }
        for _ in 0..if is_lost { 3 } else { 1 } {
            nodes.poll();
        }
        author.settle(&nodes.b);
        assert_eq!(counts(author.take()), [ReadCount { read: 1, recipients: 1 }], "{is_lost}");
    }
}

#[test]
fn a_member_who_has_just_joined_watches_a_room_whose_marks_the_node_has_already() {
    for known in [None, Some(ReadCount { read: 7, recipients: 7 })] {
        let nodes = TwoNodes::new();
        let watch = |connection: &mut TestConnection, known| {
            let query = ReadCountQuery::Watch { room: ROOM, message: Seq(1), known };
            let id = QueryId(1);
            connection.send(&ClientFrame::Query(QueryFrame { id, query: query.into() }));
        };
        let mut author = nodes.a.connect(&nodes.a.user("w"));
        author.post("read me");
        author.settle(&nodes.a);
        watch(&mut author, None);
        author.settle(&nodes.a);
        assert_eq!(counts(author.take()), [ReadCount { read: 0, recipients: 0 }]);
        watch(&mut author, Some(ReadCount { read: 0, recipients: 0 }));
        author.settle(&nodes.a);

        let user = nodes.a.user("r");
        let mut member = nodes.b.connect(&user);
        member.command(MembershipCommand::Leave { room: ROOM }.into());
        member.command(MembershipCommand::Join { room: ROOM }.into());
        member.settle(&nodes.b);
        member.take();
        let mut member = nodes.a.connect(&user);
        watch(&mut member, known);
        // A count of all watches before the store has answered must not refuse this one.
        nodes.a.hub.tick(START.plus(60_000));
        member.settle(&nodes.a);
        let received = member.take();
        assert_eq!(counts(received.clone()).len(), 1, "{received:?}");

        let mut stranger = nodes.a.connect(&nodes.a.user("s"));
        stranger.command(MembershipCommand::Leave { room: ROOM }.into());
        stranger.settle(&nodes.a);
        stranger.take();
        watch(&mut stranger, known);
        stranger.settle(&nodes.a);
        let received = stranger.take();
        let [ServerFrame::Error { failure, .. }] = &received[..] else { panic!("{received:?}") };
        assert_eq!(failure.code, ErrorCode::NotMember);
    }
}

fn counts(received: Vec<ServerFrame>) -> Vec<ReadCount> {
    let counts = received.into_iter().filter_map(|frame| match frame {
        ServerFrame::Answer {
            answer: Answer::ReadCount(ReadCountAnswer::Counted(count)), ..
        } => Some(count),
        _ => None,
    });
    counts.collect()
}
