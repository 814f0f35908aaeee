//! The proxy in each of its modes, between a client and a target that the test drives.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use madang_loadgen::{FaultProxy, LinkDirection, LinkMode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

/// A proxy with one target.
struct ProxyTest {
    proxy: FaultProxy,
    target: TcpListener,
}

impl ProxyTest {
    async fn start() -> Self {
        let target = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let proxy = FaultProxy::start(&[target.local_addr().unwrap()], 7).await.unwrap();
        Self { proxy, target }
    }

    async fn client(&self) -> TcpStream {
        TcpStream::connect(self.proxy.address()).await.unwrap()
    }

    /// A connection as the client and the target have it.
    async fn connection(&self) -> (TcpStream, TcpStream) {
        let client = self.client().await;
        (client, self.target.accept().await.unwrap().0)
    }
}

/// Sends a text on one socket, and expects it on the other.
async fn pass(from: &mut TcpStream, to: &mut TcpStream, text: &str) {
    from.write_all(text.as_bytes()).await.unwrap();
    let mut received = vec![0; text.len()];
    to.read_exact(&mut received).await.unwrap();
    assert_eq!(received, text.as_bytes());
}

/// Everything that arrives until the socket is closed or reset.
async fn rest(mut socket: TcpStream) -> (Vec<u8>, bool) {
    let (mut received, mut part) = (Vec::new(), [0; 1024]);
    loop {
        match socket.read(&mut part).await {
            Ok(0) => return (received, true),
            Ok(bytes) => received.extend(&part[..bytes]),
            Err(_) => return (received, false),
        }
    }
}

#[tokio::test]
async fn a_link_that_passes_forwards_both_directions_and_their_ends() {
    let test = ProxyTest::start().await;
    let (mut client, mut target) = test.connection().await;
    pass(&mut client, &mut target, "question").await;
    pass(&mut target, &mut client, "answer").await;
    client.shutdown().await.unwrap();
    let mut end = [0];
    assert_eq!(target.read(&mut end).await.unwrap(), 0, "the end of one direction passes");
    pass(&mut target, &mut client, "the other direction is still open").await;
    drop(target);
    assert_eq!(rest(client).await, (Vec::new(), true));
}

#[tokio::test]
async fn a_delay_holds_every_part_back_and_keeps_the_order() {
    let test = ProxyTest::start().await;
    let (mut client, mut target) = test.connection().await;
    let fixed = Duration::from_millis(30);
    test.proxy.set(LinkMode::Delay { fixed, jitter: Duration::from_millis(10) });
    for text in ["first", "second", "third"] {
        let sent = Instant::now();
        pass(&mut client, &mut target, text).await;
        assert!(sent.elapsed() >= fixed, "{text} after {:?}", sent.elapsed());
    }
    let sent = Instant::now();
    pass(&mut target, &mut client, "answer").await;
    assert!(sent.elapsed() >= fixed);
}

#[tokio::test]
async fn a_cut_resets_every_connection_and_refuses_new_ones_until_the_link_passes() {
    let test = ProxyTest::start().await;
    let (mut client, mut target) = test.connection().await;
    pass(&mut client, &mut target, "before").await;
    test.proxy.set(LinkMode::Cut);
    assert_eq!(rest(client).await, (Vec::new(), false), "reset, not closed");
    assert_eq!(rest(target).await, (Vec::new(), false));
    assert!(!rest(test.client().await).await.1, "a new connection is reset");
    test.proxy.set(LinkMode::Pass);
    let (mut client, mut target) = test.connection().await;
    pass(&mut client, &mut target, "after").await;
}

#[tokio::test]
async fn a_cut_that_has_passed_already_still_resets_the_connections_before_it() {
    let test = ProxyTest::start().await;
    let (mut client, mut target) = test.connection().await;
    pass(&mut client, &mut target, "before").await;
    test.proxy.set(LinkMode::Cut);
    test.proxy.set(LinkMode::Pass);
    assert!(!rest(client).await.1);
    assert!(!rest(target).await.1);
}

