//! A third-party client.

use futures_util::{SinkExt, StreamExt};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use crate::server::Server;

#[tokio::test]
async fn a_third_party_client_interoperates() {
    let server = Server::start().await;
    let (mut client, _) = connect_async(format!("ws://{}", server.address)).await.unwrap();
    for length in [0, 1, 125, 126, 65_535, 65_536, 900_000] {
        for message in [Message::text("글".repeat(length / 3)), Message::binary(vec![7; length])] {
            client.send(message.clone()).await.unwrap();
            assert_eq!(client.next().await.unwrap().unwrap(), message);
        }
    }
    client.send(Message::Ping("still there?".into())).await.unwrap();
    assert_eq!(client.next().await.unwrap().unwrap(), Message::Pong("still there?".into()));
    let close_frame = CloseFrame { code: 4444.into(), reason: "bye".into() };
    client.close(Some(close_frame)).await.unwrap();
    let answer = client.next().await.unwrap().unwrap();
    assert_eq!(answer, Message::Close(Some(CloseFrame { code: 4444.into(), reason: "".into() })));
    assert!(client.next().await.is_none());
}
