//! RFC 7692 section 7.1: negotiation of permessage-deflate.

use madang_websocket::NegotiatedCompression;

const DEFAULT: &str = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

fn check(headers: &[&str], expected: Option<&str>) {
    let answer = NegotiatedCompression::negotiate(headers.iter().copied())
        .map(NegotiatedCompression::answer);
    assert_eq!(answer.as_deref(), expected, "{headers:?}");
}

fn accepted(offer: &str) {
    check(&[offer], Some(DEFAULT));
}

fn declined(offer: &str) {
    check(&[offer], None);
    let with_another = format!("{offer}, permessage-deflate");
    check(&[&with_another], Some(DEFAULT));
    check(&[offer, "permessage-deflate"], Some(DEFAULT));
}

#[test]
fn section_7_1_all_parameters_are_accepted() {
    for offer in [
        "permessage-deflate",
        "  permessage-deflate\t",
        "permessage-deflate; client_max_window_bits",
        "permessage-deflate;client_max_window_bits",
        "permessage-deflate; client_max_window_bits=8",
        "permessage-deflate; client_max_window_bits=15",
        "permessage-deflate; client_max_window_bits=\"10\"",
        "permessage-deflate; client_no_context_takeover",
        "permessage-deflate; server_no_context_takeover",
        "permessage-deflate; server_no_context_takeover; client_no_context_takeover; client_max_window_bits=12",
    ] {
        accepted(offer);
    }
}

#[test]
fn section_7_1_2_1_a_requested_window_is_used_and_named() {
    for bits in 9..=15 {
        let answer = format!("{DEFAULT}; server_max_window_bits={bits}");
        for offer in [
            format!("permessage-deflate; server_max_window_bits={bits}"),
            format!("permessage-deflate; server_max_window_bits=\"{bits}\""),
            format!("permessage-deflate; server_max_window_bits = {bits} ; client_max_window_bits"),
        ] {
            check(&[&offer], Some(&answer));
            assert_eq!(
                NegotiatedCompression::negotiate([offer.as_str()]).unwrap().window.bits(),
                bits
            );
        }
    }
    check(
        &["permessage-deflate; server_max_window_bits=\"1\\0\""],
        Some(&format!("{DEFAULT}; server_max_window_bits=10")),
    );
    // Valid, but not supported by zlib: the next offer is taken, as section 7.1.2.1 says.
    declined("permessage-deflate; server_max_window_bits=8");
}

#[test]
fn section_7_1_an_invalid_offer_is_declined_and_the_next_one_counts() {
    for offer in [
        "permessage-deflate; unknown",
        "permessage-deflate; unknown=1",
        "permessage-deflate; ",
        "permessage-deflate;",
        "permessage-deflate; =1",
        "permessage-deflate; server_no_context_takeover=1",
        "permessage-deflate; server_no_context_takeover=",
        "permessage-deflate; client_no_context_takeover=\"\"",
        "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
        "permessage-deflate; client_max_window_bits; client_max_window_bits=10",
        "permessage-deflate; server_max_window_bits=10; server_max_window_bits=10",
        "permessage-deflate; server_max_window_bits",
        "permessage-deflate; server_max_window_bits=",
        "permessage-deflate; server_max_window_bits=7",
        "permessage-deflate; server_max_window_bits=16",
        "permessage-deflate; server_max_window_bits=09",
        "permessage-deflate; server_max_window_bits=+9",
        "permessage-deflate; server_max_window_bits=-9",
        "permessage-deflate; server_max_window_bits=9.0",
        "permessage-deflate; server_max_window_bits=1e1",
        "permessage-deflate; server_max_window_bits=265",
        "permessage-deflate; server_max_window_bits=10 11",
        "permessage-deflate; server_max_window_bits=\"10\"\"11\"",
        "permessage-deflate; client_max_window_bits=7",
        "permessage-deflate; client_max_window_bits=16",
        "permessage-deflate; client_max_window_bits=015",
        "permessage-deflate; client_max_window_bits=\"\"",
        "permessage-deflate; client_max_window_bits=a",
        "permessage-deflate; SERVER_NO_CONTEXT_TAKEOVER",
        "permessage-deflate server_no_context_takeover",
        "x-webkit-deflate-frame",
        "permessage-deflate2",
        "foo; bar=\"permessage-deflate, permessage-deflate\"",
    ] {
        declined(offer);
    }
    check(&[], None);
    check(&[""], None);
    check(&[",,;=\"\\"], None);
    check(&["permessage-deflate; server_max_window_bits=\"10"], None);
}

#[test]
fn section_7_1_the_first_acceptable_offer_counts() {
    let offers = "permessage-deflate; server_max_window_bits=8, \
        permessage-deflate; server_max_window_bits=10; x, \
        mux; max-channels=4; flow-control, \
        permessage-deflate; server_max_window_bits=\"12\"; client_max_window_bits, \
        permessage-deflate";
    check(&[offers], Some(&format!("{DEFAULT}; server_max_window_bits=12")));
    check(&["mux", "foo; bar=\"a;b,c\"; baz", "permessage-deflate"], Some(DEFAULT));
}
