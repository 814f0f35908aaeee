//! One stream of events over four transports, with foreign clients.

use madang_shared::lab::transports::TRANSPORT_RATES;
use serde_json::Value;
use tokio_tungstenite::tungstenite::Message;

use crate::test_server::TestServer;

async fn get(server: &TestServer, path: &str) -> (u16, Value) {
    let answer =
        server.http.get(server.url(&format!("/lab/transports/{path}"))).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

fn seqs(answer: &Value) -> Vec<u64> {
    answer["events"].as_array().unwrap().iter().map(|tick| tick["seq"].as_u64().unwrap()).collect()
}

/// Whether these seqs have no holes.
fn are_consecutive(seqs: &[u64]) -> bool {
    seqs.windows(2).all(|pair| pair[1] == pair[0] + 1)
}

#[tokio::test]
async fn t2_8_polls_of_both_kinds_bring_every_event_once_and_in_order() {
    let server = TestServer::start().await;
    for (path, waits) in [("poll", false), ("long-poll", true)] {
        let (mut next, mut all, mut requests) = (0, Vec::new(), 0);
        while all.len() < 6 {
            let (status, answer) = get(&server, &format!("{path}?rate=50&after={next}")).await;
            assert_eq!((status, answer["missed"].as_u64()), (200, Some(0)));
            assert!(answer["request_bytes"].as_u64().unwrap() > 50, "the size of a request head");
            next = answer["next"].as_u64().unwrap();
            all.extend(seqs(&answer));
            requests += 1;
        }
        assert!(are_consecutive(&all) && all[0] == 1, "{path}: {all:?}");
        assert!(
            !waits || requests <= all.len(),
            "each long poll brings an event: {requests} requests"
        );
    }
}

#[tokio::test]
async fn t2_8_an_event_stream_continues_after_the_last_received_event() {
    let server = TestServer::start().await;
    let read = async |last: Option<u64>, wanted: usize| {
        let mut request = server.http.get(server.url("/lab/transports/events?rate=50&after=0"));
        if let Some(last) = last {
            request = request.header("last-event-id", last.to_string());
        }
        let answer = request.send().await.unwrap();
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        let (mut answer, mut text) = (answer, String::new());
        while text.matches("\n\n").count() <= wanted {
            text.push_str(std::str::from_utf8(&answer.chunk().await.unwrap().unwrap()).unwrap());
        }
        assert!(text.starts_with("event: start\ndata: "), "{text}");
        let ids = text.lines().filter_map(|line| line.strip_prefix("id: "));
        ids.map(|id| id.parse().unwrap()).collect::<Vec<u64>>()
    };
    let first = read(None, 3).await;
    assert!(first[0] == 1 && are_consecutive(&first), "{first:?}");
    let second = read(first.last().copied(), 3).await;
    assert_eq!(second[0], first.last().unwrap() + 1);
}

#[tokio::test]
async fn t2_8_a_socket_and_a_poll_show_the_same_events() {
    let server = TestServer::start().await;
    let request = server.request_to("/lab/transports/socket?rate=20&after=0", &[]);
    let mut peer = server.connect(request).await.unwrap();
    let mut received = Vec::new();
    while received.len() < 4 {
        match peer.receive().await {
            Some(Message::Text(text)) => {
                received.push(serde_json::from_str::<Value>(&text).unwrap());
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(received.remove(0)["request_bytes"].as_u64().unwrap() > 50);
    let (_, answer) = get(&server, "poll?rate=20&after=0").await;
    assert_eq!(answer["events"].as_array().unwrap()[..3], received);
    let (_, time) = get(&server, "time").await;
    assert!(time["now"].as_f64().unwrap() > received[2]["at"].as_f64().unwrap());

    server.stopping.cancel();
    assert_eq!(peer.close_code().await, 1001);
    server.tasks.close();
    server.tasks.wait().await;
}

#[tokio::test]
async fn a_ticker_runs_only_while_it_has_listeners() {
    let server = TestServer::start().await;
    assert_eq!(server.tasks.len(), 0);
    let request = server.request_to("/lab/transports/socket?rate=50", &[]);
    let mut peer = server.connect(request).await.unwrap();
    for _ in 0..2 {
        assert!(matches!(peer.receive().await, Some(Message::Text(_))));
    }
    assert_eq!(server.tasks.len(), 2, "the connection and the stream");
    drop(peer);
    while !server.tasks.is_empty() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn invalid_parameters_are_refused_with_a_sentence() {
    let server = TestServer::start().await;
    for query in ["rate=7", "rate=x", "rate=-1", "after=x", "after=-1", "rate=99999999999999999"] {
        let (status, answer) = get(&server, &format!("poll?{query}")).await;
        assert_eq!(status, 400, "{query}");
        assert!(answer["message"].as_str().unwrap().starts_with('`'), "{query}: {answer}");
    }
    for rate in TRANSPORT_RATES {
        assert_eq!(get(&server, &format!("poll?rate={rate}")).await.0, 200);
    }
    // A position beyond the newest event, for example from before a restart, is answered at once.
    let (_, answer) = get(&server, "long-poll?rate=5&after=18446744073709551615").await;
    assert!(seqs(&answer).is_empty());
}
