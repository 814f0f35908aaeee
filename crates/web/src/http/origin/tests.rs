use axum::http::HeaderValue;

use super::*;

/// Whether a request may act for a user.
fn allow(origins: &Origins, headers: &HeaderMap, client_info: &ClientInfo) -> bool {
    origins.access(headers, client_info) == PageAccess::Full
}

fn at(host: &str, https: bool) -> ClientInfo {
    ClientInfo { host: Some(HostPort::parse(host).unwrap()), https, ..ClientInfo::default() }
}

fn from(origin: &str) -> HeaderMap {
    HeaderMap::from_iter([(ORIGIN, HeaderValue::from_str(origin).unwrap())])
}

fn check(origin: Option<&str>, host: &str, expected: bool) {
    let origins = Origins::new(["http://localhost:3000".to_owned()]).unwrap();
    let headers = origin.map(from).unwrap_or_default();
    assert_eq!(allow(&origins, &headers, &at(host, false)), expected, "{origin:?} at {host}");
}

#[test]
fn over_https_a_page_of_plain_http_is_foreign() {
    let origins = Origins::new(["http://localhost:3000".to_owned()]).unwrap();
    let reached = ["https://chat.example", "https://chat.example:8443"].map(str::to_owned);
    let network = origins.clone().and(reached).unwrap().listening_on([0, 0, 0, 0].into());
    let loopback_only = origins.listening_on([127, 0, 0, 1].into());
    let loopback = "localhost:5001";
    for (origin, host, expected) in [
        ("https://chat.example", "chat.example", true),
        ("https://chat.example:8443", "chat.example:8443", true),
        ("http://chat.example", "chat.example", false),
        ("https://chat.example:9443", "chat.example", false),
        ("http://localhost:3000", "chat.example", true),
    ] {
        assert_eq!(allow(&network, &from(origin), &at(host, true)), expected, "{origin} at {host}");
    }
    assert!(allow(&loopback_only, &from("https://localhost:5001"), &at(loopback, true)));
    assert!(!allow(&loopback_only, &from("http://localhost:5001"), &at(loopback, true)));
    assert!(!allow(&loopback_only, &from("https://chat.example"), &at("chat.example", true)));
}

#[test]
fn our_own_and_configured_origins_pass_and_others_do_not() {
    check(None, "127.0.0.1:5001", true);
    check(Some("http://127.0.0.1:5001"), "127.0.0.1:5001", true);
    check(Some("https://chat.example"), "chat.example", false);
    check(Some("http://localhost:3000"), "127.0.0.1:5001", true);
    check(Some("http://LOCALHOST:3000"), "127.0.0.1:5001", true);
    check(Some("http://127.0.0.1:3000"), "127.0.0.1:5001", false);
    check(Some("http://127.0.0.1"), "127.0.0.1:5001", false);
    check(Some("https://evil.example"), "127.0.0.1:5001", false);
    check(Some("null"), "127.0.0.1:5001", false);
    check(Some("file://127.0.0.1:5001"), "127.0.0.1:5001", false);
}

#[test]
fn a_server_on_loopback_accepts_only_loopback_names() {
    let listed = || Origins::new(["https://chat.example".to_owned()]).unwrap();
    let loopback_only = listed().listening_on([127, 0, 0, 1].into());
    let network = listed().listening_on([0, 0, 0, 0].into());
    for (host, expected) in [
        ("127.0.0.1:5001", true),
        ("LOCALHOST:5001", true),
        ("localhost", true),
        ("[::1]:5001", true),
        ("127.8.9.1", true),
        ("evil.example:5001", false),
        ("localhost.evil.example", false),
    ] {
        let (headers, client_info) = (from(&format!("http://{host}")), at(host, false));
        assert_eq!(allow(&loopback_only, &headers, &client_info), expected, "{host}");
        assert_eq!(allow(&network, &headers, &client_info), expected, "{host}");
        let headers = from("https://chat.example");
        assert!(allow(&loopback_only, &headers, &client_info), "behind a proxy: {host}");
    }
    let in_the_network = (from("http://192.168.0.7:5001"), at("192.168.0.7:5001", false));
    assert!(!allow(&loopback_only, &in_the_network.0, &in_the_network.1));
    assert!(allow(&network, &in_the_network.0, &in_the_network.1));
}

#[test]
fn a_server_on_the_network_answers_to_addresses_and_configured_names() {
    let network = Origins::new(["http://nas.local:5001".to_owned()])
        .unwrap()
        .and(["https://마당.kr".to_owned()])
        .unwrap()
        .listening_on([0, 0, 0, 0].into());
    for (host, expected) in [
        ("192.168.0.7:5001", true),
        ("[fe80::1]", true),
        ("127.0.0.1", true),
        ("localhost:5001", true),
        ("app.localhost", true),
        ("NAS.local.", true),
        ("nas.local:80", true),
        ("xn--ok1b32k.kr", true),
        ("evil.example:5001", false),
        ("nas.local.evil.example", false),
        ("evil-nas.local", false),
        ("192.168.0.7.evil.example", false),
        ("nas", false),
    ] {
        let requested = at(host, false);
        assert_eq!(network.answer_to(&requested), expected, "{host}");
        assert_eq!(network.answer_to(&at(host, true)), expected, "by a proxy's word: {host}");
        assert!(network.answer_to(&ClientInfo { has_our_certificate: true, ..requested }));
    }
    assert!(network.answer_to(&ClientInfo::default()), "a program without `Host`");
    assert!(!network.are_of_this_machine());
}

