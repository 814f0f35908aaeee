//! Guests of the gateways of two nodes.

use madang_hub::rooms::FIRST_ROOM;
use madang_shared::Seq;
use madang_shared::delivery::{Delivery, path};
use serde_json::{Value, json};
use tokio::time::timeout;

use super::test_client::SocketIoClient;
use crate::test_server::{TEST_TIMEOUT, TestServer};

#[tokio::test]
async fn guests_of_another_node_hear_of_a_guest_who_comes_and_goes() {
    let [a, b] = TestServer::two_nodes().await;
    let mut one = SocketIoClient::connect(&a).await;
    let two = SocketIoClient::connect(&b).await;
    let id = two.id.clone();
    let announcement = |state: &str| json!({ "data": format!("id: {id} is {state}"), "id": id });
    one.receive_until("connected", &announcement("connected")).await;
    drop(two);
    one.receive_until("disconnected", &announcement("disconnected")).await;
}

#[tokio::test]
async fn a_value_that_is_no_message_reaches_the_guests_of_both_nodes() {
    let [a, b] = TestServer::two_nodes().await;
    let mut one = SocketIoClient::connect(&a).await;
    let mut two = SocketIoClient::connect(&b).await;
    let greeting = json!({ "data": "User Connected" });
    two.emit(&json!(["my event", greeting])).await;
    assert_eq!(two.receive("my response").await, greeting);
    assert_eq!(one.receive("my response").await, greeting);
}

#[tokio::test]
async fn an_object_comes_back_on_both_nodes_as_it_was() {
    let [a, b] = TestServer::two_nodes().await;
    let mut one = SocketIoClient::connect(&a).await;
    let mut two = SocketIoClient::connect(&b).await;
    for number in 0..3 {
        let object = json!({ "user_name": "민수", "message": "안녕", "mood": [1, number] });
        one.emit(&json!(["my event", object])).await;
        assert_eq!(one.receive("my response").await, object);
        assert_eq!(two.receive("my response").await, object);
    }
}

#[tokio::test]
async fn a_guest_cannot_have_the_name_that_a_user_took_on_another_node() {
    let [a, b] = TestServer::two_nodes().await;
    a.user("Mina").await;
    let mut guest = SocketIoClient::connect(&b).await;
    guest.emit(&json!(["my event", { "user_name": "Mina", "message": "it is me" }])).await;
    assert_eq!(guest.receive("refused").await["error"]["code"], "name_taken");
}

#[tokio::test]
async fn the_receipts_of_a_message_are_those_of_the_guests_of_all_nodes() {
    let [a, b] = TestServer::two_nodes().await;
    let (_, token) = a.user("Mina").await;
    let mut one = SocketIoClient::connect(&a).await;
    let mut two = SocketIoClient::connect(&b).await;
    two.emit(&json!(["data", "hello"])).await;
    for guest in [&mut one, &mut two] {
        assert_eq!(guest.confirm("my response").await["message"], "hello");
    }
    for node in [&a, &b] {
        let get = async |path: &str| {
            let answer = node.http.get(node.url(path)).bearer_auth(&token).send().await.unwrap();
            answer.json::<Value>().await.unwrap()
        };
        let joined = async {
            loop {
                let answer = get("/api/socketio/receipts").await;
                if answer[0]["requested"] == 2 {
                    return answer;
                }
                tokio::task::yield_now().await;
            }
        };
        let receipts = timeout(TEST_TIMEOUT, joined).await.expect("the receipts of both nodes");
        let confirmed = |value: &Value| {
            let ids = value["confirmed"].as_array().unwrap().iter();
            let mut ids: Vec<String> = ids.map(|id| id.as_str().unwrap().to_owned()).collect();
            ids.sort();
            ids
        };
        let mut both = vec![one.id.clone(), two.id.clone()];
        both.sort();
        assert_eq!(confirmed(&receipts[0]), both);
        let delivery = get(&path(FIRST_ROOM, Seq(1))).await;
        assert_eq!(confirmed(&delivery["gateway"]), both);
        let delivery: Delivery = serde_json::from_value(delivery).unwrap();
        assert_eq!(delivery.gateway.unwrap().requested, 2);
    }
}