#[tokio::test]
async fn half_open_links_swallow_one_direction_and_forward_the_other() {
    for direction in [LinkDirection::ToTarget, LinkDirection::ToClient] {
        let test = ProxyTest::start().await;
        let (client, target) = test.connection().await;
        let (mut mute, mut audible) = match direction {
            LinkDirection::ToTarget => (client, target),
            LinkDirection::ToClient => (target, client),
        };
        pass(&mut mute, &mut audible, "before").await;
        test.proxy.set(LinkMode::HalfOpen(direction));
        mute.write_all(b"lost").await.unwrap();
        pass(&mut audible, &mut mute, "the other direction").await;
        // The bytes do not arrive when the link passes again, and neither do later ones.
        test.proxy.set(LinkMode::Pass);
        mute.write_all(b"lost too").await.unwrap();
        pass(&mut audible, &mut mute, "still open").await;
        drop(mute);
        assert_eq!(rest(audible).await, (Vec::new(), false), "{direction:?}");
    }
}

#[tokio::test]
async fn the_end_of_a_connection_vanishes_on_a_half_open_link() {
    let test = ProxyTest::start().await;
    let (mut client, mut target) = test.connection().await;
    pass(&mut client, &mut target, "before").await;
    test.proxy.set(LinkMode::HalfOpen(LinkDirection::ToTarget));
    drop(client);
    // The target writes to a connection that its peer has given up, and notices nothing.
    for _ in 0..3 {
        target.write_all(b"are you there?").await.unwrap();
    }
    let mut part = [0];
    assert_eq!(
        target.try_read(&mut part).map_err(|error| error.kind()),
        Err(std::io::ErrorKind::WouldBlock)
    );
    test.proxy.set(LinkMode::Pass);
    assert_eq!(rest(target).await, (Vec::new(), false), "reset once the link passes");
}

#[tokio::test]
async fn a_partition_swallows_both_directions_and_new_connections_hang() {
    let test = ProxyTest::start().await;
    let (mut client, mut target) = test.connection().await;
    pass(&mut client, &mut target, "before").await;
    test.proxy.set(LinkMode::Partition);
    client.write_all(b"lost").await.unwrap();
    target.write_all(b"lost").await.unwrap();
    let mut hanging = test.client().await;
    hanging.write_all(b"lost").await.unwrap();
    test.proxy.until_accepted(2).await;
    test.proxy.set(LinkMode::Pass);
    // The next connection that reaches the target is one of after the partition.
    let (mut new_client, mut new_target) = test.connection().await;
    pass(&mut new_client, &mut new_target, "after").await;
    drop(client);
    assert_eq!(rest(target).await, (Vec::new(), false), "nothing has arrived");
    let mut part = [0];
    let read = hanging.try_read(&mut part).map_err(|error| error.kind());
    assert_eq!(read, Err(std::io::ErrorKind::WouldBlock), "it hangs until its end gives it up");
}

#[tokio::test]
async fn a_balancer_takes_its_targets_in_turn_and_skips_those_that_refuse() {
    let listen = async || TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let (first, second) = (listen().await, listen().await);
    let refusing = listen().await;
    let addresses: [SocketAddr; 3] =
        [&first, &refusing, &second].map(|target| target.local_addr().unwrap());
    drop(refusing);
    let balancer = FaultProxy::start(&addresses, 7).await.unwrap();
    let mut clients = Vec::new();
    for _ in 0..4 {
        clients.push(TcpStream::connect(balancer.address()).await.unwrap());
    }
    let accept_two = async |target: &TcpListener| {
        let mut accepted = Vec::new();
        for _ in 0..2 {
            accepted.push(target.accept().await.unwrap().0);
        }
        accepted
    };
    // Turns 1 and 4 are those of the first target; turn 2 falls to the one after the refusing target, and turn 3 is its own.
    let (of_first, of_second) = tokio::join!(accept_two(&first), accept_two(&second));
    assert_eq!((of_first.len(), of_second.len()), (2, 2));
    drop((first, second));
    let refused = TcpStream::connect(balancer.address()).await.unwrap();
    assert!(!rest(refused).await.1, "no target is left");
}

#[tokio::test]
async fn a_failover_prefers_the_first_target_and_takes_the_second_when_it_is_gone() {
    let listen = async || TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let (first, second) = (listen().await, listen().await);
    let addresses = [&first, &second].map(|target| target.local_addr().unwrap());
    let proxy = FaultProxy::start_failover(&addresses, 7).await.unwrap();
    for target in [&first, &first] {
        let mut client = TcpStream::connect(proxy.address()).await.unwrap();
        pass(&mut client, &mut target.accept().await.unwrap().0, "first").await;
    }
    drop(first);
    let mut client = TcpStream::connect(proxy.address()).await.unwrap();
    pass(&mut client, &mut second.accept().await.unwrap().0, "second").await;
}
