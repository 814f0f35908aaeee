//! Where a link begins and ends.

use madang_markup::is_one_of;
use madang_shared::links::{LinkPiece, pieces};

#[track_caller]
fn check(text: &str, links: &[&str]) {
    let found = pieces(text, is_one_of);
    let joined: String = found
        .iter()
        .map(|piece| match piece {
            LinkPiece::Text(text) | LinkPiece::Link(text) => *text,
        })
        .collect();
    assert_eq!(joined, text);
    let found: Vec<&str> = found
        .iter()
        .filter_map(|piece| match piece {
            LinkPiece::Link(link) => Some(*link),
            LinkPiece::Text(_) => None,
        })
        .collect();
    assert_eq!(found, links, "{text}");
}

#[test]
fn addresses_are_found_in_a_sentence() {
    check("see https://example.com/a?b=c#d now", &["https://example.com/a?b=c#d"]);
    check("HTTP://EXAMPLE.COM", &["HTTP://EXAMPLE.COM"]);
    check("http://a.kr http://b.kr", &["http://a.kr", "http://b.kr"]);
    check("http://[::1]:5001/x", &["http://[::1]:5001/x"]);
}

#[test]
fn nothing_else_is_a_link() {
    check("javascript:alert(1) data:text/html,x ftp://a.kr www.a.kr", &[]);
    check("https:// http://. xhttps://a.kr https", &[]);
    check("", &[]);
}

#[test]
fn punctuation_behind_an_address_stays_outside() {
    check("(https://a.kr/b).", &["https://a.kr/b"]);
    check("https://ko.wikipedia.org/wiki/A_(B)", &["https://ko.wikipedia.org/wiki/A_(B)"]);
    check("https://a.kr/b?!… ok", &["https://a.kr/b"]);
    check("<https://a.kr> “https://b.kr”", &["https://a.kr", "https://b.kr"]);
}

#[test]
fn korean_particles_behind_an_address_stay_outside() {
    check("https://a.kr/b에서 봐요", &["https://a.kr/b"]);
    check("https://a.kr를 열면", &["https://a.kr"]);
    check("https://a.kr/b에서도.", &["https://a.kr/b"]);
    check("(https://a.kr)로 와요", &["https://a.kr"]);
}

#[test]
fn korean_words_inside_an_address_belong_to_it() {
    check("https://ko.wikipedia.org/wiki/마당", &["https://ko.wikipedia.org/wiki/마당"]);
    check("https://한국.kr/길", &["https://한국.kr/길"]);
}

#[test]
fn many_schemes_without_hosts_are_text() {
    check(&"http:// ".repeat(500), &[]);
}

#[test]
fn brackets_of_all_scripts_end_an_address() {
    for (open, close) in [
        ('【', '】'),
        ('〔', '〕'),
        ('〈', '〉'),
        ('《', '》'),
        ('「', '」'),
        ('『', '』'),
        ('（', '）'),
        ('［', '］'),
        ('｛', '｝'),
        ('｢', '｣'),
        ('⟦', '⟧'),
        ('⦅', '⦆'),
        ('«', '»'),
        ('‹', '›'),
        ('“', '”'),
        ('‘', '’'),
        ('„', '“'),
        ('༺', '༻'),
        ('᚛', '᚜'),
        ('﴾', '﴿'),
        ('❨', '❩'),
        ('⁅', '⁆'),
        ('﹁', '﹂'),
    ] {
        check(&format!("{open}https://example.com/a{close}"), &["https://example.com/a"]);
        check(&format!("https://example.com/a{open}b{close}"), &["https://example.com/a"]);
        check(&format!("{open}https://example.com/길{close}를"), &["https://example.com/길"]);
    }
    check("https://a.kr/x_(b)/c[d]{e}", &["https://a.kr/x_(b)/c[d]{e}"]);
}