#[test]
fn pages_of_this_machine_have_cookieless_access_to_a_server_on_loopback() {
    let loopback_only = Origins::default().listening_on([127, 0, 0, 1].into());
    let network = Origins::default().listening_on([192, 168, 0, 7].into());
    for (origin, expected) in [
        ("http://localhost:3000", true),
        ("http://127.0.0.1:8080", true),
        ("http://[::1]:3000", true),
        ("http://0.0.0.0:5001", true),
        ("https://localhost", true),
        ("http://localhost.evil.example", false),
        ("http://evil.example:3000", false),
        ("http://192.168.0.7:3000", false),
        ("null", false),
        ("file://localhost", false),
    ] {
        let (headers, client_info) = (from(origin), at("localhost:5001", false));
        assert_eq!(loopback_only.allow_guests(&headers, &client_info), expected, "{origin}");
        assert!(!allow(&loopback_only, &headers, &client_info), "with a session: {origin}");
        assert!(!network.allow_guests(&headers, &client_info), "on the network: {origin}");
    }
}

#[test]
fn origins_are_compared_as_scheme_host_and_port() {
    let listed = |origin: &str| Origins::new([origin.to_owned()]).unwrap();
    for (entry, origin) in [
        ("https://chat.example:443", "https://chat.example"),
        ("https://chat.example", "https://chat.example:443"),
        ("http://chat.example:80", "http://CHAT.example"),
        ("HTTPS://Chat.Example", "https://chat.example"),
        (" https://chat.example ", "https://chat.example"),
        ("https://마당.kr", "https://xn--ok1b32k.kr"),
        ("https://xn--OK1B32K.kr:443", "https://xn--ok1b32k.kr"),
        ("http://[0::1]:3000", "http://[::1]:3000"),
    ] {
        let allowed = allow(&listed(entry), &from(origin), &at("other.example", true));
        assert!(allowed, "{entry} and {origin}");
    }
    for (entry, origin) in [
        ("https://chat.example", "http://chat.example"),
        ("https://chat.example", "https://chat.example:8443"),
        ("http://chat.example", "http://chat.example:443"),
        ("https://chat.example", "https://chat.example."),
        ("https://chat.example", "https://a.chat.example"),
        ("https://chat.example", "https://chat.example.evil.example"),
        ("https://chat.example", "https://chat.example@evil.example"),
        ("https://chat.example", "https://evil.example https://chat.example"),
    ] {
        let allowed = allow(&listed(entry), &from(origin), &at("other.example", true));
        assert!(!allowed, "{entry} and {origin}");
    }
}

#[test]
fn one_of_several_origins_does_not_pass() {
    let mut headers = from("http://localhost:5001");
    assert!(allow(&Origins::default(), &headers, &at("localhost:5001", false)));
    headers.append(ORIGIN, HeaderValue::from_static("http://localhost:5001"));
    assert!(!allow(&Origins::default(), &headers, &at("localhost:5001", false)));
}

#[test]
fn invalid_origins_are_refused_with_the_reason() {
    for (wrong, reason) in [
        ("*", "write scheme://host"),
        ("null", "write scheme://host"),
        ("localhost:3000", "write scheme://host"),
        ("//chat.example", "write scheme://host"),
        ("ftp://a", "must be http or https"),
        ("wss://chat.example", "must be http or https"),
        ("WS://localhost:3000", "must be http or https"),
        ("https://chat.example:0", "from 1 to 65535"),
        ("http://localhost:00", "from 1 to 65535"),
        ("http://", "not a valid name"),
        ("http://a/b", "leave out everything after"),
        ("https://chat.example/", "leave out everything after"),
        ("https://chat.example?x", "leave out everything after"),
        ("https:///chat.example", "leave out everything after"),
        ("http://u@a", "leave out the user name"),
        ("https://*.chat.example", "no wildcards"),
        ("https://chat example", "not a valid name"),
        ("https://chat.example:https", "port"),
        ("https://chat.example:65536", "port"),
        ("https://[::1", "not a valid name"),
        ("https://1.2.3.400", "not a valid name"),
        ("https://마당..kr", "not a valid name"),
    ] {
        let error = Origins::new([wrong.to_owned()]).unwrap_err();
        assert_eq!(error.origin, wrong);
        assert!(error.to_string().contains(reason), "{error}");
    }
}