#[test]
fn ends_of_sentences_in_all_scripts_end_an_address() {
    for mark in [
        '，', '。', '、', '！', '？', '：', '；', '．', '｡', '､', '；', '،', '؛', '؟', '۔', '।',
        '॥', '։', '።', '፣', '᠂', '។', '၊', '๚', '܀', '‼', '⁇', '﹐', '︒', '꛳',
    ] {
        check(&format!("https://example.com/a{mark}然后"), &["https://example.com/a"]);
        check(&format!("https://example.com/a{mark}"), &["https://example.com/a"]);
        check(&format!("https://example.com/길{mark} 나"), &["https://example.com/길"]);
    }
}

#[test]
fn east_asian_and_full_width_signs_end_an_address() {
    for sign in ['～', '〜', '＂', '＜', '＞', '／', '＠', '＃', '〓', '〒', '￥', '︙', '〃', '・']
    {
        check(&format!("https://example.com/a{sign}"), &["https://example.com/a"]);
    }
    check("https://example.com／evil", &["https://example.com"]);
    // Letters of the same blocks belong to words.
    check("https://example.com/佐々木", &["https://example.com/佐々木"]);
    check("https://example.com/〇〆ー", &["https://example.com/〇〆ー"]);
    check("https://example.com/Ａ１", &["https://example.com/Ａ１"]);
    check("https://example.com/コーヒー・豆", &["https://example.com/コーヒー・豆"]);
}

#[test]
fn invisible_characters_and_controls_of_direction_end_an_address() {
    for c in [
        '\u{200B}',
        '\u{200E}',
        '\u{200F}',
        '\u{61C}',
        '\u{202A}',
        '\u{202B}',
        '\u{202D}',
        '\u{202E}',
        '\u{202C}',
        '\u{2066}',
        '\u{2067}',
        '\u{2068}',
        '\u{2069}',
        '\u{2060}',
        '\u{2061}',
        '\u{206F}',
        '\u{FEFF}',
        '\u{AD}',
        '\u{34F}',
        '\u{115F}',
        '\u{1160}',
        '\u{3164}',
        '\u{FFA0}',
        '\u{2800}',
        '\u{180E}',
        '\u{17B4}',
        '\u{1D173}',
        '\u{E0001}',
        '\u{E0041}',
        '\u{FFF9}',
        '\u{200C}',
        '\u{200D}',
        '\u{FE0F}',
        '\u{E0100}',
        '\u{0}',
        '\u{7F}',
        '\u{85}',
        '\u{A0}',
        '\u{2028}',
        '\u{3000}',
        '\u{E000}',
        '\u{FFFE}',
    ] {
        check(&format!("https://example.com/a{c}에서"), &["https://example.com/a"]);
        check(&format!("https://example.com/a{c}"), &["https://example.com/a"]);
        check(&format!("https://example.com/a{c}/fdp.exe"), &["https://example.com/a"]);
        check(&format!("https://{c}example.com"), &[]);
    }
}

#[test]
fn joiners_and_variation_selectors_stay_within_words_and_emoji() {
    for link in [
        "https://fa.wikipedia.org/wiki/می\u{200C}خواهم",
        "https://example.com/👩\u{200D}🚀",
        "https://example.com/❤\u{FE0F}\u{200D}🔥/x",
        "https://example.com/辻\u{E0100}本",
        "https://example.com/क्\u{200D}ष",
    ] {
        check(link, &[link]);
        check(&format!("{link}\u{200D}"), &[link]);
        check(&format!("{link}\u{200D}\u{200D}길"), &[link]);
    }
    check("https://example.com/길\u{FE0F}\u{FE0F}", &["https://example.com/길\u{FE0F}"]);
    check("https://example.com/길\u{200D}· 나", &["https://example.com/길"]);
}

#[test]
fn marks_and_dashes_inside_a_word_belong_to_an_address() {
    for link in [
        "https://en.wikipedia.org/wiki/Kiel–Lübeck",
        "https://example.com/e\u{301}",
        "https://ca.wikipedia.org/wiki/Col·lecció",
        "https://example.com/हिन्दी",
        "https://he.wikipedia.org/wiki/צה״ל",
    ] {
        check(link, &[link]);
        check(&format!("{link}—"), &[link]);
        check(&format!("{link}…"), &[link]);
    }
}
